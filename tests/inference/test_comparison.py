from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import resilience as rs
from resilience.definitions.measures import Measure, Signature
from resilience.errors import ComparisonError, ResilienceWarning

SAME = Signature("rule-1", ("a", "b"), {"a": "as defined", "b": "as defined"})
FEWER = Signature("rule-1", ("a",), {"a": "as defined"})
RELABELLED = Signature("rule-1", ("a", "b"), {"a": "as defined", "b": "0 none; 1 a bit"})
OTHER_RULE = Signature("rule-2", ("a", "b"), {"a": "as defined", "b": "as defined"})


def scored(design: rs.SurveyDesign, first: Signature, second: Signature) -> rs.SurveyDesign:
    """Return the design with a score that was made so in the first and so in the second wave."""
    signatures = {"w1": first, "w2": second}
    common = dict.fromkeys(signatures, replace(FEWER, rule="rule-1:common"))
    score = Measure("y", "index", {"en": "Y"}, "points", "neutral", signatures)
    variant = Measure("y_common", "index", {"en": "Y"}, "points", "neutral", common, common=True)
    frame = design.frame.assign(y_common=design.frame["y"] + 1)
    return replace(design, frame=frame, measures={"y": score, "y_common": variant})


def test_change_is_the_difference_of_levels(design):
    levels = rs.estimate_mean(design, "y", by=["site", "wave"])

    change = rs.compare(levels, over="wave", reference="w1")

    np.testing.assert_allclose(change.values, levels.values[1::2] - levels.values[::2])
    assert change.rows.to_dict("list") == {
        "measure": ["change", "change"],
        "variable": ["y", "y"],
        "site": ["north", "south"],
        "wave": ["w2", "w2"],
        "reference": ["w1", "w1"],
    }


def test_over_other_columns_it_is_a_difference(design):
    found = rs.compare(rs.estimate_mean(design, "y", by="site"), over="site", reference="north")

    assert found.measure == "difference"


def test_comparisons_may_be_compared(design):
    change = rs.compare(
        rs.estimate_mean(design, "y", by=["site", "wave"]), over="wave", reference="w1"
    )

    found = rs.compare(change, over="site", reference="north")

    assert found.values[0] == pytest.approx(change.values[1] - change.values[0])
    assert found.rows["reference_site"].tolist() == ["north"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"over": "wav", "reference": "w1"}, "do not differ by 'wav'(.|\n)*did you mean 'wave'"),
        ({"over": "wave", "reference": "w9"}, "'wave' has no value 'w9'(.|\n)*one of w1, w2"),
    ],
)
def test_what_is_not_there_is_named(design, arguments, message):
    with pytest.raises(ComparisonError, match=message):
        rs.compare(rs.estimate_mean(design, "y", by="wave"), **arguments)


def test_rows_without_a_reference_are_told(frame):
    part = frame[(frame["site"] == "north") | (frame["wave"] == "w2")]
    design = rs.SurveyDesign(part, stratum="stratum", psu="psu", wave="wave", waves="same_psu")
    levels = rs.estimate_mean(design, "y", by=["site", "wave"])

    with pytest.warns(ResilienceWarning, match="1 rows have no 'w1'.*south"):
        found = rs.compare(levels, over="wave", reference="w1")

    assert found.rows["site"].tolist() == ["north"]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (FEWER, "b not asked in w2"),
        (RELABELLED, "other answer labels in w2 for b"),
        (OTHER_RULE, "scored by another rule in w2"),
    ],
)
def test_scores_that_are_not_the_same_score_are_not_compared(design, second, reason):
    levels = rs.estimate_mean(scored(design, SAME, second), "y", by="wave")

    with pytest.raises(ComparisonError, match=reason) as caught:
        rs.compare(levels, over="wave", reference="w1")

    assert [str(part) for part in caught.value.refused["y"]] == [reason]


def test_the_same_score_is_compared(design):
    levels = rs.estimate_mean(scored(design, SAME, SAME), "y", by="wave")

    assert len(rs.compare(levels, over="wave", reference="w1")) == 1


def test_common_items_are_compared_under_their_own_name(design):
    levels = rs.estimate_mean(scored(design, SAME, FEWER), ["y", "y_common"], by="wave")

    found = rs.compare(levels, over="wave", reference="w1", items="common")

    assert found.rows["variable"].tolist() == ["y_common"]


def test_common_items_must_have_been_estimated(design):
    levels = rs.estimate_mean(scored(design, SAME, FEWER), "y", by="wave")

    with pytest.raises(ComparisonError, match="no 'y_common' to compare instead"):
        rs.compare(levels, over="wave", reference="w1", items="common")


def test_waves_with_different_scores_are_not_pooled(design):
    with pytest.raises(ComparisonError, match=r"pooling waves(.|\n)*b not asked in w2"):
        rs.estimate_mean(scored(design, SAME, FEWER), "y", by="site")


def test_results_of_two_analyses_by_different_rules_are_not_compared(design):
    """A wave scored by another rule is refused also when it comes from elsewhere."""
    first = rs.estimate_mean(scored(design, SAME, SAME), "y", by="wave")
    second = rs.estimate_mean(scored(design, OTHER_RULE, OTHER_RULE), "y", by="wave")

    joint = rs.concat([first.select([0]), second.select([1])])

    with pytest.raises(ComparisonError, match="another rule"):
        rs.compare(joint, over="wave", reference="w1")
