"""Which units were treated by which wave, which they are compared with, and their blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.definitions.assignment import assignment_faults
from resilience.errors import EvaluationError, Issue, nearest
from resilience.inference.designs.study_roles import SITE_ROLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.definitions.assignment import Assignment
    from resilience.inference.designs.design import SurveyDesign

    Codes = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

__all__ = ["Arms", "arms_of", "unit_labels"]

NEVER = -1
NEITHER = -2
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Arms:
    """The units of an assignment, as the rows have them.

    Attributes
    ----------
    units : tuple of str
        G units that are treated or compared with.
    unit : numpy.ndarray of int
        The unit of each row of the design, shape (n,); -1 where it is in none.
    first : numpy.ndarray of int
        The position of the wave by which each unit was treated, shape (G,); -1 for never.
    block : numpy.ndarray of int or None
        The block of each unit, shape (G,).
    left_out : int
        Units that are neither treated nor compared with.
    """

    units: tuple[str, ...]
    unit: Codes
    first: Codes
    block: Codes | None
    left_out: int

    @property
    def treated(self) -> Flags:
        """Whether each unit is treated at any time, shape (G,)."""
        return np.asarray(self.first != NEVER)

    def __repr__(self) -> str:
        """Return how many there are of each kind."""
        treated = int(self.treated.sum())
        return f"<Arms: {treated} treated, {len(self.units) - treated} compared with>"


def arms_of(design: SurveyDesign, said: Assignment, mask: Flags) -> Arms:
    """Return the arms among the rows of a mask.

    Raises
    ------
    EvaluationError
        If the assignment contradicts itself or names what the design does not have, a unit lies
        in both arms or several blocks, or an arm is empty; all findings at once.
    """
    issues = [
        Issue(fault.what, "assignment", fault.found, fault.expected, fault.remedy)
        for fault in assignment_faults(said)
    ]
    if issues:
        raise EvaluationError(*issues)
    labels = unit_labels(design, said.unit_columns, "unit").where(mask)
    codes, found = pd.factorize(labels, sort=True)
    names = [str(name) for name in found]
    first = _first_treated(design, said, codes, names)
    kept = first != NEITHER
    _require_both(first[kept], said)
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    unit = np.where(codes >= 0, number[codes], -1)
    units = tuple(name for name, keep in zip(names, kept, strict=True) if keep)
    block = _blocks(design, said, unit, units)
    return Arms(units, unit, first[kept], block, int((~kept).sum()))


def unit_labels(design: SurveyDesign, columns: Sequence[str], what: str) -> pd.Series:
    """Return labels of rows by one or several columns; missing where one of them is."""
    frame = design.frame
    names = [_column(design, name) for name in columns]
    absent = [name for name in names if name not in frame]
    if absent:
        raise EvaluationError(
            *(
                Issue(
                    f"the design has no column '{name}'",
                    f"assignment: {what}",
                    name,
                    "a column with one value in each unit",
                    nearest(name, map(str, frame.columns), "name the column, or add it"),
                )
                for name in absent
            )
        )
    if len(names) == 1:
        column = frame[names[0]]
        return column.astype("str").where(column.notna())
    lacking = frame[names].isna().any(axis=1)
    together = frame[names].astype("str").agg(" | ".join, axis=1)
    return together.where(~lacking)


def _column(design: SurveyDesign, name: str) -> str:
    return design.respondent_id or name if name == "respondent_id" else name


def _first_treated(design: SurveyDesign, said: Assignment, codes: Codes, names: list[str]) -> Codes:
    """Return by which wave each unit was treated, -1 never, -2 neither in nor out."""
    waves = list(design.wave_names)
    if said.arm is not None:
        return _by_arm(design, said, codes, names)
    position = {name: number for number, name in enumerate(names)}
    listed = {**said.first_treated, **dict.fromkeys(map(str, said.comparison), "")}
    issues = [_no_unit(unit, names, said) for unit in listed if unit not in position]
    issues += [_no_wave(wave, waves) for wave in said.treated if _at(wave, waves) < 0]
    if issues:
        raise EvaluationError(*issues)
    first = np.full(len(names), NEVER, np.int64)
    if said.comparison:
        first[:] = NEITHER
        first[[position[str(unit)] for unit in said.comparison]] = NEVER
    elif said.unit == "site" and SITE_ROLE in design.frame:
        role = design.frame[SITE_ROLE].astype("str").to_numpy()
        compared = np.unique(codes[(role == "comparison") & (codes >= 0)])
        first[:] = NEITHER
        first[compared] = NEVER
    for unit, wave in said.first_treated.items():
        first[position[unit]] = _at(wave, waves)
    return first


def _at(wave: str, waves: list[str]) -> int:
    """Return the position of a wave, -1 for none; a design without waves has one of any name."""
    if waves == [""]:
        return 0
    return waves.index(wave) if wave in waves else -1


def _by_arm(design: SurveyDesign, said: Assignment, codes: Codes, names: list[str]) -> Codes:
    """Return the arms that a variable tells, which must be the same for a whole unit."""
    arm = said.arm
    assert arm is not None  # noqa: S101 - the caller has looked
    waves = list(design.wave_names)
    if _at(arm.since, waves) < 0:
        raise EvaluationError(_no_wave(arm.since, waves))
    values = unit_labels(design, [arm.variable], "arm")
    wanted = set(map(str, arm.treated)) | {f"{v}.0" for v in arm.treated if isinstance(v, int)}
    here = codes >= 0
    known = values.notna().to_numpy() & here
    treated = values.isin(wanted).to_numpy()
    most = np.full(len(names), NEITHER, np.int64)
    count = np.bincount(codes[known], minlength=len(names))
    hits = np.bincount(codes[known & treated], minlength=len(names))
    mixed = (hits > 0) & (hits < count)
    if mixed.any():
        raise EvaluationError(
            Issue(
                f"units of '{said.unit_name}' lie in both arms",
                "assignment: arm",
                f"{int(mixed.sum())} of {len(names)} units",
                f"one value of '{arm.variable}' in each unit",
                "look at how units are told apart; several columns may be needed: "
                "unit: [district, village]",
            )
        )
    most[count > 0] = NEVER
    most[(hits == count) & (count > 0)] = _at(arm.since, waves)
    return most


def _blocks(
    design: SurveyDesign, said: Assignment, unit: Codes, units: tuple[str, ...]
) -> Codes | None:
    """Return the block of each unit, or None where there are none."""
    if said.blocks:
        of = {str(u): number for number, us in enumerate(said.blocks.values()) for u in us}
        lacking = [name for name in units if name not in of]
        if lacking:
            raise EvaluationError(_no_block(", ".join(lacking[:_MOST_NAMED])))
        return np.array([of[name] for name in units], np.int64)
    if not said.block_columns:
        return None
    labels = unit_labels(design, said.block_columns, "block_variable")
    codes = pd.factorize(labels, sort=True)[0]
    known = (unit >= 0) & (codes >= 0)
    table = pd.DataFrame({"unit": unit[known], "block": codes[known]}).drop_duplicates()
    if len(table) != len(units):
        several = int((table.groupby("unit").size() > 1).sum())
        raise EvaluationError(_no_block(f"{several} units in several blocks, or some in none"))
    block = np.empty(len(units), np.int64)
    block[table["unit"].to_numpy()] = table["block"].to_numpy()
    return np.unique(block, return_inverse=True)[1].astype(np.int64)


def _require_both(first: Codes, said: Assignment) -> None:
    treated, compared = int((first != NEVER).sum()), int((first == NEVER).sum())
    if not treated or not compared:
        raise EvaluationError(
            Issue(
                "an arm is empty",
                "assignment",
                f"{treated} treated and {compared} comparison units among these respondents",
                "units of both kinds",
                "report the change by place: rs.compare(means, over='wave', reference=…)",
            )
        )
    if treated == compared == 1:
        raise EvaluationError(
            Issue(
                "one treated and one comparison place are no evidence of an impact",
                "estimate_impact",
                f"1 treated and 1 comparison unit of '{said.unit_name}'",
                "more units: no permutation of two can tell chance from effect",
                "report the change in each place, and their difference, as changes: "
                "rs.compare(rs.estimate_mean(design, …, by=['site', 'wave']), over='wave', "
                "reference=…)",
            )
        )


def _no_unit(unit: str, names: list[str], said: Assignment) -> Issue:
    return Issue(
        f"there are no respondents of '{unit}'",
        "assignment",
        unit,
        f"a value of '{said.unit_name}': " + ", ".join(names[:_MOST_NAMED]),
        nearest(
            unit,
            names,
            "correct the name, or leave it out; the change in the other places "
            "can still be reported: rs.compare(…, over='wave')",
        ),
    )


def _no_wave(wave: str, waves: list[str]) -> Issue:
    return Issue(
        f"there is no wave '{wave}'",
        "assignment",
        wave,
        "one of " + ", ".join(waves),
        nearest(wave, waves, "name the first wave after the treatment began"),
    )


def _no_block(found: str) -> Issue:
    return Issue(
        "the blocks do not cover each unit once",
        "assignment: blocks",
        found,
        "each treated and comparison unit in one block",
        "complete the blocks as the lot was drawn",
    )
