"""What holds of an impact whatever the sample: points by hand, and what must not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resilience as rs
from tests.evaluation.impact.towns import design_of, drawn, towns

if TYPE_CHECKING:
    import pandas as pd

# The same sums in another order.
CLOSE = {"rel": 1e-8, "abs": 1e-8}
FEW = settings(max_examples=8, deadline=None)


def _sample(
    seed: int, treated: int, compared: int, persons: int, missing: float
) -> tuple[pd.DataFrame, int]:
    rng = np.random.default_rng(seed)
    made = towns(rng, treated=treated, compared=compared, persons=persons, effect=3, unequal=True)
    made["trust"] = made["trust"].mask(rng.random(len(made)) < missing)
    return made, treated


samples = st.builds(
    _sample,
    seed=st.integers(0, 10_000),
    treated=st.integers(2, 4),
    compared=st.integers(2, 4),
    persons=st.integers(8, 25),
    missing=st.floats(0, 0.3),
)


def _impact(frame: pd.DataFrame, number: int, weights: str = "equal", **changes: object):
    said = drawn(number, weight_cities=weights, **changes)
    return rs.estimate_impact(design_of(frame), "trust", assignment=said)


def _numbers(impact) -> np.ndarray:
    evidence = impact.evidence
    told = [evidence.estimate, evidence.std_error, evidence.df, evidence.wild_p]
    told += [evidence.permuted_p, impact.sampling_error, impact.minimum_detectable()]
    return np.concatenate(told)


@FEW
@given(sample=samples)
def test_population_weights_give_the_difference_of_differences_of_arms(sample):
    frame, treated = sample
    arm = frame["town"].isin([f"town_{n}" for n in range(treated)])
    cells = rs.estimate_mean(
        design_of(frame.assign(arm=arm.map({True: "t", False: "c"}))), "trust", by=["arm", "wave"]
    ).to_frame()
    mean = {(row["arm"], row["wave"]): row["estimate"] for row in cells.to_dict("records")}
    expected = mean["t", "end"] - mean["t", "base"] - mean["c", "end"] + mean["c", "base"]

    impact = _impact(frame, treated, "population")

    assert impact.evidence.estimate[0] == pytest.approx(expected, **CLOSE)
    assert impact.table.difference.values[0] == pytest.approx(expected, **CLOSE)


@FEW
@given(sample=samples)
def test_equal_weights_give_that_of_means_of_towns(sample):
    frame, treated = sample
    cells = rs.estimate_mean(design_of(frame), "trust", by=["town", "wave"]).to_frame()
    means = cells.pivot_table(index="town", columns="wave", values="estimate", observed=True)
    change = means["end"] - means["base"]
    on = change.index.astype("str").isin([f"town_{n}" for n in range(treated)])

    impact = _impact(frame, treated)

    expected = change[on].mean() - change[~on].mean()
    assert impact.evidence.estimate[0] == pytest.approx(expected, **CLOSE)


@FEW
@given(sample=samples, weights=st.sampled_from(["equal", "population"]), seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(sample, weights, seed):
    frame, treated = sample
    mixed = frame.sample(frac=1, random_state=seed).reset_index(drop=True)

    found, again = _impact(frame, treated, weights), _impact(mixed, treated, weights)

    np.testing.assert_allclose(_numbers(again), _numbers(found), rtol=1e-6, atol=1e-8)


@FEW
@given(sample=samples, weights=st.sampled_from(["equal", "population"]), factor=st.floats(0.01, 99))
def test_the_scale_of_weights_does_not_matter(sample, weights, factor):
    frame, treated = sample
    scaled = frame.assign(weight=frame["weight"] * factor)

    found, again = _impact(frame, treated, weights), _impact(scaled, treated, weights)

    np.testing.assert_allclose(_numbers(again), _numbers(found), rtol=1e-6, atol=1e-8)


@FEW
@given(sample=samples, weights=st.sampled_from(["equal", "population"]), data=st.data())
def test_names_of_towns_do_not_matter(sample, weights, data):
    frame, treated = sample
    names = sorted(frame["town"].unique())
    other = dict(zip(names, data.draw(st.permutations([f"place {n}" for n in names])), strict=True))
    said = {"end": [other[f"town_{n}"] for n in range(treated)]}

    found = _impact(frame, treated, weights)
    again = _impact(frame.assign(town=frame["town"].map(other)), treated, weights, treated=said)

    np.testing.assert_allclose(_numbers(again), _numbers(found), rtol=1e-6, atol=1e-8)


@FEW
@given(sample=samples, weights=st.sampled_from(["equal", "population"]))
def test_outcomes_together_give_what_each_gives_alone(sample, weights):
    frame, treated = sample
    both = frame.assign(double=2 * frame["trust"], other=frame["trust"].fillna(3.0) ** 2)
    design, said = design_of(both), drawn(treated, weight_cities=weights)

    together = rs.estimate_impact(design, ["trust", "double", "other"], assignment=said)
    alone = rs.estimate_impact(design, "other", assignment=said)

    assert together.to_frame().loc[2, "estimate"] == pytest.approx(
        alone.evidence.estimate[0], **CLOSE
    )
    assert together.p_value[2] == pytest.approx(alone.p_value[0])
    assert together.evidence.std_error[1] == pytest.approx(2 * together.evidence.std_error[0])
    assert together.evidence.wild_p[1] == pytest.approx(together.evidence.wild_p[0])
