"""Which results are shown: too few respondents, and a result could tell on one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.definitions.study import Policy
    from resilience.inference.results.estimates import Estimates

__all__ = ["CellStatus", "Protected", "protect"]

CellStatus = Literal["shown", "low_precision", "suppressed"]


@dataclass(frozen=True, slots=True, eq=False)
class Protected:
    """Estimates with what may be shown of them.

    Attributes
    ----------
    estimates : Estimates
    status : tuple of CellStatus
        One a row: `suppressed` rows must not be shown in any form, `low_precision` ones only
        with a mark.
    policy : Policy
        The rule that was applied.
    """

    estimates: Estimates
    status: tuple[CellStatus, ...]
    policy: Policy

    @property
    def showable(self) -> npt.NDArray[np.bool_]:
        """Which rows may be shown, shape (k,)."""
        return np.array([status != "suppressed" for status in self.status], bool)


def protect(estimates: Estimates, policy: Policy) -> Protected:
    """Decide by the study's policy which rows may be shown.

    Parameters
    ----------
    estimates : Estimates
        A contrast counts the fewest respondents behind any of its parts.
    policy : Policy
        `minimum_n` and `low_precision_n`.

    Returns
    -------
    Protected

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> from resilience.definitions.study import Policy
    >>> frame = pd.DataFrame({"y": range(12), "ea": range(12), "g": ["few"] * 3 + ["more"] * 9})
    >>> means = rs.estimate_mean(rs.SurveyDesign(frame, psu="ea"), "y", by="g")
    >>> protect(means, Policy(minimum_n=5, low_precision_n=9)).status
    ('suppressed', 'shown')
    """
    status = tuple(_status(n, policy) for n in estimates.n)
    return Protected(estimates, status, policy)


def _status(n: float, policy: Policy) -> CellStatus:
    if not n >= policy.minimum_n:
        return "suppressed"
    return "low_precision" if n < policy.low_precision_n else "shown"
