"""What a report says, before it is said in a language: messages, labels, numbers, dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

__all__ = [
    "Day",
    "Interval",
    "Label",
    "Listing",
    "Message",
    "Number",
    "NumberStyle",
    "Period",
    "Phrase",
    "Verbatim",
    "change_style",
    "level_style",
]

NumberStyle = Literal[
    "points",
    "points_change",
    "percent",
    "percent_change",
    "share",
    "coverage",
    "count",
    "whole",
    "ratio",
    "ratio_change",
    "p_value",
]
"""How a number is written. Those with `percent` show shares times 100, `share` with its sign."""


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence or heading of the report's own, by its key in the languages' catalogues."""

    key: str
    values: Mapping[str, Phrase] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Label:
    """Text from a definition, by language."""

    text: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A code, hash or file name: the same in every language, left to right."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number; missing is written as a dash."""

    value: float
    style: NumberStyle


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float
    style: NumberStyle


@dataclass(frozen=True, slots=True)
class Listing:
    """Several phrases: `and` joins them as in a sentence, `comma` and `line` as in a table."""

    parts: tuple[Phrase, ...]
    joint: Literal["and", "comma", "line"] = "and"


@dataclass(frozen=True, slots=True)
class Day:
    """A date."""

    date: dt.date


@dataclass(frozen=True, slots=True)
class Period:
    """From a date to a date; open where it has not ended."""

    start: dt.date
    end: dt.date | None


Phrase = Message | Label | Verbatim | Number | Interval | Listing | Day | Period


def level_style(unit: str) -> NumberStyle:
    """Return how a level in a unit is written."""
    return "percent" if unit == "share" else "points"


def change_style(unit: str) -> NumberStyle:
    """Return how a change in a unit is written."""
    return "percent_change" if unit == "share" else "points_change"
