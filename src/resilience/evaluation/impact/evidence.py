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
from resilience.evaluation.impact.models import joined, statistics_under

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.evaluation.few_clusters.admissible import Admissible
    from resilience.evaluation.few_clusters.clusters import ClusteredFit
    from resilience.evaluation.impact.arms import Arms
    from resilience.evaluation.impact.models import Model

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

__all__ = ["ClusterEvidence", "assignments_of", "evidence_of", "fitted", "within_cells"]

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

    def __repr__(self) -> str:
        """Return sizes."""
        return f"<ClusterEvidence: {len(self.estimate)} rows, {self.assignments} assignments>"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Row:
    """One reported coefficient of outcomes that share a regression."""

    model: Model
    fit: ClusteredFit
    column: int
    position: int
    at: list[int]


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
    respondents: int,
) -> tuple[ClusterEvidence, Floats]:
    """Return all inference on the models' reported rows, and what each respondent adds to them.

    Outcomes that the same rows answered are gone through together.

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
    respondents : int
        How many the sample has.

    Returns
    -------
    evidence : ClusterEvidence
    influence : numpy.ndarray
        By how much each respondent, weight included, moves each row, shape (respondents, q);
        NaN where one was not used.
    """
    rows = _rows_of(models, arms.treated)
    known = np.array([not hide for hide, m in zip(hidden, models, strict=True) for _ in m.reported])
    tests = {name: np.full(len(known), np.nan) for name in ("estimate", "std_error", "df", "p")}
    units = len(arms.units)
    without = np.full((units if units <= MOST_LEFT_OUT else 0, len(known)), np.nan)
    influence = np.full((respondents, len(known)), np.nan)
    for row in rows:
        test = cr2(row.fit, row.column)
        told = (test.estimate, test.std_error, test.df, test.p_value)
        for name, values in zip(tests, told, strict=True):
            tests[name][row.at] = values
        if len(without):
            without[:, row.at] = leave_one_cluster_out(row.fit, row.column)
        if row.model.rows is not None:
            influence[np.ix_(row.model.rows, np.array(row.at))] = _influence(row)
    admissible = assignments_of(arms, pairs=pairs, seed=seed)
    first = models[0]
    share = np.bincount(first.unit, first.weight, units) / first.weight.sum()
    evidence = ClusterEvidence(
        estimate=tests["estimate"],
        std_error=np.where(known, tests["std_error"], np.nan),
        df=np.where(known, tests["df"], np.nan),
        p_value=np.where(known, tests["p"], np.nan),
        **_wild(rows, known, units, level, seed),
        **_permuted(rows, len(known), arms, admissible, level),
        assignments=admissible.count,
        enumerated=admissible.enumerated,
        without=without,
        n=np.array([len(model.y) for model in models for _ in model.reported], float),
        largest_share=float(share.max()),
    )
    return evidence, influence


def assignments_of(arms: Arms, *, pairs: bool, seed: int) -> Admissible:
    """Return the assignments that there could have been, within blocks or pairs."""
    return admissible_assignments(
        arms.treated,
        blocks=None if pairs else arms.block,
        pairs=arms.block if pairs else None,
        seed=seed,
    )


def _rows_of(models: Sequence[Model], treated: Flags) -> list[_Row]:
    """Return the reported coefficients of each regression, and which result rows they are."""
    start = np.cumsum([0, *(len(model.reported) for model in models)])
    rows = []
    for model, places in joined(models):
        fit = fitted(model, treated)
        for number, position in enumerate(model.reported):
            at = [int(start[place]) + number for place in places]
            rows.append(_Row(model, fit, model.fixed.shape[1] + position, number, at))
    return rows


def _influence(row: _Row) -> Floats:
    """Return by how much each row of a regression moves a coefficient, shape (n, k).

    Where weights of a cell always add up to the same, a respondent takes from the others of the
    cell what she adds.
    """
    fit, found = row.fit, np.empty(row.fit.residuals.shape)
    for part in fit.complete:
        along = fit.weight * (fit.x @ part.inverse[:, row.column])
        found[:, part.outcomes] = along[:, None] * fit.residuals[:, part.outcomes]
    return found if row.model.cell is None else within_cells(found, fit.weight, row.model.cell)


def within_cells(influence: Floats, weight: Floats, cell: Codes) -> Floats:
    """Return influence values less each respondent's share of the sum of her cell, shape (n, k)."""
    codes = np.unique(cell, return_inverse=True)[1]
    share = weight / np.bincount(codes, weight)[codes]
    sums = np.stack([np.bincount(codes, column) for column in influence.T], axis=1)
    return np.asarray(influence - share[:, None] * sums[codes])


def _wild(
    rows: Sequence[_Row], known: Flags, units: int, level: float, seed: int
) -> dict[str, Floats]:
    size = len(known)
    names = ("wild_p", "wild_low", "wild_high", "wild_smallest_p", "wild_statistic")
    found = {name: np.full(size, np.nan) for name in names}
    joint = np.full((0, size), np.nan)
    for row in rows if units <= MOST_WILD else ():
        if not known[row.at].any():
            continue
        test = wild_bootstrap(row.fit, row.column, seed=seed)
        low, high = wild_interval(row.fit, row.column, level=level, seed=seed)
        told = (test.p_value, low, high, test.smallest_p, test.statistic)
        for name, values in zip(names, told, strict=True):
            found[name][row.at] = np.where(known[row.at], values, np.nan)
        if not len(joint):
            joint = np.full((len(test.statistics), size), np.nan)
        joint[:, row.at] = np.where(known[row.at], test.statistics, np.nan)
    return {**found, "wild_draws": joint}


def _permuted(
    rows: Sequence[_Row], size: int, arms: Arms, admissible: Admissible, level: float
) -> dict[str, Floats]:
    units = len(arms.units)
    names = ("permuted_p", "permuted_low", "permuted_high", "permuted_smallest_p")
    found = {name: np.full(size, np.nan) for name in names}
    joint = np.full((len(admissible.assignments), size), np.nan)
    for row in rows:
        if not row.model.permutable:
            continue
        model, number = row.model, row.position

        def statistic(assignments: Flags, model: Model = model, number: int = number) -> Floats:
            return statistics_under(model, assignments, units)[:, number]

        test = randomisation_test(statistic, admissible, arms.treated)
        found["permuted_p"][row.at] = test.p_value
        found["permuted_smallest_p"][row.at] = test.smallest_p
        joint[:, row.at] = test.statistics
        if len(admissible.assignments) <= MOST_INVERTED:
            exposed = _exposure(row, arms.treated)

            def of_exposure(
                assignments: Flags, model: Model = exposed, number: int = number
            ) -> Floats:
                return statistics_under(model, assignments, units)[:, number]

            reference = randomisation_test(of_exposure, admissible, arms.treated)
            low, high = randomisation_interval(test, reference, level=level)
            found["permuted_low"][row.at], found["permuted_high"][row.at] = low, high
    return {**found, "permuted_draws": joint}


def _exposure(row: _Row, treated: Flags) -> Model:
    """Return the model with the observed exposure in place of the outcome."""
    column = row.model.reported[row.position]
    exposed = row.model.switched[:, column] * treated[row.model.unit]
    return replace(row.model, y=exposed[:, None])
