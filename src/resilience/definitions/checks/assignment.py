"""Whether an assignment and events fit the study they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.assignment import assignment_faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resilience.definitions.assignment import Assignment
    from resilience.definitions.checks.checker import Checker
    from resilience.definitions.document import Place
    from resilience.definitions.study import StudyDefinition

__all__ = ["check_assignment", "check_events"]


def check_assignment(check: Checker, study: StudyDefinition) -> None:
    """Note what an assignment names that the study does not have, and what contradicts it."""
    said = study.assignment
    if said is None:
        return
    for fault in assignment_faults(said):
        place: Place = ("assignment", *fault.key)
        check.note(
            place,
            fault.what,
            found=fault.found,
            expected=fault.expected,
            remedy=fault.remedy,
        )
    columns = ["site", *(part.id for part in study.variables)]
    for name in said.unit_columns if said.unit != "person" else ():
        check.known(("assignment", "unit"), name, columns, "site or variable")
    for name in said.block_columns:
        check.known(("assignment", "block_variable"), name, columns, "site or variable")
    waves = [wave.id for wave in study.waves]
    for wave in said.treated:
        check.known(("assignment", "treated", wave), wave, waves, "wave")
    _check_arm(check, study, columns, waves)
    _check_units(check, said, study)
    if said.unit == "site":
        _check_roles(check, said, study)


def check_events(check: Checker, study: StudyDefinition) -> None:
    """Note events at places that the study does not have, and those that end before they start."""
    sites = [site.id for site in study.sites]
    for position, event in enumerate(study.events):
        place: Place = ("events", position)
        for site in event.sites:
            check.known((*place, "sites"), site, sites, "site")
        told: set[tuple[str, str | None]] = set()
        for number, part in enumerate(event.series):
            if part.site is not None:
                check.known((*place, "series", number), part.site, event.sites or sites, "site")
            if (part.month, part.site) in told:
                check.note(
                    (*place, "series", number),
                    "a month is counted twice",
                    found=" ".join(filter(None, (part.month, part.site))),
                    expected="one count for each month and place",
                    remedy="add the counts, or correct the month",
                )
            told.add((part.month, part.site))
        if event.end and event.end < event.start:
            check.note(
                (*place, "end"),
                "the event ends before it starts",
                found=f"{event.start} to {event.end}",
                expected="an end on or after the start",
                remedy="correct the dates",
            )


def _check_arm(
    check: Checker, study: StudyDefinition, columns: Sequence[str], waves: Sequence[str]
) -> None:
    arm = study.assignment.arm if study.assignment else None
    if arm is None:
        return
    place: Place = ("assignment", "arm")
    check.known((*place, "variable"), arm.variable, columns, "site or variable")
    check.known((*place, "since"), arm.since, waves, "wave")
    values = _values_of(arm.variable, study)
    for value in arm.treated if values is not None else ():
        check.known((*place, "treated"), value, values or (), f"value of {arm.variable}")


def _values_of(name: str, study: StudyDefinition) -> list[str] | None:
    """Return the values of a site or variable; None for a number, which has none."""
    if name == "site":
        return [site.id for site in study.sites]
    found = [part for part in study.variables if part.id == name and part.kind == "categories"]
    return [value.id for value in found[0].values] if found else None


def _check_units(check: Checker, said: Assignment, study: StudyDefinition) -> None:
    """Note units that the study does not have, and units that no block covers."""
    values = _values_of(said.unit, study) if isinstance(said.unit, str) else None
    if values is None:
        return
    listed: list[tuple[Place, object]] = [
        (("assignment", "treated", wave), unit)
        for wave, units in said.treated.items()
        for unit in units
    ]
    listed += [(("assignment", "comparison"), unit) for unit in said.comparison]
    listed += [
        (("assignment", "blocks", block), unit)
        for block, units in said.blocks.items()
        for unit in units
    ]
    for place, unit in listed:
        check.known(place, unit, values, f"{said.unit_name}")
    covered = {str(unit) for units in said.blocks.values() for unit in units}
    concerned = _concerned(said, study, values)
    lacking = [unit for unit in concerned if unit not in covered]
    if said.blocks and lacking:
        check.note(
            ("assignment", "blocks"),
            "the blocks do not cover all units",
            found="no block for " + ", ".join(lacking),
            expected="each treated and comparison unit in one block",
            remedy="add them to the blocks in which their lot was drawn",
        )


def _concerned(said: Assignment, study: StudyDefinition, values: Sequence[str]) -> list[str]:
    """Return the units that are treated or compared with."""
    treated = list(said.first_treated)
    if said.comparison:
        return [*treated, *map(str, said.comparison)]
    if said.unit == "site":
        without = [site.id for site in study.sites if site.role == "none"]
        return [unit for unit in values if unit not in without or unit in treated]
    return list(values)


def _check_roles(check: Checker, said: Assignment, study: StudyDefinition) -> None:
    """Note sites whose role contradicts the assignment."""
    role = {site.id: site.role for site in study.sites}
    for wave, units in said.treated.items():
        for unit in map(str, units):
            if role.get(unit) == "comparison":
                check.note(
                    ("assignment", "treated", wave),
                    f"'{unit}' is both treated and comparison",
                    found=f"treated by {wave}, and 'role: comparison' among the sites",
                    expected="one of the two",
                    remedy="correct the site's role, or take it out of 'treated'",
                )
    for unit in map(str, said.comparison):
        if role.get(unit) == "programme":
            check.note(
                ("assignment", "comparison"),
                f"'{unit}' is both programme and comparison",
                found="'role: programme' among the sites",
                expected="one of the two",
                remedy="correct the site's role, or take it out of 'comparison'",
            )
    for unit, part in role.items():
        if part == "programme" and said.treated and unit not in said.first_treated:
            check.note(
                ("assignment", "treated"),
                f"'{unit}' is a place of the programme that is never treated",
                found="'role: programme', and in no list under 'treated'",
                expected="the wave by which it was first treated",
                remedy="add it, or correct its role",
            )
