"""Weights that make a comparison group like the treated: entropy balancing, propensities."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import sparse, special

from resilience.errors import DesignError, EvaluationError, Issue
from resilience.evaluation.balancing.entropy import balance_entropy, kish_size
from resilience.evaluation.balancing.groups import compared_groups, wave_parts
from resilience.inference.models.fitting import fit_generalised_linear
from resilience.inference.models.generalised_linear import model_influence
from resilience.inference.weighting.weighting import with_step
from resilience.inference.weights.projection import Projection
from resilience.inference.weights.weight_history import Convergence, WeightStep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from resilience.evaluation.balancing.groups import Covariates
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_matrix import Term
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]
    Part = tuple[str, Mask]

__all__ = ["BALANCING", "Estimand", "entropy_balance", "propensities", "weight_by_propensity"]

BALANCING = ("entropy_balance", "propensity")
"""The actions in a weight history that make groups alike."""

Estimand = Literal["att", "ate", "overlap"]
_MOST_MOMENTS = 2


def entropy_balance(
    design: SurveyDesign,
    covariates: str | Sequence[str | Term],
    *,
    arm: str,
    treated: Any = 1,
    moments: int = 1,
    where: Where = None,
) -> SurveyDesign:
    """Weight a comparison group so that its covariates have the means of the treated.

    Use it where places were not assigned by lot and their people differ in what was known
    before; then compare means by arm as with any design. It answers for the treated. Survey
    weights count in both steps: the means to be met are the treated's weighted means, and the
    comparison group's weights are the nearest to its survey weights, in each wave by itself.
    Balance on what was known before the programme only: other covariates take away its effect.

    Parameters
    ----------
    design : SurveyDesign
    covariates : str or sequence
        Columns; a tuple of columns is their interaction, as for `fit_regression`.
    arm : str
        The column that tells who was treated.
    treated : value or sequence of values
        Of the arm; all other values are the comparison group.
    moments : {1, 2}
        Means; or means and, for numbers of more than two values, variances.
    where : optional
        As for `estimate_mean`: who is treated and compared. Others keep their weights.

    Returns
    -------
    SurveyDesign
        A new one, with one more step in its `weight_history`. The treated keep their weights;
        the comparison group's add up to theirs.

    Raises
    ------
    EvaluationError
        If no weights can meet the means, with the covariates and their ranges; an arm or
        covariate is missing in some rows; a group is empty; or covariates are combinations of
        each other.

    Notes
    -----
    Standard errors know that the weights were estimated and that the means to be met are those
    of a sample: by linearisation, each row counts with its residual from the comparison group's
    regression on the covariates; with replicates the weights are made anew in each. What is
    taken as fixed: the choice of covariates and, in the population, that the groups overlap.

    References
    ----------
    Hainmueller (2012), Political Analysis 20: 25-46; Zhao and Percival (2017), Journal of Causal
    Inference 5. Oracle: the dual minimised by R's `optim`; LaLonde's data.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"helped": [1, 1, 0, 0, 0], "age": [30.0, 40, 20, 40, 60],
    ...                       "trust": [6.0, 8, 3, 5, 7]})
    >>> balanced = rs.entropy_balance(rs.SurveyDesign(frame), "age", arm="helped")
    >>> means = rs.estimate_mean(balanced, ["age", "trust"], by="helped")
    >>> rs.compare(means, over="helped", reference="0").values.round(6) + 0
    array([0. , 2.5])
    """
    if moments not in (1, _MOST_MOMENTS):
        message = f"'moments' must be 1 or 2 (got {moments!r})"
        raise ValueError(message)
    groups = compared_groups(
        design,
        covariates,
        arm=arm,
        treated=treated,
        where=where,
        moments=moments,
        verb="entropy_balance",
    )
    parts = wave_parts(design, groups.treated | groups.comparison)
    before = design.weights
    misses: list[Convergence] = []
    after = _entropy_weights(groups, parts, before, misses)
    blocks = [_entropy_projection(groups, part, before, after) for _, part in parts]
    told = f"{groups.comparison.sum():,} compared with {groups.treated.sum():,} by '{arm}'"
    step = WeightStep(
        action="entropy_balance",
        detail=f"{told}, on {', '.join(groups.names[1:])}; effective size "
        f"{kish_size(before[groups.comparison]):,.1f} before, "
        f"{kish_size(after[groups.comparison]):,.1f} after",
        sources=(),
        before=before,
        after=after,
        reweight=partial(_anew, partial(_entropy_weights, groups, parts)),
        convergence=tuple(misses),
        projection=_joined(blocks),
    )
    return with_step(design, step)


def weight_by_propensity(
    design: SurveyDesign,
    covariates: str | Sequence[str | Term],
    *,
    arm: str,
    treated: Any = 1,
    estimand: Estimand = "att",
    limits: tuple[float, float] | None = None,
    where: Where = None,
) -> SurveyDesign:
    """Weight groups by how likely their people were to be treated.

    Use it where the effect on all ('ate'), or on those who might have been either ('overlap'),
    is asked for, or beside entropy balancing as a check. Chances come from a logistic regression
    with survey weights, in each wave by itself; means by arm are normalised, because each mean
    divides by its weights' sum. Look at `rs.common_support` first.

    Parameters
    ----------
    design, covariates, arm, treated, where
        As for `entropy_balance`.
    estimand : {'att', 'ate', 'overlap'}
        Survey weights are multiplied, for the treated and the others, by 1 and p/(1-p); 1/p and
        1/(1-p); 1-p and p.
    limits : (float, float), optional
        Chances beyond which rows get the weight 0; the history tells how many. It changes whom
        the answer is about.

    Returns
    -------
    SurveyDesign
        A new one, with one more step in its `weight_history`.

    Raises
    ------
    EvaluationError
        As for `entropy_balance`; or if covariates tell the groups apart without error, or
        limits leave nobody of a group.

    Notes
    -----
    Standard errors know that the chances were estimated; what `limits` leave out is taken as
    given. With replicates everything is made anew in each.

    References
    ----------
    Hirano, Imbens and Ridder (2003), Econometrica 71: 1161-1189; Li, Morgan and Zaslavsky
    (2018), JASA 113: 390-400, for overlap weights; survey weights in both steps: DuGoff, Schuler
    and Stuart (2014), Health Services Research 49: 284-303. Oracle: stacked estimating equations
    in R.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"helped": [1, 1, 0, 1, 0, 0], "town": list("aaabbb")})
    >>> weighted = rs.weight_by_propensity(rs.SurveyDesign(frame), "town", arm="helped")
    >>> weighted.weights.round(6)
    array([1. , 1. , 2. , 1. , 0.5, 0.5])
    """
    _require_rule(estimand, limits)
    verb = "weight_by_propensity"
    groups = compared_groups(design, covariates, arm=arm, treated=treated, where=where, verb=verb)
    parts = wave_parts(design, groups.treated | groups.comparison)
    rule = partial(_propensity_weights, groups, parts, estimand=estimand, limits=limits)
    before, inside = design.weights, groups.treated | groups.comparison
    after = rule(before)
    blocks = [_propensity_projection(groups, p, before, after, estimand) for _, p in parts]
    cut = int((inside & (before > 0) & (after == 0)).sum())
    told = f"; {cut:,} beyond {limits[0]:g} to {limits[1]:g} left out" if limits else ""
    step = WeightStep(
        action="propensity",
        detail=f"{estimand} by '{arm}', on {', '.join(groups.names[1:])}{told}",
        sources=(),
        before=before,
        after=after,
        reweight=partial(_anew, rule),
        projection=_joined(blocks),
    )
    return with_step(design, step)


def propensities(groups: Covariates, part: Mask, weights: Floats, verb: str) -> Floats:
    """Return the chances of being treated of a part's rows, NaN elsewhere, shape (n,).

    Raises
    ------
    EvaluationError
        If covariates tell the groups apart without error.
    """
    x, y = groups.x[part], groups.treated[part].astype(np.float64)
    coefficients, converged = fit_generalised_linear(x, y, weights[part], "binomial")
    chances = np.full(len(part), np.nan)
    if converged:
        chances[part] = special.expit(x @ coefficients)
        extreme = np.minimum(chances[part], 1 - chances[part])[weights[part] > 0]
        if (extreme > np.finfo(float).eps).all():
            return chances
    raise EvaluationError(
        Issue(
            "the chance of being treated cannot be estimated",
            where=verb,
            found="covariates that tell treated from others without error: "
            + ", ".join(groups.names[1:]),
            expected="treated and comparison respondents with like covariates",
            remedy="join values of covariates, or leave one out",
        )
    )


def _entropy_weights(
    groups: Covariates,
    parts: Sequence[Part],
    weights: Floats,
    misses: list[Convergence] | None = None,
) -> Floats:
    """Return weights with which each wave's comparison group has its treated's means."""
    made = weights.copy()
    for wave, part in parts:
        on, others = groups.treated & part, groups.comparison & part
        _require_weight(weights, on, others, "entropy_balance")
        total = weights[on].sum()
        fit = balance_entropy(
            groups.x[others, 1:],
            weights[others],
            weights[on] @ groups.x[on, 1:] / total,
            names=groups.names[1:],
            where=f"entropy_balance: {wave}" if wave else "entropy_balance",
        )
        made[others] = fit.weights * (total / weights[others].sum())
        if misses is not None:
            misses.append(Convergence(wave, "", fit.iterations, fit.largest_miss))
    return made


def _entropy_projection(
    groups: Covariates, part: Mask, before: Floats, after: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return what balancing explains: the regression of the comparison group on the covariates.

    Its part of an influence value is taken from the comparison group, and given to the treated,
    whose means the comparison group follows.
    """
    others = groups.comparison & part
    x = _standardised(groups.x, part)
    gather = np.where(others[:, None], x, 0.0)
    signed = np.where(others, after, 0.0) - np.where(groups.treated & part, before, 0.0)
    information = gather.T @ (after[:, None] * gather)
    mixing = np.asarray(np.linalg.pinv(information), np.float64)
    return x * signed[:, None], gather, mixing


def _propensity_weights(
    groups: Covariates,
    parts: Sequence[Part],
    weights: Floats,
    *,
    estimand: Estimand,
    limits: tuple[float, float] | None,
) -> Floats:
    """Return weights times what the chance of being treated makes of them."""
    made = weights.copy()
    low, high = limits or (0.0, 1.0)
    for _, part in parts:
        on, others = groups.treated & part, groups.comparison & part
        _require_weight(weights, on, others, "weight_by_propensity")
        p = propensities(groups, part, weights, "weight_by_propensity")[part]
        factors = {
            "att": np.where(groups.treated[part], 1.0, p / (1 - p)),
            "ate": np.where(groups.treated[part], 1 / p, 1 / (1 - p)),
            "overlap": np.where(groups.treated[part], 1 - p, p),
        }
        made[part] = weights[part] * factors[estimand] * ((p >= low) & (p <= high))
        _require_weight(made, on, others, "weight_by_propensity: limits")
    return made


def _propensity_projection(
    groups: Covariates, part: Mask, before: Floats, after: Floats, estimand: Estimand
) -> tuple[Floats, Floats, Floats]:
    """Return what estimated chances explain: the slope of log weights times their influence."""
    x = np.where(part[:, None], _standardised(groups.x, part), 0.0)
    y, kept = groups.treated.astype(np.float64), np.where(part, before, 0.0)
    coefficients, _ = fit_generalised_linear(x[part], y[part], before[part], "binomial")
    p = special.expit(x @ coefficients)
    slopes = {
        "att": np.where(groups.treated, 0.0, 1.0),
        "ate": np.where(groups.treated, p - 1, p),
        "overlap": np.where(groups.treated, -p, 1 - p),
    }
    gather = x * np.where(part & (after > 0), slopes[estimand], 0.0)[:, None]
    spread = -model_influence(x, y, kept, coefficients, "binomial")
    return spread, gather, np.eye(x.shape[1])


def _standardised(x: Floats, part: Mask) -> Floats:
    """Return a constant and covariates of mean 0 and size 1 over a part of the rows."""
    centre, size = x[part].mean(axis=0), x[part].std(axis=0)
    centre[0], size[size == 0] = 0.0, 1.0
    return np.asarray((x - centre) / size)


def _joined(blocks: Sequence[tuple[Floats, Floats, Floats]]) -> Projection:
    """Return the projection of parts of the sample that were fitted by themselves."""
    spreads, gathers, mixings = zip(*blocks, strict=True)
    mixing = sparse.block_diag(mixings).toarray()
    return Projection(
        sparse.csr_array(np.hstack(spreads)), sparse.csr_array(np.hstack(gathers)), mixing
    )


def _anew(rule: Callable[[Floats], Floats], weights: Floats) -> Floats:
    """Return what a rule makes of other weights, telling as weights do where it cannot."""
    try:
        return rule(weights)
    except EvaluationError as error:
        raise DesignError(*error.issues) from error


def _require_weight(weights: Floats, on: Mask, others: Mask, where: str) -> None:
    empty = [
        name for name, rows in (("treated", on), ("comparison", others)) if weights[rows].sum() <= 0
    ]
    if empty:
        raise EvaluationError(
            Issue(
                "a group weighs nothing",
                where=where,
                found=" and ".join(empty),
                expected="weights above 0 in both groups",
                remedy="widen the limits, or join values of covariates",
            )
        )


def _require_rule(estimand: str, limits: tuple[float, float] | None) -> None:
    if estimand not in ("att", "ate", "overlap"):
        message = f"'estimand' must be 'att', 'ate' or 'overlap' (got {estimand!r})"
        raise ValueError(message)
    if limits is not None and not 0 <= limits[0] < limits[1] <= 1:
        message = f"'limits' must be two chances, the lower first (got {limits!r})"
        raise ValueError(message)
