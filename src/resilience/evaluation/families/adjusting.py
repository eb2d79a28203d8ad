"""A family of outcomes that were looked at together, and what is left of each alone."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue, nearest
from resilience.evaluation.families.adjustments import (
    benjamini_hochberg,
    holm,
    romano_wolf,
    share_beyond,
    sharpened_q,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["Correction", "FamilyAdjustment", "adjust_family"]

Correction = Literal["holm", "benjamini_hochberg", "sharpened_q", "romano_wolf", "none"]

_ERROR_RATE = {
    "holm": "family-wise error rate",
    "romano_wolf": "family-wise error rate",
    "benjamini_hochberg": "false discovery rate",
    "sharpened_q": "false discovery rate",
    "none": "each outcome alone",
}
_OF_P_VALUES: Mapping[str, Callable[[Floats], Floats]] = {
    "holm": holm,
    "benjamini_hochberg": benjamini_hochberg,
    "sharpened_q": sharpened_q,
    "none": np.array,
}


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class FamilyAdjustment:
    """P-values of a family, alone and adjusted.

    Attributes
    ----------
    measures : tuple of str
        The outcomes.
    p_value, p_adjusted : numpy.ndarray
        Of each outcome alone, and adjusted; NaN where it could not be judged, shape (k,).
        Sharpened q-values stand in `p_adjusted` too.
    method : str
        How they were adjusted.
    controls : str
        What the adjusted ones control, in words.
    planned : bool
        Whether the family was named before the data were seen; else it is exploratory.

    Examples
    --------
    >>> import resilience as rs
    >>> found = rs.adjust_family([0.01, float("nan"), 0.03], method="holm", names=list("abc"))
    >>> found.family_size, found.not_judged
    (2, ('b',))
    """

    measures: tuple[str, ...]
    p_value: Floats
    p_adjusted: Floats
    method: Correction
    controls: str
    planned: bool

    def __post_init__(self) -> None:
        """Make arrays read-only."""
        self.p_value.flags.writeable = False
        self.p_adjusted.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of outcomes."""
        return len(self.measures)

    @property
    def family_size(self) -> int:
        """How many outcomes were adjusted for: those that have a p-value."""
        return int(np.isfinite(self.p_value).sum())

    @property
    def not_judged(self) -> tuple[str, ...]:
        """The outcomes without a p-value."""
        judged = np.isfinite(self.p_value)
        return tuple(name for name, known in zip(self.measures, judged, strict=True) if not known)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each outcome.

        Returns
        -------
        pandas.DataFrame
            `measure p_value p_adjusted method family_size status`; the status is `planned`,
            `exploratory` or `not_judged`.
        """
        status = "planned" if self.planned else "exploratory"
        return pd.DataFrame(
            {
                "measure": list(self.measures),
                "p_value": self.p_value,
                "p_adjusted": self.p_adjusted,
                "method": self.method,
                "family_size": self.family_size,
                "status": np.where(np.isfinite(self.p_value), status, "not_judged"),
            }
        )

    def __repr__(self) -> str:
        """Return the table as it prints in a terminal, and what it says."""
        return f"{self.to_frame().to_string(index=False)}\n{self._told()}"

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, border=0)
        return f"{table}<p>{escape(self._told())}</p>"

    def _told(self) -> str:
        status = "planned" if self.planned else "exploratory"
        words = f"{status} family of {self.family_size}: {self.controls} by {self.method}"
        missing = f"; not judged: {', '.join(self.not_judged)}" if self.not_judged else ""
        return words + missing


def adjust_family(
    p_values: npt.ArrayLike | None,
    *,
    method: Correction,
    names: Sequence[str] | None = None,
    planned: bool = False,
    statistic: npt.ArrayLike | None = None,
    draws: npt.ArrayLike | None = None,
    enumerated: bool = False,
) -> FamilyAdjustment:
    """Adjust p-values for how many outcomes of a family were looked at.

    Use it on each family that an analysis plan names, and on all that was looked at besides as
    one exploratory family. Outcomes without a p-value (NaN) are kept, not judged, and do not
    count.

    Parameters
    ----------
    p_values : array or None
        Two-sided, shape (k,). None with draws: they come from these.
    method : {'holm', 'benjamini_hochberg', 'sharpened_q', 'romano_wolf', 'none'}
        Holm and Romano-Wolf keep the chance of one false finding in the family below the level;
        the latter uses how outcomes go together, and is never much worse. Benjamini-Hochberg
        and Anderson's sharpened q keep the expected share of false findings among findings.
    names : sequence of str, optional
        The outcomes. Default: their numbers.
    planned : bool
        Whether the family was named before the data were seen.
    statistic, draws : array, optional
        For Romano-Wolf: the observed statistics, shape (k,), and joint draws under the null
        hypothesis, shape (r, k), with the same signs or assignment for all outcomes of a row.
        Each outcome is divided by the standard deviation of its draws, so that statistics need
        not be on one scale.
    enumerated : bool
        Whether the draws are all that there can be, the observed one among them.

    Returns
    -------
    FamilyAdjustment
        If both p-values and draws are given, adjusted values are never below the p-value
        given, which may come from another reference than the draws.

    Raises
    ------
    EvaluationError
        If there is no outcome, a p-value is none, numbers do not fit, or a method lacks draws
        or has them for nothing.

    Notes
    -----
    statsmodels' `fdr_tsbky` is not Anderson's sharpened q: what it returns depends on a level.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6: 65-70; Benjamini and Hochberg (1995),
    Journal of the Royal Statistical Society B 57: 289-300; Anderson (2008), Journal of the
    American Statistical Association 103: 1481-1495; Romano and Wolf (2005), Econometrica 73:
    1237-1282. Oracles: R's `p.adjust`; Anderson's program; for Romano-Wolf the definition by
    brute force.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.adjust_family([0.01, 0.04, 0.03], method="holm", names=["trust", "contact", "safety"],
    ...                  planned=True)
    measure  p_value  p_adjusted method  family_size  status
      trust     0.01        0.03   holm            3 planned
    contact     0.04        0.06   holm            3 planned
     safety     0.03        0.06   holm            3 planned
    planned family of 3: family-wise error rate by holm
    """
    _require_method(method, draws=draws is not None and statistic is not None, given=draws)
    if method == "romano_wolf":
        alone, adjusted = _stepped_down(p_values, statistic, draws, enumerated=enumerated)
    else:
        alone = _numbers(p_values, "p_values")
        _require_p_values(alone)
        adjusted = np.full(len(alone), np.nan)
        judged = np.isfinite(alone)
        adjusted[judged] = _OF_P_VALUES[method](alone[judged])
    told = tuple(map(str, names)) if names is not None else tuple(map(str, range(len(alone))))
    if len(told) != len(alone) or len(set(told)) != len(told):
        raise EvaluationError(
            _issue(
                "each outcome has one name of its own",
                "names",
                f"{len(set(told))} different names for {len(alone)} outcomes",
                "one a p-value",
                "correct the names",
            )
        )
    return FamilyAdjustment(told, alone, adjusted, method, _ERROR_RATE[method], planned)


def _stepped_down(
    p_values: npt.ArrayLike | None,
    statistic: npt.ArrayLike | None,
    draws: npt.ArrayLike | None,
    *,
    enumerated: bool,
) -> tuple[Floats, Floats]:
    """Return p-values alone and adjusted, from joint draws."""
    observed, joint = _numbers(statistic, "statistic"), np.array(draws, np.float64)
    given = None if p_values is None else _numbers(p_values, "p_values")
    _require_draws(observed, joint, given)
    judged = np.isfinite(observed) if given is None else np.isfinite(given) & np.isfinite(observed)
    _require_whole(joint[:, judged])
    spread = joint[:, judged].std(axis=0)
    scaled = observed[judged] / spread, joint[:, judged] / spread
    alone, adjusted = np.full((2, len(observed)), np.nan)
    single = share_beyond(*scaled, enumerated=enumerated) if given is None else given[judged]
    alone[judged] = single
    adjusted[judged] = np.maximum(romano_wolf(*scaled, enumerated=enumerated), single)
    return alone, adjusted


def _numbers(values: npt.ArrayLike | None, what: str) -> Floats:
    found = np.array([] if values is None else values, np.float64)
    if found.ndim != 1 or not len(found):
        raise EvaluationError(
            _issue(
                "there is no family to adjust",
                what,
                "nothing" if not found.size else f"{found.ndim} dimensions",
                "one number an outcome, at least one",
                "name the outcomes of the family",
            )
        )
    return found


def _require_method(method: str, *, draws: bool, given: object) -> None:
    known = get_args(Correction)
    if method not in known:
        raise EvaluationError(
            _issue(
                "there is no such correction",
                "method",
                str(method),
                "one of " + ", ".join(known),
                nearest(str(method), known, "choose one of them"),
            )
        )
    if method == "romano_wolf" and not draws:
        raise EvaluationError(
            _issue(
                "Romano-Wolf needs joint draws",
                "draws",
                "p-values alone",
                "statistic= and draws= of a bootstrap or a randomisation test",
                "give both, or use method='holm'",
            )
        )
    if method != "romano_wolf" and given is not None:
        raise EvaluationError(
            _issue(
                f"'{method}' makes no use of draws",
                "draws",
                "draws",
                "p-values alone",
                "leave the draws out, or use method='romano_wolf'",
            )
        )


def _require_p_values(p_values: Floats) -> None:
    wrong = int(((p_values < 0) | (p_values > 1)).sum())
    if wrong:
        raise EvaluationError(
            _issue(
                "numbers that are no p-values",
                "p_values",
                f"{wrong} numbers outside 0 to 1",
                "0 to 1, or NaN for an outcome that could not be judged",
                "correct them",
            )
        )


def _require_draws(observed: Floats, draws: Floats, given: Floats | None) -> None:
    if given is not None:
        _require_p_values(given)
    sizes = {len(observed), *([len(given)] if given is not None else [])}
    if draws.ndim != 2 or len(draws) < 1 or sizes != {draws.shape[1]}:  # noqa: PLR2004 - a table
        raise EvaluationError(
            _issue(
                "the draws are not those of these outcomes",
                "draws",
                f"shape {draws.shape} for {len(observed)} statistics",
                "one row a draw and one column an outcome",
                "give the draws that belong to the statistics",
            )
        )


def _require_whole(draws: Floats) -> None:
    bad = ~np.isfinite(draws).all(axis=0) | (draws.std(axis=0) == 0)
    if bad.any():
        raise EvaluationError(
            _issue(
                "outcomes have draws that tell nothing",
                "draws",
                f"{int(bad.sum())} outcomes with draws that are missing or all the same",
                "draws that are known and vary",
                "set these outcomes' statistics to NaN: they are then told as not judged",
            )
        )


def _issue(what: str, argument: str, found: str, expected: str, remedy: str) -> Issue:
    return Issue(what, f"adjust_family: {argument}", found, expected, remedy)
