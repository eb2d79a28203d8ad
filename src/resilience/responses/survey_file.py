"""The nouns of reading: a data file as it is, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from resilience.responses.formats.parsed import codebook_of
from resilience.responses.formats.text_columns import text_of_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.responses.formats.parsed import Code

__all__ = ["RawSurvey", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """A data file as it was read.

    Attributes
    ----------
    name : str
        The file's name, without its folder.
    sha256 : str
        The checksum of its bytes.
    rows : int
        Its rows.
    """

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RawSurvey:
    """A data file as it is: codes, labels, codes declared as missing.

    Attributes
    ----------
    frame : pandas.DataFrame
        The columns read. Numbers are float64, text is str. Missing codes are still codes.
    columns : tuple of str
        All columns of the file, read or not.
    variable_labels : mapping of column to text
    value_labels : mapping of column to mapping of code to text
    user_missing : mapping of column to ranges
        Codes that the file declares as missing: (low, high), both included.
    notes : tuple of str
        The file's own label and notes.
    source : Source
    extended_missing : pandas.DataFrame
        For each column that has any, Stata's extended missing values `.a` to `.z` where they
        stand. In `frame` such a value is NaN.
    """

    frame: pd.DataFrame
    columns: tuple[str, ...]
    variable_labels: Mapping[str, str]
    value_labels: Mapping[str, Mapping[Code, str]]
    user_missing: Mapping[str, tuple[tuple[Code, Code], ...]]
    notes: tuple[str, ...]
    source: Source
    extended_missing: pd.DataFrame = field(default_factory=pd.DataFrame)

    def codes_of(self, column: str) -> pd.Series:
        """Return a column's codes, extended missing values among them as text.

        Parameters
        ----------
        column : str
            A column of `frame`.

        Returns
        -------
        pandas.Series
            The column as it is; where it has extended missing values, all codes as text.
        """
        values = self.frame[column]
        if column not in self.extended_missing:
            return values
        text = [None if pd.isna(number) else text_of_number(number) for number in values]
        tags = self.extended_missing[column]
        return pd.Series(text, index=values.index, dtype="str", name=column).fillna(tags)

    def codebook(self) -> pd.DataFrame:
        """Return one row a column: label, value labels, missing codes, numbers of answers.

        Returns
        -------
        pandas.DataFrame
            Columns `column label answers missing_codes n n_missing`; no respondent's values.
        """
        book = codebook_of(self)
        return book.assign(
            n=[int(self.frame[name].notna().sum()) for name in book["column"]],
            n_missing=[int(self.frame[name].isna().sum()) for name in book["column"]],
        )

    def __repr__(self) -> str:
        """Return one line; never rows."""
        rows, columns = self.frame.shape
        labelled, missing = len(self.value_labels), len(self.user_missing)
        return (
            f"<RawSurvey {self.source.name}: {rows:,} rows, {columns} columns, "
            f"{labelled} with value labels, {missing} with missing codes>"
        )
