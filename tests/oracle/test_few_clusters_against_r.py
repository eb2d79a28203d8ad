"""Cluster-robust errors and degrees of freedom equal clubSandwich's, with weights and without.

The numbers come from `few_clusters.R` (clubSandwich 0.5.8) on the simulated places of
`make_few_clusters_data.py`; both are committed with their outputs. `-m r` makes them anew.
clubSandwich's default for a weighted `lm` is the identity as working model, as here.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resilience.evaluation.few_clusters.clusters import fit_clustered
from resilience.evaluation.few_clusters.satterthwaite import cr1, cr2

RTOL = 1e-8

DATA = Path(__file__).parent / "data"
EXPECTED = pd.read_csv(DATA / "r_few_clusters.csv", keep_default_na=False, na_values=["NA"])
CORRECTIONS = {"CR0": "none", "CR1": "clusters", "CR1S": "rows"}
COLUMNS = {
    "endline": ["constant", "treated", "age"],
    "pooled": ["constant", "treated", "wave", "exposed", "age"],
    "endline_difference": ["constant", "before", "wave", "exposed", "age"],
    "fixed": [*(f"site{place}" for place in range(8)), "wave", "exposed"],
}


@cache
def fitted(model: str, weights: str):
    frame = pd.read_csv(DATA / "simulated_few_clusters.csv")
    place_wave = frame.groupby(["place", "wave"])["weight"].transform("sum")
    frame["constant"] = 1.0
    frame["exposed"] = frame["treated"] * frame["wave"]
    frame["before"] = frame["treated"] * (1 - frame["wave"])
    frame = frame.join(pd.get_dummies(frame["place"], dtype=float).add_prefix("site"))
    kept = frame["wave"] == 1 if model == "endline" else frame["wave"] >= 0
    weight = {"none": None, "survey": frame["weight"], "equal_places": frame["weight"] / place_wave}
    chosen = weight[weights]
    return fit_clustered(
        frame.loc[kept, COLUMNS[model]].to_numpy(float),
        frame.loc[kept, "y"].to_numpy(),
        cluster=frame.loc[kept, "place"].to_numpy(),
        weight=None if chosen is None else chosen[kept],
        names=COLUMNS[model],
    )


@pytest.mark.parametrize("row", list(EXPECTED.itertuples()), ids=lambda row: "-".join(row[1:5]))
def test_errors_are_those_of_r(row):
    fit = fitted(row.model, row.weights)

    test = cr2(fit, row.term) if row.type == "CR2" else None
    usual = test or cr1(fit, row.term, correction=CORRECTIONS[row.type])

    assert usual.estimate[0] == pytest.approx(row.estimate, rel=RTOL)
    assert usual.std_error[0] == pytest.approx(row.std_error, rel=RTOL)
    if test:
        assert test.df[0] == pytest.approx(row.df, rel=RTOL)
        assert test.p_value[0] == pytest.approx(row.p_value, rel=RTOL)


@pytest.mark.parametrize("weights", ["none", "survey", "equal_places"])
def test_a_contrast_is_the_coefficient_of_the_model_written_otherwise(weights):
    sum_of_two = cr2(fitted("pooled", weights), np.array([0.0, 1, 0, 1, 0]))
    direct = cr2(fitted("endline_difference", weights), "exposed")

    for name in ("estimate", "std_error", "df", "p_value"):
        assert getattr(sum_of_two, name) == pytest.approx(getattr(direct, name), rel=RTOL)


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("few_clusters.R")

    done = subprocess.run(["Rscript", str(script), str(tmp_path)], check=False)
    if done.returncode:
        pytest.skip("R's clubSandwich is not installed")

    fresh = pd.read_csv(tmp_path / "r_few_clusters.csv")
    pd.testing.assert_frame_equal(fresh, pd.read_csv(DATA / "r_few_clusters.csv"), rtol=1e-12)
