"""Whether a study's parts fit each other and its instruments."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from resilience.definitions.checks.assignment import check_assignment, check_events
from resilience.definitions.checks.checker import Checker, check_where, each
from resilience.definitions.checks.identifiers import check_identifiers
from resilience.definitions.checks.margins import check_margins
from resilience.definitions.checks.policy import check_public
from resilience.definitions.exports import ChosenAnswer
from resilience.definitions.study import Roles
from resilience.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from resilience.definitions.document import Document, Place
    from resilience.definitions.instrument import Instrument
    from resilience.definitions.questionnaire import Questionnaire
    from resilience.definitions.study import StudyDefinition, Variable, Wave
    from resilience.errors import Issue

__all__ = ["form_issues", "study_issues"]


def form_issues(
    study: StudyDefinition, instruments: Iterable[Instrument], document: Document
) -> list[Issue]:
    """Return what does not fit between the forms that a study asks and those there are."""
    check = Checker(document)
    forms = {instrument.instrument: instrument.forms for instrument in instruments}
    for name, form in study.forms.items():
        check.known(("forms", name), name, forms, "instrument of this study")
        if name in forms:
            check.known(("forms", name), form, forms[name], f"form of {name}")
    return check.issues


_FEWEST_VALUES = 2


def study_issues(
    study: StudyDefinition, questionnaire: Questionnaire, document: Document
) -> list[Issue]:
    """Return what does not fit within a study, or between it and its instruments."""
    check = Checker(document)
    _check_names(check, study, questionnaire)
    _check_waves(check, study, questionnaire)
    _check_relations(check, study)
    check_margins(check, study)
    check_public(check, study, questionnaire)
    check_identifiers(check, study, questionnaire)
    check_assignment(check, study)
    check_events(check, study)
    _check_placeholders(check, study, questionnaire)
    sites = [site.id for site in study.sites]
    for position, activity in enumerate(study.activities):
        for site in activity.sites:
            check.known(("activities", position, "sites"), site, sites, "site")
        if activity.end and activity.end < activity.start:
            check.note(
                ("activities", position, "end"),
                "the activity ends before it starts",
                found=f"{activity.start} to {activity.end}",
                expected="an end on or after the start",
                remedy="correct the dates",
            )
    for position, target in enumerate(study.targets):
        place: Place = ("targets", position)
        measures = [*questionnaire.indices_by_id, *questionnaire.indicators_by_id]
        check.known((*place, "measure"), target.measure, measures, "index or indicator")
        check.known((*place, "wave"), target.wave, [wave.id for wave in study.waves], "wave")
        check_where(check, (*place, "where"), target.where, study)
        if target.measure in questionnaire.indicators_by_id and not 0 <= target.value <= 1:
            check.note(
                (*place, "value"),
                "an indicator's target is a share",
                found=f"{target.value:g}",
                expected="0 to 1",
                remedy=f"write {target.value / 100:g} for {target.value:g} %",
            )
    return check.issues


def _check_names(check: Checker, study: StudyDefinition, questionnaire: Questionnaire) -> None:
    names: list[tuple[Place, object]] = [((), name) for name in (*Roles.model_fields, "wave")]
    names += [
        (("instruments", position), name)
        for position, instrument in enumerate(questionnaire.instruments)
        for name in instrument.ids
    ]
    check.unique([*names, *each("variables", study.variables, "id")], "the name")
    check.unique(each("waves", study.waves, "id"), "the wave")
    check.unique(each("activities", study.activities, "id"), "the activity")
    check.unique(each("events", study.events, "id"), "the event")
    check.unique(each("sites", study.sites, "id"), "the value")
    check.unique(each("sites", study.sites, "code"), "the code")
    for position, variable in enumerate(study.variables):
        place: Place = ("variables", position)
        _check_kind(check, place, variable)
        values = list(enumerate(variable.values))
        check.unique((((*place, "values", at, "id"), v.id) for at, v in values), "the value")
        codes: list[tuple[Place, object]] = [
            ((*place, "values", at, "code"), value.code) for at, value in values
        ]
        codes += [((*place, "missing", code), code) for code in variable.missing]
        check.unique(codes, "the code")
    if len(study.sites) > 1 and study.roles.site is None:
        check.note(
            ("roles",),
            "there are several sites and no column that tells them apart",
            found="no 'site' in roles",
            expected="'site: <column>'",
            remedy="name the column",
        )


def _check_kind(check: Checker, place: Place, variable: Variable) -> None:
    if variable.kind == "categories" and len(variable.values) < _FEWEST_VALUES:
        check.note(
            (*place, "values"),
            f"variable '{variable.id}' tells nobody apart",
            found=f"{len(variable.values)} values",
            expected="at least two values, each with code, id and title",
            remedy="add the others; for a number such as age in years write 'kind: number'",
        )
    if variable.kind == "number" and variable.values:
        check.note(
            (*place, "values"),
            f"variable '{variable.id}' is a number and has values",
            found=f"'kind: number' and {len(variable.values)} values",
            expected="one or the other",
            remedy="remove 'values'; groups of a number are a variable of their own",
        )


def _check_waves(check: Checker, study: StudyDefinition, questionnaire: Questionnaire) -> None:
    items = list(questionnaire.items_by_id)
    columns = [*items, *(variable.id for variable in study.variables), *Roles.model_fields]
    columns += questionnaire.list_experiments_by_id
    for position, wave in enumerate(study.waves):
        place: Place = ("waves", position)
        for name in wave.columns:
            check.known((*place, "columns", name), name, columns, "role, variable or item")
            _check_chosen(check, (*place, "columns", name), wave, name)
        for name in wave.not_asked:
            check.known((*place, "not_asked"), name, items, "item")
        _check_versions(check, place, wave, items)
        _check_codes(check, place, wave, study, questionnaire)
        for name in wave.labels_equivalent:
            check.known((*place, "labels_equivalent", name), name, items, "item")
        if wave.fieldwork and wave.fieldwork.end < wave.fieldwork.start:
            check.note(
                (*place, "fieldwork"),
                f"the fieldwork of '{wave.id}' ends before it starts",
                found=f"{wave.fieldwork.start} to {wave.fieldwork.end}",
                expected="an end on or after the start",
                remedy="correct the dates",
            )
        own = wave.missing_codes.items()
        check.unique(
            (((*place, "missing_codes", reason), code) for reason, codes in own for code in codes),
            "the code",
        )
        asked = [item for item in items if item not in wave.not_asked]
        for reason, codes in wave.missing_codes.items():
            for item in asked:
                taken = set(codes) & set(questionnaire.scale_of(item).answers)
                if taken:
                    check.note(
                        (*place, "missing_codes", reason),
                        f"code {min(taken)} means '{reason}' and is an answer to '{item}'",
                        found=str(min(taken)),
                        expected="codes that are no answer",
                        remedy="leave the code out, or correct the scale",
                    )


def _check_versions(check: Checker, place: Place, wave: Wave, items: Sequence[str]) -> None:
    """Note items that versions of a form lack and the wave does not have."""
    if wave.versions is None:
        return
    asked = [item for item in items if item not in wave.not_asked]
    for version, names in wave.versions.not_asked.items():
        for name in names:
            at = (*place, "versions", "not_asked", version)
            check.known(at, name, asked, "item that the wave asked")


def _check_chosen(check: Checker, place: Place, wave: Wave, name: str) -> None:
    """Note a part in the design that is to be played by one choice of a question."""
    if isinstance(wave.columns[name], ChosenAnswer) and name in Roles.model_fields:
        check.note(
            place,
            f"'{name}' is mapped to one choice of a question",
            found="'question' and 'choice'",
            expected="a column of the file",
            remedy="give the column's name; items and variables may be choices",
        )


def _check_placeholders(
    check: Checker, study: StudyDefinition, questionnaire: Questionnaire
) -> None:
    """Tell of words such as {place} in questions that the study does not fill."""
    users: dict[str, list[str]] = {}
    for item in questionnaire.items_by_id.values():
        texts = " ".join((item.question or {}).values())
        for name in dict.fromkeys(re.findall(r"\{([a-z][a-z0-9_]*)\}", texts)):
            users.setdefault(name, []).append(item.id)
    for name, items in users.items():
        if name not in study.wording:
            check.note(
                ("wording",),
                f"the study does not say what stands for {{{name}}}",
                found="in the questions " + ", ".join(items),
                expected=f"'{name}' under 'wording'",
                remedy=nearest(name, study.wording, f"add 'wording: {{{name}: …}}'"),
            )


def _check_codes(
    check: Checker,
    place: Place,
    wave: Wave,
    study: StudyDefinition,
    questionnaire: Questionnaire,
) -> None:
    """Note names that a wave's `codes` speak of and codes that these do not have."""
    own = {code for codes in wave.missing_codes.values() for code in codes}
    known: dict[str, list[set[int | str]]] = {"site": [{site.code for site in study.sites}]}
    for variable in study.variables:
        values: set[int | str] = {value.code for value in variable.values}
        known.setdefault(variable.id, []).append(values | set(variable.missing))
    for item in questionnaire.items_by_id.values():
        scale = questionnaire.scale_of(item.id)
        codes = {*scale.answers, *(answer.code for answer in scale.missing), *own}
        for name in {item.id, item.scale}:
            known.setdefault(name, []).append(set(codes))
    for name, declared in wave.codes.items():
        at: Place = (*place, "codes", name)
        check.known(at, name, known, "scale, item, variable or site")
        for key, code in declared.items():
            lacking = [codes for codes in known.get(name, ()) if code not in codes]
            if lacking:
                check.note(
                    (*at, key),
                    f"'{name}' has no code {code}",
                    found=str(code),
                    expected="one of " + ", ".join(sorted(map(str, lacking[0]))),
                    remedy="name the code of the definition that the file's text or code means",
                )


def _check_relations(check: Checker, study: StudyDefinition) -> None:
    waves = [wave.id for wave in study.waves]
    relation = study.design.waves
    if len(waves) > 1 and relation is None:
        check.note(
            ("design",),
            "it is not said how the waves relate",
            found=f"{len(waves)} waves",
            expected="'waves: independent', 'same_psu' or 'panel' in design",
            remedy="fresh samples are independent; the same sampling points are same_psu",
        )
    pairs = relation if isinstance(relation, tuple) else ()
    if study.roles.respondent_id == "none" and "panel" in (
        relation,
        *(part.relation for part in pairs),
    ):
        check.note(
            ("roles", "respondent_id"),
            "a panel needs ids of respondents",
            found="none",
            expected="the column that tells who answered in both waves",
            remedy="name the column, or say how the waves relate",
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
                found=", ".join(" and ".join(part.between) for part in relation) or "no pair",
                expected="once for every pair of waves",
                remedy="give each pair one relation",
            )
