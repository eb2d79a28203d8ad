"""The noun that briefs are made from: each country's results, next to each other, not compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.brief import BriefPlan, BriefStudy
    from resilience.definitions.measures import ScoreDifference
    from resilience.evaluation.results import ChangeResult, Results

__all__ = ["Absence", "BriefResults", "Comparability", "CountryResult", "Group"]

Group = Literal["programme", "comparison", "everybody"]
"""Whose results a row holds; `everybody` where a study has no programme or comparison places."""

Comparability = Literal["not_tested"]
"""Whether scores mean the same across countries. Nothing tests it yet, so nothing is ranked."""


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a country shows no numbers for a measure.

    Attributes
    ----------
    kind : {'not_in_study', 'not_asked', 'other_score'}
        Its questionnaires do not have it; its wave did not ask it; or it goes by the name of
        another score.
    study : str or None
        For `other_score` the first study of the plan that shows the measure.
    differences : tuple of ScoreDifference
        What differs, with studies in place of waves.
    """

    kind: Literal["not_in_study", "not_asked", "other_score"]
    study: str | None = None
    differences: tuple[ScoreDifference, ...] = ()


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CountryResult:
    """One country's part of a brief.

    Attributes
    ----------
    part : BriefStudy
        What the plan says of it.
    results : Results
        Of its study alone.
    groups : mapping of Group to ChangeResult
        Levels and changes; verdicts are adjusted over all rows that the country shows.
    absent : mapping of measure to Absence
        Measures of the plan that are not shown, and why.
    """

    part: BriefStudy
    results: Results
    groups: Mapping[Group, ChangeResult]
    absent: Mapping[str, Absence]

    def __repr__(self) -> str:
        """Return one line."""
        return f"<CountryResult {self.part.study}: {', '.join(self.groups)}>"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class BriefResults:
    """Everything that a brief's plan asked for.

    Attributes
    ----------
    plan : BriefPlan
    countries : tuple of CountryResult
        In the plan's order.
    comparability : Comparability
        The verdict on comparing scores across countries.
    """

    plan: BriefPlan
    countries: tuple[CountryResult, ...]
    comparability: Comparability = "not_tested"

    def __repr__(self) -> str:
        """Return one line."""
        return f"<BriefResults {self.plan.brief}: {len(self.countries)} countries, not compared>"
