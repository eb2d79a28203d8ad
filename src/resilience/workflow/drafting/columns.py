"""What each column of a data file seems to be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.responses.formats.parsed import is_extended
from resilience.responses.identifiers.scanning import find_identifiers
from resilience.workflow.drafting.wording import (
    ColumnUse,
    column_use,
    missing_reason_of,
    reason_of_code,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from resilience.definitions.exports import ChosenAnswer
    from resilience.definitions.instrument import MissingReason
    from resilience.responses.formats.parsed import Code
    from resilience.responses.identifiers.scanning import FoundIdentifier
    from resilience.responses.reading import RawSurvey

__all__ = ["MOST_ANSWERS", "Column", "ColumnKind", "Missing", "describe_columns"]

ColumnKind = Literal["item", "variable", "role", "identifier", "left_out"]

MOST_ANSWERS = 11
"""The most answers of a scale; a list of more is one of categories."""
_MOST_CATEGORIES = 60
_FEWEST_OF_A_KIND = 5
_FREE_TEXT = 20
_MOST_WORDS = 8  # of a category; more is a sentence
_FAR = 2
_FEWEST = 2
_A_NUMBER = "a number, not a choice of answers"
_PEOPLE_AND_PLACES = ("respondent_id", "weight", "psu", "date", "interviewer")


@dataclass(frozen=True, slots=True)
class Missing:
    """A code that seems to stand for no answer.

    Attributes
    ----------
    reason : str
        One of the missing reasons.
    label : str
        What the file calls it; empty if it says nothing.
    because : {'label', 'declared', 'usual'}
        Whether its label says so, the file declares it, or it is a code often used so.
    """

    reason: MissingReason
    label: str
    because: Literal["label", "declared", "usual"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a data file, without any respondent's value.

    Attributes
    ----------
    answers : mapping of code to text
        The codes that seem to be answers or categories and what they mean; a variable without
        any is a number such as age in years.
    missing : mapping of code to Missing
        Whole numbers, and Stata's extended missing values such as `.a`.
    stray : tuple of float
        Codes that occur but have no label where others have.
    use : str or None
        What the column's name says that it is for.
    why : str
        Why it was left out, if it was.
    codes : mapping of text to code
        What the names of choices in the file stand for, where they are no codes.
    words : mapping of code to text by language
        What a form calls each code; the question itself is at ''.
    chosen : ChosenAnswer or None
        The choice that it is, of a question that takes several.
    """

    name: str
    label: str
    kind: ColumnKind
    answers: Mapping[int | str, str]
    missing: Mapping[int | str, Missing]
    stray: tuple[float, ...] = ()
    use: ColumnUse | None = None
    why: str = ""
    codes: Mapping[str, int | str] = field(default_factory=dict)
    words: Mapping[int | str, Mapping[str, str]] = field(default_factory=dict)
    chosen: ChosenAnswer | None = None


def describe_columns(raw: RawSurvey) -> tuple[Column, ...]:
    """Return what each column of a file seems to be, in the file's order.

    Names, labels, declared missing codes and how often codes occur are looked at. Nothing is
    decided: the draft tells what was supposed and why.
    """
    uses = {
        str(name): column_use(str(name), raw.variable_labels.get(str(name), ""))
        for name in raw.frame.columns
    }
    known = {name: use for name, use in uses.items() if use is not None}
    found = {part.column: part for part in find_identifiers(raw, uses=known)}
    return tuple(_described(raw, name, use, found.get(name)) for name, use in uses.items())


def _described(
    raw: RawSurvey, name: str, use: ColumnUse | None, found: FoundIdentifier | None
) -> Column:
    series = raw.frame[name]
    label = raw.variable_labels.get(name, "")
    if found is not None and found.kind != "free_text":
        return _left_out(name, label, "identifier", "names or locates a person", use)
    if found is not None:
        return _left_out(name, label, "left_out", "free text or rare values", use)
    if pd.api.types.is_numeric_dtype(series):
        return _numeric(raw, name, label, use)
    return _text(series, name, label, use)


def _text(series: pd.Series, name: str, label: str, use: ColumnUse | None) -> Column:
    stripped = series.astype("str").str.strip()
    values = stripped[series.notna() & (stripped != "")]
    counts = values.value_counts()
    rare = len(counts) > 0 and counts.min() < _FEWEST_OF_A_KIND
    free = (
        len(counts) > _FREE_TEXT or rare or any(len(t.split()) > _MOST_WORDS for t in counts.index)
    )
    if use == "identifier" and free:
        return _left_out(name, label, "identifier", "names or locates a person", use)
    if use not in (None, "variable", "identifier"):
        return Column(name, label, "role", _categories(counts), {}, use=use)
    if len(counts) < _FEWEST:
        return _left_out(name, label, "left_out", "the same for everybody, or empty", use)
    if free:
        return _left_out(name, label, "left_out", "free text or rare values", use)
    return Column(name, label, "variable", _categories(counts), {}, use=use)


def _categories(counts: pd.Series) -> dict[int | str, str]:
    """Return the values of a text column if they are few; free text is never shown."""
    if len(counts) > _MOST_CATEGORIES or counts.min() < _FEWEST_OF_A_KIND:
        return {}
    return {str(value): str(value) for value in sorted(counts.index)}


def _numeric(raw: RawSurvey, name: str, label: str, use: ColumnUse | None) -> Column:
    numbers = raw.frame[name].to_numpy(np.float64)
    codes = np.unique(numbers[~np.isnan(numbers)])
    labels = {
        code: text
        for code, text in raw.value_labels.get(name, {}).items()
        if isinstance(code, float)
    }
    if use == "identifier" and not labels and len(codes) > _FREE_TEXT:
        return _left_out(name, label, "identifier", "names or locates a person", use)
    declared = _declared(raw, name, [*codes.tolist(), *labels])
    missing: dict[int | str, Missing] = dict(_missing(codes, labels, declared).items())
    missing |= _extended(raw, name)
    told = {code: text for code, text in labels.items() if code not in missing}
    seen = [code for code in codes.tolist() if code not in missing]
    if use in _PEOPLE_AND_PLACES:
        return Column(name, label, "role", {}, {}, use=use)
    if why := _why_no_choice(seen, told):
        return _as_number(name, label, use, why, missing)
    if use in ("site", "stratum", "variable") or len(told) > MOST_ANSWERS:
        return _as_categories(name, label, use, seen, told, missing)
    return _as_item(name, label, seen, told, missing)


def _why_no_choice(seen: list[float], told: Mapping[float, str]) -> str:
    """Return why a column of numbers is no choice among answers; empty if it may be one."""
    if max(len(seen), len(told)) < _FEWEST:
        return "the same for everybody, or empty"
    if any(not code.is_integer() for code in seen) or len(seen) > _MOST_CATEGORIES:
        return _A_NUMBER
    return ""


def _as_number(
    name: str,
    label: str,
    use: ColumnUse | None,
    why: str,
    missing: Mapping[int | str, Missing],
) -> Column:
    """Return a column of numbers that was asked, such as age: the file tells its missing codes."""
    if use == "identifier":
        return _left_out(name, label, "identifier", "names or locates a person", use)
    asked = use == "variable" or any(part.because != "usual" for part in missing.values())
    if why == _A_NUMBER and asked:
        return Column(name, label, "variable", {}, missing, use=use)
    return _left_out(name, label, "left_out", why, use)


def _as_categories(
    name: str,
    label: str,
    use: ColumnUse | None,
    seen: list[float],
    told: Mapping[float, str],
    missing: Mapping[int | str, Missing],
) -> Column:
    """Return a column of categories: those that occur, since files label more than they hold."""
    if len(seen) < _FEWEST:
        return _left_out(name, label, "left_out", "the same for everybody, or empty", use)
    if use == "variable" and not told and len(seen) > MOST_ANSWERS:
        return _as_number(name, label, use, _A_NUMBER, missing)
    answers: dict[int | str, str] = {int(code): told.get(code, f"{code:g}") for code in seen}
    kind: ColumnKind = "role" if use in ("site", "stratum") else "variable"
    return Column(name, label, kind, answers, missing, use=use)


def _as_item(
    name: str,
    label: str,
    seen: list[float],
    told: Mapping[float, str],
    missing: Mapping[int | str, Missing],
) -> Column:
    """Return a column of answers; between labelled ends, codes stand for themselves."""
    if not told and max(seen) - min(seen) >= MOST_ANSWERS:
        return _left_out(name, label, "left_out", "a number, not a choice of answers", None)
    told = told or {code: f"{code:g}" for code in seen}
    span = range(int(min(told)), int(max(told)) + 1)
    if len(told) < len(span) <= MOST_ANSWERS and {*seen} <= {*map(float, span)}:
        told = {float(code): told.get(float(code), str(code)) for code in span}
    if len(told) < _FEWEST:
        return _left_out(name, label, "left_out", "one answer only", None)
    stray = tuple(code for code in seen if code not in told)
    answers: dict[int | str, str] = {int(code): text for code, text in sorted(told.items())}
    return Column(name, label, "item", answers, missing, stray)


def _declared(raw: RawSurvey, name: str, codes: list[float]) -> set[float]:
    ranges: tuple[tuple[Code, Code], ...] = raw.user_missing.get(name, ())
    return {
        code
        for code in codes
        for low, high in ranges
        if isinstance(low, float) and isinstance(high, float) and low <= code <= high
    }


def _missing(
    codes: npt.NDArray[np.float64], labels: Mapping[float, str], declared: set[float]
) -> dict[int, Missing]:
    """Return the codes that seem to stand for no answer: labelled, declared, or usual ones."""
    found: dict[int, Missing] = {}
    spoken: dict[int, Missing] = {}
    for code in sorted({*codes.tolist(), *labels}):
        if not code.is_integer():
            continue
        label = labels.get(code, "")
        if code in declared:
            reason = missing_reason_of(label) or reason_of_code(code) or "system"
            found[int(code)] = Missing(reason, label, "declared")
        elif said := missing_reason_of(label):
            spoken[int(code)] = Missing(said, label, "label")
    # Between other answers, 'know but cannot remember' is an answer.
    last = max((c for c in labels if c not in {*found, *spoken}), default=-np.inf)
    found |= {c: part for c, part in spoken.items() if c <= 0 or c > last}
    answers = [code for code in (labels or codes.tolist()) if code not in found]
    plain = [answer for answer in answers if not reason_of_code(answer)]
    lowest, highest = min(plain, default=-np.inf), max(plain, default=np.inf)
    for code in codes.tolist():
        if code in found or labels.get(code):
            continue
        guessed = reason_of_code(code)
        if guessed and (code < 0 <= lowest or code > _FAR * max(1.0, highest)):
            found[int(code)] = Missing(guessed, "", "usual")
    return found


def _extended(raw: RawSurvey, name: str) -> dict[int | str, Missing]:
    """Return Stata's extended missing values of a column, by what their labels say."""
    labels = raw.value_labels.get(name, {})
    tags = {code for code in labels if is_extended(code)}
    if name in raw.extended_missing:
        tags |= set(raw.extended_missing[name].dropna().unique())
    return {
        str(tag): Missing(
            missing_reason_of(labels.get(tag, "")) or "system", labels.get(tag, ""), "declared"
        )
        for tag in sorted(map(str, tags))
        if tag
    }


def _left_out(name: str, label: str, kind: ColumnKind, why: str, use: ColumnUse | None) -> Column:
    return Column(name, label, kind, {}, {}, use=use, why=why)
