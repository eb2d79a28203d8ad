"""Joint tests of several quantities, and the record that tests come in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from resilience.errors import EstimationError, Issue
from resilience.inference.comparisons.table_statistics import quadratic_form, wald_f

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.inference.results.estimates import Estimates

    Floats = npt.NDArray[np.float64]

__all__ = ["JointTests", "joined_tests", "wald_test"]


@dataclass(frozen=True, repr=False, eq=False)
class JointTests:
    """Tests, one a row, with what was tested.

    Attributes
    ----------
    rows : pandas.DataFrame
        What each test is.
    statistic, df, ddf, p_value : numpy.ndarray
        Shape (k,). `ddf` are the denominator's degrees of freedom, infinite for a chi-square.
    n : numpy.ndarray
        Respondents behind each test, shape (k,).
    tested : Estimates
        The quantities, with their covariance.
    further : mapping of str to numpy.ndarray
        More columns of `to_frame`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7, 5], "g": list("ababa"), "ea": [1, 1, 2, 3, 4]})
    >>> means = rs.estimate_mean(rs.SurveyDesign(frame, psu="ea"), "y", by="g")
    >>> rs.wald_test(rs.compare(means, over="g", reference="a"))
     test  statistic  df  ddf  p_value  n
     Wald      ...
    """

    rows: pd.DataFrame
    statistic: Floats
    df: Floats
    ddf: Floats
    p_value: Floats
    n: Floats
    tested: Estimates
    further: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make arrays read-only."""
        for array in (self.statistic, self.df, self.ddf, self.p_value, self.n):
            array.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of tests."""
        return len(self.statistic)

    def to_frame(self) -> pd.DataFrame:
        """Return the tests as a tidy table.

        Returns
        -------
        pandas.DataFrame
            What each test is, `statistic df ddf p_value n`, and what else belongs to it.
        """
        return self.rows.assign(
            statistic=self.statistic,
            df=self.df,
            ddf=self.ddf,
            p_value=self.p_value,
            n=self.n,
            **self.further,
        )

    def __repr__(self) -> str:
        """Return the table as it prints in a terminal."""
        return str(self.to_frame().to_string(index=False, float_format="{:.4g}".format))

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False, escape=True, border=0))


def wald_test(
    estimates: Estimates,
    contrasts: Mapping[str, Mapping[int, float]] | npt.ArrayLike | None = None,
    *,
    rows: Sequence[int] | npt.NDArray[np.bool_] | None = None,
    statistic: Literal["Wald", "adjWald"] = "Wald",
) -> JointTests:
    """Test whether several quantities are all 0 at once.

    Use it for the coefficients of one categorical predictor, for changes in several places,
    or for any combinations of rows of one joint estimate; for each row by itself there is
    `Estimates.test`. It has no missing answers to deal with.

    Parameters
    ----------
    estimates : Estimates
    contrasts : mapping or array, optional
        Combinations of the rows, as for `Estimates.contrast`. Without, the rows themselves.
    rows : sequence of int or mask, optional
        Which rows to take, before `contrasts` count their positions. Without, all.
    statistic : {'Wald', 'adjWald'}
        F = b' V^-1 b / q on (q, df), or adjusted for the covariance's being estimated from few
        PSUs: (df - q + 1) / (q df) b' V^-1 b on (q, df - q + 1).

    Returns
    -------
    JointTests
        One test. Its `ddf` are the smallest of the quantities' degrees of freedom.

    Raises
    ------
    EstimationError
        If a covariance is not known or singular: a quantity twice, one that follows from the
        others, or more of them than PSUs less strata.

    References
    ----------
    Korn and Graubard (1990), American Statistician 44: 270-276. Oracle: R survey 4.1-1,
    `regTermTest(method = "Wald")`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7, 5], "g": list("ababa"), "ea": [1, 1, 2, 3, 4]})
    >>> means = rs.estimate_mean(rs.SurveyDesign(frame, psu="ea"), "y", by="g")
    >>> joint = rs.wald_test(means, {"b - a": {1: 1, 0: -1}})
    >>> alone = means.contrast({"b - a": {1: 1, 0: -1}}).test()
    >>> bool(abs(joint.p_value[0] - alone["p_value"].iloc[0]) < 1e-12)
    True
    """
    if statistic not in ("Wald", "adjWald"):
        message = f"'statistic' must be 'Wald' or 'adjWald' (got {statistic!r})"
        raise ValueError(message)
    taken = estimates if rows is None else estimates.select(rows)
    tested = taken if contrasts is None else taken.contrast(contrasts)
    size = len(tested)
    df = float(tested.df.min()) if size else 0.0
    adjusted = statistic == "adjWald"
    if size == 0 or df <= (size - 1 if adjusted else 0):
        raise EstimationError(_untestable(size, f"{df:g} degrees of freedom"))
    form = quadratic_form(tested.values, tested.covariance)
    if form is None:
        raise EstimationError(_untestable(size, "a covariance that has no inverse"))
    figures = wald_f(form, size, df, adjusted=adjusted)
    return JointTests(
        pd.DataFrame({"test": [statistic]}),
        np.array([figures.statistic]),
        np.array([figures.df], float),
        np.array([figures.ddf]),
        np.array([figures.p_value]),
        np.array([tested.n.min()]),
        tested,
    )


def _untestable(size: int, found: str) -> Issue:
    return Issue(
        "these quantities cannot be tested together",
        where="wald_test",
        found=f"{size} of them, with {found}",
        expected="quantities of which none follows from the others, fewer than the design's "
        "degrees of freedom",
        remedy="test fewer, leave out those that follow from others, or join groups",
    )


def joined_tests(tests: Sequence[JointTests], rows: pd.DataFrame, tested: Estimates) -> JointTests:
    """Return several tests as one record."""
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(test, name) for test in tests])
        for name in ("statistic", "df", "ddf", "p_value", "n")
    }
    return JointTests(rows.reset_index(drop=True), **columns, tested=tested)
