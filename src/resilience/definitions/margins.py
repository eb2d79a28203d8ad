"""What is known of a population from another source, to which weights are made to fit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from resilience.definitions.models import Definition
from resilience.definitions.texts import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Cells", "Margin", "MarginFault", "cells_of", "margin_faults"]

Cells = dict[str | int, float | dict[str | int, float]]
"""Numbers by category; for two variables by the category of the first, then of the second."""

_ROUNDING = 1e-6


class Margin(Definition):
    """How a population is made up, by a source that can be named.

    One margin is one variable (or two, crossed) in one wave and place. Without a wave it holds
    for each wave by itself, because each wave is its own sample of the population.

    Parameters
    ----------
    variable : str or (str, str)
        The column, or the two that are crossed.
    wave, site : str, optional
        For which wave, and for which value of the column `site`. Without a site it holds for
        all sites together.
    counts : mapping, optional
        The population by category.
    shares : mapping, optional
        The shares of the population by category, which add up to 1.
    total : float, optional
        With `shares` the size of the population; without it, weights keep their sum. Alone it
        is the population's total of a number, to calibrate on.
    source : text
        Where the figures come from; reports print it.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.Margin(variable="sex", shares={"f": 0.52, "m": 0.48}, source="Census 2022, table 3")
    <Margin sex: 2 categories>
    """

    variable: str | tuple[str, str]
    wave: str | None = None
    site: str | None = None
    counts: Cells | None = None
    shares: Cells | None = None
    total: float | None = None
    source: Text

    @property
    def variables(self) -> tuple[str, ...]:
        """The columns: one, or the two that are crossed."""
        return (self.variable,) if isinstance(self.variable, str) else self.variable

    @property
    def name(self) -> str:
        """The variable with its wave and site, for messages."""
        places = [place for place in (self.wave, self.site) if place is not None]
        named = " by ".join(self.variables)
        return f"{named} in {', '.join(places)}" if places else named

    def __repr__(self) -> str:
        """Return one line."""
        cells = cells_of(self)
        what = f"{len(cells)} categories" if cells else "a total"
        return f"<Margin {self.name}: {what}>"

    __str__ = __repr__


class MarginFault(NamedTuple):
    """What is wrong with a margin by itself, and under which key."""

    key: str
    what: str
    found: str
    expected: str
    remedy: str


def cells_of(margin: Margin) -> Mapping[tuple[str, ...], float]:
    """Return counts or shares by category, or by pair of categories; empty for a total."""
    said = margin.counts if margin.counts is not None else margin.shares or {}
    flat: dict[tuple[str, ...], float] = {}
    for category, value in said.items():
        if isinstance(value, dict):
            flat |= {(str(category), str(other)): part for other, part in value.items()}
        else:
            flat[(str(category),)] = value
    return flat


def margin_faults(margin: Margin) -> list[MarginFault]:
    """Return what is wrong with a margin whatever the sample."""
    given = [key for key in ("counts", "shares") if getattr(margin, key) is not None]
    if len(given) != 1 and not (not given and margin.total is not None):
        return [
            MarginFault(
                given[-1] if given else "variable",
                f"the margin of {margin.name} does not say its figures once",
                " and ".join(given) or "neither counts nor shares",
                "'counts' or 'shares' by category; or 'total' alone for the total of a number",
                "keep one of them",
            )
        ]
    if not given:
        return _total_faults(margin)
    return _cell_faults(margin, given[0])


def _total_faults(margin: Margin) -> list[MarginFault]:
    if margin.total is not None and math.isfinite(margin.total) and len(margin.variables) == 1:
        return []
    return [
        MarginFault(
            "total",
            f"the margin of {margin.name} is no total of one number",
            str(margin.total),
            "one variable and a finite total",
            "give counts or shares for crossed variables",
        )
    ]


def _cell_faults(margin: Margin, key: str) -> list[MarginFault]:
    cells, faults = cells_of(margin), []

    def note(what: str, found: str, expected: str, remedy: str, at: str = key) -> None:
        faults.append(
            MarginFault(at, f"the margin of {margin.name} {what}", found, expected, remedy)
        )

    depth = len(margin.variables)
    if any(len(cell) != depth for cell in cells):
        expected = "a number for each category" if depth == 1 else "numbers by both variables"
        note("does not fit its variables", "other levels of keys", expected, "correct the keys")
    wrong = [cell for cell, value in cells.items() if not (math.isfinite(value) and value >= 0)]
    if wrong:
        found = ", ".join(" × ".join(cell) for cell in wrong)
        note("has figures that are no numbers of people", found, "0 or more", "correct them")
    elif not sum(cells.values()) > 0:
        note("is empty", "figures that add up to 0", "more than 0", "fill them in")
    elif key == "shares" and abs(sum(cells.values()) - 1) > _ROUNDING:
        note(
            "has shares that do not add up to 1",
            f"{sum(cells.values()):.6g}",
            "1 (0.52 for 52 %)",
            "correct them, or give counts",
        )
    if key == "counts" and margin.total is not None:
        remedy = "remove 'total': it is the sum of the counts"
        note("gives counts and a total", "both", "one of them", remedy, "total")
    if margin.total is not None and not (math.isfinite(margin.total) and margin.total > 0):
        note("has no population", f"{margin.total:g}", "more than 0", "correct it", "total")
    return faults
