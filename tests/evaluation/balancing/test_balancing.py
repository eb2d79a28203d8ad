"""Balanced designs do what they say, keep their history, and refuse what cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import DesignError, EstimationError, EvaluationError

RTOL = 1e-9
# Replicates and linearisation are two roads to one error; 30 sampling points.
RTOL_REPLICATES = 0.15


def sample(seed: int = 1, waves: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for wave in range(1, waves + 1):
        for psu in range(30):
            for person in range(8):
                age = rng.integers(18, 70)
                rows.append(
                    {
                        **{"wave": f"w{wave}", "psu": psu, "id": f"{psu}-{person}"},
                        **{"site": "north" if psu % 2 else "south", "arm": int(psu % 3 == 0)},
                        **{"age": float(age + 6 * (psu % 3 == 0)), "town": "abc"[person % 3]},
                        **{"weight": rng.uniform(0.5, 2), "y": rng.normal(50, 10) + age / 5},
                    }
                )
    return pd.DataFrame(rows)


def designed(frame: pd.DataFrame, **roles) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame, **{"weight": "weight", "psu": "psu", **roles})


def in_waves(frame: pd.DataFrame) -> rs.SurveyDesign:
    return designed(frame, wave="wave", waves="panel", respondent_id="id")


def gap(design: rs.SurveyDesign, variable: str = "y") -> pd.Series:
    means = rs.estimate_mean(design, variable, by="arm")
    return rs.compare(means, over="arm", reference="0").to_frame().iloc[0]


def means_by_arm(design: rs.SurveyDesign, column: pd.Series) -> list[float]:
    arm = design.frame["arm"] == 1
    return [np.average(column[m], weights=design.weights[m]) for m in (arm, ~arm)]


class TestEntropyBalance:
    def test_means_are_met_and_the_treated_keep_their_weights(self):
        design = designed(sample())

        balanced = rs.entropy_balance(design, ["age", "town"], arm="arm")

        arm = design.frame["arm"] == 1
        np.testing.assert_array_equal(balanced.weights[arm], design.weights[arm])
        assert balanced.weights[~arm].sum() == pytest.approx(balanced.weights[arm].sum(), rel=RTOL)
        for column in (design.frame["age"], design.frame["town"] == "b"):
            treated, others = means_by_arm(balanced, column)
            assert treated == pytest.approx(others, rel=RTOL)

    def test_two_moments_meet_variances_too(self):
        balanced = rs.entropy_balance(designed(sample()), "age", arm="arm", moments=2)

        treated, others = means_by_arm(balanced, balanced.frame["age"] ** 2)
        assert treated == pytest.approx(others, rel=RTOL)

    def test_a_balanced_covariate_has_no_difference_and_no_error(self):
        balanced = rs.entropy_balance(designed(sample()), ["age"], arm="arm")

        found = gap(balanced, "age")

        assert found["estimate"] == pytest.approx(0, abs=1e-9)
        assert found["std_error"] == pytest.approx(0, abs=1e-9)

    def test_each_wave_is_balanced_by_itself_and_others_stay(self):
        design = in_waves(sample(waves=2))

        both = rs.entropy_balance(design, "age", arm="arm")
        later = rs.entropy_balance(design, "age", arm="arm", where={"wave": "w2"})

        first = (design.frame["wave"] == "w1").to_numpy()
        np.testing.assert_array_equal(later.weights[first], design.weights[first])
        np.testing.assert_allclose(later.weights[~first], both.weights[~first], rtol=1e-12)
        assert [part.wave for part in both.weight_history[-1].convergence] == ["w1", "w2"]

    def test_the_history_tells_how_and_how_much(self):
        (step,) = rs.entropy_balance(designed(sample()), "age", arm="arm").weight_history

        assert step.action == "entropy_balance"
        assert "160 compared with 80 by 'arm', on age" in step.detail
        assert step.largest_miss < 1e-10

    @pytest.mark.parametrize("kind", ["JK1", "bootstrap"])
    def test_replicates_are_balanced_anew(self, kind):
        design = designed(sample())
        replicated = rs.as_replicates(
            design, kind=kind, **({"n_replicates": 200, "seed": 1} if kind == "bootstrap" else {})
        )

        linear = gap(rs.entropy_balance(design, ["age", "town"], arm="arm"))
        found = gap(rs.entropy_balance(replicated, ["age", "town"], arm="arm"))

        assert found["estimate"] == pytest.approx(linear["estimate"], rel=RTOL)
        assert found["std_error"] == pytest.approx(linear["std_error"], rel=RTOL_REPLICATES)

    def test_it_is_the_improved_difference_of_persons(self):
        design = in_waves(sample(waves=2))

        balanced = rs.entropy_balance(design, ["age", "town"], arm="arm", where={"wave": "w2"})
        change = rs.estimate_panel_change(balanced, "y", between=("w1", "w2"), by="arm")
        byhand = rs.compare(change, over="arm", reference="0").to_frame()
        # The same covariates: the later wave's, which entropy balancing was given.
        frame = design.frame.merge(
            design.frame.query("wave == 'w2'")[["id", "age", "town"]],
            on="id",
            suffixes=("_own", ""),
        )
        robust = rs.estimate_doubly_robust_did(
            in_waves(frame), "y", ["age", "town"], arm="arm", between=("w1", "w2")
        ).to_frame()

        for column in ("estimate", "std_error"):
            assert byhand[column][0] == pytest.approx(robust[column][0], rel=1e-8)

    def test_means_out_of_reach_name_the_covariate_and_nobodys_answer(self):
        frame = sample()
        frame["rich"] = np.where(frame["arm"] == 1, 0.9, frame["age"] / 100)

        with pytest.raises(EvaluationError) as error:
            rs.entropy_balance(designed(frame), ["age", "rich"], arm="arm")

        (issue,) = error.value.issues
        assert "'rich'" in issue.what
        assert "the treated's mean, 0.9, lies outside" in issue.found
        assert "0.18" not in str(error.value)
        assert "0.69" not in str(error.value)

    def test_means_out_of_reach_together_name_who_stays_apart(self):
        rng = np.random.default_rng(3)
        others = rng.uniform(0, 1, 200)
        frame = pd.DataFrame(
            {
                "arm": [1] * 40 + [0] * 200,
                "a": np.append(np.full(40, 0.2), others),
                # Among the comparison group b nearly is a; among the treated it is not.
                "b": np.append(np.full(40, 0.8), others + rng.normal(0, 0.01, 200)),
            }
        )
        frame.loc[:1, ["a", "b"]] = 0.3, 0.7

        with pytest.raises(EvaluationError, match="together with the other covariates"):
            rs.entropy_balance(rs.SurveyDesign(frame), ["a", "b"], arm="arm")

    def test_replicates_that_cannot_be_balanced_say_which(self):
        frame = sample()
        # Only one sampling point of the comparison group has what the treated have.
        frame["trade"] = ((frame["arm"] == 1) & (frame["town"] == "a") | (frame["psu"] == 1)) * 1
        replicated = rs.as_replicates(designed(frame), kind="JK1")
        balanced = rs.entropy_balance(replicated, "trade", arm="arm")

        with pytest.raises(DesignError, match="replicate"):
            gap(balanced)

    @pytest.mark.parametrize(
        ("change", "call", "words"),
        [
            ({"age": np.nan}, {}, "'age' is missing"),
            ({"arm": np.nan}, {}, "nobody has this value of 'arm'"),
            ({}, {"covariates": ["age", "ages"]}, "no column 'ages'"),
            ({}, {"arm": "arms"}, "no column 'arms'"),
            ({}, {"treated": "yes"}, "nobody has this value"),
            ({"arm": 1}, {}, "there is nobody to compare"),
            ({"twin": 3.0}, {"covariates": ["age", "twin"]}, "adds nothing"),
        ],
    )
    def test_what_it_refuses(self, change, call, words):
        frame = sample().assign(**change)
        asked = {"covariates": ["age"], "arm": "arm", **call}

        with pytest.raises((EvaluationError, EstimationError), match=words):
            rs.entropy_balance(designed(frame), **asked)

    def test_after_raking_errors_know_of_both_steps(self):
        census = rs.Margin(
            variable="town", shares={"a": 0.5, "b": 0.3, "c": 0.2}, source="simulated"
        )
        design = designed(sample())
        linear = gap(rs.entropy_balance(rs.rake(design, census), "age", arm="arm"))

        replicated = rs.rake(rs.as_replicates(design, kind="JK1"), census)
        found = gap(rs.entropy_balance(replicated, "age", arm="arm"))

        assert found["estimate"] == pytest.approx(linear["estimate"], rel=RTOL)
        assert found["std_error"] == pytest.approx(linear["std_error"], rel=RTOL_REPLICATES)

    def test_a_regression_on_a_balanced_design_is_the_difference_of_means(self):
        balanced = rs.entropy_balance(designed(sample()), ["age", "town"], arm="arm")

        row = rs.fit_regression(balanced, "y", "arm").to_frame().iloc[1]

        for column in ("estimate", "std_error"):
            assert row[column] == pytest.approx(gap(balanced)[column], rel=1e-8)

    def test_the_treated_may_be_named_by_numbers_of_arrays_and_by_several_values(self):
        frame = sample().assign(kind=lambda f: f["psu"] % 3)
        asked = {"arm": "kind", "where": {"site": "north"}}

        one = rs.entropy_balance(designed(frame), "age", treated=np.int64(0), **asked)
        two = rs.entropy_balance(designed(frame), "age", treated=[0, 1], **asked)

        assert "40 by 'kind'" in one.weight_history[0].detail
        assert "80 by 'kind'" in two.weight_history[0].detail

    def test_moments_are_one_or_two(self):
        with pytest.raises(ValueError, match="'moments'"):
            rs.entropy_balance(designed(sample()), "age", arm="arm", moments=3)


class TestPropensity:
    def test_overlap_weights_balance_exactly(self):
        weighted = rs.weight_by_propensity(
            designed(sample()), ["age", "town"], arm="arm", estimand="overlap"
        )

        treated, others = means_by_arm(weighted, weighted.frame["age"])
        assert treated == pytest.approx(others, rel=1e-8)

    @pytest.mark.parametrize("estimand", ["att", "ate", "overlap"])
    def test_replicates_agree(self, estimand):
        design = designed(sample())
        asked = {"arm": "arm", "estimand": estimand}

        linear = gap(rs.weight_by_propensity(design, ["age", "town"], **asked))
        replicated = rs.as_replicates(design, kind="JK1")
        found = gap(rs.weight_by_propensity(replicated, ["age", "town"], **asked))

        assert found["std_error"] == pytest.approx(linear["std_error"], rel=RTOL_REPLICATES)

    def test_limits_leave_out_and_tell(self):
        weighted = rs.weight_by_propensity(
            designed(sample()), ["age"], arm="arm", limits=(0.25, 0.6)
        )

        out = int((weighted.weights == 0).sum())
        assert 0 < out < 200
        assert f"{out} beyond 0.25 to 0.6 left out" in weighted.weight_history[-1].detail

    def test_limits_that_leave_nobody_are_refused(self):
        with pytest.raises(EvaluationError, match="weighs nothing"):
            rs.weight_by_propensity(designed(sample()), ["age"], arm="arm", limits=(0.98, 0.99))

    def test_covariates_that_tell_arms_apart_are_refused(self):
        frame = sample()
        frame["mark"] = frame["arm"] + np.random.default_rng(2).uniform(-0.2, 0.2, len(frame))

        with pytest.raises(EvaluationError, match="cannot be estimated"):
            rs.weight_by_propensity(designed(frame), ["mark"], arm="arm")

    @pytest.mark.parametrize("wrong", [{"estimand": "atc"}, {"limits": (0.9, 0.1)}])
    def test_rules_there_are_not(self, wrong):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            rs.weight_by_propensity(designed(sample()), ["age"], arm="arm", **wrong)


class TestImbalance:
    def test_it_tells_before_and_after(self):
        design = designed(sample())
        balanced = rs.entropy_balance(design, "age", arm="arm")

        told = rs.imbalance(balanced, ["age", "town"], arm="arm")

        age = told.to_frame().set_index("variable").loc["age"]
        assert abs(age["standardised_before"]) > 0.2
        assert age["standardised_after"] == pytest.approx(0, abs=1e-9)
        worth = told.groups.set_index("group")
        assert worth.loc["comparison", "effective_after"] < worth.loc["comparison", "n"]
        assert worth.loc["treated", "effective_after"] == pytest.approx(
            worth.loc["treated", "effective_before"]
        )
        assert "imbalance" in repr(told)
        assert "<table" in told._repr_html_()

    def test_common_support_counts_those_without_counterpart(self):
        frame = sample()
        frame.loc[0, "age"] = 95.0  # one of the treated, older than all others

        told = rs.common_support(designed(frame), "age", arm="arm")

        rows = told.to_frame().set_index("group")
        assert rows.loc["treated", "n_outside"] >= 1
        assert rows.loc["treated", "share_outside"] < 0.2
        assert (rows["low"] <= rows["median"]).all()
        assert "propensity" in repr(told)
        assert "<table" in told._repr_html_()


class TestDoublyRobustDifference:
    def test_several_outcomes_have_one_covariance(self):
        frame = sample(waves=2)
        frame["z"] = frame["y"] + 1.0

        found = rs.estimate_doubly_robust_did(
            in_waves(frame), ["y", "z"], ["age"], arm="arm", between=("w1", "w2")
        )

        assert list(found.rows["variable"]) == ["y", "z"]
        covariance = found.covariance
        assert covariance[0, 1] == pytest.approx(covariance[0, 0], rel=1e-8)

    def test_by_and_where_make_domains(self):
        design = in_waves(sample(waves=2))
        asked = {"arm": "arm", "between": ("w1", "w2")}

        apart = rs.estimate_doubly_robust_did(design, "y", ["age"], by="site", **asked)
        north = rs.estimate_doubly_robust_did(
            design, "y", ["age"], where={"site": "north"}, **asked
        )

        row = apart.to_frame().set_index("site").loc["north"]
        assert row["estimate"] == pytest.approx(north.values[0], rel=RTOL)
        assert row["std_error"] == pytest.approx(north.to_frame()["std_error"][0], rel=RTOL)

    def test_who_is_left_out_is_told(self):
        frame = sample(waves=2)
        frame.loc[frame.index[:5], "y"] = np.nan
        frame.loc[frame.index[5:8], "age"] = np.nan
        frame = frame.drop(index=frame.index[-4:])

        found = rs.estimate_doubly_robust_did(
            in_waves(frame), "y", ["age"], arm="arm", between=("w1", "w2")
        )

        told = found.provenance.n_excluded
        assert told["y missing"] == 5
        assert told["age missing"] == 3
        assert found.n[0] == 240 - 4 - 8

    @pytest.mark.parametrize("people", ["same", "all"])
    def test_replicates_agree(self, people):
        design = in_waves(sample(waves=2))
        asked = {"arm": "arm", "between": ("w1", "w2"), "people": people}

        linear = rs.estimate_doubly_robust_did(design, "y", ["age"], **asked).to_frame()
        replicated = rs.as_replicates(design, kind="JK1")
        found = rs.estimate_doubly_robust_did(replicated, "y", ["age"], **asked).to_frame()

        assert found["std_error"][0] == pytest.approx(linear["std_error"][0], rel=RTOL_REPLICATES)

    def test_covariates_of_the_earlier_wave_count(self):
        frame = sample(waves=2)
        asked = {"arm": "arm", "between": ("w1", "w2")}
        before = rs.estimate_doubly_robust_did(in_waves(frame), "y", ["age"], **asked)
        frame.loc[frame["wave"] == "w2", "age"] = 40.0 + np.arange(240) % 5

        after = rs.estimate_doubly_robust_did(in_waves(frame), "y", ["age"], **asked)

        assert after.values[0] == before.values[0]

    def test_bad_input_is_refused_with_what_can_still_be_told(self):
        frame = sample(waves=2)
        asked = {"covariates": ["age"], "arm": "arm", "between": ("w1", "w2")}

        def refused(changed: pd.DataFrame, words: str, **call) -> None:
            with pytest.raises((EvaluationError, EstimationError), match=words) as error:
                rs.estimate_doubly_robust_did(in_waves(changed), "y", **{**asked, **call})
            assert all(issue.remedy for issue in error.value.issues)

        gone = frame[~((frame["arm"] == 1) & (frame["wave"] == "w1"))]
        refused(gone, "too few respondents answered 'y'")
        refused(gone, "too few respondents", people="all")
        moved = frame.assign(arm=frame["arm"].where(frame.index != 3, 0))
        refused(moved, "persons change their 'arm'")
        refused(frame.assign(y=frame["y"].where(frame["arm"] == 0, 50.0)), "is the same for all")
        refused(pd.concat([frame, frame.iloc[:2]]), "ids of respondents occur more than once")
        refused(frame, "two different waves", between=("w1", "w3"))
        refused(frame.assign(twin=2 * frame["age"]), "adds nothing", covariates=["age", "twin"])
        apart = frame.assign(age=np.where(frame["arm"] == 1, 200.0, frame["age"]))
        refused(apart, "cannot be balanced on 'age'")
        marked = frame.assign(age=np.where(frame["arm"] == 1, 200.0, 0.0) + frame["age"])
        refused(marked, "cannot be estimated", method="traditional")

    @pytest.mark.parametrize("wrong", [{"method": "best"}, {"people": "some"}])
    def test_words_there_are_not(self, wrong):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            rs.estimate_doubly_robust_did(
                in_waves(sample(waves=2)), "y", arm="arm", between=("w1", "w2"), **wrong
            )
