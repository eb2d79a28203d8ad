"""What tests read out of written reports: elements of a page, words of charts, numbers."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VOID = {"meta", "link", "img", "br", "hr", "input", "base"}
NUMBER = re.compile(r"[+−]?\d[\d,]*(?:\.\d+)?%?")


@dataclass
class Element:
    """An element of a page."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Element]:
        """Yield the element and all below it, in order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child

    def all(self, *tags: str) -> list[Element]:
        """Return the elements of these kinds."""
        return [element for element in self if element.tag in tags]

    @property
    def text(self) -> str:
        """The words in the element; lines are apart by a blank."""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return "".join(parts) if self.tag != "br" else " "


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        closed = self.open.pop()
        assert closed.tag == tag, f"</{tag}> closes <{closed.tag}>"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parsed(html: str) -> Element:
    """Return a page as elements; every element must be closed where it ought to be."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert len(parser.open) == 1, "elements are left open"
    return parser.open[0]


def charts_of(page: Element) -> list[str]:
    """Return the charts of a page as SVG."""
    sources = [image.attributes["src"] or "" for image in page.all("img")]
    return [base64.b64decode(source.partition("base64,")[2]).decode() for source in sources]


def words_of(svg: str) -> list[str]:
    """Return the texts that were drawn in a chart, which stand in comments beside their shapes."""
    return [unescape(words.strip()) for words in re.findall(r"<!--(.*?)-->", svg, re.DOTALL)]


def said(lines: list) -> str:
    """Return localised text without its runs; lines are apart by a blank."""
    return " ".join("".join(text for text, _ in line) for line in lines)


def numbers_in(text: str) -> list[str]:
    """Return the numbers in a text with their signs."""
    return NUMBER.findall(text)


def runs_of(content: object) -> Iterator[tuple[str, bool]]:
    """Yield every run of text of localised content, and whether it is set apart."""
    if isinstance(content, tuple):
        yield content
    elif isinstance(content, list):
        for part in content:
            yield from runs_of(part)
    elif isinstance(content, dict):
        for part in content.values():
            yield from runs_of(part)


def tables_of(content: dict) -> dict[str, dict]:
    """Return the last table of each section of localised content, by the section's id."""
    return {
        section["id"]: block
        for section in content["sections"]
        for block in section["blocks"]
        if block["type"] == "table"
    }


def rows_of(table: dict) -> dict[tuple[str, str], list[str]]:
    """Return the cells of a localised table by group and head of row."""
    group, rows = "", {}
    for row in table["rows"]:
        if row["kind"] == "group":
            group = said(row["cells"][0])
        else:
            head, *cells = map(said, row["cells"])
            rows[group, head] = cells
    return rows
