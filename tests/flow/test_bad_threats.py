"""What threatens an estimate, with input that cannot show it: typed errors that say what can.

Each refusal names what is left to report; a result whose number is not known has NaN there.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import EstimationError, EvaluationError

ASKED = {"arm": "arm", "cluster": "place"}
PAIR = ("w1", "w2")


def sample(places: int = 6) -> pd.DataFrame:
    """Two waves of a panel in some places, half of them treated."""
    rng = np.random.default_rng(7)
    place = np.repeat(np.arange(places), 12)
    start = pd.DataFrame({"place": place, "arm": place % 2, "id": np.arange(len(place))})
    start = start.assign(
        y=rng.normal(50, 10, len(place)), weight=1.0, sex=np.arange(len(place)) % 2
    )
    stays = rng.random(len(place)) < 0.8
    return pd.concat([start.assign(wave="w1"), start[stays].assign(wave="w2")], ignore_index=True)


def design_of(frame: pd.DataFrame) -> rs.SurveyDesign:
    return rs.SurveyDesign(
        frame, weight="weight", psu="place", wave="wave", waves="panel", respondent_id="id"
    )


def followed(frame: pd.DataFrame, **changes) -> rs.FollowUp:
    return rs.follow_up(design_of(frame), **{**ASKED, "between": PAIR, **changes})


def only(frame: pd.DataFrame, *places: int) -> pd.DataFrame:
    return frame[frame["place"].isin(places)].reset_index(drop=True)


def without(frame: pd.DataFrame, query: str) -> pd.DataFrame:
    return frame.drop(frame.query(query).index).reset_index(drop=True)


# An arm with one place


def test_an_arm_with_one_place_has_bounds_for_these_places_only():
    people = followed(only(sample(), 0, 1, 3))

    with pytest.raises(EvaluationError, match="an arm has one unit of 'place'") as told:
        rs.lee_bounds(people, "y")

    assert "errors='design'" in told.value.issues[0].remedy
    with pytest.raises(EvaluationError, match="one unit"):
        rs.manski_bounds(people, "y", low=0, high=100)


def test_an_arm_with_one_place_has_differences_without_a_p_value():
    design = design_of(only(sample(), 0, 1, 3))
    people = followed(only(sample(), 0, 1, 3))
    balance = rs.balance_table(design, "y", where={"wave": "w1"}, **ASKED).to_frame()
    lost = rs.attrition(people).to_frame()
    selective = rs.selective_attrition(people, "y").to_frame()

    assert np.isfinite(balance["estimate"]).all()
    for table in (balance, selective):
        assert table["p_value"].isna().all()
    assert lost["p_value"].isna().all()
    assert selective["p_population"].isna().all()


def test_one_place_against_one_has_no_assignment_to_compare_with():
    design = design_of(only(sample(), 0, 1))
    table = rs.balance_table(design, "y", where={"wave": "w1"}, **ASKED)

    assert table.omnibus.smallest_p == 1.0


# No baseline, nobody lost, everybody lost


def test_without_a_baseline_there_is_nothing_to_balance():
    with pytest.raises(EstimationError, match="baseline"):
        rs.balance_table(design_of(sample()), "y", where={"wave": "baseline"}, **ASKED)
    with pytest.raises(EvaluationError, match="waves before the programme are not told"):
        rs.pre_trends(design_of(sample()), "y", before=[], **ASKED)
    with pytest.raises(EvaluationError, match="waves before the programme are not told"):
        rs.pre_trends(design_of(sample()), "y", before=["w0"], **ASKED)


def test_several_waves_are_no_baseline():
    with pytest.raises(EvaluationError, match="the start is one wave"):
        rs.balance_table(design_of(sample()), "y", **ASKED)


def test_a_treated_place_missing_at_baseline_is_named():
    frame = without(sample(), "wave == 'w1' and place == 1")

    with pytest.raises(EvaluationError, match="not visited in each wave") as told:
        rs.pre_trends(design_of(frame), "y", before=["w1", "w2"], **ASKED)

    assert told.value.issues[0].found == "1"


def test_nobody_lost_is_said_and_needs_no_mending():
    start = sample().query("wave == 'w1'")
    people = followed(pd.concat([start, start.assign(wave="w2")], ignore_index=True))
    bounds = rs.lee_bounds(people, "y")

    assert rs.attrition(people).rates.values.tolist() == [0.0, 0.0]
    assert bounds.lower == pytest.approx(bounds.upper)
    assert bounds.lower == pytest.approx(bounds.difference)
    for verb in (rs.selective_attrition, rs.attrition_weights):
        with pytest.raises(EvaluationError, match="nobody was lost"):
            verb(people, "y")


def test_everybody_of_an_arm_lost_leaves_the_worst_case():
    people = followed(without(sample(), "wave == 'w2' and arm == 1"))

    with pytest.raises(EvaluationError, match="nobody of an arm has 'y'") as told:
        rs.lee_bounds(people, "y")
    with pytest.raises(EvaluationError, match="nobody of an arm was found again"):
        rs.attrition_weights(people, "sex")
    worst = rs.manski_bounds(people, "y", low=0, high=100)

    assert "manski_bounds" in told.value.issues[0].remedy
    assert np.isfinite([worst.lower[0], worst.upper[0]]).all()
    assert np.isnan(worst.difference[0])


# Ids, arms, columns


def test_overlapping_ids_are_counted_and_never_shown():
    frame = sample()
    frame.loc[frame["wave"] == "w1", "id"] = frame.loc[frame["wave"] == "w1", "id"].replace(5, 4)

    with pytest.raises(EstimationError, match="ids of respondents occur more than once") as told:
        followed(frame)

    assert told.value.issues[0].found == "1 rows of w1 with the id of another"


def test_units_in_both_arms_are_refused():
    frame = sample().assign(arm=lambda part: part["id"] % 2)

    with pytest.raises(EvaluationError, match="units of 'place' lie in both arms"):
        followed(frame)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"arm": "arms"}, "no column 'arms'"),
        ({"cluster": "plaec"}, "no column 'plaec'"),
        ({"treated": "yes"}, "was treated is not said"),
        ({"arm": "place", "cluster": "id"}, "does not tell two arms apart"),
        ({"between": None}, "who was to be found again is not said"),
        ({"responded": "sex"}, "who was to be found again is not said"),
        ({"between": None, "responded": "y"}, "does not say of everybody"),
    ],
)
def test_a_follow_up_that_is_not_told_is_refused(changes, told):
    with pytest.raises(EvaluationError, match=told):
        followed(sample(), **changes)


def test_waves_that_are_no_panel_have_nobody_to_follow():
    design = rs.SurveyDesign(sample(), psu="place", wave="wave", waves="same_psu")

    with pytest.raises(EstimationError, match="not said to be a panel"):
        rs.follow_up(design, **ASKED, between=PAIR)


def test_rates_that_contradict_monotonicity_are_refused():
    rng = np.random.default_rng(1)
    frame = sample(20).query("wave == 'w1'").reset_index(drop=True)
    # Women of treated places leave, men of the others.
    leaves = np.where(frame["sex"] == frame["arm"], 0.7, 0.05)
    frame["answered"] = (rng.random(len(frame)) > leaves).astype(int)
    design = rs.SurveyDesign(frame, weight="weight", psu="place")
    people = rs.follow_up(design, **ASKED, responded="answered")

    with pytest.raises(EvaluationError, match="made some leave and others stay") as told:
        rs.lee_bounds(people, "y", tighten="sex")

    assert "manski_bounds" in told.value.issues[0].remedy


def test_cells_and_scales_that_cannot_be_are_refused():
    people = followed(sample())
    frame = sample().assign(sex=lambda part: part["sex"].where(part["id"] != 3))

    with pytest.raises(EvaluationError, match="'sex' is missing"):
        rs.lee_bounds(followed(frame), "y", tighten="sex")
    with pytest.raises(EvaluationError, match="one arm only"):
        rs.lee_bounds(people, "y", tighten="place")
    with pytest.raises(EvaluationError, match="beyond the ends"):
        rs.manski_bounds(people, "y", low=0, high=5)
    with pytest.raises(EvaluationError, match="no outcome 'z'"):
        rs.lee_bounds(people, "z")


def test_blocks_must_fit_the_mechanism():
    people = followed(sample())

    with pytest.raises(EvaluationError, match="do not fit together"):
        rs.attrition(people, mechanism="blocked")
    with pytest.raises(EvaluationError, match="do not lie in one value"):
        rs.attrition(people, mechanism="blocked", blocks="sex")


def test_variables_that_tell_who_was_lost_make_no_weights():
    frame = sample()
    gone = set(frame.loc[frame["wave"] == "w1", "id"]) - set(frame.loc[frame["wave"] == "w2", "id"])
    frame["left"] = frame["id"].isin(gone).astype(float)

    with pytest.raises(EvaluationError, match="cannot be estimated"):
        rs.attrition_weights(followed(frame), "left")


def test_exposure_is_yes_or_no():
    with pytest.raises(EstimationError, match="not a column of 0 and 1"):
        rs.contamination(design_of(sample()), exposure="y", where={"wave": "w2"}, **ASKED)


def test_nobody_exposed_keeps_nothing_known():
    design = design_of(sample().assign(knows=0.0))
    told = rs.contamination(design, exposure="knows", where={"wave": "w2"}, **ASKED)

    assert np.isnan(told.kept.values[0])


def test_fieldwork_needs_two_waves_and_its_own_rows():
    design = design_of(sample())

    with pytest.raises(EvaluationError, match="two different waves"):
        rs.fieldwork_shifts(design, "y", between=("w1", "w9"))
    with pytest.raises(EvaluationError, match="reasons are those of other rows"):
        rs.fieldwork_shifts(design, "y", between=PAIR, reasons=pd.DataFrame({"y": [0]}))


@pytest.mark.parametrize(
    "verb",
    [
        rs.attrition,
        lambda people: rs.selective_attrition(people, "y"),
        lambda people: rs.attrition_weights(people, "y"),
        lambda people: rs.lee_bounds(people, "y"),
        lambda people: rs.manski_bounds(people, "y", low=0, high=1),
    ],
)
def test_a_design_does_not_say_who_was_to_be_found_again(verb):
    with pytest.raises(EvaluationError, match="who was to be found again") as caught:
        verb(rs.SurveyDesign(pd.DataFrame({"y": [0, 1]})))

    assert "rs.follow_up" in caught.value.issues[0].remedy
