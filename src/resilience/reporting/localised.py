"""A report in one language, as plain data: what every writer is given, so that all say the same.

Text is a list of lines, a line a list of runs; a run is text and whether it is set apart to
run left to right.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from resilience.reporting.document import Bullets, Callout, Facts, Figure, Paragraph, Table
from resilience.reporting.drawing.drawing import draw
from resilience.reporting.localising import ISOLATE, POP, Localiser
from resilience.reporting.phrases import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resilience.reporting.document import Block, Report, Section
    from resilience.reporting.phrases import Phrase

__all__ = ["Lines", "LocalisedReport", "localise", "plain"]

Run = tuple[str, bool]
Lines = list[list[Run]]

_WORDS = ("page", "page_of", "contents", "figure", "table", "annex")


@dataclass(frozen=True, slots=True)
class LocalisedReport:
    """A report in one language.

    Attributes
    ----------
    content : dict
        Title, cover and sections as plain data.
    untranslated : tuple of str
        Texts of definitions that are not there in this language.
    """

    content: dict[str, Any]
    untranslated: tuple[str, ...]


def localise(report: Report, language: str) -> LocalisedReport:
    """Say a whole report in a language and draw its charts.

    Raises
    ------
    ReportingError
        If there is no catalogue for the language.
    """
    speaker = _Speaker(report, Localiser(language))
    content = {
        "language": language,
        "direction": "rtl" if speaker.localiser.right_to_left else "ltr",
        "title": speaker.lines(report.title),
        "subtitle": speaker.lines(report.subtitle),
        "date": report.date.isoformat(),
        "words": {word: speaker.plain(Message(word)) for word in _WORDS},
        "simulated": report.simulated,
        "footer": speaker.lines(report.footer),
        "cover": [speaker.block(block) for block in report.cover],
        "sections": speaker.sections(report.sections),
    }
    return LocalisedReport(content, tuple(sorted(speaker.localiser.untranslated)))


def plain(lines: Lines) -> str:
    """Return text without its runs."""
    return "\n".join("".join(text for text, _ in line) for line in lines)


class _Speaker:
    """Turns phrases and blocks into plain data, numbering tables and figures."""

    def __init__(self, report: Report, localiser: Localiser) -> None:
        self.localiser = localiser
        self.stamp = localiser.say(Message("chart_simulated")) if report.simulated else ""
        self.tables = count(1)
        self.figures = count(1)

    def lines(self, phrase: Phrase | None) -> Lines:
        """Return a phrase as lines of runs."""
        return [_runs(line) for line in self.localiser.say(phrase).split("\n")]

    def plain(self, phrase: Phrase) -> str:
        """Return a phrase as text."""
        return plain(self.lines(phrase))

    def sections(self, sections: Sequence[Section]) -> list[dict[str, Any]]:
        """Return sections with their numbers, and annexes with their letters."""
        numbers, letters = count(1), iter(self.plain(Message("annex_letters")))
        return [
            {
                "id": section.id,
                "number": next(letters) if section.annex else str(next(numbers)),
                "annex": section.annex,
                "new_page": section.new_page,
                "title": self.lines(section.title),
                "blocks": [self.block(block) for block in section.blocks],
            }
            for section in sections
        ]

    def block(self, block: Block) -> dict[str, Any]:
        """Return a block as plain data."""
        match block:
            case Paragraph(text):
                return {"type": "paragraph", "text": self.lines(text)}
            case Bullets(items):
                return {"type": "bullets", "items": self._each(items)}
            case Callout(kind, title, items):
                told = {"title": self.lines(title), "items": self._each(items)}
                return {"type": "callout", "kind": kind, **told}
            case Facts(pairs):
                told_pairs = [[self.lines(name), self.lines(value)] for name, value in pairs]
                return {"type": "facts", "pairs": told_pairs}
            case Table():
                return self._table(block)
            case Figure():
                return self._figure(block)

    def _table(self, table: Table) -> dict[str, Any]:
        return {
            "type": "table",
            "number": next(self.tables),
            "caption": self.lines(table.caption),
            "columns": [
                {"title": self.lines(part.title), "kind": part.kind, "width": part.width}
                for part in table.columns
            ],
            "rows": [{"kind": row.kind, "cells": self._each(row.cells)} for row in table.rows],
            "notes": self._each(table.notes),
        }

    def _figure(self, figure: Figure) -> dict[str, Any]:
        stamp = self.stamp if figure.simulated else ""
        svg = draw(figure.chart, self.localiser, stamp=stamp)
        return {
            "type": "figure",
            "number": next(self.figures),
            "caption": self.lines(figure.caption),
            "alternative": self.plain(figure.alternative),
            "svg": svg.decode(),
            "notes": self._each(figure.notes),
        }

    def _each(self, phrases: Sequence[Phrase | None]) -> list[Lines]:
        return [self.lines(phrase) for phrase in phrases]


def _runs(text: str) -> list[Run]:
    """Split a line at the marks that set text apart; nested marks count once."""
    runs: list[Run] = []
    depth, current = 0, ""
    for character in text:
        if character not in (ISOLATE, POP):
            current += character
            continue
        if current:
            runs.append((current, depth > 0))
        current = ""
        depth += 1 if character == ISOLATE else -1
    return [*runs, (current, depth > 0)] if current else runs
