"""The document model: what a report consists of, whatever it is written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from resilience.reporting.phrases import Phrase

if TYPE_CHECKING:
    import datetime as dt

    from resilience.reporting.chart_kinds import Chart

__all__ = [
    "Block",
    "Bullets",
    "Callout",
    "Cell",
    "Column",
    "Facts",
    "Figure",
    "Paragraph",
    "Report",
    "Row",
    "Section",
    "Table",
]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: Phrase


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of statements."""

    items: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Callout:
    """A statement that must not be missed."""

    kind: Literal["finding", "caution", "simulated"]
    title: Phrase
    items: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are, as on a cover."""

    pairs: tuple[tuple[Phrase, Phrase], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    width : float
        Its share of the table's width, relative to the others.
    """

    title: Phrase
    kind: Literal["text", "number"] = "text"
    width: float = 1.0


Cell = Phrase | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; a group's title and a remark are one cell over all columns."""

    cells: tuple[Cell, ...]
    kind: Literal["body", "group", "remark"] = "body"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption above and notes below; the first column heads its rows."""

    caption: Phrase
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with a caption, what it shows in words, and notes.

    Attributes
    ----------
    simulated : bool
        Whether a report on simulated data says so in this chart too; not where only data of
        other charts are simulated.
    """

    chart: Chart
    caption: Phrase
    alternative: Phrase
    notes: tuple[Phrase, ...] = ()
    simulated: bool = True


Block = Paragraph | Bullets | Callout | Facts | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A section: an identifier, a title, blocks; on paper it may begin on a page of its own."""

    id: str
    title: Phrase
    blocks: tuple[Block, ...]
    annex: bool = False
    new_page: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """A report, in no language yet.

    Attributes
    ----------
    name : str
        The stem of its files.
    title, subtitle : Phrase
    cover : tuple of Block
    sections : tuple of Section
    date : date
    simulated : bool
        Whether its data are; then the cover, every page and every chart say so.
    languages, formats : tuple of str
        Those of its plan.
    source_language : str
        The language of its definitions.
    """

    name: str
    title: Phrase
    subtitle: Phrase
    cover: tuple[Block, ...]
    sections: tuple[Section, ...]
    date: dt.date
    simulated: bool
    languages: tuple[str, ...]
    formats: tuple[str, ...]
    footer: Phrase | None = None
    source_language: str = "en"

    def __repr__(self) -> str:
        """Return one line."""
        kind = "simulated data, " if self.simulated else ""
        return f"<Report {self.name}: {kind}{len(self.sections)} sections>"
