"""Respondents by domain: sums over those who count, and influence values in their place.

Arrays only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["DomainRows", "quotient"]

_LARGEST_BLOCK = 16_000_000  # numbers
_NO_VARIANCE = 1e-28  # of a mean's square: digits of the root are those of rounding


@dataclass(frozen=True, slots=True, eq=False)
class DomainRows:
    """Who counts towards which domain.

    Attributes
    ----------
    chosen : numpy.ndarray of int
        The rows that count towards any, shape (c,).
    domain : numpy.ndarray of int
        The domain of each of these, shape (c,).
    n_rows, size : int
        The number of all rows, and of domains.
    """

    chosen: npt.NDArray[np.int64]
    domain: npt.NDArray[np.int64]
    n_rows: int
    size: int

    @classmethod
    def of(
        cls, of_row: npt.NDArray[np.int64], size: int, answered: npt.NDArray[np.bool_]
    ) -> DomainRows:
        """Return the rows that lie in a domain (-1 is none) and answered."""
        chosen = np.flatnonzero((of_row >= 0) & answered)
        return cls(chosen, of_row[chosen], len(of_row), size)

    @property
    def n(self) -> Floats:
        """How many count towards each domain, shape (size,)."""
        return np.bincount(self.domain, minlength=self.size).astype(np.float64)

    def blocks(self) -> list[slice]:
        """Return the domains in blocks whose columns fit into memory together."""
        width = max(1, _LARGEST_BLOCK // max(1, self.n_rows))
        return [slice(at, min(at + width, self.size)) for at in range(0, self.size, width)]

    def counted(self, block: slice | None = None) -> npt.NDArray[np.bool_]:
        """Return which rows count towards which domain of a block, shape (n_rows, block)."""
        return self.spread(np.ones(len(self.chosen)), block) > 0

    def added(self, values: Floats) -> Floats:
        """Return sums of values of the chosen rows, shape (c,), by domain, shape (size,)."""
        return np.bincount(self.domain, values, self.size).astype(np.float64)

    def mean(self, values: Floats, weights: Floats) -> Floats:
        """Return weighted means by domain, shape (size,); NaN where there is no weight."""
        return quotient(self.added(weights * values), self.added(weights))

    def moments(self, values: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
        """Return weighted means and variances by domain, and each row's deviation from its mean.

        A variance that is the rounding of equal numbers is 0.
        """
        means = self.mean(values, weights)
        deviations = values - means[self.domain]
        variances = self.mean(deviations**2, weights)
        variances[variances <= _NO_VARIANCE * means**2] = 0.0
        return means, variances, deviations

    def spread(self, values: Floats, block: slice | None = None) -> Floats:
        """Return values of the chosen rows in their domain's column, shape (n_rows, block).

        Without a block, of all domains.
        """
        block = slice(0, self.size) if block is None else block
        here = (self.domain >= block.start) & (self.domain < block.stop)
        matrix = np.zeros((self.n_rows, block.stop - block.start))
        matrix[self.chosen[here], self.domain[here] - block.start] = np.nan_to_num(values[here])
        return matrix


def quotient(above: Floats, below: Floats) -> Floats:
    """Return above / below, NaN where below is 0."""
    result = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=result, where=below != 0)
    return result
