"""From labels to the sample's skeleton: slots, cells and keys, checked as they are built."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import DesignError, Issue
from resilience.inference.relations import related_groups
from resilience.inference.sample import Sample, identity_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.inference.relations import Relations

__all__ = ["BuiltSample", "SampleRoles", "build_sample"]

_MOST_NAMED = 5
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class SampleRoles:
    """A design's columns, and its rules.

    Attributes
    ----------
    waves : pandas.Series
        Categorical, one label a row.
    stratum, psu, person : pandas.Series or None
        Labels.
    fpc : numpy.ndarray or None
        Numbers of PSUs in the population, or sampling fractions.
    """

    waves: pd.Series
    stratum: pd.Series | None
    psu: pd.Series | None
    person: pd.Series | None
    fpc: npt.NDArray[np.float64] | None
    nested_psu: bool
    lonely_psu: str
    design_effect: float
    study: str


@dataclass(frozen=True, slots=True, eq=False)
class BuiltSample:
    """A sample, where its rows belong, and what a reader should know about it."""

    sample: Sample
    slot_of_row: npt.NDArray[np.int64]
    notes: tuple[str, ...]


def build_sample(roles: SampleRoles, relations: Relations) -> BuiltSample:
    """Return the skeleton of a sample.

    Raises
    ------
    DesignError
        If a PSU lies in two strata, a stratum has one PSU and that is to fail, population
        counts are wrong, or the waves do not relate as said.
    """
    names = tuple(map(str, roles.waves.cat.categories))
    wave = np.asarray(roles.waves.cat.codes, dtype=np.int64)
    stratum, strata = _coded(roles.stratum, len(wave))
    unit, units = _coded(_units(roles, relations), len(wave))
    group = related_groups(names, relations)[wave]
    if not roles.nested_psu and roles.stratum is not None and roles.psu is not None:
        _require_one_stratum(group, stratum, unit, strata, units)
    key = _numbered(group, stratum, unit)
    cell = _numbered(wave, stratum)
    slot_of_row, first_of_slot = _numbered_with_first(cell, key)
    cell_of_slot, key_of_slot = cell[first_of_slot], key[first_of_slot]
    first = np.unique(cell, return_index=True)[1]
    cells = Cells(wave[first], stratum[first], np.bincount(cell_of_slot), names, strata)
    scale, uncentred = _scales(roles, cells, _population_counts(roles, cell, cells))
    sample = Sample(
        cell_of_slot,
        key_of_slot,
        cells.stratum,
        cells.wave,
        scale * np.sqrt(roles.design_effect),
        uncentred,
        identity_of(
            "\x1f".join((roles.study, *names, *map(str, strata), *map(str, units))),
            slot_of_row,
            cell_of_slot,
            key_of_slot,
        ),
    )
    notes = _overlap_notes(relations, names, wave, key, stratum, unit, roles)
    return BuiltSample(sample, slot_of_row, notes)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The strata of each wave, with their numbers of PSUs."""

    wave: npt.NDArray[np.int64]
    stratum: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    waves: tuple[str, ...]
    strata: npt.NDArray[np.object_]

    def named(self, chosen: npt.NDArray[np.bool_]) -> str:
        """Return the names of some cells, the first few."""
        several = len(self.waves) > 1
        names = [
            f"'{self.strata[self.stratum[cell]]}'"
            + (f" in {self.waves[self.wave[cell]]}" if several else "")
            for cell in np.flatnonzero(chosen)
        ]
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        return ", ".join(names[:_MOST_NAMED]) + more


def _coded(
    labels: pd.Series | None, n: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """Return codes and labels; without a column all rows have one label."""
    if labels is None:
        return np.zeros(n, np.int64), np.array([""], object)
    codes, found = pd.factorize(labels, sort=True)
    return codes.astype(np.int64), np.asarray(found, object)


def _units(roles: SampleRoles, relations: Relations) -> pd.Series:
    """Return what was drawn: PSUs, or persons where persons were drawn directly."""
    if roles.psu is not None:
        return roles.psu
    panel = "panel" in relations.values()
    if panel and roles.person is None:
        raise DesignError(
            Issue(
                "a panel without PSUs needs to know who is who",
                where="design: waves",
                found="no respondent_id",
                expected="a column of respondents' ids",
                remedy="name the column of ids that are the same in all waves",
            )
        )
    if panel and roles.person is not None:
        return roles.person
    return pd.Series(np.arange(len(roles.waves)))


def _numbered(*codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return one number for each combination of codes, in their order."""
    return _numbered_with_first(*codes)[0]


def _numbered_with_first(
    *codes: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return also the first row of each combination."""
    joint = np.zeros(len(codes[0]), np.int64)
    for part in codes:
        joint = np.unique(joint, return_inverse=True)[1] * (int(part.max()) + 1) + part
    _, first, numbers = np.unique(joint, return_index=True, return_inverse=True)
    return numbers.reshape(-1).astype(np.int64), first.astype(np.int64)


def _require_one_stratum(
    group: npt.NDArray[np.int64],
    stratum: npt.NDArray[np.int64],
    unit: npt.NDArray[np.int64],
    strata: npt.NDArray[np.object_],
    units: npt.NDArray[np.object_],
) -> None:
    """Refuse PSU labels that occur in two strata."""
    places = np.unique(np.column_stack([group, unit, stratum]), axis=0)
    twice = np.flatnonzero((np.diff(places[:, :2], axis=0) == 0).all(axis=1))
    if not len(twice):
        return
    first = places[twice[0]], places[twice[0] + 1]
    raise DesignError(
        Issue(
            "PSU labels occur in more than one stratum",
            where="design: psu",
            found=f"PSU '{units[first[0][1]]}' in the strata '{strata[first[0][2]]}' and "
            f"'{strata[first[1][2]]}', {len(twice)} such cases",
            expected="each PSU in one stratum",
            remedy="'nested_psu: true' in the study's design (nested_psu=True in Python) if "
            "labels are unique within strata only; else correct the labels",
        )
    )


def _population_counts(
    roles: SampleRoles, cell: npt.NDArray[np.int64], cells: Cells
) -> npt.NDArray[np.float64] | None:
    """Return the number of PSUs in the population of each cell."""
    if roles.fpc is None:
        return None
    values = roles.fpc
    low = np.full(len(cells.sizes), np.inf)
    high = np.full(len(cells.sizes), -np.inf)
    np.minimum.at(low, cell, values)
    np.maximum.at(high, cell, values)
    positive = low > 0
    fractions = np.where(positive, low, 1.0)
    counts = np.where(low <= 1, cells.sizes / fractions, low)
    wrong = (low != high) | ~positive | (counts < cells.sizes * (1 - _ROUNDING))
    if wrong.any():
        raise DesignError(
            Issue(
                "population counts do not fit the sample",
                where="design: fpc",
                found=f"strata {cells.named(wrong)}",
                expected="in each stratum one number of PSUs, not below those sampled, "
                "or one sampling fraction up to 1",
                remedy="correct the column, or leave 'fpc' out",
            )
        )
    return np.asarray(counts)


def _scales(
    roles: SampleRoles, cells: Cells, counts: npt.NDArray[np.float64] | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return each cell's multiplier, and whether it stays uncentred."""
    sizes = cells.sizes.astype(float)
    unsampled = np.ones(len(sizes)) if counts is None else 1 - sizes / counts
    lonely = sizes == 1
    certain = lonely & (unsampled <= 0)
    if roles.lonely_psu == "fail" and (lonely & ~certain).any():
        raise DesignError(
            Issue(
                "strata have one PSU, which shows no variation",
                where="design: lonely_psu",
                found=f"strata {cells.named(lonely & ~certain)}",
                expected="at least two PSUs in each stratum",
                remedy="join strata that were drawn alike, or choose 'lonely_psu: adjust' "
                "(cautious), average or remove (in Python lonely_psu='adjust')",
            )
        )
    scale = np.sqrt(np.divide(sizes * unsampled, sizes - 1, where=~lonely, out=0 * sizes))
    uncentred = np.zeros(len(sizes), bool)
    if roles.lonely_psu == "adjust":
        scale[lonely] = np.sqrt(np.maximum(unsampled[lonely], 0))
        uncentred = lonely & ~certain
    if roles.lonely_psu == "average":
        for wave in np.unique(cells.wave):
            here = cells.wave == wave
            scale[here] *= np.sqrt(here.sum() / max(1, (here & ~lonely).sum()))
    return scale, uncentred


def _overlap_notes(
    relations: Relations,
    names: tuple[str, ...],
    wave: npt.NDArray[np.int64],
    key: npt.NDArray[np.int64],
    stratum: npt.NDArray[np.int64],
    unit: npt.NDArray[np.int64],
    roles: SampleRoles,
) -> tuple[str, ...]:
    """Check what is said of the waves against their labels, and tell how far they overlap."""
    notes = []
    label = _numbered(stratum, unit)
    noun = "PSUs" if roles.psu is not None else "respondents"
    for one, other in itertools.combinations(range(len(names)), 2):
        word = relations[frozenset((names[one], names[other]))]
        pair = f"{names[one]} and {names[other]}"
        units = key if word != "independent" else label
        there = np.unique(units[wave == one]), np.unique(units[wave == other])
        shared = len(np.intersect1d(there[0], there[1]))
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
        if word == "panel" and roles.psu is not None and roles.person is not None:
            notes.append(_persons_in_common(roles.person, wave, (one, other), pair))
        if word != "independent":
            notes.append(f"{pair}: {shared} of {fewest} {noun} in common ({word})")
        elif shared and roles.psu is not None:
            notes.append(
                f"{pair}: {shared} of {fewest} PSU labels coincide; "
                "declared independent, so equal labels are taken for different PSUs"
            )
    return tuple(notes)


def _persons_in_common(
    person: pd.Series, wave: npt.NDArray[np.int64], waves: tuple[int, int], pair: str
) -> str:
    """Tell how many respondents of a panel are in both waves, or raise if nobody is."""
    one, other = (set(person[wave == part]) for part in waves)
    if one.isdisjoint(other):
        raise DesignError(
            Issue(
                "waves called panel have no respondent in common",
                where="SurveyDesign(waves=)",
                found=f"no id occurs in both {pair}",
                expected="the same id for the same person",
                remedy="say 'same_psu' if only the sampling points are the same; else correct "
                "the ids",
            )
        )
    fewest = min(len(one), len(other))
    return f"{pair}: {len(one & other):,} of {fewest:,} respondents in common (panel)"
