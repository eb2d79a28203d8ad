"""Whether those who were lost were other people in one arm than in the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import EstimationError
from resilience.evaluation.few_clusters.clusters import fit_clustered
from resilience.evaluation.few_clusters.randomisation import randomisation_test
from resilience.evaluation.few_clusters.satterthwaite import ClusterTest, cr2
from resilience.evaluation.threats.assignment_tests import (
    Mechanism,
    difference_test,
    possible_assignments,
)
from resilience.evaluation.threats.attrition import require_lost
from resilience.evaluation.threats.follow_up import numbers_at_start, require_people
from resilience.evaluation.threats.row_errors import design_for
from resilience.inference.comparisons.joint_tests import wald_test
from resilience.inference.results.printing import PrintedTable
from resilience.inference.statistics.estimation import estimate_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.evaluation.few_clusters.admissible import Admissible
    from resilience.evaluation.threats.arms import Arms
    from resilience.evaluation.threats.follow_up import FollowUp

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

__all__ = ["SelectiveAttrition", "selective_attrition"]

_CELL = "cell_at_start"
_FEWEST = 2


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SelectiveAttrition(PrintedTable):
    """What those found and those lost had said at the start, by arm; arrays of shape (k,).

    Attributes
    ----------
    variables : tuple of str
    means : numpy.ndarray
        Found of the comparison, lost of it, found of the treated, lost of them, shape (4, k).
    found, lost : ClusterTest
        Treated minus comparison among the found, and among the lost.
    interaction : ClusterTest
        By how much the two differ: baseline x arm x lost.
    p_respondents, smallest_p : numpy.ndarray
        Of both differences at once among all assignments, and the smallest there could be.
    p_population : numpy.ndarray
        Of all four means being one, by an F with errors by unit assigned; NaN where there are
        too few units.
    mechanism : {'random', 'blocked', 'matched_pairs', 'non_random'}
    units : tuple of int
        Treated and comparison.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/kenya/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> people = rs.follow_up(design, arm="site_role", cluster="site",
    ...                       between=("baseline", "endline"))
    >>> told = rs.selective_attrition(people, ["cohesion", "resilience"])
    >>> isinstance(told, rs.SelectiveAttrition), len(told.to_frame())
    (True, 2)
    """

    variables: tuple[str, ...]
    means: Floats
    found: ClusterTest
    lost: ClusterTest
    interaction: ClusterTest
    p_respondents: Floats
    smallest_p: Floats
    p_population: Floats
    mechanism: Mechanism
    units: tuple[int, int]

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return a tidy table, one row a variable.

        Parameters
        ----------
        level : float
            The coverage of the interval of the interaction.

        Returns
        -------
        pandas.DataFrame
            `measure variable estimate std_error conf_low conf_high df p_value` of the
            interaction, the four means, both differences with their p, and the joint tests.
        """
        low, high = self.interaction.interval(level=level)
        return pd.DataFrame(
            {
                "measure": "selective_attrition",
                "variable": list(self.variables),
                "estimate": self.interaction.estimate,
                "std_error": self.interaction.std_error,
                "conf_low": low,
                "conf_high": high,
                "df": self.interaction.df,
                "p_value": self.interaction.p_value,
                "found_treated": self.means[2],
                "found_comparison": self.means[0],
                "lost_treated": self.means[3],
                "lost_comparison": self.means[1],
                "difference_found": self.found.estimate,
                "p_found": self.found.p_value,
                "difference_lost": self.lost.estimate,
                "p_lost": self.lost.p_value,
                "p_respondents": self.p_respondents,
                "smallest_p": self.smallest_p,
                "p_population": self.p_population,
            }
        )

    def _told(self) -> str:
        kind = "a placebo reference" if self.mechanism == "non_random" else "a randomisation test"
        return (
            f"{self.units[0]} units treated, {self.units[1]} not. p_respondents is of {kind}: do "
            "the arms still compare like with like among those found. p_population: do those "
            "found stand for everybody. A large p shows neither."
        )


def selective_attrition(
    people: FollowUp,
    variables: str | Sequence[str],
    *,
    mechanism: Mechanism = "non_random",
    blocks: str | None = None,
) -> SelectiveAttrition:
    """Compare at the start those found with those lost, arm by arm.

    Use it with the outcomes at the start. Two questions are kept apart. Among those found, are
    the arms still alike, so that their difference is an effect on them (respondents)? And do
    they stand for all who were to be found (population)? The first needs the arms to agree
    among the found and among the lost, the second all four means to be one.

    Parameters
    ----------
    people : FollowUp
        From `follow_up`.
    variables : str or sequence of str
        Columns at the start; categorical ones have a row for each value.
    mechanism, blocks
        As for `attrition`.

    Returns
    -------
    SelectiveAttrition
        NaN where an arm has one unit, or an arm lost or found nobody.

    Raises
    ------
    EvaluationError
        If nobody was lost, or blocks and mechanism do not fit together.

    References
    ----------
    In the spirit of Ghanem, Hirshleifer and Ortiz-Becerra (2023), Testing attrition bias in
    field experiments, Journal of Human Resources; of means, with weights, and by permuting
    units of assignment.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"town": list("aabbccdd"), "arm": [1, 1, 1, 1, 0, 0, 0, 0],
    ...                       "here": [1, 0] * 4, "before": [3.0, 1, 4, 2, 4, 6, 3, 5]})
    >>> people = rs.follow_up(rs.SurveyDesign(frame, psu="town"), arm="arm", cluster="town",
    ...                       responded="here")
    >>> rs.selective_attrition(people, "before").interaction.estimate
    array([-4.])
    """
    require_people(people, "selective_attrition")
    require_lost(people, "selective_attrition")
    inside = people.arms.inside
    names, numbers = numbers_at_start(people.design, variables, inside)
    y, weight = numbers[inside], people.design.weights[inside]
    lost, treated = ~people.found[inside], people.arms.is_treated[inside]
    possible = possible_assignments(
        people.design, people.arms, mechanism, blocks, "selective_attrition"
    )
    p_value, smallest = _respondents(y, weight, lost, people.arms, possible)
    cells = [~treated & ~lost, ~treated & lost, treated & ~lost, treated & lost]
    return SelectiveAttrition(
        names,
        np.array([_mean(y[cell], weight[cell]) for cell in cells]),
        difference_test(np.where(lost[:, None], np.nan, y), weight, people.arms),
        difference_test(np.where(lost[:, None], y, np.nan), weight, people.arms),
        _interaction(y, weight, lost, people.arms),
        p_value,
        smallest,
        _population(people, names, numbers),
        mechanism,
        people.arms.per_arm,
    )


def _mean(y: Floats, weight: Floats) -> Floats:
    carried = np.where(np.isnan(y), 0.0, weight[:, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((carried * np.nan_to_num(y)).sum(axis=0) / carried.sum(axis=0))


def _interaction(y: Floats, weight: Floats, lost: Mask, arms: Arms) -> ClusterTest:
    """Return by how much the arms' difference among the lost differs from that of the found."""
    inside = arms.inside
    treated = arms.is_treated[inside]
    x = np.column_stack([np.ones(len(y)), treated, lost, treated & lost])
    answered = ~np.isnan(y) & (weight > 0)[:, None]
    there = np.array(
        [answered[(treated == arm) & (lost == gone)].any(axis=0) for arm, gone in np.ndindex(2, 2)]
    ).all(axis=0)
    found = np.full((4, y.shape[1]), np.nan)
    if there.any():
        names = ["intercept", "treated", "lost", "treated x lost"]
        fit = fit_clustered(
            x, y[:, there], cluster=arms.cluster[inside], weight=weight, names=names
        )
        test = cr2(fit, 3)
        found[:, there] = [test.estimate, test.std_error, test.df, test.p_value]
    return ClusterTest(*found)


def _respondents(
    y: Floats, weight: Floats, lost: Mask, arms: Arms, possible: Admissible
) -> tuple[Floats, Floats]:
    """Return the p of both differences at once among all assignments, and the smallest."""
    cluster, size = arms.cluster[arms.inside], len(arms.clusters)
    parts = []
    for rows in (lost, ~lost):
        carried = np.where(np.isnan(y) | ~rows[:, None], 0.0, weight[:, None])
        filled = carried * np.nan_to_num(y - _mean(y, weight))
        parts.append(
            [
                np.array([np.bincount(cluster, column, size) for column in part.T]).T
                for part in (carried, filled)
            ]
        )

    def squares(assignments: Mask) -> Floats:
        chosen = assignments.astype(np.float64)
        total = np.zeros((len(chosen), y.shape[1]))
        for weights, sums in parts:
            with np.errstate(invalid="ignore", divide="ignore"):
                ours = chosen @ sums / (chosen @ weights)
                others = (1 - chosen) @ sums / ((1 - chosen) @ weights)
            total += weights.sum(axis=0) * (ours - others) ** 2
        return total

    test = randomisation_test(squares, possible, arms.cluster_treated)
    return test.p_value, test.smallest_p


def _population(people: FollowUp, names: tuple[str, ...], numbers: Floats) -> Floats:
    """Return the p of all four means being one, with errors by unit assigned."""
    arms = people.arms
    p_value = np.full(len(names), np.nan)
    if min(arms.per_arm) < _FEWEST:
        return p_value
    sample = design_for(
        people.design, arms, "assignment", "selective_attrition", bootstrap=None, seed=1
    )
    inside = arms.inside
    cell = 2 * arms.of_row[inside] + ~people.found[inside]
    columns = {name: numbers[inside, at] for at, name in enumerate(names)}
    crossed = type(sample)(
        sample.frame.assign(**columns, **{_CELL: pd.Categorical(cell)}),
        weight=sample.weight,
        stratum=sample.stratum,
        psu=sample.psu,
    )
    steps = np.hstack([-np.ones((3, 1)), np.eye(3)])
    for at, name in enumerate(names):
        means = estimate_mean(crossed, name, by=_CELL)
        if len(means) != len(steps) + 1 or means.df.min() < len(steps):
            continue
        try:
            p_value[at] = wald_test(means, steps, statistic="adjWald").p_value[0]
        except EstimationError:
            continue  # no covariance of full rank: too few units for three contrasts
    return p_value
