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
    if np.isfinite(change.std_error[0]):  # it is not known where all answers come from one PSU
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


def waves_of(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the sample and a second wave of it in the same PSUs, with other answers."""
    rng = np.random.default_rng(seed)
    later = frame.assign(wave="w2", y=frame["y"] + rng.normal(2, 5, len(frame)))
    waves = pd.concat([frame.assign(wave="w1"), later], ignore_index=True)
    return waves.assign(person=[*range(len(frame))] * 2)


def change_of(frame: pd.DataFrame) -> rs.Estimates:
    levels = rs.estimate_mean(waves_design(frame), "y", by="wave")
    return rs.compare(levels, over="wave", reference="w1")


def waves_design(frame: pd.DataFrame, relation: str = "same_psu") -> rs.SurveyDesign:
    return rs.SurveyDesign(
        frame,
        weight="weight",
        stratum="stratum",
        psu="psu",
        wave="wave",
        waves=relation,
        respondent_id="person",
        nested_psu=True,
    )


@settings(max_examples=30, deadline=None)
@given(samples, st.integers(0, 1000), st.floats(0.01, 1000))
def test_changes_do_not_depend_on_the_scale_of_weights_or_the_order_of_rows(frame, seed, constant):
    waves = waves_of(frame, seed)
    other = waves.assign(weight=waves["weight"] * constant).sample(frac=1, random_state=seed)

    one, two = change_of(waves), change_of(other.reset_index(drop=True))

    np.testing.assert_allclose(two.values, one.values, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(two.std_error, one.std_error, rtol=1e-6, atol=1e-8)
    assert two.df.tolist() == one.df.tolist()


matrices = st.lists(st.lists(st.integers(-3, 3), min_size=3, max_size=3), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None)
@given(samples, st.integers(0, 1000), matrices)
def test_a_contrast_of_a_contrast_is_a_contrast(frame, seed, second):
    rng = np.random.default_rng(seed)
    totals = rs.estimate_total(design_of(frame), ["y", "z"], by="group")
    first = rng.normal(size=(3, len(totals)))

    stepwise = totals.contrast(first).contrast(second)
    direct = totals.contrast(np.array(second) @ first)

    scale = max(1.0, float(np.abs(totals.values).max()))
    np.testing.assert_allclose(stepwise.values, direct.values, rtol=1e-7, atol=1e-9 * scale)
    np.testing.assert_allclose(
        stepwise.covariance, direct.covariance, rtol=1e-6, atol=1e-9 * scale**2
    )


@settings(max_examples=40, deadline=None)
@given(samples)
def test_concat_keeps_all_covariances(frame):
    design = design_of(frame)

    parts = [rs.estimate_total(design, name, by="group") for name in ("y", "z")]
    joint = rs.concat(parts)
    direct = rs.estimate_total(design, ["y", "z"], by="group")

    np.testing.assert_allclose(joint.covariance, direct.covariance, rtol=1e-9, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(samples, st.integers(0, 1000))
def test_bounds_without_ids_contain_the_error_with_them(frame, seed):
    """Cauchy-Schwarz: whatever the covariance is, it lies within the bounds."""
    waves = waves_of(frame, seed)
    linked = change_of(waves)
    levels = rs.estimate_mean(waves_design(waves, "independent"), "y", by="wave")

    found = rs.change_without_ids(levels.select([0]), levels.select([1]))

    np.testing.assert_allclose(found.values, linked.values, rtol=1e-9)
    if np.isfinite(linked.std_error[0]):
        assert found.std_error_low[0] <= linked.std_error[0] * (1 + 1e-9) + 1e-9
        assert linked.std_error[0] <= found.std_error_high[0] * (1 + 1e-9) + 1e-9


@settings(max_examples=30, deadline=None)
@given(samples, st.integers(0, 1000))
def test_where_all_stay_and_weights_stay_change_within_persons_is_that_of_the_population(
    frame, seed
):
    waves = waves_of(frame, seed)

    net = change_of(waves)
    within = rs.estimate_panel_change(waves_design(waves, "panel"), "y", between=("w1", "w2"))

    np.testing.assert_allclose(within.values, net.values, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(within.std_error, net.std_error, rtol=1e-6, atol=1e-8)


@settings(max_examples=30, deadline=None)
@given(samples, st.integers(2, 6), st.integers(0, 1000))
def test_imputing_never_makes_an_estimate_more_certain(frame, imputations, seed):
    rng = np.random.default_rng(seed)
    lost = frame["y"].isna()
    parts = [
        rs.estimate_total(
            design_of(frame.assign(y=frame["y"].where(~lost, rng.normal(50, 10, len(frame))))), "y"
        )
        for _ in range(imputations)
    ]

    found = rs.combine_imputations(parts)

    within = np.mean([part.std_error**2 for part in parts])
    factor = found.factor.matrix()
    assert found.std_error[0] ** 2 >= within * (1 - 1e-12)
    np.testing.assert_allclose(factor.T @ factor, found.covariance, rtol=1e-9, atol=1e-12)
    assert found.df[0] <= parts[0].df[0]


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
