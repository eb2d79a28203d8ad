"""What changed in the fieldwork from wave to wave: how people were interviewed, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.reporting.document import Column, Row, Table
from resilience.reporting.phrases import Label, Message, Number

if TYPE_CHECKING:
    from resilience.evaluation.results import Results
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["interviewer_tables", "mode_shifts"]


def mode_shifts(results: Results, names: Names) -> tuple[Phrase, ...]:
    """Return which waves asked in another way than the baseline."""
    study = results.study
    before = study.waves_by_id[results.plan.baseline].fieldwork
    if before is None:
        return ()
    return tuple(
        Message(
            "fieldwork_mode_shift",
            {
                "wave": names.wave(wave.id),
                "baseline": names.wave(results.plan.baseline),
                "mode": Message(f"mode_{wave.fieldwork.mode}"),
                "before": Message(f"mode_{before.mode}"),
            },
        )
        for wave in study.waves
        if wave.fieldwork is not None and wave.fieldwork.mode != before.mode
    )


def interviewer_tables(results: Results) -> tuple[Table, ...]:
    """Return a table on interviewers, if a file says who interviewed."""
    told = results.sample.interviewing
    waves = [wave for wave in results.study.waves if wave.id in told]
    if not waves:
        return ()
    columns = (
        Column(Message("column_wave"), width=1.2),
        Column(Message("fieldwork_interviewers"), "number"),
        Column(Message("fieldwork_median"), "number"),
        Column(Message("fieldwork_from_first"), "number", 1.6),
    )
    rows = tuple(
        Row(
            (
                Label(wave.title),
                Number(told[wave.id].interviewers, "count"),
                Number(told[wave.id].median, "count"),
                Number(told[wave.id].from_first, "percent"),
            )
        )
        for wave in waves
    )
    notes = (Message("fieldwork_note"),) if len(waves) > 1 else ()
    return (Table(Message("fieldwork_caption"), columns, rows, notes),)
