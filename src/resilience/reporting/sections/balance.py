"""How programme and comparison differed before the programme: a picture and a table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from resilience.reporting.cells import EstimateCells
from resilience.reporting.charts_credibility import ChartRow, RowChart
from resilience.reporting.document import Bullets, Column, Figure, Paragraph, Row, Section, Table
from resilience.reporting.phrases import Label, Message, Number
from resilience.reporting.sections.credibility import (
    SIDES,
    permutation_words,
    variable_name,
    with_unit,
)

if TYPE_CHECKING:
    from resilience.evaluation.credibility import BalanceResult
    from resilience.evaluation.results import Results
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["balance_section"]


def _limits(part: BalanceResult) -> dict[str, Phrase]:
    low, high = part.limits
    return {"low": Number(low, "ratio"), "high": Number(high, "ratio")}


def balance_section(results: Results, part: BalanceResult, names: Names, number: int) -> Section:
    """Return an annex on differences at the start."""
    values: dict[str, Phrase] = {
        "wave": names.wave(part.wave),
        "level": Number(results.plan.level, "coverage"),
    }
    block = part.block
    title = Label(block.title) if block.title else Message("balance_title")
    blocks = (
        Paragraph(Message("balance_intro", values)),
        Bullets(_statements(part)),
        _figure(results, part, names, values),
        _table(results, part, names, values),
    )
    return Section(f"balance-{number}", title, blocks, annex=True)


def _statements(part: BalanceResult) -> tuple[Phrase, ...]:
    shown = part.normalised.showable
    sizes = Counter(size for size, seen in zip(part.closeness, shown, strict=True) if seen)
    counts: dict[str, Phrase] = {
        size: Number(sizes[size], "count") for size in ("small", "moderate", "large")
    }
    told: list[Phrase] = [Message("balance_sizes", {**counts, **_limits(part)})]
    if shown.all():
        told.append(permutation_words(part.omnibus, part.units))
    return tuple(told)


def _figure(
    results: Results, part: BalanceResult, names: Names, values: dict[str, Phrase]
) -> Figure:
    cells = EstimateCells(part.normalised, results.plan.level, changes=True)
    rows = tuple(
        ChartRow(variable_name(row, names), cells.point(at)) for at, row in enumerate(part.rows)
    )
    return Figure(
        RowChart(rows, "ratio_change", Message("balance_axis"), part.limits),
        Message("balance_figure_caption", values),
        Message("balance_figure_alternative", values),
        (Message("balance_guides", _limits(part)),),
    )


def _table(results: Results, part: BalanceResult, names: Names, values: dict[str, Phrase]) -> Table:
    columns = (
        Column(Message("balance_variable"), width=2.0),
        *(Column(side, "number", 1.1) for side in SIDES),
        Column(Message("balance_difference"), "number", 1.5),
        Column(Message("balance_in_sd"), "number", 1.0),
        Column(Message("balance_size"), width=0.9),
        Column(Message("column_n"), "number", 0.7),
    )
    levels = EstimateCells(part.levels, results.plan.level)
    differences = EstimateCells(part.differences, results.plan.level, changes=True)
    rows = []
    for at, row in enumerate(part.rows):
        seen = part.normalised.showable[at]
        size = Number(float(part.normalised.values[at]), "ratio_change")
        rows.append(
            Row(
                (
                    with_unit(variable_name(row, names), row.unit),
                    levels.number(2 * at),
                    levels.number(2 * at + 1),
                    differences.both(at),
                    size if seen else differences.number(at),
                    Message(f"balance_{part.closeness[at]}") if seen else None,
                    Number(float(part.levels.n[2 * at : 2 * at + 2].sum()), "count")
                    if seen
                    else differences.n(at),
                )
            )
        )
    notes = (Message("balance_note", values), *differences.notes())
    return Table(Message("balance_table_caption", values), columns, tuple(rows), notes)
