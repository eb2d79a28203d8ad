"""Tests of independence in two-way tables."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from resilience.errors import EstimationError, Issue
from resilience.inference.comparisons.joint_tests import JointTests
from resilience.inference.comparisons.table_statistics import (
    quadratic_form,
    rao_scott,
    residual_totals,
    wald_f,
)
from resilience.inference.results.signatures import require_one_score_in_rows
from resilience.inference.statistics.assembling import Kind
from resilience.inference.statistics.columns import Column, absent_column, require_design
from resilience.inference.statistics.domains import domain_in_words, domains_of
from resilience.inference.statistics.influence import weighing
from resilience.inference.statistics.row_statistics import RowStatistics, estimated_from_rows

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.inference.comparisons.table_statistics import Figures
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Domains, Where

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Rows = npt.NDArray[np.int64]

__all__ = ["TableStatistic", "rao_scott_test"]

TableStatistic = Literal["F", "Chisq", "Wald", "adjWald"]
"""Rao and Scott's second and first order corrections; Wald's test, and that for few PSUs."""

_VERB = "rao_scott_test"
_MOST_LEVELS = 50


def rao_scott_test(
    design: SurveyDesign,
    rows: str,
    columns: str,
    *,
    statistic: TableStatistic = "F",
    by: By = None,
    where: Where = None,
) -> JointTests:
    """Test whether two characteristics are independent in the population.

    Use it for a two-way table of answers by group. Respondents without one of the two are left
    out and told (`tested.provenance`); the design still counts everybody.

    Parameters
    ----------
    design : SurveyDesign
    rows, columns : str
        Columns with 2 to 50 values each: categories or codes.
    statistic : {'F', 'Chisq', 'Wald', 'adjWald'}
        'F': Pearson's chi-square corrected to second order, referred to F; the one to use.
        'Chisq': to first order, referred to a chi-square. 'Wald' on observed less expected
        totals, and 'adjWald' adjusted for few PSUs.
    by, where
        As for `estimate_mean`; one test for each domain, on the values that occur there.

    Returns
    -------
    JointTests
        `statistic` is the corrected one, to which `p_value` belongs. For 'F' and 'Chisq' there
        are besides `pearson`, the chi-square of the weighted table at n respondents without
        correction, and `design_effect`, by which it is divided to first order. `empty_cells`
        counts combinations that nobody has: the corrections rest on the others, and more than
        a few call for joining values. `tested` has the table of estimated proportions (of all
        in the domain's table, who are its `n`) with their covariance.

    Raises
    ------
    EstimationError
        If a column is absent or has one value, or too many; or the covariance leaves no test,
        as with more cells than PSUs for Wald's; all domains at once.
    ComparisonError
        If answers would be pooled over waves that asked otherwise.

    References
    ----------
    Rao and Scott (1984), Annals of Statistics 12: 46-60; Thomas and Rao (1987), JASA 82:
    630-636; Koch, Freeman and Freeman (1975) for Wald's. Oracle: R survey 4.1-1, `svychisq`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"sex": list("fmfmfmfm"), "trust": [0, 1, 1, 1, 0, 0, 1, 0],
    ...     "ea": [1, 1, 2, 2, 3, 3, 4, 4]})
    >>> test = rs.rao_scott_test(rs.SurveyDesign(frame, psu="ea"), "sex", "trust")
    >>> len(test.tested), test.ddf.tolist()
    (4, [3.0])
    """
    if statistic not in get_args(TableStatistic):
        message = f"'statistic' must be one of {get_args(TableStatistic)} (got {statistic!r})"
        raise ValueError(message)
    require_design(design)
    names = (rows, columns)
    _require_columns(design, names, by)
    table = _table(design, domains_of(design, by, where), names)
    corrected = statistic in ("F", "Chisq")
    shares = estimated_from_rows(design, table.cells(), table.domains, _cell_shares(table))
    weighed = (
        shares
        if corrected
        else estimated_from_rows(design, table.cells(), table.domains, _cell_totals(table))
    )
    made = [_tested(table, weighed, domain, statistic) for domain in range(table.domains.size)]
    _require_tested(table, made, statistic)
    tests = [one for one in made if one is not None]
    told = {"test": statistic, "rows": rows, "columns": columns}
    named = pd.DataFrame(
        {**{name: [value] * len(tests) for name, value in told.items()}, **table.domains.table}
    )
    further = ("empty_cells", *(("pearson", "design_effect") if corrected else ()))
    return JointTests(
        named,
        **{
            name: np.array([getattr(one.figures, name) for one in tests], np.float64)
            for name in ("statistic", "df", "ddf", "p_value")
        },
        n=shares.n[: table.domains.size].copy(),
        tested=shares,
        further={
            name: np.array([getattr(one, name) for one in tests], np.float64) for name in further
        },
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Who is in which cell of a two-way table.

    Attributes
    ----------
    names : tuple of two str
    levels : tuple of two lists
        The values that occur, in their order.
    cell : numpy.ndarray
        Each row's cell, row by row of the table, shape (n,); of no meaning outside domains.
    domains : Domains
        Of the rows with both values.
    """

    names: tuple[str, str]
    levels: tuple[list[Any], list[Any]]
    cell: Codes
    domains: Domains

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.levels[0]), len(self.levels[1])

    def cells(self) -> list[Column]:
        """Return what each cell is called."""
        nothing = np.empty(0)
        return [
            Column(self.names[1], nothing, dict(zip(self.names, pair, strict=True)))
            for pair in itertools.product(*self.levels)
        ]

    def marks(self, rows: Rows) -> Floats:
        """Return in which cell each row is, shape (rows, cells)."""
        return np.asarray(np.eye(self.shape[0] * self.shape[1])[self.cell[rows]])


@dataclass(frozen=True, slots=True)
class _Tested:
    """One domain's test."""

    figures: Figures
    empty_cells: int
    pearson: float = np.nan
    design_effect: float = np.nan


def _cell_shares(table: _Table) -> RowStatistics:
    """Return how the proportions of the cells follow from weights."""

    def fit(rows: Rows, weights: Floats) -> Floats:
        cells = table.shape[0] * table.shape[1]
        return np.asarray(np.bincount(table.cell[rows], weights, cells) / weights.sum())

    return RowStatistics(
        Kind("proportion", "logit", "share"),
        fit,
        lambda _rows, _weights, shares: shares,
        lambda rows, weights, shares: (
            (table.marks(rows) - shares) * (weights / weights.sum())[:, None]
        ),
    )


def _cell_totals(table: _Table) -> RowStatistics:
    """Return how the totals of the cells follow from weights."""

    def fit(rows: Rows, weights: Floats) -> Floats:
        cells = table.shape[0] * table.shape[1]
        return np.bincount(table.cell[rows], weights, cells).astype(np.float64)

    return RowStatistics(
        Kind("total", "t", "total"),
        fit,
        lambda _rows, _weights, totals: totals,
        lambda rows, weights, _totals: table.marks(rows) * weights[:, None],
    )


def _tested(
    table: _Table, weighed: Estimates, domain: int, statistic: TableStatistic
) -> _Tested | None:
    """Return a domain's test on the values that occur there; None if there is none."""
    positions = np.arange(len(weighed)) % table.domains.size == domain
    part = weighed.select(positions)
    values = part.values.reshape(table.shape)
    inside = np.ix_(values.sum(axis=1) > 0, values.sum(axis=0) > 0)
    values = values[inside]
    kept = np.arange(len(part)).reshape(table.shape)[inside].ravel()
    if min(values.shape) == 1:
        return None
    covariance = part.covariance[np.ix_(kept, kept)]
    empty, df, n = int((values == 0).sum()), float(part.df.min()), float(part.n[0])
    if statistic in ("F", "Chisq"):
        found = rao_scott(values, covariance, n, df) if df > 0 else None
        if found is None:
            return None
        figures = found.second if statistic == "F" else found.first
        return _Tested(figures, empty, found.pearson, found.design_effect)
    residuals, slopes = residual_totals(values)
    adjusted = statistic == "adjWald"
    if df <= (len(residuals) - 1 if adjusted else 0):
        return None
    form = quadratic_form(residuals, slopes @ covariance @ slopes.T)
    if form is None:
        return None
    return _Tested(wald_f(form, len(residuals), df, adjusted=adjusted), empty)


def _table(design: SurveyDesign, domains: Domains, names: tuple[str, str]) -> _Table:
    """Return the table of those who have both values, checked."""
    coded = [_coded(design.frame[name]) for name in names]
    inside = domains.of_row >= 0
    absent = {
        f"{name} missing": int((inside & (codes < 0)).sum())
        for name, (codes, _) in zip(names, coded, strict=True)
    }
    both = (coded[0][0] >= 0) & (coded[1][0] >= 0) & weighing(design)
    used = replace(
        domains,
        of_row=np.where(both, domains.of_row, -1),
        excluded={**domains.excluded, **{name: n for name, n in absent.items() if n}},
    )
    for name in names:
        require_one_score_in_rows(design, name, used.of_row >= 0)
    counting = (used.of_row >= 0) & (design.weights > 0)
    compact, levels = [], []
    for codes, values in coded:
        there = np.unique(codes[counting])
        compact.append(np.searchsorted(there, codes).clip(0, max(len(there) - 1, 0)))
        levels.append([values[code] for code in there])
    table = _Table(names, (levels[0], levels[1]), compact[0] * len(levels[1]) + compact[1], used)
    _require_levels(table, np.bincount(used.of_row[counting], minlength=used.size))
    return table


def _coded(column: pd.Series) -> tuple[Codes, list[Any]]:
    """Return positions of values, -1 where missing, and the values in their order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, np.int64), list(column.cat.categories)
    codes, values = pd.factorize(column, sort=True)
    whole = [int(v) if isinstance(v, float) and v.is_integer() else v for v in values.tolist()]
    return np.asarray(codes, np.int64), whole


def _require_columns(design: SurveyDesign, names: tuple[str, str], by: By) -> None:
    """Refuse columns that are absent, the same, or make the domains."""
    frame = design.frame
    usable = [str(name) for name in frame.columns if name != design.respondent_id]
    issues = [absent_column(design, name, _VERB, usable) for name in names if name not in frame]
    if names[0] == names[1]:
        issues.append(_issue("a table needs two columns", names[0], "two different columns"))
    apart = [by] if isinstance(by, str) else by or ()
    issues += [
        _issue(f"'{name}' is the same throughout a domain", name, "another 'by'")
        for name in names
        if name in apart
    ]
    if issues:
        raise EstimationError(*issues)


def _require_levels(table: _Table, n: Codes) -> None:
    """Refuse columns with one value or too many, and domains with nobody."""
    issues = [
        _issue(
            f"'{name}' has {len(levels)} values that can be counted",
            name,
            f"2 to {_MOST_LEVELS} values",
        )
        for name, levels in zip(table.names, table.levels, strict=True)
        if not 1 < len(levels) <= _MOST_LEVELS
    ]
    issues += [
        _issue(
            f"nobody has both values in {domain_in_words(table.domains, int(domain))}",
            "0 respondents",
            "respondents with both",
        )
        for domain in np.flatnonzero(n == 0)
        if table.domains.size > 1
    ]
    if issues:
        raise EstimationError(*issues)


def _require_tested(table: _Table, made: list[_Tested | None], statistic: str) -> None:
    """Refuse domains whose table leaves no test, all at once."""
    issues = []
    for domain in (number for number, one in enumerate(made) if one is None):
        place = domain_in_words(table.domains, domain)
        issues.append(
            _issue(
                f"the table of {table.names[0]} by {table.names[1]} leaves no {statistic} test"
                + (f" in {place}" if place else ""),
                "one row or column, or cells that hardly vary between PSUs",
                "two values of both, and more PSUs less strata than cells to be tested",
            )
        )
    if issues:
        raise EstimationError(*issues)


def _issue(what: str, found: str, expected: str) -> Issue:
    return Issue(
        what,
        where=_VERB,
        found=found,
        expected=expected,
        remedy="join values into groups, or restrict with 'where'",
    )
