"""No effect as a finding: whether what is left open lies within a margin."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import stats

from resilience.errors import EvaluationError, Issue
from resilience.inference.results.estimates import Estimates

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["EquivalenceTests", "EquivalenceVerdict", "MarginUnit", "equivalence_test"]

EquivalenceVerdict = Literal["equivalent", "not_shown", "different", "not_estimable"]
"""`different`: beyond the margin, not merely other than 0. `not_shown`: the data leave it open."""

MarginUnit = Literal["points", "sd"]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class EquivalenceTests:
    """Two one-sided tests of each row against a margin.

    Attributes
    ----------
    rows : pandas.DataFrame
        What each row is.
    estimate, std_error, df : numpy.ndarray
        Shape (k,).
    margin : numpy.ndarray
        In the rows' unit, shape (k,): effects smaller than this in size do not matter.
    level : float
        1 - the error rate of each one-sided test; the interval covers 2 level - 1.

    Examples
    --------
    >>> import resilience as rs
    >>> tests = rs.equivalence_test(0.4, 5.0, std_error=1.1, df=20)
    >>> tests.verdicts, tests.p_value.round(4)
    (('equivalent',), array([0.0002]))
    """

    rows: pd.DataFrame
    estimate: Floats
    std_error: Floats
    df: Floats
    margin: Floats
    level: float

    def __post_init__(self) -> None:
        """Make arrays read-only."""
        for array in (self.estimate, self.std_error, self.df, self.margin):
            array.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.estimate)

    def interval(self) -> tuple[Floats, Floats]:
        """Return the limits that are set against the margin: 90 % where the level is 95 %."""
        reach = _quantile(self.level, self.df) * self.std_error
        return self.estimate - reach, self.estimate + reach

    @property
    def p_value(self) -> Floats:
        """The larger of the two one-sided p-values, shape (k,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            above = (self.estimate + self.margin) / self.std_error
            below = (self.margin - self.estimate) / self.std_error
        p_value = np.full(len(self), np.nan)
        known = self._known
        nearer = np.minimum(above, below)[known]
        p_value[known] = stats.t.sf(nearer, self.df[known])
        return p_value

    @property
    def verdicts(self) -> tuple[EquivalenceVerdict, ...]:
        """One a row, from where the interval lies."""
        low, high = self.interval()
        return tuple(
            _verdict(*row) for row in zip(low, high, self.margin, self._known.tolist(), strict=True)
        )

    @property
    def _known(self) -> npt.NDArray[np.bool_]:
        return np.isfinite(self.estimate) & (self.std_error > 0) & (self.df > 0)

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy table.

        Returns
        -------
        pandas.DataFrame
            The rows with `estimate std_error df conf_low conf_high margin p_value verdict`.
        """
        low, high = self.interval()
        return self.rows.assign(
            estimate=self.estimate,
            std_error=self.std_error,
            df=self.df,
            conf_low=low,
            conf_high=high,
            margin=self.margin,
            p_value=self.p_value,
            verdict=list(self.verdicts),
        )

    def __repr__(self) -> str:
        """Return the table as it prints in a terminal, and which interval it has."""
        return f"{self.to_frame().to_string(index=False)}\n{self._told()}"

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, border=0, escape=True)
        return f"{table}<p>{escape(self._told())}</p>"

    def _told(self) -> str:
        return f"intervals cover {2 * self.level - 1:.0%}: two one-sided tests of {self.level:.0%}"


def equivalence_test(
    estimate: Estimates | npt.ArrayLike,
    margin: npt.ArrayLike,
    *,
    std_error: npt.ArrayLike | None = None,
    df: npt.ArrayLike | None = None,
    margin_unit: MarginUnit = "points",
    std_dev: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> EquivalenceTests:
    """Test whether effects are smaller than one that would matter.

    Use it to say that nothing of importance changed, which a large p-value never says. The
    margin is the plan's, named before the data were seen.

    Parameters
    ----------
    estimate : Estimates or array
        Rows, usually changes; or estimates, then with `std_error` and `df`.
    margin : float or array
        The size from which an effect matters, above 0.
    std_error, df : array, optional
        Of estimates that are numbers.
    margin_unit : {'points', 'sd'}
        Whether the margin is in the rows' unit, or in standard deviations `std_dev`.
    std_dev : float or array, optional
        Of the comparison group at baseline, in the rows' unit. It is taken as known.
    level : float
        1 - the error rate of each of the two one-sided tests.

    Returns
    -------
    EquivalenceTests
        `equivalent` where the interval of 2 level - 1 lies within the margin, `different` where
        it lies wholly beyond, `not_shown` where it does not tell, `not_estimable` without a
        standard error or degrees of freedom.

    Raises
    ------
    EvaluationError
        If a margin is not above 0, is 1 or more for a share, numbers do not fit each other, or a
        margin in standard deviations comes without `std_dev`.

    References
    ----------
    Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15: 657-680. Oracles:
    R's `t.test`, one-sided, and pingouin's `tost` for independent observations.

    Examples
    --------
    >>> import resilience as rs
    >>> tests = rs.equivalence_test([0.4, 3.0, 8.0], 5.0, std_error=[1.1, 2.0, 1.5], df=[20] * 3)
    >>> tests.verdicts
    ('equivalent', 'not_shown', 'different')
    """
    if not 0.5 < level < 1:  # noqa: PLR2004 - else the interval is empty
        raise EvaluationError(
            _issue("no level", "level", str(level), "between 0.5 and 1", "level=0.95")
        )
    rows, values, error, freedom, units = _parts(estimate, std_error, df)
    size = len(values)
    margins = _fitting(margin, size, "margin")
    if (margin_unit == "sd") != (std_dev is not None) or margin_unit not in ("points", "sd"):
        raise EvaluationError(
            _issue(
                "a margin is in the rows' unit, or in standard deviations that are given",
                "margin_unit, std_dev",
                f"margin_unit='{margin_unit}', std_dev {'given' if std_dev is not None else '-'}",
                "margin_unit='points'; or margin_unit='sd' with std_dev=",
                "give the comparison group's standard deviation at baseline",
            )
        )
    if std_dev is not None:
        margins = margins * _positive(_fitting(std_dev, size, "std_dev"), "std_dev")
    _require_margins(_positive(margins, "margin"), units)
    return EquivalenceTests(rows, values, error, freedom, margins, level)


def _parts(
    estimate: Estimates | npt.ArrayLike, std_error: npt.ArrayLike | None, df: npt.ArrayLike | None
) -> tuple[pd.DataFrame, Floats, Floats, Floats, tuple[str, ...]]:
    own = isinstance(estimate, Estimates)
    if own != (std_error is None) or own != (df is None):
        raise EvaluationError(
            _issue(
                "an estimate has one standard error and its degrees of freedom",
                "std_error, df",
                "given for estimates, which have theirs" if own else "one or both missing",
                "both with numbers, none with Estimates",
                "leave them out" if own else "give both",
            )
        )
    if isinstance(estimate, Estimates):
        values, error, freedom = estimate.values, estimate.std_error, estimate.df
        return estimate.rows, values.copy(), error.copy(), freedom.copy(), estimate.unit
    values = np.atleast_1d(np.array(estimate, np.float64))
    size = len(values)
    rows = pd.DataFrame({"measure": [str(row) for row in range(size)]})
    parts = _fitting(std_error, size, "std_error"), _fitting(df, size, "df")
    return rows, values, *parts, ("",) * size


def _fitting(numbers: npt.ArrayLike | None, size: int, what: str) -> Floats:
    found = np.atleast_1d(np.array(numbers, np.float64))
    if found.shape not in ((1,), (size,)):
        raise EvaluationError(
            _issue("numbers do not fit", what, f"{found.size}", f"1 or {size}", "one a row")
        )
    return np.broadcast_to(found, (size,)).copy()


def _positive(numbers: Floats, what: str) -> Floats:
    wrong = int((~(numbers > 0) | np.isinf(numbers)).sum())
    if wrong:
        raise EvaluationError(
            _issue(
                f"'{what}' is not above 0",
                what,
                f"{wrong} of {len(numbers)} rows",
                "a number above 0",
                "name the size from which an effect matters",
            )
        )
    return numbers


def _require_margins(margins: Floats, units: tuple[str, ...]) -> None:
    wide = [row for row, unit in enumerate(units) if unit == "share" and margins[row] >= 1]
    if wide:
        raise EvaluationError(
            _issue(
                "a share cannot differ by so much",
                "margin",
                f"{margins[wide[0]]:g}",
                "below 1, as shares are from 0 to 1",
                f"for {margins[wide[0]]:g} percentage points {margins[wide[0]] / 100:g}",
            )
        )


def _quantile(level: float, df: Floats) -> Floats:
    quantile = np.full(len(df), np.nan)
    known = df > 0
    quantile[known] = stats.t.ppf(level, df[known])
    return quantile


def _verdict(low: float, high: float, margin: float, known: bool) -> EquivalenceVerdict:  # noqa: FBT001 - one of four parts of a row
    if not known:
        return "not_estimable"
    if -margin < low and high < margin:
        return "equivalent"
    return "different" if low > margin or high < -margin else "not_shown"


def _issue(what: str, where: str, found: str, expected: str, remedy: str) -> Issue:
    return Issue(what, f"equivalence_test: {where}", found, expected, remedy)
