"""What published counts tell of hidden ones: bounds by linear programming, and what to hide.

A table of counts is a list of cells, each the sum of some atoms: the smallest groups of
respondents that the cells tell apart. Who reads the shown cells knows that the atoms are not
negative and that they add up to what is shown; no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

__all__ = ["TableAudit", "audit_tables", "withhold_cells"]

_SLACK = 1e-6  # of a respondent: what the solver may be off by
_MOST_SHOWN_AGAIN = 40  # withheld cells, beyond which it is not tried whether each was needed
_UNBOUNDED = 3


@dataclass(frozen=True, slots=True, eq=False)
class TableAudit:
    """What can be worked out of groups that are too small to be shown.

    Attributes
    ----------
    groups : numpy.ndarray
        The groups, as sums of atoms, shape (g, a).
    low, high : numpy.ndarray
        Between which counts the shown cells place each group, shape (g,).
    needed_low, needed_high : numpy.ndarray
        The protection interval of each group, shape (g,).

    Examples
    --------
    >>> import numpy as np, resilience as rs
    >>> cells = np.array([[1, 0], [0, 1], [1, 1]], bool)  # two groups and their total
    >>> counts = np.array([6.0, 40])
    >>> audit = rs.audit_tables(cells, counts, np.array([False, True, True]), minimum=10)
    >>> isinstance(audit, rs.TableAudit), audit.exposed.tolist()
    (True, [True])
    """

    groups: Mask
    low: Floats
    high: Floats
    needed_low: Floats
    needed_high: Floats

    @property
    def exposed(self) -> Mask:
        """Which groups are placed within less than their protection interval, shape (g,)."""
        return (self.low > self.needed_low + _SLACK) | (self.high < self.needed_high - _SLACK)

    @property
    def pinned(self) -> Mask:
        """Which groups are known exactly, shape (g,)."""
        return self.high - self.low < _SLACK


def audit_tables(
    cells: Mask, counts: Floats, shown: Mask, *, minimum: int, exempt: Mask | None = None
) -> TableAudit:
    """Work out by linear programming what shown cells tell of groups that are too small.

    Too small are the cells and the atoms with at least one and fewer than `minimum`
    respondents. The protection interval of one with n is from n - ceil(minimum / 2), or 0, to
    `minimum`: it could be much smaller or empty, and it could be not small at all.

    Parameters
    ----------
    cells : numpy.ndarray of bool
        Which atoms each cell is the sum of, shape (c, a).
    counts : numpy.ndarray
        Respondents in each atom, shape (a,).
    shown : numpy.ndarray of bool
        Which cells are published, shape (c,).
    minimum : int
        The fewest respondents that may be shown.
    exempt : numpy.ndarray of bool, optional
        Atoms that are no group, such as those without an answer, shape (a,).

    Returns
    -------
    TableAudit

    Notes
    -----
    Two linear programmes a group: the least and the most respondents that agree with what is
    shown. Whole numbers are not asked for, so that the true bounds may be narrower.

    References
    ----------
    Fischetti and Salazar (2001), Solving the cell suppression problem on tabular data with
    linear constraints, Management Science 47: 1008-1027.

    Examples
    --------
    Two groups of 3 and 40 and their total: hiding only the 3 tells it.

    >>> cells = np.array([[1, 0], [0, 1], [1, 1]], bool)
    >>> found = audit_tables(cells, np.array([3.0, 40]), np.array([False, True, True]), minimum=10)
    >>> found.low, found.high, found.exposed
    (array([3.]), array([3.]), array([ True]))
    """
    groups = _small_groups(cells, counts, minimum, exempt)
    bounds = np.array(
        [
            (
                _programme(cells, counts, shown, group).value,
                -_programme(cells, counts, shown, -1.0 * group).value,
            )
            for group in groups
        ]
    ).reshape(-1, 2)
    return TableAudit(groups, bounds[:, 0], bounds[:, 1], *_needed(groups @ counts, minimum))


def withhold_cells(
    cells: Mask,
    counts: Floats,
    *,
    minimum: int,
    fixed: Mask,
    hidden: Mask | None = None,
    exempt: Mask | None = None,
) -> tuple[Mask, Mask]:
    """Hide cells until no group that is too small can be worked out from the others.

    Small cells are hidden first. While a group is placed within less than its protection
    interval, the smallest of the cells that place it there is hidden too: those of which the
    linear programme's bound depends (its marginals). At last each cell that was hidden for
    another's sake is shown again where nothing is exposed by it.

    Parameters
    ----------
    cells, counts, minimum, exempt
        As for `audit_tables`.
    fixed : numpy.ndarray of bool
        Cells that are known in any case, shape (c,).
    hidden : numpy.ndarray of bool, optional
        Cells that are hidden for another reason, shape (c,).

    Returns
    -------
    hidden : numpy.ndarray of bool
        Shape (c,).
    exposed : numpy.ndarray of bool
        Atoms of the groups that the fixed cells alone give away, shape (a,).
    """
    size = cells @ counts
    small = (size > 0) & (size < minimum) & ~fixed
    first = small if hidden is None else small | (hidden & ~fixed)
    groups = _small_groups(cells, counts, minimum, exempt)
    shown = ~first
    lost = np.zeros(len(groups), bool)
    while True:
        at, upwards = _first_exposed(cells, counts, shown, groups[~lost], minimum)
        if at is None:
            break
        at = int(np.flatnonzero(~lost)[at])
        goal = -1.0 * groups[at] if upwards else 1.0 * groups[at]
        binding = np.zeros(len(cells), bool)
        binding[shown] = np.abs(_programme(cells, counts, shown, goal).marginals) > _SLACK
        free = np.flatnonzero(binding & ~fixed)
        if len(free):
            shown[free[np.argmin(size[free])]] = False
        else:
            lost[at] = True
    shown = _shown_again(cells, counts, shown, ~first, groups[~lost], minimum)
    return ~shown, np.asarray(groups[lost].any(axis=0), bool)


def _small_groups(cells: Mask, counts: Floats, minimum: int, exempt: Mask | None) -> Mask:
    """Return the atoms and cells with too few respondents, each once."""
    kept = np.ones(len(counts), bool) if exempt is None else ~exempt
    candidates = np.vstack([np.eye(len(counts), dtype=bool)[kept], cells])
    size = candidates @ counts
    few = candidates[(size > 0) & (size < minimum)]
    return np.unique(few, axis=0) if len(few) else few


def _needed(size: Floats, minimum: int) -> tuple[Floats, Floats]:
    """Return the protection intervals of groups of some sizes."""
    return np.maximum(size - np.ceil(minimum / 2), 0.0), np.full(len(size), float(minimum))


@dataclass(frozen=True, slots=True, eq=False)
class _Solution:
    """The least value of a sum of atoms, where it is taken, and which cells it rests on."""

    value: float
    atoms: Floats | None
    marginals: Floats


def _programme(cells: Mask, counts: Floats, shown: Mask, goal: Floats | Mask) -> _Solution:
    """Minimise a sum of atoms among all counts that agree with the cells that are shown."""
    matrix = cells[shown].astype(np.float64)
    equal = {"A_eq": matrix, "b_eq": matrix @ counts} if len(matrix) else {}
    found = linprog(np.asarray(goal, np.float64), **equal, bounds=(0, None), method="highs")
    if found.status == _UNBOUNDED:
        return _Solution(-np.inf, None, np.zeros(len(matrix)))
    marginals = found.eqlin.marginals if len(matrix) else np.zeros(0)
    return _Solution(float(found.fun), np.asarray(found.x), np.asarray(marginals))


def _first_exposed(
    cells: Mask, counts: Floats, shown: Mask, groups: Mask, minimum: int
) -> tuple[int | None, bool]:
    """Return a group that is exposed and whether from above; None where there is none.

    One programme serves many groups: whatever counts it finds show of every other group too
    that it could be as small, or as large.
    """
    low, high = _needed(groups @ counts, minimum)
    for upwards, needed in ((True, high), (False, low)):
        open_ = np.ones(len(groups), bool)
        start = _spread(cells, counts, shown, groups, needed, upwards=upwards)
        open_ &= ~_reached(groups, start, needed, upwards=upwards)
        while open_.any():
            at = int(np.flatnonzero(open_)[0])
            found = _programme(cells, counts, shown, -1.0 * groups[at] if upwards else groups[at])
            reach = -found.value if upwards else found.value
            if (reach < needed[at] - _SLACK) if upwards else (reach > needed[at] + _SLACK):
                return at, upwards
            open_[at] = False
            open_ &= ~_reached(groups, found.atoms, needed, upwards=upwards)
    return None, False


def _reached(groups: Mask, atoms: Floats | None, needed: Floats, *, upwards: bool) -> Mask:
    """Return which groups reach the end of their protection interval with some counts."""
    if atoms is None:
        return np.zeros(len(groups), bool)
    value = groups @ atoms
    return np.asarray(value >= needed - _SLACK if upwards else value <= needed + _SLACK)


def _spread(
    cells: Mask, counts: Floats, shown: Mask, groups: Mask, needed: Floats, *, upwards: bool
) -> Floats | None:
    """Return counts with which as many groups as may be reach an end of their interval.

    The programme has one more unknown a group: how far it gets, or by how much it misses.
    """
    if not len(groups):
        return None
    a, g = len(counts), len(groups)
    matrix = cells[shown].astype(np.float64)
    sign = -1.0 if upwards else 1.0
    rows = np.hstack([sign * groups, -np.eye(g)])
    found = linprog(
        np.concatenate([np.zeros(a), np.ones(g)]),
        A_ub=rows,
        b_ub=sign * needed,
        A_eq=np.hstack([matrix, np.zeros((len(matrix), g))]) if len(matrix) else None,
        b_eq=matrix @ counts if len(matrix) else None,
        bounds=(0, None),
        method="highs",
    )
    return np.asarray(found.x[:a]) if found.status == 0 else None


def _shown_again(
    cells: Mask, counts: Floats, shown: Mask, could: Mask, groups: Mask, minimum: int
) -> Mask:
    """Show again, the largest first, what was hidden for others' sake and need not be."""
    needless = np.flatnonzero(could & ~shown)
    if len(needless) > _MOST_SHOWN_AGAIN:
        return shown
    size = cells @ counts
    for cell in needless[np.argsort(-size[needless], kind="stable")]:
        tried = shown.copy()
        tried[cell] = True
        if _first_exposed(cells, counts, tried, groups, minimum)[0] is None:
            shown = tried
    return shown
