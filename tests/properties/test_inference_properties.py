"""What must hold for every sample, tried on many."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import resilience as rs

RTOL = 1e-9

samples = st.integers(0, 10_000).map(lambda seed: simulated_sample(np.random.default_rng(seed)))


def simulated_sample(rng: np.random.Generator) -> pd.DataFrame:
    rows = [
        {"stratum": stratum, "psu": psu, "weight": rng.gamma(2, 3), "group": rng.integers(0, 3)}
        for stratum in range(int(rng.integers(1, 4)))
        for psu in range(int(rng.integers(2, 6)))
        for _ in range(int(rng.integers(1, 7)))
    ]
    frame = pd.DataFrame(rows)
    frame["y"] = rng.normal(50, 10, len(frame))
    frame["z"] = rng.integers(0, 2, len(frame)).astype(float)
    frame.loc[rng.random(len(frame)) < 0.1, "y"] = np.nan
    frame.loc[0, "y"] = 50.0
    return frame


def design_of(frame: pd.DataFrame) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame, weight="weight", stratum="stratum", psu="psu", nested_psu=True)


@settings(max_examples=40, deadline=None)
@given(samples, st.floats(0.01, 1000))
def test_weights_times_a_constant_leave_means_and_their_errors(frame, constant):
    one = rs.estimate_mean(design_of(frame), ["y", "z"], by="group")
    other = rs.estimate_mean(
        design_of(frame.assign(weight=frame["weight"] * constant)), ["y", "z"], by="group"
    )

    np.testing.assert_allclose(other.values, one.values, rtol=RTOL)
    np.testing.assert_allclose(other.std_error, one.std_error, rtol=1e-7, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(samples, st.integers(0, 1000))
def test_the_order_of_rows_means_nothing(frame, seed):
    shuffled = frame.sample(frac=1, random_state=seed).reset_index(drop=True)

    one = rs.estimate_mean(design_of(frame), ["y", "z"], by="group")
    other = rs.estimate_mean(design_of(shuffled), ["y", "z"], by="group")

    np.testing.assert_allclose(other.values, one.values, rtol=RTOL)
    np.testing.assert_allclose(other.covariance, one.covariance, rtol=1e-7, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(samples)
def test_totals_of_domains_add_up(frame):
    design = design_of(frame)

    parts = rs.estimate_total(design, "y", by="group")
    whole = rs.estimate_total(design, "y")
    summed = parts.contrast(np.ones((1, len(parts))))

    np.testing.assert_allclose(summed.values, whole.values, rtol=RTOL)
    np.testing.assert_allclose(summed.std_error, whole.std_error, rtol=1e-7, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(samples)
def test_a_wave_compared_with_itself_does_not_change(frame):
    twice = pd.concat([frame.assign(wave="w1"), frame.assign(wave="w2")])
    design = rs.SurveyDesign(
        twice,
        weight="weight",
        stratum="stratum",
        psu="psu",
        wave="wave",
        waves="same_psu",
        nested_psu=True,
    )

    change = rs.compare(rs.estimate_mean(design, "y", by="wave"), over="wave", reference="w1")

    np.testing.assert_allclose(change.values, 0, atol=1e-9)
    np.testing.assert_allclose(change.std_error, 0, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(samples)
def test_a_mean_is_the_ratio_of_two_totals(frame):
    answered = frame.assign(one=frame["y"].notna().astype(float), y=frame["y"].fillna(0.0))
    design = design_of(answered)
    totals = rs.concat([rs.estimate_total(design, "y"), rs.estimate_total(design, "one")])

    ratio = totals.delta_method(
        lambda v: [v[0] / v[1]],
        lambda v: [[1 / v[1], -v[0] / v[1] ** 2]],
        rows=pd.DataFrame({"measure": ["ratio"], "variable": ["y"]}),
    )
    mean = rs.estimate_mean(design_of(frame), "y")

    np.testing.assert_allclose(ratio.values, mean.values, rtol=RTOL)
    if np.isfinite(mean.std_error[0]):
        np.testing.assert_allclose(ratio.std_error, mean.std_error, rtol=1e-6, atol=1e-9)
    else:
        # All answers come from one PSU: the ratio hides it, the mean says so.
        np.testing.assert_allclose(ratio.std_error, 0.0, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(samples)
def test_jackknifed_totals_have_the_linearised_covariance(frame):
    design = design_of(frame)
    unstratified = rs.SurveyDesign(frame.assign(ea=frame["stratum"] * 100 + frame["psu"]), psu="ea")

    for sample, kind in ((design, "JKn"), (unstratified, "JK1")):
        wanted = rs.estimate_total(sample, "y", by="group").covariance
        found = rs.estimate_total(rs.as_replicates(sample, kind), "y", by="group").covariance
        np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-8 * np.abs(wanted).max())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=30))
def test_reversing_twice_changes_nothing(answers):
    from resilience.scoring.items import to_points

    values = np.array(answers, float)
    straight = to_points(values, minimum=1, maximum=7, reverse=False)
    reversed_ = to_points(values, minimum=1, maximum=7, reverse=True)

    np.testing.assert_allclose(
        to_points(reversed_, minimum=0, maximum=100, reverse=True), straight, atol=1e-12
    )
