"""The standard error of a change is right whatever part of the PSUs two waves share.

PSUs and respondents are drawn from normal populations, so that the true standard error is
known exactly and the simulation need not estimate it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs

# By how much the root mean square of the estimated errors may differ from the true error.
# With 200 repetitions its own Monte Carlo error is below 1.5 %.
LARGEST_DIFFERENCE = 0.05

STRATA, PERSONS = 4, 10
BETWEEN, WITHIN, PERSISTENCE = 1.0, 3.0, 0.9


def true_error(psus: int, shared: int) -> float:
    one_wave = (BETWEEN**2 + WITHIN**2 / PERSONS) / psus
    covariance = shared / psus**2 * PERSISTENCE * BETWEEN**2
    return float(np.sqrt((2 * one_wave - 2 * covariance) / STRATA))


def two_waves(rng: np.random.Generator, psus: int, shared: int) -> pd.DataFrame:
    """Draw two waves; the second visits `shared` PSUs of each stratum again."""
    first = np.arange(psus)
    labels = {"w1": first, "w2": first + psus - shared}
    peculiar = rng.normal(0, BETWEEN, (STRATA, 2 * psus))
    later = PERSISTENCE * peculiar + np.sqrt(1 - PERSISTENCE**2) * rng.normal(
        0, BETWEEN, (STRATA, 2 * psus)
    )
    frames = []
    for wave, effects in (("w1", peculiar), ("w2", later)):
        stratum, psu = (part.ravel() for part in np.meshgrid(range(STRATA), labels[wave]))
        level = np.repeat(effects[stratum, psu], PERSONS)
        frames.append(
            pd.DataFrame(
                {
                    "wave": wave,
                    "stratum": np.repeat(stratum, PERSONS),
                    "psu": np.repeat(psu, PERSONS),
                    "y": level + rng.normal(0, WITHIN, len(level)),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


@pytest.mark.simulation
@pytest.mark.parametrize("psus", [4, 12])
@pytest.mark.parametrize("overlap", [0.0, 0.5, 1.0])
def test_error_of_a_change(overlap, psus, repetitions):
    rng = np.random.default_rng(20261122 + psus)
    shared = int(overlap * psus)
    relation = "same_psu" if shared else "independent"
    squares = []
    for _ in range(repetitions):
        frame = two_waves(rng, psus, shared)
        design = rs.SurveyDesign(
            frame, stratum="stratum", psu="psu", wave="wave", waves=relation, nested_psu=True
        )
        change = rs.compare(rs.estimate_mean(design, "y", by="wave"), over="wave", reference="w1")
        squares.append(change.std_error[0] ** 2)

    ratio = np.sqrt(np.mean(squares)) / true_error(psus, shared)
    monte_carlo = np.std(squares) / np.mean(squares) / np.sqrt(repetitions) / 2

    print(
        f"overlap {overlap:.0%}, {psus} PSUs: ratio {ratio:.4f}, "
        f"Monte Carlo error {monte_carlo:.4f}"
    )
    assert abs(ratio - 1) < LARGEST_DIFFERENCE
