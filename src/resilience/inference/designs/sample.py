"""The skeleton of a sample: which PSUs were visited in which stratum and wave.

Three words are used throughout this package. A *cell* is a stratum in a wave. A *slot* is a
PSU in a wave, the place where a respondent's contribution is added up; where later stages
count, it is a unit of the last of them. A *key* is what makes two slots the same source of
chance: a PSU that is visited in two related waves has two slots and one key.
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

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["UNLABELLED", "Sample", "Stage", "identity_of"]

UNLABELLED = "unlabelled-"
"""How the identity of a sample begins that has no label to be known by."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A stage of sampling: its units, in the groups within which they were drawn.

    Attributes
    ----------
    unit_of_slot : numpy.ndarray or None
        The unit that each slot lies in, shape (slots,); None where slots are the units.
    group_of_unit : numpy.ndarray
        The group of each unit, ascending, shape (units,): at the first stage the cell, at later
        ones the unit of the stage before.
    key_of_unit : numpy.ndarray
        Units of one key are the same in several waves, shape (units,).
    scale : numpy.ndarray
        By what centred contributions are multiplied, shape (groups,).
    uncentred : numpy.ndarray
        Which groups' contributions stay as they are, shape (groups,).
    """

    unit_of_slot: Codes | None
    group_of_unit: Codes
    key_of_unit: Codes
    scale: Floats
    uncentred: npt.NDArray[np.bool_]

    @cached_property
    def sizes(self) -> Codes:
        """The number of units in each group."""
        return np.bincount(self.group_of_unit, minlength=len(self.scale))

    @cached_property
    def keys_are_units(self) -> bool:
        """Whether no unit recurs."""
        return int(np.bincount(self.key_of_unit).max(initial=0)) <= 1

    def by_unit(self, contributions: Floats) -> Floats:
        """Return contributions added up by unit, shape (units, k)."""
        if self.unit_of_slot is None:
            return contributions
        return np.asarray(_adder(self.unit_of_slot, len(self.group_of_unit)) @ contributions)

    def centred(self, contributions: Floats) -> Floats:
        """Return contributions centred in their groups, scaled, and added up by key."""
        units = self.by_unit(contributions)
        starts = np.searchsorted(self.group_of_unit, np.arange(len(self.scale)))
        means = np.add.reduceat(units, starts, axis=0) / self.sizes[:, None]
        means[self.uncentred] = 0.0
        factor = (units - means[self.group_of_unit]) * self.scale[self.group_of_unit, None]
        if self.keys_are_units:
            return np.asarray(factor)
        return np.asarray(_adder(self.key_of_unit, int(self.key_of_unit.max()) + 1) @ factor)


@dataclass(frozen=True, eq=False)
class Sample:
    """PSUs by stratum and wave, and how their contributions are centred and scaled.

    Attributes
    ----------
    cell_of_slot : numpy.ndarray
        The cell of each slot, ascending, shape (slots,).
    key_of_slot : numpy.ndarray
        The key of each slot's PSU, shape (slots,).
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
    later : tuple of Stage
        The stages within PSUs, if they count; their scales have the roots of the sampling
        fractions of the stages before in them.
    psu_of_slot : numpy.ndarray or None
        The PSU in a wave that each slot lies in; None where slots are those.
    """

    cell_of_slot: Codes
    key_of_slot: Codes
    stratum_of_cell: Codes
    wave_of_cell: Codes
    scale: Floats
    uncentred: npt.NDArray[np.bool_]
    identity: str
    later: tuple[Stage, ...] = ()
    psu_of_slot: Codes | None = None

    @property
    def n_slots(self) -> int:
        """The number of slots."""
        return len(self.cell_of_slot)

    @property
    def n_cells(self) -> int:
        """The number of cells."""
        return len(self.scale)

    @cached_property
    def first(self) -> Stage:
        """The stage of PSUs."""
        cell, key = self.cell_of_slot, self.key_of_slot
        if self.psu_of_slot is not None:
            one = np.unique(self.psu_of_slot, return_index=True)[1]
            cell, key = cell[one], key[one]
        return Stage(self.psu_of_slot, cell, key, self.scale, self.uncentred)

    @property
    def cell_sizes(self) -> Codes:
        """The number of PSUs in each cell."""
        return self.first.sizes

    @cached_property
    def rules(self) -> str:
        """The same for two samples whose variances follow the same rules."""
        stages = (self.first, *self.later)
        return identity_of(*(part for stage in stages for part in (stage.scale, stage.uncentred)))

    @cached_property
    def _shares_psu(self) -> npt.NDArray[np.bool_]:
        """For each pair of cells whether a PSU lies in both."""
        cell, key = self.first.group_of_unit, self.first.key_of_unit
        shape = (self.n_cells, int(key.max(initial=-1)) + 1)
        members = sparse.csr_array((np.ones(len(cell)), (cell, key)), shape=shape)
        return np.asarray((members @ members.T).toarray() > 0)

    def centred(self, contributions: Floats) -> Floats:
        """Return contributions centred in their cells, scaled, and added up by key.

        Parameters
        ----------
        contributions : numpy.ndarray
            PSU totals, shape (slots, k).

        Returns
        -------
        numpy.ndarray
            The factor F, shape (keys, k): F'F is the covariance. Later stages follow below:
            their variances add to that of the first.
        """
        if not self.later:
            return self.first.centred(contributions)
        return np.vstack([stage.centred(contributions) for stage in (self.first, *self.later)])

    def shows_variation(
        self, there: npt.NDArray[np.bool_] | sparse.csc_array
    ) -> npt.NDArray[np.bool_]:
        """Return whether statistics rest on more than one unit that was drawn by chance.

        Around its own mean a single PSU does not vary, which is no knowledge of its variance.
        In a PSU that was certain to be drawn it is the units within that were drawn by chance.

        Parameters
        ----------
        there : numpy.ndarray or scipy.sparse array
            In which slots anybody counts, shape (slots, k).
        """
        slots = np.asarray(there.sum(axis=0)).reshape(-1)
        first = self.first
        if not self.later and first.keys_are_units:
            return np.asarray(slots > 1)
        keys = _adder(self.key_of_slot, int(self.key_of_slot.max()) + 1)
        psus = keys @ there.astype(np.float64) > 0
        count = np.asarray(psus.sum(axis=0)).reshape(-1)
        if not self.later:
            return np.asarray(count > 1)
        certain = np.zeros(keys.shape[0])
        certain[first.key_of_unit] = (self.scale == 0)[first.group_of_unit]
        all_certain = np.asarray(certain @ psus).reshape(-1) == count
        return np.asarray((count > 1) | (all_certain & (slots > 1)))

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
        if self.first.keys_are_units:
            return int(self.first.sizes[cells].sum()) - int(cells.sum())
        keys = len(np.unique(self.first.key_of_unit[cells[self.first.group_of_unit]]))
        shared = self._shares_psu[np.ix_(cells, cells)]
        strata, _ = connected_components(sparse.csr_array(shared), directed=False)
        return keys - int(strata)


def identity_of(*parts: npt.NDArray[np.generic] | str) -> str:
    """Return a short hash of arrays and words."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        data = part.encode() if isinstance(part, str) else np.ascontiguousarray(part).data
        digest.update((len(data) if isinstance(data, bytes) else data.nbytes).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def _adder(place: Codes, size: int) -> sparse.csr_array:
    """Return the matrix that adds up rows of one place, shape (size, rows)."""
    rows = np.arange(len(place))
    return sparse.csr_array((np.ones(len(place)), (place, rows)), shape=(size, len(place)))
