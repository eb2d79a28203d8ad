"""PSU totals by domain: the one pass over the rows. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["RatioTotals", "Totals", "slot_totals"]

LARGEST_DENSE = 4_000_000  # numbers; above, most slots would hold zeros


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Weighted totals of one variable by slot and domain.

    Attributes
    ----------
    values, weights : numpy.ndarray or scipy.sparse array
        Totals of w y and of w over those who answered, shape (slots, domains).
    squares : numpy.ndarray
        Totals of w y^2 by domain, shape (domains,).
    n : numpy.ndarray
        Respondents who answered, by domain, shape (domains,).
    """

    values: Floats | sparse.csc_array
    weights: Floats | sparse.csc_array
    squares: Floats
    n: Floats

    def slots_reached(self) -> npt.NDArray[np.int64]:
        """Return from how many slots anybody counts towards a domain, shape (domains,)."""
        return np.asarray((self.weights > 0).sum(axis=0), np.int64).reshape(-1)

    def cells_reached(self, cell_of_slot: Codes, cells: int) -> npt.NDArray[np.bool_]:
        """Return whether anybody in a cell counts towards a domain, shape (cells, domains)."""
        there = np.ones(len(cell_of_slot))
        adder = sparse.csr_array(
            (there, (cell_of_slot, np.arange(len(there)))), shape=(cells, len(there))
        )
        reached = adder @ self.weights
        return np.asarray((reached.toarray() if sparse.issparse(reached) else reached) > 0)


@dataclass(frozen=True, slots=True, eq=False)
class RatioTotals:
    """Weighted totals of two variables y and x over those who answered both.

    Attributes
    ----------
    above, below : Totals
        Of y and of x.
    products : numpy.ndarray
        Totals of w x y by domain, shape (domains,).
    """

    above: Totals
    below: Totals
    products: Floats


def slot_totals(
    y: Floats, weights: Floats, slot: Codes, domain: Codes, *, slots: int, domains: int
) -> Totals:
    """Add up a variable by slot and domain.

    Parameters
    ----------
    y : numpy.ndarray
        Values, shape (n,); NaN where there is no answer.
    weights : numpy.ndarray
        Shape (n,); rows of weight 0 do not count.
    slot, domain : numpy.ndarray
        Where each row belongs, shape (n,); domain -1 belongs nowhere.
    slots, domains : int
        How many there are.
    """
    # Sums and minima are quicker than masks. Who weighs nothing stands for nobody.
    if np.isnan(y.sum()) or domain.min(initial=0) < 0 or weights.min(initial=1.0) <= 0:
        used = (domain >= 0) & ~np.isnan(y) & (weights > 0)
        y, weights, slot, domain = y[used], weights[used], slot[used], domain[used]
    weighted = weights * y
    if slots * domains > LARGEST_DENSE:
        shape = (slots, domains)
        values, population = (
            sparse.csc_array(sparse.coo_array((part, (slot, domain)), shape=shape))
            for part in (weighted, weights)
        )
    else:
        place = slot
        if domains > 1:
            place = slot * domains
            place += domain
        values, population = (
            np.bincount(place, part, slots * domains).reshape(slots, domains)
            for part in (weighted, weights)
        )
    if domains == 1:
        return Totals(values, population, np.array([weighted @ y]), np.array([float(len(y))]))
    weighted *= y
    return Totals(
        values,
        population,
        np.bincount(domain, weighted, domains).astype(np.float64),
        np.bincount(domain, minlength=domains).astype(np.float64),
    )
