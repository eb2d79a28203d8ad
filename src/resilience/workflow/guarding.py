"""Keep respondents' data and keys out of a workspace's commits."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import zipfile
from pathlib import Path, PurePosixPath

from resilience.errors import DisclosureError, Issue
from resilience.responses.identifiers.pseudonyms import KEY_HEADER

__all__ = ["GUARD", "check_commit", "install_guard"]

GUARD = """#!/bin/sh
# Refuses respondents' data and keys in commits.
exec resilience check-commit
"""
"""What git runs before each commit."""

_DATA_SUFFIXES = (
    ".sav .zsav .por .dta .csv .tsv .xlsx .xls .xlsm .ods .parquet .feather .arrow .rds .rda "
    ".rdata .sas7bdat .xpt .sqlite .db .duckdb .mdb .gpkg .shp .geojson .kml .gpx .jsonl"
)
_BEGINNINGS = (b"$FL2", b"$FL3", b"<stata_dta>", b"PAR1", b"SQLite format 3")
_PACKED = (".gz", ".bz2", ".xz", ".zst")
_TRUTH = "truth.json"


def check_commit(folder: str | Path = ".") -> int:
    """Refuse a commit that holds data which no simulation recorded, or a key.

    What is looked at is what would be committed, not what lies in the folder. A data file passes
    if the `truth.json` beside it, which `resilience simulate` writes, has its checksum.

    Parameters
    ----------
    folder : str or Path
        A folder of the repository.

    Returns
    -------
    int
        How many files would be committed.

    Raises
    ------
    DisclosureError
        With an issue for each file that must not be.

    Examples
    --------
    >>> import resilience as rs, subprocess, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> done = subprocess.run(["git", "init", "-q", folder], check=True)
    >>> rs.check_commit(folder)
    0
    """
    root = Path(folder)
    look = ("diff", "--cached", "--name-only", "-z", "--no-renames", "--diff-filter=ACMT")
    # A submodule is a commit of another repository, which has a guard of its own or none.
    names = _git(root, *look, "--ignore-submodules=all")
    staged = [name for name in names.decode("utf-8", "surrogateescape").split("\0") if name]
    issues = [issue for name in staged if (issue := _refusal(root, name)) is not None]
    if issues:
        raise DisclosureError(*issues)
    return len(staged)


def install_guard(folder: str | Path = ".") -> Path:
    """Make git check each commit of a workspace's repository; see `check_commit`.

    Parameters
    ----------
    folder : str or Path
        A folder of the repository.

    Returns
    -------
    Path
        The hook.

    Raises
    ------
    DisclosureError
        If the folder is in no repository, or another hook is there.

    Examples
    --------
    >>> import resilience as rs, subprocess, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> done = subprocess.run(["git", "init", "-q", folder], check=True)
    >>> rs.install_guard(folder).name
    'pre-commit'
    """
    root = Path(folder)
    told = _git(root, "rev-parse", "--git-path", "hooks/pre-commit").decode().strip()
    hook = root / told
    if hook.exists() and hook.read_text("utf-8", "replace") != GUARD:
        raise DisclosureError(
            Issue(
                "git runs something else before each commit already",
                where=str(hook),
                found="another hook",
                expected="none, or the guard",
                remedy="add the line 'resilience check-commit || exit 1' to it",
            )
        )
    try:
        hook.parent.mkdir(parents=True, exist_ok=True)
        hook.write_text(GUARD, "utf-8")
        hook.chmod(0o755)
    except OSError as error:
        raise DisclosureError(
            Issue(
                "the guard cannot be written",
                where=str(hook),
                found=error.strerror or type(error).__name__,
                expected="a repository that you may write to",
                remedy="look at the permissions of its folder of hooks",
            )
        ) from error
    return hook


def _refusal(root: Path, name: str) -> Issue | None:
    content = _git(root, "cat-file", "blob", f":{name}")
    if content.startswith(KEY_HEADER):
        return Issue(
            "a key of pseudonyms would be committed",
            where=name,
            found="a file that 'resilience key' made",
            expected="keys outside the workspace",
            remedy="git rm --cached it and move it away",
        )
    path = PurePosixPath(name)
    is_data = _has_data_suffix(name) or content.startswith(_BEGINNINGS)
    if not is_data and not _packs_data(content):
        return None
    if hashlib.sha256(content).hexdigest() == _recorded(root, path):
        return None
    return Issue(
        "a data file would be committed that no simulation recorded",
        where=name,
        found=f"{len(content):,} bytes of data",
        expected=f"simulated data with their checksum in {_TRUTH} beside them",
        remedy="git rm --cached it, and keep it where only those may read it who must",
    )


def _has_data_suffix(name: str) -> bool:
    """Return whether a name is one of data, or of data that were packed (`.csv.gz`)."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    while suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in _DATA_SUFFIXES.split(" ")


def _packs_data(content: bytes) -> bool:
    """Return whether bytes are a workbook or an archive in which a data file lies."""
    if not content.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return False
    if "[Content_Types].xml" in names:  # of Office: a text may hold a chart's numbers
        return "xl/workbook.xml" in names
    return any(_has_data_suffix(name) for name in names)


def _recorded(root: Path, path: PurePosixPath) -> str | None:
    """Return the checksum that the staged record of a simulation has of a file."""
    try:
        told = json.loads(_git(root, "cat-file", "blob", f":{path.parent / _TRUTH}"))
        files = told["files"]
        return str(files[path.name])
    except (DisclosureError, ValueError, KeyError, TypeError):
        return None


def _git(root: Path, *arguments: str) -> bytes:
    program = shutil.which("git")
    command = [program or "git", "-C", str(root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise DisclosureError(
            Issue(
                "git cannot tell what would be committed",
                where=str(root),
                found=f"'git {arguments[0]}' failed",
                expected="a folder of a git repository",
                remedy="run 'git init' there first",
            )
        ) from error
