"""How alike answers are within places and over time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.evaluation.planning.fielded import sample_as_fielded

CITIES, POINTS, PERSONS = 30, 6, 10


@pytest.fixture(scope="module")
def frame():
    """Two waves of the same sampling points and persons; cities .1, points .15, persons .75."""
    rng = np.random.default_rng(17)

    def lasting(size, variance, r):
        before, fresh = rng.normal(0, np.sqrt(variance), (2, *size))
        return before, r * before + np.sqrt(1 - r**2) * fresh

    city = lasting((CITIES, 1, 1), 0.10, 0.8)
    point = lasting((CITIES, POINTS, 1), 0.15, 0.6)
    person = lasting((CITIES, POINTS, PERSONS), 0.75, 0.5)
    place, psu, _ = (part.ravel() for part in np.indices((CITIES, POINTS, PERSONS)))
    waves = [
        pd.DataFrame(
            {
                "wave": f"w{at + 1}",
                "id": np.arange(place.size),
                "site": place,
                "site_role": np.where(place % 2, "comparison", "programme"),
                "psu": place * 100 + psu,
                "w": rng.uniform(0.5, 1.5, place.size),
                "y": 50 + 10 * (city[at] + point[at] + person[at]).ravel(),
            }
        )
        for at in (0, 1)
    ]
    return pd.concat(waves, ignore_index=True)


def designed(frame, **changes):
    roles = {"weight": "w", "psu": "psu", "wave": "wave", "waves": "panel"}
    return rs.SurveyDesign(frame, respondent_id="id", **{**roles, **changes})


def test_shares_of_cities_and_points_are_found_together(frame):
    found = rs.estimate_intracluster(designed(frame), "y", ["site", "psu"]).to_frame()

    table = found[found["wave"] == "all waves"].set_index("cluster")
    assert table.loc["site", "estimate"] == pytest.approx(0.10, abs=0.05)
    assert table.loc["psu", "estimate"] == pytest.approx(0.15, abs=0.05)
    assert (table["conf_low"] < table["estimate"]).all()
    assert (table["estimate"] < table["conf_high"]).all()
    assert table["clusters"].tolist() == [CITIES, CITIES * POINTS]
    assert table["df"].tolist() == [CITIES - 1, CITIES * (POINTS - 1)]
    assert table["std_dev"].iloc[0] == pytest.approx(10, rel=0.1)


def test_what_lasts_of_cities_points_and_persons(frame):
    design = designed(frame)
    found = {
        name: rs.estimate_autocorrelation(design, "y", name, within=within).to_frame().iloc[0]
        for name, within in (("site", None), ("psu", "site"), ("person", None))
    }

    assert found["site"]["estimate"] == pytest.approx(0.8, abs=0.25)
    assert found["psu"]["estimate"] == pytest.approx(0.6, abs=0.2)
    assert found["person"]["estimate"] == pytest.approx(0.5, abs=0.06)
    assert found["psu"]["df"] == CITIES * (POINTS - 1)
    assert found["person"]["n"] == CITIES * POINTS * PERSONS
    for row in found.values():
        assert row["conf_low"] <= row["estimate"] <= row["conf_high"]


def test_equal_weights_of_any_size_change_nothing(frame):
    one = rs.estimate_intracluster(designed(frame.assign(w=1.0)), "y").to_frame()
    other = rs.estimate_intracluster(designed(frame.assign(w=250.0)), "y").to_frame()

    pd.testing.assert_frame_equal(one, other)


def test_points_of_unrelated_waves_are_other_points(frame):
    related = rs.estimate_intracluster(designed(frame), "y").to_frame()
    fresh = rs.estimate_intracluster(designed(frame, waves="independent"), "y").to_frame()

    assert related["clusters"].iloc[-1] == CITIES * POINTS
    assert fresh["clusters"].iloc[-1] == 2 * CITIES * POINTS
    assert fresh["estimate"].iloc[-1] == pytest.approx(related["estimate"].iloc[-1])


def test_an_estimate_may_be_negative_and_is_not_made_0():
    frame = pd.DataFrame({"y": [1.0, 9, 2, 8, 1.5, 8.5], "ea": [1, 1, 2, 2, 3, 3]})

    found = rs.estimate_intracluster(rs.SurveyDesign(frame, psu="ea"), "y").to_frame()

    assert found["estimate"].iloc[0] < 0


def test_few_clusters_are_told(frame):
    few = designed(frame[frame["site"] < 4].reset_index(drop=True))

    found = rs.estimate_intracluster(few, "y", "site")

    assert "tells nearly nothing" in repr(found)
    assert "tells nearly nothing" in found._repr_html_()
    lasting = rs.estimate_autocorrelation(few, "y", "site").to_frame()
    assert (lasting["conf_high"] - lasting["conf_low"]).iloc[0] > 0.5


def test_missing_answers_are_left_out(frame):
    missing = frame.assign(y=frame["y"].where(frame.index % 7 > 0))
    kept = missing.dropna(subset="y").reset_index(drop=True)

    one = rs.estimate_intracluster(designed(missing), "y").to_frame()
    other = rs.estimate_intracluster(designed(kept), "y").to_frame()

    pd.testing.assert_frame_equal(one, other)


def test_a_fielded_sample_is_a_plan(frame):
    found = sample_as_fielded(designed(frame), "y")

    sample = found.sample
    assert (sample.treated, sample.comparison) == (15, 15)
    assert sample.respondents == pytest.approx(POINTS * PERSONS)
    assert sample.psus == pytest.approx(POINTS)
    assert sample.overlap == 1
    assert sample.weights_effect == pytest.approx(1 + 1 / 12, abs=0.01)
    assert found.has_arms
    assert found.std_dev == pytest.approx(10, rel=0.1)
    worse = [
        rs.plan_power(one, methods=["did"]).to_frame()["mde"].iloc[0]
        for one in (sample, found.cautious)
    ]
    assert worse[0] < worse[1]


def test_the_plan_of_a_fielded_sample_agrees_with_its_standard_error(frame):
    """Effects of a made-up programme have about the error that the plan tells."""
    found = sample_as_fielded(designed(frame), "y")
    means = frame.pivot_table(index="site", columns="wave", values="y")
    change = means["w2"] - means["w1"]
    arms = change[::2], change[1::2]
    error = np.sqrt(np.mean([arm.var() for arm in arms]) * 2 / 15)

    assert found.sample.std_error("did") * found.std_dev == pytest.approx(error, rel=0.2)


def test_negative_estimates_are_used_as_0_and_told():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"y": rng.normal(size=120), "site": np.tile(np.arange(4), 30),
                          "wave": np.repeat(["w1", "w2"], 60)})  # fmt: skip
    design = rs.SurveyDesign(frame, wave="wave", waves="independent")
    found = sample_as_fielded(design, "y")

    told = found.assumptions.set_index("quantity")
    assert not found.has_arms
    assert set(told.index) == {"icc", "autocorrelation"}
    assert ((told["used"] >= 0) & (told["used"] <= 1)).all()
    assert told.loc["icc", "used"] == max(told.loc["icc", "estimate"], 0)
