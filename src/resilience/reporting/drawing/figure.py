"""The look of charts, and what they share. The only module that imports matplotlib.

Time and numbers run left to right in every language, as on the axes of the region's press.
Words, the order of panels and the side on which names stand follow the language. No text is
read as a formula.
"""

from __future__ import annotations

import dataclasses
import io
import warnings
from contextlib import contextmanager
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from resilience.reporting.palette import GRID, INK, SOFT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from resilience.reporting.charts import Point
    from resilience.reporting.localising import Localiser

__all__ = [
    "KEY_LINE",
    "KEY_WIDTH",
    "MARKS",
    "WIDTH",
    "band",
    "colour_key",
    "grid",
    "heading",
    "in_style",
    "key_shape",
    "line_key",
    "new_figure",
    "row_names",
    "row_places",
    "saved",
    "steps_of",
    "whiskers",
]

WIDTH = 6.7  # inches: the text width of an A4 page
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
KEY_LINE = 0.16  # inches
KEY_WIDTH = 94  # characters that fit beside each other
_KEY_GAP = 4  # characters that a mark and the space around it take
_ROW_LINE, _ROW_GAP = 0.145, 0.075  # inches
_TALLER = 1.45  # how much taller lines of Arabic are
_PLACES = 4  # of a share of the figure
_STAMP_HEIGHT = 0.17  # inches
_OURS = "resilience "


def new_figure(height: float) -> Figure:
    """Return an empty figure as wide as a page's text, height in inches."""
    return Figure(figsize=(WIDTH, height))


def saved(figure: Figure, *, stamp: str = "") -> bytes:
    """Return a figure as SVG, the same bytes every time, with a stamp in its margin."""
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
def in_style(language: str) -> Iterator[None]:
    """Draw in the reports' own fonts and lines, whatever the machine has."""
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


def heading(axis: Axes, words: str, *, rtl: bool) -> None:
    """Write what a column of panels shows above its first one."""
    note = axis.annotate(words, (1.0 if rtl else 0.0, 1.0), xycoords="axes fraction")
    note.set(ha="right" if rtl else "left", fontsize=7.5, color=SOFT)
    note.xyann = (0, 4)
    note.anncoords = "offset points"


def row_places(names: Sequence[str], localiser: Localiser) -> tuple[list[float], float]:
    """Return where rows stand whose names take one or more lines, and their height, in inches."""
    line = _ROW_LINE * (_TALLER if localiser.right_to_left else 1.0)
    heights = [_ROW_GAP + line * (name.count("\n") + 1) for name in names]
    ends = np.cumsum(heights)
    return [float(end - height / 2) for end, height in zip(ends, heights, strict=True)], ends[-1]


def row_names(
    axis: Axes, names: Sequence[str], localiser: Localiser, *, at: Sequence[float] | None = None
) -> None:
    """Write the names of rows on the side where reading begins."""
    axis.set_yticks(range(len(names)) if at is None else at, names)
    axis.spines["left"].set_visible(False)
    if localiser.right_to_left:
        axis.yaxis.tick_right()
        for label in axis.get_yticklabels():
            label.set_horizontalalignment("left")


def key_shape(labels: Sequence[str]) -> tuple[int, int]:
    """Return how many columns and lines a key takes, its rows as even as can be."""
    widths = [max(map(len, label.split("\n"))) for label in labels]
    in_one_row = sum(widths) + _KEY_GAP * len(labels) <= KEY_WIDTH
    fit = len(labels) if in_one_row else max(1, KEY_WIDTH // (max(widths) + _KEY_GAP))
    rows = -(-len(labels) // fit)
    height = max(label.count("\n") + 1 for label in labels)
    return -(-len(labels) // rows), rows * height


def colour_key(
    figure: Figure,
    labels: Sequence[str],
    columns: int,
    colours: Sequence[str],
    localiser: Localiser,
) -> None:
    """Write what the colours mean above the figure, in the order of reading."""
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


def line_key(
    figure: Figure, marks: Sequence[Artist], words: Sequence[str], localiser: Localiser
) -> None:
    """Write above the figure what marks and lines mean."""
    pairs = list(zip(marks, words, strict=False))[:: -1 if localiser.right_to_left else 1]
    figure.legend(
        [mark for mark, _ in pairs],
        [word for _, word in pairs],
        loc="outside upper center",
        ncols=key_shape([max(word.split("\n"), key=len) for word in words])[0],
        frameon=False,
        fontsize=7.5,
        handlelength=2.2,
        columnspacing=1.6,
        markerfirst=not localiser.right_to_left,
    )


def key_mark(colour: str, mark: str, line: str) -> Line2D:
    """Return a mark of a key: its colour, shape and kind of line."""
    return Line2D([], [], color=colour, marker=mark, ls=line, markersize=4.2)


def whiskers(
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


def grid(axis: Axes, which: str) -> None:
    """Draw thin lines behind everything along 'x', 'y' or 'both'."""
    axis.grid(axis=which, color=GRID, linewidth=0.5)  # type: ignore[arg-type]
    axis.set_axisbelow(True)


def steps_of(axis: Axes, step: float) -> None:
    """Put the marks of the numbers' axis at multiples of a step."""
    axis.xaxis.set_major_locator(MultipleLocator(step))


def band(axis: Axes, row: float, half: float, height: float, colour: str) -> None:
    """Draw a band around zero behind a row."""
    axis.barh(row, 2 * half, left=-half, height=height, color=colour, zorder=0)
