"""What must hold whenever comparison groups are made like the treated, tried on many samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resilience as rs
from resilience.evaluation.balancing.differences import difference_in_differences

RTOL = 1e-7
METHODS = ["improved", "traditional", "regression", "ipw"]

seeds = st.integers(0, 10_000)


def sample(seed: int) -> pd.DataFrame:
    """Two waves of 25 sampling points; arms differ in age and town, and overlap."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"psu": np.repeat(np.arange(25), 8), "id": np.arange(200)})
    people["age"] = rng.uniform(18, 80, 200)
    people["town"] = rng.choice(list("abc"), 200)
    chance = 1 / (1 + np.exp(-0.02 * (people["age"] - 50) - 0.4 * (people["town"] == "b")))
    people["arm"] = (rng.random(200) < chance).astype(int)
    people["weight"] = rng.uniform(0.5, 3, 200)
    waves = [
        people.assign(wave=wave, y=rng.normal(50, 10, 200) + shift * people["age"])
        for wave, shift in (("w1", 0.1), ("w2", 0.3))
    ]
    return pd.concat(waves, ignore_index=True)


def designed(frame: pd.DataFrame) -> rs.SurveyDesign:
    return rs.SurveyDesign(
        frame, weight="weight", psu="psu", wave="wave", waves="panel", respondent_id="id"
    )


def effect(frame: pd.DataFrame, method: str, covariates=("age", "town"), **call) -> pd.Series:
    found = rs.estimate_doubly_robust_did(
        designed(frame),
        "y",
        list(covariates),
        arm="arm",
        between=("w1", "w2"),
        method=method,
        **call,
    )
    return found.to_frame().iloc[0]


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_balanced_weights_are_positive_and_meet_the_means(seed):
    design = designed(sample(seed))

    told = rs.imbalance(
        rs.entropy_balance(design, ["age", "town"], arm="arm"), ["age", "town"], arm="arm"
    )

    assert told.to_frame()["standardised_after"].abs().max() < 1e-8
    worth = told.groups
    assert (worth["effective_after"] <= worth["n"] * (1 + 1e-12)).all()


@settings(max_examples=8, deadline=None)
@given(seeds, st.floats(0.01, 100), st.floats(-50, 50))
def test_units_of_covariates_and_scale_of_weights_do_not_matter(seed, scale, shift):
    frame = sample(seed)
    changed = frame.assign(age=frame["age"] * scale + shift, weight=frame["weight"] * scale)

    for method in METHODS:
        one, other = effect(frame, method), effect(changed, method)
        assert other["estimate"] == pytest.approx(one["estimate"], rel=RTOL, abs=1e-9)
        assert other["std_error"] == pytest.approx(one["std_error"], rel=RTOL)


@settings(max_examples=8, deadline=None)
@given(seeds, st.floats(-20, 20), st.floats(-20, 20))
def test_an_effect_that_is_added_is_found_and_a_common_trend_is_not(seed, added, trend):
    frame = sample(seed)
    later = frame["wave"] == "w2"
    moved = frame["y"] + later * (trend + added * frame["arm"])

    for method in METHODS:
        for people in ("same", "all"):
            before = effect(frame, method, people=people)["estimate"]
            after = effect(frame.assign(y=moved), method, people=people)["estimate"]
            assert after - before == pytest.approx(added, abs=1e-6)


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_without_covariates_all_methods_are_the_plain_difference(seed):
    frame = sample(seed)
    means = rs.estimate_mean(designed(frame), "y", by=["wave", "arm"])
    change = rs.compare(means, over="wave", reference="w1")
    plain = rs.compare(change, over="arm", reference="0").to_frame().iloc[0]

    for method in METHODS:
        found = effect(frame, method, covariates=(), people="all")
        assert found["estimate"] == pytest.approx(plain["estimate"], rel=RTOL)
        assert found["std_error"] == pytest.approx(plain["std_error"], rel=RTOL)


@settings(max_examples=25, deadline=None)
@given(seeds, st.sampled_from(METHODS))
def test_influence_adds_up_to_nothing_and_is_a_derivative(seed, method):
    frame = sample(seed)
    x = np.column_stack([np.ones(len(frame)), frame["age"] / 20, frame["town"] == "b"])
    arm, later = (frame["arm"] == 1).to_numpy(), (frame["wave"] == "w2").to_numpy()
    weights, y = frame["weight"].to_numpy(), frame["y"].to_numpy()

    def at(w):
        return difference_in_differences(y, x, arm, w, later=later, method=method)

    found = at(weights)
    row = seed % len(frame)
    step = np.where(np.arange(len(frame)) == row, 1e-4 * weights, 0.0)
    slope = (at(weights + step).estimate - at(weights - step).estimate) / 2e-4

    assert found.influence.sum() == pytest.approx(0, abs=1e-7)
    assert found.influence[row] == pytest.approx(slope, rel=1e-3, abs=1e-7)
