"""What the commands that estimate have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.cli.options import parse_where
from resilience.cli.printing import shown_stages

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from resilience.definitions.study import Policy
    from resilience.inference.estimates import Estimates

__all__ = ["estimates_of", "not_one_score", "protected_frame"]

_NUMBERS = frozenset(
    {"estimate", "std_error", "conf_low", "conf_high", "df", "n", "n_effective", "deff"}
)


def not_one_score(estimates: Estimates) -> list[str]:
    """Return the variables whose rows are of different scores."""
    marks: dict[str, list[object]] = {}
    for name, mark in zip(estimates.rows["variable"], estimates.signatures, strict=True):
        marks.setdefault(str(name), []).append(mark)
    return [name for name, found in marks.items() if any(mark != found[0] for mark in found)]


def estimates_of(
    path: Path,
    variables: list[str],
    by: list[str] | None,
    where: list[str] | None,
    data: Path | None,
    *,
    quiet: bool,
    items: str | None = None,
) -> tuple[Estimates, Policy]:
    """Load, score and estimate; return the study's rule for small numbers too."""
    from resilience.definitions.loading import load_study
    from resilience.definitions.measures import COMMON_SUFFIX
    from resilience.inference.design import SurveyDesign
    from resilience.responses.loading import load_responses
    from resilience.scoring.scores import score as score_responses
    from resilience.workflow.running import estimate_measures

    condition = parse_where(where)
    with shown_stages(timings=False, quiet=quiet):
        study = load_study(path)
        design = SurveyDesign.from_responses(score_responses(load_responses(study, data=data)))
        if items:
            common = [name + COMMON_SUFFIX for name in variables]
            variables = [*variables, *(name for name in common if name in design.frame)]
        return estimate_measures(design, variables, by=by, where=condition), study.policy


def protected_frame(estimates: Estimates, policy: Policy, level: float) -> pd.DataFrame:
    """Return a table in which results from too few respondents are left empty."""
    from resilience.disclosure.suppression import protect

    protected = protect(estimates, policy)
    frame = estimates.to_frame(level=level)
    hidden = [name for name in frame if name in _NUMBERS]
    frame.loc[~protected.showable, hidden] = float("nan")
    frame["status"] = list(protected.status)
    return frame
