from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest

import resilience as rs
from resilience.definitions.questionnaire import Questionnaire
from resilience.errors import DefinitionError
from tests.editing import lacking, line_of, swap

SHORT = "indices:   "
FORMS = "forms:\n  short: [home, care]\n  one_each: [home, fair]\n  fair: [worse, fair]\n\n"


@pytest.fixture
def with_forms(instrument_file):
    swap(instrument_file, SHORT, FORMS + SHORT)
    return instrument_file


def ask(study_file, form: str) -> None:
    swap(study_file, "# forms: {crc_core: short}", f"forms: {{example: {form}}}")


def refused(study_file):
    with pytest.raises(DefinitionError) as caught:
        rs.load_study(study_file)
    return caught.value.issues


def hashes(instrument) -> dict[str, str]:
    asked = Questionnaire((instrument,))
    return {name: asked.rule_hash(name) for name in instrument.ids}


def test_without_a_form_the_whole_is_asked(with_forms, study_file):
    study = rs.load_study(study_file)

    assert study.items_asked("baseline") == ("home", "care", "fair", "worse")


def test_a_study_asks_the_form_that_it_names(with_forms, study_file):
    ask(study_file, "one_each")

    study = rs.load_study(study_file)

    assert study.items_asked("baseline") == ("home", "fair")
    assert list(study.questionnaire.indices_by_id) == ["belonging", "fairness", "cohesion"]
    assert study.questionnaire.items_of("cohesion") == ("home", "fair")
    assert list(study.questionnaire.indicators_by_id) == [
        "treated_alike",
        "at_home_and_treated_alike",
    ]


def test_items_stand_in_the_instruments_order_whatever_the_forms(with_forms):
    instrument = rs.load_instrument(with_forms, form="fair")

    assert [item.id for item in instrument.items] == ["fair", "worse"]


def test_an_index_without_parts_goes_and_its_place_in_others_too(with_forms):
    instrument = rs.load_instrument(with_forms, form="short")
    belonging, cohesion = instrument.indices

    assert (belonging.id, belonging.items) == ("belonging", ("home", "care"))
    assert (cohesion.id, cohesion.indices) == ("cohesion", ("belonging",))


def test_an_indicator_goes_with_any_of_its_items(with_forms):
    assert rs.load_instrument(with_forms, form="short").indicators == ()
    assert [part.id for part in rs.load_instrument(with_forms, form="fair").indicators] == [
        "treated_alike"
    ]


def test_a_count_of_parts_becomes_the_same_share(with_forms):
    swap(with_forms, "items: [home, care]", "items: [home, care, fair, worse]")
    swap(with_forms, "    minimum_answered: 2/3 ", "    minimum_answered: 3 ")

    belonging = rs.load_instrument(with_forms, form="short").indices[0]

    assert belonging.minimum_answered == Fraction(3, 4)
    assert belonging.parts_needed(2) == 2


def test_a_share_stays_and_an_index_that_is_whole_keeps_its_count(with_forms):
    swap(with_forms, "    minimum_answered: 2/3 ", "    minimum_answered: 2 ")
    whole = rs.load_instrument(with_forms)
    short = rs.load_instrument(with_forms, form="short")

    assert short.indices[0] == whole.indices[0]
    assert rs.load_instrument(with_forms, form="fair").indices[0].id == "fairness"


def test_scales_that_no_item_uses_go(with_forms):
    swap(with_forms, "scales:\n", "scales:\n  more:\n    answers: {0: 'No', 1: 'Yes'}\n")
    swap(with_forms, FORMS, "  - {id: extra, scale: more, question: Extra}\n" + FORMS)

    assert set(rs.load_instrument(with_forms).scales) == {"agreement", "more"}
    assert set(rs.load_instrument(with_forms, form="short").scales) == {"agreement"}


def test_an_index_that_lost_parts_has_another_hash_and_a_whole_one_the_same(with_forms):
    whole = hashes(rs.load_instrument(with_forms))
    form = hashes(rs.load_instrument(with_forms, form="one_each"))

    same = {name for name in form if form[name] == whole[name]}
    assert same == {"home", "fair", "treated_alike", "at_home_and_treated_alike"}


def test_of_one_part_every_share_is_the_same_rule(with_forms):
    third = hashes(rs.load_instrument(with_forms, form="one_each"))["belonging"]
    swap(with_forms, "    minimum_answered: 2/3 ", "    minimum_answered: 1/3 ")

    assert hashes(rs.load_instrument(with_forms, form="one_each"))["belonging"] == third


def test_a_form_is_scored_on_what_it_asks(with_forms):
    frame = pd.DataFrame({"home": [5.0, 3.0], "care": [4.0, None]})

    scored = rs.score(frame, rs.load_instrument(with_forms, form="short"))

    assert scored["belonging"].iloc[0] == pytest.approx(87.5)
    assert scored["cohesion"].iloc[0] == pytest.approx(87.5)
    assert scored["belonging"].isna().tolist() == [False, True]


def test_an_unknown_item_in_a_form_is_told_where_it_stands(with_forms):
    line = swap(with_forms, "one_each: [home, fair]", "one_each: [home, fairr]")

    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(with_forms)

    (issue,) = caught.value.issues
    assert issue.what == "there is no item 'fairr'"
    assert issue.where == f"{with_forms}:{line}"
    assert issue.remedy == "did you mean 'fair'?"
    assert lacking([issue]) == []


@pytest.mark.parametrize(
    ("items", "what"),
    [
        ("[home, home]", "the item 'home' is defined 2 times"),
        ("[]", "a wrong value for 'forms.one_each'"),
        ("home", "a wrong value for 'forms.one_each'"),
    ],
)
def test_a_form_lists_items_each_once(with_forms, items, what):
    line = swap(with_forms, "one_each: [home, fair]", f"one_each: {items}")

    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(with_forms)

    (issue,) = caught.value.issues
    assert (issue.what, issue.where) == (what, f"{with_forms}:{line}")


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        (
            "forms: {example: short}",
            "forms: {example: shrot}",
            "there is no form of example 'shrot'",
            "did you mean 'short'?",
        ),
        (
            "forms: {example: short}",
            "forms: {exampel: short}",
            "there is no instrument of this study 'exampel'",
            "did you mean 'example'?",
        ),
    ],
)
def test_a_form_that_is_not_there_is_told_where_it_is_named(
    with_forms, study_file, old, new, what, remedy
):
    ask(study_file, "short")
    line = swap(study_file, old, new)

    issues = refused(study_file)

    assert [(issue.what, issue.remedy) for issue in issues] == [(what, remedy)]
    assert issues[0].where == f"{study_file}:{line}"
    assert lacking(issues) == []


def test_a_wrong_form_is_told_with_what_else_is_wrong(with_forms, study_file):
    ask(study_file, "shrot")
    swap(study_file, "    sites: [north_town]", "    sites: [north_twon]")

    assert len(refused(study_file)) == 2


def test_a_target_for_what_the_form_does_not_have_is_refused(with_forms, study_file):
    ask(study_file, "short")

    whats = [issue.what for issue in refused(study_file)]

    assert any("treated_alike" in what for what in whats)


def test_an_unknown_form_of_an_instrument_is_told_when_it_is_loaded(with_forms, instrument_file):
    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(with_forms, form="shrot")

    (issue,) = caught.value.issues
    assert (issue.found, issue.remedy) == ("shrot", "did you mean 'short'?")
    assert lacking([issue]) == []


def test_an_instrument_without_forms_says_so(instrument_file):
    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(instrument_file, form="short")

    assert "it has no forms" in caught.value.issues[0].expected


def test_an_index_uses_no_item_whose_better_end_is_not_stated(instrument_file):
    swap(instrument_file, "    keyed: negative", "    keyed: not_stated")
    line = line_of(instrument_file, "[fair, worse]")

    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(instrument_file)

    (issue,) = caught.value.issues
    assert "index 'fairness' uses 'worse'" in issue.what
    assert issue.where == f"{instrument_file}:{line}"
    assert lacking([issue]) == []
