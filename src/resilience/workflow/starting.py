"""Make a workspace that works, with an annotated example."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from resilience.definitions.loading import load_study
from resilience.definitions.schemas import published_schemas
from resilience.errors import DefinitionError, Issue
from resilience.files import write_whole
from resilience.workflow.simulating import write_simulation

__all__ = ["start_workspace"]

_IGNORED = "data/\nreports/out/\n*.key\n"


def start_workspace(folder: str | Path) -> list[Path]:
    """Make a workspace: folders, an annotated example, its simulated data, schemas.

    Parameters
    ----------
    folder : str or Path
        A folder that does not exist yet or is empty.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    DefinitionError
        If the folder has anything in it.
    """
    root = Path(folder)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise DefinitionError(
            Issue(
                "a workspace begins in a new or empty folder",
                where=str(root),
                found="a folder that is not empty" if root.is_dir() else "a file",
                expected="nothing there yet",
                remedy="name another folder",
            )
        )
    contents: dict[Path, bytes] = {root / ".gitignore": _IGNORED.encode()}
    with as_file(files("resilience.workflow") / "example") as example:
        for path in sorted(example.rglob("*")):
            if path.is_file() and path.suffix in (".yaml", ".md"):
                contents[root / path.relative_to(example)] = path.read_bytes()
    for name, text in published_schemas().items():
        contents[root / ".schemas" / f"{name}.json"] = text.encode()
    write_whole(contents)
    data = write_simulation(load_study(root / "surveys" / "example" / "study.yaml"))
    return [*contents, *data]
