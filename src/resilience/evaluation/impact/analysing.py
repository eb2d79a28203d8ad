"""Run an analysis plan on a design: families, equivalence, subgroups, targets, deviations."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import ResilienceError
from resilience.evaluation.families.adjusting import adjust_family
from resilience.evaluation.impact.contribution import contribution_of, exposure_months
from resilience.evaluation.impact.estimating import estimate_impact
from resilience.evaluation.impact.evaluation import Deviation, Evaluation
from resilience.evaluation.impact.noting import ImpactNote
from resilience.evaluation.impact.subgroups import subgroups_of
from resilience.evaluation.planning.equivalence import equivalence_test
from resilience.progress import stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.definitions.analysis import AnalysisPlan, Family, Method, Outcome
    from resilience.evaluation.families.adjusting import FamilyAdjustment
    from resilience.evaluation.impact.evaluation import OutcomeVerdict
    from resilience.evaluation.impact.results import Impact
    from resilience.evaluation.impact.subgroups import Subgroups
    from resilience.inference.designs.design import SurveyDesign

__all__ = ["analyse"]

_NUMBERS = ["estimate", "std_error", "conf_low", "conf_high", "df", "n", "p_value"]
_FURTHER = ["sd_estimate", "minimum_detectable"]


def analyse(
    plan: AnalysisPlan,
    design: SurveyDesign,
    targets: pd.DataFrame,
    *,
    method: Method | None = None,
    explore: Sequence[str] = (),
) -> Evaluation:
    """Return what comes of a plan; `rs.evaluate` loads what it needs and calls this.

    Parameters
    ----------
    plan : AnalysisPlan
    design : SurveyDesign
        Of the plan's study.
    targets : pandas.DataFrame
        The study's targets, judged.
    method : str, optional
        In place of the plan's, which is a deviation.
    explore : sequence of str
        Measures that the plan does not name: one exploratory family, by Benjamini-Hochberg.
    """
    used = method or plan.method
    named = list(plan.outcomes_by_measure)
    with stage("impact"):
        impact, refused = _impact(plan, design, named, used)
        further = [name for name in dict.fromkeys(explore) if name not in named]
        explored, also = _impact(plan, design, further, used) if further else (None, [])
    families = {
        family.id: _adjusted([part.measure for part in family.outcomes], impact, family)
        for family in plan.families
    }
    rows = [
        _row(family.id, family.role, outcome, impact, families[family.id], plan.level, at)
        for family in plan.families
        for at, outcome in enumerate(family.outcomes)
    ]
    outcomes = pd.DataFrame(rows)
    impact = _noted(impact, outcomes)
    with stage("subgroups"):
        groups, lost = _subgroups(plan, design, impact)
    return Evaluation(
        plan=plan,
        outcomes=outcomes.drop(columns="clear_by_units_only").assign(status="planned"),
        exploratory=_explored(further, explored),
        families=families,
        impact=impact,
        explored=explored,
        subgroups=groups,
        targets=targets,
        contribution=contribution_of(plan.loaded_study),
        deviations=(*_deviations(plan, impact, used, further), *refused, *also, *lost),
        version=version("resilience-surveys"),
    )


def _impact(
    plan: AnalysisPlan, design: SurveyDesign, measures: Sequence[str], method: str
) -> tuple[Impact | None, list[Deviation]]:
    """Return the effect on all measures that can be estimated, and why others cannot."""
    asked: dict[str, Any] = {
        "method": method,
        "baseline": plan.baseline if method != "association" else None,
        "endline": plan.endline,
        "covariates": plan.covariates,
        "where": dict(plan.where) or None,
        "dose": exposure_months(plan.loaded_study) if method == "dose_response" else None,
        "headline": plan.headline,
        "level": plan.level,
        "seed": plan.seed,
    }
    try:
        return estimate_impact(design, list(measures), **asked), []
    except ResilienceError:
        pass
    usable, refused = [], []
    for name in measures:
        try:
            estimate_impact(design, name, **asked)
        except ResilienceError as error:
            told = [f"{issue.what}; {issue.remedy}" for issue in error.issues]
            refused.append(Deviation("not_estimable", f"{name}: {'. '.join(told) or error}"))
        else:
            usable.append(name)
    return (estimate_impact(design, usable, **asked) if usable else None), refused


def _adjusted(
    measures: Sequence[str], impact: Impact | None, family: Family | None
) -> FamilyAdjustment:
    """Return a family's p-values, adjusted as the plan says."""
    correction = family.correction if family else "benjamini_hochberg"
    at = [_row_of(impact, name) for name in measures]
    known = np.array([row is not None for row in at])
    rows = [row for row in at if row is not None]
    p_value = np.full(len(measures), np.nan)
    if impact is None:
        return adjust_family(p_value, method="holm", names=measures, planned=bool(family))
    p_value[known] = impact.p_value[rows]
    if correction != "romano_wolf" or not rows:
        method = "holm" if correction == "romano_wolf" else correction
        return adjust_family(p_value, method=method, names=measures, planned=bool(family))
    permuted = impact.headline == "randomisation"
    evidence = impact.evidence
    source = evidence.permuted_draws if permuted else evidence.wild_draws
    draws = np.full((len(source), len(measures)), np.nan)
    statistic = np.full(len(measures), np.nan)
    draws[:, known] = source[:, rows]
    statistic[known] = (evidence.estimate if permuted else evidence.wild_statistic)[rows]
    return adjust_family(
        None,
        method="romano_wolf",
        names=measures,
        planned=bool(family),
        statistic=statistic,
        draws=draws,
        enumerated=evidence.enumerated and permuted,
    )


def _row_of(impact: Impact | None, name: str) -> int | None:
    """Return the row of a measure: of an event study that of the endline."""
    if impact is None:
        return None
    asked = impact.rows["variable"].to_numpy() == name
    if "wave" in impact.rows:
        asked = asked & (impact.rows["wave"].to_numpy() == impact.endline[-1])
    rows = np.flatnonzero(asked)
    return int(rows[-1]) if len(rows) else None


def _row(
    family: str,
    role: str,
    outcome: Outcome,
    impact: Impact | None,
    adjusted: FamilyAdjustment,
    level: float,
    at: int,
) -> dict[str, Any]:
    told: dict[str, Any] = {"family": family, "role": role, "variable": outcome.measure}
    told["direction"] = outcome.direction
    row = _row_of(impact, outcome.measure)
    numbers: Mapping[str, Any] = dict.fromkeys([*_NUMBERS, *_FURTHER], np.nan)
    equivalence = "not_asked" if outcome.margin is None else "not_estimable"
    sampled = True
    if impact is not None and row is not None:
        numbers = _numbers(impact, row)
        sampled = _beyond_sampling(impact, row, level)
        whole = impact.method != "dose_response"  # whose effect is one by month, a margin's is not
        if whole and outcome.margin is not None and np.isfinite(numbers["std_error"]):
            equivalence = _equivalence(outcome, impact, row, level)
    p_adjusted = float(adjusted.p_adjusted[at])
    clear = bool(np.isfinite(p_adjusted) and p_adjusted <= 1 - level)
    told["clear_by_units_only"] = clear and not sampled
    verdict = _verdict(outcome.direction, numbers["estimate"], clear and sampled, equivalence)
    return {
        **told,
        **{name: numbers[name] for name in _NUMBERS},
        "p_adjusted": p_adjusted,
        "correction": adjusted.method,
        "verdict": verdict,
        "margin": outcome.margin,
        "margin_unit": outcome.margin_unit,
        "equivalence": equivalence,
        **{name: numbers[name] for name in _FURTHER},
    }


def _numbers(impact: Impact, row: int) -> dict[str, float]:
    frame = impact.to_frame()
    return {name: float(frame[name].iloc[row]) for name in (*_NUMBERS, *_FURTHER)}


def _beyond_sampling(impact: Impact, row: int, level: float) -> bool:
    """Return whether the survey's own interval leaves out zero; so where it is not known."""
    low, high = impact.sampling_interval(level=level)
    return not low[row] <= 0 <= high[row]


def _equivalence(outcome: Outcome, impact: Impact, row: int, level: float) -> str:
    """Return the verdict against the margin by the larger of both errors."""
    errors = [(impact.evidence.std_error[row], impact.evidence.df[row])]
    if np.isfinite(impact.sampling_error[row]):
        errors.append((impact.sampling_error[row], impact.sampling_df[row]))
    verdicts = [
        equivalence_test(
            [impact.evidence.estimate[row]],
            [outcome.margin or np.nan],
            std_error=[std_error],
            df=[df],
            margin_unit=outcome.margin_unit,
            std_dev=[float(impact.spread[row])] if outcome.margin_unit == "sd" else None,
            level=level,
        ).to_frame()["verdict"]
        for std_error, df in errors
    ]
    found = [str(verdict.iloc[0]) for verdict in verdicts]
    return next((verdict for verdict in found if verdict != "equivalent"), "equivalent")


def _verdict(direction: str, estimate: float, clear: bool, equivalence: str) -> OutcomeVerdict:  # noqa: FBT001
    if not np.isfinite(estimate):
        return "not_estimable"
    if clear:
        return "intended" if (estimate > 0) == (direction == "increase") else "contrary"
    return "within_margin" if equivalence == "equivalent" else "not_clear"


def _noted(impact: Impact | None, outcomes: pd.DataFrame) -> Impact | None:
    """Return the estimate with a note on each outcome that is clear by the smaller error only."""
    if impact is None:
        return None
    names = outcomes.loc[outcomes["clear_by_units_only"], "variable"]
    notes = tuple(ImpactNote("within_sampling_error", str(name)) for name in names)
    return replace(impact, notes=(*impact.notes, *notes))


def _explored(measures: Sequence[str], impact: Impact | None) -> pd.DataFrame:
    """Return measures that the plan does not name, without a verdict on direction."""
    if not measures:
        return pd.DataFrame()
    adjusted = _adjusted(measures, impact, None)
    rows = []
    for at, name in enumerate(measures):
        row = _row_of(impact, name)
        numbers: Mapping[str, Any] = dict.fromkeys([*_NUMBERS, *_FURTHER], np.nan)
        if impact is not None and row is not None:
            numbers = _numbers(impact, row)
        told = {"family": "exploratory", "role": "exploratory", "variable": name}
        p_adjusted = float(adjusted.p_adjusted[at])
        rows.append({**told, **numbers, "p_adjusted": p_adjusted, "correction": adjusted.method})
    return pd.DataFrame(rows).assign(status="exploratory")


def _subgroups(
    plan: AnalysisPlan, design: SurveyDesign, impact: Impact | None
) -> tuple[tuple[Subgroups, ...], list[Deviation]]:
    found, lost = [], []
    for name in plan.subgroups:
        if impact is None or impact.method != "did":
            why = "needs method 'did'" if impact else "no outcome of the plan can be estimated"
            lost.append(Deviation("subgroup_not_estimable", f"{name}: {why}"))
            continue
        minimum = plan.loaded_study.policy.minimum_n
        where = dict(plan.where) or None
        try:
            found.append(
                subgroups_of(
                    *(design, impact, name),
                    where=where,
                    covariates=plan.covariates,
                    minimum_n=minimum,
                )
            )
        except ResilienceError as error:
            told = "; ".join(issue.what for issue in error.issues) or str(error)
            lost.append(Deviation("subgroup_not_estimable", f"{name}: {told}"))
    return tuple(found), lost


def _deviations(
    plan: AnalysisPlan, impact: Impact | None, method: str, explored: Sequence[str]
) -> list[Deviation]:
    """Return where the analysis departs from its plan, and where the plan is no plan."""
    found = []
    study = plan.loaded_study
    last = study.waves_by_id[plan.endline] if plan.endline else study.waves[-1]
    if plan.registered is None:
        found.append(Deviation("plan_not_dated"))
    elif last.fieldwork and plan.registered >= last.fieldwork.start:
        dates = f"{plan.registered}, fieldwork from {last.fieldwork.start}"
        found.append(Deviation("plan_after_endline", dates))
    if method != plan.method:
        found.append(Deviation("method_changed", f"{plan.method} planned, {method} used"))
    if impact is not None and impact.headline == "none":
        found.append(Deviation("no_inference"))
    elif impact is not None and not _recommended(impact):
        told = f"{impact.headline}, not {impact.recommendation.headline}"
        found.append(Deviation("headline_not_recommended", told))
    if explored:
        found.append(Deviation("explored", ", ".join(explored)))
    return found


def _recommended(impact: Impact) -> bool:
    advice = impact.recommendation
    wild = impact.headline == "wild" and advice.wild == "recommended"
    followed = "cr2" if impact.headline == "influence" else impact.headline
    return wild or followed == advice.headline
