from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import EstimationError
from resilience.inference.statistics import totals


def test_columns_are_the_same_everywhere(design):
    table = rs.estimate_mean(design, "y", by=["wave", "site"]).to_frame()

    assert list(table) == [
        *("measure", "variable", "wave", "site"),
        *("estimate", "std_error", "conf_low", "conf_high"),
        *("df", "n", "n_effective", "deff"),
    ]


def test_a_mean_is_the_weighted_mean(frame, design):
    part = frame[frame["wave"] == "w1"]
    expected = np.average(part["y"], weights=part["weight"])

    found = rs.estimate_mean(design, "y", by="wave")

    assert found.values[0] == pytest.approx(expected, rel=1e-12)
    assert found.n.tolist() == [60, 60]


def test_missing_answers_leave_their_row_and_only_theirs(frame):
    frame.loc[0:4, "y"] = np.nan
    design = rs.SurveyDesign(frame, weight="weight", stratum="stratum", psu="psu")

    found = rs.estimate_mean(design, ["y", "z"])

    assert found.n.tolist() == [115, 120]
    assert design.degrees_of_freedom == 9


def test_by_and_where_are_masks_over_the_whole_design(frame, design):
    filtered = frame[frame["site"] == "north"]
    dropped = rs.SurveyDesign(
        filtered, weight="weight", stratum="stratum", psu="psu", wave="wave", waves="same_psu"
    )

    women = rs.estimate_mean(design, "y", by="wave", where={"site": "north", "sex": "f"})
    same = rs.estimate_mean(dropped, "y", by="wave", where={"sex": "f"})

    # A stratum that is left out altogether changes nothing: its contributions are 0.
    np.testing.assert_allclose(women.std_error, same.std_error, rtol=1e-12)
    assert women.provenance.n_frame == 120
    assert women.provenance.n_excluded == {"outside the restriction": 120 - 2 * 12}
    assert women.provenance.where == "site: north; sex: f"


@pytest.mark.parametrize(
    "where",
    [
        {"age": {"at_least": 28, "at_most": 48}},
        {"age": [28, 38, 48]},
        {"age": {"at_least": 28}, "person": {"at_most": 3}},
        "mask",
    ],
)
def test_restrictions_may_be_values_ranges_or_masks(frame, where):
    frame["person"] = (frame["age"] - 18) // 10
    design = rs.SurveyDesign(frame, stratum="stratum", psu="psu")
    chosen = frame["age"].between(28, 48)

    found = rs.estimate_mean(design, "y", where=chosen if where == "mask" else where)

    assert found.values[0] == pytest.approx(frame.loc[chosen, "y"].mean(), rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"variables": "q"}, "no column 'q'"),
        ({"variables": "site"}, "'site' is not numeric"),
        ({"variables": []}, "no variable is named"),
        ({"variables": "y", "by": "siet"}, "no column 'siet'(.|\n)*did you mean 'site'"),
        ({"variables": "y", "where": {"site": "nort"}}, "no value 'nort'(.|\n)*'north'"),
        ({"variables": "y", "where": {"age": {"at_least": 99}}}, "nobody is left"),
        ({"variables": "y", "where": pd.Series([True])}, "one true or false for each row"),
    ],
)
def test_what_is_not_there_is_named(design, arguments, message):
    with pytest.raises(EstimationError, match=message):
        rs.estimate_mean(design, **arguments)


def test_rows_without_a_value_to_break_down_by_are_counted(frame):
    frame.loc[frame.index[:7], "sex"] = None
    design = rs.SurveyDesign(frame, stratum="stratum", psu="psu")

    found = rs.estimate_mean(design, "y", by="sex")

    assert found.provenance.n_excluded == {"sex missing": 7}
    assert found.n.sum() == 113


def test_a_variable_that_nobody_answered_in_a_domain_is_missing_not_zero(frame):
    frame.loc[frame["site"] == "north", "y"] = np.nan
    design = rs.SurveyDesign(frame, stratum="stratum", psu="psu")

    found = rs.estimate_mean(design, "y", by="site")

    assert np.isnan([found.values[0], found.std_error[0]]).all()
    assert np.isfinite([found.values[1], found.std_error[1]]).all()
    kept = found.contrast({"south alone": {1: 1.0}})
    assert np.isfinite([kept.values[0], kept.std_error[0]]).all()


@pytest.mark.parametrize(
    ("answers", "message"),
    [(None, "is not a column of 0 and 1"), ("all", None)],
)
def test_proportions_say_which_answers_count(design, answers, message):
    with pytest.raises((EstimationError, ValueError), match=message or "must be codes, 'each'"):
        rs.estimate_proportion(design, "item", answers=answers)


def test_the_shares_of_all_answers_add_up_to_one(design):
    each = rs.estimate_proportion(design, "item", answers="each", by="wave")
    some = rs.estimate_proportion(design, "item", answers=[4, 5], by="wave")

    sums = each.to_frame().groupby("wave")["estimate"].sum()
    top = each.to_frame().query("answer >= 4").groupby("wave")["estimate"].sum()
    np.testing.assert_allclose(sums, 1, rtol=1e-12)
    np.testing.assert_allclose(some.values, top, rtol=1e-12)


def test_sparse_and_dense_contributions_give_the_same(frame, monkeypatch):
    frame["domain"] = np.arange(len(frame)) % 15
    design = rs.SurveyDesign(frame, weight="weight", stratum="stratum")
    dense = rs.estimate_mean(design, ["y", "z"], by="domain")

    monkeypatch.setattr(totals, "LARGEST_DENSE", 10)
    sparse = rs.estimate_mean(design, ["y", "z"], by="domain")

    np.testing.assert_allclose(sparse.covariance, dense.covariance, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(sparse.std_error, dense.std_error, rtol=1e-12)
    np.testing.assert_array_equal(sparse.df, dense.df)
    joint = rs.concat([sparse, dense])
    np.testing.assert_allclose(joint.covariance[:30, 30:], dense.covariance, rtol=1e-10, atol=1e-14)


def test_a_verb_does_not_change_the_design(frame, design):
    before = design.frame.copy()

    rs.estimate_mean(design, "y", by="wave", where={"sex": "f"})

    pd.testing.assert_frame_equal(design.frame, before)


def test_a_mean_from_one_psu_has_no_standard_error():
    frame = pd.DataFrame({"y": [1.0, 2, 3, 5, 8, 13], "ea": [1, 1, 2, 2, 3, 3]})
    design = rs.SurveyDesign(frame, psu="ea")

    means = rs.estimate_mean(design, "y", by="ea")
    both = means.contrast(np.array([[1.0, -1.0, 0.0]]))

    assert means.values.tolist() == [1.5, 4.0, 10.5]
    assert np.isnan(means.std_error).all()
    assert np.isnan(means.covariance).all()
    assert means.df.tolist() == [0, 0, 0]
    assert np.isnan(means.n_effective).all()
    assert np.isnan(both.std_error).all()


def test_a_row_without_a_standard_error_leaves_the_others_theirs():
    frame = pd.DataFrame(
        {"y": [1.0, 2, 3, 5, 8, 13], "ea": [1, 1, 2, 2, 3, 3], "group": list("aabbbb")}
    )
    design = rs.SurveyDesign(frame, psu="ea")

    means = rs.estimate_mean(design, "y", by="group")

    assert np.isnan(means.std_error).tolist() == [True, False]
    alone = rs.estimate_mean(design, "y", where={"group": "b"})
    np.testing.assert_allclose(means.std_error[1], alone.std_error[0])


def test_a_total_from_one_psu_has_a_standard_error():
    frame = pd.DataFrame({"y": [1.0, 2, 3, 5], "w": [1.0] * 4, "ea": [1, 1, 2, 2]})

    total = rs.estimate_total(rs.SurveyDesign(frame, weight="w", psu="ea"), "y", by="ea")

    assert (total.std_error > 0).all()
    assert set(total.unit) == {"total"}


def test_answers_that_nobody_gave_are_refused():
    design = rs.SurveyDesign(pd.DataFrame({"trust": [0.0, 2, 3, 3], "ea": [1, 1, 2, 3]}), psu="ea")

    with pytest.raises(EstimationError, match="nobody gave any of these answers to 'trust'"):
        rs.estimate_proportion(design, "trust", answers=[9])


def test_a_name_that_is_not_there_is_answered_with_those_that_are(design):
    with pytest.raises(EstimationError) as caught:
        rs.estimate_mean(design, "y", by="town")

    assert caught.value.issues[0].expected == (
        "one of wave, stratum, psu, site, sex, age, weight, y, z, item"
    )


@pytest.mark.parametrize(
    ("column", "name"), [("city", "site"), ("City", "site"), ("resp", "respondent_id")]
)
def test_a_column_of_the_files_leads_to_what_it_is_called(lebanon_design, column, name):
    with pytest.raises(EstimationError) as caught:
        rs.estimate_mean(lebanon_design, "cohesion", by=column)

    issue = caught.value.issues[0]
    assert issue.remedy == f"the files' column '{column}' is called '{name}' here"
    assert "wave, site, " in issue.expected


def test_a_column_of_the_files_is_told_to_those_who_estimate_it(lebanon_design):
    with pytest.raises(EstimationError, match="is called 'site' here") as caught:
        rs.estimate_mean(lebanon_design, "city")

    assert "cohesion" in caught.value.issues[0].expected


@pytest.fixture
def lebanon_design(design):
    """A design that knows what the files call its columns."""
    return rs.SurveyDesign(
        design.frame.assign(cohesion=design.frame["y"], respondent_id=range(len(design.frame))),
        stratum="stratum",
        psu="psu",
        respondent_id="respondent_id",
        labels={"wave": {}, "site": {}},
        file_columns={"city": "site", "resp": "respondent_id"},
    )


def test_the_shares_of_categories_add_up_to_one_and_keep_their_order(frame):
    frame["sex"] = pd.Categorical(frame["sex"], categories=["m", "f", "nobody"])
    frame.loc[frame.index[:3], "sex"] = None
    design = rs.SurveyDesign(frame, weight="weight", stratum="stratum", psu="psu")

    shares = rs.estimate_proportion(design, "sex", answers="each")

    known = frame.dropna(subset="sex")
    expected = known.groupby("sex", observed=True)["weight"].sum() / known["weight"].sum()
    assert shares.rows["answer"].tolist() == ["m", "f"]
    assert shares.n.tolist() == [117, 117]
    np.testing.assert_allclose(shares.values, expected, rtol=1e-12)
    assert shares.covariance[0, 1] == pytest.approx(-shares.covariance[0, 0])


def test_categories_and_codes_stand_in_one_table(frame):
    frame["sex"] = frame["sex"].astype("category")
    design = rs.SurveyDesign(frame, stratum="stratum", psu="psu")

    both = rs.estimate_proportion(design, ["sex", "z"], answers="each")

    assert both.rows["answer"].tolist() == ["f", "m", 0, 1]


def test_titles_of_categories_are_those_of_their_variable(frame):
    frame["sex"] = frame["sex"].astype("category")
    titles = {"sex": {"f": {"en": "Women"}, "m": {"en": "Men"}}, "variable": {"sex": {"en": "Sex"}}}
    design = rs.SurveyDesign(frame, stratum="stratum", psu="psu", labels=titles)

    shown = rs.estimate_proportion(design, "sex", answers="each").to_frame(labels="en")

    assert shown[["variable", "answer"]].to_numpy().tolist() == [["Sex", "Women"], ["Sex", "Men"]]


def test_the_mean_of_categories_is_refused_with_what_can_be_done(frame):
    frame["sex"] = frame["sex"].astype("category")
    design = rs.SurveyDesign(frame, stratum="stratum", psu="psu")

    with pytest.raises(EstimationError) as caught:
        rs.estimate_mean(design, "sex")

    assert "rs.estimate_proportion(design, 'sex', answers='each')" in caught.value.issues[0].remedy


def test_text_that_is_not_declared_is_not_counted_value_by_value(design):
    with pytest.raises(EstimationError, match=r"'sex' is not numeric(.|\n)*declare it among"):
        rs.estimate_proportion(design, "sex", answers="each")


def test_a_variable_or_breakdown_named_twice_is_estimated_once(design):
    twice = rs.estimate_mean(design, ["y", "y"], by=["site", "site"])

    assert twice.rows.to_numpy().tolist() == [["mean", "y", "north"], ["mean", "y", "south"]]


@pytest.mark.parametrize("verb", [rs.estimate_mean, rs.estimate_total, rs.estimate_proportion])
def test_estimates_are_made_from_a_design_only(frame, verb):
    with pytest.raises(EstimationError, match=r"SurveyDesign\(frame, weight=") as caught:
        verb(frame, "z")

    assert caught.value.issues[0].found == "DataFrame"


def test_responses_are_told_how_to_become_a_design(scored):
    with pytest.raises(EstimationError, match="from_responses"):
        rs.estimate_mean(scored, "cohesion")


def test_a_number_restricts_by_range_or_value_and_does_not_break_down(frame):
    design = rs.SurveyDesign(
        frame.astype({"age": float}), stratum="stratum", psu="psu", labels={"age": {}}
    )

    young = rs.estimate_mean(design, "y", where={"age": {"at_least": 18, "at_most": 28}})
    exact = [rs.estimate_mean(design, "y", where={"age": age}) for age in (18, 18.0, "18", [18])]

    assert young.n.tolist() == [48]
    assert [part.n.tolist() for part in exact] == [[24]] * 4
    with pytest.raises(EstimationError, match="'age' is a number") as caught:
        rs.estimate_mean(design, "y", by="age")
    assert "age=18..29" in caught.value.issues[0].remedy
