"""Run a report's plan: load, score, estimate, evaluate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.definitions.loading import load_report_plan
from resilience.definitions.measures import COMMON_SUFFIX, ScoreDifference
from resilience.definitions.report import (
    AnswersBlock,
    ChangeBlock,
    ContributionBlock,
    ImpactBlock,
    ProfileBlock,
    ReportPlan,
)
from resilience.disclosure.suppression import protect, rounded, without_unlisted
from resilience.errors import ComparisonError
from resilience.evaluation.change import judge_changes
from resilience.evaluation.impact.contribution import contribution_of
from resilience.evaluation.results import (
    AnswersResult,
    ChangeResult,
    ContributionResult,
    PlannedResult,
    ProfileResult,
    Results,
    TargetResult,
)
from resilience.evaluation.targets import judge_target
from resilience.inference.comparisons.comparison import compare
from resilience.inference.designs.design import SurveyDesign
from resilience.inference.results.estimates import Estimates, concat
from resilience.inference.statistics.domains import where_mask
from resilience.inference.statistics.estimation import estimate_mean, estimate_proportion
from resilience.progress import stage
from resilience.responses.coding import REASON_CODES
from resilience.responses.loading import load_responses
from resilience.scoring.coverage import score_coverage
from resilience.scoring.scores import score
from resilience.workflow.credibility.asked import Asked
from resilience.workflow.credibility.groups import with_groups
from resilience.workflow.credibility.judging import judge_credibility, planned_outcomes
from resilience.workflow.describing_sample import sample_facts
from resilience.workflow.publishing import withheld_in_report
from resilience.workflow.showing_impact import evaluation_result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from resilience.definitions.report import Block, PlannedChange
    from resilience.definitions.study import Target
    from resilience.disclosure.suppression import Protected
    from resilience.evaluation.results import BlockResult
    from resilience.evaluation.targets import TargetStatus
    from resilience.inference.statistics.domains import By, Where
    from resilience.responses.responses import Responses

__all__ = ["estimate_measures", "run_on", "run_plan"]


def run_plan(plan: str | Path | ReportPlan, *, data: str | Path | None = None) -> Results:
    """Compute everything that a report's plan asks for.

    Use it to make a report, or to look at its numbers before. Comparisons of scores that are
    not the same score are left out, and the report says why.

    Parameters
    ----------
    plan : str, Path or ReportPlan
        A file of a workspace's `reports/` folder.
    data : str or Path, optional
        The folder of the data files, where they do not lie in the study's own folder.

    Returns
    -------
    Results
        For `build_report`.

    Raises
    ------
    DefinitionError, ReadingError, ValidationError, ScoringError, DesignError
        As the stages do.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.run_plan("reports/lebanon-donor.yaml")
    <Results lebanon_donor: 13 blocks on lebanon>
    """
    loaded = plan if isinstance(plan, ReportPlan) else load_report_plan(plan)
    responses = load_responses(loaded.loaded_study, data=data)
    return run_on(loaded, responses, score(responses))


def run_on(plan: ReportPlan, responses: Responses, scored: Responses) -> Results:
    """Compute everything that a plan asks for, on responses that are there already.

    Parameters
    ----------
    plan : ReportPlan
    responses : Responses
        From `load_responses` of the plan's study.
    scored : Responses
        From `score` of them.
    """
    design = with_groups(SurveyDesign.from_responses(scored), plan)
    with stage("Estimating"):
        run = _Run(plan, scored, design)
        return Results(
            plan=plan,
            responses=scored,
            planned=tuple(run.planned(part) for part in plan.planned),
            targets=tuple(run.target(part) for part in plan.loaded_study.targets),
            blocks=tuple((block, run.block(block)) for block in plan.blocks),
            sample=sample_facts(design, plan.loaded_study),
            coverage=score_coverage(scored),
            rule_effects=_rule_effects(responses, design, _indices_shown(plan)),
            version=version("resilience-surveys"),
        )


def estimate_measures(
    design: SurveyDesign, measures: Sequence[str], *, by: By = None, where: Where = None
) -> Estimates:
    """Estimate indices as means, indicators and categories as proportions, in one result.

    Parameters
    ----------
    design : SurveyDesign
        From scored responses.
    measures : sequence of str
        Indices, indicators, items, or categorical columns: one row a category, in `answer`.
    by, where
        As for `estimate_mean`.
    """
    parts = []
    for name in measures:
        known = design.measures.get(name)
        if known and known.kind == "indicator":
            parts.append(estimate_proportion(design, name, by=by, where=where))
        elif name in design.frame and isinstance(design.frame[name].dtype, pd.CategoricalDtype):
            parts.append(estimate_proportion(design, name, answers="each", by=by, where=where))
        else:
            parts.append(estimate_mean(design, name, by=by, where=where))
    return concat(parts)


@dataclass(frozen=True, slots=True)
class _ChangePart:
    """One measure of a block on change."""

    name: str
    levels: Estimates
    aside: Estimates
    changes: Estimates | None
    refused: tuple[ScoreDifference, ...]
    apart: Mapping[str, tuple[ScoreDifference, ...]]


class _Run:
    """What the parts of a plan share."""

    def __init__(self, plan: ReportPlan, scored: Responses, design: SurveyDesign) -> None:
        self.plan = plan
        self.scored = scored
        self.design = design
        self.outcomes = planned_outcomes(plan)
        self.withholding = withheld_in_report(plan, design, self.outcomes)

    def shown(self, estimates: Estimates, where: Where) -> Protected:
        """Return estimates with what the report may show of them."""
        return protect(
            estimates, self.plan.rules, withholding=self.withholding, where=where or None
        )

    def planned(self, planned: PlannedChange) -> PlannedResult:
        """Estimate a change that was named in advance."""
        changes, refused = self._change_to(planned.measure, planned.wave, planned.where)
        if changes is None:
            return PlannedResult(planned, None, None, refused)
        shown = self.shown(changes, planned.where)
        verdicts = judge_changes(
            changes, level=self.plan.level, planned=True, family=shown.showable
        )
        return PlannedResult(planned, shown, verdicts)

    def target(self, target: Target) -> TargetResult:
        """Estimate a row of the indicator table."""
        levels = estimate_measures(
            self.design, [target.measure], by="wave", where=target.where or None
        )
        waves = levels.rows["wave"].astype("str").to_numpy()
        actual = self.shown(levels.select(waves == target.wave), target.where)
        before = levels.select(waves == self.plan.baseline)
        known = len(before) and np.isfinite(before.values).all()
        changes, refused = self._change_to(target.measure, target.wave, target.where)
        return TargetResult(
            target=target,
            baseline=self.shown(before, target.where) if known else None,
            actual=actual,
            change=self.shown(changes, target.where) if changes else None,
            status=self._target_status(target, actual),
            refused=refused,
        )

    def _target_status(self, target: Target, actual: Protected) -> TargetStatus:
        if not len(actual.estimates) or not actual.showable.all():
            return "not_estimable"
        low, high = actual.estimates.interval(level=self.plan.level)
        direction = self.design.measures[target.measure].direction
        return judge_target(target.value, low=low[0], high=high[0], direction=direction)

    def block(self, block: Block) -> BlockResult | None:
        """Estimate what a block of the report shows."""
        if isinstance(block, ChangeBlock):
            return self._change_block(block)
        if isinstance(block, ProfileBlock):
            where = {**block.where, "wave": block.wave}
            levels = estimate_measures(self.design, block.measures, by=block.by, where=where)
            levels_shown = self.shown(levels, where)
            return ProfileResult(block, self._listed(block.by, levels_shown)[0])
        if isinstance(block, AnswersBlock):
            where = {**block.where, "wave": block.wave}
            shares = estimate_proportion(self.design, block.items, answers="each", where=where)
            missing = self._missing(block.items, where)
            return AnswersResult(block, self.shown(shares, where), missing)
        if isinstance(block, ContributionBlock):
            return ContributionResult(block, contribution_of(self.plan.loaded_study))
        analysis = self.plan.loaded_analysis
        if isinstance(block, ImpactBlock) and analysis is not None:
            return evaluation_result(
                analysis, block, self.design, self.plan.rules, self.withholding
            )
        asked = Asked(self.plan, self.scored, self.design, self.withholding, self.outcomes)
        return judge_credibility(block, asked)

    def _missing(self, items: Sequence[str], where: Where) -> dict[str, dict[str, float]]:
        """Return how often answers to items are missing, by reason, among those who are meant."""
        reasons = self.scored.reasons.loc[where_mask(self.design, where), list(items)]
        base = (self.plan.rules.rounding.percent or 0) / 100 or 1.0
        return {
            item: {
                reason: float(rounded((reasons[item] == code).mean(), base))
                for reason, code in REASON_CODES.items()
            }
            for item in items
        }

    def _change_block(self, block: ChangeBlock) -> ChangeResult:
        last = block.wave or self.plan.loaded_study.waves[-1].id
        parts = [self._change_part(name, block, last) for name in block.measures]
        changes = [part.changes for part in parts if part.changes is not None and len(part.changes)]
        aside = [part.aside for part in parts if len(part.aside)]
        levels = self.shown(concat([part.levels for part in parts]), block.where)
        found = self._listed(
            block.by,
            levels,
            *(self.shown(concat(rows), block.where) for rows in (changes, aside) if rows),
        )
        levels, further = found[0], found[1:]
        shown = further.pop(0) if changes else None
        return ChangeResult(
            block=block,
            levels=levels,
            changes=shown,
            verdicts=judge_changes(
                shown.estimates,
                level=self.plan.level,
                planned=self._named_before(shown.estimates, block),
                family=shown.showable,
            )
            if shown
            else None,
            refused={part.name: part.refused for part in parts if part.refused},
            apart={part.name: part.apart for part in parts if part.apart},
            aside=further.pop(0) if aside else None,
        )

    def _listed(self, by: str | None, *parts: Protected) -> list[Protected]:
        """Return results without the groups of which nothing may be shown."""
        return list(parts) if by is None else without_unlisted(*parts, by=by)

    def _change_part(self, name: str, block: ChangeBlock, last: str) -> _ChangePart:
        """Estimate one measure of a block, its waves with another score on their own."""
        by = ["wave"] if block.by is None else [block.by, "wave"]
        whole = estimate_measures(self.design, [name], by=by, where=block.where or None)
        compared, refused = self._compared(whole, last)
        apart = self._apart(whole)
        levels, common = whole, name + COMMON_SUFFIX
        if refused and block.items == "common" and common in self.design.frame:
            levels = estimate_measures(self.design, [common], by=by, where=block.where or None)
            compared, _ = self._compared(levels, last)
            signed = self.design.measures[common].signatures
            apart = {wave: reasons for wave, reasons in apart.items() if wave not in signed}
        of_wave = whole.rows["wave"].astype("str")
        aside = of_wave.isin(list(apart)).to_numpy()
        kept = ~levels.rows["wave"].astype("str").isin(list(apart)).to_numpy()
        return _ChangePart(name, levels.select(kept), whole.select(aside), compared, refused, apart)

    def _named_before(self, changes: Estimates, block: ChangeBlock) -> npt.NDArray[np.bool_]:
        """Return which changes of a block are ones that the plan named in advance."""
        named = {
            (part.measure, part.wave, _people(part.where), self.plan.baseline)
            for part in self.plan.planned
        }
        by = {} if block.by is None else {block.by: changes.rows[block.by].astype("str")}
        of_row = [
            _people({**block.where, **{name: values.iloc[row] for name, values in by.items()}})
            for row in range(len(changes))
        ]
        return np.array(
            [
                (row.variable, str(row.wave), people, str(row.reference)) in named
                for row, people in zip(changes.rows.itertuples(), of_row, strict=True)
            ],
            bool,
        )

    def _apart(self, levels: Estimates) -> dict[str, tuple[ScoreDifference, ...]]:
        """Return the waves whose score is not that of the baseline, and why."""
        reasons = {
            wave.id: self._compared(levels, wave.id)[1] for wave in self.plan.loaded_study.waves
        }
        return {wave: found for wave, found in reasons.items() if found}

    def _change_to(
        self, measure: str, wave: str, where: Mapping[str, object]
    ) -> tuple[Estimates | None, tuple[ScoreDifference, ...]]:
        """Return the change from the baseline to one wave, or why there is none."""
        waves = {"wave": [self.plan.baseline, wave]}
        levels = estimate_measures(self.design, [measure], by="wave", where={**where, **waves})
        return self._compared(levels, wave)

    def _compared(
        self, levels: Estimates, wave: str
    ) -> tuple[Estimates | None, tuple[ScoreDifference, ...]]:
        """Return changes from the baseline to a wave, or why scores must not be compared."""
        of_wave = levels.rows["wave"].astype("str").to_numpy()
        pair = (of_wave == self.plan.baseline) | (of_wave == wave)
        measured = levels.select(pair & np.isfinite(levels.values))
        if not {self.plan.baseline, wave} <= set(measured.rows["wave"].astype("str")):
            return None, ()
        if wave == self.plan.baseline:
            return None, ()
        try:
            return compare(measured, over="wave", reference=self.plan.baseline), ()
        except ComparisonError as error:
            return None, tuple(
                reason
                for reasons in error.refused.values()
                for reason in reasons
                if isinstance(reason, ScoreDifference)
            )


def _people(where: Mapping[str, object]) -> frozenset[tuple[str, object]]:
    """Return whom a restriction keeps, in one form however it was written."""
    return frozenset(
        (
            name,
            frozenset(map(str, wanted if isinstance(wanted, tuple | list) else (wanted,))),
        )
        for name, wanted in where.items()
    )


def _indices_shown(plan: ReportPlan) -> list[str]:
    """Return the indices that the plan's blocks show, each once."""
    known = plan.loaded_study.questionnaire.indices_by_id
    named = [name for block in plan.blocks for name in getattr(block, "measures", ())]
    return [name for name in dict.fromkeys(named) if name in known]


def _rule_effects(
    responses: Responses, design: SurveyDesign, indices: Sequence[str]
) -> Estimates | None:
    """Return by how much means would differ if a score needed all answers to its items."""
    if not indices:
        return None
    strict = SurveyDesign.from_responses(score(responses, minimum_answered="all"))
    declared = estimate_mean(design, indices, by="wave")
    complete = estimate_mean(strict, indices, by="wave")
    k = len(declared)
    both = concat([declared, complete])
    difference = np.hstack([-np.eye(k), np.eye(k)])
    rows = declared.rows.assign(measure="complete answers only minus declared rule")
    effects = both.contrast(difference, rows=rows)
    return replace(effects, n=complete.n)
