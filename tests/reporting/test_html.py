"""The page: one file that needs nothing else, in which every text is only text."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pytest
from jinja2 import UndefinedError

from resilience.reporting.html import write_html
from resilience.reporting.localised import LocalisedReport
from tests.reporting.conftest import HOSTILE
from tests.reporting.pages import charts_of, numbers_in, parsed, rows_of, said, tables_of

KINDS = ["donor report", "hostile texts"]
KNOWN = (
    "document html head meta title style body div header h1 h2 p aside ul li dl dt dd nav ol a "
    "span main section figure figcaption table caption thead tbody tr th td b br small bdi img "
    "footer"
)
ATTRIBUTES = (
    "lang dir charset name content http-equiv class id role tabindex aria-labelledby scope "
    "colspan src alt href style"
)
SAFE_LINK = re.compile(r"#[a-z][a-z0-9-]*")


@pytest.fixture(params=["en", "ar"])
def language(request):
    return request.param


@pytest.fixture(params=KINDS)
def made(request, written, hostile, language):
    """Each report in each language."""
    return (written if request.param == "donor report" else hostile)[language]


@pytest.fixture
def page(made):
    return parsed(made.html)


# Self-contained


def test_the_page_loads_nothing_from_anywhere(page):
    sources = [
        (element.tag, name, value)
        for element in page
        for name, value in element.attributes.items()
        if name in ("src", "srcset", "href", "data", "action", "poster", "background", "style")
    ]

    assert sources
    for tag, name, value in sources:
        if tag == "img":
            assert value.startswith("data:image/svg+xml;base64,")
        elif name == "style":
            assert re.fullmatch(r"--rows: \d+", value)
        else:
            assert (tag, name) == ("a", "href")
            assert SAFE_LINK.fullmatch(value)


def test_the_style_loads_nothing_from_anywhere(page):
    (style,) = page.all("style")

    urls = re.findall(r"url\(([^)]{0,30})", style.text)
    assert urls
    assert all(url.startswith('"data:font/woff2;base64,') for url in urls)
    assert "@import" not in style.text


def test_the_page_has_no_script_and_no_element_that_could_act(page):
    assert {element.tag for element in page} <= set(KNOWN.split())


def test_no_element_listens(page):
    names = {name for element in page for name in element.attributes}

    assert not [name for name in names if name.startswith("on")]
    assert names <= set(ATTRIBUTES.split())


def test_a_policy_in_the_page_forbids_what_it_does_not_need(page):
    (policy,) = (
        meta.attributes["content"]
        for meta in page.all("meta")
        if meta.attributes.get("http-equiv") == "Content-Security-Policy"
    )

    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "font-src": "data:",
    }


def test_the_fonts_are_in_the_page(page):
    (style,) = page.all("style")

    fonts = re.findall(r"data:font/woff2;base64,([A-Za-z0-9+/=]+)", style.text)

    assert len(fonts) in (2, 4)
    assert all(base64.b64decode(font)[:4] == b"wOF2" for font in fonts)


def test_charts_are_drawings_without_links_or_scripts(page):
    charts = charts_of(page)

    assert charts
    for svg in charts:
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}  # noqa: S314 - our own
        assert not tags & {"script", "image", "a", "foreignObject", "animate", "set"}
        targets = re.findall(r'href="([^"]*)"', svg)
        assert all(target.startswith("#") for target in targets)


def test_the_same_report_is_the_same_page(made):
    assert write_html(made.localised).decode() == made.html


def test_the_page_asks_for_everything_it_shows(made):
    content = {name: part for name, part in made.content.items() if name != "subtitle"}

    with pytest.raises(UndefinedError):
        write_html(LocalisedReport(content, ()))


# Hostile texts are shown as they are


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_shown_as_text(hostile, text, language):
    page = parsed(hostile[language].html)
    (body,) = page.all("body")

    assert text in " ".join(body.text.split())


def test_the_title_of_a_hostile_report_is_only_text(hostile, hostile_results, language):
    (title,) = parsed(hostile[language].html).all("title")

    assert title.text == hostile_results.plan.title["en"]


def test_descriptions_of_charts_hold_hostile_texts_as_text(hostile, language):
    images = parsed(hostile[language].html).all("img")

    described = " ".join(image.attributes["alt"] for image in images)
    assert any(text in described for text in HOSTILE if '"' in text)
    assert any(text in described for text in HOSTILE if "<" in text)


# For every reader


def test_the_page_says_its_language_and_direction(made, page, language):
    (html,) = page.all("html")

    assert html.attributes == {"lang": language, "dir": {"en": "ltr", "ar": "rtl"}[language]}
    assert made.html.startswith("<!doctype html>")


def test_every_picture_has_a_description(page):
    images = page.all("img")

    assert images
    assert all(len(image.attributes["alt"]) > 40 for image in images)


def test_every_heading_of_a_table_says_what_it_heads(page):
    heads = page.all("th")

    assert {head.attributes.get("scope") for head in heads} == {"col", "row", "colgroup"}


def test_every_table_is_a_full_grid_with_a_caption(page):
    tables = page.all("table")

    assert tables
    for table in tables:
        (caption,) = table.all("caption")
        assert len(caption.text) > 5
        (head,) = table.all("thead")
        columns = len(head.all("th"))
        for row in table.all("tbody")[0].all("tr"):
            cells = row.all("th", "td")
            spans = [int(cell.attributes.get("colspan") or 1) for cell in cells]
            assert sum(spans) == columns
            assert cells[0].tag == "th"
            assert [cell.tag for cell in cells[1:]] == ["td"] * (len(cells) - 1)


def test_headings_go_down_step_by_step(page):
    levels = [element.tag for element in page if re.fullmatch(r"h[1-6]", element.tag)]

    assert levels[0] == "h1"
    assert set(levels[1:]) == {"h2"}


def test_identifiers_are_unique_and_links_lead_somewhere(page):
    identifiers = [e.attributes["id"] for e in page if "id" in e.attributes]
    wanted = [e.attributes["href"][1:] for e in page.all("a")]
    wanted += [e.attributes["aria-labelledby"] for e in page if "aria-labelledby" in e.attributes]

    assert len(identifiers) == len(set(identifiers))
    assert wanted
    assert set(wanted) <= set(identifiers)


def test_the_contents_name_every_section(made, page):
    links = [" ".join(link.text.split()) for link in page.all("nav")[0].all("a")]

    titles = [" ".join(said(section["title"]).split()) for section in made.content["sections"]]
    assert links == titles


def test_simulated_data_are_called_that_at_the_top_and_at_the_end(made, page):
    notice = said(made.content["footer"])
    (banner,) = (e for e in page.all("div") if e.attributes.get("class") == "banner")
    (footer,) = page.all("footer")

    assert banner.text.strip() == footer.text.strip() == notice
    first = next(e for e in page.all("body")[0] if e.tag != "body")
    assert first is banner


def test_arabic_numbers_with_a_sign_are_set_apart_from_right_to_left_text(written):
    body = parsed(written["ar"].html).all("body")[0]
    apart = [element for element in body.all("bdi")]

    signed = [n for e in apart for n in numbers_in(e.text) if n[0] in "+−"]
    assert all(element.attributes == {"dir": "ltr"} for element in apart)
    assert len(signed) > 50
    assert len([n for n in numbers_in(body.text) if n[0] in "+−"]) == len(signed)


def test_an_english_page_needs_nothing_set_apart(written):
    assert parsed(written["en"].html).all("bdi") == []


# What stands in the page is what the writer was given


def test_every_cell_of_the_page_is_a_cell_of_the_content(made, page):
    blocks = [block for section in made.content["sections"] for block in section["blocks"]]
    given = [
        [" ".join(said(cell).split()) for cell in row["cells"]]
        for block in blocks
        if block["type"] == "table"
        for row in block["rows"]
    ]

    shown = [
        [" ".join(cell.text.split()) for cell in row.all("th", "td")]
        for table in page.all("table")
        for row in table.all("tbody")[0].all("tr")
    ]

    assert shown == given


def test_a_hostile_report_has_the_tables_of_any_other(hostile):
    tables = tables_of(hostile["en"].content)

    assert len(rows_of(tables["change-3"])) == 6
    assert len(rows_of(tables["answers-5"])) == 4
