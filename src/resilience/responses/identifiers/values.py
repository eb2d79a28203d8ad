"""What identifies people by its form: numbers, addresses of the net, points on a map.

Numbers of persons are known by their form and, where they have one, their check digit: the
EMBG of North Macedonia (13 digits, ISO 7064 style weights 7 to 2), the card of Senegal (sex,
office, year of birth, number), that of Lebanon (12 digits, zeros in front), of Kenya (8 digits)
and of Albania and Kosovo; telephones by the plans of +389, +221, +961 and +254; IMEI by Luhn.
A form that any number could have counts only if the digits look drawn, not counted: panel ids
that run on or are put together from places are no telephone numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resilience.responses.identifiers.names import IdentifierKind

__all__ = ["ANYWHERE", "drawn_digits", "kind_by_form", "only_digits"]

ANYWHERE: Mapping[IdentifierKind, re.Pattern[str]] = {
    "email": re.compile(r"[^\s@<>(),;:\"]+@[^\s@<>(),;:\"]+\.[^\W\d_]{2,}"),
    "phone": re.compile(
        r"(?<![\w.])(?:\+\d{1,3}|00(?:389|221|961|254))[ ().-]{0,2}\d(?:[ ().-]{0,2}\d){6,10}(?!\w)"
    ),
    "device": re.compile(
        r"\b(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\b|\bcollect:\w{8,}|"
        r"\b(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}\b"
    ),
    "coordinates": re.compile(
        r"^[ \t(']*-?\d{1,2}\.\d{3,}[ \t]*[ ,;][ \t]*-?\d{1,3}\.\d{3,}"
        r"(?:[ \t,;]+-?\d+(?:\.\d+)?){0,2}[ \t)]*$|\b\d{1,3} ?° ?\d{1,2} ?['′’]",
        re.MULTILINE,
    ),
}
"""Forms that nothing else has: one row is enough."""

_UUID = re.compile(r"(?:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z", re.IGNORECASE)
_IP = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\Z")
_HEX = re.compile(r"(?=.*[a-f])(?=.*\d)[0-9a-f]{16}\Z", re.IGNORECASE)
_SIM = re.compile(r"89\d{17,18}\Z|(?:294|608|415|639)\d{12}\Z")
_MEDIA = re.compile(r".+\.(?:jpe?g|png|heic|amr|m4a|mp3|3gpp?|wav|ogg|mp4)\Z", re.IGNORECASE)
_SENEGAL = re.compile(r"[12]\d{3}(?:19|20)\d{2}\d{5,6}\Z")
_ALBANIA = re.compile(r"[A-T]\d[0156]\d[0-3]\d\d{3}[A-W]\Z", re.IGNORECASE)
_KENYA_TAX = re.compile(r"[AP]\d{9}[A-Z]\Z", re.IGNORECASE)
_LEBANON = re.compile(r"0{2,6}[1-9]\d{5,9}\Z")
_KENYA = re.compile(r"[1-4]\d{7}\Z")
_PHONES = tuple(
    re.compile(form)
    for form in (
        r"(?:389|0)?(?:7[0-9]\d{6}|[234]\d{7})\Z",
        r"(?:221)?(?:7[05678]|3[03])\d{7}\Z",
        r"(?:961|0)?(?:[1-9]\d{6}|7[01689]\d{6}|81\d{6})\Z",
        r"(?:254|0)?[17]\d{8}\Z",
    )
)
_DECIMAL = re.compile(r"-?\d*\.\d+(?:e-?\d+)?\Z")
_SIGNS = re.compile(r"[\s().\-/]+")
_WEIGHTS = (7, 6, 5, 4, 3, 2)
_EMBG_DIGITS, _IMEI_DIGITS, _LEBANESE_DIGITS = 13, 15, 12
_MOST, _HALF, _SOME = 0.8, 0.5, 0.2
_FEWEST, _LAST, _MODAL = 8, 5, 0.5
_DISTINCT = 0.9


def only_digits(text: str) -> str:
    """Return a text without blanks and the signs by which numbers are parted.

    A number with decimals keeps its point.
    """
    return text if _DECIMAL.match(text) else _SIGNS.sub("", text)


def drawn_digits(numbers: Sequence[str], last: int = _LAST) -> bool:
    """Return whether the last digits look drawn: each place has many digits, none too often.

    Numbers that run on have one digit in most places and lie close together; numbers made of a
    place's and a person's have few digits in some.
    """
    if len(numbers) < _FEWEST:
        return False
    counted = [int(number) for number in numbers]
    if max(counted) - min(counted) < 10 ** (len(str(min(counted))) - 2):
        return False
    wanted = min(6, len(numbers) / 3)
    for place in range(1, last + 1):
        digits = Counter(number[-place] for number in numbers if len(number) >= place)
        if len(digits) < wanted or max(digits.values()) > _MODAL * len(numbers):
            return False
    return True


def kind_by_form(values: Sequence[str]) -> tuple[IdentifierKind, float] | None:
    """Return what most of some distinct values are by their form, and the share that are.

    Parameters
    ----------
    values : sequence of str
        Distinct, not empty, with the digits 0 to 9.
    """
    if not values:
        return None
    bare = [only_digits(value) for value in values]
    for kind, least, fits, texts in (
        ("device", _SOME, _is_device, values),
        ("device", _HALF, _is_serial, bare),
        ("media", _SOME, _MEDIA.match, values),
        ("national_id", _HALF, _is_embg, bare),
        ("national_id", _HALF, _ALBANIA.match, bare),
        ("national_id", _MOST, _KENYA_TAX.match, bare),
        ("national_id", _MOST, _SENEGAL.match, bare),
    ):
        share = _share(fits, texts)
        if share >= least:
            return kind, share  # type: ignore[return-value]
    return _drawn_kind([text for text in bare if text.isdigit()], len(values))


def _drawn_kind(numbers: Sequence[str], count: int) -> tuple[IdentifierKind, float] | None:
    """Return what numbers are whose form says little, if their digits were drawn."""
    if len(numbers) < _MOST * count or not drawn_digits(numbers):
        return None
    shares: dict[IdentifierKind, float] = {
        "phone": max(_share(plan.match, numbers) for plan in _PHONES),
        "national_id": max(
            _share(_KENYA.match, numbers),
            _share(lambda text: len(text) == _LEBANESE_DIGITS and _LEBANON.match(text), numbers),
        ),
    }
    kind = max(shares, key=lambda kind: shares[kind])
    return (kind, shares[kind]) if shares[kind] >= _DISTINCT else None


def _share(fits: Callable[[str], object], values: Sequence[str]) -> float:
    return sum(bool(fits(value)) for value in values) / len(values)


def _is_device(text: str) -> bool:
    return bool(_UUID.match(text) or _IP.match(text) or _HEX.match(text))


def _is_serial(digits: str) -> bool:
    """Return whether digits are the number of a telephone (IMEI, by Luhn) or of its card."""
    if _SIM.match(digits):
        return True
    if len(digits) != _IMEI_DIGITS or not digits.isdigit():
        return False
    doubled = [int(d) * (2 if at % 2 else 1) for at, d in enumerate(digits)]
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def _is_embg(digits: str) -> bool:
    """Return whether digits are an EMBG: a date of birth, a region, a number, a check digit."""
    if not digits.isdigit() or len(digits) not in (_EMBG_DIGITS, _EMBG_DIGITS - 1):
        return False
    full = [int(digit) for digit in digits.zfill(_EMBG_DIGITS)]
    day, month = full[0] * 10 + full[1], full[2] * 10 + full[3]
    if not (1 <= day <= 31 and 1 <= month <= 12 and full[4] in (0, 9)):  # noqa: PLR2004 - a date
        return False
    summed = sum(w * (full[at] + full[at + 6]) for at, w in enumerate(_WEIGHTS))
    check = 11 - summed % 11
    return full[12] == (0 if check > 9 else check)  # noqa: PLR2004 - one digit
