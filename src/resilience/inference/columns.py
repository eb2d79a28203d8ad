"""The columns that estimates are made from, as numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import EstimationError, Issue, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["Column", "columns_of", "each_answer", "given_answers", "require_binary"]


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers to estimate from, and how their rows are told apart."""

    variable: str
    y: Floats
    keys: Mapping[str, Any] = field(default_factory=dict)


def columns_of(frame: pd.DataFrame, variables: str | Sequence[str]) -> list[Column]:
    """Return the variables' numbers, or raise for all that are absent or not numeric."""
    names = [variables] if isinstance(variables, str) else list(variables)
    issues = [
        Issue(
            f"the design has no column '{name}'",
            where="estimate",
            found=name,
            expected="a numeric column of the frame",
            remedy=nearest(name, map(str, frame.columns), "score the responses first"),
        )
        for name in names
        if name not in frame
    ]
    issues += [
        Issue(
            f"'{name}' is not numeric",
            where="estimate",
            found=str(frame[name].dtype),
            expected="numbers",
            remedy="for the share of a category, make a column of 0 and 1",
        )
        for name in names
        if name in frame and not pd.api.types.is_numeric_dtype(frame[name])
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
    return [Column(name, frame[name].to_numpy(np.float64, na_value=np.nan)) for name in names]


def require_binary(columns: Sequence[Column]) -> None:
    """Refuse columns with other numbers than 0 and 1."""
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
        _share(column, [code], {"answer": int(code) if code.is_integer() else code})
        for column in columns
        for code in np.unique(column.y[~np.isnan(column.y)]).tolist()
    ]
    if not shares:
        names = ", ".join(column.variable for column in columns)
        raise EstimationError(
            Issue(
                f"nobody answered {names}",
                where="estimate_proportion",
                found="missing answers only",
                expected="at least one answer",
                remedy="leave these variables out, or look at their missing codes",
            )
        )
    return shares


def _share(column: Column, codes: list[float], keys: Mapping[str, Any]) -> Column:
    """Return whether respondents gave one of some answers, NaN where they gave none."""
    chosen = np.where(np.isnan(column.y), np.nan, np.isin(column.y, codes).astype(float))
    return Column(column.variable, chosen, keys)
