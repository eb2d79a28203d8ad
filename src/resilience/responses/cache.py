"""The private folder in which files that were parsed once are kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from resilience.errors import Issue, ReadingError

__all__ = ["cache_folder"]

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
    folder = Path(os.environ.get("RESILIENCE_CACHE") or _system_folder() / "resilience-surveys")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        mode = folder.stat().st_mode
    except OSError as error:
        raise ReadingError(
            Issue(
                "the private cache folder cannot be used",
                where=str(folder),
                found=error.strerror or type(error).__name__,
                expected="a folder that you own and may write to",
                remedy="set RESILIENCE_CACHE to a folder of yours",
            )
        ) from error
    if os.name == "posix" and mode & _OTHERS:
        raise ReadingError(
            Issue(
                "others can read the cache folder",
                where=str(folder),
                found=f"mode {mode & 0o777:o}",
                expected="mode 700",
                remedy="set RESILIENCE_CACHE to a folder on a disk that keeps permissions",
            )
        )
    return folder


def _system_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
