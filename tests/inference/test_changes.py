"""Percentages, successive and pairwise changes, and trends: what they are and what they refuse."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.definitions.measures import Measure, Signature
from resilience.errors import ComparisonError, ResilienceWarning

WAVES = ["baseline", "midline", "endline"]
TIMES = {"baseline": 0, "midline": 1, "endline": 3}


@pytest.fixture
def three(frame) -> pd.DataFrame:
    """The two waves, and a third between them, under names whose letters are in another order."""
    between = frame[frame["wave"] == "w1"].assign(wave="wm", y=lambda part: part["y"] + 1)
    names = {"w1": "baseline", "wm": "midline", "w2": "endline"}
    stacked = pd.concat([frame, between], ignore_index=True)
    return stacked.assign(wave=stacked["wave"].map(names))


def design_of(frame: pd.DataFrame, **more: object) -> rs.SurveyDesign:
    roles = {"weight": "weight", "stratum": "stratum", "psu": "psu", "wave": "wave"}
    return rs.SurveyDesign(frame, **{**roles, "waves": "same_psu", **more})


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(wave=pd.Categorical(frame["wave"], categories=WAVES))


@pytest.fixture
def levels(three) -> rs.Estimates:
    return rs.estimate_mean(design_of(in_order(three)), "y", by=["site", "wave"])


def test_successive_changes_add_up_to_the_whole(levels):
    steps = rs.compare(levels, over="wave", reference="previous")
    whole = rs.compare(levels, over="wave", reference="baseline").select([1, 3])

    assert steps.rows[["site", "wave", "reference"]].to_numpy().tolist() == [
        ["north", "midline", "baseline"],
        ["north", "endline", "midline"],
        ["south", "midline", "baseline"],
        ["south", "endline", "midline"],
    ]
    summed = steps.contrast(np.array([[1, 1, 0, 0], [0, 0, 1, 1.0]]))
    np.testing.assert_allclose(summed.values, whole.values, rtol=1e-12)
    np.testing.assert_allclose(summed.covariance, whole.covariance, rtol=1e-10)


def test_every_pair_is_the_later_minus_the_earlier(levels):
    found = rs.compare(levels.select([0, 1, 2]), over="wave", reference="every")

    assert found.rows[["wave", "reference"]].to_numpy().tolist() == [
        ["midline", "baseline"],
        ["endline", "baseline"],
        ["endline", "midline"],
    ]
    expected = levels.values[[1, 2, 2]] - levels.values[[0, 0, 1]]
    np.testing.assert_allclose(found.values, expected, rtol=1e-12)


@pytest.mark.parametrize("reference", ["previous", "every"])
def test_words_are_in_no_order_in_time(three, reference):
    levels = rs.estimate_mean(design_of(three), "y", by="wave")

    with pytest.raises(ComparisonError, match="in which order the waves follow") as caught:
        rs.compare(levels, over="wave", reference=reference)

    assert "pd.Categorical" in caught.value.issues[0].remedy


def test_numbers_are_in_order_whatever_their_digits(three):
    numbered = three.assign(wave=three["wave"].map({"baseline": 9, "midline": 10, "endline": 11}))

    steps = rs.compare(
        rs.estimate_mean(design_of(numbered), "y", by="wave"), over="wave", reference="previous"
    )

    assert steps.rows[["wave", "reference"]].to_numpy().tolist() == [[10, "9"], [11, "10"]]


def test_a_wave_that_is_itself_called_previous_goes_first(frame):
    named = frame.assign(wave=frame["wave"].map({"w1": "previous", "w2": "now"}))
    levels = rs.estimate_mean(design_of(named), "y", by="wave")

    found = rs.compare(levels, over="wave", reference="previous")

    assert found.rows[["wave", "reference"]].to_numpy().tolist() == [["now", "previous"]]


def test_places_are_compared_pair_by_pair_in_the_order_of_the_rows(design):
    sites = rs.estimate_mean(design, "y", by="site")

    found = rs.compare(sites, over="site", reference="every")

    assert found.rows[["site", "reference"]].to_numpy().tolist() == [["south", "north"]]


def test_a_place_without_the_previous_wave_is_told_and_not_compared_with_an_older_one(three):
    part = three[(three["site"] == "north") | (three["wave"] != "midline")]
    levels = rs.estimate_mean(design_of(in_order(part)), "y", by=["site", "wave"])

    with pytest.warns(ResilienceWarning) as told:
        found = rs.compare(levels, over="wave", reference="previous")

    assert found.rows["site"].tolist() == ["north", "north"]
    assert {str(part.message) for part in told} == {
        "1 rows have no 'midline' to be compared with and are left out: mean, y, south",
        "1 rows have no 'midline' that could be compared with them: mean, y, south",
    }


def test_a_place_without_the_later_wave_is_told(frame):
    part = frame[(frame["site"] == "north") | (frame["wave"] == "w1")]
    levels = rs.estimate_mean(design_of(part), "y", by=["site", "wave"])

    with pytest.warns(ResilienceWarning, match="1 rows have no 'w2' that could be compared"):
        found = rs.compare(levels, over="wave", reference="w1")

    assert found.rows["site"].tolist() == ["north"]


def test_one_wave_alone_is_nothing_to_compare(design):
    levels = rs.estimate_mean(design, "y", by="wave", where={"wave": "w1"})

    with pytest.raises(ComparisonError, match="there is nothing to compare"):
        rs.compare(levels, over="wave", reference="w1")


@pytest.mark.parametrize("slip", ["w11", "previuos"])
def test_a_misspelt_reference_is_answered_with_what_there_is(design, slip):
    with pytest.raises(ComparisonError, match=f"no value '{slip}'") as caught:
        rs.compare(rs.estimate_mean(design, "y", by="wave"), over="wave", reference=slip)

    assert (
        caught.value.issues[0].expected == "one of w1, w2; or 'previous', or 'every' for each pair"
    )


def test_percentages_stay_above_minus_a_hundred(design):
    shares = rs.estimate_mean(design, "z", by=["site", "wave"])

    found = rs.compare(shares, over="wave", reference="w1", scale="relative")
    low, high = found.interval(level=0.9999)

    np.testing.assert_allclose(
        found.values, 100 * (shares.values[1::2] / shares.values[::2] - 1), rtol=1e-12
    )
    assert (low > -100).all()
    assert (high - found.values > found.values - low).all()
    assert set(found.rows["measure"]) == {"relative_change"}
    assert found.unit == ("percent", "percent")
    assert "percent of the reference" in repr(found)


def test_a_percentage_of_a_later_value_that_is_not_positive_has_a_symmetric_interval(frame):
    below = frame.assign(y=frame["y"].where(frame["wave"] == "w1", -frame["y"]))
    levels = rs.estimate_mean(design_of(below), "y", by="wave")

    found = rs.compare(levels, over="wave", reference="w1", scale="relative")
    low, high = found.interval()

    assert found.interval_rule == ("t",)
    assert found.values[0] < -100
    assert high[0] - found.values[0] == pytest.approx(found.values[0] - low[0])


@pytest.mark.parametrize("shift", [0.0, -100.0])
def test_percentages_of_numbers_near_or_below_zero_are_refused(frame, shift):
    centred = frame.assign(y=frame["y"] - frame["y"].mean() + shift)
    levels = rs.estimate_mean(design_of(centred), "y", by=["site", "wave"])

    with pytest.raises(ComparisonError, match="near or below 0 means nothing") as caught:
        rs.compare(levels, over="wave", reference="w1", scale="relative")

    assert len(caught.value.issues) == 2
    assert "three times its standard error" in caught.value.issues[0].expected


def test_a_scale_that_is_none_is_refused(design):
    with pytest.raises(ValueError, match="'absolute' or 'relative'"):
        rs.compare(
            rs.estimate_mean(design, "y", by="wave"), over="wave", reference="w1", scale="percent"
        )


def test_differences_of_changes_say_so(levels):
    changes = rs.compare(levels, over="wave", reference="baseline")
    between_sites = rs.compare(changes, over="site", reference="north")
    between_waves = rs.compare(changes, over="wave", reference="previous")

    assert set(between_sites.rows["measure"]) == {"difference_of_changes"}
    assert between_sites.rows[
        ["site", "reference_site", "wave", "reference"]
    ].to_numpy().tolist() == [
        ["south", "north", "midline", "baseline"],
        ["south", "north", "endline", "baseline"],
    ]
    assert set(between_waves.rows["measure"]) == {"difference_of_changes"}
    assert between_waves.rows["reference_wave"].tolist() == ["midline", "midline"]


def test_a_trend_of_two_waves_is_their_change_per_unit_of_time(levels):
    two = levels.select([0, 2, 3, 5])
    change = rs.compare(two, over="wave", reference="baseline")

    for fit in ("ordinary", "generalised"):
        found = rs.estimate_trend(two, times={"baseline": 2020, "endline": 2024}, fit=fit)
        np.testing.assert_allclose(found.values, change.values / 4, rtol=1e-9)
        np.testing.assert_allclose(found.std_error, change.std_error / 4, rtol=1e-9)
    assert found.rows["wave"].tolist() == ["baseline to endline"] * 2
    assert found.measure == "trend"


def test_times_may_be_dates_and_give_change_per_year(levels):
    dates = {
        "baseline": datetime.date(2020, 1, 1),
        "midline": datetime.date(2022, 1, 1),
        "endline": datetime.date(2024, 1, 1),
    }
    years = {wave: date.toordinal() / 365.25 for wave, date in dates.items()}
    points = replace(levels, unit=("points",) * 6)

    by_date = rs.estimate_trend(points, times=dates)

    np.testing.assert_allclose(
        by_date.values, rs.estimate_trend(levels, times=years).values, rtol=1e-9
    )
    assert set(by_date.unit) == {"points per year"}


def test_values_on_a_line_have_its_slope_and_do_not_depart_from_it(frame):
    waves = [
        frame[frame["wave"] == "w1"].assign(wave=year, y=lambda part, at=year: part["y"] + 2 * at)
        for year in (0, 1, 3)
    ]
    noise = np.random.default_rng(3).normal(0, 1e-3, 3 * len(waves[0]))
    stacked = pd.concat(waves).assign(y=lambda part: part["y"] + noise)
    levels = rs.estimate_mean(design_of(stacked), "y", by="wave")

    for fit in ("ordinary", "generalised"):
        trend = rs.estimate_trend(levels, times={"0": 0, "1": 1, "3": 3}, fit=fit)
        assert trend.values[0] == pytest.approx(2, abs=1e-3)
    bent = rs.estimate_mean(
        design_of(stacked.assign(y=stacked["y"] + (stacked["wave"] == 1) * 5.0)), "y", by="wave"
    )
    test = rs.linearity_test(bent, times={"0": 0, "1": 1, "3": 3})
    assert test["p_value"][0] < 1e-6


def test_a_test_of_a_curve_needs_degrees_of_freedom():
    frame = pd.DataFrame(
        {"y": [1.0, 2, 4, 2, 5, 3, 3, 4], "t": [1, 2, 3, 4] * 2, "ea": [1] * 4 + [2] * 4}
    )
    levels = rs.estimate_mean(
        rs.SurveyDesign(frame, psu="ea", wave="t", waves="same_psu"), "y", by="t"
    )

    found = rs.linearity_test(levels, over="t", times={"1": 1, "2": 2, "3": 3, "4": 4})

    assert found[["statistic", "p_value"]].isna().to_numpy().all()


TWO_DATES = {"baseline": 1, "midline": datetime.date(2020, 1, 1), "endline": 2}


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ({"baseline": 0, "endline": 1}, "a wave has no time(.|\n)*midline"),
        ({**TIMES, "endlin": 4}, "not among the rows(.|\n)*did you mean 'endline'"),
        (TWO_DATES, "times are of two kinds"),
        ({**TIMES, "midline": "2021"}, "neither number nor date"),
        ({**TIMES, "midline": float("nan")}, "neither number nor date"),
        ({**TIMES, "midline": 0}, "two waves have one time"),
    ],
)
def test_times_that_make_no_trend_are_refused(levels, times, message):
    with pytest.raises(ComparisonError, match=message):
        rs.estimate_trend(levels, times=times)


def test_one_wave_makes_no_trend_and_two_no_curve(levels):
    with pytest.raises(ComparisonError, match="there is one wave"):
        rs.estimate_trend(levels.select([0, 3]), times={"baseline": 0})
    with pytest.raises(ComparisonError, match="two waves always lie on a line"):
        rs.linearity_test(levels.select([0, 1]), times={"baseline": 0, "midline": 1})


def test_a_place_that_lacks_a_wave_has_no_trend_and_is_told(three):
    part = three[(three["site"] == "north") | (three["wave"] != "midline")]
    levels = rs.estimate_mean(design_of(in_order(part)), "y", by=["site", "wave"])

    with pytest.warns(ResilienceWarning, match="1 trends are left out(.*)south without midline"):
        found = rs.estimate_trend(levels, times=TIMES)

    assert found.rows["site"].tolist() == ["north"]
    apart = levels.select([0, 1, 3, 4])  # north without endline, south without midline
    with pytest.raises(ComparisonError, match="no rows have a value in every wave"):
        rs.estimate_trend(apart, times=TIMES)


def test_a_covariance_of_fewer_psus_than_waves_is_not_inverted():
    frame = pd.DataFrame({"y": [1.0, 2, 4, 2, 5, 3], "t": [1, 2, 3] * 2, "ea": [1] * 3 + [2] * 3})
    levels = rs.estimate_mean(
        rs.SurveyDesign(frame, psu="ea", wave="t", waves="same_psu"), "y", by="t"
    )
    times = {"1": 1, "2": 2, "3": 3}

    with pytest.raises(ComparisonError, match=r"cannot be inverted(.|\n)*fit='ordinary'"):
        rs.estimate_trend(levels, over="t", times=times, fit="generalised")

    assert np.isfinite(rs.estimate_trend(levels, over="t", times=times).std_error[0])


def test_waves_of_another_score_make_no_trend(three):
    first = Signature("rule-1", ("a",), {"a": "as defined"})
    other = Signature("rule-2", ("a",), {"a": "as defined"})
    signatures = {"baseline": first, "midline": first, "endline": other}
    score = Measure("y", "index", {"en": "Y"}, "points", "neutral", signatures)
    levels = rs.estimate_mean(design_of(in_order(three), measures={"y": score}), "y", by="wave")

    with pytest.raises(ComparisonError, match="scored by another rule in endline"):
        rs.estimate_trend(levels, times=TIMES)
