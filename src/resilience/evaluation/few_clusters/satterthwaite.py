"""Cluster-robust tests with the bias-reduced variance CR2 and Satterthwaite's degrees of freedom.

The working model behind CR2 is the identity: rows of equal variance, not correlated. That holds
with weights too, as in clubSandwich for a weighted `lm`: survey weights are not taken for
inverse variances.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

from resilience.evaluation.few_clusters.clusters import (
    cluster_scores,
    contrast_vector,
    estimable_without,
    rows_by_cluster,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.evaluation.few_clusters.clusters import ClusteredFit, CompleteCases

    Floats = npt.NDArray[np.float64]

__all__ = ["ClusterTest", "cr1", "cr2"]

_NO_VARIANCE = 1e-10  # of the largest eigenvalue: clubSandwich's and the reference's tolerance


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ClusterTest:
    """A contrast of each outcome with its cluster-robust error.

    Attributes
    ----------
    estimate, std_error, df, p_value : numpy.ndarray
        Shape (k,). Error, df and p are NaN where the contrast rests on one cluster alone; p is
        NaN where the error is 0.

    Examples
    --------
    >>> import numpy as np
    >>> from resilience.evaluation.few_clusters.clusters import fit_clustered
    >>> fit = fit_clustered(np.ones((4, 1)), np.arange(4.0), cluster=[0, 1, 2, 3])
    >>> cr2(fit, 0)
    ClusterTest(1 outcome: estimate 1.5, std_error 0.645497, df 3, p_value 0.102728)
    """

    estimate: Floats
    std_error: Floats
    df: Floats
    p_value: Floats

    def interval(self, *, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return confidence limits by t, shape (k,) each; NaN without an error.

        Parameters
        ----------
        level : float
            The coverage, between 0 and 1.
        """
        if not 0 < level < 1:
            message = f"'level' must lie between 0 and 1 (got {level})"
            raise ValueError(message)
        half = stats.t.ppf((1 + level) / 2, self.df) * self.std_error
        return self.estimate - half, self.estimate + half

    def __repr__(self) -> str:
        """Return the first outcome's numbers and how many there are."""
        k = len(self.estimate)
        numbers = ", ".join(
            f"{name} {getattr(self, name)[0]:.6g}"
            for name in ("estimate", "std_error", "df", "p_value")
            if k
        )
        return f"ClusterTest({k} outcome{'s' * (k != 1)}{': ' * bool(numbers)}{numbers})"


def cr2(fit: ClusteredFit, contrast: npt.ArrayLike | int | str) -> ClusterTest:
    """Test a contrast with CR2 errors and Satterthwaite's degrees of freedom.

    When to use it: fewer than some fifty clusters. It keeps its size with few clusters at the
    price of caution where very few are treated (df below 4).

    Parameters
    ----------
    fit : ClusteredFit
    contrast : array_like, int or str
        Shape (p,), or one column's number or name.

    Returns
    -------
    ClusterTest

    Raises
    ------
    EvaluationError
        Where there is no such contrast.

    Notes
    -----
    Bell and McCaffrey (2002), Pustejovsky and Tipton (2018). Oracles: clubSandwich 0.5.8 on
    weighted and unweighted simulated clusters, and its vignette on MortalityRates. Matrices of a
    cluster have the size of its columns, never of its rows.

    Examples
    --------
    >>> import numpy as np
    >>> from resilience.evaluation.few_clusters.clusters import fit_clustered
    >>> x = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    >>> test = cr2(fit_clustered(x, np.array([1.0, 2, 3, 5, 6, 7]), cluster=range(6)), 1)
    >>> test.df.round(6), test.p_value.round(4)
    (array([4.]), array([0.008]))
    """
    vector = contrast_vector(fit, contrast)
    error, df = np.full((2, fit.coefficients.shape[1]), np.nan)
    for part in fit.complete:
        if estimable_without(fit, part, vector)[0].all():
            error[part.outcomes], df[part.outcomes] = _bias_reduced(fit, part, vector)
    return _tested(vector @ fit.coefficients, error, df)


def cr1(
    fit: ClusteredFit,
    contrast: npt.ArrayLike | int | str,
    *,
    correction: Literal["none", "clusters", "rows"] = "rows",
) -> ClusterTest:
    """Test a contrast as most software does; wrong where clusters are few, for comparison only.

    Parameters
    ----------
    fit : ClusteredFit
    contrast : array_like, int or str
    correction : {'none', 'clusters', 'rows'}
        The factor of the variance: 1 (CR0), G / (G - 1), or that times (n - 1) / (n - p), as
        Stata and statsmodels have it.

    Returns
    -------
    ClusterTest
        With G - 1 degrees of freedom.

    Examples
    --------
    >>> import numpy as np
    >>> from resilience.evaluation.few_clusters.clusters import fit_clustered
    >>> fit = fit_clustered(np.ones((4, 1)), np.arange(4.0), cluster=[0, 1, 2, 3])
    >>> cr1(fit, 0, correction="clusters").std_error.round(6)
    array([0.645497])
    """
    vector = contrast_vector(fit, contrast)
    squares = np.zeros(fit.coefficients.shape[1])
    for part in fit.complete:
        scores = cluster_scores(fit, part)
        squares[part.outcomes] = (((part.inverse @ vector) @ scores) ** 2).sum(axis=0)
    clusters, n, p = fit.clusters_used, fit.n, fit.x.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        if correction != "none":
            squares = squares * clusters / (clusters - 1)
        if correction == "rows":
            squares = squares * (n - 1) / (n - p)
    return _tested(vector @ fit.coefficients, np.sqrt(squares), (clusters - 1).astype(float))


def _tested(estimate: Floats, error: Floats, df: Floats) -> ClusterTest:
    usable = error > 0
    ratio = np.abs(estimate) / np.where(usable, error, 1)
    p_value = np.where(usable, 2 * stats.t.sf(ratio, df), np.nan)
    return ClusterTest(estimate, error, df, p_value)


def _bias_reduced(fit: ClusteredFit, part: CompleteCases, vector: Floats) -> tuple[Floats, float]:
    """Return the CR2 errors (j,) and the degrees of freedom, the same for all outcomes.

    With Z = [X, WX] = QR for a cluster, its residuals have the covariance I + Q(RKR')Q' under
    the working model, whose inverse root is I beyond the columns of Q.
    """
    p = fit.x.shape[1]
    direction = part.inverse @ vector
    weight = fit.weight[part.rows]
    squared = (fit.x[part.rows] * weight[:, None] ** 2).T @ fit.x[part.rows]
    outer = part.inverse @ squared @ part.inverse
    middle = np.block([[outer, -part.inverse], [-part.inverse, np.zeros((p, p))]])
    total = np.zeros(len(part.outcomes))
    own, plain, weighted = [], [], []
    for _, rows in rows_by_cluster(part):
        x = fit.x[rows]
        q, r = np.linalg.qr(np.hstack([x, x * fit.weight[rows, None]]))
        adjusted = _inverse_root(np.eye(len(r)) + r @ middle @ r.T) @ (r[:, p:] @ direction)
        total += ((q @ adjusted) @ fit.residuals[np.ix_(rows, part.outcomes)]) ** 2
        own.append(adjusted @ adjusted)
        plain.append(r[:, :p].T @ adjusted)
        weighted.append(r[:, p:].T @ adjusted)
    sides = np.hstack([plain, weighted])
    return np.sqrt(total), _satterthwaite(np.array(own), sides, middle)


def _satterthwaite(own: Floats, sides: Floats, middle: Floats) -> float:
    """Return 2 / CV² of the variance: tr(Q)² / tr(QQ) with Q = diag(own) + sides middle sides'."""
    quadratic = ((sides @ middle) * sides).sum(axis=1)
    folded = middle @ (sides.T @ sides)
    squares = (own**2).sum() + 2 * (own * quadratic).sum() + (folded * folded.T).sum()
    trace = own.sum() + quadratic.sum()
    return float(trace**2 / squares) if squares > 0 else float("nan")


def _inverse_root(matrix: Floats) -> Floats:
    """Return the symmetric inverse square root; directions without variance are left out."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    kept = values > _NO_VARIANCE * max(1.0, values[-1])
    root: Floats = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    return root
