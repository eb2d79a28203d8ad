from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spss import read_spss, write_spss

TITLES = {
    "home": "أشعر في هذه المدينة بأنني في بيتي",
    "trust": "Колку им верувате на луѓето од друга заедница?",
    "name": "À quel point vous sentez-vous chez vous, « ici » ?",
}
ANSWERS = {
    "home": {1.0: "لا أوافق أبدا", 2.0: "أوافق بشدة", 98.0: "لا أعرف"},
    "trust": {0.0: "Воопшто не", 1.0: "Целосно", 9.0: "Одбива"},
}


def parsed(**parts) -> ParsedFile:
    frame = pd.DataFrame(
        {
            "home": [1.0, 2.0, 98.0, np.nan],
            "trust": [0.0, 1.0, 9.0, 0.5],
            "name": pd.Series(["001", "", "é", "مدينة"], dtype="str"),
        }
    )
    return ParsedFile(frame, **parts)


@pytest.fixture
def again(tmp_path):
    """Write a file and read it."""

    def written_and_read(file: ParsedFile, columns=None) -> ParsedFile:
        path = tmp_path / "wave.sav"
        write_spss(file, path)
        return read_spss(path, columns)

    return written_and_read


def test_numbers_and_text_survive(again):
    frame = again(parsed()).frame

    np.testing.assert_array_equal(frame["home"], [1.0, 2.0, 98.0, np.nan])
    np.testing.assert_array_equal(frame["trust"], [0.0, 1.0, 9.0, 0.5])
    assert frame["name"].tolist() == ["001", "", "é", "مدينة"]
    assert frame.dtypes.astype(str).tolist() == ["float64", "float64", "str"]


def test_titles_in_any_script_survive(again):
    assert again(parsed(variable_labels=TITLES)).variable_labels == TITLES


def test_answer_labels_in_any_script_survive(again):
    assert again(parsed(value_labels=ANSWERS)).value_labels == ANSWERS


def test_labels_of_text_codes_survive(again):
    labels = {"name": {"001": "Вардар", "é": "é"}}

    assert again(parsed(value_labels=labels)).value_labels == labels


@pytest.mark.parametrize(
    "ranges",
    [
        ((97.0, 99.0),),
        ((98.0, 98.0),),
        ((-9.0, -1.0), (98.0, 98.0)),
        ((7.0, 7.0), (8.0, 8.0), (9.0, 9.0)),
    ],
)
def test_codes_declared_as_missing_survive_as_ranges(again, ranges):
    found = again(parsed(user_missing={"home": ranges})).user_missing

    assert set(found) == {"home"}
    assert set(found["home"]) == set(ranges)


def test_codes_declared_as_missing_stay_codes(again):
    frame = again(parsed(user_missing={"home": ((97.0, 99.0),)})).frame

    assert frame["home"][2] == 98.0


def test_notes_survive_the_first_as_the_files_label(again):
    notes = ("SIMULATED DATA", "ملاحظة عن الملف", "Забелешка")

    assert again(parsed(notes=notes)).notes == notes


def test_a_file_that_says_nothing_of_its_columns_is_read(again):
    file = again(parsed())

    assert (dict(file.variable_labels), dict(file.value_labels)) == ({}, {})
    assert (dict(file.user_missing), file.notes) == ({}, ())


def test_only_the_columns_asked_for_are_read(again):
    file = again(
        parsed(variable_labels=TITLES, value_labels=ANSWERS, user_missing={"home": ((9.0, 9.0),)}),
        ["trust", "unknown"],
    )

    assert list(file.frame) == ["trust"]
    assert set(file.variable_labels) == {"trust"}
    assert set(file.value_labels) == {"trust"}
    assert set(file.user_missing) == set()


def test_columns_are_listed_in_their_order(tmp_path):
    write_spss(parsed(), tmp_path / "wave.sav")

    assert read_spss(tmp_path / "wave.sav", []).columns == ("home", "trust", "name")


def test_dates_stay_numbers(tmp_path):
    frame = pd.DataFrame({"day": pd.to_datetime(["2026-03-02", "2026-03-03"])})
    write_spss(ParsedFile(frame), tmp_path / "wave.sav")

    days = read_spss(tmp_path / "wave.sav").frame["day"]

    assert str(days.dtype) == "float64"
    assert days[1] - days[0] == 86_400.0


def test_writing_leaves_what_is_written_as_it_was(tmp_path):
    file = parsed(variable_labels=TITLES, value_labels=ANSWERS)
    before = file.frame.copy()

    write_spss(file, tmp_path / "wave.sav")

    pd.testing.assert_frame_equal(file.frame, before)
