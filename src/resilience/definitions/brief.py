"""Which studies a brief sets side by side, without ranking them, and on which measures."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from resilience.definitions.models import Definition, Identifier
from resilience.definitions.report import Format, Language
from resilience.definitions.study import Study
from resilience.definitions.texts import Text

__all__ = ["BriefDefinition", "BriefPlan", "BriefStudy"]

# Each study has an annex of its own, and annexes have letters.
_MOST_STUDIES = 12


class BriefStudy(Definition):
    """One country of a brief.

    Attributes
    ----------
    study : str
        The name of a study's folder below `surveys/`.
    country : mapping of language to text
        What the brief calls it.
    baseline, wave : str
        The two waves that are compared; levels are those of `wave`.
    sites : tuple of str
        Which of the study's programme and comparison places; by default all of them. A study
        that has none is shown as a whole.
    planned : tuple of str
        Measures whose change in the programme's places was named before the data were seen.
    """

    study: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    country: Text
    baseline: Identifier
    wave: Identifier
    sites: tuple[Identifier, ...] = ()
    planned: tuple[Identifier, ...] = ()


class BriefDefinition(Definition):
    """What a brief's file says.

    Attributes
    ----------
    studies : tuple of BriefStudy
        In the order in which they stand in the brief, whatever their results.
    measures : tuple of str
        Indices or indicators.
    date : date
        The date on the cover. It is written here so that a brief made again is the same.
    level : float
        The coverage of intervals.
    """

    brief: Identifier
    title: Text
    language: Literal["en", "fr", "ar", "mk", "sq", "sw"] = "en"
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    formats: Annotated[tuple[Format, ...], Field(min_length=1)] = ("html", "pdf")
    date: dt.date
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    measures: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    studies: Annotated[tuple[BriefStudy, ...], Field(min_length=2, max_length=_MOST_STUDIES)]


class BriefPlan(BriefDefinition):
    """A brief's file with the studies it names. Made by `load_brief_plan`.

    Attributes
    ----------
    loaded_studies : tuple of Study
        In the order of `studies`.
    path : Path
        The brief's file.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    loaded_studies: tuple[Study, ...]
    path: Path

    def __repr__(self) -> str:
        """Return one line."""
        counts = f"{len(self.measures)} measures, {len(self.studies)} studies"
        return f"<BriefPlan {self.brief}: {counts}>"

    __str__ = __repr__
