"""Logs of cleaning are applied whole or not at all."""

from __future__ import annotations

import pandas as pd
import pytest

import resilience as rs
from resilience.errors import ValidationError
from resilience.responses.survey_file import RawSurvey, Source
from tests.editing import lacking

WORDS = "what somebody said"
COLUMNS = ["_uuid", "question", "old_value", "new_value", "change_type"]


def file(frame, name):
    return RawSurvey(frame, tuple(frame), {}, {}, {}, (), Source(name, "0" * 64, len(frame)))


@pytest.fixture
def raw():
    return file(
        pd.DataFrame(
            {
                "_uuid": ["a", "b", "c"],
                "help/age": [210.0, 34.0, 51.0],
                "turn_to.police": ["True", "False", "False"],
                "other": [WORDS, None, "x"],
            }
        ),
        "raw.csv",
    )


def log(*rows, columns=COLUMNS):
    return file(pd.DataFrame(list(rows), columns=columns, dtype="str"), "log.csv")


def issues_of(raw, log, **options):
    with pytest.raises(ValidationError) as caught:
        rs.apply_cleaning_log(raw, log, **options)
    assert lacking(caught.value.issues) == []
    assert WORDS not in str(caught.value)
    return caught.value.issues


def test_answers_are_changed_blanked_and_interviews_removed(raw):
    cleaned = rs.apply_cleaning_log(
        raw,
        log(
            ["a", "help/age", "210", "21", "change_response"],
            ["a", "help/age", "210.0", "21", "change_response"],
            ["b", "turn_to.police", "0", "1", "change_response"],
            ["a", "other", WORDS, None, "blank_response"],
            ["c", None, None, None, "remove_survey"],
            ["b", "help/age", "1", "2", "no_action"],
        ),
    )

    assert cleaned.frame["_uuid"].tolist() == ["a", "b"]
    assert cleaned.frame["help/age"].tolist() == [21.0, 34.0]
    assert cleaned.frame["turn_to.police"].tolist() == ["True", "True"]
    assert cleaned.frame["other"].isna().all()
    assert cleaned.notes == ("3 answers changed and 1 interviews removed by log.csv",)
    assert raw.frame["help/age"].tolist() == [210.0, 34.0, 51.0]


def test_everything_that_does_not_fit_is_told_at_once_by_rows_of_the_log(raw):
    issues = issues_of(
        raw,
        log(
            ["a", "help/age", "21", "22", "change_response"],
            ["nobody", "help/age", "1", "2", "change_response"],
            ["b", "age", "34", "35", "change_response"],
            ["b", None, "34", "35", "change_response"],
            ["c", "help/age", "51", "15", "change_response"],
            ["c", "help/age", "51", "16", "change_response"],
            ["b", "help/age", "34", None, "change_response"],
            ["b", "help/age", "34", "3", "mended"],
            ["b", "other", WORDS, "y", "change_response"],
        ),
    )

    assert {issue.what: issue.found.split(",")[0] for issue in issues} == {
        "kinds of changes are not known": "1 row (data row 8",
        "respondents of the log are not in the survey": "1 row (data row 2",
        "changes name no question": "1 row (data row 4",
        "questions of the log are no columns of the survey": "1 row (data row 3",
        "changes have no new value": "1 row (data row 7",
        "one answer is changed in two ways": "2 rows (data rows 5",
        "old values of the log are not those of the survey": "2 rows (data rows 1",
    }
    (absent,) = [issue for issue in issues if "no columns" in issue.what]
    assert "'help/age'" in absent.remedy


def test_changes_without_an_old_value_are_made_only_where_that_is_said(raw):
    unstated = log(["a", "help/age", None, "21", "change_response"])
    of_nothing = log(["b", "other", None, "z", "change_response"])

    (issue,) = issues_of(raw, unstated)
    cleaned = rs.apply_cleaning_log(raw, unstated, unstated_old_values="apply")
    filled = rs.apply_cleaning_log(raw, of_nothing)

    assert "do not say the old value" in issue.what
    assert cleaned.frame["help/age"].tolist()[0] == 21.0
    assert filled.frame["other"].tolist()[1] == "z"


def test_columns_that_are_not_there_are_named_for_both_files(raw):
    issues = issues_of(raw, log(["a"], columns=["X_uuid"]), respondent_id="id")

    assert [issue.where for issue in issues] == ["log.csv", "raw.csv"]
    assert "'change_type'" in issues[0].what


def test_respondents_must_be_told_apart(raw):
    raw.frame["_uuid"] = ["a", "a", "c"]

    (issue,) = issues_of(raw, log(["c", "help/age", "51", "15", "change_response"]))

    assert issue.found.startswith("2 rows (data rows 1, 2,")
