"""SPSS files: the only module that imports pyreadstat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyreadstat

from resilience.responses.formats.parsed import Code, ParsedFile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["list_spss_columns", "read_spss", "write_spss"]


def list_spss_columns(path: Path) -> list[str]:
    """Return the column names of a .sav file without reading its rows."""
    _, meta = pyreadstat.read_sav(str(path), metadataonly=True)
    return list(meta.column_names)


def read_spss(path: Path, columns: Sequence[str] | None = None) -> ParsedFile:
    """Read a .sav file; codes declared as missing stay codes.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        The columns to read; names the file does not have are passed over.
    """
    wanted = None
    if columns is not None:
        known = set(list_spss_columns(path))
        wanted = [name for name in columns if name in known]
    frame, meta = pyreadstat.read_sav(
        str(path), user_missing=True, usecols=wanted, disable_datetime_conversion=True
    )
    names = [str(name) for name in frame.columns]
    return ParsedFile(
        frame=_plain(pd.DataFrame(frame)),
        variable_labels={
            name: label for name in names if (label := meta.column_names_to_labels.get(name))
        },
        value_labels={
            name: {code: str(label) for code, label in labels.items()}
            for name in names
            if (labels := meta.variable_value_labels.get(name))
        },
        user_missing={
            name: tuple(map(_ends, ranges))
            for name in names
            if (ranges := meta.missing_ranges.get(name))
        },
        notes=tuple(text for text in (meta.file_label, *(meta.notes or ())) if text),
    )


def write_spss(parsed: ParsedFile, path: Path) -> None:
    """Write a .sav file with labels, codes declared as missing, and notes.

    Parameters
    ----------
    parsed : ParsedFile
        What to write; its first note becomes the file's label.
    path : Path
        Where to.
    """
    missing: dict[str, list[Any]] = {
        name: [{"lo": low, "hi": high} for low, high in ranges]
        for name, ranges in parsed.user_missing.items()
    }
    labels: dict[str, dict[Any, str]] = {
        name: dict(codes) for name, codes in parsed.value_labels.items()
    }
    pyreadstat.write_sav(
        parsed.frame,
        str(path),
        file_label=parsed.notes[0] if parsed.notes else "",
        note=list(parsed.notes[1:]) or None,
        column_labels=dict(parsed.variable_labels),
        variable_value_labels=labels,
        missing_ranges=missing,
        row_compress=True,
        variable_format=_formats(parsed.frame, parsed.value_labels),
    )


def _ends(part: Any) -> tuple[Code, Code]:
    """Return the lowest and highest code of a range of missing codes."""
    return part["lo"], part["hi"]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of float64 and str columns only."""
    plain = {
        str(name): column.astype("float64")
        if pd.api.types.is_numeric_dtype(column)
        else column.astype("str")
        for name, column in frame.items()
    }
    return pd.DataFrame(plain)


def _formats(frame: pd.DataFrame, labelled: Mapping[str, object]) -> dict[str, str]:
    """Return whole-number formats for coded columns, so that SPSS shows 3 and not 3.00."""
    return {str(name): "F4.0" for name in frame.columns if name in labelled}
