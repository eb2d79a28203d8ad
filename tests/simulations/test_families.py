"""The chance of one false finding in a family of outcomes that go together."""

from __future__ import annotations

import numpy as np
import pytest

import resilience as rs

LEVEL = 0.05
CITIES, OUTCOMES = 10, 8


def statistics(y: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Return t statistics of the means of city differences under sign changes, shape (r, k)."""
    means = signs @ y / len(y)
    squares = (y**2).sum(axis=0)
    variance = (squares / len(y) - means**2) / (len(y) - 1)
    return means / np.sqrt(variance)


@pytest.mark.simulation
def test_romano_wolf_keeps_the_family_wise_error_rate(repetitions):
    """All effects are 0; cities' differences are symmetric, so that sign changes are exact."""
    rng = np.random.default_rng(20261122)
    grid = np.array(np.meshgrid(*[[1.0, -1.0]] * CITIES)).reshape(CITIES, -1).T
    runs = 5 * repetitions
    false = {"romano_wolf": 0, "holm": 0, "none": 0}
    for _ in range(runs):
        y = 0.8 * rng.normal(size=(CITIES, 1)) + 0.6 * rng.normal(size=(CITIES, OUTCOMES))
        draws = statistics(y, grid)
        observed = statistics(y, np.ones((1, CITIES)))[0]
        joint = rs.adjust_family(
            None, method="romano_wolf", statistic=observed, draws=draws, enumerated=True
        )
        false["romano_wolf"] += bool((joint.p_adjusted <= LEVEL).any())
        false["holm"] += bool(
            (rs.adjust_family(joint.p_value, method="holm").p_adjusted <= LEVEL).any()
        )
        false["none"] += bool((joint.p_value <= LEVEL).any())
    rate = {name: count / runs for name, count in false.items()}
    error = np.sqrt(LEVEL * (1 - LEVEL) / runs)
    print(", ".join(f"{name} {share:.4f}" for name, share in rate.items()), f"error {error:.4f}")

    assert rate["romano_wolf"] <= LEVEL + 3 * error
    assert rate["holm"] <= rate["romano_wolf"] + 3 * error  # Holm is the more cautious
    assert rate["none"] > 2 * LEVEL
