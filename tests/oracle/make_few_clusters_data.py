"""Make the simulated clusters on which R's clubSandwich and this library are compared.

``python tests/oracle/make_few_clusters_data.py`` writes them anew; then
``Rscript tests/oracle/few_clusters.R``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "data"
SIZES = (3, 5, 8, 9, 12, 14, 20, 31)
TREATED = (0, 2, 5)


def clusters(rng: np.random.Generator) -> pd.DataFrame:
    """Eight places of unequal size, three of them treated after the first of two waves."""
    rows = []
    for place, size in enumerate(SIZES):
        for wave in (0, 1):
            now = rng.normal(0, 3) + 2 * wave * (place in TREATED)
            for _ in range(size):
                age = int(rng.integers(18, 80))
                rows.append(
                    {
                        "place": place,
                        "wave": wave,
                        "treated": int(place in TREATED),
                        "age": age,
                        "weight": round(float(rng.gamma(2, 50)), 3),
                        "y": round(50 + now + 0.05 * age + rng.normal(0, 10), 4),
                    }
                )
    return pd.DataFrame(rows)


if __name__ == "__main__":
    clusters(np.random.default_rng(20261122)).to_csv(
        FOLDER / "simulated_few_clusters.csv", index=False
    )
