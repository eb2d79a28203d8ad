"""Colours that readers with any colour vision can tell apart, on screen and in grey print."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["GRID", "INK", "PALE", "SOFT", "is_dark", "is_strong", "place_colours", "scale_colours"]

INK, SOFT, PALE, GRID = "#222222", "#767676", "#cfcfcf", "#dddddd"

# Okabe and Ito's colours for places that matter, greys for those they are compared with.
_STRONG = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
_WEAK = ("#4d4d4d", "#8c8c8c", "#6b6b6b", "#a6a6a6")

# Brown to purple around a light middle (ColorBrewer's PuOr).
_DIVERGING = {
    2: ("#e08214", "#8073ac"),
    3: ("#e08214", "#e7e7e7", "#8073ac"),
    4: ("#b35806", "#fdb863", "#b2abd2", "#542788"),
    5: ("#b35806", "#fdb863", "#e7e7e7", "#b2abd2", "#542788"),
}
_DARK = 0.55  # luminance below which white text reads better


def place_colours(emphasised: Sequence[bool]) -> list[str]:
    """Return a colour for each place: strong for those that matter, greys for the others."""
    strong, weak = iter(_STRONG * len(emphasised)), iter(_WEAK * len(emphasised))
    return [next(strong) if matters else next(weak) for matters in emphasised]


def is_strong(colour: str) -> bool:
    """Return whether a colour is one of the strong ones, which text may have too."""
    return colour in _STRONG


def scale_colours(answers: int) -> Sequence[str]:
    """Return a colour for each answer of a scale, from low to high."""
    if answers in _DIVERGING:
        return _DIVERGING[answers]
    known = np.array([_channels(colour) for colour in _DIVERGING[5]])
    at = np.linspace(0, len(known) - 1, answers)
    mixed = np.column_stack([np.interp(at, range(len(known)), known[:, c]) for c in range(3)])
    return ["#" + "".join(f"{round(255 * channel):02x}" for channel in row) for row in mixed]


def is_dark(colour: str) -> bool:
    """Return whether white text reads better on a colour than dark text."""
    red, green, blue = _channels(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue < _DARK


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue
