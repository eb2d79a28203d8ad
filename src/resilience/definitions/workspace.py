"""Where definitions lie: workspaces, and the instruments that come with the package."""

from __future__ import annotations

from pathlib import Path

from resilience.definitions.document import Document, read_document
from resilience.errors import DefinitionError, Issue, nearest

__all__ = ["find_instrument", "find_study", "read_translations", "workspace_of"]

FOLDERS = ("instruments", "surveys", "reports")

# In an installed package the shipped instruments lie beside this subpackage; in a source
# tree they are the repository's own.
_SHIPPED = (
    Path(__file__).parents[1] / "instruments",
    Path(__file__).parents[3] / "instruments",
)


def workspace_of(path: Path) -> Path | None:
    """Return the nearest folder above a file that holds instruments, surveys and reports."""
    for folder in path.resolve().parents:
        if all((folder / name).is_dir() for name in FOLDERS):
            return folder
    return None


def find_instrument(name: str, *, near: Path | None = None, where: str = "") -> Path:
    """Return the file of an instrument: the workspace's own, else the shipped one.

    Parameters
    ----------
    name : str
        The instrument's folder.
    near : Path or None
        A file of the workspace to look in first.
    where : str
        Where the name was written, for the error.

    Raises
    ------
    DefinitionError
        If there is no such instrument; the nearest name is given.
    """
    workspace = workspace_of(near) if near else None
    folders = [workspace / "instruments"] if workspace else []
    folders += [folder for folder in _SHIPPED if folder.is_dir()]
    known: set[str] = set()
    for folder in folders:
        found = {file.parent.name: file for file in folder.glob("*/instrument.yaml")}
        if name in found:
            if workspace and folder.parent == workspace:
                _require_inside(found[name], workspace, where or "load_instrument")
            return _as_given(found[name], near)
        known |= set(found)
    raise DefinitionError(
        Issue(
            "there is no such instrument",
            where=where or "load_instrument",
            found=name,
            expected="one of " + (", ".join(sorted(known)) or "none that could be found"),
            remedy=nearest(name, known, f"write instruments/{name}/instrument.yaml"),
        )
    )


def find_study(name: str, *, near: Path, where: str = "") -> Path:
    """Return the file of a study of the workspace that `near` lies in."""
    workspace = workspace_of(near)
    if workspace is None:
        raise DefinitionError(
            Issue(
                "this file lies in no workspace",
                where=where or str(near),
                found=f"no folder above it holds {', '.join(FOLDERS)}",
                expected="a workspace, as 'resilience init DIR' makes it",
                remedy="move the file into a workspace's reports/ folder",
            )
        )
    known = {file.parent.name: file for file in (workspace / "surveys").glob("*/study.yaml")}
    if name not in known:
        raise DefinitionError(
            Issue(
                "there is no such study",
                where=where,
                found=name,
                expected="one of " + (", ".join(sorted(known)) or "none: surveys/ is empty"),
                remedy=nearest(name, known, f"write surveys/{name}/study.yaml"),
            )
        )
    _require_inside(known[name], workspace, where or str(near))
    return _as_given(known[name], near)


def _require_inside(file: Path, folder: Path, where: str) -> None:
    """Refuse a definition to which a link leads from a folder it does not lie in."""
    if file.resolve().is_relative_to(folder.resolve()):
        return
    raise DefinitionError(
        Issue(
            "a definition leads out of the workspace",
            where=where,
            found=f"{file} is a link, or lies behind one",
            expected=f"a file of {folder.name}/ itself",
            remedy="copy the file or folder into the place of the link",
        )
    )


def _as_given(file: Path, near: Path | None) -> Path:
    """Return a file's path from here if the one that names it was given so."""
    here = Path.cwd()
    given_from_here = near is not None and not near.is_absolute() and file.is_relative_to(here)
    return file.relative_to(here) if given_from_here else file


def read_translations(instrument: Path) -> dict[str, Document]:
    """Return the translation files beside an instrument's file, by language."""
    folder = instrument.parent / "translations"
    files = sorted(folder.glob("*.yaml"))
    for file in files:
        _require_inside(file, instrument.parent, str(instrument))
    return {file.stem: read_document(file) for file in files}
