"""Which groups of respondents a report shows, so that what it withholds is withheld in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.measures import COMMON_SUFFIX
from resilience.definitions.report import AnswersBlock, ChangeBlock, ProfileBlock
from resilience.disclosure.withholding import PublishedTable, margins_of, withhold
from resilience.workflow.credibility.groups import published_tables
from resilience.workflow.showing_impact import impact_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.definitions.report import ReportPlan
    from resilience.definitions.study import Policy
    from resilience.disclosure.withholding import Withholding
    from resilience.inference.designs.design import SurveyDesign

__all__ = ["withheld_from_asker", "withheld_in_report"]


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
