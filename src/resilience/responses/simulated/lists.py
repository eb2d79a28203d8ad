"""List experiments: whom the statements hold of, and who hears the sensitive one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.simulation import SimulationPlan
    from resilience.definitions.study import Study

__all__ = ["ask_lists", "list_truth", "listed_answers"]


def listed_answers(
    study: Study, plan: SimulationPlan, n: int, rng: np.random.Generator
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """Return for each wave everybody's counts of the control lists, and of whom the rest holds.

    Who is inclined to the sensitive statement stays so: where its share rises, some join.
    """
    counts = {wave: pd.DataFrame(index=range(n)) for wave in study.waves_by_id}
    sensitive = {wave: pd.DataFrame(index=range(n)) for wave in study.waves_by_id}
    for name, experiment in study.questionnaire.list_experiments_by_id.items():
        planned = plan.list_experiments[name]
        inclined = rng.random(n)
        for wave in study.waves_by_id:
            held = rng.random((n, len(planned.controls))) < np.array(planned.controls)
            counts[wave][experiment.item] = held.sum(axis=1).astype(float)
            sensitive[wave][name] = inclined < planned.sensitive.get(wave, 0.0)
    return counts, sensitive


def ask_lists(
    codes: pd.DataFrame,
    sensitive: pd.DataFrame,
    study: Study,
    plan: SimulationPlan,
    wave: str,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the answers of respondents who heard the list of their arm, and the arms.

    Parameters
    ----------
    codes : pandas.DataFrame
        Respondents' answers, with counts of the control lists.
    sensitive : pandas.DataFrame
        Of whom of them the sensitive statements hold.
    """
    arms = {}
    for experiment in study.lists_asked(wave):
        treated = round(plan.list_experiments[experiment.id].treated * len(codes))
        hears = rng.permutation(len(codes)) < treated
        holds = sensitive[experiment.id].to_numpy()
        codes = codes.assign(**{experiment.item: codes[experiment.item] + (hears & holds)})
        arms[experiment.id] = pd.Categorical.from_codes(
            hears.astype(int).tolist(), categories=pd.Index(["control", "treatment"])
        )
    return codes, arms


def list_truth(
    people: pd.DataFrame, sensitive: Mapping[str, pd.DataFrame], study: Study
) -> list[dict[str, Any]]:
    """Return the shares of the population of whom sensitive statements hold."""
    sites = people["site"].to_numpy()
    places = {"all": np.ones(len(sites), bool)} | {
        site.id: sites == site.id for site in study.sites
    }
    return [
        {
            "wave": wave,
            "site": place,
            "list_experiment": experiment.id,
            "share": round(float(sensitive[wave][experiment.id][members].mean()), 6),
            "n": int(members.sum()),
        }
        for wave in study.waves_by_id
        for experiment in study.lists_asked(wave)
        for place, members in places.items()
    ]
