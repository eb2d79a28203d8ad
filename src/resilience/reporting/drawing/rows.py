"""Draw points with intervals, one a row."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from resilience.reporting.drawing.figure import grid, new_figure, row_names, row_places, whiskers
from resilience.reporting.palette import INK, PALE, SOFT, place_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from resilience.reporting.charts_credibility import RowChart
    from resilience.reporting.localising import Localiser

__all__ = ["draw_rows"]

_NAME = 46  # characters of a row's name on one line


def draw_rows(chart: RowChart, localiser: Localiser) -> Figure:
    """Return the figure: the zero line, guides on both sides, a point a row."""
    names = [textwrap.fill(localiser.say(row.title), _NAME) for row in chart.rows]
    places, height = row_places(names, localiser)
    figure = new_figure(0.6 + height)
    axis = figure.subplots()
    axis.axvline(0, color=INK, linewidth=0.8)
    for guide in chart.guides:
        for side in (-guide, guide):
            axis.axvline(side, color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    strong, weak = place_colours([True, False])
    for at, row in zip(places, chart.rows, strict=True):
        if row.point:
            colour, mark = (strong, "o") if row.emphasised else (weak, "s")
            whiskers(axis, [at], [row.point], colour, mark, upright=False)
        else:
            axis.plot(0, at, marker="", color=PALE)
    row_names(axis, names, localiser, at=places)
    axis.set_ylim(height, 0)
    reach = chart.reach * 1.1
    axis.set_xlim(-reach if chart.guides else 0.0, reach)
    grid(axis, "x")
    axis.xaxis.set_major_formatter(lambda at, _: localiser.tick(at, chart.style))
    axis.set_xlabel(localiser.say(chart.axis_title), fontsize=7.5, color=SOFT)
    return figure
