"""Bounds and balance have the numbers of R, on the simulated sample of `make_lost_data.py`.

R's bounds are brute force: a row for each unit of weight, sorted and cut (`lost.R`). Errors are
its survey package's. `-m r` makes them anew and compares.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

import resilience as rs

RTOL = 1e-9
# The linearised error is another estimate of what the jackknife estimates; they differ by how
# curved the bounds are over twelve places.
RTOL_LINEARISED = 0.12
# Variances by weights, or by n - 1, differ by one in 240 people.
RTOL_N = 5e-3

DATA = Path(__file__).parent / "data"
LOST = pd.read_csv(DATA / "simulated_lost.csv")
BALANCE = pd.read_csv(DATA / "r_lost_balance.csv").set_index("variable")
BOUNDS = pd.read_csv(DATA / "r_lost_bounds.csv")


def people(**replicates: str) -> rs.FollowUp:
    design = rs.SurveyDesign(LOST, weight="weight", stratum="arm", psu="town")
    if replicates:
        design = rs.as_replicates(design, replicates["kind"], mse=True)
    return rs.follow_up(design, arm="arm", cluster="town", responded="answered")


@pytest.mark.parametrize("variable", ["score", "trust"])
@pytest.mark.parametrize("tighten", ["plain", "sex"])
def test_lee_bounds_are_those_of_brute_force(variable, tighten):
    expected = BOUNDS.query("variable == @variable and tighten == @tighten").set_index("bound")
    within = [] if tighten == "plain" else tighten

    jackknife = rs.lee_bounds(people(kind="JKn"), variable, tighten=within, errors="design")
    linear = rs.lee_bounds(people(), variable, tighten=within)

    for bounds, rtol in ((jackknife, RTOL), (linear, RTOL_LINEARISED)):
        found = bounds.to_frame().iloc[0]
        for bound in ("lower", "upper"):
            assert found[bound] == pytest.approx(expected.loc[bound, "estimate"], rel=RTOL)
            error = expected.loc[bound, "std_error"]
            assert found[f"std_error_{bound}"] == pytest.approx(error, rel=rtol)
    assert linear.df.tolist() == [10]


def test_balance_has_design_errors_and_weighted_variances():
    frame = LOST.assign(sex=(LOST["sex"] == "f").astype(float))
    design = rs.SurveyDesign(frame, weight="weight", stratum="arm", psu="town")

    table = rs.balance_table(design, ["start", "sex"], arm="arm", cluster="town")

    found = table.to_frame().set_index("variable")
    for name in ("treated", "comparison", "estimate", "std_error"):
        pd.testing.assert_series_equal(found[name], BALANCE[name], rtol=RTOL)
    spread = (BALANCE["variance_treated"] + BALANCE["variance_comparison"]) / 2
    # Theirs divide by weights, ours by the design's estimate of the same: n / (n - 1).
    normalised = BALANCE["estimate"] / spread**0.5
    assert found["normalised_difference"].to_numpy() == pytest.approx(normalised, rel=RTOL_N)
    ratio = BALANCE["variance_treated"] / BALANCE["variance_comparison"]
    assert found["variance_ratio"].to_numpy() == pytest.approx(ratio, rel=RTOL)


def test_attrition_weights_are_those_of_logistic_regressions_within_arms():
    frame = LOST.assign(sex=pd.Categorical(LOST["sex"]))
    design = rs.SurveyDesign(frame, weight="weight", stratum="arm", psu="town")
    asked = rs.follow_up(design, arm="arm", cluster="town", responded="answered")

    made = rs.attrition_weights(asked, ["start", "sex"])

    expected = pd.read_csv(DATA / "r_lost_weights.csv")["made"]
    assert made.design.weights == pytest.approx(expected.to_numpy(), rel=1e-8)


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("lost.R")

    subprocess.run(["Rscript", str(script), str(tmp_path)], check=True)

    made = sorted(tmp_path.glob("*.csv"))
    for file in made:
        pd.testing.assert_frame_equal(pd.read_csv(file), pd.read_csv(DATA / file.name), rtol=1e-12)
    assert len(made) == 3
