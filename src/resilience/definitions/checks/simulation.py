"""Whether a simulation plan speaks of what its study has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.checks.checker import Checker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resilience.definitions.document import Document, Place
    from resilience.definitions.simulation import SimulationPlan
    from resilience.definitions.study import Study
    from resilience.errors import Issue

__all__ = ["simulation_issues"]


def simulation_issues(plan: SimulationPlan, study: Study, document: Document) -> list[Issue]:
    """Return what a simulation plan speaks of that its study does not have."""
    check = Checker(document)
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
    if not sites:
        check.note(
            (),
            "a study without sites cannot be simulated",
            found="no sites in the study",
            expected="at least one",
            remedy="define the place of the survey under 'sites' in the study",
        )
    for name in leaves:
        check.known(("levels",), name, plan.levels, "level for the index")
    _check_groups(check, plan, study)
    return check.issues


def _check_groups(check: Checker, plan: SimulationPlan, study: Study) -> None:
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
