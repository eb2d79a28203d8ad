"""What a reader must know of weights that were made to fit margins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resilience.inference.weights.weight_history import kish_effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.inference.designs.design import SurveyDesign

__all__ = ["FittedWave", "WeightingFacts", "weighting_facts"]


@dataclass(frozen=True, slots=True)
class FittedWave:
    """How the weights of one wave came to fit.

    Attributes
    ----------
    iterations : int
        The most that any part of the wave took.
    effect_before, effect_after : float
        Kish's design effect of the weights.
    """

    iterations: int
    effect_before: float
    effect_after: float


@dataclass(frozen=True, slots=True)
class WeightingFacts:
    """The margins' sources, and each wave that was fitted."""

    sources: tuple[Mapping[str, str], ...]
    waves: Mapping[str, FittedWave]


def weighting_facts(design: SurveyDesign) -> WeightingFacts | None:
    """Return how a study's weights were made to fit; None where they are as the files have them.

    Parameters
    ----------
    design : SurveyDesign
        With a column of waves.
    """
    if not design.weight_history or design.wave is None:
        return None
    (first, *_), last = design.weight_history, design.weight_history[-1]
    of_row = design.frame[design.wave].astype("str").to_numpy()
    waves = {}
    for wave in dict.fromkeys(part.wave for part in last.convergence):
        here = np.asarray(of_row == wave)
        waves[wave] = FittedWave(
            max(part.iterations for part in last.convergence if part.wave == wave),
            kish_effect(first.before[here]),
            kish_effect(last.after[here]),
        )
    return WeightingFacts(last.sources, waves)
