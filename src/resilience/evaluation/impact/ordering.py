"""Whether it is known in which order waves were held."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from resilience.errors import EvaluationError, Issue

if TYPE_CHECKING:
    from resilience.inference.designs.design import SurveyDesign

__all__ = ["require_order"]

_AMBIGUOUS = 3  # waves: of two one is before the other, and the wrong order is refused elsewhere


def require_order(design: SurveyDesign, *, named: bool) -> None:
    """Refuse three waves or more whose order is not known, unless those compared are named.

    Numbers, dates, categories and words with numbers that rise (`w1`, `w2`) have an order; other
    words stand by their letters, where an endline comes before a midline.

    Raises
    ------
    EvaluationError
    """
    names = design.wave_names
    if design.wave is None or named or len(names) < _AMBIGUOUS:
        return
    kind = design.frame[design.wave].dtype
    if isinstance(kind, pd.CategoricalDtype) or not pd.api.types.is_string_dtype(kind):
        return
    numbers = [[int(found) for found in re.findall(r"[0-9]+", name)] for name in names]
    if all(numbers) and numbers == sorted(numbers):
        return
    raise EvaluationError(
        Issue(
            "words do not tell in which order the waves were held",
            f"SurveyDesign(wave='{design.wave}')",
            ", ".join(names),
            "an order",
            "give it: pd.Categorical(frame[wave], [first, …, last]); or name both baseline= "
            "and endline=",
        )
    )
