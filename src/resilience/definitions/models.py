"""The form of definitions: strict records, and errors that name line, key and remedy."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from resilience.definitions.texts import LANGUAGES
from resilience.definitions.wrong_values import SCALAR_ERRORS, expected_and_remedy
from resilience.errors import DefinitionError, Issue, nearest

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass

    from resilience.definitions.document import Document, Place
else:
    ModelMetaclass = type(BaseModel)

__all__ = ["Definition", "Identifier", "parse"]

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A name within definitions: lower case letters, digits and underscores."""

_LONGEST_FOUND = 80


class _Called(ModelMetaclass):
    """Lets a record that is made in Python complain as one that is read from a file."""

    def __call__(self, **said: Any) -> Any:
        """Return the record, or raise everything that is wrong with it."""
        try:
            return super().__call__(**said)
        except ValidationError as error:
            spoken = _Spoken(self.__name__, said)
            raise DefinitionError(
                *_issues(cast("type[Definition]", self), spoken, error)
            ) from error


class Definition(BaseModel, metaclass=_Called):
    """A part of a definition: frozen, and without keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


Model = TypeVar("Model", bound=Definition)


def parse(model: type[Model], document: Document) -> Model:
    """Return a document as a record, or raise everything that is wrong with it.

    Parameters
    ----------
    model : type
        The record's class.
    document : Document
        The file's plain data; its `language` key is the language of plain text.

    Raises
    ------
    DefinitionError
        With one issue for each wrong, unknown or missing key.
    """
    said = document.data.get("language", "en")
    # Plain text is in the file's language; if that is wrong, it is told once and not for each.
    language = said if isinstance(said, str) and said in LANGUAGES else "en"
    try:
        return model.model_validate(document.data, context={"language": language})
    except ValidationError as error:
        raise DefinitionError(*_issues(model, document, error)) from error


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What a record was made of in Python, which has places and no lines."""

    name: str
    data: dict[Any, Any]

    @property
    def lines(self) -> Mapping[Place, int]:
        return dict.fromkeys(_places_in(self.data), 1)

    def where(self, place: Place = ()) -> str:
        return f"rs.{self.name}({'.'.join(map(str, place))})"


def _places_in(value: Any) -> Iterator[Place]:
    """Yield the place of a value and of everything in it."""
    yield ()
    entries: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, Mapping):
        entries = value.items()
    elif isinstance(value, list | tuple):
        entries = enumerate(value)
    for key, part in entries:
        for place in _places_in(part):
            yield (key, *place)


def _issues(
    model: type[Definition], document: Document | _Spoken, error: ValidationError
) -> list[Issue]:
    issues: dict[Place, Issue] = {}
    for part in _causes(document, error.errors(include_url=False)):
        issues.setdefault(_place_of(document, part), _issue(model, document, part))
    return list(issues.values())


Error = Mapping[str, Any]


def _causes(document: Document | _Spoken, errors: Sequence[Error]) -> list[Error]:
    """Return errors without those that only follow from another.

    Where a part within a value is wrong, it is not told that the value is no other form it
    might have had; where a key is misspelt, not that the right one is missing.
    """
    places = [_place_in(document, error["loc"]) for error in errors]
    misspelt = [
        (place[:-1], str(error["loc"][-1]))
        for place, error in zip(places, errors, strict=True)
        if error["type"] == "extra_forbidden"
    ]

    def follows(error: Error, place: Place) -> bool:
        if error["type"] == "missing":
            key = str(error["loc"][-1])
            return any(at == place and nearest(other, [key], "") for at, other in misspelt)
        return error["type"] in SCALAR_ERRORS and any(
            len(inner) > len(place) and inner[: len(place)] == place for inner in places
        )

    pairs = zip(errors, places, strict=True)
    return [error for error, place in pairs if not follows(error, place)]


def _place_of(document: Document | _Spoken, error: Error) -> Place:
    """Return where an error is told: a missing key at its own name."""
    place = _place_in(document, error["loc"])
    return (*place, str(error["loc"][-1])) if error["type"] == "missing" else place


def _issue(model: type[Definition], document: Document | _Spoken, error: Error) -> Issue:
    place = _place_in(document, error["loc"])
    where = document.where(place)
    key = str(error["loc"][-1])
    if error["type"] == "missing" and isinstance(error["input"], Mapping):
        return Issue(
            f"the key '{key}' is missing",
            where=where,
            found="keys " + ", ".join(map(str, error["input"])),
            expected=f"'{key}: …' in {_named(place)}",
            remedy="add it",
        )
    if error["type"] == "missing":
        return Issue(
            f"an entry is missing in {_named(place)}",
            where=where,
            found=_short(list(error["input"])),
            expected=f"at least {int(key) + 1} entries",
            remedy="add it",
        )
    if error["type"] == "extra_forbidden":
        known = _keys_at(model, error["loc"][:-1])
        return Issue(
            f"unknown key '{key}' in {_named(place[:-1])}",
            where=where,
            found=key,
            expected="one of " + ", ".join(known),
            remedy=nearest(key, known, "remove it"),
        )
    expected, remedy = expected_and_remedy(error)
    found = error.get("ctx", {}).get("tag", error["input"])
    return Issue(f"a wrong value for {_named(place)}", where, _short(found), expected, remedy)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_FOUND else text[:_LONGEST_FOUND] + "…"


def _named(place: Place) -> str:
    return "'" + ".".join(str(part) for part in place) + "'" if place else "the file"


def _place_in(document: Document | _Spoken, location: tuple[str | int, ...]) -> Place:
    """Return the part of a validator's location that exists in the file."""
    place: Place = ()
    for part in location:
        for candidate in (part, int(part) if str(part).isdigit() else part):
            if (*place, candidate) in document.lines:
                place = (*place, candidate)
                break
    return place


def _keys_at(model: type[Definition], location: tuple[str | int, ...]) -> list[str]:
    """Return the keys that the record at a location knows."""
    here: Any = model
    for part in location:
        here = _step(here, part)
    return list(here.model_fields) if _is_record(here) else []


def _step(annotation: Any, part: str | int) -> Any:
    """Return what a type holds under a key or position."""
    if _is_record(annotation):
        field = annotation.model_fields.get(part)
        return _bare(field.annotation, part) if field else None
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        return _bare(arguments[0], part)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _bare(arguments[1], part)
    if origin in (Union, types.UnionType):
        kinds = list(map(_bare, arguments))
        return next((kind for kind in kinds if part in (_tag_of(kind), _name_of(kind))), None)
    return annotation


def _bare(annotation: Any, _part: str | int = "") -> Any:
    """Return a type without its `Annotated` wrapping and without `| None`."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not types.NoneType]
        return _bare(kinds[0]) if len(kinds) == 1 else annotation
    return annotation


def _tag_of(annotation: Any) -> str | None:
    """Return the value that tells a record from its alternatives."""
    if not _is_record(annotation) or "block" not in annotation.model_fields:
        return None
    return str(get_args(annotation.model_fields["block"].annotation)[0])


def _name_of(annotation: Any) -> str | None:
    """Return the word by which a validator's location names one of several forms."""
    return annotation.__name__ if _is_record(annotation) else None


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Definition)
