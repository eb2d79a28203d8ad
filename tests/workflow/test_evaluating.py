from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.evaluation.impact.hiding import Hidden, hide
from tests.conftest import ROOT

STUDIES = ["kenya", "lebanon", "north-macedonia", "senegal"]
# Sampling errors beyond four happen once in 16,000; six measures of four studies are looked at.
FARTHEST = 4.0


@pytest.fixture(scope="module")
def evaluation():
    return rs.evaluate(ROOT / "surveys" / "lebanon", explore=["belonging"])


@pytest.mark.parametrize("name", STUDIES)
def test_the_simulated_effect_is_found_within_sampling_error(name):
    folder = ROOT / "surveys" / name
    plan = rs.load_analysis_plan(folder)
    study = plan.loaded_study
    design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    truth = pd.DataFrame(json.loads((folder / "data" / "truth.json").read_text())["truth"])
    measures = [name for name in plan.outcomes_by_measure if name in set(truth["variable"])]

    impact = rs.estimate_impact(design, measures, baseline="baseline", endline="endline")

    means = truth.set_index(["variable", "site", "wave"])["truth"]
    found = impact.table.difference
    for row, variable in enumerate(found.rows["variable"]):
        change = {
            site.id: means[variable, site.id, "endline"] - means[variable, site.id, "baseline"]
            for site in study.sites
        }
        arms = {
            role: np.mean([change[site.id] for site in study.sites if site.role == role])
            for role in ("programme", "comparison")
        }
        distance = found.values[row] - (arms["programme"] - arms["comparison"])
        assert abs(distance) < FARTHEST * found.std_error[row]


def test_planned_and_explored_outcomes_are_kept_apart(evaluation):
    status = evaluation.to_frame().set_index("variable")["status"]

    assert status["resilience"] == "planned"
    assert status["belonging"] == "exploratory"
    assert "explored" in {part.code for part in evaluation.deviations}
    assert set(evaluation.families) == {"primary", "contact_and_services"}


def test_families_are_adjusted_as_the_plan_says(evaluation):
    primary = evaluation.outcomes[evaluation.outcomes["family"] == "primary"]

    smallest = primary["p_value"].min()
    assert primary["p_adjusted"].min() == pytest.approx(2 * smallest)
    assert set(primary["correction"]) == {"holm"}


def test_another_method_than_the_plans_is_a_deviation():
    found = rs.evaluate(ROOT / "surveys" / "kenya", method="ancova")

    told = next(part for part in found.deviations if part.code == "method_changed")
    assert told.detail == "did planned, ancova used"
    assert found.impact.method == "ancova"


def test_a_plan_dated_after_the_endline_is_told(tmp_path):
    plan = rs.load_analysis_plan(ROOT / "surveys" / "kenya")
    late = plan.model_copy(update={"registered": pd.Timestamp("2026-05-01").date()})

    codes = {part.code for part in rs.evaluate(late).deviations}

    assert "plan_after_endline" in codes


def test_romano_wolf_uses_joint_draws():
    plan = rs.load_analysis_plan(ROOT / "surveys" / "kenya")
    family = plan.families[1].model_copy(update={"correction": "romano_wolf"})
    changed = plan.model_copy(update={"families": (plan.families[0], family)})

    found = rs.evaluate(changed).outcomes

    last = found[found["family"] == family.id]
    assert set(last["correction"]) == {"romano_wolf"}
    assert (last["p_adjusted"] >= 0.125 - 1e-9).all()  # the smallest that four towns allow


def test_subgroups_say_first_whether_they_differ(evaluation):
    (groups,) = evaluation.subgroups

    both = groups.groups.pivot_table(index="variable", columns="sex", values="estimate")
    difference = groups.interaction.set_index("variable")["estimate"]
    expected = both["male"] - both["female"]
    pd.testing.assert_series_equal(
        difference.sort_index(), expected.sort_index(), check_names=False
    )


def test_a_withheld_group_does_not_follow_from_how_much_groups_differ(evaluation):
    (part,) = evaluation.subgroups
    few = (part.groups["sex"] == "male") & (part.groups["variable"] == "cohesion")
    groups = part.groups.assign(status=part.groups["status"].mask(few, "withheld"))
    small = dataclasses.replace(evaluation, subgroups=(dataclasses.replace(part, groups=groups),))

    shown = hide(small, Hidden(), "wave").subgroups[0].interaction.set_index("variable")

    numbers = shown[["estimate", "std_error", "df", "p_value", "joint_p"]]
    assert numbers.loc["cohesion"].isna().all()
    assert numbers.drop(index="cohesion").notna().all(axis=None)


def test_targets_are_judged_from_the_interval(evaluation):
    targets = evaluation.targets.set_index("measure")

    assert targets.loc["positive_contact", "status"] == "met"
    assert targets.loc["feels_safe", "status"] == "not_met"
    assert targets.loc["resilience", "status"] == "not_shown"


def test_events_are_rival_explanations_by_place_and_period(evaluation):
    story = evaluation.contribution

    assert story.rivals_of("plain_city", reference="baseline", wave="endline") == (
        "Local elections",
        "Closure of bank branches",
    )
    assert story.rivals_of("port_city", reference="baseline", wave="midline") == ()


def test_exposure_is_months_in_which_something_ran():
    months = rs.exposure_months(rs.load_study(ROOT / "surveys" / "lebanon"))

    assert months["port_city"]["baseline"] == 0
    assert months["port_city"]["endline"] == pytest.approx(639 / (365.25 / 12))
    assert set(months["plain_city"].values()) == {0}


def test_a_dose_response_is_the_effect_by_month():
    study = rs.load_study(ROOT / "surveys" / "kenya")
    design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    dose = rs.exposure_months(study)

    by_month = rs.estimate_impact(design, "resilience", method="dose_response", dose=dose)
    whole = rs.estimate_impact(design, "resilience")

    months = dose["lake_town"]["endline"]
    assert by_month.evidence.estimate[0] * months == pytest.approx(whole.evidence.estimate[0])


def test_a_reviewer_gets_the_same_numbers(evaluation, tmp_path):
    files = rs.write_evaluation_folder(evaluation, tmp_path / "review")
    command = [sys.executable, str(tmp_path / "review" / "analysis.py"), "surveys/lebanon"]

    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "The same numbers in all tables."
    record = json.loads((tmp_path / "review" / "record.json").read_text())
    assert set(record["sha256"]) == {
        "study.yaml",
        *(f"data/{w}.sav" for w in ("baseline", "midline", "endline")),
    }
    rows = [len(pd.read_csv(file)) for file in files if file.suffix == ".csv"]
    assert max(rows) < 100  # tables, never respondents


def test_a_changed_number_is_found(evaluation, tmp_path):
    rs.write_evaluation_folder(evaluation, tmp_path)
    table = tmp_path / "tables" / "outcomes.csv"
    frame = pd.read_csv(table)
    frame.loc[0, "estimate"] += 0.01
    frame.to_csv(table, index=False)

    assert rs.differing_tables(evaluation, tmp_path) == ("outcomes: other values of 'estimate'",)


def test_the_reviewers_script_says_what_it_needs(evaluation, tmp_path):
    rs.write_evaluation_folder(evaluation, tmp_path)
    command = [sys.executable, str(tmp_path / "analysis.py")]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "python analysis.py STUDY" in done.stderr
    assert "Traceback" not in done.stderr
