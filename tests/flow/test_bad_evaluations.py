"""Evaluations that cannot be made: refusals that say what can still be reported."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import resilience as rs
from resilience.errors import DefinitionError, EvaluationError, ResilienceError
from tests.conftest import ROOT
from tests.editing import swap
from tests.evaluation.impact.towns import design_of, drawn, towns


@pytest.fixture
def frame():
    return towns(np.random.default_rng(1), treated=3, compared=3)


def refusal(frame, said, **asked) -> str:
    with pytest.raises(EvaluationError) as found:
        rs.estimate_impact(design_of(frame), "trust", assignment=said, **asked)
    return str(found.value)


def test_a_treated_city_that_is_missing_at_the_baseline(frame):
    lacking = frame[~((frame["town"] == "town_1") & (frame["wave"] == "base"))]

    told = refusal(lacking, drawn(3))

    assert "treated places have no answers to 'trust' in base" in told
    assert "town_1" in told
    assert "can still be reported" in told


def test_one_treated_and_one_comparison_place(frame):
    two = frame[frame["town"].isin(["town_0", "town_1"])]

    told = refusal(two, drawn(1))

    assert "are no evidence of an impact" in told
    assert "report the change in each place" in told


def test_an_arm_with_one_cluster_has_no_error_between_clusters(frame):
    impact = rs.estimate_impact(
        design_of(frame), "trust", assignment=drawn(1, mechanism="non_random")
    )

    assert impact.headline == "none"
    assert np.isnan(impact.evidence.std_error).all()
    assert np.isnan(impact.interval()[0]).all()
    assert "one_unit_in_an_arm" in {note.code for note in impact.notes}
    assert len(impact.changes_by_unit()) == 6


def test_ids_that_recur_in_several_towns(frame):
    frame["id"] = frame.groupby(["town", "wave"]).cumcount()
    design = rs.SurveyDesign(frame, wave="wave", waves="panel", psu="ea", respondent_id="id")

    with pytest.raises(ResilienceError) as found:
        rs.estimate_impact(design, "trust", assignment=drawn(3), method="within_person")

    assert "recur" in str(found.value)
    assert "recur in several units" in str(found.value)
    assert all("rs.compare" in issue.remedy for issue in found.value.issues)


def test_an_outcome_that_is_constant_in_one_arm(frame):
    frame.loc[~frame["town"].isin(["town_0", "town_1", "town_2"]), "trust"] = 0.0

    impact = rs.estimate_impact(design_of(frame), "trust", assignment=drawn(3))

    assert np.isfinite(impact.evidence.estimate).all()
    assert np.isnan(impact.evidence.std_error).all()
    assert np.isfinite(impact.evidence.permuted_p).all()
    assert "constant_in_an_arm" in {note.code for note in impact.notes}


def test_a_plan_that_names_an_unknown_outcome(tmp_path):
    for name in ("instruments", "reports"):
        (tmp_path / name).mkdir()
    target = tmp_path / "surveys" / "lebanon"
    target.mkdir(parents=True)
    for name in ("study.yaml", "analysis.yaml"):
        shutil.copy(ROOT / "surveys" / "lebanon" / name, target)
    swap(target / "analysis.yaml", "measure: cohesion", "measure: cohesiom")

    with pytest.raises(DefinitionError, match="did you mean 'cohesion'"):
        rs.evaluate(target)


def test_an_outcome_that_cannot_be_estimated_stops_no_other(frame):
    plan = rs.load_analysis_plan(ROOT / "surveys" / "lebanon")
    responses = rs.score(rs.load_responses(plan.loaded_study))
    at_baseline = responses.frame["wave"].astype("str") == "baseline"
    treated = responses.frame["site"].astype("str") == "port_city"
    responses.frame.loc[at_baseline & treated, "cohesion"] = np.nan

    evaluation = rs.evaluate(plan, responses)

    verdicts = evaluation.outcomes.set_index("variable")["verdict"]
    assert verdicts["cohesion"] == "not_estimable"
    assert verdicts["resilience"] != "not_estimable"
    told = next(str(part) for part in evaluation.deviations if part.code == "not_estimable")
    assert "cohesion" in told
    assert "can still be reported" in told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"treated": {"end": ["town_0", "town_9"]}}, "there are no respondents of 'town_9'"),
        ({"treated": {"ned": ["town_0"]}}, "there is no wave 'ned'"),
        ({"treated": {"base": ["town_0", "town_1"]}}, "not before and after the treatment"),
        ({"treated": {}}, "it is not said once who was treated"),
        ({"unit": "twon"}, "the design has no column 'twon'"),
        ({"comparison": ["town_0"]}, "'town_0' is both treated and comparison"),
        ({"mechanism": "blocked"}, "the blocks of a 'blocked' assignment are not given once"),
        (
            {"mechanism": "blocked", "blocks": {"a": ["town_0", "town_1"]}},
            "the blocks do not cover each unit once",
        ),
    ],
)
def test_assignments_that_contradict_the_data(frame, changes, told):
    assert told in refusal(frame, drawn(3, **changes))


def test_a_study_without_an_assignment_reports_changes(frame):
    told = refusal(frame, None)

    assert "it is not said who was treated" in told
    assert "rs.compare" in told


def test_towns_in_both_arms(frame):
    frame["given"] = (np.arange(len(frame)) % 2).astype(str)
    arm = {"variable": "given", "treated": ["1"], "since": "end"}

    told = refusal(frame, rs.Assignment(unit="town", mechanism="random", arm=arm))

    assert "units of 'town' lie in both arms" in told


def test_an_unknown_method_leads_to_the_nearest(frame):
    assert "did you mean 'ancova'" in refusal(frame, drawn(3), method="ancvoa")
