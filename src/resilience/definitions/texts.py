"""Text in several languages, as definitions hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from resilience.errors import nearest

__all__ = ["LANGUAGES", "RIGHT_TO_LEFT", "Text", "text_in"]

LANGUAGES = {
    "en": "English",
    "fr": "français",
    "ar": "العربية",
    "mk": "македонски",
    "sq": "shqip",
    "sw": "Kiswahili",
}
RIGHT_TO_LEFT = frozenset({"ar"})

_UNKNOWN = "language"
_UNKNOWN_WORDS = "'{language}' is no language code: {known}. {hint}"


def _as_mapping(value: Any, info: ValidationInfo) -> dict[str, str]:
    """Return text by language; a plain string is in the definition's own language."""
    if isinstance(value, str):
        value = {(info.context or {}).get("language", "en"): value}
    if not isinstance(value, dict) or not value:
        kind, message = "text", "expected text, or text by language"
        raise PydanticCustomError(kind, message)
    for language, words in value.items():
        if language not in LANGUAGES:
            hint = nearest(str(language), LANGUAGES, "")
            raise PydanticCustomError(
                _UNKNOWN,
                _UNKNOWN_WORDS,
                {"language": str(language), "known": ", ".join(LANGUAGES), "hint": hint},
            )
        if not isinstance(words, str) or not words.strip():
            kind, message = "text", "expected text that is not empty; quote numbers"
            raise PydanticCustomError(kind, message)
    return {language: value[language].strip() for language in LANGUAGES if language in value}


Text = Annotated[
    Mapping[str, str],
    BeforeValidator(_as_mapping),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "properties": {language: {"type": "string"} for language in LANGUAGES},
                    "additionalProperties": False,
                    "minProperties": 1,
                },
            ]
        }
    ),
]
"""Text by language code; where a definition gives a plain string, its own language."""


def text_in(text: Mapping[str, str], language: str) -> tuple[str, str]:
    """Return the text in a language, or the first there is, and the language it is in."""
    if language in text:
        return text[language], language
    first = next(iter(text))
    return text[first], first
