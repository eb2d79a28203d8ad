"""Regressions: what they refuse, what they tell, and what must hold for every one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import ComparisonError, EstimationError, ResilienceWarning

FAMILIES = {"gaussian": "y", "binomial": "z", "poisson": "count"}


@pytest.fixture
def persons() -> pd.DataFrame:
    """Simulated: 120 persons in 12 PSUs of 3 strata, with answers of all kinds."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({"psu": np.repeat(np.arange(12), 10)})
    frame["stratum"] = frame["psu"] // 4
    frame["weight"] = rng.gamma(4, 25, len(frame))
    frame["age"] = rng.integers(18, 80, len(frame))
    frame["sex"] = np.where(rng.random(len(frame)) < 0.5, "f", "m")
    frame["site"] = np.array(["north", "centre", "south"])[frame["stratum"]]
    latent = (frame["age"] - 50) / 40 + (frame["sex"] == "m") / 2 + rng.normal(0, 1, len(frame))
    frame["y"] = 50 + 10 * latent
    frame["z"] = (latent > 0.2).astype(float)
    frame["count"] = rng.poisson(np.exp(latent / 2))
    frame["answer"] = np.digitize(latent, [-1, 0, 1]) + 1
    return frame


def design_of(frame: pd.DataFrame, **roles) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame, weight="weight", **{"stratum": "stratum", "psu": "psu", **roles})


def issues_of(error) -> str:
    return " / ".join(issue.what for issue in error.value.issues)


@pytest.mark.parametrize(("family", "outcome"), FAMILIES.items())
def test_influence_is_what_a_respondents_weight_moves(persons, family, outcome):
    """The analytic influence of a person is the derivative of the estimate by the weight."""
    moved, step = [3, 57, 101], 1e-5

    def estimates(frame):
        design = rs.SurveyDesign(frame, weight="weight")
        terms = ["age", "sex", ("age", "sex")]
        fitted = rs.fit_regression(design, outcome, terms, family=family).coefficients
        means = rs.estimate_adjusted_means(design, outcome, terms, over="sex", family=family)
        return rs.concat([fitted, means])

    found = estimates(persons).factor.parts[0].contributions
    for person in moved:
        ends = []
        for sign in (1, -1):
            weights = persons["weight"].copy()
            weights[person] *= 1 + sign * step
            ends.append(estimates(persons.assign(weight=weights)).values)
        slope = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(found[person], slope, rtol=1e-5, atol=1e-9)


def test_influence_on_ordinal_models(persons):
    step = 1e-5

    def estimates(frame):
        design = rs.SurveyDesign(frame, weight="weight")
        return rs.fit_ordinal(design, "answer", ["age", "sex"]).coefficients

    found = estimates(persons).factor.parts[0].contributions
    for person in (3, 57, 101):
        ends = [
            estimates(
                persons.assign(
                    weight=persons["weight"].where(
                        persons.index != person, persons["weight"] * (1 + sign * step)
                    )
                )
            ).values
            for sign in (1, -1)
        ]
        slope = (ends[0] - ends[1]) / (2 * step)
        np.testing.assert_allclose(found[person], slope, rtol=1e-5, atol=1e-9)


def test_a_group_alone_gives_the_differences_of_means(persons):
    design = design_of(persons)

    means = rs.estimate_mean(design, "y", by="sex")
    fitted = rs.fit_regression(design, "y", "sex").coefficients
    adjusted = rs.estimate_adjusted_means(design, "y", "sex", over="sex")

    wanted = means.contrast([[1, 0], [-1, 1]])
    np.testing.assert_allclose(fitted.values, wanted.values, rtol=1e-10)
    np.testing.assert_allclose(fitted.covariance, wanted.covariance, rtol=1e-9)
    np.testing.assert_allclose(adjusted.values, means.values, rtol=1e-10)
    np.testing.assert_allclose(adjusted.covariance, means.covariance, rtol=1e-9)


def test_coefficients_and_means_share_one_covariance(persons):
    design = design_of(persons)

    mean = rs.estimate_mean(design, "y")
    fitted = rs.fit_regression(design, "y", []).coefficients
    both = rs.concat([mean, rs.fit_regression(design, "y", []).coefficients])

    np.testing.assert_allclose(fitted.values, mean.values, rtol=1e-12)
    np.testing.assert_allclose(both.covariance, both.covariance[0, 0], rtol=1e-9)
    assert both.df.tolist() == [9, 9]


def test_domains_are_masks_and_have_their_own_degrees_of_freedom(persons):
    design = design_of(persons)

    by_site = rs.fit_regression(design, "y", ["age", "sex"], by="site").coefficients
    north = rs.fit_regression(design, "y", ["age", "sex"], where={"site": "north"}).coefficients
    whole = rs.fit_regression(design, "y", ["age", "sex"]).coefficients

    inside = (by_site.rows["site"] == "north").to_numpy()
    np.testing.assert_allclose(by_site.select(inside).values, north.values, rtol=1e-10)
    np.testing.assert_allclose(by_site.select(inside).covariance, north.covariance, rtol=1e-9)
    assert set(north.df) == {4 - 1 + 1 - 3}
    assert set(whole.df) == {12 - 3 + 1 - 3}
    difference = rs.compare(by_site, over="site", reference="south")
    assert set(difference.df) == {8 - 2 + 1 - 3}


def test_the_reference_is_told_and_can_be_chosen(persons):
    design = design_of(persons)

    one = rs.fit_regression(design, "y", ["sex", "age"])
    other = rs.fit_regression(design, "y", ["sex", "age"], reference={"sex": "m"})

    assert (one.references, other.references) == ({"sex": "f"}, {"sex": "m"})
    assert "compared with sex=f" in repr(one)
    assert one.terms == {"sex": ("sex=m",), "age": ("age",)}
    assert one.coefficients.values[1] == pytest.approx(-other.coefficients.values[1])
    assert one.coefficients.std_error[1] == pytest.approx(other.coefficients.std_error[1])


def test_the_order_of_categories_is_the_studys(persons):
    ordered = persons.assign(sex=pd.Categorical(persons["sex"], ["x", "m", "f"]))

    fitted = rs.fit_regression(design_of(ordered), "y", ["sex"])

    assert fitted.references == {"sex": "m"}
    assert fitted.terms == {"sex": ("sex=f",)}


def test_missing_answers_are_left_out_and_told(persons):
    gaps = persons.copy()
    gaps.loc[:4, "y"] = np.nan
    gaps.loc[3:9, "age"] = np.nan
    gaps.loc[20, "sex"] = None

    fitted = rs.fit_regression(design_of(gaps), "y", ["age", "sex"])
    table = rs.rao_scott_test(design_of(gaps), "sex", "answer")

    assert fitted.flow.to_dict("records") == [{"n_in": 120, "n_missing": 11, "n": 109}]
    assert fitted.coefficients.provenance.n_excluded == {
        "y missing": 5,
        "age missing": 7,
        "sex missing": 1,
    }
    assert "109 respondents, 11 left out" in repr(fitted)
    assert set(fitted.coefficients.n) == {109}
    # The PSUs that lost respondents still count.
    assert set(fitted.coefficients.df) == {7}
    assert table.n.tolist() == [119]
    assert table.tested.provenance.n_excluded == {"sex missing": 1}


def test_ratios_have_intervals_that_are_symmetric_on_the_log_scale(persons):
    fitted = rs.fit_regression(design_of(persons), "z", ["age", "sex"], family="binomial")

    ratios = fitted.to_frame(ratios=True)
    plain = fitted.to_frame().iloc[1:].reset_index(drop=True)

    assert ratios["term"].tolist() == ["age", "sex=m"]
    assert set(ratios["measure"]) == {"odds_ratio"}
    np.testing.assert_allclose(np.log(ratios["estimate"]), plain["estimate"])
    np.testing.assert_allclose(ratios["conf_low"] * ratios["conf_high"], ratios["estimate"] ** 2)
    np.testing.assert_allclose(ratios["std_error"] / ratios["estimate"], plain["std_error"])
    pd.testing.assert_series_equal(ratios["p_value"], plain["p_value"])


def test_ordinal_slopes_are_odds_ratios_too_and_thresholds_are_not(persons):
    fitted = rs.fit_ordinal(design_of(persons), "answer", ["age", "sex"])

    assert fitted.coefficients.rows["term"].tolist() == ["age", "sex=m", "1|2", "2|3", "3|4"]
    assert fitted.to_frame(ratios=True)["term"].tolist() == ["age", "sex=m"]
    assert set(fitted.coefficients.df) == {9 - 2}
    assert fitted.coefficients.values[0] > 0


def test_an_ordinal_outcome_may_be_categorical(persons):
    words = np.array(["never", "rarely", "often", "always"])
    named = persons.assign(words=pd.Categorical(words[persons["answer"] - 1], words, ordered=True))

    fitted = rs.fit_ordinal(design_of(named), "words", "age").coefficients
    codes = rs.fit_ordinal(design_of(named), "answer", "age").coefficients

    assert fitted.rows["term"].tolist() == ["age", "never|rarely", "rarely|often", "often|always"]
    np.testing.assert_array_equal(fitted.values, codes.values)


def test_titles_of_terms_in_a_language(scored):
    design = rs.SurveyDesign.from_responses(scored)
    fitted = rs.fit_regression(design, "cohesion", ["wave", "site"])

    named = fitted.to_frame(labels="en")["term"].tolist()
    waves = [study_wave.title["en"] for study_wave in scored.study.waves]
    assert named[0] == "intercept"
    assert named[1:3] == waves[1:]
    assert not any("=" in name for name in named)


def test_titles_of_interactions_need_all_of_their_parts():
    from resilience.inference.models.model_matrix import ColumnName

    labels = {"sex": {"f": {"en": "women", "fr": "femmes"}}}
    variables = {"sex": {"en": "Sex", "fr": "Sexe"}, "age": {"en": "Age"}}
    both = ColumnName((("sex", "f"), ("age", None)))

    assert str(both) == "sex=f:age"
    assert both.titles(labels, variables) == {"en": "Sex: women × Age"}
    assert ColumnName((("site", "x"),)).titles(labels, variables) == {}


def test_a_score_that_differs_between_waves_is_no_predictor(scored):
    from dataclasses import replace

    design = rs.SurveyDesign.from_responses(scored)
    measure = design.measures["cohesion"]
    first, *_ = measure.signatures
    other_rule = replace(measure.signatures[first], rule="another")
    changed = replace(measure, signatures={**measure.signatures, first: other_rule})
    measures = {**design.measures, "cohesion": changed}

    with pytest.raises(ComparisonError, match="'cohesion' is not the same score"):
        rs.fit_regression(replace(design, measures=measures), "resilience", "cohesion")


@pytest.mark.parametrize("change", ["heavier", "shuffled"])
def test_neither_the_scale_of_weights_nor_the_order_of_rows_matters(persons, change):
    changed = (
        persons.assign(weight=persons["weight"] * 731)
        if change == "heavier"
        else persons.sample(frac=1, random_state=4).reset_index(drop=True)
    )

    def fitted(frame):
        design, terms = design_of(frame), ["age", "sex"]
        parts = [
            rs.fit_regression(design, outcome, terms, family=family).coefficients
            for family, outcome in FAMILIES.items()
        ]
        return [*parts, rs.fit_ordinal(design, "answer", terms).coefficients]

    for one, other in zip(fitted(persons), fitted(changed), strict=True):
        np.testing.assert_allclose(other.values, one.values, rtol=1e-8)
        np.testing.assert_allclose(other.covariance, one.covariance, rtol=1e-7, atol=1e-12)


def test_weights_that_leave_out_a_level_give_no_coefficients():
    """As a replicate's may: its fit must not pass for one."""
    from resilience.inference.models.cumulative_logit import fit_cumulative
    from resilience.inference.models.fitting import fit_generalised_linear

    level = np.array([0.0, 0, 0, 1, 1, 0])
    weights = np.array([1.0, 1, 1, 0, 0, 1])
    y = np.array([1.0, 0, 1, 0, 1, 0])

    for family in FAMILIES:
        x = np.column_stack([np.ones(6), level])
        assert not fit_generalised_linear(x, y, weights, family)[1]
        assert fit_generalised_linear(x, y, np.ones(6), family)[1]
    answers = np.array([0, 1, 0, 2, 1, 1])
    assert not fit_cumulative(level[:, None], answers, weights, 3)[1]
    assert not fit_cumulative(level[:, None], answers % 2, weights, 2)[1]


# What is refused ------------------------------------------------------------------------------


def test_combinations_of_predictors_are_named_for_all_domains_at_once(persons):
    double = persons.assign(double=persons["age"] * 2 + 1)

    with pytest.raises(EstimationError) as error:
        rs.fit_regression(design_of(double), "y", ["age", "double"], by="sex")

    assert issues_of(error) == (
        "'double' adds nothing to the other predictors in sex=f / "
        "'double' adds nothing to the other predictors in sex=m"
    )
    assert error.value.issues[0].found == "given by intercept and age"


def test_a_level_that_a_domain_lacks_is_named(persons):
    lacking = persons[(persons["sex"] == "f") | (persons["site"] != "north")]

    with pytest.raises(EstimationError, match=r"'sex=m' adds nothing .* in site=north") as error:
        rs.fit_regression(design_of(lacking), "y", ["sex"], by="site")

    assert error.value.issues[0].found == "nobody has it"


@pytest.mark.parametrize(("family", "outcome"), FAMILIES.items())
def test_a_constant_outcome_is_refused(persons, family, outcome):
    with pytest.raises(EstimationError, match=f"'{outcome}' is the same for all"):
        rs.fit_regression(
            design_of(persons.assign(**{outcome: 1.0})), outcome, "age", family=family
        )


@pytest.mark.parametrize(
    ("family", "outcome", "predictor", "named"),
    [
        ("binomial", "z", "perfect", "perfect"),
        ("binomial", "z", "rare", "rare=yes"),
        ("poisson", "none_in_some", "rare", "rare=yes"),
    ],
)
def test_separation_names_the_predictor(persons, family, outcome, predictor, named):
    rare = persons.index % 20 == 0
    frame = persons.assign(
        perfect=persons["z"] * 3 + 1,
        rare=np.where(rare, "yes", "no"),
        z=np.where((predictor == "rare") & rare, 1.0, persons["z"]),
        none_in_some=np.where(rare, 0, persons["count"]),
    )

    with pytest.raises(EstimationError, match="apart without error") as error:
        rs.fit_regression(design_of(frame), outcome, ["age", predictor], family=family)

    assert named in error.value.issues[0].found
    assert "age" not in error.value.issues[0].found


def test_separation_in_ordinal_models(persons):
    frame = persons.assign(perfect=persons["answer"] * 2.0)

    with pytest.raises(EstimationError, match="apart without error") as error:
        rs.fit_ordinal(design_of(frame), "answer", ["perfect"])

    assert error.value.issues[0].found == "by perfect"


def test_strong_but_overlapping_predictors_are_fitted(persons):
    """Extreme fitted values alone are no separation."""
    strong = persons.assign(strong=(2 * persons["z"] - 1) * np.linspace(1, 300, len(persons)))
    strong.loc[[0, 3], "strong"] *= -1

    found = rs.fit_regression(design_of(strong), "z", "strong", family="binomial").coefficients

    assert np.isfinite(found.values).all()
    assert abs(found.values[1] * 300) > 12


def test_too_few_psus_give_coefficients_without_intervals(persons):
    few = persons[persons["stratum"] == 0]

    with pytest.warns(ResilienceWarning, match="no intervals: fitting takes 4"):
        fitted = rs.fit_regression(design_of(few), "y", ["age", "sex", "z", "count"])

    assert set(fitted.coefficients.df) == {0}
    assert np.isfinite(fitted.coefficients.values).all()
    assert np.isnan(fitted.coefficients.interval()[0]).all()
    assert fitted.to_frame()["p_value"].isna().all()


@pytest.mark.parametrize(
    ("predictors", "options", "what"),
    [
        (["agee"], {}, "no column 'agee'"),
        (["y"], {}, "it is the outcome"),
        (["age", "age"], {}, "stands twice"),
        (["age", ("age", "age")], {}, "names a variable twice"),
        ([("age", "sex")], {}, "needs its variables"),
        (["site"], {"by": "site"}, "the same throughout a domain"),
        (["sex"], {"where": {"sex": "f"}}, "'sex' has 1 value "),
        (["sex"], {"reference": {"sex": "x"}}, "'sex' has no such reference"),
        (["age"], {"reference": {"age": 20}}, "'age' has no such reference"),
        (["age"], {"family": "binomial"}, "does not suit a binomial model"),
    ],
)
def test_what_cannot_be_fitted_is_said(persons, predictors, options, what):
    with pytest.raises(EstimationError) as error:
        rs.fit_regression(design_of(persons), "y", predictors, **options)

    assert what in issues_of(error)


def test_ids_are_no_predictors(persons):
    named = persons.assign(id=[f"p{number}" for number in range(len(persons))])

    with pytest.raises(EstimationError, match="it tells respondents apart"):
        rs.fit_regression(design_of(named, respondent_id="id"), "y", ["id"])


def test_counts_are_not_negative(persons):
    with pytest.raises(EstimationError, match="does not suit a poisson model"):
        rs.fit_regression(
            design_of(persons.assign(y=persons["y"] - 60)), "y", "age", family="poisson"
        )


def test_nothing_that_is_a_formula_is_evaluated(persons):
    with pytest.raises(EstimationError, match=r"no column 'np\.log"):
        rs.fit_regression(design_of(persons), "y", "np.log(age)")


@pytest.mark.parametrize(
    ("outcome", "found"),
    [("z", "2 values"), ("y", "120 values"), ("unordered", "categories without an order")],
)
def test_outcomes_that_are_not_ordinal(persons, outcome, found):
    frame = persons.assign(unordered=pd.Categorical(persons["site"]))

    with pytest.raises(EstimationError) as error:
        rs.fit_ordinal(design_of(frame), outcome, "age")

    assert error.value.issues[0].found == found


def test_an_answer_that_nobody_in_a_domain_gave(persons):
    lacking = persons[(persons["answer"] != 4) | (persons["site"] != "north")]

    with pytest.raises(EstimationError) as error:
        rs.fit_ordinal(design_of(lacking), "answer", "age", by="site")

    assert error.value.issues[0].found == "3 of 4 values in site=north"


def test_ratios_of_a_linear_model_are_refused(persons):
    with pytest.raises(EstimationError, match="a linear model has no ratios"):
        rs.fit_regression(design_of(persons), "y", "age").to_frame(ratios=True)


def test_adjusted_means_are_over_a_category(persons):
    with pytest.raises(EstimationError, match="'age' is no categorical predictor"):
        rs.estimate_adjusted_means(design_of(persons), "y", ["age", "sex"], over="age")


def test_an_unknown_predictor_is_not_tested(persons):
    with pytest.raises(EstimationError, match="no predictor 'sexx'"):
        rs.fit_regression(design_of(persons), "y", ["age", "sex"]).test_term("sexx")


def test_neither_errors_nor_prints_show_respondents(persons):
    fitted = rs.fit_regression(design_of(persons), "y", ["age", "sex"])

    assert str(persons["weight"].iloc[0])[:8] not in repr(fitted) + fitted._repr_html_()
