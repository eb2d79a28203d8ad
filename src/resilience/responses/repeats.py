"""Questions that are asked repeatedly: tables of their own, linked to their parents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import Issue, ValidationError
from resilience.responses.coding import plain_labels
from resilience.responses.validation import rows_told

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd

    from resilience.responses.survey_file import RawSurvey

__all__ = ["link_repeats"]

PARENT_ROW = "parent_row"

# What a repeat's column is called, and the column of its parent that it names.
_KEYS = (
    ("_parent_index", "_index"),
    ("PARENT_KEY", "KEY"),
    ("_submission__id", "_id"),
    ("_submission__uuid", "_uuid"),
)
_PARENT_TABLE = "_parent_table_name"


def link_repeats(main: RawSurvey, repeats: Mapping[str, RawSurvey]) -> dict[str, RawSurvey]:
    r"""Return tables of repeats with the row of its parent for each of their rows.

    Use it before anything is counted from a repeat, such as members of households. Exports of
    Kobo (`_parent_index`, `_submission__id`), ODK and SurveyCTO (`PARENT_KEY`) are known.
    Nothing is dropped: rows without a parent stop it.

    Parameters
    ----------
    main : RawSurvey
        The table with one row a respondent.
    repeats : mapping of name to RawSurvey
        The tables of repeats by the names of their sheets. A repeat within a repeat is linked
        to the table that its column `_parent_table_name` names.

    Returns
    -------
    dict of name to RawSurvey
        Each with a column `parent_row`: the position, from 0, in the parent's frame.

    Raises
    ------
    ValidationError
        If a table does not tell its parent, a row's parent is not there or not told, parents
        occur twice, or two columns name different parents. All findings at once.

    Examples
    --------
    >>> import resilience as rs, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "main.csv").write_text("_index,town\n1,A\n2,B\n")
    >>> _ = (folder / "members.csv").write_text("age,_parent_index\n30,2\n4,2\n")
    >>> main, members = (rs.read_survey(folder / f"{name}.csv") for name in ("main", "members"))
    >>> rs.link_repeats(main, {"members": members})["members"].frame["parent_row"].tolist()
    [1, 1]
    """
    linked, issues = {}, []
    for name, table in repeats.items():
        parent = _parent_of(main, repeats, table)
        rows, wrong = _linked(name, table, parent)
        issues += wrong
        if rows is not None:
            linked[name] = replace(
                table,
                frame=table.frame.assign(**{PARENT_ROW: rows}),
                columns=(*(c for c in table.columns if c != PARENT_ROW), PARENT_ROW),
            )
    if issues:
        raise ValidationError(*issues)
    return linked


def _parent_of(main: RawSurvey, repeats: Mapping[str, RawSurvey], table: RawSurvey) -> RawSurvey:
    """Return the table that a repeat says is its parent; the main one unless it is a repeat."""
    if _PARENT_TABLE in table.frame:
        for name in plain_labels(table.frame[_PARENT_TABLE]).dropna().unique():
            if name in repeats:
                return repeats[name]
    return main


def _linked(
    name: str, table: RawSurvey, parent: RawSurvey
) -> tuple[npt.NDArray[np.int64] | None, list[Issue]]:
    """Return the parents' positions, -1 where there is none, and what is wrong."""
    keys = [(own, its) for own, its in _KEYS if own in table.frame and its in parent.frame]
    if not keys:
        return None, [_untold(name, table, parent)]
    issues: list[Issue] = []
    found: dict[str, npt.NDArray[np.int64]] = {}
    for own, its in keys:
        parents = plain_labels(parent.frame[its])
        twice = (parents.duplicated(keep=False) & parents.notna()).to_numpy()
        if twice.any():
            issues.append(_twice(name, parent, its, twice))
        rows = _positions(plain_labels(table.frame[own]), parents)
        if (rows < 0).any():
            issues.append(_orphans(name, own, parent, its, rows < 0))
        found[own] = rows
    first = keys[0][0]
    for other, rows in found.items():
        differing = (rows != found[first]) & (rows >= 0) & (found[first] >= 0)
        if differing.any() and not issues:
            issues.append(_differing(name, first, other, differing))
    return found[first], issues


def _positions(own: pd.Series, parents: pd.Series) -> npt.NDArray[np.int64]:
    at = {key: row for row, key in reversed(list(enumerate(parents))) if isinstance(key, str)}
    return np.array([at.get(key, -1) if isinstance(key, str) else -1 for key in own], np.int64)


def _untold(name: str, table: RawSurvey, parent: RawSurvey) -> Issue:
    there = [own for own, _ in _KEYS if own in table.frame]
    return Issue(
        f"the repeat '{name}' does not tell its parent in {parent.source.name}",
        where=f"{table.source.name}: '{name}'",
        found="; ".join(f"'{c}' without its counterpart" for c in there) or "no column of parents",
        expected=" or ".join(f"'{own}' for '{its}'" for own, its in _KEYS),
        remedy="export all sheets again, with the columns whose names begin with '_' or are KEY "
        "and PARENT_KEY; the parent must be the table with '_index' or KEY",
    )


def _twice(name: str, parent: RawSurvey, its: str, rows: npt.NDArray[np.bool_]) -> Issue:
    return Issue(
        f"parents of the repeat '{name}' occur more than once in column '{its}'",
        where=parent.source.name,
        found=rows_told(rows),
        expected="each key once",
        remedy="remove interviews that were exported twice, or export again; files that were "
        "put together need keys of their own",
    )


def _orphans(
    name: str, own: str, parent: RawSurvey, its: str, rows: npt.NDArray[np.bool_]
) -> Issue:
    return Issue(
        f"rows of the repeat '{name}' have no parent: '{own}' is not in '{its}'",
        where=f"{parent.source.name}: '{name}'",
        found=rows_told(rows),
        expected="the parent's key in each row",
        remedy="export both tables at one time; where interviews were removed in cleaning, remove "
        "their rows here too",
    )


def _differing(name: str, one: str, other: str, rows: npt.NDArray[np.bool_]) -> Issue:
    return Issue(
        f"'{one}' and '{other}' of the repeat '{name}' name different parents",
        where=f"'{name}'",
        found=rows_told(rows),
        expected="the same parent",
        remedy="export both tables at one time: rows were sorted or numbered anew in one of them; "
        "give all tables if this is a repeat within a repeat",
    )
