"""Each report of these tests is made once."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import resilience as rs
from resilience.reporting.html import write_html
from resilience.reporting.localised import localise
from resilience.reporting.pdf import write_pdf
from tests.workspaces import example_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from resilience.reporting.document import Report
    from resilience.reporting.localised import LocalisedReport

LANGUAGES = ("en", "ar")

# Texts of definitions that would act as markup, code or formula if they were anything but text.
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}}",
    "{% raw %}{{ ''.__class__ }}",
    "${x} $(id) `id`",
    '#eval("1+1") #read("/etc/passwd")',
    "\\input{/etc/passwd}",
    "=1+2|cmd!A1",
    "$\\undefined$",
    "100% $x^{x^{2}}$ <$100",
    "--> <!-- ]]> <![CDATA[",
    "</title></style></svg></script>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "&lt;b&gt; &amp;amp; &#60;",
    "#set page(width: 1cm)",
    "*bold* _low_ @ref /* // */ ~ \\ <label>",
    "]#panic()[",
    "http://example.org/x.js",
    "_hidden from the key",
)


@dataclass(frozen=True)
class Written:
    """A report in one language, in every form."""

    localised: LocalisedReport
    html: str
    pdf: bytes

    @property
    def content(self) -> dict:
        """The plain data that every writer was given."""
        return self.localised.content


def write(report: Report, language: str) -> Written:
    """Return a report in one language."""
    localised = localise(report, language)
    return Written(localised, write_html(localised).decode(), write_pdf(localised))


@pytest.fixture(scope="session")
def report(results):
    """The donor report on the simulated study, in no language."""
    return rs.build_report(results)


@pytest.fixture(scope="session")
def written(report) -> dict[str, Written]:
    """The donor report, by language."""
    return {language: write(report, language) for language in LANGUAGES}


def _pages(pdf: bytes, folder: Path) -> list[str]:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    file = folder / "report.pdf"
    file.write_bytes(pdf)
    found = subprocess.run(
        ["pdftotext", "-q", "-enc", "UTF-8", file, "-"], capture_output=True, check=True
    )
    return found.stdout.decode().split("\f")[:-1]


TEXTS = ("title", "label", "question", "description", "population", "weighting", "acknowledgement")


def _spoil(part: Any, texts: Iterator[str]) -> None:
    """Put a hostile text in place of every text of a definition."""
    if isinstance(part, list):
        for element in part:
            _spoil(element, texts)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name in TEXTS:
                part[name] = next(texts)
            elif name == "answers":
                part[name] = {code: next(texts) for code in value}
            else:
                _spoil(value, texts)


@pytest.fixture(scope="session")
def hostile_results(tmp_path_factory):
    """Results of the example, all of whose texts are hostile."""
    texts = itertools.cycle(HOSTILE)

    def instrument(definition):
        definition["scales"]["agreement"]["title"] = ""
        _spoil(definition, texts)

    def study(definition):
        definition["acknowledgement"] = definition["design"]["weighting"] = ""
        for part in (*definition["activities"], *definition["targets"]):
            part |= {"title": ""}
        definition["activities"][0]["description"] = ""
        _spoil(definition, texts)

    def report(definition):
        for part in (*definition["planned"], *definition["blocks"][2:5]):
            part |= {"title": ""}
        _spoil(definition, texts)

    folder = tmp_path_factory.mktemp("hostile") / "workspace"
    return rs.run_plan(example_workspace(folder, instrument=instrument, study=study, report=report))


@pytest.fixture(scope="session")
def hostile(hostile_results) -> dict[str, Written]:
    """The report on hostile texts, by language."""
    report = rs.build_report(hostile_results)
    return {language: write(report, language) for language in LANGUAGES}


@pytest.fixture(scope="session")
def pages_of(tmp_path_factory):
    """Return a function from a PDF to the text of its pages."""
    return lambda pdf: _pages(pdf, tmp_path_factory.mktemp("pdf"))
