"""Fit models by the weights, and tell their uncertainty by the design."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from resilience.errors import EstimationError, Issue
from resilience.inference.models.fitting import fit_generalised_linear
from resilience.inference.models.generalised_linear import (
    model_influence,
    prediction_influence,
    separating_columns,
)
from resilience.inference.models.model_fitting import Asked, model_data, settings_of
from resilience.inference.models.regression import regression_of
from resilience.inference.statistics.assembling import Kind
from resilience.inference.statistics.columns import Column
from resilience.inference.statistics.domains import domain_in_words
from resilience.inference.statistics.row_statistics import RowStatistics, estimated_from_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_fitting import ModelData
    from resilience.inference.models.model_matrix import Term
    from resilience.inference.models.regression import Regression
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Where

    Floats = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]

__all__ = ["Family", "estimate_adjusted_means", "fit_regression"]

Family = Literal["gaussian", "binomial", "poisson"]

_KINDS = {
    "gaussian": Kind("coefficient", "t"),
    "binomial": Kind("coefficient", "t", "log-odds"),
    "poisson": Kind("coefficient", "t", "log of the mean"),
}
_ADJUSTED = {
    "gaussian": Kind("adjusted_mean", "t"),
    "binomial": Kind("adjusted_proportion", "logit", "share"),
    "poisson": Kind("adjusted_mean", "t"),
}


def fit_regression(
    design: SurveyDesign,
    outcome: str,
    predictors: str | Sequence[str | Term],
    *,
    family: Family = "gaussian",
    reference: Mapping[str, Any] | None = None,
    by: By = None,
    where: Where = None,
) -> Regression:
    """Fit a linear, logistic or Poisson regression to the population.

    Use it to describe how an outcome goes together with several characteristics at once; it
    tells association, not effect. Respondents without the outcome or a predictor are left
    out and told (`flow`); the design still counts everybody.

    Parameters
    ----------
    design : SurveyDesign
    outcome : str
        A numeric column: 0 and 1 for 'binomial', 0 or more for 'poisson'.
    predictors : str or sequence
        Columns; a tuple of columns is their interaction, beside which each stands by itself.
        Numbers enter as they are. Categories enter as differences from a reference level.
        An intercept is always there.
    family : {'gaussian', 'binomial', 'poisson'}
        With the canonical link: identity, logit, log. Variances need not follow the family:
        they come from the design, as with R's quasibinomial and quasipoisson.
    reference : mapping, optional
        The reference level by categorical predictor. Without, the first that occurs, which
        `Regression.references` tells.
    by, where
        As for `estimate_mean`; one model for each domain.

    Returns
    -------
    Regression
        `coefficients` has the joint covariance of all terms and domains, so that they can be
        compared and tested. Degrees of freedom are the row's, PSUs minus strata, plus 1 minus
        the number of coefficients; at 0 there are no intervals.

    Raises
    ------
    EstimationError
        If a column is absent or of no use, an outcome does not suit the family or is constant,
        predictors are combinations of each other, predictors separate the outcome so that no
        estimate exists, or the fit does not arrive; all domains at once.
    ComparisonError
        If a score would be pooled over waves where it is not the same score.

    Warns
    -----
    ResilienceWarning
        If there are too few PSUs for so many coefficients.

    References
    ----------
    Binder (1983), International Statistical Review 51: 279-292; Lumley and Scott (2017),
    Statistical Science 32: 265-278. Oracle: R survey 4.1-1, `svyglm`.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/lebanon/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> fitted = rs.fit_regression(design, "cohesion", ["wave", "site"])
    >>> list(fitted.terms), fitted.references["wave"]
    (['wave', 'site'], 'baseline')
    """
    _require_family(family)
    data = model_data(design, Asked(outcome, predictors, reference, by, where, "fit_regression"))
    _require_outcome(data, family)
    model = _generalised_linear(data, family)
    return regression_of(design, data, model, data.names, family=family, taken=len(data.names) - 1)


def estimate_adjusted_means(
    design: SurveyDesign,
    outcome: str,
    predictors: str | Sequence[str | Term],
    *,
    over: str,
    family: Family = "gaussian",
    reference: Mapping[str, Any] | None = None,
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate what the mean would be if all were of one group, the rest as they are.

    Use it to show groups side by side after adjustment for other characteristics: each row is
    the average of a model's predictions with everybody set to one value of `over`. Who is left
    out is as for `fit_regression`.

    Parameters
    ----------
    design, outcome, predictors, family, reference, by, where
        As for `fit_regression`.
    over : str
        The categorical predictor that is set.

    Returns
    -------
    Estimates
        One row for each value of `over` and domain; shares with intervals on the log-odds for
        'binomial'. The covariance knows both that coefficients are estimated and that others'
        characteristics are a sample's. Differences are made with `compare`.

    Raises
    ------
    EstimationError
        As for `fit_regression`; or if `over` is no categorical predictor.

    References
    ----------
    Graubard and Korn (1999), Biometrics 55: 652-659 (predictive margins). Oracle: R survey
    4.1-1, `svyglm` and `svytotal` of the influence values.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/lebanon/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> by_wave = rs.estimate_adjusted_means(design, "cohesion", ["wave", "site"], over="wave")
    >>> len(by_wave), by_wave.measure
    (3, 'adjusted_mean')
    """
    verb = "estimate_adjusted_means"
    _require_family(family)
    data = model_data(design, Asked(outcome, predictors, reference, by, where, verb))
    _require_outcome(data, family)
    settings = settings_of(data, over, verb)
    columns = [Column(outcome, data.column.y, {over: level}) for level in data.blocks[over].levels]
    model = replace(
        _generalised_linear(data, family),
        kind=_ADJUSTED[family],
        quantities=lambda rows, w, b: _predicted(data, settings, family, rows, w, b)[0],
        influence=lambda rows, w, b: _predicted(data, settings, family, rows, w, b)[1],
    )
    made = estimated_from_rows(design, columns, data.domains, model)
    taken = np.full(len(made), len(data.names) - 1.0)
    return replace(made, factor=replace(made.factor, taken=taken))


def _generalised_linear(data: ModelData, family: str) -> RowStatistics:
    """Return how a model's coefficients follow from weights."""
    y = data.column.y

    def influence(rows: Rows, weights: Floats, coefficients: Floats) -> Floats:
        return model_influence(data.x[rows], y[rows], weights, coefficients, family)

    return RowStatistics(
        _KINDS[family],
        partial(_fitted, data, family),
        lambda _rows, _weights, coefficients: coefficients,
        influence,
    )


def _predicted(
    data: ModelData,
    settings: list[Floats],
    family: str,
    rows: Rows,
    weights: Floats,
    coefficients: Floats,
) -> tuple[Floats, Floats]:
    x, y = data.x[rows], data.column.y[rows]
    influence = model_influence(x, y, weights, coefficients, family)
    return prediction_influence(
        [setting[rows] for setting in settings], weights, coefficients, influence, family
    )


def _fitted(data: ModelData, family: str, rows: Rows, weights: Floats) -> Floats:
    """Return coefficients, or raise if no best ones exist."""
    x, y = data.x[rows], data.column.y[rows]
    coefficients, converged = fit_generalised_linear(x, y, weights, family)
    with np.errstate(invalid="ignore", over="ignore"):
        linear = x @ coefficients
    apart = separating_columns(x, y, weights, linear, family, constants=[0])
    if converged and not apart:
        return coefficients
    raise EstimationError(no_maximum(data, int(data.domains.of_row[rows[0]]), apart))


def no_maximum(data: ModelData, domain: int, apart: Sequence[int]) -> Issue:
    """Return the issue of a model whose likelihood has no highest point.

    Parameters
    ----------
    data : ModelData
    domain : int
    apart : sequence of int
        The columns that tell the outcomes apart; empty where that is not why.
    """
    place = domain_in_words(data.domains, domain)
    named = " and ".join(str(data.names[column]) for column in apart)
    outcome = data.column.variable
    return Issue(
        (
            f"predictors tell the values of '{outcome}' apart without error"
            if apart
            else f"the model of '{outcome}' has no estimate that is best"
        )
        + (f" in {place}" if place else ""),
        where=data.verb,
        found=f"by {named}" if named else "steps that do not arrive",
        expected="values of the outcome that overlap; with them apart, coefficients grow for ever",
        remedy="join values of the predictor, or leave it out",
    )


def _require_family(family: str) -> None:
    if family not in _KINDS:
        message = f"'family' must be one of {', '.join(_KINDS)} (got {family!r})"
        raise ValueError(message)


def _require_outcome(data: ModelData, family: str) -> None:
    """Refuse outcomes that a family cannot have."""
    y = data.column.y[data.domains.of_row >= 0]
    fits = {"binomial": np.isin(y, (0.0, 1.0)).all(), "poisson": (y >= 0).all()}
    if fits.get(family, True):
        return
    raise EstimationError(
        Issue(
            f"'{data.column.variable}' does not suit a {family} model",
            where=f"{data.verb}: outcome",
            found="other numbers",
            expected="0 and 1" if family == "binomial" else "counts, 0 or more",
            remedy="family='gaussian' for a number, fit_ordinal for ordered answers",
        )
    )
