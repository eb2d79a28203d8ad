"""Where files may be and how they are written: inside their folder, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from resilience.errors import Issue, ReadingError, ReportingError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["file_inside", "path_inside", "sha256_of", "write_whole"]

_BLOCK = 1 << 20


def path_inside(root: Path, name: str, *, where: str) -> Path:
    """Return the path `name` below `root`, whether or not something is there.

    Addresses, absolute paths, parent steps and links that lead out of `root` are refused:
    a definition names files of its own folder only.

    Parameters
    ----------
    root : Path
        The folder that the file has to lie in.
    name : str
        A relative path as written in a definition.
    where : str
        Where the name was written, for the error.

    Raises
    ------
    ReadingError
        If the name leads out of the folder or is no name for a file.
    """
    try:
        folder = root.resolve()
        path = (folder / name).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ReadingError(
            Issue(
                "this is no name for a file",
                where=where,
                found=name,
                expected="a relative path",
                remedy="correct the name; links must not run in a circle",
            )
        ) from error
    if "://" in name or Path(name).is_absolute() or not path.is_relative_to(folder):
        raise ReadingError(
            Issue(
                "a data file lies outside its folder",
                where=where,
                found=name,
                expected=f"a path below {folder.name}/",
                remedy="move the file below that folder, or give the folder with --data",
            )
        )
    return path


def file_inside(root: Path, name: str, *, where: str) -> Path:
    """Return the regular file `name` below `root`; see `path_inside`.

    Raises
    ------
    ReadingError
        If the name leads out of the folder, or no regular file is there.
    """
    path = path_inside(root, name, where=where)
    try:
        there = path.is_file()
    except OSError:  # a name longer than the system has
        there = False
    if not there:
        raise ReadingError(
            Issue(
                "a data file is not there",
                where=where,
                found=f"no file {name} in {root.resolve()}",
                expected="the file of this wave",
                remedy="put the file there, correct its name, or give its folder with --data",
            )
        )
    return path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def write_whole(contents: Mapping[Path, bytes], *, private: bool = False) -> None:
    """Write files so that each is either as it was or complete, and none if one fails.

    All bytes go to hidden files beside their targets first, reach the disk, and only then
    take the targets' names; if one cannot, those before it get their old content back.

    Parameters
    ----------
    contents : mapping of Path to bytes
        What to write where. Missing folders are made.
    private : bool
        Whether only the owner may read the files.

    Raises
    ------
    ReportingError
        If a folder or file cannot be written.
    """
    writing = _Writing(private=private)
    target = Path()
    try:
        for target, data in contents.items():
            writing.prepare(target, data)
        for target in contents:
            writing.put(target)
    except OSError as error:
        writing.undo()
        raise ReportingError(
            Issue(
                "a file cannot be written",
                where=str(target),
                found=error.strerror or type(error).__name__,
                expected="a folder with room that you may write to",
                remedy="close programs that hold the file, or choose another --output",
            )
        ) from error
    finally:
        writing.clear()


class _Writing:
    """Files on their way to their names, and how to take everything back."""

    def __init__(self, *, private: bool) -> None:
        self.private = private
        self.folders: list[Path] = []
        self.drafts: dict[Path, Path] = {}
        self.kept: dict[Path, Path] = {}
        self.placed: list[Path] = []

    def prepare(self, target: Path, data: bytes) -> None:
        """Write the bytes beside their target, and keep what is there now."""
        missing = [
            folder for folder in (target.parent, *target.parent.parents) if not folder.exists()
        ]
        target.parent.mkdir(parents=True, exist_ok=True)
        self.folders += reversed(missing)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
        self.drafts[target] = _hidden_beside(target)
        with self.drafts[target].open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if not self.private:
            self.drafts[target].chmod(0o666 & ~_umask())
        if target.exists():
            self.kept[target] = _hidden_beside(target)
            shutil.copy2(target, self.kept[target])

    def put(self, target: Path) -> None:
        """Give a file its name."""
        self.drafts[target].replace(target)
        del self.drafts[target]
        self.placed.append(target)

    def undo(self) -> None:
        """Bring back what was there."""
        for target in self.placed:
            if target in self.kept:
                self.kept.pop(target).replace(target)
            else:
                target.unlink()

    def clear(self) -> None:
        """Remove hidden files, and folders that stayed empty."""
        for path in (*self.drafts.values(), *self.kept.values()):
            path.unlink(missing_ok=True)
        for folder in reversed(self.folders):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _hidden_beside(target: Path) -> Path:
    """Return a new private file in the target's folder."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
    os.close(handle)
    return Path(name)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
