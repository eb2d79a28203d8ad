"""From respondents' influence values to what each PSU contributes. Arrays only."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from resilience.errors import DesignError, Issue, ResilienceWarning
from resilience.inference.results.factor import Part
from resilience.inference.weights.projection import residual_totals
from resilience.inference.weights.weight_history import projections_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign

    Floats = npt.NDArray[np.float64]

__all__ = [
    "influence_part",
    "replicate_part",
    "replicate_row_weights",
    "slot_contributions",
    "statistic_part",
    "weighing",
]


def slot_contributions(design: SurveyDesign, influence: Floats | sparse.csc_array) -> Floats:
    """Return influence values added up by PSU, without what the weights' margins explain.

    Parameters
    ----------
    design : SurveyDesign
        If its weights were made to fit margins, the residuals are added up.
    influence : numpy.ndarray or scipy.sparse array
        Shape (n, k), weights included.

    Returns
    -------
    numpy.ndarray
        Shape (slots, k).
    """
    return residual_totals(projections_of(design.weight_history), influence, _adder(design))


def replicate_row_weights(design: SurveyDesign) -> Iterator[Floats]:
    """Yield the weights of each replicate, shape (n,), made anew by every step of the history.

    Weights that were made to fit margins fit them in each replicate too, so that variances
    know of the margins.

    Raises
    ------
    DesignError
        If a replicate leaves out who would be needed to meet a margin.
    """
    replicates, history = design.replicates, design.weight_history
    assert replicates is not None  # noqa: S101 - callers ask first
    base = history[0].before if history else design.weights
    for number, weights in enumerate(replicates.row_weights(base), start=1):
        made = weights
        try:
            for step in history:
                made = step.recalibrated(made)
        except DesignError as error:
            told = f"replicate {number:,} of {len(replicates) * replicates.n_groups:,}"
            raise DesignError(*(_in_replicate(issue, told) for issue in error.issues)) from error
        yield made


def _in_replicate(issue: Issue, told: str) -> Issue:
    return replace(
        issue,
        where=f"{issue.where}, {told}",
        remedy=f"{issue.remedy}; weights are made anew in each replicate: without replicates, "
        "variances know of the margins by linearisation",
    )


def weighing(design: SurveyDesign) -> npt.NDArray[np.bool_]:
    """Return which rows stand for anybody, shape (n,): by a producer's replicates all may."""
    if design.replicates is not None and design.replicates.supplied:
        return np.ones(len(design.weights), bool)
    return design.weights > 0


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
    adder = _adder(design)
    reached, cells = _reached(design, adder, counted, influence.shape[1])
    known = sample.shows_variation(reached)
    return Part(sample, slot_contributions(design, influence), cells & known, known), cells


def replicate_part(
    design: SurveyDesign,
    values: Floats,
    estimates: Floats,
    cells: npt.NDArray[np.bool_],
    known: npt.NDArray[np.bool_],
) -> Part:
    """Return what replicates contribute to statistics: their scaled deviations.

    Replicates under which a statistic has no value do not count towards it, as in R survey.

    Parameters
    ----------
    design : SurveyDesign
        With replicates.
    values : numpy.ndarray
        The statistics under each replicate, shape (rows of the factor, k).
    estimates : numpy.ndarray
        Under the design's weights, shape (k,).
    cells : numpy.ndarray
        In which cells anybody counts, shape (cells, k).
    known : numpy.ndarray
        Whether the variance is known, as far as the sample goes, shape (k,).

    Warns
    -----
    ResilienceWarning
        If replicates do not count.
    """
    replicates = design.replicates
    assert replicates is not None  # noqa: S101 - callers ask first
    there = np.isfinite(values)
    lost = (~there & known & np.isfinite(estimates)).sum(axis=0)
    known = known & (there.sum(axis=0) > 1)
    if lost.any():
        warnings.warn(
            f"{int((lost > 0).sum())} rows have no value under some replicates (up to "
            f"{int(lost.max())} of {len(values)}), which do not count towards them; such rows "
            "rest on few PSUs",
            ResilienceWarning,
            stacklevel=5,
        )
    deviations = replicates.deviations(values, estimates)
    return Part(replicates, deviations, cells & known, known)


def _adder(design: SurveyDesign) -> sparse.csr_array:
    rows = np.arange(len(design.slot_of_row))
    shape = (design.sample.n_slots, len(rows))
    return sparse.csr_array((np.ones(len(rows)), (design.slot_of_row, rows)), shape=shape)


def _reached(
    design: SurveyDesign, adder: sparse.csr_array, counted: npt.NDArray[np.bool_], size: int
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return in which slots and cells anybody counts, shapes (slots, k) and (cells, k)."""
    sample = design.sample
    reached = np.asarray(adder @ counted.astype(np.float64)) > 0
    reached = np.broadcast_to(reached, (sample.n_slots, size))
    cells = np.zeros((sample.n_cells, size), bool)
    slots, columns = np.nonzero(reached)
    cells[sample.cell_of_slot[slots], columns] = True
    return reached, cells


def statistic_part(
    design: SurveyDesign,
    *,
    point: Callable[[Floats], Floats],
    influence: Callable[[Floats], Floats],
    counted: npt.NDArray[np.bool_],
) -> tuple[Part, npt.NDArray[np.bool_]]:
    """Return what PSUs, or replicates, contribute to statistics computed from rows.

    Parameters
    ----------
    design : SurveyDesign
    point : callable
        From weights, shape (n,), to the statistics, shape (k,); NaN where they have no value
        under these weights. Replicates compute it once each.
    influence : callable
        From weights, shape (n,), to each row's influence, its weight included, shape (n, k).
    counted : numpy.ndarray
        As for `influence_part`.
    """
    if design.replicates is None:
        return influence_part(design, influence(design.weights), counted)
    estimates = point(design.weights)
    values = np.array([point(weights) for weights in replicate_row_weights(design)])
    reached, cells = _reached(design, _adder(design), counted, len(estimates))
    supplied = np.full(len(estimates), design.replicates.supplied)
    known = supplied | design.sample.shows_variation(reached)
    return replicate_part(design, values, estimates, cells, known), cells
