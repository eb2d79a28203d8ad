from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import DesignError

ROLES = {"weight": "weight", "stratum": "stratum", "psu": "psu"}


def one_wave(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["wave"] == "w1"].reset_index(drop=True)


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"weight": "wieght"}, r"no column 'wieght'[\s\S]*did you mean 'weight'"),
        ({"psu": "ea"}, "no column 'ea' for the role 'psu'"),
        ({"wave": "wave"}, "not said how the waves relate"),
        ({"wave": "wave", "waves": "twins"}, "no relation between waves"),
        ({"wave": "wave", "waves": {("w1", "w3"): "panel"}}, "nothing on w1 and w2"),
        ({"wave": "wave", "waves": "panel"}, "needs to know who is who"),
    ],
)
def test_wrong_roles_are_refused(frame, roles, message):
    with pytest.raises(DesignError, match=message):
        rs.SurveyDesign(frame, **roles)


@pytest.mark.parametrize(("value", "word"), [(-1.0, "negative"), (np.nan, "missing")])
def test_wrong_weights_are_counted(frame, value, word):
    frame.loc[[3, 7], "weight"] = value

    with pytest.raises(DesignError, match=f"weights are {word}\n.*2 rows"):
        rs.SurveyDesign(one_wave(frame), **ROLES)


def test_weights_that_are_all_zero_are_refused(frame):
    with pytest.raises(DesignError, match="all weights are 0"):
        rs.SurveyDesign(one_wave(frame).assign(weight=0.0), **ROLES)


def test_several_findings_come_at_once(frame):
    with pytest.raises(DesignError) as caught:
        rs.SurveyDesign(frame, weight="a", stratum="b", psu="c")

    assert len(caught.value.issues) == 3


def test_missing_strata_are_refused(frame):
    frame.loc[0, "stratum"] = None

    with pytest.raises(DesignError, match=r"'stratum' is missing\n.*1 rows"):
        rs.SurveyDesign(one_wave(frame), **ROLES)


def test_a_frame_without_rows_is_refused(frame):
    with pytest.raises(DesignError, match="no rows"):
        rs.SurveyDesign(frame.head(0))


def test_a_psu_in_two_strata_is_refused_and_the_remedy_named(frame):
    labels = one_wave(frame).assign(psu=lambda part: part["psu"].str[1])

    with pytest.raises(DesignError, match="nested_psu=True"):
        rs.SurveyDesign(labels, **ROLES)

    assert rs.SurveyDesign(labels, **ROLES, nested_psu=True).degrees_of_freedom == 9


def test_a_lonely_psu_names_its_stratum_and_wave(frame):
    lonely = frame[(frame["wave"] == "w1") | (frame["stratum"] != "s2") | (frame["psu"] == "21")]

    with pytest.raises(DesignError, match="'s2' in w2"):
        rs.SurveyDesign(lonely, **ROLES, wave="wave", waves="same_psu")


def test_a_lonely_psu_that_is_its_whole_stratum_needs_no_rule(frame):
    part = one_wave(frame)
    part = part[(part["stratum"] != "s2") | (part["psu"] == "21")]
    part = part.assign(psus=np.where(part["stratum"] == "s2", 1, 40))

    design = rs.SurveyDesign(part, **ROLES, fpc="psus")

    assert np.isfinite(rs.estimate_mean(design, "y").std_error[0])


@pytest.mark.parametrize(
    ("fpc", "fits"), [(40, True), (0.1, True), (4, True), (3, False), (0, False), (-2, False)]
)
def test_population_counts_must_fit_the_sample(frame, fpc, fits):
    part = one_wave(frame).assign(psus=float(fpc))

    if fits:
        assert rs.SurveyDesign(part, **ROLES, fpc="psus").degrees_of_freedom == 9
    else:
        with pytest.raises(DesignError, match="population counts do not fit"):
            rs.SurveyDesign(part, **ROLES, fpc="psus")


def test_counts_and_fractions_mean_the_same(frame):
    part = one_wave(frame)

    counted = rs.SurveyDesign(part.assign(psus=40.0), **ROLES, fpc="psus")
    fraction = rs.SurveyDesign(part.assign(psus=0.1), **ROLES, fpc="psus")

    expected = rs.estimate_mean(counted, "y").std_error
    np.testing.assert_allclose(rs.estimate_mean(fraction, "y").std_error, expected, rtol=1e-12)


def test_related_waves_that_share_nothing_are_refused(frame):
    apart = frame.assign(psu=frame["psu"] + frame["wave"])

    with pytest.raises(DesignError, match="waves called same_psu share nothing"):
        rs.SurveyDesign(apart, **ROLES, wave="wave", waves="same_psu")


def test_relations_that_contradict_each_other_are_refused(frame):
    third = frame[frame["wave"] == "w1"].assign(wave="w3")
    said = {("w1", "w2"): "same_psu", ("w2", "w3"): "same_psu", ("w1", "w3"): "independent"}

    with pytest.raises(DesignError, match="contradict"):
        rs.SurveyDesign(pd.concat([frame, third]), **ROLES, wave="wave", waves=said)


def test_equal_labels_of_independent_waves_are_noted(frame):
    design = rs.SurveyDesign(frame, **ROLES, wave="wave", waves="independent")

    assert "12 of 12 PSU labels coincide" in design.notes[0]


def test_an_assumed_design_effect_multiplies_variances(frame):
    plain = rs.SurveyDesign(one_wave(frame), **ROLES)
    assumed = rs.SurveyDesign(one_wave(frame), **ROLES, assumed_design_effect=1.5)

    ratio = rs.estimate_mean(assumed, "y").covariance / rs.estimate_mean(plain, "y").covariance

    np.testing.assert_allclose(ratio, 1.5, rtol=1e-12)


def test_no_repr_shows_rows(frame, design):
    secret = one_wave(frame).assign(psu=[f"phone-{row}" for row in range(60)], stratum="one")

    shown = repr(rs.SurveyDesign(secret, **ROLES))

    assert "phone" not in shown
    assert shown == "<SurveyDesign: 60 respondents, 60 PSUs, 1 stratum, df 59>"
    assert "120 respondents" in design._repr_html_()


def test_the_frame_is_not_changed(frame):
    before = frame.copy()

    rs.SurveyDesign(frame, **ROLES, wave="wave", waves="same_psu")

    pd.testing.assert_frame_equal(frame, before)


def test_weights_do_not_make_another_sample(frame):
    one = rs.SurveyDesign(one_wave(frame), **ROLES)
    other = rs.SurveyDesign(one_wave(frame).assign(weight=2.0), **ROLES)

    assert one.sample.identity == other.sample.identity


def test_a_panel_in_psus_has_respondents_in_common():
    frame = pd.DataFrame(
        {
            "wave": ["w1"] * 4 + ["w2"] * 4,
            "ea": [1, 1, 2, 2] * 2,
            "id": ["a", "b", "c", "d", "a", "e", "c", "f"],
        }
    )
    roles = {"wave": "wave", "waves": "panel", "psu": "ea", "respondent_id": "id"}

    design = rs.SurveyDesign(frame, **roles)

    assert "w1 and w2: 2 of 4 respondents in common (panel)" in design.notes
    with pytest.raises(DesignError, match="no respondent in common"):
        rs.SurveyDesign(frame.assign(id=list("abcdefgh")), **roles)


@pytest.mark.parametrize("kind", ["int64", "Int64", "str"])
def test_waves_that_are_numbers_stand_by_size(kind):
    frame = pd.DataFrame({"round": [10, 2, 9] * 2, "trust": range(6)})
    frame["round"] = frame["round"].astype(kind)

    design = rs.SurveyDesign(frame, wave="round", waves="independent")

    expected = ("10", "2", "9") if kind == "str" else ("2", "9", "10")
    assert design.wave_names == expected
    rows = rs.estimate_mean(design, "trust", by="round").rows
    assert tuple(rows["round"].astype("str")) == expected
