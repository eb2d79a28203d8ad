"""Levels by wave and changes since the baseline, as a chart and a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from resilience.definitions.measures import COMMON_SUFFIX
from resilience.reporting.cells import EstimateCells
from resilience.reporting.charts import ChangeChart, ChangePanel
from resilience.reporting.document import Column, Figure, Paragraph, Row, Section, Table
from resilience.reporting.phrases import (
    Label,
    Listing,
    Message,
    Number,
    change_style,
    level_style,
)
from resilience.reporting.sections.apart import apart_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.disclosure.suppression import Protected
    from resilience.evaluation.results import ChangeResult, Results
    from resilience.reporting.charts import Point
    from resilience.reporting.document import Block
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["change_section"]

Key = tuple[str, str, str]
"""A measure, a place, a wave."""


def change_section(results: Results, part: ChangeResult, names: Names, number: int) -> Section:
    """Return a section on change."""
    view = _View(results, part, names)
    shared = results.study.design.waves not in (None, "independent")
    blocks: list[Block] = [Paragraph(Message("change_intro_shared" if shared else "change_intro"))]
    blocks += [Paragraph(phrase) for phrase in view.refusals()]
    blocks += [Paragraph(phrase) for phrase in view.apart()]
    blocks += [view.figure(), view.table(), *apart_tables(results, part, names)]
    title = part.block.title
    heading = Label(title) if title else Message("change_title")
    return Section(f"change-{number}", heading, tuple(blocks))


def _positions(protected: Protected | None, by: str | None) -> dict[Key, int]:
    """Return the row of each measure, place and wave."""
    if protected is None:
        return {}
    frame = protected.estimates.rows
    places = frame[by].astype("str") if by else [""] * len(frame)
    keys = zip(frame["variable"].astype("str"), places, frame["wave"].astype("str"), strict=True)
    return {key: row for row, key in enumerate(keys)}


@dataclass(frozen=True)
class _View:
    """One result on change, and how to say it."""

    results: Results
    part: ChangeResult
    names: Names

    @cached_property
    def levels(self) -> Mapping[Key, int]:
        return _positions(self.part.levels, self.part.block.by)

    @cached_property
    def changes(self) -> Mapping[Key, int]:
        return _positions(self.part.changes, self.part.block.by)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(measure for measure, _, _ in self.levels))

    @cached_property
    def places(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place for _, place, _ in self.levels))

    @cached_property
    def waves(self) -> tuple[str, ...]:
        return tuple(wave for wave in self.results.study.waves_by_id if self._has(wave))

    @property
    def last(self) -> str:
        """The wave whose change is shown."""
        return self.part.block.wave or self.results.study.waves[-1].id

    @property
    def level(self) -> Phrase:
        """The coverage of intervals."""
        return Number(self.results.plan.level, "coverage")

    @property
    def change_title(self) -> Phrase:
        """From which wave to which."""
        baseline = self.names.wave(self.results.plan.baseline)
        return Message("chart_changes", {"baseline": baseline, "wave": self.names.wave(self.last)})

    def _has(self, wave: str) -> bool:
        return any(wave == other for _, _, other in self.levels)

    def place(self, place: str) -> Phrase:
        """Return the name of a place or group."""
        if self.part.block.by is None:
            return self.names.people(self.part.block.where)
        return self.names.value(self.part.block.by, place)

    def unit(self, measure: str) -> str:
        """Return the unit of a measure."""
        row = next(row for key, row in self.levels.items() if key[0] == measure)
        return self.part.levels.estimates.unit[row]

    def refusals(self) -> list[Phrase]:
        """Return which scores are not compared in full, and why."""
        compared = {measure for measure, _, _ in self.changes}
        return [
            Message(
                "refused_common" if measure + COMMON_SUFFIX in compared else "refused_measure",
                {
                    "measure": self.names.measure(measure),
                    "reasons": Listing(tuple(map(self.names.difference, reasons)), "comma"),
                },
            )
            for measure, reasons in self.part.refused.items()
        ]

    def apart(self) -> list[Phrase]:
        """Return which waves are shown apart, each with its measures."""
        measures: dict[str, list[str]] = {}
        for measure, waves in self.part.apart.items():
            for wave in waves:
                measures.setdefault(wave, []).append(measure)
        return [
            Message(
                "apart_intro",
                {
                    "wave": self.names.wave(wave),
                    "measures": Listing(tuple(map(self.names.measure, named))),
                },
            )
            for wave, named in measures.items()
        ]

    def figure(self) -> Figure:
        """Return the chart."""
        roles = {site.id: site.role for site in self.results.study.sites}
        by_site = self.part.block.by == "site"
        chart = ChangeChart(
            places=tuple(map(self.place, self.places)),
            emphasised=tuple(
                not by_site or roles.get(place) != "comparison" for place in self.places
            ),
            waves=tuple(map(self.names.wave, self.waves)),
            panels=tuple(map(self.panel, self.measures)),
            level_title=Message("chart_levels"),
            change_title=self.change_title,
        )
        values: dict[str, Phrase] = {
            "level": self.level,
            "measures": Listing(tuple(map(self.names.measure, self.measures))),
            "places": Listing(chart.places),
        }
        return Figure(
            chart,
            Message("change_figure_caption", values),
            Message("change_figure_alternative", values),
            (Message("note_filled"),),
        )

    def panel(self, measure: str) -> ChangePanel:
        """Return one measure's part of the chart."""
        cells = EstimateCells(self.part.levels, self.results.plan.level)
        unit = self.unit(measure)
        return ChangePanel(
            title=self.names.measure(measure),
            levels=tuple(
                tuple(self.level_point(cells, (measure, place, wave)) for wave in self.waves)
                for place in self.places
            ),
            changes=tuple(self.change_point(measure, place) for place in self.places),
            level_style=level_style(unit),
            change_style=change_style(unit),
        )

    def level_point(self, cells: EstimateCells, key: Key) -> Point | None:
        """Return a level as a point; a wave with another score is on no line."""
        row = self.levels.get(key)
        return None if row is None else cells.point(row)

    def level_cell(self, cells: EstimateCells, key: Key) -> Phrase:
        """Return a level as a cell."""
        measure, _, wave = key
        if wave in self.part.apart.get(measure.removesuffix(COMMON_SUFFIX), {}):
            return Message("shown_apart")
        row = self.levels.get(key)
        asked = wave in self.results.responses.measures[measure].signatures
        return cells.both(row) if row is not None and asked else Message("not_measured")

    def change_point(self, measure: str, place: str) -> Point | None:
        """Return a change as a point, filled if it is clear."""
        row = self.changes.get((measure, place, self.last))
        if row is None or self.part.changes is None or self.part.verdicts is None:
            return None
        clear = self.part.verdicts.verdicts[row] in ("increase", "decrease")
        cells = EstimateCells(self.part.changes, self.results.plan.level, changes=True)
        return cells.point(row, filled=clear)

    def table(self) -> Table:
        """Return the table."""
        by = self.part.block.by
        head = self.names.column(by) if by else Message("column_measure")
        columns = (
            Column(head, width=1.5 if by else 2.2),
            *(Column(self.names.wave(wave), "number", 1.3) for wave in self.waves),
            Column(self.change_title, "number", 1.6),
            Column(Message("column_n"), "number", 0.7),
            Column(Message("column_reading"), width=1.2),
        )
        rows: list[Row] = []
        for measure in self.measures:
            unit = Message(f"unit_{self.unit(measure) or 'points'}")
            values = {"measure": self.names.measure(measure), "unit": unit}
            title = Message("measure_with_unit", values)
            if by is None:
                rows.append(self.row(measure, self.places[0], title))
                continue
            rows.append(Row((title,), "group"))
            rows += [self.row(measure, place, self.place(place)) for place in self.places]
        return Table(Message("change_table_caption"), columns, tuple(rows), self.notes())

    def row(self, measure: str, place: str, head: Phrase) -> Row:
        """Return one row of the table."""
        cells = EstimateCells(self.part.levels, self.results.plan.level)
        shown = [self.level_cell(cells, (measure, place, wave)) for wave in self.waves]
        row = self.changes.get((measure, place, self.last))
        if row is None or self.part.changes is None or self.part.verdicts is None:
            return Row((head, *shown, Message("not_compared"), None, None))
        changed = EstimateCells(self.part.changes, self.results.plan.level, changes=True)
        verdict = Message(f"verdict_{self.part.verdicts.verdicts[row]}")
        return Row((head, *shown, changed.both(row), self.fewest(measure, place, row), verdict))

    def fewest(self, measure: str, place: str, row: int) -> Phrase:
        """Return the fewest respondents behind the numbers that a row of the table shows."""
        counts = [EstimateCells(self.part.changes, 0.0).n(row)] if self.part.changes else []
        for wave in self.waves:
            level = self.levels.get((measure, place, wave))
            if level is not None:
                counts.append(EstimateCells(self.part.levels, 0.0).n(level))
        numbers = [count for count in counts if isinstance(count, Number)]
        return min(numbers, key=lambda number: number.value, default=counts[0])

    def notes(self) -> tuple[Phrase, ...]:
        """Return what must be known to read the table."""
        notes: list[Phrase] = [Message("note_intervals", {"level": self.level})]
        if "share" in self.part.levels.estimates.unit:
            notes.append(Message("note_changes_of_shares"))
        if self.part.verdicts is not None:
            family = Number(self.part.verdicts.family_size, "count")
            notes.append(Message("note_adjusted", {"n": family, "level": self.level}))
        for protected in (self.part.levels, self.part.changes):
            if protected and (marks := EstimateCells(protected, 0.0).notes()):
                return (*notes, *marks)
        return tuple(notes)
