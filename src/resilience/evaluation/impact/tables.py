"""Levels by arm and wave, changes, and the change of each unit, with errors of the design."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.evaluation.impact.estimators import MOST_UNIT_EFFECTS
from resilience.inference.comparisons.sameness import differing_scores, refuse_differing
from resilience.inference.statistics.estimation import estimate_mean

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.evaluation.impact.estimators import Times
    from resilience.evaluation.impact.stacking import StackedSample
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates

    Floats = npt.NDArray[np.float64]

__all__ = ["ARMS", "DidTable", "baseline_spread", "did_table", "labelled_by_arm"]

ARMS = ("comparison", "treated")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DidTable:
    """Contrasts of one joint estimate, with the errors of the survey's design.

    Attributes
    ----------
    levels : Estimates
        By arm and wave.
    changes : Estimates or None
        By arm, from baseline to endline: the first differences.
    difference : Estimates or None
        Of the two changes: the second difference.
    by_unit : Estimates or None
        The change of each unit; None where there are too many units, or no baseline.
    """

    levels: Estimates
    changes: Estimates | None
    difference: Estimates | None
    by_unit: Estimates | None

    def __repr__(self) -> str:
        """Return how many levels there are."""
        return f"<DidTable: {len(self.levels)} levels>"


def did_table(design: SurveyDesign, sample: StackedSample, times: Times) -> DidTable:
    """Return levels, first and second differences with the errors of the design.

    Raises
    ------
    ComparisonError
        If waves to be compared do not have the same score.
    """
    labelled = labelled_by_arm(design, sample)
    few = len(sample.arms.units) <= MOST_UNIT_EFFECTS
    names, wave = list(sample.measures), design.wave
    own = estimate_mean(labelled, names, by=["unit", *([wave] if wave else [])]) if few else None
    if own is not None and sample.equal:
        levels = _combined(own, _positions(own, "unit", wave), sample, wave)
    else:
        levels = estimate_mean(labelled, names, by=["arm", *([wave] if wave else [])])
    if not times.baseline:
        return DidTable(levels, None, None, None)
    if own is not None:
        _require_same_scores(own, _positions(own, "unit", wave), sample, times, wave or "wave")
    at = _positions(levels, "arm", wave)
    changes = _changes(levels, at, sample, times, "arm", ARMS)
    difference = _second(levels, at, sample, times)
    by_unit = None
    if own is not None:
        places = _positions(own, "unit", wave)
        by_unit = _changes(own, places, sample, times, "unit", sample.arms.units)
    return DidTable(levels, changes, difference, by_unit)


def baseline_spread(
    design: SurveyDesign, sample: StackedSample, times: Times
) -> tuple[Floats, Floats]:
    """Return standard deviations of the comparison group at the baseline, and their errors.

    Without a baseline those at the endline.

    Returns
    -------
    spread, std_error : numpy.ndarray
        Shape (k,); NaN where nobody differs.
    """
    waves = times.baseline or times.endline
    here = ~sample.treated & np.isin(sample.wave, waves)
    cell = sample.unit * len(sample.waves) + sample.wave
    columns, spread = {}, np.full(len(sample.measures), np.nan)
    for outcome in range(len(sample.measures)):
        answers = sample.y[:, outcome]
        used = here & np.isfinite(answers) & (sample.weight > 0)
        if not used.any():
            continue
        weight = sample.weights_for(used, cell)[used]
        mean = np.average(answers[used], weights=weight)
        squares = np.full(len(design.frame), np.nan)
        squares[sample.rows[used]] = (answers[used] - mean) ** 2
        spread[outcome] = np.sqrt(np.average((answers[used] - mean) ** 2, weights=weight))
        columns[f"square_{outcome}"] = squares
    error = np.full(len(sample.measures), np.nan)
    kept = {name: column for name, column in columns.items() if np.isfinite(column).any()}
    if kept:
        frame = pd.concat([design.frame, pd.DataFrame(kept, index=design.frame.index)], axis=1)
        found = estimate_mean(replace(design, frame=frame, measures={}), list(kept))
        at = [int(name.removeprefix("square_")) for name in kept]
        with np.errstate(divide="ignore", invalid="ignore"):
            error[at] = found.std_error / (2 * spread[at])
    spread[spread == 0] = np.nan
    return spread, error


def labelled_by_arm(design: SurveyDesign, sample: StackedSample) -> SurveyDesign:
    """Return the design with the unit and arm of each row; missing where it is in none."""
    unit = np.full(len(design.frame), -1)
    unit[sample.rows] = sample.unit
    arm = np.full(len(design.frame), -1)
    arm[sample.rows] = sample.treated.astype(int)
    columns = {
        "unit": pd.Categorical.from_codes(unit, pd.Index(sample.arms.units)),
        "arm": pd.Categorical.from_codes(arm, pd.Index(ARMS)),
    }
    return replace(design, frame=design.frame.assign(**columns))


Place = tuple[str, str, str]


def _positions(cells: Estimates, group: str, wave: str | None) -> dict[Place, int]:
    waves = cells.rows[wave].astype("str") if wave else [""] * len(cells)
    keys = zip(cells.rows["variable"], cells.rows[group].astype("str"), waves, strict=True)
    return {(str(v), g, w): row for row, (v, g, w) in enumerate(keys)}


def _combined(
    cells: Estimates, found: dict[Place, int], sample: StackedSample, wave_column: str | None
) -> Estimates:
    """Return levels by arm: the mean of its units, each of which weighs the same."""
    rows, matrix, n = [], [], []
    for name in sample.measures:
        for number, arm in enumerate(ARMS):
            units = np.flatnonzero(sample.arms.treated == bool(number))
            for wave in sample.waves:
                places = [(name, sample.arms.units[unit], wave) for unit in units]
                parts = [found[place] for place in places if place in found]
                if not parts:
                    continue
                line = np.zeros(len(cells))
                line[parts] = 1 / len(parts)
                matrix.append(line)
                n.append(cells.n[parts].sum())
                keys = {"measure": "mean", "variable": name, "arm": arm}
                rows.append({**keys, wave_column: wave} if wave_column else keys)
    combined = cells.contrast(np.array(matrix), rows=pd.DataFrame(rows))
    return replace(combined, n=np.array(n, np.float64))


def _steps(
    sample: StackedSample, times: Times, name: str, group: str, found: dict[Place, int]
) -> dict[int, float] | None:
    """Return the coefficients of a change; None where a wave has no answers."""
    parts: dict[int, float] = {}
    for sign, waves in ((-1.0, times.baseline), (1.0, times.endline)):
        for wave in waves:
            row = found.get((name, group, sample.waves[wave]))
            if row is None:
                return None
            parts[row] = sign / len(waves)
    return parts


def _changes(
    levels: Estimates,
    found: dict[Place, int],
    sample: StackedSample,
    times: Times,
    column: str,
    groups: tuple[str, ...],
) -> Estimates:
    rows, matrix = [], []
    arm = dict(zip(sample.arms.units, sample.arms.treated, strict=True))
    for name in sample.measures:
        for group in groups:
            steps = _steps(sample, times, name, group, found)
            if steps is None:
                continue
            line = np.zeros(len(levels))
            line[list(steps)] = list(steps.values())
            matrix.append(line)
            told = {"measure": "change", "variable": name, column: group}
            rows.append({**told, "arm": ARMS[int(arm[group])]} if column == "unit" else told)
    return levels.contrast(np.array(matrix), rows=pd.DataFrame(rows))


def _second(
    levels: Estimates, found: dict[Place, int], sample: StackedSample, times: Times
) -> Estimates:
    rows, matrix = [], []
    for name in sample.measures:
        both = [_steps(sample, times, name, arm, found) for arm in ARMS]
        line = np.zeros(len(levels))
        for sign, steps in zip((-1.0, 1.0), both, strict=True):
            for row, part in (steps or {}).items():
                line[row] += sign * part
        matrix.append(line)
        rows.append({"measure": "difference_of_changes", "variable": name})
    return levels.contrast(np.array(matrix), rows=pd.DataFrame(rows))


def _require_same_scores(
    cells: Estimates, found: dict[Place, int], sample: StackedSample, times: Times, wave: str
) -> None:
    """Refuse waves whose scores are not the same score."""
    base = sample.waves[times.baseline[-1]]
    compared = [sample.waves[w] for w in (*times.baseline[:-1], *times.endline)]
    pairs = [
        (row, found[name, group, base])
        for (name, group, at), row in found.items()
        if at in compared and (name, group, base) in found
    ]
    refuse_differing(differing_scores(cells, pairs, wave))
