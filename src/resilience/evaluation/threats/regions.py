"""Confidence regions for what is known up to bounds only. Arrays only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, stats

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["imbens_manski"]


def imbens_manski(
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    se_lower: npt.ArrayLike,
    se_upper: npt.ArrayLike,
    *,
    level: float = 0.95,
    df: npt.ArrayLike = np.inf,
) -> tuple[Floats, Floats]:
    """Return the region that holds a number known up to bounds, with the given coverage.

    Use it where two bounds are estimated and the number itself never is. The region is for the
    number, not for the whole interval between the bounds: far apart, the bounds cannot both
    miss it, so that each is widened by the one-sided quantile; where they meet, by the
    two-sided one.

    Parameters
    ----------
    lower, upper : array
        The bounds, any one shape.
    se_lower, se_upper : array
        Their standard errors.
    level : float
        The coverage, between 0 and 1.
    df : array
        Degrees of freedom of the standard errors: quantiles are then those of t. Infinite, as
        in the source, gives the normal ones.

    Returns
    -------
    low, high : numpy.ndarray
        NaN where a bound, an error or the degrees of freedom are not known, or the bounds cross.

    References
    ----------
    Imbens and Manski (2004), Econometrica 72, 1845-1857, equations (6) and (7): the c with
    F(c + (upper - lower) / max(se)) - F(-c) = level.

    Examples
    --------
    >>> low, high = imbens_manski([0.0, 0.0], [0.0, 9.0], 1.0, 1.0)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([-1.96, -1.645], [1.96, 10.645])
    """
    if not 0 < level < 1:
        message = f"'level' must lie between 0 and 1 (got {level})"
        raise ValueError(message)
    given = (lower, upper, se_lower, se_upper, df)
    parts = np.broadcast_arrays(*(np.asarray(part, np.float64) for part in given))
    low, high, se_low, se_high, freedom = (np.array(part) for part in parts)
    width = high - low
    usable = np.isfinite(width) & np.isfinite(se_low + se_high) & (freedom > 0) & (width >= 0)
    quantile = np.full(low.shape, np.nan)
    for at in np.argwhere(usable):
        place = tuple(at)
        largest = float(max(se_low[place], se_high[place]))
        apart = float(width[place]) / largest if largest > 0 else np.inf
        quantile[place] = _quantile(apart, float(freedom[place]), level)
    return low - quantile * se_low, high + quantile * se_high


def _quantile(apart: float, df: float, level: float) -> float:
    """Return by how many standard errors bounds that are `apart` such errors are widened."""
    one, two = (float(stats.t.ppf(p, df)) for p in (level, (1 + level) / 2))
    # One-sided where level > 1/2 and the bounds lie far apart; else between the two.

    def excess(c: float) -> float:
        return float(stats.t.cdf(c + apart, df) - stats.t.cdf(-c, df) - level)

    if excess(one) >= 0:
        return one
    return two if excess(two) <= 0 else float(optimize.brentq(excess, one, two, xtol=1e-12))
