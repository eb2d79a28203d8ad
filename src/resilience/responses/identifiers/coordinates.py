"""Columns of numbers that are places on a map, whatever they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

__all__ = ["coordinate_columns"]

# Latitudes and longitudes of North Macedonia, Senegal, Lebanon and Kenya.
_COUNTRIES = (
    ((40.8, 42.4), (20.4, 23.1)),
    ((12.3, 16.7), (-17.6, -11.3)),
    ((33.0, 34.7), (35.1, 36.7)),
    ((-4.8, 5.1), (33.9, 41.95)),
)
_INSIDE, _VARIED, _EXACT = 0.95, 0.3, 0.8
_DECIMALS = 1e4
_FEWEST = 5


def coordinate_columns(frame: pd.DataFrame) -> Mapping[str, float]:
    """Return columns that lie within one of the four countries to a hundred metres.

    A column of longitudes or latitudes with its fellow in the file counts, and one by itself if
    nothing else lies so: other than Kenya's latitudes, which many measures are like.
    """
    exact = {
        str(name): numbers for name in frame.columns if (numbers := _exact(frame[name])) is not None
    }
    found: dict[str, float] = {}
    for number, (latitudes, longitudes) in enumerate(_COUNTRIES):
        lat = {name: share for name, n in exact.items() if (share := _within(n, latitudes))}
        lon = {name: share for name, n in exact.items() if (share := _within(n, longitudes))}
        kenya = number == len(_COUNTRIES) - 1
        found |= {**lon, **(lat if lon or not kenya else {})}
    return found


def _exact(column: pd.Series) -> npt.NDArray[np.float64] | None:
    """Return a column's numbers if most have four decimals or more and are many."""
    if not pd.api.types.is_numeric_dtype(column):
        texts = column.dropna().astype("str").str.strip()
        parsed = pd.to_numeric(texts, errors="coerce")
        if len(texts) == 0 or parsed.isna().mean() > 1 - _INSIDE:
            return None
        column = parsed
    numbers = column.to_numpy(np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) < _FEWEST or len(np.unique(numbers)) < _VARIED * len(numbers):
        return None
    shifted = numbers * (_DECIMALS / 10)
    exact = np.abs(shifted - np.round(shifted)) > 1 / _DECIMALS
    return numbers if exact.mean() >= _EXACT else None


def _within(numbers: npt.NDArray[np.float64], ends: tuple[float, float]) -> float:
    """Return the share of numbers within a range, 0 where it is not nearly all."""
    share = float(((numbers >= ends[0]) & (numbers <= ends[1])).mean())
    return share if share >= _INSIDE else 0.0
