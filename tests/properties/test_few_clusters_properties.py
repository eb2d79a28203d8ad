"""What must hold for tests of few clusters whatever the sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resilience.evaluation.few_clusters.admissible import admissible_assignments
from resilience.evaluation.few_clusters.clusters import fit_clustered
from resilience.evaluation.few_clusters.leaving_out import leave_one_cluster_out
from resilience.evaluation.few_clusters.randomisation import randomisation_test
from resilience.evaluation.few_clusters.reassigning import regression_statistic
from resilience.evaluation.few_clusters.satterthwaite import cr1, cr2
from resilience.evaluation.few_clusters.wild import wild_bootstrap, wild_interval
from tests.evaluation.few_clusters.samples import sample

# Degrees of freedom divide by sums of squares that nearly cancel.
RTOL = 1e-7
EXAMPLES = 30

seeds = st.integers(0, 10_000)
scales = st.floats(1e-4, 1e4)


def numbers(x, y, cluster, weight=None) -> dict[str, np.ndarray]:
    """Return all that the room computes which has no scale of its own."""
    fit = fit_clustered(x, y, cluster=cluster, weight=weight)
    test, wild = cr2(fit, 1), wild_bootstrap(fit, 1)
    clusters = fit.clusters
    treated = np.array([x[cluster == g, 1].max() > 0 for g in range(clusters)])
    statistic = regression_statistic(
        x[:, [0, 2]], y, exposure=np.ones(len(x)), cluster=cluster, weight=weight
    )
    randomised = randomisation_test(statistic, admissible_assignments(treated), treated)
    return {
        "t": test.estimate / test.std_error,
        "df": test.df,
        "p": test.p_value,
        "wild": wild.p_value,
        "wild t": wild.statistic,
        "randomisation": randomised.p_value,
        "smallest": randomised.smallest_p,
    }


def differing(
    one: dict[str, np.ndarray], other: dict[str, np.ndarray], *skipped: str
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the numbers that two samples do not have in common."""
    return {
        name: (one[name], other[name])
        for name in one.keys() - set(skipped)
        if other[name] != pytest.approx(one[name], rel=RTOL, abs=1e-10)
    }


@given(seeds)
@settings(max_examples=EXAMPLES, deadline=None)
def test_names_of_clusters_and_order_of_rows_do_not_matter(seed):
    x, y, cluster, weight = sample(seed)
    rng = np.random.default_rng(seed)
    names, order = rng.permutation(8), rng.permutation(len(y))

    other = numbers(x[order], y[order], names[cluster][order], weight[order])

    assert differing(numbers(x, y, cluster, weight), other) == {}


@given(seeds, scales, scales)
@settings(max_examples=EXAMPLES, deadline=None)
def test_scales_of_weights_and_outcomes_do_not_matter(seed, of_weights, of_outcomes):
    x, y, cluster, weight = sample(seed)

    # The degrees of freedom of CR2 know weights by their squares: their scale cancels too.
    assert (
        differing(
            numbers(x, y, cluster, weight),
            numbers(x, of_outcomes * y, cluster, of_weights * weight),
        )
        == {}
    )


@given(seeds, st.floats(-100, 100))
@settings(max_examples=EXAMPLES, deadline=None)
def test_what_other_columns_explain_does_not_matter(seed, shift):
    x, y, cluster, weight = sample(seed)

    assert (
        differing(
            numbers(x, y, cluster, weight),
            numbers(x, y + shift * x[:, [2]] + shift, cluster, weight),
        )
        == {}
    )


@given(seeds)
@settings(max_examples=EXAMPLES, deadline=None)
def test_splitting_rows_changes_only_what_counts_rows(seed):
    """Two half rows of a weight are one: estimates, CR1, bootstrap and randomisation agree."""
    x, y, cluster, weight = sample(seed)
    halves = [np.concatenate([part, part]) for part in (x, y, cluster, weight / 2)]

    # CR2's working model is of rows: half rows would be independent of each other.
    assert differing(numbers(x, y, cluster, weight), numbers(*halves), "t", "df", "p") == {}
    whole, split = (
        cr1(fit_clustered(a, b, cluster=c, weight=w), 1, correction="clusters")
        for a, b, c, w in ((x, y, cluster, weight), halves)
    )
    assert split.std_error == pytest.approx(whole.std_error, rel=RTOL)


@given(seeds)
@settings(max_examples=EXAMPLES, deadline=None)
def test_outcomes_do_not_know_each_other(seed):
    x, y, cluster, weight = sample(seed, missing=True)

    together = numbers(x, y, cluster, weight)
    alone = [numbers(x, y[:, j], cluster, weight) for j in range(2)]

    assert (
        differing(together, {name: np.concatenate([a[name] for a in alone]) for name in together})
        == {}
    )


@given(seeds)
@settings(max_examples=EXAMPLES, deadline=None)
def test_other_arm_other_sign(seed):
    x, y, cluster, weight = sample(seed)
    mirrored = x * [1, -1, 1] + [0, 1, 0]

    one = fit_clustered(x, y, cluster=cluster, weight=weight)
    other = fit_clustered(mirrored, y, cluster=cluster, weight=weight)

    assert cr2(other, 1).estimate == pytest.approx(-cr2(one, 1).estimate, rel=RTOL)
    assert cr2(other, 1).p_value == pytest.approx(cr2(one, 1).p_value, rel=RTOL)
    assert np.array_equal(wild_bootstrap(other, 1).p_value, wild_bootstrap(one, 1).p_value)
    assert leave_one_cluster_out(other, 1) == pytest.approx(-leave_one_cluster_out(one, 1))


@given(seeds)
@settings(max_examples=EXAMPLES, deadline=None)
def test_intervals_hold_the_estimate_and_agree_with_the_test(seed):
    x, y, cluster, weight = sample(seed)
    fit = fit_clustered(x, y, cluster=cluster, weight=weight)

    lower, upper = wild_interval(fit, 1)
    rejected = wild_bootstrap(fit, 1).p_value <= 0.05

    estimate = fit.coefficients[1]
    assert ((lower <= estimate) & (estimate <= upper)).all()
    # Gaps inside the interval are filled, so a rejected 0 may lie in one, never the other way.
    assert ((lower <= 0) & (upper >= 0))[~rejected].all()
