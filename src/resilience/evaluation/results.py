"""The noun that reports are made from: everything a plan asked for, already computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from resilience.evaluation.credibility import CredibilityResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from resilience.definitions.analysis import AnalysisPlan
    from resilience.definitions.assignment import Assignment
    from resilience.definitions.measures import ScoreDifference
    from resilience.definitions.report import (
        AnswersBlock,
        Block,
        ChangeBlock,
        ContributionBlock,
        ImpactBlock,
        PlannedChange,
        ProfileBlock,
        ReportPlan,
    )
    from resilience.definitions.study import Study, Target
    from resilience.disclosure.suppression import Protected
    from resilience.evaluation.change import ChangeVerdicts
    from resilience.evaluation.few_clusters.recommending import Recommendation
    from resilience.evaluation.impact.contribution import Contribution
    from resilience.evaluation.impact.evaluation import Deviation
    from resilience.evaluation.impact.noting import ImpactNote
    from resilience.evaluation.impact.subgroups import Subgroups
    from resilience.evaluation.targets import TargetStatus
    from resilience.evaluation.weighting import WeightingFacts
    from resilience.inference.results.estimates import Estimates
    from resilience.responses.responses import Responses

__all__ = [
    "AnswersResult",
    "BlockResult",
    "ChangeResult",
    "Comparison",
    "ContributionResult",
    "EvaluationResult",
    "InterviewingFacts",
    "PlannedResult",
    "ProfileResult",
    "Results",
    "SampleFacts",
    "TargetResult",
    "WaveFacts",
]


@dataclass(frozen=True, slots=True)
class PlannedResult:
    """A change that was named in advance: one row, or why there is none."""

    planned: PlannedChange
    change: Protected | None
    verdicts: ChangeVerdicts | None
    refused: tuple[ScoreDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetResult:
    """A row of the indicator table.

    Attributes
    ----------
    baseline, actual : Protected
        One row each.
    change : Protected or None
        From baseline to the target's wave; None where the scores are not the same score.
    status : TargetStatus
    refused : tuple of ScoreDifference
        Why there is no change.
    """

    target: Target
    baseline: Protected | None
    actual: Protected
    change: Protected | None
    status: TargetStatus
    refused: tuple[ScoreDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """Levels by wave and changes since the baseline.

    Attributes
    ----------
    levels : Protected
        By the block's variable and wave.
    changes : Protected or None
        None where nothing may be compared.
    verdicts : ChangeVerdicts or None
    refused : mapping of measure to ScoreDifferences
        Scores that must not be compared, and why.
    apart : mapping of measure to mapping of wave to ScoreDifferences
        Waves whose score is another one than the baseline's, and why: they belong on no line
        and in no column beside the others.
    aside : Protected or None
        The levels of those waves.
    """

    block: ChangeBlock
    levels: Protected
    changes: Protected | None
    verdicts: ChangeVerdicts | None
    refused: Mapping[str, tuple[ScoreDifference, ...]]
    apart: Mapping[str, Mapping[str, tuple[ScoreDifference, ...]]]
    aside: Protected | None = None


@dataclass(frozen=True, slots=True)
class ProfileResult:
    """Several measures side by side."""

    block: ProfileBlock
    levels: Protected


@dataclass(frozen=True, slots=True)
class AnswersResult:
    """Distributions of answers.

    Attributes
    ----------
    missing : mapping of item to mapping of reason to float
        Shares of the respondents whom the block concerns, not weighted.
    """

    block: AnswersBlock
    shares: Protected
    missing: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Who was compared with whom, between which waves, and by what inference.

    Attributes
    ----------
    units : tuple of str
        Those that are treated or compared with.
    treated : tuple of bool
        Whether each is treated.
    baseline, endline : tuple of str
        The waves compared.
    headline : str
        The inference that is followed: `randomisation`, `cr2`, `wild` or `none`.
    assignments : int
        Among how many the permutation goes.
    level : float
        The coverage of intervals.
    """

    assignment: Assignment
    units: tuple[str, ...]
    treated: tuple[bool, ...]
    baseline: tuple[str, ...]
    endline: tuple[str, ...]
    method: str
    headline: str
    recommendation: Recommendation
    assignments: int
    level: float


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class EvaluationResult:
    """What a report may show of an evaluation: nothing that tells on few respondents.

    Attributes
    ----------
    plan : AnalysisPlan
    comparison : Comparison or None
        None where nothing may be said of an impact; then only `by_unit` has numbers.
    levels, changes, difference, by_unit : Protected or None
        By arm and wave; by arm; of the two changes; by place. Errors are those of the survey.
    counterfactual : Protected or None
        Treated levels, had they changed like those compared with.
    outcomes : pandas.DataFrame
        As `Evaluation.outcomes`, with `unit smallest_p sd_low sd_high margin_sd`; the verdict
        `suppressed` has no numbers.
    inference, without : pandas.DataFrame
        Every way of inference; the estimates without each place.
    subgroups : tuple of Subgroups
    notes, deviations
        What must be known, and where the plan was left.
    """

    block: ImpactBlock
    plan: AnalysisPlan
    comparison: Comparison | None
    levels: Protected | None
    changes: Protected | None
    difference: Protected | None
    by_unit: Protected | None
    counterfactual: Protected | None
    outcomes: pd.DataFrame
    inference: pd.DataFrame
    without: pd.DataFrame
    subgroups: tuple[Subgroups, ...]
    notes: tuple[ImpactNote, ...]
    deviations: tuple[Deviation, ...]

    def __repr__(self) -> str:
        """Return one line."""
        return f"<EvaluationResult {self.plan.analysis}: {len(self.outcomes)} outcomes>"


@dataclass(frozen=True, slots=True)
class ContributionResult:
    """What the programme did and what else happened, against the waves."""

    block: ContributionBlock
    contribution: Contribution


BlockResult = (
    ChangeResult
    | ProfileResult
    | AnswersResult
    | EvaluationResult
    | ContributionResult
    | CredibilityResult
)


@dataclass(frozen=True, slots=True)
class WaveFacts:
    """What a reader must know of a wave's sample.

    Attributes
    ----------
    weight_low, weight_high : float
        The smallest and largest weight, relative to the mean.
    weight_effect : float
        Kish's design effect of the weights.
    """

    n: int
    psus: int
    strata: int
    weight_low: float
    weight_high: float
    weight_effect: float


@dataclass(frozen=True, slots=True)
class InterviewingFacts:
    """Who interviewed in a wave.

    Attributes
    ----------
    interviewers : int
    median : float
        Interviews of the middle one.
    from_first : float
        The share of interviews by those who had interviewed in the first wave too.
    """

    interviewers: int
    median: float
    from_first: float


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """What a reader must know of the sample.

    Attributes
    ----------
    waves : mapping of wave to WaveFacts
    df_design : int
        PSUs minus strata of the whole sample.
    asked_again : mapping of (wave, later wave) to int
        How many respondents of a panel are in both.
    weighting : WeightingFacts or None
        How weights were made to fit margins, if the study declares it.
    interviewing : mapping of wave to InterviewingFacts
        Of the waves whose files say who interviewed.
    """

    waves: Mapping[str, WaveFacts]
    df_design: int
    asked_again: Mapping[tuple[str, str], int]
    weighting: WeightingFacts | None = None
    interviewing: Mapping[str, InterviewingFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Results:
    """Everything that a report's plan asked for.

    Attributes
    ----------
    plan : ReportPlan
    responses : Responses
        Scored; reports take no rows from it, only what was asked, sources and flow.
    planned : tuple of PlannedResult
    targets : tuple of TargetResult
    blocks : tuple of (Block, BlockResult or None)
        The plan's blocks in order; None where a block needs no result of its own.
    sample : SampleFacts
    coverage : pandas.DataFrame
        Of `score_coverage`.
    rule_effects : Estimates or None
        By how much means would differ if a score needed all its answers.
    version : str
        The library's version.
    """

    plan: ReportPlan
    responses: Responses
    planned: tuple[PlannedResult, ...]
    targets: tuple[TargetResult, ...]
    blocks: tuple[tuple[Block, BlockResult | None], ...]
    sample: SampleFacts
    coverage: pd.DataFrame
    rule_effects: Estimates | None
    version: str

    @property
    def study(self) -> Study:
        """The study."""
        return self.plan.loaded_study

    def __repr__(self) -> str:
        """Return one line."""
        return f"<Results {self.plan.report}: {len(self.blocks)} blocks on {self.study.study}>"
