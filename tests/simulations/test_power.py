"""What is promised before fieldwork is kept: power, and the numbers that plans rest on.

Persons are drawn within sampling points within cities, in two waves, with what lasts between
them; the test is that of t with the cities less 2 degrees of freedom on city means.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import resilience as rs
from resilience.evaluation.planning.components import nested_components

NEAR = 0.03  # of the power that is promised
POWER = 0.8
RUNS_EACH = 10  # for each repetition: a run is some arrays

SAMPLES = {
    "4+4 cities, a panel": rs.PlannedSample(
        treated=4,
        comparison=4,
        respondents=100,
        icc=0.05,
        autocorrelation=0.7,
        autocorrelation_person=0.5,
        overlap=1.0,
    ),
    "2+2 cities, fresh respondents": rs.PlannedSample(
        treated=2, comparison=2, respondents=100, icc=0.05, autocorrelation=0.7
    ),
    "3+9 cities, sampling points, weights, some lost": rs.PlannedSample(
        treated=3,
        comparison=9,
        respondents=60,
        icc=0.04,
        psus=6,
        icc_psu=0.06,
        autocorrelation=0.6,
        autocorrelation_psu=0.5,
        autocorrelation_person=0.5,
        overlap=0.5,
        weights_effect=1.25,
        attrition=0.2,
    ),
}


def correlated(rng: np.random.Generator, size: tuple[int, ...], variance: float, r: float):
    """Draw what lasts with correlation r, before and after."""
    before, fresh = rng.normal(size=(2, *size)) * np.sqrt(variance)
    return before, r * before + np.sqrt(1 - r**2) * fresh


def city_means(rng: np.random.Generator, sample: rs.PlannedSample, runs: int) -> np.ndarray:
    """Draw weighted means of cities before and after, shape (2, runs, cities)."""
    size = (runs, sample.cities)
    points = int(sample.psus or 1)
    asked = int(sample.respondents) // points
    left = round(asked * (1 - sample.attrition))
    persons = (1 - sample.icc - sample.icc_psu) ** 0.5
    city = correlated(rng, size, sample.icc, sample.autocorrelation)
    point = correlated(rng, (*size, points), sample.icc_psu, sample.autocorrelation_psu)
    own = correlated(rng, (*size, points, asked), 1.0, sample.autocorrelation_person)
    recurring = round(left * sample.overlap)
    later = own[1][..., :left]
    later[..., recurring:] = rng.normal(size=later[..., recurring:].shape)
    spread = np.sqrt(sample.weights_effect - 1)
    weights = 1 + spread * np.where(np.arange(asked) % 2, 1.0, -1.0)
    parts = (
        np.average(own[0], axis=-1, weights=weights),
        np.average(later, axis=-1, weights=weights[:left]),
    )
    return np.stack(
        [city[wave] + (point[wave] + persons * parts[wave]).mean(axis=-1) for wave in (0, 1)]
    )


def rejected(outcome: np.ndarray, sample: rs.PlannedSample) -> np.ndarray:
    treated, comparison = outcome[:, : sample.treated], outcome[:, sample.treated :]
    test = stats.ttest_ind(treated, comparison, axis=1)
    return test.pvalue < 0.05


@pytest.mark.simulation
@pytest.mark.parametrize("method", ["endline", "did", "ancova"])
@pytest.mark.parametrize("name", SAMPLES)
def test_the_minimum_detectable_effect_is_detected_as_often_as_promised(name, method, repetitions):
    sample, runs = SAMPLES[name], RUNS_EACH * repetitions
    effect = rs.plan_power(sample, methods=[method]).to_frame()["mde"].iloc[0]
    rng = np.random.default_rng(20261122)
    found = []
    for _ in range(max(runs // 500, 1)):
        before, after = city_means(rng, sample, min(runs, 500))
        after[:, : sample.treated] += effect
        if method == "endline":
            outcome = after
        elif method == "did":
            outcome = after - before
        else:  # with the slope of the population
            pre, _, both = sample._city_mean(with_city=True)
            outcome = after - both / pre * before
        found.append(rejected(outcome, sample))

    share = float(np.mean(found))
    error = np.sqrt(share * (1 - share) / np.size(found))
    print(
        f"{name}, {method}: effect {effect:.3f}, power {share:.4f}, Monte Carlo error {error:.4f}"
    )

    slack = 0 if repetitions >= 2000 else 2 * error
    assert abs(share - POWER) <= NEAR + slack


@pytest.mark.simulation
def test_the_published_sum_of_quantiles_promises_too_much_with_few_cities(repetitions):
    """With 2+2 cities its effect is found in 77 % of surveys, not 80; with 4+4 they agree."""
    rng = np.random.default_rng(5)
    draws = 1000 * repetitions
    found = {}
    for df in (2, 6):
        effect = rs.minimum_detectable_effect(1.0, df=df, formula="quantiles")
        t = (rng.normal(size=draws) + effect) / np.sqrt(rng.chisquare(df, draws) / df)
        found[df] = float((np.abs(t) > stats.t.isf(0.025, df)).mean())
    print(f"sum of quantiles: power {found[2]:.4f} with 2+2 cities, {found[6]:.4f} with 4+4")

    assert found[2] == pytest.approx(0.766, abs=0.005)
    assert found[6] == pytest.approx(0.797, abs=0.005)


@pytest.mark.simulation
@pytest.mark.parametrize("clusters", [4, 20])
def test_intervals_of_intracluster_correlations_hold_the_truth(clusters, repetitions):
    rng = np.random.default_rng(clusters)
    icc, persons = 0.1, 15
    codes = np.repeat(np.arange(clusters), persons)
    covered, estimates, widths = [], [], []
    for _ in range(5 * repetitions):
        y = np.repeat(rng.normal(0, np.sqrt(icc), clusters), persons)
        y = y + rng.normal(0, np.sqrt(1 - icc), len(y))
        found = nested_components(
            y,
            np.ones(len(y)),
            [codes],
            np.zeros(len(y), np.int64),
            df=np.array([clusters - 1.0]),
            level=0.95,
        )
        covered.append(found.low[0] <= icc <= found.high[0])
        estimates.append(found.variance)
        widths.append(found.high[0] - max(found.low[0], 0))
    coverage, n = np.mean(covered), len(covered)
    print(f"{clusters} clusters: coverage {coverage:.4f}, mean width {np.mean(widths):.2f}")

    assert abs(coverage - 0.95) <= 3 * np.sqrt(0.95 * 0.05 / n)
    error = np.std(np.array(estimates)[:, 0]) / np.sqrt(n)
    assert abs(np.mean(np.array(estimates)[:, 0]) - icc) <= 3 * error


@pytest.mark.simulation
def test_what_lasts_is_estimated_without_bias(repetitions):
    """Clusters' 0.7 and persons' 0.5, from a panel with weights in which a third is replaced."""
    rng = np.random.default_rng(11)
    sample = replace(SAMPLES["4+4 cities, a panel"], icc=0.2)
    clusters, persons = 40, 12
    found = []
    for _ in range(max(repetitions // 2, 50)):
        city = correlated(rng, (clusters, 1), sample.icc, 0.7)
        own = correlated(rng, (clusters, persons), 1 - sample.icc, 0.5)
        own[1][:, 8:] = rng.normal(0, np.sqrt(1 - sample.icc), (clusters, 4))
        ids = np.arange(clusters * persons).reshape(clusters, persons)
        later = ids.copy()
        later[:, 8:] += 10_000
        frame = pd.DataFrame(
            {
                "y": np.concatenate([(city[0] + own[0]).ravel(), (city[1] + own[1]).ravel()]),
                "id": np.concatenate([ids.ravel(), later.ravel()]),
                "psu": np.tile(np.repeat(np.arange(clusters), persons), 2),
                "wave": np.repeat([1, 2], clusters * persons),
                "w": rng.uniform(0.5, 1.5, 2 * clusters * persons),
            }
        )
        design = rs.SurveyDesign(
            frame, weight="w", psu="psu", wave="wave", waves="panel", respondent_id="id"
        )
        found.append(
            [
                rs.estimate_autocorrelation(design, "y", level_of).to_frame()["estimate"].iloc[0]
                for level_of in ("psu", "person")
            ]
        )
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(len(found))
    print(
        f"lasting: clusters {mean[0]:.3f} ({error[0]:.3f}), persons {mean[1]:.3f} ({error[1]:.3f})"
    )

    # A ratio of estimates: its bias is of the order of 1 / clusters.
    assert abs(mean[0] - 0.7) <= 3 * error[0] + 0.02
    assert abs(mean[1] - 0.5) <= 3 * error[1] + 0.01
