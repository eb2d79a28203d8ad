"""What an evaluation will test, written down before the data are seen."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field

from resilience.definitions.models import Definition, Identifier
from resilience.definitions.study import Study, Where
from resilience.definitions.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Analysis",
    "AnalysisPlan",
    "Correction",
    "Effect",
    "Family",
    "Headline",
    "Method",
    "Outcome",
]

Correction = Literal["holm", "benjamini_hochberg", "sharpened_q", "romano_wolf"]
Effect = Literal["increase", "decrease"]
Headline = Literal["randomisation", "cr2", "wild"]
Method = Literal[
    "did",
    "event_study",
    "ancova",
    "lin",
    "within_person",
    "dose_response",
    "association",
    "doubly_robust",
    "entropy_balanced",
]


class Outcome(Definition):
    """A measure that the programme is meant to move.

    Attributes
    ----------
    measure : str
        An index, indicator, item or variable with numbers.
    direction : {'increase', 'decrease'}
        Which way is better.
    margin : number or None
        The smallest effect that would matter: an interval inside plus or minus it shows that
        there is none.
    margin_unit : {'points', 'sd'}
        `points`: the measure's own unit (points of an index, 0.05 of a share). `sd`: standard
        deviations of the comparison group at the baseline.
    """

    measure: Identifier
    direction: Effect
    margin: Annotated[float, Field(gt=0)] | None = None
    margin_unit: Literal["points", "sd"] = "points"


class Family(Definition):
    """Outcomes that answer one question and are adjusted for together.

    Attributes
    ----------
    role : {'primary', 'secondary'}
        Whether the evaluation's verdict rests on it.
    correction : {'holm', 'benjamini_hochberg', 'sharpened_q', 'romano_wolf'}
        How p-values are adjusted for the number of outcomes.
    """

    id: Identifier
    title: Text
    role: Literal["primary", "secondary"] = "secondary"
    correction: Correction = "holm"
    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1)]


class Analysis(Definition):
    """What an analysis plan's file says.

    Attributes
    ----------
    study : str or None
        The name of a study's folder below `surveys/`; by default the folder of the plan.
    registered : date or None
        When the plan was fixed.
    method : str
        How the effect is estimated.
    baseline, endline : str or None
        The waves compared; by default the last before the treatment, and the last of all.
    headline : {'randomisation', 'cr2', 'wild'} or None
        The inference that findings follow; by default the one recommended for the design.
    covariates : tuple of str
        Columns adjusted for.
    where : mapping
        Whom the analysis concerns.
    subgroups : tuple of str
        Variables across whose values the effect may differ.
    level : float
        The coverage of intervals.
    seed : int
        Of whatever is drawn.
    """

    analysis: Identifier
    title: Text
    language: Literal["en", "fr", "ar", "mk", "sq", "sw"] = "en"
    study: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = None
    registered: dt.date | None = None
    method: Method = "did"
    baseline: Identifier | None = None
    endline: Identifier | None = None
    headline: Headline | None = None
    covariates: tuple[Identifier, ...] = ()
    where: Where = {}
    subgroups: tuple[Identifier, ...] = ()
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    seed: Annotated[int, Field(ge=0)] = 1
    families: Annotated[tuple[Family, ...], Field(min_length=1)]

    @property
    def outcomes_by_measure(self) -> Mapping[str, Outcome]:
        """The planned outcomes by measure, in the plan's order."""
        return {part.measure: part for family in self.families for part in family.outcomes}


class AnalysisPlan(Analysis):
    """An analysis plan's file with its study. Made by `load_analysis_plan`.

    Attributes
    ----------
    loaded_study : Study
        The study.
    path : Path
        The plan's file.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    loaded_study: Study
    path: Path

    def __repr__(self) -> str:
        """Return one line."""
        outcomes, families = len(self.outcomes_by_measure), len(self.families)
        told = f"{outcomes} outcomes in {families} families, {self.method}"
        return f"<AnalysisPlan {self.analysis}: {told}>"

    __str__ = __repr__
