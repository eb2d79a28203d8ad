"""What a group tells of the items of a summary index: moments, and what each item weighs."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import EvaluationError, Issue, ResilienceWarning

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["constant_item", "moments_of", "weights_of"]

_SINGULAR = 1e-10  # the least eigenvalue of a correlation matrix, below which it is singular


def moments_of(names: Sequence[str], values: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return weighted means and standard deviations, or raise for items that do not vary."""
    means, spreads = np.zeros((2, len(names)))
    issues = []
    for at, name in enumerate(names):
        there = ~np.isnan(values[:, at])
        found = values[there, at]
        if not len(found) or np.ptp(found) == 0:
            issues.append(constant_item(f"'{name}'"))
            continue
        means[at] = np.average(found, weights=weight[there])
        spreads[at] = np.sqrt(np.average((found - means[at]) ** 2, weights=weight[there]))
    if issues:
        raise EvaluationError(*issues)
    return means, spreads


def weights_of(names: Sequence[str], z: Floats, weight: Floats, method: str) -> Floats:
    """Return the items' weights, which add up to 1; negative ones are warned of."""
    if method == "mean_of_z":
        return np.full(len(names), 1 / len(names))
    whole = ~np.isnan(z).any(axis=1)
    covariance = (
        np.cov(z[whole], rowvar=False, aweights=weight[whole], ddof=0)
        if (whole.sum() > len(names))
        else np.zeros((len(names), len(names)))
    )
    if np.linalg.eigvalsh(covariance)[0] < _SINGULAR:
        raise EvaluationError(
            Issue(
                "items are combinations of each other, or too few answered all of them",
                "fit_summary_index: items",
                f"a singular covariance of {len(names)} items, n {int(whole.sum())}",
                "items that each say something of their own",
                "leave one out, or use method='mean_of_z'",
            )
        )
    found = np.linalg.solve(covariance, np.ones(len(names)))
    found = found / found.sum()
    if (found < 0).any():
        negative = ", ".join(name for name, w in zip(names, found, strict=True) if w < 0)
        warnings.warn(
            f"the index falls where these items improve, since others say the same and more: "
            f"{negative}; use method='mean_of_z', or leave them out",
            ResilienceWarning,
            stacklevel=4,
        )
    return np.asarray(found, np.float64)


def constant_item(what: str) -> Issue:
    """Return the issue of what is the same for everybody."""
    return Issue(
        f"{what} does not vary in the reference group",
        "fit_summary_index",
        "one value, or none",
        "answers that differ",
        "leave it out, or choose another reference group",
    )
