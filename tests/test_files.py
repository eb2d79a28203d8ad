from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from resilience import files
from resilience.errors import ReadingError, ReportingError
from resilience.files import file_inside, sha256_of, write_whole
from resilience.publishing import JOURNAL, UNDOING

posix_only = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "study"
    (inside / "data").mkdir(parents=True)
    (inside / "data" / "wave.csv").write_text("inside")
    (tmp_path / "outside.csv").write_text("outside")
    return inside


def everything_in(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_a_file_of_the_folder_is_found(folder):
    found = file_inside(folder, "data/wave.csv", where="here")

    assert found == (folder / "data" / "wave.csv").resolve()


def test_a_step_up_that_stays_inside_is_allowed(folder):
    assert file_inside(folder, "data/../data/wave.csv", where="here").read_text() == "inside"


@pytest.mark.parametrize(
    "name",
    [
        "../outside.csv",
        "data/../../outside.csv",
        "https://example.org/wave.csv",
        "file:///etc/passwd",
        "s3://bucket/wave.csv",
    ],
)
def test_names_that_lead_out_of_the_folder_are_refused(folder, name):
    with pytest.raises(ReadingError) as caught:
        file_inside(folder, name, where="study.yaml: wave 'one'")

    (issue,) = caught.value.issues
    assert issue.what == "a data file lies outside its folder"
    assert issue.where == "study.yaml: wave 'one'"
    assert issue.found == name
    assert issue.expected
    assert issue.remedy


def test_an_absolute_path_is_refused_even_if_it_is_inside(folder):
    with pytest.raises(ReadingError, match="outside its folder"):
        file_inside(folder, str(folder / "data" / "wave.csv"), where="here")


def test_a_link_that_leads_out_is_refused(folder):
    (folder / "data" / "link.csv").symlink_to(folder.parent / "outside.csv")

    with pytest.raises(ReadingError, match="outside its folder"):
        file_inside(folder, "data/link.csv", where="here")


def test_a_folder_that_is_a_link_out_is_refused(folder):
    (folder / "elsewhere").symlink_to(folder.parent, target_is_directory=True)

    with pytest.raises(ReadingError, match="outside its folder"):
        file_inside(folder, "elsewhere/outside.csv", where="here")


def test_a_link_that_stays_inside_is_followed(folder):
    (folder / "link.csv").symlink_to(folder / "data" / "wave.csv")

    assert file_inside(folder, "link.csv", where="here").read_text() == "inside"


@pytest.mark.parametrize("name", ["data/none.csv", "data", ".", ""])
def test_what_is_no_regular_file_is_refused(folder, name):
    with pytest.raises(ReadingError) as caught:
        file_inside(folder, name, where="here")

    (issue,) = caught.value.issues
    assert issue.what == "a data file is not there"
    assert all((issue.where, issue.found, issue.expected, issue.remedy))


@pytest.mark.parametrize(
    "name",
    [pytest.param("a\0b.csv", id="zero byte"), pytest.param("a" * 5_000 + ".csv", id="too long")],
)
def test_names_that_no_file_can_have_are_typed_errors(folder, name):
    with pytest.raises(ReadingError):
        file_inside(folder, name, where="here")


def test_links_in_a_circle_are_a_typed_error(folder):
    (folder / "one.csv").symlink_to(folder / "other.csv")
    (folder / "other.csv").symlink_to(folder / "one.csv")

    with pytest.raises(ReadingError):
        file_inside(folder, "one.csv", where="here")


def test_the_checksum_is_that_of_all_bytes(tmp_path):
    data = b"x" * (2 * (1 << 20) + 17)
    path = tmp_path / "large.bin"
    path.write_bytes(data)

    assert sha256_of(path) == hashlib.sha256(data).hexdigest()


def test_files_are_written_and_their_folders_made(tmp_path):
    one, other = tmp_path / "a" / "b" / "one", tmp_path / "other"

    write_whole({one: b"1", other: b"2"})

    assert everything_in(tmp_path) == {"a/b/one": b"1", "other": b"2"}


def test_files_are_written_where_a_place_has_steps_up(tmp_path, monkeypatch):
    (tmp_path / "workspace").mkdir()
    monkeypatch.chdir(tmp_path / "workspace")
    out = Path("..") / "out"

    write_whole({out / "one": b"1", out / "other": b"2"})
    write_whole({out / "one": b"3", out / "more" / "other": b"4"})

    assert everything_in(tmp_path) == {"out/one": b"3", "out/other": b"2", "out/more/other": b"4"}


def test_an_old_file_is_replaced(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old and longer")

    write_whole({path: b"new"})

    assert everything_in(tmp_path) == {"file": b"new"}


def test_no_file_is_written_if_a_folder_cannot_be_made(tmp_path):
    (tmp_path / "kept").write_bytes(b"old")
    (tmp_path / "not-a-folder").write_bytes(b"in the way")

    with pytest.raises(ReportingError) as caught:
        write_whole({tmp_path / "kept": b"new", tmp_path / "not-a-folder" / "file": b"new"})

    (issue,) = caught.value.issues
    assert issue.what == "a file cannot be written"
    assert all((issue.where, issue.found, issue.expected, issue.remedy))
    assert everything_in(tmp_path) == {"kept": b"old", "not-a-folder": b"in the way"}


def test_no_file_is_written_if_the_disk_fills_up(tmp_path, monkeypatch):
    (tmp_path / "kept").write_bytes(b"old")
    calls: list[int] = []

    def full_at_the_second_file(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_at_the_second_file)

    with pytest.raises(ReportingError, match="No space left"):
        write_whole({tmp_path / "kept": b"new", tmp_path / "other": b"new"})
    assert everything_in(tmp_path) == {"kept": b"old"}


@pytest.mark.parametrize("reverse", [False, True])
def test_no_file_is_written_if_a_folder_has_the_name_of_one(tmp_path, reverse):
    (tmp_path / "kept").write_bytes(b"old")
    (tmp_path / "folder").mkdir()
    targets = [tmp_path / "kept", tmp_path / "folder"]

    with pytest.raises(ReportingError):
        write_whole({path: b"new" for path in (reversed(targets) if reverse else targets)})

    assert everything_in(tmp_path) == {"kept": b"old"}


def test_the_error_names_the_file_that_was_meant(tmp_path):
    (tmp_path / "report.html").mkdir()

    with pytest.raises(ReportingError) as caught:
        write_whole({tmp_path / "report.html": b"new"})

    assert caught.value.issues[0].where == str(tmp_path / "report.html")


@posix_only
def test_private_files_are_their_owners_only(tmp_path):
    path = tmp_path / "answers.csv"
    path.write_bytes(b"old")
    path.chmod(0o644)

    write_whole({path: b"new"}, private=True)

    assert path.stat().st_mode & 0o777 == 0o600


@posix_only
def test_other_files_have_the_mode_that_new_files_have(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole({tmp_path / "report.html": b"new"})
        after = os.umask(0o027)
    finally:
        os.umask(before)

    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o640
    assert after == 0o027


# Writes a set of files again and again, a new generation each time; tells when it has begun.
WRITER = """
import sys
from pathlib import Path
from resilience.files import write_whole
folder = Path(sys.argv[1])
print("begun", flush=True)
for generation in range(1, 100_000):
    write_whole({folder / f"report-{part}.html": b"%06d" % generation * 2_000 for part in "abcd"})
"""


def settled(folder: Path) -> dict[str, bytes]:
    """Return a folder's files once the process that gives them their names has ended."""
    for _ in range(200):
        if not any(path.suffix in (JOURNAL, UNDOING) for path in folder.iterdir()):
            break
        time.sleep(0.02)
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")
    }


def test_files_of_a_set_are_never_mixed_when_the_writer_is_killed(tmp_path, kills):
    rng = np.random.default_rng(5)
    generations = set()
    for _ in range(kills):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert writer.stdout.readline() == b"begun\n"
        time.sleep(0.1 + rng.random() * 0.3)
        writer.kill()
        writer.communicate()

        contents = settled(tmp_path)

        assert len(contents) in (0, 4)
        assert len(set(contents.values())) <= 1
        generations |= set(contents.values())
    assert generations


@pytest.mark.parametrize("stopped_after", range(4))
def test_what_a_machine_that_stopped_left_half_done_is_finished(
    tmp_path, monkeypatch, stopped_after
):
    targets = [tmp_path / "a", tmp_path / "folder" / "b", tmp_path / "c"]
    for target in targets[:2]:
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(b"old")
    replace = Path.replace
    done: list[Path] = []

    def stop(path: Path, target: Path) -> Path:
        if path.suffix == ".part":
            if len(done) == stopped_after:
                raise KeyboardInterrupt
            done.append(path)
        return replace(path, target)

    monkeypatch.setattr(sys, "executable", "")
    monkeypatch.setattr(Path, "replace", stop)
    monkeypatch.setattr(files._Writing, "clear", lambda _self: None)
    with contextlib.suppress(KeyboardInterrupt):
        write_whole(dict.fromkeys(targets, b"new"))
    monkeypatch.undo()

    write_whole({tmp_path / "other": b"1", tmp_path / "folder" / "next": b"2"})

    assert everything_in(tmp_path) == {
        "a": b"new",
        "folder/b": b"new",
        "c": b"new",
        "other": b"1",
        "folder/next": b"2",
    }


@pytest.mark.parametrize("ending", [JOURNAL, UNDOING])
def test_a_journal_cannot_reach_files_outside_its_folder(tmp_path, ending):
    outside = tmp_path / "precious"
    outside.write_bytes(b"mine")
    inside = tmp_path / "workspace"
    inside.mkdir()
    (inside / "draft").write_bytes(b"theirs")
    journal = inside / f".resilience-x{ending}"
    for name in ("../precious", str(outside)):
        told = {"target": name, "draft": "draft", "kept": ""}
        journal.write_text(json.dumps({"files": [told]}))

        write_whole({inside / "report": b"1"})

        assert outside.read_bytes() == b"mine"


def test_what_killed_commands_left_is_removed_after_an_hour(tmp_path):
    for name in (".report.html.abc.part", ".report.html.new.part", ".other.abc.part"):
        (tmp_path / name).write_bytes(b"draft")
        if "new" not in name:
            os.utime(tmp_path / name, (0, 0))

    write_whole({tmp_path / "report.html": b"1"})

    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"report.html", ".report.html.new.part", ".other.abc.part"}


def test_files_take_their_names_also_where_no_process_can_be_had(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    (tmp_path / "b").write_bytes(b"old")

    write_whole({tmp_path / "a": b"1", tmp_path / "b": b"2"})

    assert everything_in(tmp_path) == {"a": b"1", "b": b"2"}
