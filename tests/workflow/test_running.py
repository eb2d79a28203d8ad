"""A report's plan, run: its numbers are those one gets by calling the stages oneself."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.definitions.instrument import MISSING_REASONS
from resilience.errors import ReadingError, ResilienceWarning
from resilience.evaluation.change import judge_changes
from resilience.evaluation.results import AnswersResult, ChangeResult, ProfileResult
from resilience.evaluation.targets import judge_target
from resilience.workflow.running import estimate_measures
from tests.conftest import ROOT
from tests.workspaces import example_workspace

RTOL = 1e-10
CITIES = ["port_city", "hill_city"]


def assert_same_numbers(actual, expected):
    """Assert that two results have the same values, errors, degrees of freedom and n."""
    assert len(actual) == len(expected)
    for name in ("values", "std_error", "df", "n"):
        np.testing.assert_allclose(getattr(actual, name), getattr(expected, name), rtol=RTOL)


def _blocks(results, kind):
    return [part for _, part in results.blocks if isinstance(part, kind)]


def _last(changes):
    return changes.select((changes.rows["wave"].astype("str") == "endline").to_numpy())


# The simulated Lebanon plan


def test_blocks_come_in_the_plans_order_with_their_results(results):
    kinds = [(block.block, type(part).__name__) for block, part in results.blocks]

    assert kinds == [
        ("findings", "NoneType"),
        ("indicators", "NoneType"),
        ("impact", "EvaluationResult"),
        ("change", "ChangeResult"),
        ("profile", "ProfileResult"),
        ("answers", "AnswersResult"),
        ("answers", "AnswersResult"),
        ("activities", "NoneType"),
        ("contribution", "ContributionResult"),
        ("balance", "BalanceResult"),
        ("power", "PowerResult"),
        ("method", "NoneType"),
        ("questionnaire", "NoneType"),
    ]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_planned_change_is_that_of_a_direct_comparison(results, design, at):
    part = results.planned[at]
    levels = rs.estimate_mean(design, part.planned.measure, by="wave", where={"site": CITIES})

    expected = _last(rs.compare(levels, over="wave", reference="baseline"))

    assert_same_numbers(part.change.estimates, expected)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_planned_change_is_judged_by_its_own_interval(results, at):
    part = results.planned[at]
    low, high = part.change.estimates.interval(level=0.95)

    expected = "increase" if low[0] > 0 else "decrease" if high[0] < 0 else "no_clear_change"

    assert part.verdicts.verdicts == (expected,)
    assert part.verdicts.family_size == 1


@pytest.mark.parametrize("at", range(9))
def test_a_target_is_judged_by_a_direct_estimate(results, design, at):
    part = results.targets[at]
    verb = rs.estimate_mean if at == 0 else rs.estimate_proportion
    levels = verb(design, part.target.measure, by="wave", where={"site": CITIES})

    expected = levels.select((levels.rows["wave"] == "endline").to_numpy())

    assert_same_numbers(part.actual.estimates, expected)
    low, high = expected.interval(level=0.95)
    status = judge_target(part.target.value, low=low[0], high=high[0], direction="higher_is_better")
    assert part.status == status


@pytest.mark.parametrize("at", range(9))
def test_a_targets_baseline_and_change_are_direct_ones(results, design, at):
    part = results.targets[at]
    levels = estimate_measures(design, [part.target.measure], by="wave", where={"site": CITIES})

    assert_same_numbers(part.baseline.estimates, levels.select([0]))
    changes = rs.compare(levels, over="wave", reference="baseline")
    assert_same_numbers(part.change.estimates, _last(changes))


def test_levels_and_changes_of_a_block_are_direct_ones(results, design):
    (part,) = _blocks(results, ChangeResult)
    measures = ["resilience", "cohesion", "institutions", "prevention"]

    levels = rs.estimate_mean(design, measures, by=["site", "wave"])

    assert_same_numbers(part.levels.estimates, levels)
    changes = _last(rs.compare(levels, over="wave", reference="baseline"))
    assert_same_numbers(part.changes.estimates, changes)
    assert part.verdicts.verdicts == judge_changes(changes).verdicts
    assert part.verdicts.family_size == 16
    assert part.refused == {}


def test_a_profile_is_a_direct_estimate(results, design):
    (part,) = _blocks(results, ProfileResult)

    expected = rs.estimate_mean(
        design, list(part.block.measures), by="site", where={"wave": "endline"}
    )

    assert_same_numbers(part.levels.estimates, expected)


@pytest.mark.parametrize("at", [0, 1])
def test_answers_are_direct_proportions_that_add_up(results, design, at):
    part = _blocks(results, AnswersResult)[at]
    items = list(part.block.items)

    expected = rs.estimate_proportion(design, items, answers="each", where={"wave": "endline"})

    assert_same_numbers(part.shares.estimates, expected)
    total = pd.Series(part.shares.estimates.values).groupby(expected.rows["variable"]).sum()
    np.testing.assert_allclose(total, 1.0)


def test_shares_of_missing_answers_are_counted_in_the_wave(results, scored):
    part = _blocks(results, AnswersResult)[0]
    here = scored.frame["wave"] == "endline"
    words = scored.reason_names().loc[here, "lnk1"]

    actual = part.missing["lnk1"]

    assert actual == pytest.approx({reason: (words == reason).mean() for reason in MISSING_REASONS})


def test_rule_effects_are_the_difference_of_two_separate_estimates(results, scored, lebanon):
    complete = rs.score(rs.load_responses(lebanon), minimum_answered="all")
    names = list(dict.fromkeys(results.rule_effects.rows["variable"]))
    declared = rs.estimate_mean(rs.SurveyDesign.from_responses(scored), names, by="wave")
    strict = rs.estimate_mean(rs.SurveyDesign.from_responses(complete), names, by="wave")

    effects = results.rule_effects

    np.testing.assert_allclose(effects.values, strict.values - declared.values, rtol=RTOL)
    np.testing.assert_array_equal(effects.n, strict.n)


def test_rule_effects_know_that_both_means_come_from_the_same_people(results, scored, lebanon):
    complete = rs.score(rs.load_responses(lebanon), minimum_answered="all")
    both = scored.frame.assign(cohesion_complete=complete.frame["cohesion"])
    design = rs.SurveyDesign(
        both, weight="weight", stratum="stratum", psu="psu", wave="wave", waves="same_psu"
    )
    means = rs.estimate_mean(design, ["cohesion", "cohesion_complete"], where={"wave": "midline"})
    expected = means.contrast([[-1.0, 1.0]])

    rows = results.rule_effects.rows
    at = (rows["variable"] == "cohesion") & (rows["wave"].astype("str") == "midline")

    np.testing.assert_allclose(results.rule_effects.std_error[at], expected.std_error, rtol=1e-8)


def test_rule_effects_are_told_for_every_index_that_the_report_shows_and_no_indicator(results):
    shown = [name for block, _ in results.blocks for name in getattr(block, "measures", ())]

    assert list(dict.fromkeys(results.rule_effects.rows["variable"])) == list(dict.fromkeys(shown))


def test_facts_of_the_sample_are_counted_from_its_rows(results, scored):
    here = scored.frame[scored.frame["wave"] == "midline"]
    weights = here["weight"]

    facts = results.sample.waves["midline"]

    assert (facts.n, facts.psus, facts.strata) == (1666, here["psu"].nunique(), 12)
    assert facts.weight_low == pytest.approx(weights.min() / weights.mean())
    assert facts.weight_high == pytest.approx(weights.max() / weights.mean())
    assert facts.weight_effect == pytest.approx(1 + weights.var(ddof=0) / weights.mean() ** 2)


def test_degrees_of_freedom_of_the_sample_are_its_points_minus_its_strata(results, scored):
    assert results.sample.df_design == scored.frame["psu"].nunique() - 12


def test_the_results_show_no_respondents(results, scored):
    assert scored.frame["respondent_id"].iloc[0] not in repr(results)


def test_a_loaded_plan_is_run_as_its_file_is(results):
    plan = rs.load_report_plan(ROOT / "reports" / "lebanon-donor.yaml")

    again = rs.run_plan(plan)

    assert [part.status for part in again.targets] == [part.status for part in results.targets]
    assert_same_numbers(again.rule_effects, results.rule_effects)


# The truth behind the simulation


def _covers(design, names, verb):
    """Return for each wave and site whether intervals cover the simulated population's value."""
    told = json.loads((ROOT / "surveys/lebanon/data/truth.json").read_text("utf-8"))
    truth = {(row["wave"], row["site"], row["variable"]): row["truth"] for row in told["truth"]}
    estimates = verb(design, names, by=["wave", "site"])
    rows = estimates.rows[["wave", "site", "variable"]].astype("str").itertuples(index=False)
    values = np.array([truth[tuple(row)] for row in rows])
    low, high = estimates.interval(level=0.95)
    return (low <= values) & (values <= high)


def test_intervals_cover_the_simulated_truth_of_indices(design, lebanon):
    covered = _covers(design, list(lebanon.questionnaire.indices_by_id), rs.estimate_mean)

    assert len(covered) == 15 * 4 * 3
    assert covered.mean() >= 0.90


def test_intervals_cover_the_simulated_truth_of_indicators(design, lebanon):
    names = list(lebanon.questionnaire.indicators_by_id)

    covered = _covers(design, names, rs.estimate_proportion)

    assert len(covered) == 10 * 4 * 3
    assert covered.mean() >= 0.90


# Scores that are not the same score


def _care_not_asked(study):
    study["waves"][1]["not_asked"] = ["care"]


def _planned_belonging(report):
    report["planned"] = [{"measure": "belonging", "wave": "endline"}]
    report["blocks"] = [
        {"block": "findings"},
        {"block": "change", "measures": ["belonging", "fairness"], "by": "site"},
        {
            "block": "change",
            "measures": ["belonging", "fairness"],
            "by": "site",
            "items": "common",
        },
    ]


def _target_belonging(study):
    _care_not_asked(study)
    study["targets"] = [{"measure": "belonging", "wave": "endline", "value": 60}]


@pytest.fixture(scope="module")
def differing(tmp_path_factory):
    """Results where the endline left out an item of one index."""
    folder = tmp_path_factory.mktemp("differing") / "workspace"
    plan = example_workspace(folder, study=_target_belonging, report=_planned_belonging)
    return rs.run_plan(plan)


def test_a_planned_change_that_must_not_be_compared_says_why(differing):
    (part,) = differing.planned

    assert (part.change, part.verdicts) == (None, None)
    assert [str(reason) for reason in part.refused] == ["care not asked in endline"]


def test_a_target_whose_change_must_not_be_shown_keeps_its_value_and_status(differing):
    (part,) = differing.targets

    assert part.change is None
    assert [str(reason) for reason in part.refused] == ["care not asked in endline"]
    assert part.status in ("met", "not_met", "not_shown")
    assert part.actual.estimates.n[0] > 300


def test_refused_comparisons_are_listed_and_the_others_made(differing):
    refusing, _ = _blocks(differing, ChangeResult)

    assert set(refusing.refused) == {"belonging"}
    assert set(refusing.changes.estimates.rows["variable"]) == {"fairness"}
    assert refusing.verdicts.family_size == 2


def test_a_block_can_compare_on_the_items_asked_in_every_wave(differing):
    _, common = _blocks(differing, ChangeResult)
    design = rs.SurveyDesign.from_responses(differing.responses)
    levels = rs.estimate_mean(design, "belonging_common", by=["site", "wave"])

    changes = common.changes.estimates
    ours = changes.select((changes.rows["variable"] == "belonging_common").to_numpy())

    assert_same_numbers(ours, rs.compare(levels, over="wave", reference="baseline"))
    assert set(common.refused) == {"belonging"}
    assert set(common.levels.estimates.rows["variable"]) == {"belonging_common", "fairness"}
    assert common.verdicts.family_size == 4


def test_an_indicator_that_the_targets_wave_did_not_ask_cannot_be_estimated(tmp_path):
    def study(definition):
        definition["waves"][1]["not_asked"] = ["fair"]

    results = rs.run_plan(
        example_workspace(tmp_path / "workspace", study=study, report=_without_fair)
    )

    (treated_alike,) = (part for part in results.targets if part.target.measure == "treated_alike")
    assert treated_alike.status == "not_estimable"
    assert treated_alike.change is None


def _without_fair(report):
    report["blocks"] = [block for block in report["blocks"] if block["block"] != "answers"]


# Other plans


def test_a_change_named_in_advance_is_not_counted_among_those_that_were_not(tmp_path):
    results = rs.run_plan(example_workspace(tmp_path / "workspace"))

    (planned,) = results.planned
    (change,) = _blocks(results, ChangeResult)
    rows = change.changes.estimates.rows
    (at,) = np.flatnonzero((rows["variable"] == "cohesion") & (rows["site"] == "north_town"))

    np.testing.assert_allclose(
        change.changes.estimates.values[at], planned.change.estimates.values[0], rtol=RTOL
    )
    assert change.verdicts.verdicts[at] == planned.verdicts.verdicts[0]
    assert change.verdicts.family_size == len(rows) - 1


def test_a_study_with_one_wave_has_levels_and_no_changes(tmp_path):
    def study(definition):
        definition["waves"] = definition["waves"][1:]
        definition["design"].pop("waves")

    def report(definition):
        definition["baseline"] = "endline"

    results = rs.run_plan(example_workspace(tmp_path / "workspace", study=study, report=report))

    (change,) = _blocks(results, ChangeResult)
    assert (change.changes, change.verdicts) == (None, None)
    assert len(change.levels.estimates) == 6
    assert [part.change for part in results.planned] == [None]
    assert [part.change for part in results.targets] == [None, None]
    assert all(part.status != "not_estimable" for part in results.targets)


def test_a_restriction_of_a_block_concerns_all_that_it_shows(tmp_path):
    def report(definition):
        definition["blocks"] = [
            {"block": "change", "measures": ["cohesion"], "by": "site"},
            {"block": "profile", "measures": ["cohesion"], "by": "site", "wave": "endline"},
            {"block": "answers", "items": ["home"], "wave": "endline"},
        ]
        for block in definition["blocks"]:
            block["where"] = {"sex": "female"}

    results = rs.run_plan(example_workspace(tmp_path / "workspace", report=report))
    frame = results.responses.frame
    women = frame[(frame["sex"] == "female") & (frame["wave"] == "endline")]

    change, profile, answers = (part for _, part in results.blocks)

    by_site = women["cohesion"].groupby(women["site"], observed=True).count()
    assert profile.levels.estimates.n.tolist() == by_site.tolist()
    assert change.levels.estimates.n[[1, 3]].tolist() == by_site.tolist()
    assert set(answers.shares.estimates.n) == {women["home"].notna().sum()}


def test_missing_answers_of_a_restricted_block_are_those_of_whom_it_concerns(tmp_path):
    def report(definition):
        definition["blocks"] = [
            {
                "block": "answers",
                "items": ["home"],
                "wave": "endline",
                "where": {"sex": "female"},
            }
        ]

    results = rs.run_plan(example_workspace(tmp_path / "workspace", report=report))
    frame = results.responses.frame
    here = (frame["sex"] == "female") & (frame["wave"] == "endline")
    words = results.responses.reason_names().loc[here, "home"]

    ((_, answers),) = results.blocks

    assert answers.missing["home"]["refused"] == pytest.approx((words == "refused").mean())


@pytest.mark.parametrize("total_shown", [False, True])
def test_rows_that_are_not_shown_are_outside_the_family(tmp_path, total_shown):
    def few_women_in_the_north(wave, answers):
        women = (answers["sex"] == "1") & (answers["town"] == "1")
        return answers[~women | (women.cumsum() <= 6)] if wave == "endline" else answers

    def report(definition):
        definition["planned"] = []
        definition["blocks"] = [
            {
                "block": "change",
                "measures": ["cohesion"],
                "where": {"site": "north_town"},
                **by,
            }
            for by in ([{"by": "sex"}, {}] if total_shown else [{"by": "sex"}])
        ]

    def without_targets(definition):
        definition["targets"] = []

    results = rs.run_plan(
        example_workspace(
            tmp_path / "workspace",
            study=without_targets,
            report=report,
            data=few_women_in_the_north,
        )
    )

    change = results.blocks[0][1]
    # Where the place's total is shown, the men would tell the women.
    men = "suppressed" if total_shown else "shown"
    assert change.changes.status == ("suppressed", men)
    assert change.verdicts.family_size == (0 if total_shown else 1)
    assert change.verdicts.verdicts[0] == "not_estimable"


def _no_north(when):
    return lambda wave, answers: answers[answers["town"] != "1"] if wave == when else answers


def test_a_target_for_a_place_that_its_wave_did_not_visit_is_not_estimable(tmp_path):
    plan = example_workspace(tmp_path / "workspace", data=_no_north("endline"))

    with pytest.warns(ResilienceWarning, match="no 'endline' that could be compared with"):
        results = rs.run_plan(plan)

    assert [part.status for part in results.targets] == ["not_estimable", "not_estimable"]
    assert [part.change for part in results.planned] == [None]


def test_a_place_that_the_baseline_did_not_visit_has_levels_and_no_change(tmp_path):
    plan = example_workspace(tmp_path / "workspace", data=_no_north("baseline"))

    with pytest.warns(ResilienceWarning, match="no 'baseline' to be compared with"):
        results = rs.run_plan(plan)

    (change,) = _blocks(results, ChangeResult)
    assert "north_town" in set(change.levels.estimates.rows["site"])
    assert set(change.changes.estimates.rows["site"]) == {"south_town"}


def test_the_data_may_lie_elsewhere(tmp_path):
    plan = example_workspace(tmp_path / "workspace")
    study = tmp_path / "workspace" / "surveys" / "example"
    (tmp_path / "elsewhere").mkdir()
    (study / "data").rename(tmp_path / "elsewhere" / "data")

    with pytest.raises(ReadingError, match="a data file is not there"):
        rs.run_plan(plan)
    results = rs.run_plan(plan, data=tmp_path / "elsewhere")

    assert results.sample.waves["baseline"].n == 400
