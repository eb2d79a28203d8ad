"""What a brief may ask for."""

from __future__ import annotations

import pytest

import resilience as rs
from resilience.errors import DefinitionError
from tests.briefs import brief_workspace
from tests.editing import lacking


def _second(**values):
    return lambda plan: plan["studies"][1].update(values)


WRONG = {
    "an unknown measure": (
        lambda plan: plan["measures"].append("cohesoin"),
        "there is no index or indicator 'cohesoin'",
    ),
    "a measure twice": (
        lambda plan: plan["measures"].append("cohesion"),
        "measure 'cohesion' is defined 2 times",
    ),
    "a study twice": (_second(study="example"), "study 'example' is defined 2 times"),
    "an unknown wave": (_second(wave="endlin"), "there is no wave 'endlin'"),
    "an unknown baseline": (_second(baseline="base"), "there is no wave 'base'"),
    "a baseline against itself": (_second(wave="baseline"), "the wave is the baseline itself"),
    "an unknown place": (
        _second(sites=["north_twon"]),
        "there is no programme or comparison place 'north_twon'",
    ),
    "a plan for what the brief does not show": (
        _second(planned=["belonging"]),
        "there is no measure of the brief 'belonging'",
    ),
    "a plan without places of the programme": (
        _second(sites=["south_town"], planned=["cohesion"]),
        "there is no programme place whose change could have been named in advance",
    ),
    "an unknown study": (_second(study="secnod"), "there is no such study"),
}


def test_a_brief_loads_its_studies_in_its_order(tmp_path):
    file = brief_workspace(
        tmp_path / "workspace", brief=lambda plan: plan.update(studies=plan["studies"][::-1])
    )

    plan = rs.load_brief_plan(file)

    assert [study.study for study in plan.loaded_studies] == ["second", "example"]
    assert repr(plan) == "<BriefPlan two_countries: 3 measures, 2 studies>"


@pytest.mark.parametrize("what", WRONG)
def test_what_a_study_does_not_have_is_told_with_line_and_remedy(tmp_path, what):
    change, message = WRONG[what]
    file = brief_workspace(tmp_path / "workspace", brief=change)

    with pytest.raises(DefinitionError) as caught:
        rs.load_brief_plan(file)

    assert message in [issue.what for issue in caught.value.issues]
    assert lacking(caught.value.issues) == []
    assert all("brief.yaml" in issue.where for issue in caught.value.issues)


def test_one_study_is_no_brief(tmp_path):
    file = brief_workspace(
        tmp_path / "workspace", brief=lambda plan: plan.update(studies=plan["studies"][:1])
    )

    with pytest.raises(DefinitionError, match="studies"):
        rs.load_brief_plan(file)


def test_a_brief_in_place_of_a_report_is_told_as_such(tmp_path):
    file = brief_workspace(tmp_path / "workspace")

    with pytest.raises(DefinitionError, match="this is a brief's plan, not a report's plan"):
        rs.load_report_plan(file)
    with pytest.raises(DefinitionError, match="this is a report's plan, not a brief's plan"):
        rs.load_brief_plan(file.with_name("example.yaml"))
