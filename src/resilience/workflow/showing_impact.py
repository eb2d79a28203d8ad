"""Run a study's analysis plan for a report, and what a report may show of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.disclosure.suppression import protect
from resilience.disclosure.withholding import PublishedTable
from resilience.errors import ResilienceError
from resilience.evaluation.impact.analysing import analyse
from resilience.evaluation.showing import arm_restriction, arms_of_plan, shown_evaluation
from resilience.inference.comparisons.comparison import compare
from resilience.inference.results.estimates import concat
from resilience.inference.statistics.estimation import estimate_mean

if TYPE_CHECKING:
    from resilience.definitions.analysis import AnalysisPlan
    from resilience.definitions.policy import Policy
    from resilience.definitions.report import ImpactBlock
    from resilience.disclosure.suppression import Protected
    from resilience.disclosure.withholding import Withholding
    from resilience.evaluation.results import EvaluationResult
    from resilience.inference.designs.design import SurveyDesign

__all__ = ["evaluation_result", "impact_tables"]


def evaluation_result(
    plan: AnalysisPlan,
    block: ImpactBlock,
    design: SurveyDesign,
    policy: Policy,
    withholding: Withholding,
) -> EvaluationResult:
    """Return what a report may show of an analysis plan's results.

    Where nothing may be said of an impact, as with one treated and one comparison place, it has
    the changes by place.

    Parameters
    ----------
    plan : AnalysisPlan
    block : ImpactBlock
    design : SurveyDesign
        Of the plan's study.
    policy : Policy
    withholding : Withholding
        From `withheld_in_report`.
    """
    assigned = replace(design, assignment=plan.loaded_study.assignment)
    evaluation = analyse(plan, assigned, pd.DataFrame())
    by_unit = None
    if evaluation.impact is None:
        by_unit = _changes_by_unit(plan, assigned, policy, withholding)
    return shown_evaluation(
        evaluation, block, policy=policy, withholding=withholding, by_unit=by_unit
    )


def impact_tables(plan: AnalysisPlan) -> list[PublishedTable]:
    """Return the tables that a report on an impact publishes, for the audit over all tables.

    Parameters
    ----------
    plan : AnalysisPlan
        Listed persons, and listed places told apart by several columns, make no tables.
    """
    measures, where = tuple(plan.outcomes_by_measure), dict(plan.where)
    column, treated, compared = arms_of_plan(plan)
    arms: list[dict[str, Any]] = []
    tables = []
    if treated and compared:
        arms = [arm_restriction(where, column, units) for units in (treated, compared)]
        both = arm_restriction(where, column, (*treated, *compared))
        tables.append(PublishedTable(measures, (column, "wave"), both))
    for arm in arms:
        tables.append(PublishedTable(measures, ("wave",), arm))
        tables += [PublishedTable(measures, (name, "wave"), arm) for name in plan.subgroups]
    return tables


def _changes_by_unit(
    plan: AnalysisPlan, design: SurveyDesign, policy: Policy, withholding: Withholding
) -> Protected | None:
    """Return changes by place of the outcomes whose waves can be compared."""
    column, treated, compared = arms_of_plan(plan)
    assignment = plan.loaded_study.assignment
    if not (treated and compared) or (assignment is not None and assignment.arm is not None):
        return None
    waves = list(plan.loaded_study.waves_by_id)
    baseline, endline = plan.baseline or waves[0], plan.endline or waves[-1]
    people = arm_restriction(dict(plan.where), column, (*treated, *compared))
    where = {**people, "wave": [baseline, endline]}
    found = []
    for name in plan.outcomes_by_measure:
        try:
            levels = estimate_mean(design, name, by=[column, "wave"], where=where)
            known = levels.select(np.isfinite(levels.values))
            found.append(compare(known, over="wave", reference=baseline))
        except ResilienceError:
            continue
    if not found:
        return None
    shown = protect(concat(found), policy, withholding=withholding, where=people)
    rows = shown.estimates.rows
    named = rows.rename(columns={column: "unit"}).assign(
        arm=np.where(rows[column].astype("str").isin(list(treated)), "treated", "comparison")
    )
    return replace(shown, estimates=replace(shown.estimates, rows=named))
