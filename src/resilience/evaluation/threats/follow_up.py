"""Those who were to be found again, by arm, and whether they were."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue, nearest
from resilience.evaluation.threats.arms import Arms, arms_of, labels_in, require_named
from resilience.inference.statistics.columns import columns_of, require_design
from resilience.inference.statistics.domains import where_mask
from resilience.inference.statistics.linking import linked_persons

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

__all__ = ["LOST", "FollowUp", "follow_up", "numbers_at_start", "require_people"]

LOST = "lost"
"""The column of a follow-up's design that says who was not found again, 0 or 1."""

_MADE_WEIGHT = "weight_at_start"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FollowUp:
    """A sample with what became of it.

    Attributes
    ----------
    design : SurveyDesign
        Of everybody who was to be found again, with their weights, strata and PSUs at the
        start, and the column `lost`.
    arms : Arms
    found : numpy.ndarray of bool
        Who was found again, shape (n,).
    later : pandas.DataFrame
        What they said then, in the order of the design; missing for the others.
    between : tuple of two str
        The waves; empty for one frame of all who were selected.
    moved : int
        Persons found again in the other arm: they count where they were at the start.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"town": list("aabbccdd"), "arm": [1, 1, 1, 1, 0, 0, 0, 0],
    ...                       "answered": [1, 0, 1, 1, 1, 1, 1, 1]})
    >>> selected = rs.SurveyDesign(frame, psu="town")
    >>> people = rs.follow_up(selected, arm="arm", cluster="town", responded="answered")
    >>> people
    <FollowUp: 8 people, 1 lost; 2 town against 2>
    >>> isinstance(people, rs.FollowUp)
    True
    """

    design: SurveyDesign
    arms: Arms
    found: Mask
    later: pd.DataFrame
    between: tuple[str, ...] = ()
    moved: int = 0

    def __repr__(self) -> str:
        """Return one line; never rows."""
        inside = self.arms.inside
        treated, others = self.arms.per_arm
        return (
            f"<FollowUp: {int(inside.sum()):,} people, {int((inside & ~self.found).sum()):,} lost;"
            f" {treated} {self.arms.cluster_column} against {others}>"
        )

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>"

    def outcome(self, name: str, verb: str, *, since_start: bool = False) -> Floats:
        """Return an outcome at the end, NaN where not found again or not answered.

        With `since_start` it is its change, NaN where it is not known at the start.
        """
        if name in self.later and pd.api.types.is_numeric_dtype(self.later[name]):
            later = self.later[name].to_numpy(np.float64, na_value=np.nan)
            return later - self.at_start(name) if since_start else later
        raise EvaluationError(
            Issue(
                f"there is no outcome '{name}' in numbers",
                where=verb,
                found="another kind of column" if name in self.later else name,
                expected="a numeric column of the later wave",
                remedy=nearest(name, map(str, self.later.columns), "correct the name"),
            )
        )

    def at_start(self, name: str) -> Floats:
        """Return a numeric column at the start, NaN where not answered."""
        return self.design.frame[name].to_numpy(np.float64, na_value=np.nan)


def follow_up(
    design: SurveyDesign,
    *,
    arm: str,
    cluster: str,
    treated: object = None,
    between: tuple[str, str] | None = None,
    responded: str | None = None,
    where: Where = None,
) -> FollowUp:
    """Say who was to be found again, and who was.

    Use it before `attrition`, `lee_bounds`, `manski_bounds` and `attrition_weights`: for a panel
    with `between`, where everybody of the first wave was to be asked again; for fresh
    respondents with `responded`, on a frame of all who were selected, answered or not. In a
    panel that asked a part of the first wave again by design, name that part by `where`, or
    what is called loss is also that choice.

    Parameters
    ----------
    design : SurveyDesign
    arm : str
        A column of two values.
    cluster : str
        The column of what was assigned: a place, or the id of a person.
    treated : value, optional
        Which value of `arm` was treated; needed unless they are 0 and 1, or "comparison" and
        "programme".
    between : tuple of two str, optional
        The earlier and the later wave of a panel.
    responded : str, optional
        A column of 0 and 1.
    where : mapping or boolean Series, optional
        Who was to be found again, by columns at the start.

    Returns
    -------
    FollowUp

    Raises
    ------
    EvaluationError
        If not one of `between` and `responded` is given, or for what `arm`, `cluster` or
        `responded` hold.
    EstimationError
        If the waves are no panel, or ids occur twice in a wave.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/kenya/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> rs.follow_up(design, arm="site_role", cluster="site", between=("baseline", "endline"))
    <FollowUp: 1,643 people, 888 lost; 2 site against 2>
    """
    require_design(design)
    if (between is None) == (responded is None):
        raise EvaluationError(
            Issue(
                "who was to be found again is not said",
                where="follow_up",
                found="neither 'between' nor 'responded'" if between is None else "both",
                expected="one of the two",
                remedy="between=(earlier wave, later wave) of a panel; responded= a column of 0 "
                "and 1 in a frame of all who were selected",
            )
        )
    require_named(design, [arm, cluster], "follow_up")
    if between is None:
        found = _responded(design, str(responded))
        arms = arms_of(design, arm, cluster=cluster, treated=treated, where=where, verb="follow_up")
        later = design.frame.reset_index(drop=True)
        return FollowUp(_with_lost(design, found), arms, found, later)
    return _of_panel(design, between, arm, cluster, treated, where)


def _of_panel(
    design: SurveyDesign,
    between: tuple[str, str],
    arm: str,
    cluster: str,
    treated: object,
    where: Where,
) -> FollowUp:
    """Return the persons of the earlier wave, and what they said in the later one."""
    link = linked_persons(design, between, "earlier")
    rows = np.flatnonzero(link.carrying)
    at = link.of_later[rows]
    found = at >= 0
    frame = design.frame.iloc[rows].reset_index(drop=True)
    later = design.frame.reset_index(drop=True).reindex(at).reset_index(drop=True)
    labels = labels_in(design, arm).to_numpy()
    moved = int((found & (labels[rows] != labels[np.maximum(at, 0)])).sum())
    start = replace(
        design,
        frame=frame.assign(**{_MADE_WEIGHT: design.weights[rows]}),
        weight=_MADE_WEIGHT,
        wave=None,
        waves=None,
        replicates=None,
        weight_history=(),
    )
    kept = pd.Series(where_mask(design, where)[rows], index=start.frame.index)
    arms = arms_of(start, arm, cluster=cluster, treated=treated, where=kept, verb="follow_up")
    return FollowUp(_with_lost(start, found), arms, found, later, link.between, moved)


def _with_lost(design: SurveyDesign, found: Mask) -> SurveyDesign:
    """Return the design with the column of who was lost."""
    return replace(design, frame=design.frame.assign(**{LOST: (~found).astype(np.float64)}))


def _responded(design: SurveyDesign, name: str) -> Mask:
    """Return who responded, or refuse a column that says more or less than that."""
    require_named(design, [name], "follow_up(responded=)")
    said = design.frame[name]
    if said.isin([0, 1]).all():
        return said.to_numpy().astype(bool)
    raise EvaluationError(
        Issue(
            f"'{name}' does not say of everybody whether they responded",
            where="follow_up(responded=)",
            found="other or missing values",
            expected="1 or true for respondents, 0 or false for the others",
            remedy="make such a column from the final disposition codes",
        )
    )


def require_people(people: object, verb: str) -> None:
    """Refuse what does not say who was to be found again.

    Raises
    ------
    EvaluationError
    """
    if isinstance(people, FollowUp):
        return
    raise EvaluationError(
        Issue(
            "it is not said who was to be found again",
            where=verb,
            found=type(people).__name__,
            expected="a FollowUp",
            remedy="rs.follow_up(design, arm=…, cluster=…, between=(…, …)) makes one",
        )
    )


def numbers_at_start(
    design: SurveyDesign, variables: str | Sequence[str], inside: Mask
) -> tuple[tuple[str, ...], Floats]:
    """Return variables as columns of numbers, one for each value of a categorical one.

    Parameters
    ----------
    design : SurveyDesign
    variables : str or sequence of str
    inside : numpy.ndarray of bool
        Rows among which values are looked for, shape (n,).

    Returns
    -------
    names : tuple of str
        'variable', or 'variable=value'.
    values : numpy.ndarray
        Shape (n, columns), NaN where missing.
    """
    names: list[str] = []
    parts: list[Floats] = []
    for column in columns_of(design, variables, categories=True):
        if not column.categories:
            names.append(column.variable)
            parts.append(column.y)
            continue
        missing = np.isnan(column.y)
        for code in np.unique(column.y[~missing & inside]).astype(int).tolist():
            names.append(f"{column.variable}={column.categories[code]}")
            parts.append(np.where(missing, np.nan, (column.y == code).astype(float)))
    return tuple(names), np.column_stack(parts)
