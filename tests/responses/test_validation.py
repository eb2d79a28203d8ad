from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.responses.coding import decode_answers
from resilience.responses.harmonisation import harmonise_wave
from resilience.responses.validation import answer_issues, structure_issues
from resilience.responses.wording import label_issues
from tests.editing import lacking, swap

# columns of the file that are changed, what is told, what was found
WRONG = {
    "an id twice": (
        {"id": ["a", "b", "a", "c"]},
        "respondent ids occur more than once",
        "2 rows (data rows 1, 3, not counting the header)",
    ),
    "an id twice but for blanks": (
        {"id": ["a", "a ", "b", "c"]},
        "respondent ids occur more than once",
        "2 rows (data rows 1, 2, not counting the header)",
    ),
    "a number as id twice": (
        {"id": [1.0, 2.0, 3.0, 3.0]},
        "respondent ids occur more than once",
        "2 rows (data rows 3, 4, not counting the header)",
    ),
    "no id": (
        {"id": ["a", "", None, "d"]},
        "respondents without an id",
        "2 rows (data rows 2, 3, not counting the header)",
    ),
    "a negative weight": (
        {"weight": [1.0, -0.5, 1.0, 1.0]},
        "weights are negative",
        "1 row (data row 2, not counting the header)",
    ),
    "a missing weight": (
        {"weight": [1.0, 1.0, np.nan, 1.0]},
        "weights are missing",
        "1 row (data row 3, not counting the header)",
    ),
    "an infinite weight": (
        {"weight": [1.0, 1.0, 1.0, np.inf]},
        "weights are missing",
        "1 row (data row 4, not counting the header)",
    ),
    "a weight with a decimal comma": (
        {"weight": ["1,5", "1", "1", "1"]},
        "the column of weights has text where numbers are expected",
        "1 row (data row 1, not counting the header), numbers written with decimal commas",
    ),
    "a word as weight": (
        {"weight": ["1.5", "1", "n/a", "1"]},
        "the column of weights has text where numbers are expected",
        "1 row (data row 3, not counting the header)",
    ),
    "no weight above 0": ({"weight": [0.0] * 4}, "all weights are 0", "a sum of 0"),
    "no PSU": (
        {"sampling_point": ["1", "", "2", "2"]},
        "column 'sampling_point' has no value",
        "1 row (data row 2, not counting the header)",
    ),
    "no stratum": (
        {"district": [1.0, 1.0, np.nan, 2.0]},
        "column 'district' has no value",
        "1 row (data row 3, not counting the header)",
    ),
    "an unknown site": (
        {"town": [1.0, 1.0, 2.0, 3.0]},
        "rows belong to no site of the study",
        "1 row (data row 4, not counting the header)",
    ),
    "no site": (
        {"town": [1.0, np.nan, 2.0, 2.0]},
        "rows belong to no site of the study",
        "1 row (data row 2, not counting the header)",
    ),
    "an unknown value of a variable": (
        {"sex": [1.0, 2.0, 7.0, 7.0]},
        "column 'sex' (sex) has codes that are no value of it",
        "2 rows",
    ),
}


@pytest.fixture
def issues(study, raw):
    def found(**columns):
        return structure_issues(study, study.waves[0], raw(**columns))

    return found


@pytest.fixture
def answers(study):
    """Return what is told of a column of answers to the first item."""

    def found(codes, *, of=study, missing=None, undeclared=()):
        decoded = decode_answers(
            pd.Series(codes), of.questionnaire.scale_of("home"), missing or {98: "dont_know"}
        )
        return answer_issues(of, of.waves[0], "home", decoded, list(undeclared))

    return found


def test_a_file_as_declared_has_no_issues(issues):
    assert issues() == []


@pytest.mark.parametrize("case", WRONG)
def test_what_contradicts_the_definition_is_told(issues, case):
    columns, what, found = WRONG[case]

    (issue,) = issues(**columns)

    assert issue.what == what
    assert issue.found == found


def test_each_finding_names_study_wave_and_file(study, issues):
    (issue,) = issues(weight=[-1.0, 1.0, 1.0, 1.0])

    assert issue.where == f"{study.path}: wave 'baseline' (data/baseline.csv)"


def test_every_finding_is_told_with_found_expected_and_remedy(issues):
    findings = [issue for columns, *_ in WRONG.values() for issue in issues(**columns)]

    assert lacking(findings) == []


def test_everything_is_told_at_once(issues):
    columns = {name: values for change, *_ in WRONG.values() for name, values in change.items()}

    assert len(issues(**columns)) == len(columns)


def test_decimal_commas_are_told_with_how_to_save_the_file(issues):
    (issue,) = issues(weight=["32,364", "-1,5", " 0,25 ", "1,0"])

    assert issue.found.startswith("4 rows")
    assert "decimal points" in issue.remedy
    assert "32,364" not in str(issue)


NUMBER = "    values:\n      - {code: 1, id: female, title: Women}\n"
NUMBER += "      - {code: 2, id: male, title: Men}\n    # missing: {9: refused}"


@pytest.fixture
def aged(study_file):
    """A study in which `sex` has been replaced by a number."""
    swap(study_file, "id: sex\n    title: Sex\n", "id: age\n    title: Age\n    kind: number\n")
    swap(study_file, NUMBER, "    missing: {999: refused}")
    return rs.load_study(study_file)


def test_a_number_is_read_as_one_and_its_missing_codes_are_missing(aged, raw):
    wave = harmonise_wave(aged, aged.waves[0], raw(age=["18", "44.5", "999", ""]))

    assert wave.issues == ()
    assert wave.frame["age"].tolist() == pytest.approx([18, 44.5, np.nan, np.nan], nan_ok=True)


@pytest.mark.parametrize("age", [["18", "old", "20", "21"], ["18", "nan", "20", "inf"]])
def test_text_in_place_of_a_number_is_told(aged, raw, age):
    (issue,) = structure_issues(aged, aged.waves[0], raw(age=age))

    assert issue.what == "column 'age' (age) has text where numbers are expected"
    assert lacking([issue]) == []


def test_of_many_rows_the_first_are_named_and_all_counted(study, raw):
    survey = raw()
    frame = pd.concat([survey.frame] * 5, ignore_index=True)
    many = type(survey)(
        frame, survey.columns, {}, {}, {}, (), type(survey.source)("wave.csv", "0" * 64, 20)
    )

    (issue,) = structure_issues(study, study.waves[0], many)

    assert issue.found == "20 rows (data rows 1, 2, 3, 4, 5, …, not counting the header)"


def test_no_finding_shows_an_answer_or_an_id(issues):
    told = "\n".join(
        map(str, issues(id=["secret", "secret", "c", "d"], town=[1.0, 2.0, 4242.0, 2.0]))
    )

    assert "secret" not in told
    assert "4242" not in told


@pytest.mark.parametrize(
    ("old", "name", "near"),
    [("home", "hom", True), ("weight", "Weight", True), ("sampling_point", "zzz", False)],
)
def test_a_column_that_is_not_there_is_told_with_the_nearest_one(study, raw, old, name, near):
    survey = raw(without=(old,), **{name: [1.0] * 4})

    (issue,) = structure_issues(study, study.waves[0], survey)

    assert f"is mapped to column '{old}', which the file does not have" in issue.what
    assert issue.expected == f"'{old}'"
    assert issue.remedy.startswith(f"did you mean '{name}'?" if near else "correct 'columns")


def test_every_column_that_is_not_there_is_told(issues):
    found = issues(without=("id", "district", "sampling_point", "town", "weight", "sex", "home"))

    assert [issue.what.split("'")[1] for issue in found] == [
        *("respondent_id", "weight", "psu", "stratum", "site"),
        *("sex", "home"),
    ]


def test_an_item_that_was_not_asked_need_not_be_there(study_file, raw):
    swap(study_file, "    # not_asked: [worse]", "    not_asked: [worse]")
    study = rs.load_study(study_file)

    assert structure_issues(study, study.waves[0], raw(without=("worse",))) == []


def test_roles_that_are_declared_absent_need_no_column(study_file, raw):
    swap(study_file, "weight: weight ", "weight: none ")
    swap(study_file, "psu: sampling_point", "psu: not_published")
    study = rs.load_study(study_file)
    survey = raw(without=("weight", "sampling_point"))

    assert structure_issues(study, study.waves[0], survey) == []


@pytest.mark.parametrize("sizes", [[30.0, 30.0, 30.0, 0.0], [30.0, 30.0, np.nan, 30.0], [-1.0] * 4])
def test_population_counts_are_positive(study_file, raw, sizes):
    swap(study_file, "  # fpc: <column>", "  fpc: psus #")
    study = rs.load_study(study_file)

    (issue,) = structure_issues(study, study.waves[0], raw(psus=sizes))

    assert issue.what == "population counts are not positive"


def test_codes_of_a_variable_that_are_missing_are_no_finding(study_file, raw):
    swap(study_file, "    # missing: {9: refused}", "    missing: {9: refused}")
    study = rs.load_study(study_file)

    assert structure_issues(study, study.waves[0], raw(sex=[1.0, 9.0, 9.0, np.nan])) == []


def test_simulated_data_are_not_taken_for_collected_ones(study_file, raw):
    swap(study_file, "data: simulated ", "data: collected ")
    study = rs.load_study(study_file)

    (issue,) = structure_issues(study, study.waves[0], raw(notes=("Simulated data",)))

    assert issue.what == "the file says that its data are simulated"
    assert lacking([issue]) == []


def test_codes_outside_the_scale_are_told_with_their_counts(answers):
    (issue,) = answers([1.0, 6.0, 6.0, 0.0, 98.0])

    assert issue.what == "column 'home' (item 'home') has values outside its scale"
    assert issue.found == "codes 0 (1 rows), 6 (2 rows)"
    assert issue.expected == "codes 1, 2, 3, 4, 5"
    assert "missing_codes" in issue.remedy
    assert lacking([issue]) == []


def test_text_is_counted_and_not_shown(answers):
    (issue,) = answers(["1", "secret", "7"])

    assert issue.found == "codes 7 (1 rows); 1 rows of text, 1 distinct, in Latin letters"
    assert issue.expected == "codes 1, 2, 3, 4, 5, or the answers' words in en"
    assert "'codes: {agreement: {the text: code}}'" in issue.remedy
    assert "secret" not in str(issue)


@pytest.mark.parametrize("code", [71_234_567.0, 2.5, -99_999.0])
def test_values_that_might_be_personal_are_not_shown(answers, code):
    (issue,) = answers([1.0, code])

    assert issue.found == "codes 1 other values"


def test_of_many_codes_the_first_are_named(answers):
    (issue,) = answers([float(code) for code in range(10, 20)])

    assert issue.found.startswith("codes 10 (1 rows), 11 (1 rows), ")
    assert issue.found.endswith("5 other values")


def test_codes_that_the_file_declares_as_missing_need_a_reason(answers):
    (issue,) = answers([1.0, 97.0, 97.0], undeclared=[97.0])

    assert issue.what.endswith("has codes that the file declares as missing, without a reason")
    assert issue.found == "codes 97"


def test_such_codes_are_told_with_found_expected_and_remedy(answers):
    assert lacking(answers([1.0, 97.0], undeclared=[97.0])) == []


def test_codes_outside_the_scale_are_no_finding_where_they_are_declared_missing(
    study_file, answers
):
    swap(study_file, "out_of_range: refuse", "out_of_range: missing")

    assert answers([1.0, 6.0], of=rs.load_study(study_file)) == []


def test_a_reason_is_needed_even_where_codes_outside_the_scale_are_missing(study_file, answers):
    swap(study_file, "out_of_range: refuse", "out_of_range: missing")

    assert len(answers([1.0, 97.0], of=rs.load_study(study_file), undeclared=[97.0])) == 1


def test_codes_that_one_wave_alone_has_are_said_to_be_its_own(study):
    decoded = decode_answers(pd.Series([1.0, 7.0]), study.questionnaire.scale_of("home"), {})

    def found(elsewhere):
        (issue,) = answer_issues(
            study, study.waves[0], "home", decoded, [], elsewhere=frozenset(elsewhere)
        )
        return issue.found

    assert found([]) == "codes 7 (1 rows); no other wave has these codes"
    assert found([7.0]) == "codes 7 (1 rows)"


def test_words_with_a_number_of_other_words_are_told_whatever_the_policy(study_file, answers):
    swap(study_file, "out_of_range: refuse", "out_of_range: missing")

    (issue,) = answers(["1. Agree", "4. Agree"], of=rs.load_study(study_file))

    assert "numbered words whose number is another code's" in issue.what
    assert issue.found == "1 distinct texts"
    assert lacking([issue]) == []


TURNED = {
    1.0: "1. Strongly agree",
    2.0: "Agree",
    3.0: "Neither",
    4.0: "Disagree",
    5.0: "Strongly disagree",
}


def test_a_scale_turned_round_is_told_with_what_to_declare(study):
    (issue,) = label_issues(study, study.waves[0], "fair", TURNED)

    assert issue.what == (
        "column 'fair' (item 'fair') has labels that the definition gives to other codes: "
        "the scale is turned round"
    )
    assert issue.found.startswith("1 is 'strongly agree'; 2 is 'agree'; 4 is 'disagree'")
    assert "'codes: {fair: {1: 5, 2: 4, 4: 2, 5: 1}}'" in issue.remedy
    assert lacking([issue]) == []


def test_labels_that_stand_where_the_wave_says_are_no_finding(study_file):
    swap(
        study_file,
        "    # missing_codes: {refused: [97], dont_know: [98]}",
        "    codes: {fair: {1: 5, 2: 4, 4: 2, 5: 1}}  #",
    )
    study = rs.load_study(study_file)

    assert list(label_issues(study, study.waves[0], "fair", TURNED)) == []
    assert len(list(label_issues(study, study.waves[1], "fair", TURNED))) == 1
    assert len(list(label_issues(study, study.waves[0], "home", TURNED))) == 1


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ({}, False),
        ({1.0: "Strongly disagree", 5.0: "Strongly agree", 99.0: "Prefer not to say"}, False),
        ({1.0: "Never", 5.0: "Always"}, False),
        ({1.0: "Strongly disagree", 3.0: "Don't know"}, True),
        ({99.0: "Don't know"}, True),
        ({1.0: "Never", 5.0: "Always", 99.0: "Don't know"}, True),
        ({1.0: "Disagree", 2.0: "Agree", 3.0: "Agree very much"}, False),
        ({7.0: "Don't know"}, False),
    ],
)
def test_labels_are_misplaced_only_where_the_definition_has_both_code_and_words(
    study, labels, told
):
    assert bool(list(label_issues(study, study.waves[0], "fair", labels))) == told


def test_turned_labels_of_a_variable_are_told(study, raw):
    survey = raw(labels={"sex": {1.0: "Men", 2.0: "Women"}})

    (issue,) = structure_issues(study, study.waves[0], survey)

    assert "column 'sex' (sex) has labels that the definition gives to other codes" in issue.what
    assert "'codes: {sex: {1: 2, 2: 1}}'" in issue.remedy


def test_words_that_are_no_title_of_a_variable_are_counted_and_not_shown(issues):
    (issue,) = issues(sex=["Women", "men", "secret", "secret"])

    assert issue.found == "2 rows, 2 rows of text, 1 distinct, in Latin letters"
    assert "secret" not in str(issue)
