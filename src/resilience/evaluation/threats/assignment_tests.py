"""Differences between arms, judged at the level of assignment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.few_clusters.admissible import Admissible, admissible_assignments
from resilience.evaluation.few_clusters.clusters import fit_clustered
from resilience.evaluation.few_clusters.randomisation import RandomisationTest, randomisation_test
from resilience.evaluation.few_clusters.satterthwaite import ClusterTest, cr2
from resilience.evaluation.threats.arms import labels_in, require_named

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.evaluation.threats.arms import Arms
    from resilience.inference.designs.design import SurveyDesign

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

__all__ = [
    "Mechanism",
    "OmnibusTest",
    "difference_test",
    "omnibus_test",
    "possible_assignments",
]

Mechanism = Literal["random", "blocked", "matched_pairs", "non_random"]
"""How units came into their arms."""

_NO_VARIANCE = 1e-12


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OmnibusTest:
    """All differences at once, among those of all assignments that could have been made.

    Attributes
    ----------
    statistic : float
        The squared Mahalanobis distance between the arms' means.
    p_value, smallest_p : float
        And the smallest p that any outcome of the assignment could have given.
    assignments : int
        How many were gone through.
    enumerated : bool
        Whether these are all there are.
    mechanism : {'random', 'blocked', 'matched_pairs', 'non_random'}
    """

    statistic: float
    p_value: float
    smallest_p: float
    assignments: int
    enumerated: bool
    mechanism: Mechanism

    @property
    def kind(self) -> Literal["randomisation_test", "placebo_reference"]:
        """What the p-value is: of a test only where units were assigned at random."""
        return "placebo_reference" if self.mechanism == "non_random" else "randomisation_test"

    def __repr__(self) -> str:
        """Return one line, with what the number of units allows."""
        called = self.kind.replace("_", " ")
        how = "all" if self.enumerated else "drawn:"
        return (
            f"{called}: p {self.p_value:.3g}, smallest possible {self.smallest_p:.3g} "
            f"({how} {self.assignments:,} assignments)"
        )


def difference_test(y: Floats, weight: Floats, arms: Arms) -> ClusterTest:
    """Return differences between the arms' weighted means with CR2 errors by unit assigned.

    Parameters
    ----------
    y : numpy.ndarray
        Of the rows in an arm, NaN where missing, shape (n, k).
    weight : numpy.ndarray
        Shape (n,).
    arms : Arms

    Returns
    -------
    ClusterTest
        NaN for the error where an arm has one unit with answers, and for the difference too
        where it has none.
    """
    inside = arms.inside
    treated, cluster = arms.is_treated[inside], arms.cluster[inside]
    answered = ~np.isnan(y) & (weight > 0)[:, None]
    there = np.array([answered[treated == arm].any(axis=0) for arm in (True, False)]).all(axis=0)
    found = np.full((4, y.shape[1]), np.nan)
    if there.any():
        x = np.column_stack([np.ones(len(y)), treated])
        names = ["intercept", arms.column]
        fit = fit_clustered(x, y[:, there], cluster=cluster, weight=weight, names=names)
        test = cr2(fit, 1)
        found[:, there] = [test.estimate, test.std_error, test.df, test.p_value]
    return ClusterTest(*found)


def possible_assignments(
    design: SurveyDesign, arms: Arms, mechanism: Mechanism, blocks: str | None, verb: str
) -> Admissible:
    """Return the assignments that the mechanism could have made.

    Raises
    ------
    EvaluationError
        If blocks are needed and not named, or a unit lies in two; or none but the one that was
        made was possible.
    """
    if mechanism not in get_args(Mechanism):
        message = f"'mechanism' must be one of {get_args(Mechanism)} (got {mechanism!r})"
        raise ValueError(message)
    if (blocks is None) == (mechanism in ("blocked", "matched_pairs")):
        raise EvaluationError(
            Issue(
                "blocks and mechanism do not fit together",
                where=f"{verb}(blocks=)",
                found=f"mechanism '{mechanism}', "
                + ("no blocks" if blocks is None else f"blocks of '{blocks}'"),
                expected="blocks with 'blocked' and 'matched_pairs', and with these only",
                remedy="name the column of blocks or pairs, or correct the mechanism",
            )
        )
    groups = None if blocks is None else _block_of_unit(design, arms, blocks, verb)
    if mechanism == "matched_pairs":
        return admissible_assignments(arms.cluster_treated, pairs=groups)
    return admissible_assignments(arms.cluster_treated, blocks=groups)


def omnibus_test(
    y: Floats, weight: Floats, arms: Arms, possible: Admissible, mechanism: Mechanism
) -> OmnibusTest:
    """Compare the distance between the arms with that of all other assignments.

    Missing answers count at the variable's mean in the covariance, and not at all in means.

    Parameters
    ----------
    y, weight, arms
        As for `difference_test`.
    possible : Admissible
    mechanism : Mechanism
    """
    cluster, size = arms.cluster[arms.inside], len(arms.clusters)
    answered = ~np.isnan(y)
    carried = np.where(answered, weight[:, None], 0.0)
    centred = np.where(answered, y - _means(np.where(answered, y, 0.0), carried), 0.0)
    spread = (centred * weight[:, None]).T @ centred / weight.sum()
    varying = np.diag(spread) > _NO_VARIANCE
    inverse = np.linalg.pinv(spread[np.ix_(varying, varying)], hermitian=True)
    weights, sums = (
        np.array([np.bincount(cluster, part[:, k], size) for k in np.flatnonzero(varying)]).T
        for part in (carried, carried * centred)
    )

    def distance(assignments: Mask) -> Floats:
        chosen = assignments.astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            gap = chosen @ sums / (chosen @ weights) - (1 - chosen) @ sums / (
                (1 - chosen) @ weights
            )
        return np.asarray(np.einsum("rk,kl,rl->r", gap, inverse, gap)[:, None])

    return _told(randomisation_test(distance, possible, arms.cluster_treated), mechanism)


def _told(test: RandomisationTest, mechanism: Mechanism) -> OmnibusTest:
    return OmnibusTest(
        float(test.statistic[0]),
        float(test.p_value[0]),
        float(test.smallest_p[0]),
        len(test.statistics),
        test.enumerated,
        mechanism,
    )


def _means(y: Floats, carried: Floats) -> Floats:
    total = carried.sum(axis=0)
    sums = (carried * y).sum(axis=0)
    return np.asarray(np.divide(sums, total, out=np.zeros(y.shape[1]), where=total > 0))


def _block_of_unit(design: SurveyDesign, arms: Arms, blocks: str, verb: str) -> list[str]:
    """Return the block of each unit, or refuse units without one or in two."""
    require_named(design, [blocks], verb)
    labels, inside = labels_in(design, blocks), arms.inside
    of_unit = labels[inside].groupby(arms.cluster[inside])
    wrong = int((of_unit.nunique(dropna=False) != 1).sum()) + int(of_unit.count().eq(0).sum())
    if not wrong:
        return [str(label) for label in of_unit.first()]
    raise EvaluationError(
        Issue(
            f"units do not lie in one value of '{blocks}' each",
            where=f"{verb}(blocks=)",
            found=f"{wrong} of {len(arms.clusters)} units of '{arms.cluster_column}'",
            expected="one block for each unit of assignment",
            remedy="correct the column of blocks",
        )
    )
