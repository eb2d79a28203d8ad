"""Estimate quantiles of the population."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from resilience.inference.results.factor import side_by_side
from resilience.inference.results.intervals import WoodruffNeeds
from resilience.inference.results.sorted_shares import sorted_shares
from resilience.inference.statistics.assembling import Kind, Statistic, assembled
from resilience.inference.statistics.columns import Column, columns_of
from resilience.inference.statistics.domain_rows import DomainRows, quotient
from resilience.inference.statistics.domain_statistics import domain_statistic
from resilience.inference.statistics.domains import domains_of
from resilience.inference.statistics.influence import weighing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.results.sorted_shares import SortedShares
    from resilience.inference.statistics.domains import By, Domains, Where

    Floats = npt.NDArray[np.float64]

__all__ = ["estimate_quantile"]

_LEVEL_OF_ERROR = 0.95  # the interval whose half width is the standard error, times t


def estimate_quantile(
    design: SurveyDesign,
    variables: str | Sequence[str],
    probabilities: float | Sequence[float] = (0.25, 0.5, 0.75),
    *,
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate medians and other quantiles of the population.

    Use it for numbers with a long tail, and to see whether a change in a mean is one of all or
    of few. A quantile is the lowest value that at least this share of the population does not
    exceed, so it is a value that occurs; of an item with few answers it jumps, and its limits
    with it: there the distribution of answers tells more. Respondents without the value are
    left out.

    The joint covariance treats each quantile as the share at or below it, divided by the
    density there, and takes the density that gives the standard error: exact for the row
    itself, to first order between rows.

    Parameters
    ----------
    design, variables, by, where
        As for `estimate_mean`.
    probabilities : float or sequence of float
        Shares between 0 and 1.

    Returns
    -------
    Estimates
        In the variables' units, with a column `probability`. Intervals are Woodruff's: the
        quantiles at the limits of the share at or below the estimate. The standard error is the
        half width of the interval of 95 % divided by its t. A limit is NaN where the share's
        lies outside 0 and 1, and then the standard error is NaN too: the sample has too few
        beyond it. Where all PSUs agree on the share, as at the highest value, it is 0. Where
        variances come from replicates, it is that of the replicates' quantiles, which a
        jackknife gives badly; the limits stay Woodruff's, as R's default.

    Raises
    ------
    EstimationError, ComparisonError
        As for `estimate_mean`.
    ValueError
        If a probability is not between 0 and 1.

    References
    ----------
    Woodruff (1952), J. Am. Statist. Assoc. 47, 635-646. Francisco and Fuller (1991), Ann.
    Statist. 19, 454-469, for the linearisation. Oracle: R survey 4.1-1, `svyquantile` with its
    default rule "math" and interval "mean". Below the first value's own share R gives the second
    value, this the first.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7, 9], "ea": [1, 1, 2, 3, 3]})
    >>> rs.estimate_quantile(rs.SurveyDesign(frame, psu="ea"), "y", 0.5).values
    array([4.])
    """
    shares = [float(p) for p in np.atleast_1d(np.asarray(probabilities, np.float64))]
    if not shares or not all(0 < share < 1 for share in shares):
        message = f"'probabilities' must lie between 0 and 1 (got {probabilities})"
        raise ValueError(message)
    given = columns_of(design, variables)
    domains = domains_of(design, by, where)
    columns = [
        Column(column.variable, column.y, {"probability": share})
        for column in given
        for share in shares
    ]
    ordered = {column.variable: _Ordered.of(design, column.y, domains) for column in given}
    statistics = [
        _quantile(design, ordered[column.variable], share)
        for column, share in zip(columns, shares * len(given), strict=True)
    ]
    return assembled(design, columns, domains, statistics, Kind("quantile", "woodruff"))


@dataclass(frozen=True, slots=True, eq=False)
class _Ordered:
    """A variable's values by domain and size, so that any weights give quantiles in one pass."""

    rows: DomainRows
    values: Floats
    ends: npt.NDArray[np.int64]
    distributions: tuple[SortedShares, ...]

    @classmethod
    def of(cls, design: SurveyDesign, y: Floats, domains: Domains) -> _Ordered:
        rows = DomainRows.of(domains.of_row, domains.size, ~np.isnan(y) & weighing(design))
        order = np.lexsort((y[rows.chosen], rows.domain))
        rows = replace(rows, chosen=rows.chosen[order], domain=rows.domain[order])
        ends = np.searchsorted(rows.domain, np.arange(domains.size + 1))
        made = cls(rows, y[rows.chosen], ends, ())
        return replace(made, distributions=made.by_domain(design.weights[rows.chosen]))

    def by_domain(self, weights: Floats) -> tuple[SortedShares, ...]:
        """Return each domain's distribution under some weights of the chosen rows."""
        return tuple(
            sorted_shares(self.values[start:end], weights[start:end])
            for start, end in zip(self.ends[:-1], self.ends[1:], strict=True)
        )


def _quantile(design: SurveyDesign, ordered: _Ordered, probability: float) -> Statistic:
    """Return quantiles with the influence -w (1[y <= q] - share) / (density W)."""
    rows = ordered.rows
    found = np.array([part.quantile(probability) for part in ordered.distributions])
    below = (ordered.values <= found[rows.domain]).astype(np.float64)

    def share(weights: Floats) -> Floats:
        return rows.mean(below, weights)

    def share_influence(weights: Floats) -> Floats:
        deviations = below - share(weights)[rows.domain]
        return quotient(weights * deviations, rows.added(weights)[rows.domain])

    shares = domain_statistic(design, rows, point=share, influence=share_influence)
    factor = side_by_side(shares.part.sample, [shares.part])
    needs = tuple(
        WoodruffNeeds(*parts)
        for parts in zip(
            ordered.distributions,
            shares.values.tolist(),
            np.sqrt(factor.variances()).tolist(),
            strict=True,
        )
    )
    density = _density(needs, factor.degrees_of_freedom())

    def point(weights: Floats) -> Floats:
        return np.array([part.quantile(probability) for part in ordered.by_domain(weights)])

    def influence(weights: Floats) -> Floats:
        return -quotient(share_influence(weights), density[rows.domain])

    made = domain_statistic(design, rows, point=point, influence=influence)
    if made.part.sample is design.sample:
        # Without a limit there is no density, and the variance is not known; replicates of the
        # quantile itself need none.
        part = replace(made.part, known=made.part.known & ~np.isnan(density))
        made = replace(made, part=part)
    return replace(made, needs=needs)


def _density(needs: Sequence[WoodruffNeeds], df: Floats) -> Floats:
    """Return the densities at which the shares' errors give Woodruff's, shape (domains,).

    NaN where a limit does not exist; infinite where the limits are the same value.
    """
    densities = np.full(len(needs), np.nan)
    for place, (need, freedom) in enumerate(zip(needs, df.tolist(), strict=True)):
        if freedom > 0 and np.isfinite(need.share_error):
            low, high = need.limits(freedom, _LEVEL_OF_ERROR)
            error = (high - low) / (2 * stats.t.ppf((1 + _LEVEL_OF_ERROR) / 2, freedom))
            densities[place] = np.inf if error == 0 else need.share_error / error
    return densities
