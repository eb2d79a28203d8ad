"""Whether several numbers may all be 0 or more: a distance and its distribution. Arrays only."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg, optimize, stats

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["distance_from_positive", "tail_of_distance"]

_PRECISION = 1e-7
_POINTS = 200_000
_SEED = 20110901
_MOST_EXACT = 4  # numbers; orthants of more take too long
_DRAWS = 20_000


def distance_from_positive(values: Floats, covariance: Floats) -> float:
    """Return the least (x - t)' S^-1 (x - t) over all t that are 0 or more.

    Parameters
    ----------
    values : numpy.ndarray
        x, shape (k,).
    covariance : numpy.ndarray
        S, shape (k, k), positive definite.
    """
    root = linalg.cholesky(covariance, lower=True)
    inverse = linalg.solve_triangular(root, np.eye(len(values)), lower=True)
    return float(optimize.nnls(inverse, inverse @ values)[1] ** 2)


def tail_of_distance(distance: float, covariance: Floats) -> float:
    """Return how often the distance is as large or larger where all numbers are truly 0.

    The distribution is a mixture of chi-squares, one for each set of numbers that end up at 0;
    its weights are probabilities of orthants. For more than four numbers they are counted in
    20,000 draws, always the same: the result is then exact to about 0.003.

    Parameters
    ----------
    distance : float
    covariance : numpy.ndarray
        Shape (k, k), positive definite.

    References
    ----------
    Kudo (1963), Biometrika 50: 403-418; Wolak (1987), J. Am. Statist. Assoc. 82: 782-793.
    """
    if distance <= 0:
        return 1.0
    size = len(covariance)
    weights = _drawn_weights(covariance) if size > _MOST_EXACT else _exact_weights(covariance)
    return min(float(weights @ stats.chi2.sf(distance, np.arange(1, size + 1))), 1.0)


def _exact_weights(covariance: Floats) -> Floats:
    """Return the chance that 1, 2, … numbers end up at 0, shape (k,)."""
    size = len(covariance)
    return np.array(
        [
            sum(_weight(list(rows), covariance) for rows in combinations(range(size), fixed))
            for fixed in range(1, size + 1)
        ]
    )


def _drawn_weights(covariance: Floats) -> Floats:
    """Return the same, counted in draws."""
    size = len(covariance)
    inverse = np.linalg.inv(linalg.cholesky(covariance, lower=True))
    draws = np.random.default_rng(_SEED).normal(size=(_DRAWS, size))
    at_zero = [size - np.count_nonzero(optimize.nnls(inverse, draw)[0]) for draw in draws]
    return np.bincount(at_zero, minlength=size + 1)[1:] / _DRAWS


def _weight(fixed: list[int], covariance: Floats) -> float:
    """Return the chance that exactly these numbers end up at 0."""
    free = [row for row in range(len(covariance)) if row not in fixed]
    inverse = np.linalg.inv(covariance[np.ix_(fixed, fixed)])
    across = covariance[np.ix_(free, fixed)]
    left = covariance[np.ix_(free, free)] - across @ inverse @ across.T
    return _positive(np.asarray(inverse)) * _positive(np.asarray(left))


def _positive(covariance: Floats) -> float:
    """Return the chance that normal numbers with mean 0 are all above 0."""
    size = len(covariance)
    if size == 0:
        return 1.0
    if size == 1:
        return 0.5
    roots = np.sqrt(np.diag(covariance))
    alike = covariance / np.outer(roots, roots)
    angles = np.arcsin(np.clip(alike[np.triu_indices(size, 1)], -1.0, 1.0))
    if size == 2:  # noqa: PLR2004
        return float(0.25 + angles[0] / (2 * np.pi))
    if size == 3:  # noqa: PLR2004
        return float(0.125 + angles.sum() / (4 * np.pi))
    normal = stats.multivariate_normal(
        np.zeros(size), alike, abseps=_PRECISION, maxpts=_POINTS, seed=_SEED
    )
    return float(normal.cdf(np.zeros(size)))
