"""Levels of waves whose score is another one: on their own, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from resilience.reporting.cells import EstimateCells
from resilience.reporting.document import Column, Row, Table
from resilience.reporting.phrases import Listing, Message, Number, Verbatim
from resilience.responses.coding import AS_DEFINED

if TYPE_CHECKING:
    from resilience.disclosure.suppression import Protected
    from resilience.evaluation.results import ChangeResult, Results
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["apart_tables"]


def apart_tables(results: Results, part: ChangeResult, names: Names) -> tuple[Table, ...]:
    """Return the table of levels that are compared with no other; none where there are none.

    Parameters
    ----------
    results : Results
    part : ChangeResult
        A block on change.
    names : Names
    """
    if part.aside is None:
        return ()
    return (_View(results, part, part.aside, names).table(),)


@dataclass(frozen=True)
class _View:
    """The levels that stand apart, and how to say why."""

    results: Results
    part: ChangeResult
    aside: Protected
    names: Names

    @cached_property
    def cells(self) -> EstimateCells:
        return EstimateCells(self.aside, self.results.plan.level)

    def table(self) -> Table:
        by = self.part.block.by
        columns = (
            Column(self.names.column(by) if by else Message("column_measure"), width=2.2),
            Column(Message("column_wave"), width=1.4),
            Column(Message("column_level"), "number", 1.4),
            Column(Message("column_n"), "number", 0.7),
        )
        level = Number(self.results.plan.level, "coverage")
        notes = (
            Message("note_level_intervals", {"level": level}),
            *self.reasons(),
            *self.answers(),
            *self.cells.notes(),
        )
        return Table(Message("apart_caption"), columns, tuple(self.rows()), notes)

    def rows(self) -> list[Row]:
        """Return a row for each level; groups of people stand below their measure."""
        by = self.part.block.by
        rows: list[Row] = []
        for measure in self.part.apart:
            here = (self.aside.estimates.rows["variable"] == measure).to_numpy().nonzero()[0]
            title = self.title(measure)
            if by:
                rows.append(Row((title,), "group"))
            for row in map(int, here):
                told = self.aside.estimates.rows.iloc[row]
                head = self.names.value(by, told[by]) if by else title
                wave = self.names.wave(str(told["wave"]))
                rows.append(Row((head, wave, self.cells.both(row), self.cells.n(row))))
        return rows

    def title(self, measure: str) -> Phrase:
        """Return a measure's name with its unit."""
        unit = self.results.responses.measures[measure].unit or "points"
        values = {"measure": self.names.measure(measure), "unit": Message(f"unit_{unit}")}
        return Message("measure_with_unit", values)

    def reasons(self) -> list[Phrase]:
        """Return why each wave's score is another one."""
        return [
            Message(
                "note_apart",
                {
                    "measure": self.names.measure(measure),
                    "wave": self.names.wave(wave),
                    "reasons": Listing(tuple(map(self.names.difference, reasons)), "comma"),
                },
            )
            for measure, waves in self.part.apart.items()
            for wave, reasons in waves.items()
        ]

    def answers(self) -> list[Phrase]:
        """Return the answer labels that differ, as the files have them."""
        concerned = {
            item
            for waves in self.part.apart.values()
            for reasons in waves.values()
            for reason in reasons
            if reason.kind == "labels"
            for item in reason.items
        }
        items: dict[tuple[str, str], list[str]] = {}
        for asked in self.results.responses.asked:
            if asked.item in concerned and asked.labels != AS_DEFINED:
                items.setdefault((asked.wave, asked.labels), []).append(asked.item)
        return [
            Message(
                "note_labels",
                {
                    "wave": self.names.wave(wave),
                    "items": Listing(tuple(map(Verbatim, named)), "comma"),
                    "labels": Verbatim(labels),
                },
            )
            for (wave, labels), named in items.items()
        ]
