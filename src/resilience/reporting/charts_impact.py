"""Charts on impact and contribution as records, with their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from resilience.reporting.charts import Point
    from resilience.reporting.phrases import NumberStyle, Phrase

__all__ = [
    "ArmsChart",
    "ArmsPanel",
    "ForestChart",
    "ForestRow",
    "PlaceChart",
    "PlacePanel",
    "Span",
    "TimelineChart",
]


@dataclass(frozen=True, slots=True)
class ArmsPanel:
    """One outcome: levels of both arms by wave.

    Attributes
    ----------
    treated, compared : tuple of Point or None
        By wave; None where nothing may be shown.
    parallel : tuple of float or None
        The treated, had they changed like those compared with: an assumption.
    """

    title: Phrase
    treated: tuple[Point | None, ...]
    compared: tuple[Point | None, ...]
    parallel: tuple[float | None, ...]
    style: NumberStyle


@dataclass(frozen=True, slots=True)
class ArmsChart:
    """Levels of both arms by wave, with the line that the comparison rests on."""

    waves: tuple[Phrase, ...]
    panels: tuple[ArmsPanel, ...]
    treated: Phrase
    compared: Phrase
    parallel: Phrase


@dataclass(frozen=True, slots=True)
class PlacePanel:
    """One outcome: the change of each place; None where nothing may be shown."""

    title: Phrase
    points: tuple[Point | None, ...]
    style: NumberStyle

    @property
    def reach(self) -> float:
        """How far from zero the changes go, intervals included."""
        ends = [abs(end) for point in self.points if point for end in point.ends]
        return max(ends, default=0.0) or 1.0


@dataclass(frozen=True, slots=True)
class PlaceChart:
    """Changes by place, those with the programme apart from those without.

    Attributes
    ----------
    places : tuple of Phrase
        The treated first.
    treated : tuple of bool
        Whether each place is treated.
    names : tuple of Phrase
        What the treated and the others are called.
    """

    places: tuple[Phrase, ...]
    treated: tuple[bool, ...]
    panels: tuple[PlacePanel, ...]
    names: tuple[Phrase, Phrase]


@dataclass(frozen=True, slots=True)
class ForestRow:
    """An outcome, or the title of a group of them where there is no point.

    Attributes
    ----------
    margin : float or None
        Effects between minus and plus it are too small to matter.
    group : bool
        Whether it is the title of a group.
    """

    title: Phrase
    point: Point | None = None
    margin: float | None = None
    group: bool = False


@dataclass(frozen=True, slots=True)
class ForestChart:
    """Effects on several outcomes in one unit."""

    rows: tuple[ForestRow, ...]
    axis_title: Phrase
    margin: Phrase

    @property
    def reach(self) -> float:
        """How far from zero the axis goes: all estimates, and intervals within reason."""
        points = [row.point for row in self.rows if row.point]
        ends = [abs(end) for point in points for end in point.ends]
        values = [abs(point.value) for point in points]
        values += [row.margin for row in self.rows if row.margin and isfinite(row.margin)]
        most = max(values, default=0.0) or 1.0
        return min(max(ends, default=most), 6 * most) * 1.08


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took time; without an end it went on, or was of one day."""

    title: Phrase
    start: dt.date
    end: dt.date | None
    ongoing: bool = False


@dataclass(frozen=True, slots=True)
class TimelineChart:
    """Activities and events against waves.

    Attributes
    ----------
    waves : tuple of Span
    activities, events : tuple of Span
    names : tuple of Phrase
        What waves, activities and events are called.
    """

    waves: tuple[Span, ...]
    activities: tuple[Span, ...]
    events: tuple[Span, ...]
    names: tuple[Phrase, Phrase, Phrase]
