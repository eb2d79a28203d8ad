"""Scores of the core questionnaire, against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.definitions.measures import COMMON_SUFFIX
from resilience.errors import ScoringError
from resilience.responses.coding import REASON_CODES

NAN = float("nan")

# Answers of simulated respondents, and their scores by pencil and paper. An answer's points
# are 100 (code - lowest) / (highest - lowest) of its scale; fai2 is keyed negatively.
#             complete  gaps  silent
ANSWERS = {
    "bel1": (5, 5, NAN),  # 100, 100
    "bel2": (4, NAN, NAN),  # 75
    "bel4": (3, 1, NAN),  # 50, 0
    "brg1": (4, 4, NAN),  # 75, 75
    "brg2": (2, NAN, NAN),  # 25
    "con1": (3, 0, NAN),  # 100, 0
    "con2": (1, 0, NAN),  # 33 1/3, 0
    "coo1": (4, 1, NAN),  # 100, 0
    "coo2": (2, 4, NAN),  # 33 1/3, 100
    "lnk1": (3, NAN, NAN),  # 50
    "lnk2": (2, NAN, NAN),  # 25
    "lnk4": (4, 5, NAN),  # 75, 100
    "fai1": (2, 5, NAN),  # 25, 100
    "fai2": (4, 1, NAN),  # reversed: 25, 100
    "voi2": (2, 0, NAN),  # 66 2/3, 0
    "voi4": (3, 1, NAN),  # 50, 0
    "saf1": (3, NAN, NAN),  # 66 2/3
    "saf2": (4, 5, NAN),  # 75, 100
    "rsp1": (4, 1, NAN),  # 75, 0
    "rsp3": (3, NAN, NAN),  # 50
    "rsp4": (5, 2, NAN),  # 100, 25
    "hlp1": (2, NAN, NAN),  # 25
    "hlp2": (3, 5, NAN),  # 50, 100
    "rec1": (4, NAN, NAN),  # 75
}
SCORES = {
    "belonging": (75, 50, NAN),  # two of three items are enough
    "bridging": (50, NAN, NAN),  # two thirds of two items are both
    "contact": (200 / 3, 0, NAN),
    "cooperation": (200 / 3, 50, NAN),
    "local_trust": (50, NAN, NAN),  # one of three is too few
    "fairness": (25, 100, NAN),
    "voice": (175 / 3, 0, NAN),
    "safety": (425 / 6, 100, NAN),  # one half of two items is one
    "local_response": (75, 12.5, NAN),
    "help_seeking": (37.5, NAN, NAN),
    "recovery": (75, NAN, NAN),
    "cohesion": (775 / 12, 100 / 3, NAN),  # gaps: 50, -, 0, 50: three of four are enough
    "institutions": (400 / 9, 50, NAN),  # gaps: -, 100, 0: two of three are enough
    "prevention": (775 / 12, NAN, NAN),  # gaps: 100, 12.5, -, -: two of four are too few
    "resilience": (3125 / 54, NAN, NAN),  # all three are needed
    "trust_other_groups": (1, 1, NAN),  # gaps: one answer decides an "any"
    "positive_contact": (1, 0, NAN),
    "trust_municipality": (0, NAN, NAN),
    "equal_treatment": (0, 1, NAN),
    "can_influence": (0, 0, NAN),
    "good_response_municipality": (1, 0, NAN),
    "knows_where_to_turn": (0, NAN, NAN),
    "feels_safe": (1, NAN, NAN),
    "good_response_schools": (0, NAN, NAN),
    "good_response_religious_leaders": (1, 0, NAN),
}


@pytest.fixture(scope="module")
def core():
    return rs.load_instrument("crc_core", form="short")


@pytest.fixture(scope="module")
def whole():
    return rs.load_instrument("crc_core")


@pytest.fixture
def everybody(whole):
    """One respondent who gave the lowest answer to every question."""
    lowest = {item.id: whole.scales[item.scale].minimum for item in whole.items}
    return pd.DataFrame([lowest], dtype=float)


@pytest.fixture
def answers():
    return pd.DataFrame(ANSWERS, dtype=float)


@pytest.fixture(scope="module")
def responses(lebanon):
    return rs.load_responses(lebanon)


def _without(responses, wave, items):
    """Return the responses as if a wave's questionnaire had not had some items."""
    here = (responses.frame["wave"] == wave).to_numpy()
    frame, reasons = responses.frame.copy(), responses.reasons.copy()
    frame.loc[here, list(items)] = np.nan
    reasons.loc[here, list(items)] = REASON_CODES["not_asked"]
    asked = tuple(
        part for part in responses.asked if not (part.wave == wave and part.item in items)
    )
    return replace(responses, frame=frame, reasons=reasons, asked=asked)


def _relabelled(responses, wave, item):
    """Return the responses as if a wave had shown other answer labels for an item."""
    asked = tuple(
        replace(part, labels="1 never; 5 always")
        if (part.wave, part.item) == (wave, item)
        else part
        for part in responses.asked
    )
    return replace(responses, asked=asked)


def _of(scored, wave):
    return scored.frame[scored.frame["wave"] == wave]


def _commons(scored):
    return {name for name in scored.measures if name.endswith(COMMON_SUFFIX)}


# The core questionnaire


@pytest.mark.parametrize("name", list(SCORES))
def test_a_score_equals_the_one_worked_out_by_hand(core, answers, name):
    actual = rs.score(answers, core)[name]

    np.testing.assert_allclose(actual, SCORES[name], rtol=1e-12)


def test_every_index_and_indicator_was_worked_out_by_hand(core):
    names = {part.id for part in (*core.indices, *core.indicators)}

    assert names == set(SCORES)


def test_items_of_one_index_are_set_to_points_by_scales_of_their_own(whole, everybody):
    # 0 to 3: never, once; 1 to 5: agree; 0 to 3 reversed: never
    everybody.loc[0, ["con1", "con2", "con3", "con4", "con5"]] = [0, 1, 3, 4, 0]

    actual = rs.score(everybody, whole).loc[0, "contact"]

    assert actual == pytest.approx((0 + 100 / 3 + 100 + 75 + 100) / 5)


@pytest.mark.parametrize(
    ("indicator", "answers", "expected"),
    [
        ("rejects_violence", {"nvi1": 4, "nvi2": 2}, 1),
        ("rejects_violence", {"nvi1": 5, "nvi2": 3}, 0),
        ("rejects_violence", {"nvi1": NAN, "nvi2": 3}, 0),
        ("rejects_violence", {"nvi1": 5, "nvi2": NAN}, NAN),
        ("treated_unfairly", {"unfair_age": 1, "unfair_sex": NAN}, 1),
        ("treated_unfairly", {"unfair_sex": NAN}, NAN),
        ("aware_network", {"net1": 1, "net2": NAN}, 1),
        ("in_contact_network", {"net2": 0, "net3": NAN}, 0),
        ("expects_violence", {"saf3": 4}, 1),
        ("relations_worse", {"ten1": 1}, 1),
        ("relations_better", {"ten1": 2}, 0),
    ],
)
def test_single_indicators_of_the_whole_questionnaire(
    whole, everybody, indicator, answers, expected
):
    everybody.loc[0, list(answers)] = list(answers.values())

    actual = rs.score(everybody, whole).loc[0, indicator]

    np.testing.assert_equal(float(actual), float(expected))


def test_the_rejection_of_violence_moves_no_index(whole, everybody):
    names = [index.id for index in whole.indices]
    before = rs.score(everybody, whole)[names]
    everybody[["nvi1", "nvi2", "nvi3", "nvi4", "brg0", "lnk9"]] = 5.0

    pd.testing.assert_frame_equal(rs.score(everybody, whole)[names], before)


def test_an_indicator_that_one_missing_answer_leaves_open_is_missing(core, answers):
    answers.loc[0, ["brg1", "brg2"]] = [2.0, NAN]

    actual = rs.score(answers, core)["trust_other_groups"]

    assert np.isnan(actual[0])


def test_scores_of_the_simulated_survey_equal_a_slow_calculation(core, scored):
    scales = core.scales
    items = {item.id: item for item in core.items}

    def points(row, item):
        scale = scales[items[item].scale]
        share = (row[item] - scale.minimum) / (scale.maximum - scale.minimum)
        return 100 * (1 - share if items[item].keyed == "negative" else share)

    for _, row in scored.frame.iloc[::97].iterrows():
        found = {item: points(row, item) for item in items if not np.isnan(row[item])}
        for index in core.indices:
            there = [found[part] for part in index.parts if part in found]
            if len(there) >= index.minimum_share * len(index.parts):
                found[index.id] = fmean(there)
            assert row[index.id] == pytest.approx(found.get(index.id, NAN), nan_ok=True)


# The rule for missing answers


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("all", {"belonging": NAN, "fairness": 100, "cohesion": NAN, "institutions": NAN}),
        ("declared", {"belonging": 50, "fairness": 100, "cohesion": 100 / 3, "institutions": 50}),
        # any: bridging 75 joins cohesion, local trust 100 joins institutions
        ("any", {"belonging": 50, "fairness": 100, "cohesion": 43.75, "institutions": 200 / 3}),
    ],
)
def test_the_rule_for_missing_answers_can_be_replaced(core, answers, rule, expected):
    actual = rs.score(answers, core, minimum_answered=rule).loc[1, list(expected)]

    assert actual.to_dict() == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("rule", ["all", "declared", "any"])
def test_who_answered_nothing_has_no_score_under_any_rule(core, answers, rule):
    actual = rs.score(answers, core, minimum_answered=rule).loc[2, list(SCORES)]

    assert actual.isna().all()


@pytest.mark.parametrize("rule", ["all", "declared", "any"])
def test_the_rule_for_missing_answers_does_not_touch_complete_ones(core, answers, rule):
    actual = rs.score(answers, core, minimum_answered=rule).loc[0, list(SCORES)]

    np.testing.assert_allclose(actual.to_numpy(float), [score[0] for score in SCORES.values()])


def test_scores_by_another_rule_are_signed_as_another_score(responses):
    declared = rs.score(responses).measures["cohesion"].signatures["baseline"]
    complete = rs.score(responses, minimum_answered="all").measures["cohesion"]

    assert complete.signatures["baseline"].rule == declared.rule + ":all"


# What is refused


def test_every_missing_item_column_is_named(core, answers):
    with pytest.raises(ScoringError) as caught:
        rs.score(answers.drop(columns=["bel1", "rec1"]), core)

    told = [issue.what for issue in caught.value.issues]
    assert told == ["there is no column for item 'bel1'", "there is no column for item 'rec1'"]


def test_a_column_of_a_similar_name_is_suggested(core, answers):
    with pytest.raises(ScoringError) as caught:
        rs.score(answers.rename(columns={"bel1": "BEL_1"}), core)

    assert caught.value.issues[0].remedy == "did you mean 'BEL_1'?"


@pytest.mark.parametrize("stray", [0.0, 6.0, 2.5, 98.0, -1.0, float("inf")])
def test_a_value_outside_the_scale_is_refused(core, answers, stray):
    answers.loc[0, "bel1"] = stray

    with pytest.raises(ScoringError, match="item 'bel1' has values outside its scale"):
        rs.score(answers, core)


def test_text_in_place_of_codes_is_refused_and_not_shown(core, answers):
    answers["bel1"] = pd.Series(["5", "a secret", None], dtype=object)

    with pytest.raises(ScoringError) as caught:
        rs.score(answers, core)

    assert caught.value.issues[0].found == "1 rows"
    assert "secret" not in str(caught.value)


def test_all_that_is_wrong_is_told_at_once(core, answers):
    answers.loc[0, "bel1"] = 9.0
    answers.loc[1, "con1"] = 9.0

    with pytest.raises(ScoringError) as caught:
        rs.score(answers.drop(columns="rec1"), core)

    assert len(caught.value.issues) == 3


def test_a_frame_without_its_instrument_is_wrong_usage(answers):
    with pytest.raises(TypeError, match="'instrument' is needed"):
        rs.score(answers)


# Frames


def test_a_frame_and_responses_with_the_same_answers_have_the_same_scores(core, responses, scored):
    items = [item.id for item in core.items]

    actual = rs.score(responses.frame[items], core)[list(SCORES)]

    pd.testing.assert_frame_equal(actual, scored.frame[list(SCORES)])


def test_the_frame_passed_in_is_not_changed(core, answers):
    before = answers.copy()

    rs.score(answers, core)

    pd.testing.assert_frame_equal(answers, before)


def test_the_responses_passed_in_are_not_changed(responses):
    frame, reasons = responses.frame.copy(), responses.reasons.copy()

    rs.score(responses)

    pd.testing.assert_frame_equal(responses.frame, frame)
    pd.testing.assert_frame_equal(responses.reasons, reasons)


def test_other_columns_and_the_index_of_a_frame_are_kept(core, answers):
    answers.insert(0, "district", ["a", "b", "c"])
    answers.index = pd.Index([30, 10, 20])

    actual = rs.score(answers, core)

    assert actual.columns.tolist() == [*answers.columns, *SCORES]
    assert actual["district"].to_dict() == {30: "a", 10: "b", 20: "c"}
    assert actual.loc[30, "belonging"] == 75


def test_scoring_again_replaces_scores_and_adds_no_columns(core, answers):
    once = rs.score(answers, core)

    pd.testing.assert_frame_equal(rs.score(once, core), once)


def test_whole_numbers_that_may_be_missing_are_scored_as_numbers(core, answers):
    nullable = answers.astype("Int64")

    pd.testing.assert_frame_equal(
        rs.score(nullable, core)[list(SCORES)], rs.score(answers, core)[list(SCORES)]
    )


def test_the_order_of_rows_means_nothing(core, answers):
    backwards = answers.iloc[::-1]

    actual = rs.score(backwards, core).sort_index()

    pd.testing.assert_frame_equal(actual, rs.score(answers, core))


# Waves that asked different items


@pytest.fixture(scope="module")
def two_not_asked(responses):
    """Scores where the endline left out one of three items and one of two."""
    return rs.score(_without(responses, "endline", {"lnk2", "brg2"}))


def test_an_item_not_asked_does_not_count_as_missing(core, two_not_asked):
    here = _of(two_not_asked, "endline")
    both = here[["lnk1", "lnk4"]].notna().all(axis=1)

    expected = 100 * (here.loc[both, ["lnk1", "lnk4"]].mean(axis=1) - 1) / 4

    pd.testing.assert_series_equal(here.loc[both, "local_trust"], expected, check_names=False)
    assert here.loc[~both, "local_trust"].isna().all()


def test_the_same_answers_would_miss_the_score_if_the_item_had_been_asked(responses):
    blank = responses.frame.assign(brg2=np.nan)

    refused = rs.score(replace(responses, frame=blank))
    not_asked = rs.score(_without(responses, "endline", {"brg2"}))

    assert _of(refused, "endline")["bridging"].isna().all()
    assert _of(not_asked, "endline")["bridging"].notna().mean() > 0.9


def test_the_signature_of_each_wave_lists_the_items_it_asked(two_not_asked):
    signatures = two_not_asked.measures["local_trust"].signatures

    assert {wave: mark.items for wave, mark in signatures.items()} == {
        "baseline": ("lnk1", "lnk2", "lnk4"),
        "midline": ("lnk1", "lnk2", "lnk4"),
        "endline": ("lnk1", "lnk4"),
    }


def test_the_signature_carries_the_hash_of_the_rule(lebanon, scored):
    rules = {mark.rule for mark in scored.measures["cohesion"].signatures.values()}

    assert rules == {lebanon.questionnaire.rule_hash("cohesion")}


def test_there_is_no_common_variant_where_all_waves_asked_alike(scored):
    assert _commons(scored) == set()
    assert not [name for name in scored.frame if name.endswith(COMMON_SUFFIX)]


def test_a_common_variant_is_there_for_the_indices_that_differ_and_no_others(two_not_asked):
    differing = {"bridging", "local_trust", "cohesion", "institutions", "resilience"}

    assert _commons(two_not_asked) == {name + COMMON_SUFFIX for name in differing}
    assert all(two_not_asked.measures[name].common for name in _commons(two_not_asked))


def test_a_common_variant_is_the_score_on_the_items_that_all_waves_asked(two_not_asked):
    frame = two_not_asked.frame
    complete = frame[frame[["lnk1", "lnk4"]].notna().all(axis=1)]

    expected = 100 * (complete[["lnk1", "lnk4"]].mean(axis=1) - 1) / 4

    pd.testing.assert_series_equal(complete["local_trust_common"], expected, check_names=False)


def test_a_common_variant_equals_the_score_in_the_wave_that_asked_only_those_items(two_not_asked):
    here = _of(two_not_asked, "endline")

    for name in ("bridging", "local_trust", "institutions", "cohesion", "resilience"):
        pd.testing.assert_series_equal(here[name + COMMON_SUFFIX], here[name], check_names=False)


def test_a_common_variant_is_signed_alike_in_all_waves(two_not_asked):
    signatures = two_not_asked.measures["local_trust_common"].signatures

    assert set(signatures) == {"baseline", "midline", "endline"}
    assert len({(mark.rule, mark.items) for mark in signatures.values()}) == 1
    assert signatures["endline"].items == ("lnk1", "lnk4")


def test_an_index_that_shares_no_item_between_waves_has_no_common_variant(responses):
    scored = rs.score(_without(responses, "endline", {"brg1", "brg2"}))

    assert "bridging_common" not in scored.measures
    assert "bridging_common" not in scored.frame
    assert "cohesion_common" in scored.measures


def test_a_wave_that_asked_nothing_alike_has_no_part_in_a_common_variant(responses):
    other = responses
    for item in ("lnk1", "lnk2", "lnk4"):
        other = _relabelled(other, "baseline", item)
    scored = rs.score(_without(other, "midline", {"lnk4"}))

    common = scored.measures["local_trust_common"]
    assert set(common.signatures) == {"midline", "endline"}
    assert common.signatures["endline"].items == ("lnk1", "lnk2")
    assert _of(scored, "baseline")["local_trust_common"].isna().all()
    assert _of(scored, "endline")["local_trust_common"].notna().any()


def test_an_index_none_of_whose_items_were_asked_is_missing_and_unsigned(responses):
    scored = rs.score(_without(responses, "endline", {"brg1", "brg2"}))

    assert _of(scored, "endline")["bridging"].isna().all()
    assert set(scored.measures["bridging"].signatures) == {"baseline", "midline"}


def test_an_index_of_indices_needs_its_share_of_those_that_were_asked(responses):
    scored = rs.score(_without(responses, "endline", {"brg1", "brg2"}))
    here = _of(scored, "endline")
    parts = here[["belonging", "contact", "cooperation"]]

    # Three of four parts is three quarters; of three that were asked that is all three.
    assert here.loc[parts.notna().all(axis=1), "cohesion"].notna().all()
    assert here.loc[parts.isna().any(axis=1), "cohesion"].isna().all()


def test_an_indicator_needs_all_its_items_asked(responses):
    scored = rs.score(_without(responses, "endline", {"brg2"}))

    assert _of(scored, "endline")["trust_other_groups"].isna().all()
    assert _of(scored, "midline")["trust_other_groups"].notna().any()
    assert set(scored.measures["trust_other_groups"].signatures) == {"baseline", "midline"}


def test_other_answer_labels_make_another_signature_and_a_common_variant(responses):
    scored = rs.score(_relabelled(responses, "midline", "lnk2"))
    signatures = scored.measures["local_trust"].signatures

    assert signatures["midline"] != signatures["baseline"]
    assert signatures["endline"] == signatures["baseline"]
    assert scored.measures["local_trust_common"].signatures["midline"].items == ("lnk1", "lnk4")


def test_an_item_that_no_wave_asked_alike_is_left_out_of_the_common_variant_in_all(responses):
    scored = rs.score(_relabelled(responses, "midline", "lnk2"))
    here = _of(scored, "baseline")
    complete = here[here[["lnk1", "lnk2", "lnk4"]].notna().all(axis=1)]

    expected = 100 * (complete[["lnk1", "lnk4"]].mean(axis=1) - 1) / 4

    pd.testing.assert_series_equal(complete["local_trust_common"], expected, check_names=False)
