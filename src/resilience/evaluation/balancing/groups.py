"""The treated and those they are compared with, with covariates, among a design's rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue
from resilience.inference.models.generalised_linear import aliased_columns
from resilience.inference.models.model_matrix import blocks_of, model_columns, named_terms
from resilience.inference.statistics.columns import absent_column, require_design
from resilience.inference.statistics.domains import where_mask
from resilience.inference.statistics.influence import weighing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_matrix import Term
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

__all__ = ["Covariates", "arm_of", "compared_groups", "covariates_of", "wave_parts"]

_FEW_VALUES = 2


@dataclass(frozen=True, slots=True, eq=False)
class Covariates:
    """Two groups of rows and what is known of them.

    Attributes
    ----------
    treated, comparison : numpy.ndarray
        Which rows belong to each, shape (n,).
    x : numpy.ndarray
        A constant, then the covariates, shape (n, p).
    names : tuple of str
        Of the columns of x.
    known : mapping of str to numpy.ndarray
        Where each variable is known, the arm first.
    """

    treated: Mask
    comparison: Mask
    x: Floats
    names: tuple[str, ...]
    known: Mapping[str, Mask]


def compared_groups(
    design: SurveyDesign,
    covariates: str | Sequence[str | Term],
    *,
    arm: str,
    treated: Any,
    where: Where,
    moments: int = 1,
    verb: str,
) -> Covariates:
    """Return groups of which everything is known, or refuse them.

    Raises
    ------
    EvaluationError
        If a column is absent, an arm or covariate is missing, a group is empty in a wave, or
        covariates are combinations of each other; all findings of a kind at once.
    """
    require_design(design)
    mask = where_mask(design, where) & weighing(design)
    found = covariates_of(design, covariates, arm=arm, treated=treated, used=mask, verb=verb)
    issues = [
        Issue(
            f"'{name}' is missing",
            where=verb,
            found=f"{int((mask & ~there).sum()):,} of {int(mask.sum()):,} rows",
            expected="a value in each row that is weighted",
            remedy="fill it in, make 'missing' a value of its own, or leave these rows out "
            "with 'where'",
        )
        for name, there in found.known.items()
        if (mask & ~there).any()
    ]
    if issues:
        raise EvaluationError(*issues)
    made = _with_squares(found, mask) if moments > 1 else found
    for _, part in wave_parts(design, mask):
        require_groups(made, part, verb)
        require_columns_apart(made.x, made.names, part, design.weights, verb)
    return Covariates(made.treated & mask, made.comparison & mask, made.x, made.names, made.known)


def covariates_of(
    design: SurveyDesign,
    covariates: str | Sequence[str | Term],
    *,
    arm: str,
    treated: Any,
    used: Mask,
    verb: str,
) -> Covariates:
    """Return groups and covariates, and where each is known."""
    on, there = arm_of(design, arm, treated, used, verb)
    terms = named_terms(design, arm, covariates, (), verb)
    blocks, known = blocks_of(design, terms, {}, used & there, verb)
    x, names = model_columns(blocks, terms, len(on))
    return Covariates(on, there & ~on, x, tuple(map(str, names)), {arm: there, **known})


def arm_of(
    design: SurveyDesign, arm: str, treated: Any, used: Mask, verb: str
) -> tuple[Mask, Mask]:
    """Return which rows are treated, and of which it is known."""
    if arm not in design.frame:
        usable = [str(name) for name in design.frame.columns]
        raise EvaluationError(absent_column(design, arm, f"{verb}: arm", usable))
    column = design.frame[arm]
    known = column.notna().to_numpy()
    values = [treated] if pd.api.types.is_scalar(treated) else list(treated)
    labels = column.astype("object")
    on = labels.isin(values).to_numpy() & known
    unknown = [value for value in values if not (labels[known & used] == value).any()]
    if unknown:
        there = sorted({str(value) for value in labels[known & used]})
        raise EvaluationError(
            Issue(
                f"nobody has this value of '{arm}'",
                where=f"{verb}: treated",
                found=", ".join(map(str, unknown)),
                expected="one of " + (", ".join(there[:12]) or "the values of the column"),
                remedy="name the value, or values, of those who were treated",
            )
        )
    return on, known


def wave_parts(design: SurveyDesign, mask: Mask) -> list[tuple[str, Mask]]:
    """Return the rows of each wave that has some, and its name; '' without waves."""
    if design.wave is None:
        return [("", mask)]
    waves = design.frame[design.wave].astype("str").to_numpy()
    parts = [(name, mask & (waves == name)) for name in design.wave_names]
    return [(name, part) for name, part in parts if part.any()]


def require_groups(groups: Covariates, part: Mask, verb: str) -> None:
    """Refuse a part of the sample in which nobody is treated, or everybody."""
    counts = {
        "treated": int((groups.treated & part).sum()),
        "comparison": int((groups.comparison & part).sum()),
    }
    if min(counts.values()) > 0:
        return
    raise EvaluationError(
        Issue(
            "there is nobody to compare",
            where=verb,
            found=", ".join(f"{name}: {n:,} respondents" for name, n in counts.items()),
            expected="treated and comparison respondents in each wave that is asked for",
            remedy="restrict to waves with both: where={'wave': …}; the change in one group alone "
            "is what rs.compare tells",
        )
    )


def require_columns_apart(
    x: Floats, names: Sequence[str], part: Mask, weights: Floats, verb: str
) -> None:
    """Refuse covariates that are combinations of each other."""
    issues = []
    for column, others in aliased_columns(x[part], weights[part]):
        given = " and ".join(names[other] for other in others) or "nobody has it"
        issues.append(
            Issue(
                f"'{names[column]}' adds nothing to the other covariates",
                where=verb,
                found=f"given by {given}" if others else given,
                expected="covariates that are no combinations of each other",
                remedy="leave it out, join values, or restrict with 'where'",
            )
        )
    if issues:
        raise EvaluationError(*issues)


def _with_squares(groups: Covariates, mask: Mask) -> Covariates:
    """Return the groups with the squares of covariates that have more than two values."""
    squares, names = [], []
    for column, name in enumerate(groups.names):
        values = groups.x[mask, column]
        if len(pd.unique(values)) > _FEW_VALUES:
            # Of deviations: the same moments, and no loss of digits.
            squares.append((groups.x[:, column] - values.mean()) ** 2)
            names.append(f"{name}^2")
    x = np.column_stack([groups.x, *squares])
    return Covariates(groups.treated, groups.comparison, x, (*groups.names, *names), groups.known)
