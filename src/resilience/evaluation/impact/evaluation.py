"""The noun of an evaluation: the plan, what came of it, and where it was departed from."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Literal, get_args

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.analysis import AnalysisPlan
    from resilience.evaluation.families.adjusting import FamilyAdjustment
    from resilience.evaluation.impact.contribution import Contribution
    from resilience.evaluation.impact.results import Impact
    from resilience.evaluation.impact.subgroups import Subgroups

__all__ = ["DEVIATIONS", "Deviation", "DeviationCode", "Evaluation", "OutcomeVerdict"]

OutcomeVerdict = Literal["intended", "contrary", "within_margin", "not_clear", "not_estimable"]
"""`within_margin`: too small to matter, by the plan. `not_clear`: the data leave both open."""

DeviationCode = Literal[
    "not_estimable",
    "plan_not_dated",
    "plan_after_endline",
    "method_changed",
    "headline_not_recommended",
    "no_inference",
    "explored",
    "subgroup_not_estimable",
    "withheld",
]

DEVIATIONS: dict[DeviationCode, str] = {
    "not_estimable": "An outcome of the plan cannot be estimated.",
    "plan_not_dated": "The plan does not say when it was fixed: all may be exploratory.",
    "plan_after_endline": "The plan was fixed after the endline's fieldwork began.",
    "method_changed": "Another method was used than the plan's.",
    "headline_not_recommended": "The plan follows another inference than the design speaks for.",
    "no_inference": "The design allows no inference at the level of assignment.",
    "explored": "Measures were looked at that the plan does not name.",
    "subgroup_not_estimable": "A subgroup of the plan cannot be estimated.",
    "withheld": "An outcome is not shown: with it, answers of too few respondents could be told.",
}


@dataclass(frozen=True, slots=True)
class Deviation:
    """Where the analysis departs from its plan.

    Attributes
    ----------
    code : DeviationCode
        From the closed list.
    detail : str
        Names, dates, what can still be reported; never of a respondent.
    """

    code: DeviationCode
    detail: str = ""

    def __str__(self) -> str:
        """Return the deviation as a sentence."""
        return DEVIATIONS[self.code] + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Evaluation:
    """Everything that an analysis plan asked for. Made by `rs.evaluate`.

    Attributes
    ----------
    plan : AnalysisPlan
    outcomes : pandas.DataFrame
        One row a planned outcome: `family role variable direction estimate std_error conf_low
        conf_high df n p_value p_adjusted correction verdict margin equivalence sd_estimate
        minimum_detectable status`.
    exploratory : pandas.DataFrame
        The same for measures that the plan does not name, as one family.
    families : mapping of family to FamilyAdjustment
    impact : Impact or None
        The planned outcomes together; None where none can be estimated.
    explored : Impact or None
    subgroups : tuple of Subgroups
    targets : pandas.DataFrame
        `measure wave where target estimate conf_low conf_high n status`.
    contribution : Contribution
    deviations : tuple of Deviation
    version : str
        The library's version.
    shown : mapping of name to DataFrame
        Tables of `impact` without what would tell of too few respondents. `impact` itself holds
        everything, for analysts: publish `frames()`.

    Examples
    --------
    >>> import resilience as rs
    >>> evaluation = rs.evaluate("surveys/lebanon")
    >>> isinstance(evaluation, rs.Evaluation), evaluation.deviations
    (True, ())
    """

    plan: AnalysisPlan
    outcomes: pd.DataFrame
    exploratory: pd.DataFrame
    families: Mapping[str, FamilyAdjustment]
    impact: Impact | None
    explored: Impact | None
    subgroups: tuple[Subgroups, ...]
    targets: pd.DataFrame
    contribution: Contribution
    deviations: tuple[Deviation, ...]
    version: str
    shown: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Return planned and explored outcomes, told apart by `status`."""
        parts = [part for part in (self.outcomes, self.exploratory) if len(part)]
        return pd.concat(parts, ignore_index=True) if parts else self.outcomes.copy()

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every table by name, as it may be shown: what a folder for reviewers holds."""
        found = {
            "outcomes": self.to_frame(),
            "targets": self.targets,
            "timeline": self.contribution.timeline,
            "rival_explanations": self.contribution.rivals,
            "deviations": pd.DataFrame(
                [{"deviation": part.code, "detail": part.detail} for part in self.deviations],
                columns=["deviation", "detail"],
            ),
        }
        if len(self.contribution.series):
            found["series"] = self.contribution.series
        if self.impact is not None:
            impact = self.impact
            found["inference"] = impact.inference()
            found["levels"] = impact.table.levels.to_frame(level=impact.level)
            if impact.table.changes is not None:
                found["changes"] = impact.table.changes.to_frame(level=impact.level)
            found["changes_by_unit"] = impact.changes_by_unit()
            found["without_each_unit"] = impact.without_each()
        for part in self.subgroups:
            found[f"subgroups_{part.variable}"] = part.groups
            found[f"interaction_{part.variable}"] = part.interaction
        return {**found, **self.shown}

    def __repr__(self) -> str:
        """Return the outcomes as they print in a terminal, and the deviations."""
        return "\n".join([self._shown().to_string(index=False), *map(str, self._told())])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{escape(str(note))}</p>" for note in self._told())
        return str(self._shown().to_html(index=False, border=0)) + notes

    def _told(self) -> list[str]:
        notes = self.impact.notes if self.impact is not None else ()
        return [*map(str, self.deviations), *map(str, notes)]

    def _shown(self) -> pd.DataFrame:
        names = ["family", "variable", "estimate", "conf_low", "conf_high", "p_value"]
        names += ["p_adjusted", "verdict", "equivalence", "minimum_detectable", "status"]
        frame = self.to_frame()
        return frame[[name for name in names if name in frame]].round(3)


assert set(DEVIATIONS) == set(get_args(DeviationCode))  # noqa: S101 - each has its words
