"""Write a report as a tagged PDF (PDF/UA-1 and PDF/A-2a). The only module that imports typst.

The template is fixed; the report comes to it as data, so that no text can act as markup.
"""

from __future__ import annotations

import datetime as dt
import json
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Literal

import typst

from resilience.errors import Issue, ReportingError

if TYPE_CHECKING:
    from resilience.reporting.localised import LocalisedReport

__all__ = ["write_pdf"]

_STANDARDS: tuple[Literal["ua-1", "a-2a"], ...] = ("ua-1", "a-2a")


def write_pdf(report: LocalisedReport) -> bytes:
    """Return a report as the bytes of a PDF file, the same every time.

    Raises
    ------
    ReportingError
        If the document cannot be set.
    """
    folder = files("resilience.reporting")
    day = dt.date.fromisoformat(report.content["date"])
    with as_file(folder / "fonts") as fonts, as_file(folder / "templates") as templates:
        try:
            pdf: object = typst.compile(
                (templates / "report.typ").read_bytes(),
                font_paths=typst.Fonts(
                    include_system_fonts=False,
                    include_embedded_fonts=False,
                    font_paths=[str(fonts)],
                ),
                format="pdf",
                sys_inputs={"report": json.dumps(report.content)},
                pdf_standards=list(_STANDARDS),
                timestamp=dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC),
            )
        except typst.TypstError as error:
            raise ReportingError(_why_not(error, report)) from error
    if not isinstance(pdf, bytes):
        message = "typst returned no single document"
        raise TypeError(message)
    return pdf


def _why_not(error: typst.TypstError, report: LocalisedReport) -> Issue:
    letters = "font" in error.message
    return Issue(
        "the PDF cannot be set",
        where=f"language {report.content['language']}",
        found=error.message,
        expected="letters that the report's fonts have" if letters else "a document",
        remedy="remove or replace the letter in the definition, or write HTML (--format html)"
        if letters
        else "write HTML (--format html), and tell the authors what happened",
    )
