"""The groups that blocks on credibility break down by, as columns, and the tables they show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.definitions.credibility import (
    AttritionBlock,
    BalanceBlock,
    PowerBlock,
    SensitiveBlock,
)
from resilience.disclosure.withholding import PublishedTable
from resilience.evaluation.impact.arms import arms_of, unit_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resilience.definitions.report import ReportPlan
    from resilience.definitions.study import Study
    from resilience.inference.designs.design import SurveyDesign

__all__ = [
    "ARM_COLUMN",
    "SIDES",
    "block_column",
    "follow_up_column",
    "lost_waves",
    "outcomes_of",
    "published_tables",
    "unit_column",
    "with_groups",
]

ARM_COLUMN = "assigned_arm"
SIDES = ("comparison", "programme")
_UNIT, _BLOCK, _NEITHER = "assigned_unit", "assigned_block", "neither"
_PERSON = "respondent_id"


def with_groups(design: SurveyDesign, plan: ReportPlan) -> SurveyDesign:
    """Return a design with columns of arms, and of who was found again, if blocks need them.

    No row is without a value, so that the audit of tables counts all of them.

    Raises
    ------
    EvaluationError
        If the study's assignment does not fit its respondents.
    """
    said = plan.loaded_study.assignment
    needed = (BalanceBlock, AttritionBlock, PowerBlock)
    if said is None or not any(isinstance(block, needed) for block in plan.blocks):
        return design
    arms = arms_of(design, said, np.ones(len(design.frame), bool))
    side = np.where(arms.treated[arms.unit], SIDES[1], SIDES[0])
    values = pd.Categorical(np.where(arms.unit < 0, _NEITHER, side), [*SIDES, _NEITHER])
    columns: dict[str, Any] = {ARM_COLUMN: values}
    if len(said.unit_columns) > 1:
        columns[_UNIT] = unit_labels(design, said.unit_columns, "unit").to_numpy()
    if arms.block is not None:
        columns[_BLOCK] = np.where(arms.unit < 0, -1, arms.block[arms.unit])
    for block in plan.blocks:
        if isinstance(block, AttritionBlock):
            start, end = lost_waves(block, plan)
            columns[follow_up_column(end)] = _found_again(design, start, end)
    return replace(design, frame=design.frame.assign(**columns))


def unit_column(study: Study) -> str:
    """Return the column of what was assigned."""
    said = study.assignment
    if said is None:
        return "site"
    return said.unit_columns[0] if len(said.unit_columns) == 1 else _UNIT


def block_column(study: Study) -> str | None:
    """Return the column of blocks or pairs, None where the assignment has none."""
    said = study.assignment
    blocked = said is not None and said.mechanism in ("blocked", "matched_pairs")
    return _BLOCK if blocked else None


def follow_up_column(end: str) -> str:
    """Return the column that says who was found again in a wave."""
    return f"found_in_{end}"


def lost_waves(block: AttritionBlock, plan: ReportPlan) -> tuple[str, str]:
    """Return the waves between which people were lost."""
    return plan.baseline, block.wave or plan.loaded_study.waves[-1].id


def outcomes_of(block: AttritionBlock, planned: Sequence[str]) -> tuple[str, ...]:
    """Return the outcomes that are bounded: the block's own, or the planned ones."""
    return block.outcomes or tuple(planned)


def published_tables(plan: ReportPlan, planned: Sequence[str]) -> list[PublishedTable]:
    """Return the tables that a report shows in its blocks on credibility.

    Parameters
    ----------
    plan : ReportPlan
    planned : sequence of str
        Outcomes of the analysis plan, which blocks on attrition show by default.
    """
    tables = []
    for block in plan.blocks:
        if isinstance(block, BalanceBlock):
            where = {**block.where, "wave": block.wave or plan.baseline, ARM_COLUMN: list(SIDES)}
            tables.append(PublishedTable(block.variables, (ARM_COLUMN,), where))
        elif isinstance(block, AttritionBlock):
            tables += _of_attrition(block, plan, planned)
        elif isinstance(block, SensitiveBlock):
            where = {**block.where, "wave": block.wave}
            lists = plan.loaded_study.questionnaire.list_experiments_by_id
            items = tuple(question.item for question in block.direct)
            if block.experiment is not None:
                items = (*items, lists[block.experiment].item)
            tables.append(PublishedTable(items, (), where))
    return tables


def _of_attrition(
    block: AttritionBlock, plan: ReportPlan, planned: Sequence[str]
) -> list[PublishedTable]:
    """Return rates by arm and place, means at the start, and outcomes of those found."""
    start, end = lost_waves(block, plan)
    found = follow_up_column(end)
    at_start = {**block.where, "wave": start, ARM_COLUMN: list(SIDES)}
    at_end = {"wave": end, ARM_COLUMN: list(SIDES)}
    outcomes = outcomes_of(block, planned)
    variables = block.variables or outcomes
    tables = [
        PublishedTable((found,), (ARM_COLUMN,), at_start),
        PublishedTable((*variables, *outcomes), (ARM_COLUMN, found), at_start),
        PublishedTable(outcomes, (ARM_COLUMN, found), at_end),
    ]
    unit = unit_column(plan.loaded_study)
    if unit != _PERSON:
        tables.append(PublishedTable((found,), (ARM_COLUMN, unit), at_start))
    return tables


def _found_again(design: SurveyDesign, start: str, end: str) -> pd.Categorical:
    """Return who of the first wave is in the later one, and who of the later was in the first."""
    wave = design.frame["wave"].astype("str").to_numpy()
    ids = design.frame[str(design.respondent_id)]
    first, last = (set(ids[wave == name]) for name in (start, end))
    both = ids.isin(first & last).to_numpy()
    told = np.select(
        [(wave == start) & both, wave == start, (wave == end) & both, wave == end],
        ["found", "lost", "found", "fresh"],
        "other",
    )
    return pd.Categorical(told, ["found", "lost", "fresh", "other"])
