"""A regression's estimate under every assignment, from one pass over the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resilience.evaluation.few_clusters.clusters import fit_clustered

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

__all__ = ["regression_statistic"]

_ABSORBED = 1e-10  # of the exposure's own size: what other columns leave of it


def regression_statistic(
    others: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    exposure: npt.ArrayLike,
    cluster: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
) -> Callable[[Flags], Floats]:
    """Return a statistic for `randomisation_test`: the coefficient of exposure, fitted anew.

    When to use it: the estimator is a weighted regression in which only the exposure depends on
    the assignment, such as a difference in differences with constants of places and waves, or
    an analysis of covariance. Any other estimator is a callable of one's own.

    Parameters
    ----------
    others : array_like
        All columns but the exposure, shape (n, q).
    y : array_like
        The outcomes, shape (n, k) or (n,); NaN is no answer, left out of that outcome only.
    exposure : array_like
        How exposed each row would be if its cluster were treated (1 after the programme began,
        0 before), shape (n,). A row of a cluster that is not treated has 0.
    cluster : array_like
        Codes 0 to G - 1, shape (n,).
    weight : array_like, optional
        Shape (n,); none: 1 each.

    Returns
    -------
    callable
        From assignments (r, G), boolean, to estimates (r, k); NaN where an assignment's exposure
        depends on the other columns.

    Raises
    ------
    EvaluationError
        As for `fit_clustered`.

    Notes
    -----
    By the theorem of Frisch, Waugh and Lovell: outcome and exposure are cleared of the other
    columns once, by cluster; every assignment is then a sum over its treated clusters. The
    estimates are those of the whole regression.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([1.0, 2, 3, 2, 5, 6, 8, 5])
    >>> estimate = regression_statistic(np.ones((8, 1)), y, exposure=np.ones(8), cluster=range(8))
    >>> estimate(np.repeat([[False, True]], 4, axis=1)).round(6)
    array([[4.]])
    """
    fit = fit_clustered(others, y, cluster=cluster, weight=weight)
    exposed = np.asarray(exposure, float)
    parts = []
    for part in fit.complete:
        x, w, codes = fit.x[part.rows], fit.weight[part.rows], fit.cluster[part.rows]
        own = np.zeros((len(part.rows), fit.clusters))
        own[np.arange(len(own)), codes] = exposed[part.rows]
        crossed = x.T @ (w[:, None] * own)
        squares = np.diag((w[:, None] * own**2).sum(axis=0))
        cleared = squares - crossed.T @ part.inverse @ crossed
        residuals = fit.residuals[np.ix_(part.rows, part.outcomes)]
        parts.append((part.outcomes, own.T @ (w[:, None] * residuals), cleared, np.diag(squares)))

    def estimate(assignments: Flags) -> Floats:
        a = np.asarray(assignments, float)
        found = np.full((len(a), fit.coefficients.shape[1]), np.nan)
        for outcomes, scores, cleared, squares in parts:
            bottom = ((a @ cleared) * a).sum(axis=1)
            usable = bottom > _ABSORBED * (a @ squares)
            bottom[~usable] = np.nan
            found[:, outcomes] = (a @ scores) / bottom[:, None]
        return found

    return estimate
