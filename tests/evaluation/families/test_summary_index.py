"""Summary indices: what is frozen, what is missing, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import EstimationError, EvaluationError, ResilienceWarning

BETTER = {"trust": "increase", "contact": "increase", "fear": "decrease"}
ITEMS = list(BETTER)


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(8)
    n = 800
    own = rng.normal(size=n)
    later = np.repeat([0, 1], n // 2)
    return pd.DataFrame(
        {
            "wave": np.where(later, "w2", "w1"),
            "site": np.tile(["north", "south"], n // 2),
            "psu": np.arange(n) // 10,
            "w": rng.uniform(1, 3, n),
            "trust": 50 + 10 * (own + rng.normal(size=n)) + 5 * later,
            "contact": 3 + own + rng.normal(size=n),
            "fear": 20 - 4 * own + 4 * rng.normal(size=n) - 2 * later,
        }
    )


def designed(frame):
    return rs.SurveyDesign(frame, weight="w", psu="psu", wave="wave", waves="independent")


REFERENCE = {"wave": "w1", "site": "south"}


@pytest.mark.parametrize("method", ["mean_of_z", "inverse_covariance"])
def test_the_reference_group_has_mean_0_and_standard_deviation_1(frame, method):
    design = designed(frame)
    index = rs.fit_summary_index(design, ITEMS, BETTER, reference=REFERENCE, method=method)

    applied = rs.apply_summary_index(design, index, name="cohesive")

    mean = rs.estimate_mean(applied, "cohesive", by=["wave", "site"])
    row = (mean.rows["wave"].astype(str) == "w1") & (mean.rows["site"] == "south")
    assert mean.values[row] == pytest.approx(0, abs=1e-12)
    own = applied.frame[(frame["wave"] == "w1") & (frame["site"] == "south")]
    assert np.average(own["cohesive"] ** 2, weights=own["w"]) == pytest.approx(1)
    assert set(mean.unit) == {"standard deviations"}
    assert index.weights.sum() == pytest.approx(1)


def test_moments_do_not_move_with_later_waves(frame):
    index = rs.fit_summary_index(designed(frame), ITEMS, BETTER, reference=REFERENCE)
    moved = frame.assign(trust=frame["trust"] + 30 * (frame["wave"] == "w2"))

    again = rs.fit_summary_index(designed(moved), ITEMS, BETTER, reference=REFERENCE)

    np.testing.assert_array_equal(again.means, index.means)
    np.testing.assert_array_equal(again.std_devs, index.std_devs)


def test_directions_turn_items_round(frame):
    design = designed(frame)
    turned = designed(frame.assign(fear=-frame["fear"]))
    first = rs.fit_summary_index(design, ITEMS, BETTER, reference=REFERENCE)
    second = rs.fit_summary_index(
        turned, ITEMS, {**BETTER, "fear": "increase"}, reference=REFERENCE
    )

    one, other = (
        rs.apply_summary_index(d, i).frame["summary_index"]
        for d, i in ((design, first), (turned, second))
    )
    np.testing.assert_allclose(one, other)


def test_too_few_items_are_no_index_and_others_are_the_mean_of_what_is_there(frame):
    missing = frame.copy()
    missing.loc[0, "trust"] = np.nan
    missing.loc[1, ["trust", "fear"]] = np.nan
    design = designed(missing)
    index = rs.fit_summary_index(design, ITEMS, BETTER, reference=REFERENCE, rescaled=False)

    found = rs.apply_summary_index(design, index).frame["summary_index"]

    z = [
        (missing.loc[0, "contact"] - index.means[1]) / index.std_devs[1],
        -(missing.loc[0, "fear"] - index.means[2]) / index.std_devs[2],
    ]
    assert index.minimum_answered == 2
    assert found[0] == pytest.approx(np.mean(z) - index.centre)
    assert np.isnan(found[1])
    assert found.notna().sum() == len(found) - 1


def test_not_rescaled_it_is_the_mean_of_z_whose_effect_is_the_mean_of_effects(frame):
    design = designed(frame)
    index = rs.fit_summary_index(design, ITEMS, BETTER, reference=REFERENCE, rescaled=False)

    applied = rs.apply_summary_index(design, index)
    both = [
        rs.compare(rs.estimate_mean(applied, name, by="wave"), over="wave", reference="w1").values[
            0
        ]
        for name in ("summary_index", *ITEMS)
    ]

    signs = np.array([1, 1, -1])
    assert both[0] == pytest.approx(np.mean(signs * np.array(both[1:]) / index.std_devs))


def test_items_that_say_the_same_weigh_less(frame):
    doubled = frame.assign(again=frame["trust"] + 8 * np.random.default_rng(1).normal(size=800))
    index = rs.fit_summary_index(
        designed(doubled), [*ITEMS, "again"], {**BETTER, "again": "increase"},
        reference=REFERENCE, method="inverse_covariance",
    )  # fmt: skip

    weight = dict(zip(index.items, index.weights, strict=True))
    assert weight["trust"] + weight["again"] < weight["contact"] + weight["fear"]


def test_negative_weights_are_warned_of_and_need_all_items(frame):
    rng = np.random.default_rng(2)
    nearly = frame.assign(
        x=frame["trust"], y=frame["trust"] * 3 + frame["contact"] + rng.normal(size=len(frame))
    )
    with pytest.warns(ResilienceWarning, match="falls where these items improve"):
        index = rs.fit_summary_index(
            designed(nearly), ["x", "y", "contact"],
            {"x": "increase", "y": "increase", "contact": "increase"},
            reference=REFERENCE, method="inverse_covariance",
        )  # fmt: skip

    assert index.minimum_answered == 3


def test_nothing_of_respondents_is_shown(frame):
    index = rs.fit_summary_index(designed(frame), ITEMS, BETTER, reference=REFERENCE)

    assert "standard deviations of" in repr(index)
    assert "<table" in index._repr_html_()
    assert len(index.to_frame()) == 3


REFUSED = {
    "no direction": ({"directions": {"trust": "increase"}}, EvaluationError, "has no direction"),
    "wrong word": ({"directions": {**BETTER, "fear": "down"}}, EvaluationError, "that is none"),
    "other item": ({"directions": {**BETTER, "feer": "decrease"}}, EvaluationError, "no item"),
    "one item": (
        {"items": ["trust"], "directions": {"trust": "increase"}},
        EvaluationError,
        "several items",
    ),
    "method": ({"method": "pca"}, EvaluationError, "no such index"),
    "minimum": ({"minimum_answered": 4}, EvaluationError, "cannot be asked for"),
    "nobody": ({"reference": {"wave": "w9"}}, EstimationError, "w9"),
    "no column": ({"reference": {"town": "a"}}, EstimationError, "town"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_index_is_refused(frame, case):
    changed, error, words = REFUSED[case]
    arguments = {"items": ITEMS, "directions": BETTER, "reference": REFERENCE, **changed}

    with pytest.raises(error, match=words):
        rs.fit_summary_index(
            designed(frame), arguments.pop("items"), arguments.pop("directions"), **arguments
        )


@pytest.mark.parametrize("method", ["mean_of_z", "inverse_covariance"])
def test_an_item_that_does_not_vary_in_the_reference_group_is_refused(frame, method):
    flat = frame.assign(fear=frame["fear"].where(frame["wave"] == "w2", 3.0))

    with pytest.raises(EvaluationError, match="'fear' does not vary"):
        rs.fit_summary_index(designed(flat), ITEMS, BETTER, reference=REFERENCE, method=method)


def test_combinations_of_items_have_no_inverse(frame):
    same = frame.assign(fear=-2 * frame["trust"])

    with pytest.raises(EvaluationError, match="combinations of each other"):
        rs.fit_summary_index(
            designed(same), ITEMS, BETTER, reference=REFERENCE, method="inverse_covariance"
        )


def test_a_column_is_never_overwritten(frame):
    design = designed(frame)
    index = rs.fit_summary_index(design, ITEMS, BETTER, reference=REFERENCE)

    with pytest.raises(EvaluationError, match="column 'trust' already"):
        rs.apply_summary_index(design, index, name="trust")
