"""Estimates that follow from rows and weights by a fit, and not from totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import EstimationError
from resilience.inference.results.factor import side_by_side
from resilience.inference.statistics.assembling import Statistic, assembled
from resilience.inference.statistics.influence import statistic_part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.results.factor import Part
    from resilience.inference.statistics.assembling import Kind
    from resilience.inference.statistics.columns import Column
    from resilience.inference.statistics.domains import Domains

    Floats = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]

__all__ = ["RowStatistics", "estimated_from_rows"]


@dataclass(frozen=True, slots=True)
class RowStatistics:
    """How k quantities of a domain follow from its rows; each a pure function of weights.

    Attributes
    ----------
    kind : Kind
    fit : callable
        From positions of rows and their weights to parameters; raises `EstimationError` where
        there are none. A replicate under which it does has no value.
    quantities : callable
        From positions, weights and parameters to what is wanted, shape (k,).
    influence : callable
        From the same to how much each of the rows moves it, shape (rows, k).
    """

    kind: Kind
    fit: Callable[[Rows, Floats], Floats]
    quantities: Callable[[Rows, Floats, Floats], Floats]
    influence: Callable[[Rows, Floats, Floats], Floats]


def estimated_from_rows(
    design: SurveyDesign, columns: Sequence[Column], domains: Domains, how: RowStatistics
) -> Estimates:
    """Return quantities with their joint covariance, each quantity's domains in turn.

    Parameters
    ----------
    design : SurveyDesign
    columns : sequence of Column
        What each of the k quantities is; only variable and keys are used.
    domains : Domains
        Of the rows that count; each has some.
    how : RowStatistics
    """
    rows = [np.flatnonzero(domains.of_row == domain) for domain in range(domains.size)]
    pieces = [_piece(design, part, how, len(columns)) for part in rows]
    joint = side_by_side(pieces[0][1].sample, [part for _, part, _ in pieces])
    starts = np.arange(len(pieces)) * len(columns)
    statistics = [
        Statistic(
            np.array([values[position] for values, _, _ in pieces]),
            np.array([len(part) for part in rows], np.float64),
            np.full(len(pieces), np.nan),
            joint.selected(starts + position).parts[0],
            np.column_stack([reached[:, position] for _, _, reached in pieces]),
        )
        for position in range(len(columns))
    ]
    return assembled(design, columns, domains, statistics, how.kind)


def _piece(
    design: SurveyDesign, rows: Rows, how: RowStatistics, size: int
) -> tuple[Floats, Part, npt.NDArray[np.bool_]]:
    """Return a domain's quantities, what PSUs contribute, and which cells are reached."""
    fitted = how.fit(rows, design.weights[rows])

    def parameters(weights: Floats) -> Floats:
        return fitted if weights is design.weights else how.fit(rows, weights[rows])

    def point(weights: Floats) -> Floats:
        try:
            found = parameters(weights)
        except EstimationError:  # of a replicate's weights; the design's are fitted by now
            return np.full(size, np.nan)
        return how.quantities(rows, weights[rows], found)

    def moved(weights: Floats) -> Floats:
        inside = how.influence(rows, weights[rows], parameters(weights))
        everybody = np.zeros((len(weights), inside.shape[1]))
        everybody[rows] = inside
        return everybody

    counted = np.zeros((len(design.weights), 1), bool)
    counted[rows] = True
    part, reached = statistic_part(design, point=point, influence=moved, counted=counted)
    return point(design.weights), part, reached
