"""What the design costs: design effects of means and shares, and of the weights alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resilience.inference.statistics.columns import columns_of
from resilience.inference.statistics.domain_rows import DomainRows, quotient
from resilience.inference.statistics.domains import domains_of
from resilience.inference.statistics.estimation import estimate_mean
from resilience.inference.statistics.influence import weighing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.domains import By, Where

__all__ = ["design_effects"]


def design_effects(
    design: SurveyDesign,
    variables: str | Sequence[str],
    *,
    by: By = None,
    where: Where = None,
) -> pd.DataFrame:
    """Return how much the design costs in precision, and how much of it the weights.

    Use it to plan the next survey, to report the design, and to judge weights before trimming.
    Means of columns of 0 and 1 are shares. Respondents without the value are left out.

    Parameters
    ----------
    design, variables, by, where
        As for `estimate_mean`.

    Returns
    -------
    pandas.DataFrame
        The rows of `estimate_mean` with

        - `n`; `population`, the people they stand for (the sum of their weights);
        - `deff`, the variance as a multiple of that of a simple random sample with replacement
          of n, and `deft`, its root: by how much errors are wider;
        - `deff_without_replacement`, as a multiple of that of a simple random sample drawn
          without replacement from `population`; NaN where the weights do not add up to more
          than n, so that they tell no population;
        - `deff_weights`, Kish's effect of unequal weights, n sum(w^2) / sum(w)^2;
        - `n_effective`, n / `deff`.

        Design effects are NaN where the variable does not vary, and where the standard error
        is not known.

    Raises
    ------
    EstimationError, ComparisonError
        As for `estimate_mean`.

    References
    ----------
    Kish (1965), Survey Sampling, sections 8.2 and 11.7; Kish (1992), J. Official Statist. 8,
    183-200. Oracle: R survey 4.1-1, `svymean(deff = "replace")` and `svymean(deff = TRUE)`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "w": [1.0, 1, 2, 4], "ea": [1, 1, 2, 3]})
    >>> effects = rs.design_effects(rs.SurveyDesign(frame, weight="w", psu="ea"), "y")
    >>> effects["deff_weights"].tolist()
    [1.375]
    """
    columns = columns_of(design, variables)
    means = estimate_mean(design, variables, by=by, where=where)
    domains = domains_of(design, by, where)
    sums, squares = [], []
    for column in columns:
        rows = DomainRows.of(domains.of_row, domains.size, ~np.isnan(column.y) & weighing(design))
        weights = design.weights[rows.chosen]
        sums.append(rows.added(weights))
        squares.append(rows.added(weights**2))
    population, squared = np.concatenate(sums), np.concatenate(squares)
    unsampled = quotient(population - means.n, population)
    return means.rows.assign(
        n=means.n,
        population=population,
        deff=means.deff,
        deft=np.sqrt(means.deff),
        deff_without_replacement=quotient(means.deff, np.where(unsampled > 0, unsampled, 0.0)),
        deff_weights=quotient(means.n * squared, population**2),
        n_effective=means.n_effective,
    )
