"""Statistics that need rows: from how they follow from weights to one `Statistic` a column."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from resilience.inference.results.factor import side_by_side
from resilience.inference.statistics.assembling import Statistic
from resilience.inference.statistics.domain_rows import quotient
from resilience.inference.statistics.influence import statistic_part

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.factor import Part
    from resilience.inference.statistics.domain_rows import DomainRows

    Floats = npt.NDArray[np.float64]

__all__ = ["domain_statistic", "simple_variance"]


def domain_statistic(
    design: SurveyDesign,
    rows: DomainRows,
    *,
    point: Callable[[Floats], Floats],
    influence: Callable[[Floats], Floats],
) -> Statistic:
    """Return a statistic of each domain that only the domain's own rows move.

    Parameters
    ----------
    design : SurveyDesign
    rows : DomainRows
        Who counts.
    point : callable
        From the chosen rows' weights, shape (c,), to the statistic by domain, shape (size,).
    influence : callable
        From the chosen rows' weights to how much each row moves its domain's statistic, its
        weight included, shape (c,).
    """
    made = [_block_part(design, rows, point, influence, block) for block in rows.blocks()]
    part = side_by_side(made[0][0].sample, [block for block, _ in made]).parts[0]
    reached = np.hstack([cells for _, cells in made])
    weights = design.weights[rows.chosen]
    values = point(weights)
    # A statistic that does not exist has no variance either, which 0 contributions would say.
    part = replace(part, known=part.known & np.isfinite(values))
    simple = simple_variance(rows, influence(weights), weights)
    return Statistic(values, rows.n, simple, part, reached)


def _block_part(
    design: SurveyDesign,
    rows: DomainRows,
    point: Callable[[Floats], Floats],
    influence: Callable[[Floats], Floats],
    block: slice,
) -> tuple[Part, npt.NDArray[np.bool_]]:
    """Return what PSUs contribute to the statistic of some of the domains."""
    return statistic_part(
        design,
        point=lambda w: point(w[rows.chosen])[block],
        influence=lambda w: rows.spread(influence(w[rows.chosen]), block),
        counted=rows.counted(block),
    )


def simple_variance(rows: DomainRows, influence: Floats, weights: Floats) -> Floats:
    """Return the variance under simple random sampling with replacement, shape (size,).

    A statistic that is linearised as a total of e has W^2 S^2(e) / n, where W are the people
    the rows stand for and S^2 is their weighted variance, as in R survey's `deff="replace"`.
    """
    squares = np.divide(influence**2, weights, where=weights > 0, out=np.zeros(len(weights)))
    variance = quotient(rows.added(weights) * rows.added(squares), rows.n - 1)
    return np.where(rows.n > 1, variance, np.nan)
