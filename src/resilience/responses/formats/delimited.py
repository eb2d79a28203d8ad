"""Text files with a delimiter: read as text first, numbers only where nothing is lost."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pandas as pd

from resilience.responses.formats.parsed import ParsedFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["DelimitedError", "list_delimited_columns", "read_delimited", "write_delimited"]

_DELIMITERS = (",", ";", "\t")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_MOST_DIGITS = 15  # a double keeps that many
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")


class DelimitedError(Exception):
    """The text is no table: the message says why, without any of its content."""


def list_delimited_columns(path: Path) -> list[str]:
    """Return the header of a delimited file."""
    return _header(_text(path))[1]


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
    delimiter, header = _header(text)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))[1:]
    except csv.Error as error:
        message = "its quotes do not close"
        raise DelimitedError(message) from error
    rows = [row for row in rows if row]
    uneven = [number for number, row in enumerate(rows, start=2) if len(row) != len(header)]
    if uneven:
        message = (
            f"{len(uneven)} rows have more or fewer fields than the header, first row {uneven[0]}"
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


def write_delimited(frame: pd.DataFrame) -> bytes:
    """Return a frame as UTF-8 CSV in which no text can act as a spreadsheet formula."""
    safe = frame.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            text = safe[name].astype("str")
            risky = text.str.startswith(_FORMULA_STARTS).fillna(value=False)
            safe[name] = text.where(~risky, "'" + text)
    safe.columns = [
        f"'{name}" if str(name).startswith(_FORMULA_STARTS) else name for name in safe.columns
    ]
    return safe.to_csv(index=False, lineterminator="\n").encode()


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


def _header(text: str) -> tuple[str, list[str]]:
    """Return the delimiter and the column names."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    header = [name.strip() for name in next(csv.reader(io.StringIO(text), delimiter=delimiter))]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        message = f"{len(repeated)} column names occur twice"
        raise DelimitedError(message)
    return delimiter, header


def _column(values: list[str]) -> pd.Series:
    stripped = [value.strip() for value in values]
    if all(_NUMBER.match(value) and len(value) <= _MOST_DIGITS for value in stripped if value):
        return pd.Series([float(value) if value else float("nan") for value in stripped])
    return pd.Series([value or None for value in stripped], dtype="str")
