"""Which columns of several files are the same question, and how they differ."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from resilience.definitions.study import Roles
from resilience.workflow.drafting.wording import folded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.workflow.drafting.columns import Column

__all__ = ["Difference", "Question", "match_questions"]

_ALIKE = 0.5
_NEARLY_THE_SAME = 0.75
_ARTICLES = {"the", "a", "an", "of", "your", "le", "la", "les", "de", "du", "des"}
_MOST_NAMED = 6
_LONGEST = 55  # characters of an identifier, with room for a number
_RESERVED = {"wave", *Roles.model_fields}


@dataclass(frozen=True, slots=True)
class Difference:
    """Something about one question that a person must decide.

    Attributes
    ----------
    kind : str
        `renamed`, `reworded`, `relabelled`, `recoded` or `other question`.
    """

    kind: str
    wave: str
    column: str
    told: str


@dataclass(slots=True)
class Question:
    """A question or variable and its column in each file that has it."""

    id: str
    columns: dict[str, Column] = field(default_factory=dict)

    @property
    def first(self) -> Column:
        """The column of the first file that has it."""
        return next(iter(self.columns.values()))


def match_questions(
    files: Mapping[str, Sequence[Column]],
) -> tuple[tuple[Question, ...], tuple[Difference, ...]]:
    """Return the questions of all files, each with its columns, and what differs.

    Columns are the same question if their labels say the same; then, if they have the same
    name and labels that are alike or absent. Item numbers move between rounds, so that a name
    alone proves nothing: the same name with another label is another question.

    Parameters
    ----------
    files : mapping of wave to sequence of Column
        Items and variables of each file.
    """
    questions: list[Question] = []
    differences: list[Difference] = []
    for wave, columns in files.items():
        free = {id(question): question for question in questions}
        left: list[Column] = []
        for find in (_matched, _matched_by_words):
            for column in columns if find is _matched else left:
                question, told = find(column, list(free.values()))
                differences += [Difference(kind, wave, column.name, text) for kind, text in told]
                if question is not None:
                    question.columns[wave] = column
                    del free[id(question)]
                elif find is _matched and not told:
                    left.append(column)
                else:
                    questions.append(
                        Question(_free_id(column.name, questions, wave), {wave: column})
                    )
    return tuple(questions), tuple(differences)


def _matched(
    column: Column, questions: Sequence[Question]
) -> tuple[Question | None, list[tuple[str, str]]]:
    """Return the question that a column is, if any, and what is to be told of it."""
    same_kind = [question for question in questions if question.first.kind == column.kind]
    words = folded(column.label)
    labelled = [q for q in same_kind if words and folded(q.first.label) == words]
    named = [q for q in same_kind if q.first.name.casefold() == column.name.casefold()]
    both = [question for question in labelled if question in named]
    if len(both) == 1:
        return _with_same_answers(column, both[0], [])
    if len(labelled) == 1:
        text = f"'{labelled[0].first.name}' before, by its label '{column.label}'"
        return _with_same_answers(column, labelled[0], [("renamed", text)])
    if not named:
        return None, []
    alike = _likeness(words, folded(named[0].first.label))
    if alike is None:
        return _with_same_answers(column, named[0], [])
    if alike >= _ALIKE:
        text = f"'{named[0].first.label}' before, '{column.label}' now"
        return _with_same_answers(column, named[0], [("reworded", text)])
    text = f"'{named[0].first.label}' before, '{column.label}' now: kept apart"
    return None, [("other question", text)]


def _matched_by_words(
    column: Column, questions: Sequence[Question]
) -> tuple[Question | None, list[tuple[str, str]]]:
    """Return the one question with the same answers whose words are nearly the same."""
    words = folded(column.label)
    near = [
        question
        for question in questions
        if question.first.kind == column.kind
        and dict(question.first.answers) == dict(column.answers)
        and (_likeness(words, folded(question.first.label)) or 0.0) >= _NEARLY_THE_SAME
    ]
    if len(near) != 1:
        return None, []
    before = near[0].first
    text = f"'{before.name}' before ('{before.label}'), '{column.label}' now"
    return near[0], [("renamed and reworded", text)]


def _with_same_answers(
    column: Column, question: Question, told: list[tuple[str, str]]
) -> tuple[Question | None, list[tuple[str, str]]]:
    before, now = question.first.answers, column.answers
    if column.kind == "item" and (set(before) != set(now) or _moved(before, now)):
        text = f"{_listed(before)} before, {_listed(now)} now: kept apart"
        return None, [("recoded", text)]
    changed = [code for code in before if code in now and folded(before[code]) != folded(now[code])]
    if changed:
        code = changed[0]
        text = f"code {code} was '{before[code]}', now '{now[code]}'"
        if len(changed) > 1:
            text += f", and {len(changed) - 1} more"
        told = [*told, ("relabelled", text)]
    return question, told


def _likeness(words: str, others: str) -> float | None:
    """Return the share of words that two labels have in common; None if one has no label."""
    if not words or not others:
        return None
    one, other = ({*re.findall(r"\w+", text)} - _ARTICLES for text in (words, others))
    return len(one & other) / max(1, len(one | other))


def _moved(before: Mapping[int | str, str], now: Mapping[int | str, str]) -> bool:
    """Return whether words of one code stand at another, as in a scale turned round."""
    codes = {folded(text): code for code, text in before.items()}
    return any(codes.get(folded(text), code) != code for code, text in now.items())


def _listed(answers: Mapping[int | str, str]) -> str:
    """Return codes with their words, the first few."""
    told = [f"{code} '{text}'" for code, text in answers.items()]
    return ", ".join(told[:_MOST_NAMED]) + (", …" if len(told) > _MOST_NAMED else "")


def _free_id(name: str, questions: Sequence[Question], wave: str) -> str:
    """Return an identifier made from a column's name that no other question has."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    if not plain or not plain[0].isalpha():
        plain = f"q_{plain}".rstrip("_")
    plain = plain[:40].strip("_")
    taken = {question.id for question in questions} | _RESERVED
    if plain in taken:
        plain = f"{plain}_{wave}"[:_LONGEST]
    number, wanted = 2, plain
    while wanted in taken:
        wanted, number = f"{plain}_{number}", number + 1
    return wanted
