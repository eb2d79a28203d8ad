"""Power of a two-sided t test and the effect that it can detect, on arrays alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import optimize, special, stats

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["Formula", "detectable_multiple", "power_of_multiple"]

Formula = Literal["exact", "quantiles"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(400)
_SHARES, _WEIGHTS = (_NODES + 1) / 2, _WEIGHTS / 2
_LARGEST = 1e4  # standard errors; with one degree of freedom and power 0.99 it is some 1,300
_MANY = 1e6  # degrees of freedom from which t is normal


def power_of_multiple(multiple: float, df: float, *, level: float) -> float:
    """Return the power of the t test where the effect is so many standard errors.

    Parameters
    ----------
    multiple : float
        The effect in true standard errors.
    df : float
        Degrees of freedom, above 0.
    level : float
        1 - the error rate of the two-sided test.

    Notes
    -----
    The chance that a normal deviate plus the multiple exceeds, in size, the critical value times
    the root of chi-square by df, integrated over the latter; both tails count.
    """
    return _share_beyond(multiple, *_bars(df, level))


def _bars(df: float, level: float) -> tuple[Floats, Floats]:
    """Return what a normal deviate must exceed, and with which weights, shape (nodes,)."""
    if df > _MANY:
        return np.array([stats.norm.isf((1 - level) / 2)]), np.ones(1)
    return (
        stats.t.isf((1 - level) / 2, df) * np.sqrt(special.chdtri(df, 1 - _SHARES) / df),
        _WEIGHTS,
    )


def _share_beyond(multiple: float, bars: Floats, weights: Floats) -> float:
    beyond = special.ndtr(multiple - bars) + special.ndtr(-multiple - bars)
    return float(weights @ beyond)


def detectable_multiple(df: float, *, power: float, level: float, formula: Formula) -> float:
    """Return how many standard errors an effect must have to be found with a power.

    Parameters
    ----------
    df : float
        NaN is returned where it is 0 or not known.
    power : float
        Between 1 - `level` and 1.
    level : float
        1 - the error rate of the two-sided test.
    formula : {'exact', 'quantiles'}
        By the power itself; or the sum of two quantiles of t, which is what is usually
        published: with few degrees of freedom it promises too much (2: power 0.77 for 0.80).
    """
    if not df > 0:
        return float("nan")
    quantiles = float(stats.t.isf((1 - level) / 2, df) + stats.t.ppf(power, df))
    if formula == "quantiles":
        return quantiles
    bars = _bars(df, level)
    return float(
        optimize.brentq(
            lambda multiple: _share_beyond(multiple, *bars) - power, 0.0, _LARGEST, xtol=1e-10
        )
    )
