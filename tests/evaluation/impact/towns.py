"""Towns in which a programme worked, or did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

import resilience as rs

if TYPE_CHECKING:
    import numpy as np


def towns(
    rng: np.random.Generator,
    *,
    treated: int = 4,
    compared: int = 4,
    persons: int = 20,
    effect: float = 0.0,
    waves: tuple[str, ...] = ("base", "end"),
    unequal: bool = False,
) -> pd.DataFrame:
    """Draw persons of towns whose levels and trends differ by chance."""
    parts = []
    for town in range(treated + compared):
        level = rng.normal(50, 4)
        for number, wave in enumerate(waves):
            size = persons + (town * 3 + 2 * number if unequal else 0)
            drift = rng.normal(0, 1.5) + number
            gain = effect if number and town < treated else 0.0
            parts.append(
                pd.DataFrame(
                    {
                        "town": f"town_{town}",
                        "wave": wave,
                        "ea": [f"{town}.{person % 5}" for person in range(size)],
                        "sex": rng.choice(["female", "male"], size),
                        "weight": rng.uniform(1, 3, size) if unequal else 1.0,
                        "trust": rng.normal(level + drift + gain, 10, size),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def design_of(frame: pd.DataFrame) -> rs.SurveyDesign:
    """Return the design: fresh persons in the same places."""
    return rs.SurveyDesign(
        frame, weight="weight", stratum="town", psu="ea", wave="wave", waves="same_psu"
    )


def drawn(units: int = 4, wave: str = "end", **changes: object) -> rs.Assignment:
    """Return an assignment by lot of the first towns."""
    said: dict[str, object] = {
        "unit": "town",
        "mechanism": "random",
        "treated": {wave: [f"town_{number}" for number in range(units)]},
    }
    return rs.Assignment(**{**said, **changes})
