"""Sensitive questions with known shares: no bias, and intervals that cover.

Clustered samples with unequal weights and truth by PSU. `--repetitions 1000 -s` prints the
figures.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import ResilienceWarning

pytestmark = pytest.mark.simulation

LOWEST = 0.93
MOST_MC_ERRORS = 3
PSUS, PERSONS, ITEMS = 60, 20, 4
TRUTH = 0.3
ADMIT = 0.5
REFUSE = 0.5  # of those who hold it; of others a tenth
DIE = rs.Randomisation.forced(yes=1 / 6, no=1 / 6)
QUESTION = rs.ListQuestion("told", "arm", ITEMS)


def sampled(rng: np.random.Generator) -> rs.SurveyDesign:
    """One clustered sample; weights go with urban life, which goes with the statement."""
    n = PSUS * PERSONS
    psu = np.repeat(np.arange(PSUS), PERSONS)
    urban = (np.arange(PSUS) % 2)[psu]
    level = rng.uniform(-0.1, 0.1, PSUS)[psu]
    holds = rng.random(n) < np.where(urban == 1, 0.4, 0.2) + level  # half and half: .3
    young = rng.random(n) < 0.5
    plain = rng.binomial(ITEMS, np.where(young, 0.35, 0.55))
    arm = rng.permutation(np.arange(n) % 2)
    die = rng.integers(1, 7, n)
    refuses = rng.random(n) < np.where(holds, REFUSE, 0.1)
    return rs.SurveyDesign(
        pd.DataFrame(
            {
                "psu": psu,
                "stratum": urban,
                "weight": rng.uniform(0.5, 1.5, n),
                "arm": arm,
                "young": young.astype(float),
                "told": plain + arm * holds,
                "admits": (holds & (rng.random(n) < ADMIT)).astype(float),
                "says_yes": np.where(die == 1, 0.0, np.where(die == 6, 1.0, holds)),
                "answer": np.where(refuses, np.nan, holds),
            }
        ),
        weight="weight",
        stratum="stratum",
        psu="psu",
    )


@pytest.fixture(autouse=True)
def _quiet():
    """A share is below 0 by chance now and then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResilienceWarning)
        yield


def shares(design: rs.SurveyDesign) -> dict[str, rs.Estimates]:
    both = rs.combine_list_with_direct(design, QUESTION, "admits")
    return {
        "difference": rs.estimate_list(design, QUESTION),
        "maximum likelihood": rs.estimate_list_adjusted(design, QUESTION, "young"),
        "least squares": rs.estimate_list_adjusted(design, QUESTION, "young", method="nls"),
        "linear": rs.estimate_list_adjusted(design, QUESTION, "young", method="linear"),
        "with direct question": both.shares.select([0]),
        "randomised": rs.estimate_randomised_response(design, "says_yes", DIE),
    }


def test_shares_are_unbiased_and_intervals_cover(repetitions):
    rng = np.random.default_rng(20261122)
    found: dict[str, list[tuple[float, bool]]] = {}
    bounded, rejected, placebo = [], [], []
    for _ in range(repetitions):
        design = sampled(rng)
        for name, made in shares(design).items():
            low, high = made.interval()
            covers = bool(low[0] <= TRUTH <= high[0])
            found.setdefault(name, []).append((float(made.values[0]), covers))
        low, high = rs.refusal_bounds(design, "answer").interval()
        bounded.append(low[0] <= TRUTH <= high[0])
        rejected.append(rs.list_design_test(design, QUESTION).p_value[0] < 0.05)
        tests = rs.combine_list_with_direct(design, QUESTION, "admits").tests()
        placebo.append((tests["p_value"] < 0.05).to_numpy())
    for name, rows in found.items():
        values, covers = np.array(rows).T
        bias, error = values.mean() - TRUTH, values.std(ddof=1) / np.sqrt(len(values))
        print(f"{name}: bias {bias:+.4f} ({error:.4f}), sd {values.std():.4f}, {covers.mean():.3f}")
        assert abs(bias) < MOST_MC_ERRORS * error, name
        assert covers.mean() >= LOWEST - 2 * np.sqrt(0.05 * 0.95 / repetitions), name
    print(
        f"bounds cover {np.mean(bounded):.3f}; design test rejects {np.mean(rejected):.3f}; "
        f"placebo tests {np.mean(placebo, axis=0)}"
    )
    assert np.mean(bounded) >= LOWEST
    assert np.mean(rejected) <= 0.07
    assert (np.mean(placebo, axis=0) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / repetitions)).all()


def test_the_design_test_finds_a_list_that_inflates(repetitions):
    """Where the sensitive statement makes people deny plain ones, the test says so."""
    rng = np.random.default_rng(7)
    found = []
    for _ in range(min(repetitions, 200)):
        design = sampled(rng)
        frame = design.frame.copy()
        frame["told"] = np.where(frame["arm"] == 1, np.maximum(frame["told"] - 1, 0), frame["told"])
        spoiled = rs.SurveyDesign(frame, weight="weight", stratum="stratum", psu="psu")
        found.append(rs.list_design_test(spoiled, QUESTION).p_value[0] < 0.05)

    assert np.mean(found) > 0.95


def test_bounds_of_a_list_hold_what_some_hide(repetitions):
    """All who would stand out by the full count hide: the share is too low, the bounds hold."""
    rng = np.random.default_rng(9)
    low_by, held = [], []
    for _ in range(repetitions):
        design = sampled(rng)
        frame = design.frame.copy()
        frame["told"] = np.minimum(frame["told"], ITEMS)
        hiding = rs.SurveyDesign(frame, weight="weight", stratum="stratum", psu="psu")
        bounds = rs.list_bounds(hiding, QUESTION)
        low, high = bounds.interval()
        low_by.append(bounds.lower.values[0] - TRUTH)
        held.append(low[0] <= TRUTH <= high[0])

    assert np.mean(low_by) < 0
    assert np.mean(held) >= LOWEST
