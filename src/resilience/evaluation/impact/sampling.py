"""How far the sampling of respondents alone may have moved an estimate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from resilience.inference.statistics.estimation import estimate_total

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.evaluation.impact.stacking import StackedSample
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates

    Floats = npt.NDArray[np.float64]

__all__ = ["detectable", "larger_error", "sampling_errors"]

POWER = 0.8


def sampling_errors(
    design: SurveyDesign, sample: StackedSample, influence: Floats
) -> tuple[Floats, Floats]:
    """Return errors of the survey's design and their degrees of freedom, shape (q,) each.

    An estimate is to first order the total of what each respondent adds to it; so its error is
    that of an estimated total, with strata, PSUs, people asked twice and fitted weights.

    Parameters
    ----------
    design : SurveyDesign
    sample : StackedSample
    influence : numpy.ndarray
        By how much each respondent moves each row, shape (n, q); NaN where one was not used.
    """
    size = influence.shape[1]
    values = np.full((len(design.frame), size), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        values[sample.rows] = influence / sample.weight[:, None]
    values[~np.isfinite(values)] = np.nan
    names = [f"moved_{number}" for number in range(size)]
    known = np.isfinite(values).any(axis=0)
    error, df = np.full((2, size), np.nan)
    if known.any():
        columns = pd.DataFrame(values, columns=names, index=design.frame.index)
        frame = pd.concat([design.frame, columns], axis=1)
        used = [name for name, there in zip(names, known, strict=True) if there]
        found = estimate_total(replace(design, frame=frame, measures={}), used)
        error[known], df[known] = found.std_error, found.df
    return error, df


def larger_error(found: tuple[Floats, Floats], other: Estimates | None) -> tuple[Floats, Floats]:
    """Return errors that are not smaller than those of differences of changes.

    For regressions on means of the baseline's sample, whose own error they do not know of: with
    slopes between 0 and 1 the difference of changes varies at least as much.
    """
    if other is None or len(other) != len(found[0]):
        return found
    take = ~(found[0] >= other.std_error)
    return np.where(take, other.std_error, found[0]), np.where(take, other.df, found[1])


def detectable(std_error: Floats, df: Floats, level: float) -> Floats:
    """Return the effects that would be found with a power of 80 %.

    Examples
    --------
    >>> import numpy as np
    >>> detectable(np.array([1.0]), np.array([6.0]), 0.95).round(2)
    array([3.35])
    """
    reach = stats.t.ppf((1 + level) / 2, df) + stats.t.ppf(POWER, df)
    return np.asarray(reach * std_error)
