"""A data file that is not what it was when it was first loaded is refused."""

from __future__ import annotations

import json
import os

import pytest

import resilience as rs
from resilience.errors import ReadingError
from resilience.files import sha256_of
from resilience.responses.checksums import accept_files
from tests.editing import lacking, swap
from tests.running import parse_here, run_command

STUDY = "surveys/example/study.yaml"
ENDLINE = "surveys/example/data/endline.csv"


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


@pytest.fixture
def altered(workspace):
    """A workspace that was loaded, and then one answer changed."""
    rs.load_responses(rs.load_study(workspace / STUDY))
    file = workspace / ENDLINE
    text = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join([*text[:-2], text[-1], text[-2]]), "utf-8")
    return workspace


def test_a_file_that_changed_since_it_was_loaded_is_refused(altered):
    with pytest.raises(ReadingError) as caught:
        rs.load_responses(rs.load_study(altered / STUDY))

    (issue,) = caught.value.issues
    assert issue.what == "the data file is not the one that was first loaded"
    assert "wave 'endline'" in issue.where
    assert sha256_of(altered / ENDLINE) in issue.found
    assert "--accept-changed" in issue.remedy
    assert lacking([issue]) == []


def test_a_file_under_another_path_has_a_record_of_its_own(altered):
    elsewhere = altered.rename(altered.with_name("elsewhere"))

    assert rs.load_responses(rs.load_study(elsewhere / STUDY))


def test_a_file_that_is_restored_is_loaded(workspace):
    file = workspace / ENDLINE
    before = file.read_bytes()
    rs.load_responses(rs.load_study(workspace / STUDY))
    file.write_bytes(before + b"\n")
    with pytest.raises(ReadingError):
        rs.load_responses(rs.load_study(workspace / STUDY))
    file.write_bytes(before)

    assert rs.load_responses(rs.load_study(workspace / STUDY))


def test_one_command_takes_files_that_were_replaced_on_purpose(altered):
    refused = run_command("check", altered / STUDY)
    accepted = run_command("check", altered / STUDY, "--accept-changed")
    after = run_command("check", altered / STUDY)

    assert [part.code for part in (refused, accepted, after)] == [1, 0, 0]


def test_the_library_takes_them_too(altered):
    study = rs.load_study(altered / STUDY)

    assert [path.name for path in accept_files(study)] == ["baseline.csv", "endline.csv"]
    assert rs.load_responses(study)


def test_a_checksum_in_the_study_goes_before_the_record(altered):
    declared = f"file: data/endline.csv\n    sha256: {sha256_of(altered / ENDLINE)}"
    swap(altered / STUDY, "file: data/endline.csv", declared)

    assert rs.load_responses(rs.load_study(altered / STUDY))
    swap(altered / STUDY, declared, "file: data/endline.csv")
    assert rs.load_responses(rs.load_study(altered / STUDY))  # it was recorded anew


def test_files_of_a_new_simulation_are_those_that_are_expected(workspace):
    rs.load_responses(rs.load_study(workspace / STUDY))

    assert run_command("simulate", workspace / STUDY, "--seed", "99").code == 0
    assert run_command("check", workspace / STUDY).code == 0


def test_files_that_are_only_looked_at_are_not_recorded(workspace):
    rs.read_survey(workspace / ENDLINE)
    (workspace / ENDLINE).write_text("id,home\n1,2\n")

    assert rs.read_survey(workspace / ENDLINE).source.rows == 1


def test_records_are_private_and_name_no_file(altered, tmp_path, monkeypatch):
    from resilience.responses.cache import state_folder

    records = list((state_folder() / "checksums").iterdir())

    assert len(records) == 2
    for record in records:
        assert set(json.loads(record.read_text())) == {"sha256", "recorded"}
        if os.name == "posix":
            assert record.stat().st_mode & 0o777 == 0o600


def test_a_damaged_record_is_made_anew(altered):
    from resilience.responses.cache import state_folder

    for record in (state_folder() / "checksums").iterdir():
        record.write_text("[")

    assert rs.load_responses(rs.load_study(altered / STUDY))
