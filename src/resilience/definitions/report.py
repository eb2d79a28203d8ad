"""Which results a report shows, for whom and in which languages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from resilience.definitions.analysis import AnalysisPlan
from resilience.definitions.credibility import (
    AttritionBlock,
    BalanceBlock,
    PowerBlock,
    SensitiveBlock,
)
from resilience.definitions.models import Definition, Identifier
from resilience.definitions.policy import Policy, ReportPolicy
from resilience.definitions.study import Study, Where
from resilience.definitions.texts import Text

__all__ = [
    "ActivitiesBlock",
    "AnswersBlock",
    "Block",
    "ChangeBlock",
    "ContributionBlock",
    "FindingsBlock",
    "Format",
    "ImpactBlock",
    "IndicatorsBlock",
    "Language",
    "MethodBlock",
    "PlannedChange",
    "ProfileBlock",
    "QuestionnaireBlock",
    "ReportDefinition",
    "ReportPlan",
]

Language = Literal["en", "fr", "ar"]
"""The languages that reports can be written in."""

Format = Literal["html", "pdf"]

Measures = Annotated[tuple[Identifier, ...], Field(min_length=1)]


class PlannedChange(Definition):
    """A change that the evaluation named before it saw the data.

    Attributes
    ----------
    measure : str
        An index or indicator.
    wave : str
        The wave that is compared with the report's baseline.
    where : mapping
        Whom it concerns.
    """

    measure: Identifier
    wave: Identifier
    where: Where = {}
    title: Text | None = None


class FindingsBlock(Definition):
    """The findings in sentences, written by rule from the results."""

    block: Literal["findings"]


class IndicatorsBlock(Definition):
    """The indicator table: baseline, target, actual, change, for the study's targets."""

    block: Literal["indicators"]


class ChangeBlock(Definition):
    """Levels by wave and changes since the baseline, as a chart and a table.

    Attributes
    ----------
    measures : tuple of str
        Indices or indicators.
    by : str or None
        `site` or a variable of the study.
    wave : str or None
        The wave whose change since the baseline is shown; by default the last.
    items : 'common' or None
        `common`: compare scores on the items that comparable waves asked alike, where they differ.
    """

    block: Literal["change"]
    measures: Measures
    by: Identifier | None = None
    wave: Identifier | None = None
    where: Where = {}
    items: Literal["common"] | None = None
    title: Text | None = None


class ProfileBlock(Definition):
    """Several measures side by side in one wave.

    Attributes
    ----------
    by : str or None
        `site` or a variable of the study: a panel for each place or group; by default one panel
        for all whom the block concerns.
    """

    block: Literal["profile"]
    measures: Measures
    by: Identifier | None = None
    wave: Identifier
    where: Where = {}
    title: Text | None = None


class AnswersBlock(Definition):
    """The distribution of answers to items that share a scale, in one wave."""

    block: Literal["answers"]
    items: Measures
    wave: Identifier
    where: Where = {}
    title: Text | None = None


class ActivitiesBlock(Definition):
    """What the programme did, where and when."""

    block: Literal["activities"]


class ImpactBlock(Definition):
    """What the study's analysis plan finds: verdicts, charts and tables; details in an annex."""

    block: Literal["impact"]
    title: Text | None = None


class ContributionBlock(Definition):
    """Activities and other events against the waves: what else may explain a change, and where."""

    block: Literal["contribution"]


class MethodBlock(Definition):
    """The annex on sample and method."""

    block: Literal["method"]


class QuestionnaireBlock(Definition):
    """The annex with the wording of the questions and the rules of the scores."""

    block: Literal["questionnaire"]


Block = Annotated[
    FindingsBlock
    | IndicatorsBlock
    | ChangeBlock
    | ProfileBlock
    | AnswersBlock
    | ActivitiesBlock
    | ImpactBlock
    | ContributionBlock
    | BalanceBlock
    | AttritionBlock
    | PowerBlock
    | SensitiveBlock
    | MethodBlock
    | QuestionnaireBlock,
    Field(discriminator="block"),
]


class ReportDefinition(Definition):
    """What a report's file says.

    Attributes
    ----------
    study : str
        The name of a study's folder below `surveys/`.
    date : date
        The date on the cover. It is written here so that a report made again is the same.
    baseline : str
        The wave that others are compared with.
    level : float
        The coverage of intervals.
    policy : ReportPolicy
        Rules for small numbers, where they are stricter than the study's.
    planned : tuple of PlannedChange
        Changes named in advance. All others are adjusted for their number before any sentence.
    """

    report: Identifier
    title: Text
    language: Literal["en", "fr", "ar", "mk", "sq", "sw"] = "en"
    study: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en",)
    formats: Annotated[tuple[Format, ...], Field(min_length=1)] = ("html", "pdf")
    date: dt.date
    baseline: Identifier
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    policy: ReportPolicy = ReportPolicy()
    planned: tuple[PlannedChange, ...] = ()
    blocks: Annotated[tuple[Block, ...], Field(min_length=1)]


class ReportPlan(ReportDefinition):
    """A report's file with the study it names. Made by `load_report_plan`.

    Attributes
    ----------
    loaded_study : Study
        The study.
    path : Path
        The report's file.
    loaded_analysis : AnalysisPlan or None
        The study's analysis plan, where a block asks for it.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    loaded_study: Study
    path: Path
    loaded_analysis: AnalysisPlan | None = None

    @property
    def rules(self) -> Policy:
        """The rules for small numbers: the study's, where the report's are not stricter."""
        stricter = dict(self.policy)
        own = {name: value for name, value in stricter.items() if value is not None}
        return self.loaded_study.policy.model_copy(update=own)

    def __repr__(self) -> str:
        """Return one line."""
        return f"<ReportPlan {self.report}: {len(self.blocks)} blocks on {self.study}>"

    __str__ = __repr__
