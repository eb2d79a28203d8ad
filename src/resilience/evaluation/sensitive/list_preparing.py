"""A model of a list experiment made ready: who counts, and how parameters follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import numpy as np

from resilience.errors import EstimationError, EvaluationError, Issue
from resilience.evaluation.sensitive.list_answers import list_answers, require_one_statement
from resilience.evaluation.sensitive.list_fitting import (
    ListMethod,
    fitted_parameters,
    parameter_influence,
)
from resilience.evaluation.sensitive.list_likelihood import Counts, Hiding
from resilience.inference.models.generalised_linear import aliased_columns
from resilience.inference.models.model_fitting import model_data
from resilience.inference.statistics.domains import domain_in_words

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.evaluation.sensitive.list_answers import ListQuestion
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_fitting import Asked, ModelData

    Floats = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]

__all__ = ["PreparedList", "prepared_list"]


@dataclass(frozen=True, slots=True, eq=False)
class PreparedList:
    """A model ready to be fitted to the rows of a domain.

    Attributes
    ----------
    data : ModelData
        Rows without a count, an arm or a predictor are in no domain.
    heard : numpy.ndarray
        Who heard the sensitive statement, shape (n,).
    items : int
    method : {'linear', 'nls', 'ml', 'ml_overdispersed'}
    hiding : Hiding
    """

    data: ModelData
    heard: npt.NDArray[np.bool_]
    items: int
    method: ListMethod
    hiding: Hiding

    def counts(self, rows: Rows) -> Counts:
        """Return the answers of some rows."""
        return Counts(self.data.x[rows], self.data.column.y[rows], self.heard[rows], self.items)

    def fitted(self, rows: Rows, weights: Floats) -> Floats:
        """Return the parameters, or raise if there are no best ones."""
        found = fitted_parameters(self.counts(rows), weights, self.method, self.hiding)
        if found is not None:
            return found
        place = domain_in_words(self.data.domains, int(self.data.domains.of_row[rows[0]]))
        raise EstimationError(
            Issue(
                "the model of the list has no estimate that is best"
                + (f" in {place}" if place else ""),
                where=self.data.verb,
                found="coefficients or a correlation that grow for ever",
                expected="groups of whom some hold the statement and some do not; for "
                "'ml_overdispersed', counts that vary more than binomial ones",
                remedy="fewer predictors, joined values, method='ml' or method='linear'; or only "
                "estimate_list",
            )
        )

    def influence(self, rows: Rows, weights: Floats, parameters: Floats) -> Floats:
        """Return how much each row moves each parameter."""
        counts = self.counts(rows)
        return parameter_influence(counts, weights, parameters, self.method, self.hiding)


def prepared_list(
    design: SurveyDesign,
    question: ListQuestion,
    asked: Asked,
    method: ListMethod,
    hiding: Hiding,
) -> PreparedList:
    """Return the model on rows with a count, an arm and all predictors, checked."""
    if method not in get_args(ListMethod):
        message = f"'method' must be one of {', '.join(get_args(ListMethod))} (got {method!r})"
        raise ValueError(message)
    if hiding != Hiding() and not method.startswith("ml"):
        message = f"'hiding' is for methods 'ml' and 'ml_overdispersed' (got {method!r})"
        raise ValueError(message)
    answers = list_answers(design, question, asked.by, asked.where, asked.verb)
    require_one_statement(answers, asked.verb)
    data = model_data(design, asked)
    known = answers.domains.of_row >= 0
    domains = replace(
        data.domains,
        of_row=np.where(known, data.domains.of_row, -1),
        excluded={**answers.domains.excluded, **data.domains.excluded},
    )
    n = np.bincount(domains.of_row[domains.of_row >= 0], minlength=domains.size)
    flow = data.flow.assign(n_missing=data.flow["n_in"] - n, n=n)
    data = replace(data, domains=domains, flow=flow)
    heard = answers.arms.of_row > 0
    _require_fittable_arms(design, data, heard)
    return PreparedList(data, heard, question.items, method, hiding)


def _require_fittable_arms(
    design: SurveyDesign, data: ModelData, heard: npt.NDArray[np.bool_]
) -> None:
    """Refuse domains in which an arm cannot tell the predictors apart."""
    issues = []
    for domain in range(data.domains.size):
        rows = data.rows(domain)
        for word, arm in (("control", ~heard), ("sensitive", heard)):
            here = rows[arm[rows]]
            lost = aliased_columns(data.x[here], design.weights[here]) if len(here) else [(0, ())]
            place = domain_in_words(data.domains, domain)
            issues += [
                Issue(
                    f"'{data.names[column]}' adds nothing to the others in the {word} arm",
                    where=data.verb,
                    found=f"{len(here):,} answers" + (f" in {place}" if place else ""),
                    expected="predictors that vary in each arm",
                    remedy="leave the predictor out, or join values",
                )
                for column, _ in lost
            ]
    if issues:
        raise EvaluationError(*issues)
