"""Effects of people made alike by weights, at the level of assignment."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import EvaluationError
from tests.evaluation.impact.towns import design_of, drawn, towns

# Two computations of the same estimator: Newton's steps end within 1e-10 of a deviation.
SAME = 1e-7
METHODS = ["doubly_robust", "entropy_balanced"]


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(8)
    made = towns(rng, effect=4.0, unequal=True, persons=40)
    made["arm"] = made["town"].isin([f"town_{n}" for n in range(4)]).astype(int)
    made["age"] = rng.normal(40 + 2 * made["arm"], 10)
    made["trust"] += 0.3 * (made["age"] - 40) * (1 + (made["wave"] == "end"))
    made.loc[::23, "trust"] = np.nan
    return made


@pytest.fixture(scope="module")
def panel():
    rng = np.random.default_rng(4)
    people = pd.DataFrame({"id": np.arange(480), "town": [f"town_{n % 8}" for n in range(480)]})
    people["arm"] = (people["town"] < "town_4").astype(int)
    people["age"] = rng.normal(40 + 3 * people["arm"], 10)
    base = people.assign(wave="base", trust=50 + rng.normal(0, 8, 480))
    gain = 3 * people["arm"] + 0.2 * (people["age"] - 40)
    end = base.assign(wave="end", trust=base["trust"] + gain + rng.normal(0, 5, 480))
    both = pd.concat([base, end.iloc[:440]], ignore_index=True)
    return rs.SurveyDesign(both, wave="wave", waves="panel", respondent_id="id")


def test_points_and_sampling_errors_are_those_of_the_estimate_on_the_design(frame):
    design = design_of(frame)
    impact = rs.estimate_impact(
        design,
        "trust",
        method="doubly_robust",
        covariates=["age"],
        assignment=drawn(weight_cities="population"),
    )

    own = rs.estimate_doubly_robust_did(
        design, "trust", "age", arm="arm", between=("base", "end"), people="all"
    )
    assert impact.evidence.estimate == pytest.approx(own.values, rel=SAME)
    assert impact.sampling_error == pytest.approx(own.std_error, rel=SAME)


@pytest.mark.parametrize("method", METHODS)
def test_a_panel_compares_the_changes_of_persons(panel, method):
    impact = rs.estimate_impact(
        panel,
        "trust",
        method=method,
        covariates=["age"],
        assignment=drawn(weight_cities="population"),
    )

    own = rs.estimate_doubly_robust_did(panel, "trust", "age", arm="arm", between=("base", "end"))
    assert impact.evidence.estimate == pytest.approx(own.values, rel=SAME)
    assert impact.evidence.n.tolist() == [440]


def test_entropy_balancing_is_the_difference_of_balanced_waves(frame):
    impact = rs.estimate_impact(
        design_of(frame),
        "trust",
        method="entropy_balanced",
        covariates=["age"],
        assignment=drawn(weight_cities="population"),
    )

    kept = design_of(frame[frame["trust"].notna()].reset_index(drop=True))
    balanced = rs.entropy_balance(kept, "age", arm="arm")
    means = rs.estimate_mean(balanced, "trust", by=["arm", "wave"]).to_frame()
    levels = means.set_index([means["arm"].astype(str), means["wave"].astype(str)])["estimate"]
    change = {arm: levels[arm, "end"] - levels[arm, "base"] for arm in ("0", "1")}
    assert impact.evidence.estimate[0] == pytest.approx(change["1"] - change["0"], rel=SAME)


@pytest.mark.parametrize("method", METHODS)
def test_without_covariates_it_is_the_difference_in_differences_with_its_errors(frame, method):
    said = drawn()
    plain = rs.estimate_impact(design_of(frame), "trust", assignment=said)
    impact = rs.estimate_impact(design_of(frame), "trust", method=method, assignment=said)

    assert impact.evidence.estimate == pytest.approx(plain.evidence.estimate, rel=SAME)
    assert impact.sampling_error == pytest.approx(plain.sampling_error, rel=SAME)
    assert impact.evidence.df == pytest.approx([6.0])
    changes = impact.changes_by_unit()
    arms = [changes.loc[changes["arm"] == arm, "estimate"] for arm in ("treated", "comparison")]
    welch = np.sqrt(sum(arm.var() / len(arm) for arm in arms))
    assert impact.evidence.std_error[0] == pytest.approx(welch, rel=1e-6)
    assert impact.evidence.permuted_p == pytest.approx(plain.evidence.permuted_p)
    assert impact.evidence.permuted_low == pytest.approx(plain.evidence.permuted_low, rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_permutations_balance_anew(frame, method):
    said = drawn(2)
    few = frame[frame["town"].isin([f"town_{n}" for n in (0, 1, 4, 5)])].reset_index(drop=True)
    told = {"method": method, "covariates": ["age"]}
    impact = rs.estimate_impact(design_of(few), "trust", assignment=said, **told)

    found = []
    for pair in itertools.combinations(sorted(few["town"].unique()), 2):
        other = rs.Assignment(unit="town", mechanism="random", treated={"end": list(pair)})
        again = rs.estimate_impact(design_of(few), "trust", assignment=other, **told)
        found.append(again.evidence.estimate[0])
    assert np.sort(impact.evidence.permuted_draws[:, 0]) == pytest.approx(np.sort(found), rel=SAME)


def test_what_is_followed_is_named(frame):
    told = {"method": "doubly_robust", "covariates": ["age"]}
    chosen = rs.estimate_impact(
        design_of(frame), "trust", assignment=drawn(mechanism="non_random"), **told
    )

    assert chosen.headline == "influence"
    assert chosen.inference()["inference"].tolist() == ["influence", "placebo reference"]
    assert "errors_by_influence" in {note.code for note in chosen.notes}
    with pytest.raises(EvaluationError, match="no bootstrap of clusters"):
        rs.estimate_impact(design_of(frame), "trust", assignment=drawn(), headline="wild", **told)


def test_too_many_permutations_are_said_not_to_be_made(frame, monkeypatch):
    monkeypatch.setattr("resilience.evaluation.impact.balanced.MOST_ROWS_AGAIN", 10)
    impact = rs.estimate_impact(
        design_of(frame), "trust", method="doubly_robust", assignment=drawn()
    )

    assert impact.headline == "influence"
    assert {"permutation_not_made", "no_covariates"} <= {note.code for note in impact.notes}


def test_staggered_adoption_refers_to_its_own_verb(frame):
    with pytest.raises(EvaluationError, match="estimator of its own") as caught:
        rs.estimate_impact(design_of(frame), "trust", method="staggered", assignment=drawn())

    assert "rs.estimate_staggered" in caught.value.issues[0].remedy


def test_a_covariate_that_tells_the_arms_apart_is_refused(frame):
    apart = frame.assign(sign=np.where(frame["arm"] == 1, 5.0, 1.0) + (np.arange(len(frame)) % 2))
    with pytest.raises(EvaluationError, match="cannot be balanced on 'sign'"):
        rs.estimate_impact(
            design_of(apart),
            "trust",
            method="doubly_robust",
            covariates=["sign"],
            assignment=drawn(),
        )
