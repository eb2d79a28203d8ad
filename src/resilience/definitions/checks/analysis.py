"""Whether an analysis plan asks for what its study has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.checks.checker import Checker, check_where, each

if TYPE_CHECKING:
    from resilience.definitions.analysis import Analysis, Outcome
    from resilience.definitions.document import Document, Place
    from resilience.definitions.study import Study
    from resilience.errors import Issue

__all__ = ["analysis_issues"]


def analysis_issues(plan: Analysis, study: Study, document: Document) -> list[Issue]:
    """Return what a plan asks for that its study does not have."""
    check = Checker(document)
    waves = list(study.waves_by_id)
    for key in ("baseline", "endline"):
        if (wave := getattr(plan, key)) is not None:
            check.known((key,), wave, waves, "wave")
    if plan.baseline in waves and plan.endline in waves:
        _check_order(check, plan, waves)
    questionnaire = study.questionnaire
    numbers = [part.id for part in study.variables if part.kind == "number"]
    measures = [*questionnaire.indices_by_id, *questionnaire.indicators_by_id]
    measures += [*questionnaire.items_by_id, *numbers]
    named: list[tuple[Place, object]] = []
    for at, family in enumerate(plan.families):
        for position, outcome in enumerate(family.outcomes):
            place: Place = ("families", at, "outcomes", position)
            check.known((*place, "measure"), outcome.measure, measures, "measure")
            named.append(((*place, "measure"), outcome.measure))
            share = outcome.measure in questionnaire.indicators_by_id
            _check_margin(check, outcome, place, share=share)
    check.unique(named, "the outcome")
    check.unique(each("families", plan.families, "id"), "the family")
    _check_columns(check, plan, study, measures)
    if study.assignment is None:
        check.note(
            ("method",),
            f"the study '{study.study}' does not say who was treated",
            found="no 'assignment' in the study",
            expected="'assignment: {mechanism: …, treated: {wave: [sites]}}'",
            remedy="declare it in the study; one treated and one comparison place is a change",
        )
    return check.issues


def _check_margin(check: Checker, outcome: Outcome, place: Place, *, share: bool) -> None:
    margin = outcome.margin
    if margin is None and "margin_unit" in outcome.model_fields_set:
        check.note(
            (*place, "margin_unit"),
            "a margin's unit without a margin",
            found=f"margin_unit: {outcome.margin_unit}",
            expected="'margin' and its unit, or neither",
            remedy="write the smallest effect that would matter as 'margin: …'",
        )
    if share and outcome.margin_unit == "points" and margin is not None and margin >= 1:
        check.note(
            (*place, "margin"),
            "an indicator's margin is a share",
            found=f"{margin:g}",
            expected="less than 1",
            remedy=f"write {margin / 100:g} for {margin:g} points",
        )


def _check_columns(check: Checker, plan: Analysis, study: Study, measures: list[str]) -> None:
    groups = ["site", *(part.id for part in study.variables if part.kind != "number")]
    for position, name in enumerate(plan.subgroups):
        check.group(("subgroups", position), name, groups, study)
    columns = [*measures, "site", *(part.id for part in study.variables)]
    for position, name in enumerate(plan.covariates):
        check.known(("covariates", position), name, columns, "measure or variable")
    check_where(check, ("where",), plan.where, study)


def _check_order(check: Checker, plan: Analysis, waves: list[str]) -> None:
    if waves.index(str(plan.baseline)) >= waves.index(str(plan.endline)):
        check.note(
            ("endline",),
            "the endline is not after the baseline",
            found=f"{plan.baseline}, then {plan.endline}",
            expected="two waves in the study's order: " + ", ".join(waves),
            remedy="exchange the two",
        )
