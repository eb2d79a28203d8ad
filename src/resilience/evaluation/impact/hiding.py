"""Which numbers of an evaluation are not shown, so that none tells of a group too small."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.disclosure.suppression import rounded
from resilience.evaluation.impact.evaluation import Deviation

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from resilience.evaluation.impact.evaluation import Evaluation
    from resilience.evaluation.impact.subgroups import Subgroups

__all__ = ["Hidden", "hide"]

Keys = frozenset[tuple[str, ...]]
_NUMBERS = (
    *("estimate", "std_error", "conf_low", "conf_high", "df", "n", "n_effective", "deff"),
    *("p_value", "p_adjusted", "smallest_p", "sd_estimate", "minimum_detectable"),
    *("joint_p", "smallest_cell"),
)


@dataclass(frozen=True, slots=True)
class Hidden:
    """Cells that are not shown: too small themselves, or telling of one that is.

    Attributes
    ----------
    levels : frozenset of (variable, arm, wave)
    arms : frozenset of (variable, arm)
        Whose change is not shown.
    units : frozenset of (variable, unit)
        Whose change, and the estimate without which, are not shown.
    outcomes : frozenset of (variable,)
        Whose effect is not shown: an arm's change would follow from it.
    groups : mapping of subgroup variable to frozenset of (variable, value)
    targets : frozenset of int
        Positions of targets.
    rounding : int
        Numbers of respondents are multiples of it.

    Examples
    --------
    >>> Hidden(units=frozenset({("trust", "small_town")})).outcomes
    frozenset()
    """

    levels: Keys = frozenset()
    arms: Keys = frozenset()
    units: Keys = frozenset()
    outcomes: Keys = frozenset()
    groups: Mapping[str, Keys] = field(default_factory=dict)
    targets: frozenset[int] = frozenset()
    rounding: int = 1


def hide(evaluation: Evaluation, hidden: Hidden, wave: str | None) -> Evaluation:
    """Return an evaluation whose tables show no hidden cell.

    What an analyst needs stays in `impact`; `frames()` and all that is printed is without it.

    Parameters
    ----------
    evaluation : Evaluation
    hidden : Hidden
    wave : str or None
        The column of waves.
    """
    kept = {
        name: _masked(frame, hidden, _hidden_rows(name, frame, hidden, wave))
        for name, frame in evaluation.frames().items()
    }
    outcomes = {
        name: _masked(frame, hidden, _in(frame, hidden.outcomes, "variable"))
        for name, frame in (("planned", evaluation.outcomes), ("more", evaluation.exploratory))
    }
    told = tuple(Deviation("withheld", name) for (name,) in sorted(hidden.outcomes))
    return replace(
        evaluation,
        outcomes=outcomes["planned"],
        exploratory=outcomes["more"],
        subgroups=tuple(_subgroups(part, hidden) for part in evaluation.subgroups),
        targets=kept["targets"],
        deviations=(*evaluation.deviations, *told),
        shown={name: kept[name] for name in _OF_IMPACT if name in kept},
    )


_OF_IMPACT = {
    "inference": "outcomes",
    "levels": "levels",
    "changes": "arms",
    "changes_by_unit": "units",
    "without_each_unit": "units",
}


def _hidden_rows(name: str, frame: pd.DataFrame, hidden: Hidden, wave: str | None) -> np.ndarray:
    rows = np.zeros(len(frame), bool)
    if name == "targets":
        rows[list(hidden.targets)] = True
        return rows
    if name not in _OF_IMPACT or not len(frame):
        return rows
    columns = {
        "inference": ["variable"],
        "levels": ["variable", "arm", *([wave] if wave else [])],
        "changes": ["variable", "arm"],
        "changes_by_unit": ["variable", "unit"],
        "without_each_unit": ["variable", "without"],
    }[name]
    rows |= _in(frame, getattr(hidden, _OF_IMPACT[name]), *columns)
    if name == "without_each_unit":
        rows |= _in(frame, hidden.outcomes, "variable")
    return rows


def _subgroups(part: Subgroups, hidden: Hidden) -> Subgroups:
    small = part.groups[part.groups["status"] == "withheld"]
    told = small[["variable", part.variable]].astype("str").itertuples(index=False, name=None)
    keys = hidden.groups.get(part.variable, frozenset()) | frozenset(told)
    rows = _in(part.groups, keys, "variable", part.variable)
    rows |= _in(part.groups, hidden.outcomes, "variable")
    groups = _masked(part.groups, hidden, rows)
    status = np.where(rows, "withheld", groups["status"])
    pairs = _in(part.interaction, hidden.outcomes, "variable")
    for column in (part.variable, "reference"):
        pairs |= _in(part.interaction, keys, "variable", column)
    interaction = _masked(part.interaction, hidden, pairs)
    return replace(part, groups=groups.assign(status=status), interaction=interaction)


def _in(frame: pd.DataFrame, keys: Keys, *columns: str) -> np.ndarray:
    if not keys or not len(frame):
        return np.zeros(len(frame), bool)
    found = zip(*(frame[name].astype("str") for name in columns), strict=True)
    return np.array([key in keys for key in found], bool)


def _masked(frame: pd.DataFrame, hidden: Hidden, rows: np.ndarray) -> pd.DataFrame:
    """Return a table without the numbers of some rows, respondents rounded in all others."""
    changed: dict[str, Any] = {}
    for name in ("n", "smallest_cell"):
        if name in frame and hidden.rounding != 1:
            changed[name] = rounded(frame[name].to_numpy(np.float64), hidden.rounding)
    if rows.any():
        for name in _NUMBERS:
            if name in frame:
                values = changed.get(name, frame[name].to_numpy(np.float64))
                changed[name] = np.where(rows, np.nan, values)
        words = ["verdict", "equivalence", *(["status"] if "target" in frame else [])]
        for name in words:
            if name in frame:
                changed[name] = np.where(rows, "not_estimable", frame[name])
    return frame.assign(**changed) if changed else frame
