"""Kiel and McClain (1995): prices of houses near an incinerator, in repeated cross-sections.

Wooldridge's table 13.2 (`oracles/evaluation`, O3): 321 houses of 1978 and 1981.
"""

from __future__ import annotations

import pandas as pd
import pytest

import resilience as rs
from tests.published.least_squares import fitted

RTOL = 1e-8
PLAIN = ["y81", "nearinc", ("y81", "nearinc")]
AGE = [*PLAIN, "age", "agesq"]


@pytest.fixture(scope="module")
def houses(oracle_data) -> pd.DataFrame:
    return pd.read_csv(oracle_data / "evaluation" / "kielmc.csv")


@pytest.mark.parametrize(
    ("predictors", "estimate", "error"),
    [
        (PLAIN, -11863.903252112585, 7456.646173258858),
        (AGE, -21920.269951036913, 6359.745390519382),
        ([*AGE, "intst", "land", "area", "rooms", "baths"], -14177.934181622712, 4987.266737702134),
    ],
    ids=["plain", "age", "full"],
)
def test_textbook_models(houses, predictors, estimate, error):
    model = fitted(houses, "rprice", predictors)

    assert model["n"] == 321
    assert model["estimate"]["y81:nearinc"] == pytest.approx(estimate, rel=RTOL)
    assert model["classical"]["y81:nearinc"] == pytest.approx(error, rel=RTOL)


def test_the_plain_model_by_verbs_of_its_own(houses):
    design = rs.SurveyDesign(houses, wave="y81", waves="independent")
    means = rs.estimate_mean(design, "rprice", by=["y81", "nearinc"])

    change = rs.compare(means, over="y81", reference="0")
    difference = rs.compare(change, over="nearinc", reference="0")
    robust = rs.estimate_doubly_robust_did(design, "rprice", arm="nearinc", between=("0", "1"))

    assert difference.values[0] == pytest.approx(-11863.903252112585, rel=RTOL)
    assert robust.values[0] == pytest.approx(-11863.903252112585, rel=RTOL)
    assert robust.to_frame()["std_error"][0] == pytest.approx(
        difference.to_frame()["std_error"][0], rel=RTOL
    )
