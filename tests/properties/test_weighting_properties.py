"""What must hold whenever weights are made to fit margins, tried on many samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resilience as rs

RTOL = 1e-9

samples = st.integers(0, 10_000).map(lambda seed: simulated_sample(np.random.default_rng(seed)))


def simulated_sample(rng: np.random.Generator) -> pd.DataFrame:
    """Two waves, three strata of four PSUs; every crossing of sex and age occurs in each wave."""
    rows = [
        {"wave": wave, "stratum": stratum, "psu": psu, "sex": person % 2, "age": person // 2 % 3}
        for wave in ("w1", "w2")
        for stratum in range(3)
        for psu in range(4)
        for person in range(int(rng.integers(6, 12)))
    ]
    frame = pd.DataFrame(rows)
    frame["weight"] = rng.uniform(0.5, 2.0, len(frame))
    frame["y"] = rng.normal(50, 10, len(frame)) + 5 * frame["sex"]
    frame.loc[rng.random(len(frame)) < 0.1, "y"] = np.nan
    return frame


def margins(seed: int) -> list[rs.Margin]:
    rng = np.random.default_rng(seed)
    sex, age = rng.dirichlet([20, 20]), rng.dirichlet([20, 20, 20])
    return [
        rs.Margin(variable="sex", shares=dict(enumerate(sex)), total=1000, source="simulated"),
        rs.Margin(variable="age", shares=dict(enumerate(age)), source="simulated"),
    ]


def design_of(frame: pd.DataFrame) -> rs.SurveyDesign:
    return rs.SurveyDesign(
        frame,
        weight="weight",
        stratum="stratum",
        psu="psu",
        nested_psu=True,
        wave="wave",
        waves="same_psu",
    )


VERBS = {
    "poststratify": lambda design, known: rs.poststratify(design, known[0]),
    "rake": rs.rake,
    "linear": rs.calibrate,
    "raking": lambda design, known: rs.calibrate(design, known, method="raking"),
    "logit": lambda design, known: rs.calibrate(design, known, method="logit", bounds=(0.05, 20)),
}
each_verb = pytest.mark.parametrize("verb", VERBS)


@each_verb
@settings(max_examples=15, deadline=None)
@given(samples, st.integers(0, 1000))
def test_weights_hit_the_margins_in_each_wave(verb, frame, seed):
    design = VERBS[verb](design_of(frame), scaled(frame, margins(seed)))

    table = rs.margin_table(design)

    np.testing.assert_allclose(table["after"], table["target"], rtol=RTOL)
    assert set(table["wave"]) == {"w1", "w2"}


@each_verb
@settings(max_examples=15, deadline=None)
@given(samples, st.integers(0, 1000))
def test_the_order_of_rows_means_nothing(verb, frame, seed):
    known = scaled(frame, margins(seed))
    order = np.random.default_rng(seed).permutation(len(frame))

    one = VERBS[verb](design_of(frame), known)
    other = VERBS[verb](design_of(frame.iloc[order].reset_index(drop=True)), known)

    np.testing.assert_allclose(other.weights, one.weights[order], rtol=RTOL)
    errors = [rs.estimate_mean(d, "y", by="wave").std_error for d in (one, other)]
    np.testing.assert_allclose(errors[1], errors[0], rtol=1e-7)


@each_verb
@settings(max_examples=15, deadline=None)
@given(samples, st.integers(0, 1000))
def test_doing_it_twice_changes_nothing(verb, frame, seed):
    known = scaled(frame, margins(seed))
    once = VERBS[verb](design_of(frame), known)

    twice = VERBS[verb](once, known)

    np.testing.assert_allclose(twice.weights, once.weights, rtol=RTOL)


@each_verb
@settings(max_examples=15, deadline=None)
@given(samples, st.integers(0, 1000))
def test_what_was_fitted_does_not_vary(verb, frame, seed):
    people = frame.assign(one=1.0, women=(frame["sex"] == 1).astype(float))
    design = VERBS[verb](design_of(people), scaled(frame, margins(seed)))

    found = rs.estimate_total(design, ["one", "women"], by="wave")

    np.testing.assert_allclose(found.std_error, 0, atol=1e-4 * found.values.max())
    if verb not in ("rake",):  # ten sweeps leave a little
        np.testing.assert_allclose(found.std_error, 0, atol=1e-8 * found.values.max())


@each_verb
@settings(max_examples=15, deadline=None)
@given(samples, st.integers(0, 1000))
def test_a_step_makes_the_same_of_the_same_weights(verb, frame, seed):
    design = VERBS[verb](design_of(frame), scaled(frame, margins(seed)))
    step = design.weight_history[-1]

    np.testing.assert_array_equal(step.recalibrated(step.before), step.after)
    doubled = step.recalibrated(2 * step.before)
    if verb != "logit":  # there the bounds are multiples of the weights before
        np.testing.assert_allclose(doubled, step.after, rtol=1e-7)


def scaled(frame: pd.DataFrame, known: list[rs.Margin]) -> list[rs.Margin]:
    """Return the margins with a total near the sample's, within reach of any bounds."""
    total = round(float(frame["weight"].sum() / 2), 1)
    return [known[0].model_copy(update={"total": total}), known[1]]


@settings(max_examples=30, deadline=None)
@given(samples, st.floats(1.5, 1.9))
def test_trimming_keeps_each_wave_s_sum_and_the_limit(frame, upper):
    design = rs.trim_weights(design_of(frame), upper=upper, strict=True)

    assert design.weights.max() <= upper * (1 + RTOL)
    for wave in ("w1", "w2"):
        here = (frame["wave"] == wave).to_numpy()
        before = frame.loc[here, "weight"].sum()
        assert design.weights[here].sum() == pytest.approx(before, rel=RTOL)


@settings(max_examples=30, deadline=None)
@given(samples)
def test_nonresponse_classes_keep_their_weight(frame):
    people = frame.assign(answered=frame["y"].notna())

    design = rs.adjust_nonresponse(design_of(people), responded="answered", classes=["age", "sex"])

    groups = [frame["wave"], frame["age"], frame["sex"]]
    after = pd.Series(design.weights).groupby(groups).sum()
    np.testing.assert_allclose(after, frame["weight"].groupby(groups).sum(), rtol=RTOL)
    assert (design.weights[~people["answered"]] == 0).all()
