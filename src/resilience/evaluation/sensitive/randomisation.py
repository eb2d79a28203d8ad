"""Devices that hide a respondent's answer behind chance, and what they leave to be seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from resilience.errors import EvaluationError, Issue

__all__ = ["Randomisation"]

_FLATTEST = 1e-6


@dataclass(frozen=True, slots=True)
class Randomisation:
    """How often a yes is given by those who hold a trait, and by those who do not.

    Make it with `forced`, `mirrored`, `disguised` or `unrelated`.

    Attributes
    ----------
    kind : {'forced', 'mirrored', 'disguised', 'unrelated'}
    yes_if_holding, yes_if_not : float
        The chance of a yes, from 0 to 1; they must differ, and the answers tell the more the
        further apart they are.

    Examples
    --------
    >>> import resilience as rs
    >>> die = rs.Randomisation.forced(yes=1 / 6, no=1 / 6)
    >>> round(die.yes_if_holding, 3), round(die.yes_if_not, 3)
    (0.833, 0.167)
    """

    kind: Literal["forced", "mirrored", "disguised", "unrelated"]
    yes_if_holding: float
    yes_if_not: float

    def __post_init__(self) -> None:
        """Refuse chances that are none, and devices that hide everything."""
        for chance in (self.yes_if_holding, self.yes_if_not):
            _require_chance("chance of a yes", chance)
        if abs(self.slope) < _FLATTEST:
            raise EvaluationError(
                Issue(
                    "the device hides everything: a yes is as likely from those who do not hold it",
                    where=f"Randomisation.{self.kind}",
                    found=f"a chance of {self.yes_if_not:g} for both",
                    expected="two chances that differ",
                    remedy="give the chances of the device that was used, as a die or a spinner",
                )
            )

    @property
    def slope(self) -> float:
        """By how much the share of yes rises with the share who hold the trait."""
        return self.yes_if_holding - self.yes_if_not

    @classmethod
    def forced(cls, *, yes: float, no: float) -> Randomisation:
        """Return the forced response design: chance says 'yes', 'no', or 'tell the truth'.

        Parameters
        ----------
        yes, no : float
            The chance that a yes, and that a no, is forced; with a die often 1/6 each.
        """
        _require_chance("yes", yes)
        _require_chance("no", no)
        return cls("forced", 1 - no, yes)

    @classmethod
    def mirrored(cls, *, truth: float) -> Randomisation:
        """Return the mirrored question design: chance gives the statement or its opposite.

        The crosswise design is of this form too.

        Parameters
        ----------
        truth : float
            The chance of the statement itself.
        """
        _require_chance("truth", truth)
        return cls("mirrored", truth, 1 - truth)

    @classmethod
    def disguised(cls, *, truth: float) -> Randomisation:
        """Return the disguised response design: chance tells which sign stands for yes.

        Parameters
        ----------
        truth : float
            The chance that the sign that is counted as yes stands for yes.
        """
        _require_chance("truth", truth)
        return cls("disguised", truth, 1 - truth)

    @classmethod
    def unrelated(cls, *, truth: float, yes: float) -> Randomisation:
        """Return the unrelated question design: chance gives another, harmless question.

        Parameters
        ----------
        truth : float
            The chance of the sensitive question.
        yes : float
            The share known to answer yes to the harmless one.
        """
        _require_chance("truth", truth)
        _require_chance("yes", yes)
        return cls("unrelated", truth + (1 - truth) * yes, (1 - truth) * yes)


def _require_chance(name: str, value: float) -> None:
    if not (math.isfinite(value) and 0 <= value <= 1):
        message = f"'{name}' must lie between 0 and 1 (got {value})"
        raise ValueError(message)
