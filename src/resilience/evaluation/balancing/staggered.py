"""Effects where places adopted a programme at different times, through an optional extra."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.balancing.groups import covariates_of
from resilience.evaluation.balancing.staggered_extra import PINNED, fit_group_time, require_extra
from resilience.evaluation.balancing.staggered_rows import (
    codes,
    cohorts,
    require_recurring,
    treated_labels,
    with_roles,
)
from resilience.inference.statistics.columns import columns_of, require_design
from resilience.inference.statistics.domains import where_mask
from resilience.inference.statistics.influence import weighing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.evaluation.balancing.staggered_extra import Fitted
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_matrix import Term
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

__all__ = ["StaggeredEffects", "estimate_staggered"]

_VERB = "estimate_staggered"
_METHODS = {"doubly_robust": "dr", "regression": "reg", "ipw": "ipw"}
_CONTROLS = {"never": "never_treated", "not_yet": "not_yet_treated"}


@dataclass(frozen=True, repr=False, eq=False, slots=True)
class StaggeredEffects:
    """Effects by cohort and wave, and their averages.

    Attributes
    ----------
    rows : pandas.DataFrame
        `measure` is "group_time", "event_time", "group", "overall" or "honest"; what a row is
        stands in `cohort`, `wave`, `event_time` and `average`.
    honest_level : float
        The coverage of the honest intervals, whose limits are part of the rows.
    notes : tuple of str
        What the extra warned of.
    source : str
        What made the numbers.

    Examples
    --------
    >>> import resilience as rs
    >>> list(rs.StaggeredEffects.__dataclass_fields__)
    ['rows', 'honest_level', 'notes', 'source']
    """

    rows: pd.DataFrame
    honest_level: float
    notes: tuple[str, ...]
    source: str

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return the effects as a tidy table.

        Parameters
        ----------
        level : float
            The coverage of intervals; honest ones keep that they were made with.

        Returns
        -------
        pandas.DataFrame
            `measure variable cohort wave event_time average bend estimate std_error conf_low
            conf_high statistic df p_value n`. Event times are in waves; negative ones are
            placebos.
        """
        if not 0 < level < 1:
            message = f"'level' must lie between 0 and 1 (got {level})"
            raise ValueError(message)
        table = self.rows.copy()
        reach = stats.t.ppf((1 + level) / 2, table["df"]) * table["std_error"]
        for name, limit in (("conf_low", -reach), ("conf_high", reach)):
            made = (table["estimate"] + limit).where(table["measure"] != "honest", table[name])
            table[name] = made
        table["statistic"] = table["estimate"] / table["std_error"]
        table["p_value"] = 2 * stats.t.sf(np.abs(table["statistic"]), table["df"])
        keys = ["measure", "variable", "cohort", "wave", "event_time", "average", "bend"]
        numbers = ["estimate", "std_error", "conf_low", "conf_high", "statistic", "df", "p_value"]
        return table[[*keys, *numbers, "n"]]

    def __repr__(self) -> str:
        """Return the table, and what made it."""
        return "\n".join([self.to_frame().to_string(index=False), self.source, *self.notes])

    def _repr_html_(self) -> str:
        told = "<br>".join(map(escape, (self.source, *self.notes)))
        return f"{self.to_frame().to_html(index=False, escape=True)}<p>{told}</p>"


def estimate_staggered(  # noqa: PLR0913 - what is compared with what
    design: SurveyDesign,
    outcome: str,
    covariates: str | Sequence[str | Term] = (),
    *,
    first_treated: str,
    never: Any,
    unit: str | None = None,
    cluster: str | None = None,
    controls: Literal["never", "not_yet"] = "never",
    method: Literal["doubly_robust", "regression", "ipw"] = "doubly_robust",
    violations: Literal["smoothness", "relative_magnitude"] = "smoothness",
    bends: Sequence[float] = (),
    level: float = 0.95,
    where: Where = None,
) -> StaggeredEffects:
    """Estimate effects where places adopted a programme at different times.

    Use it with three or more waves and cohorts that started between different waves, where one
    difference in differences would compare late starters with early ones. It needs the extra:
    ``python -m pip install 'resilience-surveys[did]'``.

    Parameters
    ----------
    design : SurveyDesign
        With waves in their order.
    outcome : str
        A numeric column.
    covariates : str or sequence
        As for `fit_regression`; of the wave before adoption.
    first_treated : str
        The column with the wave at which each row's place was first treated.
    never : value
        What this column holds for those who are not treated in any wave; missing is an error.
    unit : str, optional
        The column of units that recur in each wave, whose changes are compared: persons or
        places. Without, waves are repeated cross-sections.
    cluster : str, optional
        The column by which influence is added up: the level of assignment. Without, the
        design's PSUs.
    controls : {'never', 'not_yet'}
        Who is compared with.
    method : {'doubly_robust', 'regression', 'ipw'}
    violations, bends : optional
        Honest intervals for the first effect, if trends bend by at most so much from one wave
        to the next ('smoothness').
    level : float
        The coverage of honest intervals.
    where : optional
        As for `estimate_mean`.

    Returns
    -------
    StaggeredEffects
        By cohort and wave (base: the wave before; after adoption, the last before it), time
        since adoption, cohort, and overall. The error of the average over cohorts is not told.

    Raises
    ------
    EvaluationError
        If the extra or a column is absent, values are missing, a cohort is no wave or has none
        before it, units do not recur or change cohort, the design has features that the extra
        does not take, or 'relative_magnitude' is asked for: its intervals in the extra are too
        narrow (for the published Medicaid example 0.011 to 0.082, where those of the method
        are -0.001 to 0.088), so that they would turn a finding round.

    References
    ----------
    Callaway and Sant'Anna (2021), Journal of Econometrics 225: 200-230; Rambachan and Roth
    (2023), Review of Economic Studies 90: 2555-2591. Oracle: the county teen employment data of
    R's `did`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> from resilience.errors import EvaluationError
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 3], "t": [1, 1, 2, 2], "start": [0, 2, 0, 2]})
    >>> design = rs.SurveyDesign(frame, wave="t", waves="independent")
    >>> try:
    ...     rs.estimate_staggered(design, "y", first_treated="start", never=0,
    ...                           violations="relative_magnitude")
    ... except EvaluationError as error:
    ...     print(error.issues[0].what)
    honest intervals of relative magnitudes are not offered
    """
    require_design(design)
    _require_sound(violations, method, controls, level)
    require_extra()
    _require_plain(design)
    frame, roles, lost = _prepared(
        design, outcome, covariates, (first_treated, never), (unit, cluster), where
    )
    fitted = fit_group_time(
        frame,
        covariates=[name for name in map(str, frame) if name.startswith("covariate ")],
        controls=_CONTROLS[controls],
        method=_METHODS[method],
        panel=unit is not None,
        design=roles,
        bends=bends,
        level=level,
    )
    told = (f"{lost:,} rows without all answers left out",) if lost else ()
    rows = _rows(fitted, outcome, design.wave_names, _cohort_sizes(frame))
    source = f"Callaway and Sant'Anna, {method}, controls {controls}; diff-diff {PINNED}"
    return StaggeredEffects(rows, level, (*told, *fitted.notes), source)


def _prepared(
    design: SurveyDesign,
    outcome: str,
    covariates: str | Sequence[str | Term],
    adoption: tuple[str, Any],
    units: tuple[str | None, str | None],
    where: Where,
) -> tuple[pd.DataFrame, dict[str, str], int]:
    """Return rows for the extra, what it is told of the design, and how many are left out."""
    (column,), (unit, cluster) = columns_of(design, outcome), units
    mask, waves = where_mask(design, where) & weighing(design), list(design.wave_names)
    first = cohorts(design, *adoption, mask, waves)
    labels = treated_labels(design, adoption[0], first)
    groups = covariates_of(
        design, covariates, arm=adoption[0], treated=labels, used=mask, verb=_VERB
    )
    complete = np.logical_and.reduce([mask, ~np.isnan(column.y), *groups.known.values()])
    names = [f"covariate {k}" for k in range(1, groups.x.shape[1])]
    frame = pd.DataFrame(groups.x[:, 1:], columns=names).assign(
        outcome=column.y,
        time=design.frame[design.wave].astype("str").map(waves.index).to_numpy() + 1,
        first=first,
        unit=np.arange(len(first)) if unit is None else codes(design, unit),
    )
    frame, roles = with_roles(design, frame, cluster)
    frame = frame[complete].reset_index(drop=True)
    if unit is not None:
        require_recurring(frame, unit)
    return frame, roles, int((mask & ~complete).sum())


def _require_sound(violations: str, method: str, controls: str, level: float) -> None:
    if violations == "relative_magnitude":
        raise EvaluationError(
            Issue(
                "honest intervals of relative magnitudes are not offered",
                where=f"{_VERB}: violations",
                found="relative_magnitude",
                expected="'smoothness': those of the extra agree with the method's own software",
                remedy="the extra's are too narrow: for the published Medicaid example 0.011 to "
                "0.082 instead of -0.001 to 0.088, which turns the finding round; use R's "
                "HonestDiD for them",
            )
        )
    for name, value, known in (
        ("violations", violations, ("smoothness",)),
        ("method", method, tuple(_METHODS)),
        ("controls", controls, tuple(_CONTROLS)),
    ):
        if value not in known:
            message = f"'{name}' must be one of {', '.join(known)} (got {value!r})"
            raise ValueError(message)
    if not 0 < level < 1:
        message = f"'level' must lie between 0 and 1 (got {level})"
        raise ValueError(message)


def _require_plain(design: SurveyDesign) -> None:
    """Refuse features of designs of which the extra's standard errors would not know."""
    features = {
        "no wave column": design.wave is None,
        "replicates": design.replicates is not None,
        "fpc": design.fpc is not None,
        "several stages": isinstance(design.psu, tuple) and len(design.psu) > 1,
        "an assumed design effect": design.assumed_design_effect != 1,
        "PSU labels within strata": design.nested_psu,
        "weights fitted to margins": any(s.projection for s in design.weight_history),
    }
    found = [name for name, there in features.items() if there]
    if found:
        raise EvaluationError(
            Issue(
                "the design has what staggered adoption cannot take in",
                where=_VERB,
                found=", ".join(found),
                expected="waves, and at most weights, strata and one column of PSUs",
                remedy="compare cohorts one by one with rs.estimate_doubly_robust_did, whose "
                "standard errors are the design's",
            )
        )


def _cohort_sizes(frame: pd.DataFrame) -> dict[int, float]:
    weights = frame["weight"] if "weight" in frame else pd.Series(1.0, index=frame.index)
    return {int(k): float(v) for k, v in weights.groupby(frame["first"]).sum().items()}  # type: ignore[call-overload]


def _rows(
    fitted: Fitted, outcome: str, waves: Sequence[str], sizes: dict[int, float]
) -> pd.DataFrame:
    """Return all effects as rows, waves by name."""
    total = sum(sizes.get(row["cohort"], 0.0) for row in fitted.groups)
    mean = sum(row["estimate"] * sizes.get(row["cohort"], 0.0) / total for row in fitted.groups)
    by_group = {"average": "group", "estimate": mean, "std_error": np.nan, "df": np.inf}
    parts: list[tuple[str, list[dict[str, Any]]]] = [
        ("group_time", fitted.cells),
        ("event_time", fitted.events),
        ("group", fitted.groups),
        ("overall", [*fitted.overall, by_group]),
        ("honest", fitted.honest),
    ]
    table = pd.DataFrame(
        [{"measure": name, "variable": outcome, **row} for name, rows in parts for row in rows]
    )
    table = table.reindex(columns=list(dict.fromkeys([*table, "conf_low", "conf_high", "bend"])))
    times, cohorts = table["time"].astype("Int64"), table["cohort"].astype("Int64")
    since = table["event_time"].astype("Int64").fillna(times - cohorts)
    named = dict(enumerate(waves, start=1))
    return table.assign(cohort=cohorts.map(named), wave=times.map(named), event_time=since).drop(
        columns="time"
    )
