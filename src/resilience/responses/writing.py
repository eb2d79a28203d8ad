"""Write a data file in any format, and read it back before it counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from resilience.errors import Issue, ReadingError, ReportingError
from resilience.responses.cache import temporary_folder
from resilience.responses.coding import plain_labels
from resilience.responses.formats.delimited import guarded, write_delimited
from resilience.responses.formats.parquet import write_parquet
from resilience.responses.formats.parsed import FormatError, is_extended
from resilience.responses.formats.spreadsheets import write_spreadsheet
from resilience.responses.formats.spss import (
    LONGEST_ANSWER_LABEL,
    LONGEST_VARIABLE_LABEL,
    write_spss,
)
from resilience.responses.formats.stata import LONGEST_STATA_LABEL, write_stata
from resilience.responses.formats.text_columns import text_of_number
from resilience.responses.reading import READABLE_SUFFIXES, read_survey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from resilience.responses.formats.parsed import Code, ParsedFile
    from resilience.responses.survey_file import RawSurvey

__all__ = ["WRITABLE_SUFFIXES", "file_bytes", "require_writable"]

WRITABLE_SUFFIXES = tuple(suffix for suffix in READABLE_SUFFIXES if suffix != ".por")
"""The kinds of data files that can be written."""

Key = TypeVar("Key")

_SPSS, _TEXT = (".sav", ".zsav"), (".csv", ".tsv")
_SPREADSHEET_PRECISION = 1e-15  # workbooks hold 16 digits
_MOST_NAMED = 5


def file_bytes(parsed: ParsedFile, suffix: str, *, where: str) -> bytes:
    """Return a file's bytes after reading them back and comparing.

    What a format cannot hold is left out of what is compared: text files hold no labels,
    Stata's no codes declared as missing but the extended ones. Extended missing values are
    text such as `.a` wherever the format has no such thing. Labels longer than a format holds
    are cut and end in an ellipsis.

    Parameters
    ----------
    parsed : ParsedFile
        What to write.
    suffix : str
        One of `WRITABLE_SUFFIXES`, in small letters.
    where : str
        Where the file was named, for errors.

    Raises
    ------
    ReportingError
        If the format cannot hold it, or if what is read back is not what was written.
    """
    require_writable(suffix, where)
    with temporary_folder() as folder:
        path = Path(folder, f"written{suffix}")
        try:
            held = _as_held(parsed, suffix)
            _WRITERS[suffix](held, path)
            found = read_survey(path)
        except FormatError as error:
            raise ReportingError(
                Issue(
                    "this kind of file cannot hold the data",
                    where=where,
                    found=str(error),
                    expected=f"data that a {suffix} file can hold",
                    remedy=error.remedy or "write another kind of file",
                )
            ) from error
        except ReadingError as error:
            raise _differs(where, [str(issue.found) for issue in error.issues]) from error
        if differences := _differences(held, found, suffix):
            raise _differs(where, differences)
        return path.read_bytes()


def require_writable(suffix: str, where: str) -> None:
    """Refuse a kind of file that cannot be written.

    Raises
    ------
    ReportingError
    """
    if suffix not in WRITABLE_SUFFIXES:
        raise ReportingError(
            Issue(
                "this kind of file cannot be written",
                where=where,
                found=suffix or "no suffix",
                expected="one of " + ", ".join(WRITABLE_SUFFIXES),
                remedy="name a file with one of these suffixes",
            )
        )


def _differs(where: str, differences: list[str]) -> ReportingError:
    more = ["…"] if len(differences) > _MOST_NAMED else []
    return ReportingError(
        Issue(
            "the file, read back, is not what was to be written; it was not kept",
            where=where,
            found="; ".join([*differences[:_MOST_NAMED], *more]),
            expected="the same values, labels and missing codes",
            remedy="write another kind of file, and report this",
        )
    )


def _as_held(parsed: ParsedFile, suffix: str) -> ParsedFile:
    """Return what a format can hold of a file."""
    if suffix in _SPSS:
        return replace(
            parsed,
            variable_labels=_cut(parsed.variable_labels, LONGEST_VARIABLE_LABEL, in_bytes=True),
            value_labels={
                name: _cut(codes, LONGEST_ANSWER_LABEL, in_bytes=True)
                for name, codes in parsed.value_labels.items()
            },
        )
    if suffix == ".dta":
        tags = parsed.extended_missing
        return replace(
            parsed,
            variable_labels=_cut(parsed.variable_labels, LONGEST_STATA_LABEL),
            value_labels={
                name: codes
                for name, codes in parsed.value_labels.items()
                if pd.api.types.is_numeric_dtype(parsed.frame[name])
            },
            user_missing={
                str(name): tuple((tag, tag) for tag in sorted(set(tags[name].dropna())))
                for name in tags
            },
        )
    plain = _with_extended_as_text(parsed)
    if suffix == ".parquet":
        return plain
    return replace(plain, user_missing={} if suffix in _TEXT else plain.user_missing)


def _cut(labels: Mapping[Key, str], longest: int, *, in_bytes: bool = False) -> dict[Key, str]:
    """Return labels of which those that are too long end in an ellipsis."""

    def size(text: str) -> int:
        return len(text.encode()) if in_bytes else len(text)

    cut = {}
    for key, text in labels.items():
        short = text
        while size(short) > longest:
            short = short.removesuffix("…")[:-1] + "…"
        cut[key] = short
    return cut


def _with_extended_as_text(parsed: ParsedFile) -> ParsedFile:
    """Return a file in which extended missing values are text among the codes' texts."""
    if not len(parsed.extended_missing.columns):
        return parsed
    frame = parsed.frame.copy()
    for name in parsed.extended_missing:
        frame[name] = plain_labels(frame[name]).fillna(parsed.extended_missing[name])
    labels = dict(parsed.value_labels)
    for name in labels.keys() & set(parsed.extended_missing):
        labels[name] = {_as_text(code): text for code, text in labels[name].items()}
    return replace(parsed, frame=frame, value_labels=labels, extended_missing=pd.DataFrame())


def _as_text(code: Code) -> str:
    return code if isinstance(code, str) else text_of_number(code)


def _differences(held: ParsedFile, found: RawSurvey, suffix: str) -> list[str]:
    """Return in which columns, and in what, a file that was read back differs."""
    names = [str(name) for name in held.frame.columns]
    if list(found.columns) != names:
        return [f"{len(found.columns)} columns for {len(names)}, or other names"]
    if len(found.frame) != len(held.frame):
        return [f"{len(found.frame)} rows for {len(held.frame)}"]
    compared: dict[str, Callable[[str], bool]] = {
        "values": lambda name: _same_values(held, found, name, suffix),
        "extended missing values": lambda name: _same_extended(held, found, name),
    }
    if suffix not in (*_TEXT, ".xlsx"):
        compared |= {
            "label": lambda name: (
                held.variable_labels.get(name, "") == found.variable_labels.get(name, "")
            ),
            "answer labels": lambda name: (
                held.value_labels.get(name, {}) == found.value_labels.get(name, {})
            ),
            "missing codes": lambda name: (
                set(held.user_missing.get(name, ())) == set(found.user_missing.get(name, ()))
            ),
        }
    return [
        f"column '{name}': {what}"
        for name in names
        for what, same in compared.items()
        if not same(name)
    ]


def _same_values(held: ParsedFile, found: RawSurvey, name: str, suffix: str) -> bool:
    wanted, got = held.frame[name], found.frame[name]
    tolerance = _SPREADSHEET_PRECISION if suffix == ".xlsx" else 0.0
    if pd.api.types.is_numeric_dtype(wanted):
        numbers = pd.to_numeric(got, errors="coerce").to_numpy(np.float64)
        return bool(
            np.allclose(
                wanted.to_numpy(np.float64), numbers, rtol=tolerance, atol=0, equal_nan=True
            )
        )
    if suffix in _TEXT:
        wanted = guarded(wanted)
    texts, others = (plain_labels(column).fillna("").tolist() for column in (wanted, got))
    if texts == others:
        return True
    # Text that reads as a number in a file without types, such as 1.50.
    numeric = pd.to_numeric(wanted, errors="coerce").to_numpy(np.float64)
    return pd.api.types.is_numeric_dtype(got) and bool(
        np.array_equal(numeric, got.to_numpy(np.float64), equal_nan=True)
    )


def _same_extended(held: ParsedFile, found: RawSurvey, name: str) -> bool:
    wanted, got = (
        file.extended_missing[name].fillna("").tolist() if name in file.extended_missing else []
        for file in (held, found)
    )
    return bool(wanted == got) and all(not tag or is_extended(tag) for tag in got)


def _write_csv(parsed: ParsedFile, path: Path) -> None:
    path.write_bytes(write_delimited(parsed.frame))


def _write_tsv(parsed: ParsedFile, path: Path) -> None:
    path.write_bytes(write_delimited(parsed.frame, delimiter="\t"))


def _write_xlsx(parsed: ParsedFile, path: Path) -> None:
    path.write_bytes(write_spreadsheet(parsed))


def _write_parquet(parsed: ParsedFile, path: Path) -> None:
    path.write_bytes(write_parquet(parsed))


_WRITERS: Mapping[str, Callable[[ParsedFile, Path], None]] = {
    ".sav": write_spss,
    ".zsav": write_spss,
    ".dta": write_stata,
    ".csv": _write_csv,
    ".tsv": _write_tsv,
    ".xlsx": _write_xlsx,
    ".parquet": _write_parquet,
}
