"""Make definitions to change, and change them as a careless hand would."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import resilience

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resilience.errors import Issue

EXAMPLE = Path(resilience.__file__).parent / "workflow" / "example"


def copy_example(folder: Path) -> Path:
    """Copy the annotated example, without data, and return its workspace."""
    workspace = folder / "workspace"
    shutil.copytree(EXAMPLE, workspace)
    return workspace


def swap(path: Path, old: str, new: str) -> int:
    """Replace the first occurrence of a text and return the line on which it begins."""
    text = path.read_text("utf-8")
    before, found, after = text.partition(old)
    assert found, f"{old!r} is not in {path.name}"
    path.write_text(before + new + after, "utf-8")
    return before.count("\n") + 1


def line_of(path: Path, text: str) -> int:
    """Return the line on which a text first occurs."""
    before, found, _ = path.read_text("utf-8").partition(text)
    assert found, f"{text!r} is not in {path.name}"
    return before.count("\n") + 1


def lacking(issues: Iterable[Issue]) -> list[str]:
    """Return what each issue that is not fully told lacks: where, found, expected, remedy."""
    facts = ("where", "found", "expected", "remedy")
    return [
        f"{issue.what}: {', '.join(absent)}"
        for issue in issues
        if (absent := [fact for fact in facts if not getattr(issue, fact)])
    ]


def add_list_experiment(workspace: Path) -> None:
    """Give the example a list of three statements, a sensitive one, and a plan for them."""
    instrument = workspace / "instruments" / "example" / "instrument.yaml"
    swap(
        instrument,
        "\nitems:\n",
        "  count:\n"
        "    answers: {0: None, 1: One, 2: Two, 3: Three, 4: Four}\n"
        "    missing: [{code: 99, reason: refused}]\n"
        "\nitems:\n"
        "  - {id: applying, scale: count, question: How many apply to you}\n",
    )
    swap(
        instrument,
        "\nindicators: ",
        "\nlist_experiments:\n"
        "  - {id: approval, item: applying, controls: 3, sensitive: Approves of violence}\n"
        "\nindicators: ",
    )
    swap(
        workspace / "surveys" / "example" / "simulation.yaml",
        "groups:",
        "list_experiments:\n"
        "  approval: {sensitive: {baseline: 0.3, endline: 0.2}, controls: [0.8, 0.5, 0.3]}\n"
        "groups:",
    )
