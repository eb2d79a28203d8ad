"""How many have a score and why answers are missing, on a few simulated rows counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import resilience as rs
from resilience.definitions.instrument import MISSING_REASONS
from resilience.responses.coding import REASON_CODES

NAN = np.nan
REFUSED, DONT_KNOW = REASON_CODES["refused"], REASON_CODES["dont_know"]


@pytest.fixture(scope="module")
def coverage(scored):
    return rs.score_coverage(scored)


@pytest.fixture(scope="module")
def tiny(lebanon):
    """Four rows of the baseline with answers to the trust items set by hand."""
    responses = rs.load_responses(lebanon)
    frame = responses.frame.iloc[:4].copy()
    reasons = responses.reasons.iloc[:4].copy()
    frame["lnk1"] = [3.0, NAN, NAN, 1.0]
    frame["lnk2"] = [3.0, 2.0, NAN, NAN]
    frame["lnk4"] = [3.0, 2.0, 1.0, 5.0]
    reasons["lnk1"] = np.array([0, REFUSED, DONT_KNOW, 0], np.int8)
    reasons["lnk2"] = np.array([0, 0, DONT_KNOW, REFUSED], np.int8)
    reasons["lnk4"] = np.array([0, 0, 0, 0], np.int8)
    asked = tuple(part for part in responses.asked if part.wave == "baseline")
    frame["wave"] = frame["wave"].cat.remove_unused_categories()
    return rs.score(replace(responses, frame=frame, reasons=reasons, asked=asked))


def _row(coverage, variable, wave="baseline"):
    there = coverage[(coverage["variable"] == variable) & (coverage["wave"] == wave)]
    assert len(there) == 1
    return there.iloc[0]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("items", 3),
        ("n", 4),
        ("n_scored", 3),  # the third row has one answer of three
        ("share_scored", 3 / 4),
        ("answered", 8 / 12),
        ("refused", 2 / 12),
        ("dont_know", 2 / 12),
        ("never_heard", 0),
    ],
)
def test_coverage_counts_what_one_counts_by_hand(tiny, column, expected):
    row = _row(rs.score_coverage(tiny), "local_trust")

    assert row[column] == pytest.approx(expected)


def test_an_indicator_is_covered_by_its_own_item_alone(tiny):
    row = _row(rs.score_coverage(tiny), "trust_municipality")

    assert (row["items"], row["n_scored"], row["answered"]) == (1, 2, 0.5)


def test_the_rule_changes_who_has_a_score_and_not_the_answers(lebanon):
    responses = rs.load_responses(lebanon)

    declared = _row(rs.score_coverage(rs.score(responses)), "resilience")
    strict = _row(rs.score_coverage(rs.score(responses, minimum_answered="all")), "resilience")

    assert strict["n_scored"] < declared["n_scored"]
    assert strict["answered"] == declared["answered"]


def test_the_shares_of_answers_and_of_reasons_add_up_to_one(coverage):
    total = coverage[["answered", *MISSING_REASONS]].sum(axis=1)

    np.testing.assert_allclose(total, 1.0)


def test_there_is_a_row_for_every_score_and_wave(coverage, scored):
    scores = [part.name for part in scored.measures.values() if part.kind != "item"]

    assert len(coverage) == 3 * len(scores)
    assert set(coverage["variable"]) == set(scores)


def test_the_number_with_a_score_is_the_number_of_values(coverage, scored):
    here = scored.frame[scored.frame["wave"] == "midline"]

    for name in ("cohesion", "trust_other_groups"):
        assert _row(coverage, name, "midline")["n_scored"] == here[name].notna().sum()


def test_a_wave_that_did_not_ask_for_an_indicator_has_no_row(lebanon):
    responses = rs.load_responses(lebanon)
    asked = tuple(p for p in responses.asked if (p.wave, p.item) != ("endline", "lnk1"))

    coverage = rs.score_coverage(rs.score(replace(responses, asked=asked)))

    waves = coverage.loc[coverage["variable"] == "trust_municipality", "wave"]
    assert waves.tolist() == ["baseline", "midline"]


def test_items_not_asked_are_not_counted_as_missing(lebanon):
    responses = rs.load_responses(lebanon)
    asked = tuple(p for p in responses.asked if (p.wave, p.item) != ("endline", "lnk1"))

    row = _row(
        rs.score_coverage(rs.score(replace(responses, asked=asked))), "local_trust", "endline"
    )

    assert (row["items"], row["not_asked"]) == (2, 0)
