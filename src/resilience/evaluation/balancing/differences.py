"""Doubly robust differences in differences of two periods. Arrays only.

An estimate is a signed sum of weighted means, eta_j = sum(a_j f_j) / sum(a_j). The weights a_j
may hold the odds exp(x'g) of being treated, the values f_j a regression x'b. Each row moves the
estimate by a_j (f_j - eta_j) / sum(a_j), and by what it moves g and b.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.balancing.entropy import balance_entropy
from resilience.inference.models.fitting import fit_generalised_linear
from resilience.inference.models.generalised_linear import model_influence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["Difference", "DifferenceMethod", "cluster_error", "difference_in_differences"]

_WHERE = "difference in differences"

DifferenceMethod = Literal["improved", "traditional", "regression", "ipw"]


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """A difference in differences.

    Attributes
    ----------
    estimate : float
        The mean effect on the treated.
    influence : numpy.ndarray
        How much each row moves it, its weight included, shape (n,); they add up to 0.
    """

    estimate: float
    influence: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Nuisance:
    """Estimated coefficients, and how much each row moves them, shapes (p,) and (n, p)."""

    value: Floats
    influence: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Mean:
    """One weighted mean of the sum: its sign, weights, values, and what the values rest on."""

    sign: float
    weights: Floats
    values: Floats
    regressions: tuple[tuple[str, float], ...] = ()
    odds: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What the means are made of; `parts` are the rows of each regression."""

    y: Floats
    x: Floats
    weights: Floats
    ratio: Floats
    parts: Mapping[str, npt.NDArray[np.bool_]]
    method: DifferenceMethod

    def weighing(self, *parts: str) -> Floats:
        """Return the weights of some parts, 0 elsewhere."""
        return np.where(np.any([self.parts[part] for part in parts], axis=0), self.weights, 0.0)


def difference_in_differences(
    y: Floats,
    x: Floats,
    treated: npt.NDArray[np.bool_],
    weights: Floats,
    *,
    later: npt.NDArray[np.bool_] | None = None,
    method: DifferenceMethod = "improved",
    names: Sequence[str] | None = None,
) -> Difference:
    """Return the effect on the treated, and how much each row moves it.

    Parameters
    ----------
    y : numpy.ndarray
        Change of each person; or, with `later`, each row's answer, shape (n,).
    x : numpy.ndarray
        Covariates from before, a constant first, shape (n, p).
    treated : numpy.ndarray
        Shape (n,).
    weights : numpy.ndarray
        0 or more, shape (n,).
    later : numpy.ndarray, optional
        Which rows belong to the later of two cross-sections, shape (n,).
    method : {'improved', 'traditional', 'regression', 'ipw'}
        Doubly robust, with odds that balance the covariates and regressions weighted by them;
        doubly robust with a logit by maximum likelihood and unweighted regressions; the
        comparison group's regression alone; or the odds alone, means normalised.
    names : sequence of str, optional
        Of the columns of x, for errors.

    Raises
    ------
    EvaluationError
        If the odds cannot be estimated.

    References
    ----------
    Sant'Anna and Zhao (2020), Journal of Econometrics 219: 101-122; for cross-sections their
    locally efficient estimators. What the nuisances add to the influence is kept for all
    methods; for 'improved' with cross-sections it vanishes only as far as the covariates are
    distributed alike in both waves. Oracle: their formulas, and numerical derivatives of the
    estimating equations, in R.

    Examples
    --------
    >>> import numpy as np
    >>> change = np.array([3.0, 5, 1, 1])
    >>> treated = np.array([True, True, False, False])
    >>> found = difference_in_differences(change, np.ones((4, 1)), treated, np.ones(4))
    >>> found.estimate, found.influence.tolist()
    (3.0, [-0.5, 0.5, 0.0, 0.0])
    """
    odds = _odds(
        x, treated, weights, method, names or [f"covariate {k}" for k in range(x.shape[1])]
    )
    rows = _Rows(y, x, weights, np.exp(x @ odds.value), _parts(treated, later), method)
    regressions = _regressions(rows, odds)
    means = _of_rows(rows, regressions) if later is not None else _of_persons(rows, regressions)
    total, influence = 0.0, np.zeros(len(y))
    for mean in means:
        value, moved = _moved(mean, x, {"odds": odds, **regressions})
        total += mean.sign * value
        influence += mean.sign * moved
    return Difference(total, influence)


def cluster_error(influence: Floats, cluster: npt.NDArray[np.int64]) -> float:
    """Return a standard error from influence values added up by cluster, times root G/(G-1).

    Parameters
    ----------
    influence : numpy.ndarray
        Shape (n,).
    cluster : numpy.ndarray
        Codes from 0, shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> cluster_error(np.array([-0.5, 0.5, 0.0, 0.0]), np.arange(4)).__round__(4)
    0.8165
    """
    sums = np.bincount(cluster, influence)
    return float(np.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1)))


def _parts(
    treated: npt.NDArray[np.bool_], later: npt.NDArray[np.bool_] | None
) -> dict[str, npt.NDArray[np.bool_]]:
    """Return the rows of each group: c comparison, t treated; 0 earlier, 1 later."""
    if later is None:
        return {"c": ~treated, "t": treated}
    return {
        "c0": ~treated & ~later,
        "c1": ~treated & later,
        "t0": treated & ~later,
        "t1": treated & later,
    }


def _odds(
    x: Floats,
    treated: npt.NDArray[np.bool_],
    weights: Floats,
    method: DifferenceMethod,
    names: Sequence[str],
) -> _Nuisance:
    """Return the coefficients of the odds of being treated."""
    if method == "regression":
        return _Nuisance(np.zeros(x.shape[1]), np.zeros_like(x))
    if method == "improved":
        return _balancing_odds(x, treated, weights, names)
    value, converged = fit_generalised_linear(x, treated.astype(np.float64), weights, "binomial")
    if not converged:
        raise EvaluationError(
            Issue(
                "the chance of being treated cannot be estimated",
                where=_WHERE,
                found="covariates that tell treated from others without error, or nearly",
                expected="treated and comparison respondents with like covariates",
                remedy="join values of covariates, leave one out, or see rs.common_support",
            )
        )
    moved = model_influence(x, treated.astype(np.float64), weights, value, "binomial")
    return _Nuisance(value, moved)


def _balancing_odds(
    x: Floats, treated: npt.NDArray[np.bool_], weights: Floats, names: Sequence[str]
) -> _Nuisance:
    """Return odds with which the comparison group has the treated's totals of all covariates."""
    wanted = np.where(treated, weights, 0.0)
    others = np.where(treated, 0.0, weights)
    targets = wanted @ x / wanted.sum()
    fit = balance_entropy(x[:, 1:], others, targets[1:], names=names[1:], where=_WHERE)
    made = fit.weights * wanted.sum() / others.sum()
    used = others > 0
    logs = np.log(np.maximum(made[used] / others[used], np.finfo(float).tiny))
    value = np.linalg.lstsq(x[used], logs, rcond=None)[0]
    information = x.T @ (made[:, None] * x)
    scores = (wanted - made)[:, None] * x
    return _Nuisance(value, np.linalg.solve(information, scores.T).T)


def _regression(
    y: Floats,
    x: Floats,
    weights: Floats,
    ratio: Floats | None = None,
    odds: _Nuisance | None = None,
) -> _Nuisance:
    """Return weighted least squares; of odds that are estimated if they weigh, too."""
    made = weights if ratio is None else weights * ratio
    information = x.T @ (made[:, None] * x)
    value = np.linalg.solve(information, x.T @ (made * y))
    scores = (made * (y - x @ value))[:, None] * x
    moved = scores if odds is None else scores + odds.influence @ (scores.T @ x).T
    influence = np.linalg.solve(information, moved.T).T
    return _Nuisance(np.asarray(value, np.float64), np.asarray(influence, np.float64))


def _regressions(rows: _Rows, odds: _Nuisance) -> dict[str, _Nuisance]:
    """Return the regression of each group that the method uses."""
    if rows.method == "ipw":
        return {}
    weighted = rows.method == "improved"
    return {
        name: _regression(rows.y, rows.x, rows.weighing(name), rows.ratio, odds)
        if weighted and name.startswith("c")
        else _regression(rows.y, rows.x, rows.weighing(name))
        for name in rows.parts
        if name.startswith("c") or ("t1" in rows.parts and rows.method != "regression")
    }


def _of_persons(rows: _Rows, regressions: Mapping[str, _Nuisance]) -> list[_Mean]:
    """Return the means of persons' changes."""
    on = (("c", -1.0),) if regressions else ()
    values = rows.y - rows.x @ regressions["c"].value if regressions else rows.y
    treated = _Mean(1.0, rows.weighing("t"), values, on)
    if rows.method == "regression":
        return [treated]
    return [treated, _Mean(-1.0, rows.weighing("c") * rows.ratio, values, on, odds=True)]


def _of_rows(rows: _Rows, regressions: Mapping[str, _Nuisance]) -> list[_Mean]:
    """Return the means of answers in two cross-sections."""
    everybody = rows.weighing("t0", "t1")
    fitted = {name: rows.x @ part.value for name, part in regressions.items()}
    means: list[_Mean] = []
    for period, sign in (("1", 1.0), ("0", -1.0)):
        t, c = "t" + period, "c" + period
        here, there = rows.weighing(t), rows.weighing(c) * rows.ratio
        if rows.method == "ipw":
            means += [_Mean(sign, here, rows.y), _Mean(-sign, there, rows.y, odds=True)]
        elif rows.method == "regression":
            means += [
                _Mean(sign, here, rows.y),
                _Mean(-sign, everybody, fitted[c], ((c, 1.0),)),
            ]
        else:
            left, gap = rows.y - fitted[c], fitted[t] - fitted[c]
            means += [
                _Mean(sign, here, left, ((c, -1.0),)),
                _Mean(-sign, there, left, ((c, -1.0),), odds=True),
                _Mean(sign, everybody, gap, ((t, 1.0), (c, -1.0))),
                _Mean(-sign, here, gap, ((t, 1.0), (c, -1.0))),
            ]
    return means


def _moved(mean: _Mean, x: Floats, nuisances: Mapping[str, _Nuisance]) -> tuple[float, Floats]:
    """Return a mean and how much each row moves it."""
    total = mean.weights.sum()
    value = float(mean.weights @ mean.values / total)
    own = mean.weights * (mean.values - value) / total
    slopes: Sequence[tuple[str, Floats]] = [
        (name, sign * (mean.weights @ x) / total) for name, sign in mean.regressions
    ]
    if mean.odds:
        slopes = [*slopes, ("odds", own @ x)]
    moved = own
    for name, slope in slopes:
        moved = moved + nuisances[name].influence @ slope
    return value, moved
