"""Tables of repeats and their parents."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

import resilience as rs
from resilience.errors import ValidationError
from resilience.responses.survey_file import RawSurvey, Source
from tests.editing import lacking
from tests.running import parse_here

MAIN = {"_index": [1.0, 2, 3], "_id": [71.0, 72, 73], "town": ["A", "B", "C"]}
MEMBERS = {
    "age": [30.0, 4, 51],
    "_index": [1.0, 2, 3],
    "_parent_index": [2.0, 2, 3],
    "_submission__id": [72.0, 72, 73],
}


def table(columns, name="export.xlsx"):
    frame = pd.DataFrame(columns)
    return RawSurvey(frame, tuple(frame), {}, {}, {}, (), Source(name, "0" * 64, len(frame)))


def issues_of(main, **repeats):
    with pytest.raises(ValidationError) as caught:
        rs.link_repeats(main, repeats)
    assert lacking(caught.value.issues) == []
    return caught.value.issues


def test_each_row_has_the_position_of_its_parent():
    members = rs.link_repeats(table(MAIN), {"members": table(MEMBERS)})["members"]

    towns = np.array(MAIN["town"])[members.frame["parent_row"]]
    assert towns.tolist() == ["B", "B", "C"]
    assert members.columns[-1] == "parent_row"


def test_a_repeat_within_a_repeat_has_that_as_its_parent():
    jobs = {"_parent_table_name": ["members"] * 2, "_parent_index": [1.0, 3.0]}

    linked = rs.link_repeats(table(MAIN), {"members": table(MEMBERS), "jobs": table(jobs)})

    assert linked["jobs"].frame["parent_row"].tolist() == [0, 2]


def test_keys_of_surveycto_are_known():
    main = table({"KEY": ["uuid:a", "uuid:b"]})
    children = table({"PARENT_KEY": ["uuid:b", "uuid:a"], "KEY": ["uuid:b/m[1]", "uuid:a/m[1]"]})

    assert rs.link_repeats(main, {"m": children})["m"].frame["parent_row"].tolist() == [1, 0]


def test_rows_without_a_parent_and_parents_that_occur_twice_are_told_together():
    main = table({"_index": [1.0, 2, 2]})
    orphans = table({"_parent_index": [1.0, 9, np.nan]})

    twice, orphaned = issues_of(main, members=orphans)

    assert "parents of the repeat 'members' occur more than once" in twice.what
    assert twice.found.startswith("2 rows (data rows 2, 3,")
    assert "rows of the repeat 'members' have no parent" in orphaned.what
    assert orphaned.found.startswith("2 rows (data rows 2, 3,")


def test_a_repeat_that_does_not_tell_its_parent_is_named():
    (issue,) = issues_of(table(MAIN), members=table({"age": [30.0]}))

    assert "the repeat 'members' does not tell its parent" in issue.what
    assert "_parent_index" in issue.expected


def test_tables_of_two_exports_do_not_agree():
    (issue,) = issues_of(table(MAIN), members=table({**MEMBERS, "_submission__id": [71.0, 72, 73]}))

    assert "name different parents" in issue.what
    assert issue.found.startswith("1 row (data row 1,")


def test_sheets_of_a_workbook_are_linked(tmp_path, monkeypatch):
    parse_here(monkeypatch)
    path = tmp_path / "export.xlsx"
    book = xlsxwriter.Workbook(path)
    for name, columns in (("Safety", MAIN), ("members", MEMBERS)):
        sheet = book.add_worksheet(name)
        for at, (column, values) in enumerate(columns.items()):
            sheet.write_column(0, at, [column, *values])
    book.close()

    survey, members = rs.read_survey(path), rs.read_survey(path, sheet="members")

    linked = rs.link_repeats(survey, {"members": members})
    assert linked["members"].frame["parent_row"].tolist() == [1, 1, 2]
