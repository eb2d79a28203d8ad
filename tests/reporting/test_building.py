"""How a report is put together from results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import ResilienceWarning
from resilience.evaluation.results import ChangeResult
from resilience.reporting.document import Callout, Facts, Figure, Table
from resilience.reporting.localised import localise
from tests.reporting.pages import rows_of, runs_of, said, tables_of, words_of
from tests.workspaces import example_workspace


def _built(tmp_path, extra=None, **changes):
    results = rs.run_plan(example_workspace(tmp_path / "workspace", **changes))
    return rs.build_report(results, extra=extra)


def _said_once(tmp_path, **changes):
    return localise(_built(tmp_path, **changes), "en").content


def _words(content):
    return " ".join(text for text, _ in runs_of(content)).replace("\u00a0", " ")


# Order


def test_sections_follow_the_plan_and_annexes_come_last(report):
    assert [section.id for section in report.sections] == [
        "findings",
        "indicators",
        "impact",
        "change-4",
        "profile-5",
        "answers-6",
        "answers-7",
        "activities",
        "contribution",
        "impact-details",
        "balance-10",
        "power-11",
        "method",
        "missing",
        "sources",
        "questionnaire",
    ]
    assert [section.annex for section in report.sections] == [False] * 9 + [True] * 7


def test_annexes_come_last_wherever_the_plan_names_them(tmp_path):
    def report(definition):
        definition["blocks"] = [
            {"block": "questionnaire"},
            {"block": "method"},
            {"block": "activities"},
            {"block": "findings"},
        ]

    built = _built(tmp_path, report=report)

    # No index is shown, so there is nothing to tell of answers that scores lack.
    assert [section.id for section in built.sections] == [
        "activities",
        "findings",
        "questionnaire",
        "method",
        "sources",
    ]


def test_sections_are_numbered_and_annexes_lettered(written):
    numbers = {
        language: [section["number"] for section in part.content["sections"]]
        for language, part in written.items()
    }

    assert numbers["en"] == [*"123456789", *"ABCDEFG"]
    assert numbers["ar"] == [*"123456789", *"أبجدهوز"]


def test_tables_and_figures_are_numbered_through(written):
    for part in written.values():
        blocks = [block for section in part.content["sections"] for block in section["blocks"]]
        for kind in ("table", "figure"):
            numbers = [block["number"] for block in blocks if block["type"] == kind]
            assert numbers == list(range(1, len(numbers) + 1))


def test_every_section_has_an_identifier_of_its_own(tmp_path):
    def report(definition):
        definition["blocks"] = [{"block": "activities"}, {"block": "activities"}]

    identifiers = [section.id for section in _built(tmp_path, report=report).sections]

    assert len(set(identifiers)) == len(identifiers)


def test_a_block_may_have_a_title_of_its_own(written):
    titles = [said(section["title"]) for section in written["en"].content["sections"]]

    assert "Trust" in titles
    assert "Response to hate and violence" in titles


# What the cover says


def test_the_cover_says_who_was_asked_when_and_where(written):
    (facts,) = (block for block in written["en"].content["cover"] if block["type"] == "facts")
    told = {said(name): said(value).replace("\u00a0", " ") for name, value in facts["pairs"]}

    assert told["Programme"] == "Port City, Hill City"
    assert told["Comparison"] == "River City, Plain City"
    assert told["Date of this report"] == "15 June 2026"
    assert "Baseline: 4 March 2024 to 12 April 2024, 1,663 respondents" in told["Waves"]
    assert told["Population"].startswith("Adults aged 18 and over")


def test_the_cover_of_simulated_data_begins_with_saying_so(report):
    first, second = report.cover

    assert isinstance(first, Callout)
    assert first.kind == "simulated"
    assert isinstance(second, Facts)
    assert report.simulated


def test_simulated_data_are_called_that_on_the_cover_in_the_footer_and_in_every_chart(written):
    content = written["en"].content
    charts = [
        block["svg"]
        for section in content["sections"]
        for block in section["blocks"]
        if block["type"] == "figure"
    ]

    assert "No person gave these answers" in _words(content["cover"])
    assert said(content["footer"]) == "Simulated data – not findings about any real place"
    assert len(charts) == 10
    assert all("Simulated data" in words_of(svg) for svg in charts)


def test_collected_data_are_not_called_simulated(tmp_path):
    def study(definition):
        definition["data"] = "collected"

    def data(wave, answers):
        return answers.drop(columns="simulated")

    content = _said_once(tmp_path, study=study, data=data)
    charts = [
        block["svg"]
        for section in content["sections"]
        for block in section["blocks"]
        if block["type"] == "figure"
    ]

    assert not content["simulated"]
    assert said(content["footer"]) == ""
    assert "imulated" not in _words(content)
    assert charts
    assert not [svg for svg in charts if "imulated" in svg]


# Nothing is computed


def test_building_does_not_change_the_results(results):
    (before,) = (part for _, part in results.blocks if isinstance(part, ChangeResult))
    levels, coverage = before.levels.estimates.to_frame(), results.coverage.copy()

    rs.build_report(results)

    pd.testing.assert_frame_equal(before.levels.estimates.to_frame(), levels)
    pd.testing.assert_frame_equal(results.coverage, coverage)


def test_the_same_results_make_the_same_report(results, report):
    assert rs.build_report(results) == report


def test_a_report_keeps_what_its_plan_says_of_files(report):
    assert (report.name, report.languages, report.formats) == (
        "lebanon_donor",
        ("en", "ar"),
        ("html", "pdf"),
    )
    assert repr(report) == "<Report lebanon_donor: simulated data, 16 sections>"


def test_every_figure_has_a_description_and_a_table_beside_it(report):
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, Figure):
                assert block.alternative is not None
                assert any(isinstance(other, Table) for other in section.blocks)


def test_every_row_of_a_table_has_a_cell_for_every_column(report):
    tables = [
        block for section in report.sections for block in section.blocks if isinstance(block, Table)
    ]

    assert len(tables) == 20
    for table in tables:
        sizes = {len(row.cells) for row in table.rows if row.kind == "body"}
        assert sizes == {len(table.columns)}
        assert all(len(row.cells) == 1 for row in table.rows if row.kind == "group")


# Further results


@pytest.fixture(scope="module")
def extra(design):
    means = rs.estimate_mean(design, "cohesion", by=["wave", "site"])
    return {
        "levels_by_city": means,
        "changes_by_city": rs.compare(means, over="wave", reference="baseline"),
    }


@pytest.fixture(scope="module")
def with_extra(results, extra):
    return rs.build_report(results, extra=extra)


def test_further_results_are_tables_in_an_annex_after_all_others(with_extra):
    last = with_extra.sections[-1]

    assert (last.id, last.annex) == ("extra", True)
    assert [type(block) for block in last.blocks] == [Table, Table]


def test_further_results_do_not_change_the_other_sections(with_extra, report):
    assert with_extra.sections[:-1] == report.sections


def _annex(results, extra):
    """Return the tables of further results, without the rest of the report."""
    content = localise(rs.build_report(replace(results, blocks=()), extra=extra), "en").content
    (section,) = content["sections"]
    return section["blocks"]


def test_further_results_carry_their_names_values_and_signs(results, extra):
    tables = _annex(results, extra)

    assert [said(table["caption"]) for table in tables] == ["levels_by_city", "changes_by_city"]
    for table, estimates in zip(tables, extra.values(), strict=True):
        assert len(table["rows"]) == len(estimates)
        shown = [said(row["cells"][-2]).split()[0] for row in table["rows"]]
        signed = "+" if "reference" in estimates.rows else ""
        expected = [f"{value:{signed}.1f}".replace("-", "−") for value in estimates.values]
        assert shown == expected


def test_the_rule_for_small_numbers_holds_for_further_results_too(results):
    frame = pd.DataFrame({"y": np.arange(49.0), "group": ["few"] * 9 + ["many"] * 40})
    extra = {"mine": rs.estimate_mean(rs.SurveyDesign(frame), "y", by="group")}

    (table,) = _annex(results, extra)

    few, many = (list(map(said, row["cells"])) for row in table["rows"])
    assert few == ["y", "few", "–", "n < 10", "n < 10"]
    assert many[:2] == ["y", "many"]
    assert many[-1] == "40"


# Scores that are not the same score


def _care_not_asked(study):
    study["waves"][1]["not_asked"] = ["care"]


def _change_block(**settings):
    def report(definition):
        definition["planned"] = []
        definition["blocks"] = [{"block": "change", **settings}]

    return report


def test_what_is_not_compared_is_named_with_the_reason(tmp_path):
    report = _change_block(measures=["belonging", "fairness"], by="site")

    words = _words(_said_once(tmp_path, study=_care_not_asked, report=report))

    assert (
        "Belonging is not compared between waves, because it is not the same score: "
        "People here matter to me (care) not asked in Endline."
    ) in words


def test_what_is_not_compared_stands_apart_and_has_no_change(tmp_path):
    report = _change_block(measures=["belonging", "fairness"], by="site")
    content = _said_once(tmp_path, study=_care_not_asked, report=report)

    tables = [
        block
        for section in content["sections"]
        for block in section["blocks"]
        if section["id"] == "change-1" and block["type"] == "table"
    ]
    rows, apart = map(rows_of, tables)

    baseline, endline, change, n, reading = rows["Belonging, points", "North Town"]
    assert "to" in baseline
    assert (endline, change, n, reading) == ("shown apart", "not compared", "", "")
    assert rows["Fairness, points", "North Town"][-1] != ""
    wave, level, _ = apart["Belonging, points", "North Town"]
    assert wave == "Endline"
    assert "to" in level
    assert said(tables[1]["caption"]).startswith("Shown apart, because it is another score")
    assert "People here matter to me (care) not asked in Endline" in _words(tables[1])


def test_a_comparison_on_the_items_asked_in_every_wave_says_that_it_is_one(tmp_path):
    report = _change_block(measures=["belonging", "fairness"], by="site", items="common")

    content = _said_once(tmp_path, study=_care_not_asked, report=report)

    assert "It is compared on the items that all compared waves asked alike" in _words(content)
    groups = {group for group, _ in rows_of(tables_of(content)["change-1"])}
    assert "Belonging (only items that all compared waves asked alike), points" in groups


def test_a_score_whose_name_begins_another_is_not_said_to_be_compared_by_it(tmp_path):
    def instrument(definition):
        definition["indices"].append(
            {
                "id": "belonging_home",
                "title": "Home",
                "items": ["home"],
                "minimum_answered": 1,
                "measurement": "reflective",
            }
        )

    report = _change_block(measures=["belonging", "belonging_home"])

    words = _words(
        _said_once(tmp_path, instrument=instrument, study=_care_not_asked, report=report)
    )

    assert "Belonging is not compared between waves" in words
    assert "It is compared on the items that all compared waves asked alike" not in words


def test_items_not_asked_are_named_below_the_questionnaire(tmp_path):
    def report(definition):
        definition["planned"] = []
        definition["blocks"] = [{"block": "questionnaire"}]

    words = _words(_said_once(tmp_path, study=_care_not_asked, report=report))

    assert "Not asked in Endline: care." in words


# Other plans


def test_the_form_that_was_asked_is_named_below_the_questionnaire(written):
    note = "asked in its form 'short' (questions: 24); its other questions were not asked."

    assert note in _words(written["en"].content)


def test_where_the_whole_was_asked_no_form_is_named(tmp_path):
    assert "asked in its form" not in _words(_said_once(tmp_path))


def test_a_study_with_one_wave_makes_a_report_without_changes(tmp_path):
    def study(definition):
        definition["waves"] = definition["waves"][1:]
        definition["design"].pop("waves")

    def report(definition):
        definition["baseline"] = "endline"

    tables = tables_of(_said_once(tmp_path, study=study, report=report))

    for cells in rows_of(tables["change-3"]).values():
        assert cells[1:] == ["not compared", "", ""]
    for cells in rows_of(tables["indicators"]).values():
        assert cells[4] == "not compared"


def test_changes_of_the_whole_population_stand_in_one_row_each(tmp_path):
    report = _change_block(measures=["cohesion", "treated_alike"])

    rows = rows_of(tables_of(_said_once(tmp_path, report=report))["change-1"])

    assert [head for _, head in rows] == ["Cohesion, points", "Say everybody is treated alike, %"]


def test_every_reason_for_missing_answers_that_occurs_stands_beside_the_answers(tmp_path):
    def data(wave, answers):
        answers.loc[:39, "home"] = ""
        return answers

    def report(definition):
        definition["planned"] = []
        definition["blocks"] = [{"block": "answers", "items": ["home"], "wave": "endline"}]

    table = tables_of(_said_once(tmp_path, report=report, data=data))["answers-1"]

    titles = [said(column["title"]) for column in table["columns"]]
    cells = dict(zip(titles, map(said, table["rows"][0]["cells"]), strict=True))
    assert {"Refused", "Don't know", "Left empty"} <= set(titles)
    assert cells["Left empty"] == "10.0"


def _no_north(when):
    return lambda wave, answers: answers[answers["town"] != "1"] if wave == when else answers


def test_a_place_that_a_wave_did_not_visit_is_shown_as_not_measured_there(tmp_path):
    plan = example_workspace(
        tmp_path / "workspace",
        report=_change_block(measures=["cohesion"], by="site"),
        data=_no_north("baseline"),
    )
    with pytest.warns(ResilienceWarning, match="no 'baseline' to be compared with"):
        results = rs.run_plan(plan)

    content = localise(rs.build_report(results), "en").content

    rows = rows_of(tables_of(content)["change-1"])
    baseline, endline, change, *_ = rows["Cohesion, points", "North Town"]
    assert (baseline, change) == ("not measured", "not compared")
    assert endline[0].isdigit()


def test_a_target_for_a_place_that_its_wave_did_not_visit_is_shown_as_not_measured(tmp_path):
    def report(definition):
        definition["planned"] = []
        definition["blocks"] = [{"block": "indicators"}]

    content = _said_once(tmp_path, report=report, data=_no_north("endline"))

    for cells in rows_of(tables_of(content)["indicators"]).values():
        assert cells[3] == "not measured"
        assert cells[-1] == "Not estimable"


def test_an_acknowledgement_of_the_study_is_printed_with_the_sources(tmp_path):
    def study(definition):
        definition["acknowledgement"] = "Simulated by nobody in particular"

    def report(definition):
        definition["planned"] = []
        definition["blocks"] = [{"block": "method"}]

    words = _words(_said_once(tmp_path, study=study, report=report))

    assert "Simulated by nobody in particular" in words


def test_sources_name_each_file_with_its_checksum(results, written):
    (sources,) = (s for s in written["en"].content["sections"] if s["id"] == "sources")

    words = _words(sources)

    for source in results.responses.sources.values():
        assert source.name in words
        assert source.sha256 in words


def test_the_wording_of_questions_is_filled_with_the_studys_words(written):
    words = _words(written["en"].content)

    assert "I feel at home in this city." in words
    assert "{place}" not in words


def test_the_rule_of_every_score_is_printed_with_its_hash(results, written):
    questionnaire = results.study.questionnaire
    words = _words(written["en"].content["sections"][-1])

    for name in (*questionnaire.indices_by_id, *questionnaire.indicators_by_id):
        assert questionnaire.rule_hash(name) in words


def test_labels_taken_as_equivalent_are_printed_with_the_reason(results):
    first, *others = results.responses.asked
    because = replace(first, equivalent_because={"en": "the same words in another order"})
    responses = replace(results.responses, asked=(because, *others))

    method = tuple(part for part in results.blocks if part[0].block == "method")
    told = rs.build_report(replace(results, responses=responses, blocks=method))

    content = localise(told, "en").content

    assert (
        "the answer labels differ in wording and are taken as equivalent. "
        "Reason: the same words in another order"
    ) in _words(content)


def test_fieldwork_that_is_not_stated_is_told(tmp_path):
    def study(definition):
        for wave in definition["waves"]:
            del wave["fieldwork"]

    content = _said_once(tmp_path, study=study)

    assert "not stated" in _words(content["cover"])


@pytest.mark.parametrize(
    ("items", "first"), [(["worse"], "Strongly agree"), (["fair", "worse"], "Strongly disagree")]
)
def test_answers_run_from_the_worst_to_the_best_where_the_items_agree(tmp_path, items, first):
    def report(definition):
        definition["planned"] = []
        definition["blocks"] = [{"block": "answers", "items": items, "wave": "endline"}]

    content = _said_once(tmp_path, report=report)

    titles = [said(column["title"]) for column in tables_of(content)["answers-1"]["columns"]]
    assert titles[1] == first
