"""Rows for staggered adoption: cohorts, units and the design's roles, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue, nearest
from resilience.inference.statistics.columns import absent_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign

    Mask = npt.NDArray[np.bool_]

__all__ = ["codes", "cohorts", "require_recurring", "treated_labels", "with_roles"]

_VERB = "estimate_staggered"


def cohorts(
    design: SurveyDesign, name: str, never: Any, mask: Mask, waves: Sequence[str]
) -> npt.NDArray[np.int64]:
    """Return the position of each row's first treated wave from 1; 0 never."""
    if name not in design.frame:
        usable = [str(column) for column in design.frame.columns]
        raise EvaluationError(absent_column(design, name, f"{_VERB}: first_treated", usable))
    values = design.frame[name].astype("object")
    places = {str(never): 0, **{wave: k for k, wave in enumerate(waves, start=1)}}
    labels = [_label(value) for value in values]
    known = np.array([label in places for label in labels])
    issues = []
    if (mask & ~known).any():
        odd = sorted({"missing" if pd.isna(v) else str(v) for v in values[mask & ~known]})
        issues.append(_cohort_issue(name, ", ".join(odd[:12]), waves, never))
    if str(never) not in {labels[row] for row in np.flatnonzero(mask)}:
        issues.append(_cohort_issue(name, f"nobody with '{never}'", waves, never))
    if waves and waves[0] in {labels[row] for row in np.flatnonzero(mask)} - {str(never)}:
        issues.append(_cohort_issue(name, f"treated in the first wave, {waves[0]}", waves, never))
    if issues:
        raise EvaluationError(*issues)
    return np.array([places.get(label, -1) for label in labels], np.int64)


def _label(value: Any) -> str:
    """Return a value's label; whole numbers without a decimal point, as waves have it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _cohort_issue(name: str, found: str, waves: Sequence[str], never: Any) -> Issue:
    return Issue(
        f"'{name}' does not tell when places were first treated",
        where=f"{_VERB}: first_treated",
        found=found,
        expected=f"'{never}' for some, and one of {', '.join(waves[1:])} for others",
        remedy=nearest(
            found,
            waves,
            "name the first wave after adoption; leave places treated "
            "from the start out with 'where'",
        ),
    )


def treated_labels(design: SurveyDesign, name: str, first: npt.NDArray[np.int64]) -> list[Any]:
    """Return the values of the column that stand for a wave."""
    return list(design.frame[name][first > 0].unique())


def codes(design: SurveyDesign, name: str) -> npt.NDArray[np.int64]:
    """Return a column's values as numbers from 0, or refuse missing ones."""
    if name not in design.frame:
        usable = [str(column) for column in design.frame.columns]
        raise EvaluationError(absent_column(design, name, _VERB, usable))
    numbers, _ = pd.factorize(design.frame[name])
    if (numbers < 0).any():
        raise EvaluationError(
            Issue(
                f"'{name}' is missing",
                where=_VERB,
                found=f"{int((numbers < 0).sum()):,} rows",
                expected="a label in each row",
                remedy="fill in the column, or restrict with 'where'",
            )
        )
    return numbers.astype(np.int64)


def with_roles(
    design: SurveyDesign, frame: pd.DataFrame, cluster: str | None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return rows with weights, strata and PSUs, and how the extra is told of them."""
    psu = cluster or (design.psu if isinstance(design.psu, str) else None)
    roles = {}
    if psu is not None:
        frame, roles["psu"] = frame.assign(psu=codes(design, psu)), "psu"
    if np.ptp(design.weights) > 0:
        frame, roles["weights"] = frame.assign(weight=design.weights), "weight"
    if design.stratum is not None and cluster is None:
        frame, roles["strata"] = frame.assign(stratum=codes(design, design.stratum)), "stratum"
    return frame, roles


def require_recurring(frame: pd.DataFrame, unit: str) -> None:
    """Refuse units that are missing in a wave, occur twice, or change cohort."""
    seen = frame.groupby("unit")
    lacking = int((seen["time"].nunique() < frame["time"].nunique()).sum())
    twice = int(frame.duplicated(["unit", "time"]).sum())
    moved = int((seen["first"].min() != seen["first"].max()).sum())
    found = {"missing in a wave": lacking, "rows twice in a wave": twice, "of two cohorts": moved}
    if any(found.values()):
        raise EvaluationError(
            Issue(
                f"units of '{unit}' do not recur in each wave",
                where=f"{_VERB}: unit",
                found=", ".join(f"{name}: {n:,}" for name, n in found.items() if n),
                expected="each unit once in each wave with all answers, of one cohort",
                remedy="without 'unit' waves are repeated cross-sections; or restrict with 'where'",
            )
        )
