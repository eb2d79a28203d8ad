"""A list experiment and a direct question together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.sensitive.list_answers import (
    list_answers,
    require_one_statement,
    warn_of_no_shares,
)
from resilience.evaluation.sensitive.lists import WHY
from resilience.inference.statistics.assembling import Kind
from resilience.inference.statistics.columns import Column, columns_of, require_binary
from resilience.inference.statistics.domain_rows import quotient
from resilience.inference.statistics.row_statistics import RowStatistics, estimated_from_rows

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.evaluation.sensitive.list_answers import ListQuestion
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Where

    Floats = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]

__all__ = ["ListWithDirect", "combine_list_with_direct"]

_SHARES = ("combined", "list", "direct", "hidden")
_PLACEBO = ("list_among_admitting", "direct_by_arm")
_NULLS = {"list_among_admitting": 1.0, "direct_by_arm": 0.0}


@dataclass(frozen=True, repr=False, eq=False)
class ListWithDirect:
    """Shares from a list and a direct question, and whether the two fit together.

    Attributes
    ----------
    shares : Estimates
        By `estimator`: 'combined'; 'list', the list's alone; 'direct', who admit it; 'hidden',
        the combined share less the direct one.
    placebo : Estimates
        By `estimator`: 'list_among_admitting', the list's difference among those who admit it,
        which should be 1; 'direct_by_arm', how much more often the direct question is answered
        yes after the longer list, which should be 0.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"told": [1, 2, 2, 1, 2, 3, 2, 2], "long": [0, 0, 0, 0, 1, 1, 1, 1],
    ...                       "admits": [0, 1, 0, 0, 0, 1, 0, 0]})
    >>> design = rs.SurveyDesign(frame)
    >>> both = rs.combine_list_with_direct(design, rs.ListQuestion("told", "long", 3), "admits")
    >>> isinstance(both, rs.ListWithDirect), both.shares.values.round(3).tolist()
    (True, [0.75, 0.75, 0.25, 0.5])
    """

    shares: Estimates
    placebo: Estimates

    def tests(self) -> pd.DataFrame:
        """Return the placebo tests: a small p-value says that an assumption fails.

        Returns
        -------
        pandas.DataFrame
            `measure variable <by> estimator estimate null std_error statistic df p_value`.
        """
        null = self.placebo.rows["estimator"].map(_NULLS).to_numpy(np.float64)
        parts = [
            self.placebo.select(null == value).test(null=float(value))
            for value in sorted(set(null))
        ]
        told = pd.concat(parts, ignore_index=True)
        told.insert(list(told.columns).index("std_error"), "null", told["estimator"].map(_NULLS))
        return told

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return the shares as a tidy table, as `Estimates.to_frame`."""
        return self.shares.to_frame(level=level)

    def __repr__(self) -> str:
        """Return the shares and the tests as they print in a terminal."""
        from resilience.inference.results.printing import as_text  # noqa: PLC0415 - on demand

        return f"{self.shares!r}\n{as_text(self.tests(), self.placebo.unit)}"

    def _repr_html_(self) -> str:
        from resilience.inference.results.printing import as_html  # noqa: PLC0415 - on demand

        return self.shares._repr_html_() + as_html(self.tests(), self.placebo.unit, "")


def combine_list_with_direct(
    design: SurveyDesign,
    question: ListQuestion,
    direct: str,
    *,
    by: By = None,
    where: Where = None,
) -> ListWithDirect:
    """Estimate a share from a list experiment and the same question asked directly of all.

    Use it where both were asked: whoever admits it counts as said, and the list only has to tell
    about those who do not, which is more precise. It takes that nobody claims the statement
    falsely when asked, and that the list does not change the answer to the direct question; the
    placebo tests look into both. Who did not answer both is left out and counted.

    Parameters
    ----------
    design, question, by, where
        As for `estimate_list`, with one sensitive statement.
    direct : str
        The column of direct answers: 1 who admits it, 0 who does not.

    Returns
    -------
    ListWithDirect

    Raises
    ------
    EvaluationError
        As for `estimate_list`.
    EstimationError
        As for `estimate_list`; or if the direct answers are not 0 and 1.

    Warns
    -----
    ResilienceWarning
        If a share is below 0 or above 1.

    References
    ----------
    Aronow, Coppock, Crawford and Green (2015), J. Survey Statistics and Methodology 3: 43-66.
    Oracle: their formula in R; simulation with known shares.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"told": [1, 2, 2, 1, 2, 3, 2, 2], "long": [0, 0, 0, 0, 1, 1, 1, 1],
    ...                       "admits": [0, 1, 0, 0, 0, 1, 0, 0]})
    >>> asked = rs.ListQuestion("told", "long", 3)
    >>> both = rs.combine_list_with_direct(rs.SurveyDesign(frame), asked, "admits")
    >>> both.tests()["estimate"].tolist()
    [0.0, 1.0]
    """
    answers = list_answers(design, question, by, where, "combine_list_with_direct")
    require_one_statement(answers, "combine_list_with_direct")
    (admitted,) = columns_of(design, direct)
    require_binary([admitted])
    without = np.isnan(admitted.y) & (answers.domains.of_row >= 0)
    lost = {f"{direct} missing": int(without.sum())} if without.any() else {}
    domains = replace(
        answers.domains,
        of_row=np.where(without, -1, answers.domains.of_row),
        excluded={**answers.domains.excluded, **lost},
    )
    _require_answers(answers.arms.of_row, domains.of_row, domains.size)
    how = _statistics(answers.column.y, answers.arms.of_row > 0, admitted.y)
    columns = [
        Column(question.count, answers.column.y, {"estimator": name}, others=(direct,))
        for name in (*_SHARES, *_PLACEBO)
    ]
    made = estimated_from_rows(design, columns, domains, how)
    is_share = made.rows["estimator"].isin(_SHARES).to_numpy()
    shares = made.select(is_share)
    warn_of_no_shares(shares, WHY)
    return ListWithDirect(shares, made.select(~is_share))


def _require_answers(
    version: npt.NDArray[np.int64],
    domain: npt.NDArray[np.int64],
    size: int,
) -> None:
    """Refuse domains in which no arm has both answers."""
    if all(set(version[domain == place]) >= {0, 1} for place in range(size)):
        return
    raise EvaluationError(
        Issue(
            "an arm has nobody who answered both the list and the direct question",
            where="combine_list_with_direct",
            found="0 answers",
            expected="some in each arm",
            remedy="join groups, or use estimate_list",
        )
    )


def _statistics(y: Floats, heard: npt.NDArray[np.bool_], admits: Floats) -> RowStatistics:
    """Return how all rows follow from nine means."""

    def parts(rows: Rows) -> list[tuple[Floats, npt.NDArray[np.bool_]]]:
        """Return whose mean of what: counts of deniers, of admitters, of all; admissions."""
        counts, said, arm = y[rows], admits[rows], heard[rows]
        deniers = said == 0
        everybody = np.ones(len(rows), bool)
        cells = [arm & deniers, ~arm & deniers, arm & ~deniers, ~arm & ~deniers, arm, ~arm]
        return [
            *((counts, cell) for cell in cells),
            *((said, cell) for cell in (arm, ~arm, everybody)),
        ]

    def means(rows: Rows, weights: Floats) -> Floats:
        of = parts(rows)
        totals = np.array([weights[cell].sum() for _, cell in of])
        sums = np.array([weights[cell] @ values[cell] for values, cell in of])
        return quotient(sums, totals)

    def quantities(_rows: Rows, _weights: Floats, m: Floats) -> Floats:
        hidden = 0.0 if m[8] == 1 else (1 - m[8]) * (m[0] - m[1])
        return np.array([m[8] + hidden, m[4] - m[5], m[8], hidden, m[2] - m[3], m[6] - m[7]])

    def influence(rows: Rows, weights: Floats, m: Floats) -> Floats:
        moved = np.zeros((len(rows), len(m)))
        for column, (values, cell) in enumerate(parts(rows)):
            if total := weights[cell].sum():
                moved[cell, column] = weights[cell] * (values[cell] - m[column]) / total
        gap, denied = (0.0, 0.0) if m[8] == 1 else (m[0] - m[1], 1 - m[8])
        slopes = np.zeros((6, len(m)))
        slopes[0, [0, 1, 8]] = denied, -denied, 1 - gap
        slopes[1, [4, 5]] = slopes[4, [2, 3]] = slopes[5, [6, 7]] = 1.0, -1.0
        slopes[2, 8] = 1.0
        slopes[3, [0, 1, 8]] = denied, -denied, -gap
        return np.asarray(moved @ slopes.T)

    kind = Kind("sensitive_share", "t", "share")
    return RowStatistics(kind, means, quantities, influence)
