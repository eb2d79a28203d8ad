from __future__ import annotations

import json

from tests.running import run_command


def test_evaluate_prints_outcomes_targets_and_what_cannot_be_known():
    done = run_command("evaluate", "surveys/kenya", "-q")

    assert done.code == 0, done.err
    assert "placebo reference over 6 assignments" in done.out
    assert "Targets, from the interval:" in done.out
    assert "What else may explain a change:" in done.out


def test_evaluate_prints_json_and_writes_a_folder(tmp_path):
    options = ("--plan", "surveys/kenya/analysis.yaml", "--format", "json", "-q")
    done = run_command("evaluate", "surveys/kenya", *options, "--output", str(tmp_path / "review"))

    assert done.code == 0, done.err
    assert [row["variable"] for row in json.loads(done.out)][:2] == ["resilience", "cohesion"]
    assert (tmp_path / "review" / "analysis.py").is_file()


def test_evaluate_without_a_plan_says_how_to_write_one():
    done = run_command("evaluate", "surveys/lebanon-kobo", "-q")

    assert done.code == 1
    assert "the study names no analysis plan" in done.err


def test_check_reads_plans():
    done = run_command("check", "surveys/kenya/analysis.yaml", "-q")

    assert done.code == 0, done.err
    assert "AnalysisPlan kenya_programme" in done.out
