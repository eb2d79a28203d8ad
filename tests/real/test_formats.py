"""Every real file is read, or is refused with a reason; and what is read is written again."""

from __future__ import annotations

import numpy as np
import pytest

import resilience as rs
from resilience.errors import ReadingError
from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.writing import file_bytes
from tests.editing import lacking
from tests.running import parse_here

pytestmark = pytest.mark.real

PATTERNS = (
    "labelled/*.*",
    "afrobarometer/*.sav",
    "arab_barometer/*.csv",
    "kobo/*.csv",
    "xlsform/*.xlsx",
    "extracts/*/*.csv",
)
# Files that are read, by kind of file: a regression shows in the numbers.
READ = {".sav": 27, ".zsav": 1, ".por": 1, ".dta": 7, ".xlsx": 6}
TWINS = ("sample.sav", "sample.zsav", "sample.dta", "sample.por")


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


def test_every_real_file_is_read_or_refused_with_a_reason(real_data):
    read: dict[str, int] = {}
    refused = []
    for path in sorted(path for pattern in PATTERNS for path in real_data.glob(pattern)):
        try:
            survey = rs.read_survey(path)
        except ReadingError as error:
            refused += error.issues
            continue
        assert len(survey.frame.columns) == len(survey.columns) > 0, path.name
        read[path.suffix] = read.get(path.suffix, 0) + 1

    assert lacking(refused) == []
    assert {suffix: read.get(suffix, 0) for suffix in READ} == READ


def test_the_same_data_in_four_formats_read_the_same(real_data):
    surveys = {name: rs.read_survey(real_data / "labelled" / name) for name in TWINS}

    for name, survey in surveys.items():
        columns = {column.lower(): survey.frame[column] for column in survey.frame}
        np.testing.assert_array_equal(columns["mynum"], [1.1, 1.2, -1000.3, -1.4, 1000.3], name)
        assert columns["mychar"].tolist() == list("abcde")
        labels = {column.lower(): codes for column, codes in survey.value_labels.items()}
        assert labels["mylabl"] == {1.0: "Male", 2.0: "Female"}
        assert labels["myord"] == {1.0: "low", 2.0: "medium", 3.0: "high"}


def test_extended_missing_values_of_stata_are_told_apart(real_data):
    survey = rs.read_survey(real_data / "labelled" / "tagged-na-double.dta")

    tags = survey.extended_missing["x"].fillna("").tolist()
    assert sorted(filter(None, tags)) == [".a", ".h", ".z"]
    assert survey.frame["x"].dropna().tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert survey.value_labels["x"] == {".a": "apple", ".z": ".zebra"}
    assert survey.user_missing["x"] == ((".a", ".a"), (".h", ".h"), (".z", ".z"))


@pytest.mark.parametrize("language", ["ar_arabic", "fr_french", "mk_cyrillic", "sq_albanian"])
def test_labels_and_declared_missing_codes_are_written_again(real_data, tmp_path, language):
    survey = rs.read_survey(real_data / "labelled" / f"{language}_user_missing.sav")
    file = ParsedFile(
        survey.frame, survey.variable_labels, survey.value_labels, survey.user_missing
    )
    for suffix in (".sav", ".zsav", ".parquet"):
        path = tmp_path / f"again{suffix}"
        path.write_bytes(file_bytes(file, suffix, where=""))

        again = rs.read_survey(path)

        assert again.value_labels == survey.value_labels
        assert again.user_missing == survey.user_missing
        assert again.variable_labels == survey.variable_labels


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".xlsx", ".parquet", ".csv"])
def test_a_whole_afrobarometer_round_is_written_in_any_format_and_read_back(real_data, suffix):
    """Writing compares what it reads back with what it wrote, and fails where they differ."""
    survey = rs.read_survey(real_data / "afrobarometer" / "afrobarometer_kenya_r4.sav")
    file = ParsedFile(survey.frame, survey.variable_labels, survey.value_labels)

    assert len(file_bytes(file, suffix, where="")) > 50_000
