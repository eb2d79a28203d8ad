"""What a reader must know of a report's sample."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from resilience.evaluation.results import InterviewingFacts, SampleFacts, WaveFacts
from resilience.evaluation.weighting import weighting_facts

if TYPE_CHECKING:
    import pandas as pd

    from resilience.definitions.study import Study
    from resilience.inference.designs.design import SurveyDesign

__all__ = ["sample_facts"]

_INTERVIEWER = "interviewer"


def sample_facts(design: SurveyDesign, study: Study) -> SampleFacts:
    """Return sizes, weights and overlap of the waves' samples.

    Parameters
    ----------
    design : SurveyDesign
    study : Study
    """
    sample = design.sample
    of_row = design.frame["wave"].to_numpy()
    facts = {}
    for code, wave in enumerate(design.wave_names):
        weights = design.weights[of_row == wave]
        cells = sample.wave_of_cell == code
        facts[wave] = WaveFacts(
            n=len(weights),
            psus=int(sample.cell_sizes[cells].sum()),
            strata=int(cells.sum()),
            weight_low=float(weights.min() / weights.mean()),
            weight_high=float(weights.max() / weights.mean()),
            weight_effect=float(len(weights) * (weights**2).sum() / weights.sum() ** 2),
        )
    again = {
        pair: _in_both(design.frame, *pair)
        for pair in itertools.combinations(study.waves_by_id, 2)
        if study.relation_of(*pair) == "panel"
    }
    fitted, who = weighting_facts(design), _interviewing(design)
    return SampleFacts(facts, design.degrees_of_freedom, again, fitted, who)


def _interviewing(design: SurveyDesign) -> dict[str, InterviewingFacts]:
    """Return who interviewed in each wave, as far as files say it."""
    if _INTERVIEWER not in design.frame:
        return {}
    told = design.frame.dropna(subset=[_INTERVIEWER])
    by_wave = {
        wave: told.loc[told["wave"].astype("str") == wave, _INTERVIEWER]
        for wave in design.wave_names
    }
    first = set(by_wave[design.wave_names[0]])
    return {
        wave: InterviewingFacts(
            interviewers=int(who.nunique()),
            median=float(who.value_counts().median()),
            from_first=float(who.isin(first).mean()),
        )
        for wave, who in by_wave.items()
        if len(who)
    }


def _in_both(frame: pd.DataFrame, one: str, other: str) -> int:
    """Return how many respondents are in two waves."""
    ids = [set(frame.loc[frame["wave"] == wave, "respondent_id"]) for wave in (one, other)]
    return len(ids[0] & ids[1])
