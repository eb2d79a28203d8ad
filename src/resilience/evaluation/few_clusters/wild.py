"""The wild cluster bootstrap with the null imposed, from what each cluster adds."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resilience.evaluation.few_clusters.clusters import contrast_vector
from resilience.evaluation.few_clusters.inverting import farthest_kept, null_terms
from resilience.evaluation.few_clusters.signs import (
    TIE,
    VANISHED,
    ClusterPieces,
    Signs,
    cluster_pieces,
    sign_vectors,
)
from resilience.progress import stage

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import numpy.typing as npt

    from resilience.evaluation.few_clusters.clusters import ClusteredFit

    Floats = npt.NDArray[np.float64]

__all__ = ["WildBootstrap", "wild_bootstrap", "wild_interval"]

_LONG = 3e8  # products of draws, clusters, columns and outcomes: some seconds
_NUMBERS_AT_ONCE = 4_000_000
_EVALUATIONS = 500  # of a p-value, for one interval


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WildBootstrap:
    """Two-sided tests of a contrast of each outcome, all outcomes under the same signs.

    Attributes
    ----------
    estimate, statistic, p_value, smallest_p : numpy.ndarray
        Shape (k,). The statistic is (estimate - null) / CR1 error, with the factor G / (G - 1).
        `smallest_p` is the smallest p these signs could have given; p is NaN where the error
        is 0.
    null : float
    draws : int
        Sign vectors compared.
    enumerated : bool
        Whether they are all that differ (the first cluster keeps its sign: the others mirror
        them); else they are drawn, and p is (count + 1) / (draws + 1).
    statistics : numpy.ndarray
        Shape (draws, k); infinite where the error vanishes, which counts as larger.

    Examples
    --------
    >>> import numpy as np
    >>> from resilience.evaluation.few_clusters.clusters import fit_clustered
    >>> fit = fit_clustered(np.ones((4, 1)), np.arange(4.0), cluster=range(4))
    >>> wild_bootstrap(fit, 0)
    WildBootstrap(1 outcome: p_value 0.25, smallest_p 0.25, all 8 sign vectors)
    """

    estimate: Floats
    statistic: Floats
    p_value: Floats
    smallest_p: Floats
    null: float
    draws: int
    enumerated: bool
    statistics: Floats

    def __repr__(self) -> str:
        """Return the first outcome's numbers and what was compared."""
        k = len(self.estimate)
        p = f"p_value {self.p_value[0]:.6g}, smallest_p {self.smallest_p[0]:.6g}, " if k else ""
        kind = "all " if self.enumerated else "drawn: "
        return f"WildBootstrap({k} outcome{'s' * (k != 1)}: {p}{kind}{self.draws} sign vectors)"


def wild_bootstrap(
    fit: ClusteredFit,
    contrast: npt.ArrayLike | int | str,
    *,
    null: float = 0.0,
    draws: int = 1999,
    seed: int = 1,
    signs: Signs = "auto",
) -> WildBootstrap:
    """Test a contrast of each outcome by the restricted wild cluster bootstrap.

    When to use it: six clusters or more of which at least three are in each arm; with one or two
    treated clusters it can be far too cautious or far too bold.

    Parameters
    ----------
    fit : ClusteredFit
    contrast : array_like, int or str
        Shape (p,), or one column's number or name.
    null : float
        The value that is tested, the same for all outcomes.
    draws : int
        Sign vectors to draw where they are not enumerated.
    seed : int
    signs : {'auto', 'rademacher', 'webb'}
        'auto' goes through all sign vectors if there are 2 ** 14 or fewer, else draws them;
        'rademacher' draws them; 'webb' draws from six points (for fewer than ten clusters).

    Returns
    -------
    WildBootstrap

    Raises
    ------
    EvaluationError
        Where there is no such contrast, or `draws` or `signs` is not usable.

    Notes
    -----
    Cameron, Gelbach and Miller (2008); Webb (2023). Statistics that differ by rounding only are
    ties, and ties count. Oracle: brute force over refitted samples.

    Examples
    --------
    >>> import numpy as np
    >>> from resilience.evaluation.few_clusters.clusters import fit_clustered
    >>> x = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    >>> y = np.array([[1.0, 4], [2, 1], [3, 3], [5, 2], [6, 5], [7, 1]])
    >>> wild_bootstrap(fit_clustered(x, y, cluster=range(6)), 1).p_value
    array([0.03125, 1.     ])
    """
    vector = contrast_vector(fit, contrast)
    vectors, enumerated = sign_vectors(fit.clusters, draws=draws, seed=seed, signs=signs)
    k = fit.coefficients.shape[1]
    statistic, statistics = np.empty(k), np.empty((len(vectors), k))
    estimate = vector @ fit.coefficients
    with _announced(fit, len(vectors), "wild cluster bootstrap"):
        for part in fit.complete:
            pieces = cluster_pieces(fit, part, vector)
            for j, outcome in enumerate(part.outcomes):
                factor = (part.present - 1) / part.present
                scores = pieces.scores[:, :, j] + (estimate[outcome] - null) * pieces.shifts
                error = np.sqrt(((pieces.scores[:, :, j] @ pieces.directions) ** 2).sum())
                statistic[outcome] = _ratio(estimate[outcome] - null, error) * np.sqrt(factor)
                statistics[:, outcome] = np.sqrt(factor) * _statistics(vectors, scores, pieces)
    p_value, smallest = _p_values(statistic, statistics, enumerated=enumerated)
    return WildBootstrap(
        estimate, statistic, p_value, smallest, null, len(vectors), enumerated, statistics
    )


def wild_interval(
    fit: ClusteredFit,
    contrast: npt.ArrayLike | int | str,
    *,
    level: float = 0.95,
    draws: int = 1999,
    seed: int = 1,
    signs: Signs = "auto",
) -> tuple[Floats, Floats]:
    """Return the values of a contrast that the wild cluster bootstrap does not reject.

    Parameters
    ----------
    fit : ClusteredFit
    contrast : array_like, int or str
        Shape (p,), or one column's number or name.
    level : float
        The coverage, between 0 and 1.
    draws, seed, signs
        As for `wild_bootstrap`; with the same ones the interval and the test agree.

    Returns
    -------
    lower, upper : numpy.ndarray
        Shape (k,); the outermost values not rejected. Infinite where no value, however far, is
        rejected on that side: these clusters do not bound the effect. NaN where the CR1 error
        is 0.

    Raises
    ------
    EvaluationError
        As for `wild_bootstrap`.

    Notes
    -----
    The null is imposed anew for every value; all are compared under the same signs. The set of
    values not rejected need not be an interval: its ends are sought on a grid of 200 values a
    side, then by halving, and gaps inside it are filled.

    Examples
    --------
    >>> import numpy as np
    >>> from resilience.evaluation.few_clusters.clusters import fit_clustered
    >>> y = np.array([1.0, 2, 3, 2, 5, 6, 8, 5])
    >>> x = np.column_stack([np.ones(8), np.repeat([0, 1], 4)])
    >>> lower, upper = wild_interval(fit_clustered(x, y, cluster=range(8)), 1)
    >>> lower.round(2), upper.round(2)
    (array([2.]), array([6.19]))
    """
    if not 0 < level < 1:
        message = f"'level' must lie between 0 and 1 (got {level})"
        raise ValueError(message)
    vector = contrast_vector(fit, contrast)
    vectors, enumerated = sign_vectors(fit.clusters, draws=draws, seed=seed, signs=signs)
    lower, upper = np.full((2, fit.coefficients.shape[1]), np.nan)
    with _announced(fit, _EVALUATIONS * len(vectors), "interval of the wild cluster bootstrap"):
        for part in fit.complete:
            pieces = cluster_pieces(fit, part, vector)
            for j, outcome in enumerate(part.outcomes):
                terms = null_terms(vectors, pieces, j, enumerated=enumerated)
                estimate = float(vector @ fit.coefficients[:, outcome])
                if terms.error > 0:
                    lower[outcome] = estimate - farthest_kept(terms, 1.0, 1 - level)
                    upper[outcome] = estimate + farthest_kept(terms, -1.0, 1 - level)
    return lower, upper


def _announced(fit: ClusteredFit, draws: int, what: str) -> AbstractContextManager[None]:
    """Return a stage of progress where the work is long."""
    p, k = fit.coefficients.shape
    long = float(draws) * fit.clusters * p * k > _LONG
    return stage(f"{what}: {draws} draws, {k} outcomes") if long else nullcontext()


def _statistics(vectors: Floats, scores: Floats, pieces: ClusterPieces) -> Floats:
    """Return the studentised contrast in each draw, without the factor of the variance."""
    own = scores @ pieces.directions
    found = np.empty(len(vectors))
    step = max(1, _NUMBERS_AT_ONCE // vectors.shape[1])
    for start in range(0, len(vectors), step):
        drawn = vectors[start : start + step]
        contrast = drawn @ own
        left = drawn * own - (drawn @ scores) @ pieces.leverages.T
        error = np.sqrt((left**2).sum(axis=1))
        error[error <= VANISHED * np.sqrt((own**2).sum())] = 0
        found[start : start + step] = _ratio(contrast, error)
    return found


def _ratio(difference: npt.ArrayLike, error: npt.ArrayLike) -> Floats:
    """Return the statistic; infinite where the error is 0."""
    top, bottom = np.asarray(difference, float), np.asarray(error, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom > 0, top / bottom, np.inf)


def _p_values(statistic: Floats, statistics: Floats, *, enumerated: bool) -> tuple[Floats, Floats]:
    sizes, observed = np.abs(statistics), np.abs(statistic)
    as_large = (sizes >= observed * (1 - TIE)).sum(axis=0)
    if enumerated:
        p_value = as_large / len(statistics)
        smallest = (sizes >= sizes.max(axis=0) * (1 - TIE)).mean(axis=0)
    else:
        p_value = (as_large + 1) / (len(statistics) + 1)
        smallest = np.full(len(statistic), 1 / (len(statistics) + 1))
    return np.where(np.isfinite(observed), p_value, np.nan), smallest
