"""The French report is French: words, numbers, spaces, charts; its numbers are the English ones."""

from __future__ import annotations

import re

import pytest

import resilience as rs
from resilience.reporting.localising import catalogue
from tests.conftest import ROOT
from tests.reporting.conftest import write
from tests.reporting.pages import charts_of, numbers_in, parsed, runs_of, said, words_of

ENGLISH = re.compile(
    r"\b(the|of|and|with|from|Baseline|Midline|Endline|Place|Change|Answers?|Trust|Points to)\b"
)
# A sign of two parts after a blank that may break, or after none; the colon of an hour is none.
# English thousands; 0,333 is a p-value.
LOOSE = re.compile(r"(?<=\w) [:;?!%»]|« |\w[;?!%»](?!\w)|\d\.\d|\b[1-9]\d{0,2},\d{3}\b")


@pytest.fixture(scope="module")
def french_and_english():
    report = rs.build_report(rs.run_plan(ROOT / "reports" / "senegal-donor.yaml"))
    return {language: write(report, language) for language in ("fr", "en")}


@pytest.fixture(scope="module")
def written_french(french_and_english):
    return french_and_english["fr"]


def _texts(written):
    blocks = [part for section in written.content["sections"] for part in section["blocks"]]
    texts = [text for text, _ in runs_of(written.content)]
    texts += written.content["words"].values()
    texts += [block["alternative"] for block in blocks if block["type"] == "figure"]
    for chart in charts_of(parsed(written.html)):
        texts += words_of(chart)
    return texts


def test_no_text_of_the_study_is_missing_in_french(written_french):
    assert written_french.localised.untranslated == ()
    assert written_french.content["language"] == "fr"
    assert '<html lang="fr" dir="ltr">' in written_french.html


def test_no_english_is_left(written_french, french_and_english):
    assert [text for text in _texts(written_french) if ENGLISH.search(text)] == []
    assert sum(bool(ENGLISH.search(text)) for text in _texts(french_and_english["en"])) > 100


def test_signs_and_numbers_are_set_as_french_sets_them(written_french):
    names = re.compile(r"resilience \d[\d.]*|version \d\.\d|CC-BY-4\.0|\w+\.dta|\b\w*_\w*\b")
    texts = [names.sub("", text) for text in _texts(written_french)]

    assert [text for text in texts if LOOSE.search(text)] == []
    assert any(re.search(r"\d,\d\u00a0à\u00a0\d", text) for text in texts)
    assert any("1\u00a0346" in text for text in texts)


def test_the_numbers_of_the_cells_are_those_of_the_english_report(french_and_english):
    cells = {}
    for language, written in french_and_english.items():
        tables = parsed(written.html).all("td")
        told = [cell.text for cell in tables]
        if language == "fr":
            told = [
                re.sub(r"(?<=\d),(?=\d)", ".", re.sub(r"(?<=\d)\u00a0(?=\d{3}\b)", "", text))
                for text in told
            ]
        # dates are in words, and words differ in what they number
        bare = re.compile(r"[\s\d.,+−%n<†()]|to|à")
        cells[language] = [
            [number.replace(",", "") for number in numbers_in(text)]
            for text in told
            if not bare.sub("", text)
        ]

    assert cells["fr"] == cells["en"]
    assert len(cells["en"]) > 500


def test_the_catalogue_is_set_as_french_sets_it():
    texts = [
        form
        for text in catalogue("fr").values()
        for form in ([text] if isinstance(text, str) else text.values())
    ]
    loose = re.compile(r"[^\u00a0\s][:;?!%»](?!\S)| [:;?!%»]|«(?!\u00a0)")

    assert [text for text in texts if loose.search(text)] == []
    assert len(texts) > 200


def test_a_scale_that_two_instruments_have_in_common_is_listed_once(french_and_english):
    for written, names in zip(
        french_and_english.values(), (["Accord", "Confiance"], ["Agreement", "Trust"]), strict=True
    ):
        tables = [
            block
            for section in written.content["sections"]
            for block in section["blocks"]
            if block["type"] == "table" and section["id"].startswith("questionnaire")
        ]
        heads = [said(row["cells"][0]) for row in tables[1]["rows"]]
        assert [heads.count(name) for name in names] == [1, 1]
        assert len(heads) == 7


def test_labels_of_studies_keep_french_signs_with_their_words(written_french):
    assert any("confession\u00a0?" in text for text in _texts(written_french))
