"""Respondents who are asked again: who they are, who takes part again, who is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.responses.simulated.answering import chance, rank_within
from resilience.responses.simulated.population import traits_of

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from resilience.definitions.simulation import Panel
    from resilience.definitions.study import Study
    from resilience.responses.simulated.population import Population

    Rows = npt.NDArray[np.int64]

__all__ = ["asked_again", "attrition_truth", "staying"]


def asked_again(
    people: pd.DataFrame, panel: Panel, before: Rows, psus: Rows, rng: np.random.Generator
) -> Rows:
    """Return the rows of last wave's respondents who are asked again, in PSUs visited again."""
    there = before[np.isin(people["psu"].cat.codes.to_numpy()[before], psus)]
    psu = people["psu"].cat.codes.to_numpy()[there].astype(np.int64)
    sizes = np.bincount(psu, minlength=1)[psu] if len(psu) else psu
    return np.sort(there[rank_within(psu, rng.random(len(psu))) < np.rint(panel.share * sizes)])


def staying(
    study: Study,
    population: Population,
    panel: Panel,
    asked: Rows,
    wave: str,
    rng: np.random.Generator,
) -> Rows:
    """Return the rows of those who take part again.

    Parameters
    ----------
    asked : numpy.ndarray
        Who is asked again.
    wave : str
        The wave before, whose score matters where attrition is selective.
    """
    rule = panel.staying
    if rule is None:
        return asked
    groups = population.people[rule.variable].astype("str")
    rates = np.asarray(groups.map(rule.rates).fillna(1.0), np.float64)[asked]
    score: npt.NDArray[np.float64] = np.zeros(len(asked))
    if rule.index:
        score = _standard_scores(study, population.answers[wave], rule.index)[asked]
    return asked[rng.random(len(asked)) < chance(rates, rule.slope, score)]


def attrition_truth(
    population: Population, panel: Panel, asked: Rows, stayed: Rows, wave: str
) -> list[dict[str, Any]]:
    """Return for each group the planned rate of staying, and how many were asked and stayed."""
    rule = panel.staying
    told = {"wave": wave, "share_asked_again": panel.share}
    if rule is None:
        return [told | {"rate": 1.0, "asked_again": len(asked), "stayed": len(stayed)}]
    groups = population.people[rule.variable]
    counts = [groups.iloc[rows].value_counts() for rows in (asked, stayed)]
    return [
        told
        | {"variable": rule.variable, "value": str(value), "rate": rule.rates.get(value, 1.0)}
        | {"index": rule.index, "slope": rule.slope}
        | {"asked_again": int(counts[0][value]), "stayed": int(counts[1][value])}
        for value in groups.cat.categories
    ]


def _standard_scores(study: Study, answers: pd.DataFrame, index: str) -> npt.NDArray[np.float64]:
    """Return everybody's score on an index, in standard deviations from the population's mean."""
    parts = []
    for item in traits_of(study)[index]:
        scale = study.questionnaire.scale_of(item)
        share = (answers[item].to_numpy() - scale.minimum) / (scale.maximum - scale.minimum)
        keyed = study.questionnaire.items_by_id[item].keyed
        parts.append(1 - share if keyed == "negative" else share)
    score = np.mean(parts, axis=0)
    return np.asarray((score - score.mean()) / score.std())
