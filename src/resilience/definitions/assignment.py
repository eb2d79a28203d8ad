"""Who was given the programme, by what rule, and when; and what else happened in the meantime."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import Field

from resilience.definitions.models import Definition, Identifier
from resilience.definitions.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Arm",
    "Assignment",
    "AssignmentFault",
    "Event",
    "Mechanism",
    "MonthCount",
    "assignment_faults",
]

Mechanism = Literal["random", "blocked", "matched_pairs", "non_random"]
Name = int | str
Units = tuple[Name, ...]
Column = Annotated[str, Field(min_length=1)]
"""A column or wave of a study or of any frame, which may be called otherwise than definitions."""

PAIR = 2


class Arm(Definition):
    """A variable that says who was treated.

    Attributes
    ----------
    variable : str
        A column that has one value in each unit.
    treated : tuple of values
        Its values that mean treated; all others mean comparison.
    since : str
        The wave by which they were treated: the first after the treatment began.
    """

    variable: Column
    treated: Annotated[Units, Field(min_length=1)]
    since: Column


class Assignment(Definition):
    """How the programme was given to places or persons.

    Attributes
    ----------
    unit : str or tuple of str
        What was assigned: `site`, a declared variable such as the neighbourhood or village, or
        `person`. Several variables: units are told apart by all of them together.
    mechanism : {'random', 'blocked', 'matched_pairs', 'non_random'}
        By what rule: drawn among all units, within blocks, one of each pair, or not by lot.
    treated : mapping of wave to units
        The units first treated between the wave before and this one.
    arm : Arm or None
        In place of `treated`: a variable that says so.
    comparison : tuple of units
        The units compared with; by default all others (of sites with roles those whose role is
        comparison). Units of neither kind are left out.
    blocks : mapping of block to units
        Within which the lot was drawn, or the pairs.
    block_variable : str or tuple of str or None
        In place of `blocks`: the column of blocks; several columns are taken together.
    weight_cities : {'equal', 'population'}
        Whether the effect is that on the average unit, or on the average person.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.Assignment(unit="city", mechanism="random", treated={"endline": ["a", "b"]})
    <Assignment of city: random, 2 treated>
    """

    unit: Column | Annotated[tuple[Column, ...], Field(min_length=1)] = "site"
    mechanism: Mechanism
    treated: dict[Column, Annotated[Units, Field(min_length=1)]] = {}
    arm: Arm | None = None
    comparison: Units = ()
    blocks: dict[Column, Annotated[Units, Field(min_length=1)]] = {}
    block_variable: Column | Annotated[tuple[Column, ...], Field(min_length=1)] | None = None
    weight_cities: Literal["equal", "population"] = "equal"

    @property
    def unit_columns(self) -> tuple[str, ...]:
        """The columns that tell the units apart; for persons the id's."""
        if self.unit == "person":
            return ("respondent_id",)
        return (self.unit,) if isinstance(self.unit, str) else self.unit

    @property
    def block_columns(self) -> tuple[str, ...]:
        """The columns that tell the blocks apart; none where they are listed."""
        if self.block_variable is None:
            return ()
        said = self.block_variable
        return (said,) if isinstance(said, str) else said

    @property
    def unit_name(self) -> str:
        """What is assigned, in a word or two."""
        return self.unit if isinstance(self.unit, str) else " and ".join(self.unit)

    @property
    def first_treated(self) -> Mapping[str, str]:
        """The wave by which each listed unit was treated."""
        return {str(unit): wave for wave, units in self.treated.items() for unit in units}

    def __repr__(self) -> str:
        """Return one line."""
        told = f"by {self.arm.variable}" if self.arm else f"{len(self.first_treated)} treated"
        return f"<Assignment of {self.unit_name}: {self.mechanism}, {told}>"

    __str__ = __repr__


class MonthCount(Definition):
    """How many there were in a month.

    Attributes
    ----------
    month : str
        Year and month: 2024-03.
    count : number
    site : str or None
        Where; by default everywhere that the event concerns.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.MonthCount(month="2024-03", count=4).count
    4.0
    """

    month: Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
    count: Annotated[float, Field(ge=0)]
    site: Identifier | None = None


class Event(Definition):
    """Something that happened besides the programme: a rival explanation of a change.

    Attributes
    ----------
    kind : str
        What sort of event.
    sites : tuple of str
        Where; without any, everywhere.
    count : number or None
        How many, where the event is a total of many: incidents, reports of hate speech.
    series : tuple of MonthCount
        How many by month, from elsewhere: context beside the waves, no rival by itself. A month
        without any is listed with 0; one that is not listed is not known.
    source : text or None
        Where that is known from.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.load_study("surveys/lebanon").events[0].id
    'local_elections'
    """

    id: Identifier
    title: Text
    kind: Literal[
        "election",
        "incident",
        "crisis",
        "disaster",
        "economic",
        "policy",
        "hate_speech",
        "other_programme",
        "other",
    ]
    start: dt.date
    end: dt.date | None = None
    sites: tuple[Identifier, ...] = ()
    count: Annotated[float, Field(ge=0)] | None = None
    series: tuple[MonthCount, ...] = ()
    source: Text | None = None


class AssignmentFault(NamedTuple):
    """What is wrong with an assignment by itself, and under which key."""

    key: tuple[str | int, ...]
    what: str
    found: str
    expected: str
    remedy: str


def assignment_faults(said: Assignment) -> list[AssignmentFault]:
    """Return what is wrong with an assignment whatever the sample."""
    faults = [*_arm_faults(said), *_repeated(said), *_block_faults(said)]
    treated = list(said.first_treated)
    faults += [
        AssignmentFault(
            ("comparison",),
            f"'{unit}' is both treated and comparison",
            f"treated by {said.first_treated[str(unit)]}, and under 'comparison'",
            "each unit on one side",
            "take it out of one of the two lists",
        )
        for unit in said.comparison
        if str(unit) in treated
    ]
    return faults


def _arm_faults(said: Assignment) -> list[AssignmentFault]:
    if bool(said.treated) != (said.arm is not None):
        return []
    return [
        AssignmentFault(
            ("arm",) if said.treated else (),
            "it is not said once who was treated",
            "'treated' and 'arm'" if said.treated else "neither 'treated' nor 'arm'",
            "'treated: {wave: [units]}', or 'arm: {variable, treated, since}'",
            "keep one of them" if said.treated else "name the treated units by wave",
        )
    ]


def _repeated(said: Assignment) -> list[AssignmentFault]:
    places: dict[str, list[str]] = {}
    for wave, units in said.treated.items():
        for unit in units:
            places.setdefault(str(unit), []).append(wave)
    return [
        AssignmentFault(
            ("treated", waves[-1]),
            f"'{unit}' is first treated {len(waves)} times",
            ", ".join(waves),
            "one wave: the first after its treatment began",
            "keep the earliest",
        )
        for unit, waves in places.items()
        if len(waves) > 1
    ]


def _block_faults(said: Assignment) -> list[AssignmentFault]:
    given = bool(said.blocks) + (said.block_variable is not None)
    needed = said.mechanism in ("blocked", "matched_pairs")
    if given > 1 or (needed and not given):
        return [
            AssignmentFault(
                ("blocks",) if said.blocks else ("mechanism",),
                f"the blocks of a '{said.mechanism}' assignment are not given once",
                "'blocks' and 'block_variable'" if given else "no blocks",
                "'blocks: {block: [units]}', or 'block_variable: <variable>'",
                "keep one of them" if given else "name the blocks within which the lot was drawn",
            )
        ]
    listed = [str(unit) for units in said.blocks.values() for unit in units]
    faults = [
        AssignmentFault(
            ("blocks",),
            f"'{unit}' is in {listed.count(unit)} blocks",
            ", ".join(name for name, units in said.blocks.items() if unit in map(str, units)),
            "one block",
            "keep it in the block in which its lot was drawn",
        )
        for unit in dict.fromkeys(listed)
        if listed.count(unit) > 1
    ]
    if said.mechanism != "matched_pairs":
        return faults
    return faults + _pair_faults(said)


def _pair_faults(said: Assignment) -> list[AssignmentFault]:
    faults = []
    for block, units in said.blocks.items():
        treated = [unit for unit in map(str, units) if unit in said.first_treated]
        if len(units) != PAIR or (said.treated and len(treated) != 1):
            faults.append(
                AssignmentFault(
                    ("blocks", block),
                    f"'{block}' is no pair of a treated and a comparison unit",
                    f"{len(units)} units, {len(treated)} of them treated",
                    "two units, one of them treated",
                    "correct the pair, or say 'mechanism: blocked'",
                )
            )
    return faults
