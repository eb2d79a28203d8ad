"""What a contrast combines: coefficients by row position, checked before they are used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.errors import EstimationError, Issue

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["contrast_matrix"]


def contrast_matrix(coefficients: Any, size: int) -> tuple[list[str], Floats]:
    """Return names of contrasts and their coefficients, shape (q, k).

    Parameters
    ----------
    coefficients : mapping or array
        By name a mapping from row position to coefficient; or an array, shape (q, k).
    size : int
        The number of rows, k.

    Raises
    ------
    EstimationError
        If the form is another, or a position is none.
    """
    if not isinstance(coefficients, Mapping):
        return _from_array(coefficients, size)
    matrix = np.zeros((len(coefficients), size))
    for number, parts in enumerate(coefficients.values()):
        if not isinstance(parts, Mapping):
            raise EstimationError(_issue(f"a number for '{list(coefficients)[number]}'", size))
        for row, coefficient in parts.items():
            if not isinstance(row, int | np.integer) or not -size <= row < size:
                raise EstimationError(_issue(f"the position {row!r}", size))
            matrix[number, row] = coefficient
    return [str(name) for name in coefficients], matrix


def _from_array(coefficients: Any, size: int) -> tuple[list[str], Floats]:
    try:
        matrix = np.atleast_2d(np.asarray(coefficients, np.float64))
    except (TypeError, ValueError):
        raise EstimationError(_issue(type(coefficients).__name__, size)) from None
    if matrix.ndim != 2 or matrix.shape[1] != size:  # noqa: PLR2004 - rows and columns
        raise EstimationError(_issue(f"an array of shape {np.shape(coefficients)}", size))
    return [f"contrast {number}" for number in range(1, len(matrix) + 1)], matrix


def _issue(found: str, size: int) -> Issue:
    return Issue(
        "a contrast combines rows by their position",
        where="contrast",
        found=found,
        expected=f"{{name: {{position: coefficient}}}} with positions 0 to {size - 1}, "
        f"or an array with {size} columns",
        remedy="positions are those of to_frame(): {'change': {1: 1, 0: -1}}; to subtract a "
        "wave or group by name there is rs.compare",
    )
