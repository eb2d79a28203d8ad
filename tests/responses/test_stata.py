from __future__ import annotations

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from resilience.responses.formats.parsed import FormatError, ParsedFile
from resilience.responses.formats.stata import read_stata, write_stata


@pytest.fixture
def old_file(tmp_path):
    """A file of Stata 12, which has no end mark, with labels that stand at its end."""
    path = tmp_path / "wave.dta"
    frame = pd.DataFrame({"home": [1.0, 2.0, 98.0] * 20, "weight": [0.5] * 60})
    labels = {"home": {1: "Nuk pajtohem", 2: "Pajtohem", 98: "Nuk e di"}}
    pyreadstat.write_dta(frame, str(path), version=12, variable_value_labels=labels)
    return path


def test_labels_that_were_cut_off_are_an_error(old_file):
    content = old_file.read_bytes()
    whole = read_stata(old_file)
    assert whole.value_labels["home"][98.0] == "Nuk e di"
    told = []
    for length in range(len(content) - 150, len(content), 3):
        old_file.write_bytes(content[:length])
        try:
            found = read_stata(old_file)
        except (FormatError, pyreadstat.ReadstatError) as error:
            told.append(str(error))
            continue
        assert found.value_labels == whole.value_labels

    assert any("labels of 1 columns are named and not there: 'home'" in text for text in told)


def test_a_file_without_its_end_mark_is_an_error(tmp_path):
    path = tmp_path / "wave.dta"
    write_stata(ParsedFile(pd.DataFrame({"x": [1.0]})), path)
    path.write_bytes(path.read_bytes()[:-5])

    with pytest.raises(FormatError, match="ends before its end mark"):
        read_stata(path)


def test_labels_of_codes_that_are_no_whole_numbers_are_refused(tmp_path):
    file = ParsedFile(pd.DataFrame({"x": [1.5]}), value_labels={"x": {1.5: "half"}})

    with pytest.raises(FormatError, match="column 'x'"):
        write_stata(file, tmp_path / "wave.dta")


@pytest.mark.parametrize("columns", [1, 10, 120])
def test_names_are_as_long_as_their_labels_leave_room_for(tmp_path, columns):
    path, most = tmp_path / "wave.dta", 32 - len(str(columns))
    names = [f"{number:03d}".rjust(most, "n") for number in range(columns)]
    labels = {name: {1.0: "yes"} for name in names}
    frame = pd.DataFrame({name: [1.0] for name in names})

    write_stata(ParsedFile(frame, value_labels=labels), path)

    assert read_stata(path).value_labels == labels
    write_stata(ParsedFile(frame.rename(columns={names[0]: "n" * 32})), path)
    long = ParsedFile(
        frame.rename(columns={names[0]: "n" * 32}), value_labels={"n" * 32: {1.0: "yes"}}
    )
    with pytest.raises(FormatError, match=f"labels {most} here: '{'n' * 32}'"):
        write_stata(long, path)


def test_a_letter_in_a_text_column_is_no_extended_missing_value(tmp_path):
    path = tmp_path / "wave.dta"
    write_stata(ParsedFile(pd.DataFrame({"x": ["a", "b"], "y": [1.0, np.nan]})), path)

    parsed = read_stata(path)

    assert parsed.frame["x"].tolist() == ["a", "b"]
    assert len(parsed.extended_missing.columns) == 0
    assert parsed.user_missing == {}


def test_only_the_columns_asked_for_are_read(tmp_path):
    path = tmp_path / "wave.dta"
    write_stata(ParsedFile(pd.DataFrame({"x": [1.0], "y": [2.0]}), {"x": "X", "y": "Y"}), path)

    parsed = read_stata(path, ["y", "unknown"])

    assert list(parsed.frame) == ["y"]
    assert parsed.variable_labels == {"y": "Y"}
    assert parsed.columns == ("x", "y")
