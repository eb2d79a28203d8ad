"""Weights made anew in every replicate, and models under replicates, equal R's survey package.

The numbers come from `replicates_fitted.R` on the simulated sample and the invented margins of
`weighting_margins.csv`; script and output are committed. `-m r` makes them anew and compares.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from tests.oracle.test_weighting_against_r import margin, margins

RTOL = 1e-8
# R fits each replicate's model from the whole sample's coefficients, in few steps.
RTOL_ITERATED = 1e-6

DATA = Path(__file__).parent / "data"
EXPECTED = pd.read_csv(DATA / "r_replicates_fitted.csv", keep_default_na=False, na_values=["NA"])
NESTED = {"stratum": "stratum", "psu": "psu", "nested_psu": True}
REPLICATES = {
    "JK1": ({"psu": "cluster"}, {"kind": "JK1"}),
    "JK1_mse": ({"psu": "cluster"}, {"kind": "JK1", "mse": True}),
    "JKn": (NESTED, {"kind": "JKn"}),
}
WEIGHTINGS = {
    "none": lambda d: d,
    "poststratify": lambda d: rs.poststratify(d, margin("group")),
    "rake": lambda d: rs.rake(d, margins("group", "age_band")),
    "linear": lambda d: rs.calibrate(d, margins("group", "age")),
    "raking": lambda d: rs.calibrate(d, margins("group", "age"), method="raking"),
}
VERBS = {"mean": rs.estimate_mean, "total": rs.estimate_total}
FAMILIES = {"gaussian": "y", "binomial": "z"}


@pytest.fixture(scope="module")
def clusters() -> pd.DataFrame:
    frame = pd.read_csv(DATA / "simulated_clusters.csv")
    bands = pd.cut(frame["age"], [0, 35, 60, 200], right=False, labels=["young", "middle", "old"])
    return frame.assign(age_band=bands)


def estimated(design: rs.SurveyDesign, statistic: str, by: str | None) -> rs.Estimates:
    if statistic in FAMILIES:
        outcome = FAMILIES[statistic]
        fitted = rs.fit_regression(design, outcome, ["x", "group"], family=statistic)
        return fitted.coefficients
    if statistic == "ratio":
        return rs.estimate_ratio(design, "y", "x", by=by)
    verb, variable = statistic.split("_")
    return VERBS[verb](design, variable, by=by)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("name", REPLICATES)
def test_weights_are_made_anew_in_every_replicate(clusters, name, weighting):
    roles, how = REPLICATES[name]
    design = rs.SurveyDesign(clusters, weight="weight", **roles)
    design = rs.as_replicates(WEIGHTINGS[weighting](design), **how)
    here = EXPECTED[(EXPECTED["design"] == name) & (EXPECTED["weighting"] == weighting)]

    for (statistic, by), part in here[here["by"] != "probability"].groupby(["statistic", "by"]):
        if statistic == "rao_scott":
            test = rs.rao_scott_test(design, "answer", "group").to_frame()
            np.testing.assert_allclose(test["statistic"], part["estimate"], rtol=RTOL)
            continue
        found = estimated(design, statistic, by if by == "site" else None)
        keys = found.rows[by].astype("str").tolist() if by != "none" else [""]
        wanted = part.set_index("key").loc[keys]
        rtol = RTOL_ITERATED if statistic == "binomial" else RTOL
        np.testing.assert_allclose(found.values, wanted["estimate"], rtol=rtol)
        np.testing.assert_allclose(
            found.std_error,
            wanted["std_error"],
            rtol=rtol,
            err_msg=f"{statistic} by {by}",
        )


@pytest.mark.parametrize("variable", ["x", "y"])
@pytest.mark.parametrize("name", REPLICATES)
def test_quantiles_have_the_replicates_error_and_limits_by_their_share(clusters, name, variable):
    roles, how = REPLICATES[name]
    design = rs.as_replicates(rs.SurveyDesign(clusters, weight="weight", **roles), **how)
    here = EXPECTED[(EXPECTED["design"] == name) & (EXPECTED["by"] == "probability")]
    wanted = {part: rows for part, rows in here.groupby("statistic")}

    found = rs.estimate_quantile(design, variable, [0.25, 0.5, 0.75])

    part = wanted[f"quantile_{variable}"]
    np.testing.assert_allclose(found.values, part["estimate"], rtol=RTOL)
    np.testing.assert_allclose(found.std_error, part["std_error"], rtol=RTOL)
    low, high = found.interval()
    np.testing.assert_allclose(low, wanted[f"low_{variable}"]["estimate"], rtol=RTOL)
    np.testing.assert_allclose(high, wanted[f"high_{variable}"]["estimate"], rtol=RTOL)


def test_replicates_may_come_before_the_weights(clusters):
    plain = rs.SurveyDesign(clusters, weight="weight", psu="cluster")
    one = WEIGHTINGS["rake"](rs.as_replicates(plain, "JK1"))
    other = rs.as_replicates(WEIGHTINGS["rake"](plain), "JK1")

    found = [rs.estimate_mean(design, "y", by="site").std_error for design in (one, other)]

    np.testing.assert_array_equal(*found)


def test_the_matrix_is_whole():
    assert set(EXPECTED["design"]) == set(REPLICATES)
    assert set(EXPECTED["weighting"]) == set(WEIGHTINGS)
    assert EXPECTED[["estimate", "std_error"]].notna().sum().sum() > 800


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("replicates_fitted.R")

    subprocess.run(["Rscript", str(script), str(tmp_path)], check=True)

    fresh = pd.read_csv(tmp_path / "r_replicates_fitted.csv")
    kept = pd.read_csv(DATA / "r_replicates_fitted.csv")
    pd.testing.assert_frame_equal(fresh, kept, rtol=1e-12)
