"""Charts on balance, attrition, power and sensitive questions, as records."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resilience.reporting.charts import Point
    from resilience.reporting.phrases import NumberStyle, Phrase

__all__ = [
    "BoundChart",
    "BoundMark",
    "BoundPanel",
    "ChartRow",
    "Curve",
    "PowerChart",
    "PowerSide",
    "RowChart",
]


@dataclass(frozen=True, slots=True)
class ChartRow:
    """A row's name and its point; None where it may not be shown."""

    title: Phrase
    point: Point | None
    emphasised: bool = True


@dataclass(frozen=True, slots=True)
class RowChart:
    """Points with intervals, one a row.

    Attributes
    ----------
    style : NumberStyle
        How numbers on the axis are written.
    guides : tuple of float
        Distances from zero that are marked on both sides; without any the axis begins at zero.
    """

    rows: tuple[ChartRow, ...]
    style: NumberStyle
    axis_title: Phrase
    guides: tuple[float, ...] = ()

    @property
    def reach(self) -> float:
        """How far from zero the rows go, guides included."""
        ends = [abs(end) for row in self.rows if row.point for end in row.point.ends]
        return max([*ends, *self.guides], default=0.0) or 1.0


@dataclass(frozen=True, slots=True)
class BoundMark:
    """An estimate, the bounds that hold the truth, and the region around them."""

    title: Phrase
    estimate: float
    bounds: tuple[float, float]
    region: tuple[float, float]


@dataclass(frozen=True, slots=True)
class BoundPanel:
    """Rows in one unit; None where nothing may be shown."""

    title: Phrase
    rows: tuple[BoundMark, ...]
    style: NumberStyle

    @property
    def span(self) -> tuple[float, float]:
        """From the lowest to the highest number, zero included."""
        ends = [0.0]
        for row in self.rows:
            ends += [end for end in (row.estimate, *row.bounds, *row.region) if isfinite(end)]
        return min(ends), max(ends)


@dataclass(frozen=True, slots=True)
class BoundChart:
    """Estimates beside the bounds of what they stand for.

    Attributes
    ----------
    words : tuple of three Phrases
        What the point, the thick line and the thin line are.
    """

    panels: tuple[BoundPanel, ...]
    words: tuple[Phrase, Phrase, Phrase]


@dataclass(frozen=True, slots=True)
class Curve:
    """What can be found with each number of something: by estimates, and cautiously."""

    at: tuple[float, ...]
    found: tuple[float, ...]
    cautious: tuple[float, ...]
    fielded: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class PowerSide:
    """What is varied in a column of panels."""

    title: Phrase
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class PowerChart:
    """Minimum detectable effects: a row a measure, a column for what is varied.

    Attributes
    ----------
    words : tuple of three Phrases
        What the full line, the dashed line and the mark are.
    """

    measures: tuple[Phrase, ...]
    sides: tuple[PowerSide, ...]
    words: tuple[Phrase, Phrase, Phrase]

    def highest(self, row: int) -> float:
        """Return the largest effect in a measure's panels that a scale should hold."""
        curves = [side.curves[row] for side in self.sides]
        values = [value for curve in curves for value in (*curve.found, *curve.cautious)]
        return max((value for value in values if isfinite(value)), default=1.0) or 1.0
