"""From predictors to the columns of a model: categories coded against a told reference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from resilience.errors import EstimationError, Issue, nearest
from resilience.inference.statistics.columns import absent_column, finite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]
    Labels = Mapping[str, Mapping[str, Mapping[str, str]]]

__all__ = ["INTERCEPT", "Block", "ColumnName", "Term", "blocks_of", "model_columns", "named_terms"]

INTERCEPT = "intercept"
_MOST_LEVELS = 100
_MOST_NAMED = 12

Term = tuple[str, ...]
"""One variable, or those of an interaction."""


@dataclass(frozen=True, slots=True)
class ColumnName:
    """What a column of the model matrix is: the product of these parts, if any.

    Attributes
    ----------
    parts : tuple of (variable, level)
        The level is None for a number.
    """

    parts: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        """Return 'variable', 'variable=level', or such names with ':' between them."""
        words = [name if level is None else f"{name}={level}" for name, level in self.parts]
        return ":".join(words) or INTERCEPT

    def titles(self, labels: Labels, variables: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        """Return its title by language, where all of its parts have one.

        A level's title stands alone where its variable has none.
        """
        found: list[list[Mapping[str, str]]] = []
        for name, level in self.parts:
            title = variables.get(name, {})
            value = {} if level is None else labels.get(name, {}).get(str(level), {})
            found.append([title] if level is None else [title, value] if title else [value])
        texts = [text for part in found for text in part]
        languages = set.intersection(*map(set, texts)) if texts else set()
        return {
            language: " × ".join(": ".join(text[language] for text in part) for part in found)
            for language in sorted(languages)
        }


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The columns of one variable.

    Attributes
    ----------
    variable : str
    parts : tuple
        One a column: the variable, and its level or None for a number.
    values : numpy.ndarray
        Shape (n, columns); 0 where the variable is missing.
    levels : tuple
        What the variable's columns stand for, the reference first; empty for a number.
    """

    variable: str
    parts: tuple[tuple[str, Any], ...]
    values: Floats
    levels: tuple[Any, ...] = ()

    def set_to(self, level: int) -> Block:
        """Return the columns as if everybody had one level, by position."""
        marks = np.zeros_like(self.values)
        if level > 0:
            marks[:, level - 1] = 1.0
        return Block(self.variable, self.parts, marks, self.levels)


def named_terms(
    design: SurveyDesign,
    outcome: str,
    predictors: str | Sequence[str | Term],
    apart: Sequence[str],
    verb: str,
) -> tuple[Term, ...]:
    """Return the terms that predictors name, or raise for all that are wrong with them.

    Parameters
    ----------
    design : SurveyDesign
    outcome : str
    predictors : str or sequence
        Names of columns, and tuples of names for interactions.
    apart : sequence of str
        The columns of `by`, which do not vary within a domain.
    verb : str
        Who asks, for errors.
    """
    listed = [predictors] if isinstance(predictors, str) else list(predictors)
    terms = tuple((part,) if isinstance(part, str) else tuple(part) for part in listed)
    frame = design.frame
    usable = [str(name) for name in frame.columns if name not in (outcome, design.respondent_id)]
    names = list(dict.fromkeys(name for term in terms for name in term))
    issues = [absent_column(design, name, verb, usable) for name in names if name not in frame]
    main = {term[0] for term in terms if len(term) == 1}
    issues += [
        _term_issue(term, verb, f"'{' × '.join(term)}' needs its variables as predictors too")
        for term in terms
        if len(term) > 1 and not set(term) <= main
    ]
    same = [frozenset(term) for term in terms]
    issues += [
        _term_issue(term, verb, f"'{' × '.join(term)}' names a variable twice, or stands twice")
        for position, term in enumerate(terms)
        if len(set(term)) < len(term) or same[position] in same[:position]
    ]
    issues += [
        _term_issue((name,), verb, f"'{name}' cannot be a predictor: it {what}")
        for name, what in (
            (outcome, "is the outcome"),
            (design.respondent_id, "tells respondents apart"),
            *((name, "is the same throughout a domain of 'by'") for name in apart),
        )
        if name in names
    ]
    if issues:
        raise EstimationError(*issues)
    return terms


def _term_issue(term: Term, verb: str, what: str) -> Issue:
    return Issue(
        what,
        where=f"{verb}: predictors",
        found=str(term if len(term) > 1 else term[0]),
        expected="each variable once, and interactions as tuples of such variables",
        remedy="for instance predictors=['age', 'sex', ('age', 'sex')]",
    )


def blocks_of(
    design: SurveyDesign,
    terms: Sequence[Term],
    reference: Mapping[str, Any],
    used: Mask,
    verb: str,
) -> tuple[dict[str, Block], dict[str, Mask]]:
    """Return the columns of each variable, and where each is known.

    Parameters
    ----------
    design : SurveyDesign
    terms : sequence of tuple
    reference : mapping
        The level of a categorical variable that others are compared with, by variable.
    used : numpy.ndarray
        Rows among which levels are looked for, shape (n,).
    verb : str
        Who asks, for errors.

    Raises
    ------
    EstimationError
        If a variable has no numbers and no levels, one level only, or too many; or a reference
        is not among the levels.
    """
    names = list(dict.fromkeys(name for term in terms for name in term))
    coded = {name: _codes(design.frame[name]) for name in names}
    known = {
        name: codes >= 0 if levels else ~np.isnan(codes) for name, (codes, levels) in coded.items()
    }
    everybody = reduce(np.logical_and, known.values(), used)
    categorical = [name for name in names if coded[name][1]]
    issues = [
        _reference_issue(name, verb, f"'{name}' among the predictors with levels", categorical)
        for name in reference
        if name not in categorical
    ]
    blocks: dict[str, Block] = {}
    for name, (codes, levels) in coded.items():
        if not levels:
            blocks[name] = Block(name, ((name, None),), np.nan_to_num(codes)[:, None])
            continue
        there = np.unique(codes[everybody]).astype(int).tolist()
        ordered = _with_first(there, levels, reference.get(name))
        if ordered is None:
            issues.append(
                _reference_issue(name, verb, str(reference[name]), [str(levels[c]) for c in there])
            )
        elif not 1 < len(there) <= _MOST_LEVELS:
            issues.append(_levels_issue(name, verb, len(there)))
        else:
            parts = tuple((name, levels[code]) for code in ordered[1:])
            marks = (codes[:, None] == np.array(ordered[1:])).astype(np.float64)
            blocks[name] = Block(name, parts, marks, tuple(levels[c] for c in ordered))
    if issues:
        raise EstimationError(*issues)
    return blocks, known


def _codes(column: pd.Series) -> tuple[Floats, list[Any]]:
    """Return numbers and nothing, or codes of levels and the levels in their order."""
    if is_numeric_dtype(column) or is_bool_dtype(column):
        return finite(str(column.name), column.to_numpy(np.float64, na_value=np.nan)), []
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, np.float64), list(column.cat.categories)
    codes, levels = pd.factorize(column, sort=True)
    return np.asarray(codes, np.float64), list(levels)


def _with_first(there: list[int], levels: list[Any], first: Any) -> list[int] | None:
    """Return codes with the reference first; None if it does not occur."""
    if first is None:
        return there
    found = [code for code in there if str(levels[code]) == str(first)]
    return None if not found else [*found, *(code for code in there if code != found[0])]


def _reference_issue(name: str, verb: str, found: str, known: Sequence[str]) -> Issue:
    return Issue(
        f"'{name}' has no such reference",
        where=f"{verb}: reference",
        found=found,
        expected="one of " + (", ".join(known[:_MOST_NAMED]) or "none: there are numbers only"),
        remedy=nearest(found, known, "name a level that occurs among those the model is fitted to"),
    )


def _levels_issue(name: str, verb: str, size: int) -> Issue:
    return Issue(
        f"'{name}' has {size} value{'' if size == 1 else 's'} among those the model is fitted to",
        where=f"{verb}: predictors",
        found=name,
        expected=f"2 to {_MOST_LEVELS} values",
        remedy="leave it out" if size <= 1 else "join its values into groups",
    )


def model_columns(
    blocks: Mapping[str, Block], terms: Sequence[Term], size: int, *, constant: bool = True
) -> tuple[Floats, tuple[ColumnName, ...]]:
    """Return the model matrix and what its columns are.

    The columns of an interaction are the products of its variables' columns.

    Returns
    -------
    x : numpy.ndarray
        Shape (n, p).
    names : tuple of ColumnName
    """
    columns = [np.ones((size, 1))] if constant else [np.empty((size, 0))]
    names = [ColumnName(())] if constant else []
    for term in terms:
        values, named = np.ones((size, 1)), [ColumnName(())]
        for variable in term:
            block = blocks[variable]
            values = (values[:, :, None] * block.values[:, None, :]).reshape(size, -1)
            named = [ColumnName((*one.parts, part)) for one in named for part in block.parts]
        columns.append(values)
        names += named
    return np.hstack(columns), tuple(names)
