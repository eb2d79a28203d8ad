"""Means of the part of a sample that would be observed in both arms. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]
    Codes = npt.NDArray[np.int64]

__all__ = [
    "People",
    "Trimmed",
    "lee_influence",
    "lee_points",
    "retention",
    "retention_gap",
    "retention_gap_influence",
    "trimmed_mean",
]

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Those who were to be observed.

    Attributes
    ----------
    y : numpy.ndarray
        Outcomes, shape (n,); anything where not observed.
    observed, treated : numpy.ndarray of bool
        Shape (n,).
    cell : numpy.ndarray of int
        Groups within which outcomes are trimmed, 0 to `cells` - 1, shape (n,).
    cells : int
    treated_keeps : bool
        Whether the treated are those who are observed more often, and so are trimmed.
    """

    y: Floats
    observed: Mask
    treated: Mask
    cell: Codes
    cells: int
    treated_keeps: bool


@dataclass(frozen=True, slots=True, eq=False)
class Trimmed:
    """The mean of one end of a distribution.

    Attributes
    ----------
    mean : float
    edge : float
        The value at which the distribution is cut; tied observations there share what is kept.
    influence : numpy.ndarray
        How much each observation moves the mean, its weight included, the share kept staying
        as it is, shape (n,).
    slope : float
        How the mean moves with the share kept.
    """

    mean: float
    edge: float
    influence: Floats
    slope: float


def trimmed_mean(y: Floats, weight: Floats, share: float, *, top: bool) -> Trimmed:
    """Return the weighted mean of the lowest (or highest) share of observations.

    Parameters
    ----------
    y, weight : numpy.ndarray
        Shape (n,), none missing.
    share : float
        What is kept, above 0 and up to 1.
    top : bool
        Whether the highest are kept.

    Notes
    -----
    The mean is (1/s) times the integral of the quantiles up to s. Where observations are tied
    at the cut, each counts by the same part of its weight: no order of rows matters, and the
    mean moves smoothly with s. Its influence function is that of a trimmed mean (Lee 2009,
    proposition 3, has its variance).
    """
    signed = -y if top else y
    order = np.argsort(signed, kind="stable")
    reached = np.cumsum(weight[order])
    total = float(reached[-1])
    last = int(np.searchsorted(reached, share * total * (1 - _ROUNDING)))
    edge = float(signed[order[min(last, len(order) - 1)]])
    below = np.minimum(signed - edge, 0.0)
    mean = edge + float(weight @ below) / (share * total)
    influence = weight / total * (below / share + edge - mean)
    sign = -1.0 if top else 1.0
    return Trimmed(sign * mean, sign * edge, sign * influence, sign * (edge - mean) / share)


def retention(people: People, weight: Floats) -> Floats:
    """Return the share observed by arm and cell, shape (2, cells); comparison first."""
    groups = people.cell + people.cells * people.treated
    everybody = np.bincount(groups, weight, 2 * people.cells)
    seen = np.bincount(groups, weight * people.observed, 2 * people.cells)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((seen / everybody).reshape(2, people.cells), np.float64)


def lee_points(people: People, weight: Floats) -> Floats:
    """Return the lower and the upper bound, shape (2,); NaN if a cell lacks observed people."""
    return _bounds(people, weight)[0]


def lee_influence(people: People, weight: Floats) -> Floats:
    """Return how much each row moves the two bounds, its weight included, shape (n, 2)."""
    return _bounds(people, weight)[1]


def _bounds(people: People, weight: Floats) -> tuple[Floats, Floats]:
    """Return both bounds and their influence values."""
    kept, shares = int(people.treated_keeps), retention(people, weight)
    stays = people.observed & (people.treated != people.treated_keeps)  # the arm not trimmed
    carried = np.bincount(people.cell[stays], weight[stays], people.cells)
    points, influence = np.zeros(2), np.zeros((len(weight), 2))
    if not (carried.sum() > 0 and (shares[:, carried > 0] > 0).all()):
        return np.full(2, np.nan), influence
    parts = carried / carried.sum()
    inside = np.zeros((people.cells, 2))
    for cell in np.flatnonzero(carried > 0):
        inside[cell], moved = _cell_bounds(people, weight, int(cell), shares[:, cell], kept)
        influence += parts[cell] * moved
    points = parts @ inside
    deviation = inside[people.cell[stays]] - points
    influence[stays] += (weight[stays] / carried.sum())[:, None] * deviation
    return points, influence


def _cell_bounds(
    people: People, weight: Floats, cell: int, shares: Floats, kept: int
) -> tuple[Floats, Floats]:
    """Return the bounds of one cell, and how its rows move them."""
    here = people.cell == cell
    arms = [here & ~people.treated, here & people.treated]
    seen = [arm & people.observed for arm in arms]
    share = min(1.0, float(shares[1 - kept] / shares[kept]))
    points, influence = np.zeros(2), np.zeros((len(weight), 2))
    # The cut moves with both arms' shares observed, unless it is held at 1.
    moved_share = np.zeros(len(weight))
    if share < 1.0:
        for arm, sign in ((1 - kept, 1.0), (kept, -1.0)):
            rows, q = arms[arm], float(shares[arm])
            deviation = people.observed[rows] - q
            moved_share[rows] = sign * share * weight[rows] * deviation / (weight[rows].sum() * q)
    for bound in (0, 1):
        for arm in (0, 1):
            rows, sign = seen[arm], 1.0 if arm == 1 else -1.0
            # The lower bound keeps the lowest of the treated, or the highest of the others.
            top = (bound == 1) == (arm == 1)
            part = trimmed_mean(
                people.y[rows], weight[rows], share if arm == kept else 1.0, top=top
            )
            points[bound] += sign * part.mean
            influence[rows, bound] += sign * part.influence
            if arm == kept:
                influence[:, bound] += sign * part.slope * moved_share
    return points, influence


def retention_gap(people: People, weight: Floats) -> Floats:
    """Return by how much more of the treated are observed, by cell, shape (cells,)."""
    shares = retention(people, weight)
    return np.asarray(shares[1] - shares[0], np.float64)


def retention_gap_influence(people: People, weight: Floats) -> Floats:
    """Return how much each row moves the gap of each cell, shape (n, cells)."""
    shares = retention(people, weight)
    groups = people.cell + people.cells * people.treated
    everybody = np.bincount(groups, weight, 2 * people.cells)[groups]
    deviation = people.observed - shares.ravel()[groups]
    moved = np.where(people.treated, 1.0, -1.0) * weight * deviation
    influence = np.zeros((len(weight), people.cells))
    influence[np.arange(len(weight)), people.cell] = np.divide(
        moved, everybody, out=np.zeros(len(weight)), where=everybody > 0
    )
    return influence
