"""Titles in place of names, for tables that are read by people."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from resilience.definitions.texts import LANGUAGES, text_in
from resilience.errors import EstimationError, Issue, ResilienceWarning, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = ["merged_titles", "titled"]


def titled(
    rows: pd.DataFrame, labels: Mapping[str, Mapping[str, Mapping[str, str]]], language: str
) -> pd.DataFrame:
    """Return rows with the titles of their values in a language.

    Raises
    ------
    EstimationError
        If it is no language.

    Warns
    -----
    ResilienceWarning
        If titles are not there in the language; they stand in another.
    """
    if language not in LANGUAGES:
        raise EstimationError(
            Issue(
                "there are no titles in this language",
                where="to_frame(labels=)",
                found=str(language),
                expected="one of " + ", ".join(LANGUAGES),
                remedy=nearest(str(language), LANGUAGES, "choose one of them, or None for names"),
            )
        )
    shown = rows.copy()
    elsewhere: set[str] = set()
    for column in shown.columns:
        titles = labels.get(str(column), {})
        said = [
            text_in(titles[str(v)], language) if str(v) in titles else None for v in rows[column]
        ]
        shown[column] = [
            value if part is None else part[0]
            for value, part in zip(rows[column], said, strict=True)
        ]
        elsewhere |= {part[0] for part in said if part and part[1] != language}
    if elsewhere:
        warnings.warn(
            f"{len(elsewhere)} titles have no '{language}' and stand in another language: "
            + "; ".join(f"'{title}'" for title in sorted(elsewhere)),
            ResilienceWarning,
            stacklevel=4,
        )
    return shown


def merged_titles(
    labels: Sequence[Mapping[str, Mapping[str, Mapping[str, str]]]],
) -> dict[str, dict[str, Mapping[str, str]]]:
    """Return the titles of several results as one; where two differ the later stands."""
    merged: dict[str, dict[str, Mapping[str, str]]] = {}
    for part in labels:
        for column, values in part.items():
            merged.setdefault(column, {}).update(values)
    return merged
