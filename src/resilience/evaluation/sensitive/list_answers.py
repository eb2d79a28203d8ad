"""The answers to a list: counts that their arms allow, in domains where each arm answered."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.errors import EvaluationError, Issue, ResilienceWarning, nearest
from resilience.evaluation.sensitive.arms import arms_of, reasons_of
from resilience.inference.statistics.columns import columns_of
from resilience.inference.statistics.domains import domain_in_words, domains_of
from resilience.inference.statistics.influence import weighing

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from resilience.definitions.study import Study
    from resilience.evaluation.sensitive.arms import Arms
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.columns import Column
    from resilience.inference.statistics.domains import By, Domains, Where

    Floats = npt.NDArray[np.float64]

__all__ = [
    "ListAnswers",
    "ListQuestion",
    "list_answers",
    "require_one_statement",
    "warn_of_no_shares",
]

_FEWEST_ITEMS = 2
_FEWEST_ANSWERS = 2
_MOST_TOLD = 5


@dataclass(frozen=True, slots=True)
class ListQuestion:
    """A list experiment: what its columns are, and how many statements everybody hears.

    Attributes
    ----------
    count : str
        The column of counts: of how many statements somebody says that they hold.
    arm : str
        The column that tells which list was heard, given by chance.
    items : int
        The statements that everybody hears, 2 or more.
    treatment : object or tuple, optional
        The value of `arm` of those who heard the sensitive statement; several, if there were
        several sensitive statements, each heard by others. By default 1, or 'treatment'.
    control : object, optional
        The value of those who heard the plain list; by default the one that is left.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.ListQuestion("told", arm="long", items=3).items
    3
    >>> study = rs.load_study("surveys/kenya/study.yaml")
    >>> rs.ListQuestion.from_study(study, "ken_list_version")
    ListQuestion(count='ken_list_count', arm='ken_list_version', items=4, ...
    """

    count: str
    arm: str
    items: int
    treatment: Any = None
    control: Any = None

    def __post_init__(self) -> None:
        """Refuse a list too short to hide anything."""
        if isinstance(self.items, bool) or not isinstance(self.items, int | np.integer):
            message = f"'items' must be a whole number (got {self.items!r})"
            raise TypeError(message)
        if self.items < _FEWEST_ITEMS:
            message = f"'items' must be {_FEWEST_ITEMS} or more (got {self.items})"
            raise ValueError(message)

    @classmethod
    def from_study(cls, study: Study, experiment: str) -> ListQuestion:
        """Return a list experiment as the study's instruments declare it.

        Parameters
        ----------
        study : Study
        experiment : str
            Its id, which is also the column of the arm.

        Raises
        ------
        EvaluationError
            If no instrument of the study declares it.
        """
        declared = study.questionnaire.list_experiments_by_id
        if experiment not in declared:
            raise EvaluationError(
                Issue(
                    f"the study has no list experiment '{experiment}'",
                    where="ListQuestion.from_study",
                    found=str(experiment),
                    expected="one of " + (", ".join(declared) or "none is declared"),
                    remedy=nearest(
                        str(experiment),
                        declared,
                        "name one, or declare it in the instrument's 'list_experiments'",
                    ),
                )
            )
        found = declared[experiment]
        return cls(found.item, experiment, found.controls, "treatment", "control")


@dataclass(frozen=True, slots=True, eq=False)
class ListAnswers:
    """Counts with their arms.

    Attributes
    ----------
    column : Column
        The counts.
    arms : Arms
    items : int
    domains : Domains
        Rows without a count or an arm are in none, and counted.
    """

    column: Column
    arms: Arms
    items: int
    domains: Domains


def list_answers(
    design: SurveyDesign,
    question: ListQuestion,
    by: By,
    where: Where,
    verb: str,
    reasons: pd.DataFrame | None = None,
) -> ListAnswers:
    """Return the answers that count, checked.

    Raises
    ------
    EvaluationError
        If counts are impossible, it is not clear who heard what, or an arm has no answers in a
        domain; all domains at once.
    EstimationError
        If a column is absent or not numeric, or nobody is left.
    """
    (column,) = columns_of(design, question.count)
    arms = arms_of(
        design, question.arm, treatment=question.treatment, control=question.control, verb=verb
    )
    domains = domains_of(design, by, where)
    inside = domains.of_row >= 0
    heard = arms.of_row >= 0
    answered = ~np.isnan(column.y)
    weighs = weighing(design)
    lost = {
        f"{question.arm} missing": int((inside & arms.missing).sum()),
        f"other values of {question.arm}": int((inside & ~heard & ~arms.missing).sum()),
        **reasons_of(question.count, inside & heard & ~answered, reasons, verb),
        "weight 0": int((inside & heard & answered & ~weighs).sum()),
    }
    used = replace(
        domains,
        of_row=np.where(inside & heard & answered & weighs, domains.of_row, -1),
        excluded={**domains.excluded, **{name: n for name, n in lost.items() if n}},
    )
    _require_counts(column, arms, question, used.of_row >= 0, verb)
    _require_both(arms, used, question, verb)
    return ListAnswers(column, arms, question.items, used)


def _require_counts(
    column: Column,
    arms: Arms,
    question: ListQuestion,
    used: npt.NDArray[np.bool_],
    verb: str,
) -> None:
    """Refuse counts that the length of the list does not allow."""
    y, version = column.y[used], arms.of_row[used]
    most = question.items + (version > 0)
    wrong = {
        "counts are not whole numbers, 0 or more": (y < 0) | (y != np.round(y)),
        "control counts exceed the list: arms may be swapped": (version == 0) & (y > most),
        "counts exceed the list with the sensitive statement": (version > 0) & (y > most),
    }
    issues = [
        Issue(
            f"'{question.count}': {what}",
            where=f"{verb}: count",
            found=f"{int(rows.sum()):,} rows",
            expected=f"0 to {question.items} in the control arm, one more in the others",
            remedy="look at missing codes, at 'items' (statements that everybody hears), and at "
            "which arm is the control",
        )
        for what, rows in wrong.items()
        if rows.any()
    ]
    if issues:
        raise EvaluationError(*issues)


def _require_both(arms: Arms, domains: Domains, question: ListQuestion, verb: str) -> None:
    """Refuse domains in which a version was answered by fewer than two."""
    issues = []
    for domain in range(domains.size):
        here = arms.of_row[domains.of_row == domain]
        counts = np.bincount(here, minlength=len(arms.others) + 1)
        place = domain_in_words(domains, domain)
        issues += [
            Issue(
                f"the arm '{value}' has too few answers" + (f" in {place}" if place else ""),
                where=f"{verb}: {question.arm}",
                found=f"{counts[code]} answers to '{question.count}'",
                expected=f"{_FEWEST_ANSWERS} or more in each arm",
                remedy="join groups, or leave this one out with 'where'",
            )
            for code, value in enumerate((arms.control, *arms.others))
            if counts[code] < _FEWEST_ANSWERS
        ]
    if issues:
        raise EvaluationError(*issues)


def require_one_statement(answers: ListAnswers, verb: str) -> None:
    """Refuse several sensitive statements where only one has a meaning."""
    others = answers.arms.others
    if len(others) > 1:
        raise EvaluationError(
            Issue(
                "there are several sensitive statements",
                where=f"{verb}: question",
                found=", ".join(map(str, others)),
                expected="one",
                remedy="one at a time: ListQuestion(…, treatment=…, control=…)",
            )
        )


def warn_of_no_shares(made: Estimates, why: str, *, stacklevel: int = 3) -> None:
    """Warn of estimates that no share can have; they are shown as they are.

    Parameters
    ----------
    made : Estimates
        Of shares.
    why : str
        What it may mean, and where to look.
    """
    outside = np.flatnonzero((made.values < 0) | (made.values > 1))
    if not len(outside):
        return
    names = [name for name in made.rows if name != "measure"]
    told = [
        ", ".join(str(made.rows[name].iloc[row]) for name in names)
        for row in outside[:_MOST_TOLD].tolist()
    ]
    more = len(outside) - len(told)
    warnings.warn(
        f"{len(outside)} estimated shares are below 0 or above 1 ({'; '.join(told)}"
        + (f"; and {more} more" if more else "")
        + f"): {why}",
        ResilienceWarning,
        stacklevel=stacklevel + 1,
    )
