"""Text files with a delimiter: read as text first, numbers only where nothing is lost."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING

import pandas as pd

from resilience.responses.encodings import likely_encoding
from resilience.responses.formats.parsed import (
    FormatError,
    ParsedFile,
    require_unique,
    wanted_columns,
)
from resilience.responses.formats.text_columns import column_of_texts, has_decimal_points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["guarded", "read_delimited", "write_delimited"]

_DELIMITERS = (",", ";", "\t")
_LONGEST_FIELD = 10_000_000
_LARGEST_CODE = 2.0**53
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")


def read_delimited(
    path: Path, columns: Sequence[str] | None = None, *, encoding: str | None = None
) -> ParsedFile:
    """Read a text file delimited by commas, semicolons or tabs, with a header.

    A column becomes numbers when every value that is not empty is a number written without
    leading zeros or thousands marks; otherwise it stays text, dates included. Where semicolons
    delimit and no number of the file has a decimal point, 1,5 is a number. Empty is missing.
    Words such as NA or None are text.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        The columns to read; names the file does not have are passed over.
    encoding : str, optional
        UTF-8 by default, or UTF-16 where the file begins with its mark. Nothing is guessed.

    Raises
    ------
    FormatError
        If the file is empty, in another encoding, or its rows and header disagree.
    """
    text = _text(path, encoding)
    delimiter = _delimiter(text)
    lines = _rows(text, delimiter)
    _, header = next(lines)
    require_unique(header)
    rows, uneven = [], []
    for number, row in lines:
        rows.append(row)
        if len(row) != len(header):
            uneven.append(number)
    if uneven:
        message = (
            f"{len(uneven)} rows have more or fewer fields than the header, "
            f"first row {uneven[0]} of the file"
        )
        raise FormatError(message)
    if not rows:
        message = "the file has a header and no rows"
        raise FormatError(message)
    texts = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
    commas = delimiter == ";" and not any(map(has_decimal_points, texts.values()))
    frame = pd.DataFrame(
        {
            name: column_of_texts(texts[name], decimal_commas=commas)
            for name in wanted_columns(header, columns)
        },
        index=pd.RangeIndex(len(rows)),
    )
    return ParsedFile(frame, columns=tuple(header))


def write_delimited(frame: pd.DataFrame, *, delimiter: str = ",") -> bytes:
    """Return a frame as UTF-8 text in which no text can act as a spreadsheet formula."""
    safe = frame.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = guarded(safe[name])
        elif (safe[name].abs().dropna() <= _LARGEST_CODE).all() and not (safe[name] % 1).any():
            safe[name] = safe[name].astype("Int64")  # codes as people type them: 1, not 1.0
    safe.columns = [
        f"'{name}" if str(name).startswith(_FORMULA_STARTS) else name for name in safe.columns
    ]
    # With this line end, both of its characters are quoted where they stand within a text.
    return safe.to_csv(index=False, sep=delimiter, lineterminator="\r\n").encode()


def guarded(column: pd.Series) -> pd.Series:
    """Return texts, those that a spreadsheet would run with an apostrophe in front."""
    text = column.astype("str")
    risky = text.str.startswith(_FORMULA_STARTS).fillna(value=False)
    return text.where(~risky, "'" + text)


def _text(path: Path, encoding: str | None) -> str:
    content = path.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    used = encoding or ("utf-16" if marked else "utf-8-sig")
    try:
        text = content.decode(used).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        named = encoding or ("UTF-16" if marked else "UTF-8")
        message = f"it is not {named} text (byte {error.start})"
        guess = likely_encoding(content)
        name = (
            f"it looks like {guess}: name it with 'encoding: {guess}'"
            if guess
            else "name its encoding, for instance 'encoding: cp1251'"
        )
        raise FormatError(
            message, f"{name}, or save it as UTF-8, in Excel as 'CSV UTF-8'"
        ) from error
    if not text.strip():
        message = "the file is empty"
        raise FormatError(message)
    if "\x00" in text:
        message = "it holds zero bytes, which no text table has"
        raise FormatError(message)
    return text


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, the header first, with the line on which they end."""
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, row in enumerate(reader):
            if row:
                stripped = [name.strip() for name in row] if number == 0 else row
                yield reader.line_num, stripped
    except csv.Error as error:
        message = f"its quotes do not close, or a field is too long (line {reader.line_num})"
        raise FormatError(message) from error


def _delimiter(text: str) -> str:
    """Return the delimiter that parts the header into most names; the comma if none does."""

    def names(delimiter: str) -> int:
        try:
            return len(next(_rows(text, delimiter))[1])
        except FormatError:
            return 1

    return max(_DELIMITERS, key=names)
