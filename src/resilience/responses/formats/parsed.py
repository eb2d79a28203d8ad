"""What a file format's parser hands over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["Code", "ParsedFile"]

Code = float | str


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
    """

    frame: pd.DataFrame
    variable_labels: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, Mapping[Code, str]] = field(default_factory=dict)
    user_missing: Mapping[str, tuple[tuple[Code, Code], ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return one line; never rows."""
        return f"<ParsedFile: {len(self.frame):,} rows, {len(self.frame.columns)} columns>"
