"""Draw the levels of both arms by wave, and the line that the comparison rests on."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from resilience.reporting.drawing.figure import grid, key_mark, line_key, new_figure, whiskers
from resilience.reporting.palette import SOFT, place_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resilience.reporting.charts_impact import ArmsChart, ArmsPanel
    from resilience.reporting.localising import Localiser

__all__ = ["draw_arms"]

_COLUMNS = 2
_TITLE = 42  # characters of a panel's title
_KEY = 46  # characters of a line of the key
_APART = 0.05  # of the way between waves


def draw_arms(chart: ArmsChart, localiser: Localiser) -> Figure:
    """Return the figure: two panels a row, in the order of reading."""
    rows = -(-len(chart.panels) // _COLUMNS)
    figure = new_figure(0.5 + 2.3 * rows)
    axes = figure.subplots(rows, _COLUMNS, squeeze=False)
    if localiser.right_to_left:
        axes = axes[:, ::-1]
    treated, compared = place_colours([True, False])
    places = [axes[at // _COLUMNS, at % _COLUMNS] for at in range(rows * _COLUMNS)]
    for axis, panel in zip(places, chart.panels, strict=False):
        _draw_panel(axis, chart, panel, (treated, compared), localiser)
    for axis in places[len(chart.panels) :]:
        axis.set_visible(False)
    marks = [
        key_mark(treated, "o", "-"),
        key_mark(compared, "s", "-"),
        key_mark(treated, "", "--"),
    ]
    words = [localiser.say(part) for part in (chart.treated, chart.compared, chart.parallel)]
    line_key(figure, marks, [textwrap.fill(word, _KEY) for word in words], localiser)
    return figure


def _draw_panel(
    axis: Axes,
    chart: ArmsChart,
    panel: ArmsPanel,
    colours: tuple[str, str],
    localiser: Localiser,
) -> None:
    assumed = [(at, value) for at, value in enumerate(panel.parallel) if value is not None]
    axis.plot([at - _APART for at, _ in assumed], [y for _, y in assumed], "--", color=colours[0])
    for points, colour, mark, shift in (
        (panel.compared, colours[1], "s", _APART),
        (panel.treated, colours[0], "o", -_APART),
    ):
        at = [wave + shift for wave, point in enumerate(points) if point]
        shown = [point for point in points if point]
        axis.plot(at, [point.value for point in shown], color=colour, linewidth=1.0)
        whiskers(axis, at, shown, colour, mark, upright=True)
    title = textwrap.fill(localiser.say(panel.title), _TITLE)
    axis.set_title(title, fontweight="bold", fontsize=8.5)
    axis.set_xticks(range(len(chart.waves)), [localiser.say(wave) for wave in chart.waves])
    axis.set_xlim(-0.35, len(chart.waves) - 0.65)
    axis.tick_params(axis="y", colors=SOFT)
    grid(axis, "y")
    axis.yaxis.set_major_formatter(lambda at, _: localiser.tick(at, panel.style))
