"""Who was not found again: rates, whom it took, and between what effects then lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resilience.reporting.cells import EstimateCells
from resilience.reporting.charts_credibility import (
    BoundChart,
    BoundMark,
    BoundPanel,
    ChartRow,
    RowChart,
)
from resilience.reporting.document import Bullets, Column, Figure, Paragraph, Row, Section, Table
from resilience.reporting.phrases import Interval, Label, Message, Number, change_style
from resilience.reporting.sections.credibility import (
    SIDES,
    both_lines,
    change_of,
    change_unit,
    level_of,
    permutation_words,
    scaled,
    variable_name,
    with_unit,
)

if TYPE_CHECKING:
    from resilience.evaluation.credibility import AttritionResult, BoundRow, SelectiveRow
    from resilience.evaluation.results import Results
    from resilience.reporting.document import Block
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["attrition_section"]


def attrition_section(
    results: Results, part: AttritionResult, names: Names, number: int
) -> Section:
    """Return an annex on those who were not found again."""
    view = _View(results, part, names)
    blocks: list[Block] = [
        Paragraph(Message("attrition_intro", view.values)),
        Bullets(_statements(view)),
        _rates_figure(view),
        _rates_table(view),
    ]
    if part.selective:
        blocks += [Paragraph(Message("attrition_selective")), _selective_table(view)]
    if part.bounds:
        blocks.append(Paragraph(Message("attrition_bounds", view.values)))
        if any(row.method == "lee" and row.status == "shown" for row in part.bounds):
            blocks.append(_bounds_figure(view))
        blocks.append(_bounds_table(view))
    title = Label(part.block.title) if part.block.title else Message("attrition_title")
    return Section(f"attrition-{number}", title, tuple(blocks), annex=True)


@dataclass(frozen=True)
class _View:
    """One result on attrition, and how to say it."""

    results: Results
    part: AttritionResult
    names: Names

    @property
    def values(self) -> dict[str, Phrase]:
        """What captions name."""
        start, end = self.part.between
        return {
            "start": self.names.wave(start),
            "end": self.names.wave(end),
            "level": Number(self.results.plan.level, "coverage"),
        }

    def cells(self, what: str) -> EstimateCells:
        """Return one of the protected results as cells."""
        changes = what == "difference"
        return EstimateCells(getattr(self.part, what), self.results.plan.level, changes=changes)

    def interval_of_assignment(self) -> Interval:
        """Return the interval of the difference in rates by units assigned."""
        low, high = self.part.by_assignment.interval(level=self.results.plan.level)
        return Interval(float(low[0]), float(high[0]), "percent_change")

    def too_few(self) -> Phrase:
        """Return that respondents are too few."""
        minimum = Number(self.results.plan.rules.minimum_n, "count")
        return Message("suppressed", {"minimum": minimum})


def _statements(view: _View) -> tuple[Phrase, ...]:
    part = view.part
    told: list[Phrase] = []
    if part.rates.showable.all():
        comparison, programme = map(float, part.rates.values)
        values = {
            "programme": Number(programme, "share"),
            "comparison": Number(comparison, "share"),
            "difference": view.cells("difference").number(0),
            "interval": view.interval_of_assignment(),
            "level": view.values["level"],
        }
        told += [
            Message("attrition_rates", values),
            permutation_words(part.permutation, part.units),
        ]
    told.append(Message("attrition_equal"))
    if part.moved:
        told.append(Message("attrition_moved", {"n": Number(part.moved, "count")}))
    return tuple(told)


def _rates_figure(view: _View) -> Figure:
    part, rates = view.part, view.cells("rates")
    rows = []
    for side in (1, 0):
        rows.append(ChartRow(SIDES[side], rates.point(side), emphasised=side == 1))
        if part.places is not None:
            places = view.cells("places")
            rows += [
                ChartRow(name, places.point(at), emphasised=side == 1)
                for at, name in _places_of(view, side)
            ]
    return Figure(
        RowChart(tuple(rows), "percent", Message("attrition_axis")),
        Message("attrition_figure_caption", view.values),
        Message("attrition_figure_alternative", view.values),
    )


def _places_of(view: _View, side: int) -> list[tuple[int, Phrase]]:
    """Return the rows and names of an arm's places."""
    places = view.part.places
    assert places is not None  # noqa: S101 - the caller has looked
    frame, arm = places.estimates.rows, ("comparison", "programme")[side]
    column = view.part.unit_column
    return [
        (at, view.names.value(column, value))
        for at, (of, value) in enumerate(zip(frame["assigned_arm"], frame[column], strict=True))
        if str(of) == arm
    ]


def _rates_table(view: _View) -> Table:
    part, rates, difference = view.part, view.cells("rates"), view.cells("difference")
    columns = (
        Column(Message("attrition_group"), width=2.4),
        Column(Message("attrition_lost"), "number", 1.6),
        Column(Message("column_n"), "number", 0.8),
    )
    rows: list[Row] = []
    for side in (1, 0):
        rows.append(Row((SIDES[side], rates.both(side), rates.n(side))))
        if part.places is not None:
            places = view.cells("places")
            rows += [
                Row((name, places.both(at), places.n(at))) for at, name in _places_of(view, side)
            ]
    rows.append(Row((Message("attrition_difference"), difference.both(0), None)))
    if part.difference.showable.all():
        told = both_lines(difference.number(0), view.interval_of_assignment())
        rows.append(Row((Message("attrition_difference_assigned"), told, None)))
    notes = (Message("attrition_rates_note", view.values), *rates.notes())
    return Table(Message("attrition_table_caption", view.values), columns, tuple(rows), notes)


def _selective_table(view: _View) -> Table:
    columns = (
        Column(Message("balance_variable"), width=1.8),
        Column(Message("attrition_found_programme"), "number"),
        Column(Message("attrition_lost_programme"), "number"),
        Column(Message("attrition_found_comparison"), "number"),
        Column(Message("attrition_lost_comparison"), "number"),
        Column(Message("attrition_gap"), "number", 1.5),
        Column(Message("attrition_p"), "number", 0.8),
        Column(Message("attrition_smallest_p"), "number", 0.8),
    )
    rows = tuple(_selective_row(row, view) for row in view.part.selective)
    note = Message("attrition_selective_note", view.values)
    return Table(Message("attrition_selective_caption", view.values), columns, rows, (note,))


def _selective_row(row: SelectiveRow, view: _View) -> Row:
    name = with_unit(variable_name(row.row, view.names), row.row.unit)
    if not row.shown:
        return Row((name, *(view.too_few() for _ in range(7))))
    unit = row.row.unit
    means = (row.found_treated, row.lost_treated, row.found_comparison, row.lost_comparison)
    region = Interval(row.conf_low, row.conf_high, change_style(unit))
    return Row(
        (
            name,
            *(level_of(mean, unit) for mean in means),
            both_lines(change_of(row.gap, unit), region),
            Number(row.p_value, "p_value"),
            Number(row.smallest_p, "p_value"),
        )
    )


def _bounds_figure(view: _View) -> Figure:
    panels = []
    for unit in ("points", "share", ""):
        rows = tuple(
            BoundMark(
                view.names.measure(row.outcome),
                scaled(row.difference, unit),
                (scaled(row.lower, unit), scaled(row.upper, unit)),
                (scaled(row.conf_low, unit), scaled(row.conf_high, unit)),
            )
            for row in view.part.bounds
            if row.method == "lee" and row.status == "shown" and row.unit == unit
        )
        if rows:
            title = Message("attrition_panel", {"unit": change_unit(unit)})
            panels.append(BoundPanel(title, rows, "points_change"))
    words = (
        Message("attrition_key_estimate"),
        Message("attrition_key_bounds"),
        Message("attrition_key_region", view.values),
    )
    return Figure(
        BoundChart(tuple(panels), words),
        Message("attrition_bounds_figure_caption", view.values),
        Message("attrition_bounds_figure_alternative", view.values),
    )


def _bounds_table(view: _View) -> Table:
    columns = (
        Column(Message("attrition_method"), width=1.2),
        Column(Message("attrition_key_estimate"), "number", 1.1),
        Column(Message("attrition_key_bounds"), "number", 1.5),
        Column(Message("attrition_key_region", view.values), "number", 1.5),
        Column(Message("attrition_trimmed"), "number", 0.9),
        Column(Message("column_n"), "number", 0.7),
    )
    rows: list[Row] = []
    for outcome in dict.fromkeys(row.outcome for row in view.part.bounds):
        found = [row for row in view.part.bounds if row.outcome == outcome]
        rows.append(Row((_outcome_name(found[0], view),), "group"))
        rows += [_bounds_row(row, view) for row in found]
    notes = (
        Message("attrition_lee_note"),
        Message("attrition_manski_note"),
        Message("attrition_region_note", view.values),
    )
    return Table(Message("attrition_bounds_caption", view.values), columns, tuple(rows), notes)


def _outcome_name(row: BoundRow, view: _View) -> Phrase:
    values = {"measure": view.names.measure(row.outcome), "unit": change_unit(row.unit)}
    return Message("measure_with_unit", values)


def _bounds_row(row: BoundRow, view: _View) -> Row:
    method = Message(f"attrition_{row.method}")
    if row.status != "shown":
        why = view.too_few() if row.status == "suppressed" else Message("attrition_refused")
        return Row((method, why, None, None, None, None))
    style = change_style(row.unit)
    return Row(
        (
            method,
            change_of(row.difference, row.unit),
            Interval(row.lower, row.upper, style),
            Interval(row.conf_low, row.conf_high, style),
            Number(row.trimmed, "percent") if row.method == "lee" else None,
            Number(row.n, "count"),
        )
    )
