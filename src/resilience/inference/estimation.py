"""Estimate population totals, means and proportions, each with its joint covariance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import EstimationError, Issue, nearest
from resilience.inference.domains import domains_of
from resilience.inference.estimates import Estimates
from resilience.inference.factor import Part, side_by_side
from resilience.inference.linearisation import linearised_mean, linearised_total
from resilience.inference.provenance import Provenance
from resilience.inference.signatures import pooled_signatures
from resilience.inference.totals import slot_totals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from resilience.definitions.measures import Signature
    from resilience.inference.design import SurveyDesign
    from resilience.inference.domains import By, Domains, Where
    from resilience.inference.intervals import IntervalRule
    from resilience.inference.linearisation import Linearised
    from resilience.inference.totals import Totals

    Floats = npt.NDArray[np.float64]

__all__ = ["estimate_mean", "estimate_proportion", "estimate_total"]


def estimate_mean(
    design: SurveyDesign,
    variables: str | Sequence[str],
    *,
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate population means.

    Use it for indices and other numbers. Respondents without the value are left out of the
    row's mean, and its `n` counts those who have it; the design still counts everybody.

    Parameters
    ----------
    design : SurveyDesign
    variables : str or sequence of str
        Numeric columns.
    by : str or sequence of str, optional
        One row for each combination of these columns' values.
    where : mapping or boolean Series, optional
        Whom to restrict to: by column a value, a list, or a range
        ``{"at_least": 18, "at_most": 29}``.

    Returns
    -------
    Estimates
        In the variables' units. Intervals by t with the row's degrees of freedom; design
        effects compare with a simple random sample with replacement.

    Raises
    ------
    EstimationError
        If a column is absent or not numeric, or a value of `where` does not exist.
    ComparisonError
        If a row would pool waves whose scores are not the same score.

    References
    ----------
    Taylor linearisation: Särndal, Swensson and Wretman (1992), section 5.7. Oracle: R survey
    4.1-1, `svymean` and `svyby`.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/lebanon/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> len(rs.estimate_mean(design, ["cohesion", "resilience"], by=["wave", "site"]))
    24
    """
    columns = _columns(design, variables)
    return _estimated(design, columns, by, where, linearised_mean, _Kind("mean", "t"))


def estimate_total(
    design: SurveyDesign,
    variables: str | Sequence[str],
    *,
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate population totals.

    Use it with weights that add up to the population. Respondents without the value add
    nothing, so a total over missing answers is too small: look at `n`.

    Parameters
    ----------
    design, variables, by, where
        As for `estimate_mean`.

    Returns
    -------
    Estimates
        In the variables' units, added up over the population.

    Raises
    ------
    EstimationError, ComparisonError
        As for `estimate_mean`.

    References
    ----------
    Särndal, Swensson and Wretman (1992), section 2.8. Oracle: R survey 4.1-1, `svytotal`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "w": [10, 10, 20, 20], "ea": [1, 1, 2, 3]})
    >>> rs.estimate_total(rs.SurveyDesign(frame, weight="w", psu="ea"), "y").values.tolist()
    [250.0]
    """
    columns = _columns(design, variables)
    return _estimated(design, columns, by, where, linearised_total, _Kind("total", "t"))


def estimate_proportion(
    design: SurveyDesign,
    variables: str | Sequence[str],
    *,
    answers: Sequence[float] | str | None = None,
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate population proportions.

    Use it for indicators (columns of 0 and 1), for the share that gave some of the answers
    to an item, or for the distribution of its answers. Refusals, "don't know" and other
    missing answers are not in the denominator; `n` counts those who are.

    Parameters
    ----------
    design, variables, by, where
        As for `estimate_mean`.
    answers : sequence of numbers, 'each' or None
        The codes whose share is wanted; 'each' gives one row for each answer that occurs, in
        a column `answer`. None: the variables are 0 and 1.

    Returns
    -------
    Estimates
        Shares from 0 to 1, with intervals on the log-odds.

    Raises
    ------
    EstimationError
        As for `estimate_mean`; or if a variable is not 0 and 1 and `answers` is not given, or
        nobody gave an answer of which to tell each.
    ComparisonError
        As for `estimate_mean`.

    References
    ----------
    Oracle: R survey 4.1-1, `svyciprop(method = "logit")`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"trust": [0.0, 2, 3, 3], "ea": [1, 1, 2, 3]})
    >>> design = rs.SurveyDesign(frame, psu="ea")
    >>> rs.estimate_proportion(design, "trust", answers=[2, 3]).values.tolist()
    [0.75]
    """
    columns = _columns(design, variables)
    if answers is None:
        _require_binary(columns)
    elif isinstance(answers, str):
        if answers != "each":
            message = f"'answers' must be codes, 'each' or None (got {answers!r})"
            raise ValueError(message)
        columns = _each_answer(columns)
    else:
        columns = [_share(column, list(answers), {}) for column in columns]
    return _estimated(
        design, columns, by, where, linearised_mean, _Kind("proportion", "logit", "share")
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """Numbers to estimate from, and how their rows are told apart."""

    variable: str
    y: Floats
    keys: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a statistic is called, how its intervals are made, and its unit if it has its own."""

    measure: str
    rule: IntervalRule
    unit: str | None = None


def _estimated(
    design: SurveyDesign,
    columns: Sequence[_Column],
    by: By,
    where: Where,
    linearise: Callable[[Totals], Linearised],
    kind: _Kind,
) -> Estimates:
    """Estimate a statistic for each column and domain."""
    domains = domains_of(design, by, where)
    made = [_linearised(design, column, domains, linearise) for column in columns]
    factor = side_by_side(design.sample, [part for _, part, _ in made])
    statistics = [statistic for statistic, _, _ in made]
    n = np.concatenate([statistic.n for statistic in statistics])
    simple = np.concatenate([statistic.simple_variance for statistic in statistics])
    deff = _ratio(factor.variances(), simple)
    size = len(n)
    units = [kind.unit or _unit(design, column.variable) for column in columns]
    return Estimates(
        rows=_rows(columns, domains, kind.measure),
        values=np.concatenate([statistic.values for statistic in statistics]),
        factor=factor,
        n=n,
        unit=tuple(unit for unit in units for _ in range(domains.size)),
        interval_rule=(kind.rule,) * size,
        n_effective=_ratio(n, deff),
        deff=deff,
        signatures=tuple(mark for _, _, marks in made for mark in marks),
        labels={**design.labels, "variable": {n: m.title for n, m in design.measures.items()}},
        provenance=Provenance(
            design.study,
            kind.measure,
            domains.where,
            len(design.frame),
            domains.excluded,
            design.wave or "",
        ),
    )


def _linearised(
    design: SurveyDesign,
    column: _Column,
    domains: Domains,
    linearise: Callable[[Totals], Linearised],
) -> tuple[Linearised, Part, tuple[Signature | None, ...]]:
    """Return a column's statistics, what PSUs contribute to them, and by what rule it was made."""
    sample = design.sample
    totals = slot_totals(
        column.y,
        design.weights,
        design.slot_of_row,
        domains.of_row,
        slots=sample.n_slots,
        domains=domains.size,
    )
    statistic = linearise(totals)
    support = totals.cells_reached(sample.cell_of_slot, sample.n_cells)
    measure = design.measures.get(column.variable)
    signatures = pooled_signatures(measure, sample, design.wave_names, support)
    return statistic, Part(sample, statistic.contributions, support), signatures


def _ratio(above: Floats, below: Floats) -> Floats:
    """Return a ratio, NaN where the lower part is not positive."""
    ratio = np.full(len(above), np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio


def _columns(design: SurveyDesign, variables: str | Sequence[str]) -> list[_Column]:
    """Return the variables' numbers, or raise for all that are absent or not numeric."""
    names = [variables] if isinstance(variables, str) else list(variables)
    frame = design.frame
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
    return [_Column(name, frame[name].to_numpy(np.float64, na_value=np.nan)) for name in names]


def _require_binary(columns: Sequence[_Column]) -> None:
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


def _each_answer(columns: Sequence[_Column]) -> list[_Column]:
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


def _share(column: _Column, codes: list[float], keys: Mapping[str, Any]) -> _Column:
    """Return whether respondents gave one of some answers, NaN where they gave none."""
    chosen = np.where(np.isnan(column.y), np.nan, np.isin(column.y, codes).astype(float))
    return _Column(column.variable, chosen, keys)


def _rows(columns: Sequence[_Column], domains: Domains, measure: str) -> pd.DataFrame:
    tables = []
    for column in columns:
        table = domains.table.copy()
        for position, (name, value) in enumerate(
            {"measure": measure, "variable": column.variable, **column.keys}.items()
        ):
            table.insert(position, name, value)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _unit(design: SurveyDesign, variable: str) -> str:
    measure = design.measures.get(variable)
    return measure.unit if measure else ""
