"""95 % intervals cover the truth of a finite population in about 95 % of samples.

A population of invented cities is simulated once; waves are drawn from it again and again.
City means rest on 4 to 12 PSUs, changes on the same PSUs in both waves.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.responses.simulation import draw_waves, simulate_population
from resilience.workflow.simulating import population_truth

LOWEST, HIGHEST = 0.93, 0.97

MEASURES = ["resilience", "cohesion", "trust_municipality"]
STRATA, POPULATION_PSUS = 2, 100


@pytest.fixture(scope="module")
def plan(lebanon):
    plan = rs.load_simulation_plan(lebanon.path.with_name("simulation.yaml"), lebanon)
    size = plan.population.model_copy(
        update={
            "strata_per_site": STRATA,
            "psus_per_stratum": POPULATION_PSUS,
            "adults_per_psu": (60, 120),
        }
    )
    return plan.model_copy(update={"population": size})


@pytest.fixture(scope="module")
def two_waves(lebanon):
    """The study with its first and last wave."""
    return lebanon.model_copy(update={"waves": (lebanon.waves[0], lebanon.waves[-1])})


@pytest.fixture(scope="module")
def population(two_waves, plan):
    return simulate_population(two_waves, plan, np.random.default_rng(20261122))


@pytest.fixture(scope="module")
def truth(two_waves, population):
    table = population_truth(two_waves, population)
    return table.set_index(["variable", "site", "wave"])["truth"]


def sampled(study, plan, population, rng) -> rs.Estimates:
    """Return levels and changes by city from one draw of the waves."""
    frames = draw_waves(population, study, plan, rng)
    frame = pd.concat([part.assign(wave=wave) for wave, part in frames.items()])
    items = list(study.questionnaire.items_by_id)
    frame[items] = frame[items].where(frame[items] < 90)  # codes for missing answers
    scored = rs.score(frame, study.questionnaire.instruments[0])
    design = rs.SurveyDesign(
        scored, weight="weight", stratum="stratum", psu="psu", wave="wave", waves="same_psu"
    )
    by = ["site", "wave"]
    levels = rs.concat(
        [
            rs.estimate_mean(design, MEASURES[:2], by=by),
            rs.estimate_proportion(design, MEASURES[2:], by=by),
        ]
    )
    changes = rs.compare(levels, over="wave", reference="baseline")
    return rs.concat([levels, changes])


def true_values(rows: pd.DataFrame, truth: pd.Series) -> np.ndarray:
    found = []
    for row in rows.astype("str").itertuples():
        value = truth[row.variable, row.site, row.wave]
        if row.measure == "change":
            value -= truth[row.variable, row.site, row.reference]
        found.append(value)
    return np.array(found)


@pytest.mark.simulation
@pytest.mark.parametrize("psus", [2, 4, 6])
def test_intervals_of_city_means_and_changes(two_waves, plan, population, truth, psus, repetitions):
    sample = plan.sample.model_copy(update={"psus_per_stratum": psus, "adults_per_psu": 18})
    drawn = plan.model_copy(update={"sample": sample})
    rng = np.random.default_rng(psus)
    covered = []
    for _ in range(repetitions):
        estimates = sampled(two_waves, drawn, population, rng)
        low, high = estimates.interval()
        wanted = true_values(estimates.rows, truth)
        covered.append((low <= wanted) & (wanted <= high))
    changes = (estimates.rows["measure"] == "change").to_numpy()

    shares = {
        "means": np.mean(covered, axis=0)[~changes],
        "changes": np.mean(covered, axis=0)[changes],
    }
    errors = {
        name: np.std(np.array(covered)[:, rows].mean(axis=1)) / np.sqrt(repetitions)
        for name, rows in (("means", ~changes), ("changes", changes))
    }

    for name, share in shares.items():
        print(
            f"{STRATA * psus} PSUs a city, {name}: coverage {share.mean():.4f}, "
            f"Monte Carlo error {errors[name]:.4f}"
        )
        assert LOWEST <= share.mean() <= HIGHEST
