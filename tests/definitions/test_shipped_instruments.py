"""What comes with the package loads, keeps its promises and says the same in every language."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

import resilience as rs
from resilience.definitions.document import read_document
from resilience.definitions.questionnaire import Questionnaire
from tests.conftest import ROOT

FOLDERS = sorted(path.parent for path in (ROOT / "instruments").glob("*/instrument.yaml"))
NAMES = [folder.name for folder in FOLDERS]
TRANSLATIONS = [
    (folder.name, file.stem)
    for folder in FOLDERS
    for file in sorted((folder / "translations").glob("*.yaml"))
]
LANGUAGES = {
    "crc_core": {"en", "fr", "ar", "mk", "sq", "sw"},
    "crc_module_ken": {"en", "sw"},
    "crc_module_lbn": {"en", "ar", "fr"},
    "crc_module_mkd": {"en", "mk", "sq"},
    "crc_module_sen": {"en", "fr"},
    "kenya_list": {"en", "sw"},
}
GAPS = {"place", "others", "municipality", "network"}
SCRIPTS = {"ar": "[\u0620-\u064a]", "mk": "[\u0400-\u045f]"}
# Short English words that no other of the languages has.
ENGLISH = re.compile(r"\b(the|you|your|how|have|with|people|would|their|from|months)\b", re.I)


def texts_of(instrument) -> dict[str, dict[str, str]]:
    """Return every text of an instrument, by what it belongs to."""
    texts = {"title": instrument.title}
    for name, scale in instrument.scales.items():
        texts[f"scale {name}"] = scale.title
        texts |= {f"{name} {code}": words for code, words in scale.answers.items()}
        texts |= {f"{name} {part.code}": part.label for part in scale.missing}
    for item in instrument.items:
        texts[f"{item.id} title"] = item.title
        texts[f"{item.id} question"] = item.question
    texts |= {part.id: part.title for part in (*instrument.indices, *instrument.indicators)}
    texts |= {part.id: part.sensitive for part in instrument.list_experiments}
    return texts


def gaps_of(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", text))


@pytest.fixture(scope="module")
def core():
    return rs.load_instrument("crc_core")


@pytest.mark.parametrize("name", NAMES)
def test_every_instrument_loads_under_the_name_of_its_folder_as_a_draft(name):
    instrument = rs.load_instrument(name)

    assert instrument.instrument == name
    assert instrument.status == "unvalidated_draft"
    assert instrument.source
    assert instrument.licence


def test_all_can_be_asked_together_except_what_has_the_same_ids():
    # The two barometers are not of one study: both call what they ask alike by the same id.
    names = [name for name in NAMES if name != "arab_barometer_cohesion"]
    together = Questionnaire(tuple(map(rs.load_instrument, names)))

    assert len(together.items_by_id) == sum(len(part.items) for part in together.instruments)


def test_the_languages_of_the_countries_are_there():
    found = {name: {"en"} for name in LANGUAGES}
    for name, language in TRANSLATIONS:
        found[name].add(language)

    assert {name: found[name] >= LANGUAGES[name] for name in found} == dict.fromkeys(found, True)


@pytest.mark.parametrize(("name", "language"), TRANSLATIONS)
def test_a_translation_is_whole(name, language):
    texts = texts_of(rs.load_instrument(name))

    assert [part for part, words in texts.items() if words and language not in words] == []


@pytest.mark.parametrize(("name", "language"), TRANSLATIONS)
def test_a_translation_keeps_the_gaps_of_every_question(name, language):
    questions = {item.id: item.question for item in rs.load_instrument(name).items}

    differing = [
        item
        for item, words in questions.items()
        if gaps_of(words[language]) != gaps_of(words["en"])
    ]
    assert differing == []


@pytest.mark.parametrize(("name", "language"), TRANSLATIONS)
def test_no_two_answers_of_a_scale_and_no_two_questions_have_the_same_words(name, language):
    instrument = rs.load_instrument(name)
    lists = {
        scale: [
            *(words[language] for words in part.answers.values()),
            *(answer.label[language] for answer in part.missing if answer.label),
        ]
        for scale, part in instrument.scales.items()
    }
    lists["questions"] = [item.question[language] for item in instrument.items if item.question]
    lists["measures"] = [part.title[language] for part in instrument.indicators]

    twice = {
        name: [one for one, other in pairwise(sorted(words)) if one.lower() == other.lower()]
        for name, words in lists.items()
    }
    assert {name: words for name, words in twice.items() if words} == {}


@pytest.mark.parametrize(("name", "language"), TRANSLATIONS)
def test_no_english_is_left_in_a_translation(name, language):
    for part, words in texts_of(rs.load_instrument(name)).items():
        if words is None:
            continue
        own = re.sub(r"\{\w+\}", "", words[language])
        assert not ENGLISH.search(own), (part, own)
        assert not part.endswith("question") or words[language] != words["en"], part
        if language in SCRIPTS:
            assert re.search(SCRIPTS[language], own), (part, own)
            assert not re.search("[A-Za-z]", own), (part, own)


@pytest.mark.parametrize(("name", "language"), TRANSLATIONS)
def test_a_translation_says_that_it_was_not_tested(name, language):
    file = ROOT / "instruments" / name / "translations" / f"{language}.yaml"

    translator = read_document(file).data["translator"]
    assert (
        translator == "Translated for this project; a draft that has not been tested in interviews"
    )


@pytest.mark.parametrize("name", LANGUAGES)
def test_questions_have_no_gap_but_those_that_studies_fill(name):
    gaps = {gap for item in rs.load_instrument(name).items for gap in gaps_of(item.question["en"])}

    assert gaps <= GAPS


def test_the_core_questionnaire_has_44_scored_items_and_the_rest_in_no_index(core):
    scored = set(Questionnaire((core,)).items_of("resilience"))
    apart = [item.id for item in core.items if item.id not in scored]

    assert len(scored) == 44
    assert {"brg0", "lnk9", "nvi1", "nvi2", "nvi3", "nvi4"} <= set(apart)
    assert not [index.id for index in core.indices if set(index.items) & set(apart)]


def test_the_short_form_asks_24_items_of_every_index_of_the_whole(core):
    short = rs.load_instrument("crc_core", form="short")

    assert len(short.items) == 24
    assert [index.id for index in short.indices] == [index.id for index in core.indices]


def test_only_unscored_questions_have_no_better_end(core):
    scored = set(Questionnaire((core,)).items_of("resilience"))
    open_ended = {item.id for item in core.items if item.keyed == "not_stated"}

    assert open_ended
    assert not open_ended & scored


@pytest.mark.parametrize("name", ["brave14", "ccram10", "cyrm_r"])
def test_what_belongs_to_its_owner_has_no_words_of_it(name):
    instrument = rs.load_instrument(name)

    assert instrument.wording == "obtain"
    assert [item.id for item in instrument.items if item.question] == []
    labels = {
        words["en"] for scale in instrument.scales.values() for words in scale.answers.values()
    }
    assert labels <= set("12345")


@pytest.mark.parametrize(("name", "items"), [("brave14", 14), ("ccram10", 10), ("cyrm_r", 17)])
def test_instruments_of_others_have_the_number_of_items_that_is_published(name, items):
    assert len(rs.load_instrument(name).items) == items


@pytest.mark.parametrize("name", ["brave14", "ccram10"])
def test_no_index_is_invented_where_keying_is_not_known(name):
    instrument = rs.load_instrument(name)

    assert {item.keyed for item in instrument.items} == {"not_stated"}
    assert instrument.indices == ()
