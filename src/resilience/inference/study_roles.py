"""What a study says of its waves and values, as a design takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.study import Study

__all__ = ["labels_of", "wave_relation"]


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
    labels["variable"] = {variable.id: variable.title for variable in study.variables}
    return labels
