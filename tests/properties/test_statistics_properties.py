"""What must hold of ratios, quantiles, correlations and standardised differences of any sample."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resilience as rs
from tests.properties.test_inference_properties import design_of, simulated_sample


def sample_of(seed: int) -> pd.DataFrame:
    """A sample with two numbers, one of which has ties, and two arms in every PSU."""
    rng = np.random.default_rng(seed)
    parts = [simulated_sample(rng).assign(part=part) for part in range(3)]
    frame = pd.concat(parts, ignore_index=True)
    frame["y"] = frame["y"].fillna(45.0)
    frame["x"] = np.round(frame["y"] / 5 + rng.normal(0, 2, len(frame)))
    frame["arm"] = np.array(["a", "b"])[np.arange(len(frame)) % 2]
    frame["site"] = np.array(["n", "s"])[rng.integers(0, 2, len(frame))]
    return frame


samples = st.integers(0, 10_000).map(sample_of)


def smooth(design: rs.SurveyDesign) -> rs.Estimates:
    return rs.concat(
        [
            rs.estimate_ratio(design, "y", "x"),
            rs.estimate_correlation(design, ["x", "y"]),
            rs.standardised_difference(design, ["y", "x"], over="arm", reference="a"),
        ]
    )


def everything(design: rs.SurveyDesign) -> rs.Estimates:
    return rs.concat([smooth(design), rs.estimate_quantile(design, ["y", "x"])])


@settings(max_examples=25, deadline=None)
@given(samples, st.floats(0.01, 1000), st.integers(0, 100))
def test_neither_the_scale_of_weights_nor_the_order_of_rows_means_anything(frame, scale, seed):
    changed = frame.assign(weight=frame["weight"] * scale).sample(frac=1, random_state=seed)

    one, other = everything(design_of(frame)), everything(design_of(changed))

    np.testing.assert_allclose(other.values, one.values, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(other.covariance, one.covariance, rtol=1e-6, atol=1e-9)
    for found, wanted in zip(other.interval(), one.interval(), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(samples, st.integers(0, 1000))
def test_what_a_psu_contributes_is_what_its_weight_moves(frame, which):
    """The derivative by the weights of one PSU, by trying: no formula of ours is in it."""
    design = design_of(frame)
    slot = which % design.sample.n_slots
    step = 1e-5

    def moved(sign: int) -> np.ndarray:
        factor = np.where(design.slot_of_row == slot, 1 + sign * step, 1.0)
        return smooth(design_of(frame.assign(weight=frame["weight"] * factor))).values

    tried = (moved(1) - moved(-1)) / (2 * step)

    contributions = np.asarray(smooth(design).factor.parts[0].contributions)
    np.testing.assert_allclose(contributions[slot], tried, rtol=1e-4, atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(samples)
def test_a_correlation_is_that_of_standardised_numbers_whatever_their_units(frame):
    one = rs.estimate_correlation(design_of(frame), ["x", "y"])
    other = rs.estimate_correlation(
        design_of(frame.assign(x=frame["x"] * -3 + 1, y=frame["y"] / 100)), ["x", "y"]
    )

    assert other.values[0] == pytest.approx(-one.values[0], rel=1e-9, abs=1e-12)
    assert other.std_error[0] == pytest.approx(one.std_error[0], rel=1e-7, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(samples)
def test_a_ratio_to_a_column_of_1_is_the_mean(frame):
    design = design_of(frame.assign(one=1.0))

    ratio = rs.estimate_ratio(design, "y", "one", by="group")
    mean = rs.estimate_mean(design, "y", by="group")

    np.testing.assert_allclose(ratio.values, mean.values, rtol=1e-9)
    np.testing.assert_allclose(ratio.covariance, mean.covariance, rtol=1e-7, atol=1e-10)
    np.testing.assert_allclose(ratio.deff, mean.deff, rtol=1e-7)
    np.testing.assert_array_equal(ratio.df, mean.df)


@settings(max_examples=25, deadline=None)
@given(samples, st.floats(0.05, 0.95))
def test_a_share_of_at_least_p_lies_at_or_below_a_quantile_and_less_below_it(frame, probability):
    design = design_of(frame)

    found = rs.estimate_quantile(design, "x", probability).values[0]

    weights, x = frame["weight"], frame["x"]
    whole = weights.sum()
    assert weights[x <= found].sum() / whole >= probability - 1e-9
    assert weights[x < found].sum() / whole < probability + 1e-9


@settings(max_examples=25, deadline=None)
@given(samples)
def test_restricting_to_a_domain_is_breaking_down_by_it(frame):
    design = design_of(frame)

    parts = rs.concat(
        [
            rs.estimate_correlation(design, ["x", "y"], by="site"),
            rs.estimate_quantile(design, "y", 0.5, by="site"),
            rs.standardised_difference(design, "y", over="arm", reference="a", by="site"),
        ]
    )
    for site in parts.rows["site"].unique():
        where = {"site": site}
        alone = rs.concat(
            [
                rs.estimate_correlation(design, ["x", "y"], where=where),
                rs.estimate_quantile(design, "y", 0.5, where=where),
                rs.standardised_difference(design, "y", over="arm", reference="a", where=where),
            ]
        )
        here = parts.select((parts.rows["site"] == site).to_numpy())
        np.testing.assert_allclose(here.values, alone.values, rtol=1e-9)
        np.testing.assert_allclose(here.covariance, alone.covariance, rtol=1e-7, atol=1e-12)
