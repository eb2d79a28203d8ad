"""Run a report's blocks on credibility."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.credibility import (
    AttritionBlock,
    BalanceBlock,
    PowerBlock,
    SensitiveBlock,
)
from resilience.definitions.loading import load_analysis_plan
from resilience.workflow.credibility.attrition import estimate_attrition
from resilience.workflow.credibility.balance import estimate_balance
from resilience.workflow.credibility.power import estimate_power
from resilience.workflow.credibility.sensitive import estimate_sensitive

if TYPE_CHECKING:
    from resilience.definitions.report import Block, ReportPlan
    from resilience.evaluation.credibility import CredibilityResult
    from resilience.workflow.credibility.asked import Asked

__all__ = ["judge_credibility", "planned_outcomes"]


def judge_credibility(block: Block, asked: Asked) -> CredibilityResult | None:
    """Return a block's result; None if it is of another kind."""
    match block:
        case BalanceBlock():
            return estimate_balance(block, asked)
        case AttritionBlock():
            return estimate_attrition(block, asked)
        case PowerBlock():
            return estimate_power(block, asked)
        case SensitiveBlock():
            return estimate_sensitive(block, asked)
        case _:
            return None


def planned_outcomes(plan: ReportPlan) -> tuple[str, ...]:
    """Return the outcomes of the study's analysis plan, where a block shows them by default."""
    study = plan.loaded_study
    asks = any(isinstance(block, AttritionBlock) and not block.outcomes for block in plan.blocks)
    if not asks or study.analysis is None or study.path is None:
        return ()
    return tuple(load_analysis_plan(study.path).outcomes_by_measure)
