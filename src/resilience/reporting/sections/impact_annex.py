"""The annex on an impact: levels and differences, inference side by side, groups, departures."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from resilience.reporting.cells import EstimateCells
from resilience.reporting.document import Bullets, Column, Paragraph, Row, Section, Table
from resilience.reporting.phrases import (
    Interval,
    Listing,
    Message,
    Number,
    Verbatim,
    change_style,
)
from resilience.reporting.sections.impact_words import COMPARED, TREATED, known, limits

if TYPE_CHECKING:
    from resilience.evaluation.impact.subgroups import Subgroups
    from resilience.evaluation.results import Comparison
    from resilience.reporting.document import Block
    from resilience.reporting.phrases import Phrase
    from resilience.reporting.sections.impact_words import ImpactWords

__all__ = ["impact_annex"]

_MOST_COLUMNS = 6


def impact_annex(words: ImpactWords, comparison: Comparison | None) -> Section:
    """Return the details of an evaluation."""
    blocks: list[Block] = []
    if comparison is not None:
        if words.part.levels is not None:
            blocks.append(_did_table(words, comparison))
        blocks.append(_inference_table(words, comparison))
        if len(words.part.without):
            blocks.append(_without_table(words, comparison))
        blocks += [_subgroups_table(part, words) for part in words.part.subgroups]
    blocks += _told(words)
    return Section("impact-details", Message("impact_details_title"), tuple(blocks), annex=True)


def _group(name: str, unit: str, words: ImpactWords) -> Row:
    values = {"measure": words.measure(name), "unit": Message(f"unit_{unit or 'points'}")}
    return Row((Message("measure_with_unit", values),), "group")


def _shown(words: ImpactWords) -> list[dict[str, Any]]:
    return [row for row in words.outcomes if isfinite(float(row["estimate"]))]


def _did_table(words: ImpactWords, comparison: Comparison) -> Table:
    """Return levels, first and second differences, in the outcome's unit and in deviations."""
    levels = words.part.levels
    there = set(levels.estimates.rows["wave"].astype("str")) if levels else set()
    waves = [wave.id for wave in words.results.study.waves if wave.id in there]
    change = {
        "baseline": words.waves(comparison.baseline),
        "wave": words.waves(comparison.endline),
    }
    columns = (
        Column(Message("column_sites"), width=1.5),
        *(Column(words.names.wave(wave), "number", 1.3) for wave in waves),
        Column(Message("chart_changes", change), "number", 1.9),
        Column(Message("column_n"), "number", 0.7),
    )
    rows: list[Row] = []
    for outcome in _shown(words):
        name = str(outcome["variable"])
        rows.append(_group(name, outcome["unit"], words))
        for arm, title in ((TREATED, "group_programme"), (COMPARED, "group_comparison")):
            cells = [words.cell("levels", name, arm, wave) for wave in waves]
            changed = words.cell("changes", name, arm)
            rows.append(Row((Message(title), *cells, changed, _fewest(name, arm, words))))
        blank = [None for _ in waves]
        second = words.cell("difference", name)
        rows.append(Row((Message("impact_second_difference"), *blank, second, None)))
        deviations = known(outcome["sd_estimate"], "ratio_change")
        rows.append(Row((Message("impact_in_sd"), *blank, deviations, None)))
    notes = (
        Message("note_intervals", {"level": Number(words.level, "coverage")}),
        Message("impact_note_survey_errors"),
        Message("impact_note_sd"),
        *_marks(words),
    )
    return Table(Message("impact_did_caption"), columns, tuple(rows), notes)


def _marks(words: ImpactWords) -> tuple[Phrase, ...]:
    for protected in (words.part.levels, words.part.by_unit):
        if protected and (marks := EstimateCells(protected, 0.0).notes()):
            return marks
    return ()


def _fewest(name: str, arm: str, words: ImpactWords) -> Phrase | None:
    cells, row = words.cells("changes"), words.rows.get(("changes", name, arm))
    return cells.n(row) if cells is not None and row is not None else None


def _inference_table(words: ImpactWords, comparison: Comparison) -> Table:
    columns = (
        Column(Message("impact_column_inference"), width=2.0),
        Column(Message("impact_column_interval"), "number", 1.7),
        Column(Message("column_p"), "number", 0.8),
        Column(Message("impact_column_smallest_p"), "number", 1.0),
        Column(Message("impact_column_df"), "number", 0.8),
        Column(Message("impact_column_use"), width=1.6),
    )
    rows: list[Row] = []
    seen = ""
    for row in words.part.inference.to_dict("records"):
        name, unit = str(row["variable"]), str(row["unit"])
        if name != seen:
            values = {
                "measure": words.measure(name),
                "difference": known(row["estimate"], change_style(unit)),
                "unit": Message(f"unit_change_{unit or 'points'}"),
            }
            rows.append(Row((Message("impact_with_difference", values),), "group"))
            seen = name
        rows.append(_inference_row(row, unit))
    n = {"n": Number(comparison.assignments, "count")}
    notes = (
        Message("impact_note_cr2"),
        Message("impact_note_wild"),
        Message("impact_note_placebo" if _placebo(comparison) else "impact_note_permuted", n),
    )
    return Table(Message("impact_inference_caption"), columns, tuple(rows), notes)


def _inference_row(row: dict[Any, Any], unit: str) -> Row:
    kind = str(row["inference"]).split(maxsplit=1)[0]
    return Row(
        (
            Message(f"impact_inference_{kind}"),
            limits(float(row["conf_low"]), float(row["conf_high"]), unit),
            known(row["p_value"], "p_value"),
            known(row["smallest_p"], "p_value"),
            known(row["df"], "points"),
            Message(f"impact_use_{_use(kind, row)}"),
        )
    )


def _placebo(comparison: Comparison) -> bool:
    return comparison.assignment.mechanism == "non_random"


def _use(kind: str, row: dict[Any, Any]) -> str:
    if row["headline"]:
        return "followed"
    if kind == "placebo":
        return "placebo"
    return "shown" if row["recommended"] else "not_relied"


def _without_table(words: ImpactWords, comparison: Comparison) -> Table:
    """Return the estimates without each place; where places are many the two that move most."""
    frame = words.part.without
    few = len(comparison.units) <= _MOST_COLUMNS
    titles = (
        tuple(Column(words.unit(unit), "number", 1.0) for unit in words.in_order(comparison.units))
        if few
        else (
            Column(Message("impact_column_lowest"), "number", 1.0),
            Column(Message("impact_column_highest"), "number", 1.0),
        )
    )
    columns = (
        Column(Message("impact_column_outcome"), width=2.0),
        Column(Message("impact_column_all"), "number", 0.9),
        *titles,
    )
    rows = []
    for outcome in _shown(words):
        name, style = str(outcome["variable"]), change_style(outcome["unit"])
        own = frame[frame["variable"] == name]
        found = dict(zip(own["without"].astype("str"), own["estimate"], strict=True))
        order = (
            words.in_order(comparison.units) if few else sorted(found, key=lambda unit: found[unit])
        )
        shown = order if few else [order[0], order[-1]] if order else []
        cells: list[Phrase | None] = [
            _without_cell(unit, found.get(unit), style, words, named=not few) for unit in shown
        ]
        estimate = known(outcome["estimate"], style)
        rows.append(Row((words.measure(name), estimate, *cells)))
    caption = Message("impact_without_caption" if few else "impact_without_many_caption")
    return Table(caption, columns, tuple(rows), (Message("note_changes_of_shares"),))


def _without_cell(
    unit: str, value: float | None, style: Any, words: ImpactWords, *, named: bool
) -> Phrase | None:
    if value is None:
        return Message("withheld")
    number = Number(float(value), style)
    return Listing((number, words.unit(unit)), "line") if named else number


def _subgroups_table(part: Subgroups, words: ImpactWords) -> Table:
    """Return whether groups differ, and then the effect in each."""
    columns = (
        Column(words.names.column(part.variable), width=2.2),
        Column(Message("impact_column_difference"), "number", 1.7),
        Column(Message("column_p"), "number", 0.8),
        Column(Message("column_n"), "number", 0.8),
    )
    rows: list[Row] = []
    units = {str(row["variable"]): str(row["unit"]) for row in words.outcomes}
    for name in dict.fromkeys(part.groups["variable"].astype("str")):
        rows.append(_group(name, units.get(name, "points"), words))
        here = part.groups[part.groups["variable"] == name]
        closed = (here["status"] == "too_few").any()
        own = part.interaction[part.interaction["variable"] == name]
        style = change_style(units.get(name, "points"))
        for row in own.to_dict("records"):
            values = {
                "group": words.names.value(part.variable, row[part.variable]),
                "reference": words.names.value(part.variable, row["reference"]),
            }
            told = Message("impact_interaction", values)
            estimate = known(row["estimate"], style)
            if not isfinite(float(row["estimate"])):
                estimate = Message("withheld" if closed else "impact_verdict_not_estimable")
            rows.append(Row((told, estimate, known(row["p_value"], "p_value"), None)))
        rows += [_subgroup_row(row, part.variable, style, words) for row in here.to_dict("records")]
    values = {"group": words.names.column(part.variable)}
    notes = (Message("impact_note_interaction"), Message("impact_note_simultaneous"))
    return Table(Message("impact_subgroups_caption", values), columns, tuple(rows), notes)


def _subgroup_row(row: dict[Any, Any], by: str, style: Any, words: ImpactWords) -> Row:
    head = words.names.value(by, row[by])
    if row["status"] != "shown":
        key = "withheld" if row["status"] == "too_few" else "impact_verdict_not_estimable"
        return Row((head, Message(key), None, None))
    interval = Interval(float(row["conf_low"]), float(row["conf_high"]), style)
    estimate = known(row["estimate"], style)
    return Row((head, Listing((estimate, interval), "line"), None, known(row["n"], "count")))


def _told(words: ImpactWords) -> list[Block]:
    """Return the notes, each once with the outcomes concerned, and departures from the plan."""
    concerned: dict[str, list[str]] = {}
    for note in words.part.notes:
        concerned.setdefault(note.code, []).extend([note.variable] if note.variable else [])
    notes: list[Phrase] = []
    for code, names in concerned.items():
        told = Message(f"impact_note_{code}")
        if names and len(set(names)) < len(words.outcomes):
            measures = Listing(tuple(map(words.measure, dict.fromkeys(names))), "comma")
            notes.append(Message("impact_note_of", {"note": told, "measures": measures}))
        else:
            notes.append(told)
    departures = tuple(
        Message(
            "impact_departure",
            {"what": Message(f"impact_deviation_{part.code}"), "detail": Verbatim(part.detail)},
        )
        if part.detail
        else Message(f"impact_deviation_{part.code}")
        for part in words.part.deviations
    )
    blocks: list[Block] = []
    if notes:
        blocks = [Paragraph(Message("impact_notes_title")), Bullets(tuple(notes))]
    if departures:
        return [*blocks, Paragraph(Message("impact_departures_title")), Bullets(departures)]
    return [*blocks, Paragraph(Message("impact_no_departures"))]
