"""Several indices side by side for each place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.reporting.cells import EstimateCells
from resilience.reporting.charts import ProfileChart, ProfilePanel
from resilience.reporting.document import Column, Figure, Paragraph, Row, Section, Table
from resilience.reporting.phrases import Label, Listing, Message, Number, level_style

if TYPE_CHECKING:
    from resilience.evaluation.results import ProfileResult, Results
    from resilience.reporting.names import Names

__all__ = ["profile_section"]


def profile_section(results: Results, part: ProfileResult, names: Names, number: int) -> Section:
    """Return a section that shows measures by place in one wave; places are not ranked."""
    block = part.block
    frame = part.levels.estimates.rows
    keys = zip(frame["variable"].astype("str"), frame[block.by].astype("str"), strict=True)
    at = {key: row for row, key in enumerate(keys)}
    measures = tuple(dict.fromkeys(name for name, _ in at))
    places = tuple(dict.fromkeys(place for _, place in at))
    cells = EstimateCells(part.levels, results.plan.level)
    titles = tuple(map(names.measure, measures))
    panels = tuple(
        ProfilePanel(
            names.value(block.by, place), tuple(cells.point(at[name, place]) for name in measures)
        )
        for place in places
    )
    unit = part.levels.estimates.unit[0]
    axis = Message(f"axis_{unit or 'points'}")
    level = Number(results.plan.level, "percent_whole")
    values = {
        "wave": names.wave(block.wave),
        "level": level,
        "places": Listing(tuple(panel.title for panel in panels)),
        "measures": Listing(titles),
    }
    figure = Figure(
        ProfileChart(titles, panels, level_style(unit), axis),
        Message("profile_figure_caption", values),
        Message("profile_figure_alternative", values),
        (Message("note_grey"),),
    )
    columns = [Column(Message("column_measure"), width=1.8)]
    columns += [Column(panel.title, "number", 1.2) for panel in panels]
    rows = tuple(
        Row((title, *(cells.both(at[name, place]) for place in places)))
        for title, name in zip(titles, measures, strict=True)
    )
    notes = (Message("note_intervals", {"level": level}), Message("note_not_ranked"))
    table = Table(Message("profile_table_caption", values), tuple(columns), rows, notes)
    intro = Paragraph(Message("profile_intro"))
    heading = Label(block.title) if block.title else Message("profile_title")
    return Section(f"profile-{number}", heading, (intro, figure, table))
