"""From codes in a file to answers, each missing one with its reason."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.definitions.instrument import MISSING_REASONS
from resilience.responses.formats.text_columns import text_of_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.definitions.instrument import (
        ListExperiment,
        MissingCode,
        MissingReason,
        Scale,
    )
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
    texts : mapping of str to int
        Values that are text without a number or a known meaning, and how often they occur:
        extended missing values, or answers that must never be shown.
    """

    values: npt.NDArray[np.float64]
    reasons: npt.NDArray[np.int8]
    outside: Mapping[float, int]
    texts: Mapping[str, int]

    def __repr__(self) -> str:
        """Return one line; never answers."""
        return f"<Decoded: {len(self.values):,} answers>"


def decode_answers(
    column: pd.Series, scale: Scale, missing: Mapping[MissingCode, MissingReason]
) -> Decoded:
    """Return a column's answers on a scale.

    Parameters
    ----------
    column : pandas.Series
        Codes as in the file.
    scale : Scale
        Whose codes are answers.
    missing : mapping of code to reason
        Whose codes are not: whole numbers, or text such as Stata's `.a`.
    """
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    written = column.astype("str").str.strip().to_numpy(object)
    empty = column.isna().to_numpy() | (written == "")
    answered = np.isin(numbers, list(scale.answers))
    reasons = np.full(len(numbers), REASON_CODES["out_of_range"], np.int8)
    reasons[answered] = ANSWERED
    reasons[empty] = REASON_CODES["system"]
    strange = ~answered & ~empty
    for code, reason in missing.items():
        hit = (written if isinstance(code, str) else numbers) == code
        reasons[hit] = REASON_CODES[reason]
        strange &= ~hit
    stray = numbers[strange & ~np.isnan(numbers)]
    codes, counts = np.unique(stray, return_counts=True)
    return Decoded(
        values=np.where(answered, numbers, np.nan),
        reasons=reasons,
        outside={float(code): int(count) for code, count in zip(codes, counts, strict=True)},
        texts=dict(Counter(map(str, written[strange & np.isnan(numbers)]))),
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
        text = [None if np.isnan(number) else text_of_number(number) for number in numbers]
        return pd.Series(text, index=column.index, dtype="str")
    stripped = column.astype("str").str.strip()
    return stripped.where(stripped != "")


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
