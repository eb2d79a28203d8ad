"""Find the parameters of models of a list experiment. Arrays only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import optimize, special

from resilience.evaluation.sensitive.list_likelihood import (
    Counts,
    Hiding,
    likelihood,
    scores,
    two_step_scores,
)
from resilience.evaluation.sensitive.score_equations import influence_of_scores, maximum_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["ListMethod", "fitted_parameters", "holding_shares", "parameter_influence"]

ListMethod = Literal["linear", "nls", "ml", "ml_overdispersed"]
"""Two steps of least squares, linear or logistic; or maximum likelihood, with plain counts
binomial or beta-binomial."""

_EXTREME = 15.0
_LEAST_CORRELATED = -12.0  # log-odds of the statements' correlation; below it there is none
_PLAUSIBLE = (0.05, 0.95)


def fitted_parameters(
    data: Counts, weights: Floats, method: ListMethod, hiding: Hiding
) -> Floats | None:
    """Return the parameters: the sensitive part's, the plain part's, and the correlation's.

    Returns
    -------
    numpy.ndarray or None
        Shape (2 p,) or (2 p + 1,); None where there is no best value.
    """
    if method == "linear":
        return _linear(data, weights)
    two_step = _two_step(data, weights)
    if method == "nls":
        return None if two_step is None or _runs_away(data, two_step) else two_step
    further = np.full(1 if method == "ml_overdispersed" else 0, -2.0)
    starts = [np.concatenate([start, further]) for start in _starts(data, weights, two_step)]
    found = maximum_of(
        partial(likelihood, data, hiding), partial(scores, data, hiding), weights, starts, data.x
    )
    if found is None or (len(further) and found[-1] < _LEAST_CORRELATED):
        return None
    return found


def parameter_influence(
    data: Counts, weights: Floats, parameters: Floats, method: ListMethod, hiding: Hiding
) -> Floats:
    """Return how much each row moves each parameter, shape (n, parameters)."""
    return influence_of_scores(_equations(data, method, hiding), weights, parameters)


def holding_shares(x: Floats, parameters: Floats, method: ListMethod) -> tuple[Floats, Floats]:
    """Return each row's predicted share, and its slope by the linear predictor, shape (n,)."""
    linear = x @ parameters[: x.shape[1]]
    if method == "linear":
        return linear, np.ones_like(linear)
    share = special.expit(linear)
    return share, share * (1 - share)


def _equations(data: Counts, method: ListMethod, hiding: Hiding) -> Callable[[Floats], Floats]:
    if method in ("linear", "nls"):
        return partial(two_step_scores, data, logistic=method == "nls")
    return partial(scores, data, hiding)


def _linear(data: Counts, weights: Floats) -> Floats | None:
    if (weights < 0).any():
        return None
    roots = np.sqrt(weights)

    def least_squares(rows: npt.NDArray[np.bool_], y: Floats) -> Floats:
        root = roots[rows]
        found = np.linalg.lstsq(data.x[rows] * root[:, None], y[rows] * root, rcond=None)
        return np.asarray(found[0], np.float64)

    plain = least_squares(~data.heard, data.y)
    return np.concatenate([least_squares(data.heard, data.y - data.x @ plain), plain])


def _two_step(data: Counts, weights: Floats) -> Floats | None:
    """Return the parameters of logistic means by least squares, plain part first."""
    if (weights < 0).any():
        return None
    plain = _logistic(data, weights, ~data.heard, data.y, data.items)
    if plain is None:
        return None
    beyond = data.y - data.items * special.expit(data.x @ plain)
    sensitive = _logistic(data, weights, data.heard, beyond, 1)
    return None if sensitive is None else np.concatenate([sensitive, plain])


def _logistic(
    data: Counts, weights: Floats, rows: npt.NDArray[np.bool_], y: Floats, most: int
) -> Floats | None:
    """Return b with the least sum of w (y - most expit(x b))^2 over some rows."""
    x, y, roots = data.x[rows], y[rows], np.sqrt(weights[rows])
    sizes = np.sqrt(np.mean(x**2, axis=0))
    sizes[sizes == 0] = 1.0
    unit = x / sizes

    def residuals(b: Floats) -> Floats:
        return np.asarray(roots * (y - most * special.expit(unit @ b)))

    def slopes(b: Floats) -> Floats:
        share = special.expit(unit @ b)
        return np.asarray(-(roots * most * share * (1 - share))[:, None] * unit)

    mean = np.average(y, weights=roots**2) / most
    middle = special.logit(np.clip(mean, *_PLAUSIBLE))
    found = [
        optimize.least_squares(
            residuals, _flat(unit, level), slopes, xtol=1e-14, ftol=1e-14, gtol=1e-12, max_nfev=500
        )
        for level in (middle, middle - 2.0)
    ]
    best = min(found, key=lambda each: float(each.cost))
    return np.asarray(best.x) / sizes if best.success else None


def _flat(x: Floats, level: float) -> Floats:
    """Return coefficients by which all linear predictors are about the same."""
    return np.asarray(np.linalg.lstsq(x, np.full(len(x), level), rcond=None)[0])


def _starts(data: Counts, weights: Floats, two_step: Floats | None) -> list[Floats]:
    """Return from where to climb: the same for all, and where two steps arrived."""
    heard, y = data.heard, data.y
    plain = np.average(y[~heard], weights=weights[~heard])
    beyond = np.average(y[heard], weights=weights[heard]) - plain
    level = special.logit(np.clip(plain / data.items, *_PLAUSIBLE))
    starts = [
        np.concatenate([_flat(data.x, special.logit(share)), _flat(data.x, level)])
        for share in {float(np.clip(beyond, *_PLAUSIBLE)), 0.2}
    ]
    if two_step is not None and not _runs_away(data, two_step):
        starts.append(two_step)
    return starts


def _runs_away(data: Counts, parameters: Floats) -> bool:
    size = data.x.shape[1]
    return bool((np.abs(data.x @ parameters[:size]) > _EXTREME).any())
