"""Entropy balancing: the least change of weights that gives means the treated have. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

from resilience.errors import EvaluationError, Issue

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["EntropyFit", "balance_entropy", "kish_size"]

_ENOUGH = 1e-10  # of a standard deviation, left between a mean and its target
_MOST_STEPS = 200
_SHORTEST_STEP = 1e-8
_ARMIJO = 1e-4
_NOISE = 1e-12  # of the dual's value, a sum over rows: near the optimum steps are Newton's
_UNMET = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class EntropyFit:
    """Weights that meet the means asked for.

    Attributes
    ----------
    weights : numpy.ndarray
        Adding up to what the weights before add up to, shape (n,).
    iterations : int
    largest_miss : float
        What is left, in standard deviations of the weights before.
    """

    weights: Floats
    iterations: int
    largest_miss: float


def balance_entropy(
    x: Floats, base: Floats, targets: Floats, *, names: Sequence[str], where: str
) -> EntropyFit:
    """Return the weights nearest to those before whose means meet the targets.

    Newton's method on the dual: weights are base times exp(z'l), z standardised and centred at
    the targets.

    Parameters
    ----------
    x : numpy.ndarray
        Covariates without a constant, shape (n, p).
    base : numpy.ndarray
        The weights before, 0 or more, shape (n,).
    targets : numpy.ndarray
        The means wanted, shape (p,).
    names : sequence of str
        Of the covariates, for errors.
    where : str
        Who asks, for errors.

    Raises
    ------
    EvaluationError
        If no weights of 0 or more have such means: with the covariates and their ranges.

    References
    ----------
    Hainmueller (2012), Political Analysis 20: 25-46. Oracle: the dual minimised by R's `optim`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [1], [2]])
    >>> fit = balance_entropy(x, np.ones(3), np.array([1.5]), names=["x"], where="here")
    >>> float(fit.weights @ x[:, 0] / fit.weights.sum()).__round__(9)
    1.5
    """
    used = base > 0
    _require_within(x[used], targets, names, where)
    start = base[used] / base[used].sum()
    z = x[used] - targets
    spread = np.sqrt(start @ (x[used] - start @ x[used]) ** 2)
    z = z[:, spread > 0] / spread[spread > 0]
    shares, steps = _newton(z, start)
    miss = float(np.abs(shares @ z).max(initial=0.0))
    if miss >= _ENOUGH:
        kept = np.flatnonzero(spread > 0)
        raise EvaluationError(*_unmet(z, targets[kept], names, kept, where))
    weights = np.zeros(len(base))
    weights[used] = shares * base.sum()
    return EntropyFit(weights, steps, miss)


def kish_size(weights: Floats) -> float:
    """Return how many equally weighted rows weights are worth: (sum w)^2 / sum w^2.

    Examples
    --------
    >>> import numpy as np
    >>> kish_size(np.array([1.0, 1, 0]))
    2.0
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def _newton(z: Floats, start: Floats) -> tuple[Floats, int]:
    """Return shares with means of 0, and steps; of the last step where that cannot be."""
    tilt = np.zeros(z.shape[1])
    value, shares = _dual(z, start, tilt)
    for step in range(_MOST_STEPS):
        slope = shares @ z
        if np.abs(slope).max(initial=0.0) < _ENOUGH:
            return shares, step
        curve = z.T @ (shares[:, None] * z) - np.outer(slope, slope)
        move = -np.linalg.lstsq(curve, slope, rcond=None)[0]
        length, gain = 1.0, float(slope @ move)
        while length > _SHORTEST_STEP:
            tried = _dual(z, start, tilt + length * move)
            if tried[0] <= value + _ARMIJO * length * gain + _NOISE:
                break
            length /= 2
        else:
            return shares, step
        tilt = tilt + length * move
        value, shares = tried
    return shares, _MOST_STEPS


def _dual(z: Floats, start: Floats, tilt: Floats) -> tuple[float, Floats]:
    """Return the log of the mean of exp(z'l), and the shares that it makes."""
    linear = z @ tilt
    top = float(linear.max())
    tilted = start * np.exp(linear - top)
    total = float(tilted.sum())
    return top + float(np.log(total)), tilted / total


def _require_within(x: Floats, targets: Floats, names: Sequence[str], where: str) -> None:
    """Refuse targets that no mean of non-negative weights can reach."""
    low, high = x.min(axis=0), x.max(axis=0)
    slack = 1e-9 * np.maximum(np.abs(low), np.abs(high))
    outside = (targets < low - slack) | (targets > high + slack)
    constant = high - low <= slack
    wrong = outside | (~constant & ((targets <= low) | (targets >= high)))
    issues = [
        _issue(names[k], targets[k], "lies outside or at the edge of", where)
        for k in np.flatnonzero(wrong).tolist()
    ]
    if issues:
        raise EvaluationError(*issues)


def _unmet(
    z: Floats,
    targets: Floats,
    names: Sequence[str],
    kept: npt.NDArray[np.int64],
    where: str,
) -> list[Issue]:
    """Return which covariates stay apart when all others are met as closely as can be."""
    n, p = z.shape
    costs = np.concatenate([np.zeros(n), np.ones(2 * p)])
    equal = np.vstack(
        [
            np.hstack([z.T, np.eye(p), -np.eye(p)]),
            np.concatenate([np.ones(n), np.zeros(2 * p)])[None, :],
        ]
    )
    found = optimize.linprog(costs, A_eq=equal, b_eq=np.append(np.zeros(p), 1.0))
    left = np.abs(found.x[n : n + p] - found.x[n + p :]) if found.x is not None else np.ones(p)
    worst = np.flatnonzero(left > _UNMET)
    if not len(worst):  # it can be met only by leaving most rows without weight
        worst = np.array([int(np.abs(z).min(axis=0).argmax())])
    told = "cannot be met together with the other covariates' means, though it lies within"
    return [_issue(names[int(kept[k])], targets[k], told, where) for k in worst]


def _issue(name: str, target: float, how: str, where: str) -> Issue:
    """Return the issue without the range itself, whose ends are two respondents' answers."""
    return Issue(
        f"the comparison group cannot be balanced on '{name}'",
        where=where,
        found=f"the treated's mean, {target:.4g}, {how} the comparison group's range",
        expected="means of the treated that some weighting of the comparison group has",
        remedy="join values of the covariate, use fewer moments, leave it out, or restrict both "
        "groups with 'where' to those who have counterparts",
    )
