"""Give files that wait beside their places their names: all of them, or none.

`resilience.files` runs this file as a process of its own, which nothing that ends a command
reaches. It needs the standard library only. What it has to do stands in a journal; whoever
finds a journal that was not finished, because the machine stopped, finishes it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["JOURNAL", "UNDOING", "publish", "sync_folder"]

JOURNAL = ".journal"
"""How the name of a journal ends: its files are to be put in place."""
UNDOING = ".undoing"
"""How it ends where one could not be put in place: all are to be as they were."""

_NAMES = ("target", "draft", "kept")


def publish(journal: Path) -> dict[str, str]:
    """Do what a journal says, or undo it, and remove it; done twice is as done once.

    Parameters
    ----------
    journal : Path
        A JSON file: `files` are records of `target`, `draft` (what becomes of it) and `kept`
        (what it was, empty where there was none), as seen from the journal's folder.

    Returns
    -------
    dict
        Empty, or `target` and `reason` of the file that could not be put in place.

    Raises
    ------
    ValueError
        If a file lies outside the journal's folder: nobody who sends a workspace can reach
        other files by a journal in it.
    """
    told: list[dict[str, str]] = json.loads(journal.read_text("utf-8"))["files"]
    files = [{name: _inside(journal.parent, file[name]) for name in _NAMES} for file in told]
    wrong: dict[str, str] = {}
    if journal.suffix == JOURNAL:
        wrong = _put(files)
        if wrong:
            journal = journal.replace(journal.with_suffix(UNDOING))
    if journal.suffix == UNDOING:
        _undo(files)
    for folder in {Path(file["target"]).parent for file in files}:
        sync_folder(folder)
    for file in files:
        for name in ("draft", "kept"):
            if file[name]:
                Path(file[name]).unlink(missing_ok=True)
    journal.unlink(missing_ok=True)
    return wrong


def sync_folder(folder: Path) -> None:
    """Let the names in a folder reach the disk, where the system knows of such a thing."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _inside(root: Path, name: str) -> str:
    if name and not (root / name).parent.resolve().is_relative_to(root.resolve()):
        message = "a journal names files outside its folder"
        raise ValueError(message)
    return str(root / name) if name else ""


def _put(files: list[dict[str, str]]) -> dict[str, str]:
    for file in files:
        draft, target = Path(file["draft"]), Path(file["target"])
        try:
            draft.replace(target)
        except OSError as error:
            done_before = isinstance(error, FileNotFoundError) and target.is_file()
            if not done_before:
                reason = error.strerror or type(error).__name__
                return {"target": file["target"], "reason": reason}
    return {}


def _undo(files: list[dict[str, str]]) -> None:
    for file in files:
        target = Path(file["target"])
        with contextlib.suppress(OSError):
            if not file["kept"]:
                target.unlink(missing_ok=True)
            elif Path(file["kept"]).exists():
                Path(file["kept"]).replace(target)


def _main() -> None:
    answer: dict[str, Any] = publish(Path(sys.argv[1]))
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main()
