"""Whether an estimate is precise enough to be shown, by published presentation standards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from resilience.inference.results.imputed import ImputedFactor
from resilience.inference.results.intervals import exact_limits, korn_graubard_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from resilience.inference.designs.sample import Sample
    from resilience.inference.results.estimates import Estimates

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

__all__ = ["REASONS", "Reliability", "basis", "reliability"]

Reliability = Literal["reliable", "review", "unreliable", "not_rated"]

_LEVEL = 0.95
_FEWEST = 30  # respondents, effective or counted
_WIDEST, _NARROW = 0.30, 0.05  # of the interval of a share
_RELATIVE_WIDTH = 1.30
_RELATIVE_ERROR = 0.30
_FEWEST_DF = 8

REASONS: Mapping[str, Reliability] = {
    "nobody_answered": "unreliable",
    "no_value": "unreliable",
    "no_standard_error": "unreliable",
    "effective_n_below_30": "unreliable",
    "interval_at_least_30_points": "unreliable",
    "interval_above_130_percent_of_share": "unreliable",
    "relative_error_above_30_percent": "unreliable",
    "nobody_or_everybody": "review",
    "df_below_8": "review",
    "no_published_rule": "not_rated",
    "": "reliable",
}
"""Why an estimate has its word; of several reasons the first here is told."""


def reliability(estimates: Estimates) -> pd.DataFrame:
    """Return which estimates are precise enough to be shown.

    Use it before a table is published. It says nothing of bias, nor of whether respondents
    could be recognised: for that there is the study's policy.

    Parameters
    ----------
    estimates : Estimates

    Returns
    -------
    pandas.DataFrame
        The rows with

        - `reliability`: `reliable`; `review`, by somebody who knows the survey; `unreliable`,
          not to be shown; `not_rated`, where no published rule exists (differences,
          contrasts, quantiles, correlations: look at the interval);
        - `reason`: the first of `REASONS` that holds, empty for `reliable`;
        - what was looked at: `n`, `df`, `n_rated` (the effective sample size, at most n), and
          `width`, the absolute width of the interval of a share, `relative_width`, the same as
          a multiple of the share, or `relative_error`, the standard error as a multiple of a
          mean, total or ratio; NaN where it is not looked at.

    Notes
    -----
    Shares are unreliable with an effective n, or n, below 30; with an interval of Korn and
    Graubard 0.30 wide or wider; or with one wider than 0.05 and than 130 % of the share. Those
    of nobody or everybody, and those with fewer than 8 degrees of freedom, are for review.
    The effective n is p (1 - p) / variance; for the interval it is multiplied by the ratio of
    t-values and is at most n. Means, totals and ratios are unreliable with a relative standard
    error above 30 %, which means something only where 0 is the lowest value. Every NaN of an
    estimate has its reason here: `nobody_answered`, `no_value` (a correlation of what does not
    vary, a ratio to 0), or `no_standard_error` (all answers come from one PSU).

    References
    ----------
    Parker et al. (2017), National Center for Health Statistics data presentation standards for
    proportions, Vital and Health Statistics 2(175). The rule for means is that of the same
    office's earlier reports. Oracle: the rules, by hand.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"z": [0.0, 1] * 100, "ea": range(200)})
    >>> shares = rs.estimate_proportion(rs.SurveyDesign(frame, psu="ea"), "z")
    >>> rs.reliability(shares)["reliability"].tolist()
    ['reliable']
    """
    measures = estimates.rows["measure"].astype("str").to_numpy()
    shares = measures == "proportion"
    levels = np.isin(measures, ["mean", "total", "ratio"])
    looked = _Looked.at(estimates, shares, levels)
    reasons = looked.reasons(shares, levels)
    return estimates.rows.assign(
        reliability=[REASONS[reason] for reason in reasons],
        reason=reasons,
        n=estimates.n,
        df=estimates.df,
        n_rated=looked.size,
        width=looked.width,
        relative_width=looked.relative_width,
        relative_error=looked.relative_error,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Looked:
    """What the rules look at."""

    estimates: Estimates
    size: Floats
    width: Floats
    relative_width: Floats
    relative_error: Floats

    @classmethod
    def at(cls, estimates: Estimates, shares: Flags, levels: Flags) -> _Looked:
        p, error, n = estimates.values, estimates.std_error, estimates.n
        unknown = np.full(len(p), np.nan)
        known = shares & np.isfinite(error) & (estimates.df > 0)
        size, width = unknown.copy(), unknown.copy()
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = (p > 0) & (p < 1)
            size[known] = np.where(inside, np.minimum(p * (1 - p) / error**2, n), n)[known]
            adjusted = korn_graubard_size(
                p[known], error[known], estimates.df[known], n[known], _LEVEL
            )
            low, high = exact_limits(p[known], np.minimum(adjusted, n[known]), _LEVEL)
            width[known] = high - low
            relative = np.where(levels & np.isfinite(error), error / np.abs(p), np.nan)
            return cls(estimates, size, width, np.where(p > 0, width / p, np.nan), relative)

    def reasons(self, shares: Flags, levels: Flags) -> list[str]:
        """Return each row's first reason."""
        p = self.estimates.values
        holds = {
            "nobody_answered": self.estimates.n == 0,
            "no_value": ~np.isfinite(p),
            "no_standard_error": ~np.isfinite(self.estimates.std_error) | ~(self.estimates.df > 0),
            "effective_n_below_30": shares & (self.size < _FEWEST),
            "interval_at_least_30_points": shares & (self.width >= _WIDEST),
            "interval_above_130_percent_of_share": shares
            & (self.width > _NARROW)
            & (self.relative_width > _RELATIVE_WIDTH),
            "relative_error_above_30_percent": levels & (self.relative_error > _RELATIVE_ERROR),
            "nobody_or_everybody": shares & ((p == 0) | (p == 1)),
            "df_below_8": (shares | levels) & (self.estimates.df < _FEWEST_DF),
            "no_published_rule": ~(shares | levels),
            "": np.ones(len(p), bool),
        }
        return [next(reason for reason in REASONS if holds[reason][row]) for row in range(len(p))]


def basis(estimates: Estimates) -> pd.DataFrame:
    """Return what each estimate rests on: which denominator, how many PSUs, which df.

    Use it to answer a reader's questions, and where an interval seems too wide.

    Parameters
    ----------
    estimates : Estimates

    Returns
    -------
    pandas.DataFrame
        The rows with `n` (the denominator: those who answered), `n_psu` and `n_strata` (of the
        strata that contribute; PSUs of these strata without anybody in the row count, since
        they were visited too; not known where a producer gave replicate weights instead),
        `df` (`n_psu` - `n_strata`, or the whole design's, as `df_design`, if so chosen),
        `interval_rule`, and `unit`. Of combined imputations, PSUs and `df_design` are those of
        each.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "ea": [1, 1, 2, 3]})
    >>> rs.basis(rs.estimate_mean(rs.SurveyDesign(frame, psu="ea"), "y"))[["n", "n_psu", "df"]]
         n  n_psu   df
    0  4.0      3  2.0
    """
    factor = estimates.factor
    if isinstance(factor, ImputedFactor):
        factor = factor.within[0]
    psus, strata = np.zeros((2, len(estimates)))
    for part in factor.parts:
        source: Any = part.sample
        if getattr(source, "supplied", False):
            psus[:], strata[:] = np.nan, np.nan
            continue
        sample: Sample = getattr(source, "sample", source)  # replicates stand for a sample
        for row in range(len(estimates)):
            cells = part.support[:, row]
            found = len(np.unique(sample.key_of_slot[cells[sample.cell_of_slot]]))
            psus[row] += found
            strata[row] += found - sample.degrees_of_freedom(cells)
    return estimates.rows.assign(
        n=estimates.n,
        n_psu=pd.Series(psus).astype("Int64"),
        n_strata=pd.Series(strata).astype("Int64"),
        df=estimates.df,
        df_design=factor.design_degrees_of_freedom(),
        interval_rule=list(estimates.interval_rule),
        unit=list(estimates.unit),
    )
