"""Make the simulated programme on which balancing is compared with R.

``python tests/oracle/make_programme_data.py`` writes it anew; then
``Rscript tests/oracle/balancing.R``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parent / "data"
PSUS, PERSONS = 40, 9
EFFECT = 4.0


def programme(rng: np.random.Generator) -> pd.DataFrame:
    """Return a panel of two waves; poorer sampling points were more likely to be treated."""
    rows = []
    for psu in range(1, PSUS + 1):
        poverty, shock = rng.normal(), rng.normal(0, 2, 2)
        treated = int(rng.random() < 1 / (1 + np.exp(-0.9 * poverty)))
        for person in range(PERSONS):
            age = float(rng.integers(18, 75))
            rank = int(rng.integers(3))
            income = float(np.round(4 - 0.6 * poverty + 0.3 * rank + rng.normal(0, 1), 3))
            weight = float(np.round(rng.uniform(0.5, 2.5), 3))
            own = 40 + 0.1 * age + 2.5 * income + rng.normal(0, 5)
            later = 1.0 + 0.08 * age - 0.7 * income + EFFECT * treated
            for wave, moved in ((1, 0.0), (2, later)):
                rows.append(
                    {
                        **{"wave": wave, "id": f"{psu:02d}-{person}", "psu": psu},
                        **{"weight": weight, "treated": treated, "age": age, "income": income},
                        "school": ("none", "primary", "secondary")[rank],
                        "trust": round(own + moved + shock[wave - 1] + rng.normal(0, 4), 3),
                    }
                )
    return pd.DataFrame(rows).sort_values(["wave", "id"])


if __name__ == "__main__":
    programme(np.random.default_rng(20240611)).to_csv(
        FOLDER / "simulated_programme.csv", index=False
    )
