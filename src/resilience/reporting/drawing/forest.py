"""Draw effects on several outcomes below each other, with the margins of the plan."""

from __future__ import annotations

import textwrap
from math import isfinite
from typing import TYPE_CHECKING

from resilience.reporting.drawing.figure import (
    band,
    colour_key,
    grid,
    new_figure,
    row_names,
    row_places,
    whiskers,
)
from resilience.reporting.palette import GRID, INK, SOFT, place_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resilience.reporting.charts_impact import ForestChart
    from resilience.reporting.localising import Localiser

__all__ = ["draw_forest"]

_NAME = 34  # characters of a line of a row's name
_BAND = 0.17  # inches: the height of a margin


def draw_forest(chart: ForestChart, localiser: Localiser) -> Figure:
    """Return the figure: an outcome a row, group by group."""
    names = [textwrap.fill(localiser.say(row.title), _NAME) for row in chart.rows]
    places, height = row_places(names, localiser)
    figure = new_figure(0.85 + height)
    axis = figure.subplots()
    row_names(axis, names, localiser, at=places)
    for label, row in zip(axis.get_yticklabels(), chart.rows, strict=True):
        label.set_fontweight("bold" if row.group else "normal")
    colour = place_colours([True])[0]
    reach = chart.reach
    for at, row in zip(places, chart.rows, strict=True):
        if row.margin is not None and isfinite(row.margin):
            band(axis, at, row.margin, _BAND, GRID)
        if row.point:
            whiskers(axis, [at], [row.point], colour, "o", upright=False)
            _beyond(axis, at, row.point.low, row.point.high, reach, colour)
    axis.axvline(0, color=INK, linewidth=0.8)
    axis.set_xlim(-reach, reach)
    axis.set_ylim(height, 0)
    grid(axis, "x")
    axis.xaxis.set_major_formatter(lambda at, _: localiser.tick(round(at, 6), "points_change"))
    axis.set_xlabel(localiser.say(chart.axis_title), fontsize=7.5, color=SOFT)
    if any(row.margin is not None for row in chart.rows):
        colour_key(figure, [localiser.say(chart.margin)], 1, [GRID], localiser)
    return figure


def _beyond(axis: Axes, at: float, low: float, high: float, reach: float, colour: str) -> None:
    """Draw an arrowhead where an interval goes on beyond the axis."""
    for end, side, mark in ((low, -reach, "<"), (high, reach, ">")):
        if abs(end) > reach and (end > 0) == (side > 0):
            axis.plot(side * 0.985, at, mark, color=colour, markersize=4, clip_on=False)
