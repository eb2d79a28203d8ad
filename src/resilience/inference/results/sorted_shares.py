"""How a number is distributed: its values in order, with the share at or below each. Arrays only.

The quantile is the mathematical one, the lowest value that has at least the share p at or below
it: R survey's rule "math".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["SortedShares", "sorted_shares"]

# Shares that are equal but for the rounding of sums of weights are equal: three of four equal
# weights reach 0.75, whatever the weights are.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class SortedShares:
    """The weighted distribution of a number.

    Attributes
    ----------
    values : numpy.ndarray
        The values that occur, ascending, shape (distinct,).
    shares : numpy.ndarray
        The share of the population at or below each, shape (distinct,).
    """

    values: Floats
    shares: Floats

    def quantile(self, probability: float) -> float:
        """Return the lowest value with at least this share at or below it; NaN if there is none."""
        if not len(self.values):
            return float("nan")
        place = int(np.searchsorted(self.shares, probability - _ROUNDING))
        return float(self.values[min(place, len(self.values) - 1)])


def sorted_shares(values: Floats, weights: Floats) -> SortedShares:
    """Return the distribution of values that are already ascending.

    Parameters
    ----------
    values, weights : numpy.ndarray
        Shape (n,). Values without any weight do not occur.
    """
    there = weights > 0
    values, weights = values[there], weights[there]
    last = np.append(values[1:] != values[:-1], [True] * bool(len(values)))
    shares = np.cumsum(weights)[last] / weights.sum() if len(values) else weights
    distinct = values[last] if len(values) else values
    for array in (distinct, shares):
        array.flags.writeable = False
    return SortedShares(distinct, shares)
