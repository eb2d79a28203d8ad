"""Whether the arms were alike before the programme began."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.threats.arms import ARM, Arms, arms_of, with_arms, with_weighing
from resilience.evaluation.threats.assignment_tests import (
    Mechanism,
    OmnibusTest,
    difference_test,
    omnibus_test,
    possible_assignments,
)
from resilience.evaluation.threats.follow_up import numbers_at_start
from resilience.inference.comparisons.comparison import compare
from resilience.inference.results.printing import PrintedTable
from resilience.inference.statistics.estimation import estimate_mean
from resilience.inference.statistics.standardised import standardised_difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.evaluation.few_clusters.satterthwaite import ClusterTest
    from resilience.evaluation.threats.arms import Weighing
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]

__all__ = ["CLOSENESS_LIMITS", "BalanceTable", "Closeness", "balance_table"]

Closeness = Literal["small", "moderate", "large", "not_known"]
"""Of a normalised difference: under 0.1, under 0.25, or more, whatever the sample's size."""

CLOSENESS_LIMITS = (0.1, 0.25)
"""From which normalised difference on arms are moderately and largely apart."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BalanceTable(PrintedTable):
    """Differences between two arms at the start.

    Attributes
    ----------
    arms : Arms
    levels : Estimates
        Means by variable and arm, the comparison first, with design errors.
    differences : Estimates
        Treated minus comparison, with design errors: how sure one is of these places.
    by_assignment : ClusterTest
        The same differences, with errors by unit assigned.
    normalised : Estimates
        Differences in standard deviations, the root of the mean of both arms' variances.
    variance_ratio : numpy.ndarray
        Treated over comparison, shape (k,).
    omnibus : OmnibusTest or None
        None where no other assignment was possible.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/kenya/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> table = rs.balance_table(design, ["cohesion", "sex"], arm="site_role", cluster="site",
    ...                          where={"wave": "baseline"})
    >>> isinstance(table, rs.BalanceTable), table.to_frame()["variable"].tolist()
    (True, ['cohesion', 'sex=female', 'sex=male'])
    """

    arms: Arms
    levels: Estimates
    differences: Estimates
    by_assignment: ClusterTest
    normalised: Estimates
    variance_ratio: Floats
    omnibus: OmnibusTest | None

    @property
    def closeness(self) -> tuple[Closeness, ...]:
        """How far apart the arms are on each variable, by the normalised difference."""
        return tuple(_closeness(abs(float(value))) for value in self.normalised.values)

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return the table, one row a variable.

        Parameters
        ----------
        level : float
            The coverage of the interval of the difference, which has the design's errors.

        Returns
        -------
        pandas.DataFrame
            `measure variable treated comparison estimate std_error conf_low conf_high df n
            normalised_difference closeness variance_ratio`, and at the level of assignment
            `std_error_assignment df_assignment p_value`.
        """
        low, high = self.differences.interval(level=level)
        size = len(self.differences)
        return pd.DataFrame(
            {
                "measure": "difference_at_start",
                "variable": self.differences.rows["variable"].to_numpy(),
                "treated": self.levels.values.reshape(size, 2)[:, 1],
                "comparison": self.levels.values.reshape(size, 2)[:, 0],
                "estimate": self.differences.values,
                "std_error": self.differences.std_error,
                "conf_low": low,
                "conf_high": high,
                "df": self.differences.df,
                "n": self.levels.n.reshape(size, 2).sum(axis=1),
                "normalised_difference": self.normalised.values,
                "closeness": list(self.closeness),
                "variance_ratio": self.variance_ratio,
                "std_error_assignment": self.by_assignment.std_error,
                "df_assignment": self.by_assignment.df,
                "p_value": self.by_assignment.p_value,
            }
        )

    def _told(self) -> str:
        treated, others = self.arms.per_arm
        together = repr(self.omnibus) if self.omnibus else "no other assignment was possible"
        return (
            f"{treated} units of {self.arms.cluster_column} treated, {others} not. All variables, "
            f"{together}. A large p does not show that arms are alike: look at the size of the "
            "differences."
        )

    def _units(self) -> Sequence[str]:
        return self.differences.unit


def balance_table(  # noqa: PLR0913 - as an assignment says
    design: SurveyDesign,
    variables: str | Sequence[str],
    *,
    arm: str,
    cluster: str,
    treated: object = None,
    where: Where = None,
    mechanism: Mechanism = "non_random",
    blocks: str | None = None,
    weight_cities: Weighing = "population",
) -> BalanceTable:
    """Compare the arms before the programme began.

    Use it on the baseline, with what can stand for outcomes and for what drives them. Look at
    the size of differences: with few units a p-value is large whatever the differences are, so
    that none of them shows balance, and chance differences bias an estimate as others do.

    Parameters
    ----------
    design : SurveyDesign
    variables : str or sequence of str
        Numeric columns; categorical ones have a row for each value. Missing answers are left
        out variable by variable.
    arm : str
        A column of two values.
    cluster : str
        The column of what was assigned.
    treated : value, optional
        Which value of `arm` was treated; needed unless they are 0 and 1, or "comparison" and
        "programme".
    where : mapping or boolean Series, optional
        {"wave": "baseline"} in a design of several waves.
    mechanism : {'random', 'blocked', 'matched_pairs', 'non_random'}
        How units came into their arms. Where not by chance, the omnibus p is a placebo
        reference, no test.
    blocks : str, optional
        The column of blocks or pairs.
    weight_cities : {'population', 'equal'}
        As in the assignment: whether each person counts in an arm's mean, or each unit the same
        (its respondents' weights add up to the same), so that the table is weighted as the
        estimate is.

    Returns
    -------
    BalanceTable
        With one unit in an arm there are no errors at the level of assignment.

    Raises
    ------
    EvaluationError
        If columns are absent, there are not two arms, a unit of assignment is in both, or
        several waves are chosen.
    EstimationError
        If a variable is not usable, or `where` names a wave that does not exist.

    References
    ----------
    Normalised differences and their limit of a quarter: Imbens and Rubin (2015), Causal
    Inference, chapter 14; a tenth: Austin (2009), Statistics in Medicine 28, 3083-3107. The
    omnibus statistic follows Hansen and Bowers (2008), Statistical Science 23, 219-236, with
    persons' covariance. Oracle: R survey 4.1-1, `svyby` and `svycontrast`.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/kenya/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> rs.balance_table(design, "cohesion", arm="site_role", cluster="site",
    ...                  where={"wave": "baseline"}).omnibus
    placebo reference: p 1, smallest possible 0.333 (all 6 assignments)
    """
    arms = arms_of(design, arm, cluster=cluster, treated=treated, where=where, verb="balance_table")
    _require_one_wave(design, arms)
    names, numbers = numbers_at_start(design, variables, arms.inside)
    inside = arms.inside
    columns = {name: numbers[:, at] for at, name in enumerate(names)}
    compared = with_arms(replace(design, frame=design.frame.assign(**columns)), arms)
    compared = with_weighing(compared, arms, weight_cities)
    weight = compared.weights[inside]
    chosen = pd.Series(inside, index=compared.frame.index)
    levels = estimate_mean(compared, names, by=ARM, where=chosen)
    reference = arms.comparison
    return BalanceTable(
        arms,
        levels,
        compare(levels, over=ARM, reference=reference),
        difference_test(numbers[inside], weight, arms),
        standardised_difference(compared, names, over=ARM, reference=reference, where=chosen),
        _variance_ratio(numbers[inside], weight, arms.is_treated[inside]),
        _omnibus(compared, numbers[inside], arms, mechanism, blocks),
    )


def _omnibus(
    design: SurveyDesign, numbers: Floats, arms: Arms, mechanism: Mechanism, blocks: str | None
) -> OmnibusTest | None:
    possible = possible_assignments(design, arms, mechanism, blocks, "balance_table")
    return omnibus_test(numbers, design.weights[arms.inside], arms, possible, mechanism)


def _variance_ratio(numbers: Floats, weight: Floats, treated: npt.NDArray[np.bool_]) -> Floats:
    """Return the weighted variance of the treated over that of the others, shape (k,)."""
    spreads = []
    for arm in (treated, ~treated):
        carried = np.where(np.isnan(numbers[arm]), 0.0, weight[arm, None])
        y = np.nan_to_num(numbers[arm])
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (carried * y).sum(axis=0) / carried.sum(axis=0)
            spreads.append((carried * (y - mean) ** 2).sum(axis=0) / carried.sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(spreads[1] > 0, spreads[0] / spreads[1], np.nan))


def _closeness(size: float) -> Closeness:
    if not np.isfinite(size):
        return "not_known"
    moderate, large = CLOSENESS_LIMITS
    return "small" if size < moderate else "moderate" if size < large else "large"


def _require_one_wave(design: SurveyDesign, arms: Arms) -> None:
    """Refuse waves that would be mixed."""
    if design.wave is None:
        return
    waves = design.frame[design.wave].astype("str").to_numpy()[arms.inside]
    found = [wave for wave in design.wave_names if wave in set(waves)]
    if len(found) > 1:
        raise EvaluationError(
            Issue(
                "the start is one wave",
                where="balance_table(where=)",
                found=", ".join(found),
                expected="the wave before the programme began",
                remedy=f"where={{'{design.wave}': '{found[0]}'}}",
            )
        )
