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
    of_place = frame[block.by].astype("str") if block.by else [""] * len(frame)
    keys = zip(frame["variable"].astype("str"), of_place, strict=True)
    at = {key: row for row, key in enumerate(keys)}
    measures = dict.fromkeys(name for name, _ in at)
    places = dict.fromkeys(place for _, place in at)
    layout = _Layout(
        EstimateCells(part.levels, results.plan.level),
        tuple(map(names.measure, measures)),
        tuple(
            names.value(block.by, place) if block.by else names.people(block.where)
            for place in places
        ),
        [[at[name, place] for place in places] for name in measures],
    )
    values = {
        "wave": names.wave(block.wave),
        "level": Number(results.plan.level, "coverage"),
        "places": Listing(layout.places),
        "measures": Listing(layout.measures),
    }
    unit = part.levels.estimates.unit[0]
    kind = "" if block.by == "site" else "_of_people"
    intro = Paragraph(Message(f"profile_intro{kind}"))
    heading = Label(block.title) if block.title else Message(f"profile_title{kind}")
    blocks = (intro, _figure(layout, unit, values, kind), _table(layout, unit, values, kind))
    return Section(f"profile-{number}", heading, blocks)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which row of the estimates stands at each measure and place."""

    cells: EstimateCells
    measures: tuple[Phrase, ...]
    places: tuple[Phrase, ...]
    rows: list[list[int]]


def _figure(layout: _Layout, unit: str, values: dict[str, Phrase], kind: str) -> Figure:
    panels = tuple(
        ProfilePanel(place, tuple(layout.cells.point(row[column]) for row in layout.rows))
        for column, place in enumerate(layout.places)
    )
    axis = Message(f"axis_{unit or 'points'}")
    return Figure(
        ProfileChart(layout.measures, panels, level_style(unit), axis),
        Message(f"profile_figure_caption{kind}", values),
        Message("profile_figure_alternative", values),
        (Message(f"note_grey{kind}"),) if len(layout.places) > 1 else (),
    )


def _table(layout: _Layout, unit: str, values: dict[str, Phrase], kind: str) -> Table:
    columns = [Column(Message("column_measure"), width=1.8)]
    columns += [Column(place, "number", 1.2) for place in layout.places]
    rows = tuple(
        Row((_with_unit(measure, unit), *map(layout.cells.both, row)))
        for measure, row in zip(layout.measures, layout.rows, strict=True)
    )
    notes = (
        Message("note_level_intervals", {"level": values["level"]}),
        *((Message(f"note_not_ranked{kind}"),) if len(layout.places) > 1 else ()),
        *layout.cells.notes(),
    )
    return Table(Message(f"profile_table_caption{kind}", values), tuple(columns), rows, notes)


def _with_unit(measure: Phrase, unit: str) -> Phrase:
    values = {"measure": measure, "unit": Message(f"unit_{unit or 'points'}")}
    return Message("measure_with_unit", values)
