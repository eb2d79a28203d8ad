"""What a validator's error means to somebody who writes definitions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from resilience.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Context = Mapping[str, Any]

__all__ = ["SCALAR_ERRORS", "expected_and_remedy"]

_PATTERNS = {
    r"^[a-z][a-z0-9_]{0,62}$": (
        "lower case letters, digits and underscores, beginning with a letter",
        "write it so; texts for readers stand under 'title'",
    ),
    r"^[0-9a-f]{64}$": (
        "a SHA-256 checksum: 64 of the digits 0-9 and a-f",
        "copy it from 'sha256sum FILE', or leave it out",
    ),
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$": (
        "the name of a folder: letters, digits, dots, hyphens and underscores",
        "give the folder's name alone",
    ),
}

_DATE = (
    "a date as year-month-day, such as 2025-02-03",
    "write the year first, with hyphens, and a day that exists",
)
_WHOLE = ("a whole number", "write it in digits, without quotes")
_NUMBER = ("a number", "write it in digits, without quotes, with a decimal point")
_LIST = ("a list, such as [one, two]", "put it in square brackets")
_MAPPING = ("a mapping: 'key: value' lines, or {key: value}", "write keys with their values")

_PLAIN: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("date_parsing", "date_type", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        _DATE,
    ),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), _NUMBER),
    **dict.fromkeys(("tuple_type", "list_type"), _LIST),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), _MAPPING),
    "bool_parsing": ("true or false", "write one of them"),
    "bool_type": ("true or false", "write one of them"),
    "string_type": ("text (put numbers in quotes)", "write text, in quotes where it is a number"),
}

SCALAR_ERRORS = frozenset({*_PLAIN, "literal_error", "too_short"})
"""Kinds of errors that only follow where a part within the same value is wrong."""


def expected_and_remedy(error: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a wrong value should have been, and what to do.

    Parameters
    ----------
    error : mapping
        One of a pydantic validation error's `errors()`.
    """
    kind = error["type"]
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _MADE:
        return _MADE[kind](error["input"], error["ctx"])
    message: str = error["msg"]
    return message.removeprefix("Value error, ").removeprefix("expected ").rstrip(
        ". "
    ), "correct it"


def _pattern(_: Any, context: Context) -> tuple[str, str]:
    return _PATTERNS.get(context["pattern"], ("text of another form", "write it so"))


def _choice(value: Any, context: Context) -> tuple[str, str]:
    """Return a closed list of words, and the nearest of them."""
    words = re.findall(r"'([^']*)'", context.get("expected_tags") or context["expected"])
    remedy = nearest(str(context.get("tag", value)), words, "choose one of them")
    return (f"one of {', '.join(words)}" if len(words) > 1 else words[0]), remedy


def _untold(_: Any, context: Context) -> tuple[str, str]:
    return f"{context['discriminator']}: which kind of part this is", "add it"


def _too_short(_: Any, context: Context) -> tuple[str, str]:
    least = context["min_length"]
    return f"at least {least} {'entry' if least == 1 else 'entries'}", "add what is missing"


def _too_long(_: Any, context: Context) -> tuple[str, str]:
    most = context["max_length"]
    return f"at most {most} {'entry' if most == 1 else 'entries'}", "leave some out"


def _limit(_: Any, context: Context) -> tuple[str, str]:
    words = {"lt": "below", "le": "of at most", "gt": "above", "ge": "of at least"}
    (name,) = set(words) & set(context)
    return f"a number {words[name]} {context[name]:g}", "correct the number"


_MADE: Mapping[str, Callable[[Any, Context], tuple[str, str]]] = {
    "string_pattern_mismatch": _pattern,
    "literal_error": _choice,
    "union_tag_invalid": _choice,
    "union_tag_not_found": _untold,
    "too_short": _too_short,
    "too_long": _too_long,
    **dict.fromkeys(("less_than", "less_than_equal", "greater_than", "greater_than_equal"), _limit),
}
