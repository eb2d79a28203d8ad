"""Weights by which those found stand for those lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.threats.attrition import require_lost
from resilience.evaluation.threats.follow_up import numbers_at_start, require_people
from resilience.inference.models.fitting import fit_generalised_linear
from resilience.inference.results.printing import PrintedTable
from resilience.inference.weighting.weighting import with_rule
from resilience.inference.weights.weight_history import kish_effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.evaluation.threats.follow_up import FollowUp
    from resilience.inference.designs.design import SurveyDesign

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

__all__ = ["LATER", "AttritionWeights", "attrition_weights"]

LATER = "_later"
"""What is put after the names of columns of the later wave."""

_ALIASED = 1e-9
_NO_CHANCE = 1e-4


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AttritionWeights(PrintedTable):
    """A design in which those found stand for all, and what that did.

    Attributes
    ----------
    design : SurveyDesign
        Of the start, those lost with weight 0; numeric columns of the later wave end in
        `_later`.
    variables : tuple of str
        The columns that weights were made from.
    everybody, found, weighted : numpy.ndarray
        By arm (comparison first) and variable: means of all, of those found, and of those
        found with the new weights, shape (2, k).
    chances : tuple of float
        The smallest and largest estimated chance of being found.
    trimmed : int
        How many factors were cut to the limit.
    kish_before, kish_after : float
        Kish's design effect of the weights of those found.
    arms : tuple of str

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/kenya/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> people = rs.follow_up(design, arm="site_role", cluster="site",
    ...                       between=("baseline", "endline"))
    >>> made = rs.attrition_weights(people, ["age_group", "sex"])
    >>> isinstance(made, rs.AttritionWeights), made.trimmed
    (True, 0)
    >>> rs.estimate_mean(made.design, "cohesion_later", by="site_role").values.shape
    (2,)
    """

    design: SurveyDesign
    variables: tuple[str, ...]
    everybody: Floats
    found: Floats
    weighted: Floats
    chances: tuple[float, float]
    trimmed: int
    kish_before: float
    kish_after: float
    arms: tuple[str, str]

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:  # noqa: ARG002 - as all results
        """Return means before and after, one row an arm and variable.

        Parameters
        ----------
        level : float
            Not used: these are no estimates of what is not known.

        Returns
        -------
        pandas.DataFrame
            `measure variable arm everybody found weighted`.
        """
        return pd.DataFrame(
            [
                {
                    "measure": "mean_at_start",
                    "variable": name,
                    "arm": arm,
                    "everybody": self.everybody[side, at],
                    "found": self.found[side, at],
                    "weighted": self.weighted[side, at],
                }
                for side, arm in enumerate(self.arms)
                for at, name in enumerate(self.variables)
            ]
        )

    def _told(self) -> str:
        low, high = self.chances
        return (
            f"Chances of being found from {low:.2f} to {high:.2f}; {self.trimmed} factors cut; "
            f"Kish effect {self.kish_before:.3f} to {self.kish_after:.3f}. It mends what these "
            "variables tell of who was lost, and nothing else."
        )


def attrition_weights(
    people: FollowUp, variables: str | Sequence[str], *, largest: float | None = None
) -> AttritionWeights:
    """Give those found more weight the less likely they were to be.

    Use it where what people said at the start tells who was lost; where it is a few groups
    only, `rs.adjust_nonresponse` by classes does the same. Chances come from a logistic
    regression within each arm, with weights at the start; weights at the end are those times
    one over the chance, so that weights enter both steps. Within an arm those found come to
    weigh what everybody did.

    Parameters
    ----------
    people : FollowUp
        From `follow_up`.
    variables : str or sequence of str
        Columns at the start, numeric or categorical, known of everybody in an arm.
    largest : float, optional
        Factors (one over the chance) above this times the arm's median factor are cut to it,
        before those found come to weigh what everybody did. By default none is cut.

    Returns
    -------
    AttritionWeights
        Its design makes chances anew in each replicate (`rs.as_replicates`); linearised errors
        take them as given, which is cautious as a rule.

    Raises
    ------
    EvaluationError
        If nobody was lost, nobody of an arm was found, a variable is missing for some, or
        variables tell for certain who was lost.

    References
    ----------
    Wooldridge (2007), Journal of Econometrics 141, 1281-1301: estimated chances are no less
    efficient than known ones. Oracle: R's `glm(family = quasibinomial)`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"town": list("aabbccdd") * 2, "arm": [1, 1, 1, 1, 0, 0, 0, 0] * 2,
    ...                       "here": [1, 0, 1, 1, 1, 0, 1, 1] + [1] * 8,
    ...                       "woman": [1, 1, 0, 0] * 4})
    >>> people = rs.follow_up(rs.SurveyDesign(frame, psu="town"), arm="arm", cluster="town",
    ...                       responded="here")
    >>> rs.attrition_weights(people, "woman").design.weights[:4].round(3)
    array([1.333, 0.   , 1.   , 1.   ])
    """
    require_people(people, "attrition_weights")
    require_lost(people, "attrition_weights")
    _require_found(people)
    design, arms, inside = people.design, people.arms, people.arms.inside
    names, numbers = numbers_at_start(design, variables, inside)
    _require_known(names, numbers[inside])
    x = np.column_stack([np.ones(len(numbers)), np.nan_to_num(numbers)])
    sides = [arms.of_row == 0, arms.of_row == 1]
    fitted = [_chances(x, people.found, design.weights, side) for side in sides]
    chances = np.max(fitted, axis=0)
    factors = [_limited(chances, people.found & side, largest) for side in sides]
    detail = f"{int((inside & people.found).sum()):,} of {int(inside.sum()):,} found; by "
    reweight = partial(_reweighted, x=x, found=people.found, sides=sides, largest=largest)
    made = with_rule(_with_later(people), "attrition", detail + ", ".join(names), reweight)

    def means(weights: Floats, whom: Mask) -> Floats:
        rows = [side & whom for side in sides]
        return np.array([weights[here] @ numbers[here] / weights[here].sum() for here in rows])

    seen = inside & people.found
    return AttritionWeights(
        made,
        names,
        means(design.weights, inside),
        means(design.weights, people.found),
        means(made.weights, people.found),
        (float(chances[inside].min()), float(chances[inside].max())),
        sum(cut for _, cut in factors),
        kish_effect(design.weights[seen]),
        kish_effect(made.weights[seen]),
        (arms.comparison, arms.treated),
    )


def _with_later(people: FollowUp) -> SurveyDesign:
    """Return the design at the start with what those found said later."""
    numeric = [str(name) for name in people.later if _is_number(people.later[name])]
    if not people.between:
        return people.design
    later = {
        f"{name}{LATER}": people.later[name].to_numpy(np.float64, na_value=np.nan)
        for name in numeric
    }
    frame = pd.concat(
        [people.design.frame, pd.DataFrame(later, index=people.design.frame.index)], axis=1
    )
    measures = people.design.measures
    told = {f"{name}{LATER}": measures[name] for name in numeric if name in measures}
    return replace(people.design, frame=frame, measures={**measures, **told})


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _chances(x: Floats, found: Mask, weights: Floats, side: Mask) -> Floats:
    """Return the chance of being found of an arm's rows, 0 elsewhere."""
    chances = np.zeros(len(x))
    if found[side].all():
        chances[side] = 1.0
        return chances
    kept = _independent(x[side], weights[side])
    columns = x[side][:, kept]
    coefficients, converged = fit_generalised_linear(
        columns, found[side].astype(np.float64), weights[side], "binomial"
    )
    # A group found whole drives its chance to 1, which is no harm; one lost whole drives it to 0.
    near = special.expit(columns @ coefficients)
    if not (converged or (np.isfinite(near).all() and near.min() > _NO_CHANCE)):
        raise EvaluationError(
            Issue(
                "the chances of being found cannot be estimated",
                where="attrition_weights(variables=)",
                found="variables that tell for certain who was lost, or too many of them",
                expected="people found at each value",
                remedy="join values into larger groups, or name fewer variables",
            )
        )
    chances[side] = near
    return chances


def _independent(x: Floats, weights: Floats) -> list[int]:
    """Return the columns that are no combinations of columns before them."""
    kept: list[int] = []
    scaled = x * np.sqrt(weights)[:, None]
    for column in range(x.shape[1]):
        own = scaled[:, column]
        rest = own
        if kept:
            solution = np.linalg.lstsq(scaled[:, kept], own, rcond=None)[0]
            rest = own - scaled[:, kept] @ solution
        if np.linalg.norm(rest) > _ALIASED * np.linalg.norm(own):
            kept.append(column)
    return kept


def _limited(chances: Floats, rows: Mask, largest: float | None) -> tuple[Floats, int]:
    """Return one over the chances of some rows, cut to the limit, and how many were."""
    factor = np.zeros(len(chances))
    factor[rows] = 1 / chances[rows]
    if largest is None:
        return factor, 0
    limit = largest * float(np.median(factor[rows]))
    return np.minimum(factor, limit), int((factor > limit).sum())


def _reweighted(
    weights: Floats, *, x: Floats, found: Mask, sides: Sequence[Mask], largest: float | None
) -> Floats:
    """Return weights by which those found in an arm stand for all of it."""
    made = np.where(found, weights, 0.0)
    for side in sides:
        chances = _chances(x, found, weights, side)
        factor, _ = _limited(chances, found & side, largest)
        new = weights * factor
        made[side] = new[side] * weights[side].sum() / new[side].sum()
    return made


def _require_found(people: FollowUp) -> None:
    arms = people.arms
    lacking = [
        name
        for name, code in ((arms.comparison, 0), (arms.treated, 1))
        if not (people.found & (arms.of_row == code)).any()
    ]
    if lacking:
        raise EvaluationError(
            Issue(
                "nobody of an arm was found again",
                where="attrition_weights",
                found=f"{arms.column} '{lacking[0]}': all lost",
                expected="somebody in each arm",
                remedy="no weight makes up for that; rs.manski_bounds says what is known",
            )
        )


def _require_known(names: Sequence[str], numbers: Floats) -> None:
    missing = np.isnan(numbers).sum(axis=0)
    issues = [
        Issue(
            f"'{name}' is missing",
            where="attrition_weights(variables=)",
            found=f"{int(count)} of {len(numbers)} people in an arm",
            expected="a value at the start for each",
            remedy="make 'missing' a value of its own, or leave the variable out",
        )
        for name, count in zip(names, missing, strict=True)
        if count
    ]
    if issues:
        raise EvaluationError(*issues)
