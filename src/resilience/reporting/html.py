"""Write a report as one HTML file that needs nothing else: no network, no script."""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from resilience.reporting.localised import LocalisedReport

__all__ = ["write_html"]

_FACES = (
    ("Noto Sans", "NotoSans-Regular", 400),
    ("Noto Sans", "NotoSans-Bold", 700),
    ("Noto Naskh Arabic", "NotoNaskhArabic-Regular", 400),
    ("Noto Naskh Arabic", "NotoNaskhArabic-Bold", 700),
)


def write_html(report: LocalisedReport) -> bytes:
    """Return a report as the bytes of an HTML file."""
    content = report.content
    arabic = content["direction"] == "rtl"
    faces = [face for face in _faces() if arabic or face["family"] == "Noto Sans"]
    text = _environment().get_template("report.html").render(**content, faces=faces)
    return text.encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("resilience.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["base64"] = _base64
    return environment


@cache
def _faces() -> tuple[dict[str, Any], ...]:
    folder = files("resilience.reporting") / "fonts"
    return tuple(
        {
            "family": family,
            "weight": weight,
            "data": base64.b64encode((folder / f"{name}.woff2").read_bytes()).decode(),
        }
        for family, name, weight in _FACES
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
