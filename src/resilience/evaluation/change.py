"""What may be said of a change: verdicts by rule, adjusted for how many were looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from resilience.evaluation.families.adjustments import holm

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.inference.results.estimates import Estimates

    Floats = npt.NDArray[np.float64]

__all__ = ["ChangeVerdicts", "Verdict", "judge_changes"]

Verdict = Literal["increase", "decrease", "no_clear_change", "not_estimable"]
"""`no_clear_change` is not "no change": the data leave both directions open."""


@dataclass(frozen=True, slots=True, eq=False)
class ChangeVerdicts:
    """Verdicts on changes.

    Attributes
    ----------
    verdicts : tuple of Verdict
        One a row.
    p_value : numpy.ndarray
        Of each change alone, shape (k,).
    p_adjusted : numpy.ndarray
        Adjusted for the family; the same as `p_value` for planned changes.
    planned : numpy.ndarray
        Whether a change was named before the data were seen, shape (k,) of bool.
    family_size : int
        How many changes were adjusted for; 1 where none were.
    """

    verdicts: tuple[Verdict, ...]
    p_value: Floats
    p_adjusted: Floats
    planned: npt.NDArray[np.bool_]
    family_size: int


def judge_changes(
    changes: Estimates,
    *,
    level: float = 0.95,
    planned: bool | npt.NDArray[np.bool_] = False,
    family: npt.NDArray[np.bool_] | None = None,
) -> ChangeVerdicts:
    """Say by rule which changes are clear.

    A planned change is clear if its interval leaves out zero. Unplanned ones were looked at
    together: their p-values are adjusted by Holm's method first, so that the chance of one
    false "change" among them stays below 1 - level.

    Parameters
    ----------
    changes : Estimates
        From `compare`.
    level : float
        The coverage of intervals; 1 - level is the error rate.
    planned : bool or numpy.ndarray of bool
        Which rows were named before the data were seen: all, none, or one word a row.
    family : numpy.ndarray of bool, optional
        Which rows are looked at; others (suppressed ones) are not judged. Default: all.

    Returns
    -------
    ChangeVerdicts

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6: 65-70. Oracle: statsmodels
    `multipletests(method="holm")`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 3, 9, 9, 9], "t": [1, 1, 1, 2, 2, 2],
    ...                       "ea": [1, 2, 3, 1, 2, 3]})
    >>> design = rs.SurveyDesign(frame, psu="ea", wave="t", waves="same_psu")
    >>> change = rs.compare(rs.estimate_mean(design, "y", by="t"), over="t", reference="1")
    >>> judge_changes(change).verdicts
    ('increase',)
    """
    p_value = changes.test()["p_value"].to_numpy(np.float64)
    judged = np.isfinite(p_value) & (np.ones(len(changes), bool) if family is None else family)
    p_adjusted = np.where(judged, p_value, np.nan)
    named = np.broadcast_to(np.asarray(planned, bool), judged.shape)
    adjusted = judged & ~named
    p_adjusted[adjusted] = holm(p_value[adjusted])
    clear = judged & (np.nan_to_num(p_adjusted, nan=1.0) < 1 - level)
    verdicts = tuple(
        _verdict(value, judged=bool(is_judged), clear=bool(is_clear))
        for value, is_judged, is_clear in zip(changes.values, judged, clear, strict=True)
    )
    family_size = 1 if named.all() else int(adjusted.sum())
    return ChangeVerdicts(verdicts, p_value, p_adjusted, named, family_size)


def _verdict(value: float, *, judged: bool, clear: bool) -> Verdict:
    if not judged:
        return "not_estimable"
    if not clear:
        return "no_clear_change"
    return "increase" if value > 0 else "decrease"
