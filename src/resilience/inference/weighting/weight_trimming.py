"""Cut weights that are too large or too small."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import DesignError, Issue
from resilience.inference.statistics.columns import require_design
from resilience.inference.weighting.weight_groups import groups_of, require_groups
from resilience.inference.weighting.weighting import with_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["trim_weights"]

_MOST_ROUNDS = 10_000
_ROUNDING = 1e-12


def trim_weights(
    design: SurveyDesign,
    *,
    lower: float = 0.0,
    upper: float = np.inf,
    redistribute: bool = True,
    strict: bool = False,
) -> SurveyDesign:
    """Cut weights that are too large or too small.

    Use it where a few weights make estimates uncertain: the bias that trimming brings is then
    less than what it saves. Trimmed weights no longer meet margins exactly: rake once more, or
    use `calibrate` with bounds. That limits were set after a look at the weights does not enter
    the variance; steps that fitted margins before still do, as in R. Weights of 0 stay 0.

    Parameters
    ----------
    design : SurveyDesign
    lower, upper : float
        Limits of the weights.
    redistribute : bool
        Whether what is cut off is shared out equally among the other weights of the same wave,
        so that their sum stays.
    strict : bool
        Whether to repeat until no weight lies outside, which sharing out can bring about.

    Returns
    -------
    SurveyDesign
        A new one, with one more step in its `weight_history`.

    Raises
    ------
    DesignError
        If the limits cross, no weights are left to take up what is cut off, or `strict` limits
        leave out the mean weight of a wave.

    References
    ----------
    Potter (1990), Proceedings of the Section on Survey Research Methods, ASA, 225-230.
    Oracle: R survey 4.1-1, `trimWeights`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"w": [10.0, 10, 10, 70]})
    >>> rs.trim_weights(rs.SurveyDesign(frame, weight="w"), upper=40).weights
    array([20., 20., 20., 40.])
    """
    require_design(design)
    if not 0 <= lower < upper:
        found = f"{lower:g} to {upper:g}"
        raise DesignError(
            Issue("limits of weights cross", "trim_weights", found, "0 <= lower < upper", "correct")
        )
    codes, labels = groups_of(design, [design.wave] if design.wave else [])
    reweight = partial(
        _trimmed,
        lower=lower,
        upper=upper,
        redistribute=redistribute,
        strict=strict,
        codes=codes,
        labels=labels,
    )
    outside = ((design.weights < lower) | (design.weights > upper)) & (design.weights > 0)
    detail = f"{int(outside.sum()):,} weights beyond {lower:g} to {upper:g}"
    return with_rule(design, "trim", detail, reweight)


def _trimmed(
    weights: Floats,
    *,
    lower: float,
    upper: float,
    redistribute: bool,
    strict: bool,
    codes: Codes,
    labels: Sequence[str],
) -> Floats:
    """Return weights within limits, what is cut off added to the others of the group."""
    positive = weights > 0
    if strict and redistribute:
        n, sums = np.bincount(codes[positive], minlength=len(labels)), _sums(weights, codes, labels)
        able = (sums >= n * lower) & (sums <= n * upper)
        require_groups(able, labels, "not all weights can lie within the limits", "trim_weights")
    for done in range(_MOST_ROUNDS):
        slack = _ROUNDING if done else 0.0
        outside = (weights < lower * (1 - slack)) | (weights > upper * (1 + slack))
        outside &= positive
        if not outside.any():
            return weights
        made = np.where(outside, np.clip(weights, lower, upper), weights)
        if not redistribute:
            return made
        weights = _shared_out(weights - made, made, positive & ~outside, codes, labels)
        if not strict:
            return weights
    require_groups(np.array([False]), ["all"], "trimming comes to no end", "trim_weights")
    return weights


def _shared_out(
    cut: Floats, made: Floats, taking: npt.NDArray[np.bool_], codes: Codes, labels: Sequence[str]
) -> Floats:
    """Return weights with what was cut off added in equal parts to those that take."""
    total = _sums(cut, codes, labels)
    takers = np.bincount(codes[taking], minlength=len(labels))
    able = (takers > 0) | (total == 0)
    require_groups(able, labels, "no weight within the limits is left", "trim_weights")
    added = np.divide(total, takers, out=np.zeros(len(labels)), where=takers > 0)
    weights = np.where(taking, made + added[codes], made)
    kept = _sums((weights < 0).astype(np.float64), codes, labels) == 0
    require_groups(kept, labels, "sharing out makes weights negative", "trim_weights")
    return weights


def _sums(values: Floats, codes: Codes, labels: Sequence[str]) -> Floats:
    return np.bincount(codes, values, len(labels)).astype(np.float64)
