"""Estimate population totals, means and proportions, each with its joint covariance."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from resilience.inference.designs.engine import EngineDesign
from resilience.inference.results.factor import Part
from resilience.inference.results.intervals import ProportionRule
from resilience.inference.statistics.assembling import Kind, Statistic, assembled
from resilience.inference.statistics.columns import (
    columns_of,
    each_answer,
    given_answers,
    require_binary,
)
from resilience.inference.statistics.domains import domains_of
from resilience.inference.statistics.engine_totals import estimated_in_engine
from resilience.inference.statistics.influence import (
    replicate_part,
    replicate_row_weights,
    slot_contributions,
)
from resilience.inference.statistics.linearisation import linearised_mean, linearised_total
from resilience.inference.statistics.totals import slot_totals
from resilience.inference.weights.weight_history import projections_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.columns import Column
    from resilience.inference.statistics.domains import By, Domains, Where
    from resilience.inference.statistics.linearisation import Linearised
    from resilience.inference.statistics.totals import Totals

    Floats = npt.NDArray[np.float64]

__all__ = ["estimate_mean", "estimate_proportion", "estimate_total"]


def estimate_mean(
    design: SurveyDesign | EngineDesign,
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
    design : SurveyDesign or EngineDesign
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
    kind = Kind("mean", "t")
    if isinstance(design, EngineDesign):
        return estimated_in_engine(design, variables, by, where, linearised_mean, kind)
    return _estimated(design, columns_of(design, variables), by, where, linearised_mean, kind)


def estimate_total(
    design: SurveyDesign | EngineDesign,
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
    kind = Kind("total", "t", "total")
    if isinstance(design, EngineDesign):
        return estimated_in_engine(design, variables, by, where, linearised_total, kind)
    return _estimated(design, columns_of(design, variables), by, where, linearised_total, kind)


def estimate_proportion(
    design: SurveyDesign | EngineDesign,
    variables: str | Sequence[str],
    *,
    answers: Sequence[float] | str | None = None,
    by: By = None,
    where: Where = None,
    interval: ProportionRule = "logit",
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
    interval : {'logit', 'korn_graubard', 'wilson'}
        On the log-odds; exact binomial limits of the effective sample size, which are wider
        and do well for rare answers; or Wilson's score limits of it, which are shorter than
        exact ones. All have limits where nobody or everybody agrees, from n alone.

    Returns
    -------
    Estimates
        Shares from 0 to 1.

    Raises
    ------
    EstimationError
        As for `estimate_mean`; or if a variable is not 0 and 1 and `answers` is not given, or
        nobody gave any of the `answers`.
    ComparisonError
        As for `estimate_mean`.

    References
    ----------
    Korn and Graubard (1998), Survey Methodology 24, 193-201; Wilson (1927), J. Am. Statist.
    Assoc. 22, 209-212, with their effective sample size. Oracle: R survey 4.1-1,
    `svyciprop(method = "logit")` and `"beta"`; `prop.test` of the effective sample size.

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
    if interval not in get_args(ProportionRule):
        message = f"'interval' must be one of {get_args(ProportionRule)} (got {interval!r})"
        raise ValueError(message)
    kind = Kind("proportion", interval, "share")
    if isinstance(design, EngineDesign):
        return estimated_in_engine(
            design, variables, by, where, linearised_mean, kind, answers=answers
        )
    columns = columns_of(design, variables, categories=answers == "each")
    if answers is None:
        require_binary(columns)
    elif isinstance(answers, str):
        columns = each_answer(columns)
    else:
        columns = given_answers(columns, answers)
    return _estimated(design, columns, by, where, linearised_mean, kind)


def _estimated(
    design: SurveyDesign,
    columns: Sequence[Column],
    by: By,
    where: Where,
    linearise: Callable[[Totals], Linearised],
    kind: Kind,
) -> Estimates:
    """Estimate a statistic that comes from PSU totals, for each column and domain."""
    domains = domains_of(design, by, where)
    statistics = [_linearised(design, column, domains, linearise) for column in columns]
    return assembled(design, columns, domains, statistics, kind)


def _linearised(
    design: SurveyDesign,
    column: Column,
    domains: Domains,
    linearise: Callable[[Totals], Linearised],
) -> Statistic:
    """Return a column's statistics with what PSUs contribute to them."""
    sample = design.sample
    totals = slot_totals(
        column.y,
        design.weights,
        design.slot_of_row,
        domains.of_row,
        slots=sample.n_slots,
        domains=domains.size,
    )
    made = linearise(totals)
    reached = totals.cells_reached(sample.cell_of_slot, sample.n_cells)
    known = made.known
    if made.own_mean and (sample.later or not sample.first.keys_are_units):
        known = known & sample.shows_variation(totals.weights > 0)
    if design.replicates is None:
        contributions = made.contributions
        if projections_of(design.weight_history):
            by_row = linearise(_row_totals(design, column, domains)).contributions
            contributions = slot_contributions(design, by_row)
        part = Part(sample, contributions, reached & known, known)
    else:
        values = _under_replicates(design, column, domains, linearise)
        known = known | design.replicates.supplied
        part = replicate_part(design, values, made.values, reached, known)
    return Statistic(made.values, made.n, made.simple_variance, part, reached)


def _row_totals(design: SurveyDesign, column: Column, domains: Domains) -> Totals:
    """Return the totals of rows as if each were a PSU of its own."""
    n = len(design.weights)
    return slot_totals(
        column.y, design.weights, np.arange(n), domains.of_row, slots=n, domains=domains.size
    )


def _under_replicates(
    design: SurveyDesign,
    column: Column,
    domains: Domains,
    linearise: Callable[[Totals], Linearised],
) -> Floats:
    """Return a statistic under each replicate, shape (rows of the factor, domains)."""
    replicates = design.replicates
    assert replicates is not None  # noqa: S101 - callers ask first
    if design.weight_history:
        everybody = np.zeros(len(design.weights), np.int64)
        made = [
            linearise(
                slot_totals(
                    column.y, weights, everybody, domains.of_row, slots=1, domains=domains.size
                )
            ).values
            for weights in replicate_row_weights(design)
        ]
        return np.array(made)
    totals = slot_totals(
        column.y,
        replicates.base_weights(design.weights),
        replicates.unit_of_row,
        domains.of_row,
        slots=len(replicates.group_of_unit),
        domains=domains.size,
    )
    values, weights = (
        replicates.totals(part, design.weights) for part in (totals.values, totals.weights)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return linearise(totals).of_totals(values, weights)
