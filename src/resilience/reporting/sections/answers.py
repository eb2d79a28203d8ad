"""How people answered: bars around the middle of the scale, and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.reporting.charts import AnswerBar, AnswerChart
from resilience.reporting.document import Column, Figure, Paragraph, Row, Section, Table
from resilience.reporting.phrases import Label, Listing, Message, Number, Verbatim

if TYPE_CHECKING:
    from resilience.definitions.instrument import Scale
    from resilience.evaluation.results import AnswersResult, Results
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["answers_section"]

_REASONS = ("refused", "dont_know", "never_heard", "not_applicable")


def answers_section(results: Results, part: AnswersResult, names: Names, number: int) -> Section:
    """Return a section on the answers to items that share a scale."""
    block = part.block
    scale = results.study.questionnaire.scale_of(block.items[0])
    answers = tuple(Label(scale.answers[code]) for code in sorted(scale.answers))
    values: dict[str, Phrase] = {
        "wave": names.wave(block.wave),
        "people": names.people(block.where),
        "items": Listing(tuple(map(names.item, block.items))),
    }
    bars = tuple(_bar(part, item, scale, names) for item in block.items)
    figure = Figure(
        AnswerChart(answers, bars, Message("column_n")),
        Message("answers_figure_caption", values),
        Message("answers_figure_alternative", values),
    )
    title = Label(block.title) if block.title else Message("answers_title")
    blocks = (
        Paragraph(Message("answers_intro")),
        figure,
        _table(part, scale, answers, names, values),
    )
    return Section(f"answers-{number}", title, blocks)


def _bar(part: AnswersResult, item: str, scale: Scale, names: Names) -> AnswerBar:
    shares = _shares(part, item, scale)
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


def _shares(part: AnswersResult, item: str, scale: Scale) -> tuple[float, ...] | None:
    rows = _rows_of(part, item)
    if any(part.shares.status[row] == "suppressed" for row in rows.values()) or not rows:
        return None
    values = part.shares.estimates.values
    return tuple(
        float(values[rows[code]]) if code in rows else 0.0 for code in sorted(scale.answers)
    )


def _n(part: AnswersResult, item: str) -> Phrase:
    rows = list(_rows_of(part, item).values())
    if not rows or part.shares.status[rows[0]] == "suppressed":
        minimum = Number(part.shares.policy.minimum_n, "count")
        return Message("suppressed", {"minimum": minimum})
    return Number(float(part.shares.estimates.n[rows[0]]), "count")


def _table(
    part: AnswersResult,
    scale: Scale,
    answers: tuple[Label, ...],
    names: Names,
    values: dict[str, Phrase],
) -> Table:
    reasons = [reason for reason in _REASONS if any(m[reason] for m in part.missing.values())]
    columns = [Column(Message("column_item"), width=2.2)]
    columns += [Column(answer, "number", 1.0) for answer in answers]
    columns.append(Column(Message("column_n"), "number", 0.8))
    columns += [Column(Message(f"reason_{reason}"), "number", 1.0) for reason in reasons]
    rows = []
    for item in part.block.items:
        shares = _shares(part, item, scale)
        cells: list[Phrase | None] = [names.item(item)]
        if shares is None:
            cells += [Verbatim("–")] * len(answers)
        else:
            cells += [Number(share, "percent") for share in shares]
        cells.append(_n(part, item))
        cells += [Number(part.missing[item][reason], "percent") for reason in reasons]
        rows.append(Row(tuple(cells)))
    notes = (Message("note_denominator"), Message("note_missing_shares"))
    caption = Message("answers_table_caption", values)
    return Table(caption, tuple(columns), tuple(rows), notes)
