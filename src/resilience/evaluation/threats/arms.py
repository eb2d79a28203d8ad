"""Who is in which arm, and in which unit of assignment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue, nearest
from resilience.inference.statistics.columns import require_design
from resilience.inference.statistics.domains import where_mask
from resilience.inference.weighting.weighting import with_step
from resilience.inference.weights.projection import cells_projection
from resilience.inference.weights.weight_history import WeightStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.domains import Where

    Mask = npt.NDArray[np.bool_]
    Codes = npt.NDArray[np.int64]

__all__ = [
    "ARM",
    "PLACE",
    "Arms",
    "Weighing",
    "arms_of",
    "labels_in",
    "require_named",
    "tidied",
    "with_arms",
    "with_weighing",
]

Weighing = Literal["equal", "population"]
"""Whether each unit of assignment counts the same in its arm, or each person."""

ARM, PLACE = "arm_at_start", "place_at_start"

_YES = ({"0": "1"}, {"False": "True"}, {"comparison": "programme"})
_ARMS = 2


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Arms:
    """Two arms among the rows of a design.

    Attributes
    ----------
    column, treated, comparison : str
        The column, and the values that stand for the arms.
    of_row : numpy.ndarray of int
        1 treated, 0 comparison, -1 outside, shape (n,).
    cluster_column : str
        What was assigned.
    cluster : numpy.ndarray of int
        The unit of assignment of each row, shape (n,); -1 outside.
    clusters : tuple of str
        Their labels.
    cluster_treated : numpy.ndarray of bool
        Shape (units,).
    """

    column: str
    treated: str
    comparison: str
    of_row: Codes
    cluster_column: str
    cluster: Codes
    clusters: tuple[str, ...]
    cluster_treated: Mask

    @property
    def inside(self) -> Mask:
        """Which rows are in an arm."""
        return np.asarray(self.of_row >= 0)

    @property
    def is_treated(self) -> Mask:
        """Which rows are in the treated arm."""
        return np.asarray(self.of_row == 1)

    @property
    def per_arm(self) -> tuple[int, int]:
        """How many units of assignment are treated, and how many are not."""
        treated = int(self.cluster_treated.sum())
        return treated, len(self.cluster_treated) - treated

    def __repr__(self) -> str:
        """Return one line."""
        treated, others = self.per_arm
        return f"<Arms of {self.column}: {treated} {self.cluster_column} against {others}>"


def arms_of(
    design: SurveyDesign,
    arm: str,
    *,
    cluster: str,
    treated: object = None,
    where: Where = None,
    verb: str = "arms",
) -> Arms:
    """Return who is in which arm.

    Parameters
    ----------
    design : SurveyDesign
    arm : str
        A column with two values among those kept; rows without a value are outside.
    cluster : str
        The column of what was assigned: places, or the ids of persons.
    treated : value, optional
        Which of the two values was treated. Without: 1 of 0 and 1, true of false and true,
        "programme" of the roles of a study's sites.
    where : mapping or boolean Series, optional
    verb : str
        Who asks, for errors.

    Raises
    ------
    EvaluationError
        If a column is absent, there are not two arms, `treated` is none of them, or a unit of
        assignment lies in both.
    """
    require_design(design)
    require_named(design, [arm, cluster], verb)
    labels = labels_in(design, arm)
    units = labels_in(design, cluster)
    inside = where_mask(design, where) & labels.notna().to_numpy() & units.notna().to_numpy()
    values = sorted(set(labels[inside]))
    yes = _treated_value(values, treated, arm, verb)
    other = next(value for value in values if value != yes)
    is_treated = inside & (labels == yes).to_numpy(bool)
    codes = np.full(len(labels), -1, np.int64)
    codes[inside], names = pd.factorize(units[inside], sort=True)
    unit_treated = _one_arm_each(codes, is_treated, len(names), cluster, verb)
    of_row = np.where(inside, is_treated.astype(np.int64), -1)
    return Arms(arm, yes, other, of_row, cluster, codes, tuple(names), unit_treated)


def with_arms(design: SurveyDesign, arms: Arms) -> SurveyDesign:
    """Return the design with columns of arms and of units of assignment, under names of ours."""
    sides = pd.Categorical.from_codes(arms.of_row, pd.Index([arms.comparison, arms.treated]))
    units = pd.Categorical.from_codes(arms.cluster, pd.Index(arms.clusters))
    return replace(design, frame=design.frame.assign(**{ARM: sides, PLACE: units}))


def with_weighing(design: SurveyDesign, arms: Arms, weighing: Weighing) -> SurveyDesign:
    """Return the design in which each unit's weights add up to the same, where that is asked.

    Variances know of it as of cells of a post-stratification.
    """
    if weighing not in get_args(Weighing):
        message = f"'weight_cities' must be 'equal' or 'population' (got {weighing!r})"
        raise ValueError(message)
    if weighing == "population":
        return design
    inside, codes = arms.inside, np.maximum(arms.cluster, 0)

    def reweight(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        kept = np.where(inside, weights, 0.0)
        sums = np.bincount(codes, kept, len(arms.clusters))
        each = kept.sum() / max(1, int((sums > 0).sum()))
        scale = np.divide(each, sums, out=np.zeros(len(sums)), where=sums > 0)
        return np.where(inside, weights * scale[codes], weights)

    before = design.weights
    after = reweight(before)
    projection = cells_projection(arms.cluster, len(arms.clusters), before, after)
    step = WeightStep(
        action="normalise",
        detail=f"each unit of '{arms.cluster_column}' weighs the same",
        sources=(),
        before=before,
        after=after,
        reweight=reweight,
        projection=projection,
    )
    return with_step(design, step)


def tidied(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of levels and differences by arm and place with the columns that count."""
    columns = ["measure", "variable", ARM, PLACE, "estimate", "std_error", "conf_low"]
    columns += ["conf_high", "df", "n", "p_value"]
    table = table.reindex(columns=columns).rename(columns={ARM: "arm", PLACE: "place"})
    words = table[["arm", "place"]].astype("object")
    return table.assign(
        arm=words["arm"].where(words["arm"].notna(), ""),
        place=words["place"].where(words["place"].notna(), ""),
    )


def labels_in(design: SurveyDesign, name: str) -> pd.Series:
    """Return a column's values as text, missing where they are; whole numbers without a point."""
    column = design.frame[name].reset_index(drop=True)
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    texts: pd.Series = column.astype("object").map(str, na_action="ignore").astype("str")
    return texts


def require_named(design: SurveyDesign, names: Sequence[str], verb: str) -> None:
    """Refuse names that are no columns of a design."""
    issues = [
        Issue(
            f"the design has no column '{name}'",
            where=verb,
            found=str(name),
            expected="a column of the design's frame",
            remedy=nearest(str(name), map(str, design.frame.columns), "correct the name"),
        )
        for name in dict.fromkeys(names)
        if name not in design.frame
    ]
    if issues:
        raise EvaluationError(*issues)


def _treated_value(values: Sequence[str], treated: object, arm: str, verb: str) -> str:
    """Return the value that stands for the treated arm."""
    if len(values) != _ARMS:
        raise EvaluationError(
            Issue(
                f"'{arm}' does not tell two arms apart",
                where=f"{verb}(arm=)",
                found=f"{len(values)} values" + (f": {', '.join(values[:6])}" if values else ""),
                expected="two among those kept; what is known of one arm alone is its levels",
                remedy="where={…: [one arm, the other]}; without a comparison report the change",
            )
        )
    if treated is None:
        for pair in _YES:
            if {*pair, *pair.values()} == set(values):
                return next(iter(pair.values()))
    elif str(treated) in values:
        return str(treated)
    raise EvaluationError(
        Issue(
            f"which value of '{arm}' was treated is not said",
            where=f"{verb}(treated=)",
            found="nothing" if treated is None else str(treated),
            expected=f"'{values[0]}' or '{values[1]}'",
            remedy=f"treated='{values[1]}', if that is the programme's"
            if treated is None
            else nearest(str(treated), values, "name one of the two"),
        )
    )


def _one_arm_each(codes: Codes, is_treated: Mask, size: int, cluster: str, verb: str) -> Mask:
    """Return which units are treated, or refuse units that lie in both arms."""
    inside = codes >= 0
    people = np.bincount(codes[inside], minlength=size)
    treated = np.bincount(codes[inside], is_treated[inside], size)
    mixed = (treated > 0) & (treated < people)
    if not mixed.any():
        return np.asarray(treated > 0)
    raise EvaluationError(
        Issue(
            f"units of '{cluster}' lie in both arms",
            where=f"{verb}(cluster=)",
            found=f"{int(mixed.sum())} of {size}",
            expected="each unit of assignment in one arm",
            remedy="name the column of what was assigned; where persons were, their ids",
        )
    )
