"""Variance between and within clusters from weighted rows, on arrays alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["Components", "correlation_limits", "nested_components"]

_WIDEST = (-1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """What each level of clusters adds to the variance between persons of one group.

    Attributes
    ----------
    variance : numpy.ndarray
        Of each level, from the widest clusters to persons, shape (levels,); unbiased, so that
        those of clusters may be negative.
    low, high : numpy.ndarray
        Limits of the share of each level of clusters, shape (levels - 1,).
    df : numpy.ndarray
        Clusters less groups, of each level of clusters.
    """

    variance: Floats
    low: Floats
    high: Floats
    df: Floats

    @property
    def share(self) -> Floats:
        """The share of each level of clusters in the variance between persons."""
        total = self.variance.sum()
        return self.variance[:-1] / total if total > 0 else np.full(len(self.df), np.nan)


def nested_components(
    y: Floats, weight: Floats, units: Sequence[Codes], group: Codes, *, df: Floats, level: float
) -> Components:
    """Return the components of the variance by equating sums of squares to what is expected.

    Parameters
    ----------
    y, weight : numpy.ndarray
        Shape (n,), none missing, weights above 0.
    units : sequence of numpy.ndarray
        Codes from 0 of each level of clusters, the widest first, each within those before.
    group : numpy.ndarray
        Codes of what the widest clusters were drawn within; it is no source of chance.
    df : numpy.ndarray
        Degrees of freedom between the clusters of each level, for the limits.
    level : float
        The coverage of the limits.

    Notes
    -----
    With weights W of units, the sum of squares of units about the mean of the unit above, weighted,
    expects for the component of a finer level m the sum of W² of its units over W of the unit,
    less the same for the unit above. For one level, equal clusters and weights this is the
    analysis of variance, and the limits are Searle's. Else they are approximate: the ratio of the
    mean square to what it expects without clusters is taken as F with its degrees of freedom.

    References
    ----------
    Searle, Casella and McCulloch (1992), Variance Components, chapters 3 and 5.
    """
    persons = np.arange(len(y))
    levels = [group, *units, persons]
    size = len(levels) - 1
    squares, expected = np.zeros(size), np.zeros((size, size))
    means = [_mean(y, weight, codes) for codes in levels]
    for at in range(size):
        above, own = levels[at], levels[at + 1]
        squares[at] = (weight * (means[at + 1][own] - means[at][above]) ** 2).sum()
        for finer in range(at, size):
            part = levels[finer + 1]
            expected[at, finer] = _spread(weight, own, part) - _spread(weight, above, part)
    variance = _solved(expected, squares)
    effective = weight.sum() ** 2 / (weight**2).sum()
    freedoms = [*df, max(effective - units[-1].max() - 1, 0)]
    limits = [_limits(at, squares, expected, variance, freedoms, level) for at in range(size - 1)]
    low, high = np.array(limits, np.float64).reshape(-1, 2).T
    return Components(variance, low, high, df)


def _mean(y: Floats, weight: Floats, codes: Codes) -> Floats:
    total = np.bincount(codes, weight)
    return np.asarray(np.bincount(codes, weight * y) / np.where(total > 0, total, np.nan))


def _spread(weight: Floats, units: Codes, parts: Codes) -> float:
    """Return the sum over parts of their squared weight over that of the unit they lie in."""
    part = np.bincount(parts, weight)
    unit_of_part = np.zeros(len(part), np.int64)
    unit_of_part[parts] = units
    return float((part**2 / np.bincount(units, weight)[unit_of_part]).sum())


def _solved(expected: Floats, squares: Floats) -> Floats:
    """Return the components, the finest first solved; NaN where a level has nothing to tell."""
    size = len(squares)
    found = np.full(size, np.nan)
    for at in range(size - 1, -1, -1):
        if expected[at, at] > 0:
            found[at] = (squares[at] - expected[at, at + 1 :] @ found[at + 1 :]) / expected[at, at]
    return found


def _limits(
    at: int,
    squares: Floats,
    expected: Floats,
    variance: Floats,
    freedoms: Sequence[float],
    level: float,
) -> tuple[float, float]:
    """Return the limits of a level's share in the variance."""
    between, within = freedoms[at], freedoms[at + 1]
    without = float(expected[at, at + 1 :] @ variance[at + 1 :])
    others = float(np.delete(variance, at).sum())
    if not (between > 0 and within > 0 and without > 0 and others > 0):
        return float("nan"), float("nan")
    ratio = squares[at] / without
    tail = (1 - level) / 2
    ends = (stats.f.isf(tail, between, within), stats.f.ppf(tail, between, within))
    low, high = ((ratio / end - 1) * without / expected[at, at] for end in ends)
    return _share(low, others), _share(high, others)


def _share(component: float, others: float) -> float:
    return component / (component + others) if component > -others else float("nan")


def correlation_limits(found: float, df: float, level: float) -> tuple[float, float]:
    """Return limits of a correlation by Fisher's transformation, from -1 to 1 where df <= 2.

    Parameters
    ----------
    found : float
        The correlation, from -1 to 1.
    df : float
        Pairs less the means taken out.
    level : float
        The coverage.
    """
    if not df > 2:  # noqa: PLR2004 - n - 1 for n - 3 of the transformation
        return _WIDEST
    reach = stats.norm.isf((1 - level) / 2) / np.sqrt(df - 2)
    centre = np.arctanh(np.clip(found, -1 + 1e-12, 1 - 1e-12))
    return float(np.tanh(centre - reach)), float(np.tanh(centre + reach))
