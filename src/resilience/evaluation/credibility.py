"""The nouns that blocks on balance, attrition, power and sensitive questions are made from."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from resilience.definitions.credibility import (
        AttritionBlock,
        BalanceBlock,
        DirectQuestion,
        PowerBlock,
        SensitiveBlock,
    )
    from resilience.definitions.texts import Text
    from resilience.disclosure.suppression import Protected
    from resilience.evaluation.few_clusters.satterthwaite import ClusterTest
    from resilience.evaluation.threats.assignment_tests import OmnibusTest
    from resilience.evaluation.threats.balance import Closeness

__all__ = [
    "AttritionResult",
    "BalanceResult",
    "BoundRow",
    "CredibilityResult",
    "DirectResult",
    "ListResult",
    "PowerPanel",
    "PowerResult",
    "SelectiveRow",
    "SensitiveResult",
    "VariableRow",
]


@dataclass(frozen=True, slots=True)
class VariableRow:
    """What a row is about: a column, or one of its values; its unit is `share`, `points` or ''."""

    column: str
    value: str | None
    unit: str


@dataclass(frozen=True, slots=True)
class BalanceResult:
    """Differences between the arms before the programme.

    Attributes
    ----------
    wave : str
    rows : tuple of VariableRow
        k of them.
    levels : Protected
        Two rows each, the comparison first.
    differences, normalised : Protected
        Programme minus comparison, in the variable's unit and in standard deviations.
    closeness : tuple of Closeness
    limits : tuple of float
        From which normalised difference on arms are moderately and largely apart.
    by_assignment : ClusterTest
        The differences with errors by unit assigned.
    omnibus : OmnibusTest or None
        None where no other assignment was possible, or not all rows may be shown.
    units : tuple of int
        Treated and comparison.
    """

    block: BalanceBlock
    wave: str
    rows: tuple[VariableRow, ...]
    levels: Protected
    differences: Protected
    normalised: Protected
    closeness: tuple[Closeness, ...]
    limits: tuple[float, float]
    by_assignment: ClusterTest
    omnibus: OmnibusTest | None
    units: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SelectiveRow:
    """What those found and those lost had said at the start; NaN where not to be shown.

    Attributes
    ----------
    shown : bool
    found_comparison, lost_comparison, found_treated, lost_treated : float
        Means.
    gap, conf_low, conf_high : float
        By how much the arms' difference among the lost differs from that among the found, with
        its interval by unit assigned.
    p_value, smallest_p : float
        Of both differences at once among all assignments.
    """

    row: VariableRow
    shown: bool
    found_comparison: float
    lost_comparison: float
    found_treated: float
    lost_treated: float
    gap: float
    conf_low: float
    conf_high: float
    p_value: float
    smallest_p: float


@dataclass(frozen=True, slots=True)
class BoundRow:
    """Between what the effect on the change in one outcome lies; NaN where not to be shown.

    Attributes
    ----------
    status : {'shown', 'suppressed', 'refused'}
        `refused`: what the bounds need does not hold.
    difference : float
        Of the changes of those found, as if nobody had been lost.
    lower, upper : float
    conf_low, conf_high : float
        The region of Imbens and Manski.
    trimmed : float
        The share cut off.
    trimmed_arm : str
    n : float
        Respondents with the outcome.
    """

    outcome: str
    unit: str
    method: Literal["lee", "manski"]
    status: Literal["shown", "suppressed", "refused"]
    difference: float = nan
    lower: float = nan
    upper: float = nan
    conf_low: float = nan
    conf_high: float = nan
    trimmed: float = nan
    trimmed_arm: str = ""
    n: float = nan


@dataclass(frozen=True, slots=True)
class AttritionResult:
    """Who was not found again.

    Attributes
    ----------
    between : tuple of two str
        The waves.
    unit_column : str
        The column of what was assigned.
    rates : Protected
        Shares lost by arm, the comparison first.
    places : Protected or None
        By arm and place.
    difference : Protected
        Programme minus comparison, with the design's errors.
    by_assignment : ClusterTest
        The same difference with its error by unit assigned.
    permutation : OmnibusTest or None
    selective : tuple of SelectiveRow
    bounds : tuple of BoundRow
    units : tuple of int
    moved : int
        Found again in the other arm.
    """

    block: AttritionBlock
    between: tuple[str, str]
    unit_column: str
    rates: Protected
    places: Protected | None
    difference: Protected
    by_assignment: ClusterTest
    permutation: OmnibusTest | None
    selective: tuple[SelectiveRow, ...]
    bounds: tuple[BoundRow, ...]
    units: tuple[int, int]
    moved: int


@dataclass(frozen=True, slots=True, eq=False)
class PowerPanel:
    """What surveys can find of one measure.

    Attributes
    ----------
    unit : str
    std_dev : float
        Between persons, in `unit`.
    fielded : pandas.DataFrame
        The sample as fielded: one row `treated comparison respondents psus df mde mde_cautious
        smallest_p`. Without two arms its effects are NaN.
    by_respondents, by_places : pandas.DataFrame
        The same for other numbers of respondents in each place, and of places.
    hardly : bool
        Whether, under cautious assumptions, the most respondents tried bring the effect down by
        less than a tenth.
    """

    measure: str
    unit: str
    std_dev: float
    fielded: pd.DataFrame
    by_respondents: pd.DataFrame
    by_places: pd.DataFrame
    hardly: bool


@dataclass(frozen=True, slots=True)
class PowerResult:
    """Which effects surveys like the one fielded find."""

    block: PowerBlock
    panels: tuple[PowerPanel, ...]


@dataclass(frozen=True, slots=True)
class ListResult:
    """A list experiment's share.

    Attributes
    ----------
    sensitive : text
        The sensitive statement.
    items : int
        Plain statements.
    share : Protected
        One row.
    upper, conf_low, conf_high : float
        The share if all who could hide did, and the region that holds it between both.
    design_p : float
        Of the list design test: that all types of respondents have shares of 0 or more.
    design_holds : bool
        Whether that p is not below the error rate of the intervals.
    """

    sensitive: Text
    items: int
    share: Protected
    upper: float
    conf_low: float
    conf_high: float
    design_p: float
    design_holds: bool


@dataclass(frozen=True, slots=True)
class DirectResult:
    """A direct question, and what refusals may hide.

    Attributes
    ----------
    question : DirectQuestion
    answered : Protected
        The share among those who answered; one row.
    lower, upper : float
        The share if all who refused would have given another answer, or this one.
    conf_low, conf_high : float
        The region of Imbens and Manski.
    refused : float
        How many refused, rounded as the policy says.
    """

    question: DirectQuestion
    answered: Protected
    lower: float
    upper: float
    conf_low: float
    conf_high: float
    refused: float


@dataclass(frozen=True, slots=True)
class SensitiveResult:
    """What people may not admit."""

    block: SensitiveBlock
    experiment: ListResult | None
    direct: tuple[DirectResult, ...]


CredibilityResult = BalanceResult | AttritionResult | PowerResult | SensitiveResult
