"""`resilience power`: which effects a study's sample could find."""

from __future__ import annotations

import csv
import io
import json

import pytest

import resilience as rs
from resilience.evaluation.planning.fielded import sample_as_fielded
from tests.running import parse_here, run_command

STUDY = "surveys/lebanon/study.yaml"
COHESION = ("power", STUDY, "--variable", "cohesion", "--quiet")


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


def test_it_tells_what_the_sample_can_find_in_plain_words():
    done = run_command(*COHESION)

    assert done.code == 0, done.err
    assert "icc_psu" in done.out
    assert "With 2+2 places the programme's impact is found with power 80% only if" in done.out
    assert "points or more, which is 0.68 standard deviations" in done.out
    assert "no p-value below 0.33" in done.out
    assert "tells nearly nothing" in done.out


def test_it_prints_the_numbers_of_the_library(design):
    done = run_command(*COHESION, "--format", "csv", "--cities", "4+4", "--respondents", "200")

    rows = list(csv.DictReader(io.StringIO(done.out)))
    fielded = sample_as_fielded(design, "cohesion")
    expected = rs.plan_power(
        fielded.sample,
        methods=["did"],
        vary={"cities": [(4, 4)], "respondents": [200]},
        std_dev=fielded.std_dev,
        unit="points",
    ).to_frame()
    (row,) = (r for r in rows if r["plan"] == "planned" and r["method"] == "did")
    assert float(row["mde"]) == pytest.approx(expected["mde"].iloc[0], rel=1e-9)
    assert float(row["mde_cautious"]) > float(row["mde"])
    assert {r["plan"] for r in rows} == {"as fielded", "planned"}
    assert len(rows) == 8


def test_what_is_assumed_replaces_what_waves_show():
    done = run_command(
        *COHESION, "--icc", "0.05", "--autocorrelation", "0.7", "--method", "did",
        "--format", "json",
    )  # fmt: skip

    (row,) = json.loads(done.out)
    assert row["method"] == "did"
    assert 0.5 < row["mde_sd"] < 1.5


@pytest.mark.parametrize("pair", ["4", "4x4", "0+4", "four+four"])
def test_places_that_are_no_pair_are_wrong_usage(pair):
    done = run_command(*COHESION, "--cities", pair)

    assert done.code == 2
    assert "4+4" in done.err


def test_an_unknown_variable_is_told():
    done = run_command("power", STUDY, "--variable", "cohesoin", "--quiet")

    assert done.code == 1
    assert "did you mean 'cohesion'" in done.err


def test_one_and_one_place_are_never_an_impact(workspace):
    done = run_command("power", workspace / "surveys" / "example" / "study.yaml", "--quiet")

    assert done.code == 0, done.err
    assert "With 1+1 places" in done.out
    assert "never; such places show a change each, and no impact" in done.out


def test_without_programme_and_comparison_places_it_tells_of_change_only(workspace):
    study = workspace / "surveys" / "example" / "study.yaml"
    text = study.read_text("utf-8")
    text = text.replace(", role: programme", "").replace(", role: comparison", "")
    study.write_text(text, "utf-8")

    done = run_command("power", study, "--quiet", "--method", "did", "--method", "change")
    planned = run_command("power", study, "--quiet", "--method", "did", "--cities", "4+4")
    neither = run_command("power", study, "--quiet", "--method", "did")

    assert done.code == 0, done.err
    assert "change, never an impact" in done.out
    assert "  did  " not in done.out
    assert "  did  " in planned.out
    assert neither.code == 2
    assert "--cities" in neither.err
