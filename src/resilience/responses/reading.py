"""Read data files: in a process of their own, once, labels and missing codes kept."""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from resilience.errors import Issue, ReadingError
from resilience.files import sha256_of
from resilience.responses.cache import PART_PREFIX, cached_stem, forget_others, temporary_folder
from resilience.responses.checksums import record_checksums, why_changed
from resilience.responses.formats.parquet import read_frame
from resilience.responses.identifiers.protection import Protection, identifier_issues
from resilience.responses.isolation import run_isolated
from resilience.responses.survey_file import RawSurvey, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "READABLE_SUFFIXES",
    "RawSurvey",
    "ReadRequest",
    "Source",
    "read_survey",
    "read_surveys",
    "unreadable_files",
]

READABLE_SUFFIXES = (".sav", ".zsav", ".por", ".dta", ".csv", ".tsv", ".xlsx", ".parquet")
_ENCODED = (".sav", ".zsav", ".dta", ".csv", ".tsv")
_SHEETS = (".xlsx",)

EXTENDED_SUFFIX = ".extended.parquet"
"""What the file of extended missing values beside a parsed file is called."""

_CACHE_FORMAT = "3"


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
    sheet : str or None
        The sheet of a workbook; its first by default.
    encoding : str or None
        The encoding of its texts, where the file does not name the right one.
    may_be_empty : bool
        Whether a sheet that is not there or has no rows is an empty table and no error.
    remember : bool
        Whether the file must be what it was when it was first loaded.
    protection : Protection or None
        What to do with identifiers before anything is kept.
    """

    path: Path
    columns: tuple[str, ...] | None = None
    where: str = ""
    sha256: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    may_be_empty: bool = False
    remember: bool = False
    protection: Protection | None = None


def read_survey(
    path: str | Path,
    *,
    columns: Sequence[str] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
) -> RawSurvey:
    """Read a data file with its labels and missing codes; no study is needed.

    Use it to look at a file. Nothing is turned into missing: codes for refusals and the like
    stay codes, and `user_missing` tells which codes the file itself declares as missing.

    Parameters
    ----------
    path : str or Path
        A .sav, .zsav, .por, .dta, .csv, .tsv, .xlsx or .parquet file.
    columns : sequence of str, optional
        The columns to read; all by default.
    sheet : str, optional
        The sheet of a workbook; its first by default.
    encoding : str, optional
        The encoding of texts, for instance cp1251, where the file does not name the right one.

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
    survey = read_surveys([ReadRequest(file, wanted, str(file), sheet=sheet, encoding=encoding)])[0]
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


def read_surveys(requests: Sequence[ReadRequest], *, single: bool = False) -> list[RawSurvey]:
    """Read several files in one child process; see `read_survey`.

    What a study reads is kept as private Parquet files, by checksum, columns and what the study
    says of identifiers, so that it is parsed once. The child has limits of time and memory: see
    `run_isolated`.

    Parameters
    ----------
    requests : sequence of ReadRequest
    single : bool
        Whether columns of small whole numbers are float32, which holds them exactly in half the
        memory, instead of float64.

    Raises
    ------
    ReadingError
        With one issue for each file that cannot be read.
    """
    if issues := unreadable_files(requests):
        raise ReadingError(*issues)
    sums = [_checksum(request) for request in requests]
    _require_checksums(requests, sums)
    with temporary_folder() as private:
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
        surveys = [
            _loaded(request, checksum, stem, single=single)
            for request, checksum, stem in zip(requests, sums, stems, strict=True)
        ]
    remembered = zip(requests, sums, strict=True)
    record_checksums({request.path: now for request, now in remembered if request.remember})
    return surveys


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
    return _unfit_option(request)


def _unfit_option(request: ReadRequest) -> Issue | None:
    """Return what is wrong with a sheet or an encoding that was named."""
    suffix = request.path.suffix.lower()
    for option, value, suffixes in (
        ("sheet", request.sheet, _SHEETS),
        ("encoding", request.encoding, _ENCODED),
    ):
        if value is not None and suffix not in suffixes:
            return Issue(
                f"files of this kind have no {option} to choose",
                where=request.where,
                found=f"{option}: {value}, for {request.path.name}",
                expected=f"'{option}' for {', '.join(suffixes)} only",
                remedy=f"remove '{option}'",
            )
    try:
        codecs.lookup(request.encoding or "utf-8")
    except LookupError:
        return Issue(
            "no encoding has this name",
            where=request.where,
            found=str(request.encoding),
            expected="for instance utf-8, cp1251, cp1252 or cp1256",
            remedy="correct 'encoding'",
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
        issue
        for request, checksum in zip(requests, sums, strict=True)
        if (issue := _why_another(request, checksum))
    ]
    if issues:
        raise ReadingError(*issues)


def _why_another(request: ReadRequest, checksum: str) -> Issue | None:
    if request.sha256 is None:
        if not request.remember:
            return None
        return why_changed(request.path, checksum, where=request.where)
    if request.sha256 == checksum:
        return None
    return Issue(
        "the data file is not the one that was recorded",
        where=request.where,
        found=f"sha256 {checksum}",
        expected=f"sha256 {request.sha256}",
        remedy="restore the file, or record the new checksum if the change is meant",
    )


def _stem(request: ReadRequest, checksum: str, private: Path, number: int) -> Path:
    """Return where a file's parsed form lies: in the cache if a study says how it is protected."""
    if request.protection is None:
        return private / f"looked-at-{number}"
    parsers = [version(name) for name in ("pyreadstat", "python-calamine", "pyarrow")]
    asked = [request.path.suffix.lower(), request.columns, request.sheet, request.encoding]
    key = json.dumps([_CACHE_FORMAT, *parsers, *asked, request.protection.fingerprint])
    return cached_stem(checksum, hashlib.sha256(key.encode()).hexdigest())


def _parse(todo: Sequence[tuple[ReadRequest, Path]], private: Path) -> None:
    """Parse files in a child process and move the results to their stems."""
    drafts = [private / f"draft-{number}" for number in range(len(todo))]
    jobs = [
        {
            "path": str(request.path.resolve()),
            "columns": request.columns,
            "stem": str(draft),
            "options": {
                name: value
                for name, value in (
                    ("sheet", request.sheet),
                    ("encoding", request.encoding),
                    ("may_be_empty", request.may_be_empty or None),
                )
                if value is not None
            },
            **({"protection": request.protection.to_json()} if request.protection else {}),
        }
        for (request, _), draft in zip(todo, drafts, strict=True)
    ]
    issues = []
    for (request, stem), draft, answer in zip(todo, drafts, _answers(jobs), strict=True):
        if "identifiers" in answer:
            issues += identifier_issues(request.path.name, request.where, answer["identifiers"])
            continue
        if "error" in answer:
            issues.append(_unreadable(request, answer))
            continue
        for suffix in (".parquet", EXTENDED_SUFFIX, ".json"):
            if draft.with_suffix(suffix).exists():
                _move(draft.with_suffix(suffix), stem.with_suffix(suffix))
        if request.protection is not None:
            forget_others(stem)
    if issues:
        raise ReadingError(*issues)


def _answers(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return an answer to each job, also if some bring the child down."""
    answers: list[dict[str, Any]] = []
    while left := jobs[len(answers) :]:
        told, failure = _child(left)
        answers += told
        if failure is not None:
            # The next one alone tells whether it was its fault.
            alone, failure = _child(left[len(told) :][:1]) if len(left) > 1 else ([], failure)
            answers += alone if failure is None else [failure]
    return answers


def _move(source: Path, target: Path) -> None:
    """Move a file to a folder that may lie on another disk, whole and private."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=PART_PREFIX)
    with os.fdopen(handle, "wb") as stream:
        stream.write(source.read_bytes())
    Path(name).replace(target)


def _child(jobs: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return the child's answers, and what ended it if something did."""
    return run_isolated(jobs)


def _unreadable(request: ReadRequest, answer: dict[str, str]) -> Issue:
    return Issue(
        "the data file cannot be read",
        where=request.where,
        found=f"{request.path.name}: {answer['error']}",
        expected=f"a complete {request.path.suffix} file",
        remedy=answer.get("remedy") or "it may be cut short or damaged: copy or export it again",
    )


def _loaded(request: ReadRequest, checksum: str, stem: Path, *, single: bool) -> RawSurvey:
    try:
        told = json.loads(stem.with_suffix(".json").read_text("utf-8"))
        frame = read_frame(stem.with_suffix(".parquet"), single=single)
        extended = pd.DataFrame()
        if told["extended"]:
            extended = read_frame(stem.with_suffix(EXTENDED_SUFFIX))
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
            extended_missing=extended,
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
