"""Read YAML as plain data that remembers its lines, and refuse everything clever.

The subset is YAML 1.2's core: mappings, lists, text, whole and decimal numbers, `true`,
`false`, `null`. Aliases, tags, duplicate keys, deep nesting and large files are errors, so
that no file can run code, swell in memory or say one thing twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from resilience.errors import DefinitionError, Issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Document", "read_document", "write_document"]

LARGEST_FILE = 1_000_000
DEEPEST_NESTING = 20
MOST_DIGITS = 18  # what 64 bits hold

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?\Z")
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A definition file as plain data.

    Attributes
    ----------
    path : Path
        The file.
    data : dict
        Its content: dicts, lists, text, numbers, booleans, None.
    lines : mapping
        The line (from 1) of every key and list entry, by its place.
    """

    path: Path
    data: dict[Any, Any]
    lines: Mapping[Place, int]

    def line(self, place: Place = ()) -> int:
        """Return the line of the deepest known part of a place."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def where(self, place: Place = ()) -> str:
        """Return `file:line` of the deepest known part of a place."""
        return f"{self.path}:{self.line(place)}"


def read_document(path: Path) -> Document:
    """Read a definition file.

    Parameters
    ----------
    path : Path
        A YAML file whose top level is a mapping.

    Returns
    -------
    Document

    Raises
    ------
    DefinitionError
        If the file is missing, too large, not UTF-8, not YAML, or uses what is refused.
    """
    text = _read_text(path)
    lines: dict[Place, int] = {}
    builder = _Builder(path, lines)
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        data = builder.build(events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise DefinitionError(
            Issue(
                "the file is not valid YAML",
                where=f"{path}:{line}",
                found=error.problem or "text that cannot be read",
                expected="keys and values, indented with spaces",
                remedy="look at this line and the one above: indentation, colons, quotes",
            )
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise DefinitionError(
            Issue(
                "the file is not valid YAML",
                where=f"{path}:{builder.reached}",
                found=str(error),
                expected="text without control characters",
                remedy="save the file as plain UTF-8 text",
            )
        ) from error
    if not isinstance(data, dict):
        raise DefinitionError(
            Issue(
                "the file holds no definition",
                where=f"{path}:1",
                found="nothing" if data is None else type(data).__name__,
                expected="a mapping: 'key: value' lines",
                remedy="begin with an example: 'resilience init DIR' writes one of each kind",
            )
        )
    return Document(path, data, lines)


def _read_text(path: Path) -> str:
    if not path.is_file():
        raise DefinitionError(
            Issue(
                "the definition file is not there",
                where=str(path),
                found="a folder" if path.is_dir() else "no such file",
                expected="a .yaml file",
                remedy="name the file in it"
                if path.is_dir()
                else "check the path, or start one with 'resilience init'",
            )
        )
    if path.stat().st_size > LARGEST_FILE:
        raise DefinitionError(
            Issue(
                "the definition file is too large",
                where=str(path),
                found=f"{path.stat().st_size} bytes",
                expected=f"at most {LARGEST_FILE}",
                remedy="definitions hold no data: move data to files of their own",
            )
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(
            Issue(
                "the definition file cannot be read as text",
                where=str(path),
                found=str(error),
                expected="UTF-8",
                remedy="save the file as UTF-8",
            )
        ) from error


class _Builder:
    """Turns YAML events into plain data, noting the line of each part."""

    def __init__(self, path: Path, lines: dict[Place, int]) -> None:
        self.path = path
        self.lines = lines
        self.reached = 1

    def build(self, events: Iterator[yaml.Event]) -> Any:
        """Return the one document of the stream."""
        self.events = events
        data: Any = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse(event, "a second document in one file", "one definition a file")
                data = self.value(next(events), ())
        return data

    def value(self, event: yaml.Event, place: Place) -> Any:
        """Return the value that begins with `event`."""
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self.refuse(event, "an anchor or alias", "the value written out")
        if getattr(event, "tag", None):
            self.refuse(event, f"the tag {event.tag}", "plain values without tags")  # type: ignore[attr-defined]
        if len(place) > DEEPEST_NESTING:
            self.refuse(event, "very deep nesting", f"at most {DEEPEST_NESTING} levels")
        self.reached = _line(event)
        self.lines.setdefault(place, self.reached)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(place)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(place)
        return _scalar(event)

    def mapping(self, place: Place) -> dict[Any, Any]:
        """Return a mapping; a key written twice is refused."""
        data: dict[Any, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.value(event, (*place, "?"))
            if not isinstance(key, str | int) or isinstance(key, bool):
                self.refuse(event, f"the key {key!r}", "text or a whole number as key")
            if key in data or str(key) in {str(known) for known in data}:
                self.refuse(
                    event,
                    f"the key '{key}' twice",
                    "each key once",
                    what="a key is written twice",
                    remedy="remove or rename one of the two",
                )
            self.lines[(*place, key)] = _line(event)
            data[key] = self.value(next(self.events), (*place, key))
        self.lines.pop((*place, "?"), None)
        return data

    def sequence(self, place: Place) -> list[Any]:
        """Return a list."""
        data: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            data.append(self.value(event, (*place, len(data))))
        return data

    def refuse(
        self,
        event: yaml.Event,
        found: str,
        expected: str,
        *,
        what: str = "definitions are plain data",
        remedy: str = "write it plainly",
    ) -> None:
        """Raise the error for something this subset does not have."""
        where = f"{self.path}:{_line(event)}"
        raise DefinitionError(Issue(what, where, found, expected, remedy))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: yaml.Event) -> Any:
    text: str = event.value  # type: ignore[attr-defined]
    text.encode()  # a lone half of a character is none
    if event.style is not None:  # type: ignore[attr-defined]
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _WHOLE.match(text):
        return int(text) if len(text) <= MOST_DIGITS else text
    if _DECIMAL.match(text):
        return float(text)
    return text


class _Dumper(yaml.SafeDumper):
    """Writes no aliases, which definitions may not have."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        """Return that nothing is written as a reference to something else."""
        return True


def write_document(content: Mapping[str, Any], *, comment: str) -> bytes:
    """Return a definition's plain data as YAML, with a comment on top."""
    head = "".join(f"# {line}\n" for line in comment.splitlines())
    text = yaml.dump(dict(content), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
    return (head + text).encode()
