"""Estimates made in an engine, from Parquet files on disk, equal those of R's survey package."""

from __future__ import annotations

import inspect
import shutil

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import DesignError, EstimationError
from tests.oracle.test_against_r_survey import (
    BY,
    CELLS,
    DATA,
    EXPECTED,
    ROLES,
    RTOL,
    RTOL_LOGIT,
    VERBS,
    WHERE,
    design_of,
    keyed,
)
from tests.oracle.test_statistics_against_r import cells_of, wanted_of

WITH_PSU = [name for name in ROLES if "psu" in ROLES[name]]
CASES = [
    pytest.param(cell, id="-".join(cell))
    for cell in EXPECTED.loc[
        EXPECTED["statistic"].isin(VERBS) & EXPECTED["design"].isin(WITH_PSU), CELLS
    ]
    .drop_duplicates()
    .itertuples(index=False, name=None)
]
RATIOS = [case for case in cells_of("ratio") if case.values[0][0] in WITH_PSU]
ENGINES = ("duckdb", "polars", "pyspark")
# Of PySpark, whose every query takes seconds, one case a design and statistic.
SPARK_CASES = [case for case in CASES if case.values[0][4] != "both"][::12]


@pytest.fixture(scope="session")
def spark():
    pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed")
    if not shutil.which("java"):
        pytest.skip("PySpark needs Java, which is not installed")
    builder = pyspark.sql.SparkSession.builder.master("local[1]")
    session = (
        builder.config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="session")
def parquet(tmp_path_factory):
    """Return the simulated samples as Parquet files."""
    folder = tmp_path_factory.mktemp("parquet")
    for name in ("clusters", "lonely", "waves"):
        frame = pd.read_csv(DATA / f"simulated_{name}.csv")
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


@pytest.fixture
def open_relation(parquet, request):
    def opened(engine, name):
        path = str(parquet / f"{name}.parquet")
        if engine == "duckdb":
            return pytest.importorskip("duckdb").read_parquet(path)
        if engine == "polars":
            return pytest.importorskip("polars").scan_parquet(path)
        return request.getfixturevalue("spark").read.parquet(path)

    return opened


def engine_design(open_relation, engine, name, rule):
    relation = open_relation(engine, "lonely" if name == "lonely" else "clusters")
    return rs.EngineDesign(relation, weight="weight", lonely_psu=rule, **ROLES[name])


def check(design, cell):
    _, _, statistic, variable, by, where = cell
    wanted = EXPECTED[(EXPECTED[CELLS] == list(cell)).all(axis=1)].set_index("key").sort_index()

    found = VERBS[statistic](design, variable, by=BY[by], where=WHERE[where])
    found = keyed(found, BY[by], estimate=found.values, std_error=found.std_error)

    tolerance = RTOL_LOGIT if statistic == "proportion" else RTOL
    assert list(found.index) == list(wanted.index)
    np.testing.assert_allclose(found["estimate"], wanted["estimate"], rtol=tolerance)
    np.testing.assert_allclose(found["std_error"], wanted["std_error"], rtol=RTOL)


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize("cell", CASES)
def test_estimates_and_standard_errors(open_relation, engine, cell):
    check(engine_design(open_relation, engine, cell[0], cell[1]), cell)


@pytest.mark.parametrize("cell", SPARK_CASES)
def test_estimates_and_standard_errors_in_spark(open_relation, cell):
    check(engine_design(open_relation, "pyspark", cell[0], cell[1]), cell)


def check_ratio(design, cell):
    by, where = BY[cell[4]], WHERE[cell[5]]
    wanted, effect = wanted_of(cell), wanted_of((*cell[:2], "ratio_deff", *cell[3:]))

    found = rs.estimate_ratio(design, "y", "x", by=by, where=where).to_frame()
    found.index = found[by].astype("str").agg("|".join, axis=1) if by else [""]
    found = found.sort_index()

    assert list(found.index) == list(wanted.index)
    for column in ("estimate", "std_error", "conf_low", "conf_high"):
        np.testing.assert_allclose(found[column], wanted[column], rtol=RTOL, err_msg=column)
    np.testing.assert_allclose(found["deff"], effect["estimate"], rtol=RTOL)


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
@pytest.mark.parametrize("cell", RATIOS)
def test_ratios(open_relation, engine, cell):
    check_ratio(engine_design(open_relation, engine, cell[0], cell[1]), cell)


@pytest.mark.parametrize("cell", RATIOS[::12])
def test_ratios_in_spark(open_relation, cell):
    check_ratio(engine_design(open_relation, "pyspark", cell[0], cell[1]), cell)


@pytest.mark.parametrize("engine", ENGINES)
def test_changes_between_waves_keep_their_covariance(open_relation, engine):
    wanted = pd.read_csv(DATA / "r_changes.csv").set_index("name")
    roles = {"weight": "weight", "stratum": "stratum", "psu": "psu", "nested_psu": True}

    design = rs.EngineDesign(open_relation(engine, "waves"), wave="wave", waves="same_psu", **roles)
    means = rs.estimate_mean(design, "x", by=["site", "wave"])
    changes = rs.compare(means, over="wave", reference="w1")

    np.testing.assert_allclose(
        changes.values, wanted.loc[["north", "south"], "estimate"], rtol=RTOL
    )
    np.testing.assert_allclose(
        changes.std_error, wanted.loc[["north", "south"], "value"], rtol=RTOL
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_everything_of_a_result_is_the_same_as_in_memory(open_relation, engine):
    asked = {"by": ["group", "site"], "where": {"age": {"at_most": 60}}}
    here = rs.estimate_proportion(
        design_of("stratified_clusters", "fail"), "answer", answers="each", **asked
    )

    there = rs.estimate_proportion(
        engine_design(open_relation, engine, "stratified_clusters", "fail"),
        "answer",
        answers="each",
        **asked,
    )

    pd.testing.assert_frame_equal(
        there.to_frame().astype({"group": "str", "site": "str"}),
        here.to_frame().astype({"group": "str", "site": "str"}),
        rtol=RTOL,
    )
    np.testing.assert_allclose(there.covariance, here.covariance, rtol=RTOL, atol=1e-15)
    assert there.provenance == here.provenance


@pytest.fixture
def rows():
    polars = pytest.importorskip("polars")

    def made(**columns):
        base = {"y": [1.0, 2, 4, 7], "w": [10.0, 10, 20, 20], "ea": [1, 1, 2, 3]}
        return polars.LazyFrame(base | columns)

    return made


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ([10.0, None, 20, 20], "weights are missing or infinite"),
        ([10.0, float("nan"), 20, 20], "weights are missing or infinite"),
        ([10.0, float("inf"), 20, 20], "weights are missing or infinite"),
        ([10.0, -1, 20, 20], "weights are negative"),
    ],
)
def test_weights_that_cannot_be_are_refused(rows, weights, found):
    with pytest.raises(DesignError, match=found) as caught:
        rs.EngineDesign(rows(w=weights), psu="ea", weight="w")

    assert caught.value.issues[0].found == "1 rows"


def test_a_frame_in_memory_is_no_engine():
    with pytest.raises(DesignError, match="no lazy frame of an engine"):
        rs.EngineDesign(pd.DataFrame({"ea": [1, 2]}), psu="ea")


def test_roles_without_their_column_are_named(rows):
    with pytest.raises(DesignError, match="no column 'eaa' for the role 'psu'"):
        rs.EngineDesign(rows(), psu="eaa", weight="w")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"variables": "yy"}, "no column 'yy'"),
        ({"variables": "g"}, "'g' is not numeric"),
        ({"variables": "y", "by": "gg"}, "no column 'gg'"),
        ({"variables": "y", "where": {"g": "c"}}, "'g' has no value 'c'"),
        ({"variables": "y", "where": {"y": {"at_least": 100}}}, "nobody is left"),
        ({"variables": "y", "where": {"gg": "a"}}, "no column 'gg'"),
        ({"variables": "y", "where": [True, False, True, True]}, "a restriction in an engine"),
    ],
)
def test_what_an_engine_cannot_estimate_is_told(rows, asked, told):
    design = rs.EngineDesign(rows(g=list("aabb")), psu="ea", weight="w")

    with pytest.raises(EstimationError, match=told):
        rs.estimate_mean(design, **asked)


def test_shares_need_zeros_and_ones(rows):
    with pytest.raises(EstimationError, match="not a column of 0 and 1"):
        rs.estimate_proportion(rs.EngineDesign(rows(), psu="ea"), "y")


def test_missing_answers_do_not_count_and_missing_groups_are_told(rows):
    answers, groups = [1.0, None, float("nan"), 7], ["a", "b", None, "a"]
    frame = pd.DataFrame({"y": answers, "g": groups, "w": [10.0, 10, 20, 20], "ea": [1, 1, 2, 3]})

    there = rs.estimate_mean(
        rs.EngineDesign(rows(y=answers, g=groups), psu="ea", weight="w"), "y", by="g"
    )
    here = rs.estimate_mean(rs.SurveyDesign(frame, psu="ea", weight="w"), "y", by="g")

    pd.testing.assert_frame_equal(there.to_frame(), here.to_frame())
    assert there.provenance.n_excluded == {"g missing": 1}


@pytest.mark.parametrize("by", [None, "g"])
def test_ratios_are_those_in_memory_where_answers_are_missing_or_weigh_nothing(rows, by):
    told = {
        "y": [1.0, None, 4, 7, 5, 9, 3],
        "x": [2.0, 3, float("nan"), 1, 5, 0, 0],
        "g": list("aabbaac"),
        "w": [10.0, 10, 20, 20, 0, 5, 1],
        "ea": [1, 1, 2, 3, 4, 4, 1],
    }
    frame = pd.DataFrame(told)

    there = rs.estimate_ratio(
        rs.EngineDesign(rows(**told), psu="ea", weight="w"), "y", "x", by=by
    ).to_frame()
    here = rs.estimate_ratio(
        rs.SurveyDesign(frame, psu="ea", weight="w"), "y", "x", by=by
    ).to_frame()

    pd.testing.assert_frame_equal(there, here)
    if by:
        assert np.isnan(there["estimate"].iloc[2])


@pytest.mark.parametrize("verb", [rs.estimate_mean, rs.estimate_total])
def test_who_weighs_nothing_stands_for_nobody(rows, verb):
    weights = [10.0, 0, 20, 0]
    frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "w": weights, "ea": [1, 1, 2, 3]})

    there = verb(rs.EngineDesign(rows(w=weights), psu="ea", weight="w"), "y")

    here = verb(rs.SurveyDesign(frame, psu="ea", weight="w"), "y")
    pd.testing.assert_frame_equal(there.to_frame(), here.to_frame())
    assert there.n.tolist() == [2]


def test_one_psu_in_two_waves_tells_no_variance(rows):
    told = {"y": [1.0, 2, 4, 7, 3, 5], "w": [1.0] * 6, "ea": [1, 1, 2, 2, 3, 3]}
    told |= {"wave": list("ababab"), "g": list("xxyyyy")}
    roles = {"psu": "ea", "weight": "w", "wave": "wave", "waves": "same_psu"}

    there = rs.estimate_mean(rs.EngineDesign(rows(**told), **roles), "y", by="g")

    here = rs.estimate_mean(rs.SurveyDesign(pd.DataFrame(told), **roles), "y", by="g")
    pd.testing.assert_frame_equal(there.to_frame(), here.to_frame())
    assert np.isnan(there.std_error).tolist() == [True, False]


ARMS = {"arm": "g", "cluster": "ea"}
LIST = {"question": rs.ListQuestion("y", arm="g", items=3)}
DIE = rs.Randomisation.mirrored(truth=0.8)
IN_ENGINES = {"estimate_mean", "estimate_total", "estimate_proportion", "estimate_ratio"}
NEEDING_ROWS = {
    "apply_summary_index": {"index": None},
    "balance_table": {"variables": "y", **ARMS},
    "combine_list_with_direct": {**LIST, "direct": "w"},
    "common_support": {"covariates": "y", "arm": "g"},
    "contamination": {"exposure": "y", **ARMS},
    "entropy_balance": {"covariates": "y", "arm": "g"},
    "estimate_autocorrelation": {"variables": "y"},
    "estimate_doubly_robust_did": {"outcomes": "y", "arm": "g", "between": ("a", "b")},
    "estimate_endorsement": {"questions": {"y": "g"}, "control": "a", "scale": (1, 5)},
    "estimate_impact": {"measures": "y"},
    "estimate_intracluster": {"variables": "y"},
    "estimate_list": LIST,
    "estimate_list_adjusted": {**LIST, "predictors": "w"},
    "estimate_randomised_response": {"answers": "y", "randomisation": DIE},
    "estimate_staggered": {"outcome": "y", "first_treated": "g", "never": "a"},
    "fieldwork_shifts": {"variables": "y", "between": ("a", "b")},
    "fit_list": {**LIST, "predictors": "w"},
    "fit_randomised_response": {"answer": "y", "predictors": "w", "randomisation": DIE},
    "fit_summary_index": {"items": ["y"], "directions": {"y": "increase"}, "reference": {"g": "a"}},
    "follow_up": {**ARMS, "between": ("a", "b")},
    "imbalance": {"covariates": "y", "arm": "g"},
    "list_bounds": LIST,
    "list_design_test": LIST,
    "pre_trends": {"variables": "y", **ARMS, "before": ["a", "b"]},
    "refusal_bounds": {"variables": "y"},
    "subgroups_of": {"impact": None, "by": "g"},
    "weight_by_propensity": {"covariates": "y", "arm": "g"},
    "adjust_nonresponse": {"responded": "g", "classes": "g"},
    "as_replicates": {"kind": "JK1"},
    "calibrate": {"margins": ()},
    "design_effects": {"variables": "y"},
    "estimate_adjusted_means": {"outcome": "y", "predictors": "g", "over": "g"},
    "estimate_correlation": {"variables": ["y", "w"]},
    "estimate_panel_change": {"variables": "y", "between": ("a", "b")},
    "estimate_quantile": {"variables": "y"},
    "estimate_turnover": {"variable": "y", "between": ("a", "b")},
    "fit_ordinal": {"outcome": "y", "predictors": "g"},
    "fit_regression": {"outcome": "y", "predictors": "g"},
    "margin_table": {},
    "normalise_weights": {"over": "g"},
    "poststratify": {"margins": ()},
    "rake": {"margins": ()},
    "rao_scott_test": {"rows": "g", "columns": "y"},
    "standardised_difference": {"variables": "y", "over": "g", "reference": "a"},
    "trim_weights": {"upper": 15.0},
    "weight_diagnostics": {},
    "with_replicate_weights": {"columns": ["w"], "kind": "BRR"},
}


def test_every_verb_of_designs_is_told_apart():
    verbs = (name for name in rs.__all__ if inspect.isfunction(getattr(rs, name)))
    of_designs = {
        v for v in verbs if [*inspect.signature(getattr(rs, v)).parameters][:1] == ["design"]
    }

    assert of_designs == IN_ENGINES | set(NEEDING_ROWS)


@pytest.mark.parametrize("verb", NEEDING_ROWS)
def test_statistics_that_need_rows_are_refused(rows, verb):
    design = rs.EngineDesign(rows(g=list("aabb")), psu="ea", weight="w")

    with pytest.raises(EstimationError, match="need rows are not made in an engine") as caught:
        getattr(rs, verb)(design, **NEEDING_ROWS[verb])

    assert "SurveyDesign(frame" in caught.value.issues[0].remedy


def test_an_engine_shows_no_rows(rows):
    assert repr(rs.EngineDesign(rows(), psu="ea", weight="w", study="s")) == (
        "<EngineDesign s: 4 respondents, 3 PSUs, 1 stratum, df 2>"
    )
