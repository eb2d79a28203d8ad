"""The bootstrap from cluster sums equals refitting every bootstrap sample; intervals invert it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from resilience.errors import EvaluationError
from resilience.evaluation.few_clusters.clusters import fit_clustered
from resilience.evaluation.few_clusters.wild import wild_bootstrap, wild_interval
from resilience.progress import stages_heard_by
from tests.evaluation.few_clusters.samples import restricted, sample, t_of

RTOL = 1e-7
TIE = 1e-9


def brute_force(x, y, cluster, weight, column, null=0.0) -> float:
    """Return p from all sign vectors, each bootstrap sample fitted anew."""
    kept = ~np.isnan(y)
    x, y, cluster, weight = x[kept], y[kept], cluster[kept], weight[kept]
    observed = abs(t_of(x, y, cluster, weight, column, null))
    fitted, left = restricted(x, y, weight, column, null)
    sizes = [
        abs(t_of(x, fitted + np.array(signs)[cluster] * left, cluster, weight, column, null))
        for signs in product((1.0, -1.0), repeat=cluster.max() + 1)
    ]
    return float(np.mean(np.array(sizes) >= observed * (1 - TIE)))


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("null", [0.0, 0.7])
def test_enumeration_is_refitting_every_sample(null, missing):
    x, y, cluster, weight = sample(2, missing=missing)

    found = wild_bootstrap(fit_clustered(x, y, cluster=cluster, weight=weight), 1, null=null)

    assert found.enumerated
    assert found.draws == 128
    for j in range(2):
        assert found.statistic[j] == pytest.approx(t_of(x, y[:, j], cluster, weight, 1, null))
        assert found.p_value[j] == brute_force(x, y[:, j], cluster, weight, 1, null)


def test_a_cluster_without_answers_is_not_counted():
    x, y, cluster, weight = sample(4)
    y[cluster == 7, 1] = np.nan

    found = wild_bootstrap(fit_clustered(x, y, cluster=cluster, weight=weight), 1)

    kept = cluster < 7
    alone = fit_clustered(x[kept], y[kept, 1], cluster=cluster[kept], weight=weight[kept])
    assert found.p_value[1] == wild_bootstrap(alone, 1).p_value[0]
    assert found.statistic[1] == pytest.approx(wild_bootstrap(alone, 1).statistic[0])


def test_signs_are_the_same_for_all_outcomes():
    x, y, cluster, _ = sample(5)

    twice = wild_bootstrap(fit_clustered(x, y[:, [0, 0]], cluster=cluster), 1)

    assert twice.statistics.shape == (128, 2)
    assert np.array_equal(twice.statistics[:, 0], twice.statistics[:, 1])


@pytest.mark.parametrize("signs", ["rademacher", "webb"])
def test_drawn_signs_come_near_all_of_them(signs):
    x, y, cluster, weight = sample(6)
    fit = fit_clustered(x, y, cluster=cluster, weight=weight)

    drawn = wild_bootstrap(fit, 1, draws=4999, seed=3, signs=signs)

    assert not drawn.enumerated
    assert (drawn.smallest_p == 1 / 5000).all()
    # Webb's six points are another distribution: near, not the same.
    near = 0.03 if signs == "rademacher" else 0.1
    assert drawn.p_value == pytest.approx(wild_bootstrap(fit, 1).p_value, abs=near)
    assert np.array_equal(
        drawn.p_value, wild_bootstrap(fit, 1, draws=4999, seed=3, signs=signs).p_value
    )


def test_more_clusters_than_can_be_enumerated():
    x, y, cluster, _ = sample(7, clusters=16)

    assert wild_bootstrap(fit_clustered(x, y, cluster=cluster), 1).draws == 1999
    few = sample(7, clusters=15)
    assert wild_bootstrap(fit_clustered(few[0], few[1], cluster=few[2]), 1).draws == 2**14


def test_smallest_p_is_reached_and_never_passed():
    x, y, cluster, _ = sample(8)
    y[:, 0] += 50 * x[:, 1]

    found = wild_bootstrap(fit_clustered(x, y, cluster=cluster), 1)

    assert found.p_value[0] == found.smallest_p[0]
    assert (found.p_value >= found.smallest_p).all()


def test_a_constant_outcome_has_no_p_value():
    x, y, cluster, _ = sample()
    y[:, 1] = 3

    found = wild_bootstrap(fit_clustered(x, y, cluster=cluster), 1)

    assert np.isnan(found.p_value[1])
    assert np.isfinite(found.p_value[0])


@pytest.mark.parametrize("weighted", [False, True])
def test_interval_ends_where_the_test_begins_to_reject(weighted):
    x, y, cluster, weight = sample(9)
    fit = fit_clustered(x, y, cluster=cluster, weight=weight if weighted else None)

    lower, upper = wild_interval(fit, 1)

    for j in range(2):
        width = upper[j] - lower[j]
        for end, outwards in ((lower[j], -1), (upper[j], 1)):
            near = [end + outwards * step * width for step in (-1e-6, 1e-6)]
            inside, outside = (wild_bootstrap(fit, 1, null=null).p_value[j] for null in near)
            assert inside > 0.05 >= outside
        far = [wild_bootstrap(fit, 1, null=upper[j] + k * width).p_value[j] for k in (0.1, 1, 10)]
        assert max(far) <= 0.05


def test_intervals_may_be_unbounded_and_say_so():
    x, y, cluster, _ = sample(10, clusters=5, treated=2)

    lower, upper = wild_interval(fit_clustered(x, y, cluster=cluster), 1)

    assert np.isneginf(lower).all()  # the smallest p of 16 sign vectors is .0625
    assert np.isposinf(upper).all()


def test_drawn_intervals_are_as_long_as_exact_ones():
    x, y, cluster, _ = sample(11, clusters=10, treated=5)
    fit = fit_clustered(x, y, cluster=cluster)

    exact = np.array(wild_interval(fit, 1))
    drawn = np.array(wild_interval(fit, 1, draws=4999, signs="rademacher"))

    assert drawn[1] - drawn[0] == pytest.approx(exact[1] - exact[0], rel=0.1)


@pytest.mark.parametrize("unusable", [{"signs": "normal"}, {"draws": 0}])
def test_unusable_draws_are_refused(unusable):
    x, y, cluster, _ = sample()

    with pytest.raises(EvaluationError, match="rademacher"):
        wild_bootstrap(fit_clustered(x, y, cluster=cluster), 1, **unusable)


def test_long_work_says_so():
    x, y, cluster, _ = sample(12, clusters=16, outcomes=3)
    heard = []

    with stages_heard_by(heard.append):
        wild_bootstrap(fit_clustered(x, y, cluster=cluster), 1, draws=1999)
        assert heard == []
        wild_bootstrap(fit_clustered(x, np.tile(y, 40), cluster=cluster), 1, draws=60_000)

    assert heard[0].name == "wild cluster bootstrap: 60000 draws, 120 outcomes"
