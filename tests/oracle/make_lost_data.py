"""Make the simulated sample with people lost that R and this library are compared on.

``python tests/oracle/make_lost_data.py`` writes it anew; then ``Rscript tests/oracle/lost.R``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "data"
CLUSTERS, PEOPLE = 12, 40


def lost_sample(rng: np.random.Generator) -> pd.DataFrame:
    """Twelve places, six of them treated; a Likert answer and a score; weights are counts."""
    cluster = np.repeat(np.arange(CLUSTERS), PEOPLE)
    treated = (cluster % 2 == 0).astype(int)
    sex = rng.integers(0, 2, len(cluster))
    level = rng.normal(0, 3, CLUSTERS)[cluster] + 4 * treated + 3 * sex
    score = np.round(50 + level + rng.normal(0, 12, len(cluster)), 2)
    keep = np.where(treated == 1, 0.92, 0.72) - 0.08 * sex
    answered = (rng.random(len(cluster)) < keep).astype(int)
    trust = np.clip(np.round((score - 20) / 12), 1, 5)
    frame = pd.DataFrame(
        {
            "town": cluster,
            "arm": treated,
            "sex": np.where(sex == 1, "f", "m"),
            "weight": rng.integers(1, 5, len(cluster)),
            "answered": answered,
            "start": np.round(score + rng.normal(0, 8, len(cluster)), 2),
            "score": score,
            "trust": trust.astype(int),
        }
    )
    return frame.assign(
        score=frame["score"].where(answered == 1),
        trust=frame["trust"].where(answered == 1).astype("Int64"),
    )


if __name__ == "__main__":
    lost_sample(np.random.default_rng(20261123)).to_csv(
        FOLDER / "simulated_lost.csv", index=False, lineterminator="\n"
    )
