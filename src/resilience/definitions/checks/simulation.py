"""Whether a simulation plan speaks of what its study has."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from resilience.definitions.checks.checker import Checker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resilience.definitions.document import Document, Place
    from resilience.definitions.simulation import SimulationPlan
    from resilience.definitions.study import Study
    from resilience.errors import Issue

__all__ = ["simulation_issues"]

STANDING = "index of items or item in no index"


def simulation_issues(plan: SimulationPlan, study: Study, document: Document) -> list[Issue]:
    """Return what a simulation plan speaks of that its study does not have."""
    check = Checker(document)
    indices = [index.id for index in study.questionnaire.indices_by_id.values() if index.items]
    _check_names(check, plan, study, indices)
    if not study.sites:
        check.note(
            (),
            "a study without sites cannot be simulated",
            found="no sites in the study",
            expected="at least one",
            remedy="define the place of the survey under 'sites' in the study",
        )
    for name in indices:
        remedy = f"add '{name}: 0' under 'levels'"
        check.known(("levels",), name, plan.levels, "level for the index", remedy=remedy)
    _check_groups(check, plan, study)
    _check_noninvariance(check, plan)
    _check_answers(check, plan, study)
    _check_relations(check, plan, study)
    _check_interviewers(check, plan, study)
    _check_lists(check, plan, study)
    return check.issues


def _check_names(check: Checker, plan: SimulationPlan, study: Study, indices: list[str]) -> None:
    """Note waves, sites, indices and items that the study does not have."""
    waves = list(study.waves_by_id)
    items = list(study.questionnaire.items_by_id)
    counts = {part.item for part in study.questionnaire.list_experiments_by_id.values()}
    graded = [item for item in items if item not in counts]
    standings = [*indices, *_items_apart(study, graded)]
    sites = [site.id for site in study.sites]
    named: list[tuple[Place, Iterable[str], list[str], str]] = [
        (("levels",), plan.levels, standings, STANDING),
        (("sites",), plan.sites, sites, "site"),
        (("trend",), plan.trend, waves, "wave"),
        (("effect",), plan.effect, waves, "wave"),
        (("loadings", "items"), plan.loadings.items, graded, "item"),
    ]
    named += [
        (("effect", wave), effects, standings, STANDING) for wave, effects in plan.effect.items()
    ]
    named += [
        (("missing", position, section), getattr(rate, section), known, "item")
        for position, rate in enumerate(plan.missing)
        for section, known in (("items", items), ("by_answer", graded))
    ]
    named += [
        (("noninvariance", position, section), getattr(group, section), graded, "item")
        for position, group in enumerate(plan.noninvariance)
        for section in ("loadings", "threshold_shifts")
    ]
    for place, names, known, noun in named:
        for name in names:
            check.known((*place, name), name, known, noun)
    staying = plan.sample.panel.staying if plan.sample.panel else None
    if staying and staying.index:
        place = ("sample", "panel", "staying", "index")
        check.known(place, staying.index, indices, "index of items")


def _items_apart(study: Study, items: list[str]) -> list[str]:
    """Return the items in no index: people have a standing on each of its own."""
    used = {item for index in study.questionnaire.indices_by_id.values() for item in index.items}
    return [item for item in items if item not in used]


def _check_groups(check: Checker, plan: SimulationPlan, study: Study) -> None:
    variables = {name: [v.id for v in var.values] for name, var in study.variables_by_id.items()}
    numbers = [variable.id for variable in study.variables if variable.kind == "number"]
    for name in numbers:
        check.note(
            ("groups",),
            f"variable '{name}' is a number, and those are not simulated",
            found="'kind: number' in the study",
            expected="variables with values",
            remedy="for the rehearsal declare groups of it, or leave it out",
        )
    groups: list[tuple[Place, str, Iterable[str]]] = [
        ((section, name), name, values)
        for section, part in (("groups", plan.groups), ("differences", plan.differences))
        for name, values in part.items()
    ]
    if plan.response:
        place: Place = ("response", "variable")
        groups.append((place, plan.response.variable, plan.response.rates))
    if plan.sample.panel and (rule := plan.sample.panel.staying):
        groups.append((("sample", "panel", "staying", "variable"), rule.variable, rule.rates))
    groups += [
        (("noninvariance", position, "value"), group.variable, [group.value])
        for position, group in enumerate(plan.noninvariance)
    ]
    for place, name, values in groups:
        check.known(place, name, variables, "variable")
        for value in values:
            check.known(place, value, variables.get(name, []), f"value of {name}")
    for name in (name for name in variables if name not in numbers):
        remedy = f"add '{name}: {{…}}' under 'groups', with the share of each value"
        noun = "make-up of the population by"
        check.known(("groups",), name, plan.groups, noun, remedy=remedy)


def _check_noninvariance(check: Checker, plan: SimulationPlan) -> None:
    """Note groups named twice, and items whose loading two variables give."""
    groups: list[tuple[Place, object]] = []
    loadings: dict[tuple[str, str], tuple[Place, object]] = {}
    for position, group in enumerate(plan.noninvariance):
        place: Place = ("noninvariance", position)
        groups.append(((*place, "value"), f"{group.variable}: {group.value}"))
        for item in group.loadings:
            loadings.setdefault((item, group.variable), ((*place, "loadings", item), item))
    check.unique(groups, "the group")
    check.unique(loadings.values(), "by variables that overlap, the loading of")


def _check_answers(check: Checker, plan: SimulationPlan, study: Study) -> None:
    """Note rates for codes that are no answer, or for a reason that has no code."""
    for position, rate in enumerate(plan.missing):
        for item, rates in rate.by_answer.items():
            if item not in study.questionnaire.items_by_id:
                continue
            place: Place = ("missing", position, "by_answer", item)
            scale = study.questionnaire.scale_of(item)
            for code in rates:
                check.known((*place, code), code, scale.answers, f"answer to '{item}' with code")
            reasons = [part.reason for part in scale.missing]
            check.known(place, rate.reason, reasons, f"code of the scale of '{item}' for")


def _check_relations(check: Checker, plan: SimulationPlan, study: Study) -> None:
    """Note a panel that the study's waves do not have, and one that the plan lacks."""
    waves = list(study.waves_by_id)
    visited = plan.sample.psu_overlap > 0
    if plan.sample.panel and len(waves) > 1 and not visited:
        check.note(
            ("sample", "panel"),
            "nobody can be asked again where no PSU is visited again",
            found="psu_overlap: 0",
            expected="a share above 0",
            remedy="raise 'psu_overlap', or remove the panel",
        )
    for pair in itertools.combinations(waves, 2):
        word = study.relation_of(*pair)
        adjacent = waves.index(pair[1]) - waves.index(pair[0]) == 1
        named = f"the study's '{pair[0]}' and '{pair[1]}'"
        if word == "panel" and not plan.sample.panel:
            check.note(
                ("sample",),
                f"{named} are a panel, and the plan asks nobody again",
                found="no 'panel' in sample",
                expected="'panel: {share: …}'",
                remedy="say which share is asked again, or correct 'waves' in the study's design",
            )
        elif word == "independent" and plan.sample.panel and adjacent:
            check.note(
                ("sample", "panel"),
                f"the plan asks people again, and {named} are independent",
                found="a panel",
                expected="waves that are 'panel' (or 'same_psu') in the study's design",
                remedy="correct 'waves' in the study's design, or remove the panel",
            )
        elif word == "same_psu" and not visited:
            check.note(
                ("sample", "psu_overlap"),
                f"{named} share PSUs, and the plan visits none again",
                found="psu_overlap: 0",
                expected="a share above 0",
                remedy="raise it, or write 'waves: independent' in the study's design",
            )


def _check_interviewers(check: Checker, plan: SimulationPlan, study: Study) -> None:
    """Note interviewers without a column, and what needs interviewers without them."""
    if plan.interviewers and study.roles.interviewer is None:
        check.note(
            ("interviewers",),
            "the study has no column that tells who interviewed",
            found="no 'interviewer' in the study's roles",
            expected="'interviewer: <column>'",
            remedy="name the column in the study's roles",
        )
    if study.roles.interviewer is not None and not plan.interviewers:
        check.note(
            (),
            "the study tells who interviewed, and the plan has no interviewers",
            found="no 'interviewers'",
            expected="'interviewers: {per_site: …, variance_share: …}'",
            remedy="add them; a variance share of 0 gives them no effect",
        )
    for position, part in enumerate(plan.fabrication):
        check.known(("fabrication", position, "wave"), part.wave, study.waves_by_id, "wave")
        if not plan.interviewers:
            check.note(
                ("fabrication", position),
                "interviews are made up by interviewers, and the plan has none",
                found="no 'interviewers'",
                expected="'interviewers: {per_site: …, variance_share: …}'",
                remedy="add them, and their column to the study's roles",
            )


def _check_lists(check: Checker, plan: SimulationPlan, study: Study) -> None:
    """Note list experiments that the plan or the study lacks, and lists of another length."""
    experiments = study.questionnaire.list_experiments_by_id
    for name in experiments:
        place: Place = ("list_experiments",)
        check.known(place, name, plan.list_experiments, "plan of the list experiment")
    for name, planned in plan.list_experiments.items():
        place = ("list_experiments", name)
        check.known(place, name, experiments, "list experiment")
        if name not in experiments:
            continue
        asking = [
            wave for wave in study.waves_by_id if experiments[name] in study.lists_asked(wave)
        ]
        for wave in planned.sensitive:
            check.known((*place, "sensitive", wave), wave, asking, "wave that asks the list")
        for wave in asking:
            check.known((*place, "sensitive"), wave, planned.sensitive, "sensitive share in")
        if len(planned.controls) != experiments[name].controls:
            check.note(
                (*place, "controls"),
                f"the list '{name}' has another number of statements",
                found=f"{len(planned.controls)} shares",
                expected=f"{experiments[name].controls}, as in the instrument",
                remedy="give one share for each statement that all respondents hear",
            )
