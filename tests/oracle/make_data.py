"""Make the simulated samples that R and this library are compared on.

``python tests/oracle/make_data.py`` writes them anew; then ``Rscript tests/oracle/survey.R``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "data"


def stratified_clusters(rng: np.random.Generator) -> pd.DataFrame:
    """Five strata on three sites, four to eight PSUs each; PSU labels unique in strata only."""
    rows = []
    for stratum, (site, psus) in enumerate(
        [("north", 6), ("north", 4), ("centre", 8), ("south", 5), ("south", 7)], start=1
    ):
        for psu in range(1, psus + 1):
            shared = rng.normal(0, 4)
            for person in range(int(rng.integers(14, 26))):
                group = ("a", "b", "c")[person % 3]
                x = 50 + 2 * stratum + shared + rng.normal(0, 12)
                latent = (x - 50) / 12 + rng.normal()
                rows.append(
                    {
                        "stratum": stratum,
                        "psu": psu,
                        "cluster": 100 * stratum + psu,
                        "psus_in_stratum": 10 * psus,
                        "weight": round(float(rng.gamma(4, 25)), 3),
                        "site": site,
                        "group": group,
                        "age": int(rng.integers(18, 80)),
                        "x": round(x, 4),
                        "y": round(x / 2 + rng.normal(0, 5), 4) if rng.random() > 0.08 else None,
                        "z": int(latent > 0.3) if rng.random() > 0.05 else None,
                        "answer": int(np.clip(np.round(2.5 + latent), 1, 4)),
                    }
                )
    return pd.DataFrame(rows)


def with_lonely_stratum(frame: pd.DataFrame) -> pd.DataFrame:
    """The same sample with one PSU left in its second stratum."""
    return frame[(frame["stratum"] != 2) | (frame["psu"] == 1)]


def two_waves(rng: np.random.Generator) -> pd.DataFrame:
    """Two waves in the same PSUs with fresh respondents; peculiarities of PSUs persist."""
    rows = []
    for stratum, site in enumerate(["north", "north", "south", "south"], start=1):
        for psu in range(1, 7):
            shared = rng.normal(0, 5)
            for wave, change in (("w1", 0.0), ("w2", 2.0)):
                now = 0.9 * shared + rng.normal(0, 1.5)
                rows += [
                    {
                        "wave": wave,
                        "stratum": stratum,
                        "psu": psu,
                        "site": site,
                        "weight": round(float(rng.gamma(4, 25)), 3),
                        "x": round(50 + change + now + rng.normal(0, 10), 4),
                        "z": int(rng.random() < 0.4 + 0.02 * now),
                    }
                    for _ in range(int(rng.integers(8, 16)))
                ]
    return pd.DataFrame(rows)


def main() -> None:
    rng = np.random.default_rng(20261122)
    sample = stratified_clusters(rng)
    sample.to_csv(FOLDER / "simulated_clusters.csv", index=False)
    with_lonely_stratum(sample).to_csv(FOLDER / "simulated_lonely.csv", index=False)
    two_waves(rng).to_csv(FOLDER / "simulated_waves.csv", index=False)


if __name__ == "__main__":
    main()
