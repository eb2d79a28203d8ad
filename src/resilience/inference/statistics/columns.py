"""Columns of a design by name: what is estimated from them, and what is said if they are absent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import EstimationError, Issue, nearest
from resilience.inference.designs.design import SurveyDesign
from resilience.inference.designs.engine import EngineDesign

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = [
    "Column",
    "absent_column",
    "columns_of",
    "each_answer",
    "finite",
    "given_answers",
    "require_binary",
    "require_design",
]

_MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers to estimate from, and how their rows are told apart.

    Attributes
    ----------
    variable : str
    y : numpy.ndarray
        Numbers, NaN where missing, shape (n,).
    keys : mapping
        Further columns of its rows.
    categories : tuple
        What the numbers 0, 1, … stand for, if they are positions of categories.
    others : tuple of str
        Further variables that the rows rest on: a ratio's denominator.
    """

    variable: str
    y: Floats
    keys: Mapping[str, Any] = field(default_factory=dict)
    categories: tuple[Any, ...] = ()
    others: tuple[str, ...] = ()


def require_design(design: object) -> None:
    """Refuse what does not say how respondents were drawn, or does not have their rows."""
    if isinstance(design, SurveyDesign):
        return
    if isinstance(design, EngineDesign):
        raise EstimationError(
            Issue(
                "statistics that need rows are not made in an engine",
                where="estimate",
                found="EngineDesign",
                expected="a SurveyDesign; in an engine there are means, totals, proportions "
                "and ratios",
                remedy="fetch the columns that are needed: rs.SurveyDesign(frame, weight=…, "
                "stratum=…, psu=…)",
            )
        )
    is_frame = isinstance(design, pd.DataFrame)
    raise EstimationError(
        Issue(
            "estimates are made from a design",
            where="estimate",
            found=type(design).__name__,
            expected="a SurveyDesign",
            remedy="rs.SurveyDesign(frame, weight=…, stratum=…, psu=…)"
            if is_frame
            else "rs.SurveyDesign.from_responses(rs.score(responses))",
        )
    )


def absent_column(design: SurveyDesign, name: str, where: str, usable: Sequence[str]) -> Issue:
    """Return the issue of a name that is no column of the design.

    Parameters
    ----------
    design : SurveyDesign
    name : str
        What was asked for; if the files call a column so, what it is called here is told.
    where : str
        Who asked.
    usable : sequence of str
        The columns that could be meant.
    """
    called = {column.casefold(): here for column, here in design.file_columns.items()}
    here = called.get(name.casefold())
    otherwise = "correct the name"
    if design.file_columns:
        otherwise += ", or declare the column among the study's 'variables'"
    listed = ", ".join(usable[:_MOST_NAMED]) + (", …" if len(usable) > _MOST_NAMED else "")
    return Issue(
        f"the design has no column '{name}'",
        where=where,
        found=name,
        expected=f"one of {listed}",
        remedy=f"the files' column '{name}' is called '{here}' here"
        if here
        else nearest(name, map(str, design.frame.columns), otherwise),
    )


def columns_of(
    design: SurveyDesign, variables: str | Sequence[str], *, categories: bool = False
) -> list[Column]:
    """Return the variables' numbers, or raise for all that are absent or have none.

    Parameters
    ----------
    design : SurveyDesign
    variables : str or sequence of str
    categories : bool
        Whether categorical columns will do.
    """
    require_design(design)
    names = [variables] if isinstance(variables, str) else list(dict.fromkeys(variables))
    frame = design.frame
    numeric = [str(name) for name in frame if pd.api.types.is_numeric_dtype(frame[name])]
    scores = [name for name, measure in design.measures.items() if measure.kind != "item"]
    usable = [*scores, *(name for name in numeric if name not in scores)]
    issues = [absent_column(design, n, "estimate", usable) for n in names if n not in frame]
    issues += [
        _not_numeric(frame[name])
        for name in names
        if name in frame
        and not pd.api.types.is_numeric_dtype(frame[name])
        and not (categories and isinstance(frame[name].dtype, pd.CategoricalDtype))
    ]
    if not names:
        issues.append(
            Issue(
                "no variable is named",
                where="estimate",
                found="an empty list",
                expected="at least one column",
                remedy="name what to estimate",
            )
        )
    if issues:
        raise EstimationError(*issues)
    return [_column(name, frame[name]) for name in names]


def finite(name: str, numbers: Floats) -> Floats:
    """Return a column's numbers, NaN where missing, or refuse them if some are infinite."""
    rows = int(np.isinf(numbers).sum())
    if not rows:
        return numbers
    raise EstimationError(
        Issue(
            f"'{name}' has infinite values",
            where="estimate",
            found=f"{rows:,} rows",
            expected="numbers, or missing values",
            remedy="look at how they were made, often by dividing by 0; a missing value is NaN",
        )
    )


def _not_numeric(column: pd.Series) -> Issue:
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    return Issue(
        f"'{column.name}' is not numeric",
        where="estimate",
        found="categories" if categorical else str(column.dtype),
        expected="numbers",
        remedy="for the share of each category: "
        f"rs.estimate_proportion(design, '{column.name}', answers='each')"
        if categorical
        else "name another column; for the share of each of its values declare it among the "
        "study's 'variables', or make it categorical: frame[name].astype('category')",
    )


def _column(name: str, column: pd.Series) -> Column:
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = np.asarray(column.cat.codes, np.float64)
        known = np.where(codes < 0, np.nan, codes)
        return Column(name, known, categories=tuple(column.cat.categories))
    if column.dtype == np.float64:
        return Column(name, finite(name, column.to_numpy()))
    return Column(name, column.to_numpy(np.float64, na_value=np.nan))


def require_binary(columns: Sequence[Column]) -> None:
    """Refuse columns that are not 0 and 1."""
    issues = [
        Issue(
            f"'{column.variable}' is not a column of 0 and 1",
            where="estimate_proportion",
            found="other numbers",
            expected="an indicator; or which answers count",
            remedy="answers=[4, 5] for the share of some, answers='each' for all",
        )
        for column in columns
        if not np.isin(column.y[~np.isnan(column.y)], (0.0, 1.0)).all()
    ]
    if issues:
        raise EstimationError(*issues)


def given_answers(columns: Sequence[Column], answers: Sequence[float]) -> list[Column]:
    """Return whether respondents gave one of some answers, or raise if nobody gave any."""
    issues = [
        Issue(
            f"nobody gave any of these answers to '{column.variable}'",
            where="estimate_proportion",
            found=", ".join(map(str, answers)),
            expected="codes of answers; missing answers have none",
            remedy="answers='each' tells those that occur",
        )
        for column in columns
        if not np.isin(column.y, list(answers)).any()
    ]
    if issues:
        raise EstimationError(*issues)
    return [_share(column, list(answers), {}) for column in columns]


def each_answer(columns: Sequence[Column]) -> list[Column]:
    """Return one column for each answer that occurs, or raise if none does."""
    shares = [
        _share(column, [code], {"answer": _answer(column, code)})
        for column in columns
        for code in np.unique(column.y[~np.isnan(column.y)]).tolist()
    ]
    if not shares:
        raise EstimationError(
            Issue(
                "nobody answered " + ", ".join(column.variable for column in columns),
                where="estimate_proportion",
                found="missing answers only",
                expected="at least one answer",
                remedy="leave these variables out, or look at their missing codes",
            )
        )
    return shares


def _answer(column: Column, code: float) -> Any:
    if column.categories:
        return column.categories[int(code)]
    return int(code) if code.is_integer() else code


def _share(column: Column, codes: list[float], keys: Mapping[str, Any]) -> Column:
    """Return whether respondents gave one of some answers, NaN where they gave none."""
    chosen = np.where(np.isnan(column.y), np.nan, np.isin(column.y, codes).astype(float))
    return Column(column.variable, chosen, keys)
