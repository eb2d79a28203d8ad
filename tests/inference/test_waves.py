"""How waves share chance: relations, covariances, degrees of freedom."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs

ROLES = {"weight": "weight", "stratum": "stratum", "psu": "psu", "wave": "wave"}


def change(frame: pd.DataFrame, **roles: object) -> rs.Estimates:
    design = rs.SurveyDesign(frame, **{**ROLES, **roles})
    return rs.compare(rs.estimate_mean(design, "y", by="wave"), over="wave", reference="w1")


def test_a_wave_keeps_its_own_error_whatever_the_relation(frame):
    alone = rs.SurveyDesign(
        frame[frame["wave"] == "w2"], weight="weight", stratum="stratum", psu="psu"
    )
    expected = rs.estimate_mean(alone, "y").std_error[0]

    for relation in ("same_psu", "independent"):
        design = rs.SurveyDesign(frame, **ROLES, waves=relation)
        found = rs.estimate_mean(design, "y", by="wave")
        assert found.std_error[1] == pytest.approx(expected, rel=1e-12)
        assert found.df.tolist() == [9, 9]


def test_independent_waves_add_their_variances_and_degrees_of_freedom(frame):
    design = rs.SurveyDesign(frame, **ROLES, waves="independent")
    levels = rs.estimate_mean(design, "y", by="wave")

    found = change(frame, waves="independent")

    assert found.std_error[0] ** 2 == pytest.approx((levels.std_error**2).sum(), rel=1e-12)
    assert found.df.tolist() == [18]


def test_labels_that_never_recur_are_independent_whatever_they_are_called(frame):
    one_pair = frame.assign(psu=frame["psu"] + np.where(frame["wave"] == "w1", "", "x"))
    one_pair.loc[one_pair["psu"] == "11x", "psu"] = "11"
    expected = change(one_pair, waves="independent").std_error[0]

    found = change(one_pair, waves="same_psu")

    # One of twelve PSUs is shared: nearly independent, and never wider by a factor.
    assert found.std_error[0] == pytest.approx(expected, rel=0.1)
    # 12 + 12 PSUs, one of them the same; four strata-waves stay apart, one pair is joined.
    assert found.df.tolist() == [23 - 5]


def test_the_same_psus_count_once(frame):
    assert change(frame, waves="same_psu").df.tolist() == [9]


def test_a_panel_without_psus_pairs_persons(frame):
    people = frame.assign(person=frame.groupby("wave").cumcount())
    wide = people.pivot_table(index="person", columns="wave", values="y")
    weight = people.loc[people["wave"] == "w1", "weight"].to_numpy()
    gain = (wide["w2"] - wide["w1"]).to_numpy()
    mean = np.average(gain, weights=weight)
    n = len(gain)
    expected = np.sqrt(n / (n - 1) * ((weight * (gain - mean) / weight.sum()) ** 2).sum())

    found = change(people, waves="panel", psu=None, stratum=None, respondent_id="person")

    assert found.values[0] == pytest.approx(mean, rel=1e-12)
    assert found.std_error[0] == pytest.approx(expected, rel=1e-12)
    assert found.df.tolist() == [n - 1]


def test_pairs_of_waves_may_relate_differently(frame):
    third = frame[frame["wave"] == "w1"].assign(wave="w3")
    said = {("w1", "w2"): "same_psu", ("w1", "w3"): "independent", ("w2", "w3"): "independent"}

    design = rs.SurveyDesign(pd.concat([frame, third]), **ROLES, waves=said)
    covariance = rs.estimate_mean(design, "y", by="wave").covariance

    assert covariance[0, 1] != 0
    np.testing.assert_allclose(covariance[2, :2], 0, atol=1e-15)


def test_a_mean_over_waves_is_that_of_the_stacked_sample(frame):
    stacked = rs.SurveyDesign(frame, weight="weight", stratum="stratum", psu="psu")
    expected = rs.estimate_mean(stacked, "y")

    design = rs.SurveyDesign(frame, **ROLES, waves="same_psu")
    found = rs.estimate_mean(design, "y")

    assert found.values[0] == pytest.approx(expected.values[0], rel=1e-12)
    # Centred within waves, the levels of the waves do not count as variation of PSUs.
    assert found.std_error[0] == pytest.approx(expected.std_error[0], rel=0.05)


def test_degrees_of_freedom_are_those_of_the_strata_that_contribute(design):
    by_site = rs.estimate_mean(design, "y", by=["site", "wave"])
    levels = rs.estimate_mean(design, "y", by="wave")

    assert by_site.df.tolist() == [3, 3, 6, 6]
    assert levels.df.tolist() == [9, 9]
    assert by_site.contrast({"both": {0: 1, 2: -1}}).df.tolist() == [9]


def test_the_whole_designs_degrees_of_freedom_may_be_asked_for(design):
    from dataclasses import replace

    found = replace(rs.estimate_mean(design, "y", by=["site", "wave"]), df_rule="design")

    assert set(found.df) == {9}
