"""Between what bounds a number lies when some keep their answer to themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import optimize, stats

from resilience.inference.comparisons.pairing import require_along, row_pairs
from resilience.inference.comparisons.sameness import differing_scores, refuse_differing
from resilience.inference.results.estimates import concat

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.inference.results.estimates import Estimates

    Floats = npt.NDArray[np.float64]

__all__ = ["SensitiveBounds", "compare_bounds", "imbens_manski"]

_FARTHEST = 1e6  # standard errors


@dataclass(frozen=True, repr=False, eq=False)
class SensitiveBounds:
    """The lowest and the highest that a population number can be, and how sure that is.

    Attributes
    ----------
    lower, upper : Estimates
        The bounds, row by row, with one joint covariance.
    n_hidden : numpy.ndarray
        Respondents whose answer is not known and may be anything, shape (k,); NaN where the
        bounds are not made from missing answers.
    assumption : str
        What is taken for granted, in words.

    Examples
    --------
    >>> import numpy as np, pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"agrees": [1, 0, 0, 1, np.nan]})
    >>> bounds = rs.refusal_bounds(rs.SurveyDesign(frame), "agrees")
    >>> isinstance(bounds, rs.SensitiveBounds), bounds.n_hidden.tolist()
    (True, [1.0])
    """

    lower: Estimates
    upper: Estimates
    n_hidden: Floats
    assumption: str

    def __post_init__(self) -> None:
        """Check that both bounds have one length, and make the array read-only."""
        if len(self.lower) != len(self.upper) or len(self.lower) != len(self.n_hidden):
            message = f"every part of bounds must have {len(self.lower)} rows"
            raise ValueError(message)
        self.n_hidden.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.lower)

    @property
    def df(self) -> Floats:
        """Degrees of freedom, the fewer of the two bounds', shape (k,)."""
        return np.minimum(self.lower.df, self.upper.df)

    def interval(self, *, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return limits that hold the number itself with the level's probability.

        These are Imbens and Manski's: narrower than limits that hold both bounds, and not too
        narrow where the bounds meet.

        Parameters
        ----------
        level : float
            The coverage, between 0 and 1.

        Returns
        -------
        low, high : numpy.ndarray
            Shape (k,); NaN where a bound has no standard error or no degrees of freedom.
        """
        if not 0 < level < 1:
            message = f"'level' must lie between 0 and 1 (got {level})"
            raise ValueError(message)
        low_error, high_error = self.lower.std_error, self.upper.std_error
        times = imbens_manski(
            self.upper.values - self.lower.values,
            np.maximum(low_error, high_error),
            self.df,
            level,
        )
        return self.lower.values - times * low_error, self.upper.values + times * high_error

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return the bounds as a tidy table.

        Parameters
        ----------
        level : float
            The coverage of the interval.

        Returns
        -------
        pandas.DataFrame
            `measure variable <by> lower upper std_error_lower std_error_upper conf_low conf_high
            df n n_hidden`, the last only where answers are missing.
        """
        low, high = self.interval(level=level)
        frame = self.lower.rows.assign(
            lower=self.lower.values,
            upper=self.upper.values,
            std_error_lower=self.lower.std_error,
            std_error_upper=self.upper.std_error,
            conf_low=low,
            conf_high=high,
            df=self.df,
            n=self.lower.n,
        )
        if not np.isnan(self.n_hidden).all():
            frame["n_hidden"] = self.n_hidden
        return frame

    def __repr__(self) -> str:
        """Return the table as it prints in a terminal, and what it assumes."""
        from resilience.inference.results.printing import as_text  # noqa: PLC0415 - on demand

        return f"{as_text(self.to_frame(), self.lower.unit)}\n{self.assumption}"

    def _repr_html_(self) -> str:
        from resilience.inference.results.printing import as_html  # noqa: PLC0415 - on demand

        study = self.lower.provenance.study
        return as_html(self.to_frame(), self.lower.unit, study) + (
            f"<p>{escape(self.assumption)}</p>"
        )


def imbens_manski(width: Floats, std_error: Floats, df: Floats, level: float) -> Floats:
    """Return by how many standard errors to widen bounds: F(c + width / s) - F(-c) = level.

    Parameters
    ----------
    width : numpy.ndarray
        Upper minus lower bound, shape (k,); below 0 it counts as 0.
    std_error : numpy.ndarray
        The larger of the two bounds' standard errors, shape (k,).
    df : numpy.ndarray
        Degrees of freedom of the t distribution F, shape (k,).
    level : float

    Returns
    -------
    numpy.ndarray
        Shape (k,): from the one-sided quantile, where bounds lie far apart, to the two-sided one,
        where they meet; NaN where there are no degrees of freedom or no standard error.

    References
    ----------
    Imbens and Manski (2004), Econometrica 72: 1845-1857.
    """
    times = np.full(len(width), np.nan)
    for row in np.flatnonzero((df > 0) & np.isfinite(std_error) & np.isfinite(width)):
        spread = std_error[row]
        apart = min(max(width[row], 0.0) / spread, _FARTHEST) if spread > 0 else _FARTHEST
        times[row] = _times(float(apart), float(df[row]), level)
    return times


def _times(apart: float, df: float, level: float) -> float:
    low, high = stats.t.ppf(level, df), stats.t.ppf((1 + level) / 2, df)

    def excess(times: float) -> float:
        return float(stats.t.cdf(times + apart, df) - stats.t.cdf(-times, df) - level)

    if excess(low) >= 0:
        return float(low)
    return float(optimize.brentq(excess, low, high, xtol=1e-12))


def compare_bounds(bounds: SensitiveBounds, *, over: str, reference: str) -> SensitiveBounds:
    """Return between what bounds differences lie, each number being anywhere in its own.

    Use it for a change between waves in both of which some refused: refusing may hide one thing
    in one wave and another in the next. The lowest change is the later lower bound minus the
    earlier upper one.

    Parameters
    ----------
    bounds : SensitiveBounds
    over, reference
        As for `compare`.

    Returns
    -------
    SensitiveBounds
        Rows minus their reference, which is told in a column `reference`; the covariance knows
        which PSUs or persons recur.

    Raises
    ------
    ComparisonError
        If rows do not differ by `over`, nothing stands opposite anything, or scores differ.

    References
    ----------
    Manski (2003), Partial Identification of Probability Distributions, chapter 1.

    Examples
    --------
    >>> import numpy as np, pandas as pd, resilience as rs
    >>> agrees = [1, 0, 0, np.nan, 1, 1, 0, np.nan]
    >>> frame = pd.DataFrame({"agrees": agrees, "sex": list("ffffmmmm")})
    >>> bounds = rs.refusal_bounds(rs.SurveyDesign(frame), "agrees", by="sex")
    >>> change = rs.compare_bounds(bounds, over="sex", reference="f")
    >>> change.lower.values.tolist(), change.upper.values.tolist()
    ([0.0], [0.5])
    """
    require_along(bounds.lower, over, "compare_bounds")
    pairs = row_pairs(bounds.lower, over, reference)
    refuse_differing(differing_scores(bounds.lower, pairs, over))
    size = len(bounds)
    joint = concat([bounds.lower, bounds.upper])
    lowest, highest = np.zeros((2, len(pairs), 2 * size))
    for position, (row, base) in enumerate(pairs):
        lowest[position, [row, size + base]] = 1.0, -1.0
        highest[position, [size + row, base]] = 1.0, -1.0
    rows = bounds.lower.rows
    positions = [row for row, _ in pairs]
    told = rows.iloc[positions].reset_index(drop=True)
    told = pd.DataFrame(told.assign(measure="difference_bounds"))
    told["reference"] = [str(rows[over].iloc[base]) for _, base in pairs]
    hidden = np.array([bounds.n_hidden[row] + bounds.n_hidden[base] for row, base in pairs])
    return replace(
        bounds,
        lower=joint.contrast(lowest, rows=told),
        upper=joint.contrast(highest, rows=told),
        n_hidden=hidden.astype(np.float64),
    )
