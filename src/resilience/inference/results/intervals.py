"""Confidence intervals: one function a rule, in a closed table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special, stats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from resilience.inference.results.sorted_shares import SortedShares

    Floats = npt.NDArray[np.float64]

__all__ = [
    "INTERVAL_RULES",
    "IntervalNeeds",
    "IntervalRule",
    "ProportionRule",
    "WoodruffNeeds",
    "confidence_limits",
    "korn_graubard_size",
]

ProportionRule = Literal["logit", "korn_graubard", "wilson"]

IntervalRule = Literal["t", "logit", "korn_graubard", "wilson", "fisher_z", "log_ratio", "woodruff"]
"""`t`: symmetric. `logit`: symmetric on the log-odds, so that limits stay within 0 and 1.
`korn_graubard`, `wilson`: exact binomial and score limits of the effective sample size.
`fisher_z`: symmetric on Fisher's z. `log_ratio`: of a percentage change, symmetric on the
logarithm of the ratio. `woodruff`: the quantiles at the limits of the share below."""


@dataclass(frozen=True, slots=True, eq=False)
class WoodruffNeeds:
    """What the limits of a quantile are made of.

    Attributes
    ----------
    distribution : SortedShares
        Of the domain.
    share, share_error : float
        The share at or below the quantile, and its standard error.
    """

    distribution: SortedShares
    share: float
    share_error: float

    def limits(self, df: float, level: float) -> tuple[float, float]:
        """Return the quantiles at the limits of the share.

        A limit of the share below 0 or above 1 is no quantile, and the limit is NaN, as in R
        survey's `svyquantile`.
        """
        half = float(stats.t.ppf((1 + level) / 2, df)) * self.share_error
        low, high = self.share - half, self.share + half
        return (
            self.distribution.quantile(low) if low >= 0 else np.nan,
            self.distribution.quantile(high) if high <= 1 + _ROUNDING else np.nan,
        )


IntervalNeeds = WoodruffNeeds
"""What a rule needs beyond estimate, standard error, degrees of freedom and n."""

_ROUNDING = 1e-12


def confidence_limits(
    rules: npt.NDArray[np.object_],
    estimates: Floats,
    std_errors: Floats,
    df: Floats,
    n: Floats,
    level: float,
    needs: Sequence[IntervalNeeds | None] = (),
) -> tuple[Floats, Floats]:
    """Return the limits of each row by its own rule.

    Parameters
    ----------
    rules : numpy.ndarray of str
        One of `IntervalRule` a row.
    estimates, std_errors, df, n : numpy.ndarray
        Shape (k,). Without degrees of freedom there is no interval.
    level : float
        The coverage.
    needs : sequence
        What a row's rule needs besides.

    Returns
    -------
    low, high : numpy.ndarray
        Shape (k,), NaN where there is no interval.

    Raises
    ------
    ValueError
        If the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        message = f"'level' must lie between 0 and 1 (got {level})"
        raise ValueError(message)
    low = np.full(len(estimates), np.nan)
    high = low.copy()
    known = np.isfinite(estimates) & (df > 0)
    for row, need in enumerate(needs):
        if need is not None and known[row]:
            low[row], high[row] = need.limits(float(df[row]), level)
    known &= np.isfinite(std_errors)
    for rule in set(rules) & set(INTERVAL_RULES):
        rows = known & (rules == rule)
        low[rows], high[rows] = INTERVAL_RULES[rule](
            estimates[rows], std_errors[rows], df[rows], n[rows], level
        )
    return low, high


def _t(
    estimates: Floats, std_errors: Floats, df: Floats, _n: Floats, level: float
) -> tuple[Floats, Floats]:
    half = stats.t.ppf((1 + level) / 2, df) * std_errors
    return estimates - half, estimates + half


def _logit(
    estimates: Floats, std_errors: Floats, df: Floats, n: Floats, level: float
) -> tuple[Floats, Floats]:
    """Return limits on the log-odds; exact binomial ones where everybody or nobody agrees.

    R survey's `svyciprop(method = "logit")`. At 0 and 1 the log-odds do not exist and the
    standard error is 0: the exact limits of a simple random sample of n stand in, as in the
    presentation standards of the US National Center for Health Statistics (2017).
    """
    inside = (estimates > 0) & (estimates < 1)
    p = np.where(inside, estimates, 0.5)
    half = stats.t.ppf((1 + level) / 2, df) * std_errors / (p * (1 - p))
    low, high = special.expit(special.logit(p) - half), special.expit(special.logit(p) + half)
    one_sided = ((1 - level) / 2) ** (1 / np.maximum(n, 1))
    low = np.where(inside, low, np.where(estimates >= 1, one_sided, 0.0))
    high = np.where(inside, high, np.where(estimates <= 0, 1 - one_sided, 1.0))
    return low, high


def korn_graubard_size(
    estimates: Floats, std_errors: Floats, df: Floats, n: Floats, level: float
) -> Floats:
    """Return effective sample sizes, p (1 - p) / v times (t(n-1) / t(df))^2.

    Korn and Graubard (1998), Survey Methodology 24, 193-201. At shares of 0 and 1 the variance
    is 0 and tells nothing: there it is n, as in the presentation standards of the US National
    Center for Health Statistics (2017). It is infinite where all PSUs have the same share.
    """
    inside = (estimates > 0) & (estimates < 1)
    upper = (1 + level) / 2
    ratio = stats.t.ppf(upper, np.maximum(n - 1, 1)) / stats.t.ppf(upper, df)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = estimates * (1 - estimates) / std_errors**2 * ratio**2
    return np.where(inside, size, n)


def _korn_graubard(
    estimates: Floats, std_errors: Floats, df: Floats, n: Floats, level: float
) -> tuple[Floats, Floats]:
    """Return exact binomial limits (Clopper and Pearson) of the effective sample size.

    R survey's `svyciprop(method = "beta")`.
    """
    size = korn_graubard_size(estimates, std_errors, df, n, level)
    low, high = exact_limits(estimates, size, level)
    certain = np.isinf(size)
    return np.where(certain, estimates, low), np.where(certain, estimates, high)


def exact_limits(estimates: Floats, size: Floats, level: float) -> tuple[Floats, Floats]:
    """Return the binomial limits of Clopper and Pearson; sizes need not be whole."""
    tail = (1 - level) / 2
    agree, others = size * estimates, size * (1 - estimates)
    low = np.where(agree > 0, stats.beta.ppf(tail, agree, others + 1), 0.0)
    high = np.where(others > 0, stats.beta.ppf(1 - tail, agree + 1, others), 1.0)
    return low, high


def _wilson(
    estimates: Floats, std_errors: Floats, df: Floats, n: Floats, level: float
) -> tuple[Floats, Floats]:
    """Return score limits of the effective sample size of Korn and Graubard.

    Wilson (1927), J. Am. Statist. Assoc. 22, 209-212, as evaluated for surveys by Franco,
    Little, Louis and Slud (2019), J. Survey Statist. Methodol. 7, 334-364.
    """
    size = korn_graubard_size(estimates, std_errors, df, n, level)
    z = stats.norm.ppf((1 + level) / 2)
    doubt = z**2 / size
    centre = (estimates + doubt / 2) / (1 + doubt)
    half = np.sqrt(doubt * (estimates * (1 - estimates) + doubt / 4)) / (1 + doubt)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def _fisher_z(
    estimates: Floats, std_errors: Floats, df: Floats, _n: Floats, level: float
) -> tuple[Floats, Floats]:
    """Return limits of correlations on Fisher's z; a perfect correlation is its own limits."""
    inside = np.abs(estimates) < 1
    r = np.where(inside, estimates, 0.0)
    half = stats.t.ppf((1 + level) / 2, df) * std_errors / (1 - r**2)
    low, high = np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)
    return np.where(inside, low, estimates), np.where(inside, high, estimates)


def _log_ratio(
    estimates: Floats, std_errors: Floats, df: Floats, _n: Floats, level: float
) -> tuple[Floats, Floats]:
    """Return limits of a percentage change on the log of the ratio, never below -100.

    Katz, Baptista, Azen and Pike (1978), Biometrics 34: 469-474. To first order the ratio's
    standard error is the ratio times that of its logarithm, so doubling and halving are alike.
    """
    ratio = 1 + estimates / 100
    half = stats.t.ppf((1 + level) / 2, df) * std_errors / (100 * ratio)
    return 100 * (ratio * np.exp(-half) - 1), 100 * (ratio * np.exp(half) - 1)


INTERVAL_RULES: Mapping[str, Callable[..., tuple[Floats, Floats]]] = {
    "t": _t,
    "logit": _logit,
    "korn_graubard": _korn_graubard,
    "wilson": _wilson,
    "fisher_z": _fisher_z,
    "log_ratio": _log_ratio,
}
"""The rules that need estimate, standard error, degrees of freedom and n; others have needs."""
