"""The trend over several waves, and whether a straight line describes them."""

from __future__ import annotations

import datetime
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import linalg, stats

from resilience.errors import ComparisonError, Issue, ResilienceWarning, nearest
from resilience.inference.comparisons.pairing import group_keys, require_along
from resilience.inference.comparisons.sameness import differing_scores, refuse_differing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.inference.results.estimates import Estimates

    Floats = npt.NDArray[np.float64]
    Times = Mapping[str, float | datetime.date]

__all__ = ["estimate_trend", "linearity_test"]

Fit = Literal["ordinary", "generalised"]

_DAYS_IN_YEAR = 365.25
_FEWEST_FOR_A_CURVE = 3
_ROUNDING = 1e-10


def estimate_trend(
    estimates: Estimates,
    *,
    over: str = "wave",
    times: Times,
    fit: Fit = "ordinary",
) -> Estimates:
    """Estimate the average change per unit of time over several waves.

    Use it with three waves or more, where what matters is the direction and not any two waves;
    `linearity_test` tells whether a straight line describes them. The slope is a contrast of
    one joint estimate, so waves that share PSUs or persons make it more precise.

    With `fit='ordinary'`, the default, the coefficients follow from the times alone: the slope
    means the same in every place, and its interval is as good as that of any contrast.
    'generalised' weighs waves by their joint covariance, which is best where that is known; it
    is estimated from few PSUs, so the standard error comes out too small with under some 30
    degrees of freedom.

    Parameters
    ----------
    estimates : Estimates
        Rows by `over`, and possibly by more.
    over : str
        The column of waves.
    times : mapping of wave to number or date
        When each wave was. With dates the trend is per year, with numbers per unit of them.
    fit : {'ordinary', 'generalised'}
        The coefficients: those of least squares, or of least squares weighted by the inverse of
        the joint covariance.

    Returns
    -------
    Estimates
        One row for each combination of the remaining columns, `measure` "trend", the waves in
        words in `over`. Intervals by t.

    Raises
    ------
    ComparisonError
        If the column does not exist, a wave has no time, a time has no wave, times are not all
        numbers or all dates or are all the same, scores are not the same score, no group
        of rows has all waves, or a covariance cannot be inverted for 'generalised'.

    Warns
    -----
    ResilienceWarning
        If a group of rows lacks a wave or an answer in one; it is left out.

    References
    ----------
    Korn and Graubard (1999), Analysis of Health Surveys, section 8.3 (combining surveys over
    time); Grizzle, Starmer and Koch (1969), Biometrics 25: 489-504 (generalised). Oracle: R
    survey's `svycontrast` with the coefficients of `lm`, and matrix algebra on `vcov(svyby())`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7, 5, 9], "t": [1, 2, 3] * 2,
    ...                       "ea": [1, 1, 1, 2, 2, 2]})
    >>> design = rs.SurveyDesign(frame, psu="ea", wave="t", waves="same_psu")
    >>> means = rs.estimate_mean(design, "y", by="t")
    >>> rs.estimate_trend(means, over="t", times={"1": 2019, "2": 2021, "3": 2023}).values
    array([0.625])
    """
    if fit not in ("ordinary", "generalised"):
        message = f"'fit' must be 'ordinary' or 'generalised' (got {fit!r})"
        raise ValueError(message)
    series = _series(estimates, over, times, "estimate_trend")
    matrix = np.zeros((len(series), len(estimates)))
    for number, part in enumerate(series):
        matrix[number, part.positions] = _slope(estimates, part, fit)
    first = [part.positions[0] for part in series]
    rows = estimates.rows.iloc[first].reset_index(drop=True).assign(measure="trend")
    rows[over] = f"{series[0].waves[0]} to {series[0].waves[-1]}"
    per = " per year" if series[0].in_years else " per unit of time"
    trend = estimates.contrast(matrix, rows=pd.DataFrame(rows))
    return replace(trend, unit=tuple(f"{unit}{per}".strip() for unit in trend.unit))


def linearity_test(estimates: Estimates, *, over: str = "wave", times: Times) -> pd.DataFrame:
    """Test whether values over several waves depart from a straight line.

    Use it beside `estimate_trend`. A small p-value says that a line does not describe the
    waves; a large one that the data leave it open.

    Parameters
    ----------
    estimates, over, times
        As for `estimate_trend`, with three waves or more.

    Returns
    -------
    pandas.DataFrame
        The rows of the trends with `statistic df_numerator df_denominator p_value`: a Wald
        statistic adjusted for the degrees of freedom d of the design, F = W (d - q + 1) / (q d)
        on q = waves - 2 and d - q + 1. NaN where these are not positive or the covariance of
        the departures is singular.

    Raises
    ------
    ComparisonError
        As for `estimate_trend`, and with fewer than three waves.

    References
    ----------
    Korn and Graubard (1990), The American Statistician 44: 270-276, equation 2. Oracle: the
    formula on R survey's `vcov(svyby())`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7, 5, 9, 3, 3, 6], "t": [1, 2, 3] * 3,
    ...                       "ea": [1, 1, 1, 2, 2, 2, 3, 3, 3]})
    >>> design = rs.SurveyDesign(frame, psu="ea", wave="t", waves="same_psu")
    >>> means = rs.estimate_mean(design, "y", by="t")
    >>> found = rs.linearity_test(means, over="t", times={"1": 0, "2": 1, "3": 2})
    >>> found[["df_numerator", "df_denominator"]].to_numpy().tolist()
    [[1.0, 2.0]]
    """
    series = _series(estimates, over, times, "linearity_test")
    if len(series[0].waves) < _FEWEST_FOR_A_CURVE:
        raise ComparisonError(
            Issue(
                "two waves always lie on a line",
                where="linearity_test: times",
                found=", ".join(series[0].waves),
                expected="three waves or more",
                remedy="use rs.compare for the change between two",
            )
        )
    tests = [_departure(estimates, part) for part in series]
    first = [part.positions[0] for part in series]
    rows = estimates.rows.iloc[first].reset_index(drop=True).assign(measure="linearity")
    rows[over] = f"{series[0].waves[0]} to {series[0].waves[-1]}"
    names = ["statistic", "df_numerator", "df_denominator", "p_value"]
    return pd.DataFrame(rows).assign(**dict(zip(names, np.array(tests).T, strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """The rows of one group in the order of time."""

    positions: list[int]
    waves: tuple[str, ...]
    times: Floats
    in_years: bool


def _series(estimates: Estimates, over: str, times: Times, verb: str) -> list[_Series]:
    require_along(estimates, over, verb)
    values = [str(value) for value in estimates.rows[over]]
    numbers, in_years = _numbers(times, values, verb)
    waves = tuple(sorted(numbers, key=lambda wave: numbers[wave]))
    groups: dict[tuple[str, ...], dict[str, int]] = {}
    for row, (key, value) in enumerate(zip(group_keys(estimates, over), values, strict=True)):
        group = groups.setdefault(key, {})
        if np.isfinite(estimates.values[row]):
            group[value] = row
    whole = {key: rows for key, rows in groups.items() if len(rows) == len(waves)}
    _tell_incomplete(groups, waves, verb)
    pairs = [(rows[wave], rows[waves[0]]) for rows in whole.values() for wave in waves[1:]]
    refuse_differing(differing_scores(estimates, pairs, over))
    at = np.array([numbers[wave] for wave in waves])
    return [_Series([rows[wave] for wave in waves], waves, at, in_years) for rows in whole.values()]


def _numbers(times: Times, values: Sequence[str], verb: str) -> tuple[dict[str, float], bool]:
    """Return the time of each wave as a number, dates in years."""
    said = {str(wave): time for wave, time in times.items()}
    there = list(dict.fromkeys(values))
    dates = [isinstance(time, datetime.date) for time in said.values()]
    in_years = any(dates)
    issues = [
        _time_issue(verb, "a wave has no time", wave, f"'{wave}': a number or date in 'times'")
        for wave in there
        if wave not in said
    ]
    issues += [
        _time_issue(
            verb,
            "a time is given for a wave that is not among the rows",
            wave,
            "one of " + ", ".join(there),
            nearest(wave, there, "leave it out, or estimate the wave too"),
        )
        for wave in said
        if wave not in there
    ]
    if in_years and not all(dates):
        issues.append(
            _time_issue(verb, "times are of two kinds", "dates and numbers", "one of the two")
        )
    numbers = {} if issues else {wave: _number(time) for wave, time in said.items()}
    issues += [
        _time_issue(verb, "a time is neither number nor date", wave, "when the wave was")
        for wave, number in numbers.items()
        if not np.isfinite(number)
    ]
    if not issues and len(set(numbers.values())) < len(numbers):
        issues.append(
            _time_issue(verb, "two waves have one time", "equal times", "different times")
        )
    if not issues and len(numbers) < 2:  # noqa: PLR2004 - a line needs two points
        issues.append(_time_issue(verb, "there is one wave", there[0], "two waves or more"))
    if issues:
        raise ComparisonError(*issues)
    return numbers, in_years


def _number(time: object) -> float:
    if isinstance(time, datetime.date):
        return time.toordinal() / _DAYS_IN_YEAR
    usable = isinstance(time, int | float | np.integer | np.floating) and not isinstance(time, bool)
    return float(time) if usable else np.nan  # type: ignore[arg-type]


def _time_issue(
    verb: str, what: str, found: str, expected: str, remedy: str = "correct 'times'"
) -> Issue:
    return Issue(what, where=f"{verb}: times", found=found, expected=expected, remedy=remedy)


def _tell_incomplete(
    groups: Mapping[tuple[str, ...], Mapping[str, int]], waves: tuple[str, ...], verb: str
) -> None:
    """Warn of groups that lack a wave, or raise if all do."""
    lacking = {
        key: [wave for wave in waves if wave not in rows]
        for key, rows in groups.items()
        if len(rows) < len(waves)
    }
    if not lacking:
        return
    named = "; ".join(
        f"{', '.join(key)} without {', '.join(gone)}" for key, gone in lacking.items()
    )
    if len(lacking) == len(groups):
        raise ComparisonError(
            Issue(
                "no rows have a value in every wave",
                where=f"{verb}: times",
                found=named,
                expected="values in " + ", ".join(waves),
                remedy="restrict the estimates to waves that the place took part in, and 'times' "
                "likewise",
            )
        )
    warnings.warn(
        f"{len(lacking)} trends are left out, for lack of a wave: {named}",
        ResilienceWarning,
        stacklevel=4,
    )


def _slope(estimates: Estimates, part: _Series, fit: Fit) -> Floats:
    """Return the coefficients of the slope, shape (waves,)."""
    ones = np.ones(len(part.times))
    line = np.column_stack([ones, part.times - part.times.mean()])
    if fit == "ordinary":
        return np.asarray(np.linalg.pinv(line)[1])
    covariance = estimates.select(part.positions).covariance
    if not _invertible(covariance):
        df = min(estimates.df[part.positions])
        raise ComparisonError(
            Issue(
                "the covariance of the waves cannot be inverted",
                where="estimate_trend: fit",
                found=f"{len(ones)} waves on {df:g} degrees of freedom",
                expected="more degrees of freedom than waves, and a standard error in each",
                remedy="use fit='ordinary'",
            )
        )
    weighted = np.linalg.solve(covariance, line)
    return np.asarray(np.linalg.solve(line.T @ weighted, weighted.T)[1])


def _departure(estimates: Estimates, part: _Series) -> tuple[float, float, float, float]:
    """Return the test of everything but level and slope."""
    line = np.column_stack([np.ones(len(part.times)), part.times - part.times.mean()])
    curves = linalg.null_space(line.T).T
    departures = estimates.select(part.positions).contrast(curves)
    covariance, size = departures.covariance, len(curves)
    below = float(departures.df.min()) - size + 1
    if below <= 0 or not _invertible(covariance):
        return np.nan, float(size), max(below, 0.0), np.nan
    wald = float(departures.values @ np.linalg.solve(covariance, departures.values))
    statistic = wald * below / (size * (below + size - 1))
    return statistic, float(size), below, float(stats.f.sf(statistic, size, below))


def _invertible(covariance: Floats) -> bool:
    if not np.isfinite(covariance).all() or not (np.diag(covariance) > 0).all():
        return False
    scale = np.sqrt(np.diag(covariance))
    return bool(np.linalg.eigvalsh(covariance / np.outer(scale, scale))[0] > _ROUNDING)
