"""Words in place of codes: which code of a definition a text of a file stands for."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from resilience.definitions.instrument import MissingReason, Scale
    from resilience.definitions.study import Category

__all__ = [
    "Meaning",
    "Words",
    "answer_words",
    "as_number",
    "category_words",
    "fold",
    "languages_of",
    "meaning",
    "scripts_of",
    "unnumbered",
]

Key = int | str
"""A code of a definition."""

_NUMBERED = re.compile(r"(-?\d+)\s*(?:[.):=–-]+\s*|\s+)(\S.*)\Z")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")


@dataclass(frozen=True, slots=True)
class Words:
    """What texts of a column may stand for.

    Attributes
    ----------
    declared : mapping of text to code
        What the wave says under `codes`; the texts are folded.
    known : mapping of text to codes
        The definition's own words in all its languages, folded; more than one code where
        several have the same words.
    reasons : mapping of code to reason
        Codes that are no answer.
    labels : mapping of text to label
        What the file itself says that its texts mean.
    """

    declared: Mapping[str, Key] = field(default_factory=dict)
    known: Mapping[str, frozenset[Key]] = field(default_factory=dict)
    reasons: Mapping[Key, MissingReason] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a text stands for: a code, or why there is none.

    Attributes
    ----------
    code : int, str or None
    problem : {'', 'unknown', 'ambiguous', 'contradictory'}
        `ambiguous`: several codes have these words. `contradictory`: its number is the code of
        other words.
    declared : bool
        Whether the wave says so under `codes`.
    """

    code: Key | None = None
    problem: Literal["", "unknown", "ambiguous", "contradictory"] = ""
    declared: bool = False


def fold(text: str) -> str:
    """Return a text without what does not tell words apart: case, blanks, ends, apostrophes.

    Examples
    --------
    >>> fold("  Don\u2019t  KNOW. ")
    "don't know"
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    return " ".join(plain.split()).casefold().strip(" .")


def unnumbered(text: str) -> tuple[str | None, str]:
    """Return the number in front of a folded text, if there is one, and the rest.

    Examples
    --------
    >>> unnumbered("3. bad")
    ('3', 'bad')
    >>> unnumbered("bad")
    (None, 'bad')
    """
    found = _NUMBERED.match(text)
    return (str(int(found[1])), found[2]) if found else (None, text)


def as_number(key: Key) -> float | None:
    """Return the number that a code of a file is, or None where it is a name."""
    text = str(key).strip()
    return float(text) if _NUMBER.match(text) else None


def answer_words(
    scale: Scale, codes: Mapping[Key, Key] | None = None, labels: Mapping[str, str] | None = None
) -> Words:
    """Return what texts in a column of answers may stand for.

    Parameters
    ----------
    scale : Scale
    codes : mapping of text to code, optional
        What the wave declares.
    labels : mapping of text to label, optional
        What the file says of its texts.
    """
    pairs: list[tuple[str, Key]] = [
        (words, code) for code, text in scale.answers.items() for words in text.values()
    ]
    pairs += [
        (words, answer.code) for answer in scale.missing for words in (answer.label or {}).values()
    ]
    reasons: dict[Key, MissingReason] = {part.code: part.reason for part in scale.missing}
    return Words(_declared(codes), _known(pairs), reasons, labels or {})


def category_words(
    categories: Iterable[Category],
    codes: Mapping[Key, Key] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Words:
    """Return what texts in a column of categories may stand for; see `answer_words`."""
    pairs = [(words, part.code) for part in categories for words in part.title.values()]
    return Words(_declared(codes), _known(pairs), {}, labels or {})


def meaning(text: str, words: Words) -> Meaning:
    """Return what a text stands for.

    Declared texts come first, then the definition's own words, then these with a number in
    front, which must be their code; last what the file's own label of the text says.

    Examples
    --------
    >>> words = Words(known={"bad": frozenset({3}), "good": frozenset({1})})
    >>> meaning("3. Bad", words).code, meaning("1. bad", words).problem
    (3, 'contradictory')
    """
    plain = fold(text)
    if plain in words.declared:
        return Meaning(words.declared[plain], declared=True)
    if found := _one(words.known.get(plain, frozenset()), words):
        return found
    number, rest = unnumbered(plain)
    declared = words.declared.get(rest)
    candidates = words.known.get(rest, frozenset()) if declared is None else frozenset({declared})
    if number is not None and candidates:
        agreeing = [code for code in candidates if str(code) == number]
        if not agreeing:
            return Meaning(problem="contradictory")
        return Meaning(agreeing[0], declared=declared is not None)
    if text in words.labels:
        return meaning(words.labels[text], replace(words, labels={}))
    return Meaning(problem="unknown")


def languages_of(texts: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the languages that texts are in, each once, in their order."""
    return tuple(dict.fromkeys(language for text in texts for language in text))


def scripts_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return in which letters texts are written.

    Examples
    --------
    >>> scripts_of(["добро", "good"])
    ('Cyrillic', 'Latin')
    """
    letters = {letter for text in texts for letter in text if letter.isalpha()}
    return tuple(sorted({unicodedata.name(letter, "?").split()[0].title() for letter in letters}))


def _one(candidates: frozenset[Key], words: Words) -> Meaning | None:
    """Return the one meaning of words with several codes; missing of one reason are one."""
    if not candidates:
        return None
    if len(candidates) > 1 and len({words.reasons.get(code, code) for code in candidates}) > 1:
        return Meaning(problem="ambiguous")
    return Meaning(min(candidates, key=str))


def _declared(codes: Mapping[Key, Key] | None) -> dict[str, Key]:
    return {fold(str(key)): code for key, code in (codes or {}).items()}


def _known(pairs: Iterable[tuple[str, Key]]) -> dict[str, frozenset[Key]]:
    known: dict[str, frozenset[Key]] = {}
    for words, code in pairs:
        known[fold(words)] = known.get(fold(words), frozenset()) | {code}
    return known
