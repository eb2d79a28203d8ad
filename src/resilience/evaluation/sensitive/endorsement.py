"""Endorsement experiments: what a name attached to a proposal does to its support."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.sensitive.arms import Arms, control_and_others, reasons_of
from resilience.evaluation.sensitive.differences import difference_by_arm
from resilience.inference.results.estimates import concat
from resilience.inference.statistics.assembling import Kind, assembled
from resilience.inference.statistics.columns import Column, columns_of
from resilience.inference.statistics.domains import domain_in_words, domains_of
from resilience.inference.statistics.influence import weighing

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Domains, Where

    Floats = npt.NDArray[np.float64]

__all__ = ["estimate_endorsement"]

_VERB = "estimate_endorsement"
_ALL = "all_questions"
_FEWEST = 2


def estimate_endorsement(
    design: SurveyDesign,
    questions: Mapping[str, str],
    *,
    control: Any,
    scale: tuple[float, float],
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate how support for proposals differs when somebody is said to endorse them.

    Use it for support of a group that people may not name. Some, by chance, are told that the
    group endorses a proposal, others are not; the difference is what the name does. It is not the
    share who support the group, and it is larger where opinions on the proposal are weak. Ask
    several proposals: the rows 'all_questions' are the plain average of their differences.

    Parameters
    ----------
    design : SurveyDesign
    questions : mapping of str to str
        For each question's column of answers the column that tells who was said to endorse it.
    control : object
        The value of those who were told of nobody.
    scale : tuple of float
        The lowest and highest answer, the highest being the most support.
    by, where
        As for `estimate_mean`.

    Returns
    -------
    Estimates
        In points of a scale from 0 to 100, one row for each question, `endorser` and domain, with
        one joint covariance: a respondent answers several questions. Who did not answer a
        question is left out of it and counted.

    Raises
    ------
    EvaluationError
        If answers lie outside the scale, an arm has no answers, or questions differ in endorsers.
    EstimationError
        If a column is absent or not numeric, or nobody is left.

    Notes
    -----
    Bullock, Imai and Shapiro's ideal point model puts all questions on one scale of support. It
    is not here: it needs priors and Markov chains, and without a published run that could be
    repeated it could not be checked. The average needs neither and says less.

    References
    ----------
    Bullock, Imai and Shapiro (2011), Political Analysis 19: 363-384. Published: their survey in
    Pakistan, means by arm; R survey 4.1-1 for the design's error.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"vaccines": [3, 4, 5, 4, 2, 3], "told": ["none"] * 3 + ["group"] * 3})
    >>> rs.estimate_endorsement(
    ...     rs.SurveyDesign(frame), {"vaccines": "told"}, control="none", scale=(1, 5)
    ... ).values
    array([-25.])
    """
    if not questions:
        message = "'questions' must name at least one column of answers"
        raise ValueError(message)
    columns = columns_of(design, list(questions))
    _require_scale(columns, scale)
    low, high = scale
    domains = domains_of(design, by, where)
    made = []
    for column in columns:
        arms = control_and_others(design, questions[column.variable], control, _VERB)
        points = replace(column, y=100 * (column.y - low) / (high - low))
        made.append(_by_endorser(design, points, arms, domains))
    joint = concat(made)
    excluded = {name: n for part in made for name, n in part.provenance.n_excluded.items()}
    joint = replace(joint, provenance=replace(joint.provenance, n_excluded=excluded))
    return joint if len(made) == 1 else concat([joint, _average(made, joint)])


def _by_endorser(design: SurveyDesign, column: Column, arms: Arms, domains: Domains) -> Estimates:
    """Return a question's differences from the control version, by endorser and domain."""
    name = column.variable
    inside = domains.of_row >= 0
    answered = ~np.isnan(column.y) & weighing(design)
    lost = {
        f"{arms.column} missing": int((inside & arms.missing).sum()),
        **reasons_of(name, inside & ~arms.missing & np.isnan(column.y), None, _VERB),
    }
    used = replace(domains, excluded={**domains.excluded, **{k: n for k, n in lost.items() if n}})
    _require_answers(name, arms, np.where(inside & answered, domains.of_row, -1), domains)
    statistics = [
        difference_by_arm(design, column.y, arms, version, used)
        for version in range(1, len(arms.others) + 1)
    ]
    columns = [replace(column, keys={"endorser": value}) for value in arms.others]
    return assembled(design, columns, used, statistics, Kind("endorsement", "t", "points"))


def _average(made: list[Estimates], joint: Estimates) -> Estimates:
    """Return the plain average of all questions' differences, by endorser and domain."""
    first = made[0].rows.drop(columns="variable").astype("str")
    for part in made[1:]:
        if not part.rows.drop(columns="variable").astype("str").equals(first):
            raise EvaluationError(
                Issue(
                    "questions differ in who was said to endorse them",
                    where=f"{_VERB}: questions",
                    found=", ".join(dict.fromkeys(part.rows["endorser"].astype("str"))),
                    expected=", ".join(dict.fromkeys(first["endorser"])),
                    remedy="ask for these questions one at a time",
                )
            )
    size = len(first)
    matrix = np.tile(np.eye(size) / len(made), len(made))
    rows = pd.DataFrame(made[0].rows.assign(variable=_ALL))
    return joint.contrast(matrix, rows=rows)


def _require_answers(
    name: str, arms: Arms, domain: npt.NDArray[np.int64], domains: Domains
) -> None:
    issues = []
    for place in range(domains.size):
        here = arms.of_row[domain == place]
        counts = np.bincount(here[here >= 0], minlength=len(arms.others) + 1)
        words = domain_in_words(domains, place)
        issues += [
            Issue(
                f"'{name}' has too few answers where '{value}' was named"
                + (f" in {words}" if words else ""),
                where=f"{_VERB}: {arms.column}",
                found=f"{counts[code]} answers",
                expected=f"{_FEWEST} or more in each arm",
                remedy="join groups, or leave this one out with 'where'",
            )
            for code, value in enumerate((arms.control, *arms.others))
            if counts[code] < _FEWEST
        ]
    if issues:
        raise EvaluationError(*issues)


def _require_scale(columns: list[Column], scale: tuple[float, float]) -> None:
    low, high = scale
    if not low < high:
        message = f"'scale' must be the lowest and the highest answer (got {scale})"
        raise ValueError(message)
    issues = [
        Issue(
            f"'{column.variable}' has answers outside the scale",
            where=f"{_VERB}: scale",
            found=f"{rows:,} rows",
            expected=f"{low:g} to {high:g}",
            remedy="look at missing codes, or correct the scale",
        )
        for column in columns
        if (rows := int(((column.y < low) | (column.y > high)).sum()))
    ]
    if issues:
        raise EvaluationError(*issues)
