"""Load a study, its responses and its analysis plan, and run the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.definitions.analysis import AnalysisPlan
from resilience.definitions.loading import load_analysis_plan
from resilience.definitions.study import Study
from resilience.evaluation.impact.analysing import analyse
from resilience.evaluation.impact.hiding import hide
from resilience.evaluation.targets import judge_target
from resilience.inference.designs.design import SurveyDesign
from resilience.progress import stage
from resilience.responses.loading import load_responses
from resilience.scoring.scores import score
from resilience.workflow.publishing import hidden_in_evaluation
from resilience.workflow.running import estimate_measures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from resilience.definitions.analysis import Method
    from resilience.definitions.study import Target
    from resilience.evaluation.impact.evaluation import Evaluation
    from resilience.responses.responses import Responses

__all__ = ["evaluate"]


def evaluate(
    plan: AnalysisPlan | Study | str | Path,
    responses: Responses | None = None,
    *,
    data: str | Path | None = None,
    method: Method | None = None,
    explore: Sequence[str] = (),
) -> Evaluation:
    """Run an evaluation's analysis plan.

    Planned outcomes are adjusted within their families, all others are exploratory; departures
    from the plan are listed. An outcome that cannot be estimated is listed too, with the reason
    and what can still be reported, and stops nothing else. What would tell of fewer respondents
    than the study's policy allows is not shown in any table.

    Parameters
    ----------
    plan : AnalysisPlan, Study, str or Path
        A plan; or a study, or the file or folder of either.
    responses : Responses, optional
        Of the study, scored or not; by default they are loaded.
    data : str or Path, optional
        The folder in which the study's file names begin, if not the study's own.
    method : str, optional
        In place of the plan's; told as a deviation.
    explore : sequence of str
        Measures that the plan does not name.

    Returns
    -------
    Evaluation

    Raises
    ------
    DefinitionError
        If the plan or study is wrong, or the study names no plan.
    ReadingError, ValidationError, DesignError
        If the data do not load.

    Examples
    --------
    >>> import resilience as rs
    >>> evaluation = rs.evaluate("surveys/lebanon")
    >>> evaluation.outcomes["variable"].tolist()[:2], evaluation.impact.headline
    (['resilience', 'cohesion'], 'cr2')
    """
    loaded = _plan(plan)
    if responses is None:
        responses = load_responses(loaded.loaded_study, data=data)
    with stage("scores"):
        scored = responses if _is_scored(responses, loaded) else score(responses)
    design = SurveyDesign.from_responses(scored)
    assignment = loaded.loaded_study.assignment
    design = replace(design, assignment=assignment)
    with stage("targets"):
        targets = _targets(loaded, design)
    made = analyse(loaded, design, targets, method=method, explore=explore)
    with stage("what may be shown"):
        return hide(made, hidden_in_evaluation(made, design), design.wave)


def _plan(said: AnalysisPlan | Study | str | Path) -> AnalysisPlan:
    if isinstance(said, AnalysisPlan):
        return said
    return load_analysis_plan(said.path if isinstance(said, Study) else said)


def _is_scored(responses: Responses, plan: AnalysisPlan) -> bool:
    asked = plan.loaded_study.questionnaire
    scores = [*asked.indices_by_id, *asked.indicators_by_id]
    return not scores or any(name in responses.frame for name in scores)


_TARGETS = [
    "measure",
    "wave",
    "where",
    "target",
    "estimate",
    "conf_low",
    "conf_high",
    "n",
    "status",
]


def _targets(plan: AnalysisPlan, design: SurveyDesign) -> pd.DataFrame:
    """Return the study's targets: met, not met or not shown, from the interval."""
    study = plan.loaded_study
    rows = [_target(part, design, plan.level, study.policy.minimum_n) for part in study.targets]
    return pd.DataFrame(rows, columns=_TARGETS)


def _target(
    target: Target, design: SurveyDesign, level: float, minimum_n: int
) -> dict[str, object]:
    found = estimate_measures(design, [target.measure], where={**target.where, "wave": target.wave})
    low, high = found.interval(level=level)
    shown = bool(found.n[0] >= minimum_n)
    direction = design.measures[target.measure].direction
    status = judge_target(target.value, low=low[0], high=high[0], direction=direction)
    told = " ".join(
        f"{name}={', '.join(map(str, value)) if isinstance(value, tuple) else value}"
        for name, value in target.where.items()
    )
    numbers = (found.values[0], low[0], high[0], found.n[0]) if shown else (np.nan,) * 4
    return {
        "measure": target.measure,
        "wave": target.wave,
        "where": told,
        "target": target.value,
        **dict(zip(("estimate", "conf_low", "conf_high", "n"), numbers, strict=True)),
        "status": status if shown else "not_estimable",
    }
