"""Draw the answers to items as bars around the middle of their scale."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from resilience.reporting.drawing.figure import (
    KEY_LINE,
    KEY_WIDTH,
    colour_key,
    key_shape,
    new_figure,
    row_names,
)
from resilience.reporting.palette import INK, SOFT, is_dark, scale_colours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resilience.reporting.charts import AnswerBar, AnswerChart
    from resilience.reporting.localising import Localiser

__all__ = ["draw_answers"]

_LEAST_LABELLED = 0.06


def draw_answers(chart: AnswerChart, localiser: Localiser) -> Figure:
    """Return the figure: an item a bar, an answer a colour, the counts beside."""
    rows = len(chart.bars)
    key = [textwrap.fill(localiser.say(answer), KEY_WIDTH) for answer in chart.answers]
    columns, lines = key_shape(key)
    figure = new_figure(0.9 + 0.36 * rows + KEY_LINE * lines)
    axis = figure.subplots()
    colours = scale_colours(len(chart.answers))
    ends = [_draw_bar(axis, row, bar, colours) for row, bar in enumerate(chart.bars)]
    reach = max(ends, default=0.0) * 1.02 or 1.0
    axis.axvline(0, color=INK, linewidth=0.8, zorder=0)
    row_names(axis, [localiser.say(bar.title) for bar in chart.bars], localiser)
    axis.set_ylim(rows - 0.5, -0.5)
    axis.set_xlim(-reach, reach)
    axis.xaxis.set_major_formatter(lambda at, _: localiser.tick(round(abs(at) * 100), "percent"))
    _counts_beside(axis, chart, localiser)
    colour_key(figure, key, columns, colours, localiser)
    return figure


def _draw_bar(axis: Axes, row: int, bar: AnswerBar, colours: Sequence[str]) -> float:
    """Draw one item's answers around the middle; return how far they reach to either side."""
    if bar.shares is None:
        return 0.0
    start = -bar.below_middle
    reach = max(-start, start + sum(bar.shares))
    for share, colour in zip(bar.shares, colours, strict=True):
        axis.barh(row, share, left=start, height=0.68, color=colour, edgecolor="white")
        if share >= _LEAST_LABELLED:
            ink = "white" if is_dark(colour) else INK
            label = axis.text(start + share / 2, row, f"{share * 100:.0f}", color=ink)
            label.set(ha="center", va="center", fontsize=7.5)
        start += share
    return reach


def _counts_beside(axis: Axes, chart: AnswerChart, localiser: Localiser) -> None:
    """Write the number of respondents on the far side of each bar."""
    rtl = localiser.right_to_left
    beside = axis.secondary_yaxis("left" if rtl else "right")
    beside.set_yticks(range(len(chart.bars)), [localiser.say(bar.n) for bar in chart.bars])
    beside.spines["left" if rtl else "right"].set_visible(False)
    beside.tick_params(length=0, colors=SOFT, labelsize=7.5)
    title = axis.text(0 if rtl else 1, 1, localiser.say(chart.count_title) + " ")
    title.set(transform=axis.transAxes, ha="right" if rtl else "left", fontsize=7.5, color=SOFT)
