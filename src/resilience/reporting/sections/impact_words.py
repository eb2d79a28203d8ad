"""What the parts of a section on impact share: numbers, names, and sentences made by rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isfinite, isinf, isnan
from typing import TYPE_CHECKING, Any

from resilience.reporting.cells import EstimateCells
from resilience.reporting.phrases import (
    Interval,
    Listing,
    Message,
    Number,
    Verbatim,
    change_style,
    level_style,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resilience.disclosure.suppression import Protected
    from resilience.evaluation.results import EvaluationResult, Results
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import NumberStyle, Phrase

__all__ = ["ImpactWords", "known", "limits"]

TREATED, COMPARED = "treated", "comparison"
MOST_LISTED = 12


@dataclass(frozen=True)
class ImpactWords:
    """An evaluation's result with the words of its study."""

    results: Results
    part: EvaluationResult
    names: Names

    @cached_property
    def outcomes(self) -> list[dict[str, Any]]:
        """The planned outcomes, a record each."""
        return [
            {str(key): value for key, value in row.items()}
            for row in self.part.outcomes.to_dict("records")
        ]

    @property
    def leading(self) -> list[dict[str, Any]]:
        """The primary outcomes; those of the first family where none is primary."""
        found = [row for row in self.outcomes if row["role"] == "primary"]
        first = self.part.plan.families[0].id
        return found or [row for row in self.outcomes if row["family"] == first]

    @cached_property
    def rows(self) -> dict[tuple[str, ...], int]:
        """Where the results of an outcome stand: by kind of result, outcome, arm or place, wave."""
        found: dict[tuple[str, ...], int] = {}
        for kind in ("levels", "changes", "difference", "by_unit", "counterfactual"):
            protected: Protected | None = getattr(self.part, kind)
            if protected is None:
                continue
            rows = protected.estimates.rows
            keys = [
                name for name in ("variable", "arm", "unit", "wave", "reference") if name in rows
            ]
            if kind == "by_unit":
                keys = ["variable", "unit"]
            for at, row in enumerate(rows[keys].astype("str").to_numpy()):
                found[kind, *map(str, row)] = at
        return found

    @property
    def level(self) -> float:
        """The coverage of intervals."""
        return self.part.plan.level

    def cells(self, kind: str) -> EstimateCells | None:
        """Return a kind of results as cells."""
        protected: Protected | None = getattr(self.part, kind)
        changes = kind in ("changes", "difference", "by_unit")
        return EstimateCells(protected, self.level, changes=changes) if protected else None

    def cell(self, kind: str, *key: str) -> Phrase | None:
        """Return an estimate with its interval; None where there is none."""
        cells, row = self.cells(kind), self.rows.get((kind, *key))
        return cells.both(row) if cells is not None and row is not None else None

    def measure(self, name: str) -> Phrase:
        """Return what an outcome is called."""
        if name in self.results.study.questionnaire.items_by_id:
            return self.names.item(name)
        return self.names.measure(name)

    def unit(self, name: str) -> Phrase:
        """Return what a unit of assignment is called."""
        comparison = self.part.comparison
        assignment = comparison.assignment if comparison else self.results.study.assignment
        columns = assignment.unit_columns if assignment else ("site",)
        return self.names.value(columns[0], name) if len(columns) == 1 else Verbatim(name)

    def in_order(self, units: Iterable[str]) -> list[str]:
        """Return units in the study's order, as far as it names them."""
        sites = [site.id for site in self.results.study.sites]
        return sorted(units, key=lambda unit: sites.index(unit) if unit in sites else len(sites))

    def waves(self, which: tuple[str, ...]) -> Phrase:
        """Return the titles of waves."""
        titles = tuple(self.names.wave(wave) for wave in which)
        return titles[0] if len(titles) == 1 else Listing(titles)

    def too_narrow(self, name: str) -> bool:
        """Return whether an outcome's errors by place are too small by chance."""
        codes = {note.code for note in self.part.notes if note.variable == name}
        return "less_than_sampling_error" in codes and ("difference", name) in self.rows

    def reading(self, row: dict[str, Any]) -> str:
        """Return the verdict; `fragile` where only errors between places make it clear."""
        return "fragile" if self.fragile(str(row["variable"])) else str(row["verdict"])

    def fragile(self, name: str) -> bool:
        """Return whether an outcome is clear by errors between places and open by the survey's."""
        return any(
            note.code == "within_sampling_error" and note.variable == name
            for note in self.part.notes
        )

    def margin(self, row: dict[str, Any], *, sentence: bool = False) -> Phrase:
        """Return the plan's margin, in a sentence with its unit; a dash where there is none."""
        if row["margin"] is None or not isfinite(float(row["margin"])):
            return Verbatim("–")
        if row["margin_unit"] == "sd":
            return Message("impact_margin_sd", {"margin": Number(row["margin"], "ratio")})
        margin = Number(float(row["margin"]), level_style(row["unit"]))
        unit = Message(f"unit_change_{row['unit'] or 'points'}")
        key = "impact_margin" if sentence else "impact_margin_alone"
        return Message(key, {"margin": margin, **({"unit": unit} if sentence else {})})

    def places(self, *, treated: bool) -> Phrase:
        """Return the treated places, or those compared with; their number where they are many."""
        comparison = self.part.comparison
        if comparison is None:
            return Verbatim("–")
        units = [
            unit
            for unit, is_in in zip(comparison.units, comparison.treated, strict=True)
            if is_in == treated
        ]
        if len(units) > MOST_LISTED or comparison.assignment.unit == "person":
            return Number(len(units), "count")
        return Listing(tuple(map(self.unit, self.in_order(units))), "comma")


def known(value: Any, style: NumberStyle) -> Phrase:
    """Return a number, or a dash where there is none."""
    number = float(value)
    return Number(number, style) if isfinite(number) else Verbatim("–")


def limits(low: float, high: float, unit: str) -> Phrase:
    """Return an interval of changes, which may have no end on one side or both."""
    style = change_style(unit)
    if isnan(low) or isnan(high):
        return Verbatim("–")
    if isinf(low) and isinf(high):
        return Message("impact_no_end")
    if isinf(low):
        return Message("impact_up_to", {"high": Number(high, style)})
    if isinf(high):
        return Message("impact_from", {"low": Number(low, style)})
    return Interval(low, high, style)
