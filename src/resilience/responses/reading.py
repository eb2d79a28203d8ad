"""Read data files: in a process of their own, once, labels and missing codes kept."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from resilience.errors import Issue, ReadingError
from resilience.files import sha256_of
from resilience.responses.cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.responses.formats.parsed import Code

__all__ = [
    "READABLE_SUFFIXES",
    "RawSurvey",
    "ReadRequest",
    "Source",
    "read_survey",
    "read_surveys",
    "unreadable_files",
]

READABLE_SUFFIXES = (".sav", ".csv", ".tsv")

_TIME_LIMIT = 600.0
_CACHE_FORMAT = "1"


@dataclass(frozen=True, slots=True)
class Source:
    """A data file as it was read.

    Attributes
    ----------
    name : str
        The file's name, without its folder.
    sha256 : str
        The checksum of its bytes.
    rows : int
        Its rows.
    """

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RawSurvey:
    """A data file as it is: codes, labels, codes declared as missing.

    Attributes
    ----------
    frame : pandas.DataFrame
        The columns read. Numbers are float64, text is str. Missing codes are still codes.
    columns : tuple of str
        All columns of the file, read or not.
    variable_labels : mapping of column to text
    value_labels : mapping of column to mapping of code to text
    user_missing : mapping of column to ranges
        Codes that the file declares as missing: (low, high), both included.
    notes : tuple of str
        The file's own label and notes.
    source : Source
    """

    frame: pd.DataFrame
    columns: tuple[str, ...]
    variable_labels: Mapping[str, str]
    value_labels: Mapping[str, Mapping[Code, str]]
    user_missing: Mapping[str, tuple[tuple[Code, Code], ...]]
    notes: tuple[str, ...]
    source: Source

    def __repr__(self) -> str:
        """Return one line; never rows."""
        rows, columns = self.frame.shape
        labelled, missing = len(self.value_labels), len(self.user_missing)
        return (
            f"<RawSurvey {self.source.name}: {rows:,} rows, {columns} columns, "
            f"{labelled} with value labels, {missing} with missing codes>"
        )

    def codebook(self) -> pd.DataFrame:
        """Return one row a column: label, value labels, missing codes, numbers of answers.

        Returns
        -------
        pandas.DataFrame
            Columns `column label answers missing_codes n n_missing`; no respondent's values.
        """
        names = [str(name) for name in self.frame.columns]
        return pd.DataFrame(
            {
                "column": names,
                "label": [self.variable_labels.get(name, "") for name in names],
                "answers": [_listed(self.value_labels.get(name, {})) for name in names],
                "missing_codes": [_ranges(self.user_missing.get(name, ())) for name in names],
                "n": [int(self.frame[name].notna().sum()) for name in names],
                "n_missing": [int(self.frame[name].isna().sum()) for name in names],
            }
        )


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A file to read.

    Attributes
    ----------
    path : Path
        The file.
    columns : tuple of str or None
        The columns wanted; names the file does not have are passed over. None: all.
    where : str
        Where the file was named, for errors.
    sha256 : str or None
        The checksum it must have.
    """

    path: Path
    columns: tuple[str, ...] | None = None
    where: str = ""
    sha256: str | None = None


def read_survey(path: str | Path, *, columns: Sequence[str] | None = None) -> RawSurvey:
    """Read a data file with its labels and missing codes; no study is needed.

    Use it to look at a file. Nothing is turned into missing: codes for refusals and the like
    stay codes, and `user_missing` tells which codes the file itself declares as missing.

    Parameters
    ----------
    path : str or Path
        A .sav, .csv or .tsv file.
    columns : sequence of str, optional
        The columns to read; all by default.

    Returns
    -------
    RawSurvey

    Raises
    ------
    ReadingError
        If the file is missing, of an unknown kind, empty, cut short or damaged.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.read_survey("surveys/lebanon/data/baseline.sav", columns=["bel1", "bel2"])
    <RawSurvey baseline.sav: 1,663 rows, 2 columns, 2 with value labels, 2 with missing codes>
    """
    file = Path(path)
    wanted = None if columns is None else tuple(columns)
    survey = read_surveys([ReadRequest(file, wanted, where=str(file))])[0]
    unknown = [name for name in wanted or () if name not in survey.columns]
    if unknown:
        raise ReadingError(
            Issue(
                "the file does not have columns that were asked for",
                where=str(file),
                found=", ".join(unknown),
                expected="columns of the file",
                remedy="read_survey(path).columns lists them",
            )
        )
    return survey


def read_surveys(requests: Sequence[ReadRequest]) -> list[RawSurvey]:
    """Read several files in one child process; see `read_survey`.

    Files asked for by columns are kept as private Parquet files by their checksum and columns,
    so that they are parsed once.

    Raises
    ------
    ReadingError
        With one issue for each file that cannot be read.
    """
    if issues := unreadable_files(requests):
        raise ReadingError(*issues)
    sums = [_checksum(request) for request in requests]
    _require_checksums(requests, sums)
    with tempfile.TemporaryDirectory(prefix="resilience-") as private:
        stems = [
            _stem(request, checksum, Path(private), number)
            for number, (request, checksum) in enumerate(zip(requests, sums, strict=True))
        ]
        todo = [
            (request, stem)
            for request, stem in zip(requests, stems, strict=True)
            if not stem.with_suffix(".json").exists()
        ]
        if todo:
            _parse(todo, Path(private))
        return [
            _loaded(request, checksum, stem)
            for request, checksum, stem in zip(requests, sums, stems, strict=True)
        ]


def unreadable_files(requests: Sequence[ReadRequest]) -> list[Issue]:
    """Return which files are not there or of a kind that cannot be read."""
    return [issue for request in requests if (issue := _why_not_readable(request))]


def _why_not_readable(request: ReadRequest) -> Issue | None:
    if not request.path.is_file():
        return Issue(
            "the data file is not there",
            where=request.where,
            found=f"no file {request.path}",
            expected="the data file",
            remedy="check the path",
        )
    if request.path.suffix.lower() not in READABLE_SUFFIXES:
        return Issue(
            "this kind of file cannot be read",
            where=request.where,
            found=request.path.suffix or "no suffix",
            expected="one of " + ", ".join(READABLE_SUFFIXES),
            remedy="export the data as .sav or as UTF-8 .csv",
        )
    return None


def _checksum(request: ReadRequest) -> str:
    try:
        return sha256_of(request.path)
    except OSError as error:
        raise ReadingError(
            Issue(
                "the data file cannot be opened",
                where=request.where,
                found=error.strerror or type(error).__name__,
                expected="a file that you may read",
                remedy="look at its permissions, and close programs that hold it",
            )
        ) from error


def _require_checksums(requests: Sequence[ReadRequest], sums: Sequence[str]) -> None:
    issues = [
        Issue(
            "the data file is not the one that was recorded",
            where=request.where,
            found=f"sha256 {checksum}",
            expected=f"sha256 {request.sha256}",
            remedy="restore the file, or record the new checksum if the change is meant",
        )
        for request, checksum in zip(requests, sums, strict=True)
        if request.sha256 not in (None, checksum)
    ]
    if issues:
        raise ReadingError(*issues)


def _stem(request: ReadRequest, checksum: str, private: Path, number: int) -> Path:
    """Return where a file's parsed form lies: in the cache if columns were named."""
    if request.columns is None:
        return private / f"whole-{number}"
    key = json.dumps(
        [_CACHE_FORMAT, version("pyreadstat"), checksum, request.path.suffix, request.columns]
    )
    return cache_folder() / hashlib.sha256(key.encode()).hexdigest()


def _parse(todo: Sequence[tuple[ReadRequest, Path]], private: Path) -> None:
    """Parse files in a child process and move the results to their stems."""
    drafts = [private / f"draft-{number}" for number in range(len(todo))]
    jobs = [
        {"path": str(request.path.resolve()), "columns": request.columns, "stem": str(draft)}
        for (request, _), draft in zip(todo, drafts, strict=True)
    ]
    answers = _child(jobs)
    if answers is None and len(todo) > 1:
        # One file brought the child down: read them one by one to know which.
        _parse_apart(todo, private)
        return
    issues = []
    for (request, stem), draft, answer in zip(
        todo, drafts, answers or [{"error": "the parser crashed or ran too long"}], strict=True
    ):
        if "error" in answer:
            issues.append(_unreadable(request, answer["error"]))
            continue
        for suffix in (".parquet", ".json"):
            _move(draft.with_suffix(suffix), stem.with_suffix(suffix))
    if issues:
        raise ReadingError(*issues)


def _parse_apart(todo: Sequence[tuple[ReadRequest, Path]], private: Path) -> None:
    issues: list[Issue] = []
    for part in todo:
        try:
            _parse([part], private)
        except ReadingError as error:
            issues += error.issues
    if issues:
        raise ReadingError(*issues)


def _move(source: Path, target: Path) -> None:
    """Move a file to a folder that may lie on another disk, whole and private."""
    handle, name = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(source.read_bytes())
    Path(name).replace(target)


def _child(jobs: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Return the child's answers, or None if it crashed or ran too long."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "resilience.responses.parsing"],
            input=json.dumps(jobs).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TIME_LIMIT,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def _unreadable(request: ReadRequest, reason: str) -> Issue:
    return Issue(
        "the data file cannot be read",
        where=request.where,
        found=f"{request.path.name}: {reason}",
        expected=f"a complete {request.path.suffix} file",
        remedy="it may be cut short or damaged: copy or export it again",
    )


def _loaded(request: ReadRequest, checksum: str, stem: Path) -> RawSurvey:
    try:
        told = json.loads(stem.with_suffix(".json").read_text("utf-8"))
        frame = pd.read_parquet(stem.with_suffix(".parquet"))
        return RawSurvey(
            frame=frame,
            columns=tuple(told["columns"]),
            variable_labels=told["variable_labels"],
            value_labels={
                name: {code: str(label) for code, label in pairs}
                for name, pairs in told["value_labels"].items()
            },
            user_missing={
                name: tuple((low, high) for low, high in ranges)
                for name, ranges in told["user_missing"].items()
            },
            notes=tuple(told["notes"]),
            source=Source(request.path.name, checksum, len(frame)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReadingError(
            Issue(
                "a file of the private cache is damaged",
                where=str(stem.parent),
                found=type(error).__name__,
                expected="a file that this version wrote",
                remedy="delete the folder; it is made again",
            )
        ) from error


def _listed(labels: Mapping[Code, str]) -> str:
    return "; ".join(
        f"{code:g} {label}" if isinstance(code, float) else f"{code} {label}"
        for code, label in labels.items()
    )


def _ranges(ranges: Sequence[tuple[Code, Code]]) -> str:
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)
