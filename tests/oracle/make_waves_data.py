"""Make the simulated panel and the imputed samples that R and this library are compared on.

``python tests/oracle/make_waves_data.py`` writes them anew; then ``Rscript tests/oracle/waves.R``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "data"
WAVES = ("2019", "2021", "2024")
STAY = 0.7  # of those asked in one wave, in the next
IMPUTATIONS = 5


def panel(rng: np.random.Generator) -> pd.DataFrame:
    """Three waves in the same PSUs; most respondents stay, others take their places."""
    rows = []
    newest = 0
    for stratum, site in enumerate(["north", "north", "south", "south"], start=1):
        for psu in range(1, 7):
            shared = rng.normal(0, 4)
            people = []
            for number, wave in enumerate(WAVES):
                people = [person for person in people if rng.random() < STAY]
                while len(people) < int(rng.integers(7, 11)):
                    newest += 1
                    people.append(
                        {
                            "id": f"p{newest:04d}",
                            "group": ("a", "b")[newest % 2],
                            "own": rng.normal(0, 7),
                        }
                    )
                now = 0.9 * shared + rng.normal(0, 1.5) + 1.5 * number
                for person in people:
                    x = 50 + now + person["own"] + rng.normal(0, 4)
                    item = int(np.clip(np.round(3 + (x - 52) / 7), 1, 5))
                    rows.append(
                        {
                            "wave": wave,
                            "id": person["id"],
                            "stratum": stratum,
                            "psu": psu,
                            "psus_in_stratum": 24 + 2 * stratum,
                            "site": site,
                            "group": person["group"],
                            "age": int(rng.integers(18, 80)),
                            "weight": round(float(rng.gamma(4, 25)), 3),
                            "x": round(x, 4) if rng.random() > 0.05 else None,
                            "z": int(rng.random() < 0.4 + 0.02 * now),
                            "item": item if rng.random() > 0.04 else None,
                        }
                    )
    return pd.DataFrame(rows)


def imputed(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Two waves, a fifth of x and z missing and filled in several times from a regression."""
    kept = frame[frame["wave"] != WAVES[1]].drop(columns=["id", "age", "item"])
    kept = kept[kept["x"].notna()].reset_index(drop=True)
    lost = rng.random((len(kept), 2)) < 0.2
    level = kept["x"].where(~lost[:, 0]).groupby([kept["stratum"], kept["psu"]]).transform("mean")
    share = kept["z"].where(~lost[:, 1]).groupby(kept["site"]).transform("mean")
    parts = []
    for number in range(1, IMPUTATIONS + 1):
        drawn_x = (level + rng.normal(0, 1) + rng.normal(0, 8, len(kept))).round(4)
        drawn_z = (rng.random(len(kept)) < share + rng.normal(0, 0.03)).astype(int)
        parts.append(
            kept.assign(
                imputation=number,
                x=kept["x"].where(~lost[:, 0], drawn_x),
                z=kept["z"].where(~lost[:, 1], drawn_z),
            )
        )
    return pd.concat(parts, ignore_index=True)


def main() -> None:
    rng = np.random.default_rng(20261123)
    frame = panel(rng)
    frame.to_csv(FOLDER / "simulated_panel.csv", index=False)
    imputed(frame, rng).to_csv(FOLDER / "simulated_imputed.csv", index=False)


if __name__ == "__main__":
    main()
