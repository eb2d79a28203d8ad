from __future__ import annotations

import shutil

import pytest

import resilience as rs
from resilience.definitions.workspace import (
    find_instrument,
    find_study,
    read_translations,
    workspace_of,
)
from resilience.errors import DefinitionError
from tests.conftest import ROOT
from tests.editing import lacking


def test_a_workspace_is_the_nearest_folder_with_all_three_parts(example, study_file):
    assert workspace_of(study_file) == example.resolve()
    assert workspace_of(study_file.parent) == example.resolve()


def test_a_workspace_within_a_workspace_is_its_own(example, study_file):
    inner = example / "surveys" / "inner"
    for name in ("instruments", "surveys", "reports"):
        (inner / name).mkdir(parents=True)

    assert workspace_of(inner / "reports" / "report.yaml") == inner.resolve()


@pytest.mark.parametrize("absent", ["instruments", "surveys", "reports"])
def test_a_folder_without_one_of_the_parts_is_none(example, absent):
    shutil.rmtree(example / absent)

    assert workspace_of(example / "file.yaml") is None


def test_the_workspaces_own_instrument_comes_first(example, study_file):
    own = example / "instruments" / "crc_core" / "instrument.yaml"
    own.parent.mkdir()
    own.write_text("instrument: crc_core\n", "utf-8")

    assert find_instrument("crc_core", near=study_file) == own.resolve()


def test_shipped_instruments_are_found_from_any_workspace(study_file):
    found = find_instrument("crc_core", near=study_file)

    assert found.read_bytes() == (ROOT / "instruments/crc_core/instrument.yaml").read_bytes()


def test_shipped_instruments_are_found_without_a_workspace(tmp_path):
    assert find_instrument("crc_core").is_file()
    assert find_instrument("crc_core", near=tmp_path / "study.yaml").is_file()


def test_an_unknown_instrument_is_told_with_the_nearest_name(study_file):
    with pytest.raises(DefinitionError) as caught:
        find_instrument("crc_cor", near=study_file, where="study.yaml:3")

    (issue,) = caught.value.issues
    assert issue.where == "study.yaml:3"
    assert issue.found == "crc_cor"
    assert "crc_core" in issue.expected
    assert "example" in issue.expected
    assert issue.remedy == "did you mean 'crc_core'?"


def test_an_unknown_instrument_is_told_with_a_place_even_if_nobody_wrote_it():
    with pytest.raises(DefinitionError) as caught:
        find_instrument("nothing_like_it")

    assert lacking(caught.value.issues) == []


def test_a_study_is_found_from_anywhere_in_its_workspace(report_file, study_file):
    assert find_study("example", near=report_file) == study_file.resolve()


def test_an_unknown_study_is_told_with_the_nearest_name(report_file):
    with pytest.raises(DefinitionError) as caught:
        find_study("exampel", near=report_file, where="report.yaml:5")

    (issue,) = caught.value.issues
    assert (issue.where, issue.found) == ("report.yaml:5", "exampel")
    assert issue.remedy == "did you mean 'example'?"


def test_a_file_outside_any_workspace_is_told(tmp_path):
    with pytest.raises(DefinitionError) as caught:
        find_study("example", near=tmp_path / "report.yaml")

    (issue,) = caught.value.issues
    assert issue.what == "this file lies in no workspace"
    assert issue.where == str(tmp_path / "report.yaml")


def test_translations_lie_beside_the_instrument_by_language():
    core = find_instrument("crc_core")

    assert read_translations(core)["ar"].data["language"] == "ar"


def test_an_instrument_need_not_have_translations(instrument_file):
    assert read_translations(instrument_file) == {}


@pytest.mark.parametrize("named", ["instruments/crc_core", "instruments/crc_core/instrument.yaml"])
def test_an_instrument_may_be_named_by_its_folder(named):
    assert rs.load_instrument(named) == rs.load_instrument("crc_core")


def test_a_folder_without_an_instrument_is_told_with_its_path():
    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument("instruments/crc_cor")

    assert caught.value.issues[0].where == "instruments/crc_cor"
    assert "instruments/instruments" not in str(caught.value)
