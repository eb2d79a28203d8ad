"""Raking: weights made to fit each margin in turn until they fit all. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["Fit", "fit_to_cells", "rake_weights"]

MOST_SWEEPS = 2000
TOLERANCE = 1e-11  # of a margin's total


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Weights made to fit, and how well they do.

    Attributes
    ----------
    weights : numpy.ndarray
        Shape (n,).
    iterations : int
    misses : numpy.ndarray
        By how much each margin, or each total, is missed: relative to the margin's total, or to
        1 plus the total; shape (margins,).
    """

    weights: Floats
    iterations: int
    misses: Floats

    @property
    def converged(self) -> bool:
        """Whether all is met."""
        return bool((self.misses < TOLERANCE).all())


def fit_to_cells(weights: Floats, codes: Codes, targets: Floats) -> Floats:
    """Return weights that add up to the targets, in proportion to those before.

    Parameters
    ----------
    weights : numpy.ndarray
        Shape (n,); more than 0 in each cell that has a target.
    codes : numpy.ndarray
        The cell of each row, shape (n,); rows of cell -1 keep their weight.
    targets : numpy.ndarray
        Shape (cells,).
    """
    inside = codes >= 0
    totals = np.bincount(codes[inside], weights[inside], len(targets))
    ratios = np.divide(targets, totals, out=np.ones(len(targets)), where=totals > 0)
    return np.where(inside, weights * ratios[codes], weights)


def rake_weights(
    weights: Floats, margins: Sequence[tuple[Codes, Floats]], *, sweeps: int = MOST_SWEEPS
) -> Fit:
    """Return weights that fit several margins: iterative proportional fitting.

    Parameters
    ----------
    weights : numpy.ndarray
        Shape (n,).
    margins : sequence of (codes, targets)
        As for `fit_to_cells`.
    sweeps : int
        How often to go over the margins at most.

    References
    ----------
    Deming and Stephan (1940), Annals of Mathematical Statistics 11, 427-444.
    """
    misses, done = np.full(len(margins), np.inf), 0
    while done < sweeps and not (misses < TOLERANCE).all():
        for codes, targets in margins:
            weights = fit_to_cells(weights, codes, targets)
        misses = np.array([_miss(weights, *margin) for margin in margins])
        done += 1
    return Fit(weights, done, misses)


def _miss(weights: Floats, codes: Codes, targets: Floats) -> float:
    """Return the largest miss of a margin's cells, relative to its total."""
    inside = codes >= 0
    totals = np.bincount(codes[inside], weights[inside], len(targets))
    return float(np.abs(totals - targets).max() / targets.sum())
