"""Files that swell, nest or lead elsewhere are refused early, in little time and memory."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import resilience as rs
from resilience.errors import DefinitionError, ReadingError, ResilienceError
from resilience.responses.encodings import likely_encoding
from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spreadsheets import write_spreadsheet
from resilience.responses.formats.spss import write_spss
from tests.editing import lacking, swap

posix_only = pytest.mark.skipif(os.name != "posix", reason="limits of POSIX systems")

SECONDS, MEGABYTES = 1.0, 200.0

# Reads a file in a process of its own and tells what the reading itself cost there.
COST = """
import json, resource, sys, time
from pathlib import Path
import resilience.definitions.document as document
import resilience.responses.parsing as parsing

def peak():
    return next(int(line.split()[1]) / 1024 for line in open("/proc/self/status")
                if line.startswith("VmHWM"))

path = Path(sys.argv[1])
before, begun = peak(), time.process_time()
if path.suffix == ".yaml":
    try:
        document.read_document(path)
        told = ""
    except Exception as error:
        told = type(error).__name__
else:
    told = parsing._answer({"path": str(path), "stem": sys.argv[2], "columns": None,
                            "options": {}}).get("error", "")
print(json.dumps([told, time.process_time() - begun, peak() - before]))
"""


def workbook(**changed: bytes) -> bytes:
    """Return a small workbook with some of its parts replaced or added."""
    content = write_spreadsheet(ParsedFile(pd.DataFrame({"x": [1.0, 2.0]})))
    parts = {name.replace("__", "/").replace("_DOT_", "."): d for name, d in changed.items()}
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, parts.pop(name, old.read(name)))
        for name, data in parts.items():
            new.writestr(name, data)
    return buffer.getvalue()


def many_parts() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(11_000):
            archive.writestr(f"part{number}", b"")
    return buffer.getvalue()


def lying(content: bytes) -> bytes:
    """Return an archive that says of its last part that it is small."""
    at = content.rfind(b"PK\x01\x02")
    return content[: at + 24] + (100).to_bytes(4, "little") + content[at + 28 :]


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE s ['
    + b'<!ENTITY e0 "ha">'
    + b"".join(b'<!ENTITY e%d "%s">' % (at, b"&e%d;" % (at - 1) * 10) for at in range(1, 10))
    + b']><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&e9;</t>'
    b"</si></sst>"
)

BOMBS = {
    "aliases.yaml": lambda: (
        b"a: &a [x, x]\n" + b"".join(b"k%d: &k%d [*a, *a]\n" % (at, at) for at in range(20))
    ),
    "deep.yaml": lambda: b"a: " + b"[" * 3_000,
    "deep-maps.yaml": lambda: b"a: " + b"{a: " * 3_000,
    "large.yaml": lambda: b"a: " + b"x" * 50_000_000,
    "digits.yaml": lambda: b"a: " + b"9" * 900_000,
    "object.yaml": lambda: b"a: !!python/object/apply:os.system [ls]\n",
    "grows.xlsx": lambda: workbook(xl__worksheets__extra_DOT_xml=bytes(300_000_000)),
    "lies.xlsx": lambda: lying(workbook(xl__worksheets__extra_DOT_xml=bytes(90_000_000))),
    "parts.xlsx": many_parts,
    "nested.xlsx": lambda: workbook(xl__inner_DOT_zip=workbook(a=bytes(50_000_000)) * 3),
}


HARMLESS = {"nested.xlsx", "digits.yaml"}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures memory on Linux")
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_in_little_time_and_memory(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(BOMBS[name]())

    done = subprocess.run(
        [sys.executable, "-c", COST, str(path), str(tmp_path / "out")],
        capture_output=True,
        check=True,
    )
    told, seconds, megabytes = json.loads(done.stdout)

    assert told or name in HARMLESS
    assert seconds < SECONDS
    assert megabytes < MEGABYTES


def test_entities_in_a_workbook_do_not_grow(tmp_path):
    path = tmp_path / "entities.xlsx"
    path.write_bytes(workbook(xl__sharedStrings_DOT_xml=ENTITIES))

    try:
        survey = rs.read_survey(path)
    except ReadingError:
        return
    assert "hahaha" not in "".join(survey.columns)


@posix_only
@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("RESILIENCE_READ_MEGABYTES", "350", "memory"),
        ("RESILIENCE_READ_SECONDS", "0.05", "ran too long"),
    ],
)
def test_limits_of_the_child_are_typed_errors_that_say_how_to_raise_them(
    tmp_path, monkeypatch, variable, value, words
):
    path = tmp_path / "large.csv"
    path.write_text("a,b,c\n" + "1234567,text of some length,3\n" * 1_000_000)
    monkeypatch.setenv(variable, value)

    with pytest.raises(ReadingError) as caught:
        rs.read_survey(path)

    (issue,) = caught.value.issues
    assert words in issue.found or "crashed" in issue.found
    assert variable in issue.remedy or "crashed" in issue.found
    assert lacking([issue]) == []


@pytest.mark.parametrize("value", ["none", "-1", "0", "nan", "inf"])
def test_a_limit_that_is_no_number_is_told(tmp_path, monkeypatch, value):
    (tmp_path / "wave.csv").write_text("a\n1\n")
    monkeypatch.setenv("RESILIENCE_READ_SECONDS", value)

    with pytest.raises(ReadingError, match="RESILIENCE_READ_SECONDS"):
        rs.read_survey(tmp_path / "wave.csv")


# Texts in an encoding before Unicode


@pytest.fixture
def crasher(tmp_path):
    """A .sav that says UTF-8, with cp1251 among its value labels: it ends the parser."""
    path = tmp_path / "legacy.sav"
    frame = pd.DataFrame({"s": pd.Series(["a", "b", "YYYYYY"], dtype="str")})
    labels = {"s": {"a": "A", "YYYYYY": "second", "c": "C"}}
    write_spss(ParsedFile(frame, value_labels=labels), path)
    path.write_bytes(path.read_bytes().replace(b"YYYYYY", "Скопје".encode("cp1251")))
    return path


def test_a_file_whose_encoding_ends_the_parser_names_the_one_to_try(crasher):
    with pytest.raises(ReadingError) as caught:
        rs.read_survey(crasher)

    (issue,) = caught.value.issues
    assert "'encoding: cp1251'" in issue.remedy
    assert lacking([issue]) == []
    survey = rs.read_survey(crasher, encoding="cp1251")
    assert survey.frame["s"].tolist() == ["a", "b", "Скопје"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Прашање за довербата во полицијата, Скопје", "cp1251"),
        ("لا أوافق أبدا على ذلك، المدينة", "cp1256"),
        ("Très satisfait, préféré, déjà, école", "cp1252"),
    ],
)
def test_a_text_file_in_another_encoding_names_the_one_to_try(tmp_path, text, encoding):
    path = tmp_path / "wave.csv"
    path.write_bytes(f"id,answer\n1,{text.replace(',', ' ')}\n".encode(encoding))

    with pytest.raises(ReadingError) as caught:
        rs.read_survey(path)

    assert f"'encoding: {encoding}'" in caught.value.issues[0].remedy
    assert likely_encoding(path) == encoding
    assert rs.read_survey(path, encoding=encoding).frame.shape == (1, 2)


@pytest.mark.parametrize("content", [b"", b"plain", "Скопје".encode(), bytes(range(128, 256)) * 9])
def test_no_encoding_is_named_without_words_in_it(content):
    assert likely_encoding(content) is None


# Names that lead elsewhere

OUTSIDE = [
    "../../../README.md",
    "/etc/passwd",
    "~/data.csv",
    "https://example.org/wave.csv",
    "file:///etc/passwd",
    "\\\\server\\share\\wave.csv",
    "C:\\wave.csv",
    "data/../../../../etc/passwd",
    "link.csv",
    "folder/secret.csv",
]
INSTRUMENTS = ["../instruments/example", "/etc", "https://example.org/x", "example/../example", "~"]


@pytest.fixture
def linked(workspace, tmp_path):
    """A workspace with links that lead out of it."""
    (tmp_path / "secret.csv").write_text("id,home\n1,2\n")
    study = workspace / "surveys" / "example"
    (study / "link.csv").symlink_to(tmp_path / "secret.csv")
    (study / "folder").symlink_to(tmp_path, target_is_directory=True)
    return workspace


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_wave_cannot_name_a_file_elsewhere(linked, name):
    study = linked / "surveys/example/study.yaml"
    swap(study, "data/baseline.csv", json.dumps(name))

    with pytest.raises(ResilienceError) as caught:
        rs.load_responses(rs.load_study(study))

    assert lacking(caught.value.issues) == []


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_simulation_cannot_write_elsewhere(linked, name):
    study = linked / "surveys/example/study.yaml"
    swap(study, "data/baseline.csv", json.dumps(name))
    before = (linked.parent / "secret.csv").read_text()
    from resilience.workflow.simulating import write_simulation

    with pytest.raises(ResilienceError):
        write_simulation(rs.load_study(study))

    assert (linked.parent / "secret.csv").read_text() == before


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_study_cannot_name_an_instrument_elsewhere(workspace, name):
    study = workspace / "surveys/example/study.yaml"
    swap(study, "instruments: [example]", f"instruments: [{json.dumps(name)}]")

    with pytest.raises(DefinitionError):
        rs.load_study(study)


@pytest.mark.parametrize("name", ["../surveys/example", "/etc", "https://example.org/x", "~"])
def test_a_report_cannot_name_a_study_or_itself_elsewhere(workspace, name):
    for key in ("study: example", "report: example"):
        plan = workspace / "reports/example.yaml"
        whole = plan.read_text("utf-8")
        swap(plan, key, f"{key.partition(':')[0]}: {json.dumps(name)}")

        with pytest.raises(DefinitionError):
            rs.run_plan(plan)
        plan.write_text(whole, "utf-8")


@pytest.mark.parametrize("kind", ["instrument", "translation", "study folder"])
def test_definitions_that_are_links_out_of_the_workspace_are_refused(workspace, tmp_path, kind):
    elsewhere = tmp_path / "elsewhere"
    if kind == "instrument":
        (workspace / "instruments/example").rename(elsewhere)
        (workspace / "instruments/example").symlink_to(elsewhere, target_is_directory=True)
    elif kind == "translation":
        elsewhere.mkdir()
        (elsewhere / "fr.yaml").write_text("secret: 1\n")
        folder = workspace / "instruments/example/translations"
        folder.symlink_to(elsewhere, target_is_directory=True)
    else:
        (workspace / "surveys/example").rename(elsewhere)
        (workspace / "surveys/example").symlink_to(elsewhere, target_is_directory=True)

    with pytest.raises(DefinitionError) as caught:
        rs.run_plan(workspace / "reports/example.yaml")

    assert "leads out of the workspace" in caught.value.issues[0].what
    assert lacking(caught.value.issues) == []


@posix_only
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_regular_file_is_never_opened(workspace, kind):
    file = workspace / "surveys/example/data/baseline.csv"
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to("/dev/zero")

    with pytest.raises(ReadingError):
        rs.load_responses(rs.load_study(workspace / "surveys/example/study.yaml"))
