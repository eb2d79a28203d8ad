"""Change where ids are lost: assumed, or between bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import resilience as rs
from resilience.definitions.measures import Measure, Signature
from resilience.errors import ComparisonError, ResilienceWarning


def level(frame: pd.DataFrame, wave: str, by: str | None = "site", **more: object) -> rs.Estimates:
    part = frame[frame["wave"] == wave].reset_index(drop=True)
    design = rs.SurveyDesign(
        part, weight="weight", stratum="stratum", psu="psu", wave="wave", **more
    )
    return rs.estimate_mean(design, "y", by=[*([by] if by else []), "wave"])


@pytest.fixture
def waves(frame):
    return level(frame, "w1"), level(frame, "w2")


def test_bounds_are_told_and_the_interval_takes_the_widest(waves):
    found = rs.change_without_ids(*waves)
    low, high = found.interval()

    a, b = (part.std_error for part in waves)
    np.testing.assert_allclose(found.std_error_low, np.abs(a - b), rtol=1e-9)
    np.testing.assert_allclose(found.std_error_high, a + b, rtol=1e-12)
    np.testing.assert_array_equal(found.std_error, found.std_error_high)
    np.testing.assert_allclose((high - low) / 2 / (a + b), stats.t.ppf(0.975, [3, 6]), rtol=1e-9)
    assert found.df.tolist() == [3, 6]
    assert "Nothing is assumed" in repr(found)


def test_the_table_has_the_columns_of_all_results(waves):
    table = rs.change_without_ids(*waves, reliability=0.6, overlap=0.5).to_frame()

    assert list(table) == [
        *("measure", "variable", "site", "wave", "reference", "estimate", "std_error"),
        *("conf_low", "conf_high", "df", "n", "n_effective", "deff"),
        *("std_error_low", "std_error_high", "method"),
    ]
    assert table[
        ["measure", "wave", "reference", "method"]
    ].drop_duplicates().to_numpy().tolist() == [["change", "w2", "w1", "reliability"]]


def test_what_is_assumed_is_said(waves):
    found = rs.change_without_ids(*waves, reliability=0.6, overlap=0.5)

    said = "50% of respondents are in both waves, and their two answers correlate 0.6"
    assert said in found.assumption
    assert said in found._repr_html_()
    half = rs.change_without_ids(*waves, overlap=0.5)
    assert "beyond 50% of respondents" in half.assumption
    assert (half.std_error_high < rs.change_without_ids(*waves).std_error_high).all()


def test_without_overlap_waves_are_independent(waves):
    found = rs.change_without_ids(*waves, reliability=0.9, overlap=0.0)

    variance = waves[0].std_error ** 2 + waves[1].std_error ** 2
    np.testing.assert_allclose(found.std_error**2, variance, rtol=1e-12)


def test_waves_without_a_column_are_called_first_and_second():
    first, second = (
        rs.estimate_mean(rs.SurveyDesign(pd.DataFrame({"y": y}), study=study), "y")
        for study, y in (("in spring", [1.0, 3, 5]), ("in autumn", [2.0, 6, 7]))
    )

    found = rs.change_without_ids(first, second)

    assert found.rows[["wave", "reference"]].to_numpy().tolist() == [["second", "first"]]


@pytest.mark.parametrize(
    ("assumed", "message"),
    [
        ({"reliability": 0.5}, "without how many are in both(.|\n)*bounds"),
        ({"reliability": 1.2, "overlap": 0.5}, "no correlation"),
        ({"overlap": 1.3}, "so many cannot be in both"),
        ({"overlap": -0.1}, "so many cannot be in both"),
    ],
)
def test_shares_that_cannot_be_are_refused(waves, assumed, message):
    with pytest.raises(ComparisonError, match=message):
        rs.change_without_ids(*waves, **assumed)


def test_nobody_counts_twice(frame):
    smaller = level(frame[(frame["wave"] == "w1") | (frame["age"] > 30)], "w2", by=None)
    larger = level(frame, "w1", by=None)
    most = np.sqrt(smaller.n[0] / larger.n[0])

    assert rs.change_without_ids(larger, smaller, overlap=most).method == "bounds"
    with pytest.raises(ComparisonError, match=f"0 to {most:.4g}"):
        rs.change_without_ids(larger, smaller, overlap=most + 0.01)


def test_a_covariance_that_is_known_is_not_assumed(design):
    levels = rs.estimate_mean(design, "y", by="wave")

    with pytest.raises(ComparisonError, match="covariance of these waves is known"):
        rs.change_without_ids(levels.select([0]), levels.select([1]))


def test_rows_must_belong_together(frame, waves):
    both = rs.concat(list(waves))
    with pytest.raises(ComparisonError, match="differ in nothing but the wave"):
        rs.change_without_ids(both, waves[1])
    with pytest.raises(ComparisonError, match="no row in common"):
        rs.change_without_ids(waves[0], level(frame, "w2", by="sex"))
    with pytest.raises(ComparisonError, match="different units"):
        rs.change_without_ids(waves[0], replace(waves[1], unit=("points",) * 2))
    with pytest.warns(ResilienceWarning, match="1 rows are in one wave only"):
        assert len(rs.change_without_ids(waves[0], waves[1].select([1]))) == 1


def test_scores_must_be_the_same(frame):
    def scored(wave: str, rule: str) -> rs.Estimates:
        signature = {wave: Signature(rule, ("a",), {"a": "as defined"})}
        score = Measure("y", "index", {"en": "Y"}, "points", "neutral", signature)
        return level(frame, wave, measures={"y": score})

    with pytest.raises(ComparisonError, match="another rule"):
        rs.change_without_ids(scored("w1", "one"), scored("w2", "two"))
    assert len(rs.change_without_ids(scored("w1", "one"), scored("w2", "one"))) == 2
