from __future__ import annotations

import pandas as pd
import pytest

from resilience.definitions.instrument import MISSING_REASONS
from resilience.definitions.measures import Measure
from resilience.responses.coding import REASON_CODES
from resilience.responses.harmonisation import harmonise_wave
from resilience.responses.responses import FlowStep, Responses


@pytest.fixture
def responses(study, raw) -> Responses:
    """Two waves of four simulated respondents."""
    waves = [
        harmonise_wave(study, study.waves[0], raw(id=["secret-1", "b", "c", "d"])),
        harmonise_wave(study, study.waves[1], raw(home=[99.0, 99.0, 98.0, 1.0])),
    ]
    return Responses(
        frame=pd.concat([wave.frame for wave in waves], ignore_index=True),
        reasons=pd.concat([wave.reasons for wave in waves], ignore_index=True),
        study=study,
        asked=tuple(asked for wave in waves for asked in wave.asked),
        sources={},
        flow=(FlowStep("read", "baseline", 4, 4),),
    )


def test_what_is_shown_is_one_line_without_rows(responses):
    line = "<Responses example: baseline 4, endline 4; 4 items>"

    assert repr(responses) == str(responses) == line
    assert responses._repr_html_() == (
        "<p>&lt;Responses example: baseline 4, endline 4; 4 items&gt;</p>"
    )


def test_scores_are_counted_in_what_is_shown(responses):
    scores = pd.DataFrame({"belonging": [50.0] * 8})
    measure = Measure("belonging", "index", {"en": "Belonging"}, "points", "higher_is_better")

    scored = responses.with_scores(scores, {"belonging": measure})

    assert repr(scored) == "<Responses example: baseline 4, endline 4; 4 items, 1 scores>"


def test_the_name_of_a_study_cannot_be_markup(responses):
    renamed = responses.study.model_copy(update={"study": "<script>"})
    object.__setattr__(responses, "study", renamed)

    assert "<script>" not in responses._repr_html_()


@pytest.mark.parametrize("show", [repr, str, format, lambda noun: noun._repr_html_()])
def test_no_way_to_show_it_tells_a_respondent(responses, show):
    assert "secret-1" not in show(responses)


def test_waves_come_in_the_studys_order(responses):
    assert responses.waves == ("baseline", "endline")


def test_items_asked_are_told_by_wave(responses):
    assert responses.items_asked("endline") == ("home", "care", "fair", "worse")
    assert responses.items_asked("none") == ()


def test_reasons_have_names(responses):
    names = responses.reason_names()

    assert names["home"].tolist() == [
        "",
        "",
        "dont_know",
        "",
        "refused",
        "refused",
        "dont_know",
        "",
    ]
    assert list(names) == ["home", "care", "fair", "worse"]


@pytest.mark.parametrize("reason", MISSING_REASONS)
def test_every_reason_has_its_own_name(responses, reason):
    responses.reasons.loc[0, "home"] = REASON_CODES[reason]

    assert responses.reason_names()["home"][0] == reason


def test_shares_of_answers_and_reasons_add_up_to_one(scored):
    shares = scored.missing_shares()

    assert ((shares[["answered", *MISSING_REASONS]].sum(axis=1) - 1).abs() < 1e-12).all()
    assert len(shares) == 3 * 24


def test_shares_are_those_of_the_wave(responses):
    shares = responses.missing_shares().set_index(["wave", "item"])

    assert shares.loc[("baseline", "home"), ["n", "answered", "dont_know"]].tolist() == [
        4,
        0.75,
        0.25,
    ]
    assert shares.loc[("endline", "home"), ["answered", "refused"]].tolist() == [0.25, 0.5]
    assert set(shares["n"]) == {4}


def test_shares_leave_out_items_that_were_not_asked(responses):
    asked = tuple(part for part in responses.asked if (part.wave, part.item) != ("endline", "fair"))
    object.__setattr__(responses, "asked", asked)

    shares = responses.missing_shares()

    assert ("endline", "fair") not in set(zip(shares["wave"], shares["item"], strict=True))


def test_adding_scores_leaves_the_original_as_it_was(responses):
    before = responses.frame.copy()
    measure = Measure("belonging", "index", {"en": "Belonging"}, "points", "higher_is_better")

    scored = responses.with_scores(pd.DataFrame({"belonging": [50.0] * 8}), {"belonging": measure})

    pd.testing.assert_frame_equal(responses.frame, before)
    assert responses.measures == {}
    assert scored.frame["belonging"].tolist() == [50.0] * 8
    assert set(scored.measures) == {"belonging"}


def test_scores_made_again_stand_in_place_of_old_ones(responses):
    once = responses.with_scores(pd.DataFrame({"belonging": [50.0] * 8}), {})

    again = once.with_scores(pd.DataFrame({"belonging": [60.0] * 8}), {})

    assert list(again.frame).count("belonging") == 1
    assert again.frame["belonging"].tolist() == [60.0] * 8
    assert once.frame["belonging"].tolist() == [50.0] * 8


def test_the_frame_that_is_handed_out_is_a_copy(responses):
    frame = responses.to_frame()
    frame["home"] = 0.0

    assert responses.frame["home"].tolist()[0] == 1.0


def test_responses_cannot_be_changed(responses):
    with pytest.raises(AttributeError):
        responses.frame = pd.DataFrame()
