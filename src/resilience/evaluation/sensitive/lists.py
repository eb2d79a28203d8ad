"""List experiments: of how many a statement holds that nobody is asked to admit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resilience.evaluation.sensitive.bounds import SensitiveBounds
from resilience.evaluation.sensitive.differences import difference_by_arm
from resilience.evaluation.sensitive.list_answers import (
    list_answers,
    warn_of_no_shares,
)
from resilience.inference.statistics.assembling import Kind, assembled
from resilience.inference.statistics.columns import Column

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from resilience.evaluation.sensitive.list_answers import ListAnswers, ListQuestion
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Where

    Floats = npt.NDArray[np.float64]

__all__ = ["estimate_list", "list_bounds"]

WHY = (
    "chance alone does that where few or nearly all hold it; else arms heard different lists in "
    "other ways too: see list_design_test"
)


def estimate_list(
    design: SurveyDesign,
    question: ListQuestion,
    *,
    by: By = None,
    where: Where = None,
    reasons: pd.DataFrame | None = None,
) -> Estimates:
    """Estimate the share of whom a sensitive statement holds, from a list experiment.

    Use it for what people may not admit when asked. Some, by chance, hear `items` statements,
    the others one more, and all tell only how many hold. The share is the difference of the two
    means. It is right if nobody's count of the plain statements changes because of the sensitive
    one, and nobody hides: `list_design_test` and `list_bounds` look into that. Who gave no count,
    or whose arm is not known, is left out and counted (`provenance.n_excluded`).

    Parameters
    ----------
    design : SurveyDesign
    question : ListQuestion
        Its columns, and how many statements everybody hears.
    by, where
        As for `estimate_mean`.
    reasons : pandas.DataFrame, optional
        Why answers are missing (`Responses.reason_names()`), to be counted by reason.

    Returns
    -------
    Estimates
        Shares, not cut to 0 and 1; one row for each sensitive statement and domain, the
        statement's arm in a column named as `arm`. Intervals by t. With the arm as the design's
        stratum and no PSUs the standard error is Neyman's; drawn as persons it differs from that
        by less than 1/n of itself.

    Raises
    ------
    EvaluationError
        If counts are more than the list allows, the arm is constant or unclear, or an arm has no
        answers in a domain.
    EstimationError
        If a column is absent or not numeric, or nobody is left.

    Warns
    -----
    ResilienceWarning
        If a share is below 0 or above 1.

    References
    ----------
    Imai (2011), J. Am. Statist. Assoc. 106: 407-416. Published: Blair and Imai (2012), Political
    Analysis 20: 47-77, race and affirmative action; R survey 4.1-1 for the design's error.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"told": [1, 2, 2, 1, 2, 3, 2, 2], "long": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> shares = rs.estimate_list(rs.SurveyDesign(frame), rs.ListQuestion("told", "long", 3))
    >>> shares.values.tolist(), shares.unit
    ([0.75], ('share',))
    """
    answers = list_answers(design, question, by, where, "estimate_list", reasons)
    made = _differences(design, answers, answers.column.y, "list_share")
    warn_of_no_shares(made, WHY)
    return made


def list_bounds(
    design: SurveyDesign,
    question: ListQuestion,
    *,
    by: By = None,
    where: Where = None,
) -> SensitiveBounds:
    """Estimate between what bounds the share lies if some of those who stand out may hide.

    Somebody of whom all plain statements hold is exposed by the full count, and somebody of whom
    none holds by a count of 1 (ceiling and floor). If all who could hide so did, the share would
    be higher than the list's difference by the share at risk: the upper bound. The lower bound is
    the difference itself.

    Parameters
    ----------
    design, question, by, where
        As for `estimate_list`.

    Returns
    -------
    SensitiveBounds
        Upper minus lower is the share who answered 0 with the sensitive statement, plus the share
        of whom all plain statements hold and who did not tell the full count.

    Raises
    ------
    EvaluationError, EstimationError
        As for `estimate_list`.

    References
    ----------
    Blair and Imai (2012), section 3.2 on floor and ceiling effects; the bounds take all at risk
    for liars, and need no model. Oracle: simulation.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"told": [1, 2, 2, 1, 2, 3, 2, 2], "long": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> bounds = rs.list_bounds(rs.SurveyDesign(frame), rs.ListQuestion("told", "long", 2))
    >>> bounds.lower.values.tolist(), bounds.upper.values.tolist()
    ([0.75], [1.0])
    """
    answers = list_answers(design, question, by, where, "list_bounds")
    y, heard = answers.column.y, answers.arms.of_row > 0
    exposed = np.where(
        heard, (y == 0) * 1.0 - (y == answers.items + 1), -1.0 * (y == answers.items)
    )
    highest = np.where(np.isnan(y), np.nan, y + exposed)
    lower = _differences(design, answers, y, "list_share")
    return SensitiveBounds(
        lower,
        _differences(design, answers, highest, "list_share"),
        np.full(len(lower), np.nan),
        "Nobody is taken to claim the sensitive statement falsely. Lower: nobody hides. Upper: all "
        "hide who would have stood out by the count of all statements, or by any count at all.",
    )


def _differences(design: SurveyDesign, answers: ListAnswers, y: Floats, measure: str) -> Estimates:
    """Return the difference from the control arm for each other arm, by domain."""
    arms = answers.arms
    columns = [Column(answers.column.variable, y, {arms.column: value}) for value in arms.others]
    statistics = [
        difference_by_arm(design, y, arms, version, answers.domains)
        for version in range(1, len(arms.others) + 1)
    ]
    return assembled(design, columns, answers.domains, statistics, Kind(measure, "t", "share"))
