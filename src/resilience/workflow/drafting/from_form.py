"""Columns of a data file as its XLSForm has them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from resilience.definitions.exports import ChosenAnswer
from resilience.definitions.texts import LANGUAGES
from resilience.responses.coding import plain_labels
from resilience.responses.words import as_number, fold
from resilience.workflow.drafting.columns import Column, Missing
from resilience.workflow.drafting.wording import column_use, missing_reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from resilience.definitions.instrument import MissingReason
    from resilience.responses.survey_file import RawSurvey
    from resilience.responses.xlsform import Form, FormQuestion
    from resilience.workflow.drafting.columns import ColumnKind

__all__ = ["form_language", "with_form"]

_FEWEST = 2
_MOST_ANSWERS = 11
_ROLES = ("site", "stratum")
# Names of choices that are no answer, as forms have them and as Kobo makes them of labels.
_NO_ANSWER: Mapping[MissingReason, str] = {
    "dont_know": r"(i_)?(do_?n_?t|do_?not)_?know\w*|dk|dnk|idk|nsp|ne_sa[it]s?_pas",
    "refused": r"refus\w*|(i_)?prefer_not\w*|no_answer|declin\w*|rf",
    "not_applicable": r"not_applicable|n_?a",
}
_MARKS = {False: {"en": "Not chosen"}, True: {"en": "Chosen"}}


def form_language(form: Form) -> str:
    """Return the language of a draft: English, or the first of the form's that is known."""
    known = [language for language in form.languages if language in LANGUAGES]
    return "en" if "en" in known or "default" in form.languages or not known else known[0]


def with_form(columns: Sequence[Column], raw: RawSurvey, form: Form) -> tuple[Column, ...]:
    """Return a file's columns, those that the form speaks of as it has them.

    A question is found by its name with its groups, or without them where the export has none.
    One that takes several answers becomes a column for each choice.
    """
    questions = _by_column(form)
    language = form_language(form)
    found: list[Column] = []
    split: set[str] = set()
    for column in columns:
        question = questions.get(column.name)
        if question is not None:
            found += _columns_of(column, raw, question, language)
        elif (several := _whose_mark(column.name, questions)) is not None:
            why = "choices of questions that take several, read with these"
            found.append(_left_out(column, why))
            if several not in raw.frame and several not in split:
                split.add(several)
                whole = Column(several, "", "item", {}, {})
                found += _columns_of(whole, raw, questions[several], language)
        else:
            found.append(column)
    return tuple(found)


def _by_column(form: Form) -> dict[str, FormQuestion]:
    """Return the questions by the names that columns may have; none where two might be meant."""
    names: dict[str, list[FormQuestion]] = {}
    for question in form.questions:
        full = question.full_name
        for name in {full, full.replace("/", "."), question.name}:
            names.setdefault(name, []).append(question)
    return {name: found[0] for name, found in names.items() if len(found) == 1}


def _whose_mark(name: str, questions: Mapping[str, FormQuestion]) -> str | None:
    """Return the question of which a column tells one choice, if it does."""
    for at, sign in enumerate(name):
        question = questions.get(name[:at]) if sign in "/." else None
        if question is not None and question.kind == "select_multiple":
            return name[:at]
    return None


def _columns_of(
    column: Column, raw: RawSurvey, question: FormQuestion, language: str
) -> list[Column]:
    label = _words(question.label, language)
    if question.kind == "select_one" and question.choices:
        return [_choice(column, raw, question, label, language)]
    if question.kind == "select_multiple" and question.choices:
        return list(_choices(column, raw, question, label, language))
    use = column_use(column.name)
    if use is not None or column.kind == "identifier":
        return [column]
    return [_left_out(column, f"of type '{question.kind}' in the form")]


def _choice(
    column: Column,
    raw: RawSurvey,
    question: FormQuestion,
    label: Mapping[str, str],
    language: str,
) -> Column:
    """Return a question that takes one answer: an item, or categories where it is used so."""
    values = set(plain_labels(raw.frame[column.name]).dropna())
    names = {
        choice.name: _words(choice.label, language, choice.name) for choice in question.choices
    }
    labels = {fold(text) for words in names.values() for text in words.values()}
    if not values <= names.keys() and not {fold(value) for value in values} <= labels:
        return _left_out(column, "values that are no choices of the form")
    missing = {name: part for name, words in names.items() if (part := _missing(name, words))}
    answers = [name for name in names if name not in missing]
    use = column_use(column.name, column.label)
    if len(answers) < _FEWEST:
        return _left_out(column, "one answer only")
    as_codes = all(as_number(name) is not None and "." not in name for name in answers)
    as_categories = use in (*_ROLES, "variable") or len(answers) > _MOST_ANSWERS
    if use in (None, "variable", *_ROLES) and as_categories:
        seen = [name for name in answers if name in values or fold(names[name][language]) in values]
        answers = seen if use in _ROLES else answers
    codes: dict[str, int | str] = {
        name: int(name) if as_codes else name if as_categories else number
        for number, name in enumerate(answers, start=1)
    }
    kind: ColumnKind = "item" if not as_categories else "role" if use in _ROLES else "variable"
    words = {"": label, **{codes[name]: names[name] for name in answers}}
    return Column(
        column.name,
        label[language],
        kind,
        {codes[name]: names[name][language] for name in answers},
        {_code(name): part for name, part in missing.items()},
        use=use if as_categories else None,
        codes={} if as_codes or as_categories else codes,
        words={**words, **{_code(name): names[name] for name in missing}},
    )


def _choices(
    column: Column,
    raw: RawSurvey,
    question: FormQuestion,
    label: Mapping[str, str],
    language: str,
) -> Iterator[Column]:
    """Yield a column for each choice of a question that takes several answers.

    Where the file has columns of its choices, those that it has: forms grow.
    """
    begun = (f"{column.name}/", f"{column.name}.")
    offered = {name[len(column.name) + 1 :] for name in raw.columns if name.startswith(begun)}
    names = {
        choice.name: _words(choice.label, language, choice.name) for choice in question.choices
    }
    missing = {name: part for name, words in names.items() if (part := _missing(name, words))}
    for name, words in names.items():
        if name not in missing and (not offered or name in offered):
            both = {
                code: f"{label.get(code, label[language])}: {words.get(code, words[language])}"
                for code in {**label, **words}
            }
            yield Column(
                f"{column.name}/{name}",
                both[language],
                "item",
                {number: text["en"] for number, text in enumerate(_MARKS.values())},
                {_code(gone): part for gone, part in missing.items()},
                words={"": both, **{_code(gone): names[gone] for gone in missing}},
                chosen=ChosenAnswer(question=column.name, choice=name),
            )


def _missing(name: str, words: Mapping[str, str]) -> Missing | None:
    """Return why a choice is no answer, if its name says so, or the label of a number.

    Labels of names prove nothing: 'Cannot afford the fee' and 'Skipped meals' are answers.
    """
    text = next(iter(words.values()))
    if as_number(name) is not None:
        reason = missing_reason_of(text)
    else:
        folded = name.casefold()
        reason = next((r for r, names in _NO_ANSWER.items() if re.fullmatch(names, folded)), None)
    return Missing(reason, text, "label") if reason else None


def _code(name: str) -> int | str:
    """Return the name of a choice as a code for missing answers."""
    number = as_number(name)
    return int(number) if number is not None and number.is_integer() else name


def _words(label: Mapping[str, str], language: str, instead: str = "") -> dict[str, str]:
    """Return a label in the languages of definitions, always in the draft's own.

    References to other answers such as ${name} stand in brackets: definitions fill braces.
    """
    plain = {
        code: " ".join(re.sub(r"\$?\{\s*([^}]*?)\s*\}", r"[\1]", text).split())
        for code, text in label.items()
    }
    first = plain.get(language) or plain.get("default") or next(iter(plain.values()), "")
    return {
        language: first or instead,
        **{code: text for code, text in plain.items() if code in LANGUAGES and text},
    }


def _left_out(column: Column, why: str) -> Column:
    return Column(column.name, column.label, "left_out", {}, {}, use=column.use, why=why)
