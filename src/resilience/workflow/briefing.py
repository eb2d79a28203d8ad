"""Run a brief's plan: each study on its own, as its report would run it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from resilience.definitions.brief import BriefPlan
from resilience.definitions.loading import load_brief_plan
from resilience.definitions.measures import signature_differences
from resilience.definitions.report import ChangeBlock, PlannedChange, ReportPlan
from resilience.evaluation.brief import Absence, BriefResults, CountryResult
from resilience.evaluation.change import ChangeVerdicts, judge_changes
from resilience.evaluation.results import ChangeResult
from resilience.inference.results.estimates import concat
from resilience.responses.loading import load_responses
from resilience.scoring.scores import score
from resilience.workflow.running import run_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from resilience.definitions.brief import BriefStudy
    from resilience.definitions.measures import Signature
    from resilience.definitions.study import Study, Where
    from resilience.evaluation.brief import Group
    from resilience.responses.responses import Responses

__all__ = ["run_brief"]


def run_brief(plan: str | Path | BriefPlan) -> BriefResults:
    """Compute everything that a brief's plan asks for.

    Each study is loaded, scored and estimated by itself; no estimate joins two of them. A
    measure that a study does not have, or that is another score there than in the first study
    that has it, is left out with the reason.

    Parameters
    ----------
    plan : str, Path or BriefPlan
        A file of a workspace's `reports/` folder.

    Returns
    -------
    BriefResults
        For `build_brief`.

    Raises
    ------
    DefinitionError, ReadingError, ValidationError, ScoringError, DesignError
        As the stages do.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.run_brief("reports/four-country-brief.yaml")
    <BriefResults four_countries: 4 countries, not compared>
    """
    loaded = plan if isinstance(plan, BriefPlan) else load_brief_plan(plan)
    first: dict[str, tuple[str, Signature]] = {}
    countries = []
    for part, study in zip(loaded.studies, loaded.loaded_studies, strict=True):
        responses = load_responses(study)
        scored = score(responses)
        absent = _absent(loaded.measures, part, scored, first)
        countries.append(_country(loaded, part, responses, scored, absent))
    return BriefResults(loaded, tuple(countries))


def _absent(
    measures: Sequence[str],
    part: BriefStudy,
    scored: Responses,
    first: dict[str, tuple[str, Signature]],
) -> dict[str, Absence]:
    """Return which measures a country does not show; what it is first to show is noted."""
    absent = {}
    for name in measures:
        known = scored.measures.get(name)
        signature = known.signatures.get(part.wave) if known else None
        if scored.study.questionnaire.kind_of(name) not in ("index", "indicator"):
            absent[name] = Absence("not_in_study")
        elif signature is None:
            absent[name] = Absence("not_asked")
        else:
            study, other = first.setdefault(name, (part.study, signature))
            differences = signature_differences(other, signature, (study, part.study))
            if differences:
                absent[name] = Absence("other_score", study, differences)
    return absent


def _country(
    brief: BriefPlan,
    part: BriefStudy,
    responses: Responses,
    scored: Responses,
    absent: Mapping[str, Absence],
) -> CountryResult:
    shown = tuple(name for name in brief.measures if name not in absent)
    groups = _groups(part, scored.study)
    plan = _plan(brief, part, scored.study, shown, groups)
    results = run_on(plan, responses, scored)
    found = [result for _, result in results.blocks if isinstance(result, ChangeResult)]
    judged = _judged(found, brief.level)
    # Where the country shows no measure there are no blocks, and no results for its groups.
    return CountryResult(part, results, dict(zip(groups, judged, strict=False)), absent)


def _groups(part: BriefStudy, study: Study) -> Mapping[Group, tuple[str, ...]]:
    """Return the places of each group that there is; none mean everybody."""
    chosen = [site for site in study.sites if not part.sites or site.id in part.sites]
    groups: dict[Group, tuple[str, ...]] = {
        "programme": tuple(site.id for site in chosen if site.role == "programme"),
        "comparison": tuple(site.id for site in chosen if site.role == "comparison"),
    }
    there = {name: places for name, places in groups.items() if places}
    return there or {"everybody": ()}


def _plan(
    brief: BriefPlan,
    part: BriefStudy,
    study: Study,
    measures: tuple[str, ...],
    groups: Mapping[Group, tuple[str, ...]],
) -> ReportPlan:
    """Return the plan of a report on one country that has the brief's numbers."""
    wheres: dict[Group, Where] = {
        name: {"site": places} if places else {} for name, places in groups.items()
    }
    planned = tuple(
        PlannedChange.model_construct(measure=name, wave=part.wave, where=where)
        for group, where in wheres.items()
        for name in part.planned
        if group != "comparison" and name in measures
    )
    blocks = tuple(
        ChangeBlock.model_construct(block="change", measures=measures, wave=part.wave, where=where)
        for where in wheres.values()
        if measures
    )
    return ReportPlan.model_construct(
        report=brief.brief,
        title=brief.title,
        language=brief.language,
        study=part.study,
        languages=brief.languages,
        formats=brief.formats,
        date=brief.date,
        baseline=part.baseline,
        level=brief.level,
        planned=planned,
        blocks=blocks,
        loaded_study=study,
        path=brief.path,
    )


def _judged(found: Sequence[ChangeResult], level: float) -> list[ChangeResult]:
    """Return results whose verdicts are adjusted over all of a country's changes together."""
    there = [part for part in found if part.changes is not None and part.verdicts is not None]
    if not there:
        return list(found)
    joint = judge_changes(
        concat([part.changes.estimates for part in there if part.changes]),
        level=level,
        planned=np.concatenate([part.verdicts.planned for part in there if part.verdicts]),
        family=np.concatenate([part.changes.showable for part in there if part.changes]),
    )
    judged, start = [], 0
    for part in found:
        rows = len(part.changes.estimates) if part.changes is not None else 0
        judged.append(replace(part, verdicts=_rows_of(joint, start, rows)) if rows else part)
        start += rows
    return judged


def _rows_of(verdicts: ChangeVerdicts, start: int, rows: int) -> ChangeVerdicts:
    here = slice(start, start + rows)
    return replace(
        verdicts,
        verdicts=verdicts.verdicts[here],
        p_value=verdicts.p_value[here],
        p_adjusted=verdicts.p_adjusted[here],
        planned=verdicts.planned[here],
    )
