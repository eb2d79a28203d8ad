"""Differences between the arms before the programme, as a report shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from resilience.evaluation.credibility import BalanceResult
from resilience.evaluation.threats.balance import CLOSENESS_LIMITS, balance_table
from resilience.workflow.credibility.groups import (
    ARM_COLUMN,
    SIDES,
    block_column,
    unit_column,
)

if TYPE_CHECKING:
    from resilience.definitions.credibility import BalanceBlock
    from resilience.inference.results.estimates import Estimates
    from resilience.workflow.credibility.asked import Asked

__all__ = ["estimate_balance"]


def estimate_balance(block: BalanceBlock, asked: Asked) -> BalanceResult:
    """Compare the arms in the wave before the programme."""
    study = asked.plan.loaded_study
    assert study.assignment is not None  # noqa: S101 - the definition was checked
    wave = block.wave or asked.plan.baseline
    where = {**block.where, "wave": wave, ARM_COLUMN: list(SIDES)}
    table = balance_table(
        asked.design,
        block.variables,
        arm=ARM_COLUMN,
        cluster=unit_column(study),
        where=where,
        mechanism=study.assignment.mechanism,
        blocks=block_column(study),
    )
    rows = tuple(asked.row_of(str(name)) for name in table.differences.rows["variable"])
    units = tuple(row.unit for row in rows)
    levels = asked.shown(_in(table.levels, [unit for unit in units for _ in SIDES]), where)
    differences = asked.shown(_in(table.differences, list(units)), where)
    return BalanceResult(
        block=block,
        wave=wave,
        rows=rows,
        levels=levels,
        differences=differences,
        normalised=asked.shown(table.normalised, where),
        closeness=table.closeness,
        limits=CLOSENESS_LIMITS,
        by_assignment=table.by_assignment,
        omnibus=table.omnibus if differences.showable.all() else None,
        units=table.arms.per_arm,
    )


def _in(estimates: Estimates, units: list[str]) -> Estimates:
    """Return estimates with the units of what they are about, as the made columns have none."""
    return replace(estimates, unit=tuple(units))
