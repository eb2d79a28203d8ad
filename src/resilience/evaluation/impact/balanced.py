"""Effects on treated units by weights and regressions that make the comparison like them.

Each respondent's influence is added up by unit: a test with as many contributions as units. The
arms' sums of squares are each multiplied by G/(G-1) of the arm, as for a difference of two means
of units; degrees of freedom are Satterthwaite's for it, units - 2 where arms are alike in size.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from resilience.errors import EvaluationError
from resilience.evaluation.balancing.differences import Difference, difference_in_differences
from resilience.evaluation.few_clusters.randomisation import (
    randomisation_interval,
    randomisation_test,
)
from resilience.evaluation.impact.evidence import (
    MOST_INVERTED,
    MOST_LEFT_OUT,
    ClusterEvidence,
    assignments_of,
    within_cells,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from resilience.evaluation.few_clusters.admissible import Admissible
    from resilience.evaluation.impact.arms import Arms
    from resilience.evaluation.impact.models import Model

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

__all__ = ["BALANCED", "balanced_evidence", "effect_on_treated"]

MOST_ROWS_AGAIN = 4_000_000  # of all assignments together: more take minutes


def effect_on_treated(model: Model, treated: Flags, *, by_wave: bool) -> Difference:
    """Return the difference in differences of comparable people, and its influence values.

    Parameters
    ----------
    model : Model
        `switched` is 1 in the later wave, or throughout where `y` is persons' changes.
    treated : numpy.ndarray of bool
        By unit, shape (G,).
    by_wave : bool
        Whether the comparison is balanced in each wave by itself, or once for both.

    Raises
    ------
    EvaluationError
        If no weights make the comparison group like the treated.
    """
    on, later = treated[model.unit], model.switched[:, 0] > 0
    fit = partial(_fit, model, on)
    if later.all():
        return fit(later, None)
    if not by_wave:
        return fit(np.ones(len(on), bool), later)
    after, before = fit(later, None), fit(~later, None)
    return Difference(after.estimate - before.estimate, after.influence - before.influence)


def _fit(model: Model, on: Flags, part: Flags, later: Flags | None) -> Difference:
    found = difference_in_differences(
        model.y[part],
        model.fixed[part],
        on[part],
        model.weight[part],
        later=None if later is None else later[part],
        names=model.names,
    )
    influence = np.zeros(len(on))
    influence[part] = found.influence
    return Difference(found.estimate, influence)


def balanced_evidence(
    models: Sequence[Model],
    arms: Arms,
    *,
    by_wave: bool,
    pairs: bool,
    level: float,
    seed: int,
    hidden: Sequence[bool],
    respondents: int,
) -> tuple[ClusterEvidence, Floats]:
    """Return inference on effects on the treated; as `evidence_of`, without the bootstrap.

    Every assignment balances and estimates anew, where that is quick; an assignment for which
    there is no balance leaves no permutation.
    """
    estimate = partial(effect_on_treated, by_wave=by_wave)
    found = [estimate(model, arms.treated) for model in models]
    influence = np.full((respondents, len(models)), np.nan)
    for at, (model, one) in enumerate(zip(models, found, strict=True)):
        own = one.influence[:, None]
        if model.cell is not None:
            own = within_cells(own, model.weight, model.cell)
        influence[model.rows, at] = own[:, 0]
    known = ~np.array(hidden)
    tests = [
        _by_unit(o.influence, m.unit, arms.treated) for o, m in zip(found, models, strict=True)
    ]
    error = np.where(known, [test[0] for test in tests], np.nan)
    df = np.where(known, [test[1] for test in tests], np.nan)
    points = np.array([one.estimate for one in found])
    admissible = assignments_of(arms, pairs=pairs, seed=seed)
    first, units = models[0], len(arms.units)
    share = np.bincount(first.unit, first.weight, units) / first.weight.sum()
    nothing = np.full(len(models), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * stats.t.sf(np.abs(points / error), df)
    wild = ("wild_p", "wild_low", "wild_high", "wild_smallest_p", "wild_statistic")
    evidence = ClusterEvidence(
        estimate=points,
        std_error=error,
        df=df,
        p_value=p_value,
        **dict.fromkeys(wild, nothing),
        wild_draws=np.full((0, len(models)), np.nan),
        **_permuted(models, arms, admissible, level, estimate),
        assignments=admissible.count,
        enumerated=admissible.enumerated,
        without=_without(models, arms, estimate),
        n=np.array([len(model.y) for model in models], float),
        largest_share=float(share.max()),
    )
    return evidence, influence


BALANCED: Mapping[str, Callable[..., tuple[ClusterEvidence, Floats]]] = {
    "doubly_robust": partial(balanced_evidence, by_wave=False),
    "entropy_balanced": partial(balanced_evidence, by_wave=True),
}
"""By method: what gives its evidence."""


def _by_unit(influence: Floats, unit: npt.NDArray[np.int64], treated: Flags) -> tuple[float, float]:
    """Return an error and its degrees of freedom; NaN with one unit in an arm."""
    sums = np.bincount(unit, influence, len(treated))
    sizes = np.array([treated.sum(), (~treated).sum()], float)
    if sizes.min() == 1:
        return float("nan"), float("nan")
    squares = np.array([(sums[treated] ** 2).sum(), (sums[~treated] ** 2).sum()])
    error = float(np.sqrt((squares * sizes / (sizes - 1)).sum()))
    df = float((1 / sizes).sum() ** 2 / (1 / (sizes**2 * (sizes - 1))).sum())
    return error, df


def _permuted(
    models: Sequence[Model],
    arms: Arms,
    admissible: Admissible,
    level: float,
    estimate: Callable[[Model, Flags], Difference],
) -> dict[str, Floats]:
    names = ("permuted_p", "permuted_low", "permuted_high", "permuted_smallest_p")
    found = {name: np.full(len(models), np.nan) for name in names}
    joint = np.full((len(admissible.assignments), len(models)), np.nan)
    again = len(admissible.assignments) * sum(len(model.y) for model in models)
    for at, model in enumerate(models if again <= MOST_ROWS_AGAIN else ()):

        def statistic(assignments: Flags, model: Model = model) -> Floats:
            return np.array([[_or_nothing(estimate, model, one)] for one in assignments])

        test = randomisation_test(statistic, admissible, arms.treated)
        found["permuted_p"][at], found["permuted_smallest_p"][at] = (
            test.p_value[0],
            test.smallest_p[0],
        )
        joint[:, at] = test.statistics[:, 0]
        if np.isfinite(test.p_value[0]) and len(admissible.assignments) <= MOST_INVERTED:
            exposed = replace(model, y=model.switched[:, 0] * arms.treated[model.unit])
            reference = randomisation_test(
                partial(statistic, model=exposed), admissible, arms.treated
            )
            low, high = randomisation_interval(test, reference, level=level)
            found["permuted_low"][at], found["permuted_high"][at] = low[0], high[0]
    return {**found, "permuted_draws": joint}


def _without(
    models: Sequence[Model], arms: Arms, estimate: Callable[[Model, Flags], Difference]
) -> Floats:
    """Return the estimates without each unit, shape (G, k); NaN where none can be had."""
    units = len(arms.units)
    again = units * sum(len(model.y) for model in models)
    if units > MOST_LEFT_OUT or again > MOST_ROWS_AGAIN:
        return np.full((0, len(models)), np.nan)
    return np.array(
        [
            [
                _or_nothing(estimate, _rows_of(model, model.unit != unit), arms.treated)
                for model in models
            ]
            for unit in range(units)
        ]
    )


def _rows_of(model: Model, kept: Flags) -> Model:
    names = ("y", "weight", "unit", "fixed", "switched")
    parts = {name: getattr(model, name)[kept] for name in names}
    return replace(model, **parts, cell=None)


def _or_nothing(
    estimate: Callable[[Model, Flags], Difference], model: Model, treated: Flags
) -> float:
    """Return an estimate; NaN where the groups cannot be made alike."""
    if len(np.unique(treated[model.unit])) == 1:
        return float("nan")
    try:
        return estimate(model, treated).estimate
    except (EvaluationError, np.linalg.LinAlgError):
        return float("nan")
