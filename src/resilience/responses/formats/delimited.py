"""Text files with a delimiter: read as text first, numbers only where nothing is lost."""

from __future__ import annotations

import csv
import io
import re
from math import isfinite
from typing import TYPE_CHECKING

import pandas as pd

from resilience.responses.formats.parsed import ParsedFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["DelimitedError", "list_delimited_columns", "read_delimited", "write_delimited"]

_DELIMITERS = (",", ";", "\t")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_LONGEST_FIELD = 10_000_000
_MOST_DIGITS = 15  # a double keeps that many
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")


class DelimitedError(Exception):
    """The text is no table: the message says why, without any of its content."""


def list_delimited_columns(path: Path) -> list[str]:
    """Return the header of a delimited file."""
    text = _text(path)
    return next(_rows(text, _delimiter(text)))[1]


def read_delimited(path: Path, columns: Sequence[str] | None = None) -> ParsedFile:
    """Read a UTF-8 file delimited by commas, semicolons or tabs, with a header.

    A column becomes numbers when every value that is not empty is a number written without
    leading zeros or thousands marks; otherwise it stays text. Empty is missing. Words such as
    NA or None are text.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        The columns to read; names the file does not have are passed over.

    Raises
    ------
    DelimitedError
        If the file is empty, not UTF-8, or its rows and header disagree.
    """
    text = _text(path)
    lines = _rows(text, _delimiter(text))
    _, header = next(lines)
    _require_unique(header)
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
        raise DelimitedError(message)
    if not rows:
        message = "the file has a header and no rows"
        raise DelimitedError(message)
    wanted = header if columns is None else [name for name in header if name in set(columns)]
    positions = {name: header.index(name) for name in wanted}
    return ParsedFile(
        pd.DataFrame({name: _column([row[at] for row in rows]) for name, at in positions.items()})
    )


def write_delimited(frame: pd.DataFrame, *, delimiter: str = ",") -> bytes:
    """Return a frame as UTF-8 text in which no text can act as a spreadsheet formula."""
    safe = frame.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            text = safe[name].astype("str")
            risky = text.str.startswith(_FORMULA_STARTS).fillna(value=False)
            safe[name] = text.where(~risky, "'" + text)
    safe.columns = [
        f"'{name}" if str(name).startswith(_FORMULA_STARTS) else name for name in safe.columns
    ]
    # With this line end, both of its characters are quoted where they stand within a text.
    return safe.to_csv(index=False, sep=delimiter, lineterminator="\r\n").encode()


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"it is not UTF-8 text (byte {error.start})"
        raise DelimitedError(message) from error
    if not text.strip():
        message = "the file is empty"
        raise DelimitedError(message)
    if "\x00" in text:
        message = "it holds zero bytes, which no text table has"
        raise DelimitedError(message)
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
        raise DelimitedError(message) from error


def _delimiter(text: str) -> str:
    """Return the delimiter that parts the header into most names; the comma if none does."""

    def names(delimiter: str) -> int:
        try:
            return len(next(_rows(text, delimiter))[1])
        except DelimitedError:
            return 1

    return max(_DELIMITERS, key=names)


def _require_unique(header: list[str]) -> None:
    repeated = {name for name in header if header.count(name) > 1}
    if repeated:
        message = f"{len(repeated)} column names occur twice"
        raise DelimitedError(message)


def _column(values: list[str]) -> pd.Series:
    stripped = [value.strip() for value in values]
    if all(_is_number(value) for value in stripped if value):
        return pd.Series([float(value) if value else float("nan") for value in stripped])
    return pd.Series([value or None for value in stripped], dtype="str")


def _is_number(text: str) -> bool:
    """Return whether a text is a number that loses nothing by being kept as one."""
    if not _NUMBER.match(text) or len(text) > _MOST_DIGITS:
        return False
    number = float(text)
    vanished = number == 0 and text.strip("-0.eE+") != ""
    return isfinite(number) and not vanished
