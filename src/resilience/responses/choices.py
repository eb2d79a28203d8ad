"""Questions that take several answers: whether one choice of them was chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.definitions.exports import ChosenAnswer
from resilience.errors import Issue, nearest
from resilience.responses.coding import plain_labels
from resilience.responses.validation import in_group, rows_told
from resilience.responses.wording import wave_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from resilience.definitions.instrument import MissingCode, MissingReason
    from resilience.definitions.study import Study, Wave
    from resilience.responses.survey_file import RawSurvey

__all__ = ["columns_of_choice", "missing_codes_of", "parts_of", "with_choices"]

_SEPARATORS = ("/", ".")
_YES, _NO = ("1", "true"), ("0", "false")


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One choice, and the columns of a file that tell of it."""

    name: str
    said: ChosenAnswer
    text: str | None
    marks: tuple[str, ...]
    offered: tuple[str, ...]
    words: tuple[str, ...]


def missing_codes_of(study: Study, wave: Wave, name: str) -> Mapping[MissingCode, MissingReason]:
    """Return the codes of an item without a score, the wave's own else its scale's.

    For a variable, its codes without a value.
    """
    if name in study.variables_by_id:
        return study.variables_by_id[name].missing
    if wave.missing_codes:
        return {code: reason for reason, codes in wave.missing_codes.items() for code in codes}
    return {answer.code: answer.reason for answer in study.questionnaire.scale_of(name).missing}


def columns_of_choice(study: Study, wave: Wave, name: str) -> tuple[str, ...]:
    """Return the columns that may tell whether a choice was chosen; none if it is no choice."""
    said = wave.columns.get(name)
    if not isinstance(said, ChosenAnswer):
        return ()
    choices = [said.choice, *map(str, missing_codes_of(study, wave, name))]
    return (said.question, *(mark for part in choices for mark in _marks(said.question, part)))


def with_choices(study: Study, wave: Wave, raw: RawSurvey) -> tuple[RawSurvey, list[Issue]]:
    """Return a file with a column for each choice that its wave speaks of, and what is wrong.

    Such a column holds 1 where the choice was chosen and 0 where others were. It is empty where
    the question was not answered, and where the column of 0 and 1 is empty: then the choice was
    not offered. Where only a choice was chosen that is a code for missing answers, it holds that.

    Both ways in which exports tell of a choice are read, the question's text and the column of
    its own; they must agree in every row.
    """
    issues: list[Issue] = []
    frame, columns = raw.frame.copy(), list(raw.columns)
    for name, said in wave.columns.items():
        if not isinstance(said, ChosenAnswer) or name in wave.not_asked:
            continue
        chosen = _found(study, wave, name, said, raw.columns)
        if issue := _absent(study, wave, chosen, raw.columns):
            issues.append(issue)
            continue
        values, wrong = _values(study, wave, chosen, raw.frame)
        frame[said.column] = values
        columns.append(said.column)
        issues += wrong
    return replace(raw, frame=frame, columns=tuple(dict.fromkeys(columns))), issues


def parts_of(text: str, offered: Iterable[str]) -> frozenset[str] | None:
    """Return the choices in a text, or None where they cannot be told apart.

    Names are parted by blanks, and so are labels in some exports; labels that have blanks
    themselves are told apart by what was offered, if there is one way only. Semicolons part
    whatever they stand between.

    Examples
    --------
    >>> sorted(parts_of("police elder", ["police", "elder"]))
    ['elder', 'police']
    >>> sorted(parts_of("The police Village elder", ["The police", "Village elder"]))
    ['The police', 'Village elder']
    """
    if ";" in text:
        return frozenset(part.strip() for part in text.split(";") if part.strip())
    words = text.split()
    labels = {tuple(label.split()) for label in offered}
    if all(len(label) == 1 for label in labels):
        return frozenset(words)
    # ways[n]: the sets of labels that make up the first n words
    ways: list[set[frozenset[str]]] = [{frozenset()}, *(set() for _ in words)]
    for end in range(1, len(words) + 1):
        for label in labels:
            start = end - len(label)
            if start >= 0 and tuple(words[start:end]) == label:
                ways[end] |= {way | {" ".join(label)} for way in ways[start]}
    return next(iter(ways[-1])) if len(ways[-1]) == 1 else None


def _marks(question: str, choice: str) -> list[str]:
    return [f"{question}{separator}{choice}" for separator in _SEPARATORS]


def _found(
    study: Study, wave: Wave, name: str, said: ChosenAnswer, columns: Sequence[str]
) -> _Chosen:
    """Return the columns of a file that tell of a choice, and the choices that it has."""
    begun = tuple(f"{said.question}{separator}" for separator in _SEPARATORS)
    offered = [column[len(said.question) + 1 :] for column in columns if column.startswith(begun)]
    return _Chosen(
        name,
        said,
        said.question if said.question in columns else None,
        tuple(mark for mark in _marks(said.question, said.choice) if mark in columns),
        tuple(dict.fromkeys(offered)),
        tuple(map(str, missing_codes_of(study, wave, name))),
    )


def _absent(study: Study, wave: Wave, chosen: _Chosen, columns: Sequence[str]) -> Issue | None:
    """Return what is wrong if a file does not have a question, or a question not a choice."""
    said = chosen.said
    if chosen.text is None and not chosen.marks and not chosen.offered:
        return Issue(
            f"'{chosen.name}' is mapped to a choice of '{said.question}', which the file does "
            "not have",
            where=wave_place(study, wave),
            found=f"{len(columns)} columns, neither '{said.question}' nor '{said.column}'",
            expected=" or ".join(f"'{c}'" for c in columns_of_choice(study, wave, chosen.name)[:3]),
            remedy=in_group(said.question, columns)
            or in_group(said.column, columns)
            or nearest(said.question, columns, f"correct 'columns: {{{chosen.name}: …}}'"),
        )
    if chosen.offered and not chosen.marks:
        return Issue(
            f"'{chosen.name}' is mapped to a choice that '{said.question}' does not have",
            where=wave_place(study, wave),
            found=said.choice,
            expected="one of " + ", ".join(chosen.offered),
            remedy=nearest(said.choice, chosen.offered, "correct 'choice'"),
        )
    return None


def _values(
    study: Study, wave: Wave, chosen: _Chosen, frame: pd.DataFrame
) -> tuple[pd.Series, list[Issue]]:
    """Return 1, 0, a code for missing or nothing for each row, and what is wrong."""
    issues: list[Issue] = []
    place = wave_place(study, wave)
    empty = np.zeros(len(frame), bool)
    yes, no, told = empty.copy(), empty.copy(), empty.copy()
    for mark in chosen.marks:
        ones, zeros, strange = _marked(frame[mark])
        if strange.any():
            issues.append(_strange(place, mark, strange))
        if (differing := told & (yes != ones)).any():
            issues.append(_differing(place, chosen.name, chosen.marks, differing))
        yes, no, told = yes | ones, no | zeros, told | ones | zeros
    words = {word: _is_marked(frame, chosen.said.question, word) for word in chosen.words}
    if chosen.text is not None:
        text = plain_labels(frame[chosen.text])
        parts = _parted(text, chosen)
        answered = text.notna().to_numpy()
        unclear = answered & parts.isna().to_numpy()
        if unclear.any():
            issues.append(_unclear(place, chosen, unclear))
        said = _holds(parts, chosen.said.choice)
        differing = (yes & ~said) | (no & said) | (said & ~told & bool(chosen.marks))
        if chosen.marks and (differing & ~unclear).any():
            pair = (chosen.text, *chosen.marks)
            issues.append(_differing(place, chosen.name, pair, differing & ~unclear))
        yes = said
        no = answered & ~said & (no if chosen.marks else True)
        words = {word: marked | _holds(parts, word) for word, marked in words.items()}
    values = pd.Series(np.select([yes, no], ["1", "0"], ""), index=frame.index, dtype="str")
    for word, marked in words.items():
        values = values.mask(marked & ~yes, word)
    return values.where(values != ""), issues


def _marked(column: pd.Series) -> tuple[npt.NDArray[np.bool_], ...]:
    """Return which rows say yes, which no, and which something else."""
    said = plain_labels(column).str.casefold()
    yes, no = said.isin(_YES).to_numpy(), said.isin(_NO).to_numpy()
    return yes, no, said.notna().to_numpy() & ~yes & ~no


def _is_marked(frame: pd.DataFrame, question: str, choice: str) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(frame), bool)
    for mark in _marks(question, choice):
        if mark in frame:
            found |= _marked(frame[mark])[0]
    return found


def _parted(text: pd.Series, chosen: _Chosen) -> pd.Series:
    offered = {*chosen.offered, chosen.said.choice, *chosen.words}
    known = {one: parts_of(one, offered) for one in text.dropna().unique()}
    return text.astype(object).map(known)


def _holds(parts: pd.Series, choice: str) -> npt.NDArray[np.bool_]:
    plain = " ".join(choice.split())
    return np.array([isinstance(part, frozenset) and plain in part for part in parts], bool)


def _differing(place: str, name: str, columns: Sequence[str], rows: npt.NDArray[np.bool_]) -> Issue:
    return Issue(
        f"columns {' and '.join(repr(c) for c in columns)} ({name}) say different things",
        where=place,
        found=rows_told(rows),
        expected="the same choices in both",
        remedy="correct the file: one of them was changed without the other, as cleaning does",
    )


def _strange(place: str, column: str, rows: npt.NDArray[np.bool_]) -> Issue:
    return Issue(
        f"column '{column}' tells of a choice and has other values than 0 and 1",
        where=place,
        found=rows_told(rows),
        expected="0 or 1, FALSE or TRUE, or nothing",
        remedy="correct the file or the column's mapping",
    )


def _unclear(place: str, chosen: _Chosen, rows: npt.NDArray[np.bool_]) -> Issue:
    return Issue(
        f"column '{chosen.text}' ({chosen.name}) has texts that are no choices of it, or more "
        "than one way of them",
        where=place,
        found=rows_told(rows),
        expected="choices with a blank or a semicolon between them",
        remedy="export names of choices (XML values) in place of labels",
    )
