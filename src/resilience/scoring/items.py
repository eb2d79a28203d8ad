"""From answers to scores. Pure arrays: every bound and rule is passed in.

Nothing here looks at other respondents, so a score means the same in every wave and sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["COMBINE", "all_hold", "any_holds", "combine_mean", "holds", "to_points"]


def to_points(values: Floats, *, minimum: float, maximum: float, reverse: bool) -> Floats:
    """Set answers to 0-100 by the scale's own bounds, reversed where keyed negatively.

    Parameters
    ----------
    values : numpy.ndarray
        Codes, NaN where missing.
    minimum, maximum : float
        The scale's lowest and highest code, never the sample's.
    reverse : bool
        Whether a high code stands for a low score.
    """
    share = (values - minimum) / (maximum - minimum)
    return 100.0 * (1.0 - share if reverse else share)


def combine_mean(parts: Floats, *, needed: int) -> Floats:
    """Return the mean of the parts that are there, where enough are.

    Parameters
    ----------
    parts : numpy.ndarray
        Shape (n, parts), NaN where missing.
    needed : int
        How many must be there; otherwise the result is NaN.
    """
    there = ~np.isnan(parts)
    count = there.sum(axis=1)
    total = np.where(there, parts, 0.0).sum(axis=1)
    return np.where(count >= needed, total / np.maximum(count, 1), np.nan)


COMBINE: Mapping[str, Callable[..., Floats]] = {"mean": combine_mean}
"""The ways in which an index may combine its parts."""


def holds(
    values: Floats,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    one_of: Sequence[float] | None = None,
) -> Floats:
    """Return 1 where an answer meets one rule, 0 where not, NaN where it is missing."""
    met = np.ones(len(values), bool)
    if at_least is not None:
        met &= values >= at_least
    if at_most is not None:
        met &= values <= at_most
    if one_of is not None:
        met &= np.isin(values, list(one_of))
    return np.where(np.isnan(values), np.nan, met.astype(float))


def all_hold(parts: Sequence[Floats]) -> Floats:
    """Return whether all parts hold: 0 as soon as one fails, NaN if that is not known."""
    stacked = np.vstack(parts)
    fails = (stacked == 0).any(axis=0)
    unknown = np.isnan(stacked).any(axis=0)
    return np.where(fails, 0.0, np.where(unknown, np.nan, 1.0))


def any_holds(parts: Sequence[Floats]) -> Floats:
    """Return whether any part holds: 1 as soon as one does, NaN if that is not known."""
    return 1.0 - all_hold([1.0 - part for part in parts])
