"""Fits, CR2, leaving out: the same numbers by the textbook's matrices, refusals by name."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg, stats

from resilience.errors import EvaluationError
from resilience.evaluation.few_clusters.clusters import fit_clustered
from resilience.evaluation.few_clusters.leaving_out import leave_one_cluster_out
from resilience.evaluation.few_clusters.satterthwaite import cr1, cr2
from tests.evaluation.few_clusters.samples import sample, t_of

RTOL = 1e-9


def by_the_book(x, y, cluster, weight, column):
    """Return the CR2 error and df from n x n matrices, as the papers write them."""
    n, w = len(y), np.diag(weight)
    inverse = np.linalg.inv(x.T @ w @ x)
    maker = np.eye(n) - x @ inverse @ x.T @ w
    left, variance, columns = maker @ y, 0.0, []
    for g in np.unique(cluster):
        own = cluster == g
        middle = maker[own] @ maker[own].T
        values, vectors = linalg.eigh(middle)
        kept = values > 1e-10 * values.max()
        root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
        direction = root @ (weight[own, None] * x[own]) @ inverse[column]
        variance += (direction @ left[own]) ** 2
        columns.append(maker[own].T @ direction)
    q = np.array(columns) @ np.array(columns).T
    return np.sqrt(variance), np.trace(q) ** 2 / (q**2).sum()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("missing", [False, True])
def test_cr2_by_the_book(weighted, missing):
    x, y, cluster, weight = sample(missing=missing)
    weight = weight if weighted else np.ones(len(weight))

    test = cr2(fit_clustered(x, y, cluster=cluster, weight=weight), 1)

    for j in range(2):
        kept = ~np.isnan(y[:, j])
        error, df = by_the_book(x[kept], y[kept, j], cluster[kept], weight[kept], 1)
        assert test.std_error[j] == pytest.approx(error, rel=RTOL)
        assert test.df[j] == pytest.approx(df, rel=RTOL)


def test_cr2_with_constants_of_clusters_and_of_waves():
    _, y, cluster, weight = sample(3)
    wave = np.arange(len(y)) % 2
    x = np.column_stack([np.eye(8)[cluster], wave, wave * (cluster < 3)]).astype(float)

    test = cr2(fit_clustered(x, y[:, 0], cluster=cluster, weight=weight), 9)

    assert (test.std_error[0], test.df[0]) == pytest.approx(
        by_the_book(x, y[:, 0], cluster, weight, 9), rel=1e-8
    )


def test_means_of_equal_clusters_give_the_t_test():
    """Equal clusters, no covariates: CR2 is the t test with Satterthwaite's (Welch's) error."""
    rng = np.random.default_rng(1)
    y = rng.normal(size=8)
    x = np.column_stack([np.ones(8), np.repeat([0.0, 1], 4)])

    test = cr2(fit_clustered(x, y, cluster=np.arange(8)), 1)

    welch = stats.ttest_ind(y[4:], y[:4], equal_var=False)
    assert test.estimate[0] / test.std_error[0] == pytest.approx(welch.statistic, rel=RTOL)
    assert test.df[0] == pytest.approx(6, rel=RTOL)


def test_an_effect_that_rests_on_one_cluster_has_no_error():
    x, y, cluster, weight = sample(treated=1)

    test = cr2(fit_clustered(x, y, cluster=cluster, weight=weight), 1)

    assert np.isnan([test.std_error, test.df, test.p_value]).all()
    assert np.isfinite(test.estimate).all()


def test_a_constant_outcome_has_no_p_value():
    x, y, cluster, weight = sample()
    y[:, 1] = 7

    test = cr2(fit_clustered(x, y, cluster=cluster, weight=weight), 1)

    assert test.std_error[1] == 0
    assert np.isnan(test.p_value[1])
    assert np.isfinite(test.p_value[0])


def test_usual_errors():
    x, y, cluster, weight = sample(missing=True)

    test = cr1(fit_clustered(x, y, cluster=cluster, weight=weight), 1, correction="clusters")

    found = [t_of(x, y[:, j], cluster, weight, 1) for j in range(2)]
    assert test.estimate / test.std_error == pytest.approx(found, rel=RTOL)
    assert (test.df == 7).all()


def test_interval_and_level():
    x, y, cluster, _ = sample()
    test = cr2(fit_clustered(x, y, cluster=cluster), 1)

    low, high = test.interval(level=0.9)

    half = stats.t.ppf(0.95, test.df) * test.std_error
    assert np.array([low, high]) == pytest.approx(np.array([-half, half]) + test.estimate)
    with pytest.raises(ValueError, match="between 0 and 1"):
        test.interval(level=95)


@pytest.mark.parametrize("fixed", [False, True])
def test_leaving_a_cluster_out_is_fitting_without_it(fixed):
    x, y, cluster, weight = sample(missing=True)
    if fixed:
        wave = np.arange(len(y)) % 2
        x = np.column_stack([wave * x[:, 1], wave, np.eye(8)[cluster]])
    fit = fit_clustered(x, y, cluster=cluster, weight=weight)

    estimates = leave_one_cluster_out(fit, 0 if fixed else 1)

    for g in range(8):
        for j in range(2):
            kept = (cluster != g) & ~np.isnan(y[:, j])
            root = np.sqrt(weight[kept])
            whole = np.linalg.lstsq(x[kept] * root[:, None], y[kept, j] * root, rcond=None)[0]
            assert estimates[g, j] == pytest.approx(whole[0 if fixed else 1], rel=1e-8)


def test_leaving_out_the_only_treated_cluster():
    x, y, cluster, _ = sample(treated=1)

    estimates = leave_one_cluster_out(fit_clustered(x, y, cluster=cluster), 1)

    assert np.isnan(estimates[0]).all()
    assert np.isfinite(estimates[1:]).all()


def test_rows_without_weight_or_answer_are_counted_out():
    x, y, cluster, weight = sample()
    y[:3, 0], weight[3:5] = np.nan, 0

    fit = fit_clustered(x, y, cluster=cluster, weight=weight)

    assert fit.n.tolist() == [len(y) - 5, len(y) - 2]
    assert np.isnan(fit.residuals[:5, 0]).all()


def test_dependent_columns_are_named():
    x, y, cluster, _ = sample()
    x = np.column_stack([x, 2 * x[:, 1] + x[:, 0]])

    with pytest.raises(EvaluationError) as caught:
        fit_clustered(x, y, cluster=cluster, names=["constant", "treated", "age", "twice"])

    assert caught.value.issues[0].found == "twice"


def test_an_arm_without_answers_is_told_by_outcome():
    x, y, cluster, _ = sample()
    y[x[:, 1] == 1, 1] = np.nan

    with pytest.raises(EvaluationError) as caught:
        fit_clustered(x, y, cluster=cluster, names=["constant", "treated", "age"])

    assert [issue.found for issue in caught.value.issues] == ["treated"]
    assert "outcome 1" in caught.value.issues[0].where


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"x": np.ones((5, 1))}, "shapes do not agree"),
        ({"x": np.full((6, 1), np.nan)}, "columns have missing values"),
        ({"y": np.full(6, np.inf)}, "outcomes are infinite"),
        ({"weight": -np.ones(6)}, "weights are not usable"),
        ({"cluster": [0, 0, 1, 1, 3, 3]}, "codes of clusters leave gaps"),
        ({"cluster": [0.0, 0, 1, 1, 2, 2]}, "codes of clusters leave gaps"),
        ({"y": np.ones((0, 1)), "x": np.ones((0, 1)), "cluster": []}, "shapes do not agree"),
    ],
)
def test_unusable_arrays_are_refused(change, what):
    given = {"x": np.ones((6, 1)), "y": np.arange(6.0), "cluster": [0, 0, 1, 1, 2, 2], **change}

    with pytest.raises(EvaluationError, match=what):
        fit_clustered(given.pop("x"), given.pop("y"), **given)


@pytest.mark.parametrize("contrast", [7, -1, "nobody", [1.0, 2], [0.0, 0, 0], [1.0, np.nan, 0]])
def test_contrasts_that_are_none(contrast):
    x, y, cluster, _ = sample()
    fit = fit_clustered(x, y, cluster=cluster, names=["constant", "treated", "age"])

    with pytest.raises(EvaluationError, match="constant, treated, age"):
        cr2(fit, contrast)


def test_large_clusters_need_no_large_matrix():
    import time

    rng = np.random.default_rng(1)
    cluster = np.repeat(np.arange(8), 5_000)
    x = np.column_stack([np.ones(40_000), cluster < 3, rng.normal(size=(40_000, 8))])
    fit = fit_clustered(
        x, rng.normal(size=(40_000, 5)), cluster=cluster, weight=rng.gamma(3, 1, 40_000)
    )

    start = time.process_time()
    test = cr2(fit, 1)

    assert time.process_time() - start < 1
    assert np.isfinite(test.p_value).all()
