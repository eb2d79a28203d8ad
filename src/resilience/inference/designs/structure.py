"""From labels to the sample's skeleton: slots, cells and keys, checked as they are built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import DesignError, Issue
from resilience.inference.designs.codes import coded, combined
from resilience.inference.designs.overlap import Seen, overlap_notes, persons_notes
from resilience.inference.designs.relations import related_groups
from resilience.inference.designs.sample import UNLABELLED, Sample, Stage, identity_of
from resilience.inference.designs.stages import Groups, sampling_fractions, scales

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from resilience.inference.designs.relations import Relations

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["BuiltSample", "SampleRoles", "build_sample"]


@dataclass(frozen=True, slots=True, eq=False)
class SampleRoles:
    """A design's columns, and its rules.

    Attributes
    ----------
    waves : pandas.Series
        Categorical, one label a row.
    stratum, person : pandas.Series or None
        Labels.
    units : tuple of pandas.Series
        Labels of PSUs, and of the units of later stages; empty where persons were drawn.
    fpc : tuple of numpy.ndarray
        Numbers of units in the population, or sampling fractions, by stage; empty without.
    token : str
        What is the frame's own, by which persons without labels are this sample's.
    """

    waves: pd.Series
    stratum: pd.Series | None
    units: tuple[pd.Series, ...]
    person: pd.Series | None
    fpc: tuple[Floats, ...]
    nested_psu: bool
    lonely_psu: str
    design_effect: float
    study: str
    token: str


@dataclass(frozen=True, slots=True, eq=False)
class BuiltSample:
    """A sample, where its rows belong, and what a reader should know about it."""

    sample: Sample
    slot_of_row: Codes
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Where each row belongs, in codes, and the labels of the codes."""

    names: tuple[str, ...]
    wave: Codes
    stratum: Codes
    strata: npt.NDArray[Any]
    unit: Codes
    units: npt.NDArray[Any]
    as_persons: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """PSUs by wave: the slots of a sample whose later stages do not count."""

    of_row: Codes
    cell: Codes
    key: Codes
    unit: Codes


def build_sample(roles: SampleRoles, relations: Relations) -> BuiltSample:
    """Return the skeleton of a sample.

    Raises
    ------
    DesignError
        If a PSU lies in two strata, a stratum has one PSU and that is to fail, population
        counts are wrong, or the waves do not relate as said.
    """
    rows = _rows(roles, relations)
    cell, (wave, stratum) = combined(rows.wave, rows.stratum, (len(rows.names), len(rows.strata)))
    places = _places(rows, cell, len(wave), _keys(roles, rows, relations))
    cells = Groups("strata", np.bincount(places.cell), _cell_names(rows, wave, stratum))
    taken = sampling_fractions(roles.fpc[0] if roles.fpc else None, cell, cells)
    scale, uncentred = scales(cells, taken, roles.lonely_psu, wave)
    later, slot_of_row, psu_of_slot = _later_stages(roles, rows, places, taken[places.cell])
    slots = slice(None) if psu_of_slot is None else psu_of_slot
    sample = Sample(
        places.cell[slots],
        places.key[slots],
        stratum,
        wave,
        scale * np.sqrt(roles.design_effect),
        uncentred,
        _identity(roles, rows, (slot_of_row, places.cell[slots], places.key[slots])),
        later,
        psu_of_slot,
    )
    if len(rows.names) == 1:
        return BuiltSample(sample, slot_of_row, ())
    seen = Seen(wave[places.cell], places.key, stratum[places.cell], places.unit, bool(roles.units))
    notes = overlap_notes(relations, rows.names, seen)
    if roles.person is not None and roles.units:
        notes = (*persons_notes(relations, rows.names, roles.person, rows.wave), *notes)
    return BuiltSample(sample, slot_of_row, notes)


def _identity(roles: SampleRoles, rows: _Rows, places: tuple[Codes, ...]) -> str:
    """Return what tells this sample from others: its labels, or else its frame."""
    words = (roles.study, *rows.names, *map(str, rows.strata.tolist()))
    if not rows.as_persons:
        return identity_of("\x1f".join((*words, *map(str, rows.units.tolist()))), *places)
    if roles.person is None:
        known = identity_of("\x1f".join((roles.study, *rows.names)))
        return f"{UNLABELLED}{known}-{roles.token}-{identity_of(*places)}"
    persons = pd.util.hash_pandas_object(roles.person, index=False).to_numpy()
    return identity_of("\x1f".join(words), persons, *places)


def _rows(roles: SampleRoles, relations: Relations) -> _Rows:
    """Return the codes of rows; what was drawn are PSUs, or persons if they were directly."""
    n = len(roles.waves)
    stratum, strata = coded(roles.stratum, n)
    panel = "panel" in relations.values()
    if not roles.units and panel and roles.person is None:
        raise DesignError(
            Issue(
                "a panel without PSUs needs to know who is who",
                where="design: waves",
                found="no respondent_id",
                expected="a column of respondents' ids",
                remedy="name the column of ids that are the same in all waves",
            )
        )
    as_persons = not roles.units and not panel
    if as_persons:
        units: npt.NDArray[Any] = np.arange(n)
        unit: Codes = units
    else:
        unit, units = coded(roles.units[0] if roles.units else roles.person, n)
    names = tuple(map(str, roles.waves.cat.categories))
    wave = np.asarray(roles.waves.cat.codes, np.int64)
    return _Rows(names, wave, stratum, strata, unit, units, as_persons)


def _keys(roles: SampleRoles, rows: _Rows, relations: Relations) -> tuple[Codes, Codes]:
    """Return each row's key, and the unit that each key stands for."""
    if rows.as_persons:
        return rows.unit, rows.unit
    groups = related_groups(rows.names, relations)
    place, (group, stratum) = combined(
        groups[rows.wave], rows.stratum, (len(rows.names), len(rows.strata))
    )
    key, (of_key, unit) = combined(place, rows.unit, (len(group), len(rows.units)))
    if not roles.nested_psu and roles.stratum is not None and roles.units:
        _require_one_stratum(rows, group[of_key], stratum[of_key], unit)
    return key, unit


def _places(rows: _Rows, cell: Codes, n_cells: int, keys: tuple[Codes, Codes]) -> _Places:
    key, unit_of_key = keys
    if not rows.as_persons:
        of_row, (cell_of, key_of) = combined(cell, key, (n_cells, len(unit_of_key)))
        return _Places(of_row, cell_of, key_of, unit_of_key[key_of])
    if n_cells == 1:
        return _Places(key, cell, key, key)
    small = cell.astype(np.uint16) if n_cells <= np.iinfo(np.uint16).max else cell
    order = np.argsort(small, kind="stable")
    of_row = np.empty(len(cell), np.int64)
    of_row[order] = np.arange(len(cell))
    return _Places(of_row, cell[order], key[order], key[order])


def _cell_names(rows: _Rows, wave: Codes, stratum: Codes) -> Callable[[int], str]:
    def named(cell: int) -> str:
        within = f" in {rows.names[wave[cell]]}" if len(rows.names) > 1 else ""
        return f"'{rows.strata[stratum[cell]]}'{within}"

    return named


def _label_names(labels: npt.NDArray[Any]) -> Callable[[int], str]:
    return lambda place: f"'{labels[place]}'"


def _later_stages(
    roles: SampleRoles, rows: _Rows, places: _Places, taken: Floats
) -> tuple[tuple[Stage, ...], Codes, Codes | None]:
    """Return the stages within PSUs, the slot of each row, and the PSU of each slot.

    Parameters
    ----------
    taken : numpy.ndarray
        The sampling fraction by which each place was drawn: later stages count only as far as
        earlier ones were exhaustive.
    """
    parent, labels = places.of_row, rows.units[places.unit]
    key, n_keys = places.key[parent], int(places.key.max()) + 1
    cell_of_parent = places.cell
    drawn = []
    for number, (column, fpc) in enumerate(zip(roles.units[1:], roles.fpc[1:], strict=True), 1):
        code, found = coded(column, len(parent))
        key, (_, code_of_key) = combined(key, code, (n_keys, len(found)))
        n_keys = len(code_of_key)
        child, (group, key_of_child) = combined(parent, key, (len(labels), n_keys))
        what = "PSUs" if number == 1 else f"units of stage {number}"
        groups = Groups(what, np.bincount(group), _label_names(labels))
        fractions = sampling_fractions(fpc, parent, groups)
        scale, uncentred = scales(groups, fractions, roles.lonely_psu, cell_of_parent)
        drawn.append((group, key_of_child, scale * np.sqrt(taken * roles.design_effect), uncentred))
        taken, cell_of_parent = (taken * fractions)[group], cell_of_parent[group]
        parent, labels = child, found[code_of_key[key_of_child]]
    if not drawn:
        return (), places.of_row, None
    stages: list[Stage] = []
    unit_of_slot: Codes | None = None
    for group, key_of_child, scale, uncentred in reversed(drawn):
        stages.insert(0, Stage(unit_of_slot, group, key_of_child, scale, uncentred))
        unit_of_slot = group if unit_of_slot is None else group[unit_of_slot]
    return tuple(stages), parent, unit_of_slot


def _require_one_stratum(rows: _Rows, group: Codes, stratum: Codes, unit: Codes) -> None:
    """Refuse PSU labels that occur in two strata; one entry a key."""
    order = np.lexsort((stratum, unit, group))
    group, stratum, unit = group[order], stratum[order], unit[order]
    twice = np.flatnonzero((np.diff(group) == 0) & (np.diff(unit) == 0))
    if not len(twice):
        return
    one, other = twice[0], twice[0] + 1
    raise DesignError(
        Issue(
            "PSU labels occur in more than one stratum",
            where="design: psu",
            found=f"PSU '{rows.units[unit[one]]}' in the strata '{rows.strata[stratum[one]]}' and "
            f"'{rows.strata[stratum[other]]}', {len(twice)} such cases",
            expected="each PSU in one stratum",
            remedy="'nested_psu: true' in the study's design (nested_psu=True in Python) if "
            "labels are unique within strata only; else correct the labels",
        )
    )
