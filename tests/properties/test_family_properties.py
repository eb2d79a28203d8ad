"""What holds of adjusted p-values whatever they are."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from resilience.evaluation.families.adjustments import (
    benjamini_hochberg,
    holm,
    romano_wolf,
    share_beyond,
    sharpened_q,
)

P_VALUES = arrays(np.float64, st.integers(1, 25), elements=st.floats(0, 1))
SIZES = st.tuples(st.integers(1, 30), st.integers(1, 6))
ROUNDING = 1e-12


def keeps_the_order(alone: np.ndarray, adjusted: np.ndarray) -> bool:
    return bool((np.diff(adjusted[np.argsort(alone, kind="stable")]) >= -ROUNDING).all())


@given(P_VALUES)
def test_adjusted_p_values_are_never_below_their_own_and_keep_their_order(p_values):
    by_holm, by_rate = holm(p_values), benjamini_hochberg(p_values)

    assert (p_values - ROUNDING <= by_rate).all()
    assert (by_rate <= by_holm + ROUNDING).all()
    assert (by_holm <= np.minimum(1, len(p_values) * p_values) + ROUNDING).all()
    assert keeps_the_order(p_values, by_holm)
    assert keeps_the_order(p_values, by_rate)


@given(P_VALUES)
def test_sharpened_q_values_keep_the_order_and_lie_on_the_grid(p_values):
    q = sharpened_q(p_values)

    assert keeps_the_order(p_values, q)
    assert ((q >= 0.001) & (q <= 1)).all()
    np.testing.assert_allclose(q * 1000, np.round(q * 1000))


@given(P_VALUES, st.randoms(use_true_random=False))
def test_the_order_of_outcomes_does_not_matter(p_values, random):
    order = list(range(len(p_values)))
    random.shuffle(order)

    for method in (holm, benjamini_hochberg, sharpened_q):
        np.testing.assert_allclose(method(p_values[order]), method(p_values)[order])


@settings(max_examples=60)
@given(SIZES, st.integers(0, 10_000), st.booleans())
def test_romano_wolf_lies_between_the_outcome_alone_and_the_number_of_outcomes(
    size, seed, enumerated
):
    rng = np.random.default_rng(seed)
    draws = np.round(rng.normal(size=size), 1)  # with ties
    statistic = draws[0] if enumerated else np.round(rng.normal(0, 2, size[1]), 1)
    alone = share_beyond(statistic, draws, enumerated=enumerated)

    adjusted = romano_wolf(statistic, draws, enumerated=enumerated)

    assert (adjusted >= alone - ROUNDING).all()
    assert (adjusted <= np.minimum(1, size[1] * alone.max()) + ROUNDING).all()
    # The largest of all is as large in at most the sum of the shares of each.
    first = np.argmax(np.abs(statistic))
    each = share_beyond(np.full(size[1], statistic[first]), draws, enumerated=enumerated)
    assert adjusted[first] <= min(1, each.sum()) + ROUNDING
    assert keeps_the_order(-np.abs(statistic), adjusted)
