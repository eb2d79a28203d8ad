"""P-values adjusted for the size of a family, on arrays alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["benjamini_hochberg", "holm", "romano_wolf", "share_beyond", "sharpened_q"]

_TIE = 1e-9  # statistics this near, relatively, are the same: sums in another order differ so
_GRID = np.arange(1000, 0, -1) / 1000


def holm(p_values: Floats) -> Floats:
    """Return p-values adjusted by Holm's step-down method.

    Parameters
    ----------
    p_values : numpy.ndarray
        Shape (m,), none missing.
    """
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return p-values adjusted by the step-up method of Benjamini and Hochberg.

    Parameters
    ----------
    p_values : numpy.ndarray
        Shape (m,), none missing.
    """
    order = np.argsort(p_values, kind="stable")[::-1]
    steps = p_values[order] * len(p_values) / np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.minimum.accumulate(steps), 1.0)
    return adjusted


def sharpened_q(p_values: Floats) -> Floats:
    """Return Anderson's sharpened q-values.

    For each q from 1 down to 0.001: a first step-up test at q / (1 + q) estimates how many
    hypotheses are true, a second uses it. An outcome's sharpened q is the lowest q at which it
    is rejected; it may lie below p, and never below 0.001, where the grid ends.

    Parameters
    ----------
    p_values : numpy.ndarray
        Shape (m,), none missing.

    References
    ----------
    Benjamini, Krieger and Yekutieli (2006), Biometrika 93: 491-507; Anderson (2008), Journal of
    the American Statistical Association 103: 1481-1495, and his program.
    """
    size = len(p_values)
    order = np.argsort(p_values, kind="stable")
    ascending = p_values[order]
    first = _GRID / (1 + _GRID)
    rejected = _step_up(ascending, first)
    with np.errstate(divide="ignore"):
        second = first * size / (size - rejected)  # all rejected: no bar is left
    least = np.ones(size)
    for q, count in zip(_GRID, _step_up(ascending, second), strict=True):
        least[:count] = q
    found = np.empty(size)
    found[order] = least
    return found


def _step_up(ascending: Floats, levels: Floats) -> npt.NDArray[np.int64]:
    """Return how many are rejected at each level by the step-up test."""
    ranks = np.arange(1, len(ascending) + 1)
    passed = ascending <= levels[:, None] * ranks / max(len(ascending), 1)
    return np.asarray(np.where(passed, ranks, 0).max(axis=1, initial=0), np.int64)


def share_beyond(statistic: Floats, draws: Floats, *, enumerated: bool) -> Floats:
    """Return two-sided p-values from draws: the share at least as far from 0 as the statistic.

    Parameters
    ----------
    statistic : numpy.ndarray
        Shape (k,).
    draws : numpy.ndarray
        Under the null hypothesis, shape (r, k).
    enumerated : bool
        Whether the draws are all that there can be, the observed one among them. Else the
        observed one is counted as one more draw.
    """
    more = 0 if enumerated else 1
    beyond = (np.abs(draws) >= np.abs(statistic) * (1 - _TIE)).sum(axis=0)
    return np.asarray((beyond + more) / (len(draws) + more), np.float64)


def romano_wolf(statistic: Floats, draws: Floats, *, enumerated: bool) -> Floats:
    """Return p-values adjusted step by step by the largest statistic of those that are left.

    Parameters
    ----------
    statistic : numpy.ndarray
        On one scale, as t statistics are, shape (k,).
    draws : numpy.ndarray
        Joint draws under the null hypothesis, the same signs or assignment for all outcomes of
        a row, shape (r, k).
    enumerated : bool
        As for `share_beyond`.

    References
    ----------
    Romano and Wolf (2005), Econometrica 73: 1237-1282; (2016), Statistics and Probability
    Letters 113: 38-40.
    """
    order = np.argsort(-np.abs(statistic), kind="stable")
    sizes = np.abs(draws[:, order])
    largest_left = np.maximum.accumulate(sizes[:, ::-1], axis=1)[:, ::-1]
    steps = share_beyond(statistic[order], largest_left, enumerated=enumerated)
    adjusted = np.empty(len(statistic))
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted
