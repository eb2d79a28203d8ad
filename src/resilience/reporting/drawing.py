"""Draw chart records as SVG. The only module that imports matplotlib.

Time and numbers run left to right in every language, as on the axes of the region's press.
Words, the order of panels and the side on which names stand follow the language. No text is
read as a formula.
"""

from __future__ import annotations

import dataclasses
import io
import textwrap
import warnings
from contextlib import contextmanager
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from resilience.reporting.charts import AnswerChart, ChangeChart, ProfileChart
from resilience.reporting.palette import (
    GRID,
    INK,
    PALE,
    SOFT,
    is_dark,
    is_strong,
    place_colours,
    scale_colours,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from resilience.reporting.charts import AnswerBar, ChangePanel, Chart, Point
    from resilience.reporting.localising import Localiser

__all__ = ["draw"]

_WIDTH = 6.7  # inches: the text width of an A4 page
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
_LEAST_LABELLED = 0.06
_KEY_WIDTH = 94  # characters that fit beside each other
_KEY_GAP = 4  # characters that a mark and the space around it take
_PLACES = 4  # of a share of the figure
_KEY_LINE = 0.16  # inches
_TITLE_LINE, _LEAST_TITLE = 60, 10  # characters of bold titles beside each other, and of one
_STAMP_HEIGHT = 0.17  # inches
_OURS = "resilience "


def draw(chart: Chart, localiser: Localiser, *, stamp: str = "") -> bytes:
    """Return a chart as SVG, the same bytes every time.

    Parameters
    ----------
    chart : Chart
    localiser : Localiser
        Says its words.
    stamp : str
        Words to stand in the chart itself, so that a copied picture still says it.
    """
    with _style(localiser.language):
        if isinstance(chart, ChangeChart):
            figure = _draw_change(chart, localiser)
        elif isinstance(chart, ProfileChart):
            figure = _draw_profile(chart, localiser)
        else:
            figure = _draw_answers(chart, localiser)
        if stamp:
            _stamp(figure, stamp)
        buffer = io.BytesIO()
        # A letter that no font has is drawn as a box; tables and descriptions have the letter.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            _settle(figure)
            figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


@cache
def _register_fonts() -> None:
    """Make the package's fonts known by names of their own, whatever the machine has."""
    folder = files("resilience.reporting") / "fonts"
    for name in sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".ttf")):
        with as_file(folder / name) as path:
            entry = font_manager.ttfFontProperty(font_manager.get_font(str(path)))
        own = dataclasses.replace(entry, name=_OURS + entry.name)
        font_manager.fontManager.ttflist.append(own)


@contextmanager
def _style(language: str) -> Iterator[None]:
    _register_fonts()
    families = [_OURS + "Noto Sans", _OURS + "Noto Naskh Arabic"]
    settings: Any = {
        "font.family": families[::-1] if language == "ar" else families,
        "font.size": 8.5 if language == "ar" else 8,
        "text.parse_math": False,
        "text.usetex": False,
        "svg.fonttype": "path",
        "svg.hashsalt": "resilience",
        "axes.edgecolor": SOFT,
        "axes.labelcolor": INK,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.major.width": 0.6,
        "ytick.major.size": 0,
        "figure.constrained_layout.use": True,
    }
    with mpl.rc_context(settings):
        yield


def _settle(figure: Figure) -> None:
    """Lay the chart out and round where its parts stand.

    The layout's solver leaves other last digits in every process, and the drawing would differ.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axis in figure.axes:
        left, bottom, width, height = (round(end, _PLACES) for end in axis.get_position().bounds)
        axis.set_position((left, bottom, width, height))


def _stamp(figure: Figure, words: str) -> None:
    """Write words into the chart's lower margin."""
    margin = _STAMP_HEIGHT / figure.get_figheight()
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, margin, 1, 1 - margin))  # type: ignore[call-arg]
    figure.text(0.995, 0.3 * margin, words, ha="right", va="bottom", fontsize=6.5, color=SOFT)


def _draw_change(chart: ChangeChart, localiser: Localiser) -> Figure:
    count = len(chart.panels)
    figure = Figure(figsize=(_WIDTH, 0.5 + count * (0.62 + 0.17 * max(3, len(chart.places)))))
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
        _heading(axis, localiser.say(words), rtl=rtl)
    return figure


def _heading(axis: Axes, words: str, *, rtl: bool) -> None:
    """Write what a column of panels shows above its first one."""
    note = axis.annotate(words, (1.0 if rtl else 0.0, 1.0), xycoords="axes fraction")
    note.set(ha="right" if rtl else "left", fontsize=7.5, color=SOFT)
    note.xyann = (0, 4)
    note.anncoords = "offset points"


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
        _whiskers(axis, at, shown, colours[place], _MARKS[place % len(_MARKS)], upright=True)
    axis.set_xticks(range(len(chart.waves)), [localiser.say(wave) for wave in chart.waves])
    axis.set_xlim(-0.45, len(chart.waves) - 0.55)
    axis.grid(axis="y", color=GRID, linewidth=0.5)
    axis.set_axisbelow(True)
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
            mark = _MARKS[place % len(_MARKS)]
            _whiskers(axis, [place], [point], colours[place], mark, upright=False)
    names = [localiser.say(place) for place in chart.places]
    _row_names(axis, names if len(names) > 1 else [""], localiser)
    axis.set_ylim(len(chart.places) - 0.4, -0.6)
    for label, colour in zip(axis.get_yticklabels(), colours, strict=True):
        label.set_color(colour if is_strong(colour) else INK)
    most = chart.reach(panel.change_style) * 1.1
    axis.set_xlim(-most, most)
    axis.grid(axis="x", color=GRID, linewidth=0.5)
    axis.set_axisbelow(True)
    axis.xaxis.set_major_formatter(lambda at, _: localiser.tick(at, panel.change_style))


def _row_names(axis: Axes, names: Sequence[str], localiser: Localiser) -> None:
    """Write the names of rows on the side where reading begins."""
    axis.set_yticks(range(len(names)), names)
    axis.spines["left"].set_visible(False)
    if localiser.right_to_left:
        axis.yaxis.tick_right()
        for label in axis.get_yticklabels():
            label.set_horizontalalignment("left")


def _draw_profile(chart: ProfileChart, localiser: Localiser) -> Figure:
    rows = len(chart.measures)
    width = max(_LEAST_TITLE, _TITLE_LINE // len(chart.panels))
    titles = [textwrap.fill(localiser.say(panel.title), width) for panel in chart.panels]
    lines = max(title.count("\n") for title in titles)
    figure = Figure(figsize=(_WIDTH, 0.9 + 0.27 * rows + _KEY_LINE * lines))
    axes = figure.subplots(1, len(chart.panels), sharey=True, squeeze=False)[0]
    if localiser.right_to_left:
        axes = axes[::-1]
    _row_names(axes[0], [localiser.say(name) for name in chart.measures], localiser)
    for axis, panel, title in zip(axes, chart.panels, titles, strict=True):
        for other in chart.panels:
            at = [row for row, point in enumerate(other.points) if point]
            values = [point.value for point in other.points if point]
            axis.plot(values, at, "o", color=PALE, markersize=2.6, zorder=1)
        at = [row for row, point in enumerate(panel.points) if point]
        shown = [point for point in panel.points if point]
        _whiskers(axis, at, shown, place_colours([True])[0], "o", upright=False)
        axis.set_title(title, fontweight="bold", fontsize=8.5)
        axis.set_xlim(chart.span)
        axis.xaxis.set_major_locator(MultipleLocator(20))
        axis.grid(color=GRID, linewidth=0.5)
        axis.set_axisbelow(True)
        axis.spines["left"].set_visible(False)
        first = axis is axes[0]
        axis.tick_params(
            labelleft=first and not localiser.right_to_left,
            labelright=first and localiser.right_to_left,
        )
    axes[0].set_ylim(rows - 0.5, -0.5)
    figure.supxlabel(localiser.say(chart.axis_title), fontsize=7.5, color=SOFT)
    return figure


def _draw_answers(chart: AnswerChart, localiser: Localiser) -> Figure:
    rows = len(chart.bars)
    key = [textwrap.fill(localiser.say(answer), _KEY_WIDTH) for answer in chart.answers]
    columns, lines = _key_shape(key)
    figure = Figure(figsize=(_WIDTH, 0.9 + 0.36 * rows + _KEY_LINE * lines))
    axis = figure.subplots()
    colours = scale_colours(len(chart.answers))
    ends = [_draw_bar(axis, row, bar, colours) for row, bar in enumerate(chart.bars)]
    reach = max(ends, default=0.0) * 1.02 or 1.0
    axis.axvline(0, color=INK, linewidth=0.8, zorder=0)
    _row_names(axis, [localiser.say(bar.title) for bar in chart.bars], localiser)
    axis.set_ylim(rows - 0.5, -0.5)
    axis.set_xlim(-reach, reach)
    axis.xaxis.set_major_formatter(lambda at, _: localiser.tick(round(abs(at) * 100), "percent"))
    _counts_beside(axis, chart, localiser)
    _answer_key(figure, key, columns, colours, localiser)
    return figure


def _key_shape(labels: Sequence[str]) -> tuple[int, int]:
    """Return how many columns and lines a key takes, its rows as even as can be."""
    widths = [max(map(len, label.split("\n"))) for label in labels]
    in_one_row = sum(widths) + _KEY_GAP * len(labels) <= _KEY_WIDTH
    fit = len(labels) if in_one_row else max(1, _KEY_WIDTH // (max(widths) + _KEY_GAP))
    rows = -(-len(labels) // fit)
    height = max(label.count("\n") + 1 for label in labels)
    return -(-len(labels) // rows), rows * height


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


def _answer_key(
    figure: Figure,
    labels: Sequence[str],
    columns: int,
    colours: Sequence[str],
    localiser: Localiser,
) -> None:
    # The library fills keys column by column; people read them row by row.
    order = [at for start in range(columns) for at in range(start, len(labels), columns)]
    figure.legend(
        [Patch(facecolor=colours[at]) for at in order],
        [labels[at] for at in order],
        loc="outside upper center",
        ncols=columns,
        frameon=False,
        fontsize=7.5,
        handlelength=1,
        handleheight=1,
        columnspacing=1.2,
        handletextpad=0.4,
        markerfirst=not localiser.right_to_left,
    )


def _whiskers(
    axis: Axes,
    at: Sequence[float],
    points: Sequence[Point],
    colour: str,
    mark: str,
    *,
    upright: bool,
) -> None:
    """Draw points with their intervals; hollow ones are not clear."""
    for place, point in zip(at, points, strict=True):
        ends, here = (point.low, point.high), (place, place)
        if np.isfinite(ends).all():
            line = (here, ends) if upright else (ends, here)
            axis.plot(*line, color=colour, linewidth=1.2, solid_capstyle="butt", zorder=2)
        spot = (place, point.value) if upright else (point.value, place)
        axis.plot(
            *spot,
            mark,
            markersize=4.2,
            color=colour,
            markerfacecolor=colour if point.filled else "white",
            markeredgewidth=1.1,
            zorder=3,
        )
