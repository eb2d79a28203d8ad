"""XLSForms, whole and broken."""

from __future__ import annotations

import pytest
import xlsxwriter

import resilience as rs
from resilience.errors import ReadingError
from tests.editing import lacking
from tests.running import parse_here

SURVEY = [
    ["type", "name", "label", "label::French (fr)", "label::العربية", "relevant"],
    ["start", "start"],
    ["begin group", "help", "Help", "Aide"],
    ["select_multiple who", "turn_to", "Whom?", "À qui ?", "لمن؟", "${age} > 17"],
    ["begin_repeat", "member", "Member"],
    ["integer", "age", "Age"],
    ["end_repeat"],
    ["end group", "help"],
    ["select_one yes_no or_other", "age", "Same name, other group"],
]
CHOICES = [
    ["list name", "name", "label::English (en)"],
    ["who", "police", "The police"],
    ["who", 2, "An elder"],
    [],
    ["yes_no", "yes", "Yes"],
    ["yes_no", "no", "No"],
]
SETTINGS = [["form_title", "version", "default_language"], ["Safety", "v3", "English (en)"]]


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


@pytest.fixture
def workbook(tmp_path):
    """Write sheets of a form and return the file."""

    def made(merged=None, **sheets):
        path = tmp_path / "form.xlsx"
        book = xlsxwriter.Workbook(path)
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if name == merged:
                sheet.merge_range(0, 2, 0, 4, "label")
        book.close()
        return path

    return made


def issues_of(path):
    with pytest.raises(ReadingError) as caught:
        rs.read_form(path)
    assert lacking(caught.value.issues) == []
    return caught.value.issues


def test_a_form_has_questions_with_groups_choices_and_labels_by_language(workbook):
    form = rs.read_form(workbook(survey=SURVEY, choices=CHOICES, settings=SETTINGS))

    assert (form.title, form.version) == ("Safety", "v3")
    assert set(form.languages) == {"en", "fr", "ar"}
    assert list(form.questions_by_name) == ["start", "help/turn_to", "help/member/age", "age"]
    turn = form.questions_by_name["help/turn_to"]
    assert turn.kind == "select_multiple"
    assert turn.label == {"en": "Whom?", "fr": "À qui ?", "ar": "لمن؟"}
    assert turn.relevant == "${age} > 17"
    assert [choice.name for choice in turn.choices] == ["police", "2"]
    assert turn.choices[0].label == {"en": "The police"}
    assert form.questions_by_name["age"].or_other
    assert {group.name: group.repeats for group in form.groups} == {
        "help": False,
        "help/member": True,
    }
    assert repr(form) == "<Form Safety: 4 questions, 1 repeats, languages en, fr, ar>"


def test_a_form_needs_no_choices_and_no_settings(workbook):
    only_header = rs.read_form(workbook(survey=SURVEY[:2], choices=CHOICES[:1], settings=[]))
    alone = rs.read_form(workbook(survey=SURVEY[:2]))

    for form in (only_header, alone):
        assert [question.kind for question in form.questions] == ["start"]


def test_everything_that_is_broken_is_told_at_once(workbook):
    survey = [
        SURVEY[0],
        ["select_one yes_noo", "one", "One"],
        ["select_one yes_no", "two", "Two"],
        ["text", "two", "Two again"],
        ["text", "", "Nameless"],
        ["", "typeless", "Typeless"],
        ["text", "in words", "Blanks"],
        ["select_multiple who", "three", "Three"],
        ["begin_group", "open", "Open"],
    ]
    choices = [*CHOICES, ["yes_no", "no", "No again"], ["who", "the mayor", "x"], ["who", "", "x"]]

    issues = issues_of(workbook(survey=survey, choices=choices))

    told = [issue.what for issue in issues]
    assert told == [
        "'open' begins and does not end",
        "'typeless' has no type",
        "the name 'in words' has blanks",
        "1 rows of type 'text' have no name",
        "the name 'two' occurs 2 times",
        "the list of choices 'yes_noo' is not there",
        "a choice of 'who' has no name",
        "the choice 'no' of 'yes_no' occurs 2 times",
        "the choice 'the mayor' of 'who' has blanks, and several may be chosen",
    ]
    assert issues[5].found == "in the questions one"
    assert issues[5].remedy == "did you mean 'yes_no'?"


def test_choices_may_occur_twice_where_the_form_says_so(workbook):
    said = [["allow_choice_duplicates"], ["yes"]]
    choices = [*CHOICES, ["yes_no", "no", "No, elsewhere"]]

    form = rs.read_form(workbook(survey=SURVEY, choices=choices, settings=said))

    assert len(form.questions_by_name["age"].choices) == 3


def test_what_ends_without_a_beginning_is_told(workbook):
    (issue,) = issues_of(workbook(survey=[SURVEY[0], ["end_repeat"]]))

    assert issue.what == "'end_repeat' ends what did not begin"


def test_a_merged_header_and_a_file_that_is_no_form_are_told(workbook):
    (merged,) = issues_of(workbook(merged="survey", survey=SURVEY, choices=CHOICES))
    (data,) = issues_of(workbook(survey=[["respondent", "town"], ["a", "b"]]))
    (other,) = issues_of(workbook(data=[["respondent", "town"], ["a", "b"]]))

    assert "merged" in merged.found
    assert "sheet 'survey'" in merged.where
    assert "lacks 'type' and 'name'" in data.what
    assert "no sheet 'survey'" in other.found


def test_the_two_sheets_may_be_text_files(tmp_path):
    survey, choices = tmp_path / "survey.csv", tmp_path / "choices.csv"
    survey.write_text("type,name,label\nselect_one a,q,Question\n,,\n", "utf-8")
    choices.write_text("list_name,name,label\na,01,One\n,,\na,2,Two\n", "utf-8")

    (question,) = rs.read_form(survey, choices=choices).questions
    (issue,) = issues_of(survey)

    assert [choice.name for choice in question.choices] == ["01", "2"]
    assert "list of choices 'a'" in issue.what
