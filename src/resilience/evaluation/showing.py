"""What a report may show of an evaluation: small groups are withheld, and what tells on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.disclosure.suppression import Protected, protect, rounded
from resilience.evaluation.impact.tables import ARMS
from resilience.evaluation.results import Comparison, EvaluationResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from resilience.definitions.analysis import AnalysisPlan
    from resilience.definitions.policy import Policy
    from resilience.definitions.report import ImpactBlock
    from resilience.disclosure.withholding import Withholding
    from resilience.evaluation.impact.evaluation import Evaluation
    from resilience.evaluation.impact.results import Impact
    from resilience.evaluation.impact.subgroups import Subgroups
    from resilience.inference.results.estimates import Estimates

    Flags = npt.NDArray[np.bool_]

__all__ = ["arm_restriction", "arms_of_plan", "shown_evaluation"]

_NUMBERS = ["estimate", "std_error", "conf_low", "conf_high"]
_IN_UNITS = [*_NUMBERS, "minimum_detectable"]


def arm_restriction(
    where: Mapping[str, Any], column: str, units: tuple[str, ...]
) -> dict[str, Any]:
    """Return a restriction to some units, within another restriction.

    Parameters
    ----------
    where : mapping
    column : str
        Of the units.
    units : tuple of str

    Examples
    --------
    >>> arm_restriction({"sex": "female", "site": ("a", "b")}, "site", ("b", "c"))
    {'sex': 'female', 'site': ('b',)}
    """
    before = where.get(column)
    if before is not None:
        kept = {str(value) for value in (before if isinstance(before, tuple | list) else (before,))}
        units = tuple(unit for unit in units if unit in kept)
    return {**where, column: units}


def arms_of_plan(plan: AnalysisPlan) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the column that tells the arms apart, its treated values, and those compared with.

    Parameters
    ----------
    plan : AnalysisPlan

    Returns
    -------
    column : str
        Of units, or the variable of arms; empty where persons, or places told apart by several
        columns, are listed.
    treated, compared : tuple of str
    """
    study = plan.loaded_study
    assignment = study.assignment
    if assignment is not None and assignment.arm is not None:
        of_arm = study.variables_by_id[assignment.arm.variable]
        treated = set(map(str, assignment.arm.treated))
        values = [(value.id, {value.id, str(value.code)}) for value in of_arm.values]
        return (
            of_arm.id,
            tuple(name for name, called in values if called & treated),
            tuple(name for name, called in values if not called & treated),
        )
    columns = assignment.unit_columns if assignment is not None else ()
    if assignment is None or len(columns) != 1 or columns[0] == "respondent_id":
        return "", (), ()
    treated_units = tuple(assignment.first_treated)
    of_role = tuple(site.id for site in study.sites if site.role == "comparison")
    variable = study.variables_by_id.get(columns[0])
    known = (
        [value.id for value in variable.values] if variable else [site.id for site in study.sites]
    )
    others = tuple(name for name in known if name not in treated_units)
    listed = tuple(map(str, assignment.comparison))
    return columns[0], treated_units, listed or (() if variable else of_role) or others


def shown_evaluation(
    evaluation: Evaluation,
    block: ImpactBlock,
    *,
    policy: Policy,
    withholding: Withholding | None = None,
    by_unit: Protected | None = None,
) -> EvaluationResult:
    """Return what may be shown of an evaluation.

    An outcome of which an arm may not be shown is not shown at all; a place that may not be
    shown is left out where its change could be read off.

    Parameters
    ----------
    evaluation : Evaluation
    block : ImpactBlock
        The part of a report that it is for.
    policy : Policy
    withholding : Withholding, optional
        The groups that are withheld throughout the publication.
    by_unit : Protected, optional
        Changes by place, where nothing may be said of an impact.
    """
    impact = evaluation.impact
    if impact is None:
        return _without_impact(evaluation, block, by_unit)
    gate = _Gate(impact, evaluation.plan, policy, withholding)
    table = impact.table
    levels = gate.arms(table.levels)
    changes = gate.arms(table.changes) if table.changes is not None else None
    hidden = gate.hidden_outcomes(levels, changes)
    units = gate.units(table.by_unit) if table.by_unit is not None else None
    return EvaluationResult(
        block=block,
        plan=evaluation.plan,
        comparison=_comparison(impact),
        levels=_withheld(levels, hidden),
        changes=_withheld(changes, hidden),
        difference=_withheld(gate.counted(table.difference), hidden),
        by_unit=_withheld(units, hidden),
        counterfactual=_withheld(gate.counted(_counterfactual(impact)), hidden),
        outcomes=_outcomes(evaluation.outcomes, impact, hidden, policy),
        inference=_inference(impact, hidden, policy),
        without=_without(impact, units, hidden, policy),
        subgroups=tuple(gate.subgroups(part, hidden) for part in evaluation.subgroups),
        notes=impact.notes,
        deviations=evaluation.deviations,
    )


def _without_impact(
    evaluation: Evaluation, block: ImpactBlock, by_unit: Protected | None
) -> EvaluationResult:
    nothing = pd.DataFrame()
    return EvaluationResult(
        block=block,
        plan=evaluation.plan,
        comparison=None,
        levels=None,
        changes=None,
        difference=None,
        by_unit=by_unit,
        counterfactual=None,
        outcomes=evaluation.outcomes.assign(unit="points"),
        inference=nothing,
        without=nothing,
        subgroups=(),
        notes=(),
        deviations=evaluation.deviations,
    )


def _comparison(impact: Impact) -> Comparison:
    return Comparison(
        assignment=impact.assignment,
        units=impact.units,
        treated=impact.treated,
        baseline=impact.baseline,
        endline=impact.endline,
        method=impact.method,
        headline=str(impact.headline),
        recommendation=impact.recommendation,
        assignments=impact.evidence.assignments,
        level=impact.level,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Gate:
    """Decides for each group of respondents whether it may be shown."""

    impact: Impact
    plan: AnalysisPlan
    policy: Policy
    withholding: Withholding | None

    @property
    def where(self) -> dict[str, Any]:
        """Whom the plan concerns."""
        return dict(self.plan.where)

    @property
    def column(self) -> str | None:
        """The one column of units that are groups of respondents."""
        names = self.impact.assignment.unit_columns
        return names[0] if len(names) == 1 and names[0] != "respondent_id" else None

    def counted(self, estimates: Estimates | None) -> Protected | None:
        """Return estimates of which only small numbers are withheld."""
        return None if estimates is None else protect(estimates, self.policy)

    def arms(self, estimates: Estimates) -> Protected:
        """Return results by arm."""
        arm = estimates.rows["arm"].astype("str").to_numpy()
        hidden = np.zeros(len(estimates), bool)
        for name, where in self._arm_wheres():
            hidden |= (arm == name) & self._hidden(estimates.rows[[]], estimates, where)
        return self._closed(estimates, hidden)

    def units(self, estimates: Estimates) -> Protected:
        """Return changes by unit."""
        hidden = np.zeros(len(estimates), bool)
        if self.column is not None:
            keys = estimates.rows[["unit"]].rename(columns={"unit": self.column})
            hidden = self._hidden(keys, estimates, self.where)
        return self._closed(estimates, hidden)

    def hidden_outcomes(self, *parts: Protected | None) -> frozenset[str]:
        """Return the outcomes of which an arm may not be shown in a wave compared."""
        found: set[str] = set()
        for part in parts:
            if part is None:
                continue
            rows = part.estimates.rows
            compared = np.ones(len(rows), bool)
            if "wave" in rows:
                waves = [*self.impact.baseline, *self.impact.endline]
                compared = rows["wave"].astype("str").isin(waves).to_numpy()
            found |= set(rows["variable"][compared & ~part.showable])
        return frozenset(found)

    def subgroups(self, part: Subgroups, hidden: frozenset[str]) -> Subgroups:
        """Return effects by group without the groups that are withheld."""
        groups = part.groups[~part.groups["variable"].isin(hidden)].reset_index(drop=True)
        keys = groups[[part.variable]]
        out = groups["status"].isin(("too_few", "withheld")).to_numpy()
        for _, where in self._arm_wheres():
            out = out | self._hidden_between(keys, where)
        groups.loc[out, [*_NUMBERS, "df", "n"]] = np.nan
        groups.loc[out, "status"] = "too_few"
        closed = set(zip(groups["variable"][out], groups[part.variable][out], strict=True))
        interaction = part.interaction[~part.interaction["variable"].isin(hidden)]
        interaction = interaction.reset_index(drop=True)
        told = [
            bool(
                {(row["variable"], row[part.variable]), (row["variable"], row["reference"])}
                & closed
            )
            for row in interaction.to_dict("records")
        ]
        interaction.loc[told, ["estimate", "std_error", "df", "p_value", "joint_p"]] = np.nan
        return replace(part, interaction=interaction, groups=groups)

    def _arm_wheres(self) -> list[tuple[str, dict[str, Any]]]:
        column, treated, compared = arms_of_plan(self.plan)
        return [
            (name, arm_restriction(self.where, column, values))
            for name, values in zip(ARMS, (compared, treated), strict=True)
            if values
        ]

    def _hidden(self, keys: pd.DataFrame, part: Estimates, where: dict[str, Any]) -> Flags:
        """Return which rows are of a withheld group: in their wave, or in a wave compared."""
        if "wave" in part.rows and self.withholding is not None:
            return self.withholding.of_rows(keys.assign(wave=part.rows["wave"]), where)
        return self._hidden_between(keys, where)

    def _hidden_between(self, keys: pd.DataFrame, where: dict[str, Any]) -> Flags:
        hidden = np.zeros(len(keys), bool)
        if self.withholding is None:
            return hidden
        for wave in (*self.impact.baseline, *self.impact.endline):
            hidden |= self.withholding.of_rows(keys.assign(wave=wave), where)
        return hidden

    def _closed(self, estimates: Estimates, hidden: Flags) -> Protected:
        shown = protect(estimates, self.policy)
        others = bool(self.withholding and self.withholding.groups)
        return replace(_closed(shown, hidden), for_others=others)


def _closed(part: Protected, hidden: Flags) -> Protected:
    status = tuple(
        "suppressed" if out else status for out, status in zip(hidden, part.status, strict=True)
    )
    return replace(part, status=status)


def _withheld(part: Protected | None, outcomes: frozenset[str]) -> Protected | None:
    """Return results of which those on some outcomes are withheld."""
    if part is None or not outcomes:
        return part
    return _closed(part, part.estimates.rows["variable"].isin(outcomes).to_numpy())


def _counterfactual(impact: Impact) -> Estimates | None:
    """Return treated levels from the baseline on, had they changed like those compared with."""
    levels = impact.table.levels
    if impact.table.changes is None:
        return None
    keys = zip(
        *(levels.rows[name].astype("str") for name in ("variable", "arm", "wave")), strict=True
    )
    at = {key: row for row, key in enumerate(keys)}
    waves = list(dict.fromkeys(levels.rows["wave"].astype("str")))
    rows, matrix = [], []
    for name in dict.fromkeys(levels.rows["variable"]):
        base = [(name, arm, wave) for arm in ARMS for wave in impact.baseline]
        for wave in waves[waves.index(impact.baseline[0]) :]:
            here = (name, ARMS[0], wave)
            if here not in at or any(key not in at for key in base):
                continue
            line = np.zeros(len(levels))
            for key in base:
                line[at[key]] += (1 if key[1] == ARMS[1] else -1) / len(impact.baseline)
            line[at[here]] += 1
            matrix.append(line)
            rows.append({"measure": "counterfactual", "variable": name, "wave": wave})
    return levels.contrast(np.array(matrix), rows=pd.DataFrame(rows)) if matrix else None


def _outcomes(
    outcomes: pd.DataFrame, impact: Impact, hidden: frozenset[str], policy: Policy
) -> pd.DataFrame:
    """Return outcomes with what charts and tables need, without those that are withheld."""
    last = {str(name): row for row, name in enumerate(impact.rows["variable"])}
    at = [last.get(str(name)) for name in outcomes["variable"]]

    def of(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
        found = np.asarray(values, float)
        return np.array([np.nan if row is None else found[row] for row in at])

    spread = of(impact.spread)
    units = ["points" if row is None else impact.unit[row] for row in at]
    margin = pd.to_numeric(outcomes["margin"]).to_numpy(float)
    of_points = (outcomes["margin_unit"] == "points").to_numpy()
    found = outcomes.assign(
        unit=units,
        smallest_p=of(impact.evidence.permuted_smallest_p),
        sd_low=outcomes["conf_low"] / spread,
        sd_high=outcomes["conf_high"] / spread,
        margin_sd=np.where(of_points, margin / spread, margin),
    )
    found = _shares_rounded(found, _IN_UNITS, policy)
    out = found["variable"].isin(hidden)
    numbers = [*_IN_UNITS, "df", "n", "p_value", "p_adjusted", "smallest_p"]
    numbers += ["sd_estimate", "sd_low", "sd_high", "margin_sd"]
    found.loc[out, numbers] = np.nan
    found.loc[out, ["verdict", "equivalence"]] = "suppressed"
    return found


def _inference(impact: Impact, hidden: frozenset[str], policy: Policy) -> pd.DataFrame:
    frame = impact.inference()
    unit = dict(zip(impact.rows["variable"], impact.unit, strict=True))
    frame = frame.assign(unit=frame["variable"].map(unit))
    frame = _shares_rounded(frame, _NUMBERS, policy)
    return frame[~frame["variable"].isin(hidden)].reset_index(drop=True)


def _without(
    impact: Impact, units: Protected | None, hidden: frozenset[str], policy: Policy
) -> pd.DataFrame:
    frame = impact.without_each()
    unit = dict(zip(impact.rows["variable"], impact.unit, strict=True))
    frame = _shares_rounded(frame.assign(unit=frame["variable"].map(unit)), ["estimate"], policy)
    frame = frame[~frame["variable"].isin(hidden)]
    if units is None:
        return frame.reset_index(drop=True)
    rows = units.estimates.rows[~units.showable]
    closed = set(zip(rows["variable"], rows["unit"].astype("str"), strict=True))
    kept = [key not in closed for key in zip(frame["variable"], frame["without"], strict=True)]
    return frame[kept].reset_index(drop=True)


def _shares_rounded(frame: pd.DataFrame, names: list[str], policy: Policy) -> pd.DataFrame:
    base = policy.rounding.percent
    if base is None or not len(frame):
        return frame
    share = (frame["unit"] == "share").to_numpy()
    found = frame.copy()
    for name in names:
        found[name] = np.where(share, rounded(frame[name], base / 100), frame[name])
    return found
