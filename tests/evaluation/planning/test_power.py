"""Minimum detectable effects: the reference's numbers, what they depend on, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

import resilience as rs
from resilience.errors import EvaluationError
from resilience.evaluation.planning.detectable import power_of_multiple

SAMPLE = rs.PlannedSample(
    treated=4, comparison=4, respondents=100, icc=0.05, autocorrelation=0.7,
    autocorrelation_person=0.5, overlap=1.0,
)  # fmt: skip
# evaluation reference, section 1 item 10
PUBLISHED = {"endline": 0.58, "did": 0.47, "ancova": 0.43}


def mde(sample, method, **options):
    return rs.plan_power(sample, methods=[method], **options).to_frame()["mde"].iloc[0]


@pytest.mark.parametrize("method", PUBLISHED)
def test_the_references_numbers(method):
    by_quantiles = rs.minimum_detectable_effect(
        SAMPLE.std_error(method), df=6, formula="quantiles"
    )[0]

    assert round(mde(SAMPLE, method), 2) == PUBLISHED[method]
    assert round(by_quantiles, 2) == PUBLISHED[method]


def test_tenfold_respondents_bring_little():
    assert round(mde(replace(SAMPLE, respondents=1000), "did"), 2) == 0.42


def test_two_and_two_cities_find_only_very_large_effects():
    many = replace(SAMPLE, treated=2, comparison=2, respondents=1000)

    by_quantiles = [
        rs.minimum_detectable_effect(many.std_error(name), df=2, formula="quantiles")[0]
        for name in PUBLISHED
    ]
    assert round(min(by_quantiles), 2) == 0.87
    assert min(mde(many, name) for name in PUBLISHED) > 0.87


@pytest.mark.parametrize("n", [5, 20, 100])
def test_power_is_that_of_statsmodels_for_independent_persons(n):
    effect = 0.6
    expected = TTestIndPower().power(effect, n, 0.05)

    found = power_of_multiple(effect / np.sqrt(2 / n), 2 * n - 2, level=0.95)

    assert found == pytest.approx(expected, abs=1e-6)  # a quadrature


def test_power_with_many_degrees_of_freedom_is_the_normal():
    assert power_of_multiple(2.8, np.inf, level=0.95) == pytest.approx(
        stats.norm.sf(1.959964 - 2.8) + stats.norm.cdf(-1.959964 - 2.8), abs=1e-6
    )
    assert power_of_multiple(0.0, 3, level=0.95) == pytest.approx(0.05)


def test_power_of_the_detectable_effect_is_what_was_asked_for():
    plan = rs.plan_power(
        SAMPLE, power=0.9, level=0.9, effect=mde(SAMPLE, "did", power=0.9, level=0.9)
    )
    found = plan.to_frame().set_index("method")["power"]

    assert found["did"] == pytest.approx(0.9)
    assert found["ancova"] > found["did"] > found["endline"]


def test_what_helps_and_what_costs():
    start = mde(SAMPLE, "did")

    assert mde(replace(SAMPLE, weights_effect=1.5), "did") > start
    assert mde(replace(SAMPLE, attrition=0.3), "did") > start
    assert mde(replace(SAMPLE, overlap=0.5), "did") > start
    assert mde(replace(SAMPLE, icc=0.1), "did") > start
    assert mde(replace(SAMPLE, treated=2, comparison=6), "did") > start
    assert mde(replace(SAMPLE, city_covariates=1), "ancova") > mde(SAMPLE, "ancova")
    assert mde(replace(SAMPLE, autocorrelation=0.9), "did") < start
    assert mde(replace(SAMPLE, psus=10, icc_psu=0.05), "did") > start
    assert mde(replace(SAMPLE, psus=50, icc_psu=0.05), "did") < mde(
        replace(SAMPLE, psus=10, icc_psu=0.05), "did"
    )


def test_change_in_a_place_does_not_depend_on_other_places():
    sample = rs.PlannedSample(
        treated=1, comparison=1, respondents=200, icc=0.05, psus=20, icc_psu=0.05
    )

    table = rs.plan_power(sample, methods=["change", "did"]).to_frame().set_index("method")

    error = np.sqrt(2 * (0.05 / 20 + 0.9 / 200))
    assert table.loc["change", "std_error"] == pytest.approx(error)
    assert table.loc["change", "df"] == 19
    assert table.loc["did", "df"] == 0
    assert np.isnan(table.loc["did", "mde"])  # one and one place: never an impact
    assert table.loc["did", "smallest_p"] == 1


@pytest.mark.parametrize(
    ("arms", "least"), [((3, 3), 0.1), ((4, 4), 2 / 70), ((2, 6), 1 / 28), ((2, 2), 1 / 3)]
)
def test_the_smallest_p_value_of_a_randomisation_test(arms, least):
    sample = rs.PlannedSample(treated=arms[0], comparison=arms[1], respondents=10, icc=0.1)

    assert sample.smallest_p == pytest.approx(least)


def test_curves_are_all_combinations():
    plan = rs.plan_power(
        SAMPLE, methods=["did"], vary={"respondents": [50, 100], "cities": [(2, 2), (4, 4), (8, 8)],
                                       "icc": [0.02, 0.05]}, std_dev=20.0, unit="points",
    )  # fmt: skip

    table = plan.to_frame()
    assert len(table) == len(plan) == 12
    assert set(table["unit"]) == {"points"}
    row = table[(table["treated"] == 4) & (table["respondents"] == 100) & (table["icc"] == 0.05)]
    assert row["mde"].iloc[0] == pytest.approx(20 * mde(SAMPLE, "did"))


def test_beside_an_estimate_in_hand(design):
    means = rs.estimate_mean(design, "cohesion", by=["site", "wave"])
    change = rs.compare(means, over="wave", reference="baseline")

    found = rs.minimum_detectable_effect(change)

    again = rs.minimum_detectable_effect(change.std_error, df=change.df)
    np.testing.assert_array_equal(found, again)
    assert (found > 2.8 * change.std_error).all()


def test_without_standard_error_or_degrees_of_freedom_there_is_none():
    found = rs.minimum_detectable_effect([1.0, np.nan, 1.0], df=[0, 5, np.nan])

    assert np.isnan(found).all()


def test_a_plan_tells_what_it_rests_on():
    plan = rs.plan_power(SAMPLE)

    assert "power 80%" in repr(plan)
    assert "<table" in plan._repr_html_()


REFUSED = {
    "icc": lambda: replace(SAMPLE, icc=1.0),
    "no number": lambda: replace(SAMPLE, icc="much"),
    "psus unknown": lambda: replace(SAMPLE, icc_psu=0.1),
    "more points than people": lambda: replace(SAMPLE, psus=200),
    "half a city": lambda: replace(SAMPLE, treated=1.5),
    "nan": lambda: replace(SAMPLE, autocorrelation=float("nan")),
    "shares above 1": lambda: replace(SAMPLE, icc=0.6, icc_psu=0.5, psus=10),
    "weights": lambda: replace(SAMPLE, weights_effect=0.5),
    "method": lambda: rs.plan_power(SAMPLE, methods=["dd"]),
    "no method": lambda: rs.plan_power(SAMPLE, methods=[]),
    "power": lambda: rs.plan_power(SAMPLE, power=0.01),
    "level": lambda: rs.plan_power(SAMPLE, level=95),
    "field": lambda: rs.plan_power(SAMPLE, vary={"respondent": [1]}),
    "no values": lambda: rs.plan_power(SAMPLE, vary={"respondents": []}),
    "cities": lambda: rs.plan_power(SAMPLE, vary={"cities": [4]}),
    "cities twice": lambda: rs.plan_power(SAMPLE, vary={"cities": [(4, 4)], "treated": [2]}),
    "unit alone": lambda: rs.plan_power(SAMPLE, unit="points"),
    "df missing": lambda: rs.minimum_detectable_effect([1.0]),
    "negative error": lambda: rs.minimum_detectable_effect([-1.0], df=[4]),
    "formula": lambda: rs.minimum_detectable_effect([1.0], df=[4], formula="normal"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_impossible_plans_are_refused(case):
    with pytest.raises(EvaluationError) as raised:
        REFUSED[case]()

    assert all(issue.remedy and issue.expected for issue in raised.value.issues)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(EvaluationError) as raised:
        rs.PlannedSample(treated=0, comparison=4, respondents=0, icc=-1, overlap=2)

    assert len(raised.value.issues) == 4
