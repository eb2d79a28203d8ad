"""Models and tests equal those of R's survey package.

The numbers come from `models.R` on the simulated samples of `make_data.py`; both are committed
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
# P-values far out in a tail magnify the statistic's rounding.
RTOL_P = 1e-7
# The ordinal score equations are solved to the end on both sides; R's derivative of them is
# extrapolated from differences.
RTOL_ORDINAL = 1e-6
# svyolr stops BFGS at a relative change of 1e-8 of the deviance, and differentiates numerically:
# its coefficients lie within 2e-3 of a standard error of the solution, its errors within 2e-3.
SVYOLR = 2e-3

DATA = Path(__file__).parent / "data"
MODELS = pd.read_csv(DATA / "r_models.csv", keep_default_na=False, na_values=["NA"])
TESTS = pd.read_csv(DATA / "r_model_tests.csv")
CELLS = ["design", "rule", "model", "where"]
STRATA = {"stratum": "stratum", "nested_psu": True}
ROLES = {
    "stratified_clusters": {"psu": "psu", **STRATA},
    "stratified_clusters_fpc": {"psu": "psu", "fpc": "psus_in_stratum", **STRATA},
    "clusters": {"psu": "cluster"},
    "strata": {"stratum": "stratum"},
    "persons": {},
    "lonely": {"psu": "psu", **STRATA},
}
# In R a person who is not in the domain, or did not answer, is a PSU that is not there.
DRAWN_AS_PERSONS = ("strata", "persons")
WHERE = {"everybody": None, "older": {"age": {"at_least": 40}}}
MODEL = {
    "linear": ("y", ["age", "group"], "gaussian"),
    "interaction": ("x", ["age", "group", "site", ("age", "group")], "gaussian"),
    "logistic": ("z", ["age", "group", "site"], "binomial"),
    "poisson": ("count", ["age", "group"], "poisson"),
}
TABLES = {"group by answer": ("group", "answer"), "site by z": ("site", "z")}


def design_of(name: str, rule: str = "fail") -> rs.SurveyDesign:
    file = "simulated_lonely.csv" if name == "lonely" else "simulated_clusters.csv"
    frame = pd.read_csv(DATA / file).assign(count=lambda table: table["answer"] - 1)
    return rs.SurveyDesign(frame, weight="weight", lonely_psu=rule, **ROLES[name])


def wave_design() -> rs.SurveyDesign:
    frame = pd.read_csv(DATA / "simulated_waves.csv")
    roles = {"weight": "weight", "psu": "psu", **STRATA}
    return rs.SurveyDesign(frame, wave="wave", waves="same_psu", **roles)


def named_as_here(terms: pd.Series) -> pd.Series:
    """Return R's names of coefficients as this library has them."""
    named = terms.replace("(Intercept)", "intercept")
    for variable in ("group", "site"):
        named = named.str.replace(rf"{variable}(?=[a-z])", f"{variable}=", regex=True)
    return named


def wanted_for(*cell: str) -> pd.DataFrame:
    found = MODELS[(MODELS[CELLS] == list(cell)).all(axis=1)]
    return found.assign(term=named_as_here(found["term"])).set_index("term")


def cells_of(table: pd.DataFrame, models: object, columns: list[str] = CELLS) -> list:
    chosen = table.loc[table["model"].isin(list(models)), columns].drop_duplicates()
    return [
        pytest.param(cell, id="-".join(cell)) for cell in chosen.itertuples(index=False, name=None)
    ]


def by_term(estimates: rs.Estimates, column: str = "term") -> pd.DataFrame:
    columns = {"estimate": estimates.values, "std_error": estimates.std_error, "df": estimates.df}
    return pd.DataFrame(columns, index=pd.Index(estimates.rows[column].astype("str")))


@pytest.mark.parametrize("cell", cells_of(MODELS, MODEL))
def test_coefficients_and_their_errors(cell):
    name, rule, model, where = cell
    wanted = wanted_for(*cell)
    outcome, predictors, family = MODEL[model]

    fitted = rs.fit_regression(
        design_of(name, rule), outcome, predictors, family=family, where=WHERE[where]
    )
    found = by_term(fitted.coefficients).loc[wanted.index]

    assert len(found) == len(fitted.coefficients)
    np.testing.assert_allclose(found["estimate"], wanted["estimate"], rtol=RTOL)
    np.testing.assert_allclose(found["std_error"], wanted["std_error"], rtol=RTOL)
    if name not in DRAWN_AS_PERSONS:
        np.testing.assert_array_equal(found["df"], wanted["df"])


@pytest.mark.parametrize("cell", cells_of(TESTS, MODEL, ["design", "model", "where", "test"]))
def test_all_coefficients_of_a_predictor_at_once(cell):
    name, model, where, term = cell
    wanted = TESTS[(TESTS[["design", "model", "where", "test"]] == list(cell)).all(axis=1)].iloc[0]
    outcome, predictors, family = MODEL[model]

    fitted = rs.fit_regression(
        design_of(name), outcome, predictors, family=family, where=WHERE[where]
    )
    found = fitted.test_term(term)

    assert found.statistic[0] == pytest.approx(wanted["statistic"], rel=RTOL)
    assert found.df[0] == wanted["df"]
    if name not in DRAWN_AS_PERSONS:
        assert found.ddf[0] == wanted["ddf"]
        assert found.p_value[0] == pytest.approx(wanted["p_value"], rel=RTOL_P)


@pytest.mark.parametrize("cell", cells_of(MODELS, ["ordinal"]))
def test_ordinal_models(cell):
    name, rule, _, where = cell
    wanted = wanted_for(*cell)

    fitted = rs.fit_ordinal(design_of(name, rule), "answer", ["age", "group"], where=WHERE[where])
    found = by_term(fitted.coefficients)

    assert list(found.index) == list(wanted.index)
    np.testing.assert_allclose(found["estimate"], wanted["estimate"], rtol=RTOL_ORDINAL)
    np.testing.assert_allclose(found["std_error"], wanted["std_error"], rtol=RTOL_ORDINAL)
    if name not in DRAWN_AS_PERSONS:
        np.testing.assert_array_equal(found["df"], wanted["df"])


@pytest.mark.parametrize("cell", cells_of(MODELS, ["svyolr"]))
def test_ordinal_models_of_svyolr(cell):
    name, rule, _, where = cell
    wanted = wanted_for(*cell)

    fitted = rs.fit_ordinal(design_of(name, rule), "answer", ["age", "group"], where=WHERE[where])
    found = by_term(fitted.coefficients).loc[wanted.index]

    off = (found["estimate"] - wanted["estimate"]) / wanted["std_error"]
    np.testing.assert_allclose(off, 0.0, atol=SVYOLR)
    np.testing.assert_allclose(found["std_error"], wanted["std_error"], rtol=SVYOLR)


def test_slopes_of_sites_are_compared_with_their_covariance():
    wanted = wanted_for("stratified_clusters", "fail", "slopes by site", "everybody")

    fitted = rs.fit_regression(design_of("stratified_clusters"), "x", "age", by="site")
    slopes = rs.compare(fitted.coefficients, over="site", reference="centre")
    found = by_term(slopes.select((slopes.rows["term"] == "age").to_numpy()), "site")

    names = ["north - centre", "south - centre"]
    assert found.index.tolist() == ["north", "south"]
    np.testing.assert_allclose(found["estimate"], wanted.loc[names, "estimate"], rtol=RTOL)
    np.testing.assert_allclose(found["std_error"], wanted.loc[names, "std_error"], rtol=RTOL)


@pytest.mark.parametrize(
    ("model", "outcome", "predictor", "family"),
    [("change linear", "x", "z", "gaussian"), ("change logistic", "z", "x", "binomial")],
)
def test_coefficients_change_between_waves_in_the_same_psus(model, outcome, predictor, family):
    wanted = wanted_for("waves", "fail", model, "everybody")

    fitted = rs.fit_regression(wave_design(), outcome, predictor, family=family, by="wave")
    found = by_term(rs.compare(fitted.coefficients, over="wave", reference="w1"))

    np.testing.assert_allclose(found["estimate"], wanted["estimate"], rtol=RTOL)
    np.testing.assert_allclose(found["std_error"], wanted["std_error"], rtol=RTOL)


@pytest.mark.parametrize("cell", cells_of(MODELS, [f"margins {model}" for model in MODEL]))
def test_adjusted_means(cell):
    name, rule, model, where = cell
    wanted = wanted_for(*cell)
    outcome, predictors, family = MODEL[model.removeprefix("margins ")]

    made = rs.estimate_adjusted_means(
        design_of(name, rule), outcome, predictors, over="group", family=family, where=WHERE[where]
    )
    found = by_term(made, "group").loc[["a", "b", "c"]]
    difference = rs.compare(made, over="group", reference="a").select([0])

    np.testing.assert_allclose(found["estimate"], wanted["estimate"][:3], rtol=RTOL)
    np.testing.assert_allclose(found["std_error"], wanted["std_error"][:3], rtol=RTOL)
    # A difference loses the digits that its parts have in common.
    np.testing.assert_allclose(difference.values, wanted["estimate"][3:], rtol=1e-7)
    np.testing.assert_allclose(difference.std_error, wanted["std_error"][3:], rtol=RTOL)


@pytest.mark.parametrize("cell", cells_of(TESTS, TABLES, ["design", "model", "where", "test"]))
def test_tables(cell):
    name, table, where, statistic = cell
    wanted = TESTS[(TESTS[["design", "model", "where", "test"]] == list(cell)).all(axis=1)].iloc[0]

    made = rs.rao_scott_test(
        design_of(name), *TABLES[table], statistic=statistic, where=WHERE[where]
    )
    found = made.to_frame().iloc[0]

    # To first order R prints Pearson's statistic without the correction that its p-value has.
    reported = found["pearson"] if statistic == "Chisq" else found["statistic"]
    assert reported == pytest.approx(wanted["statistic"], rel=RTOL)
    assert found["df"] == pytest.approx(wanted["df"], rel=RTOL)
    assert found["ddf"] == pytest.approx(wanted["ddf"], rel=RTOL)
    assert found["p_value"] == pytest.approx(wanted["p_value"], rel=RTOL_P)


@pytest.mark.parametrize("name", [name for name in ROLES if name != "lonely"])
def test_two_groups(name):
    rows = (TESTS["design"] == name) & (TESTS["test"] == "t")
    wanted = TESTS[rows].iloc[0]

    means = rs.estimate_mean(design_of(name), "x", by="group")
    found = rs.compare(means, over="group", reference="a").test().iloc[0]
    fitted = rs.fit_regression(design_of(name), "x", "group", where={"group": ["a", "b"]})

    assert found["statistic"] == pytest.approx(wanted["statistic"], rel=RTOL)
    assert fitted.coefficients.test()["statistic"].iloc[1] == pytest.approx(wanted["statistic"])
    if name not in DRAWN_AS_PERSONS:
        # svyttest takes one degree of freedom for the slope, as a regression does.
        assert fitted.coefficients.df[1] == wanted["ddf"] == found["df"] - 1
        assert fitted.coefficients.test()["p_value"].iloc[1] == pytest.approx(
            wanted["p_value"], rel=RTOL_P
        )


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("models.R")

    subprocess.run(["Rscript", str(script), str(tmp_path)], check=True)

    for made in sorted(tmp_path.glob("*.csv")):
        fresh, kept = pd.read_csv(made), pd.read_csv(DATA / made.name)
        pd.testing.assert_frame_equal(fresh, kept, rtol=1e-9)
    assert len(list(tmp_path.glob("*.csv"))) == 2
