"""The noun: what was supposed of some data files, before it is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.responses.coding import plain_labels
from resilience.workflow.drafting.batteries import (
    find_batteries,
    share_scales,
    suspected_reversed,
)
from resilience.workflow.drafting.columns import MOST_ANSWERS, describe_columns
from resilience.workflow.drafting.from_form import form_language, with_form
from resilience.workflow.drafting.matching import Question, match_questions
from resilience.workflow.drafting.roles import suppose_roles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.responses.reading import RawSurvey
    from resilience.responses.xlsform import Form
    from resilience.workflow.drafting.batteries import Battery, SharedScale
    from resilience.workflow.drafting.columns import Column
    from resilience.workflow.drafting.matching import Difference
    from resilience.workflow.drafting.roles import SupposedRole

__all__ = ["Supposed", "suppose"]


@dataclass(frozen=True, slots=True)
class Supposed:
    """Everything that was supposed.

    Attributes
    ----------
    files : mapping of wave to sequence of Column
        All columns of each file, those that were left out too.
    items, variables : tuple of Question
    scale_of : mapping of item to scale
    reversed_in : mapping of battery to list of items
        Items that go against the others of their battery.
    """

    files: Mapping[str, Sequence[Column]]
    items: tuple[Question, ...]
    variables: tuple[Question, ...]
    differences: tuple[Difference, ...]
    scales: Mapping[str, SharedScale]
    scale_of: Mapping[str, str]
    batteries: Sequence[Battery]
    reversed_in: Mapping[str, Sequence[str]]
    roles: Mapping[str, SupposedRole]
    language: str = "en"


def suppose(surveys: Mapping[str, RawSurvey], form: Form | None = None) -> Supposed:
    """Return what data files seem to hold; see `draft_definitions`."""
    files = {wave: describe_columns(raw) for wave, raw in surveys.items()}
    if form is not None:
        files = {wave: with_form(part, surveys[wave], form) for wave, part in files.items()}
    questions, differences = match_questions(
        {
            wave: [column for column in columns if column.kind in ("item", "variable")]
            for wave, columns in files.items()
        }
    )
    questions = tuple(_as_asked(question, len(files)) for question in questions)
    items = tuple(question for question in questions if question.first.kind == "item")
    variables = tuple(
        question
        for question in questions
        if question.first.kind == "variable" and len(question.columns) == len(files)
    )
    scales, scale_of = share_scales(items)
    batteries = find_batteries([part for part in items if _may_be_scored(part)], scale_of)
    by_id = {question.id: question for question in items}
    return Supposed(
        files=files,
        items=items,
        variables=variables,
        differences=differences,
        scales=scales,
        scale_of=scale_of,
        batteries=batteries,
        reversed_in={
            battery.id: against
            for battery in batteries
            if (against := _against(surveys, [by_id[item] for item in battery.items]))
        },
        roles=suppose_roles(surveys, files),
        language="en" if form is None else form_language(form),
    )


def _as_asked(question: Question, waves: int) -> Question:
    """Return a list of categories that some waves did not ask as an item, which may be so."""
    if question.first.kind != "variable" or len(question.columns) == waves:
        return question
    answers = {
        code: text for column in question.columns.values() for code, text in column.answers.items()
    }
    if not answers or any(isinstance(code, str) for code in answers):
        return question
    columns = {
        wave: replace(column, kind="item", answers=answers)
        for wave, column in question.columns.items()
    }
    return Question(question.id, columns)


def _may_be_scored(question: Question) -> bool:
    """Return whether an item may be one of a battery.

    Choices of one question are none, though their names alone would make them one; nor are
    questions with a list of many answers.
    """
    return question.first.chosen is None and len(question.first.answers) <= MOST_ANSWERS


def _against(surveys: Mapping[str, RawSurvey], questions: Sequence[Question]) -> list[str]:
    """Return the items that go against the others in the first file that has them all."""
    for wave, survey in surveys.items():
        if all(wave in question.columns for question in questions):
            columns = [question.columns[wave] for question in questions]
            names = [column.name for column in columns]
            against = suspected_reversed(_answers(survey.frame, columns), names)
            return [
                question.id
                for question, name in zip(questions, names, strict=True)
                if name in against
            ]
    return []


def _answers(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the columns' answers, NaN where a code is none."""
    answers = frame[[column.name for column in columns]].copy()
    for column in columns:
        if column.codes:
            named = plain_labels(answers[column.name]).map(column.codes)
            answers[column.name] = pd.to_numeric(named, errors="coerce").astype("float64")
        elif not pd.api.types.is_numeric_dtype(answers[column.name]):
            numbers = pd.to_numeric(answers[column.name], errors="coerce")
            answers[column.name] = numbers.astype("float64")
        known = answers[column.name].isin(list(column.answers))
        answers[column.name] = answers[column.name].where(known, np.nan)
    return answers
