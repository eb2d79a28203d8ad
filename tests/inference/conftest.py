"""A small simulated sample that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs


@pytest.fixture
def frame() -> pd.DataFrame:
    """Three strata of four PSUs with five persons each, in two waves of the same PSUs."""
    rng = np.random.default_rng(5)
    rows = [
        {
            "wave": wave,
            "stratum": f"s{stratum}",
            "psu": f"{stratum}{psu}",
            "site": "north" if stratum == 1 else "south",
            "sex": ("f", "m")[person % 2],
            "age": 18 + 10 * person,
            "weight": 1.0 + person,
        }
        for wave in ("w1", "w2")
        for stratum in (1, 2, 3)
        for psu in (1, 2, 3, 4)
        for person in range(5)
    ]
    frame = pd.DataFrame(rows)
    frame["y"] = rng.normal(50, 10, len(frame)) + (frame["wave"] == "w2") * 3
    frame["z"] = (rng.random(len(frame)) < 0.4).astype(float)
    frame["item"] = rng.integers(1, 6, len(frame)).astype(float)
    return frame


@pytest.fixture
def design(frame) -> rs.SurveyDesign:
    return rs.SurveyDesign(
        frame, weight="weight", stratum="stratum", psu="psu", wave="wave", waves="same_psu"
    )
