"""The skeleton of a sample: which PSUs were visited in which stratum and wave.

Three words are used throughout this package. A *cell* is a stratum in a wave. A *slot* is a
PSU in a wave, the place where a respondent's contribution is added up. A *key* is what makes
two slots the same source of chance: a PSU that is visited in two related waves has two slots
and one key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Sample", "identity_of"]

Floats = "npt.NDArray[np.float64]"


@dataclass(frozen=True, eq=False)
class Sample:
    """PSUs by stratum and wave, and how their contributions are centred and scaled.

    Attributes
    ----------
    cell_of_slot : numpy.ndarray
        The cell of each slot, ascending, shape (slots,).
    key_of_slot : numpy.ndarray
        The key of each slot, shape (slots,).
    stratum_of_cell, wave_of_cell : numpy.ndarray
        Codes, shape (cells,).
    scale : numpy.ndarray
        By what the centred contributions of a cell's PSUs are multiplied, shape (cells,): the
        root of m/(m-1) times 1 - m/M, of an assumed design effect, and of the rule for lonely
        PSUs.
    uncentred : numpy.ndarray
        Whether a cell's contributions stay as they are, shape (cells,): R's rule "adjust" for
        lonely PSUs. Influence values of means and ratios are deviations from the population
        already; a total's are not, and then the rule is very cautious.
    identity : str
        The same for two designs exactly when they are the same sample, whatever its weights.
    """

    cell_of_slot: npt.NDArray[np.int64]
    key_of_slot: npt.NDArray[np.int64]
    stratum_of_cell: npt.NDArray[np.int64]
    wave_of_cell: npt.NDArray[np.int64]
    scale: npt.NDArray[np.float64]
    uncentred: npt.NDArray[np.bool_]
    identity: str

    @property
    def n_slots(self) -> int:
        """The number of slots."""
        return len(self.cell_of_slot)

    @property
    def n_cells(self) -> int:
        """The number of cells."""
        return len(self.scale)

    @cached_property
    def cell_sizes(self) -> npt.NDArray[np.int64]:
        """The number of PSUs in each cell."""
        return np.bincount(self.cell_of_slot, minlength=self.n_cells)

    @cached_property
    def keys_are_slots(self) -> bool:
        """Whether no PSU recurs."""
        return len(np.unique(self.key_of_slot)) == self.n_slots

    @cached_property
    def _shares_psu(self) -> npt.NDArray[np.bool_]:
        """For each pair of cells whether a PSU lies in both."""
        ones = np.ones(self.n_slots)
        shape = (self.n_cells, int(self.key_of_slot.max(initial=-1)) + 1)
        members = sparse.csr_array((ones, (self.cell_of_slot, self.key_of_slot)), shape=shape)
        return np.asarray((members @ members.T).toarray() > 0)

    def centred(self, contributions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return contributions centred in their cells, scaled, and added up by key.

        Parameters
        ----------
        contributions : numpy.ndarray
            PSU totals, shape (slots, k).

        Returns
        -------
        numpy.ndarray
            The factor F, shape (keys, k): F'F is the covariance.
        """
        starts = np.searchsorted(self.cell_of_slot, np.arange(self.n_cells))
        means = np.add.reduceat(contributions, starts, axis=0) / self.cell_sizes[:, None]
        means[self.uncentred] = 0.0
        factor = (contributions - means[self.cell_of_slot]) * self.scale[self.cell_of_slot, None]
        if self.keys_are_slots:
            return np.asarray(factor)
        adder = sparse.csr_array(
            (np.ones(self.n_slots), (self.key_of_slot, np.arange(self.n_slots)))
        )
        return np.asarray(adder @ factor)

    def degrees_of_freedom(self, cells: npt.NDArray[np.bool_]) -> int:
        """Return PSUs minus strata over cells, a PSU that recurs counted once.

        Cells that share PSUs are one stratum; cells that share none are strata of their own,
        so that unrelated waves add up.

        Parameters
        ----------
        cells : numpy.ndarray
            Which cells contribute, shape (cells,).
        """
        if not cells.any():
            return 0
        keys = len(np.unique(self.key_of_slot[cells[self.cell_of_slot]]))
        if self.keys_are_slots:
            return keys - int(cells.sum())
        shared = self._shares_psu[np.ix_(cells, cells)]
        strata, _ = connected_components(sparse.csr_array(shared), directed=False)
        return keys - int(strata)


def identity_of(*parts: npt.NDArray[np.generic] | str) -> str:
    """Return a short hash of arrays and words."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        data = part.encode() if isinstance(part, str) else np.ascontiguousarray(part).tobytes()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()
