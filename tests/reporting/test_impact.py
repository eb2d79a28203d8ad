"""Impact in reports: the evaluation's numbers everywhere, and nothing of small groups."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

import resilience as rs
from resilience.definitions.assignment import Assignment, Event
from resilience.definitions.policy import Policy
from resilience.definitions.report import ContributionBlock, ImpactBlock
from resilience.evaluation.impact.evaluation import DeviationCode, OutcomeVerdict
from resilience.evaluation.impact.noting import NoteCode
from resilience.evaluation.results import ContributionResult, EvaluationResult
from resilience.evaluation.showing import shown_evaluation
from resilience.inference.designs.design import SurveyDesign
from resilience.reporting.localising import REPORT_LANGUAGES, catalogue
from resilience.workflow.publishing import withheld_in_report
from resilience.workflow.running import run_on
from resilience.workflow.showing_impact import impact_tables
from tests.reporting.conftest import _pages, write
from tests.reporting.pages import parsed, said

ROUNDING = 0.05 + 1e-9
MINUS = str.maketrans("−", "-", ",%±")
BLOCKS = {"impact": ImpactBlock(block="impact"), "rest": ContributionBlock(block="contribution")}


@pytest.fixture(scope="module")
def plan():
    """The donor report on the simulated Kenya study, its two blocks on impact only."""
    whole = rs.load_report_plan("reports/kenya-donor.yaml")
    return whole.model_copy(update={"blocks": tuple(BLOCKS.values())})


@pytest.fixture(scope="module")
def responses(plan):
    return rs.load_responses(plan.loaded_study)


@pytest.fixture(scope="module")
def scored(responses):
    return rs.score(responses)


@pytest.fixture(scope="module")
def results(plan, responses, scored):
    return run_on(plan, responses, scored)


@pytest.fixture(scope="module")
def evaluation(plan, scored):
    return rs.evaluate(plan.loaded_analysis, scored)


@pytest.fixture(scope="module")
def written(results):
    return write(rs.build_report(results), "en")


def part_of(results, kind=EvaluationResult):
    return next(part for _, part in results.blocks if isinstance(part, kind))


def section_of(content, name):
    return next(section for section in content["sections"] if section["id"] == name)


def tables_in(section):
    return [block for block in section["blocks"] if block["type"] == "table"]


def words_in(section):
    """Return all words of a section's callouts, paragraphs and bullets."""
    lines = []
    for block in section["blocks"]:
        lines += block.get("items", []) + ([block["text"]] if "text" in block else [])
    return " ".join(map(said, lines))


def values(text):
    numbers = re.findall(r"[+−]?\d[\d,]*(?:\.\d+)?", text)
    return [float(number.translate(MINUS)) for number in numbers]


def section_for(plan, responses, scored, **changes):
    """Return the section on impact of a study that differs in some respect."""
    study = plan.loaded_study.model_copy(update=changes)
    analysis = plan.loaded_analysis.model_copy(update={"loaded_study": study})
    other = plan.model_copy(update={"loaded_study": study, "loaded_analysis": analysis})
    found = run_on(other, responses, replace(scored, study=study))
    return found, write(rs.build_report(found), "en")


# Numbers


def test_the_table_of_outcomes_holds_the_numbers_of_the_evaluation(evaluation, written):
    table = tables_in(section_of(written.content, "impact"))[0]
    body = [[said(cell) for cell in row["cells"]] for row in table["rows"] if row["kind"] == "body"]

    assert len(body) == len(evaluation.outcomes) == 6
    for cells, row in zip(body, evaluation.outcomes.to_dict("records"), strict=True):
        scale = 1 if "percentage" not in cells[1] else 100
        expected = [scale * row[name] for name in ("estimate", "conf_low", "conf_high")]
        assert values(cells[2]) == pytest.approx(expected, abs=ROUNDING)
        assert values(cells[3]) == pytest.approx([row["p_value"], row["p_adjusted"]], abs=0.0005)
        assert values(cells[5]) == pytest.approx([scale * row["minimum_detectable"]], abs=ROUNDING)


def test_levels_changes_and_inference_are_those_of_the_evaluation(evaluation, written):
    did, inference, without, _ = tables_in(section_of(written.content, "impact-details"))
    impact = evaluation.impact

    treated = [said(cell) for cell in did["rows"][1]["cells"]]
    levels = impact.table.levels.to_frame().query("variable == 'resilience' and arm == 'treated'")
    assert [values(cell)[0] for cell in treated[1:3]] == pytest.approx(levels["estimate"], abs=0.05)
    first = [said(cell) for cell in inference["rows"][1]["cells"]]
    frame = impact.inference().iloc[0]
    assert values(first[1]) == pytest.approx([frame["conf_low"], frame["conf_high"]], abs=ROUNDING)
    assert values(first[4]) == pytest.approx([frame["df"]], abs=ROUNDING)
    cells = [said(cell) for cell in without["rows"][0]["cells"]][2:]
    found = impact.without_each().query("variable == 'resilience'").set_index("without")["estimate"]
    order = [site.id for site in evaluation.plan.loaded_study.sites]
    assert [values(cell)[0] for cell in cells] == pytest.approx(found[order], abs=ROUNDING)


def test_the_page_and_the_paper_say_the_same_numbers(written, tmp_path):
    paper = re.sub(r"\s", "", " ".join(_pages(written.pdf, tmp_path)))
    page = parsed(written.html).text

    for name in ("impact", "impact-details", "contribution"):
        for table in tables_in(section_of(written.content, name)):
            numbers = [column["kind"] == "number" for column in table["columns"]]
            for row in (row for row in table["rows"] if row["kind"] == "body"):
                for line in itertools.chain(*itertools.compress(row["cells"], numbers)):
                    told = "".join(text for text, _ in line)
                    assert told in page
                    assert re.sub(r"\s", "", told) in paper


def test_the_line_of_the_assumption_is_parallel_to_the_comparison_places(results):
    part = part_of(results)
    levels = part.levels.estimates.to_frame().set_index(["variable", "arm", "wave"])["estimate"]
    line = part.counterfactual.estimates.to_frame().set_index(["variable", "wave"])["estimate"]

    for name in part.outcomes["variable"]:
        step = levels[name, "comparison", "endline"] - levels[name, "comparison", "baseline"]
        assert line[name, "baseline"] == pytest.approx(levels[name, "treated", "baseline"])
        assert line[name, "endline"] - line[name, "baseline"] == pytest.approx(step)


# Words


def test_all_that_can_come_of_an_evaluation_has_its_words():
    wanted = {f"impact_note_{code}" for code in get_args(NoteCode)}
    wanted |= {f"impact_deviation_{code}" for code in get_args(DeviationCode)}
    wanted |= {f"impact_verdict_{v}" for v in (*get_args(OutcomeVerdict), "suppressed", "fragile")}
    wanted |= {f"impact_headline_{name}" for name in ("cr2", "wild", "randomisation", "none")}
    kinds = get_args(Event.model_fields["kind"].annotation)
    wanted |= {f"contribution_kind_{kind}" for kind in kinds}
    wanted |= {f"impact_{m}" for m in get_args(Assignment.model_fields["mechanism"].annotation)}

    for language in REPORT_LANGUAGES:
        assert wanted <= set(catalogue(language))


def test_words_that_claim_too_much_are_not_used():
    told = " ".join(
        str(text)
        for key, text in catalogue("en").items()
        if key.startswith(("impact_", "contribution_"))
    ).lower()

    assert "significan" not in told
    assert "no effect was" not in told
    assert "placebo test" not in told


def test_what_only_too_small_errors_make_clear_is_not_firm(written, evaluation):
    words = words_in(section_of(written.content, "impact"))
    cohesion = evaluation.outcomes.set_index("variable").loc["cohesion"]

    assert cohesion["verdict"] == "not_clear"
    assert "leaves the direction open: the result is not firm" in words
    assert "was not decided by lot" in words
    assert "no result whatever could reach a p below 0.333" in words


def test_a_lot_is_called_a_lot(plan, responses, scored):
    study = plan.loaded_study
    drawn = study.assignment.model_copy(update={"mechanism": "random"})

    _, written = section_for(plan, responses, scored, assignment=drawn)

    words = words_in(section_of(written.content, "impact"))
    assert "was decided by lot" in words
    inference = tables_in(section_of(written.content, "impact-details"))[1]
    heads = [said(row["cells"][0]) for row in inference["rows"]]
    assert "Randomisation test" in heads
    assert "Placebo reference" not in heads


def test_of_one_place_each_nothing_is_said_but_their_changes(plan, responses, scored):
    one_each = Assignment(
        mechanism="non_random",
        treated={"endline": ["harbour_town"]},
        comparison=["highland_town"],
    )

    found, written = section_for(plan, responses, scored, assignment=one_each)

    part = part_of(found)
    assert part.comparison is None
    section = section_of(written.content, "impact")
    assert "One place has the programme and one is compared with it" in words_in(section)
    assert "difference is" not in words_in(section)
    (table,) = tables_in(section)
    assert any(values(said(row["cells"][-1])) for row in table["rows"] if row["kind"] == "body")
    annex = words_in(section_of(written.content, "impact-details"))
    assert "cannot be estimated" in annex


def test_events_are_rival_explanations_where_they_happened(written, results):
    section = section_of(written.content, "contribution")
    words = words_in(section)

    assert "At comparison places only: Fire in the market" in words
    assert "At both kinds of places: Failed rains" in words
    assert part_of(results, ContributionResult).contribution.rivals["event"].nunique() == 2


def test_in_arabic_and_french_everything_is_said(results):
    for language in ("fr", "ar"):
        content = write(rs.build_report(results), language).content
        assert words_in(section_of(content, "impact"))
        assert len(tables_in(section_of(content, "impact-details"))) == 4


# Small groups


def test_an_outcome_of_too_few_has_no_number_anywhere(evaluation, results):
    block, policy = BLOCKS["impact"], Policy(minimum_n=10_000, low_precision_n=10_000)

    part = shown_evaluation(evaluation, block, policy=policy)

    assert set(part.outcomes["verdict"]) == {"suppressed"}
    assert part.outcomes[["estimate", "conf_low", "p_value", "sd_estimate"]].isna().all(axis=None)
    assert not len(part.inference)
    assert not len(part.without)
    assert not part.by_unit.showable.any()
    blocks = tuple((b, part if b is block else p) for b, p in results.blocks)
    written = write(rs.build_report(replace(results, blocks=blocks)), "en")
    section = section_of(written.content, "impact")
    assert "too few respondents to show it" in words_in(section)
    assert not any(block["type"] == "figure" for block in section["blocks"])


def test_a_group_that_another_table_withholds_is_withheld_here(plan, scored, evaluation):
    design = SurveyDesign.from_responses(scored)
    withholding = withheld_in_report(plan, design)
    town = (design.frame["site"] == "lake_town") & (design.frame["wave"] == "endline")
    closed = replace(withholding, groups=frozenset({np.packbits(town.to_numpy(bool)).tobytes()}))
    if not closed.of_rows(
        evaluation.impact.changes_by_unit()[["unit"]]
        .rename(columns={"unit": "site"})
        .assign(wave="endline"),
        None,
    ).any():
        pytest.fail("the group is not found by the key of the audit")

    part = shown_evaluation(evaluation, BLOCKS["impact"], policy=plan.rules, withholding=closed)

    hidden = part.by_unit.estimates.rows.loc[~part.by_unit.showable, "unit"]
    assert set(hidden) == {"lake_town"}
    assert "lake_town" not in set(part.without["without"])


def test_the_audit_knows_the_tables_of_places_arms_and_subgroups(plan):
    tables = impact_tables(plan.loaded_analysis)

    assert {table.by for table in tables} == {("site", "wave"), ("wave",), ("sex", "wave")}
    assert all("resilience" in table.variables for table in tables)
    treated = ("harbour_town", "lake_town")
    assert any(table.where == {"site": treated} for table in tables)


def test_the_audit_knows_arms_that_a_variable_tells(plan):
    told = Assignment(
        mechanism="random",
        unit="person",
        arm={"variable": "sex", "treated": ["female"], "since": "endline"},
    )
    study = plan.loaded_study.model_copy(update={"assignment": told})
    analysis = plan.loaded_analysis.model_copy(update={"loaded_study": study})

    tables = impact_tables(analysis)

    assert {"sex": ("female",)} in [table.where for table in tables]
    assert {"sex": ("male",)} in [table.where for table in tables]
    assert ("sex", "wave") in {table.by for table in tables}
