"""Draw levels by wave beside the changes since the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resilience.reporting.drawing.figure import (
    MARKS,
    grid,
    heading,
    new_figure,
    row_names,
    whiskers,
)
from resilience.reporting.palette import INK, is_strong, place_colours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resilience.reporting.charts import ChangeChart, ChangePanel
    from resilience.reporting.localising import Localiser

__all__ = ["draw_change"]


def draw_change(chart: ChangeChart, localiser: Localiser) -> Figure:
    """Return the figure: a row a measure, levels on one side and changes on the other."""
    count = len(chart.panels)
    figure = new_figure(0.5 + count * (0.62 + 0.17 * max(3, len(chart.places))))
    rtl = localiser.right_to_left
    widths = (1, 1.25) if rtl else (1.25, 1)
    axes = figure.subplots(count, 2, squeeze=False, width_ratios=widths)
    if rtl:
        axes = axes[:, ::-1]
    colours = place_colours(chart.emphasised)
    for row, panel in enumerate(chart.panels):
        levels, changes = axes[row]
        _draw_levels(levels, chart, panel, colours, localiser)
        _draw_changes(changes, chart, panel, colours, localiser)
        side = "right" if rtl else "left"
        levels.set_title(
            localiser.say(panel.title),
            loc=side,
            pad=4 if row else 16,
            fontweight="bold",
            fontsize=8.5,
        )
    for axis, words in zip(axes[0], (chart.level_title, chart.change_title), strict=True):
        heading(axis, localiser.say(words), rtl=rtl)
    return figure


def _draw_levels(
    axis: Axes,
    chart: ChangeChart,
    panel: ChangePanel,
    colours: Sequence[str],
    localiser: Localiser,
) -> None:
    places = len(chart.places)
    offsets = (np.arange(places) - (places - 1) / 2) * min(0.12, 0.5 / max(1, places))
    for place, points in enumerate(panel.levels):
        at = [wave + offsets[place] for wave, point in enumerate(points) if point]
        shown = [point for point in points if point]
        axis.plot(at, [p.value for p in shown], color=colours[place], linewidth=0.8, alpha=0.6)
        whiskers(axis, at, shown, colours[place], MARKS[place % len(MARKS)], upright=True)
    axis.set_xticks(range(len(chart.waves)), [localiser.say(wave) for wave in chart.waves])
    axis.set_xlim(-0.45, len(chart.waves) - 0.55)
    grid(axis, "y")
    axis.yaxis.set_major_formatter(lambda at, _: localiser.tick(at, panel.level_style))


def _draw_changes(
    axis: Axes,
    chart: ChangeChart,
    panel: ChangePanel,
    colours: Sequence[str],
    localiser: Localiser,
) -> None:
    axis.axvline(0, color=INK, linewidth=0.8)
    for place, point in enumerate(panel.changes):
        if point:
            mark = MARKS[place % len(MARKS)]
            whiskers(axis, [place], [point], colours[place], mark, upright=False)
    names = [localiser.say(place) for place in chart.places]
    row_names(axis, names if len(names) > 1 else [""], localiser)
    axis.set_ylim(len(chart.places) - 0.4, -0.6)
    for label, colour in zip(axis.get_yticklabels(), colours, strict=True):
        label.set_color(colour if is_strong(colour) else INK)
    most = chart.reach(panel.change_style) * 1.1
    axis.set_xlim(-most, most)
    grid(axis, "x")
    axis.xaxis.set_major_formatter(lambda at, _: localiser.tick(at, panel.change_style))
