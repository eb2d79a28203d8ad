"""What refusals may hide: the worst case of a direct question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from resilience.definitions.instrument import MISSING_REASONS
from resilience.errors import EvaluationError, Issue, nearest
from resilience.evaluation.sensitive.arms import reason_column, reasons_of
from resilience.evaluation.sensitive.bounds import SensitiveBounds
from resilience.evaluation.sensitive.differences import mean_of_rows
from resilience.inference.results.estimates import concat
from resilience.inference.statistics.assembling import Kind, assembled
from resilience.inference.statistics.columns import Column, columns_of, given_answers
from resilience.inference.statistics.domains import domains_of
from resilience.inference.statistics.influence import weighing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Domains, Where

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

__all__ = ["refusal_bounds"]

_VERB = "refusal_bounds"


def refusal_bounds(
    design: SurveyDesign,
    variables: str | Sequence[str],
    *,
    scale: tuple[float, float] = (0.0, 1.0),
    answers: Sequence[float] | None = None,
    reasons: pd.DataFrame | None = None,
    hiding: Sequence[str] = ("refused",),
    by: By = None,
    where: Where = None,
) -> SensitiveBounds:
    """Estimate between what bounds a share or mean lies if refusals may hide any answer.

    Use it beside every direct question that some refuse. Those who refuse need not be like those
    who answer, and no weight can tell. The lower bound takes all hidden answers for the lowest of
    the scale, the upper one for the highest; nothing else is assumed.

    Parameters
    ----------
    design : SurveyDesign
    variables : str or sequence of str
        Numeric columns.
    scale : tuple of float
        The lowest and the highest possible value.
    answers : sequence of numbers, optional
        The codes whose share is wanted; then no scale is needed.
    reasons : pandas.DataFrame, optional
        Why answers are missing (`Responses.reason_names()`). Without, every missing answer may
        hide anything, which is the widest.
    hiding : sequence of str
        Which reasons may hide an answer. Who has another reason, as that the question was not
        asked, is left out and counted (`lower.provenance.n_excluded`).
    by, where
        As for `estimate_mean`.

    Returns
    -------
    SensitiveBounds
        Each with the design's standard error; the interval is Imbens and Manski's. `n` counts
        all who answered or may hide an answer, `n_hidden` the latter.

    Raises
    ------
    EvaluationError
        If values lie outside the scale, or reasons do not fit.
    EstimationError
        If a column is absent or not numeric, or nobody is left.

    References
    ----------
    Manski (1989), J. Human Resources 24: 343-360; Imbens and Manski (2004), Econometrica 72:
    1845-1857. Oracle: R survey 4.1-1 of the filled-in columns; simulated coverage.

    Examples
    --------
    >>> import numpy as np, pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"agrees": [1, 0, 0, 1, np.nan]})
    >>> bounds = rs.refusal_bounds(rs.SurveyDesign(frame), "agrees")
    >>> bounds.lower.values.tolist(), bounds.upper.values.tolist()
    ([0.4], [0.6])
    """
    columns = columns_of(design, variables)
    if answers is not None:
        columns, scale = given_answers(columns, answers), (0.0, 1.0)
    _require_scale(columns, scale)
    _require_reasons(hiding)
    domains = domains_of(design, by, where)
    pairs = [
        _bounds_of(design, column, domains, scale, reasons, tuple(hiding)) for column in columns
    ]
    return SensitiveBounds(
        concat([lower for lower, _, _ in pairs]),
        concat([upper for _, upper, _ in pairs]),
        np.concatenate([hidden for _, _, hidden in pairs]),
        f"Lower: all hidden answers are {scale[0]:g}; upper: all are {scale[1]:g}. Hidden are "
        + ("all missing answers" if reasons is None else "answers missing as " + ", ".join(hiding))
        + "; who answered is taken at their word.",
    )


def _bounds_of(
    design: SurveyDesign,
    column: Column,
    domains: Domains,
    scale: tuple[float, float],
    reasons: pd.DataFrame | None,
    hiding: tuple[str, ...],
) -> tuple[Estimates, Estimates, Floats]:
    """Return a variable's lower and upper bound by domain, and how many answers are hidden."""
    missing = np.isnan(column.y)
    inside = (domains.of_row >= 0) & weighing(design)
    hidden = missing
    if reasons is not None:
        words = reason_column(column.variable, len(missing), reasons, _VERB)
        hidden = missing & np.isin(words, hiding)
    lost = reasons_of(column.variable, inside & missing & ~hidden, reasons, _VERB)
    used = replace(domains, excluded={**domains.excluded, **lost})
    low, high = (_estimated(design, column, used, np.where(hidden, end, column.y)) for end in scale)
    counted = np.bincount(domains.of_row[inside & hidden], minlength=domains.size)
    return low, high, counted.astype(np.float64)


def _estimated(design: SurveyDesign, column: Column, domains: Domains, filled: Floats) -> Estimates:
    share = set(np.unique(filled[~np.isnan(filled)])) <= {0.0, 1.0}
    kind = Kind("bounds", "t", "share" if share else None)
    statistic = mean_of_rows(design, filled, domains)
    return assembled(design, [replace(column, y=filled)], domains, [statistic], kind)


def _require_scale(columns: Sequence[Column], scale: tuple[float, float]) -> None:
    low, high = scale
    if not low < high:
        message = f"'scale' must be the lowest and the highest value (got {scale})"
        raise ValueError(message)
    issues = [
        Issue(
            f"'{column.variable}' has values outside the scale",
            where=f"{_VERB}: scale",
            found=f"{rows:,} rows",
            expected=f"{low:g} to {high:g}",
            remedy="give the scale: scale=(lowest, highest); or answers=[…] for a share",
        )
        for column in columns
        if (rows := int(((column.y < low) | (column.y > high)).sum()))
    ]
    if issues:
        raise EvaluationError(*issues)


def _require_reasons(hiding: Sequence[str]) -> None:
    words = [hiding] if isinstance(hiding, str) else list(hiding)
    issues = [
        Issue(
            f"'{word}' is no reason for a missing answer",
            where=f"{_VERB}: hiding",
            found=str(word),
            expected="one of " + ", ".join(MISSING_REASONS),
            remedy=nearest(str(word), MISSING_REASONS, "name one of them"),
        )
        for word in words
        if word not in MISSING_REASONS
    ]
    if issues:
        raise EvaluationError(*issues)
