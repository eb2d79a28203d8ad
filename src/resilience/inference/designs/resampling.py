"""How replicates are drawn from a sample: multipliers of PSUs, by kind. Arrays only.

In each stratum and wave the multipliers vary around 1 so that totals have the linearised
variance: with s the cell's scale there (m/(m-1), the finite population correction and the rule
for lonely PSUs in it), the deviations of a cell's multipliers are stretched to it. Where nothing
is corrected they are the textbook's. A PSU that is visited in several waves has one draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.linalg import hadamard
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.inference.designs.sample import Sample

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["Drawn", "balanced", "bootstrapped", "jackknifed", "linked_strata"]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Multipliers, shape (replicates, PSUs by wave), and what makes deviations a variance."""

    multipliers: Floats
    scale: float
    rscales: Floats


def linked_strata(sample: Sample) -> Codes:
    """Return for each key the number of its stratum: cells that share PSUs are one."""
    cell, key = sample.first.group_of_unit, sample.first.key_of_unit
    size = sample.n_cells + int(key.max()) + 1
    edges = sparse.coo_array((np.ones(len(cell)), (cell, key + sample.n_cells)), shape=(size, size))
    parts = connected_components(edges, directed=False)[1][sample.n_cells :]
    return np.unique(parts, return_inverse=True)[1].astype(np.int64)


def jackknifed(sample: Sample) -> Drawn:
    """Return multipliers that leave out one PSU in each replicate, in all its waves.

    A PSU of a stratum that shows no variation (exhausted, or lonely and removed) is not left
    out. Where a PSU's waves have different numbers of PSUs, the deviations of the smaller
    coefficient are shrunk, so that one coefficient a replicate does.
    """
    first = sample.first
    m = first.sizes.astype(float)
    coefficient = (sample.scale * (m - 1) / m) ** 2
    largest = np.zeros(int(first.key_of_unit.max()) + 1)
    np.maximum.at(largest, first.key_of_unit, coefficient[first.group_of_unit])
    kept = np.flatnonzero(largest > 0)
    row_of_key = np.full(len(largest), -1)
    row_of_key[kept] = np.arange(len(kept))
    multipliers = np.ones((len(kept), len(first.key_of_unit)))
    starts = np.searchsorted(first.group_of_unit, np.arange(len(m) + 1))
    for unit, (cell, key) in enumerate(zip(first.group_of_unit, first.key_of_unit, strict=True)):
        row = row_of_key[key]
        if row < 0 or m[cell] == 1:
            continue
        shrunk = np.sqrt(coefficient[cell] / largest[key])
        multipliers[row, starts[cell] : starts[cell + 1]] += shrunk / (m[cell] - 1)
        multipliers[row, unit] = 1 - shrunk
    rscales = largest[kept]
    if len(rscales) and np.ptp(rscales) == 0:
        return Drawn(multipliers, float(rscales[0]), np.ones(len(rscales)))
    return Drawn(multipliers, 1.0, rscales)


def bootstrapped(sample: Sample, replicates: int, rng: np.random.Generator) -> Drawn:
    """Return multipliers of PSUs drawn with replacement, one less than there are.

    Where waves share part of their PSUs, draws are made among the PSUs of all of them and
    centred in each wave. Where a multiplier would fall below 0, all deviations are shrunk and
    the scale makes up for it, as in Fay's method.
    """
    stratum_of_key = linked_strata(sample)
    draws = np.ones((replicates, len(stratum_of_key)))
    spread = np.ones(int(stratum_of_key.max()) + 1)
    for stratum in range(len(spread)):
        keys = np.flatnonzero(stratum_of_key == stratum)
        m = len(keys)
        if m > 1:
            counts = rng.multinomial(m - 1, np.full(m, 1 / m), size=replicates)
            draws[:, keys] = counts * (m / (m - 1))
            spread[stratum] = m / (m - 1)
    deviations = _by_cell(sample, draws, spread[stratum_of_key])
    shrunk = min(1.0, -1 / min(deviations.min(initial=0.0), -1e-300))
    scale = 1 / (replicates - 1) / shrunk**2
    return Drawn(1 + shrunk * deviations, scale, np.ones(replicates))


def balanced(sample: Sample, fay: float) -> Drawn:
    """Return multipliers of balanced half samples: one PSU of each pair up, the other down.

    Every stratum that shows variation has two PSUs, the same in all its waves. Half samples
    are balanced by a Hadamard matrix of Sylvester's kind, so that replicates are a power of 2.
    """
    stratum_of_key = linked_strata(sample)
    varying = np.zeros(int(stratum_of_key.max()) + 1, bool)
    first = sample.first
    varying[stratum_of_key[first.key_of_unit]] |= sample.scale[first.group_of_unit] > 0
    number = np.cumsum(varying)  # the column of each stratum; column 0 is all 1
    size = 1 << int(number.max(initial=0)).bit_length()
    signs = hadamard(size)[:, number[stratum_of_key]].astype(np.float64)
    order = np.argsort(stratum_of_key, kind="stable")
    second = order[1:][np.diff(stratum_of_key[order]) == 0]
    signs[:, second] *= -1
    deviations = _by_cell(sample, signs, np.full(len(stratum_of_key), 2.0)) * (1 - fay)
    shrunk = min(1.0, -1 / min(deviations.min(initial=0.0), -1e-300))
    scale = 1 / (size * (1 - fay) ** 2) / shrunk**2
    return Drawn(1 + shrunk * deviations, scale, np.ones(size))


def _by_cell(sample: Sample, draws: Floats, spread: Floats) -> Floats:
    """Return what keys drew, centred in each cell and stretched to the cell's scale."""
    first = sample.first
    starts = np.searchsorted(first.group_of_unit, np.arange(sample.n_cells))
    drawn = draws[:, first.key_of_unit]
    means = np.add.reduceat(drawn, starts, axis=1) / first.sizes
    drawn -= means[:, first.group_of_unit]
    drawn *= sample.scale[first.group_of_unit] / np.sqrt(spread[first.key_of_unit])
    return np.asarray(drawn)
