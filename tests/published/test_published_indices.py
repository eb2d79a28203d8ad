"""Indices whose parts and total were both published."""

from __future__ import annotations

import numpy as np
import pytest

from resilience.scoring.items import combine_mean

# Kenya Institute for Public Policy Research and Analysis and National Cohesion and
# Integration Commission: Social Cohesion Index, Kenya 2013. Six components and the index,
# their arithmetic mean with equal weights, all printed with one decimal.
KENYA_2013 = (72.7, 88.6, 60.5, 43.7, 40.1, 34.6)
KENYA_2013_INDEX = 56.6

# The components were rounded to 0.1 before they were printed, the index after it was computed
# from unrounded ones: each rounding moves the comparison by up to 0.05.
ROUNDING = 0.05 + 0.05


def test_the_mean_of_the_printed_components_is_56_70():
    actual = combine_mean(np.array([KENYA_2013]), needed=len(KENYA_2013))

    np.testing.assert_allclose(actual, [56.70], atol=1e-12)


def test_the_published_index_is_that_mean_but_for_rounding():
    actual = combine_mean(np.array([KENYA_2013]), needed=len(KENYA_2013))

    assert actual[0] == pytest.approx(KENYA_2013_INDEX, abs=ROUNDING + 1e-9)


def test_a_missing_component_leaves_the_index_out_where_all_are_needed():
    parts = np.array([[np.nan, *KENYA_2013[1:]]])

    assert np.isnan(combine_mean(parts, needed=len(KENYA_2013))).all()
