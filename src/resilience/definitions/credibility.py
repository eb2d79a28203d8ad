"""Blocks of reports on how far results can be trusted, and on what people may not admit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from resilience.definitions.models import Definition, Identifier
from resilience.definitions.study import Where
from resilience.definitions.texts import Text

__all__ = [
    "AttritionBlock",
    "BalanceBlock",
    "DirectQuestion",
    "PowerBlock",
    "SensitiveBlock",
]

Names = Annotated[tuple[Identifier, ...], Field(min_length=1)]
Count = Annotated[int, Field(ge=2, le=100_000)]


class BalanceBlock(Definition):
    """How programme and comparison differed before the programme began.

    Attributes
    ----------
    variables : tuple of str
        Indices, indicators and variables; a variable with values has a row for each.
    wave : str or None
        By default the report's baseline.
    """

    block: Literal["balance"]
    variables: Names
    wave: Identifier | None = None
    where: Where = {}
    title: Text | None = None


class AttritionBlock(Definition):
    """Who of a panel was not found again, and what that leaves to say of the programme.

    Attributes
    ----------
    variables : tuple of str
        What those found and those lost had said at the start; by default the planned outcomes.
    outcomes : tuple of str
        The indices and indicators whose effect is bounded; by default those of the analysis
        plan, or else `variables`.
    wave : str or None
        The later wave; by default the last.
    where : mapping
        Who was to be found again, by columns at the start.
    """

    block: Literal["attrition"]
    variables: tuple[Identifier, ...] = ()
    outcomes: tuple[Identifier, ...] = ()
    wave: Identifier | None = None
    where: Where = {}
    title: Text | None = None


class PowerBlock(Definition):
    """Which effects a survey like the one fielded finds, and what would find smaller ones.

    Attributes
    ----------
    measures : tuple of str
        Indices or indicators.
    method : {'did', 'endline', 'ancova'}
        How the effect is estimated.
    power : float
        The chance to find the effect.
    respondents : tuple of int
        Numbers in each place and wave to try.
    places : tuple of int
        Numbers of places in each arm to try.
    """

    block: Literal["power"]
    measures: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=4)]
    method: Literal["did", "endline", "ancova"] = "did"
    power: Annotated[float, Field(ge=0.5, le=0.99)] = 0.8
    respondents: Annotated[tuple[Count, ...], Field(min_length=2)] = (50, 100, 200, 400, 800, 1600)
    places: Annotated[tuple[Count, ...], Field(min_length=2)] = (2, 3, 4, 6, 8, 12, 16)
    title: Text | None = None


class DirectQuestion(Definition):
    """A question asked directly that some refuse to answer.

    Attributes
    ----------
    item : str
    answers : tuple of int
        The answers whose share is told.
    same_statement : bool
        Whether it asks for the sensitive statement of the list.
    """

    item: Identifier
    answers: Annotated[tuple[int, ...], Field(min_length=1)]
    title: Text
    same_statement: bool = False


class SensitiveBlock(Definition):
    """What people may not admit: a list experiment's share, direct questions with refusals.

    Attributes
    ----------
    experiment : str or None
        A list experiment of the study's instruments.
    direct : tuple of DirectQuestion
    wave : str
    """

    block: Literal["sensitive"]
    experiment: Identifier | None = None
    direct: tuple[DirectQuestion, ...] = ()
    wave: Identifier
    where: Where = {}
    title: Text | None = None
