"""Change between waves that share respondents, where nobody can say which."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.errors import ComparisonError, Issue, ResilienceWarning
from resilience.inference.comparisons.sameness import differing_scores, refuse_differing
from resilience.inference.results.estimates import concat
from resilience.inference.results.intervals import confidence_limits
from resilience.inference.results.printing import PrintedTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.results.estimates import Estimates

    Floats = npt.NDArray[np.float64]

__all__ = ["UnlinkedChange", "change_without_ids"]

_ROUNDING = 1e-9


@dataclass(frozen=True, repr=False, eq=False)
class UnlinkedChange(PrintedTable):
    """Changes whose covariance the data do not show.

    Attributes
    ----------
    rows : pandas.DataFrame
        What each row is, as for changes from `compare`.
    values : numpy.ndarray
        The changes, shape (k,).
    std_error : numpy.ndarray
        Under the assumption; for bounds the largest there can be, shape (k,).
    std_error_low, std_error_high : numpy.ndarray
        The smallest and largest there can be, shape (k,).
    df, n : numpy.ndarray
        Of the wave that has fewer, shape (k,).
    unit : tuple of str
    method : {'reliability', 'bounds'}
    assumption : str
        What is assumed, in words.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> def level(wave, *y):
    ...     frame = pd.DataFrame({"y": y, "t": wave})
    ...     return rs.estimate_mean(rs.SurveyDesign(frame, wave="t"), "y", by="t")
    >>> change = rs.change_without_ids(level("w1", 1.0, 3, 5), level("w2", 2.0, 6, 7))
    >>> isinstance(change, rs.UnlinkedChange), change.method
    (True, 'bounds')
    """

    rows: pd.DataFrame
    values: Floats
    std_error: Floats
    std_error_low: Floats
    std_error_high: Floats
    df: Floats
    n: Floats
    unit: tuple[str, ...]
    method: Literal["reliability", "bounds"]
    assumption: str

    def __post_init__(self) -> None:
        """Make arrays read-only."""
        for array in (self.values, self.std_error, self.std_error_low, self.std_error_high):
            array.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)

    def interval(self, *, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return confidence limits by t from `std_error`; for bounds at least of the level.

        Parameters
        ----------
        level : float
            The coverage, between 0 and 1.

        Returns
        -------
        low, high : numpy.ndarray
            Shape (k,); NaN where there are no degrees of freedom.
        """
        rules = np.full(len(self), "t", object)
        return confidence_limits(rules, self.values, self.std_error, self.df, self.n, level)

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return the changes as a tidy table.

        Parameters
        ----------
        level : float
            The coverage of the interval.

        Returns
        -------
        pandas.DataFrame
            `measure variable <by> estimate std_error conf_low conf_high df n n_effective deff`
            (the last two NaN: they mean nothing for a change), then `std_error_low
            std_error_high method`.
        """
        low, high = self.interval(level=level)
        return self.rows.assign(
            estimate=self.values,
            std_error=self.std_error,
            conf_low=low,
            conf_high=high,
            df=self.df,
            n=self.n,
            n_effective=np.nan,
            deff=np.nan,
            std_error_low=self.std_error_low,
            std_error_high=self.std_error_high,
            method=self.method,
        )

    def _units(self) -> Sequence[str]:
        return self.unit

    def _told(self) -> str:
        return self.assumption


def change_without_ids(
    first: Estimates,
    second: Estimates,
    *,
    reliability: float | None = None,
    overlap: float | None = None,
) -> UnlinkedChange:
    """Subtract a wave from a later one that asked some of the same persons, ids being lost.

    Use it only where persons recur and cannot be matched; with ids or shared PSUs use `compare`,
    and for fresh samples too. How much the recurring persons reduce the error is then not in
    the data. Either it is assumed, from how answers of one person correlate over such a time
    (`reliability`) and how many recur (`overlap`); or it is left open between bounds, and the
    interval is the widest there can be.

    Parameters
    ----------
    first, second : Estimates
        The same rows in the earlier and the later wave.
    reliability : float, optional
        The assumed correlation of a person's two answers, from -1 to 1, from a source that is
        cited. Needs `overlap`.
    overlap : float, optional
        Respondents in both waves as a share of the geometric mean of the two sample sizes, from
        0 to 1. Alone it makes the bounds narrower.

    Returns
    -------
    UnlinkedChange
        Second minus first. Degrees of freedom are the fewer of the two. NaN where a wave has
        no estimate or standard error.

    Raises
    ------
    ComparisonError
        If rows do not match, units or scores differ, the shares are impossible, a
        reliability comes without overlap, or the covariance is known from the design.

    Warns
    -----
    ResilienceWarning
        If rows of one wave have none in the other; they are left out.

    Notes
    -----
    With standard errors a and b, reliability r and overlap o the variance is
    a² + b² - 2 r o a b. Bounds are r = 1 and r = -1, which without overlap is from |a - b| to
    a + b, by the Cauchy-Schwarz inequality. It is taken that designs inflate the covariance as
    they do the variances.

    References
    ----------
    Kish (1965), Survey Sampling, section 12.4; the ladder (linked, reliability, bounds) follows
    the R package wavecov. Oracle: the formula on R survey's results; bounds contain what
    matched ids give, for every sample (Cauchy-Schwarz), tried on many.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> def level(wave, *y):
    ...     frame = pd.DataFrame({"y": y, "t": wave})
    ...     return rs.estimate_mean(rs.SurveyDesign(frame, wave="t"), "y", by="t")
    >>> waves = level("w1", 1.0, 3, 5), level("w2", 2.0, 6, 7)
    >>> bounds = rs.change_without_ids(*waves)
    >>> bounds.std_error_low.round(3), bounds.std_error_high.round(3)
    (array([0.373]), array([2.682]))
    >>> rs.change_without_ids(*waves, reliability=0.7, overlap=0.5).std_error.round(3)
    array([1.559])
    """
    pairs = _matched(first, second)
    _require_shares(first, second, pairs, reliability, overlap)
    one = first.select([row for row, _ in pairs])
    other = second.select([row for _, row in pairs])
    both = concat([one, other])
    size = len(one)
    _require_comparable(both, one, other)
    a, b = one.std_error, other.std_error
    most = 1.0 if overlap is None else overlap

    def error(correlation: float) -> Floats:
        return np.sqrt(np.maximum(a**2 + b**2 - 2 * correlation * most * a * b, 0.0))

    high = error(-1.0)
    return UnlinkedChange(
        rows=_rows(one, other),
        values=other.values - one.values,
        std_error=high.copy() if reliability is None else error(reliability),
        std_error_low=error(1.0),
        std_error_high=high,
        df=np.minimum(one.df, other.df),
        n=np.minimum(one.n, other.n),
        unit=both.unit[:size],
        method="bounds" if reliability is None else "reliability",
        assumption=_in_words(reliability, overlap),
    )


def _in_words(reliability: float | None, overlap: float | None) -> str:
    if reliability is not None:
        return (
            f"Assumed, not shown by the data: {overlap:.0%} of respondents are in both waves, "
            f"and their two answers correlate {reliability:g}."
        )
    known = "" if overlap is None else f" beyond {overlap:.0%} of respondents being in both waves"
    return (
        f"Nothing is assumed{known}: the standard error lies somewhere between its bounds, and "
        "the interval takes the largest."
    )


def _keys(estimates: Estimates) -> list[tuple[str, ...]]:
    others = [name for name in estimates.rows if name != estimates.provenance.wave_column]
    return [tuple(row) for row in estimates.rows[others].astype("str").itertuples(index=False)]


def _matched(first: Estimates, second: Estimates) -> list[tuple[int, int]]:
    """Return the rows of the first and of the second wave that belong together."""
    keys = [_keys(part) for part in (first, second)]
    issues = [
        _issue(
            f"the {word} result has several rows that differ in nothing but the wave",
            f"{len(part)} rows of {len(set(part))} kinds",
            "the rows of one wave",
            "estimates.select(rows of that wave), or where={wave: …}",
        )
        for word, part in zip(("first", "second"), keys, strict=True)
        if len(set(part)) < len(part)
    ]
    if issues:
        raise ComparisonError(*issues)
    position = {key: row for row, key in enumerate(keys[1])}
    pairs = [(row, position[key]) for row, key in enumerate(keys[0]) if key in position]
    if not pairs:
        raise ComparisonError(
            _issue(
                "the two waves have no row in common",
                "other variables, columns or groups",
                "the same measure, variables and 'by' in both",
                "estimate both with the same call",
            )
        )
    alone = len(keys[0]) + len(keys[1]) - 2 * len(pairs)
    if alone:
        warnings.warn(
            f"{alone} rows are in one wave only and are left out",
            ResilienceWarning,
            stacklevel=3,
        )
    return pairs


def _require_shares(
    first: Estimates,
    second: Estimates,
    pairs: list[tuple[int, int]],
    reliability: float | None,
    overlap: float | None,
) -> None:
    issues = []
    if reliability is not None and not -1 <= reliability <= 1:
        issues.append(
            _issue("no correlation", f"reliability={reliability:g}", "-1 to 1", "correct it")
        )
    if reliability is not None and overlap is None:
        issues.append(
            _issue(
                "a reliability says nothing without how many are in both waves",
                "no overlap",
                "a share from 0 to 1",
                "add overlap=, from the fieldwork's records; or leave both out, for bounds",
            )
        )
    n = np.array([sorted((first.n[row], second.n[other])) for row, other in pairs], float)
    most = float(np.sqrt(n[:, 0] / np.maximum(n[:, 1], 1)).min())
    if overlap is not None and not 0 <= overlap <= min(1.0, most + _ROUNDING):
        issues.append(
            _issue(
                "so many cannot be in both waves",
                f"overlap={overlap:g}",
                f"0 to {most:.4g}: nobody counts twice, and the smaller wave may be in both whole",
                "respondents in both / sqrt(n first * n second), in the smallest group of rows",
            )
        )
    if issues:
        raise ComparisonError(*issues)


def _require_comparable(both: Estimates, one: Estimates, other: Estimates) -> None:
    """Refuse other units and scores, and waves whose covariance is known."""
    size = len(one)
    if one.unit != other.unit:
        raise ComparisonError(
            _issue(
                "the two waves are in different units",
                ", ".join(sorted({*one.unit, *other.unit})),
                "one unit a row",
                "estimate the same from both",
            )
        )
    named = both.rows.assign(which=["the first"] * size + ["the second"] * size)
    pairs = [(row + size, row) for row in range(size)]
    refuse_differing(differing_scores(replace(both, rows=named), pairs, "which"))
    if np.nan_to_num(both.covariance[:size, size:]).any():
        raise ComparisonError(
            _issue(
                "the covariance of these waves is known",
                "estimates of one design in which the waves share PSUs or persons",
                "waves of which it is not known who is in both",
                "use rs.compare on both waves together; if these are two samples, say so: name the "
                "column of waves, or another study=, in each design",
            )
        )


def _rows(one: Estimates, other: Estimates) -> pd.DataFrame:
    """Return what the changes are; waves without a column are called first and second."""
    names = [
        part.rows[part.provenance.wave_column].astype("str").tolist()
        if part.provenance.wave_column in part.rows
        else [word] * len(part)
        for part, word in ((one, "first"), (other, "second"))
    ]
    column = other.provenance.wave_column or "wave"
    kept = [name for name in other.rows if name != column]
    rows = other.rows[kept].assign(measure="change")
    return pd.DataFrame(rows.assign(**{column: names[1], "reference": names[0]}))


def _issue(what: str, found: str, expected: str, remedy: str) -> Issue:
    return Issue(what, where="change_without_ids", found=found, expected=expected, remedy=remedy)
