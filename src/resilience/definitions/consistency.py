"""Whether the parts of a definition fit each other: what one part names, another must have."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

from resilience.definitions.report import AnswersBlock
from resilience.definitions.study import Roles
from resilience.errors import Issue, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from resilience.definitions.document import Document, Place
    from resilience.definitions.instrument import Instrument
    from resilience.definitions.questionnaire import Questionnaire
    from resilience.definitions.report import ReportDefinition
    from resilience.definitions.simulation import SimulationPlan
    from resilience.definitions.study import Study, StudyDefinition

__all__ = ["instrument_issues", "report_issues", "simulation_issues", "study_issues"]


class _Checker:
    """Collects what is wrong, with its place in the file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.issues: list[Issue] = []

    def known(self, place: Place, name: object, names: Iterable[object], noun: str) -> None:
        """Note a name that does not occur among those there are."""
        there = [str(candidate) for candidate in names]
        if str(name) not in there:
            self.note(
                place,
                f"there is no {noun} '{name}'",
                expected=("one of " + ", ".join(there)) if there else f"no {noun} is defined",
                remedy=nearest(str(name), there),
            )

    def unique(self, place: Place, names: Iterable[object], noun: str) -> None:
        """Note names that occur more than once."""
        for name, count in Counter(map(str, names)).items():
            if count > 1:
                self.note(
                    place,
                    f"{noun} '{name}' is defined {count} times",
                    expected="each once",
                    remedy="rename or remove one",
                )

    def note(self, place: Place, what: str, *, expected: str = "", remedy: str = "") -> None:
        """Note one finding."""
        where = self.document.where(place)
        self.issues.append(Issue(what, where=where, expected=expected, remedy=remedy))


def instrument_issues(instrument: Instrument, document: Document) -> list[Issue]:
    """Return what does not fit within an instrument."""
    check = _Checker(document)
    items = [item.id for item in instrument.items]
    indices = [index.id for index in instrument.indices]
    check.unique((), instrument.ids, "the id")
    for name, scale in instrument.scales.items():
        codes = [*scale.answers, *(answer.code for answer in scale.missing)]
        check.unique(("scales", name), codes, "the code")
    for position, item in enumerate(instrument.items):
        check.known(("items", position, "scale"), item.scale, instrument.scales, "scale")
        worded = item.question is not None
        if worded and instrument.wording == "obtain":
            check.note(
                ("items", position, "question"),
                f"item '{item.id}' has a wording, but the instrument's is to be obtained",
                expected="no 'question' where 'wording: obtain'",
                remedy="remove the text, or correct 'wording'",
            )
        if not worded and instrument.wording != "obtain":
            check.note(("items", position), f"item '{item.id}' has no question", remedy="add it")
    for position, index in enumerate(instrument.indices):
        place: Place = ("indices", position)
        before = indices[:position]
        for part in index.items:
            check.known((*place, "items"), part, items, "item")
        for part in index.indices:
            check.known((*place, "indices"), part, before, "index defined above this one")
    for position, indicator in enumerate(instrument.indicators):
        for part in indicator.condition.items_used():
            check.known(("indicators", position, "condition"), part, items, "item")
    return check.issues


def study_issues(
    study: StudyDefinition, questionnaire: Questionnaire, document: Document
) -> list[Issue]:
    """Return what does not fit within a study, or between it and its instruments."""
    check = _Checker(document)
    _check_names(check, study, questionnaire)
    _check_waves(check, study, questionnaire)
    _check_relations(check, study)
    sites = [site.id for site in study.sites]
    for position, activity in enumerate(study.activities):
        for site in activity.sites:
            check.known(("activities", position, "sites"), site, sites, "site")
        if activity.end and activity.end < activity.start:
            check.note(("activities", position, "end"), "the activity ends before it starts")
    for position, target in enumerate(study.targets):
        place: Place = ("targets", position)
        measures = [*questionnaire.indices_by_id, *questionnaire.indicators_by_id]
        check.known((*place, "measure"), target.measure, measures, "index or indicator")
        check.known((*place, "wave"), target.wave, [wave.id for wave in study.waves], "wave")
        _check_where(check, (*place, "where"), target.where, study)
        if target.measure in questionnaire.indicators_by_id and not 0 <= target.value <= 1:
            check.note((*place, "value"), "an indicator's target is a share", expected="0 to 1")
    return check.issues


def _check_names(check: _Checker, study: StudyDefinition, questionnaire: Questionnaire) -> None:
    parts = [name for instrument in questionnaire.instruments for name in instrument.ids]
    variables = [variable.id for variable in study.variables]
    check.unique((), [*parts, *variables, *Roles.model_fields, "wave"], "the name")
    check.unique(("waves",), [wave.id for wave in study.waves], "the wave")
    check.unique(("activities",), [activity.id for activity in study.activities], "the activity")
    groups: list[tuple[Place, list[object], list[object]]] = [
        (("sites",), [site.id for site in study.sites], [site.code for site in study.sites])
    ]
    groups += [
        (
            ("variables", position, "values"),
            [value.id for value in variable.values],
            [*(value.code for value in variable.values), *variable.missing],
        )
        for position, variable in enumerate(study.variables)
    ]
    for place, names, codes in groups:
        check.unique(place, names, "the value")
        check.unique(place, codes, "the code")
    if len(study.sites) > 1 and study.roles.site is None:
        check.note(
            ("roles",),
            "there are several sites and no column that tells them apart",
            expected="'site: <column>' in roles",
        )


def _check_waves(check: _Checker, study: StudyDefinition, questionnaire: Questionnaire) -> None:
    items = list(questionnaire.items_by_id)
    columns = [*items, *(variable.id for variable in study.variables), *Roles.model_fields]
    for position, wave in enumerate(study.waves):
        place: Place = ("waves", position)
        for name in wave.columns:
            check.known((*place, "columns", name), name, columns, "role, variable or item")
        for name in wave.not_asked:
            check.known((*place, "not_asked"), name, items, "item")
        for name in wave.labels_equivalent:
            check.known((*place, "labels_equivalent", name), name, items, "item")
        if wave.fieldwork.end < wave.fieldwork.start:
            check.note((*place, "fieldwork"), f"the fieldwork of '{wave.id}' ends before it starts")
        asked = [item for item in items if item not in wave.not_asked]
        for reason, codes in wave.missing_codes.items():
            for item in asked:
                taken = set(codes) & set(questionnaire.scale_of(item).answers)
                if taken:
                    check.note(
                        (*place, "missing_codes", reason),
                        f"code {min(taken)} means '{reason}' and is an answer to '{item}'",
                        expected="codes that no scale uses",
                    )


def _check_relations(check: _Checker, study: StudyDefinition) -> None:
    waves = [wave.id for wave in study.waves]
    relation = study.design.waves
    if len(waves) > 1 and relation is None:
        check.note(
            ("design",),
            "it is not said how the waves relate",
            expected="'waves: independent', 'same_psu' or 'panel' in design",
            remedy="fresh samples are independent; the same sampling points are same_psu",
        )
    if not isinstance(relation, tuple):
        return
    for position, part in enumerate(relation):
        for wave in part.between:
            check.known(("design", "waves", position, "between"), wave, waves, "wave")
    said = Counter(frozenset(part.between) for part in relation)
    for pair in itertools.combinations(waves, 2):
        if said[frozenset(pair)] != 1:
            check.note(
                ("design", "waves"),
                f"the relation of '{pair[0]}' and '{pair[1]}' is given "
                f"{said[frozenset(pair)]} times",
                expected="once for every pair of waves",
            )


def _check_where(
    check: _Checker, place: Place, where: Mapping[str, object], study: StudyDefinition
) -> None:
    values = {variable.id: [value.id for value in variable.values] for variable in study.variables}
    values["site"] = [site.id for site in study.sites]
    for name, wanted in where.items():
        check.known((*place, name), name, values, "site or variable")
        for value in wanted if isinstance(wanted, tuple) else (wanted,):
            if name in values and isinstance(value, str | int):
                check.known((*place, name), value, values[name], f"value of {name}")


def report_issues(report: ReportDefinition, study: Study, document: Document) -> list[Issue]:
    """Return what a report asks for that its study does not have."""
    check = _Checker(document)
    waves = list(study.waves_by_id)
    scores = [*study.questionnaire.indices_by_id, *study.questionnaire.indicators_by_id]
    groups = ["site", *study.variables_by_id]
    check.known(("baseline",), report.baseline, waves, "wave")
    parts: Iterator[tuple[Place, object]] = itertools.chain(
        ((("planned", at), part) for at, part in enumerate(report.planned)),
        ((("blocks", at), part) for at, part in enumerate(report.blocks)),
    )
    for place, part in parts:
        if (wave := getattr(part, "wave", None)) is not None:
            check.known((*place, "wave"), wave, waves, "wave")
        if (by := getattr(part, "by", None)) is not None:
            check.known((*place, "by"), by, groups, "site or variable")
        if (measure := getattr(part, "measure", None)) is not None:
            check.known((*place, "measure"), measure, scores, "index or indicator")
        for name in getattr(part, "measures", ()):
            check.known((*place, "measures"), name, scores, "index or indicator")
        if isinstance(part, AnswersBlock):
            _check_answers(check, (*place, "items"), part, study)
        _check_where(check, (*place, "where"), getattr(part, "where", {}), study)
    return check.issues


def _check_answers(check: _Checker, place: Place, block: AnswersBlock, study: Study) -> None:
    items = study.questionnaire.items_by_id
    for name in block.items:
        check.known(place, name, items, "item")
    scales = dict.fromkeys(items[name].scale for name in block.items if name in items)
    if len(scales) > 1:
        check.note(
            place,
            f"the items have different scales: {', '.join(scales)}",
            expected="items that share a scale in one block",
            remedy="make a block for each scale",
        )
    asked = study.items_asked(block.wave) if block.wave in study.waves_by_id else block.items
    for name in block.items:
        if name in items and name not in asked:
            check.note(place, f"'{name}' was not asked in {block.wave}", remedy="leave it out")


def simulation_issues(plan: SimulationPlan, study: Study, document: Document) -> list[Issue]:
    """Return what a simulation plan speaks of that its study does not have."""
    check = _Checker(document)
    waves = list(study.waves_by_id)
    items = list(study.questionnaire.items_by_id)
    leaves = [index.id for index in study.questionnaire.indices_by_id.values() if index.items]
    sites = [site.id for site in study.sites]
    named: list[tuple[Place, Iterable[str], list[str], str]] = [
        (("levels",), plan.levels, leaves, "index of items"),
        (("sites",), plan.sites, sites, "site"),
        (("trend",), plan.trend, waves, "wave"),
        (("effect",), plan.effect, waves, "wave"),
        (("loadings", "items"), plan.loadings.items, items, "item"),
    ]
    named += [
        (("effect", wave), effects, leaves, "index of items")
        for wave, effects in plan.effect.items()
    ]
    named += [
        (("missing", position, "items"), rate.items, items, "item")
        for position, rate in enumerate(plan.missing)
    ]
    for place, names, known, noun in named:
        for name in names:
            check.known((*place, name), name, known, noun)
    for name in leaves:
        check.known(("levels",), name, plan.levels, "level for the index")
    _check_groups(check, plan, study)
    return check.issues


def _check_groups(check: _Checker, plan: SimulationPlan, study: Study) -> None:
    variables = {name: [v.id for v in var.values] for name, var in study.variables_by_id.items()}
    groups: list[tuple[Place, str, Iterable[str]]] = [
        ((section, name), name, values)
        for section, part in (("groups", plan.groups), ("differences", plan.differences))
        for name, values in part.items()
    ]
    if plan.response:
        place: Place = ("response", "variable")
        groups.append((place, plan.response.variable, plan.response.rates))
    for place, name, values in groups:
        check.known(place, name, variables, "variable")
        for value in values:
            check.known(place, value, variables.get(name, []), f"value of {name}")
    for name in variables:
        check.known(("groups",), name, plan.groups, "make-up of the population by")
