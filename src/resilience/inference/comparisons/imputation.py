"""Estimates from multiply imputed data as one result, by Rubin's rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import EstimationError, Issue
from resilience.inference.results.imputed import ImputationDf, ImputedFactor

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from resilience.inference.results.estimates import Estimates

__all__ = ["combine_imputations", "imputation_diagnostics"]


def combine_imputations(
    estimates: Sequence[Estimates], *, df: ImputationDf = "barnard_rubin"
) -> Estimates:
    """Combine the same estimates from several imputed data sets.

    Use it where missing answers were filled in several times: estimate from each data set with
    the same call, and combine. The result is an estimate like any other: its covariance is that
    within imputations plus what differs between them, and contrasts of it are contrasts.

    Parameters
    ----------
    estimates : sequence of Estimates
        One for each imputation, two or more, all rows alike and from the same sample.
    df : {'barnard_rubin', 'rubin'}
        Degrees of freedom. Barnard and Rubin's never exceed those of the design, and are for
        surveys with few PSUs; Rubin's take the complete data for infinitely many.

    Returns
    -------
    Estimates
        Means of the estimates; covariance T = W + (1 + 1/m) B. Each row keeps its rule for
        intervals, with these degrees of freedom. `n` is the mean over imputations; `deff` and
        `n_effective` are NaN, for they would compare with complete data. NaN where any
        imputation has no estimate.

    Raises
    ------
    EstimationError
        If there is one imputation only, rows or samples differ, or the estimates are combined
        already.

    References
    ----------
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys, section 3.1; Barnard and Rubin
    (1999), Biometrika 86: 948-955, equations 3 to 5. Oracle: R mitools 2.4 on R survey's
    results; for Barnard and Rubin the equations in R, as mitools leaves the factor 1 + 1/m out
    of the observed degrees of freedom.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> def mean_of(filled):
    ...     frame = pd.DataFrame({"y": [1.0, 2, 4, filled], "ea": [1, 1, 2, 3]})
    ...     return rs.estimate_mean(rs.SurveyDesign(frame, psu="ea"), "y")
    >>> combined = rs.combine_imputations([mean_of(6), mean_of(7), mean_of(8)])
    >>> combined.values, combined.std_error.round(4)
    (array([3.5]), array([1.6763]))
    """
    if df not in ("barnard_rubin", "rubin"):
        message = f"'df' must be 'barnard_rubin' or 'rubin' (got {df!r})"
        raise ValueError(message)
    _require_alike(estimates)
    first = estimates[0]
    values = np.array([part.values for part in estimates])
    mean = values.mean(axis=0)
    unknown = np.full(len(first), np.nan)
    return replace(
        first,
        values=mean,
        factor=ImputedFactor.of([part.factor for part in estimates], values - mean, df),
        n=np.mean([part.n for part in estimates], axis=0),
        n_effective=unknown,
        deff=unknown.copy(),
    )


def imputation_diagnostics(estimates: Estimates) -> pd.DataFrame:
    """Tell how much imputing adds to the uncertainty of combined estimates.

    Use it after `combine_imputations`, or on contrasts of its result.

    Parameters
    ----------
    estimates : Estimates

    Returns
    -------
    pandas.DataFrame
        The rows with `imputations`, `relative_increase` (of the variance, by imputing),
        `fraction_missing` (of the information, infinite `relative_increase` being 1) and
        `relative_efficiency` (of the variance with infinitely many imputations, to this).

    Raises
    ------
    EstimationError
        If the estimates are not combined from imputations.

    References
    ----------
    Rubin (1987), equations 3.1.7, 3.1.10 and page 114. Oracle: R mitools 2.4, `missinfo`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> def mean_of(filled):
    ...     frame = pd.DataFrame({"y": [1.0, 2, 4, filled], "ea": [1, 1, 2, 3]})
    ...     return rs.estimate_mean(rs.SurveyDesign(frame, psu="ea"), "y")
    >>> combined = rs.combine_imputations([mean_of(6), mean_of(7), mean_of(8)])
    >>> rs.imputation_diagnostics(combined)[["imputations", "relative_increase"]].round(4)
       imputations  relative_increase
    0            3             0.0306
    """
    factor = estimates.factor
    if not isinstance(factor, ImputedFactor):
        raise EstimationError(
            Issue(
                "these estimates are not combined from imputations",
                where="imputation_diagnostics",
                found="one result",
                expected="the result of combine_imputations",
                remedy="combine the estimates of all imputations first",
            )
        )
    share = np.where(np.isnan(estimates.std_error), np.nan, factor.share_between())
    with np.errstate(divide="ignore"):
        increase = share / (1 - share)
    missing = share + (1 - share) * 2 / (estimates.df + 3)
    return estimates.rows.assign(
        imputations=factor.imputations,
        relative_increase=increase,
        fraction_missing=missing,
        relative_efficiency=1 / (1 + missing / factor.imputations),
    )


def _require_alike(estimates: Sequence[Estimates]) -> None:
    if len(estimates) < 2:  # noqa: PLR2004 - one shows no variation
        raise EstimationError(
            _issue(
                "one imputation does not show how imputing varies",
                f"{len(estimates)} results",
                "two or more, better twenty",
                "impute several times; a single imputation's errors are too small",
            )
        )
    issues = [
        issue
        for number, part in enumerate(estimates[1:], start=2)
        for issue in _differences(estimates[0], part, number)
    ]
    if any(isinstance(part.factor, ImputedFactor) for part in estimates):
        issues.append(
            _issue(
                "estimates are combined already",
                "results of combine_imputations",
                "results of single imputations",
                "combine all imputations in one call",
            )
        )
    if issues:
        raise EstimationError(*issues)


def _differences(first: Estimates, other: Estimates, number: int) -> list[Issue]:
    told = f"imputation {number}"
    if not first.rows.astype("str").equals(other.rows.astype("str")):
        return [
            _issue(
                f"{told} has other rows than the first",
                f"{len(other)} rows against {len(first)}"
                if len(first) != len(other)
                else "rows of other variables, groups or order",
                "the same rows in all",
                "estimate from each data set with the same call; a group that is empty in one "
                "imputation must be joined with another",
            )
        ]
    rules = [(part.unit, part.interval_rule, part.df_rule) for part in (first, other)]
    samples = [{part.sample.identity for part in e.factor.parts} for e in (first, other)]
    found = []
    if rules[0] != rules[1]:
        found.append(
            _issue(
                f"{told} is estimated by another rule than the first",
                "other units, intervals or degrees of freedom",
                "the same in all",
                "estimate from each data set with the same call",
            )
        )
    if samples[0] != samples[1]:
        found.append(
            _issue(
                f"{told} comes from another sample than the first",
                "other rows, strata or PSUs",
                "the same respondents in the same order, with other values filled in",
                "impute answers, not who was asked; sort each data set alike",
            )
        )
    return found


def _issue(what: str, found: str, expected: str, remedy: str) -> Issue:
    return Issue(what, where="combine_imputations", found=found, expected=expected, remedy=remedy)
