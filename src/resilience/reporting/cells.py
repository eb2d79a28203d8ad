"""Estimates as table cells and chart points: what may not be shown never gets here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resilience.reporting.charts import Point
from resilience.reporting.phrases import (
    Interval,
    Listing,
    Message,
    Number,
    change_style,
    level_style,
)

if TYPE_CHECKING:
    from resilience.disclosure.suppression import Protected
    from resilience.reporting.phrases import NumberStyle, Phrase

__all__ = ["EstimateCells"]


@dataclass(frozen=True)
class EstimateCells:
    """Protected estimates, row by row, as a report shows them.

    Attributes
    ----------
    protected : Protected
    level : float
        The coverage of intervals.
    changes : bool
        Whether the rows are changes, which carry their sign.
    """

    protected: Protected
    level: float
    changes: bool = False

    def style(self, row: int) -> NumberStyle:
        """Return how the row's numbers are written."""
        unit = self.protected.estimates.unit[row]
        return change_style(unit) if self.changes else level_style(unit)

    def number(self, row: int) -> Phrase:
        """Return the estimate alone."""
        return self._shown(row, Number(float(self.protected.values[row]), self.style(row)))

    def size(self, row: int) -> Phrase:
        """Return the estimate without its sign."""
        value = abs(float(self.protected.values[row]))
        return self._shown(row, Number(value, level_style(self.protected.estimates.unit[row])))

    def interval(self, row: int) -> Phrase:
        """Return the interval alone."""
        low, high = self._limits(row)
        return self._shown(row, Interval(low, high, self.style(row)))

    def both(self, row: int) -> Phrase:
        """Return the estimate and below it the interval."""
        if not self._visible(row) or not np.isfinite(self.protected.estimates.values[row]):
            return self.number(row)
        low, high = self._limits(row)
        return Listing((self.number(row), Interval(low, high, self.style(row))), "line")

    def n(self, row: int) -> Phrase:
        """Return the number of respondents, or that they are too few to tell."""
        if not self._visible(row):
            return self._too_few()
        return Number(float(self.protected.n[row]), "count")

    def point(self, row: int, *, filled: bool = True) -> Point | None:
        """Return the row as a point of a chart; None where it may not be shown."""
        value = float(self.protected.values[row])
        if not self._visible(row) or not np.isfinite(value):
            return None
        scale = 100.0 if self.protected.estimates.unit[row] == "share" else 1.0
        low, high = self._limits(row)
        return Point(value * scale, low * scale, high * scale, filled)

    def notes(self) -> tuple[Phrase, ...]:
        """Return what a table must say of its marks."""
        notes: list[Phrase] = []
        if "low_precision" in self.protected.status:
            minimum = Number(self.protected.policy.low_precision_n, "count")
            notes.append(Message("note_low_precision", {"minimum": minimum}))
        if self.protected.for_others and not self.protected.showable.all():
            minimum = Number(self.protected.policy.minimum_n, "count")
            notes.append(Message("note_withheld", {"minimum": minimum}))
        if self.protected.unlisted:
            notes.append(Message("note_unlisted"))
        return tuple(notes)

    def _limits(self, row: int) -> tuple[float, float]:
        low, high = self.protected.interval(level=self.level)
        return float(low[row]), float(high[row])

    def _visible(self, row: int) -> bool:
        return self.protected.status[row] != "suppressed"

    def _shown(self, row: int, phrase: Phrase) -> Phrase:
        if not self._visible(row):
            return self._too_few()
        if self.protected.status[row] == "low_precision":
            return Message("low_precision", {"value": phrase})
        return phrase

    def _too_few(self) -> Phrase:
        if self.protected.for_others:
            return Message("withheld")
        minimum = self.protected.policy.minimum_n
        return Message("suppressed", {"minimum": Number(minimum, "count")})
