"""Which kind of definition a file is, so that one in place of another is told as such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from resilience.definitions.document import read_document
from resilience.errors import DefinitionError, Issue

if TYPE_CHECKING:
    from pathlib import Path

    from resilience.definitions.document import Document

__all__ = ["Kind", "kind_of_document", "kind_of_file", "require_kind"]

Kind = Literal["study", "report", "brief", "instrument", "simulation", "analysis"]

_KEYS: dict[Kind, tuple[str, str]] = {
    "study": ("study", "waves"),
    "report": ("report", "blocks"),
    "brief": ("brief", "studies"),
    "instrument": ("instrument", "items"),
    "simulation": ("levels", "groups"),
    "analysis": ("analysis", "families"),
}
_CALLED: dict[Kind, str] = {
    "study": "a study",
    "report": "a report's plan",
    "brief": "a brief's plan",
    "instrument": "an instrument",
    "simulation": "a simulation plan",
    "analysis": "an analysis plan",
}
_USED: dict[Kind, str] = {
    "study": "'resilience check', 'estimate' and 'compare' take it, and rs.load_study",
    "report": "'resilience report' writes it, 'resilience check' checks it, and "
    "rs.load_report_plan loads it",
    "brief": "'resilience report' writes it, 'resilience check' checks it, and "
    "rs.load_brief_plan loads it",
    "instrument": "name it under 'instruments' in a study; rs.load_instrument loads it",
    "simulation": "'resilience simulate' takes the study beside it",
    "analysis": "'resilience evaluate STUDY' runs it, 'resilience check' checks it, and "
    "rs.load_analysis_plan loads it",
}


def kind_of_file(path: Path) -> Kind | None:
    """Return the kind of a definition's file; None if it has the keys of none, or is a folder.

    Raises
    ------
    DefinitionError
        If the file is not there or is no definition at all.
    """
    return None if path.is_dir() else kind_of_document(read_document(path))


def require_kind(document: Document, wanted: Kind) -> None:
    """Refuse a definition that is evidently of another kind.

    Raises
    ------
    DefinitionError
        One finding, in place of one for each key.
    """
    kind = kind_of_document(document)
    if kind in (None, wanted):
        return
    raise DefinitionError(
        Issue(
            f"this is {_CALLED[kind]}, not {_CALLED[wanted]}",
            where=str(document.path),
            found=" and ".join(f"'{key}: …'" for key in _KEYS[kind]),
            expected=f"{_CALLED[wanted]}: " + " and ".join(f"'{k}: …'" for k in _KEYS[wanted]),
            remedy=_USED[kind],
        )
    )


def kind_of_document(document: Document) -> Kind | None:
    """Return the kind of a definition; None if it has the keys of none."""
    kinds = (kind for kind, keys in _KEYS.items() if all(key in document.data for key in keys))
    return next(kinds, None)
