"""Intervals of change: as wide as they must be, and no wider.

Waves visit the same sampling points and ask fresh respondents. Points and respondents are drawn
from normal populations, so that the true change is known.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs

LOWEST, HIGHEST = 0.93, 0.97
# By how much intervals must be narrower than those of waves taken for independent.
LEAST_GAIN = 0.30

STRATA, PERSONS = 4, 12
BETWEEN, WITHIN, PERSISTENCE = 0.6, 1.0, 0.95
CHANGE = 0.1


def same_points(rng: np.random.Generator, psus: int) -> pd.DataFrame:
    """Draw two waves of the same sampling points, whose peculiarities mostly persist."""
    before = rng.normal(0, BETWEEN, (STRATA, psus))
    fresh = rng.normal(0, BETWEEN, (STRATA, psus))
    after = PERSISTENCE * before + np.sqrt(1 - PERSISTENCE**2) * fresh + CHANGE
    stratum, psu = (np.repeat(part.ravel(), PERSONS) for part in np.indices((STRATA, psus)))
    waves = [
        pd.DataFrame(
            {
                "wave": wave,
                "stratum": stratum,
                "psu": psu,
                "y": np.repeat(level.ravel(), PERSONS) + rng.normal(0, WITHIN, len(psu)),
            }
        )
        for wave, level in (("w1", before), ("w2", after))
    ]
    return pd.concat(waves, ignore_index=True)


def change_of(frame: pd.DataFrame, relation: str) -> rs.Estimates:
    design = rs.SurveyDesign(
        frame, stratum="stratum", psu="psu", wave="wave", waves=relation, nested_psu=True
    )
    return rs.compare(rs.estimate_mean(design, "y", by="wave"), over="wave", reference="w1")


@pytest.mark.simulation
@pytest.mark.parametrize("psus", [4, 15])
def test_shared_points_make_change_precise(psus, repetitions):
    rng = np.random.default_rng(20261124 + psus)
    covered, widths = [], []
    for _ in range(repetitions):
        frame = same_points(rng, psus)
        ends = [change_of(frame, relation).interval() for relation in ("same_psu", "independent")]
        covered.append([low[0] <= CHANGE <= high[0] for low, high in ends])
        widths.append([high[0] - low[0] for low, high in ends])

    coverage, width = np.mean(covered, axis=0), np.mean(widths, axis=0)
    gain = 1 - width[0] / width[1]
    error = np.sqrt(coverage[0] * (1 - coverage[0]) / repetitions)
    gain_error = np.std(1 - np.array(widths)[:, 0] / np.array(widths)[:, 1]) / np.sqrt(repetitions)
    print(
        f"{STRATA * psus} points: coverage {coverage[0]:.4f}, Monte Carlo error {error:.4f}; "
        f"taken for independent {coverage[1]:.4f}; narrower by {gain:.1%}, "
        f"Monte Carlo error {gain_error:.2%}"
    )

    # With few repetitions chance alone moves the share by more than the bounds leave room for.
    slack = 0 if repetitions >= 2000 else 2 * error
    assert LOWEST - slack <= coverage[0] <= HIGHEST + slack
    assert gain >= LEAST_GAIN


def lost_ids(rng: np.random.Generator, n: int, recurring: int, correlation: float) -> pd.DataFrame:
    """Draw two waves of n persons, some of them the same."""
    own = rng.normal(0, np.sqrt(correlation), 2 * n)
    asked = {"w1": np.arange(n), "w2": np.arange(n) + n - recurring}
    noise = np.sqrt(1 - correlation)
    waves = [
        pd.DataFrame(
            {
                "wave": wave,
                "id": people,
                "y": own[people] + rng.normal(0, noise, n) + CHANGE * (wave == "w2"),
            }
        )
        for wave, people in asked.items()
    ]
    return pd.concat(waves, ignore_index=True)


@pytest.mark.simulation
@pytest.mark.parametrize("overlap", [0.5, 0.9])
def test_change_without_ids(overlap, repetitions):
    """Bounds contain the true error and cover; the right reliability is as good as ids."""
    rng = np.random.default_rng(20261125)
    n, correlation = 120, 0.7
    true_error = np.sqrt(2 / n - 2 * overlap * correlation / n)
    within, assumed, widest = [], [], []
    for _ in range(repetitions):
        frame = lost_ids(rng, n, int(overlap * n), correlation)
        waves = [
            rs.estimate_mean(
                rs.SurveyDesign(part.reset_index(drop=True), wave="wave"), "y", by="wave"
            )
            for _, part in frame.groupby("wave")
        ]
        bounds = rs.change_without_ids(*waves)
        told = rs.change_without_ids(*waves, reliability=correlation, overlap=overlap)
        within.append(bounds.std_error_low[0] <= true_error <= bounds.std_error_high[0])
        for change, covered in ((told, assumed), (bounds, widest)):
            low, high = change.interval()
            covered.append(low[0] <= CHANGE <= high[0])

    error = np.sqrt(0.05 * 0.95 / repetitions)
    print(
        f"overlap {overlap:.0%}: true error within bounds {np.mean(within):.4f}; coverage with the "
        f"right reliability {np.mean(assumed):.4f}, of the widest {np.mean(widest):.4f}, "
        f"Monte Carlo error {error:.4f}"
    )
    slack = 0 if repetitions >= 2000 else 2 * error
    assert np.mean(within) == 1
    assert LOWEST - slack <= np.mean(assumed) <= HIGHEST + slack
    assert np.mean(widest) >= LOWEST
