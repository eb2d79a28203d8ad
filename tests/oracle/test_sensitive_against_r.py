"""Lists, randomised answers and bounds equal what R gives on a simulated clustered sample.

The numbers come from `sensitive.R`, written from the articles, on the sample of
`make_sensitive_data.py`; both are committed. `-m r` makes them anew and compares.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience as rs

RTOL = 1e-9
# R differentiates the likelihood numerically, twice: its maximum and sandwiches are that exact.
RTOL_FIT = 2e-5
ATOL_FIT = 1e-7

DATA = Path(__file__).parent / "data"
NUMBERS = pd.read_csv(DATA / "r_sensitive.csv")
QUESTION = rs.ListQuestion("count", "long", 4)
DIE = rs.Randomisation.forced(yes=1 / 6, no=1 / 6)
PREDICTORS = ["young", "wealth"]


@pytest.fixture(scope="module")
def sample() -> rs.SurveyDesign:
    frame = pd.read_csv(DATA / "simulated_sensitive.csv")
    return rs.SurveyDesign(frame, weight="weight", stratum="stratum", psu="psu", nested_psu=True)


def of_r(what: str) -> pd.DataFrame:
    return NUMBERS[NUMBERS["what"] == what].reset_index(drop=True)


def assert_equal(found: rs.Estimates, what: str, *, rtol: float = RTOL, atol: float = 0) -> None:
    expected = of_r(what)
    np.testing.assert_allclose(found.values, expected["estimate"], rtol=rtol, atol=max(atol, 1e-12))
    np.testing.assert_allclose(found.std_error, expected["std_error"], rtol=rtol, atol=atol)


def test_difference_of_the_lists(sample):
    made = rs.estimate_list(sample, QUESTION)
    by_group = rs.estimate_list(sample, QUESTION, by="young")
    expected = of_r("list")

    np.testing.assert_allclose([*made.values, *by_group.values], expected["estimate"], rtol=RTOL)
    errors = [*made.std_error, *by_group.std_error]
    np.testing.assert_allclose(errors, expected["std_error"], rtol=RTOL)


def test_types_of_respondents(sample):
    assert_equal(rs.list_design_test(sample, QUESTION).types, "type")


@pytest.mark.parametrize("method", ["ml", "ml_overdispersed", "nls", "linear"])
def test_models_of_the_list(sample, method):
    fitted = rs.fit_list(sample, QUESTION, PREDICTORS, method=method)

    assert_equal(fitted.coefficients, method, rtol=RTOL_FIT, atol=ATOL_FIT)


def test_a_model_in_which_some_hide(sample):
    fitted = rs.fit_list(sample, QUESTION, PREDICTORS, hiding=rs.Hiding(floor=0.3, ceiling=0.2))

    assert_equal(fitted.coefficients, "ml_hiding", rtol=RTOL_FIT, atol=ATOL_FIT)


def test_randomised_response(sample):
    made = rs.estimate_randomised_response(sample, "says_yes", DIE)
    fitted = rs.fit_randomised_response(sample, "says_yes", PREDICTORS, DIE)

    assert_equal(made, "randomised")
    assert_equal(fitted.coefficients, "randomised_ml", rtol=RTOL_FIT, atol=ATOL_FIT)


def test_a_list_with_a_direct_question(sample):
    both = rs.combine_list_with_direct(sample, QUESTION, "admits")

    assert_equal(rs.concat([both.shares, both.placebo]), "direct")


def test_bounds_of_refusals(sample):
    bounds = rs.refusal_bounds(sample, "attitude", scale=(1, 5))

    assert_equal(rs.concat([bounds.lower, bounds.upper]), "refusals")


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("sensitive.R")

    subprocess.run(["Rscript", str(script), str(tmp_path)], check=True)

    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "r_sensitive.csv"), NUMBERS, rtol=1e-9)
