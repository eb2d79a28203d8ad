"""What a stage of sampling contributes: sampling fractions, and the rules for lonely units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from resilience.errors import DesignError, Issue

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["Groups", "sampling_fractions", "scales"]

_MOST_NAMED = 5
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groups within which units were drawn: strata in a wave, or the units of the stage before.

    Attributes
    ----------
    what : str
        What groups are called.
    sizes : numpy.ndarray
        How many units of each are in the sample, shape (groups,).
    name : callable
        From a group's number to its name.
    """

    what: str
    sizes: Codes
    name: Callable[[int], str]

    def named(self, chosen: npt.NDArray[np.bool_]) -> str:
        """Return the names of some groups, the first few."""
        found = np.flatnonzero(chosen)
        more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        names = ", ".join(self.name(int(group)) for group in found[:_MOST_NAMED])
        return f"{self.what} {names}{more}"


def sampling_fractions(fpc: Floats | None, group: Codes, groups: Groups) -> Floats:
    """Return which part of each group's units was drawn, shape (groups,); 0 without `fpc`.

    Parameters
    ----------
    fpc : numpy.ndarray or None
        The number of units in each row's group, or up to 1 the fraction drawn, shape (n,).
    group : numpy.ndarray
        The group of each row, shape (n,).
    groups : Groups

    Raises
    ------
    DesignError
        If a group has two numbers, or fewer units than were drawn.
    """
    sizes = groups.sizes.astype(float)
    if fpc is None:
        return np.zeros(len(sizes))
    value = np.zeros(len(sizes))
    value[group] = fpc
    unequal = np.zeros(len(sizes), bool)
    unequal[group[fpc != value[group]]] = True
    positive = value > 0
    safe = np.where(positive, value, 1.0)
    counts = np.where(safe <= 1, sizes / safe, safe)
    wrong = unequal | ~positive | (counts < sizes * (1 - _ROUNDING))
    if wrong.any():
        raise DesignError(
            Issue(
                "population counts do not fit the sample",
                where="design: fpc",
                found=groups.named(wrong),
                expected="in each stratum one number of PSUs, and in each PSU one number of the "
                "units drawn next, not below those sampled; or one sampling fraction up to 1",
                remedy="correct the column, or leave 'fpc' out",
            )
        )
    return np.asarray(np.minimum(sizes / counts, 1.0))


def scales(
    groups: Groups, taken: Floats, lonely: str, pooled: Codes
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return each group's multiplier, and whether it stays uncentred.

    Parameters
    ----------
    groups : Groups
    taken : numpy.ndarray
        The part of its units that was drawn, shape (groups,).
    lonely : {'fail', 'remove', 'adjust', 'average'}
        What a group with one unit contributes.
    pooled : numpy.ndarray
        Over which groups the rule "average" averages, shape (groups,): those of one wave, or of
        one stratum in a wave.

    Raises
    ------
    DesignError
        If a group has one unit, was not exhausted by it, and that is to fail.
    """
    sizes = groups.sizes.astype(float)
    unsampled = np.where(taken >= 1 - _ROUNDING, 0.0, 1 - taken)
    alone = sizes == 1
    open_ = alone & (unsampled > 0)
    if lonely == "fail" and open_.any():
        raise DesignError(
            Issue(
                "strata have one PSU, which shows no variation"
                if groups.what == "strata"
                else "units have one unit drawn within them, which shows no variation",
                where="design: lonely_psu",
                found=groups.named(open_),
                expected="at least two PSUs in each stratum, and two units within each PSU",
                remedy="join strata that were drawn alike, or choose 'lonely_psu: adjust' "
                "(cautious), average or remove (in Python lonely_psu='adjust')",
            )
        )
    scale = np.sqrt(np.divide(sizes * unsampled, sizes - 1, where=~alone, out=0 * sizes))
    uncentred = np.zeros(len(sizes), bool)
    if lonely == "adjust":
        scale[alone] = np.sqrt(unsampled[alone])
        uncentred = open_
    if lonely == "average":
        everyone = np.bincount(pooled)
        told = np.maximum(np.bincount(pooled, ~open_), 1)
        scale *= np.sqrt(everyone / told)[pooled]
    return scale, uncentred
