"""What an evaluation prints and exports tells of no group smaller than the policy allows."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from tests.conftest import ROOT

# The endline has 326 respondents in the smallest town of four, 345 in the next.
MINIMUM = 330


def _evaluated(minimum: int, **changes: object) -> rs.Evaluation:
    plan = rs.load_analysis_plan(ROOT / "surveys" / "kenya")
    study = plan.loaded_study
    told = {"minimum_n": minimum, "low_precision_n": minimum, **changes}
    policy = study.policy.model_copy(update=told)
    changed = study.model_copy(update={"policy": policy})
    return rs.evaluate(plan.model_copy(update={"loaded_study": changed}))


@pytest.fixture(scope="module")
def evaluation():
    return _evaluated(MINIMUM)


def test_a_town_too_small_and_one_more_are_not_shown(evaluation):
    units = evaluation.frames()["changes_by_unit"]

    mine = units[units["variable"] == "cohesion"].set_index("unit")["estimate"]
    assert np.isnan(mine["savanna_town"])
    assert mine.isna().sum() >= 2
    assert mine.notna().any()
    without = evaluation.frames()["without_each_unit"]
    hidden = set(without.loc[without["estimate"].isna(), "without"])
    assert set(mine.index[mine.isna()]) <= hidden


def test_primary_suppression_hides_the_one_only():
    units = _evaluated(MINIMUM, suppress="primary").frames()["changes_by_unit"]

    mine = units[units["variable"] == "cohesion"].set_index("unit")["estimate"]
    assert mine.isna().sum() == 1


def test_the_audit_of_all_tables_finds_nobody_exposed(evaluation):
    study = evaluation.plan.loaded_study
    design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    answered = design.frame[design.frame["cohesion"].notna()]
    frames = evaluation.frames()
    units, waves = evaluation.impact.units, ("baseline", "endline")
    arm = dict(
        zip(units, np.where(evaluation.impact.treated, "treated", "comparison"), strict=True)
    )
    sexes = sorted(answered["sex"].astype("str").unique())

    atoms = list(itertools.product(units, waves, sexes))
    table = answered.groupby(
        [answered[name].astype("str") for name in ("site", "wave", "sex")]
    ).size()
    counts = np.array([table.get(atom, 0) for atom in atoms], float)
    cells, shown = [], []
    by_unit = frames["changes_by_unit"].query("variable == 'cohesion'").set_index("unit")
    levels = frames["levels"].query("variable == 'cohesion'").astype({"wave": "str"})
    levels = levels.set_index(["arm", "wave"])
    groups = evaluation.subgroups[0].groups.query("variable == 'cohesion'").set_index("sex")
    for unit, wave in itertools.product(units, waves):
        cells.append([atom[:2] == (unit, wave) for atom in atoms])
        shown.append(np.isfinite(by_unit.loc[unit, "n"]))
    for side, wave in itertools.product(("treated", "comparison"), waves):
        cells.append([arm[atom[0]] == side and atom[1] == wave for atom in atoms])
        shown.append(np.isfinite(levels.loc[(side, wave), "n"]))
    for sex in sexes:
        cells.append([atom[2] == sex for atom in atoms])
        shown.append(np.isfinite(groups.loc[sex, "n"]))
    for wave in waves:  # known to everybody
        cells.append([atom[1] == wave for atom in atoms])
        shown.append(True)

    audit = rs.audit_tables(np.array(cells, bool), counts, np.array(shown, bool), minimum=MINIMUM)

    small = [at for at, group in enumerate(audit.groups) if group.sum() > 1]
    assert len(small) > 0
    assert not audit.exposed[small].any()


def test_a_small_subgroup_is_withheld_with_its_smallest_cell(evaluation):
    groups = evaluation.subgroups[0].groups

    assert set(groups["status"]) == {"withheld"}  # no sex has 330 in each town
    assert groups[["estimate", "n", "smallest_cell"]].isna().all(axis=None)


def test_an_outcome_of_an_arm_too_small_is_not_shown():
    found = _evaluated(690)  # the endline has fewer in the two towns compared with

    outcomes = found.outcomes.set_index("variable")
    assert outcomes.loc["cohesion", "verdict"] == "not_estimable"
    assert np.isnan(outcomes.loc["cohesion", "estimate"])
    assert "withheld" in {part.code for part in found.deviations}
    inference = found.frames()["inference"]
    assert inference.loc[inference["variable"] == "cohesion", "estimate"].isna().all()


def test_numbers_of_respondents_are_rounded_as_the_policy_says():
    plan = rs.load_analysis_plan(ROOT / "surveys" / "kenya")
    rounding = plan.loaded_study.policy.rounding.model_copy(update={"n": 10})
    found = _evaluated(10, rounding=rounding)

    for name, frame in found.frames().items():
        if "n" in frame:
            n = frame["n"].dropna()
            assert (n % 10 == 0).all(), name


def test_the_folder_holds_what_may_be_shown_only(evaluation, tmp_path):
    rs.write_evaluation_folder(evaluation, tmp_path)

    units = pd.read_csv(tmp_path / "tables" / "changes_by_unit.csv")
    assert units.loc[units["unit"] == "savanna_town", "estimate"].isna().all()
    assert rs.differing_tables(evaluation, tmp_path) == ()
