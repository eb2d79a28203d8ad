"""What a file format's parser hands over, and a writer takes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "Code",
    "FormatError",
    "ParsedFile",
    "codebook_of",
    "is_extended",
    "named_first",
    "require_unique",
    "wanted_columns",
]

Code = float | str

Ranges = tuple[tuple[Code, Code], ...]

_EXTENDED = re.compile(r"\.[a-z]\Z")
_MOST_NAMED = 5


class FormatError(Exception):
    """A file is not what its format asks: the message says why, without any answers.

    Parameters
    ----------
    message : str
        What is wrong.
    remedy : str
        What to do about it; empty where only another copy of the file helps.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ParsedFile:
    """A data file's columns with all that the file says about them.

    Attributes
    ----------
    frame : pandas.DataFrame
        Numbers as float64, text as str; codes of missing answers are still there.
    variable_labels : mapping of column to text
        What the file says a column is.
    value_labels : mapping of column to mapping of code to text
        What the file says codes mean.
    user_missing : mapping of column to tuple of (low, high)
        Codes that the file declares as missing, as ranges with both ends included.
    notes : tuple of str
        The file's own label and notes.
    extended_missing : pandas.DataFrame
        For each column that has any, Stata's extended missing values `.a` to `.z` where they
        stand; elsewhere missing. In `frame` such a value is NaN.
    columns : tuple of str
        All columns of a file that was read, those that were not asked for included.
    """

    frame: pd.DataFrame
    variable_labels: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, Mapping[Code, str]] = field(default_factory=dict)
    user_missing: Mapping[str, Ranges] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    extended_missing: pd.DataFrame = field(default_factory=pd.DataFrame)
    columns: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return one line; never rows."""
        return f"<ParsedFile: {len(self.frame):,} rows, {len(self.frame.columns)} columns>"


class Described(Protocol):
    """Anything that has columns and says what they mean."""

    @property
    def frame(self) -> pd.DataFrame:
        """The columns."""
        ...

    @property
    def variable_labels(self) -> Mapping[str, str]:
        """What a column is."""
        ...

    @property
    def value_labels(self) -> Mapping[str, Mapping[Code, str]]:
        """What codes mean."""
        ...

    @property
    def user_missing(self) -> Mapping[str, Ranges]:
        """Codes declared as missing."""
        ...


def codebook_of(file: Described) -> pd.DataFrame:
    """Return one row a column: `column label answers missing_codes`; no respondent's values."""
    names = [str(name) for name in file.frame.columns]
    return pd.DataFrame(
        {
            "column": names,
            "label": [file.variable_labels.get(name, "") for name in names],
            "answers": [_listed(file.value_labels.get(name, {})) for name in names],
            "missing_codes": [_ranges(file.user_missing.get(name, ())) for name in names],
        }
    )


def is_extended(code: object) -> bool:
    """Return whether a code is one of Stata's extended missing values, `.a` to `.z`."""
    return isinstance(code, str) and bool(_EXTENDED.match(code))


def wanted_columns(header: Sequence[str], columns: Sequence[str] | None) -> list[str]:
    """Return the columns to read, in the file's order; unknown names are passed over."""
    return list(header) if columns is None else [name for name in header if name in set(columns)]


def named_first(names: Sequence[str]) -> str:
    """Return the first few of some names, in quotes."""
    more = ["…"] if len(names) > _MOST_NAMED else []
    return ", ".join([*(f"'{name}'" for name in names[:_MOST_NAMED]), *more])


def require_unique(header: Iterable[str]) -> None:
    """Refuse a header in which a name occurs twice.

    Raises
    ------
    FormatError
        Naming the names.
    """
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        message = f"{len(repeated)} column names occur twice: {named_first(repeated)}"
        raise FormatError(message, "give each column a name of its own")


def _listed(labels: Mapping[Code, str]) -> str:
    return "; ".join(
        f"{code:g} {label}" if isinstance(code, float) else f"{code} {label}"
        for code, label in labels.items()
    )


def _ranges(ranges: Sequence[tuple[Code, Code]]) -> str:
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)
