"""What the commands that estimate have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resilience.cli.options import parse_where
from resilience.cli.printing import shown_stages

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from resilience.cli.options import Statistic
    from resilience.definitions.study import Policy
    from resilience.disclosure.withholding import Withholding
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates

__all__ = ["Asked", "AskedStatistic", "estimates_of", "not_one_score", "protected_frame"]

_NUMBERS = frozenset(
    {"estimate", "std_error", "conf_low", "conf_high", "df", "n", "n_effective", "deff"}
)


@dataclass(frozen=True, slots=True)
class AskedStatistic:
    """A statistic, and for a ratio its denominator."""

    statistic: Statistic
    denominator: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command was asked for, and the study's rules for showing it.

    Attributes
    ----------
    where : mapping or None
        Whom the estimates are restricted to.
    withholding : Withholding
        The groups that are not shown lest smaller ones be worked out.
    """

    estimates: Estimates
    policy: Policy
    where: Mapping[str, Any] | None
    withholding: Withholding


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
    asked: AskedStatistic | None = None,
) -> Asked:
    """Load, score and estimate; return the study's rules for small numbers too.

    Where no statistic is asked for, each variable has the one that suits it.
    """
    from resilience.definitions.loading import load_study
    from resilience.definitions.measures import COMMON_SUFFIX
    from resilience.inference.designs.design import SurveyDesign
    from resilience.responses.loading import load_responses
    from resilience.scoring.scores import score as score_responses
    from resilience.workflow.publishing import withheld_from_asker
    from resilience.workflow.running import estimate_measures

    condition = parse_where(where)
    with shown_stages(timings=False, quiet=quiet):
        study = load_study(path)
        design = SurveyDesign.from_responses(score_responses(load_responses(study, data=data)))
        if items:
            common = [name + COMMON_SUFFIX for name in variables]
            variables = [*variables, *(name for name in common if name in design.frame)]
        if asked is not None:
            estimates = _estimated(design, variables, asked, by, condition)
        else:
            estimates = estimate_measures(design, variables, by=by, where=condition)
        withholding = withheld_from_asker(design, variables, by or (), condition, study.policy)
    return Asked(estimates, study.policy, condition, withholding)


def _estimated(
    design: SurveyDesign,
    variables: list[str],
    asked: AskedStatistic,
    by: list[str] | None,
    where: Mapping[str, Any] | None,
) -> Estimates:
    """Return one statistic of all variables."""
    import resilience as rs

    if asked.statistic == "ratio":
        return rs.estimate_ratio(design, variables, str(asked.denominator), by=by, where=where)
    if asked.statistic == "median":
        return rs.estimate_quantile(design, variables, 0.5, by=by, where=where)
    if asked.statistic == "proportion":
        return rs.concat([_shares(design, name, by, where) for name in variables])
    verb = rs.estimate_total if asked.statistic == "total" else rs.estimate_mean
    return verb(design, variables, by=by, where=where)


def _shares(
    design: SurveyDesign, name: str, by: list[str] | None, where: Mapping[str, Any] | None
) -> Estimates:
    """Return the share of an indicator, or of each answer; scores have no answers."""
    import resilience as rs
    from resilience.errors import EstimationError, Issue

    known = design.measures.get(name)
    if known is not None and known.kind == "index":
        raise EstimationError(
            Issue(
                f"'{name}' is an index, which has no answers",
                where="--statistic proportion",
                found="an index",
                expected="an indicator, an item or a variable with values",
                remedy="--statistic mean or median, or name an indicator",
            )
        )
    answers = None if known is not None and known.kind == "indicator" else "each"
    return rs.estimate_proportion(design, name, answers=answers, by=by, where=where)


def protected_frame(
    asked: Asked, level: float, *, changes: Estimates | None = None, over: str = "wave"
) -> pd.DataFrame:
    """Return a table in which what may not be shown is left empty, and the rest rounded."""
    from resilience.disclosure.suppression import protect, rounded

    estimates = asked.estimates if changes is None else changes
    protected = protect(
        estimates, asked.policy, withholding=asked.withholding, where=asked.where, over=over
    )
    frame = estimates.to_frame(level=level)
    low, high = protected.interval(level=level)
    told = {"estimate": protected.values, "conf_low": low, "conf_high": high, "n": protected.n}
    frame = frame.assign(**{name: told[name] for name in told if name in frame})
    if asked.policy.rounding.n > 1 and "n_effective" in frame:
        frame["n_effective"] = rounded(frame["n_effective"], asked.policy.rounding.n)
    hidden = [name for name in frame if name in _NUMBERS]
    frame.loc[~protected.showable, hidden] = float("nan")
    frame["status"] = list(protected.status)
    return frame
