from __future__ import annotations

import pytest
from pydantic import ValidationError

import resilience as rs
from resilience.definitions.document import read_document
from resilience.definitions.instrument import Instrument
from resilience.definitions.models import parse
from resilience.errors import DefinitionError
from tests.editing import line_of, swap

UNKNOWN_KEYS = {
    "top level": ("licence: CC0", "license: CC0", "licence"),
    "item": ("    keyed: negative", "    keyd: negative", "keyed"),
    "scale": ("    missing: ", "    misings: ", "missing"),
    "missing answer": ("reason: dont_know", "reson: dont_know", "reason"),
    "index": ("    minimum_answered: 2/3", "    minimum_anwered: 2/3", "minimum_answered"),
    "condition": ("{item: fair, at_least: 4}   #", "{item: fair, atleast: 4}   #", "at_least"),
    "nested condition": ("{item: home, at_least: 4}", "{itm: home, at_least: 4}", "item"),
}

WRONG_VALUES = {
    "choice": ("keyed: negative", "keyed: reversed", "items.3.keyed", "'reversed'", "positive"),
    "number for text": ('version: "1"', "version: 1", "version", "1", "quotes"),
    "identifier": ("- id: home", "- id: Home", "items.0.id", "'Home'", "lower case"),
    "long identifier": ("- id: home", f"- id: {'x' * 64}", "items.0.id", "'xxx", "lower case"),
    "text for list": (
        "items: [home, care]",
        "items: home",
        "indices.0.items",
        "'home'",
        "a list, such as [one, two]",
    ),
    "a dot for code": (
        "code: 98,",
        "code: .A,",
        "scales.agreement.missing.0.code",
        "'.A'",
        "a whole number, one of Stata's .a to .z, or a word as it stands in the file",
    ),
    "a fraction for code": (
        "code: 98,",
        "code: 9.5,",
        "scales.agreement.missing.0.code",
        "9.5",
        "a whole number",
    ),
    "text for mapping": (
        "{item: fair, at_least: 4}   #",
        "yes #",
        "indicators.0.condition",
        "'yes'",
        "a mapping: 'key: value' lines",
    ),
    "share above one": (
        "minimum_answered: 2/3",
        "minimum_answered: 3/2",
        "indices.0.minimum_answered",
        "'3/2'",
        "a count such as 2",
    ),
    "nothing for text": ("title: Belonging", "title:", "indices.0.title", "None", "text"),
}


def issues_of(path):
    with pytest.raises(DefinitionError) as caught:
        parse(Instrument, read_document(path))
    return caught.value.issues


@pytest.mark.parametrize("case", UNKNOWN_KEYS)
def test_an_unknown_key_is_told_with_its_line_and_the_nearest_known_one(instrument_file, case):
    old, new, nearest = UNKNOWN_KEYS[case]
    line = swap(instrument_file, old, new)

    issue = next(issue for issue in issues_of(instrument_file) if "unknown key" in issue.what)

    assert issue.where == f"{instrument_file}:{line}"
    assert issue.found in new
    assert nearest in issue.expected
    assert issue.remedy == f"did you mean '{nearest}'?"


def test_an_unknown_key_that_is_near_to_nothing_is_to_be_removed(instrument_file):
    swap(instrument_file, "licence: CC0-1.0", "licence: CC0-1.0\nzzz: 1")

    (issue,) = issues_of(instrument_file)

    assert issue.what == "unknown key 'zzz' in the file"
    assert issue.remedy == "remove it"


@pytest.mark.parametrize("case", WRONG_VALUES)
def test_a_wrong_value_is_told_with_line_key_found_and_expected(instrument_file, case):
    old, new, key, found, expected = WRONG_VALUES[case]
    line = swap(instrument_file, old, new)

    (issue,) = issues_of(instrument_file)

    assert issue.what == f"a wrong value for '{key}'"
    assert issue.where == f"{instrument_file}:{line}"
    assert issue.found.startswith(found)
    assert issue.expected
    assert expected in issue.expected
    assert issue.remedy


@pytest.mark.parametrize(
    ("old", "new", "inside", "key", "begins"),
    [
        ("status: unvalidated_draft", "", "the file", "status", "instrument: example"),
        (
            "    scale: agreement\n    title: Feel",
            "    title: Feel",
            "'items.0'",
            "scale",
            "- id: ho",
        ),
        ("    measurement: formative", "", "'indices.2'", "measurement", "- id: cohesion"),
    ],
)
def test_a_missing_key_is_told_with_the_line_of_what_lacks_it(
    instrument_file, old, new, inside, key, begins
):
    swap(instrument_file, old, new)

    (issue,) = issues_of(instrument_file)

    assert issue.what == f"the key '{key}' is missing"
    assert issue.where == f"{instrument_file}:{line_of(instrument_file, begins)}"
    assert issue.expected == f"'{key}: …' in {inside}"
    assert issue.remedy == "add it"


def test_a_missing_key_is_told_with_what_was_found(instrument_file):
    swap(instrument_file, "status: unvalidated_draft", "")

    (issue,) = issues_of(instrument_file)

    assert issue.found


def test_everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file(instrument_file):
    lines = [
        swap(instrument_file, "status: unvalidated_draft", "status: fine"),
        swap(instrument_file, "keyed: negative", "keyed: reversed"),
        swap(instrument_file, "measurement: formative", "measurement: other"),
    ]

    issues = issues_of(instrument_file)

    assert [issue.where for issue in issues] == [f"{instrument_file}:{line}" for line in lines]


def test_one_mistake_is_one_finding_where_several_forms_are_allowed(study_file):
    line = swap(study_file, "where: {site: north_town}}", "where: {site: 1.5}}")

    with pytest.raises(DefinitionError) as caught:
        rs.load_study(study_file)

    assert [issue.where for issue in caught.value.issues] == [f"{study_file}:{line}"]


# file, what is changed, what is told to be expected, and the remedy
PLAIN_WORDS = {
    "a block": (
        *("report", "block: activities", "block: activites"),
        "one of findings, indicators, change, profile, answers, activities, impact, contribution, "
        "balance, attrition, power, sensitive, method, questionnaire",
        "did you mean 'activities'?",
    ),
    "a block without a name": (
        *("report", "block: activities", "title: Activities"),
        "'block': which kind of part this is",
        "add it",
    ),
    "a format": ("report", "[html, pdf]", "[docx]", "one of html, pdf", "choose one of them"),
    "no measure": (
        *("report", "measures: [belonging, fairness]", "measures: []"),
        "at least 1 entry",
        "add what is missing",
    ),
    "a date": (
        *("report", "date: 2026-03-31", "date: 31.03.2026"),
        "a date as year-month-day, such as 2025-02-03",
        "write the year first, with hyphens, and a day that exists",
    ),
    "a level": ("report", "level: 0.95", "level: 95", "a number below 1", "correct the number"),
    "a checksum": (
        *("study", "# sha256: <checksum>", "sha256: abc #"),
        "a SHA-256 checksum: 64 of the digits 0-9 and a-f",
        "copy it from 'sha256sum FILE', or leave it out",
    ),
    "a word of several": (
        *("study", "data: simulated ", "data: simulatd "),
        "one of collected, simulated",
        "did you mean 'simulated'?",
    ),
    "one list of several forms": (
        *("study", "  waves: same_psu", "  waves: [{between: [baseline], relation: panel}]"),
        "at least 2 entries",
        "add it",
    ),
    "a key of a range": (
        *("study", "where: {site: north_town}", "where: {site: {atleast: 3}}"),
        "one of at_least, at_most",
        "did you mean 'at_least'?",
    ),
    "a whole number": (
        *("study", "minimum_n: 10", "minimum_n: ten"),
        "a whole number",
        "write it in digits, without quotes",
    ),
}


@pytest.mark.parametrize("case", PLAIN_WORDS)
def test_what_is_wrong_is_told_once_and_in_plain_words(study_file, report_file, case):
    kind, old, new, expected, remedy = PLAIN_WORDS[case]
    path = {"study": study_file, "report": report_file}[kind]
    swap(path, old, new)

    with pytest.raises(DefinitionError) as caught:
        (rs.load_study if kind == "study" else rs.load_report_plan)(path)

    (issue,) = caught.value.issues
    assert (issue.expected, issue.remedy) == (expected, remedy)


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ("roles:    ", "role:    ", "did you mean 'roles'?"),
        ("  respondent_id: id", "  respondent: id", "did you mean 'respondent_id'?"),
        ("study: example", "studdy: example", "did you mean 'study'?"),
    ],
)
def test_a_misspelt_key_is_one_finding(study_file, old, new, remedy):
    swap(study_file, old, new)

    with pytest.raises(DefinitionError) as caught:
        rs.load_study(study_file)

    assert [issue.remedy for issue in caught.value.issues] == [remedy]


def test_long_values_are_cut(instrument_file):
    swap(instrument_file, "keyed: negative", f"keyed: {'x' * 500}")

    (issue,) = issues_of(instrument_file)

    assert len(issue.found) < 100
    assert issue.found.endswith("…")


@pytest.mark.parametrize("language", ["[en]", "{en: fr}", "1", "de", "null"])
def test_a_wrong_language_is_a_finding(instrument_file, language):
    line = swap(instrument_file, "language: en ", f"language: {language} ")

    assert f"{instrument_file}:{line}" in [issue.where for issue in issues_of(instrument_file)]


def test_a_wrong_language_of_the_file_is_told_once(instrument_file):
    swap(instrument_file, "language: en ", "language: de ")

    assert len(issues_of(instrument_file)) == 1


def test_a_record_cannot_be_changed(instrument_file):
    instrument = parse(Instrument, read_document(instrument_file))

    with pytest.raises(ValidationError, match="frozen"):
        instrument.version = "2"


def test_blanks_around_text_are_taken_off(instrument_file):
    swap(instrument_file, "licence: CC0-1.0", 'licence: "  CC0-1.0 "')

    assert parse(Instrument, read_document(instrument_file)).licence == "CC0-1.0"


def test_records_made_in_python_complain_as_files_do():
    with pytest.raises(DefinitionError) as caught:
        rs.Assignment(mechanism="randomm", treatd={"endline": ["a"]})

    assert [(issue.where, issue.remedy) for issue in caught.value.issues] == [
        ("rs.Assignment(mechanism)", "did you mean 'random'?"),
        ("rs.Assignment(treatd)", "did you mean 'treated'?"),
    ]
    with pytest.raises(DefinitionError, match="the key 'source' is missing"):
        rs.Margin(variable="sex", counts={"f": 1})
