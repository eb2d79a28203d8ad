"""Who is meant: `by` and `where` as masks over all rows, never as rows dropped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from resilience.errors import EstimationError, Issue, nearest
from resilience.inference.designs.codes import coded, compact
from resilience.inference.statistics.columns import absent_column

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign

__all__ = [
    "By",
    "Domains",
    "Where",
    "domain_in_words",
    "domains_of",
    "range_ends",
    "taken_names",
    "where_in_words",
    "where_mask",
]

_MOST_LISTED = 200  # values that one can still read
_OF_RESULTS = (
    *("measure", "variable", "reference", "estimate", "std_error", "conf_low", "conf_high"),
    *("df", "n", "n_effective", "deff"),
)

By = str | Sequence[str] | None
"""A column or several: one row of the result for each combination of their values."""

Where = Mapping[str, Any] | pd.Series | None
"""Whom to restrict to: by column a value, a list of values, or a range; or a mask of rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Domains:
    """The domains of a result.

    Attributes
    ----------
    of_row : numpy.ndarray
        The domain of each row of the design, shape (n,); -1 where it is in none.
    table : pandas.DataFrame
        What each domain is: one column for each `by` variable.
    where : str
        The restriction in words.
    excluded : mapping of str to int
        Rows in no domain, by reason.
    """

    of_row: npt.NDArray[np.int64]
    table: pd.DataFrame
    where: str
    excluded: Mapping[str, int]

    @property
    def size(self) -> int:
        """The number of domains."""
        return len(self.table)


def domains_of(design: SurveyDesign, by: By, where: Where) -> Domains:
    """Return the domains that `by` and `where` make.

    Every combination of the `by` variables' values that occurs among those kept is a domain.
    Rows without a value are in none.

    Raises
    ------
    EstimationError
        If a column or value does not exist, or nobody is left.
    """
    names = [by] if isinstance(by, str) else list(dict.fromkeys(by or ()))
    _require_columns(design, names, where if isinstance(where, Mapping) else ())
    known = None if where is None else where_mask(design, where)
    excluded = {}
    if known is not None and not known.all():
        excluded["outside the restriction"] = int((~known).sum())
    codes: npt.NDArray[np.int64] | None = None
    levels: list[list[Any]] = []
    for name in names:
        column, values = _levels(design.frame[name])
        if column.min() < 0:
            absent = column < 0
            lost = int(absent.sum() if known is None else (absent & known).sum())
            excluded |= {f"{name} missing": lost} if lost else {}
            known = ~absent if known is None else known & ~absent
            column = np.maximum(column, 0)
        codes = column if codes is None else codes * len(values) + column
        levels.append(values)
    if known is not None and not known.any():
        raise EstimationError(
            Issue(
                "nobody is left to estimate from",
                where="by or where",
                found=where_in_words(where) or "no row with a value to break down by",
                expected="a restriction that somebody meets",
                remedy="widen the restriction",
            )
        )
    if codes is None:
        codes = np.zeros(len(design.frame), np.int64)
    of_row, occurring = _numbered(codes, known, math.prod(map(len, levels)))
    return Domains(of_row, _table(occurring, names, levels), where_in_words(where), excluded)


def _numbered(
    codes: npt.NDArray[np.int64], known: npt.NDArray[np.bool_] | None, size: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the number of each row's combination, -1 where unknown, and those that occur."""
    if known is None:
        return compact(codes, size)
    of_row = np.full(len(codes), -1, np.int64)
    of_row[known], occurring = compact(codes[known], size)
    return of_row, occurring


def where_mask(design: SurveyDesign, where: Where) -> npt.NDArray[np.bool_]:
    """Return which rows a restriction keeps, shape (n,)."""
    frame = design.frame
    if where is None:
        return np.ones(len(frame), bool)
    if isinstance(where, Mapping):
        mask = np.ones(len(frame), bool)
        for name, wanted in where.items():
            mask &= _matches(frame[name], wanted, name)
        return mask
    values = np.asarray(where)
    own = not isinstance(where, pd.Series) or where.index.equals(frame.index)
    if values.shape != (len(frame),) or values.dtype != bool or not own:
        raise EstimationError(
            Issue(
                "a restriction must be a mapping or one true or false for each row",
                where="where",
                found=f"{values.dtype} of shape {values.shape}"
                + ("" if own else ", with an index of its own"),
                expected=f"bool of shape ({len(frame)},), in the order of the design's frame",
                remedy="make it from the design's own frame: design.frame['age'] >= 18",
            )
        )
    return values


def domain_in_words(domains: Domains, domain: int) -> str:
    """Return what a domain is, for errors; empty where there is one."""
    values = domains.table.iloc[domain]
    return ", ".join(f"{name}={value}" for name, value in values.items())


def where_in_words(where: Where) -> str:
    """Return a restriction in words, for provenance."""
    if where is None:
        return ""
    if not isinstance(where, Mapping):
        return "rows chosen by the analyst"
    return "; ".join(f"{name}: {_wanted_in_words(wanted)}" for name, wanted in where.items())


def _wanted_in_words(wanted: Any) -> str:
    if _is_range(wanted):
        low, high = _ends(wanted)
        return f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}"
    return ", ".join(map(str, wanted if isinstance(wanted, list | tuple) else [wanted]))


def _require_columns(design: SurveyDesign, by: Sequence[str], where: Iterable[str]) -> None:
    """Refuse columns that are not there, numbers, and the one that tells respondents apart."""
    frame = design.frame
    names = [*by, *where]
    there = [str(name) for name in frame.columns if name != design.respondent_id]
    declared = (*design.labels, "stratum", "psu") if design.labels else there
    usable = [name for name in declared if name in there]
    issues = [
        absent_column(design, str(name), "by or where", usable)
        for name in names
        if name not in frame
    ]
    issues += [_number_issue(name) for name in by if _is_declared_number(design, name)]
    issues += taken_names(by)
    if design.respondent_id is not None and design.respondent_id in names:
        issues.append(
            Issue(
                "estimates are not made respondent by respondent",
                where="by or where",
                found=design.respondent_id,
                expected="a column that many respondents share",
                remedy="name another column",
            )
        )
    if issues:
        raise EstimationError(*issues)


def _is_declared_number(design: SurveyDesign, name: str) -> bool:
    """Return whether a study declares a column as a number; its categories are never numeric."""
    frame = design.frame
    return name in design.labels and name in frame and is_numeric_dtype(frame[name])


def _number_issue(name: str) -> Issue:
    return Issue(
        f"'{name}' is a number, by which results are not broken down",
        where="by",
        found=name,
        expected="a variable with values",
        remedy="declare groups of it as a variable with values, or restrict to a range of it: "
        f"where {name} is {{at_least: 18, at_most: 29}}, or --where {name}=18..29",
    )


def taken_names(by: Sequence[str]) -> list[Issue]:
    """Return the issues of columns to break down by that would hide a result's own."""
    return [
        Issue(
            f"'{name}' is a column that results have already",
            where="by",
            found=name,
            expected="a column of another name than " + ", ".join(_OF_RESULTS),
            remedy="rename the column in the frame before making the design",
        )
        for name in by
        if name in _OF_RESULTS
    ]


def _levels(column: pd.Series) -> tuple[npt.NDArray[np.int64], list[Any]]:
    """Return codes and the values they stand for, in the variable's order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, np.int64), list(column.cat.categories)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        codes, found = coded(column, len(column))
        return codes, found.tolist()
    codes, values = pd.factorize(column, sort=True)
    return codes.astype(np.int64), list(values)


def _table(
    occurring: npt.NDArray[np.int64], names: list[str], levels: list[list[Any]]
) -> pd.DataFrame:
    table: dict[str, list[Any]] = {}
    rest = occurring.copy()
    for name, values in zip(reversed(names), reversed(levels), strict=True):
        table[name] = [values[code] for code in rest % len(values)]
        rest //= len(values)
    if not names:
        return pd.DataFrame(index=range(1))
    return pd.DataFrame({name: table[name] for name in names})


def _is_range(wanted: Any) -> bool:
    return hasattr(wanted, "at_least") or (
        isinstance(wanted, Mapping) and set(wanted) <= {"at_least", "at_most"}
    )


def _ends(wanted: Any) -> tuple[float | None, float | None]:
    if isinstance(wanted, Mapping):
        return wanted.get("at_least"), wanted.get("at_most")
    return wanted.at_least, wanted.at_most


def _number_ends(wanted: Any, name: str) -> tuple[float | None, float | None]:
    """Return the ends of a range, or refuse those that are no numbers."""
    ends = _ends(wanted)
    if all(end is None or isinstance(end, Real) for end in ends):
        return ends
    raise EstimationError(
        Issue(
            f"a range of '{name}' lies between numbers",
            where="where",
            found=", ".join(type(end).__name__ for end in ends if not isinstance(end, Real)),
            expected="{'at_least': 18, 'at_most': 29}, or one of the two",
            remedy="give numbers; for other values name them in a list",
        )
    )


def range_ends(wanted: Any) -> tuple[float | None, float | None] | None:
    """Return the ends of a range, or None if something else is wanted."""
    return _ends(wanted) if _is_range(wanted) else None


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _matches(column: pd.Series, wanted: Any, name: str) -> npt.NDArray[np.bool_]:
    if _is_range(wanted):
        low, high = _number_ends(wanted, name)
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
        floor = -np.inf if low is None else low
        ceiling = np.inf if high is None else high
        return np.asarray((numbers >= floor) & (numbers <= ceiling))
    values = list(wanted) if isinstance(wanted, list | tuple | set) else [wanted]
    if is_numeric_dtype(column):
        # 4, 4.0 and the command's "4" are one number.
        values = [f"{float(value)}" if _is_number(value) else value for value in values]
        column = column.astype("float64")
    there = {str(value) for value in _levels(column)[1]}
    unknown = [value for value in values if str(value) not in there]
    if unknown and len(there) <= _MOST_LISTED:
        raise EstimationError(
            Issue(
                f"'{name}' has no value '{unknown[0]}'",
                where="where",
                found=str(unknown[0]),
                expected="one of " + ", ".join(sorted(there)),
                remedy=nearest(str(unknown[0]), there, "name one of them"),
            )
        )
    return np.asarray(column.astype("str").isin([str(value) for value in values]))
