from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import resilience as rs
from resilience.errors import EstimationError, ResilienceWarning


@pytest.fixture
def means(design):
    return rs.estimate_mean(design, "y", by=["wave", "site"])


def test_arrays_are_read_only(means):
    with pytest.raises(ValueError, match="read-only"):
        means.values[0] = 0


def test_a_contrast_of_a_contrast_is_a_contrast(means):
    first = np.array([[1, -1, 0, 0], [0, 0, 1, -1.0]])
    second = np.array([[1, -1.0]])

    stepwise = means.contrast(first).contrast(second)
    direct = means.contrast(second @ first)

    np.testing.assert_allclose(stepwise.values, direct.values, rtol=1e-12)
    np.testing.assert_allclose(stepwise.covariance, direct.covariance, rtol=1e-12)
    assert stepwise.df.tolist() == direct.df.tolist()


def test_the_variance_of_a_contrast_is_that_of_the_joint_covariance(means):
    weights = np.array([1.0, -2.0, 0.5, 0.5])

    found = means.contrast({"mix": dict(enumerate(weights))})

    expected = weights @ means.covariance @ weights
    assert found.std_error[0] ** 2 == pytest.approx(expected, rel=1e-12)
    assert found.rows.to_dict("list") == {
        "measure": ["contrast"],
        "variable": [""],
        "contrast": ["mix"],
    }
    assert found.n.tolist() == [means.n.min()]


def test_rows_of_different_units_are_not_added(design):
    from dataclasses import replace

    both = rs.concat([rs.estimate_mean(design, "y"), rs.estimate_proportion(design, "z")])
    both = replace(both, unit=("points", "share"))

    with pytest.raises(EstimationError, match="points and share"):
        both.contrast({"sum": {0: 1, 1: 1}})


def test_the_delta_method_gives_a_percentage_change(means):
    rows = pd.DataFrame({"measure": ["percentage change"], "variable": ["y"]})

    found = means.delta_method(
        lambda v: [100 * (v[2] / v[0] - 1)],
        lambda v: [[-100 * v[2] / v[0] ** 2, 0, 100 / v[0], 0]],
        rows=rows,
        unit="percent",
    )

    gradient = np.array([-100 * means.values[2] / means.values[0] ** 2, 100 / means.values[0]])
    part = means.covariance[np.ix_([0, 2], [0, 2])]
    assert found.std_error[0] == pytest.approx(np.sqrt(gradient @ part @ gradient), rel=1e-12)
    assert found.unit == ("percent",)


def test_selection_keeps_covariances(means):
    part = means.select([3, 1])

    np.testing.assert_allclose(
        part.covariance, means.covariance[np.ix_([3, 1], [3, 1])], rtol=1e-12
    )
    assert part.rows.equals(means.rows.iloc[[3, 1]].reset_index(drop=True))
    assert len(means.select(np.array([True, False, False, False]))) == 1


def test_concat_keeps_covariances_on_one_sample(design, means):
    shares = rs.estimate_proportion(design, "z", by="wave")
    whole = rs.concat([means, shares])
    direct = rs.estimate_mean(design, ["y", "z"], by=["wave", "site"])
    by_site = rs.concat([means, rs.estimate_mean(design, "z", by=["wave", "site"])])

    np.testing.assert_allclose(by_site.covariance, direct.covariance, rtol=1e-12, atol=1e-16)
    assert whole.covariance[0, 4] != 0


def test_concat_takes_different_samples_for_independent(frame, means):
    other = rs.SurveyDesign(frame[frame["wave"] == "w1"], stratum="stratum", psu="psu")

    joint = rs.concat([means, rs.estimate_mean(other, "y")])
    difference = joint.contrast({"difference": {0: 1, 4: -1}})

    np.testing.assert_array_equal(joint.covariance[4, :4], 0)
    expected = joint.covariance[0, 0] + joint.covariance[4, 4]
    assert difference.std_error[0] ** 2 == pytest.approx(expected, rel=1e-12)
    assert difference.df[0] == means.df[0] + 9


def test_concat_refuses_one_sample_under_two_rules(frame, design):
    roles = {"weight": "weight", "stratum": "stratum", "psu": "psu"}
    assumed = rs.SurveyDesign(
        frame, **roles, wave="wave", waves="same_psu", assumed_design_effect=2.0
    )

    with pytest.raises(EstimationError, match="two rules"):
        rs.concat([rs.estimate_mean(design, "y"), rs.estimate_mean(assumed, "y")])


def test_intervals_and_tests_use_the_rows_degrees_of_freedom(means):
    low, high = means.interval(level=0.9)
    test = means.test(null=50)

    half = stats.t.ppf(0.95, means.df) * means.std_error
    np.testing.assert_allclose([low, high], [means.values - half, means.values + half])
    expected = 2 * stats.t.sf(np.abs((means.values - 50) / means.std_error), means.df)
    np.testing.assert_allclose(test["p_value"], expected, rtol=1e-12)
    assert list(test)[-5:] == ["estimate", "std_error", "statistic", "df", "p_value"]


@pytest.mark.parametrize("level", [0, 1, 95, -0.5])
def test_a_level_lies_between_0_and_1(means, level):
    with pytest.raises(ValueError, match=r"'level' must lie between 0 and 1 \(got"):
        means.interval(level=level)


def test_without_degrees_of_freedom_there_is_no_interval(frame):
    part = frame[frame["psu"].isin(["11"])]
    design = rs.SurveyDesign(part, stratum="stratum", psu="psu", lonely_psu="remove")

    found = rs.estimate_mean(design, "y")

    assert found.df.tolist() == [0]
    assert np.isnan(found.interval()).all()
    assert np.isnan(found.test()["p_value"]).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_shares_of_nobody_and_everybody_have_exact_intervals(frame, value):
    design = rs.SurveyDesign(frame.assign(z=value), stratum="stratum", psu="psu")
    n = len(frame)

    low, high = rs.estimate_proportion(design, "z").interval()

    bound = stats.beta.ppf(0.975, 1, n)
    expected = [0.0, bound] if value == 0 else [1 - bound, 1.0]
    np.testing.assert_allclose([low[0], high[0]], expected, rtol=1e-12)


def test_the_factor_gives_the_covariance(means):
    factor = means.factor.matrix()

    np.testing.assert_allclose(factor.T @ factor, means.covariance, rtol=1e-12)
    np.testing.assert_allclose(means.std_error**2, np.diag(means.covariance), rtol=1e-12)


def test_labels_come_only_when_asked_for(design):
    from dataclasses import replace

    titled = replace(design, labels={"site": {"north": {"en": "North", "fr": "Nord"}}})
    found = rs.estimate_mean(titled, "y", by="site")

    assert found.to_frame()["site"].tolist() == ["north", "south"]
    assert found.to_frame(labels="fr")["site"].tolist() == ["Nord", "south"]


def test_a_table_in_a_notebook_escapes_what_it_shows(frame):
    frame["site"] = frame["site"].str.replace("north", "<script>alert(1)</script>")
    design = rs.SurveyDesign(frame, stratum="stratum", psu="psu")

    shown = rs.estimate_mean(design, "y", by="site")._repr_html_()

    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_table_in_a_terminal_is_aligned_and_has_its_unit(design):
    text = repr(rs.estimate_proportion(design, "z", by="wave"))

    lines = text.splitlines()
    assert len({len(line) for line in lines[:3]}) == 1
    assert lines[-1] == "unit: shares, 0-1"


def test_parts_of_different_length_are_refused(means):
    from dataclasses import replace

    with pytest.raises(ValueError, match="must have 4 rows"):
        replace(means, n=np.zeros(3))


@pytest.mark.parametrize(
    ("coefficients", "found"),
    [
        ({"x": {99: 1}}, "the position 99"),
        ({"x": {"endline": 1}}, "the position 'endline'"),
        ({"x": {1.5: 1}}, "the position 1.5"),
        ({"endline": 1, "baseline": -1}, "a number for 'endline'"),
        ([1, -1, 0, 0, 0], "an array of shape (5,)"),
        ("endline - baseline", "str"),
    ],
)
def test_a_contrast_of_what_is_not_there_is_a_typed_error(means, coefficients, found):
    with pytest.raises(EstimationError) as caught:
        means.contrast(coefficients)

    (issue,) = caught.value.issues
    assert issue.found == found
    assert f"positions 0 to {len(means) - 1}" in issue.expected
    assert "rs.compare" in issue.remedy


def test_titles_that_are_not_there_in_a_language_are_told(design):
    labels = {"site": {"north": {"en": "North", "fr": "Nord"}, "south": {"en": "South"}}}
    means = rs.estimate_mean(replace(design, labels=labels), "y", by="site")

    with pytest.warns(ResilienceWarning, match=r"1 titles have no 'fr'(.|\n)*'South'"):
        shown = means.to_frame(labels="fr")

    assert shown["site"].tolist() == ["Nord", "South"]


def test_an_unknown_language_is_refused(means):
    with pytest.raises(EstimationError, match="did you mean 'fr'"):
        means.to_frame(labels="fra")


def test_nothing_is_printed_as_less_than_nothing(means):
    nothing = means.contrast({"none": {0: 0.0}})

    assert "-0.00" not in repr(replace(nothing, values=np.array([-0.001]), unit=("points",)))


@pytest.fixture
def persons():
    """Return two samples of persons, of one size and without any label."""
    rng = np.random.default_rng(4)
    return [pd.DataFrame({"y": rng.normal(size=50)}) for _ in range(2)]


def test_persons_of_two_frames_without_ids_are_two_samples_and_that_is_said(persons):
    one, other = (rs.estimate_mean(rs.SurveyDesign(frame), "y") for frame in persons)

    with pytest.warns(ResilienceWarning, match="persons without ids"):
        joint = rs.concat([one, other])

    assert joint.covariance[0, 1] == 0
    assert joint.covariance[1, 1] == pytest.approx(other.covariance[0, 0])


def test_persons_of_one_frame_are_one_sample(persons):
    frame = persons[0].assign(z=lambda part: part["y"] * 2)

    joint = rs.concat([rs.estimate_mean(rs.SurveyDesign(frame), name) for name in ("y", "z")])

    assert joint.covariance[0, 1] == pytest.approx(2 * joint.covariance[0, 0])


def test_persons_with_ids_are_known_by_them(persons):
    ids = [f"p{number}" for number in range(50)]
    same = [frame.assign(id=ids) for frame in persons]
    other = persons[1].assign(id=[f"q{number}" for number in range(50)])

    def mean_of(frame):
        return rs.estimate_mean(rs.SurveyDesign(frame, respondent_id="id"), "y")

    assert rs.concat([mean_of(same[0]), mean_of(same[1])]).covariance[0, 1] != 0
    assert rs.concat([mean_of(same[0]), mean_of(other)]).covariance[0, 1] == 0


def test_who_weighs_nothing_stands_for_nobody(persons):
    frame = persons[0].assign(w=[0.0] * 10 + [1.0] * 40)

    found = rs.estimate_mean(rs.SurveyDesign(frame, weight="w"), "y")
    smaller = rs.estimate_mean(rs.SurveyDesign(frame[10:], weight="w"), "y")

    assert found.n[0] == 40
    assert found.values[0] == pytest.approx(smaller.values[0])
