"""Randomisation inference: the whole estimator again under every admissible assignment."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import EvaluationError, Issue
from resilience.progress import stage

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from resilience.evaluation.few_clusters.admissible import Admissible

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

__all__ = ["RandomisationTest", "randomisation_interval", "randomisation_test"]

TIE = 1e-9  # of the largest statistic: nearer ones are equal
_MANY = 5_000  # assignments, of which an estimator may take long


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RandomisationTest:
    """The statistic of each outcome among those of all admissible assignments.

    Attributes
    ----------
    statistic, p_value, upper, lower, smallest_p : numpy.ndarray
        Shape (k,). `p_value` is two-sided (as large either way), `upper` and `lower` one-sided;
        `smallest_p` is the smallest two-sided p any assignment could have given. NaN where
        the statistic could not be computed for every assignment.
    not_computed : numpy.ndarray
        For how many assignments it could not, shape (k,).
    statistics : numpy.ndarray
        Shape (r, k).
    weights : numpy.ndarray
        The probability of each assignment, shape (r,).
    enumerated : bool
        Whether these are all assignments; if drawn, p is (count + 1) / (r + 1).

    Examples
    --------
    >>> import numpy as np
    >>> from resilience.evaluation.few_clusters.admissible import admissible_assignments
    >>> y = np.array([5.0, 6, 1, 2])
    >>> treated = np.array([True, True, False, False])
    >>> def difference(a):
    ...     return (a @ y / a.sum(axis=1) - ~a @ y / (~a).sum(axis=1))[:, None]
    >>> randomisation_test(difference, admissible_assignments(treated), treated)
    RandomisationTest(1 outcome: p_value 0.333333, smallest_p 0.333333, all 6 assignments)
    """

    statistic: Floats
    p_value: Floats
    upper: Floats
    lower: Floats
    smallest_p: Floats
    not_computed: npt.NDArray[np.int64]
    statistics: Floats
    weights: Floats
    enumerated: bool

    def __repr__(self) -> str:
        """Return the first outcome's numbers and what was compared."""
        k, r = len(self.statistic), len(self.statistics)
        p = f"p_value {self.p_value[0]:.6g}, smallest_p {self.smallest_p[0]:.6g}, " if k else ""
        kind = "all " if self.enumerated else "drawn: "
        return f"RandomisationTest({k} outcome{'s' * (k != 1)}: {p}{kind}{r} assignments)"


def randomisation_test(
    statistic: Callable[[Flags], Floats], assignments: Admissible, observed: npt.ArrayLike
) -> RandomisationTest:
    """Compare a statistic with its values under all assignments that could have been made.

    When to use it: assignment was random and is known, however few the clusters are. The test is
    exact for the sharp null of no effect on anybody. Where assignment was not random, the same
    numbers are a placebo reference, not a test.

    Parameters
    ----------
    statistic : callable
        Takes assignments (r, G), boolean, and returns the statistic of each outcome, (r, k). It
        must do all that the estimator does, weights and interactions included.
    assignments : Admissible
    observed : array_like
        The assignment that was made, shape (G,).

    Returns
    -------
    RandomisationTest

    Raises
    ------
    EvaluationError
        Where the observed assignment is not an admissible one, or the statistic has another
        shape.

    Notes
    -----
    Statistics that differ by rounding only (a billionth of the largest) are ties, and ties
    count. R's `ri` compares without tolerance and can lose even the observed assignment: its p
    for an outcome of Enos (2014) is 4 of 256 where the exact one is 5.

    Examples
    --------
    >>> import numpy as np
    >>> from resilience.evaluation.few_clusters.admissible import admissible_assignments
    >>> y, treated = np.array([5.0, 6, 1, 2, 3, 1]), np.array([1, 1, 0, 0, 0, 0], bool)
    >>> test = randomisation_test(
    ...     lambda a: (a @ y / 2 - ~a @ y / 4)[:, None], admissible_assignments(treated), treated
    ... )
    >>> test.p_value.round(4), test.upper.round(4)
    (array([0.0667]), array([0.0667]))
    """
    made = np.asarray(observed).astype(bool)
    _check_admissible(made, assignments)
    rows = assignments.assignments
    with stage(f"randomisation: {len(rows)} assignments") if len(rows) >= _MANY else nullcontext():
        found = np.asarray(statistic(np.vstack([made, rows])), float)
    if found.ndim != 2 or len(found) != len(rows) + 1:  # noqa: PLR2004 - outcomes are columns
        raise EvaluationError(
            _issue(
                "the statistic has another shape", f"{found.shape}", f"({len(rows) + 1}, outcomes)"
            )
        )
    own, others = found[0], found[1:]
    failed = (~np.isfinite(found)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        tie = TIE * np.abs(others).max(axis=0)
        shares = [
            _share(flags, assignments)
            for flags in (
                np.abs(others) >= np.abs(own) - tie,
                others >= own - tie,
                others <= own + tie,
            )
        ]
        largest = np.abs(found).max(axis=0) - tie
        smallest = _share(np.abs(others) >= largest, assignments)
    if not assignments.enumerated:
        smallest = np.full(len(own), 1 / (len(rows) + 1))
    p_value, upper, lower, smallest = np.where(failed > 0, np.nan, [*shares, smallest])
    return RandomisationTest(
        *(own, p_value, upper, lower, smallest, failed, others),
        *(assignments.weights, assignments.enumerated),
    )


def randomisation_interval(
    test: RandomisationTest, exposure: RandomisationTest, *, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the constant effects that the randomisation test does not reject.

    For an estimator that is linear in the outcome. Taking an effect away from those exposed
    changes the statistic of every assignment by the effect times the statistic of the observed
    exposure; so the test of every effect follows from two runs, and the limits are exact.

    Parameters
    ----------
    test : RandomisationTest
        Of the outcomes.
    exposure : RandomisationTest
        Of the observed exposure as if it were the outcome (one column, or one for each outcome),
        with the same estimator and assignments.
    level : float
        The coverage, between 0 and 1.

    Returns
    -------
    lower, upper : numpy.ndarray
        Shape (k,); the outermost effects not rejected, infinite where no effect, however large,
        is rejected on that side, NaN where the test is.

    Raises
    ------
    EvaluationError
        Where the two tests do not belong together.

    Examples
    --------
    >>> import numpy as np
    >>> from resilience.evaluation.few_clusters.admissible import admissible_assignments
    >>> y, treated = np.array([9.0, 8, 9, 8, 1, 2, 3, 1]), np.repeat([True, False], 4)
    >>> def run(y):
    ...     return randomisation_test(
    ...         lambda a: ((a @ y - ~a @ y) / 4)[:, None], admissible_assignments(treated), treated
    ...     )
    >>> lower, upper = randomisation_interval(run(y), run(treated * 1.0))
    >>> lower.round(3), upper.round(3)
    (array([5.]), array([8.]))
    """
    if not 0 < level < 1:
        message = f"'level' must lie between 0 and 1 (got {level})"
        raise ValueError(message)
    if len(test.statistics) != len(exposure.statistics) or exposure.statistics.shape[1] not in (
        1,
        len(test.statistic),
    ):
        shapes = f"{test.statistics.shape} and {exposure.statistics.shape}"
        raise EvaluationError(
            _issue("the tests do not belong together", shapes, "the same assignments")
        )
    lower, upper = np.full((2, len(test.statistic)), np.nan)
    for j in np.flatnonzero(~np.isnan(test.p_value)):
        e = min(int(j), exposure.statistics.shape[1] - 1)
        lower[j], upper[j] = _limits(
            (test.statistics[:, j], float(test.statistic[j])),
            (exposure.statistics[:, e], float(exposure.statistic[e])),
            test,
            1 - level,
        )
    return lower, upper


def _check_admissible(made: Flags, assignments: Admissible) -> None:
    rows = assignments.assignments
    if made.shape != rows.shape[1:]:
        raise EvaluationError(
            _issue("the observed assignment has other clusters", f"{made.shape}", f"{rows.shape}")
        )
    possible = (
        (rows == made).all(axis=1).any()
        if assignments.enumerated
        else abs(made.sum() - assignments.probabilities.sum()) < TIE * len(made)
    )
    if not possible:
        raise EvaluationError(
            _issue(
                "the observed assignment is not admissible",
                f"{int(made.sum())} treated clusters",
                "one of the assignments that could have been made",
            )
        )


def _share(flags: Flags, assignments: Admissible) -> Floats:
    if assignments.enumerated:
        return np.asarray(assignments.weights @ flags)
    return np.asarray((flags.sum(axis=0) + 1) / (len(flags) + 1))


def _limits(
    outcome: tuple[Floats, float],
    exposed: tuple[Floats, float],
    test: RandomisationTest,
    alpha: float,
) -> tuple[float, float]:
    """Return the outermost effects with p above alpha.

    An assignment counts at effect f where (T - f E)² >= (t - f e)², that is where the product of
    (T - t) - f (E - e) and (T + t) - f (E + e) is not negative: between its roots or outside.
    """
    (others, own), (others_exposed, own_exposed) = outcome, exposed
    scale, scale_exposed = np.abs(others).max(), np.abs(others_exposed).max()
    tops = [_snapped(others + sign * own, scale) for sign in (-1, 1)]
    bottoms = [_snapped(others_exposed + sign * own_exposed, scale_exposed) for sign in (-1, 1)]
    roots = np.column_stack(
        [
            np.divide(a, b, where=b != 0, out=np.full(len(a), np.nan))
            for a, b in zip(tops, bottoms, strict=True)
        ]
    )
    edges = np.unique(roots[np.isfinite(roots)])
    if not len(edges):
        return -np.inf, np.inf
    middles = np.concatenate([[edges[0] - 1], (edges[1:] + edges[:-1]) / 2, [edges[-1] + 1]])
    kept = [_p_at(effect, tops, bottoms, test) > alpha for effect in middles]
    inside = np.flatnonzero(kept)
    if not len(inside):
        nearest = float(own / own_exposed)
        return nearest, nearest
    low = -np.inf if inside[0] == 0 else edges[inside[0] - 1]
    high = np.inf if inside[-1] == len(edges) else edges[inside[-1]]
    return float(low), float(high)


def _snapped(values: Floats, scale: float) -> Floats:
    return np.where(np.abs(values) <= TIE * scale, 0.0, values)


def _p_at(
    effect: float, tops: list[Floats], bottoms: list[Floats], test: RandomisationTest
) -> float:
    product = (tops[0] - effect * bottoms[0]) * (tops[1] - effect * bottoms[1])
    counts = product >= 0
    if test.enumerated:
        return float(test.weights @ counts)
    return float((counts.sum() + 1) / (len(counts) + 1))


def _issue(what: str, found: str, expected: str) -> Issue:
    remedy = "declare the assignment as it was made"
    return Issue(what, "randomisation_test", found, expected, remedy)
