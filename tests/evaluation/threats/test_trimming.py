"""Trimmed means, bounds and regions against closed forms and brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.evaluation.threats.trimming import (
    People,
    lee_influence,
    lee_points,
    trimmed_mean,
)

RTOL = 1e-12
# The analytic error divides by n as Lee does; ours, of persons drawn directly, by n - 1.
RTOL_CLOSED_FORM = 2e-3
DIFFERENCES = 1e-6


def brute(y: np.ndarray, weight: np.ndarray, share: float) -> float:
    """The mean of the lowest share, unit of weight by unit of weight, ties shared."""
    order = np.argsort(y, kind="stable")
    y, weight = y[order], weight[order]
    total = share * weight.sum()
    kept = np.zeros(len(y))
    for value in np.unique(y):
        here = y == value
        room = max(total - kept.sum(), 0.0)
        kept[here] = weight[here] * min(1.0, room / weight[here].sum())
    return float(kept @ y / kept.sum())


@pytest.mark.parametrize("share", [1.0, 0.9, 0.5, 0.31, 0.02])
@pytest.mark.parametrize("likert", [True, False])
def test_trimmed_mean_equals_brute_force(share, likert):
    rng = np.random.default_rng(3)
    y = rng.integers(1, 6, 80).astype(float) if likert else rng.normal(size=80)
    weight = rng.gamma(3, 1, 80)

    low = trimmed_mean(y, weight, share, top=False)
    high = trimmed_mean(y, weight, share, top=True)

    assert low.mean == pytest.approx(brute(y, weight, share), rel=RTOL)
    assert high.mean == pytest.approx(-brute(-y, weight, share), rel=RTOL)
    assert abs(low.influence.sum()) < RTOL
    assert low.mean <= np.average(y, weights=weight) + RTOL <= high.mean + 2 * RTOL


def test_ties_make_no_order_of_rows_matter():
    rng = np.random.default_rng(4)
    y, weight = rng.integers(1, 6, 60).astype(float), rng.gamma(3, 1, 60)
    turn = rng.permutation(60)

    assert trimmed_mean(y, weight, 0.7, top=True).mean == pytest.approx(
        trimmed_mean(y[turn], weight[turn], 0.7, top=True).mean, rel=RTOL
    )


def people(rng, n=400, *, likert=False, cells=1, treated_keeps=True) -> tuple[People, np.ndarray]:
    treated = np.arange(n) % 2 == 0
    cell = rng.integers(0, cells, n)
    y = rng.normal(size=n) + 0.3 * treated + 0.5 * cell
    if likert:
        y = np.clip(np.round(y + 3), 1, 5)
    keep = np.where(treated == treated_keeps, 0.9, 0.7)
    observed = rng.random(n) < keep
    return People(y, observed, treated, cell, cells, treated_keeps), rng.gamma(4, 0.25, n)


@pytest.mark.parametrize("likert", [True, False])
@pytest.mark.parametrize("cells", [1, 3])
@pytest.mark.parametrize("keeps", [True, False])
def test_influence_is_the_derivative_by_weights(likert, cells, keeps):
    rng = np.random.default_rng(5)
    who, weight = people(rng, likert=likert, cells=cells, treated_keeps=keeps)
    influence = lee_influence(who, weight)

    np.testing.assert_allclose(influence.sum(axis=0), 0.0, atol=1e-12)
    for row in rng.choice(len(weight), 40, replace=False):
        step = np.zeros(len(weight))
        step[row] = 1e-7
        slope = (lee_points(who, weight + step) - lee_points(who, weight - step)) / 2e-7
        np.testing.assert_allclose(influence[row], slope * weight[row], atol=DIFFERENCES)


def test_errors_are_those_of_lee_2009_for_persons_drawn_directly():
    """Proposition 3: trimmed variance, the cut's own error, and the untrimmed arm's."""
    rng = np.random.default_rng(6)
    who, _ = people(rng, n=6_000)
    frame = pd.DataFrame({"id": range(6_000), "arm": who.treated.astype(int), "y": who.y})
    frame["answered"] = who.observed.astype(int)
    design = rs.SurveyDesign(frame, respondent_id="id", stratum="arm")
    asked = rs.follow_up(design, arm="arm", cluster="id", responded="answered")
    bounds = rs.lee_bounds(asked, "y")

    d, s, y = who.treated, who.observed, who.y
    q1, q0, size = s[d].mean(), s[~d].mean(), len(y)
    p = (q1 - q0) / q1
    seen, others = np.sort(y[d & s]), y[~d & s]
    cut = seen[int(np.ceil((1 - p) * len(seen))) - 1]
    below = seen[seen <= cut]
    share, mu = (d & s).mean(), below.mean()
    cut_variance = (1 - p) ** 2 * ((1 - q1) / (q1 * d.mean()) + (1 - q0) / (q0 * (~d).mean()))
    variance = (
        below.var() / (share * (1 - p))
        + (cut - mu) ** 2 * p / (share * (1 - p))
        + ((cut - mu) / (1 - p)) ** 2 * cut_variance
        + others.var() / (~d & s).mean()
    )

    assert bounds.lower[0] == pytest.approx(mu - others.mean(), abs=2e-3)
    assert bounds.se_lower[0] == pytest.approx(np.sqrt(variance / size), rel=RTOL_CLOSED_FORM)


def test_bounds_meet_where_nobody_is_lost():
    rng = np.random.default_rng(7)
    who, weight = people(rng)
    full = People(who.y, np.ones(400, bool), who.treated, who.cell, 1, treated_keeps=True)
    means = [np.average(who.y[arm], weights=weight[arm]) for arm in (who.treated, ~who.treated)]

    low, high = lee_points(full, weight)

    assert low == pytest.approx(high, rel=RTOL)
    assert low == pytest.approx(means[0] - means[1], rel=RTOL)


# Regions


def test_regions_go_from_two_sided_to_one_sided():
    low, high = rs.imbens_manski([0, 0, 0], [0, 0.5, 50], 1.0, 1.0)

    np.testing.assert_allclose(low, [-1.959964, -1.769713, -1.644854], atol=5e-4)
    np.testing.assert_allclose(high - [0, 0.5, 50], -low, atol=1e-9)


@pytest.mark.parametrize("df", [3.0, np.inf])
def test_regions_solve_their_equation(df):
    from scipy import stats

    width, errors = 1.3, (0.8, 1.1)
    low, _ = rs.imbens_manski(0.0, width, *errors, level=0.9, df=df)
    c = -float(low) / errors[0]

    held = stats.t.cdf(c + width / max(errors), df) - stats.t.cdf(-c, df)
    assert held == pytest.approx(0.9, abs=1e-9)


def test_regions_are_not_known_where_a_bound_is_not():
    low, high = rs.imbens_manski([np.nan, 1.0, 0.0], [1.0, 0.0, 1.0], 1.0, [1.0, 1.0, np.nan])

    assert np.isnan(low).all()
    assert np.isnan(high).all()
    with pytest.raises(ValueError, match="level"):
        rs.imbens_manski(0.0, 1.0, 1.0, 1.0, level=95)
