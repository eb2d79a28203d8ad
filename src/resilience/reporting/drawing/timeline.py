"""Draw activities and events as bars in time, against the waves' fieldwork."""

from __future__ import annotations

import datetime as dt
import textwrap
from typing import TYPE_CHECKING

from resilience.reporting.drawing.figure import colour_key, new_figure, row_names, row_places
from resilience.reporting.palette import GRID, INK, PALE, SOFT, place_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from resilience.reporting.charts_impact import Span, TimelineChart
    from resilience.reporting.localising import Localiser

__all__ = ["draw_timeline"]

_NAME = 30  # characters of a row's name
_BAR = 0.13  # inches: the height of a bar
_SHORT = 12  # days that can be seen as a bar


def draw_timeline(chart: TimelineChart, localiser: Localiser) -> Figure:
    """Return the figure: waves as bands, a row an activity or event; time runs to the right."""
    spans = [*chart.activities, *chart.events]
    names = [textwrap.fill(localiser.say(span.title), _NAME) for span in spans]
    places, height = row_places(names, localiser)
    figure = new_figure(1.05 + height)
    axis = figure.subplots()
    first, last = _ends(chart)
    done, happened = place_colours([True, True])
    for wave in chart.waves:
        _draw_wave(axis, wave, localiser)
    for number, (at, span) in enumerate(zip(places, spans, strict=True)):
        colour = done if number < len(chart.activities) else happened
        _draw_span(axis, at, span, colour, last)
    row_names(axis, names, localiser, at=places)
    axis.set_ylim(height, 0)
    room = 0.03 * (last - first)
    axis.set_xlim(first - room, last + room)
    years = range(dt.date.fromordinal(first).year + 1, dt.date.fromordinal(last).year + 1)
    axis.set_xticks([dt.date(year, 1, 1).toordinal() for year in years], [str(y) for y in years])
    axis.grid(axis="x", color=GRID, linewidth=0.5)
    axis.set_axisbelow(True)
    words = [localiser.say(name) for name in chart.names]
    colour_key(figure, words, len(words), [PALE, done, happened], localiser)
    return figure


def _ends(chart: TimelineChart) -> tuple[int, int]:
    spans = [*chart.waves, *chart.activities, *chart.events]
    dates = [date for span in spans for date in (span.start, span.end) if date]
    return min(dates).toordinal(), max(dates).toordinal()


def _draw_wave(axis: Axes, wave: Span, localiser: Localiser) -> None:
    start, end = wave.start.toordinal(), (wave.end or wave.start).toordinal()
    axis.axvspan(start, max(end, start + _SHORT), color=PALE, zorder=0, linewidth=0)
    name = axis.annotate(localiser.say(wave.title), ((start + end) / 2, 1.0))
    name.xycoords = ("data", "axes fraction")
    name.anncoords = "offset points"
    name.xyann = (0, 3)
    name.set(ha="center", fontsize=7.5, color=SOFT)


def _draw_span(axis: Axes, at: float, span: Span, colour: str, last: int) -> None:
    start = span.start.toordinal()
    end = last if span.ongoing else (span.end or span.start).toordinal()
    if end - start < _SHORT:
        axis.plot((start + end) / 2, at, "D", color=colour, markersize=5, zorder=3)
        return
    axis.barh(at, end - start, left=start, height=_BAR, color=colour, zorder=2)
    if span.ongoing:
        axis.plot(end, at, ">", color=colour, markersize=6, zorder=3, markeredgecolor=INK)
