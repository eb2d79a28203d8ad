"""Whether the effect differs between groups: the interaction first, then the groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import ResilienceError
from resilience.evaluation.few_clusters.satterthwaite import cr2
from resilience.evaluation.impact.estimating import estimate_impact
from resilience.evaluation.impact.estimators import MOST_UNIT_EFFECTS
from resilience.evaluation.impact.evidence import fitted
from resilience.evaluation.impact.models import Model, dummies
from resilience.evaluation.impact.stacking import stack_sample
from resilience.inference.statistics.columns import require_design

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.evaluation.impact.results import Impact
    from resilience.evaluation.impact.stacking import StackedSample
    from resilience.inference.designs.design import SurveyDesign

__all__ = ["Subgroups", "subgroups_of"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Subgroups:
    """Effects by group of one variable, for every measure.

    Attributes
    ----------
    variable : str
        The column of groups.
    interaction : pandas.DataFrame
        `variable <by> reference estimate std_error df p_value joint_p`: by how much the effect
        in a group differs from that in the reference group; `joint_p` for all groups together,
        by Bonferroni.
    groups : pandas.DataFrame
        `variable <by> estimate std_error conf_low conf_high df n smallest_cell status`: limits
        that hold for all groups together; groups with too few respondents are not shown.
    """

    variable: str
    interaction: pd.DataFrame
    groups: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the groups' effects."""
        return self.groups.copy()

    def __repr__(self) -> str:
        """Return both tables, the interaction first."""
        return f"{self.interaction.to_string(index=False)}\n{self.groups.to_string(index=False)}"


def subgroups_of(
    design: SurveyDesign,
    impact: Impact,
    by: str,
    *,
    where: Mapping[str, Any] | None = None,
    covariates: Sequence[str] = (),
    minimum_n: int = 10,
) -> Subgroups:
    """Return effects by group, after the test of whether they differ.

    Parameters
    ----------
    design : SurveyDesign
    impact : Impact
        The effect on all, by difference in differences.
    by : str
        A column of categories.
    where : mapping, optional
        Whom the effect on all concerned.
    covariates : sequence of str
        What the effect on all was adjusted for.
    minimum_n : int
        The fewest respondents of a group in any unit and wave.

    Returns
    -------
    Subgroups

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/lebanon")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> impact = rs.estimate_impact(design, "resilience", baseline="baseline", endline="endline")
    >>> rs.subgroups_of(design, impact, "sex").interaction[["sex", "reference"]].values.tolist()
    [['male', 'female']]
    """
    require_design(design)
    said, measures = impact.assignment, list(dict.fromkeys(impact.rows["variable"]))
    levels = [str(level) for level in pd.Categorical(design.frame[by]).categories]
    compared = [*impact.baseline, *impact.endline]
    sample = stack_sample(design, measures, said, covariates=covariates, where=where)
    group = pd.Categorical(design.frame[by].astype("str"), categories=levels).codes
    code = group.astype(np.int64)[sample.rows]
    code = np.where(np.isin(np.array(sample.waves)[sample.wave], compared), code, -1)
    interaction = [
        _interaction(sample, at, impact, by, levels, code) for at in range(len(measures))
    ]
    level = 1 - (1 - impact.level) / len(levels)
    parts = [
        _one_group(design, impact, {**(where or {}), by: name}, covariates, level)
        .assign(**{by: name})
        .assign(smallest_cell=_smallest(sample, code, number))
        for number, name in enumerate(levels)
    ]
    groups = pd.concat(parts, ignore_index=True)
    hidden = groups["smallest_cell"] < minimum_n
    groups["status"] = np.where(
        hidden, "withheld", np.where(groups["estimate"].isna(), "not_estimable", "shown")
    )
    groups.loc[hidden, ["estimate", "std_error", "conf_low", "conf_high", "df", "n"]] = np.nan
    groups["smallest_cell"] = groups["smallest_cell"].astype(float).mask(hidden)
    return Subgroups(by, pd.concat(interaction, ignore_index=True), groups)


def _smallest(sample: StackedSample, code: np.ndarray, number: int) -> int:
    """Return the fewest respondents of a group in a unit and wave compared."""
    waves = np.unique(sample.wave[code >= 0])
    cell = sample.unit * len(sample.waves) + sample.wave
    n = np.bincount(cell[code == number], minlength=len(sample.arms.units) * len(sample.waves))
    return int(n.reshape(len(sample.arms.units), -1)[:, waves].min())


def _one_group(
    design: SurveyDesign,
    impact: Impact,
    where: Mapping[str, Any],
    covariates: Sequence[str],
    level: float,
) -> pd.DataFrame:
    columns = ["variable", "estimate", "std_error", "conf_low", "conf_high", "df", "n"]
    measures = list(dict.fromkeys(impact.rows["variable"]))
    try:
        found = estimate_impact(
            design,
            measures,
            method=impact.method,
            assignment=impact.assignment,
            baseline=impact.baseline,
            endline=impact.endline,
            covariates=covariates,
            where=where,
            headline="cr2",
            level=level,
            seed=impact.seed,
        )
    except ResilienceError:
        return pd.DataFrame({"variable": measures}).reindex(columns=columns)
    return found.to_frame()[columns]


def _interaction(
    sample: StackedSample,
    outcome: int,
    impact: Impact,
    by: str,
    levels: list[str],
    code: np.ndarray,
) -> pd.DataFrame:
    """Return by how much the effect in each group differs from that in the first."""
    rows = [
        {"variable": sample.measures[outcome], by: name, "reference": levels[0]}
        for name in levels[1:]
    ]
    frame = pd.DataFrame(rows)
    try:
        model = _model(sample, outcome, impact, len(levels), code)
        fit = fitted(model, sample.arms.treated)
        tests = [cr2(fit, model.fixed.shape[1] + at) for at in model.reported]
    except ResilienceError:
        empty = dict.fromkeys(("estimate", "std_error", "df", "p_value", "joint_p"), np.nan)
        return frame.assign(**empty)
    p_value = np.array([test.p_value[0] for test in tests])
    return frame.assign(
        estimate=[test.estimate[0] for test in tests],
        std_error=[test.std_error[0] for test in tests],
        df=[test.df[0] for test in tests],
        p_value=p_value,
        joint_p=min(1.0, float(np.nanmin(p_value)) * len(p_value))
        if np.isfinite(p_value).any()
        else np.nan,
    )


def _model(
    sample: StackedSample, outcome: int, impact: Impact, size: int, code: np.ndarray
) -> Model:
    """Return a regression in which each group has effects of units, waves and treatment."""
    used = np.isfinite(sample.y[:, outcome]) & (sample.weight > 0) & (code >= 0)
    used &= np.isfinite(sample.covariates).all(axis=1)
    cells = len(sample.waves) * len(sample.arms.units)
    cell = sample.unit * len(sample.waves) + sample.wave + cells * np.maximum(code, 0)
    weight = sample.weights_for(used, cell)
    rows = weight > 0
    post = np.isin(np.array(sample.waves)[sample.wave[rows]], impact.endline)
    present = np.unique(sample.wave[rows])
    own = dummies(code[rows], size, first=True)
    # Effects of units where each weighs the same, else of the arm, as for the effect on all.
    units = len(sample.arms.units)
    by_unit = sample.equal and units <= MOST_UNIT_EFFECTS
    ones = np.ones((int(rows.sum()), 1))
    base = dummies(sample.unit[rows], units, first=True) if by_unit else ones
    wave = dummies(np.searchsorted(present, sample.wave[rows]), len(present), first=False)
    fixed = np.hstack([base[:, [j]] * own for j in range(base.shape[1])])
    fixed = np.hstack([fixed, *(wave[:, [j]] * own for j in range(wave.shape[1]))])
    fixed = np.hstack([fixed, sample.covariates[rows]])
    after = np.hstack([post[:, None] * 1.0, post[:, None] * own[:, 1:]])
    switched = after if by_unit else np.hstack([own, after])
    start = 1 if by_unit else size + 1
    return Model(
        y=sample.y[rows, outcome],
        weight=weight[rows] / weight[rows].mean(),
        unit=sample.unit[rows],
        fixed=fixed,
        switched=switched,
        reported=tuple(range(start, start + size - 1)),
        names=tuple(f"group {number}" for number in range(fixed.shape[1])),
    )
