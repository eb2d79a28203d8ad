"""Which test leads follows from the design alone."""

from __future__ import annotations

import pytest

from resilience.errors import EvaluationError
from resilience.evaluation.few_clusters.recommending import recommend_inference

USUAL = {
    "mechanism": "non_random",
    "treated": 4,
    "comparison": 4,
    "df": 6.0,
    "largest_share": 0.125,
    "smallest_p": 2 / 70,
}


@pytest.mark.parametrize(
    ("change", "headline", "wild", "reasons"),
    [
        ({}, "cr2", "recommended", []),
        ({"mechanism": "random"}, "randomisation", "recommended", []),
        ({"mechanism": "matched_pairs"}, "randomisation", "recommended", []),
        ({"treated": 2, "comparison": 6}, "cr2", "shown", ["few_treated"]),
        ({"treated": 6, "comparison": 2}, "cr2", "shown", ["few_comparison"]),
        ({"df": 3.9}, "cr2", "shown", ["few_degrees_of_freedom"]),
        ({"df": float("nan")}, "cr2", "shown", ["few_degrees_of_freedom"]),
        ({"largest_share": 0.34}, "cr2", "shown", ["one_cluster_dominates"]),
        ({"largest_share": 1 / 3}, "cr2", "recommended", []),
        ({"treated": 2, "comparison": 2, "largest_share": 0.25}, "cr2", "shown",
         ["few_treated", "few_comparison"]),
        ({"treated": 2, "comparison": 3, "largest_share": 0.2}, "cr2", "shown", ["few_treated"]),
        ({"treated": 3, "comparison": 3, "largest_share": 0.4}, "cr2", "shown",
         ["one_cluster_dominates"]),
        ({"treated": 3, "comparison": 9, "largest_share": 0.21}, "none", "shown",
         ["one_cluster_dominates", "no_test_keeps_its_size"]),
        ({"mechanism": "random", "treated": 3, "comparison": 9, "largest_share": 0.4},
         "randomisation", "shown", ["one_cluster_dominates"]),
        ({"treated": 1, "comparison": 20}, "none", "shown",
         ["few_treated", "one_cluster_in_an_arm"]),
        ({"mechanism": "random", "treated": 1, "comparison": 20, "smallest_p": 1 / 21},
         "randomisation", "shown", ["few_treated", "one_cluster_in_an_arm"]),
        ({"mechanism": "random", "treated": 3, "comparison": 3, "smallest_p": 0.1},
         "randomisation", "recommended", ["cannot_reach_five_percent"]),
        ({"mechanism": "random", "smallest_p": float("nan")}, "randomisation", "recommended",
         ["cannot_reach_five_percent"]),
    ],
)  # fmt: skip
def test_rule(change, headline, wild, reasons):
    design = {**USUAL, **change}

    advice = recommend_inference(**design)

    random = design["mechanism"] != "non_random"
    first = "random_assignment" if random else "non_random_assignment"
    assert (advice.headline, advice.wild) == (headline, wild)
    assert advice.reasons == (first, *reasons)


@pytest.mark.parametrize("mechanism", ["random", "non_random"])
def test_one_place_against_one_is_never_an_impact(mechanism):
    design = {**USUAL, "mechanism": mechanism, "treated": 1, "comparison": 1, "largest_share": 0.5}

    assert recommend_inference(**design).headline == "none"


@pytest.mark.parametrize(
    "change", [{"mechanism": "chance"}, {"treated": 0}, {"comparison": 0}, {"largest_share": 1.5}]
)
def test_impossible_designs_are_refused(change):
    with pytest.raises(EvaluationError, match="not possible"):
        recommend_inference(**{**USUAL, **change})
