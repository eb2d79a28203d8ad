"""Charts as records: what is drawn, with its numbers, before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resilience.reporting.phrases import NumberStyle, Phrase

__all__ = [
    "AnswerBar",
    "AnswerChart",
    "ChangeChart",
    "ChangePanel",
    "Point",
    "ProfileChart",
    "ProfilePanel",
]


@dataclass(frozen=True, slots=True)
class Point:
    """An estimate with its interval.

    Attributes
    ----------
    filled : bool
        Whether it is drawn full; hollow marks say that a change is not clear.
    """

    value: float
    low: float
    high: float
    filled: bool = True

    @property
    def ends(self) -> tuple[float, ...]:
        """The estimate and those limits of its interval that exist."""
        return tuple(end for end in (self.value, self.low, self.high) if isfinite(end))


@dataclass(frozen=True, slots=True)
class ChangePanel:
    """One measure: levels by wave for each place, and the last change of each.

    Attributes
    ----------
    levels : tuple of tuple of Point or None
        For each place its points by wave; None where nothing may be shown.
    changes : tuple of Point or None
        For each place the change since the baseline.
    level_style, change_style : NumberStyle
        How numbers on the axes are written.
    """

    title: Phrase
    levels: tuple[tuple[Point | None, ...], ...]
    changes: tuple[Point | None, ...]
    level_style: NumberStyle
    change_style: NumberStyle


@dataclass(frozen=True, slots=True)
class ChangeChart:
    """Levels by wave on one side, changes since the baseline on the other.

    Attributes
    ----------
    places : tuple of Phrase
        What the lines are.
    emphasised : tuple of bool
        Which of them are drawn strongly.
    waves : tuple of Phrase
    level_title, change_title : Phrase
        What the two sides show.
    """

    places: tuple[Phrase, ...]
    emphasised: tuple[bool, ...]
    waves: tuple[Phrase, ...]
    panels: tuple[ChangePanel, ...]
    level_title: Phrase
    change_title: Phrase

    def reach(self, style: NumberStyle) -> float:
        """Return how far from zero the changes in one unit go, intervals included."""
        ends = [
            abs(end)
            for panel in self.panels
            if panel.change_style == style
            for point in panel.changes
            if point
            for end in point.ends
        ]
        return max(ends, default=0.0) or 1.0


@dataclass(frozen=True, slots=True)
class ProfilePanel:
    """One place: a point for each measure."""

    title: Phrase
    points: tuple[Point | None, ...]


@dataclass(frozen=True, slots=True)
class ProfileChart:
    """Measures side by side for each place; the others in grey for comparison."""

    measures: tuple[Phrase, ...]
    panels: tuple[ProfilePanel, ...]
    style: NumberStyle
    axis_title: Phrase

    @property
    def span(self) -> tuple[float, float]:
        """The part of the scale that holds all intervals, in steps of ten."""
        points = [point for panel in self.panels for point in panel.points if point]
        ends = [end for point in points for end in point.ends] or [0.0, 100.0]
        low, high = 10 * floor(min(ends) / 10), 10 * ceil(max(ends) / 10)
        if low == high:
            low, high = low - 10, high + 10
        return max(0.0, low), min(100.0, high)


@dataclass(frozen=True, slots=True)
class AnswerBar:
    """The shares of the answers to one item, in the scale's order; None if not to be shown."""

    title: Phrase
    shares: tuple[float, ...] | None
    n: Phrase

    @property
    def below_middle(self) -> float:
        """The share to the left of the scale's middle; half of a middle answer counts."""
        shares = self.shares or ()
        half = len(shares) // 2
        return sum(shares[:half]) + (shares[half] / 2 if len(shares) % 2 else 0.0)


@dataclass(frozen=True, slots=True)
class AnswerChart:
    """Bars around the middle of a scale.

    Attributes
    ----------
    answers : tuple of Phrase
        The scale, from low to high.
    count_title : Phrase
        What stands to the side of each bar.
    """

    answers: tuple[Phrase, ...]
    bars: tuple[AnswerBar, ...]
    count_title: Phrase
