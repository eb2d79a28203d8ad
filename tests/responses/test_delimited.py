from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest

from resilience.responses.formats.delimited import read_delimited, write_delimited
from resilience.responses.formats.parsed import FormatError

NO_TABLES = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \r\n\n\t", "the file is empty"),
    "byte order mark only": (b"\xef\xbb\xbf", "the file is empty"),
    "header only": (b"id,x\n", "no rows"),
    "header and blank lines": (b"id,x\n\n\n", "no rows"),
    "fewer fields": (b"id,x\n1,2\n3\n", "1 rows have more or fewer fields"),
    "more fields": (b"id,x\n1,2,3\n4,5\n6,7,8\n", "2 rows have more or fewer fields"),
    "decimal commas": (b"id,x\n1,2,5\n", "1 rows have more or fewer fields"),
    "column twice": (b"id,x,id\n1,2,3\n", "1 column names occur twice"),
    "column twice but for blanks": (b"id,id \n1,2\n", "1 column names occur twice"),
    "open quote": (b'id,x\n1,"2\n3,4\n', "its quotes do not close"),
    "open quote in the header": (b'id,"x\n1,2\n', "its quotes do not close"),
    "text after a quote": (b'id,x\n1,"2"3\n', "its quotes do not close"),
    "zero bytes": (b"id,x\n1,\x002\n", "zero bytes"),
    "Latin-1": ("id,x\n1,é\n".encode("latin-1"), "not UTF-8"),
    "UTF-16 without its mark": ("id,x\n1,2\n".encode("utf-16-le"), "zero bytes"),
    "UTF-16 cut short": ("id,x\n1,2\n".encode("utf-16")[:-1], "not UTF-16"),
    "workbook": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xd9", "not UTF-8"),
}

RISKY = [
    "=1+1",
    "=HYPERLINK(0)",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "|cmd",
    "＝1",
    "＋1",
    "－1",
    "＠1",
]


@pytest.fixture
def read(tmp_path):
    def of(content, columns=None) -> pd.DataFrame:
        path = tmp_path / "wave.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_delimited(path, columns).frame

    return of


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_usual_delimiters_line_ends_and_marks_are_understood(read, delimiter, end, mark):
    lines = [delimiter.join(row) for row in (("id", "x"), ("a", "1"), ("b", "2"))]

    frame = read(mark + end.join(lines) + end)

    assert list(frame) == ["id", "x"]
    assert frame["id"].tolist() == ["a", "b"]
    assert frame["x"].tolist() == [1.0, 2.0]


def test_a_delimiter_within_quotes_is_text(read):
    frame = read('id;"weight, final";x\n"a;b";1;2\n')

    assert list(frame) == ["id", "weight, final", "x"]
    assert frame["id"].tolist() == ["a;b"]


def test_names_with_many_commas_in_quotes_do_not_hide_the_delimiter(read):
    frame = read('"a, b, c";"d"\n1;2\n')

    assert list(frame) == ["a, b, c", "d"]


def test_quoted_text_may_hold_quotes_and_line_ends(read):
    assert read('id,x\n1,"a ""b""\nc"\n')["x"].tolist() == ['a "b"\nc']


def test_a_last_line_without_an_end_counts(read):
    assert len(read("id,x\n1,2\n3,4")) == 2


def test_blank_lines_between_rows_are_passed_over(read):
    assert read("id,x\n1,2\n\n3,4\n\n")["id"].tolist() == [1.0, 3.0]


def test_blank_lines_above_the_header_are_passed_over(read):
    assert list(read("\nid,x\n1,2\n")) == ["id", "x"]


@pytest.mark.parametrize(
    "values",
    [
        ["1", "2"],
        ["-1", "0"],
        ["1.50", "2"],
        ["1e3", "2E-2"],
        ["0.5", ""],
        ["999999999999999"],
        ["", " "],
    ],
)
def test_columns_of_numbers_become_numbers(read, values):
    column = read("x,y\n" + "".join(f"{value},0\n" for value in values))["x"]

    assert column.dtype == np.float64
    expected = [float(value) if value.strip() else np.nan for value in values]
    np.testing.assert_array_equal(column, expected)


@pytest.mark.parametrize(
    "value",
    [
        "007",
        "0012.5",
        "NA",
        "nan",
        "None",
        "null",
        "inf",
        "-",
        ".5",
        "5.",
        "+5",
        "1,000",
        "1 000",
        "1_000",
        "0x1F",
        "１",
        "٣",
        "1234567890123456",
        "12345678901234567890",
        "True",
        "2025-02-03",
    ],
)
def test_columns_that_would_lose_something_as_numbers_stay_text(read, value):
    column = read(f'x,y\n1,0\n"{value}",0\n')["x"]

    assert column.dtype == "str"
    assert column.tolist() == ["1", value]


@pytest.mark.parametrize("value", ["12e456", "1e-999", "9E999"])
def test_numbers_beyond_what_a_number_holds_stay_text(read, value):
    assert read(f"x,y\n{value},0\n")["x"].tolist() == [value]


def test_empty_fields_of_text_are_missing(read):
    column = read("x,y\na,0\n,0\n  ,0\n")["x"]

    assert column.isna().tolist() == [False, True, True]


def test_blanks_around_names_and_values_go(read):
    frame = read(" id , x \n a , 1 \n")

    assert list(frame) == ["id", "x"]
    assert frame["id"].tolist() == ["a"]
    assert frame["x"].tolist() == [1.0]


def test_only_the_columns_asked_for_are_read_in_the_order_of_the_file(read):
    assert list(read("a,b,c\n1,2,3\n", ["c", "unknown", "a"])) == ["a", "c"]


def test_columns_are_listed(tmp_path):
    (tmp_path / "wave.tsv").write_text("id\tq 1\n1\t2\n")

    assert read_delimited(tmp_path / "wave.tsv", ["id"]).columns == ("id", "q 1")


@pytest.mark.parametrize("case", NO_TABLES)
def test_what_is_no_table_is_refused_with_the_reason(read, case):
    content, reason = NO_TABLES[case]

    with pytest.raises(FormatError, match=reason):
        read(content)


def test_the_first_uneven_row_is_told_by_its_line(read):
    with pytest.raises(FormatError, match="first row 5"):
        read("id,x\n1,2\n\n3,4\n5\n")


def test_a_very_long_answer_is_text(read):
    assert read(f"id,x\n1,{'a' * 200_000}\n")["x"].str.len().tolist() == [200_000]


def test_an_error_tells_nothing_of_the_content(read):
    with pytest.raises(FormatError) as caught:
        read("id,x\nsecret,1,2\n")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", RISKY)
def test_text_that_a_spreadsheet_would_run_is_made_text(text):
    written = write_delimited(pd.DataFrame({"x": [text, "plain"]})).decode()

    rows = list(csv.reader(io.StringIO(written, newline="")))
    assert rows == [["x"], ["'" + text], ["plain"]]


@pytest.mark.parametrize("text", RISKY)
def test_names_of_columns_that_a_spreadsheet_would_run_are_made_text(text):
    written = write_delimited(pd.DataFrame({text: [1]})).decode()

    assert next(csv.reader(io.StringIO(written, newline=""))) == ["'" + text]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_line_end_within_text_begins_no_new_row(end):
    written = write_delimited(pd.DataFrame({"x": [f"words{end}=1+1"], "y": [1]})).decode()

    rows = list(csv.reader(io.StringIO(written, newline="")))
    assert rows == [["x", "y"], [f"words{end}=1+1", "1"]]


def test_categories_are_guarded_too():
    frame = pd.DataFrame({"x": pd.Categorical(["=1", "b", None])})

    assert write_delimited(frame).decode().splitlines() == ["x", "'=1", "b", '""']


def test_numbers_are_written_as_they_are():
    frame = pd.DataFrame({"x": [-1.5, np.nan], "n": [-1, 2]})

    assert write_delimited(frame).decode() == "x,n\r\n-1.5,-1\r\n,2\r\n"


def test_writing_leaves_the_frame_as_it_was():
    frame = pd.DataFrame({"=x": ["=1", None]})

    write_delimited(frame)

    pd.testing.assert_frame_equal(frame, pd.DataFrame({"=x": ["=1", None]}))


def test_what_is_written_is_read_again(read):
    frame = pd.DataFrame(
        {"id": ["001", "é;,", 'a "b"'], "x": [1.0, np.nan, -2.5], "words": ["مدينة", None, "a\nb"]}
    )

    again = read(write_delimited(frame))

    pd.testing.assert_frame_equal(again, frame, check_dtype=False)


@pytest.mark.parametrize("encoding", ["cp1251", "utf-16"])
def test_other_encodings_are_read_where_they_are_named_or_marked(tmp_path, encoding):
    path = tmp_path / "wave.csv"
    path.write_bytes("id,град\n1,Скопје\n".encode(encoding))
    named = None if encoding == "utf-16" else encoding

    assert read_delimited(path, encoding=named).frame["град"].tolist() == ["Скопје"]


def test_another_encoding_is_never_guessed(read):
    with pytest.raises(FormatError, match="not UTF-8") as caught:
        read("id,град\n1,Скопје\n".encode("cp1251"))

    assert "encoding: cp1251" in caught.value.remedy


def test_decimal_commas_are_numbers_where_semicolons_delimit(read):
    frame = read("id;weight;n;code\n007;1,5;1;a,b\n008;-0,25;;c\n009;;3;1,2,3\n")

    np.testing.assert_array_equal(frame["weight"], [1.5, -0.25, np.nan])
    np.testing.assert_array_equal(frame["n"], [1.0, np.nan, 3.0])
    assert frame["id"].tolist() == ["007", "008", "009"]
    assert frame["code"].tolist() == ["a,b", "c", "1,2,3"]


def test_commas_are_no_decimals_in_a_file_with_decimal_points(read):
    frame = read("weight;chosen\n1.5;1,2\n0.5;2,3\n")

    assert frame["weight"].tolist() == [1.5, 0.5]
    assert frame["chosen"].tolist() == ["1,2", "2,3"]


@pytest.mark.parametrize("value", ["02.03.2025", "2025-02-03", "3/2/2025", "12:30", "1,5"])
def test_dates_and_commas_stay_text_where_commas_delimit(read, value):
    assert read(f'x,y\n"{value}",0\n')["x"].tolist() == [value]


def test_numbers_with_all_their_digits_are_numbers(read):
    assert read("x\n66.66666666666667\n0.1\n")["x"].tolist() == [66.66666666666667, 0.1]
