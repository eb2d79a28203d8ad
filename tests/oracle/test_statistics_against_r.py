"""Ratios, quantiles, correlations, standardised differences, intervals and design effects as in R.

The numbers come from `statistics.R` on the simulated samples; it says what R's package computes
itself and what is composed from its variances. `-m r` makes them anew and compares.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from tests.oracle.test_against_r_survey import BY, ROLES, WHERE, design_of

RTOL = 1e-8
# Numbers that are 0 in R and 0 to rounding here: the error of a quantile at the highest answer.
ATOL = 1e-12

DATA = Path(__file__).parent / "data"
EXPECTED = pd.read_csv(DATA / "r_statistics.csv", keep_default_na=False, na_values=["NA"])
CELLS = ["design", "rule", "statistic", "variable", "by", "where"]
LEVELS = {"0.8": 0.8, "0.95": 0.95}


def cells_of(*statistics: str):
    rows = EXPECTED["statistic"].isin(statistics)
    cells = EXPECTED.loc[rows, CELLS].drop_duplicates().itertuples(index=False, name=None)
    return [pytest.param(cell, id="-".join(cell)) for cell in cells]


def wanted_of(cell) -> pd.DataFrame:
    chosen = (EXPECTED[CELLS] == list(cell)).all(axis=1)
    return EXPECTED[chosen].set_index("key").sort_index()


def keyed(found: rs.Estimates, columns: list[str], *, level: float = 0.95) -> pd.DataFrame:
    """Return what is compared, by R's key."""
    frame = found.to_frame(level=level)
    keys = frame[columns].astype("str").agg("|".join, axis=1) if columns else [""] * len(frame)
    return frame.set_index(pd.Index(keys)).sort_index()


def assert_same(found: pd.DataFrame, wanted: pd.DataFrame, *columns: str) -> None:
    assert list(found.index) == list(wanted.index)
    for column in columns:
        np.testing.assert_allclose(
            found[column], wanted[column], rtol=RTOL, atol=ATOL, err_msg=column
        )


@pytest.mark.parametrize("cell", cells_of("ratio"))
def test_ratios(cell):
    name, rule, _, _, by, where = cell

    found = rs.estimate_ratio(design_of(name, rule), "y", "x", by=BY[by], where=WHERE[where])

    assert_same(
        keyed(found, BY[by] or []),
        wanted_of(cell),
        *("estimate", "std_error", "conf_low", "conf_high"),
    )
    effect = wanted_of((name, rule, "ratio_deff", *cell[3:]))
    np.testing.assert_allclose(keyed(found, BY[by] or [])["deff"], effect["estimate"], rtol=RTOL)


@pytest.mark.parametrize("cell", cells_of("quantile"))
def test_quantiles_and_woodruff_limits(cell):
    name, rule, _, variable, by, where = cell

    found = rs.estimate_quantile(design_of(name, rule), variable, by=BY[by], where=WHERE[where])

    columns = [*(BY[by] or []), "probability"]
    table = keyed(found, columns)
    table.index = table.index if by != "none" else "|" + table.index
    assert_same(table, wanted_of(cell), *("estimate", "std_error", "conf_low", "conf_high", "df"))


@pytest.mark.parametrize("variable", ["y", "age"])
def test_woodruff_limits_at_another_level(variable):
    wanted = EXPECTED[EXPECTED["statistic"].eq("quantile_0.8") & EXPECTED["variable"].eq(variable)]

    found = rs.estimate_quantile(design_of("stratified_clusters", "fail"), variable)
    low, high = found.interval(level=0.8)

    np.testing.assert_allclose(low, wanted["conf_low"], rtol=RTOL)
    np.testing.assert_allclose(high, wanted["conf_high"], rtol=RTOL)


@pytest.mark.parametrize("cell", cells_of("correlation"))
def test_correlations_and_limits_on_fishers_z(cell):
    name, rule, _, pair, by, where = cell
    pairs = [tuple(pair.split("~"))]

    found = rs.estimate_correlation(design_of(name, rule), pairs, by=BY[by], where=WHERE[where])

    assert_same(
        keyed(found, BY[by] or []),
        wanted_of(cell),
        *("estimate", "std_error", "conf_low", "conf_high", "df"),
    )


def test_a_correlation_from_r_variances():
    wanted = EXPECTED[EXPECTED["statistic"] == "correlation_svyvar"].iloc[0]

    found = rs.estimate_correlation(design_of("stratified_clusters", "fail"), ["x", "y"])

    assert found.values[0] == pytest.approx(wanted["estimate"], rel=RTOL)
    assert found.std_error[0] == pytest.approx(wanted["std_error"], rel=RTOL)


@pytest.mark.parametrize("cell", cells_of("standardised"))
def test_standardised_differences(cell):
    name, rule, _, variable, by, where = cell

    found = rs.standardised_difference(
        design_of(name, rule),
        variable,
        over="group",
        reference="a",
        by=BY[by],
        where=WHERE[where],
    )

    table = keyed(found, [*(BY[by] or []), "group"])
    table.index = table.index if by != "none" else "|" + table.index
    assert_same(table, wanted_of(cell), "estimate", "std_error", "df")


@pytest.mark.parametrize(
    "cell",
    cells_of(*(f"{rule}_{level}" for rule in ("korn_graubard", "wilson") for level in LEVELS)),
)
def test_intervals_of_proportions_at_two_levels(cell):
    name, rule, statistic, variable, by, where = cell
    interval, _, level = statistic.rpartition("_")

    found = rs.estimate_proportion(
        design_of(name, rule), variable, by=BY[by], where=WHERE[where], interval=interval
    )

    assert_same(
        keyed(found, BY[by] or [], level=LEVELS[level]),
        wanted_of(cell),
        *("estimate", "std_error", "conf_low", "conf_high", "df"),
    )


@pytest.mark.parametrize("cell", cells_of("deff"))
def test_design_effects(cell):
    name, rule, _, variable, by, where = cell

    found = rs.design_effects(design_of(name, rule), variable, by=BY[by], where=WHERE[where])
    keys = found[BY[by]].astype("str").agg("|".join, axis=1) if BY[by] else [""]
    found = found.set_index(pd.Index(keys)).sort_index()

    for column in ("deff", "deff_without_replacement", "deff_weights"):
        wanted = wanted_of((name, rule, column, *cell[3:]))["estimate"]
        assert list(found.index) == list(wanted.index)
        np.testing.assert_allclose(found[column], wanted, rtol=RTOL, err_msg=column)
    np.testing.assert_allclose(found["deft"] ** 2, found["deff"], rtol=RTOL)
    np.testing.assert_allclose(found["n_effective"] * found["deff"], found["n"], rtol=RTOL)


def covariance_of(name: str) -> np.ndarray:
    cells = pd.read_csv(DATA / "r_statistics_covariances.csv")
    cells = cells[cells["name"] == name]
    return cells.pivot_table(index="row", columns="column", values="value").to_numpy()


def test_ratios_and_means_have_a_joint_covariance():
    design = design_of("stratified_clusters", "fail")

    found = rs.concat(
        [rs.estimate_ratio(design, "y", "x", by="group"), rs.estimate_mean(design, "x", by="group")]
    )

    np.testing.assert_allclose(found.covariance, covariance_of("ratios_and_means"), rtol=RTOL)


def test_correlations_and_means_of_waves_in_the_same_psus_have_a_joint_covariance():
    roles = {"weight": "weight", **ROLES["stratified_clusters"]}
    frame = pd.read_csv(DATA / "simulated_waves.csv")
    design = rs.SurveyDesign(frame, wave="wave", waves="same_psu", **roles)

    found = rs.concat(
        [
            rs.estimate_correlation(design, ["x", "z"], by="wave"),
            rs.estimate_mean(design, "x", by="wave"),
        ]
    )

    wanted = covariance_of("correlations_and_means_of_waves")
    np.testing.assert_allclose(found.covariance, wanted, rtol=RTOL)
    change = rs.compare(found.select([0, 1]), over="wave", reference="w1")
    assert change.std_error[0] ** 2 == pytest.approx(
        wanted[0, 0] + wanted[1, 1] - 2 * wanted[0, 1], rel=RTOL
    )


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("statistics.R")

    subprocess.run(["Rscript", str(script), str(tmp_path)], check=True)

    made = sorted(tmp_path.glob("*.csv"))
    assert [path.name for path in made] == ["r_statistics.csv", "r_statistics_covariances.csv"]
    for path in made:
        pd.testing.assert_frame_equal(pd.read_csv(path), pd.read_csv(DATA / path.name), rtol=1e-12)
