"""P-values adjusted for a family: by rule, by brute force, and as other software has them."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

import resilience as rs
from resilience.errors import EvaluationError
from resilience.evaluation.families.adjustments import (
    benjamini_hochberg,
    holm,
    romano_wolf,
    share_beyond,
    sharpened_q,
)

# Anderson's program on these ten (evaluation reference, O13).
P_VALUES = np.array([0.001, 0.008, 0.012, 0.02, 0.04, 0.06, 0.11, 0.3, 0.5, 0.9])
SHARPENED = [0.011, 0.038, 0.038, 0.042, 0.053, 0.064, 0.087, 0.177, 0.200, 0.370]


# Holm


@pytest.mark.parametrize("size", [1, 2, 3, 10, 60])
def test_holm_equals_statsmodels_on_random_p_values_with_ties(size, monkeypatch):
    monkeypatch.setattr("gc.collect", lambda: 0)  # else statsmodels collects at every call
    rng = np.random.default_rng(size)

    for _ in range(200):
        p_values = rng.choice([0.0, 1.0, 0.01, 0.05, *rng.uniform(size=size) ** 3], size=size)
        expected = multipletests(p_values, method="holm")[1]
        np.testing.assert_allclose(holm(p_values), expected, rtol=1e-12)


def test_holm_of_none_is_none():
    assert holm(np.array([])).shape == (0,)


def test_holm_does_not_change_what_it_is_given():
    p_values = np.array([0.04, 0.01, 0.03])

    holm(p_values)

    assert p_values.tolist() == [0.04, 0.01, 0.03]


def test_holm_keeps_the_order_of_p_values_and_never_lowers_one():
    p_values = np.array([0.02, 0.02, 0.9, 0.001, 0.5])

    adjusted = holm(p_values)

    assert (adjusted >= p_values).all()
    assert (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p_values, kind="stable")]) >= 0).all()


# Benjamini-Hochberg


@pytest.mark.parametrize("size", [1, 2, 3, 10, 60])
def test_benjamini_hochberg_equals_statsmodels(size, monkeypatch):
    monkeypatch.setattr("gc.collect", lambda: 0)
    rng = np.random.default_rng(size)

    for _ in range(100):
        p_values = rng.choice([0.0, 1.0, 0.01, 0.05, *rng.uniform(size=size) ** 3], size=size)
        expected = multipletests(p_values, method="fdr_bh")[1]
        np.testing.assert_allclose(benjamini_hochberg(p_values), expected, rtol=1e-12)


# Anderson's sharpened q


def test_sharpened_q_values_are_those_of_andersons_program():
    np.testing.assert_allclose(sharpened_q(P_VALUES), SHARPENED, atol=1e-12)


def test_the_order_of_outcomes_does_not_matter_for_sharpened_q_values():
    order = np.random.default_rng(3).permutation(len(P_VALUES))

    np.testing.assert_allclose(sharpened_q(P_VALUES[order]), np.array(SHARPENED)[order])


def test_statsmodels_two_stage_method_is_another():
    """`fdr_tsbky` depends on the level it is given, and gives neither at 0.05 nor at 0.1 the q."""
    five, ten = (multipletests(P_VALUES, alpha=a, method="fdr_tsbky")[1] for a in (0.05, 0.1))

    np.testing.assert_allclose([five[0], ten[0]], [0.0074, 0.0055], atol=5e-5)
    assert abs(five[0] - SHARPENED[0]) > 0.003
    assert abs(ten[0] - SHARPENED[0]) > 0.003


def test_a_sharpened_q_may_lie_below_its_p_and_ends_where_the_grid_does():
    q = sharpened_q(np.array([0.0001] * 10 + [0.04]))

    assert q[-1] == 0.004
    assert sharpened_q(np.zeros(3)).tolist() == [0.001] * 3
    assert sharpened_q(np.ones(3)).tolist() == [1.0] * 3


# Romano and Wolf


def by_brute_force(statistic, draws, enumerated):
    """The definition: each step asks how often the largest of those left is as large."""
    left = sorted(range(len(statistic)), key=lambda at: -abs(statistic[at]))
    adjusted, least = {}, 0.0
    more = 0 if enumerated else 1
    while left:
        largest = [max(abs(draw[at]) for at in left) for draw in draws]
        first = left.pop(0)
        count = sum(size >= abs(statistic[first]) for size in largest) + more
        least = max(least, count / (len(draws) + more))
        adjusted[first] = least
    return np.array([adjusted[at] for at in range(len(statistic))])


@pytest.mark.parametrize("enumerated", [True, False])
@pytest.mark.parametrize("size", [1, 2, 5, 12])
def test_romano_wolf_is_its_definition(size, enumerated):
    rng = np.random.default_rng(size)
    for _ in range(20):
        draws = rng.normal(size=(199, size)) + rng.normal(size=(199, 1))
        statistic = draws[0] if enumerated else rng.normal(1, 1.5, size)
        expected = by_brute_force(statistic, draws, enumerated)

        np.testing.assert_allclose(romano_wolf(statistic, draws, enumerated=enumerated), expected)


def test_outcomes_that_are_the_same_cost_nothing():
    draws = np.random.default_rng(1).normal(size=(999, 1))
    alone = share_beyond(np.array([2.1]), draws, enumerated=False)

    five = romano_wolf(np.full(5, 2.1), np.repeat(draws, 5, axis=1), enumerated=False)

    np.testing.assert_allclose(five, alone[0])


def test_independent_outcomes_cost_what_sidak_says():
    """With independent outcomes the largest of k is below a bound with the k-th power of one's."""
    draws = np.random.default_rng(2).normal(size=(200_000, 4))
    statistic = np.array([2.6, 0.1, 0.2, 0.3])

    found = romano_wolf(statistic, draws, enumerated=False)

    alone = share_beyond(statistic, draws, enumerated=False)
    assert found[0] == pytest.approx(1 - (1 - alone[0]) ** 4, rel=0.05)  # 200,000 draws: 1 %
    assert found[0] <= holm(alone)[0] + 1e-3


def test_ties_by_rounding_count():
    draws = np.array([[0.1 + 0.2], [0.3], [-0.3], [0.0]])

    assert share_beyond(np.array([0.1 + 0.2]), draws, enumerated=True).tolist() == [0.75]


# The verb


def test_a_family_says_what_was_done():
    found = rs.adjust_family(
        [0.01, np.nan, 0.2], method="benjamini_hochberg", names=["a", "b", "c"], planned=True
    )

    table = found.to_frame()
    assert found.family_size == 2
    assert found.not_judged == ("b",)
    assert found.controls == "false discovery rate"
    assert table["status"].tolist() == ["planned", "not_judged", "planned"]
    np.testing.assert_allclose(table["p_adjusted"], [0.02, np.nan, 0.2])
    assert "not judged: b" in repr(found)
    assert "exploratory" in repr(rs.adjust_family([0.01], method="none"))


def test_draws_on_other_scales_are_brought_to_one():
    rng = np.random.default_rng(4)
    draws = rng.normal(size=(499, 3))
    statistic = np.array([2.5, 1.0, 0.3])
    scale = np.array([1.0, 1000.0, 0.01])

    one = rs.adjust_family(None, method="romano_wolf", statistic=statistic, draws=draws)
    other = rs.adjust_family(
        None, method="romano_wolf", statistic=statistic * scale, draws=draws * scale
    )

    np.testing.assert_array_equal(one.p_adjusted, other.p_adjusted)


def test_an_adjusted_value_is_never_below_the_p_value_given():
    draws = np.random.default_rng(5).normal(size=(499, 2))

    found = rs.adjust_family([0.2, 0.9], method="romano_wolf", statistic=[3.0, 0.1], draws=draws)

    assert found.p_adjusted[0] == 0.2


def test_outcomes_without_a_statistic_are_told_and_do_not_count():
    draws = np.random.default_rng(6).normal(size=(499, 3))
    draws[:, 1] = np.nan

    found = rs.adjust_family(
        None, method="romano_wolf", statistic=[2.0, np.nan, 1.0], draws=draws, names=list("abc")
    )

    alone = rs.adjust_family(
        None, method="romano_wolf", statistic=[2.0, 1.0], draws=draws[:, [0, 2]]
    )
    assert found.not_judged == ("b",)
    np.testing.assert_array_equal(found.p_adjusted[[0, 2]], alone.p_adjusted)


def test_arrays_of_a_family_cannot_be_changed():
    found = rs.adjust_family([0.01, 0.2], method="holm")

    with pytest.raises(ValueError, match="read-only"):
        found.p_adjusted[0] = 0.0


DRAWS = np.random.default_rng(7).normal(size=(9, 2))
REFUSED = {
    "nothing": (([],), {"method": "holm"}, "there is no family"),
    "no p-values": (([0.1, 1.2],), {"method": "holm"}, "no p-values"),
    "no method": (([0.1],), {"method": "bonferoni"}, "no such correction"),
    "no draws": (([0.1],), {"method": "romano_wolf"}, "needs joint draws"),
    "draws for nothing": (([0.1],), {"method": "holm", "draws": DRAWS}, "no use of draws"),
    "names": (([0.1, 0.2],), {"method": "holm", "names": ["a", "a"]}, "one name of its own"),
    "other draws": (
        (None,),
        {"method": "romano_wolf", "statistic": [1.0, 2, 3], "draws": DRAWS},
        "not those of these outcomes",
    ),
    "draws that do not vary": (
        (None,),
        {"method": "romano_wolf", "statistic": [1.0, 2], "draws": np.ones((9, 2))},
        "tell nothing",
    ),
    "draws that are missing": (
        (None,),
        {"method": "romano_wolf", "statistic": [1.0, 2], "draws": DRAWS * np.nan},
        "tell nothing",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_adjusted_is_refused(case):
    arguments, named, words = REFUSED[case]

    with pytest.raises(EvaluationError, match=words):
        rs.adjust_family(*arguments, **named)
