"""Ordered answers explained by characteristics, for populations."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.errors import EstimationError, Issue
from resilience.inference.models.cumulative_logit import (
    fit_cumulative,
    ordinal_influence,
    threshold_table,
)
from resilience.inference.models.generalised_linear import separating_columns
from resilience.inference.models.model_fitting import Asked, model_data
from resilience.inference.models.models import no_maximum
from resilience.inference.models.regression import regression_of
from resilience.inference.statistics.assembling import Kind
from resilience.inference.statistics.domains import domain_in_words
from resilience.inference.statistics.row_statistics import RowStatistics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_fitting import ModelData
    from resilience.inference.models.model_matrix import Term
    from resilience.inference.models.regression import Regression
    from resilience.inference.statistics.domains import By, Where

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Rows = npt.NDArray[np.int64]

__all__ = ["fit_ordinal"]

_FEWEST_LEVELS = 3
_MOST_LEVELS = 20


def fit_ordinal(
    design: SurveyDesign,
    outcome: str,
    predictors: str | Sequence[str | Term],
    *,
    reference: Mapping[str, Any] | None = None,
    by: By = None,
    where: Where = None,
) -> Regression:
    """Fit a cumulative logit (proportional odds) model to ordered answers.

    Use it for single items with three or more ordered answers. Positive slopes go with higher
    answers, by the same odds ratio at every threshold: log-odds of an answer up to k are
    threshold k minus the slopes' part. Respondents without the outcome or a predictor are left
    out and told (`flow`); the design still counts everybody.

    Parameters
    ----------
    design : SurveyDesign
    outcome : str
        Codes of answers, or an ordered categorical column; 3 to 20 values.
    predictors, reference, by, where
        As for `fit_regression`. There is no intercept: the thresholds take its place.

    Returns
    -------
    Regression
        Slopes, then thresholds, named 'answer|next answer'. Degrees of freedom are PSUs minus
        strata minus the number of slopes, as in R.

    Raises
    ------
    EstimationError
        As for `fit_regression`; or if the outcome's values have no order or are not 3 to 20,
        or one that others give is given by nobody in a domain.

    References
    ----------
    McCullagh (1980), JRSS B 42: 109-142; Pratt (1981), JASA 76: 103-106 (one maximum); Binder
    (1983). Oracle: R survey 4.1-1, `svyolr`, whose own Hessian is numerical and right to 2e-3;
    and the score equations solved in R with an extrapolated Hessian.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"trust": [1, 2, 1, 3, 2, 3, 1, 3], "ea": [1, 1, 2, 2, 3, 3, 4, 4],
    ...     "age": [20, 30, 25, 28, 50, 60, 41, 35]})
    >>> fitted = rs.fit_ordinal(rs.SurveyDesign(frame, psu="ea"), "trust", "age")
    >>> fitted.coefficients.rows["term"].tolist()
    ['age', '1|2', '2|3']
    """
    asked = Asked(outcome, predictors, reference, by, where, "fit_ordinal")
    data = model_data(design, asked, constant=False, categories=True)
    codes, levels = _answers(design, data)
    size = len(levels)

    def fit(rows: Rows, weights: Floats) -> Floats:
        parameters, converged = fit_cumulative(data.x[rows], codes[rows], weights, size)
        apart = _apart(data, codes, rows, weights, parameters, size)
        if converged and not apart:
            return parameters
        raise EstimationError(no_maximum(data, int(data.domains.of_row[rows[0]]), apart))

    model = RowStatistics(
        Kind("coefficient", "t", "log-odds"),
        fit,
        lambda _rows, _weights, parameters: parameters,
        lambda rows, weights, parameters: ordinal_influence(
            data.x[rows], codes[rows], weights, parameters, size
        ),
    )
    thresholds = [f"{low}|{high}" for low, high in itertools.pairwise(levels)]
    return regression_of(
        design,
        data,
        model,
        [*data.names, *thresholds],
        family="cumulative_logit",
        taken=len(data.names),
    )


def _answers(design: SurveyDesign, data: ModelData) -> tuple[Codes, list[Any]]:
    """Return positions of answers and the answers, or raise if they are no ordered few."""
    y = data.column.y
    used = (data.domains.of_row >= 0) & (design.weights > 0)
    values = np.unique(y[used])
    codes = np.searchsorted(values, np.nan_to_num(y)).clip(0, len(values) - 1)
    column = design.frame[data.column.variable]
    issues = []
    if data.column.categories and not column.cat.ordered:
        issues.append(_outcome_issue(data, "categories without an order"))
    if not _FEWEST_LEVELS <= len(values) <= _MOST_LEVELS:
        issues.append(_outcome_issue(data, f"{len(values)} values"))
    else:
        for domain in range(data.domains.size):
            rows = data.rows(domain)
            there = np.unique(codes[rows[design.weights[rows] > 0]])
            if len(there) < len(values):
                place = domain_in_words(data.domains, domain)
                found = f"{len(there)} of {len(values)} values in {place}"
                issues.append(_outcome_issue(data, found))
    if issues:
        raise EstimationError(*issues)
    if data.column.categories:
        return codes, [data.column.categories[int(value)] for value in values]
    return codes, [int(value) if value.is_integer() else float(value) for value in values]


def _outcome_issue(data: ModelData, found: str) -> Issue:
    return Issue(
        f"'{data.column.variable}' is no outcome of an ordinal model",
        where="fit_ordinal: outcome",
        found=found,
        expected=f"{_FEWEST_LEVELS} to {_MOST_LEVELS} ordered values, each given by somebody in "
        "each domain",
        remedy="join rare answers; order categories with frame[name].cat.as_ordered(); for two "
        "values fit_regression(family='binomial')",
    )


def _apart(
    data: ModelData, codes: Codes, rows: Rows, weights: Floats, parameters: Floats, levels: int
) -> list[int]:
    """Return the predictors that tell answers apart without error."""
    matrix, above = threshold_table(data.x[rows], codes[rows], levels)
    with np.errstate(invalid="ignore", over="ignore"):
        linear = matrix @ parameters
    slopes = data.x.shape[1]
    return separating_columns(
        matrix,
        above,
        np.tile(weights, levels - 1),
        linear,
        "binomial",
        constants=range(slopes, matrix.shape[1]),
    )
