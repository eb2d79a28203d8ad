"""Whether places with the programme changed otherwise than places without, and what that means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.reporting.document import Callout, Column, Row, Section, Table
from resilience.reporting.phrases import Label, Message, Number
from resilience.reporting.sections.impact_annex import impact_annex
from resilience.reporting.sections.impact_figures import (
    arms_figure,
    forest_figure,
    outcomes_table,
    places_figures,
)
from resilience.reporting.sections.impact_verdicts import verdict_blocks
from resilience.reporting.sections.impact_words import TREATED, ImpactWords

if TYPE_CHECKING:
    from resilience.evaluation.results import EvaluationResult, Results
    from resilience.reporting.document import Block
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["impact_sections"]


def impact_sections(
    results: Results, part: EvaluationResult, names: Names, _number: int
) -> tuple[Section, ...]:
    """Return the verdict with its charts, and the annex with the details."""
    words, comparison = ImpactWords(results, part, names), part.comparison
    title = Label(part.block.title or part.plan.title)
    blocks: list[Block] = []
    if comparison is None:
        blocks.append(Callout("caution", Message("impact_unknown_title"), _nothing(words)))
        blocks += places_figures(words)
        blocks += _changes_table(words)
    else:
        blocks += verdict_blocks(words, comparison)
        blocks += [figure for figure in (arms_figure(words),) if figure]
        blocks += places_figures(words)
        blocks += [figure for figure in (forest_figure(words),) if figure]
        blocks.append(outcomes_table(words, comparison))
    return Section("impact", title, tuple(blocks)), impact_annex(words, comparison)


def _nothing(words: ImpactWords) -> tuple[Phrase, ...]:
    """Return why nothing is said of an impact."""
    told: list[Phrase] = [Message("impact_nothing")]
    assignment = words.results.study.assignment
    by_unit = words.part.by_unit
    if assignment is not None and by_unit is not None:
        arms = by_unit.estimates.rows[["unit", "arm"]].drop_duplicates()["arm"].tolist()
        if sorted(arms) == ["comparison", TREATED]:
            told.append(Message("impact_nothing_one_each"))
    told.append(Message("impact_nothing_changes"))
    return tuple(told)


def _changes_table(words: ImpactWords) -> list[Block]:
    """Return the changes by place as a table, outcome by outcome."""
    protected, cells = words.part.by_unit, words.cells("by_unit")
    if protected is None or cells is None:
        return []
    columns = (
        Column(Message("site"), width=2.0),
        Column(Message("column_change"), "number", 1.6),
        Column(Message("column_n"), "number", 0.8),
    )
    rows: list[Row] = []
    seen = ""
    for at, (name, unit) in enumerate(
        protected.estimates.rows[["variable", "unit"]].astype("str").to_numpy()
    ):
        if name != seen:
            kind = protected.estimates.unit[at] or "points"
            values = {"measure": words.measure(name), "unit": Message(f"unit_change_{kind}")}
            rows.append(Row((Message("measure_with_unit", values),), "group"))
            seen = name
        rows.append(Row((words.unit(unit), cells.both(at), cells.n(at))))
    notes = (Message("note_intervals", {"level": Number(words.level, "coverage")}), *cells.notes())
    return [Table(Message("impact_changes_caption"), columns, tuple(rows), notes)]
