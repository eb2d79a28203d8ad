"""What may be shown of respondents: the rules for tables and for public files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from resilience.definitions.models import Definition, Identifier

__all__ = ["Policy", "PublicFile", "ReportPolicy", "Rounding"]

Base = Annotated[int, Field(ge=1, le=100)]
Step = Annotated[int, Field(ge=0, le=20)] | Literal["left_out"]


class Rounding(Definition):
    """To what published numbers are rounded.

    Attributes
    ----------
    n : int
        Numbers of respondents are multiples of it.
    percent : int
        Shares and the limits of their intervals are multiples of it, in percent.
    """

    n: Base = 1
    percent: Base | None = None


class Policy(Definition):
    """The study's rules for small numbers.

    Attributes
    ----------
    minimum_n : int
        Results from fewer respondents are not shown.
    low_precision_n : int
        Results from fewer respondents are marked as imprecise.
    suppress : {'secondary', 'primary'}
        Whether other results too are withheld from which those of fewer respondents could be
        worked out (`secondary`), or only they are.
    rounding : Rounding
        To what published numbers are rounded.
    out_of_range : {'refuse', 'missing'}
        Whether a code outside its scale stops the loading or becomes missing, with its reason.
    """

    minimum_n: Annotated[int, Field(ge=3)] = 10
    low_precision_n: Annotated[int, Field(ge=3)] = 30
    suppress: Literal["secondary", "primary"] = "secondary"
    rounding: Rounding = Rounding()
    out_of_range: Literal["refuse", "missing"] = "refuse"


class ReportPolicy(Definition):
    """Rules of one report, as strict as its study's or stricter."""

    minimum_n: Annotated[int, Field(ge=3)] | None = None
    low_precision_n: Annotated[int, Field(ge=3)] | None = None
    suppress: Literal["secondary"] | None = None
    rounding: Rounding | None = None


class PublicFile(Definition):
    """What a file for everybody holds, and how it may be made coarser.

    Attributes
    ----------
    quasi_identifiers : tuple of str
        `site` and variables by which somebody who knows a person could find her row. The wave
        is always one more.
    sensitive : tuple of str
        Variables and items that must differ among those who look alike.
    variables : tuple of str
        Further variables that the file holds.
    items : tuple of str or None
        The items that it holds; all by default.
    bands : mapping of number to lists of numbers
        From fine to coarse: where each band begins. Lower and higher values are in the first
        and the last band, which are open.
    merges : mapping of `site` or variable to list of mappings
        From fine to coarse: which values become one.
    recode : mapping of quasi-identifier to step
        How coarse each is written: 0 as it was asked, 1 by the first of its bands or merges
        and so on, or `left_out`.
    population : int or None
        How many people a wave stands for, where weights do not add up to it.
    k : int
        The fewest respondents who must look alike.
    risk : float
        The mean chance of being recognised must be smaller.
    diversity : int
        How many answers to each sensitive question must occur among those who look alike.
    """

    quasi_identifiers: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    sensitive: tuple[Identifier, ...] = ()
    variables: tuple[Identifier, ...] = ()
    items: tuple[Identifier, ...] | None = None
    bands: dict[Identifier, Annotated[tuple[tuple[float, ...], ...], Field(min_length=1)]] = {}
    merges: dict[
        Identifier,
        Annotated[tuple[dict[Identifier, tuple[Identifier, ...]], ...], Field(min_length=1)],
    ] = {}
    recode: dict[Identifier, Step] = {}
    population: Annotated[int, Field(ge=1)] | None = None
    k: Annotated[int, Field(ge=5)] = 5
    risk: Annotated[float, Field(gt=0, le=0.03)] = 0.03
    diversity: Annotated[int, Field(ge=1)] = 2

    def steps(self, name: str) -> int:
        """Return how many times a variable may be made coarser before it is left out."""
        return len(self.bands.get(name, ())) + len(self.merges.get(name, ()))
