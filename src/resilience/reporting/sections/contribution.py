"""What the programme did and what else happened, against the waves: rival explanations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.reporting.charts_impact import Span, TimelineChart
from resilience.reporting.document import Bullets, Column, Figure, Paragraph, Row, Section, Table
from resilience.reporting.phrases import Day, Label, Listing, Message, Number, Period, Verbatim

if TYPE_CHECKING:
    from resilience.definitions.assignment import Event
    from resilience.evaluation.results import ContributionResult, Results
    from resilience.reporting.document import Block
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["contribution_section"]

_ROLES = ("programme", "comparison")


def contribution_section(
    results: Results, part: ContributionResult, names: Names, _number: int
) -> Section:
    """Return the timeline, and which events fell where between the waves."""
    study = results.study
    blocks: list[Block] = [Paragraph(Message("contribution_intro"))]
    if figure := _figure(results):
        blocks.append(figure)
    if not study.events:
        blocks.append(Paragraph(Message("contribution_no_events")))
    else:
        blocks += [Bullets(_readings(results, part)), _table(results, part, names)]
    return Section("contribution", Message("contribution_title"), tuple(blocks))


def _figure(results: Results) -> Figure | None:
    study = results.study
    waves = tuple(
        Span(Label(wave.title), wave.fieldwork.start, wave.fieldwork.end)
        for wave in study.waves
        if wave.fieldwork
    )
    if not waves or not (study.activities or study.events):
        return None
    activities = tuple(
        Span(Label(part.title), part.start, part.end, ongoing=part.end is None)
        for part in sorted(study.activities, key=lambda part: part.start)
    )
    events = tuple(Span(Label(part.title), part.start, part.end) for part in _events(results))
    names = ("contribution_waves", "contribution_activities", "contribution_events")
    chart = TimelineChart(waves, activities, events, tuple(map(Message, names)))  # type: ignore[arg-type]
    told = {
        "waves": Listing(tuple(wave.title for wave in waves)),
        "things": Listing(tuple(span.title for span in (*activities, *events))),
    }
    notes = (Message("contribution_ongoing"),) if any(s.ongoing for s in activities) else ()
    return Figure(
        chart,
        Message("contribution_caption"),
        Message("contribution_alternative", told),
        notes,
        simulated=study.data == "simulated",
    )


def _events(results: Results) -> list[Event]:
    """Return the events in the order in which they began."""
    return sorted(results.study.events, key=lambda event: event.start)


def _roles(part: ContributionResult, event: str) -> set[str]:
    rivals = part.contribution.rivals
    return set(rivals.loc[rivals["event"] == event, "role"].astype("str")) & set(_ROLES)


def _readings(results: Results, part: ContributionResult) -> tuple[Phrase, ...]:
    """Return what events at one kind of place only, and at both, may explain."""
    kinds: dict[str, list[Phrase]] = {}
    for event in _events(results):
        found = _roles(part, event.id)
        kind = found.pop() if len(found) == 1 else "both" if found else "neither"
        kinds.setdefault(kind, []).append(Label(event.title))
    return tuple(
        Message(f"contribution_at_{kind}", {"events": Listing(tuple(kinds[kind]), "comma")})
        for kind in (*_ROLES, "both", "neither")
        if kind in kinds
    )


def _table(results: Results, part: ContributionResult, names: Names) -> Table:
    columns = (
        Column(Message("contribution_column_event"), width=1.9),
        Column(Message("column_kind"), width=1.1),
        Column(Message("column_when"), width=1.6),
        Column(Message("group_programme"), width=1.4),
        Column(Message("group_comparison"), width=1.4),
        Column(Message("contribution_column_between"), width=1.5),
    )
    rows = tuple(_row(event, part, names) for event in _events(results))
    return Table(Message("contribution_table_caption"), columns, rows)


def _row(event: Event, part: ContributionResult, names: Names) -> Row:
    own = part.contribution.rivals
    own = own[own["event"] == event.id]
    periods = own[["reference", "wave"]].drop_duplicates().to_numpy()
    between = tuple(
        Message("contribution_between", {"one": names.wave(one), "other": names.wave(other)})
        for one, other in periods
    )
    places = []
    for role in _ROLES:
        sites = dict.fromkeys(own.loc[own["role"] == role, "site"].astype("str"))
        listed = tuple(names.value("site", site) for site in sites)
        places.append(Listing(listed, "comma") if listed else Verbatim("–"))
    when = Period(event.start, event.end) if event.end else Day(event.start)
    return Row(
        (
            _title(event),
            Message(f"contribution_kind_{event.kind}"),
            when,
            *places,
            Listing(between, "line") if between else Message("contribution_outside"),
        )
    )


def _title(event: Event) -> Phrase:
    told: list[Phrase] = [Label(event.title)]
    if event.count is not None:
        told.append(Message("contribution_count", {"count": Number(event.count, "count")}))
    if event.source is not None:
        told.append(Message("contribution_source", {"source": Label(event.source)}))
    return Listing(tuple(told), "line")
