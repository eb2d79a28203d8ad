"""Parquet files: the only module that imports pyarrow."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
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

__all__ = ["read_frame", "read_parquet", "write_frame", "write_parquet"]

_KEY = b"resilience"
_EXACT = 2**53  # below, doubles hold every whole number
_EXACT_SINGLE = 2**24  # up to here, single precision does
_COLUMNS_AT_A_TIME = 5
_SMALL = (("int8", 2**7), ("int16", 2**15), ("int32", _EXACT_SINGLE + 1))


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


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Keep a frame of numbers and texts in little room: small whole numbers as such.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of float64 or text.
    path : Path
        Where to.
    """
    columns = {str(name): _narrowed(column) for name, column in frame.items()}
    table = pa.table(columns) if columns else pa.Table.from_pandas(frame, preserve_index=False)
    # Without columns a Parquet file counts no rows: they stand in its metadata.
    table = table.replace_schema_metadata({_KEY: json.dumps({"rows": len(frame)}).encode()})
    pq.write_table(table, path, compression="zstd")


def read_frame(path: Path, *, single: bool = False) -> pd.DataFrame:
    """Return what `write_frame` wrote, few columns at a time so that memory holds it once.

    Parameters
    ----------
    path : Path
        The file.
    single : bool
        Whether whole numbers up to 2 to the power of 24, which single precision holds exactly,
        are float32. Otherwise all numbers are float64.

    Raises
    ------
    OSError, ValueError
        If the file is damaged.
    """
    with pq.ParquetFile(path, memory_map=False) as file:
        rows = json.loads((file.schema_arrow.metadata or {})[_KEY])["rows"]
        names = file.schema_arrow.names
        columns: dict[str, pd.Series] = {}
        for at in range(0, len(names), _COLUMNS_AT_A_TIME):
            table = file.read(names[at : at + _COLUMNS_AT_A_TIME], use_threads=False)
            for name in table.column_names:
                columns[name] = _widened(table.column(name), single=single)
    return pd.DataFrame(columns, index=pd.RangeIndex(rows), copy=False)


def _narrowed(column: pd.Series) -> pa.Array:
    """Return a column as whole numbers of the least size where that loses nothing."""
    if not pd.api.types.is_float_dtype(column):
        return pa.array(column.astype("str"), pa.large_string(), from_pandas=True)
    numbers = column.to_numpy(np.float64)
    known = numbers[~np.isnan(numbers)]
    if np.isfinite(known).all() and (known == np.trunc(known)).all():
        largest = np.abs(known).max(initial=0)
        for kind, bound in _SMALL:
            if largest < bound:
                missing = np.isnan(numbers)
                return pa.array(np.where(missing, 0, numbers).astype(kind), mask=missing)
    return pa.array(numbers)


def _widened(column: pa.ChunkedArray, *, single: bool) -> pd.Series:
    if pa.types.is_large_string(column.type):
        return pd.Series(column.to_pandas(), dtype="str")
    wide = pa.float32() if single and pa.types.is_integer(column.type) else pa.float64()
    numbers = column.cast(wide).to_numpy()
    return pd.Series(numbers if numbers.flags.writeable else numbers.copy(), copy=False)


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
