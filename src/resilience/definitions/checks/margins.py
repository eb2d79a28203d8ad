"""Whether a study's margins fit its variables, waves and sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.margins import cells_of, margin_faults

if TYPE_CHECKING:
    from resilience.definitions.checks.checker import Checker
    from resilience.definitions.document import Place
    from resilience.definitions.margins import Margin
    from resilience.definitions.study import StudyDefinition

__all__ = ["check_margins"]


def check_margins(check: Checker, study: StudyDefinition) -> None:
    """Note margins of what is not there, that lack categories, or that nothing is fitted to."""
    values = {variable.id: [v.id for v in variable.values] for variable in study.variables}
    if study.sites:
        values["site"] = [site.id for site in study.sites]
    for position, margin in enumerate(study.margins):
        place: Place = ("margins", position)
        for name in margin.variables:
            check.known((*place, "variable"), name, values, "variable")
        if margin.wave is not None:
            waves = [wave.id for wave in study.waves]
            check.known((*place, "wave"), margin.wave, waves, "wave")
        if margin.site is not None:
            check.known((*place, "site"), margin.site, values.get("site", ()), "site")
        faults = margin_faults(margin)
        for fault in faults:
            check.note(
                (*place, fault.key),
                fault.what,
                found=fault.found,
                expected=fault.expected,
                remedy=fault.remedy,
            )
        if not faults and all(name in values for name in margin.variables):
            _check_categories(check, place, margin, values)
    if study.design.calibration and not study.margins:
        check.note(
            ("design", "calibration"),
            "weights are to fit margins and there are none",
            found=study.design.calibration,
            expected="'margins', each with its source",
            remedy="declare them, or remove 'calibration'",
        )


def _check_categories(
    check: Checker, place: Place, margin: Margin, values: dict[str, list[str]]
) -> None:
    """Note categories that a variable does not have, and numbers that have none."""
    key = "counts" if margin.counts is not None else "shares"
    for at, name in enumerate(margin.variables):
        if cells_of(margin) and not values[name]:
            check.note(
                (*place, "variable"),
                f"'{name}' is a number and has no categories",
                found=key,
                expected="'total' alone, or a variable with values",
                remedy="declare groups of it as a variable with values",
            )
            continue
        for label in dict.fromkeys(cell[at] for cell in cells_of(margin)):
            check.known((*place, key), label, values[name], f"value of '{name}'")
        said = {cell[at] for cell in cells_of(margin)}
        lacking = [value for value in values[name] if value not in said]
        if said and lacking:
            check.note(
                (*place, key),
                f"the margin of {margin.name} lacks values",
                found=", ".join(sorted(said)),
                expected="a figure for each of " + ", ".join(values[name]),
                remedy="add " + ", ".join(lacking) + "; 0 where the population has nobody",
            )
