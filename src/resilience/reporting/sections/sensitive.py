"""What people may not admit: a list experiment beside direct questions and their refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.reporting.cells import EstimateCells
from resilience.reporting.charts_credibility import BoundChart, BoundMark, BoundPanel
from resilience.reporting.document import Bullets, Column, Figure, Paragraph, Row, Section, Table
from resilience.reporting.phrases import Interval, Label, Message, Number
from resilience.reporting.sections.credibility import scaled

if TYPE_CHECKING:
    from resilience.disclosure.suppression import Protected
    from resilience.evaluation.credibility import DirectResult, ListResult, SensitiveResult
    from resilience.evaluation.results import Results
    from resilience.reporting.document import Block
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["sensitive_section"]


def sensitive_section(
    results: Results, part: SensitiveResult, names: Names, number: int
) -> Section:
    """Return a section on what people may not admit."""
    values: dict[str, Phrase] = {
        "wave": names.wave(part.block.wave),
        "people": names.people(part.block.where),
        "level": Number(results.plan.level, "coverage"),
    }
    blocks: list[Block] = [Paragraph(Message("sensitive_intro"))]
    statements: list[Phrase] = []
    if part.experiment is not None:
        statements += _list_words(part.experiment, results, values)
    statements += [words for direct in part.direct for words in _direct_words(direct, values)]
    if part.experiment is not None and part.direct:
        same = any(direct.question.same_statement for direct in part.direct)
        statements.append(Message("sensitive_same" if same else "sensitive_not_same"))
    blocks.append(Bullets(tuple(statements)))
    rows = _marks(part)
    if rows:
        blocks.append(_figure(rows, values))
    blocks.append(_table(part, results, values))
    title = Label(part.block.title) if part.block.title else Message("sensitive_title")
    return Section(f"sensitive-{number}", title, tuple(blocks))


def _list_words(part: ListResult, results: Results, values: dict[str, Phrase]) -> list[Phrase]:
    """Return how the list was asked, its share, and whether the counts fit honest answers."""
    told: dict[str, Phrase] = {
        **values,
        "n": Number(part.items, "count"),
        "statement": Label(part.sensitive),
        "share": _share(part.share),
        "interval": Interval(*_limits(part.share, results), "share"),
        "upper": Number(part.upper, "share"),
        "p": Number(part.design_p, "p_value"),
    }
    if not part.share.showable.all():
        return [Message("sensitive_list_asked", told)]
    holds = "sensitive_design_holds" if part.design_holds else "sensitive_design_fails"
    return [
        Message("sensitive_list_asked", told),
        Message("sensitive_list_share", told),
        Message(holds, told),
    ]


def _direct_words(part: DirectResult, values: dict[str, Phrase]) -> list[Phrase]:
    """Return a direct question's share, and what refusals may hide."""
    if not part.answered.showable.all():
        return []
    told: dict[str, Phrase] = {
        **values,
        "question": Label(part.question.title),
        "share": _share(part.answered),
        "n": Number(part.refused, "count"),
        "lower": Number(part.lower, "share"),
        "upper": Number(part.upper, "share"),
    }
    return [Message("sensitive_direct", told)]


def _share(shown: Protected) -> Number:
    return Number(float(shown.values[0]), "share")


def _limits(shown: Protected, results: Results) -> tuple[float, float]:
    low, high = shown.interval(level=results.plan.level)
    return float(low[0]), float(high[0])


def _marks(part: SensitiveResult) -> tuple[BoundMark, ...]:
    """Return what may be shown, as a chart draws it."""
    rows = []
    if part.experiment is not None and part.experiment.share.showable.all():
        told = part.experiment
        rows.append(_mark(_list_name(told), told.share, told, float(told.share.values[0])))
    for direct in part.direct:
        if direct.answered.showable.all():
            name = Label(direct.question.title)
            rows.append(_mark(name, direct.answered, direct, direct.lower))
    return tuple(rows)


def _mark(
    name: Phrase, shown: Protected, part: ListResult | DirectResult, lower: float
) -> BoundMark:
    ends = (float(shown.values[0]), lower, part.upper, part.conf_low, part.conf_high)
    at, low, high, *region = (scaled(end, "share") for end in ends)
    return BoundMark(name, at, (low, high), (region[0], region[1]))


def _list_name(part: ListResult) -> Phrase:
    return Message("sensitive_list_name", {"statement": Label(part.sensitive)})


def _figure(rows: tuple[BoundMark, ...], values: dict[str, Phrase]) -> Figure:
    words = (
        Message("sensitive_key_estimate"),
        Message("sensitive_key_bounds"),
        Message("attrition_key_region", values),
    )
    return Figure(
        BoundChart((BoundPanel(Message("sensitive_axis"), rows, "percent"),), words),
        Message("sensitive_figure_caption", values),
        Message("sensitive_figure_alternative", values),
    )


def _table(part: SensitiveResult, results: Results, values: dict[str, Phrase]) -> Table:
    columns = (
        Column(Message("sensitive_statement"), width=2.6),
        Column(Message("sensitive_share"), "number", 1.4),
        Column(Message("sensitive_between"), "number", 1.5),
        Column(Message("attrition_key_region", values), "number", 1.5),
        Column(Message("reason_refused"), "number", 0.9),
        Column(Message("column_n"), "number", 0.8),
    )
    rows = []
    notes: list[Phrase] = [Message("note_intervals", values)]
    if part.experiment is not None:
        told = part.experiment
        lower = float(told.share.values[0])
        rows.append(_row(_list_name(told), told.share, told, lower, None, results))
        notes.append(Message("sensitive_list_note"))
    for direct in part.direct:
        name, refused = Label(direct.question.title), Number(direct.refused, "count")
        rows.append(_row(name, direct.answered, direct, direct.lower, refused, results))
    if part.direct:
        notes.append(Message("sensitive_direct_note"))
    caption = Message("sensitive_table_caption", values)
    return Table(caption, columns, tuple(rows), tuple(notes))


def _row(
    name: Phrase,
    shown: Protected,
    part: ListResult | DirectResult,
    lower: float,
    refused: Phrase | None,
    results: Results,
) -> Row:
    cells = EstimateCells(shown, results.plan.level)
    if not shown.showable.all():
        return Row((name, cells.number(0), None, None, None, cells.n(0)))
    bounds = Interval(lower, part.upper, "percent")
    region = Interval(part.conf_low, part.conf_high, "percent")
    return Row((name, cells.both(0), bounds, region, refused, cells.n(0)))
