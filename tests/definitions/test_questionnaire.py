from __future__ import annotations

import pytest

import resilience as rs
from resilience.definitions.questionnaire import Questionnaire
from tests.editing import swap

# what is changed, and the measures that are then computed by another rule
NEW_RULES = {
    "a higher bound": (
        "      5: Strongly agree\n",
        "      5: Strongly agree\n      6: Fully agree\n",
        {"home", "belonging", "fairness", "cohesion", "treated_alike"},
    ),
    "a lower bound": (
        "      1: Strongly disagree\n",
        "      0: Never\n      1: Strongly disagree\n",
        {"home", "belonging", "fairness", "cohesion", "treated_alike"},
    ),
    "keying": ("    keyed: negative", "    keyed: positive", {"worse", "fairness", "cohesion"}),
    "parts": ("items: [home, care]", "items: [home]", {"belonging", "cohesion"}),
    "other parts": ("items: [home, care]", "items: [home, fair]", {"belonging", "cohesion"}),
    "parts of a composite": (
        "indices: [belonging, fairness]\n    minimum_answered: 2",
        "indices: [belonging]\n    minimum_answered: 1",
        {"cohesion"},
    ),
    "minimum answered": (
        "    minimum_answered: 2/3 ",
        "    minimum_answered: 1/3 ",
        {"belonging", "cohesion"},
    ),
    "minimum answered of a composite": (
        "    minimum_answered: 2\n",
        "    minimum_answered: 1\n",
        {"cohesion"},
    ),
    "a condition's code": ("at_least: 4}   #", "at_least: 5}   #", {"treated_alike"}),
    "a condition's rule": ("at_least: 4}   #", "at_most: 4}   #", {"treated_alike"}),
    "a condition's item": (
        "{item: fair, at_least: 4}   #",
        "{item: care, at_least: 4}   #",
        {"treated_alike"},
    ),
    "how conditions are joined": ("      all:  ", "      any:  ", {"at_home_and_treated_alike"}),
}

SAME_RULES = {
    "title of the instrument": ("title: Example questionnaire", "title: Another"),
    "title of an item": ("title: Feel at home", "title: At home"),
    "question": ("en: I feel at home in {place}.", "en: In {place} I feel at home."),
    "title of an index": ("title: Belonging", "title: Attachment"),
    "title of an indicator": ("title: Say everybody", "title: Said that everybody"),
    "label of an answer": ("      2: Disagree", "      2: Rather disagree"),
    "one more language": ("      2: Disagree", "      2: {en: Disagree, fr: Pas d'accord}"),
    "codes for missing": ("{code: 98, reason: dont_know", "{code: 97, reason: never_heard"),
    "version": ('version: "1"', 'version: "2"'),
    "order of answers": (
        "      1: Strongly disagree\n      2: Disagree\n",
        "      2: Disagree\n      1: Strongly disagree\n",
    ),
    "an item that nothing uses": (
        "indices:   ",
        "  - {id: more, scale: agreement, question: One more}\n\nindices:   ",
    ),
    "the same share written as a count": ("minimum_answered: 2\n", "minimum_answered: 2/2\n"),
}


def questionnaire(path) -> Questionnaire:
    return Questionnaire((rs.load_instrument(path),))


def hashes(path) -> dict[str, str]:
    asked = questionnaire(path)
    return {name: asked.rule_hash(name) for name in asked.instruments[0].ids}


@pytest.mark.parametrize("change", NEW_RULES)
def test_another_rule_has_another_hash(instrument_file, change):
    old, new, concerned = NEW_RULES[change]
    before = hashes(instrument_file)
    swap(instrument_file, old, new)

    after = hashes(instrument_file)

    changed = {name for name in before if before[name] != after[name]}
    assert changed >= concerned


@pytest.mark.parametrize("change", [name for name in NEW_RULES if "bound" not in name])
def test_only_what_rests_on_a_rule_changes_with_it(instrument_file, change):
    old, new, concerned = NEW_RULES[change]
    before = hashes(instrument_file)
    swap(instrument_file, old, new)

    after = hashes(instrument_file)

    assert {name for name in before if before[name] != after[name]} == concerned


@pytest.mark.parametrize("change", SAME_RULES)
def test_words_leave_the_hash_as_it_is(instrument_file, change):
    before = hashes(instrument_file)
    swap(instrument_file, *SAME_RULES[change])

    after = hashes(instrument_file)

    assert {name: after[name] for name in before} == before


def test_a_count_of_two_of_three_is_the_share_two_thirds(instrument_file):
    swap(instrument_file, "items: [home, care]", "items: [home, care, fair]")
    share = hashes(instrument_file)
    swap(instrument_file, "minimum_answered: 2/3 ", "minimum_answered: 2 ")

    assert hashes(instrument_file) == share


def test_hashes_of_different_measures_differ(instrument_file):
    found = hashes(instrument_file)

    assert len(set(found.values())) == len(found)


def test_a_hash_is_the_same_in_every_run():
    core = Questionnaire((rs.load_instrument("crc_core"),))
    short = Questionnaire((rs.load_instrument("crc_core", form="short"),))

    assert core.rule_hash("bel1") == short.rule_hash("bel1") == "54225f52eca8"
    assert short.rule_hash("resilience") == "631408003a20"
    assert core.rule_hash("resilience") == "018215088fce"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("home", "item"),
        ("belonging", "index"),
        ("cohesion", "index"),
        ("treated_alike", "indicator"),
        ("weight", None),
    ],
)
def test_an_id_names_one_kind_of_thing(instrument_file, name, kind):
    assert questionnaire(instrument_file).kind_of(name) == kind


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("home", ("home",)),
        ("belonging", ("home", "care")),
        ("cohesion", ("home", "care", "fair", "worse")),
        ("at_home_and_treated_alike", ("home", "fair")),
    ],
)
def test_the_items_behind_a_measure_are_told_each_once(instrument_file, name, items):
    assert questionnaire(instrument_file).items_of(name) == items


def test_an_item_in_two_parts_counts_once(instrument_file):
    swap(instrument_file, "items: [fair, worse]", "items: [home, worse]")

    assert questionnaire(instrument_file).items_of("cohesion") == ("home", "care", "worse")


def test_parts_of_several_instruments_are_found():
    both = Questionnaire(
        tuple(rs.load_instrument(name) for name in ("crc_core", "afrobarometer_cohesion"))
    )

    assert both.instrument_of("bel1").instrument == "crc_core"
    assert both.instrument_of("trust_army").instrument == "afrobarometer_cohesion"
    assert both.scale_of("bel1").maximum == 5
    assert len(both.items_by_id) == sum(len(part.items) for part in both.instruments)
