"""Known effects are found again: no bias, and intervals that cover.

Eight towns, four of them drawn by lot, differ in level and trend; an effect is added to those.
Bias must lie within three Monte Carlo standard errors. Intervals are of CR2 with 95 %.
"""

from __future__ import annotations

import numpy as np
import pytest

import resilience as rs
from tests.evaluation.impact.towns import design_of, drawn, towns

LOWEST = 0.93
EFFECT = 3.0


@pytest.mark.simulation
@pytest.mark.parametrize("method", ["did", "ancova", "event_study"])
@pytest.mark.parametrize("weights", ["equal", "population"])
def test_intervals_cover_a_known_effect(method, weights, repetitions):
    rng = np.random.default_rng(20261123)
    estimates, covered = [], []
    for _ in range(repetitions):
        frame = towns(rng, effect=EFFECT, unequal=True)
        impact = rs.estimate_impact(
            design_of(frame),
            "trust",
            assignment=drawn(weight_cities=weights),
            method=method,
            headline="cr2",
        )
        low, high = impact.interval()
        estimates.append(impact.evidence.estimate[-1])
        covered.append(low[-1] <= EFFECT <= high[-1])

    error = np.std(estimates) / np.sqrt(repetitions)
    share, chance = np.mean(covered), np.sqrt(LOWEST * (1 - LOWEST) / repetitions)
    print(
        f"{method}, {weights}: bias {np.mean(estimates) - EFFECT:+.3f} ({error:.3f}), {share:.3f}"
    )
    assert abs(np.mean(estimates) - EFFECT) < 3 * error
    assert share >= LOWEST - 2 * chance * (repetitions < 2000)


@pytest.mark.simulation
def test_permutations_keep_their_size(repetitions):
    rng = np.random.default_rng(20261124)
    rejected = [
        rs.estimate_impact(design_of(towns(rng, persons=10)), "trust", assignment=drawn()).p_value[
            0
        ]
        <= 0.05
        for _ in range(repetitions)
    ]

    share = np.mean(rejected)
    print(f"randomisation test: {share:.3f} of true nulls rejected")
    assert share <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / repetitions)
