from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

import resilience as rs
from resilience.errors import ReadingError
from resilience.files import sha256_of
from resilience.responses import isolation, reading
from resilience.responses.cache import cache_folder
from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spss import write_spss
from resilience.responses.identifiers.protection import Protection
from resilience.responses.reading import ReadRequest, read_surveys
from tests.conftest import ROOT
from tests.editing import lacking, swap

BASELINE = ROOT / "surveys" / "lebanon" / "data" / "baseline.sav"

posix_only = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")

# Stands in for the interpreter of the child: dies on files that are named crash, hangs on
# files that are named hang, and is the interpreter for all others.
CHILD = """\
#!/bin/sh
jobs=$(cat)
case "$jobs" in
    */crash*) kill -9 $$ ;;
    */hang*) exec tail -f /dev/null ;;
esac
printf '%s' "$jobs" | exec {python} "$@"
"""


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache of its own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("RESILIENCE_CACHE", str(folder))
    return folder


@pytest.fixture
def fragile_child(tmp_path, monkeypatch) -> None:
    """A child process that dies or hangs on files with certain names."""
    script = tmp_path / "child.sh"
    script.write_text(CHILD.format(python=sys.executable))
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))


@pytest.fixture
def no_child(monkeypatch):
    """Make every attempt to parse a file an error."""

    def forbid() -> None:
        def refused(jobs):
            pytest.fail(f"{len(jobs)} files were parsed")

        monkeypatch.setattr(reading, "_child", refused)

    return forbid


@pytest.fixture
def files(tmp_path):
    """Write small simulated files and return their paths."""

    def written(*names: str) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for number, path in enumerate(paths):
            path.write_text(f"id,x,secret\na,{number},9999\nb,2,9998\n")
        return paths

    return written


def issues_of(*requests: ReadRequest):
    with pytest.raises(ReadingError) as caught:
        read_surveys(requests)
    return caught.value.issues


def test_a_file_is_read_as_it_is():
    survey = rs.read_survey(BASELINE, columns=["id", "bel1"])

    assert list(survey.frame) == ["id", "bel1"]
    assert survey.frame["bel1"].max() == 99
    assert survey.user_missing["bel1"] == ((98.0, 99.0),)
    assert survey.value_labels["bel1"][1.0] == "لا أوافق أبدا"
    assert "SIMULATED" in survey.notes[0]
    assert "age_group" in survey.columns
    assert survey.source.name == "baseline.sav"
    assert survey.source.sha256 == sha256_of(BASELINE)
    assert survey.source.rows == len(survey.frame)


def test_all_columns_are_read_unless_some_are_named(files, parsed_here):
    (path,) = files("wave.csv")

    assert list(rs.read_survey(str(path)).frame) == ["id", "x", "secret"]


def test_the_suffix_may_be_written_in_capitals(files, parsed_here):
    (path,) = files("WAVE.CSV")

    assert rs.read_survey(path).source.rows == 2


def test_what_is_shown_of_a_file_is_one_line_without_rows(files, parsed_here):
    survey = rs.read_survey(files("wave.csv")[0])

    assert repr(survey) == (
        "<RawSurvey wave.csv: 2 rows, 3 columns, 0 with value labels, 0 with missing codes>"
    )
    assert str(survey) == repr(survey)
    assert "9999" not in f"{survey} {survey!r}"


def test_what_a_parser_hands_over_shows_no_rows():
    assert "9999" not in repr(ParsedFile(pd.DataFrame({"secret": [9999.0]})))


def test_the_codebook_tells_of_columns_not_of_respondents():
    codebook = rs.read_survey(BASELINE, columns=["id", "bel1"]).codebook()

    assert codebook["column"].tolist() == ["id", "bel1"]
    assert codebook["missing_codes"].tolist() == ["", "98.0-99.0"]
    assert codebook["answers"][1].startswith("1 لا أوافق أبدا; 2 ")
    assert (codebook["n"] + codebook["n_missing"]).tolist() == [1663, 1663]


def test_every_file_that_was_cut_short_or_damaged_is_told_at_once(tmp_path, files):
    whole = BASELINE.read_bytes()
    damaged = {
        "nothing.sav": b"",
        "start.sav": whole[:10],
        "header.sav": whole[:176],
        "dictionary.sav": whole[:5_000],
        "half.sav": whole[: len(whole) // 2],
        "nearly.sav": whole[:-100],
        "but-one.sav": whole[:-1],
        "text.sav": b"id,x\n1,2\n",
        "noise.sav": b"$FL2" + bytes(range(256)) * 20,
        "empty.csv": b"",
        "uneven.csv": b"id,x\n1\n",
        "workbook.csv": b"PK\x03\x04\x00\xd9",
    }
    for name, content in damaged.items():
        (tmp_path / name).write_bytes(content)
    (good,) = files("good.csv")

    issues = issues_of(
        ReadRequest(good, where="good"),
        *(ReadRequest(tmp_path / name, where=f"study: {name}") for name in damaged),
    )

    assert [issue.where for issue in issues] == [f"study: {name}" for name in damaged]
    assert {issue.what for issue in issues} == {"the data file cannot be read"}
    assert [issue.found.partition(": ")[0] for issue in issues] == list(damaged)
    assert lacking(issues) == []


@pytest.mark.parametrize("name", ["wave.xls", "wave.ods", "wave", "wave.csv.gz"])
def test_other_kinds_of_files_are_refused(files, name):
    (issue,) = issues_of(ReadRequest(files(name)[0], where="here"))

    assert issue.what == "this kind of file cannot be read"
    assert issue.expected == "one of .sav, .zsav, .por, .dta, .csv, .tsv, .xlsx, .parquet"
    assert lacking([issue]) == []


def test_a_file_that_is_not_there_is_told(tmp_path):
    (issue,) = issues_of(ReadRequest(tmp_path / "none.csv", where="here"))

    assert issue.what == "the data file is not there"
    assert "none.csv" in issue.found
    assert lacking([issue]) == []


def test_a_folder_is_no_data_file(tmp_path):
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(ReadingError, match="not there"):
        rs.read_survey(tmp_path / "folder.csv")


def test_every_file_that_is_not_there_or_of_another_kind_is_told_at_once(tmp_path, files):
    (other,) = files("wave.xls")

    issues = issues_of(
        ReadRequest(tmp_path / "none.csv", where="one"), ReadRequest(other, where="two")
    )

    assert [issue.where for issue in issues] == ["one", "two"]


def test_a_file_that_may_not_be_opened_is_a_typed_error(files, monkeypatch):
    (path,) = files("wave.csv")

    def refused(_path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(reading, "sha256_of", refused)

    with pytest.raises(ReadingError):
        rs.read_survey(path)


def test_columns_that_the_file_does_not_have_are_told(files, parsed_here):
    (path,) = files("wave.csv")

    with pytest.raises(ReadingError) as caught:
        rs.read_survey(path, columns=["id", "y", "z"])

    (issue,) = caught.value.issues
    assert issue.found == "y, z"
    assert issue.where == str(path)


def test_another_file_than_the_recorded_one_is_refused(files):
    one, other = files("one.csv", "other.csv")

    issues = issues_of(
        ReadRequest(one, where="one", sha256=sha256_of(one)),
        ReadRequest(other, where="other", sha256="0" * 64),
    )

    assert [issue.where for issue in issues] == ["other"]
    assert issues[0].what == "the data file is not the one that was recorded"
    assert issues[0].found == f"sha256 {sha256_of(other)}"
    assert issues[0].expected == f"sha256 {'0' * 64}"
    assert issues[0].remedy


@posix_only
def test_a_crash_of_the_parser_is_a_typed_error_that_names_the_file(files, fragile_child):
    (path,) = files("crash.csv")

    (issue,) = issues_of(ReadRequest(path, where="here"))

    assert issue.where == "here"
    assert "crash.csv" in issue.found
    assert "crashed" in issue.found
    assert lacking([issue]) == []


@posix_only
@pytest.mark.parametrize("position", [0, 1])
def test_a_crash_names_the_one_file_of_several_that_caused_it(files, fragile_child, position):
    names = ["good.csv"]
    names.insert(position, "crash.csv")

    issues = issues_of(*(ReadRequest(path, where=path.name) for path in files(*names)))

    assert [issue.where for issue in issues] == ["crash.csv"]


@posix_only
@pytest.mark.parametrize("position", [0, 1])
def test_other_files_are_read_all_the_same_when_one_crashes(
    files, fragile_child, cache, no_child, position
):
    names = ["good.csv"]
    names.insert(position, "crash.csv")
    paths = files(*names)
    said = {"columns": ("x",), "protection": Protection()}
    issues_of(*(ReadRequest(path, where=path.name, **said) for path in paths))
    no_child()

    (survey,) = read_surveys([ReadRequest(paths[1 - position], **said)])

    assert survey.source.rows == 2


@posix_only
def test_every_file_that_crashes_is_told_at_once(files, fragile_child):
    paths = files("crash-1.csv", "good.csv", "crash-2.csv")

    issues = issues_of(*(ReadRequest(path, where=path.name) for path in paths))

    assert [issue.where for issue in issues] == ["crash-1.csv", "crash-2.csv"]


@posix_only
def test_a_parser_that_runs_too_long_is_ended(files, fragile_child, monkeypatch):
    monkeypatch.setenv("RESILIENCE_READ_SECONDS", "0.2")
    monkeypatch.setattr(isolation, "_STARTING", 0.2)

    (issue,) = issues_of(ReadRequest(files("hang.csv")[0], where="here"))

    assert "ran too long" in issue.found


def declared(path: Path, *columns: str, **said):
    """Return a file as a study reads it."""
    protection = Protection(**said)
    (survey,) = read_surveys([ReadRequest(path, columns or ("x",), protection=protection)])
    return survey


def test_a_file_is_parsed_once(files, cache, parsed_here, no_child):
    (path,) = files("wave.csv")
    first = declared(path)
    no_child()

    again = declared(path)

    pd.testing.assert_frame_equal(again.frame, first.frame)
    assert again.source == first.source
    assert again.columns == first.columns


def test_labels_and_missing_codes_come_back_from_the_cache_as_they_were(
    tmp_path, cache, parsed_here, no_child
):
    path = tmp_path / "wave.sav"
    write_spss(
        ParsedFile(
            pd.DataFrame({"x": [1.0, 98.0], "s": ["a", "b"]}),
            {"x": "سؤال"},
            {"x": {1.0: "نعم"}, "s": {"a": "A"}},
            {"x": ((97.0, 99.0),), "s": (("b", "b"),)},
            ("SIMULATED", "note"),
        ),
        path,
    )
    first = declared(path, "x", "s")
    no_child()

    again = declared(path, "x", "s")

    assert again.variable_labels == first.variable_labels == {"x": "سؤال"}
    assert again.value_labels == first.value_labels == {"x": {1.0: "نعم"}, "s": {"a": "A"}}
    assert again.user_missing == first.user_missing
    assert first.user_missing == {"x": ((97.0, 99.0),), "s": (("b", "b"),)}
    assert again.notes == ("SIMULATED", "note")


def test_the_same_content_under_another_name_is_not_parsed_again(
    files, cache, parsed_here, no_child
):
    (path,) = files("wave.csv")
    declared(path)
    copy = path.with_name("copy.csv")
    copy.write_bytes(path.read_bytes())
    no_child()

    assert declared(copy).source.name == "copy.csv"


def test_changed_content_is_parsed_anew(files, cache, parsed_here):
    (path,) = files("wave.csv")
    declared(path)
    path.write_text("id,x\na,7\n")

    assert declared(path).frame["x"].tolist() == [7.0]


def test_only_the_columns_asked_for_are_kept(files, cache, parsed_here):
    declared(files("wave.csv")[0])

    (frame,) = (pd.read_parquet(path) for path in cache.glob("*.parquet"))
    assert list(frame) == ["x"]
    assert not any(b"9999" in path.read_bytes() for path in cache.iterdir())


@pytest.mark.parametrize("columns", [None, ["x"]])
def test_nothing_is_kept_of_a_file_that_is_only_looked_at(files, cache, parsed_here, columns):
    rs.read_survey(files("wave.csv")[0], columns=columns)

    assert not cache.exists() or list(cache.iterdir()) == []


def test_what_was_kept_under_other_declarations_is_removed(files, cache, parsed_here):
    one, other = files("wave.csv", "crash-2.csv")
    declared(one, passed=("x",))
    declared(other)
    before = {path.name for path in cache.iterdir()}

    declared(one, "id", "x")

    after = {path.name for path in cache.iterdir()}
    assert len(before - after) == len(after - before) == 2
    assert len(after) == 4


@posix_only
def test_what_is_kept_is_its_owners_only(files, cache, parsed_here):
    before = os.umask(0)
    try:
        declared(files("wave.csv")[0])
    finally:
        os.umask(before)

    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in cache.iterdir()} == {0o600}
    assert sorted(path.suffix for path in cache.iterdir()) == [".json", ".parquet"]


@posix_only
def test_a_cache_that_others_could_read_is_closed(cache):
    cache.mkdir()
    cache.chmod(0o755)

    assert stat.S_IMODE(cache_folder().stat().st_mode) == 0o700


@posix_only
def test_a_cache_on_a_disk_without_permissions_is_refused(cache, monkeypatch):
    cache.mkdir()
    cache.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)

    with pytest.raises(ReadingError, match="others can read the cache folder"):
        cache_folder()


def test_a_cache_that_cannot_be_made_is_a_typed_error(cache, files):
    cache.write_text("a file in the way")

    with pytest.raises(ReadingError) as caught:
        declared(files("wave.csv")[0])

    (issue,) = caught.value.issues
    assert issue.where == str(cache)
    assert lacking([issue]) == []


@pytest.mark.parametrize("suffix", [".parquet", ".json"])
@pytest.mark.parametrize("content", [b"", b"{}", None])
def test_a_damaged_cache_is_a_typed_error(files, cache, suffix, content, parsed_here):
    (path,) = files("wave.csv")
    declared(path)
    (kept,) = cache.glob(f"*{suffix}")
    if content is not None:
        kept.write_bytes(content)
    elif suffix == ".parquet":
        kept.unlink()
    else:
        kept.write_text(json.dumps([]))

    with pytest.raises(ReadingError) as caught:
        declared(path)

    (issue,) = caught.value.issues
    assert issue.what == "a file of the private cache is damaged"
    assert issue.where == str(cache)
    assert issue.remedy


def test_no_files_are_left_beside_the_cache(files, cache, tmp_path, monkeypatch, parsed_here):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))

    declared(files("wave.csv")[0])

    assert list(elsewhere.iterdir()) == []


@pytest.fixture
def misdeclared(tmp_path) -> Path:
    """A .sav file that says UTF-8 and has an answer label's text code in cp1251.

    The parser crashes on it: the address of a text that it could not convert is not there.
    """
    path = tmp_path / "wave.sav"
    labels = {"city": {"a": "A", "YYYYYY": "second", "c": "C"}}
    frame = pd.DataFrame({"city": pd.Series(["a", "YYYYYY", "c"], dtype="str")})
    write_spss(ParsedFile(frame, value_labels=labels), path)
    content = path.read_bytes()
    assert b"YYYYYY" in content
    path.write_bytes(content.replace(b"YYYYYY", "Скопје".encode("cp1251")))
    return path


def test_texts_in_another_encoding_than_the_file_says_are_an_error_that_names_the_way_out(
    misdeclared,
):
    (issue,) = issues_of(ReadRequest(misdeclared, where="here"))

    assert "encoding: cp1251" in issue.remedy
    assert lacking([issue]) == []


def test_texts_in_another_encoding_are_read_where_it_is_named(misdeclared):
    survey = rs.read_survey(misdeclared, encoding="cp1251")

    assert survey.frame["city"].tolist() == ["a", "Скопје", "c"]
    assert survey.value_labels["city"]["Скопје"] == "second"


def test_a_wave_names_its_sheet_and_encoding(study_file, tmp_path, parsed_here):
    data = study_file.parent / "data"
    data.mkdir(exist_ok=True)
    swap(study_file, "data/baseline.csv", "data/baseline.xlsx\n    sheet: الردود")
    swap(study_file, "data/endline.csv", "data/endline.csv\n    encoding: cp1251")
    header = "id,district,sampling_point,town,sex,weight,home,care,fair,worse"
    row = "{id},1,{psu},{town},1,1,1,2,3,4"
    lines = [header, *(row.format(id=f"лице{k}", psu=10 + k % 4, town=1 + k % 2) for k in range(8))]
    (data / "endline.csv").write_bytes("\n".join(lines).encode("cp1251"))
    book = xlsxwriter.Workbook(str(data / "baseline.xlsx"))
    book.add_worksheet("cover").write(0, 0, "About")
    sheet = book.add_worksheet("الردود")
    for at, line in enumerate(lines):
        sheet.write_row(at, 0, line.split(","))
    book.close()

    responses = rs.load_responses(rs.load_study(study_file))

    assert responses.frame["respondent_id"].tolist() == [f"лице{k}" for k in range(8)] * 2
    assert responses.frame["home"].tolist() == [1.0] * 16


@pytest.mark.parametrize("encoding", ["latin-1", "cp1256"])
def test_text_in_another_encoding_is_not_called_damaged(tmp_path, encoding, parsed_here):
    path = tmp_path / "wave.csv"
    text = "id,town\n1,\u0627\n" if encoding == "cp1256" else "id,town\n1,Orl\u00e9ans\n"
    path.write_bytes(text.encode(encoding))

    with pytest.raises(ReadingError) as caught:
        rs.read_survey(path)

    (issue,) = caught.value.issues
    assert "damaged" not in str(issue)
    assert "CSV UTF-8" in issue.remedy
