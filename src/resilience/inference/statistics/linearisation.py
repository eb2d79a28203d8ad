"""From PSU totals to statistics and what each PSU contributes to them. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from resilience.inference.statistics.totals import RatioTotals, Totals

    Floats = npt.NDArray[np.float64]

__all__ = ["Linearised", "linearised_mean", "linearised_ratio", "linearised_total"]


@dataclass(frozen=True, slots=True, eq=False)
class Linearised:
    """A statistic by domain.

    Attributes
    ----------
    values : numpy.ndarray
        Shape (domains,), NaN where nobody answered.
    contributions : numpy.ndarray or scipy.sparse array
        PSU totals of the influence values, shape (slots, domains).
    simple_variance : numpy.ndarray
        The variance under simple random sampling with replacement of the same n, shape
        (domains,), NaN where it means nothing.
    n : numpy.ndarray
        Shape (domains,).
    known : numpy.ndarray
        Whether the contributions tell the variance, shape (domains,). Around its own mean a
        single PSU does not vary: its contribution is 0, and the variance is not known.
    own_mean : bool
        Whether contributions are deviations from the statistic's own mean.
    of_totals : callable
        How values follow from totals of w y and of w, for replicates.
    """

    values: Floats
    contributions: Floats | sparse.csc_array
    simple_variance: Floats
    n: Floats
    known: npt.NDArray[np.bool_]
    own_mean: bool = True
    of_totals: Callable[[Floats, Floats], Floats] = np.divide


def linearised_mean(totals: Totals) -> Linearised:
    """Return weighted means: u = w (y - mean) / sum(w) within the domain."""
    population = np.asarray(totals.weights.sum(axis=0), float).reshape(-1)
    some = population > 0
    safe = np.where(some, population, 1.0)
    means = np.asarray(totals.values.sum(axis=0), float).reshape(-1) / safe
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.maximum(totals.squares / safe - means**2, 0.0)
        simple = spread / (totals.n - 1)
    return Linearised(
        np.where(some, means, np.nan),
        _deviations(totals.values, totals.weights, means, safe),
        np.where(some & (totals.n > 1), simple, np.nan),
        totals.n,
        totals.slots_reached() > 1,
    )


def linearised_ratio(totals: RatioTotals) -> Linearised:
    """Return ratios of totals: u = w (y - R x) / sum(w x) within the domain."""
    above, below = totals.above, totals.below
    divisor = np.asarray(below.values.sum(axis=0), float).reshape(-1)
    some = divisor != 0
    safe = np.where(some, divisor, 1.0)
    ratios = np.where(some, np.asarray(above.values.sum(axis=0), float).reshape(-1) / safe, 0.0)
    population = np.asarray(above.weights.sum(axis=0), float).reshape(-1)
    squares = above.squares - 2 * ratios * totals.products + ratios**2 * below.squares
    with np.errstate(divide="ignore", invalid="ignore"):
        simple = population * np.maximum(squares, 0.0) / safe**2 / (above.n - 1)
    return Linearised(
        np.where(some, ratios, np.nan),
        _deviations(above.values, below.values, ratios, safe),
        np.where(some & (above.n > 1), simple, np.nan),
        above.n,
        some & (above.slots_reached() > 1),
    )


def _deviations(
    values: Floats | sparse.csc_array,
    others: Floats | sparse.csc_array,
    ratios: Floats,
    divisor: Floats,
) -> Floats | sparse.csc_array:
    """Return what slots add to a ratio: totals less the ratio times the others, divided."""
    if not sparse.issparse(values):
        return (values - others * ratios) / divisor
    thin = values - others @ sparse.diags_array(ratios)
    return sparse.csc_array(thin @ sparse.diags_array(1 / divisor))


def linearised_total(totals: Totals) -> Linearised:
    """Return weighted totals: u = w y within the domain."""
    values = np.asarray(totals.values.sum(axis=0), float).reshape(-1)
    unknown = np.full(len(values), np.nan)
    known = np.ones(len(values), bool)
    return Linearised(
        values, totals.values, unknown, totals.n, known, own_mean=False, of_totals=_itself
    )


def _itself(values: Floats, _weights: Floats) -> Floats:
    return values
