"""Several indices side by side for each place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resilience.reporting.cells import EstimateCells
from resilience.reporting.charts import ProfileChart, ProfilePanel
from resilience.reporting.document import Column, Figure, Paragraph, Row, Section, Table
from resilience.reporting.phrases import Label, Listing, Message, Number, level_style

if TYPE_CHECKING:
    from resilience.evaluation.results import ProfileResult, Results
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["profile_section"]


def profile_section(results: Results, part: ProfileResult, names: Names, number: int) -> Section:
    """Return a section that shows measures by place in one wave; places are not ranked."""
    block = part.block
    frame = part.levels.estimates.rows
    keys = zip(frame["variable"].astype("str"), frame[block.by].astype("str"), strict=True)
    at = {key: row for row, key in enumerate(keys)}
    measures = dict.fromkeys(name for name, _ in at)
    places = dict.fromkeys(place for _, place in at)
    layout = _Layout(
        EstimateCells(part.levels, results.plan.level),
        tuple(map(names.measure, measures)),
        tuple(names.value(block.by, place) for place in places),
        [[at[name, place] for place in places] for name in measures],
    )
    values = {
        "wave": names.wave(block.wave),
        "level": Number(results.plan.level, "coverage"),
        "places": Listing(layout.places),
        "measures": Listing(layout.measures),
    }
    unit = part.levels.estimates.unit[0]
    intro = Paragraph(Message("profile_intro"))
    heading = Label(block.title) if block.title else Message("profile_title")
    blocks = (intro, _figure(layout, unit, values), _table(layout, values))
    return Section(f"profile-{number}", heading, blocks)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which row of the estimates stands at each measure and place."""

    cells: EstimateCells
    measures: tuple[Phrase, ...]
    places: tuple[Phrase, ...]
    rows: list[list[int]]


def _figure(layout: _Layout, unit: str, values: dict[str, Phrase]) -> Figure:
    panels = tuple(
        ProfilePanel(place, tuple(layout.cells.point(row[column]) for row in layout.rows))
        for column, place in enumerate(layout.places)
    )
    axis = Message(f"axis_{unit or 'points'}")
    return Figure(
        ProfileChart(layout.measures, panels, level_style(unit), axis),
        Message("profile_figure_caption", values),
        Message("profile_figure_alternative", values),
        (Message("note_grey"),),
    )


def _table(layout: _Layout, values: dict[str, Phrase]) -> Table:
    columns = [Column(Message("column_measure"), width=1.8)]
    columns += [Column(place, "number", 1.2) for place in layout.places]
    rows = tuple(
        Row((measure, *map(layout.cells.both, row)))
        for measure, row in zip(layout.measures, layout.rows, strict=True)
    )
    notes = (
        Message("note_intervals", {"level": values["level"]}),
        Message("note_not_ranked"),
        *layout.cells.notes(),
    )
    return Table(Message("profile_table_caption", values), tuple(columns), rows, notes)
