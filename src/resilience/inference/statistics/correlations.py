"""Estimate correlations in the population."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import EstimationError, Issue
from resilience.inference.statistics.assembling import Kind, assembled
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
    from resilience.inference.statistics.assembling import Statistic
    from resilience.inference.statistics.domains import By, Domains, Where

    Floats = npt.NDArray[np.float64]

__all__ = ["estimate_correlation"]


def estimate_correlation(
    design: SurveyDesign,
    variables: Sequence[str] | Sequence[tuple[str, str]],
    *,
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate Pearson correlations in the population.

    Use it for how closely two indices go together, and, by contrasts, whether more closely in
    one place or wave than in another. Rows count where both are answered, pair by pair, so that
    `n` may differ between pairs.

    Parameters
    ----------
    design, by, where
        As for `estimate_mean`.
    variables : sequence of str, or of pairs
        Numeric columns, all pairs of which are correlated; or the pairs.

    Returns
    -------
    Estimates
        `variable` is the first of a pair, a column `with_variable` the other. Intervals are
        symmetric on Fisher's z, with the design's standard error and t. NaN, without a standard
        error, where one of the two does not vary or nobody answered both.

    Raises
    ------
    EstimationError, ComparisonError
        As for `estimate_mean`; or if fewer than two variables are named.

    References
    ----------
    Kish and Frankel (1974), J. R. Statist. Soc. B 36, 1-37, for correlations by linearisation.
    Fisher (1921), Metron 1, 3-32, for z. Oracle: R survey 4.1-1 has no correlation; `svycontrast`
    of the moments in `svytotal`, and `svyvar`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"x": [1.0, 2, 3, 4], "y": [2.0, 1, 4, 3], "ea": [1, 1, 2, 3]})
    >>> rs.estimate_correlation(rs.SurveyDesign(frame, psu="ea"), ["x", "y"]).values.round(3)
    array([0.6])
    """
    pairs = _pairs(variables)
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    numbers = {column.variable: column.y for column in columns_of(design, names)}
    domains = domains_of(design, by, where)
    columns = [
        Column(one, numbers[one], {"with_variable": other}, others=(other,)) for one, other in pairs
    ]
    statistics = [_correlation(design, numbers[x], numbers[y], domains) for x, y in pairs]
    kind = Kind("correlation", "fisher_z", "correlation")
    return assembled(design, columns, domains, statistics, kind)


def _pairs(variables: Sequence[str] | Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs that are meant."""
    given: list[str | tuple[str, str]] = [variables] if isinstance(variables, str) else [*variables]
    names = [part for part in given if isinstance(part, str)]
    pairs = [(str(part[0]), str(part[1])) for part in given if len(part) == 2 and part not in names]  # noqa: PLR2004
    if pairs and len(pairs) == len(given):
        return list(dict.fromkeys(pairs))
    found = list(combinations(dict.fromkeys(names), 2))
    if found and len(names) == len(given):
        return found
    raise EstimationError(
        Issue(
            "a correlation is one of two variables",
            where="estimate_correlation: variables",
            found=f"{len(names)} names and {len(given) - len(names)} others",
            expected="two or more names, all pairs of which are meant; or pairs of names",
            remedy="['trust', 'belonging'], or [('trust', 'age'), ('belonging', 'age')]",
        )
    )


def _correlation(design: SurveyDesign, x: Floats, y: Floats, domains: Domains) -> Statistic:
    """Return r with the influence w (a b - r (a^2 + b^2) / 2) / W, a and b standardised."""
    rows = DomainRows.of(
        domains.of_row, domains.size, ~np.isnan(x) & ~np.isnan(y) & weighing(design)
    )

    def standardised(numbers: Floats, weights: Floats) -> Floats:
        _, variances, deviations = rows.moments(numbers, weights)
        return quotient(deviations, np.sqrt(variances)[rows.domain])

    def products(weights: Floats) -> tuple[Floats, Floats, Floats]:
        a, b = standardised(x[rows.chosen], weights), standardised(y[rows.chosen], weights)
        return a, b, np.clip(rows.mean(a * b, weights), -1.0, 1.0)

    def influence(weights: Floats) -> Floats:
        a, b, r = products(weights)
        moved = a * b - r[rows.domain] * (a**2 + b**2) / 2
        return quotient(weights * moved, rows.added(weights)[rows.domain])

    return domain_statistic(design, rows, point=lambda w: products(w)[2], influence=influence)
