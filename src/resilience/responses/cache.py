"""The private folders: files that were parsed once, and the checksums of what was loaded."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from resilience.errors import Issue, ReadingError

__all__ = [
    "PART_PREFIX",
    "Cleared",
    "cache_folder",
    "cached_stem",
    "clear_cache",
    "forget_others",
    "state_folder",
    "temporary_folder",
]

PART_PREFIX = ".part-"
"""How files on their way into the folder begin."""

_OTHERS = 0o077
_OURS = re.compile(r"[0-9a-f]{64}(\.extended)?\.(parquet|json)\Z")
_TEMPORARY_PREFIX = ".reading-"
_AN_HOUR = 3_600
_HALF = 32


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was removed: how many files, how many bytes, from where."""

    files: int
    size: int
    folder: Path


def clear_cache() -> Cleared:
    """Remove everything that was kept of data files.

    Use it when a project ends, or on a machine that others will use. Only files that the package
    made are removed, and only from its own folder; what an interrupted reading left behind there
    goes too, once it is an hour old. Nothing is lost but time: files are parsed again when they
    are needed.

    Raises
    ------
    ReadingError
        If the folder cannot be used.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.clear_cache().files >= 0
    True
    """
    folder = cache_folder()
    files = [
        path
        for path in folder.iterdir()
        if path.is_file() and (_OURS.match(path.name) or path.name.startswith(PART_PREFIX))
    ]
    left = [part for part in folder.glob(f"{_TEMPORARY_PREFIX}*") if _left(part)]
    files_left = [path for part in left for path in part.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in (*files, *files_left))
    for path in files:
        path.unlink(missing_ok=True)
    for part in left:
        shutil.rmtree(part, ignore_errors=True)
    return Cleared(len(files) + len(files_left), size, folder)


def _left(folder: Path) -> bool:
    """Return whether a folder is of a reading that ended long ago."""
    try:
        told = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(told.st_mode) and time.time() - told.st_mtime > _AN_HOUR


def cache_folder() -> Path:
    """Return the folder, made if need be, that only its owner can read.

    `$RESILIENCE_CACHE` names it; without, the system's place for caches is used. It holds
    declared columns only, pseudonyms in place of ids where the study says so; `clear_cache`
    empties it, which costs nothing but time.

    Raises
    ------
    ReadingError
        If the folder cannot be made or others could read it.
    """
    system = _system_folder() / "resilience-surveys"
    return _private(Path(os.environ.get("RESILIENCE_CACHE") or system), "cache")


def cached_stem(checksum: str, asked: str) -> Path:
    """Return how the files begin that are kept of a data file, without their suffixes.

    Parameters
    ----------
    checksum : str
        The file's sha256.
    asked : str
        The sha256 of what is read of it, and how.
    """
    return cache_folder() / f"{checksum[:_HALF]}{asked[:_HALF]}"


def forget_others(stem: Path) -> None:
    """Remove what was kept of the same data file before, under other declarations.

    Else a column that a study has dropped or made pseudonyms of since would stay in clear.

    Parameters
    ----------
    stem : Path
        From `cached_stem`.
    """
    for path in stem.parent.glob(f"{stem.name[:_HALF]}*"):
        if _OURS.match(path.name) and not path.name.startswith(stem.name):
            path.unlink(missing_ok=True)


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for the time of one task, where only its owner can read.

    It lies in the cache's folder, so that `clear_cache` finds it if the task is killed.

    Raises
    ------
    ReadingError
        If the cache's folder cannot be used.
    """
    return tempfile.TemporaryDirectory(dir=cache_folder(), prefix=_TEMPORARY_PREFIX)


def state_folder() -> Path:
    """Return the folder, made if need be, of what must outlive the cache: checksums.

    `$RESILIENCE_STATE` names it; without, the system's place for such things is used.

    Raises
    ------
    ReadingError
        If the folder cannot be made or others could read it.
    """
    system = _system_state_folder() / "resilience-surveys"
    return _private(Path(os.environ.get("RESILIENCE_STATE") or system), "state")


def _private(folder: Path, kind: str) -> Path:
    variable = f"RESILIENCE_{kind.upper()}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        mode = folder.stat().st_mode
    except OSError as error:
        raise ReadingError(
            Issue(
                f"the private {kind} folder cannot be used",
                where=str(folder),
                found=error.strerror or type(error).__name__,
                expected="a folder that you own and may write to",
                remedy=f"set {variable} to a folder of yours",
            )
        ) from error
    if os.name == "posix" and mode & _OTHERS:
        raise ReadingError(
            Issue(
                f"others can read the {kind} folder",
                where=str(folder),
                found=f"mode {mode & 0o777:o}",
                expected="mode 700",
                remedy=f"set {variable} to a folder on a disk that keeps permissions",
            )
        )
    return folder


def _system_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _system_state_folder() -> Path:
    if sys.platform == "win32":
        return _system_folder() / "state"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
