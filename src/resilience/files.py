"""Where files may be and how they are written: inside their folder, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from resilience.errors import Issue, ReadingError, ReportingError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["file_inside", "sha256_of", "write_whole"]

_BLOCK = 1 << 20


def file_inside(root: Path, name: str, *, where: str) -> Path:
    """Return the regular file `name` below `root`.

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

    Returns
    -------
    Path
        The resolved path of an existing regular file.

    Raises
    ------
    ReadingError
        If the name leads out of the folder, or no regular file is there.
    """
    folder = root.resolve()
    path = (folder / name).resolve()
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
    if not path.is_file():
        raise ReadingError(
            Issue(
                "a data file is not there",
                where=where,
                found=f"no file {name} in {folder}",
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
    take the targets' names.

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
    ready: list[tuple[Path, Path]] = []
    try:
        for target, data in contents.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            ready.append((_write_beside(target, data, private=private), target))
        for draft, target in ready:
            draft.replace(target)
    except OSError as error:
        raise ReportingError(
            Issue(
                "a file cannot be written",
                where=str(error.filename or ""),
                found=error.strerror or type(error).__name__,
                expected="a folder with room that you may write to",
                remedy="close programs that hold the file, or choose another --output",
            )
        ) from error
    finally:
        for draft, _ in ready:
            draft.unlink(missing_ok=True)


def _write_beside(target: Path, data: bytes, *, private: bool) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if not private:
            draft.chmod(0o666 & ~_umask())
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
