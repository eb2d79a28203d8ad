"""The indicator table: baseline, target, actual, change, whether the target is met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.reporting.cells import EstimateCells
from resilience.reporting.document import Column, Paragraph, Row, Section, Table
from resilience.reporting.phrases import Label, Listing, Message, Number, level_style

if TYPE_CHECKING:
    from resilience.evaluation.results import Results, TargetResult
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["indicators_section"]


def indicators_section(results: Results, names: Names) -> Section:
    """Return the table of targets, grouped by whom they concern."""
    columns = (
        Column(Message("column_indicator"), width=2.6),
        Column(Message("column_unit"), width=0.7),
        Column(names.wave(results.plan.baseline), "number", 1.4),
        Column(Message("column_target"), "number", 0.8),
        Column(Message("column_actual"), "number", 1.4),
        Column(Message("column_change"), "number", 1.5),
        Column(Message("column_n"), "number", 0.7),
        Column(Message("column_status"), width=1.2),
    )
    rows: list[Row] = []
    group: tuple[str, str] | None = None
    for part in results.targets:
        here = (repr(part.target.where), part.target.wave)
        if here != group:
            group = here
            rows.append(Row((_group_title(part, names),), "group"))
        rows.append(_row(part, results, names))
    level = Number(results.plan.level, "coverage")
    notes = (
        Message("note_intervals", {"level": level}),
        Message("note_changes_of_shares"),
        Message("note_target_status"),
        *_marks(results),
        *_refusals(results, names),
    )
    table = Table(Message("indicators_caption"), columns, tuple(rows), notes)
    intro = Paragraph(Message("indicators_intro"))
    return Section("indicators", Message("indicators_title"), (intro, table))


def _group_title(part: TargetResult, names: Names) -> Phrase:
    values = {"people": names.people(part.target.where), "wave": names.wave(part.target.wave)}
    return Message("target_group", values)


def _row(part: TargetResult, results: Results, names: Names) -> Row:
    level = results.plan.level
    unit = results.responses.measures[part.target.measure].unit
    actual = EstimateCells(part.actual, level) if len(part.actual.estimates) else None
    baseline = EstimateCells(part.baseline, level) if part.baseline else None
    change = EstimateCells(part.change, level, changes=True) if part.change else None
    counts = tuple(cells.n(0) for cells in (baseline, actual) if cells)
    title = part.target.title
    return Row(
        (
            Label(title) if title else names.measure(part.target.measure),
            Message(f"unit_{unit or 'points'}"),
            baseline.both(0) if baseline else Message("not_measured"),
            Number(part.target.value, level_style(unit)),
            actual.both(0) if actual else Message("not_measured"),
            change.both(0) if change else Message("not_compared"),
            Listing(counts, "line"),
            Message(f"target_{part.status}"),
        )
    )


def _marks(results: Results) -> tuple[Phrase, ...]:
    """Return what the mark of small numbers means, if the table has it."""
    for part in results.targets:
        for protected in (part.baseline, part.actual, part.change):
            if protected and (notes := EstimateCells(protected, results.plan.level).notes()):
                return notes
    return ()


def _refusals(results: Results, names: Names) -> tuple[Phrase, ...]:
    return tuple(
        Message(
            "refused_measure",
            {
                "measure": names.measure(part.target.measure),
                "reasons": Listing(tuple(map(names.difference, part.refused)), "comma"),
            },
        )
        for part in results.targets
        if part.refused
    )
