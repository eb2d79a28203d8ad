"""Where weighted score equations hold, and how much each row moves that point. Arrays only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    OfRows = Callable[[Floats], Floats]

__all__ = ["influence_of_scores", "maximum_of", "slopes_of_scores"]

_STEP = 1e-5
_NEWTON_STEPS = 50
_ENOUGH = 1e-9  # of a standardised step; steps converge quadratically
_EXTREME = 15.0  # on the scale of log-odds, for all of a whole group: no estimate is there
_LARGEST_STEP = 1.0


def slopes_of_scores(scores: OfRows, weights: Floats, parameters: Floats) -> Floats:
    """Return the derivative of the weighted total of scores, shape (p, p).

    Parameters
    ----------
    scores : callable
        From parameters, shape (p,), to each row's scores, shape (n, p).
    weights : numpy.ndarray
        Shape (n,).
    parameters : numpy.ndarray
        Shape (p,).
    """
    size = len(parameters)
    slopes = np.empty((size, size))
    for column in range(size):
        step = _STEP * max(1.0, abs(parameters[column]))
        ahead, behind = parameters.copy(), parameters.copy()
        ahead[column] += step
        behind[column] -= step
        slopes[:, column] = (weights @ scores(ahead) - weights @ scores(behind)) / (2 * step)
    return slopes


def influence_of_scores(scores: OfRows, weights: Floats, parameters: Floats) -> Floats:
    """Return how much each row moves each parameter, its weight included, shape (n, p).

    u = w s A', with A the inverse of minus the derivative of the total of w s: sandwiches of
    these are right whether or not the model is.
    """
    slopes = slopes_of_scores(scores, weights, parameters)
    return np.asarray(-(scores(parameters) * weights[:, None]) @ np.linalg.inv(slopes).T)


def maximum_of(
    likelihood: OfRows,
    scores: OfRows,
    weights: Floats,
    starts: Sequence[Floats],
    x: Floats,
) -> Floats | None:
    """Return where the weighted likelihood is highest; None where that is nowhere.

    Parameters
    ----------
    likelihood, scores : callable
        From parameters to each row's log-likelihood, shape (n,), and its slopes, shape (n, p).
    weights : numpy.ndarray
        Shape (n,); rows of weight 0 do not count.
    starts : sequence of numpy.ndarray
        From where to climb; the highest summit counts.
    x : numpy.ndarray
        The model matrix of the first parameters, shape (n, q): it is looked at whether its
        linear predictor runs away.
    """
    if (weights < 0).any() or not weights.any():
        return None
    used = weights > 0
    weights = weights / weights[used].mean()

    def height(parameters: Floats) -> float:
        with np.errstate(all="ignore"):
            total = -float(weights[used] @ likelihood(parameters)[used])
        return total if np.isfinite(total) else 1e12

    def downhill(parameters: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.nan_to_num(-(weights @ scores(parameters)))

    climbed = [
        optimize.minimize(height, start, jac=downhill, method="BFGS", options={"maxiter": 500})
        for start in starts
    ]
    best = min(climbed, key=lambda found: float(found.fun))
    return _polished(scores, weights, np.asarray(best.x), x[used])


def _polished(scores: OfRows, weights: Floats, start: Floats, x: Floats) -> Floats | None:
    """Return the summit near by, by Newton's steps; None if there is none."""
    found = start
    for _ in range(_NEWTON_STEPS):
        with np.errstate(all="ignore"):
            slopes = slopes_of_scores(scores, weights, found)
            total = weights @ scores(found)
        if not (np.isfinite(slopes).all() and np.isfinite(total).all()):
            return None
        try:
            roots = np.linalg.cholesky(-(slopes + slopes.T) / 2)
            step = np.linalg.solve(-slopes, total)
        except np.linalg.LinAlgError:
            return None
        found = found + step * min(1.0, _LARGEST_STEP / max(np.abs(step).max(), 1e-300))
        if np.linalg.norm(roots.T @ step) < _ENOUGH:
            linear = x @ found[: x.shape[1]]
            return None if (np.abs(linear) > _EXTREME).any() else found
    return None
