"""What holds of sensitive questions for every sample."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resilience as rs
from resilience.evaluation.sensitive.cone import distance_from_positive, tail_of_distance

QUESTION = rs.ListQuestion("told", "arm", 3)
CLOSE = 1e-9


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rs.errors.ResilienceWarning)
        yield


def frame_of(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(40, 120))
    arm = rng.permutation(np.arange(n) % 2)
    return pd.DataFrame(
        {
            "arm": arm,
            "told": np.minimum(rng.integers(0, 4, n) + arm * rng.integers(0, 2, n), 3 + arm) * 1.0,
            "answer": np.where(rng.random(n) < 0.2, np.nan, rng.integers(0, 2, n)),
            "weight": rng.uniform(0.5, 3, n),
            "psu": rng.integers(0, 10, n),
        }
    )


def design_of(frame: pd.DataFrame) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame, weight="weight", psu="psu")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), times=st.floats(0.1, 50))
def test_shares_do_not_depend_on_the_weights_unit_or_the_order_of_rows(seed, times):
    frame = frame_of(seed)
    rng = np.random.default_rng(seed)
    other = frame.assign(weight=frame["weight"] * times).iloc[rng.permutation(len(frame))]
    first = rs.estimate_list(design_of(frame), QUESTION)
    second = rs.estimate_list(design_of(other.reset_index(drop=True)), QUESTION)

    np.testing.assert_allclose(second.values, first.values, rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(second.std_error, first.std_error, rtol=CLOSE)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_types_add_up(seed):
    """All types together are everybody, and those who hold the statement are the share."""
    design = design_of(frame_of(seed))
    types = rs.list_design_test(design, QUESTION).types
    holding = (types.rows["sensitive"] == 1).to_numpy()

    assert types.values.sum() == pytest.approx(1, abs=CLOSE)
    share = rs.estimate_list(design, QUESTION)
    assert types.values[holding].sum() == pytest.approx(share.values[0], abs=CLOSE)
    total = types.contrast(holding[None, :] * 1.0)
    assert total.std_error[0] == pytest.approx(share.std_error[0], rel=1e-7)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), level=st.floats(0.5, 0.99))
def test_bounds_are_in_order_and_hold_any_filling_in(seed, level):
    frame = frame_of(seed)
    bounds = rs.refusal_bounds(design_of(frame), "answer")
    rng = np.random.default_rng(seed)
    filled = frame["answer"].fillna(pd.Series(rng.integers(0, 2, len(frame)) * 1.0))
    mean = rs.estimate_mean(design_of(frame.assign(answer=filled)), "answer").values[0]
    low, high = bounds.interval(level=level)

    assert bounds.lower.values[0] - CLOSE <= mean <= bounds.upper.values[0] + CLOSE
    assert low[0] <= bounds.lower.values[0] <= bounds.upper.values[0] <= high[0]
    wide = rs.list_bounds(design_of(frame), QUESTION)
    assert np.isfinite(wide.interval()[0]).all()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 4))
def test_the_distance_is_0_exactly_where_all_are_positive(seed, size):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size))
    covariance = root @ root.T + 0.1 * np.eye(size)
    values = rng.normal(size=size)
    distance = distance_from_positive(values, covariance)

    assert (distance < CLOSE) == bool((values >= 0).all())
    assert 0 <= tail_of_distance(distance, covariance) <= 1
    assert tail_of_distance(distance + 1, covariance) <= tail_of_distance(distance, covariance)
