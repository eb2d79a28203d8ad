"""Replicates of a sample: its weights as they would be in other samples. Arrays only.

The variance of any statistic is that of its values under the replicates' weights. Replicates
are kept as multipliers of PSUs, one row a replicate; what is computed from totals needs no more
than one product of small matrices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from resilience.inference.designs.sample import identity_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from resilience.inference.designs.sample import Sample

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["ReplicateKind", "Replicates"]

ReplicateKind = Literal[
    "JK1", "JK2", "JKn", "BRR", "Fay", "bootstrap", "successive-difference", "other"
]

_RANK_TOLERANCE = 1e-5  # that of R survey's degf()


@dataclass(frozen=True, eq=False, repr=False)
class Replicates:
    """Replicates of a sample, and how deviations under them become a variance.

    Attributes
    ----------
    kind : str
    multipliers : numpy.ndarray
        By what the base weights are multiplied, shape (replicates, units).
    unit_of_row : numpy.ndarray
        The unit of each row of the design, shape (n,): a slot of the sample, or the row itself
        where a producer supplies the weights.
    combined : bool
        Whether the multipliers are the weights themselves: then base weights are 1.
    scale : float
    rscales : numpy.ndarray
        The variance is the sum of squared deviations, each times its own of `rscales`, shape
        (replicates,), and all times `scale`.
    mse : bool
        Whether deviations are from the estimate; else they are from the replicates' mean.
    group_of_unit : numpy.ndarray
        Units of different groups are independent (waves that share nothing), shape (units,).
    sample : Sample
        Which sample it is.
    supplied : bool
        Whether a producer made them; then what they know of the design is all that is known.
    """

    kind: ReplicateKind
    multipliers: Floats
    unit_of_row: Codes
    combined: bool
    scale: float
    rscales: Floats
    mse: bool
    group_of_unit: Codes
    sample: Sample
    supplied: bool

    def __post_init__(self) -> None:
        """Make arrays read-only."""
        for array in (self.multipliers, self.rscales):
            array.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of replicates."""
        return len(self.multipliers)

    def __repr__(self) -> str:
        """Return one line; never weights."""
        return f"<Replicates: {len(self):,} by {self.kind}>"

    @cached_property
    def identity(self) -> str:
        """The same for two sets of replicates exactly when they are the same."""
        return identity_of(self.sample.identity, self.multipliers)

    @cached_property
    def rules(self) -> str:
        """The same for two sets whose deviations become variances by the same rules."""
        return identity_of(np.array([self.scale, float(self.mse)]), self.rscales)

    @cached_property
    def n_groups(self) -> int:
        """The number of independent groups."""
        return int(self.group_of_unit.max(initial=0)) + 1

    @property
    def n_slots(self) -> int:
        """The number of rows of a factor: each group of units has its own replicates."""
        return len(self) * self.n_groups

    @property
    def n_cells(self) -> int:
        """The number of strata by wave."""
        return self.sample.n_cells

    def base_weights(self, weights: Floats) -> Floats:
        """Return what the multipliers multiply, shape (n,)."""
        return np.ones(len(weights)) if self.combined else weights

    def row_weights(self, weights: Floats) -> Iterator[Floats]:
        """Yield the weights of each replicate, shape (n,)."""
        for group in range(self.n_groups):
            inside = (self.group_of_unit == group)[self.unit_of_row]
            for replicate in self.multipliers:
                multiplied = replicate[self.unit_of_row]
                multiplied = multiplied if self.combined else multiplied * weights
                yield multiplied if inside.all() else np.where(inside, multiplied, weights)

    def totals(self, by_unit: Floats | sparse.csc_array, weights: Floats) -> Floats:
        """Return totals under each replicate, shape (rows of the factor, k).

        Parameters
        ----------
        by_unit : numpy.ndarray or scipy.sparse array
            Totals by unit with the base weights, shape (units, k).
        weights : numpy.ndarray
            The design's weights, shape (n,).
        """
        if self.n_groups == 1:
            return _product(self.multipliers, by_unit)
        itself = weights if self.combined else np.ones(len(self.group_of_unit))
        blocks = []
        for group in range(self.n_groups):
            inside = self.group_of_unit == group
            blocks.append(_product(np.where(inside, self.multipliers, itself), by_unit))
        return np.vstack(blocks)

    def deviations(self, values: Floats, estimates: Floats) -> Floats:
        """Return scaled deviations: the factor F, with F'F the covariance.

        Parameters
        ----------
        values : numpy.ndarray
            Under each replicate, shape (rows of the factor, k); NaN where a replicate has none,
            which then does not count.
        estimates : numpy.ndarray
            Under the design's weights, shape (k,).
        """
        blocks = values.reshape(self.n_groups, len(self), -1)
        there = np.isfinite(blocks)
        filled = np.where(there, blocks, 0.0)
        centre = np.broadcast_to(estimates, (self.n_groups, 1, len(estimates)))
        if not self.mse:
            counting = there & (self.rscales > 0)[None, :, None]
            count = np.maximum(counting.sum(axis=1, keepdims=True), 1)
            centre = np.where(counting, filled, 0.0).sum(axis=1, keepdims=True) / count
        scaled = np.sqrt(self.scale * self.rscales)[None, :, None]
        with np.errstate(invalid="ignore"):
            factor = np.where(there, (filled - centre) * scaled, 0.0)
        return np.asarray(factor.reshape(values.shape))

    def centred(self, contributions: Floats) -> Floats:
        """Return a factor's contributions, which are scaled deviations already."""
        return contributions

    def degrees_of_freedom(self, cells: npt.NDArray[np.bool_]) -> int:
        """Return PSUs minus strata over cells; of a producer's replicates their rank minus 1."""
        if self.supplied:
            return self._rank - 1
        return min(self.sample.degrees_of_freedom(cells), self.n_slots - 1)

    @cached_property
    def _rank(self) -> int:
        """The number of replicates that do not follow from the others."""
        size = np.sqrt((self.multipliers**2).sum(axis=1))
        used = self.multipliers[size > 0] / size[size > 0, None]
        values = np.linalg.eigvalsh(used @ used.T)
        return int((values > _RANK_TOLERANCE**2 * values.max(initial=0)).sum())


def _product(multipliers: Floats, by_unit: Floats | sparse.csc_array) -> Floats:
    if sparse.issparse(by_unit):
        return np.asarray((by_unit.T @ multipliers.T).T)
    return np.asarray(multipliers @ by_unit)
