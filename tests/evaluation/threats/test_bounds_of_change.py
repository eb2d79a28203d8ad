"""Bounds of the effect on each person's change: by hand, and sharper where the start is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import EvaluationError

START = [1.0, 2, 3, 4, 1, 2, 3, 4]
LATER = [2.0, 3, 4, np.nan, 1, 2, 3, np.nan]


@pytest.fixture
def people():
    """Two towns against two, everybody known at the start, one of each arm lost."""
    rows = pd.DataFrame({"town": list("aabbccdd"), "arm": [1] * 4 + [0] * 4, "id": range(8)})
    frame = pd.concat([rows.assign(wave="first", y=START), rows.assign(wave="last", y=LATER)])
    design = rs.SurveyDesign(
        frame.dropna().reset_index(drop=True),
        psu="town",
        wave="wave",
        respondent_id="id",
        waves="panel",
    )
    return rs.follow_up(design, arm="arm", cluster="town", between=("first", "last"))


def test_the_difference_is_that_of_changes_among_the_found(people):
    assert rs.lee_bounds(people, "y", since_start=True).difference == pytest.approx([1.0])


def test_lee_bounds_meet_where_both_arms_kept_as_many_and_all_changed_alike(people):
    bounds = rs.lee_bounds(people, "y", since_start=True)

    assert bounds.lower == pytest.approx([1.0])
    assert bounds.upper == pytest.approx([1.0])


def test_the_lost_can_have_changed_only_within_the_scale(people):
    bounds = rs.manski_bounds(people, "y", low=1, high=5, since_start=True)

    # Both lost stood at 4: they can have fallen by 3 or risen by 1.
    assert bounds.lower == pytest.approx([(3 - 3) / 4 - (0 + 1) / 4])
    assert bounds.upper == pytest.approx([(3 + 1) / 4 - (0 - 3) / 4])


def test_a_change_beyond_the_scale_is_refused(people):
    with pytest.raises(EvaluationError, match="beyond the ends of its scale"):
        rs.manski_bounds(people, "y", low=1, high=3.5, since_start=True)
