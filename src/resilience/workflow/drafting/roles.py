"""Which columns seem to tell respondents, weights, sampling points and places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.responses.coding import plain_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resilience.responses.reading import RawSurvey
    from resilience.workflow.drafting.columns import Column

__all__ = ["SupposedRole", "suppose_roles"]

_FEWEST_ROWS = 20  # in fewer, a column of numbers may be unique by chance
_LONGEST_ID = 40  # characters


@dataclass(frozen=True, slots=True)
class SupposedRole:
    """The column of each wave that seems to play a part in the design."""

    role: str
    columns: Mapping[str, Column]


def suppose_roles(
    surveys: Mapping[str, RawSurvey], files: Mapping[str, Sequence[Column]]
) -> dict[str, SupposedRole]:
    """Return the roles for which every file has a column that could play them.

    A column is proposed by its name and kept only if its content fits: ids are complete and
    unique, weights are complete numbers of 0 or more, and units and places are complete. Where
    no name says so, the first column that tells all rows apart is taken for the ids.
    """
    roles = {}
    for role, fits in _CHECKS.items():
        found = {}
        for wave, columns in files.items():
            frame = surveys[wave].frame
            fitting = [c for c in columns if c.use == role and fits(frame[c.name], c)]
            if fitting:
                found[wave] = fitting[0]
        if found and len(found) == len(files):
            roles[role] = SupposedRole(role, found)
    if "respondent_id" not in roles and (found := _ids_by_content(surveys, files)):
        roles["respondent_id"] = SupposedRole("respondent_id", found)
    return roles


def _ids_by_content(
    surveys: Mapping[str, RawSurvey], files: Mapping[str, Sequence[Column]]
) -> dict[str, Column]:
    """Return the first column by one name that tells all rows of each file apart, if any."""
    first, *others = files
    for column in files[first]:
        if column.kind == "identifier" or column.use in ("weight", "date"):
            continue
        same = {wave: [c for c in files[wave] if c.name == column.name] for wave in others}
        found = {first: column} | {wave: named[0] for wave, named in same.items() if named}
        if len(found) == len(files) and all(
            _is_plain_id(surveys[wave].frame[part.name], part) for wave, part in found.items()
        ):
            return found
    return {}


def _is_plain_id(values: pd.Series, column: Column) -> bool:
    """Return whether values are short, without blanks, and each occurs once; not measurements."""
    if len(values) < _FEWEST_ROWS or values.isna().any() or not values.is_unique:
        return False
    if not _tells_apart(values, column):
        return False
    ids = plain_labels(values)
    return bool((ids.str.len() <= _LONGEST_ID).all() and not ids.str.contains(r"[\s.,]").any())


def _tells_apart(column: pd.Series, _: Column) -> bool:
    ids = plain_labels(column)
    return bool(len(ids) and ids.notna().all() and ids.is_unique)


def _weighs(column: pd.Series, _: Column) -> bool:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    return bool(np.isfinite(numbers).all() and (numbers >= 0).all() and numbers.sum() > 0)


def _groups(column: pd.Series, _: Column) -> bool:
    labels = plain_labels(column)
    return bool(labels.notna().all() and 1 < labels.nunique() < len(labels))


def _places(column: pd.Series, described: Column) -> bool:
    return _groups(column, described) and bool(described.answers) and not described.missing


_CHECKS: Mapping[str, Callable[[pd.Series, Column], bool]] = {
    "respondent_id": _tells_apart,
    "weight": _weighs,
    "psu": _groups,
    "stratum": _groups,
    "site": _places,
}
