"""Families, power, equivalence, components of variance and summary indices against R.

`planning.R` made the numbers from the simulated panel; `pytest -m r` makes them anew.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.evaluation.planning.components import nested_components

DATA = Path(__file__).parent / "data"
LIMITS = {"lower": "conf_low", "upper": "conf_high"}
RTOL = 1e-9
POWER_RTOL = 1e-6  # R's search for the effect stops there
MOMENTS = {"x": "increase", "z": "increase", "item": "increase"}


@pytest.fixture(scope="module")
def panel():
    return pd.read_csv(DATA / "simulated_panel.csv")


@pytest.mark.parametrize("method", ["holm", "benjamini_hochberg"])
def test_families(method):
    wanted = pd.read_csv(DATA / "r_families.csv")

    found = rs.adjust_family(wanted["p"], method=method)

    np.testing.assert_allclose(found.p_adjusted, wanted[method], rtol=RTOL)


def test_detectable_effects():
    """R's `power.t.test(strict = TRUE)` counts both tails, as we do."""
    wanted = pd.read_csv(DATA / "r_power.csv")
    assert len(wanted) == 20

    for row in wanted.itertuples():
        error = np.sqrt(2 / row.cities)
        found = rs.minimum_detectable_effect(
            error, df=2 * row.cities - 2, power=row.power, level=row.level
        )
        np.testing.assert_allclose(found, row.delta, rtol=POWER_RTOL)


def test_equivalence():
    wanted = pd.read_csv(DATA / "r_equivalence.csv")

    found = rs.equivalence_test(
        wanted["estimate"], wanted["margin"], std_error=wanted["std_error"], df=wanted["df"]
    ).to_frame()
    wanted = wanted.rename(columns=LIMITS)

    for column in (*LIMITS.values(), "p_value"):
        np.testing.assert_allclose(found[column], wanted[column], rtol=RTOL)
    assert found["verdict"].tolist() == [*["not_shown"] * 2, *["equivalent"] * 2]


def test_intracluster_correlations_of_unequal_clusters(panel):
    wanted = pd.read_csv(DATA / "r_intracluster.csv").rename(columns=LIMITS)
    design = rs.SurveyDesign(
        panel, stratum="stratum", psu="psu", nested_psu=True, wave="wave", waves="same_psu"
    )

    found = rs.estimate_intracluster(design, "x").to_frame()

    for column in ("estimate", *LIMITS.values(), "df", "std_dev"):
        np.testing.assert_allclose(found[column].iloc[:3], wanted[column], rtol=RTOL)
    assert found["wave"].tolist()[3] == "all waves"


def test_three_levels(panel):
    wanted = pd.read_csv(DATA / "r_nested.csv")["variance"].to_numpy()
    part = panel[(panel["wave"] == 2019) & panel["x"].notna()]
    part = part.groupby(["stratum", "psu"]).head(5)
    clusters = (part["stratum"] * 100 + part["psu"]).factorize()[0]
    places = part["stratum"].factorize()[0]

    found = nested_components(
        part["x"].to_numpy(),
        np.full(len(part), 3.0),
        [places, clusters],
        np.zeros(len(part), np.int64),
        df=np.array([3.0, 20.0]),
        level=0.95,
    )

    np.testing.assert_allclose(found.variance, wanted, rtol=RTOL)


@pytest.mark.parametrize("method", ["mean_of_z", "inverse_covariance"])
def test_summary_indices(panel, method):
    wanted = pd.read_csv(DATA / "r_summary_index.csv")
    whole = panel.dropna(subset=["x", "z", "item"]).reset_index(drop=True)
    design = rs.SurveyDesign(
        whole,
        weight="weight",
        stratum="stratum",
        psu="psu",
        nested_psu=True,
        wave="wave",
        waves="same_psu",
    )

    index = rs.fit_summary_index(
        design, list(MOMENTS), MOMENTS, reference={"wave": "2019", "site": "north"}, method=method
    )
    applied = rs.apply_summary_index(design, index, name="index").frame
    first = applied.loc[(whole["wave"] == 2019) & (whole["site"] == "north"), "index"].iloc[:3]

    np.testing.assert_allclose(index.means, wanted["mean"], rtol=RTOL)
    np.testing.assert_allclose(index.std_devs, wanted["std_dev"], rtol=RTOL)
    np.testing.assert_allclose(first, wanted[f"first_{method}"], rtol=RTOL)
    if method == "inverse_covariance":
        np.testing.assert_allclose(index.weights, wanted["weight"], rtol=RTOL)


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("planning.R")

    subprocess.run(["Rscript", str(script), str(tmp_path)], check=True)

    for made in sorted(tmp_path.glob("*.csv")):
        fresh, kept = pd.read_csv(made), pd.read_csv(DATA / made.name)
        pd.testing.assert_frame_equal(fresh, kept, rtol=1e-12, atol=1e-12)
    assert len(list(tmp_path.glob("*.csv"))) == 6
