"""Measure what tests for few clusters cost, as seconds and as ratios within one run.

``python tests/benchmarks/evaluation.py`` prints processor seconds, the best of several, and
compares with statsmodels' cluster-robust fits of the same regressions. Peers' numbers must be
the same.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
import statsmodels.api as sm

import resilience as rs
from resilience.evaluation.few_clusters.admissible import admissible_assignments
from resilience.evaluation.few_clusters.clusters import fit_clustered
from resilience.evaluation.few_clusters.leaving_out import leave_one_cluster_out
from resilience.evaluation.few_clusters.randomisation import (
    randomisation_interval,
    randomisation_test,
)
from resilience.evaluation.few_clusters.reassigning import regression_statistic
from resilience.evaluation.few_clusters.satterthwaite import cr1, cr2
from resilience.evaluation.few_clusters.wild import wild_bootstrap, wild_interval

OUTCOMES = 30
SAME = 1e-8  # relative


def best_of(code, repeats: int = 5) -> float:
    """Return the fewest processor seconds; other work on the machine can only add to them."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        code()
        seconds.append(time.process_time() - start)
    return min(seconds)


def sample(clusters: int, rows: int, *, seed: int = 1):
    """Return other columns, exposure, outcomes, cluster and weight of three waves."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rows // clusters)
    wave = np.tile(np.arange(3), len(cluster) // 3)
    others = np.column_stack([np.eye(clusters)[cluster], wave == 1, wave == 2]).astype(float)
    y = rng.normal(size=(clusters, 3, OUTCOMES))[cluster, wave] / 5
    y += rng.normal(size=(len(cluster), OUTCOMES))
    return others, (wave > 0).astype(float), y, cluster, rng.gamma(4, 0.25, len(cluster))


def told(what: str, seconds: float, more: str = "") -> None:
    print(f"{what:<58} {seconds:7.3f} s{more}")


def eight_cities() -> None:
    """Time all tests of 30 outcomes in 8 cities, 17,280 rows."""
    others, after, y, cluster, weight = sample(8, 17_280)
    assigned = np.arange(8) % 2 == 0
    x = np.column_stack([others, after * assigned[cluster]])
    last = x.shape[1] - 1

    def fitted():
        return fit_clustered(x, y, cluster=cluster, weight=weight)

    def randomised(outcomes=y):
        statistic = regression_statistic(
            others, outcomes, exposure=after, cluster=cluster, weight=weight
        )
        return randomisation_test(statistic, admissible_assignments(assigned), assigned)

    fit = fitted()
    print(f"{OUTCOMES} outcomes, 8 cities, {len(y):,} rows, weights, {x.shape[1]} columns")
    ours = best_of(lambda: cr1(fitted(), last))
    errors, seconds = of_statsmodels(x, y, cluster, weight)
    if not np.allclose(cr1(fit, last).std_error, errors, rtol=SAME):
        sys.exit("statsmodels has other standard errors")
    told("fit and usual cluster errors", ours)
    told("  statsmodels WLS, one outcome after another", seconds, f", {seconds / ours:.0f} times")
    told("CR2 and degrees of freedom, fit included", best_of(lambda: cr2(fitted(), last)))
    wild = best_of(lambda: wild_bootstrap(fitted(), last))
    told("wild bootstrap, all 128 sign vectors, fit included", wild)
    told("its intervals, fit included", best_of(lambda: wild_interval(fitted(), last), 3))
    told("randomisation, all 70 assignments, each a whole regression", best_of(randomised))
    exposure = randomised(after * assigned[cluster])
    told("its intervals", best_of(lambda: randomisation_interval(randomised(), exposure), 3))
    told("leaving each city out, fit included", best_of(lambda: leave_one_cluster_out(fitted(), 1)))


def whole_estimate() -> None:
    """Time `estimate_impact`: all tests with intervals, tables and errors of the design."""
    _, _, y, cluster, weight = sample(8, 17_280)
    names = [f"y{number}" for number in range(OUTCOMES)]
    frame = pd.DataFrame(y, columns=names).assign(
        city=np.array(list("abcdefgh"))[cluster], wave=np.tile(["w0", "w1", "w2"], len(y) // 3)
    )
    frame = frame.assign(weight=weight, ea=[f"{c}{n % 40}" for n, c in enumerate(frame["city"])])
    roles = {"weight": "weight", "stratum": "city", "psu": "ea"}
    design = rs.SurveyDesign(frame, wave="wave", waves="same_psu", **roles)
    said = rs.Assignment(unit="city", mechanism="random", treated={"w1": list("abcd")})

    def estimated(measures):
        return rs.estimate_impact(design, measures, assignment=said, baseline="w0", endline="w2")

    together = best_of(lambda: estimated(names), 3)
    told("estimate_impact, 30 outcomes, 8 cities, everything", together)
    told("  one outcome alone", best_of(lambda: estimated(names[0]), 3))


def sixty_clusters() -> None:
    """Time drawn tests of 30 outcomes in 60 clusters."""
    others, after, y, cluster, weight = sample(60, 10_800)
    assigned = np.arange(60) % 2 == 0
    x = np.column_stack([others, after * assigned[cluster]])
    last = x.shape[1] - 1
    fit = fit_clustered(x, y, cluster=cluster, weight=weight)
    print(f"{OUTCOMES} outcomes, 60 clusters, {len(y):,} rows, {x.shape[1]} columns")
    told("wild bootstrap, 1,999 draws", best_of(lambda: wild_bootstrap(fit, last), 3))
    told("CR2 and degrees of freedom", best_of(lambda: cr2(fit, last), 3))


def large_clusters() -> None:
    """Time CR2 with 5,000 rows a cluster, where it never makes a matrix of rows by rows."""
    others, after, y, cluster, weight = sample(8, 39_984)
    x = np.column_stack([others, after * (cluster % 2)])
    fit = fit_clustered(x, y, cluster=cluster, weight=weight)
    print(f"{OUTCOMES} outcomes, 8 clusters of {len(y) // 8:,} rows")
    told("CR2 and degrees of freedom", best_of(lambda: cr2(fit, x.shape[1] - 1)))


def of_statsmodels(x, y, cluster, weight) -> tuple[np.ndarray, float]:
    start = time.process_time()
    errors = [
        sm.WLS(y[:, j], x, weights=weight)
        .fit(cov_type="cluster", cov_kwds={"groups": cluster})
        .bse[-1]
        for j in range(y.shape[1])
    ]
    return np.array(errors), time.process_time() - start


if __name__ == "__main__":
    eight_cities()
    whole_estimate()
    sixty_clusters()
    large_clusters()
