"""No effect as a finding: verdicts from where the interval lies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pingouin
import pytest

import resilience as rs
from resilience.errors import EvaluationError


def test_pingouins_tost_for_independent_observations():
    rng = np.random.default_rng(3)
    a, b = rng.normal(0, 1, 40), rng.normal(0.1, 1, 40)
    expected = pingouin.tost(a, b, bound=0.5)
    pooled = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 40)

    found = rs.equivalence_test(a.mean() - b.mean(), 0.5, std_error=pooled, df=78)

    assert found.p_value[0] == pytest.approx(expected["pval"].iloc[0], rel=1e-9)


def test_verdicts_are_where_the_interval_lies():
    found = rs.equivalence_test(
        [0.0, 4.5, 9.0, -9.0, 1.0, 1.0], 5.0, std_error=[1.0, 1.0, 1.0, 1.0, np.nan, 1.0],
        df=[20, 20, 20, 20, 20, 0],
    )  # fmt: skip

    assert found.verdicts == (
        "equivalent", "not_shown", "different", "different", "not_estimable", "not_estimable",
    )  # fmt: skip
    low, high = found.interval()
    inside = (low > -5) & (high < 5)
    np.testing.assert_array_equal(found.p_value < 0.05, inside)


def test_a_clear_effect_may_be_too_small_to_matter():
    found = rs.equivalence_test(2.0, 5.0, std_error=0.4, df=50)

    assert found.verdicts == ("equivalent",)


def test_margins_in_standard_deviations():
    one = rs.equivalence_test(1.0, 0.2, std_error=0.5, df=30, margin_unit="sd", std_dev=18.0)
    other = rs.equivalence_test(1.0, 3.6, std_error=0.5, df=30)

    np.testing.assert_allclose(one.p_value, other.p_value)
    np.testing.assert_allclose(one.margin, 3.6)


def test_rows_of_estimates_keep_what_they_are(design):
    means = rs.estimate_mean(design, ["cohesion", "resilience"], by=["wave"])
    change = rs.compare(means, over="wave", reference="baseline")

    found = rs.equivalence_test(change, 5.0)

    table = found.to_frame()
    assert list(table["variable"]) == list(change.rows["variable"])
    low, high = change.interval(level=0.9)
    np.testing.assert_allclose(table["conf_low"], low)
    np.testing.assert_allclose(table["conf_high"], high)
    assert "cover 90%" in repr(found)


def test_percentage_points_of_a_share_are_not_mistaken():
    frame = pd.DataFrame({"z": [0.0, 1] * 20, "ea": range(40), "g": ["a", "b"] * 20})
    frame["z"] = np.random.default_rng(1).integers(0, 2, 40).astype(float)
    share = rs.estimate_proportion(rs.SurveyDesign(frame, psu="ea"), "z")

    if set(share.unit) == {"share"}:
        with pytest.raises(EvaluationError, match=r"for 5 percentage points 0\.05"):
            rs.equivalence_test(share, 5.0)
    assert rs.equivalence_test(share, 0.05).verdicts


REFUSED = {
    "margin": ((1.0, 0.0), {"std_error": 1.0, "df": 5}, "not above 0"),
    "margin missing": ((1.0, np.nan), {"std_error": 1.0, "df": 5}, "not above 0"),
    "no error": ((1.0, 2.0), {"df": 5}, "one standard error"),
    "sizes": (([1.0, 2.0], 2.0), {"std_error": [1.0] * 3, "df": 5}, "do not fit"),
    "sd missing": ((1.0, 0.2), {"std_error": 1.0, "df": 5, "margin_unit": "sd"}, "std"),
    "sd for nothing": ((1.0, 2.0), {"std_error": 1.0, "df": 5, "std_dev": 3.0}, "std"),
    "level": ((1.0, 2.0), {"std_error": 1.0, "df": 5, "level": 0.4}, "no level"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_tested_is_refused(case):
    arguments, named, words = REFUSED[case]

    with pytest.raises(EvaluationError, match=words):
        rs.equivalence_test(*arguments, **named)
