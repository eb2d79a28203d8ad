"""A brief's numbers are those of the single reports; its verdicts are adjusted by country."""

from __future__ import annotations

import numpy as np
import pytest

import resilience as rs
from resilience.evaluation.change import judge_changes
from resilience.evaluation.families.adjustments import holm
from resilience.inference.results.estimates import concat
from tests.briefs import brief_workspace
from tests.workspaces import example_workspace

MEASURES = ["cohesion", "fairness", "treated_alike"]
RTOL = 1e-12


@pytest.fixture(scope="module")
def brief(tmp_path_factory):
    return rs.run_brief(brief_workspace(tmp_path_factory.mktemp("brief") / "workspace"))


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """The report on the first study alone, a block for each group of places."""

    def report(definition):
        definition["blocks"] = [
            {
                "block": "change",
                "measures": list(MEASURES),
                "wave": "endline",
                "where": {"site": site},
            }
            for site in ("north_town", "south_town")
        ]

    folder = tmp_path_factory.mktemp("single") / "workspace"
    return rs.run_plan(example_workspace(folder, report=report))


@pytest.mark.parametrize(("group", "at"), [("programme", 0), ("comparison", 1)])
def test_the_numbers_are_those_of_the_single_report(brief, single, group, at):
    here, there = brief.countries[0].groups[group], single.blocks[at][1]

    for name in ("levels", "changes"):
        one, other = getattr(here, name).estimates, getattr(there, name).estimates
        assert one.rows["variable"].tolist() == other.rows["variable"].tolist()
        for part in ("values", "std_error", "df", "n"):
            np.testing.assert_allclose(getattr(one, part), getattr(other, part), rtol=RTOL)
        np.testing.assert_allclose(one.interval(level=0.95), other.interval(level=0.95), rtol=RTOL)


def test_planned_changes_stand_by_their_own_interval_and_others_are_adjusted_by_country(brief):
    first, second = brief.countries
    for country, planned in ((first, [True] + [False] * 5), (second, [False] * 6)):
        joint = concat([part.changes.estimates for part in country.groups.values()])
        verdicts = [part.verdicts for part in country.groups.values()]
        told = np.concatenate([part.p_adjusted for part in verdicts])
        alone = judge_changes(joint).p_value
        others = ~np.array(planned)

        assert np.concatenate([part.planned for part in verdicts]).tolist() == planned
        np.testing.assert_allclose(told[others], holm(alone[others]))
        np.testing.assert_allclose(told[~others], alone[~others])
        assert {part.family_size for part in verdicts} == {int(others.sum())}


def test_a_measure_of_no_number_leaves_the_family_of_its_country(tmp_path):
    def instrument(definition):
        definition["indices"][1]["minimum_answered"] = 2

    file = brief_workspace(tmp_path / "workspace", instrument=instrument)
    first, second = rs.run_brief(file).countries

    # `fairness` is another score there, and `cohesion` is made of it.
    assert first.absent == {}
    assert {name: part.kind for name, part in second.absent.items()} == {
        "cohesion": "other_score",
        "fairness": "other_score",
    }
    assert second.absent["fairness"].study == "example"
    assert [part.kind for part in second.absent["fairness"].differences] == ["rule"]
    assert {part.verdicts.family_size for part in second.groups.values()} == {2}


def test_a_score_without_an_item_of_the_others_is_another_score(tmp_path):
    def second(definition):
        for wave in definition["waves"]:
            wave["not_asked"] = ["worse"]

    _, country = rs.run_brief(brief_workspace(tmp_path / "w", second=second)).countries

    (reason,) = country.absent["fairness"].differences
    assert (reason.kind, reason.items, reason.wave) == ("not_asked", ("worse",), "second")
    assert "treated_alike" not in country.absent


def test_a_measure_that_the_wave_did_not_ask_is_absent(tmp_path):
    def second(definition):
        definition["waves"][1]["not_asked"] = ["fair"]
        definition["targets"] = []

    _, country = rs.run_brief(brief_workspace(tmp_path / "w", second=second)).countries

    assert country.absent["treated_alike"].kind == "not_asked"


def test_a_measure_that_the_questionnaire_does_not_have_is_absent(tmp_path):
    def instrument(definition):
        definition["indicators"] = []

    def second(definition):
        definition["targets"] = []

    file = brief_workspace(tmp_path / "w", second=second, instrument=instrument)
    _, country = rs.run_brief(file).countries

    assert {name: part.kind for name, part in country.absent.items()} == {
        "treated_alike": "not_in_study"
    }


def test_only_the_places_that_the_plan_names_count(tmp_path, brief):
    def change(plan):
        plan["studies"][0]["sites"] = ["north_town"]

    first, _ = rs.run_brief(brief_workspace(tmp_path / "w", brief=change)).countries

    assert list(first.groups) == ["programme"]
    np.testing.assert_allclose(
        first.groups["programme"].changes.estimates.values,
        brief.countries[0].groups["programme"].changes.estimates.values,
    )


def test_a_study_without_such_places_is_shown_as_a_whole(tmp_path):
    def second(definition):
        for site in definition["sites"]:
            site["role"] = "none"

    _, country = rs.run_brief(brief_workspace(tmp_path / "w", second=second)).countries

    assert list(country.groups) == ["everybody"]
    whole = country.groups["everybody"].levels.estimates
    assert whole.n.max() > 300


def test_each_country_keeps_its_own_rule_for_small_numbers(tmp_path):
    def second(definition):
        definition["policy"] = {"minimum_n": 1000, "low_precision_n": 1000}

    first, country = rs.run_brief(brief_workspace(tmp_path / "w", second=second)).countries

    assert first.groups["programme"].levels.showable.all()
    assert not country.groups["programme"].levels.showable.any()
