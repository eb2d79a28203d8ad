"""Weights that fit margins, and what estimates make of them, equal those of R's survey package.

The numbers come from `weighting.R` on the simulated samples and the invented margins of
`weighting_margins.csv`; script and outputs are committed. `-m r` makes them anew and compares.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience as rs

RTOL = 1e-8
# R's own numbers on its example data were made with calibrate's default epsilon of 1e-7.
RTOL_EPSILON = 1e-6

DATA = Path(__file__).parent / "data"
EXPECTED = pd.read_csv(DATA / "r_weighting.csv", keep_default_na=False, na_values=["NA"])
WAVES = pd.read_csv(DATA / "r_weighting_waves.csv")
KNOWN = pd.read_csv(DATA / "weighting_margins.csv", dtype={"category": str}, keep_default_na=False)
NESTED = {"stratum": "stratum", "psu": "psu", "nested_psu": True}
ROLES = {
    "stratified_clusters": NESTED,
    "stratified_clusters_fpc": {**NESTED, "fpc": "psus_in_stratum"},
    "clusters": {"psu": "cluster"},
    "strata": {"stratum": "stratum"},
    "persons": {},
}
VERBS = {"mean": rs.estimate_mean, "total": rs.estimate_total}


def margin(variable: str, frame: str = "clusters", wave: str = "", site: str = "") -> rs.Margin:
    here = (KNOWN[["frame", "variable", "wave", "site"]] == [frame, variable, wave, site]).all(
        axis=1
    )
    counts = dict(zip(KNOWN.loc[here, "category"], KNOWN.loc[here, "count"], strict=True))
    said = {"wave": wave or None, "site": site or None, "source": "invented"}
    if variable == "age":
        return rs.Margin(variable="age", total=counts["total"], **said)
    if "|" not in variable:
        return rs.Margin(variable=variable, counts=counts, **said)
    nested: dict[str, dict[str, float]] = {}
    for cell, count in counts.items():
        outer, inner = cell.split("|")
        nested.setdefault(outer, {})[inner] = count
    return rs.Margin(variable=tuple(variable.split("|")), counts=nested, **said)


def margins(*variables: str) -> list[rs.Margin]:
    return [margin(variable) for variable in variables]


def linear(design: rs.SurveyDesign, **how) -> rs.SurveyDesign:
    return rs.calibrate(design, margins("group", "age"), **how)


def rake_2(design: rs.SurveyDesign) -> rs.SurveyDesign:
    return rs.rake(design, margins("group", "age_band"))


def nonresponse(design: rs.SurveyDesign) -> rs.SurveyDesign:
    return rs.adjust_nonresponse(design, responded="respondent", classes="group")


WEIGHTINGS = {
    "poststratify": lambda d: rs.poststratify(d, margin("group")),
    "poststratify_crossed": lambda d: rs.poststratify(d, margin("group|age_band")),
    "rake_2": rake_2,
    "rake_3": lambda d: rs.rake(d, margins("group", "age_band", "answer")),
    "linear": linear,
    "raking": lambda d: linear(d, method="raking"),
    "logit": lambda d: linear(d, method="logit", bounds=(0.6, 1.6)),
    "linear_bounded": lambda d: linear(d, bounds=(0.75, 1.3)),
    "raking_bounded": lambda d: linear(d, method="raking", bounds=(0.75, 1.3)),
    "poststratify_linear": lambda d: rs.calibrate(
        rs.poststratify(d, margin("group")), margin("age_band")
    ),
    "rake_linear": lambda d: linear(rake_2(d)),
    "trim": lambda d: rs.trim_weights(d, lower=40, upper=180),
    "trim_strict": lambda d: rs.trim_weights(d, lower=40, upper=180, strict=True),
    "rake_trim": lambda d: rs.trim_weights(rake_2(d), upper=200),
    "nonresponse": nonresponse,
    "nonresponse_rake": lambda d: rake_2(nonresponse(d)),
}


@pytest.fixture(scope="module")
def clusters() -> pd.DataFrame:
    frame = pd.read_csv(DATA / "simulated_clusters.csv")
    bands = pd.cut(frame["age"], [0, 35, 60, 200], right=False, labels=["young", "middle", "old"])
    return frame.assign(age_band=bands, respondent=frame["y"].notna().astype(int))


def test_the_matrix_is_whole():
    assert set(EXPECTED["weighting"]) == set(WEIGHTINGS)
    assert EXPECTED[["estimate", "std_error"]].notna().sum().sum() > 3000


@pytest.mark.parametrize(
    ("name", "weighting"),
    list(EXPECTED[["design", "weighting"]].drop_duplicates().itertuples(index=False, name=None)),
)
def test_estimates_standard_errors_and_weights(clusters, name, weighting):
    here = EXPECTED[(EXPECTED["design"] == name) & (EXPECTED["weighting"] == weighting)]
    design = WEIGHTINGS[weighting](rs.SurveyDesign(clusters, weight="weight", **ROLES[name]))

    for (statistic, variable, by), part in here.groupby(["statistic", "variable", "by"]):
        if statistic == "weight":
            rows = part["key"].astype(int) - 1
            np.testing.assert_allclose(design.weights[rows], part["estimate"], rtol=RTOL)
            continue
        where = {"age": {"at_least": 40}} if by == "older" else None
        broken_down = by if by in ("group", "site") else None
        found = VERBS[statistic](design, variable, by=broken_down, where=where)
        keys = found.rows[by].astype("str").tolist() if broken_down else [""]
        wanted = part.set_index("key").loc[keys]
        np.testing.assert_allclose(found.values, wanted["estimate"], rtol=RTOL)
        known = wanted["std_error"].notna().to_numpy()
        np.testing.assert_allclose(
            found.std_error[known],
            wanted["std_error"][known],
            rtol=RTOL,
            err_msg=f"{statistic} {by}",
        )


@pytest.mark.parametrize("weighting", ["poststratify", "rake", "linear", "raking"])
def test_each_wave_is_fitted_by_itself(weighting):
    frame = pd.read_csv(DATA / "simulated_waves.csv")
    roles = {"weight": "weight", "wave": "wave", "waves": "same_psu", **NESTED}
    design = rs.SurveyDesign(frame, **roles)
    waves, sites = ["w1", "w2"], ["north", "south"]
    if weighting == "poststratify":
        cells = [margin("z", "waves", wave, site) for wave in waves for site in sites]
        design = rs.poststratify(design, cells)
    else:
        single = [margin(name, "waves", wave) for name in ("z", "site") for wave in waves]
        design = (
            rs.rake(design, single)
            if weighting == "rake"
            else rs.calibrate(design, single, method=weighting)
        )

    means = rs.estimate_mean(design, "x", by=["wave", "site"])
    changes = rs.compare(means, over="wave", reference="w1")
    difference = rs.compare(changes, over="site", reference="south")

    wanted = WAVES[WAVES["weighting"] == weighting]
    values = np.concatenate([means.values, changes.values, difference.values])
    errors = np.concatenate([means.std_error, changes.std_error, difference.std_error])
    np.testing.assert_allclose(values, wanted["estimate"], rtol=RTOL)
    np.testing.assert_allclose(errors, wanted["std_error"], rtol=RTOL)


def test_r_example_data(oracle_data):
    folder = oracle_data / "survey"
    expected = json.loads((folder / "survey_oracles.json").read_text("utf-8"))
    schools = rs.SurveyDesign(pd.read_csv(folder / "apiclus1.csv"), weight="pw", psu="dnum")
    said = {"source": "R survey, population of schools"}
    kinds = rs.Margin(variable="stype", counts={"E": 4421, "H": 755, "M": 1018}, **said)
    wide = rs.Margin(variable="sch.wide", counts={"No": 1072, "Yes": 5122}, **said)
    before = rs.Margin(variable="api99", total=3914069, **said)

    designs = {
        "clus_ps_mean": (rs.poststratify(schools, kinds), RTOL),
        "clus_rake_mean": (rs.rake(schools, [kinds, wide]), RTOL),
        "clus_greg_mean": (rs.calibrate(schools, [kinds, before]), RTOL),
        "clus_calrake_mean": (
            rs.calibrate(schools, [kinds, before], method="raking"),
            RTOL_EPSILON,
        ),
    }
    for key, (design, tolerance) in designs.items():
        found = rs.estimate_mean(design, "api00")
        wanted = [expected[key]["estimate"], expected[key]["se"]]
        np.testing.assert_allclose(
            [found.values[0], found.std_error[0]], wanted, rtol=tolerance, err_msg=key
        )


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("weighting.R")

    subprocess.run(["Rscript", str(script), str(tmp_path)], check=True)

    for made in sorted(tmp_path.glob("*.csv")):
        fresh, kept = pd.read_csv(made), pd.read_csv(DATA / made.name)
        pd.testing.assert_frame_equal(fresh, kept, rtol=1e-12)
    assert len(list(tmp_path.glob("*.csv"))) == 2
