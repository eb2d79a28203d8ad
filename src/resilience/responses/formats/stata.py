"""Stata files; extended missing values `.a` to `.z` stay apart from system missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.responses.formats.parsed import (
    FormatError,
    ParsedFile,
    is_extended,
    named_first,
)
from resilience.responses.formats.readstat import (
    labels_of_values,
    labels_of_variables,
    notes_of,
    parse_file,
    plain_frame,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from resilience.responses.formats.parsed import Code

__all__ = ["LONGEST_STATA_LABEL", "LONGEST_STATA_NAME", "read_stata", "write_stata"]

LONGEST_STATA_NAME = 32
LONGEST_STATA_LABEL = 80
"""Characters that Stata holds of a column's or file's label."""

_VERSION = 14  # the oldest that holds every script
_BEGIN, _END = b"<stata_dta>", b"</stata_dta>"
_TIMESTAMP = re.compile(rb"<timestamp>\x11.{17}</timestamp>")
_EPOCH = b"<timestamp>\x1101 Jan 1980 00:00</timestamp>"


def read_stata(
    path: Path, columns: Sequence[str] | None = None, *, encoding: str | None = None
) -> ParsedFile:
    """Read a .dta file; extended missing values are told apart and keep their labels.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        The columns to read; names the file does not have are passed over.
    encoding : str, optional
        The encoding of its texts; files before Stata 14 do not name it.

    Raises
    ------
    FormatError
        If the file is cut short, or names labels that it does not hold: they stand at its end.
    """
    _require_whole(path)
    frame, meta, known = parse_file("dta", path, columns, encoding=encoding, user_missing=True)
    names = [str(name) for name in frame.columns]
    labels = labels_of_values(meta, names)
    absent = [name for name in names if meta.variable_to_label.get(name) and name not in labels]
    if absent:
        message = (
            f"the labels of {len(absent)} columns are named and not there: {named_first(absent)}"
        )
        raise FormatError(message, "it may be cut short: copy or export it again")
    tags = pd.DataFrame({name: _tags(frame[name]) for name in _tagged(meta, names)})
    numbers = {str(name): pd.to_numeric(frame[name], errors="coerce") for name in tags}
    return ParsedFile(
        frame=plain_frame(frame.assign(**numbers)),
        variable_labels=labels_of_variables(meta, names),
        value_labels={name: _dotted(codes) for name, codes in labels.items()},
        user_missing={
            str(name): tuple((tag, tag) for tag in sorted(set(tags[name].dropna())))
            for name in tags
        },
        notes=notes_of(meta),
        extended_missing=tags,
        columns=known,
    )


def write_stata(parsed: ParsedFile, path: Path) -> None:
    """Write a .dta file with labels and extended missing values.

    Its date is always the same, so that the same content makes the same bytes.

    Parameters
    ----------
    parsed : ParsedFile
        What to write; its first note becomes the file's label. Stata declares no codes as
        missing but the extended ones and has no labels for text: both are left out.
    path : Path
        Where to.

    Raises
    ------
    FormatError
        If Stata cannot hold a name, or a label belongs to a code that is no whole number.
    """
    _require_short_names(parsed)
    frame = parsed.frame.copy()
    letters = {
        name: sorted({str(code)[1:] for code in codes if is_extended(code)})
        for name, codes in parsed.value_labels.items()
    }
    for name in map(str, parsed.extended_missing):
        tags = parsed.extended_missing[name]
        # Whole numbers of Python among tagged values would be written as garbage: floats are not.
        values = frame[name].astype("float64").astype(object)
        frame[name] = values.where(tags.isna(), tags.str.slice(1))
        letters[name] = sorted({*letters.get(name, ()), *tags.dropna().str.slice(1)})
    write_file(
        "dta",
        frame,
        path,
        version=_VERSION,
        file_label=parsed.notes[0] if parsed.notes else "",
        column_labels=dict(parsed.variable_labels),
        variable_value_labels={
            name: _undotted(name, codes)
            for name, codes in parsed.value_labels.items()
            if pd.api.types.is_numeric_dtype(parsed.frame[name])
        },
        missing_user_values={name: some for name, some in letters.items() if some},
    )
    path.write_bytes(_TIMESTAMP.sub(_EPOCH, path.read_bytes(), count=1))


def _require_short_names(parsed: ParsedFile) -> None:
    """Refuse names that do not fit: sets of labels are called by their column and a number."""
    names = [str(name) for name in parsed.frame.columns]
    with_number = LONGEST_STATA_NAME - len(str(len(names)))
    labelled = {
        *(name for name in names if parsed.value_labels.get(name)),
        *map(str, parsed.extended_missing),
    }
    long = [
        name
        for name in names
        if len(name) > (with_number if name in labelled else LONGEST_STATA_NAME)
    ]
    if long:
        message = (
            f"Stata's names have at most {LONGEST_STATA_NAME} characters, those of columns with "
            f"labels {with_number} here: {named_first(long)}"
        )
        raise FormatError(message, "write another kind of file, or give them shorter names")


def _require_whole(path: Path) -> None:
    """Refuse a file of Stata 13 or later that lacks its closing mark."""
    content = path.read_bytes()
    if content.startswith(_BEGIN) and not content.rstrip().endswith(_END):
        message = "it ends before its end mark"
        raise FormatError(message, "it was cut short: copy or export it again")


def _tagged(meta: Any, names: Sequence[str]) -> list[str]:
    return [name for name in names if meta.missing_user_values.get(name)]


def _tags(column: pd.Series) -> pd.Series:
    """Return the extended missing values of a column, with their dot."""
    letters = [f".{value}" if isinstance(value, str) else None for value in column]
    return pd.Series(letters, index=column.index, dtype="str")


def _dotted(labels: Mapping[Code, str]) -> dict[Code, str]:
    return {f".{code}" if isinstance(code, str) else code: text for code, text in labels.items()}


def _undotted(name: str, labels: Mapping[Code, str]) -> dict[int | str, str]:
    whole: dict[int | str, str] = {}
    for code, text in labels.items():
        if isinstance(code, str):
            whole[code.removeprefix(".")] = text
        elif np.isfinite(code) and code.is_integer():
            whole[int(code)] = text
        else:
            message = f"Stata labels whole numbers only: column '{name}' has others"
            raise FormatError(message, "write another kind of file")
    return whole
