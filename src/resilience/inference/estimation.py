"""Estimate population totals, means and proportions, each with its joint covariance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.inference.columns import (
    columns_of,
    each_answer,
    given_answers,
    require_binary,
)
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
    from resilience.inference.columns import Column
    from resilience.inference.design import SurveyDesign
    from resilience.inference.domains import By, Domains, Where
    from resilience.inference.intervals import IntervalRule
    from resilience.inference.linearisation import Linearised
    from resilience.inference.totals import Totals

    Floats = npt.NDArray[np.float64]
    Labels = Mapping[str, Mapping[str, Mapping[str, str]]]

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
        In the variables' units. Intervals by t with the row's degrees of freedom, which are 0,
        and the standard error not known, where all answers come from one PSU; design
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
    columns = columns_of(design, variables)
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
        The variables added up over the population: people, where they are 0 and 1.

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
    columns = columns_of(design, variables)
    return _estimated(design, columns, by, where, linearised_total, _Kind("total", "t", "total"))


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
    to an item, for the distribution of its answers, or for the make-up of the population by
    a categorical column. Refusals, "don't know" and other missing answers are not in the
    denominator; `n` counts those who are.

    Parameters
    ----------
    design, variables, by, where
        As for `estimate_mean`.
    answers : sequence of numbers, 'each' or None
        The codes whose share is wanted; 'each' gives one row for each answer or category that
        occurs, in a column `answer`. None: the variables are 0 and 1.

    Returns
    -------
    Estimates
        Shares from 0 to 1, with intervals on the log-odds.

    Raises
    ------
    EstimationError
        As for `estimate_mean`; or if a variable is not 0 and 1 and `answers` is not given, or
        nobody gave any of the `answers`.
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
    >>> sex = frame.assign(sex=pd.Categorical(["f", "m", "f", "f"]))
    >>> rs.estimate_proportion(rs.SurveyDesign(sex, psu="ea"), "sex", answers="each").values
    array([0.75, 0.25])
    """
    if isinstance(answers, str) and answers != "each":
        message = f"'answers' must be codes, 'each' or None (got {answers!r})"
        raise ValueError(message)
    columns = columns_of(design, variables, categories=answers == "each")
    if answers is None:
        require_binary(columns)
    elif isinstance(answers, str):
        columns = each_answer(columns)
    else:
        columns = given_answers(columns, answers)
    return _estimated(
        design, columns, by, where, linearised_mean, _Kind("proportion", "logit", "share")
    )


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a statistic is called, how its intervals are made, and its unit if it has its own."""

    measure: str
    rule: IntervalRule
    unit: str | None = None


def _estimated(
    design: SurveyDesign,
    columns: Sequence[Column],
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
        labels=_labels(design, columns),
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
    column: Column,
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
    return (
        statistic,
        Part(sample, statistic.contributions, support & statistic.known, statistic.known),
        signatures,
    )


def _ratio(above: Floats, below: Floats) -> Floats:
    """Return a ratio, NaN where the lower part is not positive."""
    ratio = np.full(len(above), np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio


def _rows(columns: Sequence[Column], domains: Domains, measure: str) -> pd.DataFrame:
    tables = []
    for column in columns:
        table = domains.table.copy()
        for position, (name, value) in enumerate(
            {"measure": measure, "variable": column.variable, **column.keys}.items()
        ):
            table.insert(position, name, value)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _labels(design: SurveyDesign, columns: Sequence[Column]) -> Labels:
    """Return titles; of answers those that are the same for all variables that have them."""
    answers: dict[str, Mapping[str, str]] = {}
    for name in dict.fromkeys(column.variable for column in columns if "answer" in column.keys):
        for value, title in design.labels.get(name, {}).items():
            answers[value] = title if answers.get(value, title) == title else {}
    variables = {
        **design.labels.get("variable", {}),
        **{name: measure.title for name, measure in design.measures.items()},
    }
    told = {value: title for value, title in answers.items() if title}
    return {**design.labels, "variable": variables, "answer": told}


def _unit(design: SurveyDesign, variable: str) -> str:
    measure = design.measures.get(variable)
    return measure.unit if measure else ""
