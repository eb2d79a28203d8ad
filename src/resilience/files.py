"""Where files may be and how they are written: inside their folder, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from resilience import publishing
from resilience.errors import Issue, ReadingError, ReportingError
from resilience.publishing import JOURNAL, UNDOING, publish, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["file_inside", "path_inside", "sha256_of", "write_whole"]

_BLOCK = 1 << 20
_OURS = ".resilience-"
_DRAFT = ".part"
_OLD = 3600.0  # seconds


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
    """Write files that belong together: all are as they were, or all are new and complete.

    All bytes go to hidden files beside their targets first and reach the disk. A process of its
    own then gives them their names, so that whatever ends this one cannot end it in between;
    if one cannot take its name, those before it get their old content back. Where the machine
    itself stops in between, the next call that writes to the folder finishes the work first.

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
        if contents:
            _finish_what_was_begun(_common_folder(contents))
        for target, data in contents.items():
            writing.prepare(target, data)
        wrong = writing.put()
        if wrong:
            raise _unwritten(wrong["target"], wrong["reason"])
    except OSError as error:
        raise _unwritten(str(target), error.strerror or type(error).__name__) from error
    finally:
        writing.clear()


def _unwritten(target: str, reason: str) -> ReportingError:
    return ReportingError(
        Issue(
            "a file cannot be written",
            where=target,
            found=reason,
            expected="a folder with room that you may write to",
            remedy="close programs that hold the file, or choose another --output",
        )
    )


class _Writing:
    """Files on their way to their names."""

    def __init__(self, *, private: bool) -> None:
        self.private = private
        self.folders: list[Path] = []
        self.drafts: dict[Path, Path] = {}
        self.kept: dict[Path, Path] = {}

    def prepare(self, target: Path, data: bytes) -> None:
        """Write the bytes beside their target, and keep what is there now."""
        missing = [
            folder for folder in (target.parent, *target.parent.parents) if not folder.exists()
        ]
        target.parent.mkdir(parents=True, exist_ok=True)
        self.folders += reversed(missing)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
        _sweep(target)
        self.drafts[target] = _hidden_beside(target)
        _write_down(self.drafts[target], data)
        if not self.private:
            self.drafts[target].chmod(0o666 & ~_umask())
        if target.exists():
            self.kept[target] = _hidden_beside(target)
            _keep(target, self.kept[target])

    def put(self) -> dict[str, str]:
        """Give the files their names; return which could not be given, and why."""
        if len(self.drafts) == 1:
            (target,) = self.drafts
            self.drafts[target].replace(target)
            sync_folder(target.parent)
            return {}
        if not self.drafts:
            return {}
        folder = _common_folder(self.drafts)

        def seen(path: Path | None) -> str:
            return str((_real_folder(path) / path.name).relative_to(folder)) if path else ""

        files = [
            {"target": seen(target), "draft": seen(draft), "kept": seen(self.kept.get(target))}
            for target, draft in self.drafts.items()
        ]
        handle, name = tempfile.mkstemp(prefix=_OURS, suffix=".begun", dir=folder)
        os.close(handle)
        begun = Path(name)
        try:
            _write_down(begun, json.dumps({"files": files}).encode())
            journal = begun.replace(begun.with_suffix(JOURNAL))
        finally:
            begun.unlink(missing_ok=True)
        sync_folder(folder)
        wrong = _publish_apart(journal)
        named = {str(_real_folder(t) / t.name): str(t) for t in self.drafts}
        return {**wrong, "target": named[wrong["target"]]} if wrong else {}

    def clear(self) -> None:
        """Remove hidden files, and folders that stayed empty."""
        for path in (*self.drafts.values(), *self.kept.values()):
            path.unlink(missing_ok=True)
        for folder in reversed(self.folders):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _publish_apart(journal: Path) -> dict[str, str]:
    """Publish in a process that outlives this one, or here if none can be had."""
    program = Path(publishing.__file__)
    done = None
    if sys.executable and program.is_file():
        with contextlib.suppress(OSError):
            done = subprocess.run(  # noqa: S603 - a file of this package
                [sys.executable, "-I", "-S", str(program), str(journal.absolute())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                check=False,
            )
    for left in (journal, journal.with_suffix(UNDOING)):
        if left.exists():
            return publish(left)
    told: dict[str, str] = json.loads(done.stdout) if done and done.stdout else {}
    return told


def _common_folder(targets: Iterable[Path]) -> Path:
    """Return the folder that all files lie in or below."""
    return Path(os.path.commonpath([_real_folder(target) for target in targets]))


def _real_folder(file: Path) -> Path:
    """Return the folder that a file lies in, without steps up."""
    folder = file.absolute().parent
    return folder.resolve() if ".." in folder.parts else folder


def _finish_what_was_begun(folder: Path) -> None:
    """Finish what a machine that stopped left half done in a folder."""
    if not folder.is_dir():
        return
    for ending in (JOURNAL, UNDOING):
        for journal in folder.glob(f"{_OURS}*{ending}"):
            with contextlib.suppress(ValueError, KeyError, TypeError, FileNotFoundError):
                publish(journal)


def _sweep(target: Path) -> None:
    """Remove what commands that were killed left of a file, an hour ago or longer."""
    prefix = _prefix(target)
    for path in target.parent.iterdir():
        if path.name.startswith(prefix) and path.name.endswith(_DRAFT):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _OLD:
                    path.unlink()


def _write_down(path: Path, data: bytes) -> None:
    """Write bytes so that they have reached the disk."""
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _keep(target: Path, kept: Path) -> None:
    """Give a file a second name, or copy it where the disk knows no second names."""
    kept.unlink()
    try:
        kept.hardlink_to(target)
    except OSError:
        shutil.copy2(target, kept)


def _prefix(target: Path) -> str:
    return f".{target.name[:100]}."


def _hidden_beside(target: Path) -> Path:
    """Return a new private file in the target's folder."""
    handle, name = tempfile.mkstemp(prefix=_prefix(target), suffix=_DRAFT, dir=_real_folder(target))
    os.close(handle)
    return Path(name)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
