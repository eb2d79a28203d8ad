"""Who of a panel was not found again, as a report shows it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError
from resilience.evaluation.credibility import AttritionResult, BoundRow, SelectiveRow
from resilience.evaluation.threats.attrition import attrition
from resilience.evaluation.threats.follow_up import follow_up, numbers_at_start
from resilience.evaluation.threats.selection_bounds import lee_bounds, manski_bounds
from resilience.evaluation.threats.selective_attrition import selective_attrition
from resilience.workflow.credibility.groups import (
    ARM_COLUMN,
    SIDES,
    block_column,
    follow_up_column,
    lost_waves,
    outcomes_of,
    unit_column,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal

    import numpy.typing as npt

    from resilience.definitions.credibility import AttritionBlock
    from resilience.evaluation.threats.follow_up import FollowUp
    from resilience.evaluation.threats.selection_bounds import EffectBounds
    from resilience.workflow.credibility.asked import Asked

    Method = Literal["lee", "manski"]

__all__ = ["estimate_attrition"]

_MOST_PLACES = 30  # that a table and a chart tell apart
_SCALES = {"share": (0.0, 1.0), "points": (0.0, 100.0)}


def estimate_attrition(block: AttritionBlock, asked: Asked) -> AttritionResult:
    """Tell rates of loss, whom it took, and what it leaves to say of the planned outcomes."""
    study = asked.plan.loaded_study
    assert study.assignment is not None  # noqa: S101 - the definition was checked
    between = lost_waves(block, asked.plan)
    unit = unit_column(study)
    kept = {**block.where, ARM_COLUMN: list(SIDES)}
    people = follow_up(
        asked.design,
        arm=ARM_COLUMN,
        cluster=str(asked.design.respondent_id) if unit == "respondent_id" else unit,
        between=between,
        where=kept,
    )
    mechanism, blocks = study.assignment.mechanism, block_column(study)
    told = attrition(people, mechanism=mechanism, blocks=blocks)
    where = {**kept, "wave": between[0]}
    listed = told.places is not None and len(told.places) <= _MOST_PLACES
    outcomes = outcomes_of(block, asked.planned)
    return AttritionResult(
        block=block,
        between=between,
        unit_column=unit,
        rates=asked.shown(told.rates, where),
        places=asked.shown(told.places, where) if told.places is not None and listed else None,
        difference=asked.shown(told.difference, where),
        by_assignment=told.by_assignment,
        permutation=told.permutation,
        selective=_selective(block.variables or outcomes, people, asked, where),
        bounds=_bounds(outcomes, people, asked, where),
        units=people.arms.per_arm,
        moved=people.moved,
    )


def _selective(
    variables: tuple[str, ...], people: FollowUp, asked: Asked, where: Mapping[str, object]
) -> tuple[SelectiveRow, ...]:
    """Return what those found and those lost had said; nothing where nobody was lost."""
    inside = people.arms.inside
    if not variables or not (inside & ~people.found).any():
        return ()
    said = asked.plan.loaded_study.assignment
    assert said is not None  # noqa: S101 - the definition was checked
    blocks = block_column(asked.plan.loaded_study)
    told = selective_attrition(people, variables, mechanism=said.mechanism, blocks=blocks)
    low, high = told.interaction.interval(level=asked.plan.level)
    _, numbers = numbers_at_start(people.design, variables, inside)
    allowed = _allowed(asked, people, ("found", "lost"), where)
    rows = []
    for at, name in enumerate(told.variables):
        row = asked.row_of(name)
        shown = allowed and _fewest(people, ~np.isnan(numbers[:, at])) >= _least(asked)
        means = [asked.rounded_share(float(mean), row.unit) for mean in told.means[:, at]]
        parts = [told.interaction.estimate[at], low[at], high[at]]
        tests = [told.p_respondents[at], told.smallest_p[at]]
        all_told = [float(part) if shown else float("nan") for part in (*means, *parts, *tests)]
        rows.append(SelectiveRow(row, shown, *all_told))
    return tuple(rows)


def _bounds(
    outcomes: tuple[str, ...], people: FollowUp, asked: Asked, where: Mapping[str, object]
) -> tuple[BoundRow, ...]:
    """Return Lee's and Manski's bounds of the effect on each outcome's change."""
    if not (people.arms.inside & ~people.found).any():
        return ()
    allowed = _allowed(asked, people, ("found", "lost"), where)
    rows = []
    for name in outcomes:
        unit = asked.row_of(name).unit
        verbs: dict[Method, Callable[[], EffectBounds]] = {
            "lee": partial(lee_bounds, people, name, since_start=True)
        }
        if unit in _SCALES:
            low, high = _SCALES[unit]
            verbs["manski"] = partial(
                manski_bounds, people, name, low=low, high=high, since_start=True
            )
        known = ~np.isnan(people.outcome(name, "bounds", since_start=True))
        shown = allowed and _fewest(people, known, of=(True,)) >= _least(asked)
        rows += [_bound(name, unit, method, verb, asked, shown) for method, verb in verbs.items()]
    return tuple(rows)


def _bound(
    name: str,
    unit: str,
    method: Method,
    verb: Callable[[], EffectBounds],
    asked: Asked,
    shown: bool,  # noqa: FBT001 - a private step
) -> BoundRow:
    row = BoundRow(name, unit, method, "suppressed")
    if not shown:
        return row
    try:
        told = verb()
    except EvaluationError:
        return replace(row, status="refused")
    low, high = told.region(level=asked.plan.level)
    ends = (told.difference[0], told.lower[0], told.upper[0], low[0], high[0])
    difference, lower, upper, *region = (asked.rounded_share(float(end), unit) for end in ends)
    return BoundRow(
        name,
        unit,
        method,
        "shown",
        difference=difference,
        lower=lower,
        upper=upper,
        conf_low=region[0],
        conf_high=region[1],
        trimmed=float(told.trimmed[0]),
        trimmed_arm=told.trimmed_arm[0],
        n=asked.rounded_n(float(told.n_observed[0])),
    )


def _allowed(
    asked: Asked, people: FollowUp, states: tuple[str, ...], where: Mapping[str, object]
) -> bool:
    """Return whether none of the groups of an arm and a state is withheld."""
    column = follow_up_column(people.between[1])
    rows = pd.DataFrame([{ARM_COLUMN: side, column: state} for side in SIDES for state in states])
    return not asked.withholding.of_rows(rows, where, ARM_COLUMN).any()


def _fewest(
    people: FollowUp, known: npt.NDArray[np.bool_], of: tuple[bool, ...] = (True, False)
) -> int:
    """Return the fewest respondents with a value in any arm, among those found or lost."""
    inside, treated = people.arms.inside & known, people.arms.is_treated
    return min(
        int((inside & (treated == arm) & (people.found == found)).sum())
        for arm in (True, False)
        for found in of
    )


def _least(asked: Asked) -> int:
    return asked.plan.rules.minimum_n
