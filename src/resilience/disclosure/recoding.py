"""Variables made coarser: numbers in bands with open ends, values merged, variables left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.definitions.study import Category, Site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.definitions.policy import PublicFile
    from resilience.definitions.study import Study
    from resilience.responses.responses import Responses

__all__ = ["Recoding", "recode_responses"]

Recoding = dict[str, int | Literal["left_out"]]
"""How coarse each quasi-identifier is: a step of its ladder, 0 as asked, or left out."""


def recode_responses(
    responses: Responses, public: PublicFile, recoding: Mapping[str, int | str]
) -> Responses:
    """Return responses with coarser variables, and a study that knows them.

    Parameters
    ----------
    responses : Responses
    public : PublicFile
        The declared bands and merges.
    recoding : mapping of quasi-identifier to step
        Those that are not named stay as they are.
    """
    frame, study = responses.frame.copy(), responses.study
    for name, step in recoding.items():
        if name not in frame or step == 0:
            continue
        if step == "left_out":
            frame = frame.drop(columns=name)
            study = _without(study, name)
            continue
        bands, merges = public.bands.get(name, ()), public.merges.get(name, ())
        at = int(step) - 1
        if at < len(bands):
            frame[name], values = _banded(frame[name], bands[at])
        else:
            frame[name], values = _merged(frame[name], merges[at - len(bands)], study)
        study = _with_values(study, name, values)
    return replace(responses, frame=frame, study=study)


def _banded(column: pd.Series, begins: Sequence[float]) -> tuple[pd.Series, list[Category]]:
    """Return a number in bands; the first and the last are open."""
    ends = [*begins[1:], np.inf]
    texts = [f"{begin:g} to under {end:g}" for begin, end in zip(begins, ends, strict=True)]
    texts[0], texts[-1] = f"under {begins[1]:g}", f"{begins[-1]:g} and over"
    values = [
        Category(code=at, id=f"band_{at}", title={"en": text})
        for at, text in enumerate(texts, start=1)
    ]
    codes = np.searchsorted(np.asarray(begins[1:]), column.to_numpy(np.float64), side="right")
    codes = np.where(column.isna(), -1, codes)
    ids = [value.id for value in values]
    kind = pd.CategoricalDtype(ids, ordered=True)
    return pd.Series(pd.Categorical.from_codes(codes, dtype=kind), index=column.index), values


def _merged(
    column: pd.Series, merge: Mapping[str, Sequence[str]], study: Study
) -> tuple[pd.Series, list[Category]]:
    """Return a column in which values became one; those that are not named stay."""
    name = str(column.name)
    old = study.sites if name == "site" else study.variables_by_id[name].values
    becomes = {value: new for new, values in merge.items() for value in values}
    texts = column.astype("str").where(column.notna())
    found = texts.map(lambda value: becomes.get(value, value), na_action="ignore")
    values: dict[str, Category] = {}
    for value in old:
        new = becomes.get(value.id)
        parts = [part.title for part in old if becomes.get(part.id) == new]
        title = value.title if new is None else _joined(parts)
        values.setdefault(new or value.id, Category(code=0, id=new or value.id, title=title))
    numbered = [
        value.model_copy(update={"code": at}) for at, value in enumerate(values.values(), start=1)
    ]
    return found.astype(pd.CategoricalDtype([value.id for value in numbered])), numbered


def _joined(titles: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return what merged values are called together, in the languages that all have."""
    languages = [name for name in titles[0] if all(name in title for title in titles)]
    return {name: " / ".join(title[name] for title in titles) for name in languages}


def _without(study: Study, name: str) -> Study:
    if name == "site":
        return study
    kept = tuple(variable for variable in study.variables if variable.id != name)
    return study.model_copy(update={"variables": kept})


def _with_values(study: Study, name: str, values: Sequence[Category]) -> Study:
    if name == "site":
        sites = tuple(Site(**dict(value)) for value in values)
        return study.model_copy(update={"sites": sites})
    variables = tuple(
        variable.model_copy(update={"kind": "categories", "values": tuple(values)})
        if variable.id == name
        else variable
        for variable in study.variables
    )
    return study.model_copy(update={"variables": variables})
