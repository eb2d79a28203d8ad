"""Standard errors of statistics of rows, at the level of the sample or of the assignment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from resilience.errors import EvaluationError, Issue
from resilience.inference.results.factor import side_by_side
from resilience.inference.statistics.influence import statistic_part
from resilience.inference.weighting.replication import as_replicates

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from resilience.evaluation.threats.arms import Arms
    from resilience.inference.designs.design import SurveyDesign

    Floats = npt.NDArray[np.float64]

__all__ = ["ErrorLevel", "RowEstimates", "design_for", "estimated_from_rows", "require_clusters"]

ErrorLevel = Literal["assignment", "design"]
"""Whether errors come from the units assigned, or from the PSUs that were drawn."""

_WEIGHT, _ARM, _UNIT = "weight_here", "arm_here", "unit_here"
_FEWEST = 2


@dataclass(frozen=True, slots=True, eq=False)
class RowEstimates:
    """Statistics with their errors, each array of shape (k,)."""

    values: Floats
    std_error: Floats
    df: Floats


def design_for(
    design: SurveyDesign,
    arms: Arms,
    errors: ErrorLevel,
    verb: str,
    *,
    bootstrap: int | None,
    seed: int,
) -> SurveyDesign:
    """Return the rows in an arm as a design whose PSUs are those that errors come from.

    At the level of assignment the units assigned are the PSUs and the arms the strata; rows
    outside the arms are left out. At the level of the design its rows, strata and PSUs stay.

    Raises
    ------
    EvaluationError
        If an arm has one unit of assignment.
    """
    if errors not in ("assignment", "design"):
        message = f"'errors' must be 'assignment' or 'design' (got {errors!r})"
        raise ValueError(message)
    if errors == "design":
        chosen = design
    else:
        require_clusters(arms, verb)
        chosen = _of_assignment(design, arms)
    if bootstrap is None:
        return chosen
    return as_replicates(chosen, "bootstrap", n_replicates=bootstrap, seed=seed)


def require_clusters(arms: Arms, verb: str) -> None:
    """Refuse an arm with one unit of assignment, whose chance nobody can know."""
    if min(arms.per_arm) >= _FEWEST:
        return
    treated, others = arms.per_arm
    raise EvaluationError(
        Issue(
            f"an arm has one unit of '{arms.cluster_column}'",
            where=verb,
            found=f"{treated} treated, {others} not",
            expected="two or more in each arm",
            remedy="errors='design' says what is so of these places; what the programme did "
            "cannot be told from what is peculiar to one place",
        )
    )


def _of_assignment(design: SurveyDesign, arms: Arms) -> SurveyDesign:
    inside = arms.inside
    frame = design.frame.loc[inside].reset_index(drop=True)
    frame = frame.assign(
        **{
            _WEIGHT: design.weights[inside],
            _ARM: arms.of_row[inside],
            _UNIT: arms.cluster[inside],
        }
    )
    return replace(
        design,
        frame=frame,
        weight=_WEIGHT,
        stratum=_ARM,
        psu=_UNIT,
        fpc=None,
        wave=None,
        waves=None,
        nested_psu=False,
        respondent_id=None,
        assumed_design_effect=1.0,
        replicates=None,
        weight_history=(),
    )


def estimated_from_rows(
    design: SurveyDesign,
    *,
    point: Callable[[Floats], Floats],
    influence: Callable[[Floats], Floats],
    counted: npt.NDArray[np.bool_],
) -> RowEstimates:
    """Return statistics with errors by linearisation, or by the design's replicates.

    Parameters
    ----------
    design : SurveyDesign
    point : callable
        From weights, shape (n,), to the statistics, shape (k,).
    influence : callable
        From weights to each row's influence, its weight included, shape (n, k).
    counted : numpy.ndarray of bool
        Which rows count, shape (n, 1) or (n, k).
    """
    part, _ = statistic_part(design, point=point, influence=influence, counted=counted)
    factor = side_by_side(part.sample, [part])
    values = point(design.weights)
    error = np.sqrt(factor.variances())
    return RowEstimates(
        values, np.where(np.isfinite(values), error, np.nan), factor.degrees_of_freedom()
    )
