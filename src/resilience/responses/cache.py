"""The private folders: files that were parsed once, and the checksums of what was loaded."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from resilience.errors import Issue, ReadingError

__all__ = ["cache_folder", "state_folder"]

_OTHERS = 0o077


def cache_folder() -> Path:
    """Return the folder, made if need be, that only its owner can read.

    `$RESILIENCE_CACHE` names it; without, the system's place for caches is used. It holds
    declared columns only, and deleting it costs nothing but time.

    Raises
    ------
    ReadingError
        If the folder cannot be made or others could read it.
    """
    system = _system_folder() / "resilience-surveys"
    return _private(Path(os.environ.get("RESILIENCE_CACHE") or system), "cache")


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
