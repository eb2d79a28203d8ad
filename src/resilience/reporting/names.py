"""What things are called in a report: measures, places, waves, values, groups of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resilience.definitions.study import Range
from resilience.reporting.phrases import Interval, Label, Listing, Message, Period, Verbatim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.measures import Measure, ScoreDifference
    from resilience.definitions.study import Category, Study, Wave
    from resilience.reporting.phrases import Phrase

__all__ = ["Names", "fieldwork_period"]


def fieldwork_period(wave: Wave) -> Phrase:
    """Return when a wave was in the field, or that it is not stated."""
    if wave.fieldwork is None:
        return Message("not_stated")
    return Period(wave.fieldwork.start, wave.fieldwork.end)


@dataclass(frozen=True, slots=True)
class Names:
    """The words of a study and its measures.

    Attributes
    ----------
    study : Study
    measures : mapping of column to Measure
    """

    study: Study
    measures: Mapping[str, Measure]

    def measure(self, name: str) -> Phrase:
        """Return the title of a score; a common variant says that it is one."""
        known = self.measures.get(name)
        if known is None:
            return Verbatim(name)
        title = Label(known.title)
        return Message("common_variant", {"measure": title}) if known.common else title

    def item(self, name: str) -> Phrase:
        """Return the short title of an item, or its id."""
        item = self.study.questionnaire.items_by_id[name]
        return Label(item.title) if item.title else Verbatim(name)

    def wave(self, name: str) -> Phrase:
        """Return the title of a wave."""
        return Label(self.study.waves_by_id[name].title)

    def column(self, name: str) -> Phrase:
        """Return the title of a variable."""
        if name == "site":
            return Message("site")
        return Label(self.study.variables_by_id[name].title)

    def value(self, column: str, value: object) -> Phrase:
        """Return the title of a value of a variable."""
        values: tuple[Category, ...] = self.study.sites if column == "site" else ()
        if column in self.study.variables_by_id:
            values = self.study.variables_by_id[column].values
        titles = {part.id: part.title for part in values}
        return Label(titles[str(value)]) if str(value) in titles else Verbatim(str(value))

    def people(self, where: Mapping[str, object]) -> Phrase:
        """Return whom a restriction keeps; everybody where there is none."""
        if not where:
            return Message("everybody")
        parts: list[Phrase] = []
        for column, wanted in where.items():
            if isinstance(wanted, Range):
                parts.append(Listing((self.column(column), _range(wanted)), "comma"))
                continue
            values = wanted if isinstance(wanted, tuple | list) else (wanted,)
            listed = tuple(self.value(column, value) for value in values)
            parts.append(listed[0] if len(listed) == 1 else Listing(listed))
        return parts[0] if len(parts) == 1 else Listing(tuple(parts), "comma")

    def difference(self, reason: ScoreDifference, of: Phrase | None = None) -> Phrase:
        """Return why two scores are not the same score; by default two waves', else `of` says."""
        items = tuple(self._item_with_id(item) for item in reason.items)
        values: dict[str, Phrase] = {"wave": of or self.wave(reason.wave)}
        if items:
            values["items"] = Listing(items, "comma")
        return Message(f"differs_{reason.kind}", values)

    def _item_with_id(self, name: str) -> Phrase:
        return Message("item_with_id", {"item": self.item(name), "id": Verbatim(name)})


def _range(wanted: Range) -> Phrase:
    """Return a range of numbers, open where it has one end."""
    low, high = wanted.at_least, wanted.at_most
    if low is not None and high is not None:
        return Interval(low, high, "whole")
    return Verbatim(f"≥ {low:g}" if low is not None else f"≤ {high:g}")
