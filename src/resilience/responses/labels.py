"""What the labels in a file say of its codes, against the definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resilience.responses.words import as_number, fold, meaning, unnumbered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.definitions.instrument import Scale
    from resilience.responses.formats.parsed import Code
    from resilience.responses.words import Words

__all__ = ["Misplaced", "are_foreign", "labels_by_code", "misplaced_labels", "text_labels"]


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A label that a file gives to one code and the definition to another.

    Attributes
    ----------
    code : str
        The code in the file.
    label : str
        The words of the definition that stand there.
    meant : tuple of codes
        The codes that have these words in the definition.
    """

    code: str
    label: str
    meant: tuple[int | str, ...]


def text_labels(labels: Mapping[Code, str]) -> dict[str, str]:
    """Return those labels of a file whose codes are text."""
    return {code: label for code, label in labels.items() if isinstance(code, str)}


def labels_by_code(labels: Mapping[Code, str], words: Words) -> dict[Code, str]:
    """Return a file's labels by the definition's codes, as the wave declares them.

    Labels that come to stand at one code are joined: they were several answers.
    """
    found: dict[Code, list[str]] = {}
    for code, label in labels.items():
        plain = _plain(code)
        target: int | str | None = words.declared.get(fold(plain), plain)
        if target is not None and as_number(target) is None:
            target = meaning(str(target), words).code
        number = None if target is None else as_number(target)
        if number is not None:
            found.setdefault(number, []).append(label)
    return {code: " / ".join(dict.fromkeys(texts)) for code, texts in found.items()}


def misplaced_labels(
    labels: Mapping[Code, str], words: Words, codes: Sequence[int | str]
) -> tuple[Misplaced, ...]:
    """Return labels that say something else than the definition says of the same code.

    None where some labels of these codes are no words of the definition: then the file has
    another scale, of which the same words may be another part ("a lot", the third of four
    answers or the last).

    Parameters
    ----------
    labels : mapping of code to label
        As the file has them.
    words : Words
        The definition's own, and what the wave declares.
    codes : sequence of codes
        The definition's codes that are looked at.
    """
    known = {str(code): code for code in codes}
    found = []
    for code, label in labels.items():
        target = known.get(str(words.declared.get(fold(_plain(code)), _plain(code))))
        plain = fold(label)
        plain = plain if plain in words.known else unnumbered(plain)[1]
        meant = words.known.get(plain, frozenset())
        if target is not None and not meant:
            return ()
        if target is not None and target not in meant:
            found.append(Misplaced(_plain(code), plain, tuple(sorted(meant, key=str))))
    return tuple(found)


def are_foreign(labels: Mapping[Code, str], scale: Scale, words: Words) -> bool:
    """Return whether a file labels answers, and none of them in words of the definition."""
    scored = [label for code, label in labels.items() if code in scale.answers]
    folded = [fold(label) for label in scored]
    return bool(scored) and not any(
        text in words.known or unnumbered(text)[1] in words.known for text in folded
    )


def _plain(code: Code | int) -> str:
    """Return a code as text, whole numbers without a point."""
    return f"{code:.0f}" if isinstance(code, float) and code.is_integer() else str(code)
