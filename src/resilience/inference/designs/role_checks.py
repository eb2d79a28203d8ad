"""Whether the columns and rules that a design names can be what they are said to be."""

from __future__ import annotations

from numbers import Number
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from resilience.errors import DesignError, Issue, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["LonelyPsu", "numbers_of", "require_roles", "require_rules", "stages_of", "weights_of"]

LonelyPsu = Literal["fail", "remove", "adjust", "average"]


def stages_of(columns: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the columns of a role that may have one for each stage of sampling."""
    if columns is None:
        return ()
    return (columns,) if isinstance(columns, str) else tuple(columns)


def require_roles(frame: pd.DataFrame, roles: Mapping[str, Any]) -> None:
    """Refuse roles without a column, or with several, and frames without rows.

    Parameters
    ----------
    frame : pandas.DataFrame
    roles : mapping
        The columns by role.
    """
    if not isinstance(frame, pd.DataFrame):
        raise DesignError(
            Issue(
                "a design is made from a data frame",
                where="SurveyDesign(frame)",
                found=type(frame).__name__,
                expected="a pandas.DataFrame, one row a respondent and wave",
                remedy="pandas.DataFrame(rows); for relations of engines there is rs.EngineDesign",
            )
        )
    named = [(role, column) for role, given in roles.items() for column in stages_of(given)]
    issues = [
        Issue(
            f"the frame has no column '{column}' for the role '{role}'",
            where=f"SurveyDesign({role}=)",
            found=str(column),
            expected=f"a column with each respondent's {role}",
            remedy=nearest(str(column), map(str, frame.columns), "correct the name"),
        )
        for role, column in named
        if column not in frame
    ]
    issues += _frame_issues(frame)
    issues += _stage_issues(len(stages_of(roles.get("psu"))), len(stages_of(roles.get("fpc"))))
    if issues:
        raise DesignError(*issues)


def _frame_issues(frame: pd.DataFrame) -> list[Issue]:
    issues = []
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        issues.append(
            Issue(
                "columns have the same name",
                where="SurveyDesign(frame)",
                found=", ".join(map(str, twice)),
                expected="names that occur once",
                remedy="rename or drop one of them",
            )
        )
    if not len(frame):
        issues.append(
            Issue(
                "the frame has no rows",
                where="SurveyDesign(frame)",
                found="0 rows",
                expected="one row a respondent and wave",
                remedy="look at how the frame was made; domains are asked for when estimating",
            )
        )
    return issues


def _stage_issues(stages: int, counts: int) -> list[Issue]:
    """Return what is wrong with several stages: each needs its count of the population."""
    if (stages <= 1 and counts <= 1) or stages == counts:
        return []
    return [
        Issue(
            "the stages of sampling and their population counts do not match",
            where="SurveyDesign(psu=, fpc=)",
            found=f"{stages} columns of units, {counts} of counts",
            expected="as many of the one as of the other, stage by stage",
            remedy="give every stage its count; without counts the first stage carries all the "
            "variance, and its column alone is the 'psu'",
        )
    ]


def require_rules(lonely_psu: str, assumed_design_effect: float) -> None:
    """Refuse rules for variances that there are not."""
    issues = []
    rules = get_args(LonelyPsu)
    if lonely_psu not in rules:
        issues.append(
            Issue(
                "this is no rule for strata with one PSU",
                where="design: lonely_psu",
                found=repr(lonely_psu),
                expected="one of " + ", ".join(rules),
                remedy=nearest(str(lonely_psu), rules, "choose one of them"),
            )
        )
    if not (np.isfinite(assumed_design_effect) and assumed_design_effect > 0):
        issues.append(
            Issue(
                "variances cannot be multiplied by this design effect",
                where="design: assumed_design_effect",
                found=f"{assumed_design_effect:g}",
                expected="a number above 0; 1 where the frame shows the design",
                remedy="correct it, or leave it out",
            )
        )
    if issues:
        raise DesignError(*issues)


def numbers_of(frame: pd.DataFrame, columns: Sequence[str], role: str) -> tuple[Floats, ...]:
    """Return columns of numbers, or refuse those that hold text."""
    texts = {column: _texts(frame[column]) for column in columns}
    issues = [
        _text_issue(f"'{column}' holds text", f"SurveyDesign({role}=)", count)
        for column, count in texts.items()
        if count
    ]
    if issues:
        raise DesignError(*issues)
    return tuple(frame[column].to_numpy(np.float64, na_value=np.nan) for column in columns)


def weights_of(frame: pd.DataFrame, column: str) -> Floats:
    """Return weights, or refuse those that are none."""
    where = f"SurveyDesign(weight='{column}')"
    texts = _texts(frame[column])
    if texts:
        raise DesignError(_text_issue("weights are text", where, texts))
    weights = frame[column].to_numpy(np.float64, copy=True, na_value=np.nan)
    kinds = {
        "missing": np.isnan(weights),
        "infinite": np.isinf(weights),
        "negative": np.isfinite(weights) & (weights < 0),
    }
    issues = [
        Issue(
            f"weights are {word}",
            where=where,
            found=f"{int(rows.sum())} rows",
            expected="a number, 0 or more, in each row",
            remedy="correct the weights; a respondent without one cannot represent anybody",
        )
        for word, rows in kinds.items()
        if rows.any()
    ]
    if not issues and not weights.sum() > 0:
        issues.append(
            Issue(
                "all weights are 0",
                where=where,
                found="a sum of 0",
                expected="weights that add up to more than 0",
                remedy="name the right column, or leave 'weight' out",
            )
        )
    if issues:
        raise DesignError(*issues)
    return weights


def _texts(column: pd.Series) -> int:
    """Return how many values are not numbers, though not missing."""
    if pd.api.types.is_numeric_dtype(column):
        return 0
    return sum(not isinstance(value, Number) for value in column.dropna())


def _text_issue(what: str, where: str, count: int) -> Issue:
    return Issue(
        what,
        where=where,
        found=f"{count} rows that are no numbers",
        expected="a number in each row",
        remedy="read the column as numbers: pandas.to_numeric(frame[name]) tells which are none",
    )
