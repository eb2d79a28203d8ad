"""Calibration: the least change of weights that meets known totals. Arrays only.

The new weights are d g with g = F(x'b), b such that the totals are met; F is the inverse
derivative of the distance that is made least.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from resilience.inference.weights.raking import Fit

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Link = Callable[[Floats], tuple[Floats, Floats]]

__all__ = ["CalibrationMethod", "calibrate_weights"]

CalibrationMethod = Literal["linear", "raking", "logit"]

MOST_STEPS = 200
_HALVINGS = 40
_CLOSE = 1e-12
_LARGEST_EXPONENT = 500.0


def calibrate_weights(
    weights: Floats,
    auxiliaries: Floats,
    totals: Floats,
    *,
    method: CalibrationMethod,
    bounds: tuple[float, float],
) -> Fit:
    """Return weights with which auxiliaries add up to totals.

    Parameters
    ----------
    weights : numpy.ndarray
        Shape (n,), positive.
    auxiliaries : numpy.ndarray
        Shape (n, p); columns may depend on each other.
    totals : numpy.ndarray
        Shape (p,).
    method : {'linear', 'raking', 'logit'}
        The distance.
    bounds : (float, float)
        Between which new weights may lie as multiples of the old.

    References
    ----------
    Deville and Särndal (1992), JASA 87, 376-382, table 1: methods 1, 2, 6 (logit) and 7
    (linear within bounds). Newton's method on the convex dual; a step is halved while it
    overshoots. Oracle: R survey 4.1-1, `calibrate`.
    """
    size = np.abs(auxiliaries).max(axis=0, initial=0)
    size[size == 0] = 1.0
    scaled, wanted = auxiliaries / size, totals / size
    link = _link(method, bounds)
    slopes = np.zeros(len(wanted))
    g, derivative = link(scaled @ slopes)
    misfit = wanted - scaled.T @ (weights * g)
    steps = 0
    while steps < MOST_STEPS and _missed(misfit, wanted).max(initial=0) > _CLOSE:
        curvature = (scaled * (weights * derivative)[:, None]).T @ scaled
        direction = np.linalg.pinv(curvature, rcond=1e-13, hermitian=True) @ misfit
        if not np.isfinite(direction).all() or not (direction @ misfit) > 0:
            break
        step, before = 1.0, float(direction @ misfit)
        for _ in range(_HALVINGS):
            g, derivative = link(scaled @ (slopes + step * direction))
            misfit = wanted - scaled.T @ (weights * g)
            if np.isfinite(misfit).all() and abs(direction @ misfit) <= before:
                break
            step /= 2
        slopes = slopes + step * direction
        steps += 1
    return Fit(weights * g, steps, _missed(misfit, wanted))


def _missed(misfit: Floats, wanted: Floats) -> Floats:
    return np.asarray(np.abs(misfit) / (1 + np.abs(wanted)))


def _link(method: CalibrationMethod, bounds: tuple[float, float]) -> Link:
    """Return F and its derivative."""
    low, high = bounds

    def linear(u: Floats) -> tuple[Floats, Floats]:
        inside = (u + 1 > low) & (u + 1 < high)
        return np.clip(u + 1, low, high), inside.astype(np.float64)

    def raking(u: Floats) -> tuple[Floats, Floats]:
        g = np.exp(np.minimum(u, _LARGEST_EXPONENT))
        return np.clip(g, low, high), np.where((g > low) & (g < high), g, 0.0)

    def logit(u: Floats) -> tuple[Floats, Floats]:
        rate = (high - low) / ((high - 1) * (1 - low))
        # The logistic curve from low to high that passes through 1 with slope 1.
        share = 1 / (1 + (high - 1) / (1 - low) * np.exp(np.clip(-rate * u, -700, 700)))
        return low + (high - low) * share, (high - low) * rate * share * (1 - share)

    return {"linear": linear, "raking": raking, "logit": logit}[method]
