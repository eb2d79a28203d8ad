"""Parquet files: the only module that imports pyarrow."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from resilience.responses.formats.parsed import (
    FormatError,
    ParsedFile,
    require_unique,
    wanted_columns,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["read_parquet", "write_parquet"]

_KEY = b"resilience"
_EXACT = 2**53  # below, doubles hold every whole number


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> ParsedFile:
    """Read a Parquet file; labels are there if this package wrote it.

    Numbers and truth values become float64 (whole numbers too long for it, text), dates and
    times ISO text.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str, optional
        The columns to read; names the file does not have are passed over.

    Raises
    ------
    FormatError
        If it is no Parquet file, or a column holds lists, records or bytes.
    """
    try:
        file = pq.ParquetFile(path)
        names = [str(name) for name in file.schema_arrow.names]
        require_unique(names)
        wanted = wanted_columns(names, columns)
        table = file.read(columns=wanted)
    except (pa.ArrowException, OSError) as error:
        message = "it is no Parquet file, or cut short"
        raise FormatError(message) from error
    series = {name: _column(name, table.column(name)) for name in wanted}
    told = {name: _told(table.schema.field(name).metadata) for name in wanted}
    return ParsedFile(
        frame=pd.DataFrame(series, index=pd.RangeIndex(table.num_rows)),
        variable_labels={name: part["label"] for name, part in told.items() if part.get("label")},
        value_labels={
            name: dict(part["answers"]) for name, part in told.items() if "answers" in part
        },
        user_missing={
            name: tuple((low, high) for low, high in part["missing"])
            for name, part in told.items()
            if "missing" in part
        },
        notes=tuple(_told(table.schema.metadata).get("notes", ())),
        columns=tuple(names),
    )


def write_parquet(parsed: ParsedFile) -> bytes:
    """Return a Parquet file; labels and codes declared as missing are metadata of its columns.

    Parameters
    ----------
    parsed : ParsedFile
        What to write.
    """
    table = pa.Table.from_pandas(parsed.frame, preserve_index=False)
    fields = [
        field.with_metadata({**(field.metadata or {}), _KEY: _described(parsed, field.name)})
        for field in table.schema
    ]
    notes = json.dumps({"notes": list(parsed.notes)}, ensure_ascii=False).encode()
    schema = pa.schema(fields, metadata={**(table.schema.metadata or {}), _KEY: notes})
    buffer = io.BytesIO()
    pq.write_table(table.cast(schema), buffer, compression="zstd")
    return buffer.getvalue()


def _described(parsed: ParsedFile, name: str) -> bytes:
    said: dict[str, Any] = {}
    if label := parsed.variable_labels.get(name):
        said["label"] = label
    if answers := parsed.value_labels.get(name):
        said["answers"] = list(answers.items())
    if missing := parsed.user_missing.get(name):
        said["missing"] = list(missing)
    return json.dumps(said, ensure_ascii=False).encode()


def _told(metadata: Mapping[bytes, bytes] | None) -> dict[str, Any]:
    try:
        told = json.loads((metadata or {}).get(_KEY, b"{}"))
        _ = dict(told.get("answers", ())), [(low, high) for low, high in told.get("missing", ())]
    except (ValueError, TypeError, AttributeError) as error:
        message = "what it says about its columns is damaged"
        raise FormatError(message) from error
    return dict(told)


def _column(name: str, values: pa.ChunkedArray) -> pd.Series:
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = values.type
    if pa.types.is_null(kind) or pa.types.is_boolean(kind) or pa.types.is_floating(kind):
        return pd.Series(values.to_pandas(), dtype="float64")
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return _numbers(values)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.Series(values.to_pandas(), dtype="str")
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        return pd.Series([None if v is None else str(v) for v in values.to_pylist()], dtype="str")
    message = f"column '{name}' holds {kind}, and only numbers, texts and dates are read"
    raise FormatError(message, "leave the column out, or turn it into text")


def _numbers(values: pa.ChunkedArray) -> pd.Series:
    """Return numbers, or their text where a double would lose digits of a whole number."""
    plain = values.to_pylist()
    if any(value is not None and abs(value) >= _EXACT for value in plain):
        return pd.Series([None if v is None else str(v) for v in plain], dtype="str")
    return pd.Series(plain, dtype="float64")
