"""The bounds of one outcome: its people, its cells, its errors, and when there are none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.threats.arms import require_named
from resilience.evaluation.threats.row_errors import RowEstimates, estimated_from_rows
from resilience.evaluation.threats.trimming import (
    People,
    lee_influence,
    lee_points,
    retention,
    retention_gap,
    retention_gap_influence,
)
from resilience.inference.weighting.weight_groups import groups_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from resilience.evaluation.threats.follow_up import FollowUp
    from resilience.inference.designs.design import SurveyDesign

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["Monotone", "OutcomeBounds", "cells_of", "lee_of", "manski_of"]

Monotone = Literal["estimated", "treated_keep", "comparison_keep"]
"""Which arm keeps whoever the other keeps: as the rates observed have it, or as declared."""

_AGAINST = 0.01  # error rate of the test that rates contradict monotonicity, over all cells


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeBounds:
    """What bounds one outcome.

    Attributes
    ----------
    bounds : RowEstimates
        Lower and upper.
    difference : float
        Between those observed.
    observed : numpy.ndarray
        Shares observed, comparison first, shape (2,).
    n_observed : int
    trimmed : float
        The share cut off; 0 for Manski's.
    trimmed_arm : str
    """

    bounds: RowEstimates
    difference: float
    observed: Floats
    n_observed: int
    trimmed: float
    trimmed_arm: str


def cells_of(people: FollowUp, within: Sequence[str]) -> tuple[Codes, list[str]]:
    """Return the cell of everybody in an arm, and the cells' names."""
    require_named(people.design, within, "lee_bounds(tighten=)")
    inside = people.arms.inside
    frame = people.design.frame
    issues = [
        Issue(
            f"'{name}' is missing",
            where="lee_bounds(tighten=)",
            found=f"{int(frame[name].isna().to_numpy()[inside].sum())} of {int(inside.sum())} "
            "people in an arm",
            expected="a value at the start for each",
            remedy="make 'missing' a value of its own, or leave the column out",
        )
        for name in within
        if frame[name].isna().to_numpy()[inside].any()
    ]
    if issues:
        raise EvaluationError(*issues)
    codes, labels = groups_of(people.design, list(within))
    used, codes = np.unique(codes[inside], return_inverse=True)
    return codes.astype(np.int64), [labels[code] for code in used]


def lee_of(
    people: FollowUp,
    sample: SurveyDesign,
    name: str,
    cells: tuple[Codes, list[str]],
    monotone: Monotone,
    *,
    since_start: bool = False,
) -> OutcomeBounds:
    """Return Lee's bounds of one outcome."""
    inside, weight = people.arms.inside, people.design.weights[people.arms.inside]
    everybody = _people(people, name, "lee_bounds", since_start=since_start)
    shares = retention(everybody, weight)[:, 0]
    _require_found(people, name, shares)
    keeps = bool(shares[1] >= shares[0]) if monotone == "estimated" else monotone == "treated_keep"
    asked = replace(everybody, cell=cells[0], cells=len(cells[1]), treated_keeps=keeps)
    _require_cells(asked, weight, cells[1])
    chosen = _chosen(sample, inside)
    _require_monotone(asked, sample, chosen, cells[1])
    bounds = _estimated(sample, chosen, partial(lee_points, asked), partial(lee_influence, asked))
    return OutcomeBounds(
        bounds,
        _difference(everybody, weight),
        shares,
        int(everybody.observed.sum()),
        _cut(asked, weight),
        people.arms.treated if keeps else people.arms.comparison,
    )


def manski_of(
    people: FollowUp,
    sample: SurveyDesign,
    name: str,
    scale: tuple[float, float],
    *,
    since_start: bool = False,
) -> OutcomeBounds:
    """Return the worst-case bounds of one outcome, or of its change."""
    inside = people.arms.inside
    weight = people.design.weights[inside]
    everybody = _people(people, name, "manski_bounds", since_start=since_start)
    ends = _ends_of_change(people.at_start(name)[inside], scale) if since_start else scale
    _require_on_scale(everybody, name, ends, scale)
    treated = everybody.treated
    filled = np.stack(
        [
            np.where(everybody.observed, everybody.y, np.where(treated, first, last))
            for first, last in (ends, ends[::-1])
        ],
        axis=1,
    )

    def point(w: Floats) -> Floats:
        gap: Floats = _arm_means(filled, w, treated) - _arm_means(filled, w, ~treated)
        return gap

    def influence(w: Floats) -> Floats:
        moved = np.zeros_like(filled)
        for arm, sign in ((treated, 1.0), (~treated, -1.0)):
            deviation = filled[arm] - _arm_means(filled, w, arm)
            moved[arm] = sign * w[arm, None] * deviation / w[arm].sum()
        return moved

    return OutcomeBounds(
        _estimated(sample, _chosen(sample, people.arms.inside), point, influence),
        _difference(everybody, weight),
        retention(everybody, weight)[:, 0],
        int(everybody.observed.sum()),
        0.0,
        "",
    )


def _people(people: FollowUp, name: str, verb: str, *, since_start: bool) -> People:
    """Return those in an arm with one outcome, or its change, in one cell."""
    inside = people.arms.inside
    outcome = people.outcome(name, verb, since_start=since_start)[inside]
    return People(
        np.nan_to_num(outcome),
        ~np.isnan(outcome) & people.found[inside],
        people.arms.is_treated[inside],
        np.zeros(len(outcome), np.int64),
        1,
        treated_keeps=True,
    )


def _chosen(sample: SurveyDesign, inside: npt.NDArray[np.bool_]) -> Codes:
    """Return the rows of the sample that are in an arm: of one by assignment, all."""
    size = int(inside.sum())
    return np.flatnonzero(inside) if len(sample.frame) > size else np.arange(size)


def _require_on_scale(
    people: People,
    name: str,
    ends: tuple[float | Floats, float | Floats],
    scale: tuple[float, float],
) -> None:
    """Refuse outcomes beyond the ends."""
    beyond = people.observed & ((people.y < ends[0]) | (people.y > ends[1]))
    if not beyond.any():
        return
    raise EvaluationError(
        Issue(
            f"'{name}' lies beyond the ends of its scale",
            where="manski_bounds",
            found=f"{int(beyond.sum())} people",
            expected=f"{scale[0]:g} to {scale[1]:g}",
            remedy="give the ends that the scale has, not those seen in the sample",
        )
    )


def _ends_of_change(start: Floats, scale: tuple[float, float]) -> tuple[Floats, Floats]:
    """Return how far each person could have fallen and risen; where no start is known, at most."""
    low, high = scale
    lowest = np.where(np.isnan(start), low - high, low - start)
    return lowest, np.where(np.isnan(start), high - low, high - start)


def _arm_means(values: Floats, weight: Floats, arm: npt.NDArray[np.bool_]) -> Floats:
    means: Floats = weight[arm] @ values[arm] / weight[arm].sum()
    return means


def _estimated(
    sample: SurveyDesign,
    chosen: Codes,
    point: Callable[[Floats], Floats],
    influence: Callable[[Floats], Floats],
) -> RowEstimates:
    """Return statistics of the chosen rows with errors from the whole sample."""
    counted = np.zeros((len(sample.frame), 1), bool)
    counted[chosen] = True

    def spread(weights: Floats) -> Floats:
        moved = influence(weights[chosen])
        whole = np.zeros((len(weights), moved.shape[1]))
        whole[chosen] = moved
        return whole

    return estimated_from_rows(
        sample, point=lambda w: point(w[chosen]), influence=spread, counted=counted
    )


def _difference(people: People, weight: Floats) -> float:
    """Return the difference between those observed; NaN if an arm has none."""
    seen = [people.observed & (people.treated == arm) for arm in (True, False)]
    if not all(weight[rows].sum() > 0 for rows in seen):
        return float("nan")
    one, other = (float(weight[rows] @ people.y[rows] / weight[rows].sum()) for rows in seen)
    return one - other


def _cut(people: People, weight: Floats) -> float:
    """Return the share cut off the arm that is trimmed, over its cells."""
    kept = int(people.treated_keeps)
    shares = retention(people, weight)
    seen = people.observed & (people.treated == people.treated_keeps)
    there = np.bincount(people.cell[seen], weight[seen], people.cells)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.minimum(1.0, shares[1 - kept] / shares[kept])
    return float(1 - (there @ np.nan_to_num(left)) / there.sum())


def _require_found(people: FollowUp, name: str, shares: Floats) -> None:
    """Refuse an arm in which nobody has the outcome."""
    if (shares > 0).all():
        return
    arm = people.arms.comparison if shares[0] <= 0 else people.arms.treated
    raise EvaluationError(
        Issue(
            f"nobody of an arm has '{name}' at the end",
            where="lee_bounds",
            found=f"{people.arms.column} '{arm}': all lost",
            expected="somebody in each arm",
            remedy="rs.manski_bounds, where the ends of the scale are known",
        )
    )


def _require_cells(people: People, weight: Floats, labels: Sequence[str]) -> None:
    """Refuse cells in which somebody is observed in one arm and nobody in the other."""
    shares = np.nan_to_num(retention(people, weight))
    thin = (shares > 0).sum(axis=0) == 1
    if not thin.any():
        return
    told = ", ".join(f"'{label}'" for label, it_is in zip(labels, thin, strict=True) if it_is)
    raise EvaluationError(
        Issue(
            "cells have people with the outcome in one arm only",
            where="lee_bounds(tighten=)",
            found=told,
            expected="somebody in both arms",
            remedy="join values into larger groups, or name fewer columns",
        )
    )


def _require_monotone(
    people: People, sample: SurveyDesign, chosen: Codes, labels: Sequence[str]
) -> None:
    """Refuse rates that go against the direction by more than chance."""
    gap = _estimated(
        sample, chosen, partial(retention_gap, people), partial(retention_gap_influence, people)
    )
    against = -gap.values if people.treated_keeps else gap.values
    with np.errstate(invalid="ignore", divide="ignore"):
        p_value = stats.t.sf(against / gap.std_error, np.maximum(gap.df, 1))
    refused = (against > 0) & (p_value < _AGAINST / people.cells)
    if not refused.any():
        return
    told = ", ".join(f"'{label}'" for label, it_is in zip(labels, refused, strict=True) if it_is)
    raise EvaluationError(
        Issue(
            "being treated made some leave and others stay",
            where="lee_bounds",
            found=f"rates against the direction, beyond chance at {_AGAINST:.0%}: {told}",
            expected="an arm that keeps whoever the other keeps (monotonicity)",
            remedy="rs.manski_bounds, which assumes nothing; or the other direction, if one was "
            "declared wrongly",
        )
    )
