"""Which encoding texts seem to be in: told as a remedy, never used without being named."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["likely_encoding"]

_SAMPLE = 2_000_000
_LEAST_SHARE = 0.6
# Runs of ASCII letters and bytes above them: words in any of the encodings below.
_WORD = re.compile(rb"[A-Za-z\x80-\xff]{4,40}")
_SCRIPTS = {"cp1251": "CYRILLIC", "cp1256": "ARABIC", "cp1252": "LATIN", "cp1250": "LATIN"}


def likely_encoding(source: Path | bytes) -> str | None:
    """Return the encoding, of those before Unicode, in which a file's words look like words.

    A word is taken for one if its letters are of one script and capitals stand only at its
    beginning, or everywhere. It is a hint for people: no file is read by it.

    Parameters
    ----------
    source : Path or bytes
        A file, of which the beginning is looked at, or its bytes.

    Returns
    -------
    str or None
        `cp1251` (Cyrillic), `cp1256` (Arabic), `cp1252` or `cp1250` (Latin); None where the
        words beyond ASCII are UTF-8, too few, or words in none of these.

    Examples
    --------
    >>> likely_encoding("Скопје и Тетово".encode("cp1251"))
    'cp1251'
    >>> likely_encoding("Скопје и Тетово".encode()) is None
    True
    """
    if isinstance(source, bytes):
        content = source[:_SAMPLE]
    else:
        try:
            with source.open("rb") as stream:
                content = stream.read(_SAMPLE)
        except OSError:
            return None
    words = [word for word in _WORD.findall(content) if not word.isascii() and not _is_utf8(word)]
    if not words:
        return None
    fitting = Counter(
        {name: sum(_is_word(word, name) for word in words) for name in _SCRIPTS}
    ).most_common(1)
    name, count = fitting[0]
    return name if count >= _LEAST_SHARE * len(words) else None


def _is_utf8(word: bytes) -> bool:
    try:
        word.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_word(word: bytes, encoding: str) -> bool:
    """Return whether bytes are a word of the encoding's script."""
    text = word.decode(encoding, "replace")
    script = _SCRIPTS[encoding]
    if not all(unicodedata.name(letter, "").startswith(script) for letter in text):
        return False
    if not text.isalpha() and script != "ARABIC":
        return False
    if script == "LATIN" and sum(map(str.isascii, text)) < len(text) / 2:
        return False  # words of other scripts look like rows of accents
    return script == "ARABIC" or text[1:].islower() or text.isupper()
