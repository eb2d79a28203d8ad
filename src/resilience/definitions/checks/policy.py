"""Whether rules for small numbers and for public files fit the study they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resilience.definitions.checks.checker import Checker
    from resilience.definitions.document import Place
    from resilience.definitions.questionnaire import Questionnaire
    from resilience.definitions.report import ReportDefinition
    from resilience.definitions.study import Study, StudyDefinition

__all__ = ["check_public", "check_report_policy"]


def check_report_policy(check: Checker, report: ReportDefinition, study: Study) -> None:
    """Note rules of a report that are looser than its study's."""
    pairs: list[tuple[Place, float | None, float | None]] = [
        (("policy", name), getattr(report.policy, name), getattr(study.policy, name))
        for name in ("minimum_n", "low_precision_n")
    ]
    if report.policy.rounding is not None:
        own, given = report.policy.rounding, study.policy.rounding
        pairs += [
            (("policy", "rounding", name), getattr(own, name) or 0, getattr(given, name))
            for name in ("n", "percent")
        ]
    for place, own_value, studys in pairs:
        if own_value is not None and studys is not None and own_value < studys:
            check.note(
                place if own_value else place[:-1],
                f"the report's rule '{'.'.join(map(str, place[1:]))}' is looser than the study's",
                found=f"{own_value:g}",
                expected=f"{studys:g} or more",
                remedy="leave it out, or write a stricter one",
            )


def check_public(check: Checker, study: StudyDefinition, questionnaire: Questionnaire) -> None:
    """Note what a public file is to hold that is not there, and recodings that do not work."""
    public = study.public
    if public is None:
        return
    groups = ["site"] if study.roles.site else []
    groups += [variable.id for variable in study.variables]
    items = list(questionnaire.items_by_id)
    keys, named = public.quasi_identifiers, public.sensitive
    known: list[tuple[str, Sequence[str], Sequence[str], str]] = [
        ("quasi_identifiers", keys, groups, "site or variable"),
        ("variables", public.variables, groups, "site or variable"),
        ("sensitive", named, [*groups, *items], "variable or item"),
        ("items", public.items or (), items, "item"),
        ("bands", tuple(public.bands), keys, "quasi-identifier"),
        ("merges", tuple(public.merges), keys, "quasi-identifier"),
        ("recode", tuple(public.recode), keys, "quasi-identifier"),
    ]
    for key, names, there, noun in known:
        for name in names:
            check.known(("public", key), name, there, noun)
    uses = [*keys, *named, *public.variables]
    check.unique(((("public",), name) for name in uses), "the variable of the public file")
    for name, step in public.recode.items():
        if isinstance(step, int) and step > public.steps(name):
            check.note(
                ("public", "recode", name),
                f"'{name}' has no step {step}",
                found=str(step),
                expected=f"0 to {public.steps(name)}, or left_out",
                remedy="declare coarser 'bands' or 'merges', or take a step that is there",
            )
    _check_numbers(check, study)
    _check_merges(check, study)


def _check_numbers(check: Checker, study: StudyDefinition) -> None:
    """Note bands of what is no number or in no order, and numbers that nothing makes coarser."""
    public = study.public
    numbers = {variable.id for variable in study.variables if variable.kind == "number"}
    assert public is not None  # noqa: S101 - the caller has looked
    for name, bands in public.bands.items():
        if name in public.quasi_identifiers and name not in numbers:
            check.note(
                ("public", "bands", name),
                f"'{name}' is no number",
                found="bands",
                expected="'merges' for a variable with values",
                remedy="write which values become one under 'merges'",
            )
        for begins in bands:
            if len(begins) < 2 or list(begins) != sorted(set(begins)):  # noqa: PLR2004
                check.note(
                    ("public", "bands", name),
                    f"bands of '{name}' must begin at two rising numbers at least",
                    found=", ".join(f"{begin:g}" for begin in begins),
                    expected="for instance [18, 30, 45, 60]",
                    remedy="put them in order",
                )
    for name in (*public.quasi_identifiers, *public.variables):
        if name in numbers and name not in public.bands:
            check.note(
                ("public",),
                f"'{name}' is a number, which a public file never holds as it is",
                found=f"'{name}' without bands",
                expected=f"'{name}' among the quasi-identifiers, with bands",
                remedy=f"add 'bands: {{{name}: [[18, 30, 45, 60]]}}', or leave it out",
            )


def _check_merges(check: Checker, study: StudyDefinition) -> None:
    """Note merges of values that there are not, or of one value twice."""
    public = study.public
    assert public is not None  # noqa: S101 - the caller has looked
    values = {variable.id: [value.id for value in variable.values] for variable in study.variables}
    values["site"] = [site.id for site in study.sites]
    for name, merges in public.merges.items():
        for merge in merges:
            place: Place = ("public", "merges", name)
            merged = [value for parts in merge.values() for value in parts]
            for value in merged:
                check.known(place, value, values.get(name, ()), f"value of {name}")
            kept = [value for value in values.get(name, ()) if value not in merged]
            check.unique(((place, value) for value in merged), "the merged value")
            check.unique(((place, value) for value in [*merge, *kept]), "the value")
