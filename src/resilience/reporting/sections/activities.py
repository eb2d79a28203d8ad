"""What the programme did, where and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.reporting.document import Column, Paragraph, Row, Section, Table
from resilience.reporting.names import fieldwork_period
from resilience.reporting.phrases import Label, Listing, Message, Period

if TYPE_CHECKING:
    from resilience.evaluation.results import Results
    from resilience.reporting.names import Names

__all__ = ["activities_section"]


def activities_section(results: Results, names: Names) -> Section:
    """Return the programme's activities beside the dates of the waves."""
    study = results.study
    columns = (
        Column(Message("column_activity"), width=1.6),
        Column(Message("column_kind"), width=1.2),
        Column(Message("column_sites"), width=1.2),
        Column(Message("column_when"), width=1.6),
        Column(Message("column_description"), width=2.0),
    )
    rows = tuple(
        Row(
            (
                Label(activity.title),
                Message(f"activity_{activity.kind}"),
                Listing(tuple(names.value("site", site) for site in activity.sites), "comma"),
                Period(activity.start, activity.end),
                Label(activity.description) if activity.description else None,
            )
        )
        for activity in study.activities
    )
    waves = tuple(
        Message(
            "wave_dates",
            {
                "wave": Label(wave.title),
                "period": fieldwork_period(wave),
            },
        )
        for wave in study.waves
    )
    intro = Paragraph(Message("activities_intro", {"waves": Listing(waves, "comma")}))
    table = Table(Message("activities_caption"), columns, rows)
    return Section("activities", Message("activities_title"), (intro, table))
