"""Ratios, quantiles, correlations and standardised differences: what R does not decide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import ComparisonError, EstimationError
from resilience.inference.results.sorted_shares import sorted_shares


@pytest.fixture
def pair(frame):
    rng = np.random.default_rng(3)
    frame["x"] = frame["y"] * 0.5 + rng.normal(30, 4, len(frame))
    return rs.SurveyDesign(
        frame, weight="weight", stratum="stratum", psu="psu", wave="wave", waves="same_psu"
    )


def everything(design) -> rs.Estimates:
    """One of each, by wave."""
    return rs.concat(
        [
            rs.estimate_ratio(design, "y", "x", by="wave"),
            rs.estimate_quantile(design, "y", [0.25, 0.5], by="wave"),
            rs.estimate_correlation(design, ["x", "y"], by="wave"),
            rs.standardised_difference(design, "y", over="sex", reference="f", by="wave"),
            rs.estimate_mean(design, "y", by="wave"),
        ]
    )


def test_everything_has_one_joint_covariance(pair):
    found = everything(pair)

    spread = np.linalg.eigvalsh(found.covariance)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), found.std_error)
    assert spread.min() > -1e-9 * spread.max()
    # PSUs recur, so that waves go together, and so do a median and a mean of one variable.
    correlation = found.covariance / np.outer(found.std_error, found.std_error)
    median, mean = 4, 10
    assert list(found.rows["measure"].iloc[[median, mean]]) == ["quantile", "mean"]
    assert correlation[median, mean] > 0.3


def test_a_contrast_of_a_mean_and_a_median_keeps_the_unit_and_a_ratio_is_another(pair):
    mean, median = rs.estimate_mean(pair, "y"), rs.estimate_quantile(pair, "y", 0.5)
    both = rs.concat([mean, median, rs.estimate_ratio(pair, "y", "x")])

    tail = both.contrast({"mean - median": {0: 1, 1: -1}})

    assert tail.values[0] == pytest.approx(mean.values[0] - median.values[0])
    assert both.unit[2] == "ratio"
    with pytest.raises(EstimationError, match="different units"):
        both.contrast({"nonsense": {0: 1, 2: -1}})


def test_rows_are_told_apart_by_what_they_are_of(pair):
    assert list(rs.estimate_ratio(pair, ["y", "z"], "x").rows) == [
        *("measure", "variable", "denominator")
    ]
    assert rs.estimate_quantile(pair, "y").rows["probability"].tolist() == [0.25, 0.5, 0.75]
    pairs = rs.estimate_correlation(pair, ["y", "x", "z"]).rows
    assert pairs[["variable", "with_variable"]].to_numpy().tolist() == [
        ["y", "x"],
        ["y", "z"],
        ["x", "z"],
    ]
    differences = rs.standardised_difference(pair, "y", over="site", reference="north", by="sex")
    assert list(differences.rows) == ["measure", "variable", "sex", "site", "reference"]
    assert differences.rows["site"].tolist() == ["south", "south"]


def test_a_median_of_waves_changes_like_other_estimates(pair):
    medians = rs.estimate_quantile(pair, "y", [0.5], by=["sex", "wave"])

    change = rs.compare(medians, over="wave", reference="w1")

    np.testing.assert_allclose(change.values, medians.values[1::2] - medians.values[::2])
    expected = medians.covariance[0, 0] + medians.covariance[1, 1] - 2 * medians.covariance[0, 1]
    assert change.std_error[0] ** 2 == pytest.approx(expected)


@pytest.mark.parametrize(
    ("values", "weights", "probability", "expected"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 0.5, 2),
        ([1, 2, 3, 4], [0.1, 0.1, 0.1, 0.1], 0.75, 3),
        ([1, 2, 3, 4], [1, 1, 1, 1], 0.51, 3),
        ([1, 2, 2, 4], [1, 1, 1, 1], 0.6, 2),
        ([1, 2, 3, 4], [0, 1, 0, 1], 0.1, 2),
        ([1, 2, 3], [10, 1, 1], 0.05, 1),
        ([1, 2, 3], [1, 1, 1], 1.0, 3),
    ],
)
def test_a_quantile_is_the_lowest_value_with_at_least_the_share_below(
    values, weights, probability, expected
):
    found = sorted_shares(np.array(values, float), np.array(weights, float))

    assert found.quantile(probability) == expected


def test_a_quantile_of_nobody_is_none():
    assert np.isnan(sorted_shares(np.array([1.0]), np.array([0.0])).quantile(0.5))


def test_too_few_beyond_a_quantile_leave_the_limit_open():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": rng.normal(size=24), "ea": np.arange(24) // 3})

    found = rs.estimate_quantile(rs.SurveyDesign(frame, psu="ea"), "y", [0.02, 0.5])
    low, high = found.interval()

    assert np.isnan([low[0], found.std_error[0], found.covariance[0, 1]]).all()
    assert np.isfinite([high[0], low[1], high[1], found.std_error[1]]).all()


def test_a_quantile_that_everybody_has_is_certain():
    frame = pd.DataFrame({"y": [3.0] * 8, "ea": [1, 1, 2, 2, 3, 3, 4, 4]})

    found = rs.estimate_quantile(rs.SurveyDesign(frame, psu="ea"), "y", 0.5)

    assert (found.values[0], found.std_error[0]) == (3.0, 0.0)
    assert found.interval()[0].tolist() == [3.0]


@pytest.mark.parametrize("probabilities", [0, 1.0, [0.5, 1.2], []])
def test_probabilities_lie_between_0_and_1(pair, probabilities):
    with pytest.raises(ValueError, match="between 0 and 1"):
        rs.estimate_quantile(pair, "y", probabilities)


def test_what_does_not_vary_has_no_correlation_and_no_difference():
    frame = pd.DataFrame({"x": [0.1] * 6, "y": range(6), "ea": range(6), "g": list("ababab")})
    design = rs.SurveyDesign(frame, psu="ea")

    correlation = rs.estimate_correlation(design, ["x", "y"])
    difference = rs.standardised_difference(design, "x", over="g", reference="a")

    for found in (correlation, difference):
        assert np.isnan([found.values[0], found.std_error[0], found.covariance[0, 0]]).all()


def test_a_perfect_correlation_is_its_own_interval():
    frame = pd.DataFrame({"x": range(6), "y": [-2.0 * v for v in range(6)], "ea": range(6)})

    found = rs.estimate_correlation(rs.SurveyDesign(frame, psu="ea"), ["x", "y"])

    assert found.values[0] == pytest.approx(-1)
    np.testing.assert_allclose(found.interval(), [[-1], [-1]], atol=1e-7)


def test_a_ratio_to_nothing_is_missing():
    frame = pd.DataFrame({"y": [1.0, 2, 3], "x": [1.0, -1, 0], "ea": [1, 2, 3]})

    found = rs.estimate_ratio(rs.SurveyDesign(frame, psu="ea"), "y", "x")

    assert np.isnan([found.values[0], found.std_error[0]]).all()


def test_rows_count_where_both_are_answered(frame):
    frame["x"] = 1.0
    frame.loc[0:9, "x"] = np.nan
    frame.loc[5:14, "y"] = np.nan
    design = rs.SurveyDesign(frame, weight="weight", stratum="stratum", psu="psu")

    assert rs.estimate_ratio(design, "y", "x").n.tolist() == [120 - 15]
    kept = frame.dropna(subset=["x", "y"])
    assert rs.estimate_ratio(design, "y", "x").values[0] == pytest.approx(
        np.average(kept["y"], weights=kept["weight"])
    )


@pytest.mark.parametrize("variables", [["y"], [], "yx", [("y", "x", "z")], ["y", ("y", "x")]])
def test_a_correlation_needs_two(pair, variables):
    with pytest.raises(EstimationError, match="a correlation is one of two"):
        rs.estimate_correlation(pair, variables)


def test_a_reference_that_is_no_group_is_refused(pair):
    with pytest.raises(ComparisonError, match=r"no value 'norht'(.|\n)*'north'"):
        rs.standardised_difference(pair, "y", over="site", reference="norht")


def test_groups_without_a_reference_are_left_out_with_a_warning(frame):
    frame = frame[(frame["wave"] == "w1") | (frame["site"] == "south")]
    design = rs.SurveyDesign(frame, stratum="stratum", psu="psu", wave="wave", waves="same_psu")

    with pytest.warns(rs.errors.ResilienceWarning, match="1 groups have no 'north'"):
        rs.standardised_difference(design, "y", over="site", reference="north", by="wave")


def test_a_group_in_one_psu_has_no_error_in_a_difference():
    frame = pd.DataFrame({"y": [1.0, 3, 4, 6, 2, 5], "g": list("aabbbb"), "ea": [1, 1, 2, 3, 4, 4]})

    found = rs.standardised_difference(
        rs.SurveyDesign(frame, psu="ea"), "y", over="g", reference="b"
    )

    assert np.isfinite(found.values[0])
    assert np.isnan(found.std_error[0])
    assert found.n.tolist() == [2]


def test_scores_behind_a_ratio_are_both_looked_at(pair):
    from dataclasses import replace

    from resilience.definitions.measures import Measure, Signature

    def measure(name, second):
        labels = {"a": "", "b": ""}
        marks = {"w1": Signature("r", ("a", "b"), labels), "w2": Signature("r", second, labels)}
        return Measure(name, "index", {"en": name}, "points", "higher", marks)

    measures = {"y": measure("y", ("a", "b")), "x": measure("x", ("a",))}
    design = replace(pair, measures=measures)

    with pytest.raises(ComparisonError, match="'x' is not the same score in w1 and w2"):
        rs.estimate_ratio(design, "y", "x")
    by_wave = rs.estimate_ratio(design, "y", "x", by="wave")
    with pytest.raises(ComparisonError, match="b of x not asked in w2"):
        rs.compare(by_wave, over="wave", reference="w1")


def test_needs_of_intervals_follow_their_rows(pair):
    found = everything(pair)
    low, high = found.interval(level=0.9)

    chosen = found.select([4, 10])
    joined = rs.concat([chosen, found.select([2])])

    np.testing.assert_allclose(joined.interval(level=0.9)[0], low[[4, 10, 2]])
    np.testing.assert_allclose(joined.interval(level=0.9)[1], high[[4, 10, 2]])
    assert joined.contrast({"a": {0: 1.0}}).interval_needs == (None,)
    assert (high[4] - low[4]) < (found.interval(level=0.99)[1] - found.interval(level=0.99)[0])[4]


def test_many_domains_are_worked_through_in_blocks(frame, monkeypatch):
    from resilience.inference.statistics import domain_rows

    design = rs.SurveyDesign(frame, weight="weight", stratum="stratum", psu="psu")
    at_once = rs.estimate_ratio(design, "y", "weight", by=["site", "sex"])

    monkeypatch.setattr(domain_rows, "_LARGEST_BLOCK", 3 * len(frame))
    in_blocks = rs.estimate_ratio(design, "y", "weight", by=["site", "sex"])

    np.testing.assert_array_equal(in_blocks.values, at_once.values)
    np.testing.assert_array_equal(in_blocks.covariance, at_once.covariance)
    np.testing.assert_array_equal(in_blocks.df, at_once.df)
