"""Designs of several stages and replicates have the estimates and errors of R's survey package.

The numbers come from `designs.R` on the simulated samples of `make_data.py` and
`make_designs_data.py`. `-m r` makes them anew and compares.
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

DATA = Path(__file__).parent / "data"
EXPECTED = pd.read_csv(DATA / "r_designs.csv", keep_default_na=False, na_values=["NA"])
SCALES = pd.read_csv(DATA / "r_replicate_scales.csv")
CELLS = ["design", "rule", "statistic", "variable", "by", "where"]
IN_STRATA = {"stratum": "stratum", "nested_psu": True, "weight": "weight"}
BY_BLOCK = {"psu": ("psu", "block"), "fpc": ("psus_there", "blocks_there")}
STAGES = {
    "two_stages": {**IN_STRATA, **BY_BLOCK},
    "two_stages_fractions": {**IN_STRATA, **BY_BLOCK, "fpc": ("psu_fraction", "block_fraction")},
    "three_stages": {
        **IN_STRATA,
        "psu": ("psu", "block", "person"),
        "fpc": ("psus_there", "blocks_there", "persons_there"),
    },
    "first_stage_fpc": {**IN_STRATA, "psu": "psu", "fpc": "psus_there"},
    "with_replacement": {**IN_STRATA, "psu": "psu"},
    "unweighted": {**IN_STRATA, "psu": "psu", "weight": None},
    "two_stages_unstratified": {
        "psu": ("cluster", "block"),
        "fpc": ("all_psus", "blocks_there"),
        "weight": "weight",
    },
    "lonely_two_stages": {**IN_STRATA, **BY_BLOCK},
    "lonely_fpc": {**IN_STRATA, "psu": "psu", "fpc": "psus_there"},
}
BY_PSU = {**IN_STRATA, "psu": "psu"}
OURS = {  # made by us, as R makes them
    "JK1": ({"psu": "cluster", "weight": "weight"}, {"kind": "JK1"}),
    "JK1_mse": ({"psu": "cluster", "weight": "weight"}, {"kind": "JK1", "mse": True}),
    "JKn": (BY_PSU, {"kind": "JKn"}),
    "JKn_mse": (BY_PSU, {"kind": "JKn", "mse": True}),
    "JKn_fpc": ({**BY_PSU, "fpc": "psus_in_stratum"}, {"kind": "JKn"}),
}
GIVEN = ["JK1", "JKn", "JKn_fpc", "BRR", "Fay", "bootstrap"]  # R's own replicate weights
BY = {"none": None, "group": "group", "site": "site"}
WHERE = {"everybody": None, "older": {"age": {"at_least": 40}}}
VERBS = {"mean": rs.estimate_mean, "total": rs.estimate_total}


def cells_of(designs) -> list:
    rows = EXPECTED.loc[EXPECTED["design"].isin(designs), CELLS].drop_duplicates()
    return [pytest.param(cell, id="-".join(cell)) for cell in rows.itertuples(False, None)]


def assert_as_in_r(design: rs.SurveyDesign, cell: tuple[str, ...]) -> None:
    _, _, statistic, variable, by, where = cell
    wanted = EXPECTED[(EXPECTED[CELLS] == list(cell)).all(axis=1)].set_index("key").sort_index()

    found = VERBS[statistic](design, variable, by=BY[by], where=WHERE[where])

    keys = found.rows[BY[by]].astype("str") if BY[by] else [""]
    table = pd.DataFrame({"estimate": found.values, "std_error": found.std_error}, index=keys)
    assert sorted(table.index) == list(wanted.index)
    np.testing.assert_allclose(
        table.sort_index(), wanted[["estimate", "std_error"]], rtol=RTOL, atol=1e-11
    )
    assert design.degrees_of_freedom == wanted["df"].iloc[0]


def sample_of(name: str) -> pd.DataFrame:
    file = {"BRR": "pairs", "Fay": "pairs"}.get(name, "clusters")
    return pd.read_csv(DATA / f"simulated_{file}.csv")


def given_by_r(name: str) -> tuple[pd.DataFrame, list[str], dict[str, object]]:
    """Return a sample with R's multipliers as columns, their names, and their scales."""
    weights = pd.read_csv(DATA / f"r_weights_{name}.csv")
    scales = SCALES[SCALES["design"] == name]
    columns = [f"r{number}" for number in scales["replicate"]]
    told = {"scale": scales["scale"].iloc[0], "rscales": scales["rscale"].tolist()}
    return sample_of(name).merge(weights, on=["stratum", "psu"], how="left"), columns, told


@pytest.mark.parametrize("cell", cells_of(STAGES))
def test_stages_population_counts_and_lonely_units(cell):
    name, rule = cell[:2]
    file = "simulated_lonely_stages" if name.startswith("lonely") else "simulated_stages"
    frame = pd.read_csv(DATA / f"{file}.csv").assign(all_psus=80)

    assert_as_in_r(rs.SurveyDesign(frame, lonely_psu=rule, **STAGES[name]), cell)


@pytest.mark.parametrize("cell", cells_of(OURS))
def test_our_jackknife(cell):
    roles, asked = OURS[cell[0]]

    assert_as_in_r(rs.as_replicates(rs.SurveyDesign(sample_of(cell[0]), **roles), **asked), cell)


@pytest.mark.parametrize("cell", cells_of(GIVEN))
def test_replicate_weights_of_r(cell):
    frame, columns, told = given_by_r(cell[0])
    design = rs.SurveyDesign(frame, weight="weight")

    given = rs.with_replicate_weights(design, columns, kind="other", combined=False, **told)

    assert_as_in_r(given, cell)


@pytest.mark.parametrize("cell", cells_of(["own_scales", "own_scales_mse"]))
def test_coefficients_of_a_producer_are_used_as_said(cell):
    frame, columns, _ = given_by_r("bootstrap")
    frame[columns] = frame[columns].mul(frame["weight"], axis=0)
    rscales = np.linspace(0.2, 2, len(columns))

    design = rs.with_replicate_weights(
        rs.SurveyDesign(frame, weight="weight"),
        columns,
        kind="other",
        scale=0.037,
        rscales=rscales,
        mse=cell[0] == "own_scales_mse",
    )

    assert_as_in_r(design, cell)


@pytest.mark.parametrize("kind", ["BRR", "Fay", "bootstrap"])
def test_scales_by_kind_are_those_of_r(kind):
    frame, columns, told = given_by_r(kind)

    given = rs.with_replicate_weights(
        rs.SurveyDesign(frame, weight="weight"),
        columns,
        kind=kind,
        combined=False,
        fay=0.3 if kind == "Fay" else None,
    )

    assert given.replicates.scale == pytest.approx(told["scale"], rel=1e-12)
    assert given.replicates.rscales.tolist() == told["rscales"]


@pytest.mark.parametrize("kind", ["BRR", "Fay"])
def test_our_half_samples_are_those_of_r_for_totals(kind):
    """Another Hadamard matrix gives other replicates and, being balanced, the same totals."""
    cells = EXPECTED[(EXPECTED["design"] == kind) & (EXPECTED["statistic"] == "total")]
    design = rs.SurveyDesign(sample_of(kind), **BY_PSU)

    for cell in cells[CELLS].drop_duplicates().itertuples(False, None):
        assert_as_in_r(rs.as_replicates(design, kind, fay=0.3), cell)


@pytest.fixture(scope="module")
def folder(oracle_data):
    return oracle_data / "survey"


@pytest.fixture(scope="module")
def expected(folder):
    return json.loads((folder / "survey_oracles.json").read_text("utf-8"))


def assert_mean(design: rs.SurveyDesign, wanted: dict[str, float], variable: str = "api00"):
    found = rs.estimate_mean(design, variable)
    np.testing.assert_allclose(
        [found.values[0], found.std_error[0]], [wanted["estimate"], wanted["se"]], rtol=RTOL
    )


def test_two_stages_on_rs_own_data(folder, expected):
    design = rs.SurveyDesign(
        pd.read_csv(folder / "apiclus2.csv"),
        weight="pw",
        psu=("dnum", "snum"),
        fpc=("fpc1", "fpc2"),
    )

    assert_mean(design, expected["twostage_mean_api00"])
    assert design.degrees_of_freedom == expected["degf"]["twostage"]


def test_jackknives_on_rs_own_data(folder, expected):
    clusters = rs.SurveyDesign(pd.read_csv(folder / "apiclus1.csv"), weight="pw", psu="dnum")
    strata = rs.SurveyDesign(pd.read_csv(folder / "apistrat.csv"), weight="pw", stratum="stype")

    assert_mean(rs.as_replicates(clusters, "JK1"), expected["clus_jk1_mean"])
    assert_mean(rs.as_replicates(strata, "JKn"), expected["strat_jkn_mean"])


def test_bootstrap_of_r_on_its_own_data(folder, expected):
    counts = pd.read_csv(folder / "apiclus1_boot500_counts.csv")
    key = counts.columns[0]
    columns = [f"b{number}" for number in range(1, counts.shape[1])]
    counts.columns = ["dnum", *columns]
    counts[columns] *= 15 / 14
    frame = pd.read_csv(folder / "apiclus1.csv").merge(counts, on="dnum")

    design = rs.with_replicate_weights(
        rs.SurveyDesign(frame, weight="pw"), columns, kind="bootstrap", combined=False
    )

    assert key == "dnum"
    assert len(columns) == 500
    assert_mean(design, expected["clus_boot500_mean"])


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("designs.R")

    subprocess.run(["Rscript", str(script), str(tmp_path)], check=True)

    made = sorted(tmp_path.glob("*.csv"))
    for file in made:
        fresh, kept = pd.read_csv(file), pd.read_csv(DATA / file.name)
        pd.testing.assert_frame_equal(fresh, kept, rtol=1e-12)
    assert len(made) == 8
