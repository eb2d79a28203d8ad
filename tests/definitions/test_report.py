from __future__ import annotations

import pytest

import resilience as rs
from resilience.errors import DefinitionError
from tests.editing import lacking, swap

RULES = {
    "unknown baseline": ("baseline: baseline", "baseline: basline", "there is no wave 'basline'"),
    "unknown measure that was planned": (
        "  - {measure: cohesion,",
        "  - {measure: cohesoin,",
        "there is no index or indicator 'cohesoin'",
    ),
    "unknown wave that was planned": (
        "  - {measure: cohesion, wave: endline",
        "  - {measure: cohesion, wave: endlin",
        "there is no wave 'endlin'",
    ),
    "unknown place that was planned": (
        "where: {site: north_town}",
        "where: {site: north_twon}",
        "there is no value of site 'north_twon'",
    ),
    "unknown column that was planned": (
        "where: {site: north_town}",
        "where: {town: north_town}",
        "there is no site or variable 'town'",
    ),
    "unknown measure in a block": (
        "    measures: [cohesion, belonging, fairness]",
        "    measures: [cohesion, belongin]",
        "there is no index or indicator 'belongin'",
    ),
    "an item as a measure": (
        "    measures: [cohesion, belonging, fairness]",
        "    measures: [home]",
        "there is no index or indicator 'home'",
    ),
    "unknown grouping": (
        "    by: site                 # site",
        "    by: age                  # site",
        "there is no site or variable 'age'",
    ),
    "who interviewed as a grouping": (
        "    by: site                 # site",
        "    by: interviewer          # site",
        "there is no site or variable 'interviewer'",
    ),
    "unknown wave in a block": (
        "    wave: endline\n  - block: activities",
        "    wave: endlime\n  - block: activities",
        "there is no wave 'endlime'",
    ),
    "unknown item": (
        "    items: [home, care, fair, worse]",
        "    items: [home, cares]",
        "there is no item 'cares'",
    ),
    "unknown study": ("study: example", "study: exampel", "there is no such study"),
}


def findings_in(path):
    with pytest.raises(DefinitionError) as caught:
        rs.load_report_plan(path)
    return caught.value.issues


@pytest.mark.parametrize("rule", RULES)
def test_what_a_report_asks_for_its_study_must_have(report_file, rule):
    old, new, what = RULES[rule]
    line = swap(report_file, old, new)

    (issue,) = findings_in(report_file)

    assert issue.what == what
    assert issue.where == f"{report_file}:{line}"


def test_every_finding_is_told_with_found_expected_and_remedy(report_file):
    whole = report_file.read_text("utf-8")
    findings = []

    for old, new, _ in RULES.values():
        report_file.write_text(whole, "utf-8")
        swap(report_file, old, new)
        findings += findings_in(report_file)

    assert lacking(findings) == []


def test_measures_of_one_profile_share_an_axis(report_file):
    swap(
        report_file,
        "    measures: [belonging, fairness]",
        "    measures: [fairness, treated_alike]",
    )

    (issue,) = findings_in(report_file)

    assert issue.what == "indices and indicators are on different axes"
    assert issue.found == "indicators treated_alike among indices"


def test_items_of_one_block_share_a_scale(report_file, instrument_file):
    swap(
        instrument_file,
        "items:\n",
        "  often:\n    answers: {0: Never, 1: Once}\n\nitems:\n"
        "  - {id: met, scale: often, question: Did you meet}\n",
    )
    line = swap(report_file, "    items: [home, care, fair, worse]", "    items: [home, met]")

    (issue,) = findings_in(report_file)

    assert issue.what == "the items have different scales"
    assert issue.found == "agreement, often"
    assert issue.where == f"{report_file}:{line}"


def test_items_that_were_not_asked_cannot_be_shown(report_file, study_file):
    before, _, after = study_file.read_text("utf-8").partition("    file: data/endline.csv\n")
    study_file.write_text(
        before + "    file: data/endline.csv\n    not_asked: [worse]\n" + after, "utf-8"
    )
    line = swap(report_file, "    items: [home, care,", "    items: [home, care,")

    (issue,) = findings_in(report_file)

    assert issue.what == "'worse' was not asked in endline"
    assert issue.where == f"{report_file}:{line}"


def test_all_that_does_not_fit_is_told_at_once(report_file):
    lines = [swap(report_file, RULES[rule][0], RULES[rule][1]) for rule in list(RULES)[:2]]
    lines += [swap(report_file, "    items: [home, care,", "    items: [hom, care,")]

    found = [issue.where for issue in findings_in(report_file)]

    assert found == [f"{report_file}:{line}" for line in lines]


@pytest.mark.parametrize(
    ("old", "new", "nearest"),
    [
        ("  - block: change\n    measures:", "  - block: change\n    measurs:", "measures"),
        ("    items: [home, care,", "    item: [home, care,", "items"),
        ("  - block: method\n", "  - block: method\n    wave: endline\n", ""),
    ],
)
def test_a_block_knows_its_own_keys_only(report_file, old, new, nearest):
    first = swap(report_file, old, new)
    line = first + new.rstrip("\n").count("\n")

    issue = next(issue for issue in findings_in(report_file) if "unknown key" in issue.what)

    assert issue.where == f"{report_file}:{line}"
    assert issue.remedy == (f"did you mean '{nearest}'?" if nearest else "remove it")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("- block: method", "- block: methods", "block"),
        ("languages: [en]", "languages: [sw]", "'languages.0'"),
        ("languages: [en]", "languages: []", "'languages'"),
        ("formats: [html, pdf]", "formats: [docx]", "'formats.0'"),
        ("level: 0.95", "level: 95", "'level'"),
        ("level: 0.95", "level: 0.5", "'level'"),
        ("date: 2026-03-31", "date: soon", "'date'"),
        ("study: example", "study: ../example", "'study'"),
        ("    # items: common", "    items: all", "'blocks.2.items'"),
    ],
)
def test_values_are_of_closed_kinds(report_file, old, new, told):
    line = swap(report_file, old, new)

    issue = findings_in(report_file)[0]

    assert told in issue.what
    assert issue.where == f"{report_file}:{line}"


def test_one_wrong_entry_of_a_list_is_one_finding(report_file):
    swap(report_file, "formats: [html, pdf]", "formats: [docx]")

    assert len(findings_in(report_file)) == 1


def test_an_unknown_kind_of_block_names_the_kinds_there_are(report_file):
    swap(report_file, "- block: method", "- block: methods")

    (issue,) = findings_in(report_file)

    assert "findings" in issue.expected
    assert "method" in issue.expected


def test_a_report_outside_a_workspace_is_told(report_file, tmp_path):
    alone = tmp_path / "alone.yaml"
    alone.write_text(report_file.read_text("utf-8"), "utf-8")

    (issue,) = findings_in(alone)

    assert issue.what == "this file lies in no workspace"
    assert issue.where.startswith(str(alone))


def test_what_is_wrong_in_the_study_is_told_for_the_study(report_file, study_file):
    line = swap(study_file, "    sites: [north_town]", "    sites: [north_twon]")

    (issue,) = findings_in(report_file)

    assert issue.where.endswith(f"study.yaml:{line}")


def test_a_plan_carries_its_study_and_shows_itself_in_one_line(report_file):
    plan = rs.load_report_plan(report_file)

    assert plan.loaded_study.study == "example"
    assert plan.path == report_file
    assert repr(plan) == str(plan) == "<ReportPlan example: 8 blocks on example>"


def test_a_table_of_targets_needs_targets(report_file, study_file):
    before, _, after = study_file.read_text("utf-8").partition("targets:")
    rest = after.partition("\n\n")[2]
    study_file.write_text(before + rest, "utf-8")

    (issue,) = findings_in(report_file)

    assert issue.what == "the study has no targets to show"


def test_a_column_of_the_files_leads_to_what_the_study_calls_it(report_file):
    swap(report_file, "    by: site                 # site", "    by: town                 # site")
    swap(report_file, "where: {site: north_town}", "where: {town: north_town}")

    with pytest.raises(DefinitionError) as caught:
        rs.load_report_plan(report_file)

    assert [issue.remedy for issue in caught.value.issues] == [
        "the files' column 'town' is called 'site' here"
    ] * 2
    assert caught.value.issues[0].expected == "one of site, sex"
