"""Intervals at the ends, and the published presentation standards on cases worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import resilience as rs
from resilience.inference.comparisons.reliability import REASONS
from resilience.inference.results.intervals import confidence_limits


def sample_of(agree: int, n: int, **columns) -> rs.SurveyDesign:
    """A simple random sample: every respondent is a PSU."""
    frame = pd.DataFrame({"z": [1.0] * agree + [0.0] * (n - agree), "ea": range(n), **columns})
    return rs.SurveyDesign(frame, psu="ea")


def word(estimates: rs.Estimates) -> tuple[str, str]:
    row = rs.reliability(estimates).iloc[0]
    return row["reliability"], row["reason"]


@pytest.mark.parametrize(
    ("agree", "n", "expected"),
    [
        (10, 28, ("unreliable", "effective_n_below_30")),
        # Clopper-Pearson 20 of 40: 0.338 to 0.662, 0.324 wide.
        (20, 40, ("unreliable", "interval_at_least_30_points")),
        # 25 of 50: 0.355 to 0.645, 0.289 wide, 58 % of the share.
        (25, 50, ("reliable", "")),
        # 2 of 60: 0.004 to 0.115, 0.111 wide, 333 % of the share.
        (2, 60, ("unreliable", "interval_above_130_percent_of_share")),
        # 5 of 1000: 0.0016 to 0.0116, 0.01 wide: 200 % of the share, but at most 0.05 wide.
        (5, 1000, ("reliable", "")),
        # Nobody of 40: 0 to 0.088.
        (0, 40, ("review", "nobody_or_everybody")),
        (40, 40, ("review", "nobody_or_everybody")),
        (0, 20, ("unreliable", "effective_n_below_30")),
    ],
)
def test_shares_by_the_standards_of_2017(agree, n, expected):
    assert word(rs.estimate_proportion(sample_of(agree, n), "z")) == expected


def test_a_width_is_that_of_the_exact_interval_of_the_effective_sample():
    """A simple random sample has n - 1 effective respondents: p (1 - p) / s^2 with n - 1."""
    found = rs.reliability(rs.estimate_proportion(sample_of(25, 50), "z")).iloc[0]

    size = 49.0
    low = stats.beta.ppf(0.025, size / 2, size / 2 + 1)
    assert found["n_rated"] == pytest.approx(size)
    assert found["width"] == pytest.approx(1 - 2 * low)
    assert found["relative_width"] == pytest.approx((1 - 2 * low) / 0.5)


def test_an_effective_sample_above_n_counts_as_n():
    """Strata that explain everything but one answer make a design effect below 1."""
    frame = pd.DataFrame(
        {
            "z": [1.0] * 30 + [0.0] * 29 + [1.0],
            "ea": range(60),
            "stratum": [1] * 30 + [2] * 30,
        }
    )
    found = rs.estimate_proportion(rs.SurveyDesign(frame, stratum="stratum", psu="ea"), "z")

    assert found.n_effective[0] > 60
    assert rs.reliability(found)["n_rated"].tolist() == [60.0]


def test_few_degrees_of_freedom_are_for_review():
    frame = pd.DataFrame({"z": [0.0, 1.0] * 200, "ea": np.repeat(range(8), 50)})
    frame.loc[[0, 60, 120], "z"] = 1.0

    found = rs.estimate_proportion(rs.SurveyDesign(frame, psu="ea"), "z")

    assert found.df.tolist() == [7.0]
    assert word(found) == ("review", "df_below_8")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Mean 2, standard error 0.5 / root... n = 20 halves at 1 and 3: s = 1.026, error 11 %.
        ([1.0, 3.0] * 10, ("reliable", "")),
        # Half 0, half 1 of 10: mean 0.5, s = 0.527, error 0.167, 33 % of it.
        ([0.0, 1.0] * 5, ("unreliable", "relative_error_above_30_percent")),
        ([1.0, 3.0] * 3, ("review", "df_below_8")),
    ],
)
def test_means_by_their_relative_error(values, expected):
    frame = pd.DataFrame({"y": values, "ea": range(len(values))})

    assert word(rs.estimate_mean(rs.SurveyDesign(frame, psu="ea"), "y")) == expected


def test_what_has_no_published_rule_or_no_error_is_told():
    design = sample_of(25, 50, g=["a", "b"] * 25, y=range(50))
    change = rs.compare(rs.estimate_mean(design, "y", by="g"), over="g", reference="a")
    one_psu = rs.estimate_mean(design, "y", where={"ea": 3})

    assert word(change) == ("not_rated", "no_published_rule")
    assert word(rs.estimate_quantile(design, "y", 0.5)) == ("not_rated", "no_published_rule")
    assert word(one_psu) == ("unreliable", "no_standard_error")


def test_every_reason_has_one_of_the_words():
    assert set(REASONS.values()) == {"reliable", "review", "unreliable", "not_rated"}


def test_what_an_estimate_rests_on(design):
    found = rs.basis(rs.estimate_mean(design, "y", by=["wave", "site"]))
    change = rs.basis(
        rs.compare(rs.estimate_mean(design, "y", by="wave"), over="wave", reference="w1")
    )

    # North is one stratum of four PSUs, south two; the waves share them.
    assert found["n"].tolist() == [20, 40, 20, 40]
    assert found["n_psu"].tolist() == [4, 8, 4, 8]
    assert found["n_strata"].tolist() == [1, 2, 1, 2]
    assert (found["n_psu"] - found["n_strata"]).tolist() == found["df"].tolist()
    assert change[["n_psu", "n_strata", "df"]].to_numpy().tolist() == [[12, 3, 9]]
    assert found["df_design"].tolist() == [9.0] * 4


@pytest.mark.parametrize("n", [12, 300])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_nobody_and_everybody_have_limits_from_n(n, level):
    limits = {}
    for rule in ("logit", "korn_graubard", "wilson"):
        for agree in (0, n):
            found = rs.estimate_proportion(sample_of(agree, n), "z", interval=rule)
            limits[rule, agree] = [float(part[0]) for part in found.interval(level=level)]

    exact = stats.binomtest(0, n).proportion_ci(level, "exact")
    score = stats.binomtest(0, n).proportion_ci(level, "wilson")
    for rule, wanted in (("logit", exact), ("korn_graubard", exact), ("wilson", score)):
        assert limits[rule, 0] == pytest.approx([0.0, wanted.high])
        assert limits[rule, n] == pytest.approx([1 - wanted.high, 1.0])


def test_shares_that_are_the_same_in_all_psus_are_certain():
    frame = pd.DataFrame({"z": [0.0, 1.0] * 4, "ea": [1, 1, 2, 2, 3, 3, 4, 4]})

    for rule in ("logit", "korn_graubard", "wilson"):
        found = rs.estimate_proportion(rs.SurveyDesign(frame, psu="ea"), "z", interval=rule)
        np.testing.assert_allclose(found.interval(), [[0.5], [0.5]])


def test_an_interval_that_is_none_of_the_rules_is_refused(design):
    with pytest.raises(ValueError, match="'interval' must be one of"):
        rs.estimate_proportion(design, "z", interval="wald")


@pytest.mark.parametrize("rule", ["t", "logit", "korn_graubard", "wilson", "fisher_z"])
def test_higher_levels_give_wider_intervals_around_the_estimate(rule):
    estimate, error, df, n = np.array([0.3]), np.array([0.04]), np.array([9.0]), np.array([150.0])
    widths = []
    for level in (0.5, 0.8, 0.95, 0.99):
        low, high = confidence_limits(np.array([rule], object), estimate, error, df, n, level)
        assert low[0] < 0.3 < high[0]
        widths.append(high[0] - low[0])

    assert widths == sorted(widths)


def test_design_effects_of_weights_that_tell_no_population():
    """Without weights, or with weights that add up to n, there is no finite population."""
    frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "ea": [1, 1, 2, 3]})

    found = rs.design_effects(rs.SurveyDesign(frame, psu="ea"), "y")

    assert np.isnan(found["deff_without_replacement"]).all()
    assert found["deff_weights"].tolist() == [1.0]


def test_imputations_rest_on_the_units_of_each(frame):
    design = rs.SurveyDesign(
        frame[frame["wave"] == "w1"], weight="weight", stratum="stratum", psu="psu"
    )
    once = rs.estimate_mean(design, "y")

    combined = rs.combine_imputations([once, once, once])

    columns = ["n_psu", "n_strata", "df_design"]
    assert rs.basis(combined)[columns].equals(rs.basis(once)[columns])


def test_a_producers_replicates_do_not_tell_the_units():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.gamma(4, 1, (40, 8)), columns=[f"r{at}" for at in range(8)])
    design = rs.with_replicate_weights(
        rs.SurveyDesign(frame.assign(y=rng.normal(size=40), w=1.0), weight="w"),
        list(frame),
        kind="bootstrap",
    )

    assert rs.basis(rs.estimate_mean(design, "y"))[["n_psu", "n_strata"]].isna().all(axis=None)
