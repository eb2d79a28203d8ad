"""Whether a list experiment worked: shares of types that no honest answers could give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.evaluation.sensitive.cone import distance_from_positive, tail_of_distance
from resilience.evaluation.sensitive.differences import difference_by_arm
from resilience.evaluation.sensitive.list_answers import list_answers
from resilience.inference.results.estimates import concat
from resilience.inference.statistics.assembling import Kind, assembled
from resilience.inference.statistics.columns import Column

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.evaluation.sensitive.list_answers import ListAnswers, ListQuestion
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Where

    Floats = npt.NDArray[np.float64]

__all__ = ["ListDesignTest", "list_design_test"]

_NO_VARIANCE = 1e-14


@dataclass(frozen=True, repr=False, eq=False)
class ListDesignTest:
    """Shares of the types of respondents, and whether all of them may be 0 or more.

    Attributes
    ----------
    types : Estimates
        One row for each type: `plain`, how many plain statements hold; `sensitive`, whether the
        sensitive one does. Only honest answers to the same plain list make all of them shares.
    rows : pandas.DataFrame
        What each test is.
    p_holding, p_not_holding : numpy.ndarray
        Of the types of whom the sensitive statement holds, and of whom it does not, shape (k,).
    p_value : numpy.ndarray
        Twice the smaller of the two (Bonferroni), at most 1, shape (k,).
    n : numpy.ndarray
        Shape (k,).
    selected : bool
        Whether shares clearly above 0 were left out of the tests.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"told": [1, 2, 2, 0, 2, 3, 2, 1], "long": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> test = rs.list_design_test(rs.SurveyDesign(frame), rs.ListQuestion("told", "long", 3))
    >>> isinstance(test, rs.ListDesignTest), len(test.types), test.p_value.tolist()
    (True, 8, [1.0])
    """

    types: Estimates
    rows: pd.DataFrame
    p_holding: Floats
    p_not_holding: Floats
    p_value: Floats
    n: Floats
    selected: bool

    def __post_init__(self) -> None:
        """Make arrays read-only."""
        for array in (self.p_holding, self.p_not_holding, self.p_value, self.n):
            array.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of tests."""
        return len(self.p_value)

    def to_frame(self) -> pd.DataFrame:
        """Return the tests as a tidy table.

        Returns
        -------
        pandas.DataFrame
            `test variable <arm> <by> p_holding p_not_holding p_value n`. The table of shares is
            `types.to_frame()`.
        """
        return self.rows.assign(
            p_holding=self.p_holding,
            p_not_holding=self.p_not_holding,
            p_value=self.p_value,
            n=self.n,
        )

    def __repr__(self) -> str:
        """Return the tests and the shares as they print in a terminal."""
        from resilience.inference.results.printing import as_text  # noqa: PLC0415 - on demand

        return f"{as_text(self.to_frame(), ())}\n{self.types!r}"

    def _repr_html_(self) -> str:
        from resilience.inference.results.printing import as_html  # noqa: PLC0415 - on demand

        return as_html(self.to_frame(), (), "") + self.types._repr_html_()


def list_design_test(
    design: SurveyDesign,
    question: ListQuestion,
    *,
    by: By = None,
    where: Where = None,
    selection: bool = True,
) -> ListDesignTest:
    """Test whether the sensitive statement changed how the plain ones were answered.

    Use it with every list experiment before its share is told. If answers to the plain
    statements do not depend on the arm and nobody hides, the shares of all types are 0 or more; a
    share clearly below 0 says that they do, and then the difference of means is no share. A large
    p-value is no proof that all is well.

    Parameters
    ----------
    design, question, by, where
        As for `estimate_list`.
    selection : bool
        Leave out of the tests the shares that are above 0 by more than sqrt(log n) standard
        errors: they cannot be the ones below, and the test is sharper without them.

    Returns
    -------
    ListDesignTest
        One test for each sensitive statement and domain. Covariances are the design's, the
        reference distribution that of large samples.

    Raises
    ------
    EvaluationError, EstimationError
        As for `estimate_list`.

    Notes
    -----
    R's `list::ict.test` 9.2.6 selects by the spread of the shares among each other instead of
    their standard errors, and so leaves out nearly all that are above 0. Where that leaves one
    share, its p-value is twice a one-sided t-test's.

    References
    ----------
    Blair and Imai (2012), Political Analysis 20: 47-77, section 3.1; Andrews and Soares (2010),
    Econometrica 78: 119-157, for the selection. Published: the same article's two examples.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"told": [1, 2, 2, 0, 2, 3, 2, 1], "long": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> rs.list_design_test(rs.SurveyDesign(frame), rs.ListQuestion("told", "long", 3)).p_value
    array([1.])
    """
    answers = list_answers(design, question, by, where, "list_design_test")
    tests = []
    for version in range(1, len(answers.arms.others) + 1):
        types = _types(design, answers, version)
        tests.append((types, _tests(types, answers, selection=selection)))
    numbers = np.concatenate([found for _, found in tests])
    names = [question.arm, *answers.domains.table.columns]
    size = answers.domains.size
    firsts = [types.rows[["variable", *names]].iloc[:size] for types, _ in tests]
    rows = pd.concat(firsts, ignore_index=True)
    rows.insert(0, "test", "design effect")
    return ListDesignTest(
        concat([types for types, _ in tests]),
        rows,
        numbers[:, 0].copy(),
        numbers[:, 1].copy(),
        np.minimum(2 * numbers.min(axis=1), 1.0),
        np.concatenate([types.n[:size] for types, _ in tests]),
        selection,
    )


def _types(design: SurveyDesign, answers: ListAnswers, version: int) -> Estimates:
    """Return the shares of types: those who hold the statement first, each by plain count.

    pi(y, 1) is P(count <= y) in the control arm less that in the other; pi(y, 0) is
    P(count <= y) in the other less P(count <= y - 1) in the control arm.
    """
    y, arms = answers.column.y, answers.arms
    heard = arms.of_row == version
    known = np.isnan(y)
    columns, statistics = [], []
    for sensitive in (1, 0):
        for plain in range(answers.items + 1):
            up_to = plain - (1 - sensitive) * ~heard
            below = np.where(known, np.nan, (y <= up_to) * (1.0 - 2.0 * sensitive))
            keys = {
                arms.column: arms.others[version - 1],
                "plain": plain,
                "sensitive": sensitive,
            }
            columns.append(Column(answers.column.variable, below, keys))
            statistics.append(difference_by_arm(design, below, arms, version, answers.domains))
    return assembled(design, columns, answers.domains, statistics, Kind("list_type", "t", "share"))


def _tests(types: Estimates, answers: ListAnswers, *, selection: bool) -> Floats:
    """Return the two p-values of each domain, shape (domains, 2)."""
    size, items = answers.domains.size, answers.items
    found = np.ones((size, 2))
    for domain in range(size):
        rows = domain + size * np.arange(2 * (items + 1))
        # The share who told the full count, and the share who told none, cannot be below 0.
        for column, part in enumerate((rows[:items], rows[items + 2 :])):
            shares = types.select(part.tolist())
            n = float(types.n[domain])
            found[domain, column] = _p_value(
                shares.values, shares.covariance, n if selection else np.inf
            )
    return found


def _p_value(values: Floats, covariance: Floats, n: float) -> float:
    """Return the p-value that all shares are 0 or more; NaN where their errors are not known."""
    if np.isnan(covariance).any():
        return np.nan
    errors = np.sqrt(np.diag(covariance))
    bar = np.sqrt(np.log(n)) if np.isfinite(n) else np.inf
    kept = (errors**2 > _NO_VARIANCE) & (values <= bar * errors)
    if not kept.any():
        return 1.0
    chosen = covariance[np.ix_(kept, kept)]
    return tail_of_distance(distance_from_positive(values[kept], chosen), chosen)
