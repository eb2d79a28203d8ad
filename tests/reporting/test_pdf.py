"""The PDF: the same every time, tagged, every text only text."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
import zlib

import pytest

from resilience.errors import ReportingError
from resilience.reporting.localised import LocalisedReport
from resilience.reporting.pdf import write_pdf
from tests.reporting.conftest import HOSTILE
from tests.reporting.pages import runs_of, said

# Marks of direction, places where a word may break, and blanks are no part of the words.
UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\u00ad\\s]+")


@pytest.fixture(params=["en", "ar"])
def language(request):
    return request.param


def _bare(text):
    """Return text as its letters alone, in their plain forms."""
    return UNSEEN.sub("", unicodedata.normalize("NFKC", text))


def _unpacked(pdf):
    """Return the parts of a PDF, those that were packed included."""
    parts = [pdf]
    for packed in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(packed))
        except zlib.error:
            parts.append(packed)
    return b"\n".join(parts)


def test_the_same_report_is_the_same_pdf(written, language):
    assert write_pdf(written[language].localised) == written[language].pdf


def test_the_pdf_bears_the_reports_date_and_not_todays(written, language):
    parts = _unpacked(written[language].pdf)

    dates = set(re.findall(rb"D:(\d{8})", parts))
    assert dates == {b"20260615"}


def test_the_pdf_says_which_standards_it_follows(written, language):
    parts = _unpacked(written[language].pdf)

    assert b"<pdfuaid:part>1</pdfuaid:part>" in parts
    assert b"<pdfaid:part>2</pdfaid:part>" in parts
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in parts
    assert b"/StructTreeRoot" in parts


def test_the_pdf_says_its_language(written, language):
    assert b"/Lang(" + language.encode() + b")" in _unpacked(written[language].pdf)


@pytest.mark.parametrize(
    "action", [b"/JavaScript", b"/JS", b"/Launch", b"/URI", b"/EmbeddedFile", b"/OpenAction"]
)
@pytest.mark.parametrize("kind", ["donor report", "hostile texts"])
def test_the_pdf_does_nothing_and_leads_nowhere(written, hostile, kind, action):
    made = written if kind == "donor report" else hostile

    assert not re.search(action + rb"\b", _unpacked(made["en"].pdf))


def test_every_page_of_simulated_data_says_so(written, pages_of, language):
    notice = _bare(said(written[language].content["footer"]))

    pages = pages_of(written[language].pdf)

    assert len(pages) > 8
    assert [number for number, page in enumerate(pages, 1) if notice not in _bare(page)] == []


def test_no_page_of_collected_data_says_that_they_are_simulated(written, pages_of):
    content = written["en"].content
    sections = [s for s in content["sections"] if s["id"] == "indicators"]
    collected = content | {"simulated": False, "footer": [[]], "cover": [], "sections": sections}

    pages = pages_of(write_pdf(LocalisedReport(collected, ())))

    assert "points" in "".join(pages)
    assert not [page for page in pages if "imulated" in page]


def test_every_page_is_numbered(pages_of, written):
    pages = pages_of(written["en"].pdf)

    for number, page in enumerate(pages, 1):
        assert f"Page{number}of{len(pages)}" in _bare(page)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_set_as_text(hostile, pages_of, text):
    words = _bare("".join(pages_of(hostile["en"].pdf)))

    assert _bare(text) in words


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_set_as_text_among_arabic(hostile, pages_of, text):
    words = _bare("".join(pages_of(hostile["ar"].pdf)))

    # What reads a PDF moves signs about where lines run from right to left; words stay.
    assert [part for part in re.findall(r"[A-Za-z0-9]+", text) if part not in words] == []


def test_a_hostile_report_has_pages_of_the_usual_size(hostile):
    boxes = re.findall(rb"/MediaBox\s*\[([^\]]+)\]", _unpacked(hostile["en"].pdf))

    assert {tuple(round(float(side)) for side in box.split()) for box in boxes} == {
        (0, 0, 595, 842)
    }


def test_the_contents_name_every_section_and_its_page(written, pages_of):
    pages = [" ".join(page.split()) for page in pages_of(written["en"].pdf)]

    for section in written["en"].content["sections"]:
        title = said(section["title"])
        (page,) = re.findall(re.escape(title) + r"[ .]+(\d+) ", pages[0])
        assert f"{section['number']}. {title}" in pages[int(page) - 1]


def test_arabic_words_can_be_searched(written, pages_of):
    words = {
        word
        for text, apart in runs_of(written["ar"].content)
        if not apart
        for word in re.findall("[\u0620-\u064a]{4,}", text)
    }

    text = _bare("".join(pages_of(written["ar"].pdf)))

    lost = [word for word in words if _bare(word) not in text]
    assert len(words) > 200
    # The longest words may be broken over two lines of a narrow column.
    assert len(lost) <= 0.02 * len(words)


def test_identifiers_can_be_copied_out_of_the_pdf(written, pages_of):
    text = "".join(pages_of(written["en"].pdf))

    for source in ("baseline.sav", "midline.sav", "endline.sav"):
        assert source in text
    assert "\u200b" not in text


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="pdffonts is not installed")
def test_only_the_fonts_of_the_package_are_in_the_pdf(written, tmp_path, language):
    file = tmp_path / "report.pdf"
    file.write_bytes(written[language].pdf)

    told = subprocess.run(
        ["pdffonts", file], capture_output=True, check=True, text=True
    ).stdout.splitlines()[2:]

    names = {line.split()[0].partition("+")[2] for line in told}
    assert names
    assert names <= {
        f"Noto{family}-{weight}"
        for family in ("Sans", "NaskhArabic")
        for weight in ("Regular", "Bold")
    }


def test_a_document_that_cannot_be_set_is_a_typed_error(written):
    (profile,) = (s for s in written["en"].content["sections"] if s["id"] == "profile-5")
    blocks = [
        block | {"svg": "no drawing"} for block in profile["blocks"] if block["type"] == "figure"
    ]
    content = written["en"].content | {"sections": [profile | {"blocks": blocks}]}

    with pytest.raises(ReportingError, match="the PDF cannot be set"):
        write_pdf(LocalisedReport(content, ()))


def test_a_letter_that_no_font_has_is_named_with_what_to_do(written):
    content = written["en"].content | {"title": [[("Towns 😀", False)]], "sections": []}

    with pytest.raises(ReportingError) as caught:
        write_pdf(LocalisedReport(content, ()))

    (issue,) = caught.value.issues
    assert "😀" in issue.what + issue.found
    assert "fault" not in issue.remedy
