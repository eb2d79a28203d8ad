"""How results look in a terminal and in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PrintedTable", "as_html", "as_text", "decimals_of", "unit_line"]

_DECIMALS = {"points": 2, "share": 4, "code": 3, "count": 0, "total": 1, "percent": 2}
_OTHER_DECIMALS = 4
_MOST_ROWS = 60


class PrintedTable(ABC):
    """A record that prints as its table, and beneath it what a reader should know.

    Records say by `_units` in which unit each row is, and by `_told` the words, a line each.
    """

    __slots__ = ()

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """Return the record as a tidy table."""

    def _units(self) -> Sequence[str]:
        return [""] * len(self.to_frame())

    def _told(self) -> str:
        return ""

    def __repr__(self) -> str:
        """Return the table as it prints in a terminal, and the words."""
        return "\n".join([as_text(self.to_frame(), self._units()), *self._told().splitlines()])

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{escape(line)}</p>" for line in self._told().splitlines())
        return as_html(self.to_frame(), self._units(), "") + words


def as_text(frame: pd.DataFrame, units: Sequence[str]) -> str:
    """Return a table for a terminal: numbers aligned, sensible decimals, the unit told."""
    shown = _formatted(frame.head(_MOST_ROWS), units)
    text = shown.to_string(index=False, justify="right")
    more = len(frame) - len(shown)
    tail = [f"… and {more} more rows: to_frame() has them all"] if more > 0 else []
    unit = unit_line(units)
    return "\n".join([text, *tail, *([unit] if unit else [])])


def as_html(frame: pd.DataFrame, units: Sequence[str], study: str) -> str:
    """Return a table for a notebook; every text is escaped."""
    shown = _formatted(frame.head(_MOST_ROWS), units)
    notes = [part for part in (study, unit_line(units)) if part]
    return str(shown.to_html(index=False, escape=True, border=0)) + (
        f"<p>{escape(' · '.join(notes))}</p>" if notes else ""
    )


def _formatted(frame: pd.DataFrame, units: Sequence[str]) -> pd.DataFrame:
    """Return a frame of texts."""
    texts: dict[str, list[str]] = {}
    for name in frame.columns:
        column = frame[name]
        if name in ("estimate", "std_error", "conf_low", "conf_high"):
            digits = [decimals_of(unit) for unit in units[: len(frame)]]
            texts[name] = [_number(v, d) for v, d in zip(column, digits, strict=True)]
        elif name in ("df", "n") or name == "n_effective":
            texts[name] = [_number(value, 0) for value in column]
        elif pd.api.types.is_float_dtype(column):
            places = 4 if str(name).startswith("p_") or str(name).endswith("_p") else 2
            texts[name] = [_number(value, places) for value in column]
        else:
            texts[name] = [str(value) for value in column]
    empty = [name for name in ("n_effective", "deff") if not any(texts.get(name, ["x"]))]
    return pd.DataFrame(texts).drop(columns=empty)


def _number(value: float, decimals: int) -> str:
    if not np.isfinite(value):
        return ""
    return f"{round(float(value), decimals) + 0.0:,.{decimals}f}"  # -0.0 + 0.0 is 0.0


def decimals_of(unit: str) -> int:
    """Return how many decimals numbers in a unit are shown with."""
    return _DECIMALS.get(unit, _OTHER_DECIMALS)


def unit_line(units: Sequence[str]) -> str:
    """Return a line that names the units of a table; empty where there are none."""
    words = {
        "total": "totals over the population",
        "points": "points, 0-100",
        "share": "shares, 0-1",
        "code": "codes of the scale",
        "percent": "percent of the reference",
    }
    named = [words.get(unit, unit) for unit in dict.fromkeys(units) if unit]
    return f"unit: {'; '.join(named)}" if named else ""
