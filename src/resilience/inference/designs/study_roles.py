"""What a study says of its waves and values, as a design takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.study import Study

__all__ = ["SITE_ROLE", "labels_of", "wave_relation", "with_site_roles"]

SITE_ROLE = "site_role"
"""The column that tells programme places from comparison places."""

_TITLES = {
    "programme": {"en": "Programme places", "fr": "Lieux du programme", "ar": "مناطق البرنامج"},
    "comparison": {"en": "Comparison places", "fr": "Lieux de comparaison", "ar": "مناطق المقارنة"},
}


def with_site_roles(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return a frame with the part that each respondent's place has in the programme.

    A place without a part has no value, so that it is in no group. A study in which no place
    has a part, or that has a variable of this name, keeps its frame.
    """
    parts = {site.id: site.role for site in study.sites if site.role != "none"}
    if not parts or "site" not in frame or SITE_ROLE in frame:
        return frame
    roles = frame["site"].astype("str").map(parts)
    return frame.assign(**{SITE_ROLE: pd.Categorical(roles, categories=list(_TITLES))})


def wave_relation(study: Study) -> Any:
    """Return how a study's waves relate: a word, a word for each pair, or None for one wave."""
    if len(study.waves) == 1:
        return None
    said = study.design.waves
    if isinstance(said, tuple):
        return {pair.between: pair.relation for pair in said}
    return said


def labels_of(study: Study) -> dict[str, dict[str, Mapping[str, str]]]:
    """Return titles of values by column and value."""
    labels = {"wave": {wave.id: wave.title for wave in study.waves}}
    labels["site"] = {site.id: site.title for site in study.sites}
    for variable in study.variables:
        labels[variable.id] = {value.id: value.title for value in variable.values}
    labels.setdefault(SITE_ROLE, dict(_TITLES))
    labels["variable"] = {variable.id: variable.title for variable in study.variables}
    return labels
