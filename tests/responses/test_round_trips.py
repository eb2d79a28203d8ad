"""What is written in any format is read again: codes, reasons, text, labels in every script."""

from __future__ import annotations

import io
import time
import zipfile

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import ReadingError, ReportingError
from resilience.responses import reading, writing
from resilience.responses.coding import plain_labels
from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.portable import without_missing_codes
from resilience.responses.identifiers.protection import Protection
from resilience.responses.reading import ReadRequest
from resilience.responses.writing import WRITABLE_SUFFIXES, file_bytes
from tests.editing import lacking
from tests.running import parse_here

LABELLED = (".sav", ".zsav", ".dta", ".parquet")
WITHOUT_TAGS = (".csv", ".tsv", ".xlsx", ".parquet")
LABELS = {
    "home": "أشعر في هذه المدينة بأنني في بيتي",
    "trust": "Колку им верувате на луѓето од друга заедница?",
    "name": "Sa ndiheni si në shtëpinë tuaj këtu, në këtë qytet?",
    "weight": "À quel point vous sentez-vous chez vous, « ici » ?",
}
ANSWERS = {
    "home": {1.0: "لا أوافق أبدا", 2.0: "أوافق بشدة", 98.0: "لا أعرف", 99.0: "Nuk e di"},
    "trust": {0.0: "Воопшто не", 1.0: "Целосно", 9.0: "Ne sait pas"},
}
TEXTS = ["007", "", "é", "مدينة", "Скопје", "a,b;c", 'say "so"', "12 rue"]


def simulated(**parts) -> ParsedFile:
    frame = pd.DataFrame(
        {
            "home": [1.0, 2.0, 98.0, 99.0, np.nan, 1.0, 2.0, 1.0],
            "trust": [0.0, 1.0, 9.0, 9.0, 0.0, np.nan, 1.0, 0.0],
            "name": pd.Series(TEXTS, dtype="str"),
            "weight": [1 / 3, 0.1, 2.5, 1e-7, 123_456.789, 2 / 3, 1.0, 1e12],
        }
    )
    return ParsedFile(frame, **parts)


def tagged() -> ParsedFile:
    extended = pd.DataFrame(
        {"home": pd.Series([None, None, ".a", ".z", None, ".a", None, None], dtype="str")}
    )
    frame = simulated().frame
    frame.loc[extended["home"].notna(), "home"] = np.nan
    return ParsedFile(
        frame,
        LABELS,
        {"home": {1.0: "لا أوافق أبدا", ".a": "Одбива", ".z": "لا أعرف"}},
        {"home": ((".a", ".a"), (".z", ".z"))},
        extended_missing=extended,
    )


@pytest.fixture
def again(tmp_path, monkeypatch):
    """Write a file and read it."""
    parse_here(monkeypatch)

    def written_and_read(file: ParsedFile, suffix: str, **options):
        path = tmp_path / f"wave{suffix}"
        path.write_bytes(file_bytes(file, suffix, where="here"))
        return rs.read_survey(path, **options)

    return written_and_read


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_numbers_and_text_survive(again, suffix):
    frame = again(simulated(), suffix).frame

    expected = simulated().frame
    for name in ("home", "trust"):
        np.testing.assert_array_equal(frame[name], expected[name])
    np.testing.assert_allclose(frame["weight"], expected["weight"], rtol=1e-15)
    assert frame["name"].fillna("").tolist() == TEXTS


@pytest.mark.parametrize("suffix", LABELLED)
def test_labels_in_every_script_survive(again, suffix):
    survey = again(simulated(variable_labels=LABELS, value_labels=ANSWERS), suffix)

    assert survey.variable_labels == LABELS
    assert survey.value_labels == ANSWERS


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".parquet"])
def test_codes_declared_as_missing_survive_text_included(again, suffix):
    declared = {"home": ((98.0, 99.0),), "trust": ((9.0, 9.0),), "name": (("é", "é"),)}

    assert again(simulated(user_missing=declared), suffix).user_missing == declared


def test_extended_missing_values_survive_with_their_labels(again):
    file = tagged()

    survey = again(file, ".dta")

    pd.testing.assert_frame_equal(survey.extended_missing, file.extended_missing)
    np.testing.assert_array_equal(survey.frame["home"], file.frame["home"])
    assert survey.value_labels["home"] == file.value_labels["home"]
    assert survey.user_missing == file.user_missing


def test_extended_missing_values_come_back_from_the_cache(again, tmp_path, monkeypatch):
    monkeypatch.setenv("RESILIENCE_CACHE", str(tmp_path / "cache"))
    again(tagged(), ".dta")
    asked = [ReadRequest(tmp_path / "wave.dta", ("home",), protection=Protection())]
    (first,) = reading.read_surveys(asked)
    monkeypatch.setattr(reading, "_child", lambda _jobs: pytest.fail("it was parsed again"))

    (second,) = reading.read_surveys(asked)

    pd.testing.assert_frame_equal(second.extended_missing, first.extended_missing)


@pytest.mark.parametrize("suffix", WITHOUT_TAGS)
def test_extended_missing_values_are_text_where_a_format_has_none(again, suffix):
    survey = again(tagged(), suffix)

    assert survey.frame["home"].fillna("").tolist() == ["1", "2", ".a", ".z", "", ".a", "2", "1"]


def test_whole_numbers_beside_extended_missing_values_are_not_written_as_garbage(again):
    extended = pd.DataFrame({"x": pd.Series([None, ".a", None], dtype="str")})
    frame = pd.DataFrame({"x": pd.Series([1, None, 3], dtype="object")})

    survey = again(ParsedFile(frame.astype("float64"), extended_missing=extended), ".dta")

    np.testing.assert_array_equal(survey.frame["x"], [1.0, np.nan, 3.0])
    assert survey.extended_missing["x"].fillna("").tolist() == ["", ".a", ""]


@pytest.mark.parametrize("suffix", [".sav", ".zsav"])
def test_spss_refuses_extended_missing_values_before_they_are_lost(again, suffix):
    with pytest.raises(ReportingError) as caught:
        again(tagged(), suffix)

    (issue,) = caught.value.issues
    assert "no extended missing values" in issue.found
    assert lacking([issue]) == []


@pytest.mark.parametrize("suffix", LABELLED)
def test_labels_longer_than_a_format_holds_are_cut_with_an_ellipsis(again, suffix):
    long = {"home": "ش" * 400}

    label = again(simulated(variable_labels=long), suffix).variable_labels["home"]

    assert label == long["home"] if suffix == ".parquet" else label.endswith("ش…")


def test_names_that_stata_cannot_hold_are_refused_by_name(again):
    name = "trust_in_people_of_other_communities"

    with pytest.raises(ReportingError, match=name):
        again(ParsedFile(pd.DataFrame({name: [1.0]})), ".dta")


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_a_file_that_differs_when_read_back_is_an_error(monkeypatch, suffix):
    parse_here(monkeypatch)
    write = writing._WRITERS[suffix]

    def careless(parsed, path):
        frame = parsed.frame.copy()
        frame.loc[3, "home"] = 0.0
        write(ParsedFile(frame, parsed.variable_labels, parsed.value_labels), path)

    monkeypatch.setitem(writing._WRITERS, suffix, careless)

    with pytest.raises(ReportingError) as caught:
        file_bytes(simulated(), suffix, where="here")

    (issue,) = caught.value.issues
    assert issue.found == "column 'home': values"
    assert lacking([issue]) == []


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".dta", ".parquet"])
def test_labels_and_missing_codes_that_get_lost_are_an_error(monkeypatch, suffix):
    parse_here(monkeypatch)
    write = writing._WRITERS[suffix]
    monkeypatch.setitem(
        writing._WRITERS, suffix, lambda parsed, path: write(ParsedFile(parsed.frame), path)
    )

    with pytest.raises(ReportingError) as caught:
        file_bytes(simulated(variable_labels=LABELS, value_labels=ANSWERS), suffix, where="here")

    assert "column 'home': label; column 'home': answer labels" in caught.value.issues[0].found


def test_the_same_content_makes_the_same_bytes_at_another_time(monkeypatch):
    parse_here(monkeypatch)
    file = simulated(variable_labels=LABELS, value_labels=ANSWERS, notes=("SIMULATED",))
    first = {suffix: file_bytes(file, suffix, where="") for suffix in WRITABLE_SUFFIXES}
    time.sleep(2.1)  # zip archives count in steps of two seconds

    for suffix, content in first.items():
        assert file_bytes(file, suffix, where="") == content, suffix


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".dta", ".xlsx", ".parquet"])
def test_a_note_that_the_data_are_simulated_survives(again, suffix):
    notes = ("SIMULATED DATA: no person gave these answers",)

    assert again(simulated(notes=notes), suffix).notes[0] == notes[0]


def test_no_text_in_a_workbook_is_a_formula_or_a_link():
    texts = ["=1+1", "@SUM(A1)", "+1", "-1", "http://example.org", "mailto:a@example.org"]
    frame = pd.DataFrame({"=x": texts})

    content = writing.write_spreadsheet(ParsedFile(frame, {"=x": "=2+2"}))

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "sheets/sheet" in name]
    assert len(sheets) == 2
    assert not any(b"<f>" in sheet or b"hyperlink" in sheet for sheet in sheets)


def base_30(number: int) -> str:
    digits = "0123456789ABCDEFGHIJKLMNOPQRST"
    text = ""
    while number:
        number, rest = divmod(number, 30)
        text = digits[rest] + text
    return text or "0"


@pytest.fixture
def portable(tmp_path, parsed_here):
    """Write a .por file whose dictionary declares missing codes."""
    import pyreadstat

    frame = pd.DataFrame({"trust_in_people": [1.0, 2.0, 98.0, 99.0, 7.0], "name": list("abcde")})
    frame.columns = ["TRUST", "NAME"]
    path = tmp_path / "wave.POR"
    pyreadstat.write_por(frame, str(path))

    def declaring(declaration: str):
        text = path.read_bytes().decode("latin-1").replace("\r\n", "")
        head, found, tail = text.partition("70/5/TRUST5/8/2/5/8/2/")
        assert found
        text = head + found + declaration + "C5/trust" + tail.rstrip("Z") + "Z"
        lines = [text[at : at + 80].ljust(80, "Z") for at in range(0, len(text), 80)]
        path.write_bytes("\r\n".join([*lines, ""]).encode("latin-1"))
        return path

    return declaring


@pytest.mark.parametrize(
    ("declaration", "ranges"),
    [
        ("", None),
        (f"8{base_30(98)}/8{base_30(99)}/", ((98.0, 98.0), (99.0, 99.0))),
        (f"B{base_30(98)}/{base_30(99)}/87/", ((98.0, 99.0), (7.0, 7.0))),
        (f"A{base_30(97)}/", ((97.0, np.inf),)),
        ("9-1/", ((-np.inf, -1.0),)),
    ],
)
def test_codes_that_a_portable_file_declares_as_missing_stay_codes(portable, declaration, ranges):
    survey = rs.read_survey(portable(declaration))

    assert survey.frame["TRUST"].tolist() == [1.0, 2.0, 98.0, 99.0, 7.0]
    assert survey.frame["NAME"].tolist() == list("abcde")
    assert survey.user_missing == ({} if ranges is None else {"TRUST": ranges})
    assert survey.variable_labels == {"TRUST": "trust"}


def test_a_portable_file_without_missing_codes_is_read_as_it_is(portable):
    content = portable("").read_bytes()

    assert without_missing_codes(content) == (content, {})


def test_ids_in_a_numeric_and_a_text_column_are_the_same_label(again):
    survey = again(simulated(), ".xlsx")

    assert plain_labels(survey.frame["home"])[0] == "1"


@pytest.mark.parametrize("suffix", [*WRITABLE_SUFFIXES, ".por"])
def test_an_empty_file_or_one_of_another_kind_is_a_typed_error(tmp_path, monkeypatch, suffix):
    parse_here(monkeypatch)
    contents = {"empty": b""}
    if suffix not in (".csv", ".tsv"):
        contents["other"] = b"id,x\n1,2\n" * 50
    for name, content in contents.items():
        path = tmp_path / f"{name}{suffix}"
        path.write_bytes(content)

        with pytest.raises(ReadingError) as caught:
            rs.read_survey(path)

        assert lacking(caught.value.issues) == []


@pytest.mark.parametrize("suffix", [".sav", ".zsav", ".dta", ".xlsx", ".parquet"])
def test_a_file_cut_short_anywhere_is_a_typed_error(tmp_path, monkeypatch, suffix):
    parse_here(monkeypatch)
    file = simulated(variable_labels=LABELS, value_labels=ANSWERS)
    content = file_bytes(file, suffix, where="")
    path = tmp_path / f"cut{suffix}"
    for length in np.unique(np.linspace(1, len(content) - 1, 60).astype(int)):
        path.write_bytes(content[:length])

        with pytest.raises(ReadingError) as caught:
            rs.read_survey(path)

        assert caught.value.issues[0].what == "the data file cannot be read"


def test_a_portable_file_cut_short_in_its_dictionary_is_a_typed_error(portable, monkeypatch):
    parse_here(monkeypatch)
    path = portable(f"8{base_30(98)}/")
    content = path.read_bytes()
    for length in range(0, content.index(b"TRUST"), 40):
        path.write_bytes(content[:length])

        with pytest.raises(ReadingError):
            rs.read_survey(path)
