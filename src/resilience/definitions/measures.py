"""What a numeric column means: its kind, unit and title, and by which rule it was made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.instrument import Direction
    from resilience.definitions.questionnaire import MeasureKind

__all__ = [
    "COMMON_SUFFIX",
    "Measure",
    "ScoreDifference",
    "Signature",
    "Unit",
    "signature_differences",
]

Unit = Literal["points", "share", "code", "count", "standard deviations", ""]
"""`points`: an index from 0 to 100. `share`: from 0 to 1. `code`: a scale's own numbers.
`standard deviations`: of a group at baseline, for summary indices."""

COMMON_SUFFIX = "_common"
"""Ends the name of the variant of a score that uses only what comparable waves asked alike."""


@dataclass(frozen=True, slots=True)
class Signature:
    """By what rule, from which items, with which answer labels a wave's score was made.

    Attributes
    ----------
    rule : str
        The definition's hash.
    items : tuple of str
        The items asked.
    labels : mapping of item to str
        What identifies the answer labels of each item.
    """

    rule: str
    items: tuple[str, ...]
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measure:
    """A column that can be estimated.

    Attributes
    ----------
    name : str
        The column.
    kind : {'item', 'index', 'indicator'}
        What it is.
    title : mapping of language to text
        Its name for readers.
    unit : str
        The unit of its values.
    direction : str
        Whether higher is better.
    signatures : mapping of wave to Signature
        How it was made in each wave.
    common : bool
        Whether it is the variant on the items that comparable waves asked alike.
    """

    name: str
    kind: MeasureKind
    title: Mapping[str, str]
    unit: Unit
    direction: Direction
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    common: bool = False


@dataclass(frozen=True, slots=True)
class ScoreDifference:
    """One reason why two waves' scores are not the same score.

    Attributes
    ----------
    kind : {'rule', 'not_asked', 'labels'}
        Another rule, items that one wave did not ask, or other answer labels.
    items : tuple of str
        The items concerned; none for a rule.
    wave : str
        The wave that did not ask them, or whose rule or labels differ.
    """

    kind: Literal["rule", "not_asked", "labels"]
    items: tuple[str, ...]
    wave: str

    def __str__(self) -> str:
        """Return the reason in words."""
        names = ", ".join(self.items)
        words = {
            "rule": f"scored by another rule in {self.wave}",
            "not_asked": f"{names} not asked in {self.wave}",
            "labels": f"other answer labels in {self.wave} for {names}",
        }
        return words[self.kind]


def signature_differences(
    one: Signature, other: Signature, waves: tuple[str, str]
) -> tuple[ScoreDifference, ...]:
    """Return why two waves' scores are not the same score; nothing if they are.

    Parameters
    ----------
    one, other : Signature
        Of the first and second wave.
    waves : tuple of two str
        The waves' names.
    """
    if one.rule != other.rule:
        return (ScoreDifference("rule", (), waves[1]),)
    reasons = []
    for here, there, wave in ((one, other, waves[1]), (other, one, waves[0])):
        absent = tuple(item for item in here.items if item not in there.items)
        if absent:
            reasons.append(ScoreDifference("not_asked", absent, wave))
    relabelled = tuple(
        item for item in one.items if item in other.items and one.labels[item] != other.labels[item]
    )
    if relabelled:
        reasons.append(ScoreDifference("labels", relabelled, waves[1]))
    return tuple(reasons)
