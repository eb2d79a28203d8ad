"""No hidden count can be worked out from overlapping tables, by an audit of its own."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog

import resilience as rs
from resilience.disclosure.linear_bounds import withhold_cells

MINIMUM = 10
SEED = 20261122


def _overlapping(rng):
    """Return the cells of random 2- and 3-way tables with all margins, and the counts."""
    shape = tuple(rng.integers(2, 5, 3))
    counts = rng.negative_binomial(1, 1 / (1 + rng.uniform(5, 40)), shape).astype(float)
    atoms = np.arange(counts.size).reshape(shape)
    tables = [(True, True, False), (False, True, True), (True, False, True), (True, True, True)]
    chosen = rng.choice(4, rng.integers(2, 5), replace=False)
    cells = []
    for table in np.array(tables)[chosen]:
        for margin in itertools.product(*[(False, True) if on else (False,) for on in table]):
            kept = [
                range(size) if on else [slice(None)] for size, on in zip(shape, margin, strict=True)
            ]
            for key in itertools.product(*kept):
                cell = np.zeros(counts.size, bool)
                cell[np.ravel(atoms[key])] = True
                cells.append(cell)
    return np.unique(cells, axis=0), counts.ravel()


def _bounds(cells, counts, shown, cell):
    """Return between what a cell must be, by two plain linear programmes."""
    matrix = cells[shown].astype(float)
    ends = []
    for sign in (1, -1):
        found = linprog(sign * cell.astype(float), A_eq=matrix, b_eq=matrix @ counts)
        assert found.status in (0, 3)
        ends.append(np.inf if found.status == 3 else sign * found.fun)
    return ends


def _exposed(cells, counts, shown):
    """Return how many small cells are told within less than their protection interval."""
    exposed, small = 0, 0
    for cell in cells:
        n = cell @ counts
        if 0 < n < MINIMUM:
            low, high = _bounds(cells, counts, shown, cell)
            small += 1
            exposed += low > max(0, n - 5) + 1e-6 or high < MINIMUM - 1e-6
    return exposed, small


def test_no_hidden_cell_of_overlapping_tables_can_be_pinned(repetitions):
    sets = max(20, min(repetitions, 2000) // 5) if repetitions <= 200 else repetitions
    rng = np.random.default_rng(SEED)
    after, before, small, hidden, cells_in_all, with_small = 0, 0, 0, 0, 0, 0
    for _ in range(sets):
        cells, counts = _overlapping(rng)
        size = cells @ counts
        everybody = cells.all(axis=1)
        out, lost = withhold_cells(cells, counts, minimum=MINIMUM, fixed=everybody)
        assert not lost.any() or size[everybody] < MINIMUM
        assert out[(size > 0) & (size < MINIMUM)].all()
        exposed, few = _exposed(cells, counts, ~out)
        after, small, with_small = after + exposed, small + few, with_small + (few > 0)
        before += _exposed(cells, counts, ~((size > 0) & (size < MINIMUM)))[0] > 0
        hidden, cells_in_all = hidden + out.sum(), cells_in_all + len(cells)
    print(
        f"{sets} sets, {cells_in_all} cells, {small} small; hidden {hidden}; exposed {after}; "
        f"with primary suppression only {before} of {with_small} sets expose somebody"
    )

    assert after == 0
    assert before > 0.5 * with_small


MEASURED = np.array([[120, 45, 3], [98, 60, 12], [77, 31, 25], [64, 8, 40.0]])


def _with_margins(table):
    atoms = np.arange(table.size).reshape(table.shape)
    parts = [*atoms.ravel(), *atoms, *atoms.T, atoms]
    cells = np.zeros((len(parts), table.size), bool)
    for number, part in enumerate(parts):
        cells[number, np.ravel(part)] = True
    return cells, table.ravel()


def test_hiding_only_the_small_cells_of_a_table_with_margins_tells_them_exactly():
    cells, counts = _with_margins(MEASURED)

    found = rs.audit_tables(cells, counts, ~((cells @ counts) < MINIMUM), minimum=MINIMUM)

    assert sorted(found.low) == pytest.approx([3, 8])
    assert sorted(found.high) == pytest.approx([3, 8])
    assert found.pinned.all()
    assert found.exposed.all()


def test_four_cells_more_make_that_table_safe():
    cells, counts = _with_margins(MEASURED)
    margins = cells.sum(axis=1) > 1

    hidden, _ = withhold_cells(cells, counts, minimum=MINIMUM, fixed=margins)
    found = rs.audit_tables(cells, counts, ~hidden, minimum=MINIMUM)

    assert not found.exposed.any()
    assert hidden.sum() == 6


def test_two_small_groups_whose_sum_is_small_are_not_safe_for_being_two():
    counts = np.array([3.0, 4.0, 50.0, 60.0])
    cells = np.vstack([np.eye(4, dtype=bool), np.ones(4, bool)])
    fixed = np.array([False] * 4 + [True])

    hidden, _ = withhold_cells(cells, counts, minimum=MINIMUM, fixed=fixed)

    assert hidden.tolist() == [True, True, True, False, False]


def test_a_difference_of_two_shown_groups_is_a_group():
    counts = np.array([6.0, 50.0, 60.0])
    cells = np.array([[1, 1, 0], [0, 1, 0], [1, 1, 1]], bool)

    found = rs.audit_tables(cells, counts, np.ones(3, bool), minimum=MINIMUM)
    hidden, lost = withhold_cells(
        cells, counts, minimum=MINIMUM, fixed=np.array([False, False, True])
    )

    assert found.low.tolist() == found.high.tolist() == [6.0]
    assert hidden.sum() == 1
    assert not lost.any()


def test_what_is_known_in_any_case_cannot_be_withheld():
    counts = np.array([6.0, 50.0])
    cells = np.array([[0, 1], [1, 1]], bool)

    _, lost = withhold_cells(cells, counts, minimum=MINIMUM, fixed=np.ones(2, bool))

    assert lost.tolist() == [True, False]
