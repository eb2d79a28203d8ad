"""What waves have in common, against what is said of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import DesignError, Issue
from resilience.inference.designs.codes import combined

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    import pandas as pd

    from resilience.inference.designs.relations import Relations

    Codes = npt.NDArray[np.int64]

__all__ = ["Seen", "overlap_notes", "persons_notes"]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was drawn in each wave, one entry a PSU or person and wave: codes.

    Attributes
    ----------
    clustered : bool
        Whether PSUs were drawn, not persons.
    """

    wave: Codes
    key: Codes
    stratum: Codes
    unit: Codes
    clustered: bool


def overlap_notes(relations: Relations, names: tuple[str, ...], seen: Seen) -> tuple[str, ...]:
    """Check what is said of the waves against their labels, and tell how far they overlap.

    Raises
    ------
    DesignError
        If waves that are said to be related share nothing.
    """
    notes = []
    label = combined(
        seen.stratum, seen.unit, (int(seen.stratum.max()) + 1, int(seen.unit.max()) + 1)
    )[0]
    noun = "PSUs" if seen.clustered else "respondents"
    for one, other, word, pair in _pairs(relations, names):
        units = seen.key if word != "independent" else label
        there = units[seen.wave == one], units[seen.wave == other]
        shared = len(np.intersect1d(*there, assume_unique=True))
        if word != "independent" and shared == 0:
            raise DesignError(
                Issue(
                    f"waves called {word} share nothing",
                    where="design: waves",
                    found=f"no label of {noun} occurs in both {pair}",
                    expected="the same labels for the same units, in the same strata",
                    remedy="correct the labels, or say 'waves: independent' (waves='independent')",
                )
            )
        fewest = min(len(there[0]), len(there[1]))
        if word != "independent":
            notes.append(f"{pair}: {shared} of {fewest} {noun} in common ({word})")
        elif shared and seen.clustered:
            notes.append(
                f"{pair}: {shared} of {fewest} PSU labels coincide; "
                "declared independent, so equal labels are taken for different PSUs"
            )
    return tuple(notes)


def persons_notes(
    relations: Relations, names: tuple[str, ...], person: pd.Series, wave: Codes
) -> tuple[str, ...]:
    """Tell how many respondents of a panel in PSUs are in both waves.

    Raises
    ------
    DesignError
        If nobody is.
    """
    notes = []
    for one, other, word, pair in _pairs(relations, names):
        if word != "panel":
            continue
        first, second = (set(person[wave == part]) for part in (one, other))
        if first.isdisjoint(second):
            raise DesignError(
                Issue(
                    "waves called panel have no respondent in common",
                    where="SurveyDesign(waves=)",
                    found=f"no id occurs in both {pair}",
                    expected="the same id for the same person",
                    remedy="say 'same_psu' if only the sampling points are the same; else correct "
                    "the ids: '007' and '7' are two",
                )
            )
        fewest = min(len(first), len(second))
        notes.append(f"{pair}: {len(first & second):,} of {fewest:,} respondents in common (panel)")
    return tuple(notes)


def _pairs(relations: Relations, names: tuple[str, ...]) -> Iterator[tuple[int, int, str, str]]:
    for one, other in itertools.combinations(range(len(names)), 2):
        word = relations[frozenset((names[one], names[other]))]
        yield one, other, word, f"{names[one]} and {names[other]}"
