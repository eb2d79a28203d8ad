from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from resilience.definitions.texts import LANGUAGES, RIGHT_TO_LEFT, Text, text_in

texts = TypeAdapter(Text)


def test_plain_text_is_in_the_language_of_its_file():
    assert texts.validate_python("Bonjour", context={"language": "fr"}) == {"fr": "Bonjour"}


def test_plain_text_without_a_language_is_english():
    assert texts.validate_python("Hello") == {"en": "Hello"}


def test_languages_come_in_one_order_and_blanks_go():
    text = texts.validate_python({"sw": "Habari ", "ar": " سلام", "en": "Hello"})

    assert list(text.items()) == [("en", "Hello"), ("ar", "سلام"), ("sw", "Habari")]


@pytest.mark.parametrize("value", [1, 1.5, True, None, [], ["a"], {}])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(ValidationError, match="expected text, or text by language"):
        texts.validate_python(value)


@pytest.mark.parametrize("words", ["", "  ", 1, None, ["a"]])
def test_text_in_a_language_is_text_with_something_in_it(words):
    with pytest.raises(ValidationError, match="expected text that is not empty"):
        texts.validate_python({"en": words})


@pytest.mark.parametrize("words", ["", "  "])
def test_plain_text_has_something_in_it(words):
    with pytest.raises(ValidationError, match="not empty"):
        texts.validate_python(words)


@pytest.mark.parametrize("language", ["de", "EN", "", 1])
def test_an_unknown_language_is_refused_with_those_there_are(language):
    with pytest.raises(ValidationError, match="is no language code: en, fr, ar, mk, sq, sw"):
        texts.validate_python({language: "words"})


def test_text_is_given_in_the_language_asked_for():
    assert text_in({"en": "Hello", "ar": "سلام"}, "ar") == ("سلام", "ar")


def test_text_that_is_not_there_is_given_in_the_first_language():
    assert text_in({"en": "Hello", "ar": "سلام"}, "fr") == ("Hello", "en")
    assert text_in({"ar": "سلام"}, "en") == ("سلام", "ar")


def test_what_runs_from_right_to_left_is_a_known_language():
    assert set(LANGUAGES) > RIGHT_TO_LEFT == {"ar"}
