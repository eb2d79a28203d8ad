from __future__ import annotations

import pytest

import resilience as rs
from resilience.definitions.schemas import published_schemas
from resilience.errors import DefinitionError, ReportingError
from resilience.workflow.starting import start_workspace
from tests.editing import EXAMPLE, lacking


def test_a_workspace_has_definitions_data_and_schemas(tmp_path):
    files = start_workspace(tmp_path / "new")

    assert sorted(str(path.relative_to(tmp_path / "new")) for path in files) == [
        ".gitignore",
        *(f".schemas/{kind}.json" for kind in sorted(published_schemas())),
        "README.md",
        "instruments/example/instrument.yaml",
        "reports/example.yaml",
        "surveys/example/data/baseline.csv",
        "surveys/example/data/endline.csv",
        "surveys/example/data/truth.json",
        "surveys/example/simulation.yaml",
        "surveys/example/study.yaml",
    ]
    assert all(path.is_file() for path in files)


def test_definitions_are_those_of_the_example(workspace):
    for path in EXAMPLE.rglob("*.yaml"):
        assert (workspace / path.relative_to(EXAMPLE)).read_bytes() == path.read_bytes()


def test_schemas_are_the_published_ones(workspace):
    for kind, text in published_schemas().items():
        assert (workspace / ".schemas" / f"{kind}.json").read_text("utf-8") == text


def test_data_and_reports_are_kept_out_of_version_control(workspace):
    ignored = (workspace / ".gitignore").read_text().splitlines()

    assert {"data/", "reports/out/", "*.key"} <= set(ignored)


def test_a_new_workspace_works(workspace):
    results = rs.run_plan(workspace / "reports" / "example.yaml")

    assert repr(results) == "<Results example: 8 blocks on example>"


def test_two_workspaces_are_the_same(tmp_path):
    one, other = (start_workspace(tmp_path / name) for name in ("one", "other"))

    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "empty").mkdir()

    assert start_workspace(str(tmp_path / "empty"))


@pytest.mark.parametrize("hidden", [False, True])
def test_a_folder_with_anything_in_it_is_left_alone(tmp_path, hidden):
    (tmp_path / (".hidden" if hidden else "file")).write_text("mine")

    with pytest.raises(DefinitionError) as caught:
        start_workspace(tmp_path)

    assert caught.value.issues[0].found == "a folder that is not empty"
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_file_in_the_way_is_left_alone(tmp_path):
    (tmp_path / "file").write_text("mine")

    with pytest.raises(DefinitionError) as caught:
        start_workspace(tmp_path / "file")

    assert caught.value.issues[0].found == "a file"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_below_a_file_is_a_typed_error(tmp_path):
    (tmp_path / "file").write_text("mine")

    with pytest.raises(ReportingError) as caught:
        start_workspace(tmp_path / "file" / "new")

    assert lacking(caught.value.issues) == []


def test_the_refusal_is_told_with_found_expected_and_remedy(tmp_path):
    (tmp_path / "file").write_text("mine")

    with pytest.raises(DefinitionError) as caught:
        start_workspace(tmp_path)

    assert lacking(caught.value.issues) == []
