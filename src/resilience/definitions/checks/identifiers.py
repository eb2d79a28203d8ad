"""Whether what a study says of identifiers fits what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.exports import ChosenAnswer
from resilience.definitions.study import Roles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resilience.definitions.checks.checker import Checker
    from resilience.definitions.questionnaire import Questionnaire
    from resilience.definitions.study import StudyDefinition

__all__ = ["check_identifiers"]

_MAY_BE_DROPPED = frozenset({"respondent_id", "interviewer"})
_MAY_BE_PSEUDONYMS = frozenset({"respondent_id", "psu", "stratum", "interviewer"})


def check_identifiers(check: Checker, study: StudyDefinition, questionnaire: Questionnaire) -> None:
    """Note rules on columns that nobody reads, that need what they drop, or lack a key."""
    uses: dict[str, set[str]] = {}
    for column, use in _uses(study, questionnaire):
        uses.setdefault(column, set()).add(use)
    for column, rule in study.identifiers.items():
        used = uses.get(column, set())
        place = ("identifiers", column)
        allowed = {"drop": _MAY_BE_DROPPED, "pseudonymise": _MAY_BE_PSEUDONYMS}.get(str(rule))
        if rule != "drop":
            check.known(place, column, uses, "column that a wave reads")
        for use in sorted(used - allowed if allowed is not None else ()):
            check.note(
                place,
                f"column '{column}' is read as {use}: '{rule}' is not for it",
                found=f"{rule}, and read as {use}",
                expected=f"'{rule}' for " + ", ".join(sorted(allowed or ())) + " only",
                remedy="do not read it as that, or write {keep: the reason}",
            )
    named = [column for column, rule in study.identifiers.items() if rule == "pseudonymise"]
    if bool(named) != (study.pseudonyms is not None):
        check.note(
            ("identifiers",) if named else ("pseudonyms",),
            "pseudonyms need a key, and a key needs something to make pseudonyms of",
            found=f"{len(named)} columns to pseudonymise, "
            + ("no 'pseudonyms'" if named else "and 'pseudonyms'"),
            expected="both or neither",
            remedy="'resilience key FILE' makes a key and prints what to write under 'pseudonyms'"
            if named
            else "write under 'identifiers' which column is pseudonymised",
        )
    _check_panel(check, study)


def _check_panel(check: Checker, study: StudyDefinition) -> None:
    relation = study.design.waves
    parts = relation if isinstance(relation, tuple) else ()
    panel = "panel" in (relation, *(part.relation for part in parts))
    if panel and study.identifiers.get(study.roles.respondent_id) == "drop":
        check.note(
            ("identifiers", study.roles.respondent_id),
            "a panel needs ids of respondents",
            found="drop",
            expected="pseudonymise",
            remedy="pseudonyms tell who answered in both waves, and not who that is",
        )


def _uses(study: StudyDefinition, questionnaire: Questionnaire) -> Iterator[tuple[str, str]]:
    """Yield columns with what any wave reads them as."""
    own = {name: name for name in (*questionnaire.items_by_id, *(v.id for v in study.variables))}
    roles = {role: getattr(study.roles, role) for role in Roles.model_fields}
    for name, column in (*own.items(), *roles.items()):
        if column not in (None, "none", "not_published"):
            yield str(column), name
    for wave in study.waves:
        for name, said in wave.columns.items():
            yield (said.question if isinstance(said, ChosenAnswer) else said), name
        if wave.versions:
            yield wave.versions.column, "version of the form"
