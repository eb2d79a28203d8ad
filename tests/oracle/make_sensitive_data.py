"""A simulated sample with a list experiment, a direct question and a randomised answer.

From the project's root: `python tests/oracle/make_sensitive_data.py`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "data"
STRATA, PSUS, PERSONS, ITEMS = 4, 8, 30, 4


def sensitive_sample() -> pd.DataFrame:
    """Return 960 persons in 32 PSUs; the statement holds of more of the young and of some PSUs."""
    rng = np.random.default_rng(20261123)
    n = STRATA * PSUS * PERSONS
    psu = np.repeat(np.arange(STRATA * PSUS), PERSONS)
    young = rng.integers(0, 2, n)
    wealth = rng.normal(size=n).round(3)
    of_psu = rng.normal(0, 0.3, STRATA * PSUS)[psu]
    holds = rng.random(n) < 1 / (1 + np.exp(1.0 - 0.8 * young - 0.3 * wealth - of_psu))
    agrees = 1 / (1 + np.exp(-0.2 + 0.4 * young + 0.2 * wealth))
    chance = rng.beta(agrees * 6, (1 - agrees) * 6)
    count = rng.binomial(ITEMS, chance)
    long = rng.permutation(np.arange(n) % 2)
    admits = holds & (rng.random(n) < 0.4)
    die = rng.integers(1, 7, n)
    says = np.where(die == 1, 0, np.where(die == 6, 1, holds))
    frame = pd.DataFrame(
        {
            "stratum": psu // PSUS + 1,
            "psu": psu % PSUS + 1,
            "weight": rng.uniform(20, 80, n).round(2) * (1 + psu // PSUS),
            "long": long,
            "young": young,
            "wealth": wealth,
            "count": (count + long * holds).astype(float),
            "admits": admits.astype(float),
            "says_yes": says.astype(float),
            "attitude": rng.integers(1, 6, n).astype(float),
        }
    )
    for name, share in (("count", 0.03), ("admits", 0.05), ("attitude", 0.15)):
        frame.loc[rng.random(n) < share, name] = np.nan
    return frame


if __name__ == "__main__":
    sensitive_sample().to_csv(FOLDER / "simulated_sensitive.csv", index=False)
