"""Draw the change of each place, those with the programme apart from those without."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from resilience.reporting.drawing.figure import (
    grid,
    key_mark,
    line_key,
    new_figure,
    row_names,
    whiskers,
)
from resilience.reporting.palette import INK, place_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from resilience.reporting.charts_impact import PlaceChart
    from resilience.reporting.localising import Localiser

__all__ = ["draw_places"]

_GAP = 0.6  # rows between the two kinds of places
_TITLE = 62  # characters of titles beside each other


def draw_places(chart: PlaceChart, localiser: Localiser) -> Figure:
    """Return the figure: a panel an outcome, a row a place."""
    rows = [at + (0 if treated else _GAP) for at, treated in enumerate(chart.treated)]
    figure = new_figure(0.95 + 0.24 * (rows[-1] + 1))
    axes = figure.subplots(1, len(chart.panels), sharey=True, squeeze=False)[0]
    if localiser.right_to_left:
        axes = axes[::-1]
    treated, compared = place_colours([True, False])
    row_names(axes[0], [localiser.say(name) for name in chart.places], localiser, at=rows)
    for axis, panel in zip(axes, chart.panels, strict=True):
        axis.axvline(0, color=INK, linewidth=0.8)
        for at, point, is_treated in zip(rows, panel.points, chart.treated, strict=True):
            if point:
                colour, mark = (treated, "o") if is_treated else (compared, "s")
                whiskers(axis, [at], [point], colour, mark, upright=False)
        title = textwrap.fill(localiser.say(panel.title), _TITLE // len(chart.panels))
        axis.set_title(title, fontweight="bold", fontsize=8.5)
        axis.set_xlim(-1.1 * panel.reach, 1.1 * panel.reach)
        axis.spines["left"].set_visible(False)
        grid(axis, "x")
        axis.locator_params(axis="x", nbins=5)
        axis.xaxis.set_major_formatter(lambda at, _, style=panel.style: localiser.tick(at, style))
        first = axis is axes[0]
        axis.tick_params(
            labelleft=first and not localiser.right_to_left,
            labelright=first and localiser.right_to_left,
        )
    axes[0].set_ylim(rows[-1] + 0.6, -0.6)
    names = [localiser.say(name) for name in chart.names]
    line_key(figure, [key_mark(treated, "o", ""), key_mark(compared, "s", "")], names, localiser)
    return figure
