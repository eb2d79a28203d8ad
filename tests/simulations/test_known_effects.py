"""Known effects are found again: no bias, and intervals that cover.

Eight towns, four of them treated, differ in level and trend; an effect is added to the treated.
Who is treated is drawn by lot, or the four lowest are: then levels differ and trends do not, which
differences allow for and `ancova` does not. Waves are fresh samples or a panel of which a third is
replaced. Towns are of one size, or of five to one with survey weights. Bias must lie within three
Monte Carlo standard errors, and CR2's intervals of 95 % cover at least 93 %.

Each repetition draws arrays and fits the estimator's own regression, without the bootstrap and the
permutations that `estimate_impact` adds: 3 ms in place of 300. That both are the same is a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.evaluation.few_clusters.admissible import admissible_assignments
from resilience.evaluation.few_clusters.randomisation import randomisation_test
from resilience.evaluation.few_clusters.satterthwaite import cr2
from resilience.evaluation.impact.arms import NEVER, Arms
from resilience.evaluation.impact.estimators import ESTIMATORS, Times
from resilience.evaluation.impact.evidence import fitted
from resilience.evaluation.impact.models import statistics_under
from resilience.evaluation.impact.stacking import StackedSample

LARGEST_BIAS = 3.0  # Monte Carlo standard errors
LOWEST = 0.93
EFFECT = 3.0
MONTHS = 12.0
TOWNS, TREATED = 8, 4
EQUAL, UNEQUAL = (40,) * TOWNS, (20, 25, 30, 35, 45, 60, 80, 100)
STAYING = 2 / 3

# Waves of each method, and where the treatment begins.
WAVES = {"event_study": 4, "dose_response": 3}
SINCE = {"event_study": 2}


@dataclass(frozen=True)
class Case:
    """What is drawn, and how it is analysed."""

    method: str
    panel: bool = False
    lot: bool = True
    unequal: bool = False
    weights: str = "equal"

    def __str__(self) -> str:
        parts = ("panel" if self.panel else "cross-sections", "lot" if self.lot else "lowest")
        sizes = f"unequal-{self.weights}" if self.unequal else "equal"
        return "-".join((self.method, *parts, sizes))


SIZES = ({}, {"unequal": True}, {"unequal": True, "weights": "population"})
CASES = [
    *(
        Case("did", p, lot, **size)
        for p in (False, True)
        for lot in (True, False)
        for size in SIZES
    ),
    *(Case("event_study", p, lot) for p in (False, True) for lot in (True, False)),
    *(Case("event_study", False, True, **size) for size in SIZES[1:]),
    *(Case("dose_response", False, lot, **size) for lot in (True, False) for size in SIZES[:2]),
    *(Case("within_person", True, lot, **size) for lot in (True, False) for size in SIZES),
    *(Case(m, p, **size) for m in ("ancova", "lin") for p in (False, True) for size in SIZES),
]


def sample_of(rng: np.random.Generator, case: Case, effect: float = EFFECT) -> StackedSample:
    """Draw one survey of towns as the estimators take it."""
    waves, since = WAVES.get(case.method, 2), SINCE.get(case.method, 1)
    level = rng.normal(50, 4, TOWNS)
    treated = np.zeros(TOWNS, bool)
    treated[rng.permutation(TOWNS)[:TREATED] if case.lot else np.argsort(level)[:TREATED]] = True
    trend = rng.normal(0, 1.5, (TOWNS, waves)) + np.arange(waves)
    sizes = np.array(UNEQUAL if case.unequal else EQUAL)
    gain = np.maximum(np.arange(waves) - since + 1, 0) / (waves - since) * effect
    first = np.repeat(np.arange(TOWNS), sizes)
    own, ids, parts = rng.normal(0, 6, len(first)), np.arange(len(first)), []
    for wave in range(waves):
        if wave:
            fresh = rng.random(len(first)) > (STAYING if case.panel else 0)
            own = np.where(fresh, rng.normal(0, 6, len(first)), own)
            ids = np.where(fresh, ids.max() + 1 + np.arange(len(first)), ids)
        mean = (level + trend[:, wave] + treated * gain[wave])[first]
        parts.append(
            (first, np.full(len(first), wave), ids, mean + own + rng.normal(0, 8, len(first)))
        )
    unit, wave_of, person, y = map(np.concatenate, zip(*parts, strict=True))
    names = tuple(f"town_{town}" for town in range(TOWNS))
    return StackedSample(
        measures=("trust",),
        y=y[:, None],
        weight=rng.uniform(1, 3, len(y)) if case.unequal else np.ones(len(y)),
        unit=unit,
        wave=wave_of,
        person=person if case.panel else np.empty(0, np.int64),
        covariates=np.empty((len(y), 0)),
        covariate_names=(),
        rows=np.arange(len(y)),
        arms=Arms(names, unit, np.where(treated, since, NEVER), None, 0),
        waves=tuple(f"wave_{number}" for number in range(waves)),
        equal=case.weights == "equal",
    )


def times_of(sample: StackedSample, method: str) -> Times:
    """Return the last wave before the treatment, and the last of all."""
    last = len(sample.waves) - 1
    dose = None
    if method == "dose_response":
        months = np.arange(len(sample.waves)) / last * MONTHS
        dose = sample.arms.treated[:, None] * months
    return Times((sample.since - 1,), (last,), dose)


def found_by(sample: StackedSample, method: str) -> tuple[float, float, float]:
    """Return the estimate and CR2's limits of the last reported row."""
    model = ESTIMATORS[method](sample, 0, times_of(sample, method))
    test = cr2(fitted(model, sample.arms.treated), model.fixed.shape[1] + model.reported[-1])
    low, high = test.interval()
    return test.estimate[0], low[0], high[0]


def repeated(case: Case, repetitions: int) -> np.ndarray:
    """Return estimates and limits, shape (repetitions, 3)."""
    rng = np.random.default_rng([20261123, *str(case).encode()])
    return np.array([found_by(sample_of(rng, case), case.method) for _ in range(repetitions)])


@pytest.mark.simulation
@pytest.mark.parametrize("case", CASES, ids=str)
def test_intervals_cover_a_known_effect(case, repetitions):
    truth = EFFECT / MONTHS if case.method == "dose_response" else EFFECT
    estimates, low, high = repeated(case, repetitions).T

    error = estimates.std(ddof=1) / np.sqrt(repetitions)
    bias, share = estimates.mean() - truth, np.mean((low <= truth) & (truth <= high))
    print(f"\n{case}: bias {bias:+.4f} ({bias / error:+.1f} Monte Carlo errors), {share:.1%}")
    chance = np.sqrt(LOWEST * (1 - LOWEST) / repetitions)
    assert abs(bias) < LARGEST_BIAS * error
    assert share >= LOWEST - 2 * chance * (repetitions < 2000)


@pytest.mark.simulation
def test_ancova_is_biased_where_the_lowest_are_treated(repetitions):
    """Why `ancova` is for lots: what was measured before is not the whole of the difference."""
    estimates, _, _ = repeated(Case("ancova", lot=False), repetitions).T

    bias, error = estimates.mean() - EFFECT, estimates.std(ddof=1) / np.sqrt(repetitions)
    print(f"\nancova, lowest treated: bias {bias:+.3f} ({bias / error:+.1f} Monte Carlo errors)")
    assert bias < 0


@pytest.mark.parametrize("case", [CASES[0], Case("did", True, True, True), *CASES[-6:]], ids=str)
def test_the_short_way_is_the_estimate_of_impact(case):
    sample = sample_of(np.random.default_rng(5), case)
    named = np.array(sample.arms.units)
    frame = pd.DataFrame(
        {
            "town": named[sample.unit],
            "wave": np.array(sample.waves)[sample.wave],
            "weight": sample.weight,
            "trust": sample.y[:, 0],
            "id": sample.person if case.panel else np.arange(len(sample.y)),
        }
    )
    design = rs.SurveyDesign(
        frame,
        weight="weight",
        wave="wave",
        waves="panel" if case.panel else "independent",
        respondent_id="id" if case.panel else None,
    )
    said = rs.Assignment(
        unit="town",
        mechanism="random",
        treated={sample.waves[sample.since]: named[sample.arms.treated].tolist()},
        weight_cities=case.weights,
    )

    impact = rs.estimate_impact(
        design, "trust", assignment=said, method=case.method, headline="cr2"
    )

    low, high = impact.interval()
    expected = (impact.evidence.estimate[-1], low[-1], high[-1])
    assert found_by(sample, case.method) == pytest.approx(expected, rel=1e-9)


@pytest.mark.simulation
@pytest.mark.parametrize("method", ["did", "ancova"])
def test_permutations_keep_their_size(method, repetitions):
    rng = np.random.default_rng(20261124)
    rejected = []
    for _ in range(repetitions):
        sample = sample_of(rng, Case(method, unequal=True), effect=0.0)
        model = ESTIMATORS[method](sample, 0, times_of(sample, method))
        test = randomisation_test(
            partial(statistics_under, model, units=TOWNS),
            admissible_assignments(sample.arms.treated),
            sample.arms.treated,
        )
        rejected.append(test.p_value[0] <= 0.05)

    share = np.mean(rejected)
    print(f"\nrandomisation test, {method}: {share:.1%} of true nulls rejected")
    assert share <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / repetitions)
