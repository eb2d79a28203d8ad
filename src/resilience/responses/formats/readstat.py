"""The only module that imports pyreadstat: files of statistical packages, as they are."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyreadstat

from resilience.responses.formats.parsed import FormatError, wanted_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from resilience.responses.formats.parsed import Code

__all__ = [
    "labels_of_values",
    "labels_of_variables",
    "notes_of",
    "parse_file",
    "plain_frame",
    "write_file",
]

_PARSERS: Mapping[str, Callable[..., Any]] = {
    "sav": pyreadstat.read_sav,
    "por": pyreadstat.read_por,
    "dta": pyreadstat.read_dta,
}
_WRITERS: Mapping[str, Callable[..., Any]] = {
    "sav": pyreadstat.write_sav,
    "dta": pyreadstat.write_dta,
}


def parse_file(
    kind: str,
    source: Path | BytesIO,
    columns: Sequence[str] | None,
    *,
    encoding: str | None = None,
    **options: Any,
) -> tuple[pd.DataFrame, Any, tuple[str, ...]]:
    """Return a file's columns, what it says about them, and the names of all its columns."""
    parse = _PARSERS[kind]
    if encoding is not None:
        options["encoding"] = encoding.upper()
    options["disable_datetime_conversion"] = True
    file = source if isinstance(source, BytesIO) else str(source)
    _, meta = parse(file, metadataonly=True, **options)
    known = tuple(map(str, meta.column_names))
    wanted = None if columns is None else wanted_columns(known, columns)
    if wanted == []:
        frame, meta = parse(_from_start(file), usecols=list(known[:1]), **options)
        return pd.DataFrame(frame)[[]], meta, known
    frame, meta = parse(_from_start(file), usecols=wanted, **options)
    return pd.DataFrame(frame), meta, known


def _from_start(file: str | BytesIO) -> str | BytesIO:
    if isinstance(file, BytesIO):
        file.seek(0)
    return file


def write_file(kind: str, frame: pd.DataFrame, path: Path, **options: Any) -> None:
    """Write a file.

    Raises
    ------
    FormatError
        If the format cannot hold a name, label or value.
    """
    try:
        _WRITERS[kind](frame, str(path), **options)
    except (pyreadstat.PyreadstatError, pyreadstat.ReadstatError) as error:
        message = f"the format cannot hold it: {error}"
        raise FormatError(message) from error


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of float64 and str columns only."""
    plain = {
        str(name): column.astype("float64")
        if pd.api.types.is_numeric_dtype(column)
        else column.astype("str")
        for name, column in frame.items()
    }
    return pd.DataFrame(plain, index=frame.index)


def labels_of_variables(meta: Any, names: Sequence[str]) -> dict[str, str]:
    """Return what the file says its columns are."""
    return {name: label for name in names if (label := meta.column_names_to_labels.get(name))}


def labels_of_values(meta: Any, names: Sequence[str]) -> Mapping[str, Mapping[Code, str]]:
    """Return what the file says codes mean, numbers as float."""
    return {
        name: {
            code if isinstance(code, str) else float(code): str(label)
            for code, label in labels.items()
        }
        for name in names
        if (labels := meta.variable_value_labels.get(name))
    }


def notes_of(meta: Any) -> tuple[str, ...]:
    """Return the file's label and notes."""
    return tuple(text for text in (meta.file_label, *(meta.notes or ())) if text)
