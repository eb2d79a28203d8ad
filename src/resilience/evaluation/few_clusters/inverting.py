"""Which nulls a wild cluster bootstrap does not reject, from terms linear in the null."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resilience.evaluation.few_clusters.signs import TIE, VANISHED

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.evaluation.few_clusters.signs import ClusterPieces

    Floats = npt.NDArray[np.float64]

__all__ = ["NullTerms", "farthest_kept", "null_terms"]

_GRID = 200
_DOUBLINGS = 60
_PIECES = 8  # of the grid, gone through one after another: draws may be many
_HALVINGS = 50
_FIRST = 4.0  # errors from the estimate


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class NullTerms:
    """The terms of t in each draw, for a null that lies d below the estimate.

    The squared statistic of a draw is (c0 + c1 d)² / (v0 + 2 v1 d + v2 d²), that of the sample
    (d / error)².

    Attributes
    ----------
    contrasts : numpy.ndarray
        c0 and c1, shape (2, draws).
    variances : numpy.ndarray
        v0, v1 and v2, shape (3, draws).
    error : float
        The CR1 error without its factor, which is the same in all draws.
    enumerated : bool
    """

    contrasts: Floats
    variances: Floats
    error: float
    enumerated: bool

    def __repr__(self) -> str:
        """Return how many draws there are."""
        return f"NullTerms({self.contrasts.shape[1]} draws)"


def null_terms(
    vectors: Floats, pieces: ClusterPieces, outcome: int, *, enumerated: bool
) -> NullTerms:
    """Return the terms of one outcome's statistics under given signs."""
    contrasts, left, size = [], [], []
    for scores in (pieces.scores[:, :, outcome], pieces.shifts):
        own = scores @ pieces.directions
        contrasts.append(vectors @ own)
        left.append(vectors * own - (vectors @ scores) @ pieces.leverages.T)
        size.append(np.sqrt((own**2).sum()))
    fixed, moving = left
    # What does not move with the null but for rounding would swamp all else far from the estimate.
    moving[np.sqrt((moving**2).sum(axis=1)) <= VANISHED * size[1]] = 0
    variances = [(fixed**2).sum(axis=1), (fixed * moving).sum(axis=1), (moving**2).sum(axis=1)]
    return NullTerms(np.array(contrasts), np.array(variances), float(size[0]), enumerated)


def farthest_kept(terms: NullTerms, side: float, alpha: float) -> float:
    """Return how far the outermost null not rejected lies below (side 1) or above (-1)."""
    if _p_far_away(terms) > alpha:
        return float("inf")
    farthest = _FIRST * terms.error
    for _ in range(_DOUBLINGS):
        if _p_at(side * farthest, terms) <= alpha:
            break
        farthest *= 2
    grid = np.linspace(0, farthest, _GRID + 1)
    kept = (
        np.concatenate([_p_at(side * part, terms) for part in np.array_split(grid, _PIECES)])
        > alpha
    )
    last = int(np.flatnonzero(kept)[-1]) if kept.any() else 0
    inside, outside = grid[last], grid[min(last + 1, _GRID)]
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (
            (middle, outside) if _p_at(side * middle, terms) > alpha else (inside, middle)
        )
    return float(outside)


def _p_at(distance: Floats | float, terms: NullTerms) -> Floats:
    """Return p at distances from the estimate, of any shape."""
    constant, slope = terms.contrasts
    v0, v1, v2 = terms.variances
    far = np.asarray(distance, float)[..., None]
    left = (constant + slope * far) ** 2 * terms.error**2
    right = far**2 * (v0 + 2 * v1 * far + v2 * far**2)
    return _p_of(left >= right * (1 - 2 * TIE), terms)


def _p_far_away(terms: NullTerms) -> float:
    """Return p in the limit: only draws whose error does not grow with the null count."""
    slope, still = terms.contrasts[1], terms.variances[2] == 0
    as_large = (slope * terms.error) ** 2 >= terms.variances[0] * (1 - 2 * TIE)
    return float(_p_of(still & as_large, terms))


def _p_of(counts: npt.NDArray[np.bool_], terms: NullTerms) -> Floats:
    found, size = np.count_nonzero(counts, axis=-1), counts.shape[-1]
    return np.asarray(found / size if terms.enumerated else (found + 1) / (size + 1))
