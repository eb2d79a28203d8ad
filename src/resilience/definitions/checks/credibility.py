"""Whether a study has what blocks on balance, attrition, power and sensitive questions need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.credibility import (
    AttritionBlock,
    BalanceBlock,
    PowerBlock,
    SensitiveBlock,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resilience.definitions.checks.checker import Checker
    from resilience.definitions.document import Place
    from resilience.definitions.report import ReportDefinition
    from resilience.definitions.study import Study

__all__ = ["check_credibility"]


def check_credibility(
    check: Checker, place: Place, part: object, report: ReportDefinition, study: Study
) -> None:
    """Note what such a block asks for that its study does not have."""
    if isinstance(part, BalanceBlock | AttritionBlock):
        _check_arms(check, place, part, study)
        _check_columns(check, (*place, "variables"), part.variables, study)
    if isinstance(part, AttritionBlock):
        _check_panel(check, place, part, report, study)
    if isinstance(part, PowerBlock) and len(study.sites) < _FEWEST:
        check.note(
            place,
            "power is told by places",
            found=f"{len(study.sites)} places",
            expected="two or more",
            remedy="take the block out",
        )
    if isinstance(part, SensitiveBlock):
        _check_sensitive(check, place, part, study)


_FEWEST = 2


def _check_arms(
    check: Checker, place: Place, part: BalanceBlock | AttritionBlock, study: Study
) -> None:
    if study.assignment is None:
        check.note(
            place,
            "the study does not say who was treated",
            found=f"a block '{part.block}'",
            expected="'assignment' in the study",
            remedy="declare the assignment, or take the block out",
        )


def _check_columns(check: Checker, place: Place, names: Sequence[str], study: Study) -> None:
    known = [
        *study.questionnaire.indices_by_id,
        *study.questionnaire.indicators_by_id,
        *study.questionnaire.items_by_id,
        *(variable.id for variable in study.variables),
    ]
    for name in names:
        check.known(place, name, known, "index, indicator, item or variable")


def _check_panel(
    check: Checker, place: Place, part: AttritionBlock, report: ReportDefinition, study: Study
) -> None:
    scores = [*study.questionnaire.indices_by_id, *study.questionnaire.indicators_by_id]
    for name in part.outcomes:
        check.known((*place, "outcomes"), name, scores, "index or indicator")
    later = part.wave or study.waves[-1].id
    if {later, report.baseline} <= set(study.waves_by_id) and (
        later == report.baseline or study.relation_of(report.baseline, later) != "panel"
    ):
        check.note(
            place,
            "nobody was to be found again",
            found=f"{report.baseline} and {later}, which are no panel",
            expected="waves that asked the same persons",
            remedy="take the block out, or name another wave",
        )


def _check_sensitive(check: Checker, place: Place, part: SensitiveBlock, study: Study) -> None:
    if part.experiment is None and not part.direct:
        check.note(
            place,
            "nothing sensitive is named",
            found="neither 'experiment' nor 'direct'",
            expected="one of them, or both",
            remedy="name a list experiment of the instruments, or a question asked directly",
        )
    if part.experiment is not None:
        declared = study.questionnaire.list_experiments_by_id
        check.known((*place, "experiment"), part.experiment, declared, "list experiment")
    items = study.questionnaire.items_by_id
    for at, question in enumerate(part.direct):
        here = (*place, "direct", at)
        check.known((*here, "item"), question.item, items, "item")
        if question.item in items:
            codes = study.questionnaire.scale_of(question.item).answers
            for code in question.answers:
                check.known((*here, "answers"), code, codes, f"answer to {question.item}")
