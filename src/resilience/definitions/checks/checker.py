"""Collect what is wrong with a definition, each finding with its place in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.errors import Issue, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from resilience.definitions.document import Document, Place
    from resilience.definitions.study import StudyDefinition

__all__ = ["Checker", "check_where", "each"]

GROUPED = "declare groups of it as a variable with values"


class Checker:
    """Collects what is wrong, with its place in the file."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.issues: list[Issue] = []

    def known(
        self,
        place: Place,
        name: object,
        names: Iterable[object],
        noun: str,
        *,
        remedy: str | None = None,
    ) -> None:
        """Note a name that does not occur among those there are.

        Parameters
        ----------
        place : Place
            Where it stands.
        name : object
        names : iterable
            Those there are.
        noun : str
            What they are.
        remedy : str, optional
            What to do. By default to take the nearest name, to define it, or to correct it.
        """
        there = list(dict.fromkeys(str(candidate) for candidate in names))
        if str(name) not in there:
            otherwise = f"define the {noun} '{name}', or correct the name"
            self.note(
                place,
                f"there is no {noun} '{name}'",
                found=str(name),
                expected=f"one of {', '.join(there)}" if there else f"nothing: no {noun} is there",
                remedy=remedy or nearest(str(name), there, otherwise),
            )

    def group(
        self, place: Place, name: str, groups: Iterable[object], study: StudyDefinition
    ) -> None:
        """Note a name that is none of the groups; a column's name leads to what it is called."""
        here = study.names_of_columns.get(name)
        remedy = f"the files' column '{name}' is called '{here}' here" if here else None
        if any(variable.id == name and variable.kind == "number" for variable in study.variables):
            remedy = f"'{name}' is a number: restrict to a range of it in 'where', or {GROUPED}"
        self.known(place, name, groups, "site or variable", remedy=remedy)

    def unique(self, names: Iterable[tuple[Place, object]], noun: str) -> None:
        """Note names that occur more than once, at the last place where they do."""
        places: dict[str, list[Place]] = {}
        for place, name in names:
            places.setdefault(str(name), []).append(place)
        for name, used in places.items():
            if len(used) > 1:
                self.note(
                    used[-1],
                    f"{noun} '{name}' is defined {len(used)} times",
                    found=", ".join(f"line {self.document.line(place)}" for place in used),
                    expected="each once",
                    remedy="rename or remove one",
                )

    def note(self, place: Place, what: str, *, found: str, expected: str, remedy: str) -> None:
        """Note one finding."""
        where = self.document.where(place)
        self.issues.append(Issue(what, where, found, expected, remedy))


def each(section: str, parts: Iterable[object], key: str) -> list[tuple[Place, object]]:
    """Return the places and values of one key in a list of parts."""
    return [((section, position, key), getattr(part, key)) for position, part in enumerate(parts)]


def check_where(
    check: Checker, place: Place, where: Mapping[str, object], study: StudyDefinition
) -> None:
    """Note what a restriction names that a study does not have."""
    values = {"site": [site.id for site in study.sites]}
    values |= {variable.id: [value.id for value in variable.values] for variable in study.variables}
    numbers = [variable.id for variable in study.variables if variable.kind == "number"]
    for name, wanted in where.items():
        check.group((*place, name), name, values, study)
        for value in wanted if isinstance(wanted, tuple) else (wanted,):
            if name in numbers and isinstance(value, str):
                check.note(
                    (*place, name),
                    f"'{name}' is a number",
                    found=value,
                    expected="a number, or a range",
                    remedy="write a range so: {at_least: 18, at_most: 29}",
                )
            elif name in values and name not in numbers and isinstance(value, str | int):
                check.known((*place, name), value, values[name], f"value of {name}")
