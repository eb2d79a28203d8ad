"""Labels as numbers, in time that grows with the rows only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

    Codes = npt.NDArray[np.int64]

__all__ = ["coded", "combined", "compact"]

_SPARE = 1_000_000  # codes that a table may have besides four a row
_FIRST = 50_000  # rows in which, most often, all codes occur already


def compact(codes: npt.NDArray[Any], size: int) -> tuple[Codes, Codes]:
    """Return codes numbered from 0 without gaps, in their order.

    Parameters
    ----------
    codes : numpy.ndarray of int
        From 0 to `size` - 1, shape (n,).
    size : int
        How many codes there could be. If they are few, a table finds those that occur; else
        they are hashed.

    Returns
    -------
    numbers : numpy.ndarray
        Shape (n,).
    occurring : numpy.ndarray
        The code that each number stands for, ascending.
    """
    if size > 4 * len(codes) + _SPARE:
        numbers, found = pd.factorize(codes)
        order = np.argsort(found)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        return rank[numbers], np.asarray(found[order], np.int64)
    there = np.bincount(codes[:_FIRST], minlength=size) > 0
    if not there.all():
        there = np.bincount(codes, minlength=size) > 0
    if there.all():
        return np.asarray(codes, np.int64), np.arange(size, dtype=np.int64)
    return (np.cumsum(there) - 1)[codes], np.flatnonzero(there)


def combined(
    first: Codes, second: Codes, sizes: tuple[int, int]
) -> tuple[Codes, tuple[Codes, Codes]]:
    """Return one number for each combination of two codes, in the order of the first.

    Returns
    -------
    numbers : numpy.ndarray
        Shape (n,).
    parts : pair of numpy.ndarray
        The first and second code of each number.
    """
    if sizes[0] == 1:
        numbers, occurring = compact(second, sizes[1])
        return numbers, (np.zeros(len(occurring), np.int64), occurring)
    numbers, occurring = compact(first * sizes[1] + second, sizes[0] * sizes[1])
    return numbers, (occurring // sizes[1], occurring % sizes[1])


def coded(labels: pd.Series | None, n: int) -> tuple[Codes, npt.NDArray[Any]]:
    """Return codes and the labels they stand for, sorted; without labels all rows have one."""
    if labels is None:
        return np.zeros(n, np.int64), np.array([""], object)
    if isinstance(labels.dtype, pd.CategoricalDtype):
        categories = np.asarray(labels.cat.categories, object)
        numbers, occurring = compact(labels.cat.codes.to_numpy(), len(categories))
        return numbers, categories[occurring]
    if pd.api.types.is_integer_dtype(labels.dtype) and len(labels):
        values = labels.to_numpy(np.int64)
        low, high = int(values.min()), int(values.max())
        if high - low < np.iinfo(np.int64).max:
            numbers, occurring = compact(values - low, high - low + 1)
            return numbers, occurring + low
    codes, found = pd.factorize(labels, sort=True)
    return codes.astype(np.int64), np.asarray(found, object)
