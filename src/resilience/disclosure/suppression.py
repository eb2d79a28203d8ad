"""Which results are shown: too few respondents, and a result could tell on one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.definitions.study import Policy
    from resilience.disclosure.withholding import Withholding
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]

__all__ = ["CellStatus", "Protected", "protect", "rounded", "without_unlisted"]

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
    for_others : bool
        Whether the publication withholds groups that are not too small themselves. Then no mark
        may say of a row that its respondents are too few.
    unlisted : bool
        Whether groups of which nothing may be shown were left out.
    """

    estimates: Estimates
    status: tuple[CellStatus, ...]
    policy: Policy
    for_others: bool = False
    unlisted: bool = False

    @property
    def showable(self) -> npt.NDArray[np.bool_]:
        """Which rows may be shown, shape (k,)."""
        return np.array([status != "suppressed" for status in self.status], bool)

    @property
    def n(self) -> Floats:
        """Respondents behind each row, rounded as the policy says, shape (k,)."""
        return rounded(self.estimates.n, self.policy.rounding.n)

    @property
    def values(self) -> Floats:
        """The estimates, shares rounded as the policy says, shape (k,)."""
        return self._shares_rounded(self.estimates.values)

    def interval(self, *, level: float) -> tuple[Floats, Floats]:
        """Return the intervals, those of shares rounded as the policy says."""
        low, high = self.estimates.interval(level=level)
        return self._shares_rounded(low), self._shares_rounded(high)

    def _shares_rounded(self, values: Floats) -> Floats:
        base = self.policy.rounding.percent
        if base is None:
            return values
        shares = np.array([unit == "share" for unit in self.estimates.unit], bool)
        return np.where(shares, rounded(values, base / 100), values)


def protect(
    estimates: Estimates,
    policy: Policy,
    *,
    withholding: Withholding | None = None,
    where: Where = None,
    over: str = "wave",
) -> Protected:
    """Decide by the study's policy which rows may be shown.

    Parameters
    ----------
    estimates : Estimates
        A contrast counts the fewest respondents behind any of its parts.
    policy : Policy
        `minimum_n` and `low_precision_n`.
    withholding : Withholding, optional
        The groups that are withheld throughout the publication, from `withhold`.
    where : mapping, optional
        Whom the estimates are restricted to.
    over : str
        The column along which comparisons were made.

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
    withheld = np.zeros(len(estimates), bool)
    if withholding is not None:
        withheld = withholding.of_rows(estimates.rows, where, over)
    status = tuple(
        "suppressed" if out else _status(n, policy)
        for n, out in zip(estimates.n, withheld, strict=True)
    )
    return Protected(estimates, status, policy, for_others=bool(withholding and withholding.groups))


def without_unlisted(levels: Protected, *others: Protected, by: str) -> list[Protected]:
    """Leave out the groups of which nothing may be shown, so that nobody reads their names.

    Places are listed all the same: where the survey was made is told anyway. Where nothing may
    be shown of any group, all are listed: that tells none apart.

    Parameters
    ----------
    levels : Protected
        Which groups are shown at all is decided by it.
    *others : Protected
        Further results on the same groups, such as changes.
    by : str
        The column of groups.

    Returns
    -------
    list of Protected
    """
    groups = levels.estimates.rows[by].astype("str").to_numpy()
    named = set(groups[levels.showable])
    parts = [levels, *others]
    if by == "site" or not named or named == set(groups):
        return parts
    kept = [part.estimates.rows[by].astype("str").isin(named).to_numpy() for part in parts]
    return [
        replace(
            part,
            estimates=part.estimates.select(keep),
            status=tuple(np.array(part.status, object)[keep]),
            unlisted=True,
        )
        for part, keep in zip(parts, kept, strict=True)
    ]


def rounded(values: npt.ArrayLike, base: float) -> Floats:
    """Return numbers as multiples of a base, halves to the even multiple."""
    numbers = np.asarray(values, np.float64)
    return numbers if base == 1 else np.asarray(np.round(numbers / base) * base)


def _status(n: float, policy: Policy) -> CellStatus:
    if not n >= policy.minimum_n:
        return "suppressed"
    return "low_precision" if n < policy.low_precision_n else "shown"
