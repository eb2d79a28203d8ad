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
    unique, weights are complete numbers of 0 or more, and units and places are complete.
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
    return roles


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
