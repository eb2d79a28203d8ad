"""List experiments and direct questions with refusals, as a report shows them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from resilience.errors import ResilienceWarning
from resilience.evaluation.credibility import DirectResult, ListResult, SensitiveResult
from resilience.evaluation.sensitive.list_answers import ListQuestion
from resilience.evaluation.sensitive.list_tests import list_design_test
from resilience.evaluation.sensitive.lists import estimate_list, list_bounds
from resilience.evaluation.sensitive.refusals import refusal_bounds
from resilience.inference.statistics.domains import where_mask
from resilience.inference.statistics.estimation import estimate_proportion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.credibility import DirectQuestion, SensitiveBlock
    from resilience.disclosure.suppression import Protected
    from resilience.evaluation.sensitive.bounds import SensitiveBounds
    from resilience.workflow.credibility.asked import Asked

__all__ = ["estimate_sensitive"]


def estimate_sensitive(block: SensitiveBlock, asked: Asked) -> SensitiveResult:
    """Return a list experiment's share, and direct questions with what refusals may hide."""
    where = {**block.where, "wave": block.wave}
    experiment = None
    if block.experiment is not None:
        experiment = _experiment(block.experiment, asked, where)
    direct = tuple(_direct(question, asked, where) for question in block.direct)
    return SensitiveResult(block, experiment, direct)


def _experiment(name: str, asked: Asked, where: Mapping[str, object]) -> ListResult:
    declared = asked.plan.loaded_study.questionnaire.list_experiments_by_id[name]
    question = ListQuestion.from_study(asked.plan.loaded_study, name)
    design = asked.design
    with warnings.catch_warnings():
        # A share below 0 or above 1 is shown as it is; the report says what that means.
        warnings.simplefilter("ignore", ResilienceWarning)
        share = estimate_list(design, question, where=where, reasons=asked.scored.reason_names())
        bounds = list_bounds(design, question, where=where)
    test = list_design_test(design, question, where=where)
    answered = where_mask(design, where) & design.frame[declared.item].notna().to_numpy()
    arms = design.frame.loc[answered, name].value_counts()
    shown = asked.shown(share, where)
    if arms.min() < asked.plan.rules.minimum_n:
        shown = _hidden(shown)
    upper, low, high = _ends(bounds, asked)[1:]
    p_value = float(test.p_value[0])
    holds = not p_value < 1 - asked.plan.level
    return ListResult(
        declared.sensitive, declared.controls, shown, upper, low, high, p_value, holds
    )


def _hidden(shown: Protected) -> Protected:
    """Return a result of which nothing may be shown."""
    return replace(shown, status=tuple("suppressed" for _ in shown.status))


def _direct(question: DirectQuestion, asked: Asked, where: Mapping[str, object]) -> DirectResult:
    answered = estimate_proportion(
        asked.design, question.item, answers=list(question.answers), where=where
    )
    bounds = refusal_bounds(
        asked.design,
        question.item,
        answers=question.answers,
        reasons=asked.scored.reason_names(),
        where=where,
    )
    return DirectResult(
        question,
        asked.shown(answered, where),
        *_ends(bounds, asked),
        asked.rounded_n(float(bounds.n_hidden[0])),
    )


def _ends(bounds: SensitiveBounds, asked: Asked) -> tuple[float, float, float, float]:
    """Return the bounds and the region around them, rounded as the policy says."""
    low, high = bounds.interval(level=asked.plan.level)
    ends = (bounds.lower.values[0], bounds.upper.values[0], low[0], high[0])
    first, second, third, fourth = (asked.rounded_share(float(end), "share") for end in ends)
    return first, second, third, fourth
