"""Balanced means and doubly robust differences equal those from their formulas in R.

The numbers come from `balancing.R` on the simulated programme of `make_programme_data.py`; both
are committed with their outputs. `-m r` makes them anew.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience as rs

RTOL = 1e-8
# R's derivatives of the stacked equations are central differences.
RTOL_DERIVED = 1e-6

DATA = Path(__file__).parent / "data"
EXPECTED = pd.read_csv(DATA / "r_balancing.csv").set_index(["what", "method"])
COVARIATES = ["age", "income", "school"]
LATER = {"wave": 2}


@cache
def design(people: str) -> rs.SurveyDesign:
    frame = pd.read_csv(DATA / "simulated_programme.csv")
    if people == "all":
        keep = ~((frame["wave"] == 2) & (np.arange(1, len(frame) + 1) % 3 == 0))
        frame = frame[keep].reset_index(drop=True)
    return rs.SurveyDesign(
        frame, weight="weight", psu="psu", wave="wave", waves="panel", respondent_id="id"
    )


def difference(balanced: rs.SurveyDesign) -> tuple[float, float]:
    means = rs.estimate_mean(balanced, "trust", by="treated", where=LATER)
    frame = rs.compare(means, over="treated", reference="0").to_frame()
    return frame["estimate"][0], frame["std_error"][0]


@pytest.mark.parametrize("moments", [1, 2])
def test_entropy_balancing(moments):
    expected = EXPECTED.loc["entropy", f"moments {moments}"]

    balanced = rs.entropy_balance(
        design("same"), COVARIATES, arm="treated", moments=moments, where=LATER
    )

    estimate, error = difference(balanced)
    told = rs.imbalance(balanced, COVARIATES, arm="treated", where=LATER).groups
    assert estimate == pytest.approx(expected["estimate"], rel=RTOL)
    assert error == pytest.approx(expected["std_error"], rel=RTOL_DERIVED)
    assert told["effective_after"].iloc[1] == pytest.approx(expected["more"], rel=RTOL)


@pytest.mark.parametrize("estimand", ["att", "ate", "overlap"])
def test_propensity_weights(estimand):
    expected = EXPECTED.loc["propensity", estimand]

    weighted = rs.weight_by_propensity(
        design("same"), COVARIATES, arm="treated", estimand=estimand, where=LATER
    )

    estimate, error = difference(weighted)
    assert estimate == pytest.approx(expected["estimate"], rel=RTOL)
    assert error == pytest.approx(expected["std_error"], rel=RTOL_DERIVED)


@pytest.mark.parametrize("method", ["improved", "traditional", "regression", "ipw"])
def test_differences_of_persons(method):
    expected = EXPECTED.loc["panel", method]

    found = rs.estimate_doubly_robust_did(
        design("same"), "trust", COVARIATES, arm="treated", between=("1", "2"), method=method
    ).to_frame()

    assert found["estimate"][0] == pytest.approx(expected["estimate"], rel=RTOL)
    assert found["std_error"][0] == pytest.approx(expected["std_error"], rel=RTOL)


@pytest.mark.parametrize("method", ["improved", "traditional", "regression", "ipw"])
def test_differences_of_cross_sections(method):
    expected = EXPECTED.loc["cross_sections", method]

    found = rs.estimate_doubly_robust_did(
        design("all"),
        "trust",
        COVARIATES,
        arm="treated",
        between=("1", "2"),
        method=method,
        people="all",
    ).to_frame()

    assert found["estimate"][0] == pytest.approx(expected["estimate"], rel=RTOL)
    assert found["std_error"][0] == pytest.approx(
        expected["std_error"], rel=RTOL_DERIVED if method == "improved" else RTOL
    )


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("balancing.R")

    subprocess.run(["Rscript", str(script), str(tmp_path)], check=True)

    fresh = pd.read_csv(tmp_path / "r_balancing.csv")
    kept = pd.read_csv(DATA / "r_balancing.csv")
    pd.testing.assert_frame_equal(fresh, kept, rtol=1e-9, atol=1e-12)
