"""Which test is the headline, decided from the design before outcomes are seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from resilience.errors import EvaluationError, Issue

__all__ = ["Mechanism", "Reason", "Recommendation", "recommend_inference"]

Mechanism = Literal["random", "blocked", "matched_pairs", "non_random"]
Reason = Literal[
    "random_assignment",
    "non_random_assignment",
    "one_cluster_in_an_arm",
    "few_treated",
    "few_comparison",
    "few_degrees_of_freedom",
    "one_cluster_dominates",
    "cannot_reach_five_percent",
    "no_test_keeps_its_size",
]

FEWEST_CLUSTERS = 3
FEWEST_DF = 4.0
# Of the weight; less where one cluster can make up the smaller of two unequal arms.
LARGEST_SHARE, LARGEST_SHARE_IN_UNEVEN_ARMS = 1 / 3, 1 / 5
SMALL_ARM = 3
_ROUNDING = 1e-9
FIVE_PERCENT = 0.05


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Which test leads, and whether the wild bootstrap may be relied on.

    Attributes
    ----------
    headline : {'randomisation', 'cr2', 'none'}
    wild : {'recommended', 'shown'}
        Shown: printed beside the others, but not relied on.
    reasons : tuple of str
        Codes of a closed list, for sentences.

    Examples
    --------
    >>> Recommendation("none", "shown", ("one_cluster_in_an_arm",)).headline
    'none'
    """

    headline: Literal["randomisation", "cr2", "none"]
    wild: Literal["recommended", "shown"]
    reasons: tuple[Reason, ...]


def recommend_inference(
    *,
    mechanism: Mechanism,
    treated: int,
    comparison: int,
    df: float,
    largest_share: float,
    smallest_p: float,
) -> Recommendation:
    """Name the headline test from the design alone.

    Parameters
    ----------
    mechanism : {'random', 'blocked', 'matched_pairs', 'non_random'}
    treated, comparison : int
        Clusters in each arm.
    df : float
        Satterthwaite's degrees of freedom of CR2; NaN where there are none.
    largest_share : float
        Of the weight, of the largest cluster.
    smallest_p : float
        The smallest p the randomisation test can give; NaN where there is none.

    Returns
    -------
    Recommendation

    Raises
    ------
    EvaluationError
        Where the mechanism is unknown or numbers are impossible.

    Notes
    -----
    The limits come from the rejection rates in `docs/few_clusters.md`. The wild bootstrap is not
    recommended with fewer than three clusters in an arm, fewer than four degrees of freedom, or
    one cluster with more than a third of the weight (a fifth where one arm has three clusters
    or fewer and the other more): it rejected up to 42 % of true nulls there. CR2 is the headline
    of a comparison that was not random, but not with one cluster in an arm (nothing tells its
    error), nor with so large a cluster beside so small and uneven an arm (up to 8.4 %); equal
    weights of clusters are a way out. Randomisation keeps its size always, and where it cannot
    reach 5 % it says so.

    Examples
    --------
    >>> recommend_inference(
    ...     mechanism="random", treated=2, comparison=6, df=1.7, largest_share=0.2,
    ...     smallest_p=1 / 28,
    ... )
    Recommendation(headline='randomisation', wild='shown',
    reasons=('random_assignment', 'few_treated', 'few_degrees_of_freedom'))
    """
    _check(mechanism, treated, comparison, largest_share)
    random = mechanism != "non_random"
    uneven = min(treated, comparison) <= SMALL_ARM and treated != comparison
    most = LARGEST_SHARE_IN_UNEVEN_ARMS if uneven else LARGEST_SHARE
    dominated = largest_share > most + _ROUNDING
    against: dict[Reason, bool] = {
        "few_treated": treated < FEWEST_CLUSTERS,
        "few_comparison": comparison < FEWEST_CLUSTERS,
        "few_degrees_of_freedom": not df >= FEWEST_DF,
        "one_cluster_dominates": dominated,
    }
    alone = min(treated, comparison) == 1
    unsure = not random and dominated and uneven and not alone
    otherwise: dict[Reason, bool] = {
        "one_cluster_in_an_arm": alone,
        "cannot_reach_five_percent": random and not smallest_p <= FIVE_PERCENT,
        "no_test_keeps_its_size": unsure,
    }
    first: Reason = "random_assignment" if random else "non_random_assignment"
    reasons = (first, *(reason for reason, holds in {**against, **otherwise}.items() if holds))
    headline: Literal["randomisation", "cr2", "none"] = "randomisation" if random else "cr2"
    if unsure or (alone and (not random or treated == comparison)):
        headline = "none"
    return Recommendation(headline, "shown" if any(against.values()) else "recommended", reasons)


def _check(mechanism: str, treated: int, comparison: int, largest_share: float) -> None:
    known = get_args(Mechanism)
    if mechanism in known and min(treated, comparison) >= 1 and 0 < largest_share <= 1:
        return
    raise EvaluationError(
        Issue(
            "the design of the comparison is not possible",
            "recommend_inference",
            f"mechanism '{mechanism}', {treated} treated, {comparison} comparison, "
            f"largest share {largest_share:.3g}",
            f"{', '.join(known)}; a cluster in each arm; a share above 0, up to 1",
            "mend the assignment",
        )
    )
