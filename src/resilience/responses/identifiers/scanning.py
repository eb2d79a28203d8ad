"""The verb: which columns of a file identify people, by name and by content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.responses.formats.text_columns import text_of_number
from resilience.responses.identifiers.coordinates import coordinate_columns
from resilience.responses.identifiers.names import (
    is_staff,
    is_weight,
    kind_by_name,
    with_plain_digits,
)
from resilience.responses.identifiers.people import share_of_names
from resilience.responses.identifiers.values import ANYWHERE, kind_by_form, only_digits

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from resilience.responses.formats.parsed import Described
    from resilience.responses.identifiers.names import IdentifierKind

__all__ = ["FoundIdentifier", "find_identifiers"]

_SAMPLED = 1_000
_LARGEST_CODE = 1_000.0
_SMALLEST_NUMBER = 1_000_000.0
_MOST_CATEGORIES, _ROWS_EACH = 60, 5
_FEWEST = 3
_NAMES_IN_ROWS, _NAMES_IN_STAFF = 0.15, 0.3
_DIGITS_IN_NUMBERS = 5
_HALF, _SOME, _MOST = 0.5, 0.3, 0.8
_WORDS = re.compile(r"[^\W\d_]{2,}[,.;:]?\s+(?:\S+\s+){0,5}?[^\W\d_]{2,}")
_GROUPS = frozenset({"psu", "stratum", "site", "fpc"})
_NUMBERED = frozenset({"phone", "national_id"})


@dataclass(frozen=True, slots=True)
class FoundIdentifier:
    """A column that seems to identify people; never a value of it.

    Attributes
    ----------
    column : str
    kind : str
        `person_name phone email national_id address coordinates device birth_date media` or
        `free_text`.
    found_by : {'name', 'content'}
        Whether the column's name or label says so and its values may be that, or they are.
    share : float
        Of the rows with a value, how many.
    """

    column: str
    kind: IdentifierKind
    found_by: Literal["name", "content"]
    share: float


def find_identifiers(
    file: Described, *, uses: Mapping[str, str] | None = None, passed: Collection[str] = ()
) -> tuple[FoundIdentifier, ...]:
    """Return the columns that seem to identify people, in the file's order.

    Parameters
    ----------
    file : Described
        A file's columns with their labels.
    uses : mapping of column to use, optional
        Which columns are weights, PSUs, strata, sites, ids of respondents, items and the like,
        where that is known: numbers of places and random ids are then no findings.
    passed : collection of str
        Columns not to look at.
    """
    known = uses or {}
    looked_at = [str(name) for name in file.frame.columns if str(name) not in passed]
    weights = {
        name
        for name in looked_at
        if known.get(name) == "weight" or is_weight(name, file.variable_labels.get(name, ""))
    }
    passed_over = weights | _coded(file, looked_at)
    numbers = [name for name in looked_at if name not in passed_over]
    points = coordinate_columns(file.frame[numbers])
    found = []
    for name in looked_at:
        column = _Column(file, name, "weight" if name in weights else known.get(name, ""))
        if name in points:
            found.append(FoundIdentifier(name, "coordinates", "content", points[name]))
        elif (part := column.found()) is not None:
            found.append(FoundIdentifier(name, *part))
    return tuple(found)


def _coded(file: Described, names: Sequence[str]) -> set[str]:
    """Return columns of numbers that are codes: small and whole, or with a label each."""
    coded = set()
    for name in names:
        series = file.frame[name]
        if not pd.api.types.is_numeric_dtype(series):
            continue
        numbers = series.to_numpy(np.float64)
        filled = numbers[~np.isnan(numbers)]
        whole = bool((filled == np.floor(filled)).all())
        small = whole and float(np.abs(filled).max(initial=0)) < _LARGEST_CODE
        if (
            not len(filled)
            or small
            or (
                (codes := _codes(file.value_labels.get(name, {})))
                and (np.isin(np.unique(filled), codes).mean() > _HALF)
            )
        ):
            coded.add(name)
    return coded


def _codes(labels: Mapping[float | str, str]) -> list[float]:
    return [code for code in labels if isinstance(code, float)]


class _Column:
    """One column's values as text, each once, with how often it occurs."""

    def __init__(self, file: Described, name: str, use: str) -> None:
        self.use = use
        self.by_name = kind_by_name(name, file.variable_labels.get(name, ""))
        # Few names, each often: of interviewers, heads of households, those who checked.
        self.staff = use == "interviewer" or (
            use not in _GROUPS and (is_staff(name) or self.by_name == "person_name")
        )
        self.numeric = pd.api.types.is_numeric_dtype(file.frame[name])
        self.counts = _counts(file, name, use)
        self.rows = sum(self.counts.values())
        self.sample = _sampled(list(self.counts))
        each = self.rows / max(len(self.counts), 1)
        self.grouped = len(self.counts) <= _MOST_CATEGORIES and each >= _ROWS_EACH

    def found(self) -> tuple[IdentifierKind, Literal["name", "content"], float] | None:
        """Return what was found: by content first, since a name may say too little."""
        if not self.rows:
            return None
        for found, share in self._by_content():
            return found, "content", share
        kind = self.by_name
        if kind is None or self.grouped or self.use in ("weight", *_GROUPS):
            return None
        if kind == "device" and self.use == "respondent_id":
            return None
        share = self._fitting(kind)
        return (kind, "name", share) if share >= _HALF else None

    def _by_content(self) -> Iterator[tuple[IdentifierKind, float]]:
        if not self.numeric:
            for kind, pattern in ANYWHERE.items():
                if share := self._rows_with(pattern):
                    yield kind, share
        if self.use not in ("weight", *_GROUPS) and not self.grouped:
            formed = kind_by_form(self.sample)
            random_id = formed and formed[0] == "device" and self.use == "respondent_id"
            if formed and not random_id:
                yield formed
        if not self.numeric:
            yield from self._names_and_texts()

    def _rows_with(self, pattern: re.Pattern[str]) -> float:
        """Return the share of rows in which a form occurs; all values are searched at once."""
        if not pattern.search("\n".join(self.counts)):
            return 0.0
        rows = sum(count for value, count in self.counts.items() if pattern.search(value))
        return rows / self.rows

    def _names_and_texts(self) -> Iterator[tuple[IdentifierKind, float]]:
        if self.use == "choice":  # names of choices, with blanks between
            return
        share = share_of_names(self.sample)
        if self.staff or (len(self.counts) >= _FEWEST and not self.grouped):
            least = _NAMES_IN_STAFF if self.staff or self.use in _GROUPS else _NAMES_IN_ROWS
            if share >= least:
                yield "person_name", share
        if self.grouped or self.use in (*_GROUPS, "interviewer"):
            return
        texts = sum(bool(_WORDS.search(value)) for value in self.sample) / len(self.sample)
        varied = len(self.counts) > _HALF * self.rows or len(self.counts) > _MOST_CATEGORIES
        if len(self.counts) >= _FEWEST and varied and texts >= _SOME:
            told = self.by_name in ("person_name", "address")
            yield (self.by_name if told and self.by_name else "free_text"), texts

    def _fitting(self, kind: IdentifierKind) -> float:
        """Return the share of values that may be what the column's name says."""
        if kind in _NUMBERED:
            may = [sum(map(str.isdigit, only_digits(v))) >= _DIGITS_IN_NUMBERS for v in self.sample]
        elif kind == "coordinates":
            may = ["." in value or not self.numeric for value in self.sample]
        elif kind == "birth_date":
            may = [sum(map(str.isdigit, value)) >= _DIGITS_IN_NUMBERS for value in self.sample]
        elif kind == "device":
            may = [not self.numeric or len(value) >= _DIGITS_IN_NUMBERS for value in self.sample]
        else:
            may = [not self.numeric and any(map(str.isalpha, value)) for value in self.sample]
        fits = sum(may) / len(may)
        return fits if len(self.counts) >= _FEWEST else 0.0


def _counts(file: Described, name: str, use: str) -> dict[str, int]:
    """Return how often each value occurs; codes and small numbers are left out.

    Labels of interviewers and respondents count as values: files keep names there.
    """
    series = file.frame[name]
    if not pd.api.types.is_numeric_dtype(series):
        counts = series.dropna().astype("str").str.strip().value_counts()
        return {with_plain_digits(str(v)): int(n) for v, n in counts.items() if v}
    if use in ("interviewer", "respondent_id") and (labels := file.value_labels.get(name)):
        return dict.fromkeys(labels.values(), 1)
    if name in _coded(file, [name]):
        return {}
    codes, rows = np.unique(series.dropna().to_numpy(np.float64), return_counts=True)
    return {text_of_number(v): int(n) for v, n in zip(codes.tolist(), rows, strict=True)}


def _sampled(values: list[str]) -> list[str]:
    """Return at most a thousand of some values, spread evenly."""
    step = max(1, len(values) // _SAMPLED)
    return values[::step][:_SAMPLED]
