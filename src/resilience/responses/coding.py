"""From codes in a file to answers, each missing one with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.definitions.instrument import MISSING_REASONS
from resilience.responses.formats.text_columns import text_of_number
from resilience.responses.words import Words, answer_words, as_number, fold, meaning, unnumbered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.definitions.instrument import (
        ListExperiment,
        MissingCode,
        MissingReason,
        Scale,
    )
    from resilience.responses.formats.parsed import Code
    from resilience.responses.words import Meaning

__all__ = [
    "ANSWERED",
    "AS_DEFINED",
    "REASON_CODES",
    "Categories",
    "Decoded",
    "Unread",
    "arm_codes",
    "decode_answers",
    "decode_categories",
    "decode_numbers",
    "label_signature",
    "plain_labels",
]

ANSWERED = 0
REASON_CODES: Mapping[MissingReason, int] = {
    reason: number for number, reason in enumerate(MISSING_REASONS, start=1)
}
"""The number that stands for each reason in arrays; 0 stands for an answer."""

AS_DEFINED = "as defined"
"""The signature of answer labels that say what the definition says."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Texts of a column that stand for no code; how many and how written, never which.

    Attributes
    ----------
    counts : mapping of text to int
        How many rows hold each text.
    unknown, ambiguous, contradictory : tuple of str
        The distinct texts by what is the matter, for counting only: they may be anything that
        a respondent or interviewer wrote.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    contradictory: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return counts; never texts."""
        return f"<Unread: {self.rows} rows, {len(self._texts)} distinct texts>"

    @property
    def _texts(self) -> tuple[str, ...]:
        return (*self.unknown, *self.ambiguous, *self.contradictory)

    @property
    def rows(self) -> int:
        """How many rows hold such a text."""
        return sum(self.counts[text] for text in self._texts)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Decoded:
    """A column of answers.

    Attributes
    ----------
    values : numpy.ndarray
        The answers' codes, shape (n,), NaN where missing.
    reasons : numpy.ndarray
        Why an answer is missing, shape (n,), int8; 0 where there is one.
    outside : mapping of float to int
        Codes that are neither answers nor known to be missing, and how often they occur.
    unread : Unread
        Texts that are neither numbers nor words of the definition.
    words : mapping of code to text
        Where the wave declares other words than the definition's for an answer: these.
    """

    values: npt.NDArray[np.float64]
    reasons: npt.NDArray[np.int8]
    outside: Mapping[float, int]
    unread: Unread
    words: Mapping[Code, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return one line; never answers."""
        return f"<Decoded: {len(self.values):,} answers>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Categories:
    """A column of categories.

    Attributes
    ----------
    values : pandas.Categorical
        Their ids.
    unknown : int
        How many values are neither category nor missing.
    unread : Unread
        Texts among them.
    """

    values: Any
    unknown: int
    unread: Unread

    def __repr__(self) -> str:
        """Return one line; never values."""
        return f"<Categories: {len(self.values):,} values>"


def decode_answers(
    column: pd.Series,
    scale: Scale,
    missing: Mapping[MissingCode, MissingReason],
    *,
    codes: Mapping[int | str, int | str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Decoded:
    """Return a column's answers on a scale.

    Numbers are codes. Text that is no number is matched to the scale's own words in any of its
    languages, those for missing answers included, but for case, blanks and a number in front.

    Parameters
    ----------
    column : pandas.Series
        Codes or words as in the file.
    scale : Scale
        Whose codes are answers.
    missing : mapping of code to reason
        Whose codes are not: whole numbers, or text such as Stata's `.a`.
    codes : mapping of int or str to code, optional
        What the wave declares of codes and texts of the file, before all else.
    labels : mapping of text to label, optional
        What the file itself says that its texts mean.
    """
    words = answer_words(scale, codes, labels)
    read = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    stripped = column.astype("str").str.strip()
    empty = column.isna().to_numpy() | (stripped == "").to_numpy()
    written = np.isnan(read) & ~empty
    texts = stripped[written]
    coded = {
        code: float(REASON_CODES[reason])
        for code, reason in missing.items()
        if isinstance(code, str)
    }
    meanings = {text: meaning(text, words) for text in texts.unique() if text not in coded}
    numbers = _recoded(read, codes)
    numbers[written] = texts.map(_answers_of(meanings, scale)).astype("float64")
    answered = np.isin(numbers, list(scale.answers))
    reasons = np.full(len(numbers), REASON_CODES["out_of_range"], np.int8)
    reasons[answered] = ANSWERED
    reasons[empty] = REASON_CODES["system"]
    strange = ~answered & ~np.isnan(numbers)
    for code, reason in missing.items():
        reasons[numbers == code] = REASON_CODES[reason]
        strange &= numbers != code
    why = texts.map({**_reasons_of(meanings, words, missing), **coded}).to_numpy(np.float64)
    reasons[np.flatnonzero(written)[~np.isnan(why)]] = why[~np.isnan(why)]
    strays, counts = np.unique(numbers[strange], return_counts=True)
    return Decoded(
        values=np.where(answered, numbers, np.nan),
        reasons=reasons,
        outside={float(code): int(count) for code, count in zip(strays, counts, strict=True)},
        unread=_unread(texts, meanings),
        words=_other_words(meanings, words, scale),
    )


def _recoded(
    numbers: npt.NDArray[np.float64], codes: Mapping[int | str, int | str] | None
) -> npt.NDArray[np.float64]:
    """Return numbers as the codes that a wave declares for them."""
    recoded = numbers.copy()
    for key, code in (codes or {}).items():
        if (number := as_number(key)) is not None:
            recoded[numbers == number] = float(code)
    return recoded


def _answers_of(meanings: Mapping[str, Meaning], scale: Scale) -> dict[str, float]:
    return {
        text: float(found.code)
        for text, found in meanings.items()
        if found.code is not None and found.code in scale.answers
    }


def _reasons_of(
    meanings: Mapping[str, Meaning], words: Words, missing: Mapping[MissingCode, MissingReason]
) -> dict[str, float]:
    """Return the reasons of texts that are no answer.

    A label's reason is its scale's. A declared code means what codes mean in the wave's file.
    """
    own: dict[int | str, MissingReason] = {code: reason for code, reason in missing.items()}
    labelled, coded = {**own, **words.reasons}, {**words.reasons, **own}
    return {
        text: float(REASON_CODES[reasons[found.code]])
        for text, found in meanings.items()
        if found.code in (reasons := coded if found.declared else labelled)
    }


def _unread(texts: pd.Series, meanings: Mapping[str, Meaning]) -> Unread:
    """Return which texts have no meaning, and how many rows hold one."""

    def having(problem: str) -> tuple[str, ...]:
        return tuple(text for text, found in meanings.items() if found.problem == problem)

    problems = {text for text, found in meanings.items() if found.problem}
    counts = texts[texts.isin(problems)].value_counts()
    return Unread(
        {str(text): int(count) for text, count in counts.items()},
        having("unknown"),
        having("ambiguous"),
        having("contradictory"),
    )


def _other_words(meanings: Mapping[str, Meaning], words: Words, scale: Scale) -> dict[Code, str]:
    """Return the words by which a wave declares answers, where they are not the definition's.

    A single word such as `strongly_agree` is the name of a choice and tells nothing of what
    was shown. Another spelling beside the definition's own words is none of its own either.
    """
    own = {found.code for found in meanings.values() if not found.declared}
    other: dict[Code, set[str]] = {}
    for text, found in meanings.items():
        _, plain = unnumbered(fold(text))
        known = found.code in words.known.get(plain, frozenset())
        if found.declared and found.code in scale.answers and not known and " " in plain:
            other.setdefault(float(found.code or 0), set()).add(plain)
    return {code: " / ".join(sorted(texts)) for code, texts in other.items() if code not in own}


def decode_categories(
    column: pd.Series,
    codes: Mapping[int | str, str],
    missing: Sequence[int | str] = (),
    *,
    words: Words | None = None,
) -> Categories:
    """Return a column's categories by id.

    Parameters
    ----------
    column : pandas.Series
        Codes as in the file, or words; numbers and their text are the same code.
    codes : mapping of code to id
        The categories in their order.
    missing : sequence of codes
        Codes without a category.
    words : Words, optional
        What texts stand for that are no codes; from `category_words`.
    """
    known = words or Words()
    keys = plain_labels(column)
    ids = {str(code): name for code, name in codes.items()}
    gone = {str(code) for code in missing}
    meanings = {
        text: meaning(text, known)
        for text in keys.dropna().unique()
        if fold(text) in known.declared or (text not in ids and text not in gone)
    }
    told = {text: str(found.code) for text, found in meanings.items() if found.code is not None}
    read = keys.map(lambda text: told.get(text, text), na_action="ignore")
    names = read.map(ids)
    unknown = names.isna() & ~read.isin(gone) & read.notna()
    numbers = [text for text in meanings if as_number(text) is not None]
    texts = keys[unknown & ~keys.isin(numbers)]
    unread = _unread(texts, {text: meanings[text] for text in texts.unique()})
    return Categories(
        pd.Categorical(names, categories=list(ids.values())), int(unknown.sum()), unread
    )


def arm_codes(experiment: ListExperiment) -> dict[int | str, str]:
    """Return the arms of a list experiment by their codes in files."""
    return {experiment.arms.control: "control", experiment.arms.treatment: "treatment"}


def decode_numbers(
    column: pd.Series, missing: Sequence[int | str] = ()
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return a column's numbers, NaN where missing, and which rows have text that is none.

    Parameters
    ----------
    column : pandas.Series
        As in the file.
    missing : sequence of codes
        Codes without a number.
    """
    keys = plain_labels(column)
    known = column.mask(keys.isna() | keys.isin([str(code) for code in missing]))
    numbers = pd.to_numeric(known, errors="coerce").to_numpy(np.float64)
    if pd.api.types.is_numeric_dtype(column):
        return numbers, np.zeros(len(numbers), bool)
    return numbers, np.asarray(known.notna() & ~np.isfinite(numbers), bool)


def plain_labels(column: pd.Series) -> pd.Series:
    """Return identifiers as text: 12.0 as '12', text without outer blanks, empty as missing."""
    if pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(np.float64)
        text = [None if np.isnan(number) else text_of_number(number) for number in numbers]
        return pd.Series(text, index=column.index, dtype="str")
    stripped = column.astype("str").str.strip()
    return stripped.where(stripped != "")


def label_signature(labels: Mapping[Code, str], scale: Scale) -> str:
    """Return what identifies the answer labels that a file gives an item.

    Labels that agree with the definition in any one language, but for capitals, blanks and
    numbering, are `AS_DEFINED`; so is a file without labels. Others are spelt out.
    """
    scored = {
        int(code): _folded(text, int(code))
        for code, text in labels.items()
        if isinstance(code, float) and code in scale.answers
    }
    languages = set().union(*(text.keys() for text in scale.answers.values()))
    for language in sorted(languages):
        if all(
            _folded(scale.answers[code].get(language, ""), code) == text
            for code, text in scored.items()
        ):
            return AS_DEFINED
    if not scored:
        return AS_DEFINED
    return "; ".join(f"{code} {scored[code]}" for code in sorted(scored))


def _folded(text: str, code: int) -> str:
    """Return a label without capitals, outer blanks, and its own code in front."""
    plain = fold(text)
    number, rest = unnumbered(plain)
    return rest if number == str(code) else plain
