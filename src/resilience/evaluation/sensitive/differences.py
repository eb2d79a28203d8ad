"""Differences of means between the versions of a question, by the design."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resilience.inference.statistics.domain_rows import DomainRows
from resilience.inference.statistics.domain_statistics import domain_statistic
from resilience.inference.statistics.influence import weighing

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.evaluation.sensitive.arms import Arms
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.assembling import Statistic
    from resilience.inference.statistics.domains import Domains

    Floats = npt.NDArray[np.float64]

__all__ = ["difference_by_arm", "mean_of_rows"]


def difference_by_arm(
    design: SurveyDesign, y: Floats, arms: Arms, version: int, domains: Domains
) -> Statistic:
    """Return by domain the mean of one version less that of the control version.

    Parameters
    ----------
    design : SurveyDesign
    y : numpy.ndarray
        Shape (n,), NaN where there is no answer.
    arms : Arms
    version : int
        The code of the version in `arms.of_row`.
    domains : Domains
    """
    answered = ~np.isnan(y) & np.isin(arms.of_row, (0, version)) & weighing(design)
    rows = DomainRows.of(domains.of_row, domains.size, answered)
    values = y[rows.chosen]
    heard = arms.of_row[rows.chosen] == version

    def means(weights: Floats) -> tuple[Floats, Floats]:
        return (
            rows.mean(values, np.where(heard, weights, 0.0)),
            rows.mean(values, np.where(heard, 0.0, weights)),
        )

    def point(weights: Floats) -> Floats:
        other, control = means(weights)
        return other - control

    def influence(weights: Floats) -> Floats:
        other, control = means(weights)
        centre = np.where(heard, other[rows.domain], control[rows.domain])
        total = np.where(
            heard,
            rows.added(np.where(heard, weights, 0.0))[rows.domain],
            rows.added(np.where(heard, 0.0, weights))[rows.domain],
        )
        sign = np.where(heard, 1.0, -1.0)
        moved = sign * weights * (values - centre)
        return np.divide(moved, total, where=total > 0, out=np.zeros(len(moved)))

    return domain_statistic(design, rows, point=point, influence=influence)


def mean_of_rows(design: SurveyDesign, y: Floats, domains: Domains) -> Statistic:
    """Return by domain the mean of numbers that are NaN where they do not count."""
    rows = DomainRows.of(domains.of_row, domains.size, ~np.isnan(y) & weighing(design))
    values = y[rows.chosen]

    def point(weights: Floats) -> Floats:
        return rows.mean(values, weights)

    def influence(weights: Floats) -> Floats:
        total = rows.added(weights)[rows.domain]
        moved = weights * (values - point(weights)[rows.domain])
        return np.divide(moved, total, where=total > 0, out=np.zeros(len(moved)))

    return domain_statistic(design, rows, point=point, influence=influence)
