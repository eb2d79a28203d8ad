"""The result: population quantities, their joint covariance, and how to read them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import stats

from resilience.errors import EstimationError, Issue
from resilience.inference.results.contrasts import contrast_matrix
from resilience.inference.results.imputed import joined_over_imputations
from resilience.inference.results.intervals import IntervalNeeds, IntervalRule, confidence_limits
from resilience.inference.results.titles import merged_titles, titled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from resilience.definitions.measures import Signature
    from resilience.inference.results.factor import Factor
    from resilience.inference.results.provenance import Provenance

    Floats = npt.NDArray[np.float64]
    Labels = Mapping[str, Mapping[str, Mapping[str, str]]]

__all__ = ["Estimates", "concat"]

DfRule = Literal["row", "design"]
_SYMMETRIC: IntervalRule = "t"


@dataclass(frozen=True, repr=False, eq=False)
class Estimates:
    """Estimates of k population quantities and their joint covariance.

    Attributes
    ----------
    rows : pandas.DataFrame
        What each row is: `measure`, `variable`, and one column for each `by` variable.
    values : numpy.ndarray
        The estimates, shape (k,), in `unit`.
    factor : Factor
        What each PSU contributes to each row.
    n : numpy.ndarray
        Respondents behind each row, shape (k,); for a contrast the fewest behind its parts.
    unit : tuple of str
        The unit of each row.
    interval_rule : tuple of str
        How each row's interval is made.
    n_effective, deff : numpy.ndarray
        Effective sample size and design effect, shape (k,), NaN where they mean nothing.
    signatures : tuple of Signature or None
        By what rule each row's score was made.
    labels : mapping
        Titles of values, by column and value.
    provenance : Provenance
    df_rule : {'row', 'design'}
        Whether degrees of freedom are those of the strata that contribute to a row, or of the
        whole design.
    interval_needs : tuple of IntervalNeeds or None
        What else a row's interval is made of; None where its rule needs nothing else.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "g": list("abab"), "ea": [1, 1, 2, 3]})
    >>> means = rs.estimate_mean(rs.SurveyDesign(frame, psu="ea"), "y", by="g")
    >>> means
    measure variable g estimate std_error conf_low conf_high df n n_effective deff
       mean        y a   2.5000    1.2990  -3.0893    8.0893  2 2           3 0.75
       mean        y b   4.5000    2.1651  -4.8155   13.8155  2 2           3 0.75
    >>> isinstance(means, rs.Estimates), means.covariance.shape
    (True, (2, 2))
    """

    rows: pd.DataFrame
    values: Floats
    factor: Factor
    n: Floats
    unit: tuple[str, ...]
    interval_rule: tuple[IntervalRule, ...]
    n_effective: Floats
    deff: Floats
    signatures: tuple[Signature | None, ...]
    labels: Labels
    provenance: Provenance
    df_rule: DfRule = "row"
    interval_needs: tuple[IntervalNeeds | None, ...] = ()

    def __post_init__(self) -> None:
        """Check that all parts have one length, and make arrays read-only."""
        size = len(self.values)
        if not self.interval_needs:
            object.__setattr__(self, "interval_needs", (None,) * size)
        parts = (self.rows, self.n, self.unit, self.interval_rule, self.n_effective, self.deff)
        wrong = any(len(part) != size for part in (*parts, self.signatures, self.interval_needs))
        if wrong or self.factor.size != size:
            message = f"every part of estimates must have {size} rows"
            raise ValueError(message)
        for array in (self.values, self.n, self.n_effective, self.deff):
            array.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)

    @property
    def measure(self) -> str:
        """What was estimated, if all rows agree."""
        found = self.rows["measure"].unique()
        return str(found[0]) if len(found) == 1 else "several"

    @property
    def by(self) -> tuple[str, ...]:
        """The columns that tell the rows of one variable apart."""
        return tuple(str(name) for name in self.rows if name not in ("measure", "variable"))

    @cached_property
    def std_error(self) -> Floats:
        """Standard errors, shape (k,)."""
        return np.where(np.isnan(self.values), np.nan, np.sqrt(self.factor.variances()))

    @cached_property
    def covariance(self) -> Floats:
        """The joint covariance, shape (k, k)."""
        return self.factor.covariance()

    @cached_property
    def df(self) -> Floats:
        """Degrees of freedom, shape (k,): PSUs minus strata, less what fitting a model took."""
        if self.df_rule == "design":
            return self.factor.design_degrees_of_freedom()
        return self.factor.degrees_of_freedom()

    def interval(self, *, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return confidence limits, each row by its own rule.

        Parameters
        ----------
        level : float
            The coverage, between 0 and 1.

        Returns
        -------
        low, high : numpy.ndarray
            Shape (k,); NaN where there are no degrees of freedom.
        """
        rules, numbers = np.array(self.interval_rule, object), (self.values, self.std_error)
        return confidence_limits(rules, *numbers, self.df, self.n, level, self.interval_needs)

    def test(self, *, null: float = 0.0) -> pd.DataFrame:
        """Test each row against a value, by t with its own degrees of freedom.

        Parameters
        ----------
        null : float
            The value under the null hypothesis, in the rows' unit.

        Returns
        -------
        pandas.DataFrame
            The rows with `estimate std_error statistic df p_value`; two-sided.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = (self.values - null) / self.std_error
        usable = np.isfinite(statistic) & (self.df > 0)
        p_value = np.full(len(self), np.nan)
        p_value[usable] = 2 * stats.t.sf(np.abs(statistic[usable]), self.df[usable])
        return self.rows.assign(
            estimate=self.values,
            std_error=self.std_error,
            statistic=statistic,
            df=self.df,
            p_value=p_value,
        )

    def to_frame(self, *, level: float = 0.95, labels: str | None = None) -> pd.DataFrame:
        """Return the estimates as a tidy table.

        Parameters
        ----------
        level : float
            The coverage of the interval.
        labels : str, optional
            A language: values of `variable` and of the `by` columns become titles, in another
            language with a `ResilienceWarning` where there is none in this.

        Returns
        -------
        pandas.DataFrame
            `measure variable <by> estimate std_error conf_low conf_high df n n_effective deff`.

        Raises
        ------
        EstimationError
            If `labels` is no language.
        """
        low, high = self.interval(level=level)
        rows = self.rows if labels is None else titled(self.rows, self.labels, labels)
        return rows.assign(
            estimate=self.values,
            std_error=self.std_error,
            conf_low=low,
            conf_high=high,
            df=self.df,
            n=self.n,
            n_effective=self.n_effective,
            deff=self.deff,
        )

    def select(self, keep: Sequence[int] | npt.NDArray[np.bool_]) -> Estimates:
        """Return some of the rows, by position or mask, with their covariance."""
        rows = np.arange(len(self))[np.asarray(keep)]
        return replace(
            self,
            rows=self.rows.iloc[rows].reset_index(drop=True),
            values=self.values[rows],
            factor=self.factor.selected(rows),
            n=self.n[rows],
            unit=tuple(self.unit[row] for row in rows),
            interval_rule=tuple(self.interval_rule[row] for row in rows),
            n_effective=self.n_effective[rows],
            deff=self.deff[rows],
            signatures=tuple(self.signatures[row] for row in rows),
            interval_needs=tuple(self.interval_needs[row] for row in rows),
        )

    def contrast(
        self,
        coefficients: Mapping[str, Mapping[int, float]] | npt.ArrayLike,
        *,
        rows: pd.DataFrame | None = None,
    ) -> Estimates:
        """Return linear combinations of the rows, with their covariance.

        Parameters
        ----------
        coefficients : mapping or array
            By name a mapping from row position to coefficient; or an array, shape (q, k).
        rows : pandas.DataFrame, optional
            What the combinations are, q rows. By default `measure` is "contrast" and the
            names stand in a column `contrast`.

        Returns
        -------
        Estimates
            q rows; contrasts of contrasts are contrasts.

        Raises
        ------
        EstimationError
            If rows of different units are combined, or a position is none.

        Examples
        --------
        >>> import pandas as pd, resilience as rs
        >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "g": list("abab"), "ea": [1, 1, 2, 3]})
        >>> means = rs.estimate_mean(rs.SurveyDesign(frame, psu="ea"), "y", by="g")
        >>> means.contrast({"b - a": {1: 1, 0: -1}}).values.round(2).tolist()
        [2.0]
        """
        names, matrix = contrast_matrix(coefficients, len(self))
        if rows is None:
            rows = pd.DataFrame({"measure": "contrast", "variable": "", "contrast": names})
        products = np.where(matrix == 0, 0.0, matrix * self.values)
        return self._combined(matrix, products.sum(axis=1), rows)

    def delta_method(
        self,
        function: Callable[[Floats], npt.ArrayLike],
        jacobian: Callable[[Floats], npt.ArrayLike],
        *,
        rows: pd.DataFrame,
        unit: str = "",
    ) -> Estimates:
        """Return smooth functions of the rows, with their covariance to first order.

        Parameters
        ----------
        function : callable
            From the values, shape (k,), to q numbers.
        jacobian : callable
            From the values to the derivatives, shape (q, k).
        rows : pandas.DataFrame
            What the functions are, q rows.
        unit : str
            Their unit.
        """
        slopes = np.atleast_2d(np.asarray(jacobian(self.values), np.float64))
        values = np.atleast_1d(np.asarray(function(self.values), np.float64))
        return replace(self._combined(slopes, values, rows, mixed=True), unit=(unit,) * len(values))

    def _combined(
        self, matrix: Floats, values: Floats, rows: pd.DataFrame, *, mixed: bool = False
    ) -> Estimates:
        used = [np.flatnonzero(combination) for combination in matrix]
        units = [{self.unit[row] for row in part} for part in used]
        if not mixed and any(len(found) > 1 for found in units):
            raise EstimationError(
                Issue(
                    "rows of different units cannot be added",
                    where="contrast",
                    found=" and ".join(sorted(next(u for u in units if len(u) > 1))),
                    expected="one unit",
                    remedy="set coefficients to 0 for the rows of the other unit",
                )
            )
        size = len(values)
        return replace(
            self,
            rows=rows.reset_index(drop=True),
            values=values,
            factor=self.factor.combined(matrix),
            n=np.array([self.n[part].min() if len(part) else np.nan for part in used], float),
            unit=tuple(next(iter(found), "") for found in units),
            interval_rule=tuple(_SYMMETRIC for _ in range(size)),
            n_effective=np.full(size, np.nan),
            deff=np.full(size, np.nan),
            signatures=(None,) * size,
            interval_needs=(None,) * size,
        )

    def __repr__(self) -> str:
        """Return the table as it prints in a terminal."""
        from resilience.inference.results.printing import as_text  # noqa: PLC0415 - on demand

        return as_text(self.to_frame(), self.unit)

    def _repr_html_(self) -> str:
        from resilience.inference.results.printing import as_html  # noqa: PLC0415 - on demand

        return as_html(self.to_frame(), self.unit, self.provenance.study)


def concat(estimates: Sequence[Estimates]) -> Estimates:
    """Return the rows of several results as one, with all covariances that there are.

    Rows from the same sample keep their covariance; those of different samples are
    independent. Combined imputations are taken in their order, the first with the first.

    Parameters
    ----------
    estimates : sequence of Estimates
        At least one.

    Raises
    ------
    EstimationError
        If one sample occurs under two rules for variances.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "x": [0.0, 1, 1, 0], "ea": [1, 1, 2, 3]})
    >>> design = rs.SurveyDesign(frame, psu="ea")
    >>> both = rs.concat([rs.estimate_mean(design, "y"), rs.estimate_total(design, "x")])
    >>> both.covariance.shape
    (2, 2)
    """
    first = estimates[0]
    rules = {part.df_rule for part in estimates}
    if len(rules) > 1:
        raise EstimationError(
            Issue(
                "estimates follow two rules for degrees of freedom",
                where="concat",
                found=", ".join(sorted(rules)),
                expected="one rule",
                remedy="replace(estimates, df_rule='row') for all",
            )
        )
    return replace(
        first,
        rows=pd.concat([part.rows for part in estimates], ignore_index=True),
        values=np.concatenate([part.values for part in estimates]),
        factor=joined_over_imputations([part.factor for part in estimates]),
        n=np.concatenate([part.n for part in estimates]),
        unit=tuple(unit for part in estimates for unit in part.unit),
        interval_rule=tuple(rule for part in estimates for rule in part.interval_rule),
        n_effective=np.concatenate([part.n_effective for part in estimates]),
        deff=np.concatenate([part.deff for part in estimates]),
        signatures=tuple(mark for part in estimates for mark in part.signatures),
        interval_needs=tuple(need for part in estimates for need in part.interval_needs),
        labels=merged_titles([part.labels for part in estimates]),
    )
