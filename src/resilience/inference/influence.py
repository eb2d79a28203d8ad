"""From respondents' influence values to what each PSU contributes. Arrays only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from resilience.inference.factor import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from resilience.inference.design import SurveyDesign

    Floats = npt.NDArray[np.float64]

__all__ = ["influence_part", "statistic_part"]


def influence_part(
    design: SurveyDesign, influence: Floats, counted: npt.NDArray[np.bool_]
) -> tuple[Part, npt.NDArray[np.bool_]]:
    """Return what PSUs contribute to statistics of which each row's influence is known.

    Statistics that are no ratio of totals come this way: quantiles, correlations, coefficients
    of regressions. Means and totals come from PSU totals, which is faster and the same.

    Parameters
    ----------
    design : SurveyDesign
    influence : numpy.ndarray
        How much each row moves each statistic, its weight included, shape (n, k); 0 for rows
        that do not count.
    counted : numpy.ndarray
        Which rows count towards which statistic, shape (n, k); or for all alike, (n, 1).

    Returns
    -------
    part : Part
        With k columns; a statistic that rests on one PSU has a variance that is not known.
    reached : numpy.ndarray
        In which cells anybody counts, shape (cells, k).
    """
    sample = design.sample
    rows = np.arange(len(design.slot_of_row))
    adder = sparse.csr_array(
        (np.ones(len(rows)), (design.slot_of_row, rows)), shape=(sample.n_slots, len(rows))
    )
    reached = np.asarray(adder @ counted.astype(np.float64)) > 0
    reached = np.broadcast_to(reached, (sample.n_slots, influence.shape[1]))
    known = sample.shows_variation(reached)
    cells = np.zeros((sample.n_cells, influence.shape[1]), bool)
    slots, columns = np.nonzero(reached)
    cells[sample.cell_of_slot[slots], columns] = True
    return Part(sample, np.asarray(adder @ influence), cells & known, known), cells


def statistic_part(
    design: SurveyDesign,
    *,
    point: Callable[[Floats], Floats],  # noqa: ARG001 - what replicates will compute
    influence: Callable[[Floats], Floats],
    counted: npt.NDArray[np.bool_],
) -> tuple[Part, npt.NDArray[np.bool_]]:
    """Return what PSUs, or replicates, contribute to statistics computed from rows.

    Parameters
    ----------
    design : SurveyDesign
    point : callable
        From weights, shape (n,), to the statistics, shape (k,).
    influence : callable
        From weights, shape (n,), to each row's influence, its weight included, shape (n, k).
    counted : numpy.ndarray
        As for `influence_part`.
    """
    return influence_part(design, influence(design.weights), counted)
