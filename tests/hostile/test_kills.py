"""A command that is killed leaves the old or the new complete output, never a mixture.

``python -m pytest tests/hostile/test_kills.py --kills 50`` gives the figure in
tests/benchmarks/RESULTS.md.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from resilience.publishing import JOURNAL, UNDOING
from tests.editing import swap
from tests.running import run_command

if TYPE_CHECKING:
    from pathlib import Path

posix_only = pytest.mark.skipif(os.name != "posix", reason="SIGKILL of POSIX systems")

REPORT = "reports/example.yaml"
STUDY = "surveys/example/study.yaml"


def contents_of(folder: Path) -> dict[str, bytes]:
    """Return a folder's files once the process that gives them their names has ended."""
    for _ in range(500):
        if not any(path.suffix in (JOURNAL, UNDOING) for path in folder.iterdir()):
            break
        time.sleep(0.02)
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")
    }


def killed_after(seconds: float, folder: Path, *arguments: object) -> bool:
    """Run a command, kill it after some seconds, and return whether it was still at work."""
    command = subprocess.Popen(
        [sys.executable, "-m", "resilience", *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        command.wait(seconds)
    except subprocess.TimeoutExpired:
        command.kill()
        command.wait()
        return True
    return False


def moments(kills: int, whole: float) -> list[float]:
    """Return when to kill: half at any moment, half at the end, when files take their names."""
    rng = np.random.default_rng(13)
    late = rng.uniform(0.8, 1.1, kills - kills // 2)
    return list(np.concatenate([rng.uniform(0, 1.1, kills // 2), late]) * whole)


@posix_only
def test_a_report_that_is_killed_is_the_old_or_the_new_one(made, tmp_path, kills, capsys):
    workspace = shutil.copytree(made, tmp_path / "workspace")
    plan = workspace / REPORT
    swap(plan, "languages: [en]", "languages: [en, fr]")
    out = workspace / "reports" / "out"
    versions, seconds = {}, 0.0
    for title in ("Old title", "New title"):
        text = re.sub(r"(?m)^title: .*$", f"title: {title}", plan.read_text("utf-8"))
        plan.write_text(text, "utf-8")
        begun = time.monotonic()
        assert not killed_after(500, workspace, "report", REPORT)
        seconds = time.monotonic() - begun
        versions[title] = contents_of(out)
        assert len(versions[title]) == 4
    old, new = versions.values()
    assert all(old[name] != new[name] for name in old)
    now, at_work, changed = "New title", 0, 0
    for moment in moments(kills, seconds):
        now = "Old title" if now == "New title" else "New title"
        plan.write_text(re.sub(r"(?m)^title: .*$", f"title: {now}", text), "utf-8")

        at_work += killed_after(moment, workspace, "report", REPORT)

        found = contents_of(out)
        assert found in versions.values()
        changed += found == versions[now]
    with capsys.disabled():
        print(f"\n{at_work} of {kills} reports killed at work; {changed} were new, no mixture")


@posix_only
@pytest.mark.parametrize("command", ["score", "simulate", "draft"])
def test_other_outputs_are_whole_or_not_there_when_a_command_is_killed(
    made, tmp_path, kills, command
):
    rng = np.random.default_rng(17)
    arguments = {
        "score": ("score", STUDY, "--output", "out/scored.csv"),
        "simulate": ("simulate", STUDY, "--seed", "3"),
        "draft": ("draft", "surveys/example/data/baseline.csv", "--output", "out"),
    }[command]
    whole = shutil.copytree(made, tmp_path / "whole")
    (whole / "out").mkdir()
    before = tree(whole)
    begun = time.monotonic()
    assert not killed_after(500, whole, *arguments)
    seconds = time.monotonic() - begun
    after = tree(whole)
    assert after != before
    for at in range(max(1, kills // 4)):
        folder = shutil.copytree(made, tmp_path / f"killed-{at}")
        (folder / "out").mkdir()

        killed_after(rng.uniform(0.5, 1.05) * seconds, folder, *arguments)
        time.sleep(0.5)

        assert tree(folder) in (before, after)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_a_report_is_written_over_what_a_killed_one_left(workspace):
    out = workspace / "reports" / "out"
    out.mkdir()
    (out / ".example-en.html.abc.part").write_bytes(b"half")
    os.utime(out / ".example-en.html.abc.part", (0, 0))

    assert run_command("report", workspace / REPORT, "--format", "html").code == 0
    assert [path.name for path in out.iterdir()] == ["example-en.html"]
