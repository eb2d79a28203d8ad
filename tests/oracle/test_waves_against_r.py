"""Changes, trends, change within persons and combined imputations equal R's.

The numbers come from `waves.R` (R survey 4.1-1, mitools 2.4) on the simulated panel of
`make_waves_data.py`; both are committed with their outputs. `-m r` makes them anew.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience as rs

RTOL = 1e-8
# R stops iterating svyciprop's logistic regression at 1e-8 of the deviance.
RTOL_LOGIT = 1e-6
# A share of 0 has a standard error of 0 and R's is 0 to rounding.
ATOL = 1e-12

DATA = Path(__file__).parent / "data"
EXPECTED = pd.read_csv(DATA / "r_waves.csv", keep_default_na=False, na_values=["NA"])
IMPUTED = pd.read_csv(DATA / "r_waves_imputed.csv")
UNLINKED = pd.read_csv(DATA / "r_waves_unlinked.csv")
CELLS = ["design", "statistic", "variable", "by", "where"]
BY_CELL = dict(iter(EXPECTED.groupby([*CELLS, "kind"])))
NUMBERS = ["estimate", "std_error", "conf_low", "conf_high", "df"]
ROLES = {
    "same_psu": {"psu": "psu", "stratum": "stratum", "nested_psu": True},
    "same_psu_fpc": {
        "psu": "psu",
        "stratum": "stratum",
        "nested_psu": True,
        "fpc": "psus_in_stratum",
    },
    "clusters": {"psu": "cluster"},
    "independent": {"psu": "psu", "stratum": "stratum", "nested_psu": True},
}
BY = {"none": [], "site": ["site"], "group": ["group"]}
WHERE = {"everybody": None, "older": {"age": {"at_least": 40}}}
VERBS = {"mean": rs.estimate_mean, "total": rs.estimate_total}
TIMES = {"2019": 2019, "2021": 2021, "2024": 2024}


@cache
def design_of(name: str, relation: str) -> rs.SurveyDesign:
    frame = pd.read_csv(DATA / "simulated_panel.csv")
    frame["cluster"] = frame["stratum"] * 100 + frame["psu"]
    return rs.SurveyDesign(
        frame, weight="weight", wave="wave", waves=relation, respondent_id="id", **ROLES[name]
    )


@cache
def levels_of(cell: tuple[str, ...]) -> rs.Estimates:
    name, statistic, variable, by, where = cell
    design = design_of(name, "independent" if name == "independent" else "same_psu")
    return VERBS[statistic](design, variable, by=[*BY[by], "wave"], where=WHERE[where])


def cells_of(kinds: set[str]) -> list:
    rows = EXPECTED["kind"].isin(kinds)
    return [
        pytest.param(cell, id="-".join(cell))
        for cell in EXPECTED.loc[rows, CELLS].drop_duplicates().itertuples(index=False, name=None)
    ]


def expected_of(cell: tuple[str, ...], kind: str) -> pd.DataFrame:
    return BY_CELL[*cell, kind].set_index("key")[NUMBERS].sort_index()


def keyed(found: rs.Estimates, columns: list[str]) -> pd.DataFrame:
    """Return the numbers by R's key; R calls everybody the group "all"."""
    parts = [found.rows[name].astype("str") if name in found.rows else "all" for name in columns]
    keys = pd.DataFrame(dict(enumerate(parts)), index=found.rows.index).agg("|".join, axis=1)
    table = found.to_frame().set_index(pd.Index(keys))[NUMBERS]
    return table.sort_index()


def assert_equal(found: pd.DataFrame, wanted: pd.DataFrame, *, tolerance: float = RTOL) -> None:
    """Compare all numbers that R gives."""
    assert list(found.index) == list(wanted.index)
    for name in NUMBERS:
        there = wanted[name].notna()
        limit = RTOL if name in ("estimate", "std_error", "df") else tolerance
        np.testing.assert_allclose(
            found.loc[there, name], wanted.loc[there, name], rtol=limit, atol=ATOL, err_msg=name
        )


def group_column(by: str) -> str:
    return BY[by][0] if BY[by] else "all"


@pytest.mark.parametrize("cell", cells_of({"change"}))
def test_changes_between_every_pair_of_waves(cell):
    wanted = expected_of(cell, "change")

    found = rs.compare(levels_of(cell), over="wave", reference="every")

    assert_equal(keyed(found, [group_column(cell[3]), "wave", "reference"]), wanted)


@pytest.mark.parametrize("cell", cells_of({"relative"}))
def test_percentage_changes(cell):
    wanted = expected_of(cell, "relative")

    found = rs.compare(levels_of(cell), over="wave", reference="every", scale="relative")

    assert_equal(keyed(found, [group_column(cell[3]), "wave", "reference"]), wanted)


@pytest.mark.parametrize("fit", ["ordinary", "generalised"])
@pytest.mark.parametrize("cell", cells_of({"trend_ordinary"}))
def test_trends(cell, fit):
    wanted = expected_of(cell, f"trend_{fit}")

    found = rs.estimate_trend(levels_of(cell), times=TIMES, fit=fit)

    assert_equal(keyed(found, [group_column(cell[3])]), wanted)


@pytest.mark.parametrize("cell", cells_of({"linearity"}))
def test_departures_from_a_line(cell):
    wanted = expected_of(cell, "linearity")

    found = rs.linearity_test(levels_of(cell), times=TIMES)

    by = group_column(cell[3])
    found = found.set_index(found[by] if by in found else pd.Index(["all"])).sort_index()
    assert list(found.index) == list(wanted.index)
    np.testing.assert_allclose(found["statistic"], wanted["estimate"], rtol=RTOL)
    np.testing.assert_allclose(found["p_value"], wanted["std_error"], rtol=RTOL)
    np.testing.assert_array_equal(found["df_denominator"], wanted["df"])


@pytest.mark.parametrize("cell", cells_of({"difference_of_changes"}))
def test_differences_of_changes(cell):
    wanted = expected_of(cell, "difference_of_changes")
    by = group_column(cell[3])

    changes = rs.compare(levels_of(cell), over="wave", reference="every")
    first = changes.rows[by].iloc[0]
    found = rs.compare(changes, over=by, reference=str(first))

    assert set(found.rows["measure"]) == {"difference_of_changes"}
    assert_equal(keyed(found, [by, "wave", "reference"]), wanted)


PAIRS = [("2019", "2021"), ("2021", "2024"), ("2019", "2024")]


@pytest.mark.parametrize("cell", cells_of({"panel_change"}))
def test_change_within_persons(cell):
    name, weights, variable, by, where = cell
    design = design_of(name, "panel")

    found = rs.concat(
        [
            rs.estimate_panel_change(
                design, variable, between=pair, by=BY[by], where=WHERE[where], weights=weights
            )
            for pair in PAIRS
        ]
    )

    columns = [group_column(by), "wave", "reference"]
    assert_equal(keyed(found, columns), expected_of(cell, "panel_change"))


def turnover_of(cell: tuple[str, ...], moves: str) -> rs.Estimates:
    name, weights, variable, by, where = cell
    design = design_of(name, "panel")
    asked = {"by": BY[by], "where": WHERE[where], "weights": weights, "moves": moves}
    return rs.concat(
        [rs.estimate_turnover(design, variable, between=pair, **asked) for pair in PAIRS]
    )


@pytest.mark.parametrize("cell", cells_of({"turnover"}))
def test_turnover(cell):
    wanted = expected_of(cell, "turnover")

    found = turnover_of(cell, "direction")

    columns = [group_column(cell[3]), "wave", "reference", "move"]
    assert_equal(keyed(found, columns), wanted, tolerance=RTOL_LOGIT)


@pytest.mark.parametrize("cell", cells_of({"table"}))
def test_tables_of_moves(cell):
    wanted = expected_of(cell, "table")

    found = turnover_of(cell, "table")

    columns = [group_column(cell[3]), "wave", "reference", "from", "to"]
    assert_equal(keyed(found, columns), wanted)


def imputations_of(name: str, variable: str, by: str) -> list[rs.Estimates]:
    frame = pd.read_csv(DATA / "simulated_imputed.csv")
    frame["cluster"] = frame["stratum"] * 100 + frame["psu"]
    return [
        rs.estimate_mean(
            rs.SurveyDesign(part, weight="weight", wave="wave", waves="same_psu", **ROLES[name]),
            variable,
            by=[*BY[by], "wave"],
        )
        for _, part in frame.groupby("imputation")
    ]


@pytest.mark.parametrize("by", list(BY))
@pytest.mark.parametrize("variable", ["x", "z"])
@pytest.mark.parametrize("name", ["same_psu", "same_psu_fpc", "clusters"])
def test_combined_imputations(name, variable, by):
    rows = (IMPUTED[["design", "variable", "by"]] == [name, variable, by]).all(axis=1)
    wanted = IMPUTED[rows].set_index("key").sort_index()
    parts = imputations_of(name, variable, by)
    group = group_column(by)

    for rule in ("rubin", "barnard_rubin"):
        levels = rs.combine_imputations(parts, df=rule)
        changes = rs.compare(levels, over="wave", reference="2019")
        told = rs.imputation_diagnostics(rs.concat([levels, changes]))
        both = [(levels, "wave"), (changes, "change")]
        keys = [
            f"{row['wave'] if word == 'wave' else word}|{row.get(group, 'all')}"
            for part, word in both
            for row in part.rows.to_dict("records")
        ]
        found = pd.DataFrame(
            {
                "estimate": np.concatenate([part.values for part, _ in both]),
                "std_error": np.concatenate([part.std_error for part, _ in both]),
                "df": np.concatenate([part.df for part, _ in both]),
                "missing": told["fraction_missing"].to_numpy(),
                "increase": told["relative_increase"].to_numpy(),
            },
            index=pd.Index(keys),
        ).sort_index()

        assert list(found.index) == list(wanted.index)
        for column in ("estimate", "std_error", "increase"):
            np.testing.assert_allclose(found[column], wanted[column], rtol=RTOL)
        np.testing.assert_allclose(found["df"], wanted[f"df_{rule}"], rtol=RTOL)
        if rule == "rubin":
            np.testing.assert_allclose(found["missing"], wanted["missing"], rtol=RTOL)


def test_covariance_of_combined_imputations():
    wanted = pd.read_csv(DATA / "r_waves_imputed_covariance.csv").to_numpy()
    levels = rs.combine_imputations(imputations_of("same_psu", "x", "site"))
    changes = rs.compare(levels, over="wave", reference="2019")
    joint = rs.concat([levels, changes])

    np.testing.assert_allclose(joint.covariance, wanted, rtol=RTOL, atol=1e-10)
    factor = joint.factor.matrix()
    np.testing.assert_allclose(factor.T @ factor, wanted, rtol=RTOL, atol=1e-10)


@pytest.mark.parametrize("by", list(BY))
@pytest.mark.parametrize("variable", ["x", "z"])
def test_change_without_ids(variable, by):
    frame = pd.read_csv(DATA / "simulated_panel.csv")
    first, second = (
        rs.estimate_mean(
            rs.SurveyDesign(
                frame[frame["wave"] == wave].reset_index(drop=True),
                weight="weight",
                wave="wave",
                **ROLES["same_psu"],
            ),
            variable,
            by=[*BY[by], "wave"],
        )
        for wave in (2019, 2024)
    )
    cells = UNLINKED[(UNLINKED["variable"] == variable) & (UNLINKED["by"] == by)]
    assert len(cells) >= 18

    bounds = rs.change_without_ids(first, second)
    for (reliability, overlap), wanted in cells.groupby(["reliability", "overlap"]):
        found = rs.change_without_ids(first, second, reliability=reliability, overlap=overlap)
        np.testing.assert_allclose(found.values, wanted["estimate"], rtol=RTOL)
        np.testing.assert_allclose(found.std_error, wanted["std_error"], rtol=RTOL)
        np.testing.assert_allclose(bounds.std_error_low, wanted["low"], rtol=RTOL, atol=1e-9)
        np.testing.assert_allclose(bounds.std_error_high, wanted["high"], rtol=RTOL)


@pytest.mark.r
def test_r_still_gives_these_numbers(tmp_path):
    if not shutil.which("Rscript"):
        pytest.skip("Rscript is not installed")
    script = Path(__file__).with_name("waves.R")

    subprocess.run(["Rscript", str(script), str(tmp_path)], check=True)

    for made in sorted(tmp_path.glob("*.csv")):
        fresh, kept = pd.read_csv(made), pd.read_csv(DATA / made.name)
        pd.testing.assert_frame_equal(fresh, kept, rtol=1e-12, atol=1e-12)
    assert len(list(tmp_path.glob("*.csv"))) == 4
