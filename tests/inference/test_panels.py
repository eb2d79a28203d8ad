"""Change within persons: who is linked, who is left out, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.definitions.measures import Measure, Signature
from resilience.errors import ComparisonError, EstimationError

BETWEEN = ("w1", "w2")
VERBS = [rs.estimate_panel_change, rs.estimate_turnover]


@pytest.fixture
def people(frame) -> pd.DataFrame:
    """The simulated waves as a panel: of each ten persons two drop out and two come in."""
    number = frame.groupby("wave").cumcount()
    fresh = (frame["wave"] == "w2") & (number % 5 == 4)
    return frame.assign(person=np.where(fresh, "new-", "old-") + number.astype("str"))


def design_of(frame: pd.DataFrame, **more: object) -> rs.SurveyDesign:
    roles = {"weight": "weight", "stratum": "stratum", "psu": "psu", "wave": "wave"}
    return rs.SurveyDesign(frame, **{**roles, "waves": "panel", "respondent_id": "person", **more})


def wide_of(frame: pd.DataFrame) -> pd.DataFrame:
    first, second = (frame[frame["wave"] == wave] for wave in BETWEEN)
    return first.merge(second, on="person", suffixes=("_1", "_2"))


def test_the_mean_change_is_that_of_those_in_both(people):
    wide = wide_of(people)
    expected = np.average(wide["y_2"] - wide["y_1"], weights=wide["weight_2"])

    found = rs.estimate_panel_change(design_of(people), "y", between=BETWEEN)

    assert found.values[0] == pytest.approx(expected, rel=1e-12)
    assert found.n.tolist() == [len(wide)]
    assert found.rows.to_dict("records") == [
        {"measure": "panel_change", "variable": "y", "wave": "w2", "reference": "w1"}
    ]


def test_attrition_is_told(people):
    found = rs.estimate_panel_change(
        design_of(people), "y", between=BETWEEN, by="sex", where={"site": "south"}
    )

    assert found.provenance.respondents == {"w1": 60, "w2": 60, "both": 48}
    assert found.provenance.n_excluded == {
        "in the other wave or outside the restriction": 80,
        "in w2 only": 8,
    }
    assert found.provenance.where == "site: south"
    assert found.n.sum() == 32


def test_weights_may_be_those_of_the_earlier_wave(people):
    heavier = people.assign(weight=people["weight"] * (1 + (people["wave"] == "w2") * people["z"]))
    wide = wide_of(heavier)
    gain = wide["y_2"] - wide["y_1"]

    for weights, column in (("later", "weight_2"), ("earlier", "weight_1")):
        found = rs.estimate_panel_change(design_of(heavier), "y", between=BETWEEN, weights=weights)
        assert found.values[0] == pytest.approx(np.average(gain, weights=wide[column]), rel=1e-12)
        assert found.rows["wave"].tolist() == ["w2"]


def test_persons_belong_where_the_wave_whose_weights_are_used_puts_them(people):
    moved = people.assign(region=np.where(people["wave"] == "w1", "old", "new"))

    later = rs.estimate_panel_change(design_of(moved), "y", between=BETWEEN, by="region")
    earlier = rs.estimate_panel_change(
        design_of(moved), "y", between=BETWEEN, by="region", weights="earlier"
    )

    assert later.rows["region"].tolist() == ["new"]
    assert earlier.rows["region"].tolist() == ["old"]


def test_whoever_has_no_answer_in_one_wave_is_not_in_the_change(people):
    first = people.index[people["wave"] == "w1"][:3]
    lacking = people.copy()
    lacking.loc[first, "y"] = np.nan

    found = rs.estimate_panel_change(design_of(lacking), ["y", "z"], between=BETWEEN)

    assert (found.n[1] - found.n[0]) == 3


def test_a_group_that_dropped_out_whole_has_no_estimate_and_stays_in_sight(people):
    gone = people.copy()
    north = (gone["site"] == "north") & (gone["wave"] == "w2")
    gone.loc[north, "person"] = "other-" + gone.loc[north, "person"]

    found = rs.estimate_panel_change(design_of(gone), "y", between=BETWEEN, by="site")

    assert found.rows["site"].tolist() == ["north", "south"]
    assert np.isnan([found.values[0], found.std_error[0]]).all()
    assert found.n[0] == 0
    assert np.isfinite(found.std_error[1])


def test_changes_of_groups_are_contrasted_on_one_sample(people):
    found = rs.estimate_panel_change(design_of(people), "y", between=BETWEEN, by="sex")

    difference = rs.compare(found, over="sex", reference="f")

    direct = found.covariance
    expected = direct[0, 0] + direct[1, 1] - 2 * direct[0, 1]
    assert difference.std_error[0] ** 2 == pytest.approx(expected, rel=1e-12)


def test_moves_add_up_and_their_balance_is_the_net_change(people):
    design = design_of(people)

    moves = rs.estimate_turnover(design, "z", between=BETWEEN, by="site")
    net = rs.estimate_panel_change(design, "z", between=BETWEEN, by="site")

    assert moves.rows["move"].tolist() == ["down", "down", "same", "same", "up", "up"]
    by_site = moves.values.reshape(3, 2)
    np.testing.assert_allclose(by_site.sum(axis=0), 1, rtol=1e-12)
    balance = moves.contrast(np.array([[-1, 0, 0, 0, 1, 0], [0, -1, 0, 0, 0, 1.0]]))
    np.testing.assert_allclose(balance.values, net.values, rtol=1e-12)
    np.testing.assert_allclose(balance.covariance, net.covariance, rtol=1e-9, atol=1e-15)


def test_a_table_of_moves_has_a_row_for_each_pair_of_answers(people):
    design = design_of(people)

    table = rs.estimate_turnover(design, "item", between=BETWEEN, moves="table")
    moves = rs.estimate_turnover(design, "item", between=BETWEEN)

    assert len(table) == 25
    up = table.values[(table.rows["to"] > table.rows["from"]).to_numpy()].sum()
    assert up == pytest.approx(moves.values[2], rel=1e-12)
    assert table.unit == ("share",) * 25


def test_categories_without_order_move_or_stay(people):
    kind = pd.Categorical(np.where(people["y"] > 50, "work", "none"), ["none", "work"])
    jobs = people.assign(job=kind)

    plain = rs.estimate_turnover(design_of(jobs), "job", between=BETWEEN)
    ranked = rs.estimate_turnover(
        design_of(jobs.assign(job=kind.as_ordered())), "job", between=BETWEEN
    )
    table = rs.estimate_turnover(design_of(jobs), "job", between=BETWEEN, moves="table")

    assert plain.rows["move"].tolist() == ["same", "moved"]
    assert ranked.rows["move"].tolist() == ["down", "same", "up"]
    assert plain.values[1] == pytest.approx(ranked.values[0] + ranked.values[2], rel=1e-12)
    assert table.rows[["from", "to"]].to_numpy().tolist() == [
        ["none", "none"],
        ["none", "work"],
        ["work", "none"],
        ["work", "work"],
    ]


@pytest.mark.parametrize("verb", VERBS)
def test_ids_that_occur_twice_are_counted_and_not_shown(people, verb):
    secret = people.assign(person="phone-" + people["person"])
    secret.loc[secret.index[1], "person"] = secret.loc[secret.index[0], "person"]

    with pytest.raises(EstimationError, match="more than once in a wave") as caught:
        verb(design_of(secret), "z", between=BETWEEN)

    assert "1 rows of w1" in caught.value.issues[0].found
    assert "phone" not in str(caught.value)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("between", "message"),
    [
        (("w1", "w9"), "two different waves of the design(.|\n)*w1, w9"),
        (("w1", "w1"), "two different waves"),
        (("w1",), "two different waves"),
    ],
)
def test_waves_that_are_not_there_are_named(people, verb, between, message):
    with pytest.raises(EstimationError, match=message):
        verb(design_of(people), "z", between=between)


@pytest.mark.parametrize("relation", ["same_psu", "independent"])
def test_equal_ids_are_the_same_person_only_in_a_panel(people, relation):
    with pytest.raises(EstimationError, match=f"not said to be a panel(.|\n)*{relation}"):
        rs.estimate_panel_change(design_of(people, waves=relation), "y", between=BETWEEN)


def test_a_panel_without_ids_is_told_what_else_there_is(people):
    with pytest.raises(EstimationError, match=r"cannot be told apart(.|\n)*change_without_ids"):
        rs.estimate_panel_change(design_of(people, respondent_id=None), "y", between=BETWEEN)


def test_nobody_in_both_is_refused(people):
    only_new = people["person"].str.startswith("new")

    with pytest.raises(EstimationError, match="nobody is in both waves"):
        rs.estimate_panel_change(
            design_of(people), "y", between=BETWEEN, where=only_new | (people["wave"] == "w1")
        )


def test_a_score_must_be_the_same_in_both(people):
    rules = {"w1": Signature("one", ("a",), {}), "w2": Signature("two", ("a",), {})}
    score = Measure("y", "index", {"en": "Y"}, "points", "neutral", rules)

    with pytest.raises(ComparisonError, match=r"change within persons(.|\n)*another rule in w2"):
        rs.estimate_panel_change(design_of(people, measures={"y": score}), "y", between=BETWEEN)


def test_a_table_of_too_many_answers_is_refused(people):
    with pytest.raises(EstimationError, match="too many answers for a table"):
        rs.estimate_turnover(design_of(people), "y", between=BETWEEN, moves="table")


@pytest.mark.parametrize("argument", [{"weights": "both"}, {"moves": "all"}])
def test_words_that_are_none_are_refused(people, argument):
    with pytest.raises(ValueError, match=next(iter(argument))):
        rs.estimate_turnover(design_of(people), "z", between=BETWEEN, **argument)
