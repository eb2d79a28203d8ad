"""Estimates, errors, intervals and covariances equal those of R's survey package.

The numbers come from `survey.R` on the simulated samples of `make_data.py`; both are committed
with their outputs, so that no R is needed to run this. `-m r` makes them anew and compares.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience as rs

RTOL = 1e-8
# R stops iterating svyciprop's logistic regression at 1e-8 of the deviance.
RTOL_LOGIT = 1e-6

DATA = Path(__file__).parent / "data"
EXPECTED = pd.read_csv(DATA / "r_estimates.csv", keep_default_na=False, na_values=["NA"])
CELLS = ["design", "rule", "statistic", "variable", "by", "where"]
ROLES = {
    "stratified_clusters": {"psu": "psu", "stratum": "stratum", "nested_psu": True},
    "stratified_clusters_fpc": {
        "psu": "psu",
        "stratum": "stratum",
        "nested_psu": True,
        "fpc": "psus_in_stratum",
    },
    "clusters": {"psu": "cluster"},
    "strata": {"stratum": "stratum"},
    "persons": {},
    "lonely": {"psu": "psu", "stratum": "stratum", "nested_psu": True},
}
BY = {"none": None, "group": ["group"], "site": ["site"], "both": ["site", "group"]}
WHERE = {"everybody": None, "older": {"age": {"at_least": 40}}}
VERBS = {
    "mean": rs.estimate_mean,
    "total": rs.estimate_total,
    "proportion": rs.estimate_proportion,
}


def design_of(name: str, rule: str) -> rs.SurveyDesign:
    file = "simulated_lonely.csv" if name == "lonely" else "simulated_clusters.csv"
    return rs.SurveyDesign(
        pd.read_csv(DATA / file), weight="weight", lonely_psu=rule, **ROLES[name]
    )


def keyed(estimates: rs.Estimates, by: list[str] | None, **columns: np.ndarray) -> pd.DataFrame:
    """Return columns by R's key: the values of `by`, joined."""
    keys = estimates.rows[by].astype("str").agg("|".join, axis=1) if by else [""]
    return pd.DataFrame(columns, index=pd.Index(keys)).sort_index()


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(cell, id="-".join(cell))
        for cell in EXPECTED.loc[EXPECTED["statistic"].isin(VERBS), CELLS]
        .drop_duplicates()
        .itertuples(index=False, name=None)
    ],
)
def test_estimates_and_standard_errors(cell):
    name, rule, statistic, variable, by, where = cell
    wanted = EXPECTED[(EXPECTED[CELLS] == list(cell)).all(axis=1)].set_index("key").sort_index()
    restriction = WHERE[where]

    found = VERBS[statistic](design_of(name, rule), variable, by=BY[by], where=restriction)
    found = keyed(found, BY[by], estimate=found.values, std_error=found.std_error)

    tolerance = RTOL_LOGIT if statistic == "proportion" else RTOL
    assert list(found.index) == list(wanted.index)
    np.testing.assert_allclose(found["estimate"], wanted["estimate"], rtol=tolerance)
    np.testing.assert_allclose(found["std_error"], wanted["std_error"], rtol=RTOL)


@pytest.mark.parametrize("name", ["stratified_clusters", "stratified_clusters_fpc", "clusters"])
@pytest.mark.parametrize("by", ["none", "site"])
def test_logit_intervals_and_their_degrees_of_freedom(name, by):
    rows = (EXPECTED["design"] == name) & (EXPECTED["statistic"] == "proportion")
    wanted = EXPECTED[rows & (EXPECTED["by"] == by)].set_index("key").sort_index()
    if wanted.empty:
        assert (name, by) == ("clusters", "site")  # R's degrees of freedom differ there
        return

    found = rs.estimate_proportion(design_of(name, "fail"), "z", by=BY[by])
    low, high = found.interval()
    found = keyed(found, BY[by], low=low, high=high, df=found.df)

    np.testing.assert_allclose(found["low"], wanted["conf_low"], rtol=RTOL_LOGIT)
    np.testing.assert_allclose(found["high"], wanted["conf_high"], rtol=RTOL_LOGIT)
    np.testing.assert_array_equal(found["df"], wanted["df"])


@pytest.mark.parametrize("name", ["stratified_clusters", "stratified_clusters_fpc", "clusters"])
def test_distribution_of_answers(name):
    rows = (EXPECTED["design"] == name) & (EXPECTED["statistic"] == "distribution")
    wanted = EXPECTED[rows].set_index("key")

    design = design_of(name, "fail")
    parts = []
    for by in ["none", "site"] if name != "clusters" else ["none"]:
        found = rs.estimate_proportion(design, "answer", answers="each", by=BY[by])
        place = found.rows["site"].astype("str") if by == "site" else ""
        keys = place + "|" + found.rows["answer"].astype("str")
        columns = {"estimate": found.values, "std_error": found.std_error}
        parts.append(pd.DataFrame(columns, index=pd.Index(keys)))
    found = pd.concat(parts).loc[wanted.index]

    np.testing.assert_allclose(found["estimate"], wanted["estimate"], rtol=RTOL)
    np.testing.assert_allclose(found["std_error"], wanted["std_error"], rtol=RTOL)


def test_covariance_of_domains():
    wanted = pd.read_csv(DATA / "r_covariance_groups.csv", index_col=0)

    found = rs.estimate_mean(design_of("stratified_clusters", "fail"), "x", by="group")

    assert found.rows["group"].tolist() == list(wanted.columns)
    np.testing.assert_allclose(found.covariance, wanted, rtol=RTOL)


def test_design_effect():
    wanted = EXPECTED.loc[EXPECTED["statistic"] == "deff", "estimate"].item()

    found = rs.estimate_mean(design_of("stratified_clusters", "fail"), "x")

    assert found.deff[0] == pytest.approx(wanted, rel=RTOL)
    assert found.n_effective[0] == pytest.approx(found.n[0] / wanted, rel=RTOL)


@pytest.fixture
def by_wave():
    roles = {"weight": "weight", "stratum": "stratum", "psu": "psu", "nested_psu": True}
    frame = pd.read_csv(DATA / "simulated_waves.csv")
    design = rs.SurveyDesign(frame, wave="wave", waves="same_psu", **roles)
    return rs.estimate_mean(design, "x", by=["site", "wave"])


def test_covariance_of_waves_in_the_same_psus(by_wave):
    wanted = pd.read_csv(DATA / "r_covariance_waves.csv", index_col=0)
    keys = (by_wave.rows["wave"].astype("str") + "." + by_wave.rows["site"]).tolist()

    found = pd.DataFrame(by_wave.covariance, index=keys, columns=keys)

    # Sites share no strata: R's zeros are 0 to rounding.
    np.testing.assert_allclose(
        found.loc[wanted.index, wanted.columns], wanted, rtol=RTOL, atol=1e-12
    )


def test_changes_and_difference_of_changes(by_wave):
    wanted = pd.read_csv(DATA / "r_changes.csv").set_index("name")
    covariance = pd.read_csv(DATA / "r_covariance_changes.csv", index_col=0)

    changes = rs.compare(by_wave, over="wave", reference="w1")
    difference = rs.compare(changes, over="site", reference="south")
    joint = rs.concat([changes.contrast(np.eye(2)), difference.contrast(np.eye(1))])

    names = ["north", "south", "difference"]
    np.testing.assert_allclose(joint.values, wanted.loc[names, "estimate"], rtol=RTOL)
    np.testing.assert_allclose(joint.std_error, wanted.loc[names, "value"], rtol=RTOL)
    np.testing.assert_allclose(joint.covariance, covariance, rtol=RTOL, atol=1e-12)
    assert difference.df.tolist() == [wanted.loc["df", "value"]]


def test_waves_called_independent_have_the_errors_of_separate_designs():
    wanted = pd.read_csv(DATA / "r_changes.csv").set_index("name")
    roles = {"weight": "weight", "stratum": "stratum", "psu": "psu", "nested_psu": True}
    frame = pd.read_csv(DATA / "simulated_waves.csv")

    design = rs.SurveyDesign(frame, wave="wave", waves="independent", **roles)
    changes = rs.compare(
        rs.estimate_mean(design, "x", by=["site", "wave"]), over="wave", reference="w1"
    )

    expected = wanted.loc[["north_independent", "south_independent"], "value"]
    np.testing.assert_allclose(changes.std_error, expected, rtol=RTOL)


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("survey.R")

    subprocess.run(["Rscript", str(script), str(tmp_path)], check=True)

    for made in sorted(tmp_path.glob("*.csv")):
        fresh, kept = pd.read_csv(made), pd.read_csv(DATA / made.name)
        pd.testing.assert_frame_equal(fresh, kept, rtol=1e-12)
    assert len(list(tmp_path.glob("*.csv"))) == 5
