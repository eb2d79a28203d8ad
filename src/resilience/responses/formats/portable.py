"""The dictionary of SPSS portable files: which codes it declares as missing.

A .por is one stream of characters in lines of 80. Numbers are written to base 30 and end with a
slash; texts begin with their length. Source: PSPP developers' guide, "Portable File Format".
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from resilience.responses.formats.parsed import FormatError

if TYPE_CHECKING:
    from resilience.responses.formats.parsed import Code

__all__ = ["without_missing_codes"]

_LINE = 80
_SIGNATURE = "SPSSPORT"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRST"
_BASE = len(_DIGITS)
_NUMBERS_OF_A_FORMAT = 6  # how a variable is printed and written: three numbers each
_TEXTS = frozenset("123")
_PRECISION, _WEIGHT, _VARIABLE, _LABEL, _COUNT = "5", "6", "7", "C", "4"
_MISSING = frozenset("89AB")

Ranges = tuple[tuple["Code", "Code"], ...]


def without_missing_codes(content: bytes) -> tuple[bytes, dict[str, Ranges]]:
    """Return a .por file in which no codes are declared as missing, and those that were.

    Raises
    ------
    FormatError
        If it is no .por file or its dictionary cannot be followed.
    """
    text = "".join(
        line.ljust(_LINE) for line in content.decode("latin-1").replace("\r", "").split("\n")
    )
    start = text.find(_SIGNATURE)
    if start < 0:
        message = "it does not begin like an SPSS portable file"
        raise FormatError(message)
    reader = _Dictionary(text, start + len(_SIGNATURE))
    try:
        missing = reader.missing_codes()
    except (IndexError, ValueError) as error:
        message = "its dictionary is cut short or damaged"
        raise FormatError(message) from error
    if not missing:
        return content, {}
    kept = reader.without(reader.declarations).rstrip(" ")
    lines = [kept[at : at + _LINE] for at in range(0, len(kept), _LINE)]
    lines[-1] = lines[-1].ljust(_LINE, "Z")
    return "\r\n".join([*lines, ""]).encode("latin-1"), missing


class _Dictionary:
    """The part of the stream that says what the variables are, read piece by piece."""

    def __init__(self, text: str, start: int) -> None:
        self.text, self.at = text, start
        self.declarations: list[tuple[int, int]] = []

    def missing_codes(self) -> dict[str, Ranges]:
        """Return each variable's codes declared as missing, remembering where they stand."""
        self.at += 1  # the version
        self._string()
        self._string()
        found: dict[str, Ranges] = {}
        name, is_text = "", False
        while (tag := self.text[self.at]) in _TEXTS | _MISSING | set("4567C"):
            begin = self.at
            self.at += 1
            if tag in _TEXTS or tag in (_WEIGHT, _LABEL):
                self._string()
            elif tag in (_PRECISION, _COUNT):
                self._number()
            elif tag == _VARIABLE:
                is_text = self._number() > 0
                name = self._string()
                for _ in range(_NUMBERS_OF_A_FORMAT):
                    self._number()
            else:
                found[name] = (*found.get(name, ()), self._range(tag, is_text=is_text))
                self.declarations.append((begin, self.at))
        return found

    def without(self, parts: list[tuple[int, int]]) -> str:
        """Return the whole stream but for some parts."""
        ends = [0, *(end for _, end in parts)]
        begins = [*(begin for begin, _ in parts), len(self.text)]
        return "".join(self.text[a:b] for a, b in zip(ends, begins, strict=True))

    def _range(self, tag: str, *, is_text: bool) -> tuple[Code, Code]:
        first: Code = self._string() if is_text else self._number()
        if tag == "9":
            return -inf, first
        if tag == "A":
            return first, inf
        return first, (self._number() if tag == "B" else first)

    def _string(self) -> str:
        length = int(self._number())
        begin, self.at = self.at, self.at + length
        return self.text[begin : self.at]

    def _number(self) -> float:
        """Return a number: digits to base 30, perhaps with a fraction and an exponent."""
        end = self.text.index("/", self.at)
        written, self.at = self.text[self.at : end].strip(), end + 1
        sign = -1.0 if written.startswith("-") else 1.0
        digits, exponent = written.removeprefix("-"), 0
        for mark, direction in (("+", 1), ("-", -1)):
            if mark in digits:
                digits, _, power = digits.partition(mark)
                exponent = direction * int(power, _BASE)
        whole, _, fraction = digits.partition(".")
        value = int((whole + fraction) or "0", _BASE) * float(_BASE) ** (exponent - len(fraction))
        return sign * value
