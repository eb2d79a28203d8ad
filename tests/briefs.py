"""Workspaces with a brief over two simulated studies, changed where asked."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import yaml

from tests.workspaces import example_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspaces import Change

__all__ = ["brief_workspace"]


def _plan() -> dict[str, Any]:
    part = {"baseline": "baseline", "wave": "endline"}
    return {
        "brief": "two_countries",
        "title": {"en": "Two countries", "ar": "بلدان"},
        "languages": ["en", "ar"],
        "date": "2026-03-31",
        "measures": ["cohesion", "fairness", "treated_alike"],
        "studies": [
            {"study": "example", "country": {"en": "Norland", "ar": "البلد الأول"}, **part}
            | {"planned": ["cohesion"]},
            {"study": "second", "country": {"en": "Sudland", "ar": "البلد الثاني"}, **part},
        ],
    }


def _changed(file: Path, change: Change) -> None:
    definition = yaml.safe_load(file.read_text("utf-8"))
    change(definition)
    text = yaml.safe_dump(definition, allow_unicode=True, sort_keys=False)
    file.write_text(text, "utf-8")


def brief_workspace(
    folder: Path,
    *,
    brief: Change | None = None,
    second: Change | None = None,
    instrument: Change | None = None,
    **changes: Any,
) -> Path:
    """Return the brief's file of a new workspace with the studies `example` and `second`.

    Parameters
    ----------
    folder : Path
        A folder that does not exist yet.
    brief, second : callable, optional
        Changes the brief, or the second study, as plain data, in place.
    instrument : callable, optional
        Changes the questionnaire of the second study, which then has one of its own.
    changes
        Of the first study and the questionnaire it has: see `example_workspace`.
    """
    example_workspace(folder, **changes)
    surveys = folder / "surveys"
    shutil.copytree(surveys / "example", surveys / "second")

    def renamed(definition: dict[str, Any]) -> None:
        definition["study"] = "second"
        if instrument is not None:
            definition["instruments"] = ["other"]

    _changed(surveys / "second" / "study.yaml", renamed)
    if second is not None:
        _changed(surveys / "second" / "study.yaml", second)
    if instrument is not None:
        other = folder / "instruments" / "other"
        shutil.copytree(folder / "instruments" / "example", other)
        _changed(other / "instrument.yaml", lambda part: part.update(instrument="other"))
        _changed(other / "instrument.yaml", instrument)
    plan = _plan()
    if brief is not None:
        brief(plan)
    file = folder / "reports" / "brief.yaml"
    file.write_text(yaml.safe_dump(plan, allow_unicode=True, sort_keys=False), "utf-8")
    return file
