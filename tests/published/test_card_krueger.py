"""Card and Krueger (1994): employment in fast-food stores before and after a minimum wage rose.

410 stores of New Jersey and Pennsylvania, asked twice, some of them once. The change is one of
a panel that overlaps in part: with independent waves its standard error would be a third too
large. Numbers recomputed from the published data (`oracles/evaluation`, O1 and O1b).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from tests.published.least_squares import fitted

RTOL = 1e-9
# The formula takes the covariance around the means of the stores in both waves, the design
# around those of all stores of a wave, and counts stores without an answer as sampled.
RTOL_OVERLAP = 2e-5

MEANS = {
    ("0", "PA"): 23.33116883116883,
    ("1", "PA"): 21.165584415584416,
    ("0", "NJ"): 20.439408099688475,
    ("1", "NJ"): 21.02742946708464,
}
SPREADS = {
    ("0", "PA"): (11.856283141509707, 77),
    ("1", "PA"): (8.27673204857838, 77),
    ("0", "NJ"): (9.106239102179293, 321),
    ("1", "NJ"): (9.293023773555007, 319),
}
CHANGE = {"PA": -2.1655844155844157, "NJ": 0.5880213673961663}
OVERLAP = {"PA": 1.2219866674630697, "NJ": 0.47214174756028593}
INDEPENDENT = {"PA": 1.647807450513859, "NJ": 0.7273588231020133}
BALANCED = {
    "PA": (-2.283333333333333, 1.2532689987321888, 75),
    "NJ": (0.4666666666666666, 0.4808285714304861, 309),
}
DIFFERENCE = 2.7536057829805483


@pytest.fixture(scope="module")
def stores(oracle_data) -> pd.DataFrame:
    frame = pd.read_csv(oracle_data / "evaluation" / "njmin3.csv")
    return frame.assign(
        store=frame.groupby("d").cumcount(), state=frame["nj"].map({1: "NJ", 0: "PA"})
    )


@pytest.fixture(scope="module")
def answered(stores) -> pd.DataFrame:
    return stores[stores["fte"].notna()].reset_index(drop=True)


def panel(frame: pd.DataFrame, **roles) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame, wave="d", waves="panel", respondent_id="store", **roles)


def by_state(estimates: rs.Estimates, column: str) -> dict[str, float]:
    frame = estimates.to_frame()
    return dict(zip(frame["state"], frame[column], strict=True))


def changes(design: rs.SurveyDesign) -> rs.Estimates:
    means = rs.estimate_mean(design, "fte", by=["d", "state"])
    return rs.compare(means, over="d", reference="0")


def test_levels_spreads_and_numbers_of_stores(answered):
    design = rs.SurveyDesign(answered, wave="d", waves="independent", stratum="state")

    frame = rs.estimate_mean(design, "fte", by=["d", "state"]).to_frame()

    cells = list(zip(frame["d"].astype(str), frame["state"], strict=True))
    assert dict(zip(cells, frame["estimate"], strict=True)) == pytest.approx(MEANS, rel=RTOL)
    spread = frame["std_error"] * np.sqrt(frame["n"])
    for cell, sd, n in zip(cells, spread, frame["n"], strict=True):
        assert (sd, n) == pytest.approx(SPREADS[cell], rel=RTOL)


def test_changes_know_of_the_stores_asked_twice(stores):
    change = changes(panel(stores, stratum="state"))
    difference = rs.compare(change, over="state", reference="PA")

    assert by_state(change, "estimate") == pytest.approx(CHANGE, rel=RTOL)
    assert by_state(change, "std_error") == pytest.approx(OVERLAP, rel=RTOL_OVERLAP)
    assert difference.values[0] == pytest.approx(DIFFERENCE, rel=RTOL)
    assert difference.to_frame()["std_error"][0] == pytest.approx(
        1.3100264292168993, rel=RTOL_OVERLAP
    )


def test_as_independent_waves_they_would_be_a_third_less_certain(answered):
    change = changes(rs.SurveyDesign(answered, wave="d", waves="independent", stratum="state"))
    difference = rs.compare(change, over="state", reference="PA").to_frame()

    assert by_state(change, "std_error") == pytest.approx(INDEPENDENT, rel=RTOL)
    assert difference["std_error"][0] == pytest.approx(1.801199670084727, rel=RTOL)


def test_stores_asked_twice_by_themselves(answered):
    twice = answered.groupby("store")["d"].transform("count") == 2
    design = panel(answered[twice].reset_index(drop=True), stratum="state")

    change = rs.estimate_panel_change(design, "fte", between=("0", "1"), by="state")
    difference = rs.compare(change, over="state", reference="PA")
    robust = rs.estimate_doubly_robust_did(design, "fte", arm="nj", between=("0", "1"))

    for state, expected in BALANCED.items():
        found = tuple(by_state(change, name)[state] for name in ("estimate", "std_error", "n"))
        assert found == pytest.approx(expected, rel=RTOL)
    for estimates in (difference, robust):
        frame = estimates.to_frame()
        assert frame["estimate"][0] == pytest.approx(2.75, rel=RTOL)
        assert frame["std_error"][0] == pytest.approx(1.3423409769082764, rel=RTOL)


def test_both_waves_as_cross_sections_of_a_panel(stores):
    design = panel(stores, stratum="state")

    found = rs.estimate_doubly_robust_did(
        design, "fte", arm="nj", between=("0", "1"), people="all"
    ).to_frame()

    assert found["estimate"][0] == pytest.approx(DIFFERENCE, rel=RTOL)
    assert found["std_error"][0] == pytest.approx(1.3100264292168993, rel=RTOL_OVERLAP)


def test_a_regression_clustered_by_store(answered):
    model = rs.fit_regression(
        rs.SurveyDesign(answered, psu="store"), "fte", ["nj", "d", ("nj", "d")]
    )

    row = model.to_frame().set_index("term").loc["nj:d"]
    n, p = len(answered), 4
    # Of statsmodels' factor G/(G-1) x (n-1)/(n-p) the design has the first part.
    assert n == 794
    assert row["estimate"] == pytest.approx(DIFFERENCE, rel=RTOL)
    assert row["std_error"] * np.sqrt((n - 1) / (n - p)) == pytest.approx(
        1.3066070124191238, rel=RTOL
    )


@pytest.mark.parametrize(
    ("further", "estimate", "error"),
    [
        ([], DIFFERENCE, 1.6884091309094844),
        (["kfc", "roys", "wendys", "co_owned"], 2.8450665553839913, 1.5233384971614838),
        (
            ["kfc", "roys", "wendys", "co_owned", "southj", "centralj", "pa1"],
            2.814908029646763,
            1.5023816504824212,
        ),
    ],
    ids=["plain", "chain and ownership", "and region"],
)
def test_textbook_models(answered, further, estimate, error):
    model = fitted(answered, "fte", ["nj", "d", ("nj", "d"), *further])

    assert model["n"] == 794
    assert model["estimate"]["nj:d"] == pytest.approx(estimate, rel=RTOL)
    assert model["classical"]["nj:d"] == pytest.approx(error, rel=RTOL)


def test_the_balanced_sample_pooled(answered):
    wide = answered.pivot_table(index="store", columns="d", values="fte").dropna()
    state = answered.drop_duplicates("store").set_index("store")["nj"]
    frame = pd.DataFrame({"change": wide[1] - wide[0], "nj": state}).dropna()

    model = fitted(frame, "change", ["nj"])

    assert model["n"] == 384
    assert model["estimate"]["nj"] == pytest.approx(2.75, rel=RTOL)
    assert model["classical"]["nj"] == pytest.approx(1.1543553776958995, rel=RTOL)
