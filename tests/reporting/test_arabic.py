"""The Arabic report is Arabic: words, direction, numbers, charts."""

from __future__ import annotations

import re

import pytest

import resilience as rs
from resilience.definitions.document import read_document
from resilience.reporting.localising import catalogue
from tests.conftest import ROOT
from tests.reporting.pages import charts_of, parsed, runs_of, said, words_of

LATIN = re.compile("[A-Za-zÀ-ɏ]+")
ARABIC = re.compile("[\u0620-\u064a]")
DIACRITICS = re.compile("[\u064b-\u0652]")
MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# The name of the way to make a checksum is Latin everywhere.
OURS = {"SHA-256"}


def _names(results):
    """Return what stands in Latin letters in every language: ids, hashes, files, a licence."""
    questionnaire = results.study.questionnaire
    scores = (*questionnaire.indices_by_id, *questionnaire.indicators_by_id)
    names = {*questionnaire.items_by_id, *questionnaire.indices_by_id}
    names |= {questionnaire.rule_hash(name) for name in scores}
    for source in results.responses.sources.values():
        names |= {source.name, source.sha256}
    names |= {part.licence for part in questionnaire.instruments}
    names |= set(results.study.forms.values())
    return names | {f"resilience {results.version}"}


@pytest.fixture(scope="module")
def content(written):
    return written["ar"].content


def test_no_sentence_of_the_arabic_report_has_latin_letters(content):
    words = {
        word
        for text, apart in runs_of(content)
        if not apart
        for word in LATIN.findall(text.replace("SHA-256", ""))
    }

    assert words == set()


def test_what_is_set_apart_with_latin_letters_is_a_name_and_nothing_else(content, results):
    latin = {text for text, apart in runs_of(content) if apart and LATIN.search(text)}

    assert latin
    assert latin - _names(results) - OURS == set()


@pytest.mark.parametrize("place", ["words", "alternative", "number"])
def test_what_stands_outside_of_sentences_has_no_latin_letters(content, place):
    blocks = [block for section in content["sections"] for block in section["blocks"]]
    told = {
        "words": list(content["words"].values()),
        "alternative": [block["alternative"] for block in blocks if block["type"] == "figure"],
        "number": [section["number"] for section in content["sections"]],
    }[place]

    assert told
    assert [text for text in told if LATIN.search(text)] == []


def test_no_text_of_the_study_is_missing_in_arabic(written):
    assert written["ar"].localised.untranslated == ()
    assert written["en"].localised.untranslated == ()


def test_every_text_of_the_core_questionnaire_is_there_in_arabic():
    core = rs.load_instrument("crc_core")
    texts = [core.title]
    for scale in core.scales.values():
        texts += [scale.title, *scale.answers.values()]
        texts += [answer.label for answer in scale.missing]
    for item in core.items:
        texts += [item.title, item.question]
    texts += [part.title for part in (*core.indices, *core.indicators)]

    assert [text for text in texts if not ARABIC.search(text.get("ar", ""))] == []
    assert [text["ar"] for text in texts if LATIN.search(re.sub(r"\{\w+\}", "", text["ar"]))] == []


def test_every_placeholder_of_a_question_stands_in_its_translation():
    for item in rs.load_instrument("crc_core").items:
        named = {
            language: sorted(re.findall(r"\{(\w+)\}", text))
            for language, text in item.question.items()
        }
        assert named["ar"] == named["en"]


def test_the_arabic_of_the_study_and_the_plan_has_no_diacritics():
    files = [ROOT / "surveys/lebanon/study.yaml", ROOT / "reports/lebanon-donor.yaml"]

    for file in files:
        text = file.read_text("utf-8")
        assert ARABIC.search(text)
        assert not DIACRITICS.search(text)
        assert not MARKS.search(text)


def test_every_sentence_of_the_catalogue_is_arabic():
    texts = [
        form
        for text in catalogue("ar").values()
        for form in ([text] if isinstance(text, str) else text.values())
    ]
    wordless = [text for text in texts if not ARABIC.search(text)]

    assert [text for text in texts if LATIN.search(re.sub(r"\{\w+\}|SHA-256", "", text))] == []
    assert set(wordless) <= {text for text in wordless if not re.sub(r"\{\w+\}|[\W\d_]", "", text)}


def test_commas_and_question_marks_are_arabic_ones():
    texts = [text for text in catalogue("ar").values() if isinstance(text, str)]
    translation = read_document(ROOT / "instruments/crc_core/translations/ar.yaml").data
    texts += [part["question"] for part in translation["items"].values()]

    bare = [re.sub(r"\{\w+\}", "", text) for text in texts]
    assert [text for text in bare if "," in text or "?" in text or ";" in text] == []


def test_numbers_that_need_it_are_set_apart(content):
    loose = re.compile(r"[+−]\d|\d[.,]\d|\d%")

    assert [text for text, apart in runs_of(content) if not apart and loose.search(text)] == []
    assert [text for text, apart in runs_of(content) if apart and loose.search(text)]


def test_digits_are_western_throughout(content):
    other = re.compile("[\u0660-\u0669\u06f0-\u06f9]")

    assert [text for text, _ in runs_of(content) if other.search(text)] == []


def test_no_mark_of_direction_is_left_in_the_content(content):
    assert [text for text, _ in runs_of(content) if MARKS.search(text)] == []


def test_ranges_name_the_lower_end_first(content):
    ranges = [
        tuple(float(end.replace("−", "-").replace(",", "")) for end in found)
        for section in content["sections"]
        for block in section["blocks"]
        if block["type"] == "table"
        for row in block["rows"]
        for cell in row["cells"]
        for found in re.findall(r"من\s([+−]?[\d,.]+)\sإلى\s([+−]?[\d,.]+)(?!\d)", said(cell))
        if "." in found[0]
    ]

    assert len(ranges) > 100
    assert all(low <= high for low, high in ranges)


def test_no_word_in_a_chart_is_latin(written):
    charts = charts_of(parsed(written["ar"].html))

    words = [word for svg in charts for word in words_of(svg)]
    assert any(ARABIC.search(word) for word in words)
    assert [word for word in words if LATIN.search(word)] == []


def test_the_arabic_page_uses_an_arabic_font(written):
    assert '"Noto Naskh Arabic"' in written["ar"].html
    assert written["ar"].html.count("@font-face") == 4
    assert written["en"].html.count("@font-face") == 2


def test_both_languages_have_the_same_sections_blocks_and_rows(written):
    shapes = {
        language: [
            (section["id"], block["type"], len(block.get("rows", block.get("items", ()))))
            for section in part.content["sections"]
            for block in section["blocks"]
        ]
        for language, part in written.items()
    }

    assert shapes["ar"] == shapes["en"]
