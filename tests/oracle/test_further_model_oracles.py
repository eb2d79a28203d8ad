"""Models and tests of R's survey package on its own example data, which stay outside.

`$RESILIENCE_ORACLE_DATA` names a folder with `survey/survey_oracles.json` and the samples.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import resilience as rs

RTOL = 1e-8
# R stopped its iterations at 1e-8 of the deviance, and its weights are those of the step before.
RTOL_LOGISTIC = 1e-6
# svyolr stops early, and its errors rest on a Hessian by differences: off by 3.4e-4 here.
# test_models_against_r.py compares with the score equations solved to the end, at 1e-6.
RTOL_SVYOLR = 1e-4
RTOL_SVYOLR_ERRORS = 4e-4


@pytest.fixture(scope="module")
def expected(oracle_data):
    return json.loads((oracle_data / "survey" / "survey_oracles.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def schools(oracle_data):
    """R's cluster sample, its answers as they are."""
    frame = pd.read_csv(oracle_data / "survey" / "apiclus1.csv")
    return frame.assign(
        award=frame["awards"].eq("Yes").astype(float),
        stype=pd.Categorical(frame["stype"], ["E", "H", "M"], ordered=True),
    )


@pytest.fixture(scope="module")
def design(schools):
    return rs.SurveyDesign(schools, weight="pw", psu="dnum", fpc="fpc")


def test_linear_regression_on_a_stratified_sample(oracle_data, expected):
    frame = pd.read_csv(oracle_data / "survey" / "apistrat.csv")
    wanted = expected["strat_glm_gauss"]

    strata = rs.SurveyDesign(frame, weight="pw", stratum="stype", fpc="fpc")
    found = rs.fit_regression(strata, "api00", ["ell", "meals", "mobility"]).coefficients

    assert found.rows["term"].tolist() == ["intercept", *wanted["terms"][1:]]
    np.testing.assert_allclose(found.values, wanted["b"], rtol=RTOL)
    np.testing.assert_allclose(found.std_error, wanted["se"], rtol=RTOL)
    assert set(found.df) == {wanted["df_residual"]}


def test_logistic_regression_on_a_cluster_sample(design, expected):
    wanted = expected["clus_glm_logit"]

    found = rs.fit_regression(design, "award", ["ell", "meals"], family="binomial").coefficients

    np.testing.assert_allclose(found.values, wanted["b"], rtol=RTOL_LOGISTIC)
    np.testing.assert_allclose(found.std_error, wanted["se"], rtol=RTOL_LOGISTIC)
    assert set(found.df) == {wanted["df_residual"]}


def test_ordinal_regression(schools, expected):
    wanted = expected["clus_olr"]

    design = rs.SurveyDesign(schools, weight="pw", psu="dnum")
    found = rs.fit_ordinal(design, "stype", ["ell", "meals"]).coefficients

    assert found.rows["term"].tolist() == wanted["terms"]
    np.testing.assert_allclose(found.values, wanted["b"], rtol=RTOL_SVYOLR)
    np.testing.assert_allclose(found.std_error, wanted["se"], rtol=RTOL_SVYOLR_ERRORS)


def test_second_order_correction(design, expected):
    wanted = expected["clus_chisq_F"]

    found = rs.rao_scott_test(design, "sch.wide", "stype").to_frame().iloc[0]

    assert found["statistic"] == pytest.approx(wanted["F"], rel=RTOL)
    assert found["df"] == pytest.approx(wanted["ndf"], rel=RTOL)
    assert found["ddf"] == pytest.approx(wanted["ddf"], rel=RTOL)
    assert found["p_value"] == pytest.approx(wanted["p"], rel=RTOL)


def test_first_order_correction(design, expected):
    wanted = expected["clus_chisq_1st"]

    found = rs.rao_scott_test(design, "sch.wide", "stype", statistic="Chisq").to_frame().iloc[0]

    assert found["pearson"] == pytest.approx(wanted["chisq"], rel=RTOL)
    assert found["df"] == wanted["df"]
    assert found["p_value"] == pytest.approx(wanted["p"], rel=RTOL)


def test_two_groups_are_a_contrast_of_means(design, expected):
    wanted = expected["clus_ttest"]

    means = rs.estimate_mean(design, "api00", by="sch.wide")
    contrast = rs.compare(means, over="sch.wide", reference="No").test().iloc[0]
    fitted = rs.fit_regression(design, "api00", "sch.wide").coefficients

    assert contrast["estimate"] == pytest.approx(wanted["difference"], rel=RTOL)
    assert contrast["statistic"] == pytest.approx(wanted["t"], rel=RTOL)
    # The regression takes one degree of freedom for its slope, and svyttest is a regression.
    assert fitted.df.tolist() == [wanted["df"]] * 2
    assert fitted.test()["statistic"].iloc[1] == pytest.approx(wanted["t"], rel=RTOL)
    assert fitted.test()["p_value"].iloc[1] == pytest.approx(wanted["p"], rel=RTOL)
    assert contrast["df"] == wanted["df"] + 1
