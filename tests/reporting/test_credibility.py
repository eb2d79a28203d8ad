"""Balance, attrition, power and sensitive questions: one set of numbers, told without claims."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace

import numpy as np
import pytest

import resilience as rs
from resilience.definitions.loading import load_report_plan
from resilience.errors import DefinitionError
from resilience.evaluation.credibility import (
    AttritionResult,
    BalanceResult,
    PowerResult,
    SensitiveResult,
)
from resilience.responses.loading import load_responses
from resilience.workflow.running import run_on
from tests.conftest import ROOT
from tests.reporting.conftest import Written, write
from tests.reporting.pages import numbers_in, said

MINUS = str.maketrans("−", "-", ",%")
ROUNDING = 0.05 + 1e-9
SECTIONS = ("sensitive-10", "attrition-13", "balance-14", "power-15")


@pytest.fixture(scope="module")
def plan():
    return load_report_plan(ROOT / "reports" / "kenya-donor.yaml")


@pytest.fixture(scope="module")
def responses(plan):
    return load_responses(plan.loaded_study)


@pytest.fixture(scope="module")
def scored(responses):
    return rs.score(responses)


@pytest.fixture(scope="module")
def design(scored):
    return rs.SurveyDesign.from_responses(scored)


@pytest.fixture(scope="module")
def results(plan, responses, scored):
    return run_on(plan, responses, scored)


@pytest.fixture(scope="module")
def made(results) -> dict[str, Written]:
    report = rs.build_report(results)
    short = replace(report, sections=tuple(s for s in report.sections if s.id in SECTIONS))
    return {language: write(short, language) for language in ("en", "fr", "ar")}


def _only(results, kind):
    (part,) = (part for _, part in results.blocks if isinstance(part, kind))
    return part


def _tables(written, section):
    (found,) = (part for part in written.content["sections"] if part["id"] == section)
    return [block for block in found["blocks"] if block["type"] == "table"]


def _cells(table):
    """Return the numbers of each row that is no group."""
    return [
        [[float(n.translate(MINUS)) for n in numbers_in(said(cell))] for cell in row["cells"][1:]]
        for row in table["rows"]
        if row["kind"] == "body"
    ]


def _words(written):
    return " ".join(re.sub("<[^>]+>", " ", written.html).replace("\u200b", "").split())


# The results are those of the verbs


def test_balance_is_the_table_that_one_gets_by_oneself(results, design):
    part = _only(results, BalanceResult)
    names = list(part.block.variables)
    alone = rs.balance_table(
        design, names, arm="site_role", cluster="site", where={"wave": "baseline"}
    )

    np.testing.assert_allclose(part.levels.estimates.values, alone.levels.values)
    np.testing.assert_allclose(part.normalised.estimates.values, alone.normalised.values)
    assert part.omnibus.p_value == alone.omnibus.p_value
    assert part.omnibus.smallest_p == pytest.approx(1 / 3)


def test_attrition_is_what_one_gets_by_oneself(results, design):
    part = _only(results, AttritionResult)
    people = rs.follow_up(design, arm="site_role", cluster="site", between=("baseline", "endline"))
    alone = rs.attrition(people)
    lee = rs.lee_bounds(people, "resilience", since_start=True)

    np.testing.assert_allclose(part.rates.estimates.values, alone.rates.values)
    np.testing.assert_allclose(part.places.estimates.values, alone.places.values)
    found = next(row for row in part.bounds if row.outcome == "resilience" and row.method == "lee")
    low, high = lee.region(level=0.95)
    assert (found.lower, found.upper) == pytest.approx((lee.lower[0], lee.upper[0]))
    assert (found.conf_low, found.conf_high) == pytest.approx((low[0], high[0]))


def test_outcomes_that_are_bounded_are_those_of_the_analysis_plan(results):
    planned = rs.load_analysis_plan("surveys/kenya").outcomes_by_measure

    outcomes = [row.outcome for row in _only(results, AttritionResult).bounds]

    assert list(dict.fromkeys(outcomes)) == list(planned)


def test_the_list_and_the_refusals_are_what_one_gets_by_oneself(results, design, scored):
    part = _only(results, SensitiveResult)
    asked = rs.ListQuestion.from_study(results.study, "ken_list_version")
    share = rs.estimate_list(design, asked, where={"wave": "endline"})
    bounds = rs.refusal_bounds(
        design,
        "ken_election_tension",
        answers=[4, 5],
        reasons=scored.reason_names(),
        where={"wave": "endline"},
    )

    assert part.experiment.share.estimates.values == pytest.approx(share.values)
    (direct,) = part.direct
    assert (direct.lower, direct.upper) == pytest.approx(
        (bounds.lower.values[0], bounds.upper.values[0])
    )
    assert direct.refused == bounds.n_hidden[0]
    assert part.experiment.design_holds


def test_more_places_help_where_more_respondents_hardly_do(results):
    for panel in _only(results, PowerResult).panels:
        fielded = panel.fielded["mde_cautious"].iloc[0]
        assert panel.hardly
        assert panel.by_respondents["mde_cautious"].min() > 0.9 * fielded
        assert panel.by_places["mde_cautious"].min() < 0.25 * fielded


# The pages have the numbers of the results


def test_the_table_of_balance_has_the_numbers_of_the_results(results, made):
    part = _only(results, BalanceResult)
    (table,) = _tables(made["en"], "balance-14")

    for at, cells in enumerate(_cells(table)):
        scale = 100 if part.rows[at].unit == "share" else 1
        low, high = part.differences.estimates.interval(level=0.95)
        expected = [*part.levels.estimates.values[2 * at : 2 * at + 2]]
        expected += [part.differences.estimates.values[at], low[at], high[at]]
        shown = [number for cell in cells[:3] for number in cell]
        assert shown == pytest.approx([scale * float(n) for n in expected], abs=ROUNDING)
        assert cells[3] == pytest.approx([part.normalised.estimates.values[at]], abs=0.005)


def test_the_tables_of_attrition_have_the_numbers_of_the_results(results, made):
    part = _only(results, AttritionResult)
    rates, selective, bounds = map(_cells, _tables(made["en"], "attrition-13"))

    assert rates[0][0][0] == pytest.approx(100 * part.rates.estimates.values[1], abs=ROUNDING)
    low, high = part.by_assignment.interval(level=0.95)
    assert rates[-1][0][1:] == pytest.approx([100 * low[0], 100 * high[0]], abs=ROUNDING)
    for cells, row in zip(selective, part.selective, strict=True):
        scale = 100 if row.row.unit == "share" else 1
        assert cells[0] == pytest.approx([scale * row.found_treated], abs=ROUNDING)
        assert cells[-1] == pytest.approx([row.smallest_p], abs=0.0005)
    for cells, row in zip(bounds, part.bounds, strict=True):
        scale = 100 if row.unit == "share" else 1
        expected = [scale * end for end in (row.lower, row.upper, row.conf_low, row.conf_high)]
        assert [*cells[1], *cells[2]] == pytest.approx(expected, abs=ROUNDING)


def test_the_table_of_power_has_the_numbers_of_the_results(results, made):
    (table,) = _tables(made["en"], "power-15")
    panels = _only(results, PowerResult).panels
    frames = [f for p in panels for f in (p.fielded, p.by_respondents, p.by_places)]
    expected = [row for frame in frames for _, row in frame.iterrows()]

    for cells, row in zip(_cells(table), expected, strict=True):
        assert cells[2] == pytest.approx([row["mde"]], abs=ROUNDING)
        assert cells[3] == pytest.approx([row["mde_cautious"]], abs=ROUNDING)


def test_the_table_on_sensitive_questions_has_the_numbers_of_the_results(results, made):
    part = _only(results, SensitiveResult)
    (table,) = _tables(made["en"], "sensitive-10")
    by_list, direct = _cells(table)

    assert by_list[0][0] == pytest.approx(100 * part.experiment.share.values[0], abs=ROUNDING)
    assert by_list[1][1] == pytest.approx(100 * part.experiment.upper, abs=ROUNDING)
    ends = [100 * part.direct[0].lower, 100 * part.direct[0].upper]
    assert direct[1] == pytest.approx(ends, abs=ROUNDING)
    assert direct[3] == [part.direct[0].refused]


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("section", SECTIONS)
def test_all_languages_have_the_same_numbers(made, section, language):
    def digits(written):
        return [
            re.findall(r"\d", said(cell))
            for table in _tables(written, section)
            for row in table["rows"]
            if row["kind"] == "body"
            for cell in row["cells"][1:]
        ]

    assert digits(made["en"]) == digits(made[language])


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_paper_has_every_number_of_the_page(made, pages_of, language):
    paper = "\n".join(pages_of(made[language].pdf))
    tables = [table for section in SECTIONS for table in _tables(made[language], section)]
    wanted = {
        number
        for table in tables
        for row in table["rows"]
        for cell in row["cells"][1:]
        for number in numbers_in(said(cell))
    }

    assert len(wanted) > 250
    assert wanted - set(numbers_in(paper)) == set()


# What is said


def test_nothing_is_called_what_it_is_not(made):
    told = _words(made["en"]).lower()

    assert "significan" not in told
    assert "no effect" not in told
    assert "balanced" not in told
    assert "placebo reference, as places were not chosen by lot" in told
    assert "placebo test" not in told


def test_beside_a_p_stands_the_smallest_attainable(made):
    told = _words(made["en"])

    assert told.count("the smallest p attainable is 0.333") == 2
    assert told.count("A large p does not show") == 3


def test_a_list_is_not_compared_with_a_question_on_something_else(made):
    assert "their shares are not to be compared" in _words(made["en"])


# Few respondents


def test_groups_under_the_minimum_are_not_shown_in_any_of_the_blocks(plan, responses, scored):
    strict = plan.model_copy(update={"policy": plan.policy.model_copy(update={"minimum_n": 600})})
    results = run_on(strict, responses, scored)
    attrition = _only(results, AttritionResult)

    assert not attrition.places.showable.any()
    assert attrition.rates.showable.all()
    assert not any(row.shown for row in attrition.selective)
    assert {row.status for row in attrition.bounds} == {"suppressed"}
    report = rs.build_report(results)
    written = write(
        replace(report, sections=tuple(s for s in report.sections if s.id == "attrition-13")), "en"
    )
    rates, selective, bounds = _tables(written, "attrition-13")
    assert _cells(selective) == [[[600.0]] * 7] * len(attrition.selective)
    assert all(cells[0] == [600.0] for cells in _cells(bounds))
    assert said(rates["rows"][1]["cells"][1]) in ("n < 600", "withheld")


def test_a_list_whose_arms_are_too_small_is_not_shown(plan, responses, scored):
    strict = plan.model_copy(update={"policy": plan.policy.model_copy(update={"minimum_n": 700})})

    part = _only(run_on(strict, responses, scored), SensitiveResult)

    assert part.experiment.share.estimates.n[0] > 700
    assert not part.experiment.share.showable.any()


# What a study must have


WRONG = {
    "a variable that is not there": (
        "variables: [resilience, cohesion, sex, age_group]",
        "variables: [resilience, cohesoin]",
        "there is no index, indicator, item or variable 'cohesoin'",
    ),
    "an experiment that is not there": (
        "experiment: ken_list_version",
        "experiment: ken_list",
        "there is no list experiment 'ken_list'",
    ),
    "an answer that the scale does not have": (
        "answers: [4, 5]",
        "answers: [4, 6]",
        "there is no answer to ken_election_tension '6'",
    ),
    "a wave that asked others": (
        "  - block: attrition\n",
        "  - block: attrition\n    wave: baseline\n",
        "nobody was to be found again",
    ),
}


@pytest.mark.parametrize("rule", WRONG)
def test_what_a_block_asks_for_its_study_must_have(tmp_path, rule):
    old, new, what = WRONG[rule]
    for name in ("instruments", "surveys/kenya"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "reports").mkdir()
    whole = (ROOT / "reports" / "kenya-donor.yaml").read_text("utf-8")
    assert old in whole
    file = tmp_path / "reports" / "kenya-donor.yaml"
    file.write_text(whole.replace(old, new, 1), "utf-8")

    with pytest.raises(DefinitionError) as caught:
        load_report_plan(file)

    assert what in [issue.what for issue in caught.value.issues]


# Who interviewed


def test_a_report_says_who_interviewed_where_files_say_it():
    results = rs.run_plan(ROOT / "reports" / "senegal-donor.yaml")
    frame = results.responses.frame
    last = frame.loc[frame["wave"].astype("str") == "endline", "interviewer"]

    told = results.sample.interviewing["endline"]

    assert told.interviewers == last.nunique()
    assert told.median == last.value_counts().median()
    first = set(frame.loc[frame["wave"].astype("str") == "baseline", "interviewer"])
    assert told.from_first == pytest.approx(last.isin(first).mean())
    report = rs.build_report(results)
    (method,) = (section for section in report.sections if section.id == "method")
    assert any(getattr(block, "caption", None) for block in method.blocks[2:3])
