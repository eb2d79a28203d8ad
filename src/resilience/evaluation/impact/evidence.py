"""What clusters say of an estimate: every way of inference, side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from resilience.evaluation.few_clusters.admissible import admissible_assignments
from resilience.evaluation.few_clusters.clusters import fit_clustered
from resilience.evaluation.few_clusters.leaving_out import leave_one_cluster_out
from resilience.evaluation.few_clusters.randomisation import (
    randomisation_interval,
    randomisation_test,
)
from resilience.evaluation.few_clusters.satterthwaite import cr2
from resilience.evaluation.few_clusters.wild import wild_bootstrap, wild_interval
from resilience.evaluation.impact.models import statistics_under

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.evaluation.few_clusters.admissible import Admissible
    from resilience.evaluation.few_clusters.clusters import ClusteredFit
    from resilience.evaluation.impact.arms import Arms
    from resilience.evaluation.impact.models import Model

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

__all__ = ["ClusterEvidence", "evidence_of", "fitted"]

POWER = 0.8
MOST_WILD = 400
MOST_LEFT_OUT = 250
MOST_INVERTED = 2_000


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ClusterEvidence:
    """Inference at the level of assignment, shape (q,) unless said.

    Attributes
    ----------
    estimate, std_error, df, p_value : numpy.ndarray
        CR2 with Satterthwaite's degrees of freedom.
    wild_p, wild_low, wild_high, wild_smallest_p : numpy.ndarray
        The wild cluster bootstrap; limits may be infinite.
    permuted_p, permuted_low, permuted_high, permuted_smallest_p : numpy.ndarray
        Over the assignments that there could have been.
    assignments : int
        How many there are.
    enumerated : bool
        Whether all were gone through.
    without : numpy.ndarray
        The estimates without each unit, shape (G, q).
    n : numpy.ndarray
        Respondents.
    largest_share : float
        The weight of the heaviest unit.
    wild_statistic, wild_draws, permuted_draws : numpy.ndarray
        For families of outcomes: the observed, and draws with the same signs or assignments for
        all rows, shape (draws, q).
    """

    estimate: Floats
    std_error: Floats
    df: Floats
    p_value: Floats
    wild_p: Floats
    wild_low: Floats
    wild_high: Floats
    wild_smallest_p: Floats
    permuted_p: Floats
    permuted_low: Floats
    permuted_high: Floats
    permuted_smallest_p: Floats
    assignments: int
    enumerated: bool
    without: Floats
    n: Floats
    largest_share: float
    wild_statistic: Floats
    wild_draws: Floats
    permuted_draws: Floats

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Return CR2 limits by t."""
        half = stats.t.ppf((1 + level) / 2, self.df) * self.std_error
        return self.estimate - half, self.estimate + half

    def minimum_detectable(self, level: float) -> Floats:
        """Return the effect that this design would find with a power of 80 %, shape (q,)."""
        reach = stats.t.ppf((1 + level) / 2, self.df) + stats.t.ppf(POWER, self.df)
        return np.asarray(reach * self.std_error)

    def __repr__(self) -> str:
        """Return sizes."""
        return f"<ClusterEvidence: {len(self.estimate)} rows, {self.assignments} assignments>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Row:
    """One reported coefficient."""

    model: Model
    fit: ClusteredFit
    column: int
    position: int
    hidden: bool


def fitted(model: Model, treated: Flags) -> ClusteredFit:
    """Return the regression of a model under the assignment that was made."""
    switched = model.switched * treated[model.unit][:, None]
    names = (*model.names, *(f"treatment {number}" for number in range(switched.shape[1])))
    x = np.hstack([model.fixed, switched])
    return fit_clustered(x, model.y, cluster=model.unit, weight=model.weight, names=names)


def evidence_of(
    models: Sequence[Model],
    arms: Arms,
    *,
    pairs: bool,
    level: float,
    seed: int,
    hidden: Sequence[bool],
) -> ClusterEvidence:
    """Return all inference on the models' reported rows.

    Parameters
    ----------
    models : sequence of Model
        One an outcome.
    arms : Arms
    pairs : bool
        Whether blocks are matched pairs.
    level, seed
        Coverage of intervals; of draws.
    hidden : sequence of bool
        Models whose errors between units mean nothing.
    """
    fits = [fitted(model, arms.treated) for model in models]
    rows = [
        _Row(model, fit, model.fixed.shape[1] + position, number, hide)
        for model, fit, hide in zip(models, fits, hidden, strict=True)
        for number, position in enumerate(model.reported)
    ]
    tests = [cr2(row.fit, row.column) for row in rows]
    known = np.array([not row.hidden for row in rows])
    admissible = admissible_assignments(
        arms.treated,
        blocks=None if pairs else arms.block,
        pairs=arms.block if pairs else None,
        seed=seed,
    )
    units = len(arms.units)
    left_out = [
        leave_one_cluster_out(row.fit, row.column)[:, 0] if units <= MOST_LEFT_OUT else np.empty(0)
        for row in rows
    ]
    first = models[0]
    share = np.bincount(first.unit, first.weight, units) / first.weight.sum()
    return ClusterEvidence(
        estimate=np.array([test.estimate[0] for test in tests]),
        std_error=np.where(known, [test.std_error[0] for test in tests], np.nan),
        df=np.where(known, [test.df[0] for test in tests], np.nan),
        p_value=np.where(known, [test.p_value[0] for test in tests], np.nan),
        **_wild(rows, known, units, level, seed),
        **_permuted(rows, arms, admissible, level),
        assignments=admissible.count,
        enumerated=admissible.enumerated,
        without=np.stack(left_out, axis=1),
        n=np.array([len(row.model.y) for row in rows], float),
        largest_share=float(share.max()),
    )


def _wild(
    rows: Sequence[_Row], known: Flags, units: int, level: float, seed: int
) -> dict[str, Floats]:
    size = len(rows)
    names = ("wild_p", "wild_low", "wild_high", "wild_smallest_p", "wild_statistic")
    found = {name: np.full(size, np.nan) for name in names}
    draws: list[Floats] = []
    for number, row in enumerate(rows if units <= MOST_WILD else ()):
        if not known[number]:
            draws.append(np.empty(0))
            continue
        test = wild_bootstrap(row.fit, row.column, seed=seed)
        low, high = wild_interval(row.fit, row.column, level=level, seed=seed)
        told = (test.p_value, low, high, test.smallest_p, test.statistic)
        for name, value in zip(names, told, strict=True):
            found[name][number] = value[0]
        draws.append(test.statistics[:, 0])
    longest = max(map(len, draws), default=0)
    joint = np.full((longest, size), np.nan)
    for number, drawn in enumerate(draws):
        joint[: len(drawn), number] = drawn
    return {**found, "wild_draws": joint}


def _permuted(
    rows: Sequence[_Row], arms: Arms, admissible: Admissible, level: float
) -> dict[str, Floats]:
    size, units = len(rows), len(arms.units)
    names = ("permuted_p", "permuted_low", "permuted_high", "permuted_smallest_p")
    found = {name: np.full(size, np.nan) for name in names}
    joint = np.full((len(admissible.assignments), size), np.nan)
    for number, row in enumerate(rows):
        if not row.model.permutable:
            continue
        model, at = row.model, row.position

        def statistic(assignments: Flags, model: Model = model, at: int = at) -> Floats:
            return statistics_under(model, assignments, units)[:, [at]]

        test = randomisation_test(statistic, admissible, arms.treated)
        found["permuted_p"][number] = test.p_value[0]
        found["permuted_smallest_p"][number] = test.smallest_p[0]
        joint[:, number] = test.statistics[:, 0]
        if len(admissible.assignments) <= MOST_INVERTED:
            exposed = _exposure(row, arms.treated)

            def of_exposure(assignments: Flags, model: Model = exposed, at: int = at) -> Floats:
                return statistics_under(model, assignments, units)[:, [at]]

            reference = randomisation_test(of_exposure, admissible, arms.treated)
            low, high = randomisation_interval(test, reference, level=level)
            found["permuted_low"][number], found["permuted_high"][number] = low[0], high[0]
    return {**found, "permuted_draws": joint}


def _exposure(row: _Row, treated: Flags) -> Model:
    """Return the model with the observed exposure in place of the outcome."""
    column = row.model.reported[row.position]
    return replace(row.model, y=row.model.switched[:, column] * treated[row.model.unit])
