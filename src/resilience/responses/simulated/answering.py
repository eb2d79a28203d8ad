"""From what people are like to what they answer: pure arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = [
    "WIDEST_THRESHOLD",
    "carried_on",
    "chance",
    "graded",
    "mixed",
    "rank_within",
    "shown",
    "spread_of_share",
]

WIDEST_THRESHOLD = 2.0


def mixed(common: Floats, own: Floats, share: float) -> Floats:
    """Return standings of variance 1 of which a share is common to all indices."""
    return np.asarray(np.sqrt(share) * common + np.sqrt(1 - share) * own)


def carried_on(before: Floats, fresh: Floats, persistence: float) -> Floats:
    """Return values as spread as `before` and `fresh` are, correlated with those before."""
    return np.asarray(persistence * before + np.sqrt(1 - persistence**2) * fresh)


def shown(standing: Floats, noise: Floats, loading: Floats, shift: Floats) -> Floats:
    """Return what people show on an item; `shift` is by how much its thresholds lie higher."""
    return np.asarray(loading * standing - shift + np.sqrt(1 - loading**2) * noise)


def graded(seen: Floats, codes: Floats, *, reverse: bool) -> Floats:
    """Return the answers' codes for what people show, cut at evenly spaced thresholds.

    Parameters
    ----------
    codes : numpy.ndarray
        The scale's codes in order.
    reverse : bool
        Whether who shows more gives the lower code.
    """
    cuts = np.linspace(-WIDEST_THRESHOLD, WIDEST_THRESHOLD, len(codes) + 1)[1:-1]
    step = np.searchsorted(cuts, seen)
    return np.asarray(codes[::-1][step] if reverse else codes[step])


def spread_of_share(share: float) -> float:
    """Return the standard deviation between groups that is a share of all variance.

    The variance within groups is 1.
    """
    return float(np.sqrt(share / (1 - share)))


def chance(rates: Floats, slope: float, score: Floats) -> Floats:
    """Return chances whose log-odds rise by `slope` with a standard deviation of a score."""
    return np.asarray(expit(logit(rates) + slope * score))


def rank_within(groups: npt.NDArray[np.int64], order: Floats) -> npt.NDArray[np.int64]:
    """Return each element's rank, from 0, within its group by `order`."""
    sorted_by = np.lexsort((order, groups))
    _, first, sizes = np.unique(groups[sorted_by], return_index=True, return_counts=True)
    ranks = np.empty(len(groups), np.int64)
    ranks[sorted_by] = np.arange(len(groups)) - np.repeat(first, sizes)
    return ranks
