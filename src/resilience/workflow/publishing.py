"""Which groups of respondents a report shows, so that what it withholds is withheld in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from resilience.definitions.measures import COMMON_SUFFIX
from resilience.definitions.report import AnswersBlock, ChangeBlock, ProfileBlock
from resilience.disclosure.withholding import PublishedTable, margins_of, withhold
from resilience.evaluation.impact.hiding import Hidden
from resilience.evaluation.impact.stacking import stack_sample
from resilience.evaluation.impact.tables import ARMS, labelled_by_arm
from resilience.inference.statistics.domains import where_mask
from resilience.workflow.credibility.groups import published_tables
from resilience.workflow.showing_impact import impact_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from resilience.definitions.report import ReportPlan
    from resilience.definitions.study import Policy
    from resilience.disclosure.withholding import Withholding
    from resilience.evaluation.impact.evaluation import Evaluation
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.domains import Where

__all__ = [
    "hidden_in_evaluation",
    "tables_of_evaluation",
    "withheld_from_asker",
    "withheld_in_report",
]


def withheld_in_report(
    plan: ReportPlan, design: SurveyDesign, planned: Sequence[str] = ()
) -> Withholding:
    """Return the groups that a report withholds in all its tables, charts and sentences.

    That each wave's respondents are known, for all measures, is taken for granted: the cover
    and the annex on method tell how many there are.

    Parameters
    ----------
    plan : ReportPlan
    design : SurveyDesign
    planned : sequence of str
        Outcomes of the analysis plan, which blocks on attrition show by default.
    """
    tables = [
        *(_by_wave((part.measure,), part.where) for part in plan.planned),
        *(_by_wave((part.measure,), part.where) for part in plan.loaded_study.targets),
    ]
    for block in plan.blocks:
        if isinstance(block, ChangeBlock):
            by = ("wave",) if block.by is None else (block.by, "wave")
            tables.append(PublishedTable(_with_common(block.measures), by, block.where or None))
        elif isinstance(block, ProfileBlock):
            groups = () if block.by is None else (block.by,)
            where = {**block.where, "wave": block.wave}
            tables.append(PublishedTable(block.measures, groups, where))
        elif isinstance(block, AnswersBlock):
            tables.append(PublishedTable(block.items, (), {**block.where, "wave": block.wave}))
    if plan.loaded_analysis is not None:
        tables += impact_tables(plan.loaded_analysis)
    tables += published_tables(plan, planned)
    tables.append(PublishedTable((), ("wave",), known=True))
    return withhold(design, tables, plan.rules)


def tables_of_evaluation(evaluation: Evaluation, design: SurveyDesign) -> list[PublishedTable]:
    """Return the groups that an evaluation's tables tell of, with what is known besides.

    Parameters
    ----------
    evaluation : Evaluation
        With an impact.
    design : SurveyDesign
        With the columns `arm` and `unit`.
    """
    plan, impact = evaluation.plan, evaluation.impact
    tables = [
        PublishedTable((part.measure,), (), {**part.where, "wave": part.wave})
        for part in plan.loaded_study.targets
    ]
    wave = (design.wave,) if design.wave else ()
    if impact is not None:
        measures = _measures(evaluation)
        where = dict(plan.where) or None
        compared = {**plan.where, **{name: [*impact.baseline, *impact.endline] for name in wave}}
        tables.append(PublishedTable(measures, ("arm", *wave), where))
        if impact.table.by_unit is not None:
            tables.append(PublishedTable(measures, ("unit", *wave), where))
        tables.append(PublishedTable(measures, (), compared or None, known=True))
        groups = [part.variable for part in evaluation.subgroups]
        tables += [PublishedTable(measures, (name,), compared or None) for name in groups]
    return [*tables, PublishedTable((), wave, known=True)]


def hidden_in_evaluation(evaluation: Evaluation, design: SurveyDesign) -> Hidden:
    """Return which cells an evaluation does not show, by its study's policy.

    Parameters
    ----------
    evaluation : Evaluation
    design : SurveyDesign
        That it was made on.
    """
    plan, impact = evaluation.plan, evaluation.impact
    policy, where = plan.loaded_study.policy, dict(plan.where) or None
    labelled = design
    if impact is not None:
        sample = stack_sample(design, _measures(evaluation), impact.assignment, where=where)
        labelled = labelled_by_arm(design, sample)
    cells = _Small(labelled, tables_of_evaluation(evaluation, labelled), policy)
    wave = design.wave
    targets = frozenset(
        at
        for at, part in enumerate(plan.loaded_study.targets)
        if cells.hides(part.measure, {"wave": part.wave}, part.where)
    )
    if impact is None:
        return Hidden(targets=targets, rounding=policy.rounding.n)
    compared = dict.fromkeys((*impact.baseline, *impact.endline))
    told = {
        (name, column, value, at)
        for name in _measures(evaluation)
        for column, values in (("arm", ARMS), ("unit", impact.units))
        if column == "arm" or impact.table.by_unit is not None
        for value in values
        for at in design.wave_names
        if cells.hides(name, {column: value, **({wave: at} if wave else {})}, where)
    }
    arms = frozenset((n, v) for n, column, v, at in told if column == "arm" and at in compared)
    return Hidden(
        levels=frozenset((n, v, *([at] if wave else [])) for n, c, v, at in told if c == "arm"),
        arms=arms,
        units=frozenset((n, v) for n, c, v, at in told if c == "unit" and at in compared),
        outcomes=frozenset((name,) for name, _ in arms),
        groups=_hidden_groups(evaluation, cells, design),
        targets=targets,
        rounding=policy.rounding.n,
    )


def _hidden_groups(
    evaluation: Evaluation, cells: _Small, design: SurveyDesign
) -> dict[str, frozenset[tuple[str, ...]]]:
    impact = evaluation.impact
    waves = [*impact.baseline, *impact.endline] if impact is not None else []
    where = {**evaluation.plan.where, **({design.wave: waves} if design.wave else {})} or None
    return {
        part.variable: frozenset(
            (name, value)
            for name in _measures(evaluation)
            for value in part.groups[part.variable].astype("str").unique()
            if cells.hides(name, {part.variable: value}, where)
        )
        for part in evaluation.subgroups
    }


def _measures(evaluation: Evaluation) -> tuple[str, ...]:
    parts = [part for part in (evaluation.impact, evaluation.explored) if part is not None]
    return tuple(dict.fromkeys(name for part in parts for name in part.rows["variable"]))


class _Small:
    """Whether a cell of a variable is too small, or withheld for others' sake."""

    def __init__(
        self, design: SurveyDesign, tables: Sequence[PublishedTable], policy: Policy
    ) -> None:
        self.design, self.minimum = design, policy.minimum_n
        self.withholding = withhold(design, tables, policy)
        self.masks: dict[tuple[str, str], npt.NDArray[np.bool_]] = {}

    def hides(self, variable: str, cell: Mapping[str, str], where: Where) -> bool:
        """Return whether nothing of a cell may be shown."""
        frame = self.design.frame
        mask = where_mask(self.design, where) & frame[variable].notna().to_numpy()
        for name, value in cell.items():
            if (name, value) not in self.masks:
                here = (frame[name].astype("str") == value).to_numpy()
                self.masks[name, value] = here
            mask &= self.masks[name, value]
        rows = pd.DataFrame([{"variable": variable, **cell}])
        return bool(mask.sum() < self.minimum or self.withholding.of_rows(rows, where)[0])


def withheld_from_asker(
    design: SurveyDesign,
    variables: Sequence[str],
    by: Sequence[str],
    where: Mapping[str, object] | None,
    policy: Policy,
) -> Withholding:
    """Return the groups that a command withholds, whose answer anybody may put beside others.

    The same estimates by fewer variables, for each wave and for everybody, are taken to be
    known: one more command gives them.

    Parameters
    ----------
    design : SurveyDesign
    variables : sequence of str
    by : sequence of str
    where : mapping or None
    policy : Policy
    """
    names = tuple(variables)
    tables = [PublishedTable(names, tuple(by), where)]
    tables += [PublishedTable(names, part, where, known=True) for part in margins_of(by)]
    if where is not None:
        tables.append(PublishedTable(names, known=True))
        if "wave" in design.frame:
            tables.append(PublishedTable(names, ("wave",), known=True))
    return withhold(design, tables, policy)


def _by_wave(measures: tuple[str, ...], where: Mapping[str, object]) -> PublishedTable:
    return PublishedTable(measures, ("wave",), where or None)


def _with_common(measures: Sequence[str]) -> tuple[str, ...]:
    return (*measures, *(name + COMMON_SUFFIX for name in measures))
