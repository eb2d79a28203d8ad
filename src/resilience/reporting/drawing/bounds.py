"""Draw estimates beside the bounds of what they stand for."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from resilience.reporting.drawing.figure import grid, line_key, new_figure, row_names, row_places
from resilience.reporting.palette import INK, place_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resilience.reporting.charts_credibility import BoundChart, BoundPanel
    from resilience.reporting.localising import Localiser

__all__ = ["draw_bounds"]

_BAR = "#9ecae1"  # light enough for the point on it
_NAME = 42  # characters of a row's name on one line


def draw_bounds(chart: BoundChart, localiser: Localiser) -> Figure:
    """Return the figure: a panel a unit, a row an outcome."""
    names = [
        [textwrap.fill(localiser.say(row.title), _NAME) for row in panel.rows]
        for panel in chart.panels
    ]
    heights = [row_places(part, localiser)[1] for part in names]
    figure = new_figure(0.45 + sum(heights) + 0.45 * len(chart.panels))
    axes = figure.subplots(len(chart.panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, panel, told in zip(axes, chart.panels, names, strict=True):
        _draw_panel(axis, panel, told, localiser)
    marks, _ = axes[0].get_legend_handles_labels()
    line_key(figure, marks, [localiser.say(word) for word in chart.words], localiser)
    return figure


def _draw_panel(axis: Axes, panel: BoundPanel, names: list[str], localiser: Localiser) -> None:
    axis.axvline(0, color=INK, linewidth=0.8)
    strong = place_colours([True])[0]
    places, height = row_places(names, localiser)
    for at, row in zip(places, panel.rows, strict=True):
        (mark,) = axis.plot(
            row.estimate, at, "D", color=INK, markersize=4, markeredgecolor="white", zorder=4
        )
        (bar,) = axis.plot(
            row.bounds, (at, at), color=_BAR, linewidth=7, solid_capstyle="butt", zorder=3
        )
        (line,) = axis.plot(
            row.region, (at, at), color=strong, linewidth=1.2, solid_capstyle="butt", zorder=2
        )
        for part, name in zip((mark, bar, line), ("estimate", "bounds", "region"), strict=True):
            part.set_label(name if at == places[0] else f"_{name}")
    row_names(axis, names, localiser, at=places)
    axis.set_ylim(height, 0)
    low, high = panel.span
    room = 0.05 * ((high - low) or 1.0)
    axis.set_xlim(low - room if low < 0 else 0.0, high + room)
    grid(axis, "x")
    axis.xaxis.set_major_formatter(lambda at, _: localiser.tick(at, panel.style))
    axis.set_xlabel(localiser.say(panel.title), fontsize=7.5)
