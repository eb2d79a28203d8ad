"""What may be said of a change."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

import resilience as rs
from resilience.evaluation.change import Verdict, judge_changes

LEVEL = 0.95
PSUS = 12


@pytest.fixture(scope="module")
def simulated():
    """Simulated persons: 12 PSUs in two waves, three groups with other changes, one very small."""
    rng = np.random.default_rng(20260615)
    shift = {"rose": 3.0, "same": 0.0, "fell": -3.0, "rather": 1.1}
    rows = [
        {"wave": wave, "psu": psu, "group": group, "y": shift[group] * late + rng.normal()}
        for late, wave in enumerate(("before", "after"))
        for psu in range(PSUS)
        for group in shift
        for _ in range(2)
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def changes(simulated):
    design = rs.SurveyDesign(simulated, psu="psu", wave="wave", waves="same_psu")
    return rs.compare(
        rs.estimate_mean(design, "y", by=["group", "wave"]), over="wave", reference="before"
    )


def _of(changes, verdicts):
    return dict(zip(changes.rows["group"], verdicts.verdicts, strict=True))


# Verdicts


def test_clear_changes_are_told_by_their_direction(changes):
    verdicts = judge_changes(changes, level=LEVEL)

    actual = _of(changes, verdicts)
    assert actual["rose"] == "increase"
    assert actual["fell"] == "decrease"
    assert actual["same"] == "no_clear_change"


@pytest.mark.parametrize("level", [0.80, 0.90, 0.95, 0.99])
def test_a_planned_change_is_clear_exactly_if_its_own_interval_leaves_out_zero(changes, level):
    low, high = changes.interval(level=level)
    expected = np.where(low > 0, "increase", np.where(high < 0, "decrease", "no_clear_change"))

    verdicts = judge_changes(changes, level=level, planned=True)

    assert verdicts.verdicts == tuple(expected)
    assert verdicts.family_size == 1
    np.testing.assert_array_equal(verdicts.p_adjusted, verdicts.p_value)


def test_unplanned_changes_are_adjusted_for_their_number(changes):
    p_value = changes.test()["p_value"].to_numpy()

    verdicts = judge_changes(changes, level=LEVEL)

    expected = multipletests(p_value, method="holm")[1]
    np.testing.assert_allclose(verdicts.p_adjusted, expected)
    assert verdicts.family_size == len(changes)
    clear = np.array([verdict in ("increase", "decrease") for verdict in verdicts.verdicts])
    np.testing.assert_array_equal(clear, expected < 1 - LEVEL)


def test_a_change_can_be_clear_alone_and_not_among_many(changes):
    p_value = changes.test()["p_value"].to_numpy()
    row = changes.rows["group"].tolist().index("rather")
    level = 1 - 1.5 * p_value[row]  # p lies below 1 - level, and twice p above it

    alone = judge_changes(changes, level=level, planned=True)
    together = judge_changes(changes, level=level)

    assert alone.verdicts[row] == "increase"
    assert together.verdicts[row] == "no_clear_change"


def test_p_values_are_those_of_a_t_test_with_the_rows_own_degrees_of_freedom(changes):
    statistic = changes.values / changes.std_error

    verdicts = judge_changes(changes, level=LEVEL)

    np.testing.assert_allclose(verdicts.p_value, 2 * stats.t.sf(abs(statistic), changes.df))


def test_rows_outside_the_family_are_not_judged_and_do_not_count(changes):
    family = np.array([group != "same" for group in changes.rows["group"]])

    verdicts = judge_changes(changes, level=LEVEL, family=family)

    outside = changes.rows["group"].tolist().index("same")
    assert verdicts.family_size == len(changes) - 1
    assert verdicts.verdicts[outside] == "not_estimable"
    assert np.isnan(verdicts.p_adjusted[outside])
    expected = multipletests(changes.test()["p_value"][family], method="holm")[1]
    np.testing.assert_allclose(verdicts.p_adjusted[family], expected)


@pytest.mark.parametrize("planned", [True, False])
def test_a_change_without_a_standard_error_is_not_estimable(planned):
    frame = pd.DataFrame({"y": [1.0, 9.0], "psu": ["a", "a"], "wave": ["one", "two"]})
    design = rs.SurveyDesign(
        frame, psu="psu", wave="wave", waves="independent", lonely_psu="remove"
    )
    change = rs.compare(rs.estimate_mean(design, "y", by="wave"), over="wave", reference="one")

    verdicts = judge_changes(change, level=LEVEL, planned=planned)

    assert verdicts.verdicts == ("not_estimable",)


def test_a_change_that_is_missing_is_not_estimable_and_not_in_the_family(simulated):
    frame = simulated.copy()
    frame.loc[(frame["group"] == "same") & (frame["wave"] == "after"), "y"] = np.nan
    design = rs.SurveyDesign(frame, psu="psu", wave="wave", waves="same_psu")
    changes = rs.compare(
        rs.estimate_mean(design, "y", by=["group", "wave"]), over="wave", reference="before"
    )

    verdicts = judge_changes(changes, level=LEVEL)

    assert _of(changes, verdicts)["same"] == "not_estimable"
    assert verdicts.family_size == len(changes) - 1


def test_no_verdict_ever_says_that_there_was_no_change():
    assert set(get_args(Verdict)) == {
        "increase",
        "decrease",
        "no_clear_change",
        "not_estimable",
    }


def test_adjusted_verdicts_rarely_find_a_change_where_there_is_none():
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(150):
        frame = pd.DataFrame(
            {
                "y": rng.normal(size=240),
                "psu": np.tile(np.arange(20), 12),
                "group": np.repeat(list("abcdef"), 40),
                "wave": np.tile(np.repeat(["one", "two"], 20), 6),
            }
        )
        design = rs.SurveyDesign(frame, psu="psu", wave="wave", waves="same_psu")
        means = rs.estimate_mean(design, "y", by=["group", "wave"])
        verdicts = judge_changes(rs.compare(means, over="wave", reference="one"), level=LEVEL)
        found += any(verdict != "no_clear_change" for verdict in verdicts.verdicts)

    # Six changes, none real: unadjusted tests would find one in about a quarter of samples.
    # More than this are found once in a thousand runs if the rate is 5 %.
    assert found <= stats.binom.ppf(0.999, 150, 0.05)
