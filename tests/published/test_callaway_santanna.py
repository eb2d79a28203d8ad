"""Callaway and Sant'Anna (2021): minimum wages and teen employment in 500 counties, 2003-2007.

Adoption was staggered. Expected are the numbers of R's `did` with analytic errors, without
covariates and with counties never treated as controls (`oracles/evaluation`, O5). Effects by
cohort and year follow from differences of ours, too, without the extra.
"""

from __future__ import annotations

from importlib import metadata

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.evaluation.balancing.staggered_extra import PINNED

RTOL = 1e-9

GROUP_TIME = {
    ("2004", "2004"): (-0.01050324622, 0.02325103637),
    ("2004", "2005"): (-0.0704231581, 0.03098476676),
    ("2004", "2006"): (-0.1372587389, 0.03643566429),
    ("2004", "2007"): (-0.1008113631, 0.03435922583),
    ("2006", "2004"): (0.006520112424, 0.02332680514),
    ("2006", "2005"): (-0.002750818751, 0.01955856104),
    ("2006", "2006"): (-0.004594606953, 0.01775519666),
    ("2006", "2007"): (-0.04122447155, 0.0202291807),
    ("2007", "2004"): (0.03050665558, 0.01503356028),
    ("2007", "2005"): (-0.002725892886, 0.0163958329),
    ("2007", "2006"): (-0.03108711939, 0.01787751131),
    ("2007", "2007"): (-0.02605441072, 0.01665543535),
}
EVENT_TIME = {
    -3: (0.03050665558, 0.01503356028),
    -2: (-0.0005630846264, 0.01329164474),
    -1: (-0.02445874497, 0.01423640221),
    0: (-0.01993181679, 0.01182636406),
    1: (-0.05095736707, 0.01689347627),
    2: (-0.1372587389, 0.03643566429),
    3: (-0.1008113631, 0.03435922583),
}
GROUPS = {
    "2004": (-0.07974912657, 0.02636779944),
    "2006": (-0.02290953925, 0.01670333026),
    "2007": (-0.02605441072, 0.01665543535),
}
OVERALL = {
    "simple": (-0.03995127516, 0.01203401277),
    "event_time": (-0.07723982146, 0.01996498906),
}
GROUP_OVERALL = -0.03101828223


@pytest.fixture(scope="module")
def counties(oracle_data) -> pd.DataFrame:
    return pd.read_csv(oracle_data / "evaluation" / "mpdta.csv")


@pytest.fixture(scope="module")
def design(counties) -> rs.SurveyDesign:
    return rs.SurveyDesign(counties, wave="year", waves="panel", respondent_id="countyreal")


@pytest.fixture(scope="module")
def effects(design) -> pd.DataFrame:
    _require_extra()
    found = rs.estimate_staggered(
        design,
        "lemp",
        first_treated="first.treat",
        never=0,
        unit="countyreal",
        method="regression",
    )
    assert found.notes == ()
    return found.to_frame()


def _require_extra() -> None:
    try:
        found = metadata.version("diff-diff")
    except metadata.PackageNotFoundError:
        found = "none"
    if found != PINNED:
        pytest.skip(f"needs the extra 'did': diff-diff {PINNED}, found {found}")


def pairs(frame: pd.DataFrame, measure: str, keys: list[str]) -> dict:
    rows = frame[frame["measure"] == measure]
    labels = rows[keys[0]] if len(keys) == 1 else zip(*(rows[key] for key in keys), strict=True)
    return dict(zip(labels, zip(rows["estimate"], rows["std_error"], strict=True), strict=True))


@pytest.mark.parametrize(
    ("measure", "keys", "expected"),
    [
        ("group_time", ["cohort", "wave"], GROUP_TIME),
        ("event_time", ["event_time"], EVENT_TIME),
        ("group", ["cohort"], GROUPS),
        ("overall", ["average"], OVERALL),
    ],
)
def test_through_the_extra(effects, measure, keys, expected):
    found = pairs(effects, measure, keys)

    assert set(found) >= set(expected)
    for key, numbers in expected.items():
        assert found[key] == pytest.approx(numbers, rel=RTOL)


def test_the_average_over_cohorts_has_no_error(effects):
    estimate, error = pairs(effects, "overall", ["average"])["group"]

    assert estimate == pytest.approx(GROUP_OVERALL, rel=RTOL)
    assert np.isnan(error)


@pytest.mark.parametrize(("cohort", "year"), GROUP_TIME)
def test_by_differences_of_ours(design, cohort, year):
    base = min(int(year), int(cohort)) - 1  # before adoption the year before, then the last before

    found = rs.estimate_doubly_robust_did(
        design,
        "lemp",
        arm="first.treat",
        treated=int(cohort),
        between=(str(base), year),
        where={"first.treat": [0, int(cohort)]},
    )

    estimate, error = GROUP_TIME[cohort, year]
    counties = 500  # drawn as one sample: root of n / (n - 1)
    assert found.values[0] == pytest.approx(estimate, rel=RTOL)
    assert found.to_frame()["std_error"][0] == pytest.approx(
        error * np.sqrt(counties / (counties - 1)), rel=RTOL
    )


def test_weights_and_clusters_reach_the_extra(counties):
    _require_extra()
    frame = counties.assign(
        weight=1.0 + counties["countyreal"] % 3, state=counties["countyreal"] // 1000
    )
    design = rs.SurveyDesign(
        frame, weight="weight", wave="year", waves="panel", respondent_id="countyreal", psu="state"
    )

    staggered = rs.estimate_staggered(
        design, "lemp", first_treated="first.treat", never=0, unit="countyreal", method="regression"
    )
    ours = rs.estimate_doubly_robust_did(
        design,
        "lemp",
        arm="first.treat",
        treated=2006,
        between=("2005", "2006"),
        where={"first.treat": [0, 2006]},
    ).to_frame()

    estimate, error = pairs(staggered.to_frame(), "group_time", ["cohort", "wave"])["2006", "2006"]
    assert estimate == pytest.approx(ours["estimate"][0], rel=RTOL)
    assert error == pytest.approx(ours["std_error"][0], rel=RTOL)
