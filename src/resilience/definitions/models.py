"""The form of definitions: strict records, and errors that name line, key and remedy."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from resilience.definitions.texts import LANGUAGES
from resilience.errors import DefinitionError, Issue, nearest

if TYPE_CHECKING:
    from resilience.definitions.document import Document, Place

__all__ = ["Definition", "Identifier", "parse"]

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A name within definitions: lower case letters, digits and underscores."""

_LONGEST_FOUND = 80


class Definition(BaseModel):
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
        issues: dict[Place, Issue] = {}
        for part in _causes(error.errors(include_url=False)):
            issues.setdefault(_place_of(document, part), _issue(model, document, part))
        raise DefinitionError(*issues.values()) from error


def _causes(errors: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return errors without those that only follow from another within the same part."""
    inner = [error["loc"] for error in errors]
    return [
        error
        for error in errors
        if error["type"] not in ("too_short", "dict_type", "tuple_type")
        or not any(
            len(loc) > len(error["loc"]) and loc[: len(error["loc"])] == error["loc"]
            for loc in inner
        )
    ]


def _place_of(document: Document, error: Mapping[str, Any]) -> Place:
    """Return where an error is told: a missing key at its own name."""
    place = _place_in(document, error["loc"])
    return (*place, str(error["loc"][-1])) if error["type"] == "missing" else place


def _issue(model: type[Definition], document: Document, error: Mapping[str, Any]) -> Issue:
    place = _place_in(document, error["loc"])
    where = document.where(place)
    key = str(error["loc"][-1])
    if error["type"] == "missing":
        return Issue(
            f"the key '{key}' is missing",
            where=where,
            found="keys " + ", ".join(map(str, error["input"])),
            expected=f"'{key}: …' in {_named(place)}",
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
    return Issue(
        f"a wrong value for {_named(place)}",
        where=where,
        found=_short(error["input"]),
        expected=_expected(error),
        remedy="correct it",
    )


def _expected(error: Mapping[str, Any]) -> str:
    if error["type"] == "string_pattern_mismatch":
        return "lower case letters, digits and underscores, beginning with a letter"
    if error["type"] == "string_type":
        return "text (put numbers in quotes)"
    message: str = error["msg"]
    plain = message.removeprefix("Value error, ").removeprefix("Input should be ")
    return plain.replace("valid tuple", "list").replace("valid dictionary", "mapping")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_FOUND else text[:_LONGEST_FOUND] + "…"


def _named(place: Place) -> str:
    return "'" + ".".join(str(part) for part in place) + "'" if place else "the file"


def _place_in(document: Document, location: tuple[str | int, ...]) -> Place:
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
        return next((kind for kind in map(_bare, arguments) if _tag_of(kind) == part), None)
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


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Definition)
