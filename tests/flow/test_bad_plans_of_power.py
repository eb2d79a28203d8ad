"""Bad input to planning: typed errors that say what can be done, and no row of the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import EstimationError, EvaluationError
from resilience.evaluation.planning.fielded import sample_as_fielded


def sample(**changes) -> pd.DataFrame:
    rng = np.random.default_rng(9)
    frame = pd.DataFrame(
        {
            "wave": np.repeat(["w1", "w2"], 60),
            "id": np.tile(np.arange(60), 2),
            "site": np.tile(np.repeat(["a", "b", "c"], 20), 2),
            "ea": np.tile(np.repeat(np.arange(12), 5), 2),
            "y": rng.normal(50, 10, 120),
        }
    )
    return frame.assign(**changes)


def designed(frame: pd.DataFrame, **roles) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame, **{"psu": "ea", "wave": "wave", "waves": "same_psu", **roles})


ONE_PERSON_EACH = sample(ea=np.tile(np.arange(60), 2))
CONSTANT = sample(y=3.0)
BAD = {
    "text": (lambda: rs.estimate_intracluster(designed(sample(y="much")), "y"), "not numeric"),
    "absent": (lambda: rs.estimate_intracluster(designed(sample()), "x"), "no column 'x'"),
    "no cluster": (
        lambda: rs.estimate_intracluster(designed(sample()), "y", "town"),
        "the design has no 'town'",
    ),
    "no sampling points": (
        lambda: rs.estimate_intracluster(designed(sample(), psu=None, waves="independent"), "y"),
        "the design has no 'psu'",
    ),
    "one cluster": (
        lambda: rs.estimate_intracluster(designed(sample(site="a")), "y", "site"),
        "does not show how alike",
    ),
    "one person each": (
        lambda: rs.estimate_intracluster(designed(ONE_PERSON_EACH), "y"),
        "does not show how alike",
    ),
    "nobody answered": (
        lambda: rs.estimate_intracluster(designed(sample(y=np.nan)), "y"),
        "does not show how alike",
    ),
    "not nested": (
        lambda: rs.estimate_intracluster(designed(sample()), "y", ["psu", "site"]),
        "does not lie within",
    ),
    "no ids": (
        lambda: rs.estimate_autocorrelation(designed(sample()), "y", "person"),
        "the design has no 'person'",
    ),
    "one wave": (
        lambda: rs.estimate_autocorrelation(rs.SurveyDesign(sample().iloc[:60], psu="ea"), "y"),
        "nothing shows what lasts",
    ),
    "fresh points": (
        lambda: rs.estimate_autocorrelation(designed(sample(), waves="independent"), "y"),
        "share too little",
    ),
    "level": (
        lambda: rs.estimate_intracluster(designed(sample()), "y", level=95),
        "no level",
    ),
    "fielded without places": (
        lambda: sample_as_fielded(designed(sample()), "y", city="town"),
        "no column 'town'",
    ),
    "fielded in one place": (
        lambda: sample_as_fielded(designed(sample(site="a")), "y"),
        "does not show how alike",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_it_is_refused_with_a_remedy(case):
    verb, words = BAD[case]

    with pytest.raises((EvaluationError, EstimationError), match=words) as raised:
        verb()

    assert all(issue.remedy and issue.expected for issue in raised.value.issues)


def test_an_outcome_that_is_constant_has_no_share_and_no_interval():
    found = rs.estimate_intracluster(designed(CONSTANT), "y").to_frame()

    assert found[["estimate", "conf_low", "conf_high"]].isna().all(axis=None)


def test_places_without_variance_have_no_autocorrelation():
    alike = sample()
    alike["y"] -= alike.groupby(["wave", "ea"])["y"].transform("mean")

    found = rs.estimate_autocorrelation(designed(alike), "y").to_frame()

    assert found["estimate"].isna().all()
