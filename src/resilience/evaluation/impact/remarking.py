"""Which notes an estimate of impact carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resilience.evaluation.impact.evidence import MOST_WILD
from resilience.evaluation.impact.noting import ImpactNote

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from resilience.definitions.assignment import Assignment
    from resilience.evaluation.impact.estimators import Times
    from resilience.evaluation.impact.evidence import ClusterEvidence
    from resilience.evaluation.impact.models import Model
    from resilience.evaluation.impact.stacking import StackedSample

    Floats = npt.NDArray[np.float64]

__all__ = ["notes_of_method", "notes_on", "small_errors"]

_GIVEN_LEVELS = ("ancova", "lin")
_ALL_WAVES = ("event_study", "dose_response")
_FEWEST_DF = 4


def small_errors(
    rows: pd.DataFrame, evidence: ClusterEvidence, sampling_error: Floats
) -> tuple[ImpactNote, ...]:
    """Return the measures whose units differ by less than their sampling errors."""
    names = rows["variable"].to_numpy()[evidence.std_error < sampling_error]
    return tuple(ImpactNote("less_than_sampling_error", str(n)) for n in dict.fromkeys(names))


def notes_of_method(
    sample: StackedSample, said: Assignment, method: str, times: Times
) -> tuple[ImpactNote, ...]:
    """Return which waves the method leaves out, and whether it needs a lot that was not drawn."""
    notes = []
    if method in _GIVEN_LEVELS and said.mechanism == "non_random":
        notes.append(ImpactNote("levels_not_by_lot"))
    compared = (*times.baseline, *times.endline)
    left = [name for wave, name in enumerate(sample.waves) if wave not in compared]
    if left and method not in _ALL_WAVES:
        notes.append(ImpactNote("waves_not_used", "", ", ".join(left)))
    return tuple(notes)


def notes_on(
    sample: StackedSample,
    said: Assignment,
    models: Sequence[Model],
    evidence: ClusterEvidence,
    *,
    constant: Sequence[bool],
    level: float,
) -> tuple[ImpactNote, ...]:
    """Return what a reader must know, each once."""
    notes = []
    if np.isfinite(evidence.df).any() and np.nanmin(evidence.df) < _FEWEST_DF:
        notes.append(ImpactNote("few_degrees_of_freedom", "", f"{np.nanmin(evidence.df):.1f}"))
    notes += [note for model in models for note in model.notes]
    if said.mechanism == "non_random":
        notes.append(ImpactNote("non_random"))
    treated = int(sample.arms.treated.sum())
    if min(treated, len(sample.arms.units) - treated) == 1:
        notes.append(ImpactNote("one_unit_in_an_arm"))
    notes += [
        ImpactNote("constant_in_an_arm", name)
        for name, flat in zip(sample.measures, constant, strict=True)
        if flat
    ]
    smallest = evidence.permuted_smallest_p
    if np.isfinite(smallest).any() and np.nanmin(smallest) > 1 - level:
        notes.append(ImpactNote("cannot_reject", "", f"smallest p {np.nanmin(smallest):.3g}"))
    if sample.arms.left_out:
        notes.append(ImpactNote("units_left_out", "", f"{sample.arms.left_out} units"))
    by_influence = any(note.code == "errors_by_influence" for note in notes)
    if by_influence and np.isnan(evidence.permuted_p).all():
        notes.append(ImpactNote("permutation_not_made"))
    if len(sample.arms.units) > MOST_WILD:
        notes.append(ImpactNote("wild_not_made"))
    if np.isinf(evidence.wild_low).any() or np.isinf(evidence.wild_high).any():
        notes.append(ImpactNote("unbounded_interval"))
    return tuple(dict.fromkeys(notes))
