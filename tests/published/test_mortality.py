"""Drinking ages and deaths on the road: the example of clubSandwich's vignette (its data).

50 states, 14 years, constants of both; expected numbers to full precision from another
implementation that equals the vignette to each printed digit (legal 2.51, 24.58, .00583;
beertaxa 5.27, 5.77, .49663).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resilience.evaluation.few_clusters.clusters import fit_clustered
from resilience.evaluation.few_clusters.satterthwaite import cr1, cr2

# 65 columns of constants: the expected numbers were made with another inverse.
RTOL = 1e-8

# estimate, CR2, df, p, CR0, CR1 with G / (G - 1), CR1 with Stata's factor
EXPECTED = {
    "legal": (
        *(7.587707623489974, 2.5130821655784388, 24.578518939204, 0.005831358339200829),
        *(2.4167399256759845, 2.4412759854425166, 2.5613480940912914),
    ),
    "beertaxa": (
        *(3.8186707213305033, 5.265016122825292, 5.768414587554039, 0.49662832452354766),
        *(5.09073028, 5.1424141463206166, 5.395339466430249),
    ),
}


@pytest.fixture(scope="module")
def fit(oracle_data):
    frame = pd.read_csv(oracle_data / "evaluation" / "mortality_rates.csv")
    frame = frame[(frame["cause"] == "Motor Vehicle") & (frame["year"] <= 1983)]
    frame = frame.dropna(subset=["mrate", "legal", "beertaxa"])
    constants = [
        pd.get_dummies(frame["state"], dtype=float),
        pd.get_dummies(frame["year"], dtype=float).iloc[:, 1:],
    ]
    x = np.column_stack([frame[["legal", "beertaxa"]], *constants])
    names = ["legal", "beertaxa", *(f"constant {j}" for j in range(x.shape[1] - 2))]
    codes = pd.factorize(frame["state"])[0]
    return fit_clustered(x, frame["mrate"].to_numpy(), cluster=codes, names=names)


@pytest.mark.parametrize("term", EXPECTED)
def test_errors_by_state(fit, term):
    test = cr2(fit, term)
    errors = [cr1(fit, term, correction=name).std_error for name in ("none", "clusters", "rows")]

    found = [test.estimate, test.std_error, test.df, test.p_value, *errors]
    assert fit.n[0] == 700
    assert fit.clusters == 50
    assert np.ravel(found) == pytest.approx(EXPECTED[term], rel=RTOL)
