"""Whether waves differ in how they were interviewed, and by whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue, nearest
from resilience.evaluation.threats.arms import labels_in, require_named
from resilience.inference.comparisons.comparison import compare
from resilience.inference.results.printing import PrintedTable
from resilience.inference.statistics.columns import columns_of, require_design
from resilience.inference.statistics.estimation import estimate_mean, estimate_proportion
from resilience.responses.coding import REASON_CODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.definitions.instrument import MissingReason
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

__all__ = ["FieldworkShifts", "fieldwork_shifts"]

_TOLD: tuple[MissingReason, ...] = ("refused", "dont_know")
_MODE = "mode_told"
_PAIR = 2


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FieldworkShifts(PrintedTable):
    """How two waves differ in their fieldwork.

    Attributes
    ----------
    between : tuple of two str
    modes : Estimates or None
        Changes of the shares of modes.
    missing : Estimates or None
        Changes of the mean share of items that were refused or answered by "don't know".
    interviewers : pandas.DataFrame
        By wave: `interviewers`, how many of them are in `both` waves, the share of interviews
        by these (`by_shared`); empty where no column tells them.
    variance_by_interviewer : pandas.DataFrame
        By variable and wave the share of variance that lies between interviewers.
    changes, where_shared : Estimates
        Changes of the variables over all respondents, and over those interviewed by
        interviewers and in modes that both waves had. The latter is None where nobody was.
    n_shared : tuple of int
        Respondents of the two waves that the latter rests on.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/senegal/study.yaml")
    >>> responses = rs.score(rs.load_responses(study))
    >>> shifts = rs.fieldwork_shifts(rs.SurveyDesign.from_responses(responses), "cohesion",
    ...                              between=("baseline", "endline"), interviewer="interviewer",
    ...                              reasons=responses.reasons)
    >>> isinstance(shifts, rs.FieldworkShifts), list(shifts.interviewers["wave"])
    (True, ['baseline', 'endline'])
    """

    between: tuple[str, str]
    modes: Estimates | None
    missing: Estimates | None
    interviewers: pd.DataFrame
    variance_by_interviewer: pd.DataFrame
    changes: Estimates
    where_shared: Estimates | None
    n_shared: tuple[int, int]

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return everything as one tidy table.

        Parameters
        ----------
        level : float
            The coverage of intervals.

        Returns
        -------
        pandas.DataFrame
            `measure variable <by> estimate std_error conf_low conf_high df n`: changes of shares
            (`change_of_mode`, `change_of_missing`), `share_by_shared_interviewers` and
            `variance_by_interviewer` by wave, `change` and `change_where_shared`.
        """
        named = {
            "change_of_mode": self.modes,
            "change_of_missing": self.missing,
            "change": self.changes,
            "change_where_shared": self.where_shared,
        }
        parts = [
            part.to_frame(level=level).assign(measure=name)
            for name, part in named.items()
            if part is not None
        ]
        counts = self.interviewers.rename(columns={"by_shared": "estimate"})
        if len(counts):
            between = self.variance_by_interviewer
            named_counts = {"measure": "share_by_shared_interviewers", "variable": ""}
            parts.append(counts.assign(**named_counts, reference=""))
            parts.append(between.assign(measure="variance_by_interviewer", reference=""))
        table: pd.DataFrame = pd.concat(parts, ignore_index=True)
        dropped = ["n_effective", "deff", "interviewers", "both"]
        return table.drop(columns=[name for name in dropped if name in table])

    def _told(self) -> str:
        shared = (
            f"Shared interviewers and modes: {self.n_shared[0]:,} and {self.n_shared[1]:,} "
            "respondents."
            if self.where_shared is not None
            else "Nobody was interviewed by an interviewer and in a mode that both waves had: "
            "change and change of fieldwork cannot be told apart."
        )
        return (
            f"{shared} Where interviewers kept to their places, what lies between them is also "
            "what lies between places."
        )


def fieldwork_shifts(
    design: SurveyDesign,
    variables: str | Sequence[str],
    *,
    between: tuple[str, str],
    mode: str | None = None,
    interviewer: str | None = None,
    reasons: pd.DataFrame | None = None,
    by: str | None = None,
) -> FieldworkShifts:
    """Compare two waves' fieldwork, and the change with and without what they do not share.

    Use it before a change is read: another mode or other interviewers can make one. Give the
    column of arms as `by`: what shifted alike in both arms does not bias their difference.

    Parameters
    ----------
    design : SurveyDesign
        With waves.
    variables : str or sequence of str
        The outcomes.
    between : tuple of two str
        The earlier and the later wave.
    mode, interviewer : str, optional
        Columns that tell how, and by whom, each respondent was interviewed; missing counts as
        not shared.
    reasons : pandas.DataFrame, optional
        `responses.reasons`, in the order of the design's rows: why answers are missing. Items
        that a wave did not ask are left out.
    by : str, optional
        A column to break down by.

    Returns
    -------
    FieldworkShifts

    Raises
    ------
    EvaluationError
        If a wave or column does not exist, or `reasons` has other rows.
    ComparisonError
        If a score is not the same score in both waves.

    Notes
    -----
    Variance between interviewers: the intra-class correlation of one-way analysis of variance,
    without weights (0 where it comes out negative), over interviewers of two interviews and
    more.

    References
    ----------
    Interviewer variance: Kish (1962), JASA 57, 92-115.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"wave": ["w1"] * 4 + ["w2"] * 4, "ea": list("abcd") * 2,
    ...                       "who": list("ppqqqqrr"), "y": [1.0, 2, 3, 5, 4, 6, 7, 9]})
    >>> design = rs.SurveyDesign(frame, psu="ea", wave="wave", waves="same_psu")
    >>> shifts = rs.fieldwork_shifts(design, "y", between=("w1", "w2"), interviewer="who")
    >>> shifts.interviewers["by_shared"].tolist(), shifts.n_shared
    ([0.5, 0.5], (2, 2))
    """
    require_design(design)
    pair = _require_waves(design, between)
    named = [name for name in (mode, interviewer, by) if name is not None]
    require_named(design, named, "fieldwork_shifts")
    wave = design.frame[str(design.wave)].astype("str").to_numpy()
    rows = np.isin(wave, pair)
    later = wave == pair[1]
    shared = rows.copy()
    for name in (mode, interviewer):
        if name is not None:
            shared &= _in_both(labels_in(design, name), rows & ~later, rows & later)
    columns = columns_of(design, variables)
    names = [column.variable for column in columns]
    n_shared = (int((shared & ~later).sum()), int((shared & later).sum()))
    return FieldworkShifts(
        pair,
        None if mode is None else _mode_changes(design, mode, by, rows, pair),
        None if reasons is None else _missing_changes(design, reasons, by, rows, pair),
        pd.DataFrame() if interviewer is None else _people(design, interviewer, rows, later, pair),
        pd.DataFrame()
        if interviewer is None
        else pd.DataFrame(
            [
                {"variable": column.variable, "wave": name, **_between(column.y, of, here)}
                for of in [labels_in(design, interviewer)]
                for column in columns
                for name, here in zip(pair, (rows & ~later, rows & later), strict=True)
            ]
        ),
        _changes(design, names, by, rows, pair),
        _changes(design, names, by, shared, pair) if min(n_shared) else None,
        n_shared,
    )


def _changes(
    design: SurveyDesign, names: Sequence[str], by: str | None, rows: Mask, pair: tuple[str, str]
) -> Estimates:
    wave = str(design.wave)
    chosen = pd.Series(rows, index=design.frame.index)
    levels = estimate_mean(design, names, by=[*([by] if by else []), wave], where=chosen)
    return compare(levels, over=wave, reference=pair[0])


def _mode_changes(
    design: SurveyDesign, mode: str, by: str | None, rows: Mask, pair: tuple[str, str]
) -> Estimates:
    """Return changes of the shares of modes, of those with one."""
    wave = str(design.wave)
    modes = labels_in(design, mode)
    frame = design.frame.assign(**{_MODE: pd.Categorical(modes)})
    chosen = pd.Series(rows & modes.notna().to_numpy(), index=frame.index)
    levels = estimate_proportion(
        replace(design, frame=frame),
        _MODE,
        answers="each",
        by=[*([by] if by else []), wave],
        where=chosen,
    )
    return compare(levels, over=wave, reference=pair[0])


def _missing_changes(
    design: SurveyDesign, reasons: pd.DataFrame, by: str | None, rows: Mask, pair: tuple[str, str]
) -> Estimates:
    """Return changes of the mean shares of items refused and not known."""
    if len(reasons) != len(design.frame):
        raise EvaluationError(
            Issue(
                "the reasons are those of other rows",
                where="fieldwork_shifts(reasons=)",
                found=f"{len(reasons):,} rows",
                expected=f"{len(design.frame):,}, in the order of the design's",
                remedy="responses.reasons of the responses that the design was made from",
            )
        )
    codes = reasons.to_numpy()
    wave = design.frame[str(design.wave)].astype("str").to_numpy()
    not_asked = codes == REASON_CODES["not_asked"]
    asked = ~np.any([not_asked[wave == name].all(axis=0) for name in pair], axis=0)
    shares = {reason: np.mean(codes[:, asked] == REASON_CODES[reason], axis=1) for reason in _TOLD}
    counted = replace(design, frame=design.frame.assign(**shares))
    return _changes(counted, _TOLD, by, rows, pair)


def _in_both(of: pd.Series, earlier: Mask, later: Mask) -> Mask:
    """Return which rows have a value that both waves have."""
    common = set(of[earlier].dropna()) & set(of[later].dropna())
    return of.isin(list(common)).to_numpy(bool)


def _people(
    design: SurveyDesign, interviewer: str, rows: Mask, later: Mask, pair: tuple[str, str]
) -> pd.DataFrame:
    """Return by wave how many interviewers there were, and how much those in both did."""
    of = labels_in(design, interviewer)
    both = _in_both(of, rows & ~later, rows & later)
    told = []
    for name, here in zip(pair, (rows & ~later, rows & later), strict=True):
        known = here & of.notna().to_numpy()
        told.append(
            {
                "wave": name,
                "interviewers": len(set(of[known])),
                "both": len(set(of[known & both])),
                "by_shared": float(both[here].mean()),
                "n": int(here.sum()),
            }
        )
    return pd.DataFrame(told)


def _between(y: Floats, of: pd.Series, here: Mask) -> dict[str, float]:
    """Return the share of variance between interviewers, and how many interviews it rests on."""
    used = here & ~np.isnan(y) & of.notna().to_numpy()
    codes, _ = pd.factorize(of[used])
    sizes = np.bincount(codes)
    kept = sizes[codes] >= _PAIR
    codes, values = np.unique(codes[kept], return_inverse=True)[1], y[used][kept]
    sizes = np.bincount(codes)
    groups, n = len(sizes), len(values)
    if groups < _PAIR or n <= groups:
        return {"estimate": float("nan"), "n": float(n)}
    means = np.bincount(codes, values) / sizes
    within = float(((values - means[codes]) ** 2).sum()) / (n - groups)
    between = float(sizes @ (means - values.mean()) ** 2) / (groups - 1)
    size = (n - float(sizes @ sizes) / n) / (groups - 1)
    total = (between - within) / size + within
    share = (between - within) / size / total if total > 0 else float("nan")
    return {"estimate": max(0.0, share), "n": float(n)}


def _require_waves(design: SurveyDesign, between: tuple[str, str]) -> tuple[str, str]:
    """Return the two waves, or refuse names that are none."""
    pair = tuple(map(str, between))
    unknown = [name for name in pair if name not in design.wave_names]
    if len(pair) == _PAIR and not unknown and pair[0] != pair[1]:
        return pair[0], pair[1]
    raise EvaluationError(
        Issue(
            "a shift lies between two different waves of the design",
            where="fieldwork_shifts(between=)",
            found=", ".join(pair),
            expected="two of " + (", ".join(filter(None, design.wave_names)) or "several waves"),
            remedy=nearest(unknown[0], design.wave_names, "name the earlier, then the later wave")
            if unknown
            else "name the earlier, then the later wave",
        )
    )
