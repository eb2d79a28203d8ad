"""Differences between groups in standard deviations."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import ComparisonError, Issue, ResilienceWarning, nearest
from resilience.inference.statistics.assembling import Kind, Statistic, assembled
from resilience.inference.statistics.columns import columns_of
from resilience.inference.statistics.domain_rows import DomainRows, quotient
from resilience.inference.statistics.domain_statistics import domain_statistic
from resilience.inference.statistics.domains import domains_of
from resilience.inference.statistics.influence import statistic_part, weighing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Domains, Where

    Floats = npt.NDArray[np.float64]

__all__ = ["standardised_difference"]


def standardised_difference(
    design: SurveyDesign,
    variables: str | Sequence[str],
    *,
    over: str,
    reference: str,
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate differences from a reference group in standard deviations.

    Use it for whether groups are alike before anything is compared (differences above 0.1 in
    size are usually looked at), and for effects on measures whose units say little. Columns of
    0 and 1 have their own standard deviation. Respondents without the value are left out.

    Parameters
    ----------
    design, variables, by, where
        As for `estimate_mean`.
    over : str
        The column of groups.
    reference : str
        The group that the others are compared with.

    Returns
    -------
    Estimates
        One row for each other group: (mean - mean of the reference) / s, with s^2 the mean of
        the two groups' variances; column `reference`. Standard errors know that s is estimated.
        `n` is that of the smaller group. NaN, without a standard error, where neither group
        varies or one has no answers. Intervals by t.

    Raises
    ------
    EstimationError
        As for `estimate_mean`.
    ComparisonError
        If `reference` is no group, or a row would pool scores that are not the same.

    Warns
    -----
    ResilienceWarning
        If groups have no reference to be compared with; they are left out.

    References
    ----------
    Austin (2009), Statistics in Medicine 28, 3083-3107, for the definition, with weighted
    moments sum(w (x - mean)^2) / sum(w). Oracle: R survey 4.1-1, `svycontrast` of the moments in
    `svytotal`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 3, 4, 6], "arm": list("ccpp"), "ea": [1, 2, 3, 4]})
    >>> design = rs.SurveyDesign(frame, psu="ea")
    >>> rs.standardised_difference(design, "y", over="arm", reference="c").values
    array([3.])
    """
    columns = columns_of(design, variables)
    names = [by] if isinstance(by, str) else list(by or ())
    domains = domains_of(design, [*(name for name in names if name != over), over], where)
    pairs, compared = _pairs(domains, over, reference)
    statistics = [_difference(design, column.y, domains, pairs) for column in columns]
    kind = Kind("standardised_difference", "t", "standard deviations")
    return assembled(design, columns, compared, statistics, kind)


def _pairs(domains: Domains, over: str, reference: str) -> tuple[npt.NDArray[np.int64], Domains]:
    """Return the domains to compare, shape (pairs, 2), and what each pair is."""
    groups = domains.table[over].astype("str")
    if reference not in set(groups):
        raise ComparisonError(
            Issue(
                f"'{over}' has no value '{reference}'",
                where="standardised_difference: reference",
                found=reference,
                expected="one of " + ", ".join(dict.fromkeys(groups)),
                remedy=nearest(reference, list(groups), "name one of them"),
            )
        )
    places = domains.table.drop(columns=over).astype("str").itertuples(index=False, name=None)
    keys = list(places) if domains.table.shape[1] > 1 else [()] * domains.size
    references = {key: row for row, key in enumerate(keys) if groups.iloc[row] == reference}
    others = [row for row in range(domains.size) if groups.iloc[row] != reference]
    paired = [row for row in others if keys[row] in references]
    if not paired:
        raise ComparisonError(
            Issue(
                f"no group has both '{reference}' and another value of '{over}'",
                where="standardised_difference: over, by",
                found=", ".join(map(str, domains.table.columns)),
                expected=f"groups in which '{over}' has '{reference}' and other values",
                remedy="break down by fewer columns, or choose another reference",
            )
        )
    if len(paired) < len(others):
        warnings.warn(
            f"{len(others) - len(paired)} groups have no '{reference}' to be compared with and "
            "are left out",
            ResilienceWarning,
            stacklevel=3,
        )
    table = domains.table.iloc[paired].reset_index(drop=True)
    table.insert(list(table.columns).index(over) + 1, "reference", reference)
    pairs = np.array([(row, references[keys[row]]) for row in paired], np.int64).reshape(-1, 2)
    return pairs, replace(domains, table=table)


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """Means and variances of the domains, and each row's deviation from its domain's mean."""

    means: Floats
    variances: Floats
    deviations: Floats
    population: Floats

    @classmethod
    def of(cls, rows: DomainRows, numbers: Floats, weights: Floats) -> _Moments:
        means, variances, deviations = rows.moments(numbers, weights)
        return cls(means, variances, deviations, rows.added(weights))

    def differences(self, pairs: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return standardised differences, and the standard deviations."""
        spread = np.sqrt(self.variances[pairs].mean(axis=1))
        return quotient(self.means[pairs[:, 0]] - self.means[pairs[:, 1]], spread), spread


def _difference(
    design: SurveyDesign, y: Floats, domains: Domains, pairs: npt.NDArray[np.int64]
) -> Statistic:
    """Return d = (m1 - m0) / s with the derivatives 1/s of means and -d / (4 s^2) of variances."""
    rows = DomainRows.of(domains.of_row, domains.size, ~np.isnan(y) & weighing(design))
    numbers = y[rows.chosen]

    def point(weights: Floats) -> Floats:
        return _Moments.of(rows, numbers, weights[rows.chosen]).differences(pairs)[0]

    def influence(weights: Floats) -> Floats:
        own = weights[rows.chosen]
        moments = _Moments.of(rows, numbers, own)
        found, spread = moments.differences(pairs)
        share = quotient(own, moments.population[rows.domain])
        on_mean = rows.spread(share * moments.deviations)
        on_variance = rows.spread(share * (moments.deviations**2 - moments.variances[rows.domain]))
        first, second = pairs.T
        slope = quotient(found, -4 * spread**2)
        moved = (on_mean[:, first] - on_mean[:, second]) / np.where(spread > 0, spread, np.nan)
        return np.nan_to_num(moved + slope * (on_variance[:, first] + on_variance[:, second]))

    values = point(design.weights)
    counted = rows.counted()
    either = counted[:, pairs[:, 0]] | counted[:, pairs[:, 1]]
    part, reached = statistic_part(design, point=point, influence=influence, counted=either)
    # A difference is known where both means are: one group may lie in a single PSU.
    means = _means(design, rows, numbers)
    known = part.known & np.isfinite(values) & means.part.known[pairs].all(axis=1)
    n = rows.n[pairs].min(axis=1)
    part = replace(part, known=known)
    return Statistic(values, n, np.full(len(values), np.nan), part, reached)


def _means(design: SurveyDesign, rows: DomainRows, numbers: Floats) -> Statistic:
    """Return the means of all domains."""

    def point(weights: Floats) -> Floats:
        return rows.mean(numbers, weights)

    def influence(weights: Floats) -> Floats:
        moments = _Moments.of(rows, numbers, weights)
        return quotient(weights * moments.deviations, moments.population[rows.domain])

    return domain_statistic(design, rows, point=point, influence=influence)
