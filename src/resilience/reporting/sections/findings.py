"""The findings in sentences, written by rule from verdicts that are already adjusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.evaluation.results import ChangeResult
from resilience.reporting.cells import EstimateCells
from resilience.reporting.document import Bullets, Callout, Paragraph, Section
from resilience.reporting.phrases import Label, Listing, Message, Number

if TYPE_CHECKING:
    from resilience.disclosure.suppression import Protected
    from resilience.evaluation.results import PlannedResult, Results
    from resilience.evaluation.targets import TargetStatus
    from resilience.reporting.document import Block
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["change_sentence", "design_cautions", "findings_section", "planned_sentence"]

_TARGET_WORDS: tuple[TargetStatus, ...] = ("met", "not_met", "not_shown", "not_estimable")


def findings_section(results: Results, names: Names) -> Section:
    """Return the main findings: planned changes, targets, then what else was looked at."""
    blocks: list[Block] = []
    if results.planned:
        sentences = tuple(planned_sentence(part, results, names) for part in results.planned)
        blocks.append(Callout("finding", Message("findings_planned"), sentences))
    if results.targets:
        blocks.append(Callout("finding", Message("findings_targets"), (_target_counts(results),)))
    further = [part for _, part in results.blocks if isinstance(part, ChangeResult)]
    for part in further:
        blocks += _further(part, results, names)
    if further:
        blocks.append(Paragraph(Message("further_open")))
    cautions = _cautions(results)
    if not blocks:  # of one wave there is nothing to find by rule: levels speak for themselves
        return Section("findings", Message("caution_title"), (Bullets(cautions),))
    blocks.append(Callout("caution", Message("caution_title"), cautions))
    return Section("findings", Message("findings_title"), tuple(blocks))


def change_sentence(
    changes: Protected, row: int, verdict: str, people: Phrase, results: Results, names: Names
) -> Phrase:
    """Return one change in words."""
    rows = changes.estimates.rows.iloc[row]
    cells = EstimateCells(changes, results.plan.level, changes=True)
    key = "change_suppressed" if changes.status[row] == "suppressed" else f"change_{verdict}"
    return Message(
        key,
        {
            "measure": names.measure(str(rows["variable"])),
            "people": people,
            "change": cells.number(row),
            "size": cells.size(row),
            "unit": Message(f"unit_change_{changes.estimates.unit[row] or 'points'}"),
            "interval": cells.interval(row),
            "level": Number(results.plan.level, "coverage"),
            "baseline": names.wave(str(rows["reference"])),
            "wave": names.wave(str(rows["wave"])),
        },
    )


def planned_sentence(
    part: PlannedResult, results: Results, names: Names, people: Phrase | None = None
) -> Phrase:
    """Return a change that was named in advance in words, or why there is none.

    Parameters
    ----------
    part : PlannedResult
    results : Results
    names : Names
    people : Phrase, optional
        What to call those whom it concerns; by default as the plan does.
    """
    title = part.planned.title
    if people is None:
        people = Label(title) if title else names.people(part.planned.where)
    if part.change is None or part.verdicts is None:
        reasons = tuple(names.difference(reason) for reason in part.refused)
        return Message(
            "change_refused" if reasons else "change_not_measured",
            {
                "measure": names.measure(part.planned.measure),
                "people": people,
                "baseline": names.wave(results.plan.baseline),
                "wave": names.wave(part.planned.wave),
                **({"reasons": Listing(reasons, "comma")} if reasons else {}),
            },
        )
    verdict = part.verdicts.verdicts[0]
    return change_sentence(part.change, 0, verdict, people, results, names)


def _target_counts(results: Results) -> Phrase:
    found = [target.status for target in results.targets]
    counts: dict[str, Phrase] = {word: Number(found.count(word), "count") for word in _TARGET_WORDS}
    key = "target_counts" if "not_estimable" in found else "target_counts_all_estimable"
    return Message(key, {"n": Number(len(found), "count"), **counts})


def _further(part: ChangeResult, results: Results, names: Names) -> list[Block]:
    """Return what was looked at besides: the clear changes in sentences, the others counted."""
    if part.changes is None or part.verdicts is None or part.verdicts.planned.all():
        return []
    clear = [
        row
        for row, verdict in enumerate(part.verdicts.verdicts)
        if verdict in ("increase", "decrease") and not part.verdicts.planned[row]
    ]
    title = part.block.title
    counts: dict[str, Phrase] = {
        "section": Label(title) if title else Message("change_title"),
        "n": Number(part.verdicts.family_size, "count"),
        "clear": Number(len(clear), "count"),
    }
    blocks: list[Block] = [Paragraph(Message("further_changes", counts))]
    if clear:
        blocks.append(
            Bullets(
                tuple(
                    change_sentence(
                        part.changes,
                        row,
                        part.verdicts.verdicts[row],
                        _people_of_row(part, row, names),
                        results,
                        names,
                    )
                    for row in clear
                )
            )
        )
    return blocks


def _people_of_row(part: ChangeResult, row: int, names: Names) -> Phrase:
    by = part.block.by
    if by is None or part.changes is None:
        return names.people(part.block.where)
    return names.value(by, part.changes.estimates.rows[by].iloc[row])


def _cautions(results: Results) -> tuple[Phrase, ...]:
    study = results.study
    cautions: list[Phrase] = [Message("caution_change")] if len(study.waves) > 1 else []
    cautions += [Message("caution_ranking"), *design_cautions(results)]
    instruments = results.study.questionnaire.instruments
    if any(part.status == "unvalidated_draft" for part in instruments):
        cautions.append(Message("caution_draft"))
    return tuple(cautions)


def design_cautions(results: Results) -> tuple[Phrase, ...]:
    """Return what is not known of how respondents were chosen."""
    study = results.study
    cautions: list[Phrase] = []
    if study.design.selection != "probability":
        cautions.append(Message("caution_model_based"))
    if study.roles.psu == "not_published":
        effect = study.design.assumed_design_effect
        values = {"effect": Number(effect, "ratio")} if effect > 1 else {}
        cautions.append(Message("caution_psu_assumed" if effect > 1 else "caution_psu", values))
    if study.roles.weight == "none":
        cautions.append(Message("caution_weights"))
    return tuple(cautions)
