"""Confidence intervals: one function a rule, in a closed table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special, stats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

__all__ = ["INTERVAL_RULES", "IntervalRule", "confidence_limits"]

IntervalRule = Literal["t", "logit"]
"""`t`: symmetric. `logit`: symmetric on the log-odds, so that limits stay within 0 and 1."""

if TYPE_CHECKING:
    Floats = npt.NDArray[np.float64]


def confidence_limits(
    rules: npt.NDArray[np.object_],
    estimates: Floats,
    std_errors: Floats,
    df: Floats,
    n: Floats,
    level: float,
) -> tuple[Floats, Floats]:
    """Return the limits of each row by its own rule.

    Parameters
    ----------
    rules : numpy.ndarray of str
        One of `INTERVAL_RULES` a row.
    estimates, std_errors, df, n : numpy.ndarray
        Shape (k,). Without degrees of freedom there is no interval.
    level : float
        The coverage.

    Returns
    -------
    low, high : numpy.ndarray
        Shape (k,), NaN where there is no interval.
    """
    low = np.full(len(estimates), np.nan)
    high = low.copy()
    known = np.isfinite(estimates) & np.isfinite(std_errors) & (df > 0)
    for rule in set(rules):
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


INTERVAL_RULES: Mapping[str, Callable[..., tuple[Floats, Floats]]] = {"t": _t, "logit": _logit}
