"""Who was lost: shares by arm and place, and whether the arms lost alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.threats.arms import ARM, PLACE, tidied, with_arms, with_weighing
from resilience.evaluation.threats.assignment_tests import (
    Mechanism,
    OmnibusTest,
    difference_test,
    omnibus_test,
    possible_assignments,
)
from resilience.evaluation.threats.follow_up import LOST, require_people
from resilience.inference.comparisons.comparison import compare
from resilience.inference.results.printing import PrintedTable
from resilience.inference.statistics.estimation import estimate_proportion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resilience.evaluation.few_clusters.satterthwaite import ClusterTest
    from resilience.evaluation.threats.arms import Weighing
    from resilience.evaluation.threats.follow_up import FollowUp
    from resilience.inference.results.estimates import Estimates

__all__ = ["Attrition", "attrition", "require_lost"]

_MOST_PLACES = 200


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Attrition(PrintedTable):
    """Shares lost, and the difference between the arms.

    Attributes
    ----------
    people : FollowUp
    rates : Estimates
        Shares lost by arm, the comparison first, with design errors.
    places : Estimates or None
        By arm and unit of assignment; None where persons were assigned.
    difference : Estimates
        Treated minus comparison, with design errors.
    by_assignment : ClusterTest
        The same difference, with its error by unit assigned.
    permutation : OmnibusTest or None
        Among all assignments that could have been made; None where nobody was lost.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/kenya/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> people = rs.follow_up(design, arm="site_role", cluster="site",
    ...                       between=("baseline", "endline"))
    >>> lost = rs.attrition(people)
    >>> isinstance(lost, rs.Attrition), lost.rates.values.round(2)
    (True, array([0.55, 0.53]))
    """

    people: FollowUp
    rates: Estimates
    places: Estimates | None
    difference: Estimates
    by_assignment: ClusterTest
    permutation: OmnibusTest | None

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return shares lost by arm and place, and their difference, as a tidy table.

        Parameters
        ----------
        level : float
            The coverage of intervals.

        Returns
        -------
        pandas.DataFrame
            `measure variable arm place estimate std_error conf_low conf_high df n p_value`; the
            row `difference` has errors by unit assigned, the row `difference_in_places` those
            of the design: how sure one is of these places.
        """
        shown = [*([self.places] if self.places is not None else []), self.rates]
        levels = pd.concat([part.to_frame(level=level) for part in shown], ignore_index=True)
        design = self.difference.to_frame(level=level).assign(measure="difference_in_places")
        test = self.by_assignment
        low, high = test.interval(level=level)
        assigned = design.assign(
            measure="difference",
            estimate=test.estimate,
            std_error=test.std_error,
            conf_low=low,
            conf_high=high,
            df=test.df,
            p_value=test.p_value,
        )
        table: pd.DataFrame = pd.concat([levels, design, assigned], ignore_index=True)
        return tidied(table)

    def _told(self) -> str:
        treated, others = self.people.arms.per_arm
        units = f"{treated} units of {self.people.arms.cluster_column} treated, {others} not"
        moved = f" {self.people.moved} found in the other arm count where they were first."
        together = f"; {self.permutation!r}" if self.permutation else ""
        return f"{units}{together}." + (moved if self.people.moved else "")

    def _units(self) -> Sequence[str]:
        return ["share"] * len(self.to_frame())


def attrition(
    people: FollowUp,
    *,
    mechanism: Mechanism = "non_random",
    blocks: str | None = None,
    weight_cities: Weighing = "population",
) -> Attrition:
    """Say which share was lost, by arm and place, and whether the arms lost alike.

    Use it before any estimate of impact on people who were to be found again. Equal rates do
    not show that the same kind of people were lost: see `selective_attrition`.

    Parameters
    ----------
    people : FollowUp
        From `follow_up`.
    mechanism : {'random', 'blocked', 'matched_pairs', 'non_random'}
        How units came into their arms.
    blocks : str, optional
        The column of blocks or pairs.
    weight_cities : {'population', 'equal'}
        As in the assignment: whether each person counts in an arm's share, or each unit the same.

    Returns
    -------
    Attrition
        Shares are weighted by weights at the start. Where nobody was lost they are 0; with one
        unit in an arm there is no error at the level of assignment.

    Raises
    ------
    EvaluationError
        If blocks and mechanism do not fit together.

    Notes
    -----
    No limit is applied to overall and differential attrition: that of the What Works
    Clearinghouse is a table of its standards, and is to be read there.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"town": list("aabbccdd"), "arm": [1, 1, 1, 1, 0, 0, 0, 0],
    ...                       "answered": [1, 0, 1, 0, 1, 1, 1, 0]})
    >>> people = rs.follow_up(rs.SurveyDesign(frame, psu="town"), arm="arm", cluster="town",
    ...                       responded="answered")
    >>> rs.attrition(people).difference.values
    array([0.25])
    """
    require_people(people, "attrition")
    sample = with_weighing(with_arms(people.design, people.arms), people.arms, weight_cities)
    arms, inside = people.arms, people.arms.inside
    chosen = pd.Series(inside, index=sample.frame.index)
    rates = estimate_proportion(sample, LOST, by=ARM, where=chosen)
    personal = len(arms.clusters) > _MOST_PLACES or arms.cluster_column == sample.respondent_id
    places = None if personal else estimate_proportion(sample, LOST, by=[ARM, PLACE], where=chosen)
    lost = (~people.found[inside]).astype(np.float64)[:, None]
    weight = sample.weights[inside]
    permutation = None
    if lost.any():
        possible = possible_assignments(sample, arms, mechanism, blocks, "attrition")
        permutation = omnibus_test(lost, weight, arms, possible, mechanism)
    return Attrition(
        people,
        rates,
        places,
        compare(rates, over=ARM, reference=arms.comparison),
        difference_test(lost, weight, arms),
        permutation,
    )


def require_lost(people: FollowUp, verb: str) -> None:
    """Refuse to compare the lost with the found where nobody was lost."""
    if (people.arms.inside & ~people.found).any():
        return
    raise EvaluationError(
        Issue(
            "nobody was lost",
            where=verb,
            found=f"{int(people.arms.inside.sum()):,} people, all of them found again",
            expected="people who were not found",
            remedy="nothing needs to be mended: rs.attrition tells rates of 0, rs.balance_table "
            "compares the arms at the start",
        )
    )
