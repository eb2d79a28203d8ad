"""Generalised linear models as arrays: what each row moves, and when no solution exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg, optimize, special

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = [
    "aliased_columns",
    "fitted_means",
    "model_influence",
    "prediction_influence",
    "separating_columns",
]

_RANK = 1e-9  # what a column adds to those before it, as a share of its own length
_EXTREME = 12.0  # on the link's scale; beyond, fitted values are 0 or 1 for all that counts
_MOVES = 1e-7


def fitted_means(family: str, linear: Floats) -> Floats:
    """Return the means that linear predictors stand for, by the family's canonical link."""
    if family == "binomial":
        return np.asarray(special.expit(linear))
    return np.exp(linear) if family == "poisson" else linear


def mean_slopes(family: str, means: Floats) -> Floats:
    """Return by how much means move with the linear predictor: the variance function."""
    if family == "binomial":
        return means * (1 - means)
    return means if family == "poisson" else np.ones_like(means)


def aliased_columns(x: Floats, weights: Floats) -> list[tuple[int, tuple[int, ...]]]:
    """Return the columns that are combinations of columns before them.

    Parameters
    ----------
    x : numpy.ndarray
        The model matrix, shape (n, p).
    weights : numpy.ndarray
        Shape (n,); rows of weight 0 do not count.

    Returns
    -------
    list of (column, columns that give it)
    """
    rows = x[weights > 0]
    lengths = np.linalg.norm(rows, axis=0)
    found: list[tuple[int, tuple[int, ...]]] = []
    kept: list[int] = []
    basis = np.empty((len(rows), 0))
    for column in range(x.shape[1]):
        if lengths[column] == 0:
            found.append((column, ()))
            continue
        unit = rows[:, column] / lengths[column]
        # Twice, because once leaves rounding of the size that is looked for.
        left = unit - basis @ (basis.T @ unit)
        left -= basis @ (basis.T @ left)
        length = np.linalg.norm(left)
        if length < _RANK:
            shares = np.linalg.lstsq(rows[:, kept] / lengths[kept], unit, rcond=None)[0]
            parts = np.flatnonzero(np.abs(shares) > _MOVES)
            found.append((column, tuple(kept[part] for part in parts)))
            continue
        kept.append(column)
        basis = np.column_stack([basis, left / length])
    return found


def model_influence(
    x: Floats, y: Floats, weights: Floats, coefficients: Floats, family: str
) -> Floats:
    """Return how much each row moves each coefficient, its weight included.

    u = A w (y - mu) x with A the inverse of the expected information, sum of w v x x'.

    Parameters
    ----------
    x : numpy.ndarray
        The model matrix, shape (n, p).
    y, weights : numpy.ndarray
        Shape (n,).
    coefficients : numpy.ndarray
        Where the weighted score equations hold, shape (p,).
    family : {'gaussian', 'binomial', 'poisson'}

    Returns
    -------
    numpy.ndarray
        Shape (n, p).

    References
    ----------
    Binder (1983), International Statistical Review 51: 279-292.
    """
    means = fitted_means(family, x @ coefficients)
    roots = np.sqrt(weights * mean_slopes(family, means))
    # The information from its square root: squaring the matrix would square its condition.
    triangle = linalg.qr(x * roots[:, None], mode="r", check_finite=False)[0][: x.shape[1]]
    root = linalg.solve_triangular(triangle, np.eye(x.shape[1]), check_finite=False)
    scores = x * (weights * (y - means))[:, None]
    return np.asarray(scores @ root @ root.T)


def prediction_influence(
    settings: list[Floats],
    weights: Floats,
    coefficients: Floats,
    influence: Floats,
    family: str,
) -> tuple[Floats, Floats]:
    """Return average predictions and how much each row moves them.

    A row moves an average by its own prediction, and by what it moves the coefficients.

    Parameters
    ----------
    settings : list of numpy.ndarray
        Model matrices with a factor set to each of its values, shape (n, p) each.
    weights : numpy.ndarray
        Shape (n,).
    coefficients : numpy.ndarray
        Shape (p,).
    influence : numpy.ndarray
        Of the coefficients, shape (n, p).

    Returns
    -------
    averages : numpy.ndarray
        Shape (q,), one a setting.
    influence : numpy.ndarray
        Shape (n, q).
    """
    total = weights.sum()
    averages, moved = [], []
    for x in settings:
        means = fitted_means(family, x @ coefficients)
        average = weights @ means / total
        slopes = (weights * mean_slopes(family, means)) @ x / total
        averages.append(average)
        moved.append(weights * (means - average) / total + influence @ slopes)
    return np.array(averages), np.column_stack(moved)


def separating_columns(
    x: Floats, y: Floats, weights: Floats, linear: Floats, family: str, *, constants: Sequence[int]
) -> list[int]:
    """Return the fewest columns along which the likelihood rises for ever; none if it stops.

    Only looked for where fitted values are extreme, because only there it can be.

    Parameters
    ----------
    x : numpy.ndarray
        The model matrix, shape (n, p).
    y, weights : numpy.ndarray
        Shape (n,).
    linear : numpy.ndarray
        Where the fit ended, shape (n,); not finite if it broke down.
    family : {'gaussian', 'binomial', 'poisson'}
    constants : sequence of int
        Columns that belong to every model, and are not named.

    References
    ----------
    Albert and Anderson (1984), Biometrika 71: 1-10; Santos Silva and Tenreyro (2010), Economics
    Letters 107: 310-312, for counts.
    """
    if family == "gaussian" or (np.isfinite(linear) & (np.abs(linear) < _EXTREME)).all():
        return []
    used = weights > 0
    x, y = x[used], y[used]
    lengths = np.linalg.norm(x, axis=0)
    unit = x / np.where(lengths > 0, lengths, 1.0)
    if family == "binomial":
        towards, level = unit * np.where(y > 0, 1.0, -1.0)[:, None], unit[:0]
    else:
        # Where the count is positive nothing may move; where it is 0 the mean may fall.
        towards, level = -unit[y == 0], unit[y > 0]
    free = np.ones(x.shape[1], bool)
    if not _may_move(towards, level, free):
        return []
    for column in range(x.shape[1]):
        if column not in constants:
            free[column] = False
            free[column] = not _may_move(towards, level, free)
    return [column for column in np.flatnonzero(free).tolist() if column not in constants]


def _may_move(towards: Floats, level: Floats, free: npt.NDArray[np.bool_]) -> bool:
    """Return whether some combination of free columns separates: moves towards all, or none."""
    found = optimize.linprog(
        -towards.sum(axis=0),
        A_ub=-towards,
        b_ub=np.zeros(len(towards)),
        A_eq=level if len(level) else None,
        b_eq=np.zeros(len(level)) if len(level) else None,
        bounds=[(-1, 1) if moves else (0, 0) for moves in free],
    )
    return found.x is not None and bool((towards @ found.x).sum() > _MOVES)
