"""Where estimates come from, so that a number can be traced."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Provenance"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where estimates come from.

    Attributes
    ----------
    study : str
    statistic : str
        What was estimated.
    where : str
        Whom it is restricted to, in words; empty for everybody.
    n_frame : int
        Rows of the design.
    n_excluded : mapping of str to int
        Rows that belong to no row of the result, by reason.
    wave_column : str
        The column of waves; empty where there is none.
    waves : tuple of str
        The waves in their order in time; empty where the design does not declare it.
    respondents : mapping of str to int
        For change within persons: how many respondents each of the two waves has, and how
        many are in both.
    """

    study: str
    statistic: str
    where: str
    n_frame: int
    n_excluded: Mapping[str, int] = field(default_factory=dict)
    wave_column: str = ""
    waves: tuple[str, ...] = ()
    respondents: Mapping[str, int] = field(default_factory=dict)
