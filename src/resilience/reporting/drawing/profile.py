"""Draw measures side by side, a panel for each place."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from resilience.reporting.drawing.figure import (
    KEY_LINE,
    grid,
    new_figure,
    row_names,
    steps_of,
    whiskers,
)
from resilience.reporting.palette import PALE, SOFT, place_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from resilience.reporting.charts import ProfileChart
    from resilience.reporting.localising import Localiser

__all__ = ["draw_profile"]

_TITLE_LINE, _LEAST_TITLE = 60, 10  # characters of bold titles beside each other, and of one


def draw_profile(chart: ProfileChart, localiser: Localiser) -> Figure:
    """Return the figure: a panel a place, the other places in grey."""
    rows = len(chart.measures)
    width = max(_LEAST_TITLE, _TITLE_LINE // len(chart.panels))
    titles = [textwrap.fill(localiser.say(panel.title), width) for panel in chart.panels]
    lines = max(title.count("\n") for title in titles)
    figure = new_figure(0.9 + 0.27 * rows + KEY_LINE * lines)
    axes = figure.subplots(1, len(chart.panels), sharey=True, squeeze=False)[0]
    if localiser.right_to_left:
        axes = axes[::-1]
    row_names(axes[0], [localiser.say(name) for name in chart.measures], localiser)
    for axis, panel, title in zip(axes, chart.panels, titles, strict=True):
        for other in chart.panels:
            at = [row for row, point in enumerate(other.points) if point]
            values = [point.value for point in other.points if point]
            axis.plot(values, at, "o", color=PALE, markersize=2.6, zorder=1)
        at = [row for row, point in enumerate(panel.points) if point]
        shown = [point for point in panel.points if point]
        whiskers(axis, at, shown, place_colours([True])[0], "o", upright=False)
        axis.set_title(title, fontweight="bold", fontsize=8.5)
        axis.set_xlim(chart.span)
        steps_of(axis, 20)
        grid(axis, "both")
        axis.spines["left"].set_visible(False)
        first = axis is axes[0]
        axis.tick_params(
            labelleft=first and not localiser.right_to_left,
            labelright=first and localiser.right_to_left,
        )
    axes[0].set_ylim(rows - 0.5, -0.5)
    figure.supxlabel(localiser.say(chart.axis_title), fontsize=7.5, color=SOFT)
    return figure
