"""The words of an instrument in one more language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import Field, StringConstraints

from resilience.definitions.models import Definition, Identifier, parse
from resilience.errors import DefinitionError, Issue, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from resilience.definitions.document import Document, Place
    from resilience.definitions.instrument import Instrument, Scale

__all__ = ["Translation", "translate"]


Part = TypeVar("Part", bound=Definition)
Words = Annotated[str, StringConstraints(min_length=1)]


class ItemWords(Definition):
    """An item's short title and question."""

    title: Words | None = None
    question: Words | None = None


class Translation(Definition):
    """A translation file: words by the ids of an instrument's parts.

    Attributes
    ----------
    scales : mapping of scale to mapping of code to words
        The answers, those without a score included.
    """

    instrument: Identifier
    language: Literal["en", "fr", "ar", "mk", "sq", "sw"]
    translator: str = Field(description="Who translated, how, and how far it was tested")
    title: Words
    scales: dict[Identifier, dict[int | str, Words]] = {}
    scale_titles: dict[Identifier, Words] = {}
    items: dict[Identifier, ItemWords] = {}
    indices: dict[Identifier, Words] = {}
    indicators: dict[Identifier, Words] = {}
    list_experiments: dict[Identifier, Words] = {}


def translate(instrument: Instrument, document: Document) -> Instrument:
    """Return an instrument with the words of a translation file added.

    Raises
    ------
    DefinitionError
        If the file names parts that the instrument does not have.
    """
    words = parse(Translation, document)
    _refuse_unknown(instrument, words, document)
    return instrument.model_copy(
        update={
            "title": _joined(instrument.title, words.language, words.title),
            "scales": {
                name: _with(
                    _scale_with(scale, words.language, words.scales.get(name, {})),
                    words.language,
                    title=words.scale_titles.get(name),
                )
                for name, scale in instrument.scales.items()
            },
            "items": tuple(
                _with(item, words.language, **words.items.get(item.id, ItemWords()).model_dump())
                for item in instrument.items
            ),
            "indices": tuple(
                _with(part, words.language, title=words.indices.get(part.id))
                for part in instrument.indices
            ),
            "indicators": tuple(
                _with(part, words.language, title=words.indicators.get(part.id))
                for part in instrument.indicators
            ),
            "list_experiments": tuple(
                _with(part, words.language, sensitive=words.list_experiments.get(part.id))
                for part in instrument.list_experiments
            ),
        }
    )


def _joined(
    text: Mapping[str, str] | None, language: str, added: str | None
) -> dict[str, str] | None:
    """Return a text with one more language, if there are words in it."""
    both = dict(text or {})
    if added:
        both[language] = added
    return both or None


def _with(part: Part, language: str, **words: str | None) -> Part:
    """Return a part of an instrument with words added to its texts."""
    texts = {name: _joined(getattr(part, name), language, added) for name, added in words.items()}
    return part.model_copy(update=texts)


def _scale_with(scale: Scale, language: str, words: Mapping[int | str, str]) -> Scale:
    """Return a scale with words added to its answers, the missing ones included."""
    answers = {
        code: _joined(text, language, words.get(code)) for code, text in scale.answers.items()
    }
    missing = tuple(
        _with(answer, language, label=words.get(answer.code)) for answer in scale.missing
    )
    return scale.model_copy(update={"answers": answers, "missing": missing})


def _refuse_unknown(instrument: Instrument, words: Translation, document: Document) -> None:
    parts: list[tuple[str, Iterable[str], set[str]]] = [
        ("scales", words.scales, set(instrument.scales)),
        ("scale_titles", words.scale_titles, set(instrument.scales)),
    ]
    parts += [
        (section, getattr(words, section), {part.id for part in getattr(instrument, section)})
        for section in ("items", "indices", "indicators", "list_experiments")
    ]
    issues = [
        _unknown(document, (section, name), name, known)
        for section, names, known in parts
        for name in names
        if name not in known
    ]
    for name, answers in words.scales.items():
        if name in instrument.scales:
            scale = instrument.scales[name]
            codes = {*scale.answers, *(answer.code for answer in scale.missing)}
            issues += [
                _unknown(document, ("scales", name, code), str(code), map(str, codes))
                for code in answers
                if code not in codes
            ]
    if words.language == instrument.language or words.language != document.path.stem:
        issues.append(
            Issue(
                "the translation is not in the language that its name says",
                where=document.where(("language",)),
                found=f"{document.path.name} with 'language: {words.language}'",
                expected=f"another language than the instrument's, {instrument.language}, and a "
                "file of its name",
                remedy="correct 'language', or rename the file",
            )
        )
    if words.instrument != instrument.instrument:
        known = {instrument.instrument}
        issues.append(_unknown(document, ("instrument",), words.instrument, known))
    if issues:
        raise DefinitionError(*issues)


def _unknown(document: Document, place: Place, name: str, known: Iterable[str]) -> Issue:
    names = sorted(known)
    return Issue(
        f"the translation names '{name}', which the instrument does not have",
        where=document.where(place),
        found=name,
        expected="one of " + ", ".join(names),
        remedy=nearest(name, names, "remove it"),
    )
