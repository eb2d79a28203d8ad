from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

import resilience as rs
from resilience.definitions.kinds import kind_of_file
from resilience.definitions.schemas import published_schemas, schema_texts
from tests.conftest import ROOT
from tests.editing import EXAMPLE

KINDS = ["analysis", "brief", "instrument", "report", "simulation", "study", "translation"]


def shipped(pattern: str) -> list[str]:
    """Return the definitions of the project and of the example, by their place."""
    paths = [path for root in (ROOT, EXAMPLE) for path in root.glob(pattern)]
    return sorted(os.path.relpath(path, ROOT) for path in paths)


def test_every_kind_of_definition_has_a_schema():
    assert sorted(schema_texts()) == KINDS
    assert sorted(published_schemas()) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_published_schemas_are_those_of_the_records(kind):
    assert published_schemas()[kind] == schema_texts()[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_knows_no_other_keys_than_the_record(kind):
    schema = json.loads(published_schemas()[kind])
    records = [schema, *(part for part in schema["$defs"].values() if "properties" in part)]

    assert [record["title"] for record in records if record["additionalProperties"]] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_says_which_standard_it_follows(kind):
    schema = json.loads(published_schemas()[kind])

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == f"resilience {kind}"


def test_there_are_definitions_to_parse():
    assert len(shipped("instruments/*/instrument.yaml")) >= 3
    assert len(shipped("surveys/*/study.yaml")) >= 2
    assert len(shipped("surveys/*/simulation.yaml")) >= 2
    assert len(shipped("reports/*.yaml")) >= 2


@pytest.mark.parametrize("path", shipped("instruments/*/instrument.yaml"))
def test_shipped_instruments_parse_and_are_named_as_their_folder(path):
    assert rs.load_instrument(path).instrument == Path(path).parent.name


@pytest.mark.parametrize("path", shipped("surveys/*/study.yaml"))
def test_shipped_studies_parse(path):
    assert rs.load_study(path).questionnaire.items_by_id


@pytest.mark.parametrize("path", shipped("reports/*.yaml"))
def test_shipped_reports_parse(path):
    if kind_of_file(Path(path)) == "brief":
        assert rs.load_brief_plan(path).loaded_studies
    else:
        assert rs.load_report_plan(path).blocks


@pytest.mark.parametrize("path", shipped("surveys/*/simulation.yaml"))
def test_shipped_simulation_plans_parse(path):
    study = rs.load_study(Path(path).with_name("study.yaml"))

    assert rs.load_simulation_plan(path, study).simulation == study.study


@pytest.mark.parametrize("path", shipped("surveys/*/study.yaml"))
def test_shipped_studies_say_whether_people_answered(path):
    study = rs.load_study(path)

    assert study.data == (
        "simulated" if (study.path.parent / "simulation.yaml").exists() else "collected"
    )


@pytest.mark.parametrize(
    "path", sorted(path for path in EXAMPLE.rglob("*.yaml")), ids=lambda path: path.name
)
def test_files_of_the_example_name_their_schema(path):
    named = re.search(r"\$schema=\S*/\.schemas/(\w+)\.json", path.read_text("utf-8"))
    depth = len(path.relative_to(EXAMPLE).parts) - 1

    assert named
    assert named[1] in KINDS
    assert f"$schema={'../' * depth}.schemas/" in path.read_text("utf-8")
