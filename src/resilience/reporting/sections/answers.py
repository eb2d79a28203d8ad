"""How people answered: bars around the middle of the scale, and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.instrument import MISSING_REASONS
from resilience.reporting.cells import EstimateCells
from resilience.reporting.charts import AnswerBar, AnswerChart
from resilience.reporting.document import Column, Figure, Paragraph, Row, Section, Table
from resilience.reporting.phrases import Label, Listing, Message, Number, Verbatim

if TYPE_CHECKING:
    from resilience.definitions.instrument import Scale
    from resilience.evaluation.results import AnswersResult, Results
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["answers_section"]


def answers_section(results: Results, part: AnswersResult, names: Names, number: int) -> Section:
    """Return a section on the answers to items that share a scale."""
    block = part.block
    scale = results.study.questionnaire.scale_of(block.items[0])
    order = _order(results, part, scale)
    answers = tuple(Label(scale.answers[code]) for code in order)
    values: dict[str, Phrase] = {
        "wave": names.wave(block.wave),
        "people": names.people(block.where),
        "items": Listing(tuple(map(names.item, block.items))),
    }
    bars = tuple(_bar(part, item, order, names) for item in block.items)
    figure = Figure(
        AnswerChart(answers, bars, Message("column_n")),
        Message("answers_figure_caption", values),
        Message("answers_figure_alternative", values),
    )
    title = Label(block.title) if block.title else Message("answers_title")
    blocks = (
        Paragraph(Message("answers_intro")),
        figure,
        _table(part, results, names, values),
    )
    return Section(f"answers-{number}", title, blocks)


def _order(results: Results, part: AnswersResult, scale: Scale) -> tuple[int, ...]:
    """Return the codes of the answers, the best last where all items agree which that is."""
    items = results.study.questionnaire.items_by_id
    falling = all(items[item].keyed == "negative" for item in part.block.items)
    return tuple(sorted(scale.answers, reverse=falling))


def _bar(part: AnswersResult, item: str, order: tuple[int, ...], names: Names) -> AnswerBar:
    shares = _shares(part, item, order)
    n = _n(part, item)
    return AnswerBar(names.item(item), shares, n)


def _rows_of(part: AnswersResult, item: str) -> dict[int, int]:
    """Return the row of each answer to an item."""
    frame = part.shares.estimates.rows
    return {
        int(answer): row
        for row, (name, answer) in enumerate(zip(frame["variable"], frame["answer"], strict=True))
        if name == item
    }


def _shares(part: AnswersResult, item: str, order: tuple[int, ...]) -> tuple[float, ...] | None:
    rows = _rows_of(part, item)
    if any(part.shares.status[row] == "suppressed" for row in rows.values()) or not rows:
        return None
    values = part.shares.values
    return tuple(float(values[rows[code]]) if code in rows else 0.0 for code in order)


def _n(part: AnswersResult, item: str) -> Phrase:
    rows = list(_rows_of(part, item).values())
    cells = EstimateCells(part.shares, 0.0)
    if rows:
        return cells.n(rows[0])
    minimum = Number(part.shares.policy.minimum_n, "count")
    return Message("suppressed", {"minimum": minimum})


def _table(part: AnswersResult, results: Results, names: Names, values: dict[str, Phrase]) -> Table:
    scale = results.study.questionnaire.scale_of(part.block.items[0])
    order = _order(results, part, scale)
    cells = EstimateCells(part.shares, results.plan.level)
    visible = [item for item in part.block.items if _shares(part, item, order) is not None]
    reasons = [
        reason for reason in MISSING_REASONS if any(part.missing[item][reason] for item in visible)
    ]
    columns = [Column(Message("column_item"), width=2.2)]
    columns += [Column(Label(scale.answers[code]), "number", 1.0) for code in order]
    columns.append(Column(Message("column_n"), "number", 0.8))
    columns += [Column(Message(f"reason_{reason}"), "number", 1.0) for reason in reasons]
    dashes: list[Phrase] = [Verbatim("–")]
    rows = []
    for item in part.block.items:
        at = _rows_of(part, item)
        told = dashes * (len(scale.answers) + 1 + len(reasons))
        if item in visible:
            told = [
                cells.number(at[code]) if code in at else Number(0.0, "percent") for code in order
            ]
            told.append(_n(part, item))
            told += [Number(part.missing[item][reason], "percent") for reason in reasons]
        else:
            told[len(scale.answers)] = _n(part, item)
        rows.append(Row((names.item(item), *told)))
    notes = (Message("note_denominator"), Message("note_missing_shares"), *cells.notes())
    caption = Message("answers_table_caption", values)
    return Table(caption, tuple(columns), tuple(rows), notes)
