"""What a data file was when it was first loaded, and whether it still is.

File formats have no checksums of their own: of altered files that parsers still read, a third
or more come out silently wrong. Only a checksum recorded when the file was good tells.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from resilience.errors import Issue
from resilience.files import file_inside, sha256_of, write_whole
from resilience.responses.cache import state_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from resilience.definitions.study import Study

__all__ = ["accept_files", "record_checksums", "why_changed"]


def accept_files(study: Study, *, data: Path | None = None) -> list[Path]:
    """Record the data files of a study as they are now, in place of what they were.

    Use it when files were replaced on purpose: a corrected export, a longer one. A `sha256`
    that the study declares is not changed by it.

    Parameters
    ----------
    study : Study
    data : Path, optional
        The folder of the data files, where they do not lie in the study's own folder.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    ReadingError
        If a file is not there.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/lebanon/study.yaml")
    >>> [path.name for path in accept_files(study)]
    ['baseline.sav', 'midline.sav', 'endline.sav']
    """
    root = data if data is not None else study.path.parent
    files = [
        file_inside(root, wave.file, where=f"{study.path}: wave '{wave.id}'")
        for wave in study.waves
    ]
    record_checksums({path: sha256_of(path) for path in files})
    return files


def record_checksums(sums: Mapping[Path, str], *, anew_only: bool = False) -> None:
    """Record what files are, in the private state folder, one record a file.

    Parameters
    ----------
    sums : mapping of Path to str
        The SHA-256 of each file.
    anew_only : bool
        Whether files that have no record yet are passed over: they were not loaded.
    """
    today = datetime.now(UTC).date().isoformat()
    for path, checksum in sums.items():
        before = _recorded(path).get("sha256")
        if before != checksum and not (anew_only and before is None):
            told = {"sha256": checksum, "recorded": today}
            write_whole({_record_of(path): json.dumps(told).encode()}, private=True)


def why_changed(path: Path, checksum: str, *, where: str) -> Issue | None:
    """Return what is wrong if a file is not what it was when it was recorded.

    Parameters
    ----------
    path : Path
        The file.
    checksum : str
        What it is now.
    where : str
        Where the file was named, for the error.
    """
    recorded = _recorded(path)
    if recorded.get("sha256") in (None, checksum):
        return None
    return Issue(
        "the data file is not the one that was first loaded",
        where=where,
        found=f"{path.name}: sha256 {checksum}",
        expected=f"sha256 {recorded['sha256']}, recorded {recorded.get('recorded', 'before')}",
        remedy="restore the file; if it was replaced on purpose, say so once: 'resilience check "
        "STUDY --accept-changed', or write its sha256 beside 'file' in the study",
    )


def _record_of(path: Path) -> Path:
    name = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogateescape")).hexdigest()
    return state_folder() / "checksums" / f"{name}.json"


def _recorded(path: Path) -> dict[str, str]:
    """Return the record of a file; none if there is no whole one."""
    try:
        told = json.loads(_record_of(path).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}
