"""Say phrases in a language: words, numbers, dates, with what runs left to right set apart.

In a right-to-left language, numbers, signs and codes stand between U+2066 and U+2069, so
that a minus stays before its number and a range keeps its order. Writers turn these marks
into what their format has for it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import numpy as np
from babel import Locale
from babel.dates import format_date
from babel.lists import format_list

from resilience.definitions.document import read_document
from resilience.definitions.texts import RIGHT_TO_LEFT, text_in
from resilience.errors import Issue, ReportingError
from resilience.reporting.phrases import (
    Day,
    Interval,
    Label,
    Listing,
    Message,
    Number,
    Period,
    Verbatim,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from resilience.reporting.phrases import NumberStyle, Phrase

__all__ = ["ISOLATE", "POP", "REPORT_LANGUAGES", "Localiser", "catalogue"]

ISOLATE, POP = "\u2066", "\u2069"

# Arabic reports use the month names of the Levant and Western digits, as the press there does.
REPORT_LANGUAGES: Mapping[str, str] = {"en": "en_GB", "fr": "fr_FR", "ar": "ar_LB"}

_NO_BREAK = "\u00a0"
# French: a space between thousands and before the percent sign, a decimal comma. The locale's
# own data have a narrow space, which fonts of readers often lack.
_NUMBER_SIGNS = {"fr": str.maketrans({",": _NO_BREAK, ".": ",", "%": f"{_NO_BREAK}%"})}
# The first of a month is an ordinal in French, which the locale's data do not know.
_FIRST_DAY = {"fr": "1er"}
_BEFORE_SIGNS = re.compile(" (?=[:;?!%»])|(?<=«) ")

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_DECIMALS: Mapping[NumberStyle, int] = {
    "points": 1,
    "points_change": 1,
    "percent": 1,
    "percent_change": 1,
    "count": 0,
    "ratio": 2,
    "ratio_change": 2,
    "p_value": 3,
}
# Control characters and direction overrides could turn a label into something else.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SMALLEST_P = 0.001


@cache
def catalogue(language: str) -> Mapping[str, Any]:
    """Return a language's messages by key: text, or text by plural category."""
    with as_file(files("resilience.reporting.languages") / f"{language}.yaml") as path:
        return read_document(path).data


class Localiser:
    """Says phrases in one language.

    Parameters
    ----------
    language : str
        One of `REPORT_LANGUAGES`.

    Attributes
    ----------
    untranslated : set of str
        Texts of definitions that were not there in this language.
    """

    def __init__(self, language: str) -> None:
        if language not in REPORT_LANGUAGES:
            raise ReportingError(
                Issue(
                    "reports cannot be written in this language",
                    where="Localiser",
                    found=language,
                    expected="one of " + ", ".join(REPORT_LANGUAGES),
                    remedy="choose one of them",
                )
            )
        self.language = language
        self.locale = Locale.parse(REPORT_LANGUAGES[language])
        self.right_to_left = language in RIGHT_TO_LEFT
        self.untranslated: set[str] = set()
        self._messages = catalogue(language)

    def say(self, phrase: Phrase | None) -> str:  # noqa: PLR0911 - one return a kind of phrase
        """Return a phrase in words."""
        match phrase:
            case None:
                return ""
            case Message(key, values):
                return self._message(key, values)
            case Label(text):
                return self._label(text)
            case Verbatim(text):
                return self._apart(_STEERING.sub("", text))
            case Number(value, style):
                return self._apart(self._number(value, style))
            case Interval(low, high, style):
                return self._interval(low, high, style)
            case Listing(parts, joint):
                return self._listing([self.say(part) for part in parts], joint)
            case Day(date):
                return self._date(date)
            case Period(start, end):
                return self._period(start, end)

    def _message(self, key: str, values: Mapping[str, Phrase]) -> str:
        text = self._messages[key]
        if not isinstance(text, str):
            count = values["n"]
            category = self.locale.plural_form(count.value if isinstance(count, Number) else 0)
            text = text.get(category, text["other"])
        said = {name: self.say(value) for name, value in values.items()}
        return _PLACEHOLDER.sub(lambda found: said[found[1]], text)

    def _label(self, text: Mapping[str, str]) -> str:
        words, language = text_in(text, self.language)
        words = _STEERING.sub("", " ".join(words.split()))
        if language != self.language:
            self.untranslated.add(words)
            return self._apart(words) if language not in RIGHT_TO_LEFT else words
        return _BEFORE_SIGNS.sub(_NO_BREAK, words) if language == "fr" else words

    def tick(self, value: float, style: NumberStyle) -> str:
        """Return what stands at a tick of an axis, in percent or points."""
        sign = "+" if style.endswith("_change") and value > 0 else "−" if value < 0 else ""
        return self._signs(f"{sign}{abs(value):g}" + ("%" if style == "percent" else ""))

    def _signs(self, number: str) -> str:
        """Return a number with the marks and spaces of the language."""
        return number.translate(_NUMBER_SIGNS.get(self.language, {}))

    def _number(self, value: float, style: NumberStyle) -> str:
        return self._signs(self._plain_number(value, style))

    def _plain_number(self, value: float, style: NumberStyle) -> str:
        if not np.isfinite(value):
            return "–"
        if style == "p_value" and value < _SMALLEST_P:
            return f"< {_SMALLEST_P}"
        if style == "coverage":
            return f"{round(value * 100, 6):g}%".replace("-", "−")
        if style == "share":
            return f"{round(value * 100, 1):.1f}%".replace("-", "−")
        if style == "whole":
            return f"{value:.0f}".replace("-", "−")
        places = _DECIMALS[style]
        number = round(value * 100 if style.startswith("percent") else value, places)
        sign = "−" if number < 0 else "+" if number > 0 and style.endswith("_change") else ""
        return f"{sign}{abs(number):,.{places}f}"

    def _interval(self, low: float, high: float, style: NumberStyle) -> str:
        if not (np.isfinite(low) and np.isfinite(high)):
            return "–"
        ends = [self._apart(self._number(end, style)) for end in (low, high)]
        return self._fill("interval", low=ends[0], high=ends[1])

    def _listing(self, parts: list[str], joint: str) -> str:
        if joint == "line":
            return "\n".join(parts)
        if joint == "comma":
            return str(self._messages["comma"]).join(parts)
        return format_list(parts, locale=self.locale)

    def _date(self, date: dt.date) -> str:
        words = format_date(date, format="long", locale=self.locale)
        first = _FIRST_DAY.get(self.language)
        return first + words.removeprefix("1") if first and date.day == 1 else words

    def _period(self, start: dt.date, end: dt.date | None) -> str:
        if end is None:
            return self._fill("since", start=self._date(start))
        return self._fill("period", start=self._date(start), end=self._date(end))

    def _fill(self, key: str, **words: str) -> str:
        return _PLACEHOLDER.sub(lambda found: words[found[1]], str(self._messages[key]))

    def _apart(self, text: str) -> str:
        return f"{ISOLATE}{text}{POP}" if self.right_to_left else text
