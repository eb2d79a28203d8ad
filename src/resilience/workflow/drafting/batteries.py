"""Scales that questions share, batteries of questions, and items that seem reversed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resilience.workflow.drafting.wording import folded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from resilience.workflow.drafting.columns import Missing
    from resilience.workflow.drafting.matching import Question

__all__ = ["Battery", "SharedScale", "find_batteries", "share_scales", "suspected_reversed"]

_FEWEST_ITEMS = 3
_AGAINST = -0.10
_FEWEST_PAIRS = 30


@dataclass(frozen=True, slots=True)
class SharedScale:
    """Answers that several questions offer, with the codes without a score of all of them."""

    id: str
    answers: Mapping[int | str, str]
    missing: Mapping[int | str, Missing]
    words: Mapping[int | str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Battery:
    """Questions in a row that share a scale and the stem of their column names."""

    id: str
    items: tuple[str, ...]


def share_scales(questions: Sequence[Question]) -> tuple[dict[str, SharedScale], dict[str, str]]:
    """Return the scales by id, and the scale of each question.

    Questions share a scale if all their answers are the same and no code that is an answer to
    one is missing in another.
    """
    keys: dict[str, tuple[object, ...]] = {}
    words: dict[tuple[object, ...], dict[int | str, Mapping[str, str]]] = {}
    missing: dict[tuple[object, ...], dict[int | str, Missing]] = {}
    answers: dict[tuple[object, ...], Mapping[int | str, str]] = {}
    for question in questions:
        told = question.first.answers
        key: tuple[object, ...] = tuple((code, folded(text)) for code, text in told.items())
        keys[question.id] = key
        answers.setdefault(key, told)
        for column in question.columns.values():
            words[key] = {**column.words, **words.get(key, {})}
            for code, part in column.missing.items():
                if code not in told:
                    known = missing.setdefault(key, {}).get(code)
                    if known is None or not known.label:
                        missing[key][code] = part
    names: dict[tuple[object, ...], str] = {}
    for key, told in answers.items():
        names[key] = _free_name(_scale_name(told), set(names.values()))
    scales = {
        names[key]: SharedScale(
            names[key], told, dict(sorted(missing.get(key, {}).items(), key=_rank)), words[key]
        )
        for key, told in answers.items()
    }
    return scales, {question: names[key] for question, key in keys.items()}


def _rank(pair: tuple[int | str, Missing]) -> tuple[bool, int | str]:
    """Return a key that sorts numbers before extended missing values."""
    return isinstance(pair[0], str), pair[0]


def find_batteries(questions: Sequence[Question], scales: Mapping[str, str]) -> list[Battery]:
    """Return runs of three questions or more with one scale and one stem, as q55a to q55k."""
    batteries: list[Battery] = []
    run: list[Question] = []
    for question in [*questions, None]:
        if question and run and _belongs(question, run[-1], scales):
            run.append(question)
            continue
        if len(run) >= _FEWEST_ITEMS:
            name = _free_name(f"{_stem(run[0].id)}_battery", {part.id for part in batteries})
            batteries.append(Battery(name, tuple(part.id for part in run)))
        run = [question] if question else []
    return batteries


def suspected_reversed(frame: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    """Return the columns that go against the sum of the others in a battery.

    Parameters
    ----------
    frame : pandas.DataFrame
        Answers as numbers, missing ones NaN.
    columns : sequence of str
        The battery's columns.
    """
    values = frame[list(columns)].to_numpy(np.float64)
    values = np.where(np.isnan(values).all(axis=0), 0.0, values)
    spread = np.nanstd(values, axis=0)
    scaled = (values - np.nanmean(values, axis=0)) / np.where(spread > 0, spread, 1.0)
    against = []
    for at, column in enumerate(columns):
        others = np.delete(scaled, at, axis=1)
        rest = np.where(np.isnan(others).all(axis=1), np.nan, np.nansum(others, axis=1))
        if _correlation(scaled[:, at], rest) < _AGAINST:
            against.append(column)
    return against


def _correlation(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    both = ~np.isnan(one) & ~np.isnan(other)
    if both.sum() < _FEWEST_PAIRS or not one[both].std() or not other[both].std():
        return 0.0
    return float(np.corrcoef(one[both], other[both])[0, 1])


def _belongs(question: Question, before: Question, scales: Mapping[str, str]) -> bool:
    same_scale = scales[question.id] == scales[before.id]
    return same_scale and _stem(question.id) == _stem(before.id)


def _stem(name: str) -> str:
    """Return a name without the letter or number that tells it from its neighbours."""
    short = re.sub(r"(?<=\d)[a-z]$|_?\d{1,2}$|_[a-z]$", "", name)
    return short.rstrip("_") or name


def _scale_name(answers: Mapping[int | str, str]) -> str:
    texts = list(answers.values())
    name = re.sub(r"[^a-z0-9]+", "_", f"{texts[0][:18]} to {texts[-1][:18]}".casefold())
    name = name.strip("_")
    return name if name and name[0].isalpha() else f"scale_{len(answers)}"


def _free_name(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
