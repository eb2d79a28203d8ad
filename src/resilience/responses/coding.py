"""From codes in a file to answers, each missing one with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.definitions.instrument import MISSING_REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.definitions.instrument import ListExperiment, MissingReason, Scale
    from resilience.responses.formats.parsed import Code

__all__ = [
    "ANSWERED",
    "AS_DEFINED",
    "REASON_CODES",
    "Decoded",
    "arm_codes",
    "decode_answers",
    "decode_categories",
    "label_signature",
    "plain_labels",
]

ANSWERED = 0
REASON_CODES: Mapping[MissingReason, int] = {
    reason: number for number, reason in enumerate(MISSING_REASONS, start=1)
}
"""The number that stands for each reason in arrays; 0 stands for an answer."""

AS_DEFINED = "as defined"
"""The signature of answer labels that say what the definition says."""

_EXACT = 2.0**53  # below, doubles hold every whole number


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Decoded:
    """A column of answers.

    Attributes
    ----------
    values : numpy.ndarray
        The answers' codes, shape (n,), NaN where missing.
    reasons : numpy.ndarray
        Why an answer is missing, shape (n,), int8; 0 where there is one.
    outside : mapping of float to int
        Codes that are neither answers nor known to be missing, and how often they occur.
    not_numbers : int
        How many values are text that is no number.
    """

    values: npt.NDArray[np.float64]
    reasons: npt.NDArray[np.int8]
    outside: Mapping[float, int]
    not_numbers: int

    def __repr__(self) -> str:
        """Return one line; never answers."""
        return f"<Decoded: {len(self.values):,} answers>"


def decode_answers(
    column: pd.Series, scale: Scale, missing: Mapping[int, MissingReason]
) -> Decoded:
    """Return a column's answers on a scale.

    Parameters
    ----------
    column : pandas.Series
        Codes as in the file.
    scale : Scale
        Whose codes are answers.
    missing : mapping of int to reason
        Whose codes are not.
    """
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    empty = column.isna().to_numpy() | (column.astype("str").str.strip() == "").to_numpy()
    answered = np.isin(numbers, list(scale.answers))
    reasons = np.full(len(numbers), REASON_CODES["out_of_range"], np.int8)
    reasons[answered] = ANSWERED
    reasons[empty] = REASON_CODES["system"]
    for code, reason in missing.items():
        reasons[numbers == code] = REASON_CODES[reason]
    stray = numbers[(reasons == REASON_CODES["out_of_range"]) & ~np.isnan(numbers)]
    codes, counts = np.unique(stray, return_counts=True)
    return Decoded(
        values=np.where(answered, numbers, np.nan),
        reasons=reasons,
        outside={float(code): int(count) for code, count in zip(codes, counts, strict=True)},
        not_numbers=int((np.isnan(numbers) & ~empty).sum()),
    )


def decode_categories(
    column: pd.Series, codes: Mapping[int | str, str], missing: Sequence[int | str] = ()
) -> tuple[Any, int]:
    """Return a column's categories by id, and how many values are neither category nor missing.

    Parameters
    ----------
    column : pandas.Series
        Codes as in the file; numbers and their text are the same code.
    codes : mapping of code to id
        The categories in their order.
    missing : sequence of codes
        Codes without a category.
    """
    keys = plain_labels(column)
    ids = {str(code): name for code, name in codes.items()}
    names = keys.map(ids)
    known = names.notna() | keys.isin([str(code) for code in missing]) | keys.isna()
    return pd.Categorical(names, categories=list(ids.values())), int((~known).sum())


def arm_codes(experiment: ListExperiment) -> dict[int | str, str]:
    """Return the arms of a list experiment by their codes in files."""
    return {experiment.arms.control: "control", experiment.arms.treatment: "treatment"}


def plain_labels(column: pd.Series) -> pd.Series:
    """Return identifiers as text: 12.0 as '12', text without outer blanks, empty as missing."""
    if pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(np.float64)
        text = [None if np.isnan(number) else _plain_number(number) for number in numbers]
        return pd.Series(text, index=column.index, dtype="str")
    stripped = column.astype("str").str.strip()
    return stripped.where(stripped != "")


def _plain_number(number: float) -> str:
    """Return a whole number with all its digits, another as short as it can be."""
    return f"{number:.0f}" if number.is_integer() and abs(number) < _EXACT else repr(float(number))


def label_signature(labels: Mapping[Code, str], scale: Scale) -> str:
    """Return what identifies the answer labels that a file gives an item.

    Labels that agree with the definition in any one language, but for capitals, blanks and
    numbering, are `AS_DEFINED`; so is a file without labels. Others are spelt out.
    """
    scored = {
        int(code): _folded(text, int(code))
        for code, text in labels.items()
        if isinstance(code, float) and code in scale.answers
    }
    languages = set().union(*(text.keys() for text in scale.answers.values()))
    for language in sorted(languages):
        if all(
            _folded(scale.answers[code].get(language, ""), code) == text
            for code, text in scored.items()
        ):
            return AS_DEFINED
    if not scored:
        return AS_DEFINED
    return "; ".join(f"{code} {scored[code]}" for code in sorted(scored))


def _folded(text: str, code: int) -> str:
    """Return a label without capitals, outer blanks, and its own code in front."""
    plain = " ".join(text.split())
    return re.sub(rf"^{code}\s*[.):=–-]*\s+", "", plain).casefold().strip(" .")
