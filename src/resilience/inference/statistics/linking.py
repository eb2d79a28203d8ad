"""Who in one wave of a panel is who in another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.errors import EstimationError, Issue, nearest
from resilience.inference.designs.relations import relations_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign

    Floats = npt.NDArray[np.float64]

__all__ = ["PersonLink", "WeightsOf", "linked_persons", "panel_issue"]

WeightsOf = Literal["later", "earlier"]


@dataclass(frozen=True, slots=True, eq=False)
class PersonLink:
    """Who in one wave is who in the other.

    Attributes
    ----------
    between : tuple of two str
        The earlier and the later wave.
    of_earlier, of_later : numpy.ndarray
        For each row of the design its person's row in that wave, -1 where the row's own wave is
        not the one whose weights are used, or the person is not in both, shape (n,).
    own : str
        The wave whose weights are used.
    carrying : numpy.ndarray
        Which rows lie in it, shape (n,).
    respondents : mapping of str to int
        How many are in each wave and in both.
    """

    between: tuple[str, str]
    of_earlier: npt.NDArray[np.int64]
    of_later: npt.NDArray[np.int64]
    own: str
    carrying: npt.NDArray[np.bool_]
    respondents: dict[str, int]

    def earlier(self, values: Floats) -> Floats:
        """Return each person's value in the earlier wave, NaN where there is none."""
        return np.where(self.of_earlier >= 0, values[self.of_earlier], np.nan)

    def later(self, values: Floats) -> Floats:
        """Return each person's value in the later wave, NaN where there is none."""
        return np.where(self.of_later >= 0, values[self.of_later], np.nan)


def linked_persons(
    design: SurveyDesign, between: tuple[str, str], weights: WeightsOf
) -> PersonLink:
    """Return who in one wave of a panel is who in another.

    Raises
    ------
    EstimationError
        If a wave does not exist, the waves are no panel, or ids are not declared or occur twice
        in a wave; ids are counted, never shown.
    """
    if weights not in ("later", "earlier"):
        message = f"'weights' must be 'later' or 'earlier' (got {weights!r})"
        raise ValueError(message)
    pair = _require_panel(design, between)
    wave = design.frame[design.wave].astype("str").to_numpy()
    ids = design.frame[design.respondent_id].astype("object")
    rows = [np.flatnonzero(wave == name) for name in pair]
    people = [pd.Index(ids.iloc[part]) for part in rows]
    issues = [
        panel_issue(
            "ids of respondents occur more than once in a wave",
            f"{int(part.duplicated().sum())} rows of {name} with the id of another",
            "one row a respondent and wave",
            "remove the duplicates, or correct the ids",
        )
        for name, part in zip(pair, people, strict=True)
        if part.has_duplicates
    ]
    if issues:
        raise EstimationError(*issues)
    own = 1 if weights == "later" else 0
    other = people[1 - own].get_indexer(people[own])
    both = other >= 0
    matched = [np.full(len(wave), -1, np.int64) for _ in pair]
    matched[own][rows[own][both]] = rows[own][both]
    matched[1 - own][rows[own][both]] = rows[1 - own][other[both]]
    counts = {name: len(part) for name, part in zip(pair, people, strict=True)}
    return PersonLink(
        pair,
        matched[0],
        matched[1],
        pair[own],
        wave == pair[own],
        {**counts, "both": int(both.sum())},
    )


def _require_panel(design: SurveyDesign, between: tuple[str, str]) -> tuple[str, str]:
    """Refuse waves that do not exist or are no panel, and designs that do not know persons."""
    pair = tuple(map(str, between))
    unknown = [name for name in pair if name not in design.wave_names]
    if len(pair) != 2 or unknown or pair[0] == pair[1]:  # noqa: PLR2004 - from one to another
        raise EstimationError(
            panel_issue(
                "change lies between two different waves of the design",
                ", ".join(pair),
                "two of " + (", ".join(filter(None, design.wave_names)) or "several waves"),
                nearest(unknown[0], design.wave_names, "correct 'between'")
                if unknown
                else "name the earlier, then the later wave",
            )
        )
    relation = relations_of(design.wave_names, design.waves)[frozenset(pair)]
    if relation != "panel":
        raise EstimationError(
            panel_issue(
                "these waves are not said to be a panel",
                f"{pair[0]} and {pair[1]}: {relation}",
                "'panel': the same id is the same person",
                "waves='panel' if they are; else rs.compare, or rs.change_without_ids",
            )
        )
    if design.respondent_id is None:
        raise EstimationError(
            panel_issue(
                "persons cannot be told apart",
                "no respondent_id",
                "a column of ids that are the same in both waves",
                "name it in the design; without ids see rs.change_without_ids",
            )
        )
    return pair[0], pair[1]


def panel_issue(what: str, found: str, expected: str, remedy: str) -> Issue:
    """Return an issue of change within persons."""
    return Issue(what, where="change within persons", found=found, expected=expected, remedy=remedy)
