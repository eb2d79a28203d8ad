"""Make the simulated samples on which designs and replicates are compared with R.

``python tests/oracle/make_designs_data.py`` writes them anew; then
``Rscript tests/oracle/designs.R``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "data"


def stages(rng: np.random.Generator) -> pd.DataFrame:
    """Persons in blocks in PSUs; every PSU of stratum 3 was taken, and every block of some PSUs."""
    rows = []
    plan = [("north", 5, 40), ("north", 4, 12), ("centre", 4, 4), ("south", 6, 30)]
    for stratum, (site, psus, of) in enumerate(plan, start=1):
        for psu in range(1, psus + 1):
            shared = rng.normal(0, 4)
            blocks = int(rng.integers(2, 5))
            blocks_there = blocks if psu == 2 else blocks * int(rng.integers(2, 6))
            for block in range(1, blocks + 1):
                here = shared + rng.normal(0, 3)
                persons = int(rng.integers(3, 6))
                there = persons * int(rng.integers(3, 9))
                for person in range(1, persons + 1):
                    x = 50 + 2 * stratum + here + rng.normal(0, 10)
                    rows.append(
                        {
                            "stratum": stratum,
                            "psu": psu,
                            "cluster": 100 * stratum + psu,
                            "block": block,
                            "person": person,
                            "psus_there": of,
                            "blocks_there": blocks_there,
                            "persons_there": there,
                            "weight": round(of / psus * blocks_there / blocks * there / persons, 6),
                            "site": site,
                            "group": ("a", "b")[person % 2],
                            "age": int(rng.integers(18, 80)),
                            "x": round(x, 4),
                            "y": round(x / 2 + rng.normal(0, 5), 4)
                            if rng.random() > 0.08
                            else None,
                        }
                    )
    frame = pd.DataFrame(rows)
    frame["psu_fraction"] = (
        frame.groupby("stratum")["psu"].transform("nunique") / frame["psus_there"]
    )
    count = frame.groupby("cluster")["block"].transform("nunique")
    return frame.assign(block_fraction=count / frame["blocks_there"])


def lonely_stages(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with one PSU left in stratum 2, and one block in one PSU of stratum 4."""
    one_psu = (frame["stratum"] == 2) & (frame["psu"] > 1)
    one_block = (frame["cluster"] == 401) & (frame["block"] > 1)
    return frame[~one_psu & ~one_block]


def pairs(rng: np.random.Generator) -> pd.DataFrame:
    """Two PSUs in each of six strata."""
    rows = []
    for stratum in range(1, 7):
        for psu in (1, 2):
            shared = rng.normal(0, 4)
            for person in range(int(rng.integers(8, 14))):
                x = 50 + stratum + shared + rng.normal(0, 10)
                rows.append(
                    {
                        "stratum": stratum,
                        "psu": psu,
                        "weight": round(float(rng.gamma(4, 25)), 3),
                        "site": ("north", "south")[stratum % 2],
                        "group": ("a", "b", "c")[person % 3],
                        "x": round(x, 4),
                        "y": round(x / 2 + rng.normal(0, 5), 4) if rng.random() > 0.08 else None,
                    }
                )
    return pd.DataFrame(rows)


def main() -> None:
    rng = np.random.default_rng(20261123)
    sample = stages(rng)
    sample.to_csv(FOLDER / "simulated_stages.csv", index=False)
    lonely_stages(sample).to_csv(FOLDER / "simulated_lonely_stages.csv", index=False)
    pairs(rng).to_csv(FOLDER / "simulated_pairs.csv", index=False)


if __name__ == "__main__":
    main()
