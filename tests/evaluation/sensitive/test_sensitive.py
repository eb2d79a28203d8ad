"""Sensitive questions: what the verbs give, count and keep."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import resilience as rs
from resilience.errors import EvaluationError, ResilienceWarning
from resilience.evaluation.sensitive.bounds import imbens_manski
from resilience.evaluation.sensitive.cone import distance_from_positive, tail_of_distance

QUESTION = rs.ListQuestion("told", "arm", 3)
SEED = 11


def sample(n: int = 800, *, seed: int = SEED) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    arm = rng.permutation(np.arange(n) % 2)
    plain = rng.binomial(3, 0.5, n)
    holds = rng.random(n) < 0.3
    frame = pd.DataFrame(
        {
            "arm": arm,
            "told": (plain + arm * holds).astype(float),
            "admits": (holds & (rng.random(n) < 0.5)).astype(float),
            "region": pd.Categorical(rng.choice(["north", "south"], n)),
            "wave": pd.Categorical(np.where(np.arange(n) < n // 2, "w1", "w2")),
            "ea": np.arange(n) // 20,
            "weight": rng.uniform(1, 3, n),
        }
    )
    frame.loc[:9, "told"] = np.nan
    return frame


def clustered(frame: pd.DataFrame, **roles) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame, weight="weight", psu="ea", **roles)


def test_a_list_is_the_difference_of_weighted_means():
    design = clustered(sample())
    means = rs.estimate_mean(design, "told", by="arm")
    difference = rs.compare(means, over="arm", reference="0")
    made = rs.estimate_list(design, QUESTION)

    np.testing.assert_allclose(made.values, difference.values, rtol=1e-12)
    np.testing.assert_allclose(made.std_error, difference.std_error, rtol=1e-12)


def test_replicates_give_nearly_the_same_error():
    design = clustered(sample())
    replicated = rs.as_replicates(design, "JK1")
    linear = rs.estimate_list(design, QUESTION)
    made = rs.estimate_list(replicated, QUESTION)
    fitted = rs.fit_list(replicated, QUESTION, "region", method="linear")

    np.testing.assert_allclose(made.std_error, linear.std_error, rtol=0.03)
    assert np.isfinite(fitted.coefficients.std_error).all()


def test_weights_that_fit_margins_are_known_to_the_error():
    design = clustered(sample())
    margins = [rs.Margin(variable="region", counts={"north": 900, "south": 700}, source="Census")]
    made = rs.estimate_list(rs.rake(design, margins), QUESTION)

    assert np.isfinite(made.std_error).all()
    assert made.std_error[0] != rs.estimate_list(design, QUESTION).std_error[0]


def test_several_sensitive_statements_share_the_control_arm():
    frame = sample(900)
    rng = np.random.default_rng(1)
    frame["arm"] = pd.Categorical(rng.permutation(np.resize(["plain", "first", "second"], 900)))
    question = rs.ListQuestion("told", "arm", 4, ("first", "second"), "plain")
    made = rs.estimate_list(clustered(frame), question)

    assert made.rows["arm"].tolist() == ["first", "second"]
    assert made.covariance[0, 1] > 0  # of the control arm's mean
    assert len(rs.list_design_test(clustered(frame), question)) == 2
    with pytest.raises(EvaluationError, match="several sensitive statements"):
        rs.fit_list(clustered(frame), question, [])


def test_who_is_left_out_is_counted_by_reason():
    frame = sample()
    frame.loc[[20, 21], "arm"] = np.nan
    reasons = pd.DataFrame({"told": np.where(frame["told"].isna(), "refused", "")})
    plain = rs.estimate_list(clustered(frame), QUESTION)
    told = rs.estimate_list(clustered(frame), QUESTION, reasons=reasons)

    assert plain.provenance.n_excluded == {"arm missing": 2, "told missing": 10}
    assert told.provenance.n_excluded == {"arm missing": 2, "told refused": 10}
    assert told.n[0] == 788


def test_change_between_waves_knows_of_shared_psus():
    frame = sample()
    frame["ea"] = frame["ea"] % 20
    design = clustered(frame, wave="wave", waves="same_psu")
    by_wave = rs.estimate_list(design, QUESTION, by="wave")

    assert by_wave.covariance[0, 1] != 0
    assert rs.compare(by_wave, over="wave", reference="w1").measure == "change"


def test_bounds_hold_the_difference_and_what_may_hide():
    design = clustered(sample())
    bounds = rs.list_bounds(design, QUESTION, by="region")
    shares = rs.estimate_list(design, QUESTION, by="region")

    np.testing.assert_allclose(bounds.lower.values, shares.values)
    assert (bounds.upper.values >= bounds.lower.values).all()
    assert "n_hidden" not in bounds.to_frame()


def test_predicted_shares_of_a_model_without_predictors_are_the_share():
    design = clustered(sample())
    linear = rs.estimate_list_adjusted(design, QUESTION, [], method="linear")
    likely = rs.estimate_list_adjusted(design, QUESTION, [])
    share = rs.estimate_list(design, QUESTION)

    np.testing.assert_allclose(linear.values, share.values, rtol=1e-9)
    np.testing.assert_allclose(linear.std_error, share.std_error, rtol=1e-6)
    assert likely.std_error[0] < share.std_error[0]


def test_hiding_raises_the_share():
    design = clustered(sample())
    honest = rs.fit_list(design, QUESTION, []).coefficients.values[0]
    hiding = rs.fit_list(design, QUESTION, [], hiding=rs.Hiding(ceiling=0.5)).coefficients

    assert hiding.values[0] > honest
    with pytest.raises(ValueError, match="hiding"):
        rs.fit_list(design, QUESTION, [], method="nls", hiding=rs.Hiding(floor=0.5))


def test_a_direct_question_makes_the_list_more_precise():
    both = rs.combine_list_with_direct(clustered(sample()), QUESTION, "admits")
    combined, alone, direct, hidden = both.shares.std_error

    assert combined < alone
    assert both.shares.values[0] == pytest.approx(both.shares.values[[2, 3]].sum())
    assert both.tests()["null"].tolist() == [0.0, 1.0]
    assert both.tests()["p_value"].min() > 0.01
    assert direct > 0
    assert hidden > 0


def test_refusals_by_reason():
    frame = pd.DataFrame({"agrees": [1.0, 0, 1, np.nan, np.nan, np.nan], "ea": range(6)})
    reasons = pd.DataFrame({"agrees": ["", "", "", "refused", "dont_know", "not_asked"]})
    design = rs.SurveyDesign(frame, psu="ea")
    widest = rs.refusal_bounds(design, "agrees")
    refused = rs.refusal_bounds(design, "agrees", reasons=reasons)
    both = rs.refusal_bounds(design, "agrees", reasons=reasons, hiding=("refused", "dont_know"))

    assert (widest.lower.values[0], widest.upper.values[0]) == pytest.approx((2 / 6, 5 / 6))
    assert (refused.lower.values[0], refused.upper.values[0]) == pytest.approx((2 / 4, 3 / 4))
    assert refused.lower.provenance.n_excluded == {"agrees dont_know": 1, "agrees not_asked": 1}
    assert both.n_hidden.tolist() == [2]
    assert both.to_frame()["n"].tolist() == [5]


def test_changes_between_bounds_are_the_widest():
    frame = sample()
    frame.loc[frame.index % 7 == 0, "admits"] = np.nan
    frame["ea"] = frame["ea"] % 20
    design = clustered(frame, wave="wave", waves="same_psu")
    bounds = rs.refusal_bounds(design, "admits", by="wave")
    change = rs.compare_bounds(bounds, over="wave", reference="w1")

    lower, upper = bounds.lower.values, bounds.upper.values
    assert change.lower.values[0] == pytest.approx(lower[1] - upper[0])
    assert change.upper.values[0] == pytest.approx(upper[1] - lower[0])
    assert change.n_hidden[0] == bounds.n_hidden.sum()


def test_imbens_manski_limits_lie_between_one_and_two_sided_ones():
    width = np.array([0.0, 1e-3, 10.0])
    times = imbens_manski(width, np.full(3, 0.05), np.full(3, np.inf), 0.95)

    assert times[0] == pytest.approx(stats.norm.ppf(0.975))
    assert times[2] == pytest.approx(stats.norm.ppf(0.95))
    assert times[2] < times[1] < times[0]
    assert np.isnan(imbens_manski(width[:1], np.array([np.nan]), np.array([5.0]), 0.95))[0]


def test_tail_of_the_distance_is_that_of_draws():
    rng = np.random.default_rng(2)
    root = rng.normal(size=(4, 4))
    covariance = root @ root.T + np.eye(4)
    draws = rng.multivariate_normal(np.zeros(4), covariance, 3_000)
    distances = np.array([distance_from_positive(draw, covariance) for draw in draws])

    for bar in (0.5, 2.0, 5.0):
        assert tail_of_distance(bar, covariance) == pytest.approx(
            (distances >= bar).mean(), abs=0.03
        )
    assert tail_of_distance(0.0, covariance) == 1


def test_endorsements_are_averaged_with_their_covariance():
    rng = np.random.default_rng(4)
    n = 400
    frame = pd.DataFrame(
        {
            **{name: rng.integers(1, 6, n).astype(float) for name in ("a", "b")},
            **{f"{name}_told": rng.choice(["none", "group"], n) for name in ("a", "b")},
            "ea": np.arange(n) // 10,
        }
    )
    design = rs.SurveyDesign(frame, psu="ea")
    questions = {"a": "a_told", "b": "b_told"}
    made = rs.estimate_endorsement(design, questions, control="none", scale=(1, 5))

    assert made.rows["variable"].tolist() == ["a", "b", "all_questions"]
    assert made.values[2] == pytest.approx(made.values[:2].mean())
    assert made.std_error[2] ** 2 == pytest.approx(made.covariance[:2, :2].sum() / 4)


@pytest.mark.parametrize(
    ("device", "holding", "not_holding"),
    [
        (rs.Randomisation.forced(yes=1 / 6, no=1 / 6), 5 / 6, 1 / 6),
        (rs.Randomisation.mirrored(truth=0.7), 0.7, 0.3),
        (rs.Randomisation.disguised(truth=0.7), 0.7, 0.3),
        (rs.Randomisation.unrelated(truth=0.6, yes=0.25), 0.7, 0.1),
    ],
)
def test_devices(device, holding, not_holding):
    frame = pd.DataFrame({"yes": np.repeat([1.0, 0.0], [45, 55])})
    made = rs.estimate_randomised_response(rs.SurveyDesign(frame), "yes", device)

    assert (device.yes_if_holding, device.yes_if_not) == pytest.approx((holding, not_holding))
    assert made.values[0] == pytest.approx((0.45 - not_holding) / (holding - not_holding))


def test_a_regression_of_randomised_answers_tells_odds_ratios():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"yes": (rng.random(500) < 0.4) * 1.0, "age": rng.normal(size=500)})
    die = rs.Randomisation.forced(yes=1 / 6, no=1 / 6)
    fitted = rs.fit_randomised_response(rs.SurveyDesign(frame), "yes", "age", die)
    share = rs.estimate_randomised_response(rs.SurveyDesign(frame), "yes", die)
    alone = rs.fit_randomised_response(rs.SurveyDesign(frame), "yes", [], die).coefficients

    assert fitted.to_frame(ratios=True)["measure"].tolist() == ["odds_ratio"]
    assert 1 / (1 + np.exp(-alone.values[0])) == pytest.approx(share.values[0])


def test_results_show_no_rows_and_warn_of_what_is_no_share():
    frame = sample()
    frame["arm"] = 1 - frame["arm"]
    design = clustered(frame)
    with pytest.warns(ResilienceWarning, match="below 0"):
        made = rs.estimate_list(design, rs.ListQuestion("told", "arm", 4))
    bounds = rs.refusal_bounds(design, "admits")
    test = rs.list_design_test(design, rs.ListQuestion("told", "arm", 4))

    assert made.values[0] < 0
    for noun in (bounds, test, rs.fit_list(clustered(sample()), QUESTION, "region")):
        assert len(repr(noun).splitlines()) < 20
        assert noun._repr_html_().startswith("<")
    assert rs.Randomisation.mirrored(truth=0.75).slope == 0.5


def test_the_kenya_study_s_list_and_its_truth():
    study = rs.load_study("surveys/kenya/study.yaml")
    responses = rs.load_responses(study)
    design = rs.SurveyDesign.from_responses(rs.score(responses))
    question = rs.ListQuestion.from_study(study, "ken_list_version")
    shares = rs.estimate_list(design, question, by="wave", reasons=responses.reason_names())
    low, high = shares.interval()

    assert (low < [0.22, 0.18]).all()
    assert (high > [0.22, 0.18]).all()
    assert set(shares.provenance.n_excluded) == {
        "ken_list_count refused",
        "ken_list_count dont_know",
    }
    with pytest.raises(EvaluationError, match="no list experiment"):
        rs.ListQuestion.from_study(study, "ken_list_versions")


def test_long_lists_have_their_distribution_from_draws():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(4, 4))
    joint = np.eye(5)
    joint[:4, :4] = root @ root.T + np.eye(4)  # a fifth number that has nothing to do with them
    shares = [tail_of_distance(bar, joint) for bar in (1.0, 3.0)]
    draws = rng.multivariate_normal(np.zeros(5), joint, 2_000)
    distances = np.array([distance_from_positive(draw, joint) for draw in draws])

    assert shares == pytest.approx([(distances >= bar).mean() for bar in (1.0, 3.0)], abs=0.035)
    assert shares[0] == tail_of_distance(1.0, joint)
    with pytest.raises(ValueError, match="ceiling"):
        rs.Hiding(ceiling=1.0)
