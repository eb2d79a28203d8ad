from __future__ import annotations

import pytest

import resilience as rs
from resilience.definitions.questionnaire import Questionnaire
from resilience.errors import DefinitionError
from tests.conftest import ROOT
from tests.editing import lacking, line_of, swap

FRENCH = """\
instrument: example
language: fr
translator: Written as an example
title: Questionnaire exemple
scales:
  agreement:
    1: Pas du tout d'accord
    5: Tout à fait d'accord
    99: Préfère ne pas répondre
items:
  care:
    title: Les gens d'ici comptent
    question: Ce qui arrive aux gens de {place} compte pour moi.
  home: {title: Se sentir chez soi}
indices:
  belonging: Appartenance
indicators:
  treated_alike: Disent que tous sont traités de la même façon
"""

UNKNOWN = {
    "scale": ("  agreement:\n", "  agrement:\n", "agrement", "agreement"),
    "item": ("  care:\n", "  cares:\n", "cares", "care"),
    "index": ("  belonging:", "  belongin:", "belongin", "belonging"),
    "indicator": ("  treated_alike:", "  treated_alik:", "treated_alik", "treated_alike"),
    "instrument": ("instrument: example", "instrument: exampel", "exampel", "example"),
}


@pytest.fixture
def translation_file(instrument_file):
    path = instrument_file.parent / "translations" / "fr.yaml"
    path.parent.mkdir()
    path.write_text(FRENCH, "utf-8")
    return path


def findings_with(instrument_file):
    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(instrument_file)
    return caught.value.issues


def test_words_are_added_and_those_of_the_instrument_stay(instrument_file, translation_file):
    instrument = rs.load_instrument(instrument_file)
    home, care = instrument.items[:2]

    assert instrument.title == {"en": "Example questionnaire", "fr": "Questionnaire exemple"}
    assert instrument.scales["agreement"].answers[5] == {
        "en": "Strongly agree",
        "fr": "Tout à fait d'accord",
    }
    assert instrument.scales["agreement"].missing[1].label == {
        "en": "Prefer not to say",
        "fr": "Préfère ne pas répondre",
    }
    assert care.question["fr"].startswith("Ce qui arrive")
    assert home.title == {"en": "Feel at home", "fr": "Se sentir chez soi"}
    assert instrument.indices[0].title["fr"] == "Appartenance"
    assert instrument.indicators[0].title["fr"].startswith("Disent")


def test_what_is_not_translated_stays_as_it_was(instrument_file, translation_file):
    instrument = rs.load_instrument(instrument_file)

    assert instrument.scales["agreement"].answers[3] == {"en": "Neither"}
    assert instrument.items[2].question == {
        "en": "Local offices treat everybody by the same rules."
    }
    assert instrument.indices[1].title == {"en": "Fairness"}


def test_a_translation_changes_no_rule(instrument_file, tmp_path):
    before = Questionnaire((rs.load_instrument(instrument_file),))
    (instrument_file.parent / "translations").mkdir()
    (instrument_file.parent / "translations" / "fr.yaml").write_text(FRENCH, "utf-8")
    after = Questionnaire((rs.load_instrument(instrument_file),))

    hashes = [
        {name: part.rule_hash(name) for name in part.instruments[0].ids} for part in (before, after)
    ]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("part", UNKNOWN)
def test_words_for_what_the_instrument_does_not_have_are_refused(
    instrument_file, translation_file, part
):
    old, new, name, nearest = UNKNOWN[part]
    line = swap(translation_file, old, new)

    (issue,) = findings_with(instrument_file)

    assert issue.what == f"the translation names '{name}', which the instrument does not have"
    assert issue.where == f"{translation_file}:{line}"
    assert issue.remedy == f"did you mean '{nearest}'?"
    assert lacking([issue]) == []


def test_words_for_a_code_that_the_scale_does_not_have_are_refused(
    instrument_file, translation_file
):
    line = swap(translation_file, "    5: Tout", "    7: Tout")

    (issue,) = findings_with(instrument_file)

    assert issue.found == "7"
    assert issue.where == f"{translation_file}:{line}"


def test_all_unknown_parts_are_told_at_once(instrument_file, translation_file):
    for old, new, *_ in UNKNOWN.values():
        swap(translation_file, old, new)

    assert len(findings_with(instrument_file)) == 5


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("translator: Written as an example\n", "", "the key 'translator' is missing"),
        ("language: fr", "language: de", "a wrong value for 'language'"),
        ("  home: {title:", "  home: {titel:", "unknown key 'titel' in 'items.home'"),
        (
            "    1: Pas",
            "    one: Pas",
            "the translation names 'one', which the instrument does not have",
        ),
    ],
)
def test_a_translation_is_as_strict_as_other_definitions(
    instrument_file, translation_file, old, new, what
):
    swap(translation_file, old, new)

    (issue,) = findings_with(instrument_file)

    assert issue.what == what


def test_blank_words_are_refused_as_in_an_instrument(instrument_file, translation_file):
    swap(translation_file, "  belonging: Appartenance", '  belonging: "  "')

    (issue,) = findings_with(instrument_file)

    assert issue.where == f"{translation_file}:{line_of(translation_file, '  belonging:')}"


def test_words_in_the_instruments_own_language_are_not_replaced_unnoticed(
    instrument_file, translation_file
):
    swap(translation_file, "language: fr", "language: en")

    try:
        instrument = rs.load_instrument(instrument_file)
    except DefinitionError:
        return

    assert instrument.title == {"en": "Example questionnaire"}


def test_the_translation_in_the_guide_is_one(instrument_file):
    guide = (ROOT / "docs" / "guide.md").read_text("utf-8")
    told = guide.partition("```yaml\ninstrument: example\n")[2].partition("```")[0]
    folder = instrument_file.parent / "translations"
    folder.mkdir()
    (folder / "fr.yaml").write_text("instrument: example\n" + told, "utf-8")

    instrument = rs.load_instrument(instrument_file.parent)

    assert instrument.items[1].question["fr"].startswith("Ce qui arrive aux gens")
    assert instrument.scales["agreement"].answers[1]["fr"] == "Pas du tout d'accord"
