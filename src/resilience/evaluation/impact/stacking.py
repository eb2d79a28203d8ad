"""Respondents of all waves stacked, with their unit, wave, weight and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.impact.arms import NEVER, arms_of
from resilience.inference.statistics.columns import columns_of
from resilience.inference.statistics.domains import where_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.definitions.assignment import Assignment
    from resilience.evaluation.impact.arms import Arms
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

__all__ = ["StackedSample", "stack_sample"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StackedSample:
    """The respondents whom an estimate of impact rests on.

    Attributes
    ----------
    measures : tuple of str
    y : numpy.ndarray
        Answers, NaN where missing, shape (n, k).
    weight : numpy.ndarray
        Of the design, shape (n,).
    unit, wave : numpy.ndarray of int
        Positions in `arms.units` and `waves`, shape (n,).
    person : numpy.ndarray of int
        Codes of persons, shape (n,); empty where nobody is known to recur.
    covariates : numpy.ndarray
        Numbers, categories as columns of 0 and 1, shape (n, c); NaN where missing.
    covariate_names : tuple of str
    rows : numpy.ndarray of int
        Which rows of the design these are, shape (n,).
    arms : Arms
    waves : tuple of str
    equal : bool
        Whether each unit and wave weighs the same.
    """

    measures: tuple[str, ...]
    y: Floats
    weight: Floats
    unit: Codes
    wave: Codes
    person: Codes
    covariates: Floats
    covariate_names: tuple[str, ...]
    rows: Codes
    arms: Arms
    waves: tuple[str, ...]
    equal: bool

    @property
    def treated(self) -> Flags:
        """Whether the unit of each row is treated at any time, shape (n,)."""
        return self.arms.treated[self.unit]

    @property
    def since(self) -> int:
        """The position of the first wave after any treatment."""
        return int(self.arms.first[self.arms.first != NEVER].min())

    def weights_for(self, used: Flags, cell: Codes) -> Floats:
        """Return weights of rows used: those of a cell add up to 1 where cells weigh the same.

        Parameters
        ----------
        used : numpy.ndarray of bool
            Shape (n,).
        cell : numpy.ndarray of int
            Of each row, shape (n,).
        """
        weight = np.where(used, self.weight, 0.0)
        if not self.equal:
            return weight
        total = np.bincount(cell, weight)[cell]
        return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)

    def __repr__(self) -> str:
        """Return sizes; never rows."""
        return f"<StackedSample: {len(self.y):,} respondents, {self.arms!r}>"


def stack_sample(
    design: SurveyDesign,
    measures: str | Sequence[str],
    said: Assignment,
    *,
    covariates: Sequence[str] = (),
    where: Where = None,
) -> StackedSample:
    """Return the respondents of treated and comparison units, wave upon wave.

    Raises
    ------
    EvaluationError
        As for `arms_of`; or if ids recur within a wave, or in several units of a panel.
    EstimationError
        If measures or covariates are no columns of numbers or categories.
    """
    columns = columns_of(design, measures)
    mask = where_mask(design, where)
    arms = arms_of(design, said, mask)
    rows = np.flatnonzero(arms.unit >= 0)
    matrix, names = _covariates(design, covariates)
    wave = (
        np.zeros(len(design.frame), np.int64)
        if design.wave is None
        else pd.Categorical(
            design.frame[design.wave].astype("str"), categories=list(design.wave_names)
        ).codes.astype(np.int64)
    )
    person = np.empty(0, np.int64)
    if design.respondent_id is not None and (_has_panel(design) or said.unit == "person"):
        person = pd.factorize(design.frame[design.respondent_id])[0].astype(np.int64)[rows]
        _require_own_ids(person, arms.unit[rows], wave[rows])
    return StackedSample(
        measures=tuple(column.variable for column in columns),
        y=np.column_stack([column.y for column in columns])[rows],
        weight=np.asarray(design.weights)[rows],
        unit=arms.unit[rows],
        wave=wave[rows],
        person=person,
        covariates=matrix[rows],
        covariate_names=names,
        rows=rows,
        arms=arms,
        waves=design.wave_names,
        equal=said.weight_cities == "equal" and said.unit != "person",
    )


def _covariates(design: SurveyDesign, names: Sequence[str]) -> tuple[Floats, tuple[str, ...]]:
    """Return covariates as numbers; of categories a column for each but the first."""
    columns = columns_of(design, list(names), categories=True) if names else []
    parts: list[Floats] = []
    told: list[str] = []
    for column in columns:
        if not column.categories:
            parts.append(column.y)
            told.append(column.variable)
            continue
        occurring = np.unique(column.y[~np.isnan(column.y)])[1:]
        for code in occurring:
            parts.append(np.where(np.isnan(column.y), np.nan, column.y == code))
            told.append(f"{column.variable}={column.categories[int(code)]}")
    n = len(design.frame)
    return (np.column_stack(parts) if parts else np.empty((n, 0))), tuple(told)


def _require_own_ids(person: Codes, unit: Codes, wave: Codes) -> None:
    """Refuse ids that recur within a wave, or in several units where ids tell persons apart."""
    known = person >= 0
    table = pd.DataFrame({"person": person[known], "unit": unit[known], "wave": wave[known]})
    twice = int(table.duplicated(["person", "wave"]).sum())
    moved = int(table.drop_duplicates(["person", "unit"]).duplicated("person").sum())
    issues = [
        Issue(what, "estimate_impact", f"{count:,} {of}", expected, remedy)
        for what, count, of, expected, remedy in (
            (
                "ids of respondents recur within a wave",
                twice,
                "rows",
                "each person once a wave",
                "mend the ids; changes by place can still be reported: rs.compare(…, over='wave')",
            ),
            (
                "ids of respondents recur in several units",
                moved,
                "persons",
                "each person in one unit, in all waves",
                "make ids unique across units, for instance unit and number together; changes "
                "by place can still be reported: rs.compare(…, over='wave')",
            ),
        )
        if count
    ]
    if issues:
        raise EvaluationError(*issues)


def _has_panel(design: SurveyDesign) -> bool:
    relation = design.waves
    words = relation.values() if isinstance(relation, dict) else (relation,)
    return "panel" in tuple(words)
