"""Small samples of clusters for tests, and the long way round to the same numbers."""

from __future__ import annotations

import numpy as np


def sample(seed: int = 1, *, clusters: int = 8, treated: int = 3, outcomes: int = 2, missing=False):
    """Return columns (constant, treated, age), outcomes, cluster and weight."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(4, 12, clusters)
    cluster = rng.permutation(np.repeat(np.arange(clusters), sizes))
    n = len(cluster)
    x = np.column_stack([np.ones(n), cluster < treated, rng.normal(size=n)])
    y = rng.normal(size=(n, outcomes)) + rng.normal(0, 0.5, (clusters, outcomes))[cluster]
    y[:, 0] += x[:, 1]
    if missing:
        y[rng.random(y.shape) < 0.1] = np.nan
    return x, y, cluster, rng.gamma(3, 1.0, n)


def t_of(x, y, cluster, weight, column, null=0.0) -> float:
    """Return t with CR1 errors, G / (G - 1), from the whole regression of one outcome."""
    kept = ~np.isnan(y)
    x, y, cluster, weight = x[kept], y[kept], cluster[kept], weight[kept]
    inverse = np.linalg.inv(x.T @ (x * weight[:, None]))
    beta = inverse @ x.T @ (weight * y)
    left = weight * (y - x @ beta)
    scores = np.array([x[cluster == g].T @ left[cluster == g] for g in np.unique(cluster)])
    variance = (inverse @ scores.T @ scores @ inverse)[column, column]
    factor = len(scores) / (len(scores) - 1)
    return float((beta[column] - null) / np.sqrt(factor * variance))


def restricted(x, y, weight, column, null):
    """Return fitted values and residuals under the null, by leaving the column out."""
    others = np.delete(x, column, axis=1)
    root = np.sqrt(weight)
    moved = y - null * x[:, column]
    beta = np.linalg.lstsq(others * root[:, None], moved * root, rcond=None)[0]
    return others @ beta + null * x[:, column], moved - others @ beta
