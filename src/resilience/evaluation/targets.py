"""Whether a target is met: read off the interval, not off the estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from resilience.definitions.instrument import Direction

__all__ = ["TargetStatus", "judge_target"]

TargetStatus = Literal["met", "not_met", "not_shown", "not_estimable"]
"""`not_shown`: the interval covers the target, so the survey cannot tell."""


def judge_target(target: float, *, low: float, high: float, direction: Direction) -> TargetStatus:
    """Compare an interval with a target.

    Parameters
    ----------
    target : float
        In the measure's unit.
    low, high : float
        The interval's limits, in the same unit.
    direction : {'higher_is_better', 'lower_is_better', 'neutral'}
        On which side of the target the measure should lie; neutral counts as higher.

    Returns
    -------
    {'met', 'not_met', 'not_shown', 'not_estimable'}

    Examples
    --------
    >>> judge_target(0.40, low=0.35, high=0.45, direction="higher_is_better")
    'not_shown'
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        return "not_estimable"
    if direction == "lower_is_better":
        low, high, target = -high, -low, -target
    if low >= target:
        return "met"
    return "not_met" if high < target else "not_shown"
