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

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Which rows count towards which domain, shape (n_rows, size)."""
        counted = np.zeros((self.n_rows, self.size), bool)
        counted[self.chosen, self.domain] = True
        return counted

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

    def spread(self, values: Floats) -> Floats:
        """Return values of the chosen rows in their domain's column, shape (n_rows, size)."""
        matrix = np.zeros((self.n_rows, self.size))
        matrix[self.chosen, self.domain] = np.nan_to_num(values)
        return matrix


def quotient(above: Floats, below: Floats) -> Floats:
    """Return above / below, NaN where below is 0."""
    result = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=result, where=below != 0)
    return result
