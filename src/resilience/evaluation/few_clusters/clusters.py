"""Weighted regressions of several outcomes, with what each cluster adds to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import linalg

from resilience.errors import EvaluationError, Issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Integers = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

__all__ = [
    "ClusteredFit",
    "CompleteCases",
    "cluster_products",
    "cluster_scores",
    "contrast_vector",
    "estimable_without",
    "fit_clustered",
    "rows_by_cluster",
]

_DEPENDENT = 1e-9  # of a column of length 1: what is left of it beside the others
_EXACT = 1e-10  # of the outcome's largest size: residuals below are rounding
_ALONE = 1e-8  # a cluster's residuals in this direction vanish: nobody else has it
_NOT_ESTIMABLE = 1e-6  # of a contrast's size: what a cluster has alone
_MATRIX = 2


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CompleteCases:
    """Outcomes that the same rows answered, and what every test of them shares.

    Attributes
    ----------
    outcomes : numpy.ndarray
        Their columns in `y`, shape (j,).
    rows : numpy.ndarray
        The rows used, ordered by cluster, shape (m,).
    bounds : numpy.ndarray
        Where each cluster begins in `rows`, and the end, shape (G + 1,).
    inverse : numpy.ndarray
        The inverse of X'WX over these rows, shape (p, p).

    Examples
    --------
    >>> import numpy as np
    >>> fit = fit_clustered(np.ones((3, 1)), np.array([1.0, 2, np.nan]), cluster=[0, 1, 0])
    >>> fit.complete[0].rows
    array([0, 1])
    """

    outcomes: Integers
    rows: Integers
    bounds: Integers
    inverse: Floats

    @property
    def present(self) -> int:
        """Return how many clusters have rows."""
        return int((np.diff(self.bounds) > 0).sum())

    def __repr__(self) -> str:
        """Return how many outcomes and rows there are."""
        return f"CompleteCases({len(self.outcomes)} outcomes, {len(self.rows)} rows)"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ClusteredFit:
    """Regressions of k outcomes on the same p columns, with G clusters.

    Attributes
    ----------
    x : numpy.ndarray
        Shape (n, p).
    weight : numpy.ndarray
        Shape (n,).
    cluster : numpy.ndarray
        Codes 0 to G - 1, shape (n,).
    coefficients : numpy.ndarray
        Shape (p, k).
    residuals : numpy.ndarray
        Shape (n, k); NaN where a row has no answer or no weight.
    n, clusters_used : numpy.ndarray
        Rows and clusters of each outcome, shape (k,).
    clusters : int
        G.
    names : tuple of str
        Of the columns of `x`.
    complete : tuple of CompleteCases
        The outcomes, put together where the same rows answered.

    Examples
    --------
    >>> import numpy as np
    >>> fit_clustered(np.ones((4, 1)), np.arange(4.0), cluster=[0, 0, 1, 1])
    ClusteredFit(1 outcome on 1 column, 4 rows in 2 clusters)
    """

    x: Floats
    weight: Floats
    cluster: Integers
    coefficients: Floats
    residuals: Floats
    n: Integers
    clusters_used: Integers
    clusters: int
    names: tuple[str, ...]
    complete: tuple[CompleteCases, ...]

    def __post_init__(self) -> None:
        """Make arrays read-only."""
        for array in (self.x, self.weight, self.cluster, self.coefficients, self.residuals):
            array.flags.writeable = False

    def __repr__(self) -> str:
        """Return the sizes; never a row."""
        (n, p), k = self.x.shape, self.coefficients.shape[1]
        return (
            f"ClusteredFit({k} outcome{'s' * (k != 1)} on {p} column{'s' * (p != 1)}, "
            f"{n} rows in {self.clusters} clusters)"
        )


def fit_clustered(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    cluster: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    names: Sequence[str] | None = None,
) -> ClusteredFit:
    """Fit weighted least squares for every outcome, remembering who belongs to which cluster.

    A row without an answer is left out of that outcome only; a row of weight 0 is left out of
    all. How many were used stands in `n`.

    Parameters
    ----------
    x : array_like
        The columns, shape (n, p), the constant among them; no missing values.
    y : array_like
        The outcomes, shape (n, k) or (n,); NaN is no answer.
    cluster : array_like
        The cluster of each row as a code from 0 to G - 1, shape (n,).
    weight : array_like, optional
        Weights of 0 or more, shape (n,); none: 1 each.
    names : sequence of str, optional
        Of the columns, for errors.

    Returns
    -------
    ClusteredFit

    Raises
    ------
    EvaluationError
        Where columns depend on each other among the rows of an outcome (each named), shapes do
        not agree, codes leave gaps, or columns, weights or outcomes are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> treated = np.repeat([0.0, 1, 0, 1], 2)
    >>> y = np.array([1.0, 2, 3, 4, 1, 2, 4, 5])
    >>> x = np.column_stack([np.ones(8), treated])
    >>> fit_clustered(x, y, cluster=np.repeat(range(4), 2)).coefficients[:, 0].round(6)
    array([1.5, 2.5])
    """
    columns, outcomes, codes, weights = _checked(x, y, cluster, weight)
    titles = tuple(names) if names is not None else tuple(f"x{j}" for j in range(columns.shape[1]))
    clusters = int(codes.max()) + 1
    order = np.argsort(codes, kind="stable")
    coefficients = np.full((columns.shape[1], outcomes.shape[1]), np.nan)
    residuals = np.full(outcomes.shape, np.nan)
    complete, issues = [], []
    for members, answered in _patterns(outcomes, weights > 0):
        rows = order[answered[order]]
        inverse, dependent = _inverse(columns[rows], weights[rows])
        if dependent:
            issues.append(_dependent_issue([titles[j] for j in dependent], members))
            continue
        coefficients[:, members], residuals[np.ix_(rows, members)] = _least_squares(
            columns[rows], outcomes[np.ix_(rows, members)], weights[rows], inverse
        )
        bounds = np.searchsorted(codes[rows], np.arange(clusters + 1))
        complete.append(CompleteCases(members, rows, bounds, inverse))
    if issues:
        raise EvaluationError(*issues)
    n, used = np.zeros((2, outcomes.shape[1]), np.int64)
    for part in complete:
        n[part.outcomes], used[part.outcomes] = len(part.rows), part.present
    return ClusteredFit(
        *(columns, weights, codes, coefficients, residuals, n, used, clusters, titles),
        tuple(complete),
    )


def contrast_vector(fit: ClusteredFit, contrast: npt.ArrayLike | int | str) -> Floats:
    """Return a contrast of the coefficients as a vector.

    Parameters
    ----------
    fit : ClusteredFit
    contrast : array_like, int or str
        Shape (p,), or the number or name of one column.

    Returns
    -------
    numpy.ndarray
        Shape (p,).

    Raises
    ------
    EvaluationError
        Where there is no such column, or the shape or a number is wrong.
    """
    p = fit.x.shape[1]
    if isinstance(contrast, str):
        contrast = fit.names.index(contrast) if contrast in fit.names else -1
    vector: npt.NDArray[Any] = np.asarray(contrast)
    if vector.ndim == 0 and np.issubdtype(vector.dtype, np.integer) and 0 <= int(vector) < p:
        return np.asarray(np.eye(p)[int(vector)])
    if vector.shape == (p,) and np.isfinite(vector.astype(float)).all() and vector.any():
        return np.asarray(vector, float)
    raise EvaluationError(
        Issue(
            "the contrast is not one of these coefficients",
            "contrast",
            f"shape {vector.shape}",
            f"a column's number from 0 to {p - 1}, its name, or {p} finite numbers, not all 0",
            f"the columns are {', '.join(fit.names)}",
        )
    )


def cluster_products(fit: ClusteredFit, part: CompleteCases, direction: Floats) -> Floats:
    """Return X'WX of each cluster times a vector, shape (G, p); 0 where it has no rows."""
    products = np.zeros((fit.clusters, len(direction)))
    for g, rows in rows_by_cluster(part):
        x = fit.x[rows]
        products[g] = (fit.weight[rows] * (x @ direction)) @ x
    return products


def cluster_scores(fit: ClusteredFit, part: CompleteCases) -> Floats:
    """Return X'We of each cluster and outcome, shape (G, p, j)."""
    scores = np.zeros((fit.clusters, fit.x.shape[1], len(part.outcomes)))
    for g, rows in rows_by_cluster(part):
        weighted = fit.x[rows] * fit.weight[rows, None]
        scores[g] = weighted.T @ fit.residuals[np.ix_(rows, part.outcomes)]
    return scores


def rows_by_cluster(part: CompleteCases) -> Iterator[tuple[int, Integers]]:
    """Yield each cluster that has rows with its rows."""
    for g, (start, end) in enumerate(zip(part.bounds[:-1], part.bounds[1:], strict=True)):
        if end > start:
            yield g, part.rows[start:end]


def estimable_without(
    fit: ClusteredFit, part: CompleteCases, vector: Floats
) -> tuple[Flags, Floats]:
    """Return whether a contrast can be estimated without each cluster, and how.

    Returns
    -------
    estimable : numpy.ndarray
        Shape (G,).
    solution : numpy.ndarray
        The contrast times the (generalised) inverse of X'WX without the cluster, shape (G, p).
    """
    direction = part.inverse @ vector
    size = np.sqrt(vector @ direction)
    estimable = np.ones(fit.clusters, bool)
    solution = np.tile(direction, (fit.clusters, 1))
    for g, rows in rows_by_cluster(part):
        # X'WX less a cluster's own part, by the formula of Woodbury: I - H has its rows' size.
        weighted = fit.x[rows] * np.sqrt(fit.weight[rows, None])
        root: Floats = np.asarray(np.linalg.qr(weighted, mode="r"))
        values, vectors = np.linalg.eigh(np.eye(len(root)) - root @ part.inverse @ root.T)
        kept = values > _ALONE
        along = vectors.T @ (root @ direction)
        estimable[g] = np.linalg.norm(along[~kept]) <= _NOT_ESTIMABLE * size
        back = vectors[:, kept] @ (along[kept] / values[kept])
        solution[g] += part.inverse @ (root.T @ back)
    return estimable, solution


def _checked(
    x: npt.ArrayLike, y: npt.ArrayLike, cluster: npt.ArrayLike, weight: npt.ArrayLike | None
) -> tuple[Floats, Floats, Integers, Floats]:
    columns = np.array(x, float)
    outcomes = np.array(y, float)
    outcomes = outcomes[:, None] if outcomes.ndim == 1 else outcomes
    n = len(outcomes)
    weights = np.ones(n) if weight is None else np.array(weight, float)
    codes = np.asarray(cluster)
    issues = [
        Issue(what, "fit_clustered", found, expected, remedy)
        for what, found, expected, remedy in _complaints(columns, outcomes, codes, weights)
    ]
    if issues:
        raise EvaluationError(*issues)
    return columns, outcomes, codes.astype(np.int64), weights


def _complaints(
    columns: Floats, outcomes: Floats, codes: npt.NDArray[np.generic], weights: Floats
) -> Iterator[tuple[str, str, str, str]]:
    n = len(outcomes)
    shapes = f"x {columns.shape}, y {outcomes.shape}, cluster {codes.shape}, weight {weights.shape}"
    if not (
        columns.ndim == outcomes.ndim == _MATRIX
        and len(columns) == n > 0
        and codes.shape == weights.shape == (n,)
    ):
        yield "shapes do not agree", shapes, "x (n, p), y (n, k), n above 0", "give one row each"
        return
    if not np.isfinite(columns).all():
        count = int((~np.isfinite(columns)).any(axis=1).sum())
        yield "columns have missing values", f"{count} rows", "numbers only", "leave the rows out"
    if np.isinf(outcomes).any():
        yield "outcomes are infinite", "inf", "numbers or NaN", "mend the outcome"
    if not np.isfinite(weights).all() or (weights < 0).any() or not (weights > 0).any():
        yield "weights are not usable", "negative, missing or all 0", "0 or more", "mend weights"
    whole = np.issubdtype(codes.dtype, np.integer)
    if not whole or not np.array_equal(np.unique(codes), np.arange(len(np.unique(codes)))):
        found = f"{len(np.unique(codes))} different codes"
        yield "codes of clusters leave gaps", found, "0 to G - 1, each used", "number them anew"


def _patterns(outcomes: Floats, weighted: Flags) -> Iterator[tuple[Integers, Flags]]:
    """Yield the outcomes that the same rows answered, and those rows as flags."""
    answered = ~np.isnan(outcomes) & weighted[:, None]
    if (answered == answered[:, :1]).all():
        yield np.arange(outcomes.shape[1]), answered[:, 0]
        return
    patterns, which = np.unique(answered, axis=1, return_inverse=True)
    for number in range(patterns.shape[1]):
        yield np.flatnonzero(which.ravel() == number), patterns[:, number]


def _inverse(x: Floats, weight: Floats) -> tuple[Floats, list[int]]:
    """Return the inverse of X'WX, and the columns that depend on others before them."""
    p = x.shape[1]
    weighted = x * np.sqrt(weight)[:, None]
    length = np.sqrt((weighted**2).sum(axis=0))
    scale = np.where(length > 0, length, 1)
    triangle = np.linalg.qr(np.vstack([weighted / scale, np.zeros((p, p))]), mode="r")
    left = np.abs(np.diag(triangle))
    if (left > _DEPENDENT).all():
        root = linalg.solve_triangular(triangle, np.eye(p)) / scale[:, None]
        return root @ root.T, []
    return np.full((p, p), np.nan), np.flatnonzero(left <= _DEPENDENT).tolist()


def _least_squares(x: Floats, y: Floats, weight: Floats, inverse: Floats) -> tuple[Floats, Floats]:
    """Return coefficients, refined once, and residuals: 0 where they are rounding only."""
    weighted = x * weight[:, None]
    coefficients = inverse @ (weighted.T @ y)
    coefficients += inverse @ (weighted.T @ (y - x @ coefficients))
    residuals = y - x @ coefficients
    exact = np.abs(residuals).max(axis=0) <= _EXACT * np.abs(y).max(axis=0)
    residuals[:, exact] = 0.0
    return coefficients, residuals


def _dependent_issue(columns: list[str], outcomes: Integers) -> Issue:
    numbers = ", ".join(str(number) for number in outcomes[:5])
    return Issue(
        "columns depend on others before them among the rows that answered",
        f"fit_clustered, outcome {numbers}{' and others' if len(outcomes) > 5 else ''}",  # noqa: PLR2004
        ", ".join(columns),
        "columns of full rank",
        "leave these columns out, or see whether an arm or wave has no answers",
    )
