"""Signs of clusters, and what a bootstrap over them needs of each cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.few_clusters.clusters import cluster_products, cluster_scores

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.evaluation.few_clusters.clusters import ClusteredFit, CompleteCases

    Floats = npt.NDArray[np.float64]

__all__ = ["ClusterPieces", "Signs", "cluster_pieces", "sign_vectors"]

MOST_ENUMERATED = 2**14
TIE = 1e-9  # relative: statistics nearer than this are equal
VANISHED = 1e-12  # of the terms it is made of: an error below is 0
_WEBB = np.sqrt([1.5, 1.0, 0.5])

Signs = Literal["auto", "rademacher", "webb"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ClusterPieces:
    """What the bootstrap of a contrast needs of each cluster.

    Attributes
    ----------
    scores : numpy.ndarray
        X'We by cluster, without the null, shape (G, p, j).
    shifts : numpy.ndarray
        What imposing a null adds to the scores for each unit that it lies below the estimate,
        shape (G, p).
    directions : numpy.ndarray
        The contrast times the inverse of X'WX, shape (p,).
    leverages : numpy.ndarray
        That times X'WX of each cluster, times the inverse, shape (G, p).
    """

    scores: Floats
    shifts: Floats
    directions: Floats
    leverages: Floats

    def __repr__(self) -> str:
        """Return the sizes."""
        return f"ClusterPieces(clusters, columns, outcomes {self.scores.shape})"


def cluster_pieces(fit: ClusteredFit, part: CompleteCases, vector: Floats) -> ClusterPieces:
    """Return what the bootstrap of a contrast needs of each cluster."""
    directions = part.inverse @ vector
    products = cluster_products(fit, part, directions)
    shifts, leverages = products / (vector @ directions), products @ part.inverse
    return ClusterPieces(cluster_scores(fit, part), shifts, directions, leverages)


def sign_vectors(
    clusters: int, *, draws: int = 1999, seed: int = 1, signs: Signs = "auto"
) -> tuple[Floats, bool]:
    """Return the signs of each cluster in each draw, shape (draws, G), and whether they are all.

    Raises
    ------
    EvaluationError
        Where `draws` is below 1 or `signs` is unknown.
    """
    if signs not in ("auto", "rademacher", "webb") or draws < 1:
        raise EvaluationError(
            Issue(
                "the bootstrap cannot draw signs so",
                "wild_bootstrap",
                f"signs '{signs}', {draws} draws",
                "auto, rademacher or webb, and 1 draw or more",
                "leave both out for all sign vectors, or 1,999 where they are too many",
            )
        )
    if signs == "auto" and clusters - 1 <= np.log2(MOST_ENUMERATED):
        numbers = np.arange(2 ** (clusters - 1))[:, None] >> np.arange(clusters - 1)
        others = 1.0 - 2.0 * (numbers & 1)
        return np.hstack([np.ones((len(others), 1)), others]), True
    rng = np.random.default_rng(seed)
    drawn = np.asarray(rng.integers(0, 2, (draws, clusters)) * 2.0 - 1, float)
    if signs == "webb":
        drawn = np.asarray(drawn * rng.choice(_WEBB, (draws, clusters)))
    return drawn, False
