"""What holds of bounds and regions for every sample: checked on samples made by hypothesis."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

import resilience as rs
from resilience.evaluation.threats.trimming import People, lee_points, trimmed_mean

ATOL = 1e-9

LIKERT = st.integers(1, 5).map(float)
WEIGHTS = st.floats(0.1, 10)


def column(elements: st.SearchStrategy, size: int):
    return arrays.arrays(np.float64, size, elements=elements)


@st.composite
def people(draw, size: int = 24) -> tuple[People, np.ndarray]:
    """People of two arms and two cells, some of each observed."""
    y = draw(column(LIKERT, size))
    weight = draw(column(WEIGHTS, size))
    observed = draw(arrays.arrays(bool, size))
    treated, cell = np.arange(size) % 2 == 0, (np.arange(size) // 2) % 2
    observed[:4] = True  # each arm and cell has somebody
    cells = draw(st.sampled_from([1, 2]))
    where = cell if cells > 1 else np.zeros(size, int)
    share = [np.average(observed[arm], weights=weight[arm]) for arm in (treated, ~treated)]
    return People(y, observed, treated, where, cells, bool(share[0] >= share[1])), weight


@given(people())
@settings(max_examples=150, deadline=None)
def test_bounds_are_in_order_and_within_the_scale(made):
    who, weight = made
    low, high = lee_points(who, weight)

    assert -4 - ATOL <= low <= high + ATOL
    assert high <= 4 + ATOL


@given(people(), st.floats(0.01, 100), st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_neither_the_size_of_weights_nor_the_order_of_rows_matters(made, factor, seed):
    who, weight = made
    turn = np.random.default_rng(seed).permutation(len(weight))
    turned = People(
        who.y[turn],
        who.observed[turn],
        who.treated[turn],
        who.cell[turn],
        who.cells,
        who.treated_keeps,
    )

    expected = lee_points(who, weight)
    np.testing.assert_allclose(lee_points(who, factor * weight), expected, atol=ATOL)
    np.testing.assert_allclose(lee_points(turned, weight[turn]), expected, atol=ATOL)


@given(people(), st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_a_person_twice_is_a_person_of_twice_the_weight(made, times):
    who, weight = made
    copied = np.repeat(np.arange(len(weight)), times)
    many = People(
        who.y[copied],
        who.observed[copied],
        who.treated[copied],
        who.cell[copied],
        who.cells,
        who.treated_keeps,
    )

    np.testing.assert_allclose(
        lee_points(many, weight[copied]), lee_points(who, times * weight), atol=ATOL
    )


@given(people(), st.floats(-50, 50))
@settings(max_examples=100, deadline=None)
def test_the_other_arm_and_another_scale_turn_the_bounds(made, shift):
    who, weight = made
    low, high = lee_points(who, weight)
    turned = People(who.y, who.observed, ~who.treated, who.cell, who.cells, not who.treated_keeps)
    moved = People(
        2 * who.y + shift, who.observed, who.treated, who.cell, who.cells, who.treated_keeps
    )

    np.testing.assert_allclose(lee_points(turned, weight), [-high, -low], atol=ATOL)
    np.testing.assert_allclose(lee_points(moved, weight), [2 * low, 2 * high], atol=1e-7)


@given(column(LIKERT, 12), column(WEIGHTS, 12), st.floats(0.05, 1.0), st.floats(0.05, 1.0))
@settings(max_examples=150, deadline=None)
def test_keeping_less_of_the_lowest_never_raises_the_mean(y, weight, one, other):
    less, more = sorted((one, other))

    few = trimmed_mean(y, weight, less, top=False).mean
    many = trimmed_mean(y, weight, more, top=False).mean

    assert few <= many + ATOL


@given(
    st.floats(-10, 10),
    st.floats(0, 20),
    st.floats(0.01, 5),
    st.floats(0.01, 5),
    st.floats(0.6, 0.99),
    st.sampled_from([2.0, 10.0, np.inf]),
)
@settings(max_examples=150, deadline=None)
def test_regions_lie_between_one_and_two_sided_ones(lower, width, first, second, level, df):
    low, high = rs.imbens_manski(lower, lower + width, first, second, level=level, df=df)
    one, two = stats.t.ppf([level, (1 + level) / 2], df)

    for c in ((lower - float(low)) / first, (float(high) - lower - width) / second):
        assert one - 1e-6 <= c <= two + 1e-6
        assert c == pytest.approx((lower - float(low)) / first, abs=1e-6)
