"""The arithmetic of scores: points, means, conditions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from resilience.scoring.items import COMBINE, all_hold, any_holds, combine_mean, holds, to_points

NAN = np.nan


@pytest.mark.parametrize(
    ("minimum", "maximum", "expected"),
    [
        (1, 5, [0.0, 25.0, 50.0, 75.0, 100.0]),
        (1, 4, [0.0, 100 / 3, 200 / 3, 100.0, NAN]),
        (0, 3, [100 / 3, 200 / 3, 100.0, NAN, NAN]),
    ],
)
def test_answers_become_points_by_the_bounds_of_their_scale(minimum, maximum, expected):
    codes = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    codes[codes > maximum] = NAN

    actual = to_points(codes, minimum=minimum, maximum=maximum, reverse=False)

    np.testing.assert_allclose(actual, expected)


def test_bounds_are_the_scales_even_if_nobody_chose_the_ends():
    actual = to_points(np.array([2.0, 3.0]), minimum=1, maximum=5, reverse=False)

    np.testing.assert_allclose(actual, [25.0, 50.0])


@pytest.mark.parametrize(
    ("minimum", "maximum", "codes", "expected"),
    [
        (1, 5, [1, 2, 3, 4, 5], [100, 75, 50, 25, 0]),
        (0, 3, [0, 1, 2, 3], [100, 200 / 3, 100 / 3, 0]),
        (-2, 2, [-2, 0, 1, 2], [100, 50, 25, 0]),
    ],
)
def test_reversal_is_by_the_scales_own_bounds(minimum, maximum, codes, expected):
    actual = to_points(np.array(codes, float), minimum=minimum, maximum=maximum, reverse=True)

    np.testing.assert_allclose(actual, expected, atol=1e-12)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_missing_answer_has_no_points(reverse):
    actual = to_points(np.array([NAN, 5.0]), minimum=1, maximum=5, reverse=reverse)

    assert np.isnan(actual).tolist() == [True, False]


@pytest.mark.parametrize(
    ("needed", "expected"),
    [
        (1, [40.0, 50.0, 90.0, NAN]),
        (2, [40.0, 50.0, NAN, NAN]),
        (3, [40.0, NAN, NAN, NAN]),
    ],
)
def test_a_mean_needs_as_many_parts_as_it_says(needed, expected):
    parts = np.array([[10.0, 20.0, 90.0], [10.0, NAN, 90.0], [NAN, NAN, 90.0], [NAN, NAN, NAN]])

    np.testing.assert_allclose(combine_mean(parts, needed=needed), expected)


def test_parts_passed_in_are_not_changed():
    parts = np.array([[10.0, NAN], [30.0, 50.0]])
    before = parts.copy()

    combine_mean(parts, needed=1)
    to_points(parts, minimum=0, maximum=100, reverse=True)

    np.testing.assert_array_equal(parts, before)


def test_only_the_mean_is_on_offer_as_a_way_to_combine():
    assert dict(COMBINE) == {"mean": combine_mean}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"at_least": 4}, [0, 0, 0, 1, 1, NAN]),
        ({"at_most": 2}, [1, 1, 0, 0, 0, NAN]),
        ({"one_of": (1, 5)}, [1, 0, 0, 0, 1, NAN]),
        ({"at_least": 2, "at_most": 3}, [0, 1, 1, 0, 0, NAN]),
        ({}, [1, 1, 1, 1, 1, NAN]),
    ],
)
def test_a_rule_holds_fails_or_is_not_known(rule, expected):
    answers = np.array([1, 2, 3, 4, 5, NAN])

    np.testing.assert_array_equal(holds(answers, **rule), np.array(expected, float))


# Kleene's three-valued logic, written out: 1 holds, 0 fails, NaN is not known.
AND = {
    (0, 0): 0, (0, 1): 0, (1, 1): 1, (0, None): 0, (1, None): None, (None, None): None,
}  # fmt: skip
OR = {
    (0, 0): 0, (0, 1): 1, (1, 1): 1, (0, None): None, (1, None): 1, (None, None): None,
}  # fmt: skip


@pytest.mark.parametrize(("join", "table"), [(all_hold, AND), (any_holds, OR)])
@pytest.mark.parametrize("pair", list(AND))
def test_conditions_join_by_kleenes_logic_in_either_order(join, table, pair):
    expected = NAN if table[pair] is None else float(table[pair])
    one, other = (np.array([NAN if part is None else float(part)]) for part in pair)

    np.testing.assert_array_equal(join([one, other]), [expected])
    np.testing.assert_array_equal(join([other, one]), [expected])


def _slowly(parts, decisive):
    """Return the decisive value if any part has it, else not known if any is, else the other."""
    if decisive in parts:
        return decisive
    return NAN if any(np.isnan(part) for part in parts) else 1.0 - decisive


@pytest.mark.parametrize(("join", "decisive"), [(all_hold, 0.0), (any_holds, 1.0)])
def test_three_conditions_join_as_one_reads_them(join, decisive):
    triples = list(itertools.product([0.0, 1.0, NAN], repeat=3))

    expected = [_slowly(triple, decisive) for triple in triples]

    np.testing.assert_array_equal(join(list(np.array(triples).T)), expected)


def test_a_single_condition_is_itself_under_all_and_any():
    part = np.array([0.0, 1.0, NAN])

    np.testing.assert_array_equal(all_hold([part]), part)
    np.testing.assert_array_equal(any_holds([part]), part)
