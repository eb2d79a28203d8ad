"""Draw which effects surveys of several sizes find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.reporting.drawing.figure import grid, line_key, new_figure
from resilience.reporting.palette import INK, SOFT, place_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resilience.reporting.charts_credibility import Curve, PowerChart
    from resilience.reporting.localising import Localiser

__all__ = ["draw_power"]


def draw_power(chart: PowerChart, localiser: Localiser) -> Figure:
    """Return the figure: what is varied from left to right in every language, as on any axis."""
    rows, rtl = len(chart.measures), localiser.right_to_left
    figure = new_figure(0.5 + 1.75 * rows)
    axes = figure.subplots(rows, len(chart.sides), squeeze=False)
    if rtl:
        axes = axes[:, ::-1]
    for row, measure in enumerate(chart.measures):
        for column, side in enumerate(chart.sides):
            axis = axes[row, column]
            _draw_curve(axis, side.curves[row], localiser)
            axis.set_ylim(0, chart.highest(row) * 1.08)
            if row == rows - 1:
                axis.set_xlabel(localiser.say(side.title), fontsize=7.5, color=SOFT)
        title = localiser.say(measure)
        axes[row, 0].set_title(
            title, loc="right" if rtl else "left", fontweight="bold", fontsize=8.5
        )
    marks, _ = axes[0, 0].get_legend_handles_labels()
    line_key(figure, marks, [localiser.say(word) for word in chart.words], localiser)
    return figure


def _draw_curve(axis: Axes, curve: Curve, localiser: Localiser) -> None:
    strong = place_colours([True])[0]
    axis.plot(curve.at, curve.found, "-o", color=strong, markersize=2.6, label="found")
    axis.plot(
        curve.at, curve.cautious, color=SOFT, linewidth=1.2, linestyle=(0, (4, 3)), label="cautious"
    )
    if curve.fielded:
        at, found, cautious = curve.fielded
        axis.plot([at, at], [found, cautious], "D", color=INK, markersize=4.2, label="fielded")
    axis.set_xscale("log")
    axis.set_xticks(curve.at, [localiser.tick(at, "whole") for at in curve.at])
    axis.minorticks_off()
    grid(axis, "y")
    axis.yaxis.set_major_formatter(lambda at, _: localiser.tick(at, "points"))
