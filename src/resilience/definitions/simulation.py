"""A population to draw from: what a simulated study's respondents are like."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from resilience.definitions.models import Definition, Identifier

__all__ = ["SimulationPlan"]

Share = Annotated[float, Field(ge=0, le=1)]


def _add_up(shares: dict[str, float]) -> dict[str, float]:
    if not sum(shares.values()) > 0:
        message = "shares of which at least one is above 0"
        raise ValueError(message)
    return shares


Few = Annotated[int, Field(ge=1, le=10_000)]
Shares = Annotated[dict[Identifier, Share], AfterValidator(_add_up)]


class PopulationSize(Definition):
    """How many strata, PSUs and adults there are.

    Attributes
    ----------
    adults_per_psu : tuple of two int
        The smallest and the largest number of adults in a PSU.
    """

    strata_per_site: Few
    psus_per_stratum: Few
    adults_per_psu: tuple[Few, Few]

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        low, high = self.adults_per_psu
        if low > high:
            message = f"'adults_per_psu' from the smallest to the largest, not {low} to {high}"
            raise ValueError(message)
        return self


class Response(Definition):
    """Who takes part: rates by the values of one variable. Weights make up for it."""

    variable: Identifier
    rates: dict[Identifier, Annotated[float, Field(gt=0, le=1)]]


class Staying(Response):
    """Which of those who are asked again take part again; the others are lost to the panel.

    Weights make up for the variable, never for the score: with a slope, attrition is selective.

    Attributes
    ----------
    rates : mapping of value to float
        The chance of somebody with an average score; 1 for values not named.
    index : str or None
        The index of items whose score at the wave before matters.
    slope : float
        By how much the log-odds of staying rise with a standard deviation of that score.
    """

    index: Identifier | None = None
    slope: float = 0.0

    @model_validator(mode="after")
    def _names_a_score(self) -> Self:
        if (self.index is None) != (self.slope == 0):
            message = "'index' and a 'slope' other than 0 together, or neither"
            raise ValueError(message)
        return self


class Panel(Definition):
    """Respondents of a wave who are asked again in the next one.

    Attributes
    ----------
    share : float
        The share of the respondents of each PSU visited again who are asked again. The same
        share of `adults_per_psu` is not drawn afresh there; those lost are not replaced.
    staying : Staying or None
        Who takes part again; all do by default.
    """

    share: Annotated[float, Field(gt=0, le=1)]
    staying: Staying | None = None


class SampleSize(Definition):
    """How many PSUs and adults are drawn in each wave.

    Attributes
    ----------
    adults_per_psu : int
        Adults drawn in each PSU, of whom some take part.
    psu_overlap : float
        The share of a wave's PSUs that the next wave visits again.
    panel : Panel or None
        Who is asked again there; by default respondents are fresh.
    """

    psus_per_stratum: Few
    adults_per_psu: Few
    psu_overlap: Share = 1.0
    panel: Panel | None = None


class Clustering(Definition):
    """How alike people of one PSU are.

    Attributes
    ----------
    intraclass : float
        The share of the variance within a stratum that lies between PSUs.
    persistence : float
        The correlation of a PSU's peculiarity from wave to wave.
    strata : float
        The standard deviation between strata, in standard deviations of persons.
    """

    intraclass: Annotated[float, Field(ge=0, lt=1)]
    persistence: Share
    strata: Annotated[float, Field(ge=0)] = 0.0


class Loadings(Definition):
    """How strongly items show what they measure."""

    default: Share
    items: dict[Identifier, Share] = {}


class Noninvariance(Definition):
    """Items that work otherwise in one group, for instance those interviewed in a language.

    Attributes
    ----------
    variable, value : str
        The group.
    loadings : mapping of item to float
        In place of the item's loading.
    threshold_shifts : mapping of item to float
        By how many standard deviations the item's thresholds lie higher: people with the same
        standing show less.
    """

    variable: Identifier
    value: Identifier
    loadings: dict[Identifier, Share] = {}
    threshold_shifts: dict[Identifier, float] = {}


class Interviewers(Definition):
    """Who interviews, and how much of an answer is theirs.

    Attributes
    ----------
    per_site : int
        Interviewers in each site, the same in all waves.
    per_psu : int
        How many of them share a PSU's interviews.
    variance_share : float
        The share of the variance of answers, within PSUs, that lies between interviewers. An
        interviewer has one effect on all items of an index.
    """

    per_site: Few
    per_psu: Few = 1
    variance_share: Annotated[float, Field(ge=0, lt=1)]

    @model_validator(mode="after")
    def _are_enough(self) -> Self:
        if self.per_psu > self.per_site:
            message = f"'per_psu' up to 'per_site', {self.per_site}, not {self.per_psu}"
            raise ValueError(message)
        return self


class MissingRate(Definition):
    """How often an answer is missing for a reason.

    Attributes
    ----------
    default : float
        The rate for items not named.
    items : mapping of item to float
        Rates whatever the answer would have been.
    by_answer : mapping of item to mapping of code to float
        Rates by the answer that would have been given; codes not named have the item's rate.
    """

    reason: Literal["refused", "dont_know", "never_heard", "not_applicable"]
    default: Share = 0.0
    items: dict[Identifier, Share] = {}
    by_answer: dict[Identifier, dict[int, Share]] = {}


class PlannedList(Definition):
    """What people would say to the statements of a list experiment.

    Attributes
    ----------
    sensitive : mapping of wave to float
        The share of whom the sensitive statement holds, for each wave that asks.
    controls : tuple of float
        The shares of whom the other statements hold.
    treated : float
        The share of a wave's respondents, drawn at random, who hear the sensitive statement.
    """

    sensitive: dict[Identifier, Share]
    controls: tuple[Share, ...]
    treated: Share = 0.5


class Fabrication(Definition):
    """Interviews of a wave that some interviewers made up.

    Attributes
    ----------
    interviewers : int
        How many interviewers do it, chosen at random.
    share : float
        The share of their interviews of the wave.
    manner : {'copies', 'straight_lines'}
        Whether answers are those of another of their interviews, or the same on all items of a
        scale.
    """

    wave: Identifier
    interviewers: Few
    share: Annotated[float, Field(gt=0, le=1)]
    manner: Literal["copies", "straight_lines"]


class SimulationPlan(Definition):
    """A population with known truth, and how it is surveyed.

    People have a standing on each index that items belong to, and on each item in no index. It
    is normal with variance 1 within a PSU and shifts, in standard deviations, by the amounts
    given here.

    Attributes
    ----------
    labels : str
        The language of the labels in the files.
    common_factor : float
        The share of a person's standing that is common to all indices.
    persistence : float
        The correlation of a person's standing from wave to wave.
    levels : mapping of index, or of item in no index, to float
        Where the population stands at the first wave: every index, and items other than at 0.
    sites : mapping of site to float
        How sites differ.
    trend : mapping of wave to float
        What changes everywhere.
    effect : mapping of wave to mapping of index, or of item in no index, to float
        What changes besides in the programme's sites.
    groups : mapping of variable to mapping of value to share
        The make-up of the population.
    differences : mapping of variable to mapping of value to float
        How groups differ.
    noninvariance : tuple of Noninvariance
        Where items work otherwise.
    """

    simulation: Identifier
    seed: Annotated[int, Field(ge=0)]
    labels: Literal["en", "fr", "ar", "mk", "sq", "sw"] = "en"
    population: PopulationSize
    sample: SampleSize
    clustering: Clustering
    loadings: Loadings
    common_factor: Share
    persistence: Share = 1.0
    levels: dict[Identifier, float]
    sites: dict[Identifier, float] = {}
    trend: dict[Identifier, float] = {}
    effect: dict[Identifier, dict[Identifier, float]] = {}
    groups: dict[Identifier, Shares] = {}
    differences: dict[Identifier, dict[Identifier, float]] = {}
    noninvariance: tuple[Noninvariance, ...] = ()
    response: Response | None = None
    interviewers: Interviewers | None = None
    missing: tuple[MissingRate, ...] = ()
    list_experiments: dict[Identifier, PlannedList] = {}
    fabrication: tuple[Fabrication, ...] = ()
