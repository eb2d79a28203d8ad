"""Interviews that were not made: copies of others, and straight lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.errors import DefinitionError, Issue
from resilience.responses.simulated.population import traits_of

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from resilience.definitions.simulation import Fabrication, SimulationPlan
    from resilience.definitions.study import Study

    Rows = npt.NDArray[np.int64]

__all__ = ["fabricate"]


def fabricate(
    sample: pd.DataFrame, study: Study, plan: SimulationPlan, wave: str, rng: np.random.Generator
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return a wave of which some interviews were made up, and which.

    Parameters
    ----------
    sample : pandas.DataFrame
        The wave as it would have been, with `respondent_id`, `interviewer` and items.

    Raises
    ------
    DefinitionError
        If there are not as many interviewers in the wave.
    """
    # Counts of lists are left: another arm's would betray the copy at once.
    items = [item for part in traits_of(study).values() for item in part]
    answers = sample[items].to_numpy(float, copy=True)
    honest = rng.permutation(np.unique(sample["interviewer"].to_numpy().astype(str)))
    made_up = []
    for part in plan.fabrication:
        if part.wave != wave:
            continue
        _require_enough(len(honest), part)
        chosen, honest = honest[: part.interviewers], honest[part.interviewers :]
        for interviewer in chosen:
            rows = rng.permutation(np.flatnonzero(sample["interviewer"] == interviewer))
            number = min(round(part.share * len(rows)), len(rows) - (part.manner == "copies"))
            false, real = rows[:number], rows[number:]
            sources = rng.choice(real, number) if part.manner == "copies" and number else false
            answers[false] = (
                answers[sources]
                if part.manner == "copies"
                else _straight_lines(study, items, rng.random(number))
            )
            made_up += _told(sample, part, interviewer, false, sources)
    return sample.assign(**dict(zip(items, answers.T, strict=True))), made_up


def _straight_lines(
    study: Study, items: list[str], places: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return answers at one place of every scale, shape (interviews, items)."""
    columns = []
    for item in items:
        codes = np.array(sorted(study.questionnaire.scale_of(item).answers), float)
        columns.append(codes[(places * len(codes)).astype(int)])
    return np.column_stack(columns)


def _told(
    sample: pd.DataFrame, part: Fabrication, interviewer: str, false: Rows, sources: Rows
) -> list[dict[str, Any]]:
    ids = sample["respondent_id"].to_numpy()
    copied = part.manner == "copies"
    return [
        {
            "wave": part.wave,
            "respondent_id": str(ids[row]),
            "interviewer": str(interviewer),
            "manner": part.manner,
            "copied_from": str(ids[source]) if copied else None,
        }
        for row, source in zip(false, sources, strict=True)
    ]


def _require_enough(there: int, part: Fabrication) -> None:
    if there < part.interviewers:
        raise DefinitionError(
            Issue(
                f"more interviewers of '{part.wave}' make up interviews than there are",
                where="fabrication",
                found=str(part.interviewers),
                expected=f"at most {there}",
                remedy="name fewer, or raise interviewers.per_site",
            )
        )
