from __future__ import annotations

import datetime as dt
import io
import zipfile

import numpy as np
import pytest
import xlsxwriter

import resilience as rs
from resilience.errors import ReadingError
from resilience.responses.formats import spreadsheets
from resilience.responses.formats.parsed import FormatError
from resilience.responses.formats.spreadsheets import read_spreadsheet
from tests.editing import lacking
from tests.running import parse_here


@pytest.fixture
def workbook(tmp_path):
    """Make a workbook with what a function writes on its sheets."""

    def made(fill, *names: str):
        path = tmp_path / "wave.xlsx"
        book = xlsxwriter.Workbook(str(path))
        fill(book, *[book.add_worksheet(name) for name in names or ("data",)])
        book.close()
        return path

    return made


def rows(*lines, at: tuple[int, int] = (0, 0)):
    """Return what writes lines of cells on the first sheet."""

    def fill(_book, sheet, *_):
        for number, line in enumerate(lines):
            sheet.write_row(at[0] + number, at[1], line)

    return fill


def refusal(path, **options) -> FormatError:
    with pytest.raises(FormatError) as caught:
        read_spreadsheet(path, **options)
    assert caught.value.remedy
    return caught.value


def test_cells_are_read_as_a_person_sees_them(workbook):
    def fill(book, sheet):
        sheet.write_row(0, 0, ["id", "code", "weight", "day", "time", "yes", "lasted", "mixed"])
        for row, (identity, mixed) in enumerate([("007", 1), ("012", "other")], start=1):
            sheet.write_row(row, 0, [identity, 3, 0.1 + 0.2])
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet.write_datetime(row, 3, dt.datetime(2026, 3, 2), day)
            clock = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
            sheet.write_datetime(row, 4, dt.datetime(2026, 3, 2, 14, 5), clock)
            sheet.write_boolean(row, 5, True)
            lasted = book.add_format({"num_format": "[h]:mm:ss"})
            sheet.write_datetime(row, 6, dt.timedelta(hours=30, seconds=5), lasted)
            sheet.write(row, 7, mixed)

    frame = read_spreadsheet(workbook(fill)).frame

    assert frame["id"].tolist() == ["007", "012"]
    assert frame["code"].tolist() == [3.0, 3.0]
    assert frame["weight"].tolist() == [0.3, 0.3]
    assert frame["day"].tolist() == ["2026-03-02"] * 2
    assert frame["time"].tolist() == ["2026-03-02 14:05:00"] * 2
    assert frame["yes"].tolist() == ["TRUE"] * 2
    assert frame["lasted"].tolist() == ["30:00:05"] * 2
    assert frame["mixed"].tolist() == ["1", "other"]


def test_the_table_may_begin_anywhere_and_blank_rows_are_passed_over(workbook):
    path = workbook(rows(["id", "x"], ["a", 1], [], ["b", 2], at=(3, 2)))

    parsed = read_spreadsheet(path)

    assert parsed.columns == ("id", "x")
    assert parsed.frame["x"].tolist() == [1.0, 2.0]


def test_numbers_written_as_text_and_empty_cells(workbook):
    frame = read_spreadsheet(workbook(rows(["x", "y"], ["1", "a"], [2, None], [None, "NA"]))).frame

    np.testing.assert_array_equal(frame["x"], [1.0, 2.0, np.nan])
    assert frame["y"].fillna("").tolist() == ["a", "", "NA"]


def test_the_first_sheet_is_read_or_the_one_that_is_named(workbook):
    def fill(_book, one, other):
        one.write_row(0, 0, ["x"])
        one.write_row(1, 0, [1])
        other.write_row(0, 0, ["y"])
        other.write_row(1, 0, [2])

    path = workbook(fill, "Marrja", "بيانات")

    assert list(read_spreadsheet(path).frame) == ["x"]
    assert list(read_spreadsheet(path, sheet="بيانات").frame) == ["y"]
    assert "its sheets are 'Marrja', 'بيانات'" in str(refusal(path, sheet="data"))


def test_only_the_columns_asked_for_are_read(workbook):
    parsed = read_spreadsheet(workbook(rows(["a", "b", "c"], [1, 2, 3])), ["c", "unknown", "a"])

    assert list(parsed.frame) == ["a", "c"]
    assert parsed.columns == ("a", "b", "c")


def test_merged_cells_are_refused_by_their_place(workbook):
    def fill(_book, sheet):
        sheet.merge_range(0, 1, 0, 2, "trust")
        sheet.write_row(1, 0, ["id", "own", "other"])
        sheet.write_row(2, 0, [1, 2, 3])

    assert "1 groups of cells are merged: 'B1:C1'" in str(refusal(workbook(fill)))


def test_names_that_occur_twice_are_refused_by_name(workbook):
    message = str(refusal(workbook(rows(["id", "trust", "trust "], [1, 2, 3]))))

    assert message == "1 column names occur twice: 'trust'"


def test_columns_without_a_name_are_refused_by_their_letter(workbook):
    path = workbook(rows(["id", None, "x"], [1, 2, 3], at=(0, 1)))

    assert str(refusal(path)) == "1 columns have no name: 'C'"


def test_columns_without_name_and_content_are_no_columns(workbook):
    def fill(book, sheet):
        rows(["id", "x"], [1, 2])(book, sheet)
        sheet.write_string(1, 3, "")

    assert read_spreadsheet(workbook(fill)).columns == ("id", "x")


def test_errors_and_formulas_without_a_value_are_not_taken_for_missing(workbook, tmp_path):
    def fill(_book, sheet):
        sheet.write_row(0, 0, ["id", "x"])
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")

    assert "1 cells hold an error" in str(refusal(workbook(fill)))

    path = workbook(lambda _b, s: (s.write(0, 0, "x"), s.write_formula(1, 0, "=1+1", None, 2)))
    replaced = rewritten(path, "xl/worksheets/sheet1.xml", b"<v>2</v>", b"")
    assert "1 formulas were never calculated" in str(refusal(replaced))


def test_errors_on_other_sheets_do_not_matter(workbook):
    def fill(_book, data, other):
        rows(["x"], [1])(_book, data)
        other.write_formula(0, 0, "=1/0", None, "#DIV/0!")

    assert read_spreadsheet(workbook(fill, "data", "pivot")).frame["x"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("lines", "reason"), [([], "is empty"), ([["id", "x"]], "a header and no rows")]
)
def test_a_sheet_without_rows_is_refused(workbook, lines, reason):
    with pytest.raises(FormatError, match=reason):
        read_spreadsheet(workbook(rows(*lines)))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 30_000_000)

    assert "at most 200 MB and 100 times its size are read" in str(refusal(path))


def test_a_cell_far_from_the_others_is_refused(workbook):
    path = workbook(lambda book, sheet: (sheet.write(0, 0, "x"), sheet.write(1_048_575, 16_383, 1)))

    error = refusal(path)

    assert "row 1,048,576 and column XFD" in str(error)
    assert "new sheet" in error.remedy


def test_what_is_larger_than_a_workbook_may_be_is_refused(workbook, monkeypatch):
    path = workbook(rows(["x"], [1]))
    monkeypatch.setattr(spreadsheets, "_MOST_UNPACKED", 5_000)

    assert "when unpacked" in str(refusal(path))


def test_too_many_parts_are_refused(tmp_path):
    path = tmp_path / "parts.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(10_001):
            archive.writestr(f"{number}", b"")

    assert "10,001 parts" in str(refusal(path))


def test_a_part_larger_than_it_says_is_refused(workbook):
    path = workbook(rows(["x"], *[[number] for number in range(200)]))
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        told = archive.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    for at in (content.index(told), content.rindex(told)):
        content[at : at + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)

    with pytest.raises(FormatError, match="damaged or larger than it says"):
        read_spreadsheet(path)


@pytest.mark.parametrize(
    "start", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), b"id,x\n1,2\n"]
)
def test_what_is_no_workbook_is_told_with_a_remedy(tmp_path, start):
    path = tmp_path / "wave.xlsx"
    path.write_bytes(start)

    assert "workbook" in f"{refusal(path)} {refusal(path).remedy}"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("wave.csv", {"sheet": "data"}),
        ("wave.xlsx", {"encoding": "cp1251"}),
        ("wave.csv", {"encoding": "cp-none"}),
    ],
)
def test_options_that_a_kind_of_file_does_not_have_are_refused(tmp_path, name, options):
    (tmp_path / name).write_text("x\n1\n")

    with pytest.raises(ReadingError) as caught:
        rs.read_survey(tmp_path / name, **options)

    assert next(iter(options.values())) in caught.value.issues[0].found
    assert lacking(caught.value.issues) == []


def test_a_refusal_reaches_the_user_with_its_remedy(workbook, monkeypatch):
    parse_here(monkeypatch)
    path = workbook(rows(["trust", "trust"], [4242, 4243]))

    with pytest.raises(ReadingError) as caught:
        rs.read_survey(path)

    (issue,) = caught.value.issues
    assert issue.found == "wave.xlsx: 1 column names occur twice: 'trust'"
    assert issue.remedy == "give each column a name of its own"
    assert "4242" not in str(issue)


def rewritten(path, part: str, old: bytes, new: bytes):
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path
