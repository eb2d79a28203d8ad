"""SPSS files: .sav, .zsav, and the portable .por."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd

from resilience.responses.formats.parsed import Code, FormatError, ParsedFile
from resilience.responses.formats.portable import without_missing_codes
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

__all__ = [
    "LONGEST_ANSWER_LABEL",
    "LONGEST_VARIABLE_LABEL",
    "read_portable",
    "read_spss",
    "write_spss",
]

LONGEST_VARIABLE_LABEL = 255
"""Bytes of UTF-8 that SPSS holds of a column's label."""
LONGEST_ANSWER_LABEL = 120
"""Bytes of UTF-8 that SPSS holds of an answer's label."""

_DATE = slice(92, 101)
_TIME = slice(101, 109)


def read_spss(
    path: Path, columns: Sequence[str] | None = None, *, encoding: str | None = None
) -> ParsedFile:
    """Read a .sav or .zsav file; codes declared as missing stay codes.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        The columns to read; names the file does not have are passed over.
    encoding : str, optional
        The encoding of its texts, where the file names a wrong one.
    """
    frame, meta, known = parse_file("sav", path, columns, encoding=encoding, user_missing=True)
    names = [str(name) for name in frame.columns]
    missing = {
        name: tuple(map(_ends, ranges))
        for name in names
        if (ranges := meta.missing_ranges.get(name))
    }
    return _parsed(frame, meta, known, missing)


def read_portable(path: Path, columns: Sequence[str] | None = None) -> ParsedFile:
    """Read a .por file, whose names have at most eight characters; missing codes stay codes.

    The parser would turn codes that the file declares as missing into nothing. They are taken
    out of the dictionary first, so that it sees answers only.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        The columns to read; names the file does not have are passed over.
    """
    content, missing = without_missing_codes(path.read_bytes())
    frame, meta, known = parse_file("por", BytesIO(content), columns)
    there = {str(name) for name in frame.columns}
    return _parsed(frame, meta, known, {n: r for n, r in missing.items() if n in there})


def write_spss(parsed: ParsedFile, path: Path) -> None:
    """Write a .sav or .zsav file with labels, codes declared as missing, and notes.

    Its date is always the same, so that the same content makes the same bytes.

    Parameters
    ----------
    parsed : ParsedFile
        What to write; its first note becomes the file's label.
    path : Path
        Where to; its suffix says which of the two.

    Raises
    ------
    FormatError
        If SPSS cannot hold a name, or extended missing values are among the answers.
    """
    if len(parsed.extended_missing.columns):
        message = "SPSS has no extended missing values (.a to .z)"
        raise FormatError(message, "give them integer codes, as 'missing_codes' of the wave")
    missing: dict[str, list[Any]] = {
        name: [{"lo": low, "hi": high} for low, high in ranges]
        for name, ranges in parsed.user_missing.items()
    }
    packed = path.suffix.lower() == ".zsav"
    write_file(
        "sav",
        parsed.frame,
        path,
        file_label=parsed.notes[0] if parsed.notes else "",
        note=list(parsed.notes[1:]) or None,
        column_labels=dict(parsed.variable_labels),
        variable_value_labels={name: dict(codes) for name, codes in parsed.value_labels.items()},
        missing_ranges=missing,
        compress=packed,
        row_compress=not packed,
        variable_format=_formats(parsed.frame, parsed.value_labels),
    )
    content = bytearray(path.read_bytes())
    content[_DATE], content[_TIME] = b"01 Jan 80", b"00:00:00"
    path.write_bytes(content)


def _parsed(
    frame: pd.DataFrame,
    meta: Any,
    known: tuple[str, ...],
    missing: Mapping[str, tuple[tuple[Code, Code], ...]],
) -> ParsedFile:
    names = [str(name) for name in frame.columns]
    return ParsedFile(
        frame=plain_frame(frame),
        variable_labels=labels_of_variables(meta, names),
        value_labels=labels_of_values(meta, names),
        user_missing=missing,
        notes=notes_of(meta),
        columns=known,
    )


def _ends(part: Any) -> tuple[Code, Code]:
    """Return the lowest and highest code of a range of missing codes."""
    return part["lo"], part["hi"]


def _formats(frame: pd.DataFrame, labelled: Mapping[str, object]) -> dict[str, str]:
    """Return whole-number formats for coded columns, so that SPSS shows 3 and not 3.00."""
    return {
        str(name): "F4.0"
        for name in frame.columns
        if name in labelled and pd.api.types.is_numeric_dtype(frame[name])
    }
