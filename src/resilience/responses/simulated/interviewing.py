"""Interviews: who makes them, what answers they get, and which answers are missing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.responses.simulated.answering import rank_within, spread_of_share
from resilience.responses.simulated.population import coded_answers, traits_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.definitions.simulation import Interviewers, MissingRate, SimulationPlan
    from resilience.definitions.study import Study
    from resilience.responses.simulated.population import Population

__all__ = ["Staff", "recruit", "refusal_truth", "with_missing"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Staff:
    """The interviewers of all sites.

    Attributes
    ----------
    names : numpy.ndarray
        Their labels, those of the first site first.
    effects : pandas.DataFrame
        By how many standard deviations each raises what is shown on the items of a trait.
    """

    terms: Interviewers
    names: npt.NDArray[np.object_]
    effects: pd.DataFrame

    def assigned(self, sample: pd.DataFrame, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Return the number of each respondent's interviewer.

        PSUs are dealt out to the site's interviewers, and interviews within them.
        """
        terms = self.terms
        psu, first = np.unique(
            sample["psu"].cat.codes.to_numpy(), return_index=True, return_inverse=False
        )
        site = sample["site"].cat.codes.to_numpy()[first].astype(np.int64)
        dealt = rank_within(site, rng.random(len(psu)))
        of_row = np.searchsorted(psu, sample["psu"].cat.codes.to_numpy())
        turn = rank_within(of_row, rng.random(len(of_row))) % terms.per_psu
        within_site = (dealt[of_row] * terms.per_psu + turn) % terms.per_site
        return np.asarray(site[of_row] * terms.per_site + within_site, np.int64)

    def answers(
        self,
        study: Study,
        population: Population,
        wave: str,
        drawn: npt.NDArray[np.int64],
        interviewers: npt.NDArray[np.int64],
    ) -> pd.DataFrame:
        """Return the answers that respondents give to their interviewers."""
        answers = population.answers[wave].iloc[drawn].reset_index(drop=True)
        for name, items in traits_of(study).items():
            effect = self.effects[name].to_numpy()[interviewers]
            for item in items:
                seen = population.shown[wave][item].to_numpy()[drawn] + effect
                answers[item] = coded_answers(study, item, seen)
        return answers

    def truth(self) -> list[dict[str, Any]]:
        """Return each interviewer's effects."""
        return [
            {"interviewer": str(name), "variable": str(trait), "effect": round(float(effect), 6)}
            for name, effects in zip(self.names, self.effects.to_numpy(), strict=True)
            for trait, effect in zip(self.effects.columns, effects, strict=True)
        ]


def recruit(study: Study, terms: Interviewers, rng: np.random.Generator) -> Staff:
    """Return the interviewers of all sites, each with an effect of their own."""
    names = [
        f"{site}{number:02d}"
        for site in range(1, len(study.sites) + 1)
        for number in range(1, terms.per_site + 1)
    ]
    traits = list(traits_of(study))
    spread = spread_of_share(terms.variance_share)
    effects = rng.normal(0, spread, (len(names), len(traits)))
    return Staff(terms, np.array(names, object), pd.DataFrame(effects, columns=traits))


def with_missing(
    answers: pd.DataFrame, study: Study, plan: SimulationPlan, rng: np.random.Generator
) -> pd.DataFrame:
    """Return answers of which some are replaced by the scale's codes for missing."""
    columns = {}
    for item in answers:
        given = answers[item].to_numpy(float)
        codes = {m.reason: m.code for m in study.questionnaire.scale_of(str(item)).missing}
        worded = any(isinstance(code, str) for code in codes.values())
        values = given.astype(object if worded else float)
        for rate in plan.missing:
            shares = _rates(rate, str(item), given)
            hit = rng.random(len(values)) < shares
            if rate.reason in codes:
                values[hit] = codes[rate.reason]
        columns[str(item)] = values
    return pd.DataFrame(columns)


def refusal_truth(
    population: Population, study: Study, plan: SimulationPlan
) -> list[dict[str, Any]]:
    """Return the shares of answers in the population where missing depends on the answer.

    Rates are those that come out: an answer that a later entry of the plan takes is not missing
    for the reason of an earlier one.
    """
    return [
        {
            "wave": wave,
            "item": item,
            "reason": rate.reason,
            "code": code,
            "share": round(float((answers[item] == code).mean()), 6),
            "rate": round(_rate_left(plan.missing[position:], study, item, code), 6),
        }
        for position, rate in enumerate(plan.missing)
        for item in rate.by_answer
        for wave, answers in population.answers.items()
        if item in study.items_asked(wave)
        for code in sorted(study.questionnaire.scale_of(item).answers)
    ]


def _rate_left(entries: Sequence[MissingRate], study: Study, item: str, code: int) -> float:
    """Return the rate of the first entry that the later ones leave for one answer."""
    reasons = {part.reason for part in study.questionnaire.scale_of(item).missing}
    answer = np.array([float(code)])
    rates = [float(_rates(part, item, answer)[0]) for part in entries if part.reason in reasons]
    return rates[0] * math.prod(1 - rate for rate in rates[1:])


def _rates(
    rate: MissingRate, item: str, answers: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the rate at which each answer is missing."""
    rates = np.full(len(answers), rate.items.get(item, rate.default))
    for code, share in rate.by_answer.get(item, {}).items():
        rates[answers == code] = share
    return rates
