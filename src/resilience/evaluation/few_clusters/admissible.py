"""The assignments that the declared mechanism could have made."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb, prod
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import EvaluationError, Issue

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]
    Integers = npt.NDArray[np.int64]

__all__ = ["Admissible", "admissible_assignments", "given_assignments"]

_PAIR = 2
_WEIGHT_SUM = 1e-9


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Admissible:
    """Assignments of G clusters that the mechanism could have made.

    Attributes
    ----------
    assignments : numpy.ndarray
        Whether each cluster is treated, shape (r, G), boolean.
    weights : numpy.ndarray
        The probability of each row, summing to 1, shape (r,).
    probabilities : numpy.ndarray
        Of each cluster to be treated under the mechanism, shape (G,): exact, also where the
        rows are drawn. Estimators that weight by them take them from here.
    enumerated : bool
        Whether the rows are all assignments there are; else they were drawn.
    count : int
        How many there are.

    Examples
    --------
    >>> admissible_assignments([True, True, False, False])
    Admissible(6 assignments of 4 clusters, all of them)
    """

    assignments: Flags
    weights: Floats
    probabilities: Floats
    enumerated: bool
    count: int

    def __post_init__(self) -> None:
        """Make arrays read-only."""
        for array in (self.assignments, self.weights, self.probabilities):
            array.flags.writeable = False

    def __repr__(self) -> str:
        """Return how many assignments there are."""
        kind = "all of them" if self.enumerated else f"{len(self.assignments)} drawn"
        clusters = self.assignments.shape[1]
        return f"Admissible({self.count} assignments of {clusters} clusters, {kind})"


def admissible_assignments(
    treated: npt.ArrayLike,
    *,
    blocks: npt.ArrayLike | None = None,
    pairs: npt.ArrayLike | None = None,
    limit: int = 20_000,
    draws: int = 9_999,
    seed: int = 1,
) -> Admissible:
    """Return the assignments with as many treated, in each block, as were treated.

    Parameters
    ----------
    treated : array_like
        Whether each cluster was treated, shape (G,).
    blocks, pairs : array_like, optional
        The block, or the matched pair, of each cluster, shape (G,); one of them or none. A pair
        has two clusters of which one is treated.
    limit : int
        The most assignments that are all gone through.
    draws : int
        How many are drawn, independently, where there are more.
    seed : int

    Returns
    -------
    Admissible

    Raises
    ------
    EvaluationError
        Where no other assignment was possible, pairs are not pairs, or shapes do not agree.

    Examples
    --------
    >>> pairs = admissible_assignments([1, 0, 0, 1, 1, 0], pairs=[1, 1, 2, 2, 3, 3])
    >>> pairs.count, pairs.probabilities
    (8, array([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]))
    >>> admissible_assignments([1, 0, 0, 1, 1, 0], blocks=[1, 1, 1, 2, 2, 2]).count
    9
    """
    observed = np.asarray(treated)
    groups = _groups(observed, blocks, pairs)
    observed = observed.astype(bool)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    chosen = [int(observed[clusters].sum()) for clusters in members]
    count = prod(comb(len(clusters), t) for clusters, t in zip(members, chosen, strict=True))
    if count == 1:
        raise EvaluationError(
            _issue("no other assignment was possible", "1 assignment", "2 or more")
        )
    probabilities = np.empty(len(observed))
    for clusters, t in zip(members, chosen, strict=True):
        probabilities[clusters] = t / len(clusters)
    enumerated = count <= limit
    rows = _all(members, chosen) if enumerated else _drawn(members, chosen, draws, seed)
    return Admissible(rows, np.full(len(rows), 1 / len(rows)), probabilities, enumerated, count)


def given_assignments(
    assignments: npt.ArrayLike, *, weights: npt.ArrayLike | None = None
) -> Admissible:
    """Return assignments of a mechanism of one's own, such as a restricted randomisation.

    Parameters
    ----------
    assignments : array_like
        All that were possible, shape (r, G), boolean.
    weights : array_like, optional
        The probability of each, shape (r,); none: all the same.

    Returns
    -------
    Admissible

    Raises
    ------
    EvaluationError
        Where there are fewer than two, one occurs twice, or probabilities do not sum to 1.

    Examples
    --------
    >>> given_assignments([[1, 0, 0], [0, 1, 0]], weights=[0.25, 0.75]).probabilities
    array([0.25, 0.75, 0.  ])
    """
    rows = np.array(assignments, bool)
    if rows.ndim != _PAIR or len(np.unique(rows, axis=0)) != len(rows) or len(rows) == 1:
        raise EvaluationError(
            _issue("assignments are not a list", f"shape {rows.shape}", "2 or more that differ")
        )
    shares = np.full(len(rows), 1 / len(rows)) if weights is None else np.array(weights, float)
    if shares.shape != (len(rows),) or (shares <= 0).any() or abs(shares.sum() - 1) > _WEIGHT_SUM:
        raise EvaluationError(
            _issue(
                "probabilities of assignments are wrong",
                f"shape {shares.shape}, sum {shares.sum():.6g}",
                f"{len(rows)} numbers above 0 that sum to 1",
            )
        )
    return Admissible(rows, shares, shares @ rows, enumerated=True, count=len(rows))


def _groups(
    observed: npt.NDArray[np.generic], blocks: npt.ArrayLike | None, pairs: npt.ArrayLike | None
) -> npt.NDArray[np.generic]:
    if observed.ndim != 1 or not np.isin(observed, (0, 1)).all():
        raise EvaluationError(
            _issue("'treated' is not one flag a cluster", f"shape {observed.shape}", "(G,), 0/1")
        )
    if blocks is not None and pairs is not None:
        raise EvaluationError(_issue("both blocks and pairs are given", "both", "one of them"))
    given = pairs if pairs is not None else blocks
    groups = np.zeros(len(observed)) if given is None else np.asarray(given)
    if groups.shape != observed.shape:
        raise EvaluationError(
            _issue("blocks do not fit the clusters", f"{groups.shape}", f"{observed.shape}")
        )
    if pairs is not None:
        _, place, sizes = np.unique(groups, return_inverse=True, return_counts=True)
        wrong = (sizes != _PAIR) | (np.bincount(place, observed.astype(float)) != 1)
        if wrong.any():
            found = f"{int(wrong.sum())} of {len(sizes)} pairs are otherwise"
            raise EvaluationError(
                _issue("pairs are not pairs", found, "two clusters of which one is treated")
            )
    return groups


def _all(members: list[Integers], chosen: list[int]) -> Flags:
    rows = np.zeros((1, sum(map(len, members))), bool)
    for clusters, t in zip(members, chosen, strict=True):
        choices = np.array(list(combinations(clusters, t)), np.int64).reshape(-1, t)
        block = np.zeros((len(choices), rows.shape[1]), bool)
        np.put_along_axis(block, choices, values=True, axis=1)
        rows = (rows[:, None, :] | block[None, :, :]).reshape(-1, rows.shape[1])
    return rows


def _drawn(members: list[Integers], chosen: list[int], draws: int, seed: int) -> Flags:
    rng = np.random.default_rng(seed)
    rows = np.zeros((draws, sum(map(len, members))), bool)
    for clusters, t in zip(members, chosen, strict=True):
        order = rng.random((draws, len(clusters))).argsort(axis=1)
        rows[:, clusters] = order < t
    return rows


def _issue(what: str, found: str, expected: str) -> Issue:
    remedy = "declare the assignment as it was made"
    return Issue(what, "admissible_assignments", found, expected, remedy)
