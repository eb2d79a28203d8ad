"""Randomised response: shares and regressions from answers that chance has blurred."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from resilience.errors import EstimationError, EvaluationError, Issue
from resilience.evaluation.sensitive.list_answers import warn_of_no_shares
from resilience.evaluation.sensitive.score_equations import (
    influence_of_scores,
    maximum_of,
)
from resilience.inference.models.model_fitting import Asked, model_data
from resilience.inference.models.models import no_maximum
from resilience.inference.models.regression import regression_of
from resilience.inference.statistics.assembling import Kind
from resilience.inference.statistics.columns import columns_of, require_binary
from resilience.inference.statistics.estimation import estimate_mean
from resilience.inference.statistics.row_statistics import RowStatistics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.evaluation.sensitive.randomisation import Randomisation
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_fitting import ModelData
    from resilience.inference.models.model_matrix import Term
    from resilience.inference.models.regression import Regression
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Where

    Floats = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]

__all__ = ["estimate_randomised_response", "fit_randomised_response"]


def estimate_randomised_response(
    design: SurveyDesign,
    answers: str | Sequence[str],
    randomisation: Randomisation,
    *,
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate the share who hold a trait from answers that chance has blurred.

    Use it where a die, a spinner or a coin decided, unseen by the interviewer, whether an answer
    tells anything. Each answer stays private; the share can be worked out because the chances are
    known. It takes that respondents did as the device told them. Who did not answer is left out.

    Parameters
    ----------
    design : SurveyDesign
    answers : str or sequence of str
        Columns of 0 and 1, as they were given.
    randomisation : Randomisation
        The device.
    by, where
        As for `estimate_mean`.

    Returns
    -------
    Estimates
        (share of yes - chance of a yes from those who do not hold it) / (difference of the two
        chances), not cut to 0 and 1, with the design's standard error. Intervals by t.

    Raises
    ------
    EstimationError
        If a column is absent or not 0 and 1, or nobody is left.

    Warns
    -----
    ResilienceWarning
        If a share is below 0 or above 1: the device was not followed, or by chance.

    References
    ----------
    Warner (1965), J. Am. Statist. Assoc. 60: 63-69; Blair, Imai and Zhou (2015), J. Am. Statist.
    Assoc. 110: 1304-1319. Published: their survey in Nigeria, .2619 (.0144).

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"says_yes": [1, 0, 0, 1, 0]})
    >>> die = rs.Randomisation.forced(yes=1 / 6, no=1 / 6)
    >>> rs.estimate_randomised_response(rs.SurveyDesign(frame), "says_yes", die).values
    array([0.35])
    """
    require_binary(columns_of(design, answers))
    yes = estimate_mean(design, answers, by=by, where=where)
    floor, slope = randomisation.yes_if_not, randomisation.slope
    made = yes.delta_method(
        lambda values: (values - floor) / slope,
        lambda values: np.eye(len(values)) / slope,
        rows=yes.rows.assign(measure="randomised_response"),
        unit="share",
    )
    warn_of_no_shares(made, "the device was not followed, or few hold it and chance did that")
    return made


def fit_randomised_response(
    design: SurveyDesign,
    answer: str,
    predictors: str | Sequence[str | Term],
    randomisation: Randomisation,
    *,
    reference: Mapping[str, Any] | None = None,
    by: By = None,
    where: Where = None,
) -> Regression:
    """Fit a logistic regression of a trait that chance has blurred.

    Use it to describe who holds the trait; it tells association, not effect. Coefficients are
    log-odds of the trait itself, by maximum likelihood.

    Parameters
    ----------
    design : SurveyDesign
    answer : str
        A column of 0 and 1.
    predictors, reference, by, where
        As for `fit_regression`.
    randomisation : Randomisation
        The device.

    Returns
    -------
    Regression
        With standard errors by the design.

    Raises
    ------
    EstimationError
        As for `fit_regression`.
    EvaluationError
        If the answers are not 0 and 1.

    References
    ----------
    Blair, Imai and Zhou (2015), section 3.2. Oracle: the likelihood maximised in R.

    Examples
    --------
    >>> import numpy as np, pandas as pd, resilience as rs
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"age": rng.normal(size=400), "yes": rng.random(400) < 0.4})
    >>> die = rs.Randomisation.forced(yes=1 / 6, no=1 / 6)
    >>> fitted = rs.fit_randomised_response(rs.SurveyDesign(frame * 1.0), "yes", "age", die)
    >>> fitted.family, fitted.coefficients.rows["term"].tolist()
    ('randomised_response', ['intercept', 'age'])
    """
    verb = "fit_randomised_response"
    data = model_data(design, Asked(answer, predictors, reference, by, where, verb))
    if not np.isin(data.column.y[data.domains.of_row >= 0], (0.0, 1.0)).all():
        raise EvaluationError(
            Issue(
                f"'{answer}' is not a column of 0 and 1",
                where=f"{verb}: answer",
                found="other numbers",
                expected="1 for a yes, 0 for a no, as they were given",
                remedy="code it so; a missing answer is NaN",
            )
        )
    model = RowStatistics(
        Kind("coefficient", "t", "log-odds"),
        partial(_fitted, data, randomisation),
        lambda _rows, _weights, coefficients: coefficients,
        partial(_influence, data, randomisation),
    )
    family = "randomised_response"
    return regression_of(design, data, model, data.names, family=family, taken=len(data.names) - 1)


def _scores(x: Floats, y: Floats, device: Randomisation, coefficients: Floats) -> Floats:
    """Return each row's slope of the log-likelihood, shape (n, p)."""
    holding = special.expit(x @ coefficients)
    yes = device.yes_if_not + device.slope * holding
    slope = device.slope * holding * (1 - holding)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_row = slope * np.where(y > 0, 1 / yes, -1 / (1 - yes))
    return np.asarray(np.nan_to_num(by_row)[:, None] * x)


def _likelihood(x: Floats, y: Floats, device: Randomisation, coefficients: Floats) -> Floats:
    yes = device.yes_if_not + device.slope * special.expit(x @ coefficients)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.where(y > 0, yes, 1 - yes)))


def _fitted(data: ModelData, device: Randomisation, rows: Rows, weights: Floats) -> Floats:
    """Return the coefficients where the likelihood is highest, or raise if there are none."""
    x, y = data.x[rows], data.column.y[rows]
    mean = np.clip((np.average(y, weights=weights) - device.yes_if_not) / device.slope, 0.02, 0.98)
    start = np.linalg.lstsq(x, np.full(len(x), special.logit(mean)), rcond=None)[0]
    found = maximum_of(
        partial(_likelihood, x, y, device),
        partial(_scores, x, y, device),
        weights,
        [start],
        x,
    )
    if found is None:
        raise EstimationError(no_maximum(data, int(data.domains.of_row[rows[0]]), ()))
    return found


def _influence(
    data: ModelData, device: Randomisation, rows: Rows, weights: Floats, coefficients: Floats
) -> Floats:
    x, y = data.x[rows], data.column.y[rows]
    return influence_of_scores(partial(_scores, x, y, device), weights, coefficients)
