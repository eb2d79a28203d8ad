"""How often tests at 5 % reject where the programme did nothing, with few cities.

``python -m pytest tests/simulations/test_size_of_tests.py --repetitions 5000 -s`` prints the
table of `docs/few_clusters.md`. Cities, their sizes and weights and who is treated are drawn
anew for every 20 repetitions, the answers for each: cities differ (intra-cluster correlation
.05, of which seven tenths persist between the two waves), persons are asked once. Nobody is
affected, so every rejection is false.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy import stats

from resilience.evaluation.few_clusters.admissible import admissible_assignments
from resilience.evaluation.few_clusters.clusters import fit_clustered
from resilience.evaluation.few_clusters.randomisation import randomisation_test
from resilience.evaluation.few_clusters.reassigning import regression_statistic
from resilience.evaluation.few_clusters.recommending import recommend_inference
from resilience.evaluation.few_clusters.satterthwaite import cr1, cr2
from resilience.evaluation.few_clusters.wild import wild_bootstrap

LEVEL = 0.05
# What the rule recommends may reject at most so often, and by so many Monte Carlo errors more:
# at 5,000 repetitions an allowance of .0072.
LARGEST_SIZE = 0.07
MONTE_CARLO_ERRORS = 2.0

PER_DESIGN = 20
ICC, PERSISTENCE = 0.05, 0.7
GIANT = 0.45  # of the weight
# Where the limits of the rule lie: one large city, always treated, endline only, ICC .2; cities,
# treated, share of the weight. Beyond a fifth in the last five no test is the headline of a
# comparison that was not random.
STRONG_ICC = 0.2
LIMITS = [
    *((8, 2, 0.195), (12, 2, 0.195), (8, 3, 0.195), (12, 3, 0.195), (8, 4, 0.33), (6, 3, 0.45)),
    *((8, 2, 0.33), (12, 2, 0.33), (8, 3, 0.45), (8, 2, 0.6), (12, 2, 0.75)),
]

CITIES = [(8, 4), (8, 2), (6, 3), (12, 3)]
# Cities of 30 in each wave; of 15 to 120 with survey weights, counted by population, or each
# city alike; one city with 45 % of the weight, in either arm as chance has it, or always in one.
SIZES = ["alike", "population", "each city alike", "giant", "giant treated", "giant comparison"]
FIXED = ["giant treated", "giant comparison"]
SHOWN = [
    *("ols", "z", "t", "cr2", "wild", "randomisation"),
    *("headline, random", "headline, non_random", "wild, recommended"),
]
# `--repetitions` is 200 by default: the tests run, their bounds say little.


@dataclass
class Tally:
    """Rejections, and how often they were counted."""

    rejected: dict[str, float] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    df: list[float] = field(default_factory=list)
    smallest: list[float] = field(default_factory=list)

    def add(self, name: str, p_values: np.ndarray) -> None:
        hits = float((p_values <= LEVEL + 1e-12).sum())
        self.rejected[name] = self.rejected.get(name, 0.0) + hits
        self.counted[name] = self.counted.get(name, 0) + len(p_values)

    def rate(self, name: str) -> float:
        return self.rejected[name] / self.counted[name] if name in self.counted else float("nan")

    def allowance(self, name: str) -> float:
        variance = LARGEST_SIZE * (1 - LARGEST_SIZE) / self.counted[name]
        return MONTE_CARLO_ERRORS * float(np.sqrt(variance))


@dataclass(frozen=True)
class Scenario:
    cities: int
    treated: int
    sizes: str
    waves: int
    icc: float = ICC
    giant: float = GIANT


def drawn_design(rng, scene: Scenario):
    """Return city, wave and weight of each row, and which cities are treated."""
    cities, treated, sizes, waves = scene.cities, scene.treated, scene.sizes, scene.waves
    assigned = np.zeros(cities, bool)
    assigned[rng.permutation(cities)[:treated]] = True
    if sizes == "alike":
        count = np.full(cities, 30)
        population = np.ones(cities)
    else:
        count = np.round(np.exp(rng.uniform(np.log(15), np.log(120), cities))).astype(int)
        population = rng.uniform(0.5, 1.5, cities)
    if sizes.startswith("giant"):
        if sizes != "giant":
            assigned[0] = sizes == "giant treated"
            others = 1 + rng.permutation(cities - 1)
            assigned[1:] = False
            assigned[others[: treated - int(assigned[0])]] = True
        population[0] = population[1:].sum() * scene.giant / (1 - scene.giant)
        count[0] = 200
    city = np.repeat(np.tile(np.arange(cities), waves), np.tile(count, waves))
    wave = np.repeat(np.arange(waves), count.sum())
    weight = np.ones(len(city))
    if sizes != "alike":
        weight = rng.gamma(4, 0.25, len(city))
        total = np.bincount(city * waves + wave, weight)
        share = np.ones(cities) if sizes == "each city alike" else population
        weight *= share[city] / total[city * waves + wave]
    return city, wave, weight, assigned


def answers(rng, city: np.ndarray, wave: np.ndarray, icc: float) -> np.ndarray:
    cities, k = city.max() + 1, PER_DESIGN
    lasting = rng.normal(0, np.sqrt(icc * PERSISTENCE), (cities, k))
    passing = rng.normal(0, np.sqrt(icc * (1 - PERSISTENCE)), (wave.max() + 1, cities, k))
    return (lasting + passing)[wave, city] + rng.normal(0, np.sqrt(1 - icc), (len(city), k))


def columns(city: np.ndarray, wave: np.ndarray) -> np.ndarray:
    """Return all columns but the exposure: constants of cities and of waves."""
    if wave.max() == 0:
        return np.ones((len(city), 1))
    return np.column_stack([np.eye(city.max() + 1)[city], wave])


def count_rejections(rng, tally: Tally, scene: Scenario) -> None:
    """Draw one design, test its repetitions in every way, and count."""
    city, wave, weight, assigned = drawn_design(rng, scene)
    y, others = answers(rng, city, wave, scene.icc), columns(city, wave)
    after = wave == scene.waves - 1
    x = np.column_stack([others, assigned[city] & after])
    fit = fit_clustered(x, y, cluster=city, weight=weight)
    last = x.shape[1] - 1
    reduced, usual = cr2(fit, last), cr1(fit, last)
    statistic = regression_statistic(others, y, exposure=after, cluster=city, weight=weight)
    randomised = randomisation_test(statistic, admissible_assignments(assigned), assigned)
    variance = (weight[:, None] * fit.residuals**2).sum(axis=0) / (len(y) - x.shape[1])
    plain = np.sqrt(variance * fit.complete[0].inverse[last, last])
    found = {
        "ols": 2 * stats.t.sf(np.abs(reduced.estimate / plain), len(y) - x.shape[1]),
        "z": 2 * stats.norm.sf(np.abs(usual.estimate / usual.std_error)),
        "t": usual.p_value,
        "cr2": reduced.p_value,
        "wild": wild_bootstrap(fit, last).p_value,
        "randomisation": randomised.p_value,
    }
    for name, p_values in found.items():
        tally.add(name, p_values)
    tally.df.append(float(reduced.df[0]))
    tally.smallest.append(float(randomised.smallest_p.min()))
    for mechanism in ("random", "non_random"):
        advice = recommend_inference(
            mechanism=mechanism,
            treated=scene.treated,
            comparison=scene.cities - scene.treated,
            df=reduced.df[0],
            largest_share=np.bincount(city, weight).max() / weight.sum(),
            smallest_p=float(randomised.smallest_p.min()),
        )
        if advice.headline != "none":
            tally.add(f"headline, {mechanism}", found[advice.headline])
    if advice.wild == "recommended":
        tally.add("wild, recommended", found["wild"])


def simulated(scene: Scenario, seed: list[int], repetitions: int) -> Tally:
    rng, tally = np.random.default_rng([20261122, *seed]), Tally()
    for _ in range(max(1, repetitions // PER_DESIGN)):
        count_rejections(rng, tally, scene)
    return tally


def shown(scene: Scenario, tally: Tally) -> None:
    """Print a row of the table; a dash where nothing is advised."""
    rates = [f"{tally.rate(name):.3f}" if name in tally.counted else "-" for name in SHOWN]
    share = f" {scene.giant:.0%}" if "giant" in scene.sizes else ""
    what = [
        f"{scene.cities} ({scene.treated})",
        scene.sizes + share,
        {1: "endline", 2: "DiD"}[scene.waves],
    ]
    median = [f"{np.median(tally.df):.1f}", f"{np.median(tally.smallest):.3f}"]
    print("\n| " + " | ".join([*what, *rates[:6], *median, *rates[6:]]) + " |")


def keeps_its_size(tally: Tally, *names: str) -> bool:
    return all(
        tally.rate(name) <= LARGEST_SIZE + tally.allowance(name)
        for name in names
        if name in tally.counted
    )


@pytest.mark.simulation
@pytest.mark.parametrize("waves", [2, 1], ids=["two waves", "endline only"])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("cities", "treated"), CITIES)
def test_size(cities, treated, sizes, waves, repetitions):
    scene = Scenario(cities, treated, sizes, waves)

    tally = simulated(scene, [cities, treated, SIZES.index(sizes), waves], repetitions)

    shown(scene, tally)
    assert keeps_its_size(tally, "headline, non_random", "wild, recommended")
    # An assignment that was random is never one in which the giant's arm was fixed.
    assert sizes in FIXED or keeps_its_size(tally, "headline, random")


@pytest.mark.simulation
@pytest.mark.parametrize(("cities", "treated", "share"), LIMITS)
def test_size_at_the_limits_of_the_rule(cities, treated, share, repetitions):
    scene = Scenario(cities, treated, "giant treated", 1, STRONG_ICC, share)

    tally = simulated(scene, [cities, treated, int(100 * share)], repetitions)

    shown(scene, tally)
    assert keeps_its_size(tally, "headline, non_random", "wild, recommended")
