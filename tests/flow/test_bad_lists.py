"""Bad input to verbs on sensitive questions: each is refused in words, or warned of."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import EstimationError, EvaluationError, ResilienceError, ResilienceWarning

SECRET = 31337.0
DIE = rs.Randomisation.forced(yes=1 / 6, no=1 / 6)


def sample() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    n = 240
    arm = np.arange(n) % 2
    return pd.DataFrame(
        {
            "arm": arm,
            "told": (rng.binomial(3, 0.5, n) + arm * (rng.random(n) < 0.4)).astype(float),
            "admits": (rng.random(n) < 0.2).astype(float),
            "region": pd.Categorical(np.where(np.arange(n) < 120, "north", "south")),
            "age": rng.normal(40, 10, n),
            "word": "x",
            "ea": np.arange(n) // 12,
        }
    )


def swapped(frame):
    return frame.assign(arm=1 - frame["arm"], told=np.where(frame.index == 1, 4, frame["told"]))


def alone_in_the_north(frame):
    return frame[(frame["arm"] == 0) | (frame["region"] == "south")].reset_index(drop=True)


BAD = {
    "constant arm": (lambda f: f.assign(arm=1), "tell two versions"),
    "unclear arm": (lambda f: f.assign(arm=f["arm"].map({0: "a", 1: "b"})), "not clear who heard"),
    "three arms": (lambda f: f.assign(arm=np.arange(len(f)) % 3), "not clear who heard"),
    "too many": (lambda f: f.assign(told=f["told"] + 2), "exceed the list"),
    "missing code": (lambda f: f.assign(told=f["told"].replace(3, SECRET)), "exceed the list"),
    "halves": (lambda f: f.assign(told=f["told"] + 0.5), "not whole numbers"),
    "negative": (lambda f: f.assign(told=f["told"] - 1), "not whole numbers"),
    "swapped": (swapped, "arms may be swapped"),
    "silent arm": (lambda f: f.assign(told=f["told"].where(f["arm"] == 0)), "too few answers"),
    "nobody": (lambda f: f.assign(told=np.nan), "too few answers"),
    "no arm": (lambda f: f.drop(columns="arm"), "no column 'arm'"),
    "no count": (lambda f: f.drop(columns="told"), "no column 'told'"),
    "text": (lambda f: f.assign(told=f["word"]), "not numeric"),
    "infinite": (lambda f: f.assign(told=f["told"].replace(3, np.inf)), "infinite"),
}
QUESTION = rs.ListQuestion("told", "arm", 3)
VERBS = {
    "estimate_list": lambda design: rs.estimate_list(design, QUESTION),
    "list_bounds": lambda design: rs.list_bounds(design, QUESTION),
    "list_design_test": lambda design: rs.list_design_test(design, QUESTION),
    "fit_list": lambda design: rs.fit_list(design, QUESTION, "age"),
    "estimate_list_adjusted": lambda design: rs.estimate_list_adjusted(design, QUESTION, "age"),
    "combine": lambda design: rs.combine_list_with_direct(design, QUESTION, "admits"),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("bad", BAD)
def test_lists_that_cannot_be_used_are_refused(verb, bad):
    spoil, words = BAD[bad]
    design = rs.SurveyDesign(spoil(sample()), psu="ea")

    with pytest.raises(ResilienceError, match=words) as caught:
        VERBS[verb](design)

    assert str(int(SECRET)) not in str(caught.value)
    assert all(issue.remedy for issue in caught.value.issues)


def test_all_groups_without_an_arm_are_told_at_once():
    frame = sample()
    frame["told"] = frame["told"].where(frame["arm"] == 0)
    design = rs.SurveyDesign(frame, psu="ea")

    with pytest.raises(EvaluationError) as caught:
        rs.estimate_list(design, QUESTION, by="region")
    assert [issue.what[-5:] for issue in caught.value.issues] == ["north", "south"]

    one = rs.SurveyDesign(alone_in_the_north(sample()), psu="ea")
    with pytest.raises(EvaluationError, match="north"):
        rs.estimate_list(one, QUESTION, by="region")
    assert len(rs.estimate_list(one, QUESTION, by="region", where={"region": "south"})) == 1


def test_items_must_be_a_number_of_statements():
    with pytest.raises(ValueError, match="2 or more"):
        rs.ListQuestion("told", "arm", 1)
    with pytest.raises(TypeError, match="whole number"):
        rs.ListQuestion("told", "arm", 2.5)


def test_arms_by_name_are_found_or_refused():
    frame = sample().assign(arm=lambda f: f["arm"].map({0: "short", 1: "long"}))
    design = rs.SurveyDesign(frame, psu="ea")

    assert len(rs.estimate_list(design, rs.ListQuestion("told", "arm", 3, "long"))) == 1
    with pytest.raises(EvaluationError, match="did you mean 'long'"):
        rs.estimate_list(design, rs.ListQuestion("told", "arm", 3, "lomg"))


def test_a_negative_share_is_shown_and_warned_of():
    frame = sample()
    frame["told"] = np.where(frame["arm"] == 1, np.maximum(frame["told"] - 1, 0), frame["told"])

    with pytest.warns(ResilienceWarning, match="below 0 or above 1"):
        made = rs.estimate_list(rs.SurveyDesign(frame, psu="ea"), QUESTION)
    assert made.values[0] < 0


def test_a_model_without_a_best_value_is_refused():
    frame = sample()
    frame["told"] = np.minimum(frame["told"], 3)  # nobody tells the full list
    frame["told"] = np.where(frame["arm"] == 1, frame["told"].where(frame["arm"] == 0, 0), 1)
    design = rs.SurveyDesign(frame, psu="ea")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ResilienceError):
            rs.fit_list(design, QUESTION, "age")
    spoiled = sample().assign(only=lambda f: f["arm"] * (f["age"] > 40))
    with pytest.raises(EvaluationError, match="arm"):
        rs.fit_list(rs.SurveyDesign(spoiled, psu="ea"), QUESTION, "only")


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda d: rs.refusal_bounds(d, "age"), EvaluationError, "outside the scale"),
        (lambda d: rs.refusal_bounds(d, "nothing"), EstimationError, "no column"),
        (lambda d: rs.refusal_bounds(d, "admits", hiding=("refusd",)), EvaluationError, "reason"),
        (
            lambda d: rs.refusal_bounds(d, "admits", reasons=pd.DataFrame({"other": [""]})),
            EvaluationError,
            "no reasons",
        ),
        (lambda d: rs.refusal_bounds(d, "admits", answers=[9]), EstimationError, "nobody gave"),
        (
            lambda d: rs.estimate_endorsement(d, {"age": "region"}, control="north", scale=(1, 5)),
            EvaluationError,
            "outside the scale",
        ),
        (
            lambda d: rs.estimate_endorsement(d, {"admits": "region"}, control="n", scale=(0, 1)),
            EvaluationError,
            "nobody has the value",
        ),
        (
            lambda d: rs.estimate_endorsement(d, {"admits": "word"}, control="x", scale=(0, 1)),
            EvaluationError,
            "two versions",
        ),
        (lambda d: rs.estimate_randomised_response(d, "age", DIE), EstimationError, "0 and 1"),
        (
            lambda d: rs.fit_randomised_response(d, "told", "age", DIE),
            EvaluationError,
            "0 and 1",
        ),
        (
            lambda d: rs.combine_list_with_direct(d, QUESTION, "age"),
            EstimationError,
            "0 and 1",
        ),
        (lambda _: rs.Randomisation.mirrored(truth=0.5), EvaluationError, "hides everything"),
        (lambda _: rs.Randomisation.forced(yes=1.5, no=0), ValueError, "between 0 and 1"),
        (lambda d: rs.fit_list(d, QUESTION, "age", method="em"), ValueError, "'method'"),
        (
            lambda d: rs.estimate_list_adjusted(d, QUESTION, "age", over="age"),
            EstimationError,
            "no categorical predictor",
        ),
    ],
)
def test_other_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call(rs.SurveyDesign(sample(), psu="ea"))


def test_nobody_admits():
    design = rs.SurveyDesign(sample().assign(admits=0.0), psu="ea")
    both = rs.combine_list_with_direct(design, QUESTION, "admits")

    assert both.shares.values[0] == pytest.approx(both.shares.values[1])
    assert np.isnan(both.placebo.values[0])
    assert np.isnan(both.tests()["p_value"].iloc[1])
