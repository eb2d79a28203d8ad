"""Meyer, Viscusi and Durbin (1995): higher injury benefits and time out of work, Kentucky.

Wooldridge's example 13.4 (`oracles/evaluation`, O4): repeated cross-sections of 5,626 claims.
"""

from __future__ import annotations

import pandas as pd
import pytest

import resilience as rs
from tests.published.least_squares import fitted

RTOL = 1e-9
ESTIMATE, CLASSICAL = 0.19060120065868388, 0.06850890532317024


@pytest.fixture(scope="module")
def claims(oracle_data) -> pd.DataFrame:
    frame = pd.read_csv(oracle_data / "evaluation" / "injury.csv")
    return frame[frame["ky"] == 1].reset_index(drop=True)


def test_the_textbook_model(claims):
    model = fitted(claims, "ldurat", ["afchnge", "highearn", ("afchnge", "highearn")])

    assert model["n"] == 5626
    assert model["estimate"]["afchnge:highearn"] == pytest.approx(ESTIMATE, rel=RTOL)
    assert model["classical"]["afchnge:highearn"] == pytest.approx(CLASSICAL, rel=RTOL)


def test_changes_of_two_groups_compared(claims):
    design = rs.SurveyDesign(claims, wave="afchnge", waves="independent")
    means = rs.estimate_mean(design, "ldurat", by=["afchnge", "highearn"])

    change = rs.compare(means, over="afchnge", reference="0")
    difference = rs.compare(change, over="highearn", reference="0")
    robust = rs.estimate_doubly_robust_did(design, "ldurat", arm="highearn", between=("0", "1"))

    assert difference.values[0] == pytest.approx(ESTIMATE, rel=RTOL)
    assert robust.values[0] == pytest.approx(ESTIMATE, rel=RTOL)
