from __future__ import annotations

import pytest

from resilience.definitions.instrument import Scale
from resilience.responses.labels import are_foreign, labels_by_code
from resilience.responses.words import (
    Words,
    answer_words,
    as_number,
    fold,
    meaning,
    scripts_of,
    unnumbered,
)

SCALE = Scale.model_validate(
    {"answers": {1: {"en": "2 times", "ar": "مرتان"}, 2: {"en": "5 times", "ar": "خمس مرات"}}}
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  A   Lot. ", "a lot"),
        ("DON\u2019T KNOW", "don't know"),
        ("ДОБРО", "добро"),
        ("Mire\u0308", "mirë"),
        (" إلى  حد ما ", "إلى حد ما"),
    ],
)
def test_what_does_not_tell_words_apart_is_left_out(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("3. bad", ("3", "bad")),
        ("3.bad", ("3", "bad")),
        ("03 - bad", ("3", "bad")),
        ("3 bad", ("3", "bad")),
        ("-1 = missing", ("-1", "missing")),
        ("٣. سيئ", ("3", "سيئ")),
        ("3", (None, "3")),
        ("3rd", (None, "3rd")),
        ("bad", (None, "bad")),
    ],
)
def test_a_number_in_front_is_taken_off(text, parts):
    assert unnumbered(text) == parts


@pytest.mark.parametrize(
    ("key", "number"),
    [(3, 3.0), ("3", 3.0), (" -1 ", -1.0), ("2.5", 2.5), ("agree", None), ("1e3", None)],
)
def test_a_code_of_a_file_is_a_number_or_a_name(key, number):
    assert as_number(key) == number


@pytest.mark.parametrize(
    ("text", "code"),
    [("2 times", 1), ("5 times", 2), ("1. 2 times", 1), ("2. 5 times", 2), ("مرتان", 1)],
)
def test_a_number_that_is_part_of_the_words_is_no_numbering(text, code):
    assert meaning(text, answer_words(SCALE)).code == code


def test_declared_words_come_before_the_definitions_own():
    words = answer_words(SCALE, {"2 times": 2, "twice": 1})

    assert meaning("2 Times", words).code == 2
    assert meaning("1. Twice", words).code == 1
    assert meaning("2. Twice", words).problem == "contradictory"


def test_what_nobody_knows_is_unknown():
    assert meaning("often", Words()).problem == "unknown"
    assert meaning("x", Words(labels={"x": "x"})).problem == "unknown"


def test_letters_are_told_by_their_script():
    assert scripts_of(["добро 3", "جيد", "good!"]) == ("Arabic", "Cyrillic", "Latin")
    assert scripts_of(["12 %"]) == ()


def test_labels_follow_the_codes_that_a_wave_declares():
    words = answer_words(SCALE, {1: 2, 2: 1, "five": 2})

    assert labels_by_code({1.0: "5 times", 2.0: "2 times"}, words) == {
        2.0: "5 times",
        1.0: "2 times",
    }
    assert labels_by_code({"five": "Five of them", "other": "?"}, words) == {2.0: "Five of them"}


def test_labels_of_codes_that_become_one_are_joined():
    words = answer_words(SCALE, {3: 2})

    assert labels_by_code({2.0: "5 times", 3.0: "6 times"}, words) == {2.0: "5 times / 6 times"}


@pytest.mark.parametrize(
    ("labels", "foreign"),
    [
        ({}, False),
        ({99.0: "Refus"}, False),
        ({1.0: "deux fois", 2.0: "cinq fois"}, True),
        ({1.0: "2 times", 2.0: "cinq fois"}, False),
        ({1.0: "1. مرتان"}, False),
    ],
)
def test_labels_are_foreign_where_none_is_of_the_definition(labels, foreign):
    assert are_foreign(labels, SCALE, answer_words(SCALE)) == foreign
