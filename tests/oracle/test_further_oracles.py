"""The same numbers as R's survey package on its own example data, which stay outside.

`$RESILIENCE_ORACLE_DATA` names a folder with `survey/survey_oracles.json` and the samples.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import resilience as rs

RTOL = 1e-8


@pytest.fixture(scope="module")
def folder(oracle_data):
    return oracle_data / "survey"


@pytest.fixture(scope="module")
def expected(folder):
    return json.loads((folder / "survey_oracles.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def strata(folder):
    return pd.read_csv(folder / "apistrat.csv")


@pytest.fixture(scope="module")
def clusters(folder):
    frame = pd.read_csv(folder / "apiclus1.csv")
    lonely = pd.read_csv(folder / "apiclus1_lonely_strata.csv")
    return frame.merge(lonely, on="dnum").assign(award=frame["awards"].eq("Yes").astype(float))


def assert_close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=RTOL)


@pytest.mark.parametrize(
    ("key", "fpc", "verb", "variable"),
    [
        ("strat_fpc_mean_api00", "fpc", rs.estimate_mean, "api00"),
        ("strat_wr_mean_api00", None, rs.estimate_mean, "api00"),
        ("strat_fpc_total_enroll", "fpc", rs.estimate_total, "enroll"),
    ],
)
def test_stratified_sample(strata, expected, key, fpc, verb, variable):
    design = rs.SurveyDesign(strata, weight="pw", stratum="stype", fpc=fpc)

    found = verb(design, variable)

    assert_close(
        [found.values[0], found.std_error[0]], [expected[key]["estimate"], expected[key]["se"]]
    )
    assert design.degrees_of_freedom == expected["degf"]["strat"]


@pytest.mark.parametrize(
    ("key", "fpc"), [("clus_fpc_mean_api00", "fpc"), ("clus_wr_mean_api00", None)]
)
def test_clustered_sample(clusters, expected, key, fpc):
    design = rs.SurveyDesign(clusters, weight="pw", psu="dnum", fpc=fpc)

    found = rs.estimate_mean(design, "api00")

    assert_close(
        [found.values[0], found.std_error[0]], [expected[key]["estimate"], expected[key]["se"]]
    )
    assert design.degrees_of_freedom == expected["degf"]["clus"]


def test_domains_their_covariance_and_a_contrast(clusters, expected):
    design = rs.SurveyDesign(clusters, weight="pw", psu="dnum", fpc="fpc")
    wanted = expected["clus_dom_mean"]

    means = rs.estimate_mean(design, "api00", by="stype")
    contrast = rs.compare(means, over="stype", reference="H").select([0])

    assert_close(means.values, wanted["estimate"])
    assert_close(means.std_error, wanted["se"])
    assert_close(means.covariance, wanted["covariance"])
    assert_close(contrast.values, expected["clus_dom_contrast_E-H"]["estimate"])
    assert_close(contrast.std_error, expected["clus_dom_contrast_E-H"]["se"])


def test_design_effect(clusters, expected):
    design = rs.SurveyDesign(clusters, weight="pw", psu="dnum", fpc="fpc")

    found = rs.estimate_mean(design, "api00")

    assert_close(found.deff, expected["clus_deff_wr"])


def test_proportion_with_logit_interval(clusters, expected):
    design = rs.SurveyDesign(clusters, weight="pw", psu="dnum", fpc="fpc")
    wanted = expected["clus_ciprop_logit"]

    found = rs.estimate_proportion(design, "award")
    low, high = found.interval()

    assert_close(found.values, wanted["estimate"])
    assert_close([low[0], high[0]], [wanted["lower"], wanted["upper"]])


@pytest.mark.parametrize("rule", ["remove", "adjust", "average"])
def test_lonely_psus(clusters, expected, rule):
    design = rs.SurveyDesign(clusters, weight="pw", psu="dnum", stratum="st", lonely_psu=rule)

    found = rs.estimate_mean(design, "api00")

    assert_close(found.values, expected[f"lonely_{rule}"]["estimate"])
    assert_close(found.std_error, expected[f"lonely_{rule}"]["se"])


def test_a_lonely_psu_fails_by_default_and_is_named(clusters):
    with pytest.raises(rs.errors.DesignError, match="strata '1'"):
        rs.SurveyDesign(clusters, weight="pw", psu="dnum", stratum="st")


def test_a_panel_of_the_same_schools(clusters, expected):
    """Two variables of the same units, as two waves of a panel within PSUs."""
    wanted = expected["clus_panel"]
    waves = [
        clusters.assign(year=year, api=clusters[variable])
        for year, variable in (("1999", "api99"), ("2000", "api00"))
    ]
    roles = {"weight": "pw", "psu": "dnum", "fpc": "fpc", "respondent_id": "snum"}

    design = rs.SurveyDesign(pd.concat(waves), wave="year", waves="panel", **roles)
    means = rs.estimate_mean(design, "api", by="year")
    change = rs.compare(means, over="year", reference="1999")
    within = rs.estimate_panel_change(design, "api", between=("1999", "2000"))

    assert_close(within.values, wanted["difference"])
    assert_close(within.std_error, wanted["se"])
    assert_close(means.values[::-1], wanted["mean"])
    assert_close(means.covariance[::-1, ::-1], wanted["covariance"])
    assert_close(change.values, wanted["difference"])
    assert_close(change.std_error, wanted["se"])


def test_waves_in_the_same_psus(folder, expected):
    wanted = expected["two_wave_synthetic"]
    frame = pd.read_csv(folder / "two_wave_synthetic.csv")
    roles = {"weight": "w", "stratum": "stratum", "psu": "psu", "nested_psu": True}

    design = rs.SurveyDesign(frame, wave="wave", waves="same_psu", **roles)
    means = rs.estimate_mean(design, "y", by=["district", "wave"])
    change = rs.compare(means, over="wave", reference="w1")

    assert_close(means.values, wanted["mean"])
    assert_close(means.std_error, wanted["se"])
    assert_close(means.covariance, wanted["covariance"])
    assert_close(change.values, wanted["change"]["estimate"])
    assert_close(change.std_error, wanted["change"]["se"])
    assert_close(change.covariance, wanted["change"]["covariance"])
    assert set(change.df) == {wanted["df"]}
