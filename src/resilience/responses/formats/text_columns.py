"""Columns of text, as files without types hold them: numbers only where nothing is lost."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["column_of_texts", "has_decimal_points", "text_of_number"]

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_WITH_COMMA = re.compile(r"-?(0|[1-9][0-9]*)(,[0-9]+)?\Z")
_MOST_DIGITS = 15  # a double keeps that many
_EXACT = 2.0**53  # below, doubles hold every whole number


def column_of_texts(values: Sequence[str], *, decimal_commas: bool = False) -> pd.Series:
    """Return texts as numbers if each is one that loses nothing by it, else as they are.

    Parameters
    ----------
    values : sequence of str
        Outer blanks go; empty is missing. Words such as NA or None are text.
    decimal_commas : bool
        Whether 1,5 is a number.
    """
    stripped = [value.strip() for value in values]
    if decimal_commas and all(_WITH_COMMA.match(value) for value in stripped if value):
        stripped = [value.replace(",", ".") for value in stripped]
    if all(_is_number(value) for value in stripped if value):
        return pd.Series([float(value) if value else float("nan") for value in stripped])
    return pd.Series([value or None for value in stripped], dtype="str")


def has_decimal_points(values: Sequence[str]) -> bool:
    """Return whether texts are numbers of which some have a decimal point."""
    filled = [value.strip() for value in values if value.strip()]
    return any("." in value for value in filled) and all(map(_is_number, filled))


def text_of_number(number: float) -> str:
    """Return a whole number with all its digits, another as short as it can be."""
    return f"{number:.0f}" if number.is_integer() and abs(number) < _EXACT else repr(float(number))


def _is_number(text: str) -> bool:
    """Return whether a text is a number that loses nothing by being kept as one."""
    if not _NUMBER.match(text):
        return False
    number = float(text)
    if len(text) > _MOST_DIGITS and repr(number) != text:
        return False
    vanished = number == 0 and text.strip("-0.eE+") != ""
    return isfinite(number) and not vanished
