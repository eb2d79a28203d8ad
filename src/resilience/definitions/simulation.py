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


class SampleSize(Definition):
    """How many PSUs and adults are drawn in each wave.

    Attributes
    ----------
    adults_per_psu : int
        Adults drawn in each PSU, of whom some take part.
    psu_overlap : float
        The share of a wave's PSUs that the next wave visits again; respondents are fresh.
    """

    psus_per_stratum: Few
    adults_per_psu: Few
    psu_overlap: Share = 1.0


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


class Response(Definition):
    """Who takes part: rates by the values of one variable. Weights make up for it."""

    variable: Identifier
    rates: dict[Identifier, Annotated[float, Field(gt=0, le=1)]]


class MissingRate(Definition):
    """How often an answer is missing for a reason, whatever the answer would have been."""

    reason: Literal["refused", "dont_know", "never_heard", "not_applicable"]
    default: Share = 0.0
    items: dict[Identifier, Share] = {}


class SimulationPlan(Definition):
    """A population with known truth, and how it is surveyed.

    People have a standing on each index that items belong to. It is normal with variance 1
    within a PSU and shifts, in standard deviations, by the amounts given here.

    Attributes
    ----------
    labels : str
        The language of the labels in the files.
    common_factor : float
        The share of a person's standing that is common to all indices.
    levels : mapping of index to float
        Where the population stands at the first wave.
    sites : mapping of site to float
        How sites differ.
    trend : mapping of wave to float
        What changes everywhere.
    effect : mapping of wave to mapping of index to float
        What changes besides in the programme's sites.
    groups : mapping of variable to mapping of value to share
        The make-up of the population.
    differences : mapping of variable to mapping of value to float
        How groups differ.
    """

    simulation: Identifier
    seed: Annotated[int, Field(ge=0)]
    labels: Literal["en", "fr", "ar", "mk", "sq", "sw"] = "en"
    population: PopulationSize
    sample: SampleSize
    clustering: Clustering
    loadings: Loadings
    common_factor: Share
    levels: dict[Identifier, float]
    sites: dict[Identifier, float] = {}
    trend: dict[Identifier, float] = {}
    effect: dict[Identifier, dict[Identifier, float]] = {}
    groups: dict[Identifier, Shares] = {}
    differences: dict[Identifier, dict[Identifier, float]] = {}
    response: Response | None = None
    missing: tuple[MissingRate, ...] = ()
