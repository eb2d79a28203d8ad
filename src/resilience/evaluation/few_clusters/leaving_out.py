"""How far an estimate rests on one cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resilience.evaluation.few_clusters.clusters import (
    cluster_scores,
    contrast_vector,
    estimable_without,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.evaluation.few_clusters.clusters import ClusteredFit

    Floats = npt.NDArray[np.float64]

__all__ = ["leave_one_cluster_out"]


def leave_one_cluster_out(fit: ClusteredFit, contrast: npt.ArrayLike | int | str) -> Floats:
    """Estimate a contrast anew without each cluster in turn.

    Parameters
    ----------
    fit : ClusteredFit
    contrast : array_like, int or str
        Shape (p,), or one column's number or name.

    Returns
    -------
    numpy.ndarray
        Shape (G, k); NaN where the contrast cannot be estimated without the cluster.

    Raises
    ------
    EvaluationError
        Where there is no such contrast.

    Notes
    -----
    The normal equations without a cluster are those of all less its own; they are solved, not
    approximated. A column that only the left-out cluster had (its own constant) does no harm.

    Examples
    --------
    >>> import numpy as np
    >>> from resilience.evaluation.few_clusters.clusters import fit_clustered
    >>> fit = fit_clustered(np.ones((3, 1)), np.array([1.0, 2, 6]), cluster=[0, 1, 2])
    >>> leave_one_cluster_out(fit, 0)[:, 0]
    array([4. , 3.5, 1.5])
    """
    vector = contrast_vector(fit, contrast)
    estimates = np.empty((fit.clusters, fit.coefficients.shape[1]))
    for part in fit.complete:
        estimable, solution = estimable_without(fit, part, vector)
        # Scores sum to 0 over all clusters: without one they are its own with the other sign.
        shift = np.einsum("gp,gpj->gj", solution, cluster_scores(fit, part))
        whole = vector @ fit.coefficients[:, part.outcomes]
        estimates[:, part.outcomes] = np.where(estimable[:, None], whole - shift, np.nan)
    return estimates
