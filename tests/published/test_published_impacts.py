"""Published differences in differences, by `estimate_impact` on the oracles' data.

The data may not be committed: they are read from $RESILIENCE_ORACLE_DATA. These studies have two
or few places and print errors between persons, so the units here are persons, stores or houses;
with places as units the estimates would be refused, and rightly.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.evaluation.few_clusters.satterthwaite import cr1
from resilience.evaluation.impact.estimators import ESTIMATORS, Times
from resilience.evaluation.impact.evidence import fitted
from resilience.evaluation.impact.stacking import stack_sample

DIGITS = 1e-6  # relative; the oracles are printed with seven to ten digits


@pytest.fixture(scope="module")
def folder(oracle_data):
    return oracle_data / "evaluation"


def sampled(frame, measure, arm, covariates=(), waves="independent"):
    """Return design, stacked sample and model of a 2x2 table of persons."""
    design = rs.SurveyDesign(frame, wave="time", waves=waves, respondent_id="id")
    said = rs.Assignment(
        unit="person",
        mechanism="non_random",
        arm={"variable": arm, "treated": [1], "since": "after"},
    )
    sample = stack_sample(design, measure, said, covariates=covariates)
    return design, said, sample, ESTIMATORS["did"](sample, 0, Times((0,), (1,)))


def least_squares(model, treated):
    """Return the effect with the textbooks' error: rows of equal variance."""
    fit = fitted(model, treated)
    at = model.fixed.shape[1] + model.reported[0]
    inverse = fit.complete[0].inverse
    variance = (fit.residuals[:, 0] ** 2).sum() / (len(model.y) - fit.x.shape[1])
    return fit.coefficients[at, 0], np.sqrt(variance * inverse[at, at]), len(model.y)


@pytest.fixture(scope="module")
def stores(folder):
    frame = pd.read_csv(folder / "njmin3.csv")
    frame["id"] = frame.groupby("d").cumcount()
    return frame.assign(time=np.where(frame["d"] == 1, "after", "a_before"))


def test_card_and_krueger(stores):
    design, said, sample, model = sampled(stores, "fte", "nj", waves="panel")

    found = least_squares(model, sample.arms.treated)
    clustered = cr1(fitted(model, sample.arms.treated), model.fixed.shape[1] + model.reported[0])

    assert found == pytest.approx((2.753605783, 1.688409131, 794), rel=DIGITS)
    assert clustered.std_error[0] == pytest.approx(1.306607012, rel=DIGITS)
    table = rs.estimate_impact(design, "fte", assignment=said).table
    assert table.difference.values[0] == pytest.approx(2.753605783, rel=DIGITS)
    # The overlap formula divides by n, the design's errors by n - 1 in each cell.
    assert table.difference.std_error[0] == pytest.approx(1.310026429, rel=0.01)


@pytest.mark.parametrize(
    ("covariates", "expected"),
    [
        (("kfc", "roys", "wendys", "co_owned"), (2.845066555, 1.523338497)),
        (
            ("kfc", "roys", "wendys", "co_owned", "southj", "centralj", "pa1"),
            (2.81490803, 1.50238165),
        ),
    ],
)
def test_card_and_krueger_with_covariates(stores, covariates, expected):
    _, _, sample, model = sampled(stores, "fte", "nj", covariates, "panel")

    assert least_squares(model, sample.arms.treated)[:2] == pytest.approx(expected, rel=DIGITS)


@pytest.mark.parametrize(
    ("covariates", "expected"),
    [
        ((), (-11863.90325, 7456.646173)),
        (("age", "agesq"), (-21920.26995, 6359.745391)),
        (
            ("age", "agesq", "intst", "land", "area", "rooms", "baths"),
            (-14177.93418, 4987.266738),
        ),
    ],
)
def test_kiel_and_mcclain(folder, covariates, expected):
    frame = pd.read_csv(folder / "kielmc.csv")
    frame = frame.assign(
        id=range(len(frame)), time=np.where(frame["y81"] == 1, "after", "a_before")
    )

    _, _, sample, model = sampled(frame, "rprice", "nearinc", covariates)

    found = least_squares(model, sample.arms.treated)
    assert found == pytest.approx((*expected, 321), rel=DIGITS)


def test_meyer_viscusi_and_durbin(folder):
    frame = pd.read_csv(folder / "injury.csv")
    frame = frame[frame["ky"] == 1].reset_index(drop=True)
    frame = frame.assign(
        id=range(len(frame)), time=np.where(frame["afchnge"] == 1, "after", "a_before")
    )

    _, _, sample, model = sampled(frame, "ldurat", "highearn")

    found = least_squares(model, sample.arms.treated)
    assert found == pytest.approx((0.1906012007, 0.06850890532, 5626), rel=DIGITS)


def test_two_places_alone_are_refused(folder):
    frame = pd.read_csv(folder / "kielmc.csv")
    frame = frame.assign(time=np.where(frame["y81"] == 1, "after", "a_before"))
    design = rs.SurveyDesign(frame, wave="time", waves="independent")
    said = rs.Assignment(unit="nearinc", mechanism="non_random", treated={"after": [1]})

    with pytest.raises(rs.errors.EvaluationError, match="no evidence of an impact"):
        rs.estimate_impact(design, "rprice", assignment=said)
