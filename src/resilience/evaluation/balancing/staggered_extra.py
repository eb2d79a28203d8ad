"""The one door to diff-diff, which the extra `did` installs at exactly one version."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.errors import EvaluationError, Issue

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

__all__ = ["PINNED", "Fitted", "fit_group_time", "require_extra"]

PINNED = "3.13.0"
_HARMLESS = "weights normalized"  # their scale changes no estimate


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What the extra made: tuples of (keys, estimate, std_error, df, n).

    Attributes
    ----------
    cells, groups, events, overall : list of dict
        By cohort and period; by cohort; by time since adoption; over all.
    honest : list of dict
        Limits under bounds on how trends may bend, by bound.
    notes : tuple of str
        What it warned of.
    """

    cells: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    events: list[dict[str, Any]]
    overall: list[dict[str, Any]]
    honest: list[dict[str, Any]]
    notes: tuple[str, ...]


def require_extra() -> None:
    """Refuse to go on without the extra, or with another version of it.

    Raises
    ------
    EvaluationError
        With the command that installs it.
    """
    try:
        found = metadata.version("diff-diff")
    except metadata.PackageNotFoundError:
        found = ""
    if found == PINNED:
        return
    raise EvaluationError(
        Issue(
            "staggered adoption needs an extra",
            where="estimate_staggered",
            found=f"diff-diff {found}" if found else "diff-diff is not installed",
            expected=f"diff-diff {PINNED}, the version whose numbers were checked",
            remedy="python -m pip install 'resilience-surveys[did]'",
        )
    )


def fit_group_time(
    frame: pd.DataFrame,
    *,
    covariates: Sequence[str],
    controls: str,
    method: str,
    panel: bool,
    design: dict[str, str],
    bends: Sequence[float],
    level: float,
) -> Fitted:
    """Return group-time effects and what they add up to.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns `outcome`, `unit`, `time` and `first` (positions from 1; 0 never), covariates,
        and those that `design` names.
    covariates : sequence of str
    controls : {'never_treated', 'not_yet_treated'}
    method : {'dr', 'reg', 'ipw'}
    panel : bool
    design : dict
        `weights`, `strata` and `psu` columns, as far as there are any.
    bends : sequence of float
        Bounds for honest intervals.
    level : float
        Their coverage.

    Raises
    ------
    EvaluationError
        If the extra cannot fit it.
    """
    import diff_diff  # noqa: PLC0415 - optional

    sample = diff_diff.SurveyDesign(**design, nest=False) if design else None

    def fit(base: str) -> Any:
        estimator = diff_diff.CallawaySantAnna(
            control_group=controls,
            estimation_method=method,
            panel=panel,
            base_period=base,
            rank_deficient_action="error",
        )
        return estimator.fit(
            frame,
            outcome="outcome",
            unit="unit",
            time="time",
            first_treat="first",
            covariates=list(covariates) or None,
            survey_design=sample,
        )

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            made = fit("varying")
            events = made.aggregate("event_study")
            honest = [_honest(diff_diff, fit("universal"), bend, level) for bend in bends]
            groups = made.aggregate("group").to_dataframe()
        except (ValueError, KeyError, np.linalg.LinAlgError) as error:
            raise EvaluationError(_refused(error)) from error
    notes = dict.fromkeys(str(w.message) for w in told if _HARMLESS not in str(w.message))
    return _collected(made, events, groups, honest, tuple(notes))


def _collected(
    made: Any,
    events: Any,
    groups: pd.DataFrame,
    honest: list[dict[str, Any]],
    notes: tuple[str, ...],
) -> Fitted:
    """Return what the extra made, in words and columns of ours."""
    simple = _row(made.overall_att, made.overall_se, _degrees(events), made.n_treated_units)
    return Fitted(
        cells=_cells(made, _degrees(events)),
        groups=[
            {"cohort": int(cohort), **_row(att, error, df, None)}
            for cohort, att, error, df in groups[["label", "att", "se", "df"]].to_numpy()
        ],
        events=[
            {"event_time": int(at), **_row(att, error, df, None)}
            for at, att, error, df in zip(
                events.event_time, events.att, events.se, events.df, strict=True
            )
        ],
        overall=[{"average": "simple", **simple}, {"average": "event_time", **_dynamic(events)}],
        honest=honest,
        notes=notes,
    )


def _cells(made: Any, df: float) -> list[dict[str, Any]]:
    return [
        {
            "cohort": int(cohort),
            "time": int(time),
            **_row(cell["effect"], cell["se"], df, cell["n_treated"]),
        }
        for (cohort, time), cell in made.group_time_effects.items()
    ]


def _dynamic(events: Any) -> dict[str, Any]:
    """Return the mean over times since adoption, with the error of their joint covariance."""
    share = (np.asarray(events.event_time) >= 0) & np.isfinite(events.att)
    share = share / share.sum()
    error = float(np.sqrt(share @ np.nan_to_num(events.vcov) @ share))
    return _row(float(share @ np.nan_to_num(events.att)), error, _degrees(events), None)


def _degrees(events: Any) -> float:
    """Return degrees of freedom, infinite where the extra takes the normal distribution."""
    found = np.asarray(events.df, np.float64)
    return float(found[0]) if len(found) and np.isfinite(found[0]) else np.inf


def _row(estimate: Any, error: Any, df: Any, n: Any) -> dict[str, Any]:
    freedom = float(df) if df is not None and np.isfinite(df) else np.inf
    return {
        "estimate": float(estimate),
        "std_error": float(error),
        "df": freedom,
        "n": np.nan if n is None else float(n),
    }


def _honest(extra: Any, made: Any, bend: float, level: float) -> dict[str, Any]:
    fitted = extra.HonestDiD(method="smoothness", M=bend, alpha=1 - level)
    found = fitted.fit(made.aggregate("event_study"))
    return {"bend": bend, "conf_low": float(found.ci_lb), "conf_high": float(found.ci_ub)}


def _refused(error: Exception) -> Issue:
    return Issue(
        "group-time effects cannot be estimated",
        where="estimate_staggered",
        found=type(error).__name__,
        expected="cohorts with waves before and after adoption, and places not yet treated",
        remedy="look at cohorts by wave; leave out covariates, or cohorts with few respondents",
    )
