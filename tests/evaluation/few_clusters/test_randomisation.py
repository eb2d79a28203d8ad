"""Assignments, tests over them, and the effects they do not reject."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from resilience.errors import EvaluationError
from resilience.evaluation.few_clusters.admissible import (
    admissible_assignments,
    given_assignments,
)
from resilience.evaluation.few_clusters.randomisation import (
    randomisation_interval,
    randomisation_test,
)
from resilience.evaluation.few_clusters.reassigning import regression_statistic
from resilience.progress import stages_heard_by
from tests.evaluation.few_clusters.samples import sample

RTOL = 1e-9


def distinct(rows: np.ndarray) -> set[tuple[bool, ...]]:
    return {tuple(row) for row in rows.tolist()}


def difference(y: np.ndarray):
    """Return the difference of means of cluster values as a statistic."""
    return lambda a: (a @ y / a.sum(axis=1) - ~a @ y / (~a).sum(axis=1))[:, None]


def test_all_assignments_with_as_many_treated():
    treated = [1, 0, 0, 1, 0]

    possible = admissible_assignments(treated)

    assert distinct(possible.assignments) == {
        tuple(bool(t) for t in order) for order in permutations(treated)
    }
    assert possible.count == 10
    assert possible.probabilities == pytest.approx(np.full(5, 0.4))


def test_blocks_keep_their_numbers_and_have_their_own_probabilities():
    blocks = np.array(["a", "b", "a", "b", "a", "b", "b"])
    treated = np.array([1, 0, 0, 1, 0, 1, 0], bool)

    possible = admissible_assignments(treated, blocks=blocks)

    assert possible.count == 3 * 6 == len(distinct(possible.assignments))
    assert (possible.assignments[:, blocks == "a"].sum(axis=1) == 1).all()
    assert (possible.assignments[:, blocks == "b"].sum(axis=1) == 2).all()
    assert possible.probabilities == pytest.approx(np.where(blocks == "a", 1 / 3, 1 / 2))


def test_drawn_assignments_keep_the_mechanism():
    rng = np.random.default_rng(1)
    blocks, treated = np.repeat([0, 1], 12), np.tile([True, False, False], 8)

    possible = admissible_assignments(treated, blocks=rng.permutation(blocks), draws=4000)

    assert not possible.enumerated
    assert len(possible.assignments) == 4000
    assert (possible.assignments.sum(axis=1) == 8).all()
    frequency = possible.assignments.mean(axis=0)
    assert frequency == pytest.approx(possible.probabilities, abs=4 * np.sqrt(0.25 / 4000))


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"treated": [1, 1]}, "no other assignment"),
        ({"treated": [1, 0], "blocks": [0, 1]}, "no other assignment"),
        ({"treated": [1, 0, 0, 0], "pairs": [0, 0, 1, 1]}, "pairs are not pairs"),
        ({"treated": [1, 0, 0], "pairs": [0, 0, 0]}, "pairs are not pairs"),
        ({"treated": [1, 0], "pairs": [0, 0], "blocks": [0, 0]}, "both blocks and pairs"),
        ({"treated": [1, 0], "blocks": [0]}, "blocks do not fit"),
        ({"treated": [2, 0]}, "not one flag"),
    ],
)
def test_impossible_mechanisms_are_refused(given, what):
    with pytest.raises(EvaluationError, match=what):
        admissible_assignments(**given)


@pytest.mark.parametrize(
    ("rows", "weights", "what"),
    [
        ([[1, 0]], None, "not a list"),
        ([[1, 0], [1, 0]], None, "not a list"),
        ([[1, 0], [0, 1]], [0.5, 0.6], "probabilities"),
        ([[1, 0], [0, 1]], [1.0], "probabilities"),
    ],
)
def test_impossible_lists_are_refused(rows, weights, what):
    with pytest.raises(EvaluationError, match=what):
        given_assignments(rows, weights=weights)


def test_weights_of_assignments_enter_p():
    rows = np.eye(3, dtype=bool)
    possible = given_assignments(rows, weights=[0.2, 0.3, 0.5])

    test = randomisation_test(difference(np.array([9.0, 1, 2])), possible, rows[0])

    assert test.upper[0] == pytest.approx(0.2)
    assert test.p_value[0] == pytest.approx(0.2)
    assert possible.probabilities == pytest.approx([0.2, 0.3, 0.5])


@pytest.mark.parametrize(
    ("cities", "treated", "smallest"), [(6, 3, 0.1), (8, 4, 2 / 70), (8, 2, 1 / 28), (4, 2, 1 / 3)]
)
def test_smallest_p_that_can_be_reached(cities, treated, smallest):
    assigned = np.arange(cities) < treated
    y = np.where(assigned, 100.0, 0) + np.random.default_rng(1).normal(size=cities)

    test = randomisation_test(difference(y), admissible_assignments(assigned), assigned)

    assert test.p_value[0] == pytest.approx(smallest)
    assert test.smallest_p[0] == pytest.approx(smallest)


def test_ties_count_whatever_the_order_of_sums():
    y = np.array([0.1, 0.2, 0.3, 0.1, 0.2, 0.3])
    assigned = np.array([0, 1, 1, 0, 0, 1], bool)

    test = randomisation_test(difference(y), admissible_assignments(assigned), assigned)

    whole = np.round(10 * y)
    exact = randomisation_test(difference(whole), admissible_assignments(assigned), assigned)
    assert (test.upper, test.lower, test.p_value) == (exact.upper, exact.lower, exact.p_value)


def test_an_assignment_without_an_estimate_is_told():
    assigned = np.array([1, 1, 0, 0], bool)

    def statistic(a):
        found = difference(np.arange(4.0))(a) * [1.0, 1.0]
        found[a[:, 0] & a[:, 2], 1] = np.nan
        return found

    test = randomisation_test(statistic, admissible_assignments(assigned), assigned)

    assert test.not_computed.tolist() == [0, 1]
    assert np.isnan(test.p_value).tolist() == [False, True]


def test_an_observed_assignment_that_was_not_possible_is_refused():
    pairs = admissible_assignments([1, 0, 1, 0], pairs=[0, 0, 1, 1])

    for observed in ([1, 1, 0, 0], [1, 0, 0, 0], [1, 0]):
        with pytest.raises(EvaluationError):
            randomisation_test(difference(np.arange(4.0)), pairs, observed)
    with pytest.raises(EvaluationError, match="another shape"):
        randomisation_test(lambda a: np.zeros(len(a)), pairs, [1, 0, 1, 0])


def test_drawn_assignments_count_the_observed_one():
    assigned = np.arange(24) < 12
    y = np.where(assigned, 100.0, 0) + np.arange(24)
    possible = admissible_assignments(assigned, draws=199)

    test = randomisation_test(difference(y), possible, assigned)

    assert test.p_value[0] == test.smallest_p[0] == 1 / 200


def test_many_assignments_say_so():
    assigned = np.arange(24) < 12
    heard = []

    with stages_heard_by(heard.append):
        for draws in (100, 5_000):
            possible = admissible_assignments(assigned, draws=draws)
            randomisation_test(difference(np.arange(24.0)), possible, assigned)

    assert [event.name for event in heard] == 2 * ["randomisation: 5000 assignments"]


def test_the_whole_regression_is_run_again_for_every_assignment():
    x, y, cluster, weight = sample(3, missing=True)
    wave = np.arange(len(y)) % 2
    others = np.column_stack([np.eye(8)[cluster], wave, x[:, 2]])
    assigned = np.arange(8) < 3
    statistic = regression_statistic(others, y, exposure=wave, cluster=cluster, weight=weight)
    possible = admissible_assignments(assigned)

    estimates = statistic(possible.assignments)

    for row in (0, 17, 55):
        exposed = possible.assignments[row][cluster] * wave
        for j in range(2):
            kept = ~np.isnan(y[:, j])
            root = np.sqrt(weight[kept])[:, None]
            whole = np.column_stack([others, exposed])[kept] * root
            beta = np.linalg.lstsq(whole, y[kept, j] * root[:, 0], rcond=None)[0]
            assert estimates[row, j] == pytest.approx(beta[-1], rel=RTOL)


def test_an_exposure_that_other_columns_absorb_has_no_estimate():
    cluster = np.repeat(np.arange(4), 3)

    statistic = regression_statistic(
        np.eye(4)[cluster], np.arange(12.0), exposure=np.ones(12), cluster=cluster
    )

    assert np.isnan(statistic(np.eye(4, dtype=bool))).all()


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("weighted", [False, True])
def test_interval_holds_the_effects_that_are_not_rejected(level, weighted):
    x, y, cluster, weight = sample(5, clusters=9, treated=4)
    weight = weight if weighted else np.ones(len(weight))
    assigned = np.arange(9) < 4
    possible = admissible_assignments(assigned)

    def run(outcome):
        statistic = regression_statistic(
            x[:, [0, 2]], outcome, exposure=np.ones(len(y)), cluster=cluster, weight=weight
        )
        return randomisation_test(statistic, possible, assigned)

    lower, upper = randomisation_interval(run(y), run(x[:, 1]), level=level)

    for effect, kept in [
        *((end * (1 - 1e-7) + 1e-7 * middle, True) for end, middle in ends(lower, upper)),
        *((end * (1 + 1e-7) - 1e-7 * middle, False) for end, middle in ends(lower, upper)),
    ]:
        p_value = run(y[:, 0] - effect * x[:, 1]).p_value[0]
        assert (p_value > 1 - level) == kept


def ends(lower, upper):
    middle = (lower[0] + upper[0]) / 2
    return [(lower[0], middle), (upper[0], middle)]


def test_interval_is_unbounded_where_no_p_is_small_enough():
    assigned = np.arange(6) < 3
    possible = admissible_assignments(assigned)
    y = np.random.default_rng(1).normal(size=6)

    def run(outcome):
        return randomisation_test(difference(outcome), possible, assigned)

    lower, upper = randomisation_interval(run(y), run(assigned * 1.0))

    assert np.isneginf(lower[0])
    assert np.isposinf(upper[0])


def test_intervals_of_tests_that_do_not_belong_together():
    assigned = np.arange(6) < 3
    whole = randomisation_test(
        difference(np.arange(6.0)), admissible_assignments(assigned), assigned
    )
    drawn = randomisation_test(
        difference(assigned * 1.0), admissible_assignments(assigned, limit=5, draws=99), assigned
    )

    with pytest.raises(EvaluationError, match="do not belong together"):
        randomisation_interval(whole, drawn)
    with pytest.raises(ValueError, match="between 0 and 1"):
        randomisation_interval(whole, whole, level=95)
