"""What models share: rows with all answers, checks by domain, coefficients as estimates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.errors import EstimationError, Issue
from resilience.inference.models.generalised_linear import aliased_columns
from resilience.inference.models.model_matrix import blocks_of, model_columns, named_terms
from resilience.inference.results.signatures import require_one_score_in_rows
from resilience.inference.statistics.columns import columns_of
from resilience.inference.statistics.domains import domain_in_words, domains_of
from resilience.inference.statistics.influence import weighing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_matrix import Block, ColumnName, Term
    from resilience.inference.statistics.columns import Column
    from resilience.inference.statistics.domains import By, Domains, Where

    Floats = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]

__all__ = ["Asked", "ModelData", "model_data", "settings_of"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is asked to explain, by what, for whom.

    Attributes
    ----------
    outcome : str
    predictors : str or sequence
        Names, and tuples of names for interactions.
    reference : mapping or None
        The level that others are compared with, by categorical predictor.
    by, where
        As for `estimate_mean`.
    verb : str
        Who asks, for errors.
    """

    outcome: str
    predictors: str | Sequence[str | Term]
    reference: Mapping[str, Any] | None
    by: By
    where: Where
    verb: str


@dataclass(frozen=True, slots=True, eq=False)
class ModelData:
    """The rows a model is fitted to.

    Attributes
    ----------
    column : Column
        The outcome.
    domains : Domains
        Rows without all answers are in none.
    terms : tuple of tuple of str
    blocks : mapping of str to Block
        The columns of each predictor.
    x : numpy.ndarray
        The model matrix, shape (n, p).
    names : tuple of ColumnName
        What its columns are.
    flow : pandas.DataFrame
        By domain `n_in`, `n_missing` and `n`.
    verb : str
        Who asked, for errors.
    """

    column: Column
    domains: Domains
    terms: tuple[Term, ...]
    blocks: Mapping[str, Block]
    x: Floats
    names: tuple[ColumnName, ...]
    flow: pd.DataFrame
    verb: str

    def rows(self, domain: int) -> Rows:
        """Return the positions of a domain's rows."""
        return np.flatnonzero(self.domains.of_row == domain)


def model_data(
    design: SurveyDesign, asked: Asked, *, constant: bool = True, categories: bool = False
) -> ModelData:
    """Return the rows with an outcome and all predictors, by domain, checked.

    Raises
    ------
    EstimationError
        If a column is absent or of no use, or a domain has nobody with all answers, a constant
        outcome, or predictors that are combinations of each other; all domains at once.
    ComparisonError
        If a predictor's score is not the same score in all waves it is used in.
    """
    (column,) = columns_of(design, asked.outcome, categories=categories)
    apart = [asked.by] if isinstance(asked.by, str) else list(asked.by or ())
    terms = named_terms(design, asked.outcome, asked.predictors, apart, asked.verb)
    domains = _weighed(design, domains_of(design, asked.by, asked.where))
    inside = (domains.of_row >= 0) & ~np.isnan(column.y)
    blocks, known = blocks_of(design, terms, asked.reference or {}, inside, asked.verb)
    known = {asked.outcome: ~np.isnan(column.y), **known}
    complete = reduce(np.logical_and, known.values())
    x, names = model_columns(blocks, terms, len(complete), constant=constant)
    used = replace(
        domains,
        of_row=np.where(complete, domains.of_row, -1),
        excluded={**domains.excluded, **_missing(known, domains.of_row >= 0)},
    )
    data = ModelData(column, used, terms, blocks, x, names, _flow(domains, used), asked.verb)
    _require_fittable(design, data, constant=constant)
    for name in data.blocks:
        require_one_score_in_rows(design, name, used.of_row >= 0)
    return data


def settings_of(data: ModelData, over: str, verb: str) -> list[Floats]:
    """Return the model's columns with a predictor set to each of its values for everybody.

    Raises
    ------
    EstimationError
        If it is no categorical predictor of the model.
    """
    block = data.blocks.get(over)
    if block is None or not block.levels:
        raise EstimationError(
            Issue(
                f"'{over}' is no categorical predictor of the model",
                where=f"{verb}: over",
                found=over,
                expected="one of " + ", ".join(n for n, b in data.blocks.items() if b.levels),
                remedy="name one of them, or make the column categorical",
            )
        )
    return [
        model_columns({**data.blocks, over: block.set_to(level)}, data.terms, len(data.x))[0]
        for level in range(len(block.levels))
    ]


def _weighed(design: SurveyDesign, domains: Domains) -> Domains:
    """Return domains without those who weigh nothing, and how many these are."""
    used = weighing(design)
    lost = int((~used & (domains.of_row >= 0)).sum())
    if not lost:
        return domains
    return replace(
        domains,
        of_row=np.where(used, domains.of_row, -1),
        excluded={**domains.excluded, "weight 0": lost},
    )


def _missing(known: Mapping[str, npt.NDArray[np.bool_]], inside: Any) -> dict[str, int]:
    """Return how many rows of the domains lack each variable; one row may lack several."""
    counts = {name: int((inside & ~there).sum()) for name, there in known.items()}
    return {f"{name} missing": count for name, count in counts.items() if count}


def _flow(before: Domains, after: Domains) -> pd.DataFrame:
    n_in, n = (
        np.bincount(part.of_row[part.of_row >= 0], minlength=before.size)
        for part in (before, after)
    )
    return before.table.assign(n_in=n_in, n_missing=n_in - n, n=n)


def _require_fittable(design: SurveyDesign, data: ModelData, *, constant: bool) -> None:
    """Refuse domains where no model can be fitted, all at once."""
    issues: list[Issue] = []
    for domain in range(data.domains.size):
        rows = data.rows(domain)
        rows = rows[design.weights[rows] > 0]
        place = domain_in_words(data.domains, domain)
        if not len(rows):
            issues.append(_unfittable(data, place, "nobody has the outcome and all predictors", ""))
            continue
        y = data.column.y[rows]
        if (y == y[0]).all():
            outcome = data.column.variable
            issues.append(_unfittable(data, place, f"'{outcome}' is the same for all", outcome))
        x = data.x[rows] if constant else np.column_stack([np.ones(len(rows)), data.x[rows]])
        names = (*(() if constant else ("a constant",)), *map(str, data.names))
        for column, parts in aliased_columns(x, design.weights[rows]):
            others = " and ".join(names[part] for part in parts) or "nobody has it"
            issues.append(
                _unfittable(
                    data,
                    place,
                    f"'{names[column]}' adds nothing to the other predictors",
                    f"given by {others}" if parts else others,
                )
            )
    if issues:
        raise EstimationError(*issues)


def _unfittable(data: ModelData, place: str, what: str, found: str) -> Issue:
    return Issue(
        what + (f" in {place}" if place else ""),
        where=data.verb,
        found=found or "0 respondents",
        expected="an outcome that varies, and predictors that are no combinations of each other",
        remedy="leave the predictor out, join values, or restrict with 'where'",
    )
