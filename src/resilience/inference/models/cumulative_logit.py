"""The cumulative logit model of ordered answers, by weighted pseudo likelihood. Arrays only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["fit_cumulative", "ordinal_influence", "threshold_table"]

_MOST_STEPS = 100
_MOST_HALVINGS = 40
_ENOUGH = 1e-20  # of the squared Newton step, in units of the information


def fit_cumulative(x: Floats, y: Codes, weights: Floats, levels: int) -> tuple[Floats, bool]:
    """Return slopes and thresholds where the weighted log likelihood is highest.

    P(y <= k) = expit(threshold_k - x slopes). The log likelihood is concave in both together
    (Pratt 1981), so that Newton's steps, halved where they would overshoot, always arrive if
    there is a maximum.

    Parameters
    ----------
    x : numpy.ndarray
        Without a constant, shape (n, p).
    y : numpy.ndarray
        Codes 0 to levels - 1, each occurring, shape (n,).
    weights : numpy.ndarray
        Shape (n,).
    levels : int

    Returns
    -------
    parameters : numpy.ndarray
        Slopes, then thresholds in ascending order, shape (p + levels - 1,).
    converged : bool
    """
    nobody = not weights.any() or bool((weights < 0).any())
    weights = weights if nobody else weights / weights.sum()
    shares = np.bincount(y, weights, levels)
    if nobody or (shares <= 0).any():
        return np.full(x.shape[1] + levels - 1, np.nan), False
    below = np.cumsum(shares)[:-1]
    parameters = np.concatenate([np.zeros(x.shape[1]), special.logit(below)])
    height = _log_likelihood(parameters, x, y, weights, levels)
    for _ in range(_MOST_STEPS):
        scores, information = _scores_and_information(parameters, x, y, weights, levels)
        gradient = weights @ scores
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError:
            return parameters, False
        if gradient @ step < _ENOUGH:
            return parameters + step, True
        for _halving in range(_MOST_HALVINGS):
            there = _log_likelihood(parameters + step, x, y, weights, levels)
            if there >= height - np.spacing(abs(height)):
                break
            step = step / 2
        parameters, height = parameters + step, there
    return parameters, False


def ordinal_influence(
    x: Floats, y: Codes, weights: Floats, parameters: Floats, levels: int
) -> Floats:
    """Return how much each row moves slopes and thresholds, its weight included.

    The inverse of the observed information times the weighted score, as R survey's `svyolr`.

    Returns
    -------
    numpy.ndarray
        Shape (n, p + levels - 1).
    """
    scores, information = _scores_and_information(parameters, x, y, weights, levels)
    return np.asarray((scores * weights[:, None]) @ np.linalg.inv(information))


def threshold_table(x: Floats, y: Codes, levels: int) -> tuple[Floats, Floats]:
    """Return the binary models, one a threshold, that the cumulative model consists of.

    The cumulative model has no maximum where these, with common slopes, are separated.

    Returns
    -------
    matrix : numpy.ndarray
        Shape (n (levels - 1), p + levels - 1).
    above : numpy.ndarray
        Whether the answer lies above the threshold, 0 or 1.
    """
    blocks = []
    for threshold in range(levels - 1):
        marks = np.zeros((len(x), levels - 1))
        marks[:, threshold] = -1.0
        blocks.append(np.column_stack([x, marks]))
    above = np.concatenate([y > threshold for threshold in range(levels - 1)])
    return np.vstack(blocks), above.astype(np.float64)


def _bounds(parameters: Floats, x: Floats, y: Codes, levels: int) -> tuple[Floats, Floats]:
    """Return the thresholds around each answer, less the linear predictor."""
    slopes, thresholds = np.split(parameters, [len(parameters) - levels + 1])
    edges = np.concatenate([[-np.inf], thresholds, [np.inf]])
    linear = x @ slopes
    return edges[y] - linear, edges[y + 1] - linear


def _log_likelihood(parameters: Floats, x: Floats, y: Codes, weights: Floats, levels: int) -> float:
    """Return the weighted log likelihood; minus infinity where thresholds are out of order."""
    if (np.diff(parameters[len(parameters) - levels + 1 :]) <= 0).any():
        return -np.inf
    low, high = _bounds(parameters, x, y, levels)
    with np.errstate(divide="ignore"):
        logs = np.log(_probabilities(low, high))
    return float(weights @ np.where(weights > 0, logs, 0.0))


def _probabilities(low: Floats, high: Floats) -> Floats:
    """Return expit(high) - expit(low) without cancellation where both are near 1."""
    mirrored = low + high > 0
    one = np.where(mirrored, -high, low)
    other = np.where(mirrored, -low, high)
    return np.asarray(special.expit(other) - special.expit(one))


def _scores_and_information(
    parameters: Floats, x: Floats, y: Codes, weights: Floats, levels: int
) -> tuple[Floats, Floats]:
    """Return unweighted scores, shape (n, p + levels - 1), and the observed information.

    With p the probability of the answer, f and f' the logistic density and its slope at the
    two bounds: d log p / d high = f(high)/p, d log p / d low = -f(low)/p, and the linear
    predictor moves both the other way.
    """
    low, high = _bounds(parameters, x, y, levels)
    probability = _probabilities(low, high)
    dense = [special.expit(edge) * special.expit(-edge) for edge in (low, high)]
    bent = [
        density * (special.expit(-edge) - special.expit(edge))
        for density, edge in zip(dense, (low, high), strict=True)
    ]
    first = np.column_stack([-dense[0], dense[1]]) / probability[:, None]
    second = np.column_stack([-bent[0], bent[1]]) / probability[:, None]
    curvature = second[:, :, None] * np.eye(2) - first[:, :, None] * first[:, None, :]
    # How the two bounds move with the parameters, shape (n, 2, p + levels - 1).
    moves = np.zeros((len(y), 2, len(parameters)))
    moves[:, :, : x.shape[1]] = -x[:, None, :]
    marks = np.eye(levels + 1)[:, 1:levels]
    moves[:, 0, x.shape[1] :], moves[:, 1, x.shape[1] :] = marks[y], marks[y + 1]
    scores = np.einsum("nb,nbp->np", first, moves)
    bounded = np.einsum("n,nbc,ncq->nbq", weights, curvature, moves)
    information = -np.einsum("nbp,nbq->pq", moves, bounded)
    return scores, information
