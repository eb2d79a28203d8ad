"""Estimate ratios of population totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resilience.inference.designs.engine import EngineDesign
from resilience.inference.statistics.assembling import Kind, assembled
from resilience.inference.statistics.columns import Column, columns_of
from resilience.inference.statistics.domain_rows import DomainRows, quotient
from resilience.inference.statistics.domain_statistics import domain_statistic
from resilience.inference.statistics.domains import domains_of
from resilience.inference.statistics.engine_totals import estimated_in_engine
from resilience.inference.statistics.influence import weighing
from resilience.inference.statistics.linearisation import linearised_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.assembling import Statistic
    from resilience.inference.statistics.domains import By, Domains, Where

    Floats = npt.NDArray[np.float64]

__all__ = ["estimate_ratio"]


def estimate_ratio(
    design: SurveyDesign | EngineDesign,
    numerator: str | Sequence[str],
    denominator: str,
    *,
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate ratios of two population totals.

    Use it where both parts vary from respondent to respondent: spending per member of the
    household, incidents reported per incident. A mean is the ratio to a column of 1. Rows count
    where both are answered.

    Parameters
    ----------
    design, by, where
        As for `estimate_mean`.
    numerator : str or sequence of str
        Numeric columns; each is divided by the denominator.
    denominator : str
        A numeric column.

    Returns
    -------
    Estimates
        `variable` is the numerator, a column `denominator` the other. NaN, without a standard
        error, where nobody answered both or the denominator adds up to 0. Intervals by t.

    Raises
    ------
    EstimationError, ComparisonError
        As for `estimate_mean`.

    References
    ----------
    Särndal, Swensson and Wretman (1992), section 5.6. Oracle: R survey 4.1-1, `svyratio`, also
    its design effect (`deff="replace"`).

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"spent": [9.0, 2, 4, 7], "members": [3, 1, 1, 6], "ea": [1, 1, 2, 3]})
    >>> rs.estimate_ratio(rs.SurveyDesign(frame, psu="ea"), "spent", "members").values
    array([2.])
    """
    kind = Kind("ratio", "t", "ratio")
    if isinstance(design, EngineDesign):
        return estimated_in_engine(
            design, numerator, by, where, linearised_ratio, kind, below=denominator
        )
    above, below = columns_of(design, numerator), columns_of(design, denominator)[0]
    domains = domains_of(design, by, where)
    columns = [
        Column(
            column.variable,
            column.y,
            {"denominator": below.variable},
            others=(below.variable,),
        )
        for column in above
    ]
    statistics = [_ratio(design, column.y, below.y, domains) for column in columns]
    return assembled(design, columns, domains, statistics, kind)


def _ratio(design: SurveyDesign, above: Floats, below: Floats, domains: Domains) -> Statistic:
    """Return ratios R with the influence w (y - R x) / sum(w x)."""
    answered = ~np.isnan(above) & ~np.isnan(below)
    rows = DomainRows.of(domains.of_row, domains.size, answered & weighing(design))
    y, x = above[rows.chosen], below[rows.chosen]

    def point(weights: Floats) -> Floats:
        return quotient(rows.added(weights * y), rows.added(weights * x))

    def influence(weights: Floats) -> Floats:
        residual = weights * (y - point(weights)[rows.domain] * x)
        return quotient(residual, rows.added(weights * x)[rows.domain])

    return domain_statistic(design, rows, point=point, influence=influence)
