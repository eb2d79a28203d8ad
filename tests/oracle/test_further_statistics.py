"""Statistics on R survey's own example data, which stay outside; R's numbers stand in a file there.

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
def expected(oracle_data):
    return json.loads((oracle_data / "survey" / "survey_oracles.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def strata(oracle_data):
    frame = pd.read_csv(oracle_data / "survey" / "apistrat.csv")
    return rs.SurveyDesign(frame, weight="pw", stratum="stype", fpc="fpc")


@pytest.fixture(scope="module")
def clusters(oracle_data):
    frame = pd.read_csv(oracle_data / "survey" / "apiclus1.csv")
    frame["award"] = frame["awards"].eq("Yes").astype(float)
    return rs.SurveyDesign(frame, weight="pw", psu="dnum", fpc="fpc")


def assert_close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=RTOL)


def test_ratio(strata, expected):
    found = rs.estimate_ratio(strata, "api.stu", "enroll")

    wanted = expected["strat_fpc_ratio"]
    assert_close([found.values[0], found.std_error[0]], [wanted["estimate"], wanted["se"]])


def test_quantiles(strata, expected):
    wanted = expected["strat_fpc_quantile"]

    found = rs.estimate_quantile(strata, "api00", wanted["p"])
    low, high = found.interval()

    assert_close(found.values, wanted["estimate"])
    assert_close(found.std_error, wanted["se"])
    assert_close(np.column_stack([low, high]), wanted["ci"])


def test_korn_graubard_interval(clusters, expected):
    wanted = expected["clus_ciprop_beta"]

    found = rs.estimate_proportion(clusters, "award", interval="korn_graubard")
    low, high = found.interval()

    assert_close(
        [found.values[0], low[0], high[0]],
        [wanted["estimate"], wanted["lower"], wanted["upper"]],
    )


def test_design_effects(clusters, expected):
    found = rs.design_effects(clusters, "api00").iloc[0]

    assert_close(found["deff"], expected["clus_deff_wr"])
    assert_close(found["deff_without_replacement"], expected["clus_deff"])
    assert found["deff_weights"] == pytest.approx(1.0)  # equal weights
