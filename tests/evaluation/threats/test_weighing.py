"""Tables of threats weigh places as the estimate does, and report units in both arms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from tests.evaluation.impact.towns import design_of, towns


@pytest.fixture(scope="module")
def frame():
    made = towns(np.random.default_rng(6), unequal=True)
    made["arm"] = made["town"].isin([f"town_{n}" for n in range(4)]).astype(int)
    made["answered"] = (np.arange(len(made)) % 5 > 0).astype(int)
    return made[made["wave"] == "base"].reset_index(drop=True)


def _mean_of_towns(frame: pd.DataFrame, column: str) -> pd.Series:
    means = {
        town: np.average(part[column], weights=part["weight"])
        for town, part in frame.groupby("town")
    }
    arm = frame.groupby("town")["arm"].first()
    return pd.Series(means).groupby(arm).mean()


def test_balance_by_places_of_the_same_weight(frame):
    table = rs.balance_table(
        design_of(frame), "trust", arm="arm", cluster="town", weight_cities="equal"
    )

    expected = _mean_of_towns(frame, "trust")
    assert table.levels.values == pytest.approx(expected.to_numpy())
    assert table.by_assignment.estimate == pytest.approx(table.differences.values)
    # By design: of means of towns, each with its own error, half a quarter of each.
    own = rs.estimate_mean(design_of(frame), "trust", by="town")
    error = np.sqrt((own.std_error**2).sum()) / 4
    assert table.differences.std_error[0] == pytest.approx(error)


def test_attrition_by_places_of_the_same_weight(frame):
    people = rs.follow_up(design_of(frame), arm="arm", cluster="town", responded="answered")

    found = rs.attrition(people, weight_cities="equal")

    expected = 1 - _mean_of_towns(frame, "answered")
    assert found.rates.values == pytest.approx(expected.to_numpy())
    assert found.by_assignment.estimate[0] == pytest.approx(expected[1] - expected[0])


def test_other_words_for_weights_are_refused(frame):
    with pytest.raises(ValueError, match="'equal' or 'population'"):
        rs.balance_table(design_of(frame), "trust", arm="arm", cluster="town", weight_cities="x")


def test_psu_labels_in_both_arms_are_told():
    frame = pd.DataFrame(
        {
            "town": list("aabbccdd"),
            "arm": [1, 1, 1, 1, 0, 0, 0, 0],
            "ea": [1, 2, 3, 4, 4, 5, 6, 7],
            "knows": [1, 1, 1, 0, 0, 1, 0, 0],
        }
    )
    told = rs.contamination(
        rs.SurveyDesign(frame, psu="ea"), exposure="knows", arm="arm", cluster="town"
    )
    assert told.psus_in_both == 1
    assert "1 PSU labels occur in both arms" in repr(told)

    nested = rs.SurveyDesign(frame, psu="ea", stratum="arm", nested_psu=True)
    apart = rs.contamination(nested, exposure="knows", arm="arm", cluster="town")
    assert apart.psus_in_both == 0
