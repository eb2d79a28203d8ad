"""Who of the comparison was reached after all, and how much of the effect that leaves to see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.evaluation.threats.arms import ARM, PLACE, arms_of, labels_in, tidied, with_arms
from resilience.evaluation.threats.assignment_tests import difference_test
from resilience.inference.comparisons.comparison import compare
from resilience.inference.results.printing import PrintedTable
from resilience.inference.statistics.columns import columns_of, require_binary
from resilience.inference.statistics.estimation import estimate_proportion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resilience.evaluation.few_clusters.satterthwaite import ClusterTest
    from resilience.evaluation.threats.arms import Arms
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import Where

__all__ = ["Contamination", "contamination"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Contamination(PrintedTable):
    """Exposure to the programme in both arms.

    Attributes
    ----------
    arms : Arms
    exposure : str
    shares : Estimates
        Exposed by arm, the comparison first.
    places : Estimates
        By arm and unit of assignment.
    difference : Estimates
        Treated minus comparison, with design errors.
    by_assignment : ClusterTest
        The same, with errors by unit assigned.
    kept : Estimates
        The difference over the share of the treated that is exposed: which part of the effect
        of being offered the programme is left to see, if exposure works alike in both arms.
    in_both : int
        Persons, by their id, who occur in both arms; 0 where no ids are declared.
    psus_in_both : int
        PSU labels that occur in both arms, in any wave: neighbours across a border, or labels
        that need their stratum (`nested_psu`).

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"town": list("aabbccdd"), "arm": [1, 1, 1, 1, 0, 0, 0, 0],
    ...                       "knows": [1, 1, 1, 0, 0, 1, 0, 0]})
    >>> told = rs.contamination(rs.SurveyDesign(frame, psu="town"), exposure="knows", arm="arm",
    ...                         cluster="town")
    >>> isinstance(told, rs.Contamination), told.kept.values.round(3)
    (True, array([0.667]))
    """

    arms: Arms
    exposure: str
    shares: Estimates
    places: Estimates
    difference: Estimates
    by_assignment: ClusterTest
    kept: Estimates
    in_both: int
    psus_in_both: int = 0

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return shares exposed by arm and place, their difference, and what is left to see.

        Parameters
        ----------
        level : float
            The coverage of intervals.

        Returns
        -------
        pandas.DataFrame
            `measure variable arm place estimate std_error conf_low conf_high df n p_value`; the
            p-value is at the level of assignment.
        """
        parts = [
            part.to_frame(level=level)
            for part in (self.places, self.shares, self.difference, self.kept)
        ]
        p_value = float(self.by_assignment.p_value[0])
        table: pd.DataFrame = pd.concat(parts, ignore_index=True)
        table = table.assign(p_value=np.where(table["measure"] == "difference", p_value, np.nan))
        return tidied(table)

    def _told(self) -> str:
        both = f" {self.in_both} persons occur in both arms." if self.in_both else ""
        if self.psus_in_both:
            both += f" {self.psus_in_both} PSU labels occur in both arms."
        return (
            "kept: which part of the effect is left to see, if being reached works alike in both "
            f"arms; a difference between the arms is then diluted to it.{both}"
        )

    def _units(self) -> Sequence[str]:
        return ["share"] * len(self.to_frame())


def contamination(
    design: SurveyDesign,
    *,
    exposure: str,
    arm: str,
    cluster: str,
    treated: object = None,
    where: Where = None,
) -> Contamination:
    """Say how many of the comparison name the programme's activities, moved in, or took part.

    Use it at the end. Where comparison places were reached too, the difference between the
    arms is less than the effect: it is what the difference in exposure makes. Naming an
    activity is no proof of it (people agree to be kind), so that shares are upper bounds as a
    rule.

    Parameters
    ----------
    design : SurveyDesign
    exposure : str
        A column of 0 and 1, missing where not known.
    arm, cluster : str
        A column of two values, and that of what was assigned.
    treated : value, optional
        Which value of `arm` was treated; needed unless they are 0 and 1, or "comparison" and
        "programme".
    where : mapping or boolean Series, optional
        {"wave": "endline"} in a design of several waves.

    Returns
    -------
    Contamination
        `kept` is NaN where nobody of the treated is exposed.

    Raises
    ------
    EvaluationError
        For what `arm` and `cluster` hold.
    EstimationError
        If `exposure` is not 0 and 1.

    References
    ----------
    The dilution is that of Bloom (1984), Evaluation Review 8, 225-246, with exposure in both
    arms.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/kenya/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> told = rs.contamination(design, exposure="ken_knows_forum", arm="site_role",
    ...                         cluster="site", where={"wave": "endline"})
    >>> told.shares.values.round(2)
    array([0.25, 0.39])
    """
    arms = arms_of(design, arm, cluster=cluster, treated=treated, where=where, verb="contamination")
    columns = columns_of(design, exposure)
    require_binary(columns)
    sample = with_arms(design, arms)
    chosen = pd.Series(arms.inside, index=sample.frame.index)
    shares = estimate_proportion(sample, exposure, by=ARM, where=chosen)
    inside = arms.inside
    answers = columns[0].y[inside][:, None]
    return Contamination(
        arms,
        exposure,
        shares,
        estimate_proportion(sample, exposure, by=[ARM, PLACE], where=chosen),
        compare(shares, over=ARM, reference=arms.comparison),
        difference_test(answers, design.weights[inside], arms),
        _kept(shares, exposure),
        _in_both(design, arms),
        _psus_in_both(design, arms),
    )


def _kept(shares: Estimates, exposure: str) -> Estimates:
    """Return 1 - comparison / treated, to first order."""
    rows = pd.DataFrame({"measure": ["kept"], "variable": [exposure]})
    if shares.values[1] <= 0:
        nothing = shares.contrast(np.zeros((1, 2)), rows=rows)
        return replace(nothing, values=np.array([np.nan]))
    return shares.delta_method(
        lambda v: [1 - v[0] / v[1]],
        lambda v: [[-1 / v[1], v[0] / v[1] ** 2]],
        rows=rows,
        unit="share",
    )


def _in_both(design: SurveyDesign, arms: Arms) -> int:
    """Return how many persons occur in both arms, in any wave."""
    if design.respondent_id is None or arms.cluster_column == design.respondent_id:
        return 0
    return _on_both_sides(design, arms, [design.respondent_id])


def _psus_in_both(design: SurveyDesign, arms: Arms) -> int:
    """Return how many PSU labels occur in both arms, in any wave."""
    first = design.psu if isinstance(design.psu, str) else next(iter(design.psu or ()), None)
    if first is None or first in (arms.cluster_column, design.respondent_id):
        return 0
    stratum = [design.stratum] if design.nested_psu and design.stratum else []
    return _on_both_sides(design, arms, [*stratum, first])


def _on_both_sides(design: SurveyDesign, arms: Arms, columns: list[str]) -> int:
    labels = design.frame[columns].reset_index(drop=True)
    side = labels_in(design, arms.column)
    known = side.isin([arms.comparison, arms.treated])
    pairs = labels[known].assign(side=side[known]).drop_duplicates()
    return int(pairs.duplicated(columns).sum())
