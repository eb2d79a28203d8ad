"""Who heard which version of a question, by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.errors import EstimationError, EvaluationError, Issue, nearest
from resilience.inference.statistics.columns import absent_column, require_design

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from resilience.inference.designs.design import SurveyDesign

    Codes = npt.NDArray[np.int64]

__all__ = ["Arms", "arms_of", "control_and_others", "reasons_of"]

CONTROL = 0
_NEITHER = -1
_MOST_ARMS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Arms:
    """The versions of a question and who heard which.

    Attributes
    ----------
    column : str
    control : object
        The value of those who heard the plain version.
    others : tuple
        The values of those who heard another.
    of_row : numpy.ndarray
        0 for the control version, 1 and on for the others, -1 for neither, shape (n,).
    missing : numpy.ndarray
        Of whom the version is not known, shape (n,).
    """

    column: str
    control: Any
    others: tuple[Any, ...]
    of_row: Codes
    missing: npt.NDArray[np.bool_]


def arms_of(
    design: SurveyDesign,
    column: str,
    *,
    treatment: Any,
    control: Any,
    verb: str,
) -> Arms:
    """Return who heard the control version, and who each of the `treatment` ones.

    Parameters
    ----------
    design : SurveyDesign
    column : str
        The column of versions.
    treatment : object, sequence of objects or None
        The value, or values, of those who heard the sensitive version. None: 1 (or True) of a
        column of 0 and 1, or the value 'treatment'.
    control : object or None
        The value of the others; None: the one that is left.
    verb : str
        Who asks, for errors.

    Raises
    ------
    EvaluationError
        If there is one version only, or it is not clear which is which.
    EstimationError
        If there is no such column.
    """
    values = _values(design, column, verb)
    wanted = _as_tuple(treatment) if treatment is not None else _usual(values, column, verb)
    others = tuple(_found(value, values, column, verb) for value in wanted)
    left = [value for value in values if value not in others]
    if control is not None:
        left = [_found(control, values, column, verb)]
    if len(left) != 1 or left[0] in others or len(set(map(str, others))) < len(others):
        raise EvaluationError(
            Issue(
                f"it is not clear who heard the control version of '{column}'",
                where=f"{verb}: control",
                found=f"{', '.join(map(str, values))}; others: {', '.join(map(str, others))}",
                expected="one value that is not among the other versions",
                remedy="name it: control=…",
            )
        )
    return _coded(design, column, left[0], others)


def control_and_others(design: SurveyDesign, column: str, control: Any, verb: str) -> Arms:
    """Return the arms where every value but the control's is a version of its own.

    Raises
    ------
    EvaluationError
        If there is one version only, or none is the control.
    """
    values = _values(design, column, verb)
    plain = _found(control, values, column, verb)
    return _coded(design, column, plain, tuple(value for value in values if value != plain))


def reasons_of(
    name: str,
    missing: npt.NDArray[np.bool_],
    reasons: pd.DataFrame | None,
    verb: str,
) -> dict[str, int]:
    """Return how many answers are missing, by reason where reasons are given.

    Parameters
    ----------
    name : str
        The variable.
    missing : numpy.ndarray
        Of whom the answer is missing and would be needed, shape (n,).
    reasons : pandas.DataFrame or None
        Reasons in words, one column a variable, in the order of the design's rows, as
        `Responses.reason_names` gives them.
    """
    if not missing.any():
        return {}
    if reasons is None:
        return {f"{name} missing": int(missing.sum())}
    words = reason_column(name, len(missing), reasons, verb)[missing]
    kinds, counts = np.unique(np.where(words == "", "missing", words), return_counts=True)
    return {f"{name} {kind}": int(count) for kind, count in zip(kinds, counts, strict=True)}


def reason_column(name: str, n: int, reasons: pd.DataFrame, verb: str) -> npt.NDArray[np.str_]:
    """Return a variable's reasons, shape (n,), or refuse what does not fit the rows."""
    if name in reasons and len(reasons) == n:
        return reasons[name].fillna("").astype("str").to_numpy(np.str_)
    raise EvaluationError(
        Issue(
            f"there are no reasons for missing answers to '{name}'",
            where=f"{verb}: reasons",
            found=f"{len(reasons):,} rows" if name in reasons else "no such column",
            expected=f"a column '{name}' of {n:,} words, in the order of the design's rows",
            remedy="responses.reason_names() of the responses that the design was made from",
        )
    )


def _values(design: SurveyDesign, column: str, verb: str) -> list[Any]:
    """Return the versions that occur, in their order."""
    require_design(design)
    if column not in design.frame:
        usable = [str(name) for name in design.frame]
        raise EstimationError(absent_column(design, column, f"{verb}: arm", usable))
    found = design.frame[column].dropna().unique()
    values = sorted(found.tolist(), key=str) if hasattr(found, "tolist") else list(found)
    if 1 < len(values) <= _MOST_ARMS:
        return values
    raise EvaluationError(
        Issue(
            f"'{column}' does not tell two versions of the question apart",
            where=f"{verb}: arm",
            found=f"{len(values):,} {'value' if len(values) == 1 else 'values'}",
            expected=f"2 to {_MOST_ARMS} values, given to respondents by chance",
            remedy="name the column that tells who heard which version",
        )
    )


def _usual(values: Sequence[Any], column: str, verb: str) -> tuple[Any, ...]:
    """Return the sensitive version where its value says so itself."""
    if set(values) <= {0, 1}:
        return (next(value for value in values if value == 1),)
    if "treatment" in values:
        return ("treatment",)
    raise EvaluationError(
        Issue(
            f"it is not clear who heard the sensitive version of '{column}'",
            where=f"{verb}: treatment",
            found=", ".join(map(str, values)),
            expected="0 and 1, or a value 'treatment'",
            remedy="name it: treatment=…",
        )
    )


def _found(value: Any, values: Sequence[Any], column: str, verb: str) -> Any:
    """Return the value as the column has it."""
    for known in values:
        if known == value or str(known) == str(value):
            return known
    raise EvaluationError(
        Issue(
            f"nobody has the value '{value}' of '{column}'",
            where=f"{verb}: arm",
            found=str(value),
            expected="one of " + ", ".join(map(str, values)),
            remedy=nearest(str(value), list(map(str, values)), "name one of them"),
        )
    )


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else (value,)


def _coded(design: SurveyDesign, column: str, control: Any, others: tuple[Any, ...]) -> Arms:
    answers = design.frame[column].reset_index(drop=True)
    of_row = np.full(len(answers), _NEITHER, np.int64)
    for code, value in enumerate((control, *others)):
        of_row[np.asarray(answers == value, bool)] = code
    return Arms(column, control, others, of_row, np.asarray(answers.isna(), bool))
