"""The regression of each method, built for one outcome at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.balancing.groups import require_columns_apart
from resilience.evaluation.impact.models import Model, dummies
from resilience.evaluation.impact.noting import ImpactNote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from resilience.evaluation.impact.stacking import StackedSample

    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

__all__ = ["ESTIMATORS", "Times", "person_baseline"]

MOST_UNIT_EFFECTS = 60
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """Which waves are compared, by position.

    Attributes
    ----------
    baseline, endline : tuple of int
    dose : numpy.ndarray or None
        Months of exposure by unit and wave, shape (G, waves).
    """

    baseline: tuple[int, ...]
    endline: tuple[int, ...]
    dose: Floats | None = None


def did(sample: StackedSample, outcome: int, times: Times) -> Model:
    """Return differences in differences: units, waves, and treated units after the treatment."""
    used = _used(sample, outcome, (*times.baseline, *times.endline))
    require_all_cells(sample, used, outcome, (times.baseline, times.endline))
    post = np.isin(sample.wave, times.endline).astype(np.float64)[:, None]
    return _stacked(sample, outcome, used, post, ({},))


def event_study(sample: StackedSample, outcome: int, times: Times) -> Model:
    """Return the effect in each wave against the last before the treatment."""
    base = times.baseline[-1]
    others = [wave for wave in range(len(sample.waves)) if wave != base]
    used = _used(sample, outcome, (base, *others))
    require_all_cells(sample, used, outcome, tuple((wave,) for wave in (base, *others)))
    columns = np.stack([(sample.wave == wave) for wave in others], axis=1).astype(np.float64)
    keys = tuple({"wave": sample.waves[wave], "period": wave - sample.since} for wave in others)
    return _stacked(sample, outcome, used, columns, keys)


def dose_response(sample: StackedSample, outcome: int, times: Times) -> Model:
    """Return the change that comes with each further month of exposure."""
    dose = times.dose
    assert dose is not None  # noqa: S101 - the caller has looked
    used = _used(sample, outcome, tuple(range(len(sample.waves))))
    treated = dose[sample.arms.treated]
    alike = bool((treated == treated[0]).all())
    months = (treated[0][sample.wave] if alike else dose[sample.unit, sample.wave])[:, None]
    return _stacked(sample, outcome, used, months, ({},), alike=alike)


def ancova(sample: StackedSample, outcome: int, times: Times) -> Model:
    """Return the difference after the treatment, given what was there before."""
    return _after(sample, outcome, times, interacted=False)


def lin(sample: StackedSample, outcome: int, times: Times) -> Model:
    """Return the same with centred covariates whose slopes differ between arms."""
    return _after(sample, outcome, times, interacted=True)


def within_person(sample: StackedSample, outcome: int, times: Times) -> Model:
    """Return the difference in the change of those who answered in both waves."""
    before = person_baseline(sample, outcome, times)
    after = np.isin(sample.wave, times.endline)
    if np.isnan(before[after]).all():
        raise EvaluationError(
            Issue(
                "nobody answered in both waves",
                "estimate_impact(method='within_person')",
                f"no person with answers to '{sample.measures[outcome]}' in both",
                "a panel with respondent_id",
                "use method='did', which needs no persons",
            )
        )
    answered = _used(sample, outcome, times.endline)
    used = answered & np.isfinite(before)
    require_all_cells(sample, used, outcome, (times.endline,))
    once = int((answered & ~used).sum())
    told = ImpactNote("not_in_both_waves", sample.measures[outcome], f"{once:,} respondents")
    change, notes = sample.y[:, outcome] - before, (told,) if once else ()
    return _across(sample, outcome, used, change, np.empty((len(used), 0)), notes)


def association(sample: StackedSample, outcome: int, times: Times) -> Model:
    """Return the difference between exposed and unexposed in one wave."""
    used = _used(sample, outcome, times.endline)
    return _across(
        sample,
        outcome,
        used,
        sample.y[:, outcome],
        np.empty((len(used), 0)),
        (ImpactNote("association_only"),),
    )


def balanced(sample: StackedSample, outcome: int, times: Times) -> Model:
    """Return people to be made alike: their changes where they were asked twice, else waves."""
    before = person_baseline(sample, outcome, times)
    complete = sample.y[:, outcome], before
    twice = np.isin(sample.wave, times.endline) & np.isfinite(complete).all(axis=0)
    y, covariates = sample.y[:, outcome], sample.covariates
    if twice.any():
        y, covariates = y - before, _covariates_before(sample, times)
        used = twice & np.isfinite(covariates).all(axis=1) & (sample.weight > 0)
        require_all_cells(sample, used, outcome, (times.endline,))
        cell, later = sample.unit, np.ones(len(y))
    else:
        used = _used(sample, outcome, (*times.baseline, *times.endline))
        require_all_cells(sample, used, outcome, (times.baseline, times.endline))
        cell = sample.unit * len(sample.waves) + sample.wave
        later = np.isin(sample.wave, times.endline).astype(np.float64)
    rows = np.flatnonzero(used)
    weight = sample.weights_for(used, cell)[rows]
    x = np.column_stack([np.ones(len(rows)), covariates[rows]])
    names = ("constant", *sample.covariate_names)
    groups = 2 * later[rows].astype(np.int64) + sample.treated[rows]
    for group in np.unique(groups):
        require_columns_apart(x, names, groups == group, weight, "estimate_impact(covariates=)")
    return Model(
        y=y[rows],
        weight=weight / weight.mean(),
        unit=sample.unit[rows],
        fixed=x,
        switched=later[rows][:, None],
        reported=(0,),
        names=names,
        notes=(
            ImpactNote("errors_by_influence"),
            *([] if covariates.shape[1] else [ImpactNote("no_covariates")]),
            *_told(sample, outcome, np.isin(sample.wave, np.unique(sample.wave[rows]))),
        ),
        rows=rows,
        cell=cell[rows] if sample.equal else None,
    )


def _covariates_before(sample: StackedSample, times: Times) -> Floats:
    """Return each row's person's covariates at the baseline, shape (n, c)."""
    asked = np.flatnonzero((sample.wave == times.baseline[-1]) & (sample.person >= 0))
    row = np.full(int(sample.person.max(initial=-1)) + 1, -1)
    row[sample.person[asked]] = asked
    of = np.where(sample.person >= 0, row[np.maximum(sample.person, 0)], -1)
    return np.where((of >= 0)[:, None], sample.covariates[np.maximum(of, 0)], np.nan)


ESTIMATORS: Mapping[str, Callable[[StackedSample, int, Times], Model]] = {
    "did": did,
    "event_study": event_study,
    "dose_response": dose_response,
    "ancova": ancova,
    "lin": lin,
    "within_person": within_person,
    "association": association,
    "doubly_robust": balanced,
    "entropy_balanced": balanced,
}
"""By method; further ones take the same arguments and return a Model."""


def person_baseline(sample: StackedSample, outcome: int, times: Times) -> Floats:
    """Return each row's person's answer at the baseline, NaN where there is none, shape (n,).

    Of several waves the mean of those that the person answered.
    """
    before = np.full(len(sample.y), np.nan)
    if not len(sample.person) or not times.baseline:
        return before
    answers = sample.y[:, outcome]
    asked = np.isin(sample.wave, times.baseline) & (sample.person >= 0) & np.isfinite(answers)
    size = int(sample.person.max(initial=-1)) + 1
    total = np.bincount(sample.person[asked], answers[asked], size)
    count = np.bincount(sample.person[asked], minlength=size)
    answer = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    known = sample.person >= 0
    before[known] = answer[sample.person[known]]
    return before


def _used(sample: StackedSample, outcome: int, waves: tuple[int, ...]) -> Flags:
    complete = np.isfinite(sample.covariates).all(axis=1)
    flags: Flags = np.isfinite(sample.y[:, outcome]) & complete & (sample.weight > 0)
    return flags & np.isin(sample.wave, waves)


def require_all_cells(
    sample: StackedSample, used: Flags, outcome: int, periods: tuple[tuple[int, ...], ...]
) -> None:
    """Refuse units without answers in a period; persons and places of a large number too."""
    if len(sample.person) and len(sample.arms.units) > MOST_UNIT_EFFECTS and not sample.equal:
        return
    issues = []
    for period in periods:
        there = np.unique(sample.unit[used & np.isin(sample.wave, period)])
        lacking = [u for u in range(len(sample.arms.units)) if u not in set(there.tolist())]
        if not lacking or not period:
            continue
        kind = {bool(sample.arms.treated[u]) for u in lacking}
        word = "treated" if kind == {True} else "comparison" if kind == {False} else "some"
        names = ", ".join(sample.arms.units[u] for u in lacking[:_MOST_NAMED])
        more = f" and {len(lacking) - _MOST_NAMED} more" if len(lacking) > _MOST_NAMED else ""
        waves = ", ".join(sample.waves[wave] for wave in period)
        issues.append(
            Issue(
                f"{word} places have no answers to '{sample.measures[outcome]}' in {waves or '…'}",
                "estimate_impact",
                names + more,
                "answers of each treated and comparison unit in each period compared",
                "leave these units out with where=; the change of the others, and the level of "
                "these, can still be reported: rs.estimate_mean(design, …, by=['site', 'wave'])",
            )
        )
    if issues:
        raise EvaluationError(*issues)


def _stacked(
    sample: StackedSample,
    outcome: int,
    used: Flags,
    switched: Floats,
    keys: tuple[dict[str, object], ...],
    *,
    alike: bool = True,
) -> Model:
    """Return a regression with effects of units (or arms) and waves."""
    units, waves = len(sample.arms.units), len(sample.waves)
    cell = sample.unit * waves + sample.wave
    weight = sample.weights_for(used, cell)
    rows = weight > 0
    present = np.unique(sample.wave[rows])
    wave = dummies(np.searchsorted(present, sample.wave[rows]), len(present), first=False)
    wave_names = tuple(f"wave {sample.waves[w]}" for w in present[1:])
    by_unit = sample.equal and units <= MOST_UNIT_EFFECTS
    if by_unit:
        first, names = dummies(sample.unit[rows], units, first=True), sample.arms.units
        columns, reported = switched[rows], tuple(range(switched.shape[1]))
    else:
        first, names = np.ones((int(rows.sum()), 1)), ("constant",)
        columns = np.hstack([np.ones((int(rows.sum()), 1)), switched[rows]])
        reported = tuple(range(1, columns.shape[1]))
    return Model(
        y=sample.y[rows, outcome],
        weight=weight[rows] / weight[rows].mean(),
        unit=sample.unit[rows],
        fixed=np.hstack([first, wave, sample.covariates[rows]]),
        switched=columns,
        reported=reported,
        names=(*names, *wave_names, *sample.covariate_names),
        keys=keys,
        notes=_told(sample, outcome, np.isin(sample.wave, present)),
        permutable=alike,
        rows=np.flatnonzero(rows),
        cell=cell[rows] if sample.equal else None,
    )


def _after(sample: StackedSample, outcome: int, times: Times, *, interacted: bool) -> Model:
    used = _used(sample, outcome, times.endline)
    require_all_cells(sample, used, outcome, (times.endline,))
    before, notes = _baseline_columns(sample, outcome, times, used)
    y = sample.y[:, outcome]
    return _across(sample, outcome, used, y, before, notes, interacted=interacted)


def _baseline_columns(
    sample: StackedSample, outcome: int, times: Times, used: Flags
) -> tuple[Floats, tuple[ImpactNote, ...]]:
    """Return the person's baseline answer, or else the unit's mean; none without a baseline."""
    if not times.baseline:
        return np.empty((len(used), 0)), (ImpactNote("no_baseline"),)
    name = sample.measures[outcome]
    own = person_baseline(sample, outcome, times)
    if np.isfinite(own[used]).any():
        lacking = np.isnan(own)
        mean = np.average(own[used & ~lacking], weights=sample.weight[used & ~lacking])
        columns = [np.where(lacking, mean, own)]
        if not lacking[used].any():
            return np.stack(columns, axis=1), ()
        columns.append(lacking.astype(np.float64))
        told = ImpactNote("missing_baseline_of_persons", name, f"{int(lacking[used].sum()):,}")
        return np.stack(columns, axis=1), (told,)
    asked = np.isfinite(sample.y[:, outcome]) & np.isin(sample.wave, times.baseline)
    require_all_cells(sample, asked, outcome, (times.baseline,))
    size = len(sample.arms.units)
    weight = np.where(asked, sample.weight, 0.0)
    total = np.bincount(sample.unit, weight, size)
    answered = np.nan_to_num(sample.y[:, outcome])
    means = np.bincount(sample.unit, weight * answered, size) / np.where(total > 0, total, 1)
    return means[sample.unit][:, None], ()


def _across(
    sample: StackedSample,
    outcome: int,
    used: Flags,
    y: Floats,
    before: Floats,
    notes: tuple[ImpactNote, ...],
    *,
    interacted: bool = False,
) -> Model:
    """Return a regression across units: a constant, blocks, what was before, covariates."""
    weight = sample.weights_for(used, sample.unit)
    rows = weight > 0
    parts, names = [np.ones((int(rows.sum()), 1))], ["constant"]
    if sample.arms.block is not None:
        block = sample.arms.block[sample.unit[rows]]
        size = int(sample.arms.block.max()) + 1
        parts.append(dummies(block, size, first=False))
        names += [f"block {number}" for number in range(2, size + 1)]
    given = np.hstack([before[rows], sample.covariates[rows]])
    told = [f"baseline {number}" for number in range(before.shape[1])]
    names += [*told, *sample.covariate_names]
    switched = np.ones((int(rows.sum()), 1))
    if interacted:
        given = given - np.average(given, axis=0, weights=weight[rows])
        switched = np.hstack([switched, given])
    return Model(
        y=y[rows],
        weight=weight[rows] / weight[rows].mean(),
        unit=sample.unit[rows],
        fixed=np.hstack([*parts, given]),
        switched=switched,
        reported=(0,),
        names=tuple(names),
        notes=(*notes, *_told(sample, outcome, np.isin(sample.wave, np.unique(sample.wave[rows])))),
        rows=np.flatnonzero(rows),
        cell=sample.unit[rows] if sample.equal else None,
    )


def _told(sample: StackedSample, outcome: int, here: Flags) -> tuple[ImpactNote, ...]:
    """Return how many respondents are left out, and why."""
    notes = []
    lacking = int((~np.isfinite(sample.covariates).all(axis=1) & here).sum())
    if lacking:
        notes.append(ImpactNote("covariates_missing", "", f"{lacking:,} respondents"))
    silent = int((np.isnan(sample.y[:, outcome]) & here).sum())
    if silent:
        name = sample.measures[outcome]
        notes.append(ImpactNote("answers_missing", name, f"{silent:,} respondents"))
    return tuple(notes)
