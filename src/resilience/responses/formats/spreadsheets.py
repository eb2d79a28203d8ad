"""Excel workbooks: read by calamine, written by XlsxWriter; the only module to import them."""

from __future__ import annotations

import datetime as dt
import html
import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook, PasswordError
from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name, xl_range

from resilience.responses.formats.parsed import (
    FormatError,
    ParsedFile,
    codebook_of,
    named_first,
    require_unique,
    wanted_columns,
)
from resilience.responses.formats.text_columns import column_of_texts, text_of_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["read_spreadsheet", "write_spreadsheet"]

DATA_SHEET, CODEBOOK_SHEET = "data", "codebook"

_MOST_UNPACKED = 200_000_000
_HIGHEST_RATIO = 100
_MOST_MEMBERS = 10_000
_MOST_CELLS = 30_000_000
_BLOCK = 1 << 20
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_CREATED = dt.datetime(1980, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
_CORE, _BOOK, _LINKS = "docProps/core.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_DESCRIPTION = re.compile(r"<dc:description>(.*?)</dc:description>", re.DOTALL)


def read_spreadsheet(
    path: Path,
    columns: Sequence[str] | None = None,
    *,
    sheet: str | None = None,
    may_be_empty: bool = False,
) -> ParsedFile:
    """Read one sheet of an .xlsx workbook: its first row with anything in it is the header.

    Cells are read the way a person sees them: whole numbers without a fraction, dates as
    2026-03-02, text with its leading zeros. A column becomes numbers as in text files. Zeros
    that only a number's format shows are not there.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        The columns to read; names the file does not have are passed over.
    sheet : str, optional
        The first sheet by default.
    may_be_empty : bool
        Whether a sheet that is not there or has no rows is an empty table and no error.

    Raises
    ------
    FormatError
        If it is no workbook or too large when unpacked, if cells are merged or hold errors, or
        if names of columns are empty or occur twice.
    """
    with _opened(path) as archive:
        _require_moderate(archive)
        notes = _notes(archive)
        try:
            book = CalamineWorkbook.from_path(str(path))
            if may_be_empty and sheet not in book.sheet_names:
                return ParsedFile(pd.DataFrame())
            name = _sheet_name(book.sheet_names, sheet)
            content = archive.read(_part_of(archive, book.sheet_names.index(name)))
            _require_near_cells(content)
            found = book.get_sheet_by_name(name)
        except PasswordError as error:
            message = "it is protected by a password"
            raise FormatError(message, "save a copy without the password") from error
        except CalamineError as error:
            message = "its sheets cannot be read"
            raise FormatError(message) from error
    _require_values(content)
    _require_unmerged(found)
    cells = [row for row in found.to_python(skip_empty_area=True) if any(c != "" for c in row)]
    if not cells and may_be_empty:
        return ParsedFile(pd.DataFrame())
    if not cells:
        message = f"the sheet '{name}' is empty"
        raise FormatError(message)
    header, table = _table(cells, found.start[1] if found.start else 0)
    if not (table and table[0]) and not may_be_empty:
        message = f"the sheet '{name}' has a header and no rows"
        raise FormatError(message)
    values = dict(zip(header, table, strict=True))
    frame = pd.DataFrame({name: _column(values[name]) for name in wanted_columns(header, columns)})
    frame.index = pd.RangeIndex(len(table[0]) if table else 0)
    return ParsedFile(frame, notes=notes, columns=tuple(header))


def write_spreadsheet(parsed: ParsedFile) -> bytes:
    """Return a workbook with the sheets `data` and `codebook`; no text in it is a formula.

    Parameters
    ----------
    parsed : ParsedFile
        What to write; its first note becomes the workbook's comment.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    book.set_properties({"created": _CREATED, "comments": "\n".join(parsed.notes[:1])})
    bold = book.add_format({"bold": True})
    for name, frame in ((DATA_SHEET, parsed.frame), (CODEBOOK_SHEET, codebook_of(parsed))):
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(frame.columns):
            sheet.write_string(0, at, str(column), bold)
            write = (
                sheet.write_number
                if pd.api.types.is_numeric_dtype(frame[column])
                else sheet.write_string
            )
            for row, value in enumerate(frame[column].tolist(), start=1):
                if value == value and value not in (None, ""):  # noqa: PLR0124 - not missing
                    write(row, at, value)
    book.close()
    return buffer.getvalue()


def _opened(path: Path) -> zipfile.ZipFile:
    with path.open("rb") as stream:
        start = stream.read(len(_OLD_OR_LOCKED))
    if start == _OLD_OR_LOCKED:
        message = "it is a workbook with a password, or of the kind before 2007"
        raise FormatError(message, "save it without password as .xlsx")
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        message = "it is no workbook, or cut short" if start else "the file is empty"
        remedy = "give the file the suffix of what it is, or export it again"
        raise FormatError(message, remedy) from error


def _require_moderate(archive: zipfile.ZipFile) -> None:
    """Refuse what would grow too large, by what its list says and by what really comes out."""
    members = archive.infolist()
    packed = max(1, sum(member.compress_size for member in members))
    told = sum(member.file_size for member in members)
    if len(members) > _MOST_MEMBERS:
        message = f"it has {len(members):,} parts, and at most {_MOST_MEMBERS:,} are read"
        raise FormatError(message, "export the data sheet alone")
    if told > _MOST_UNPACKED or told > _HIGHEST_RATIO * packed:
        message = (
            f"it grows from {packed / 1e6:,.1f} to {told / 1e6:,.1f} MB when unpacked; at most "
            f"{_MOST_UNPACKED / 1e6:,.0f} MB and {_HIGHEST_RATIO} times its size are read"
        )
        raise FormatError(message, "export the data as .csv")
    try:
        for member in members:
            with archive.open(member) as stream:
                while stream.read(_BLOCK):
                    pass
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        message = "a part of it is damaged or larger than it says"
        raise FormatError(message) from error


def _notes(archive: zipfile.ZipFile) -> tuple[str, ...]:
    if _CORE not in archive.namelist():
        return ()
    found = _DESCRIPTION.search(archive.read(_CORE).decode("utf-8", "replace"))
    return (html.unescape(found[1]),) if found and found[1] else ()


def _sheet_name(names: Sequence[str], wanted: str | None) -> str:
    if wanted is None and names:
        return names[0]
    if wanted not in names:
        message = f"it has no sheet '{wanted}'; its sheets are {named_first(names)}"
        raise FormatError(message, "correct 'sheet'")
    return str(wanted)


def _require_near_cells(content: bytes) -> None:
    """Refuse a cell far from the others: all between them would be read as cells too."""
    places = set(re.findall(rb"<(?:\w+:)?c\b[^>]*?\br=\"([A-Z]{1,3})\d+\"", content))
    rows = re.findall(rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d{1,7})\"", content)
    width = 1 + max((xl_cell_to_rowcol(f"{place.decode()}1")[1] for place in places), default=0)
    height = max(map(int, rows), default=0)
    if width * height > _MOST_CELLS:
        message = f"its cells reach to row {height:,} and column {xl_col_to_name(width - 1)}"
        raise FormatError(message, "copy the data alone to a new sheet, or export them as .csv")


def _require_values(content: bytes) -> None:
    """Refuse cells that hold an error, or a formula never calculated: both look empty."""
    errors = len(re.findall(rb"<(?:\w+:)?c\b[^>]*\bt=\"e\"", content))
    uncounted = len(re.findall(rb"</(?:\w+:)?f></(?:\w+:)?c>", content))
    if errors:
        message = f"{errors} cells hold an error such as #DIV/0!"
        raise FormatError(message, "correct the formulas, or paste their values")
    if uncounted:
        message = f"{uncounted} formulas were never calculated"
        raise FormatError(message, "open the file in a spreadsheet program and save it")


def _part_of(archive: zipfile.ZipFile, position: int) -> str:
    """Return the archive's part that holds a sheet."""
    book = archive.read(_BOOK).decode("utf-8", "replace")
    links = archive.read(_LINKS).decode("utf-8", "replace")
    tags = re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book)
    key = re.search(r"\w+:id=\"([^\"]*)\"", tags[position]) if position < len(tags) else None
    targets = {
        identity[1]: target[1]
        for tag in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", links)
        if (identity := re.search(r"\bId=\"([^\"]*)\"", tag))
        and (target := re.search(r"\bTarget=\"([^\"]*)\"", tag))
    }
    linked = targets.get(key[1] if key else "", "")
    part = linked.removeprefix("/") if linked.startswith("/") else f"xl/{linked}"
    if part not in archive.namelist():
        message = "its list of sheets is damaged"
        raise FormatError(message)
    return part


def _require_unmerged(sheet: Any) -> None:
    merged = sheet.merged_cell_ranges or []
    if merged:
        ranges = [xl_range(*first, *last) for first, last in merged]
        message = f"{len(merged)} groups of cells are merged: {named_first(ranges)}"
        raise FormatError(message, "unmerge them and give each column one name in one row")


def _table(cells: list[list[Any]], first_column: int) -> tuple[list[str], list[list[Any]]]:
    """Return the header and the columns; columns without name and content are left out."""
    names = [_as_seen(cell) for cell in cells[0]]
    columns = [list(column) for column in zip(*cells[1:], strict=True)] or [[] for _ in names]
    kept = [at for at, name in enumerate(names) if name or any(c != "" for c in columns[at])]
    nameless = [xl_col_to_name(at + first_column) for at in kept if not names[at]]
    if nameless:
        message = f"{len(nameless)} columns have no name: {named_first(nameless)}"
        raise FormatError(message, "put the names of all columns into the first row")
    header = [names[at] for at in kept]
    require_unique(header)
    return header, [columns[at] for at in kept]


def _column(cells: list[Any]) -> pd.Series:
    kinds = {type(cell) for cell in cells if cell != ""}
    if kinds <= {float, int}:
        return pd.Series([np.nan if cell == "" else float(cell) for cell in cells], dtype=float)
    return column_of_texts([_as_seen(cell) for cell in cells])


def _as_seen(cell: Any) -> str:
    """Return a cell's content as a person sees it."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float | int):
        return text_of_number(float(cell))
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell).strip()
