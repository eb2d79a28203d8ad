"""Whether a target is met."""

from __future__ import annotations

import pytest

from resilience.evaluation.targets import judge_target

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("direction", ["higher_is_better", "neutral"])
@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (51.0, 55.0, "met"),
        (50.0, 55.0, "met"),  # the whole interval reaches the target
        (49.9, 55.0, "not_shown"),
        (45.0, 50.0, "not_shown"),  # the interval still covers the target
        (45.0, 49.9, "not_met"),
    ],
)
def test_a_target_above_is_judged_by_the_whole_interval(low, high, expected, direction):
    assert judge_target(50.0, low=low, high=high, direction=direction) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (45.0, 49.0, "met"),
        (45.0, 50.0, "met"),
        (45.0, 50.1, "not_shown"),
        (50.0, 55.0, "not_shown"),
        (50.1, 55.0, "not_met"),
    ],
)
def test_a_target_below_is_judged_from_the_other_side(low, high, expected):
    assert judge_target(50.0, low=low, high=high, direction="lower_is_better") == expected


@pytest.mark.parametrize(("low", "high"), [(NAN, NAN), (NAN, 60.0), (55.0, NAN), (-INF, INF)])
@pytest.mark.parametrize("direction", ["higher_is_better", "lower_is_better", "neutral"])
def test_without_an_interval_nothing_is_said(low, high, direction):
    assert judge_target(50.0, low=low, high=high, direction=direction) == "not_estimable"


def test_an_estimate_beyond_the_target_is_not_enough():
    estimate, half = 52.0, 3.0

    actual = judge_target(
        50.0, low=estimate - half, high=estimate + half, direction="higher_is_better"
    )

    assert actual == "not_shown"


def test_targets_for_shares_are_judged_as_shares():
    assert judge_target(0.40, low=0.41, high=0.45, direction="higher_is_better") == "met"
    assert judge_target(0.40, low=0.35, high=0.39, direction="higher_is_better") == "not_met"
