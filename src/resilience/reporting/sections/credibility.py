"""What the sections on balance, attrition, power and sensitive questions share."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from resilience.reporting.phrases import Listing, Message, Number, change_style, level_style

if TYPE_CHECKING:
    from resilience.evaluation.credibility import VariableRow
    from resilience.evaluation.threats.assignment_tests import OmnibusTest
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = [
    "SIDES",
    "both_lines",
    "change_of",
    "change_unit",
    "level_of",
    "permutation_words",
    "scaled",
    "size_with_unit",
    "variable_name",
    "with_unit",
]

SIDES = (Message("group_comparison"), Message("group_programme"))
"""The two arms, in the order of results."""


def variable_name(row: VariableRow, names: Names) -> Phrase:
    """Return the name of a variable, an item or a measure, or of one of its values."""
    if row.column in names.measures:
        return names.measure(row.column)
    if row.column in names.study.questionnaire.items_by_id:
        return names.item(row.column)
    title = names.column(row.column)
    if row.value is None:
        return title
    values = {"variable": title, "value": names.value(row.column, row.value)}
    return Message("balance_value", values)


def with_unit(name: Phrase, unit: str) -> Phrase:
    """Return a name with its unit, if it has one."""
    if unit not in ("points", "share"):
        return name
    return Message("measure_with_unit", {"measure": name, "unit": Message(f"unit_{unit}")})


def level_of(value: float, unit: str) -> Phrase:
    """Return a level in its unit."""
    return Number(value, level_style(unit))


def scaled(value: float, unit: str) -> float:
    """Return a number as it stands on an axis: shares in percent."""
    return value * 100.0 if unit == "share" else value


def change_of(value: float, unit: str) -> Phrase:
    """Return a change or difference in its unit, without the unit's name."""
    return Number(value, change_style(unit))


def size_with_unit(value: float, unit: str) -> Phrase:
    """Return the size of a difference with its unit's name."""
    if not isfinite(value):
        return Number(value, "points")
    number = Number(abs(value), level_style(unit))
    return Message("number_with_unit", {"number": number, "unit": change_unit(unit)})


def change_unit(unit: str) -> Phrase:
    """Return what a difference is counted in."""
    return Message(f"unit_change_{unit if unit in ('points', 'share') else 'points'}")


def permutation_words(test: OmnibusTest | None, units: tuple[int, int]) -> Phrase:
    """Return the p among all assignments beside the smallest there could be, and what it is."""
    if test is None:
        return Message("balance_no_assignment")
    values: dict[str, Phrase] = {
        "p": Number(test.p_value, "p_value"),
        "smallest": Number(test.smallest_p, "p_value"),
        "treated": Number(units[0], "count"),
        "comparison": Number(units[1], "count"),
    }
    return Message(f"balance_{test.kind}", values)


def both_lines(first: Phrase, second: Phrase) -> Phrase:
    """Return two phrases one below the other."""
    return Listing((first, second), "line")
