"""Joint tests: equalities that tie them to simpler ones, and what they refuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import resilience as rs
from resilience.errors import EstimationError


@pytest.fixture
def persons() -> pd.DataFrame:
    """Simulated: 160 persons in 16 PSUs of 2 strata."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"psu": np.repeat(np.arange(16), 10)})
    frame["stratum"] = frame["psu"] // 8
    frame["weight"] = rng.gamma(4, 25, len(frame))
    frame["group"] = rng.choice(list("abc"), len(frame))
    frame["two"] = rng.choice(["no", "yes"], len(frame))
    frame["answer"] = rng.integers(1, 5, len(frame)).astype(float)
    frame["y"] = rng.normal(50, 10, len(frame))
    return frame


def design_of(frame: pd.DataFrame) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame, weight="weight", stratum="stratum", psu="psu")


def test_a_test_of_one_quantity_is_its_t_test(persons):
    changes = rs.compare(
        rs.estimate_mean(design_of(persons), "y", by="two"), over="two", reference="no"
    )

    for statistic in ("Wald", "adjWald"):
        joint = rs.wald_test(changes, statistic=statistic)
        alone = changes.test().iloc[0]
        assert joint.statistic[0] == pytest.approx(alone["statistic"] ** 2)
        assert joint.p_value[0] == pytest.approx(alone["p_value"])


def test_a_test_does_not_depend_on_how_the_combinations_are_written(persons):
    means = rs.estimate_mean(design_of(persons), "y", by="group")

    one = rs.wald_test(means, [[1, -1, 0], [1, 0, -1]])
    other = rs.wald_test(means, {"x": {1: 3.0, 2: -3.0}, "y": {0: 0.5, 1: 0.5, 2: -1.0}})
    fitted = rs.fit_regression(design_of(persons), "y", "group")

    assert one.statistic[0] == pytest.approx(other.statistic[0], rel=1e-9)
    assert fitted.test_term("group").statistic[0] == pytest.approx(one.statistic[0], rel=1e-9)
    assert (one.df[0], one.ddf[0]) == (2, 14)


def test_the_adjustment_for_few_psus(persons):
    """Fellegi (1980), as R survey's adjWald: (v - q + 1)/(v q) b'V^-1 b on (q, v - q + 1)."""
    means = rs.estimate_mean(design_of(persons), "y", by="group")

    plain = rs.wald_test(means, [[1, -1, 0], [1, 0, -1]])
    adjusted = rs.wald_test(means, [[1, -1, 0], [1, 0, -1]], statistic="adjWald")

    assert adjusted.statistic[0] == pytest.approx(plain.statistic[0] * 13 / 14)
    assert adjusted.ddf[0] == 13
    assert adjusted.p_value[0] == pytest.approx(stats.f.sf(adjusted.statistic[0], 2, 13))


def test_rows_are_taken_by_position_or_mask(persons):
    means = rs.estimate_mean(design_of(persons), "y", by="group")

    by_position = rs.wald_test(means, [[1, -1]], rows=[0, 2])
    by_mask = rs.wald_test(means, [[1, -1]], rows=np.array([True, False, True]))

    assert by_position.p_value[0] == by_mask.p_value[0]
    assert by_position.p_value[0] == pytest.approx(
        means.contrast([[1, 0, -1]]).test()["p_value"].iloc[0]
    )


@pytest.mark.parametrize(
    "contrasts", [[[1, -1, 0], [-1, 1, 0]], [[1, -1, 0], [1, 0, -1], [0, 1, -1]]]
)
def test_what_follows_from_the_rest_is_not_tested_with_it(persons, contrasts):
    means = rs.estimate_mean(design_of(persons), "y", by="group")

    with pytest.raises(EstimationError, match="a covariance that has no inverse"):
        rs.wald_test(means, contrasts)


def test_more_quantities_than_psus_allow(persons):
    few = persons[persons["psu"] % 8 < 2]
    means = rs.estimate_mean(design_of(few), ["y", "answer"], by="two")

    with pytest.raises(EstimationError, match="cannot be tested together"):
        rs.wald_test(means)


def test_units_do_not_matter(persons):
    design = design_of(persons.assign(big=persons["answer"] * 1e8))

    small = rs.wald_test(rs.estimate_mean(design, ["y", "answer"]))
    big = rs.wald_test(rs.estimate_mean(design, ["y", "big"]))

    assert big.statistic[0] == pytest.approx(small.statistic[0], rel=1e-8)


# Tables ---------------------------------------------------------------------------------------


def test_without_a_design_the_correction_is_none_to_first_order():
    """Persons drawn directly with equal weights: the generalised design effect is n/(n-1)."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"a": rng.choice(list("xy"), 400), "b": rng.choice(list("uvw"), 400)})

    found = rs.rao_scott_test(rs.SurveyDesign(frame), "a", "b", statistic="Chisq")
    chi_square = stats.chi2_contingency(pd.crosstab(frame["a"], frame["b"]), correction=False)

    assert found.further["pearson"][0] == pytest.approx(chi_square.statistic, rel=1e-12)
    assert found.df[0] == chi_square.dof
    # Under a drawn table that is not exactly independent the effect is near, not at, n/(n-1).
    assert found.further["design_effect"][0] == pytest.approx(400 / 399, abs=0.05)


@pytest.mark.parametrize("statistic", ["F", "Chisq", "Wald", "adjWald"])
def test_rows_and_columns_may_change_places(persons, statistic):
    design = design_of(persons)

    one = rs.rao_scott_test(design, "group", "answer", statistic=statistic)
    other = rs.rao_scott_test(design, "answer", "group", statistic=statistic)

    for name in ("statistic", "df", "ddf", "p_value"):
        assert getattr(one, name)[0] == pytest.approx(getattr(other, name)[0], rel=1e-9)


@pytest.mark.parametrize("statistic", ["F", "Chisq", "Wald", "adjWald"])
def test_weights_times_a_constant_change_nothing(persons, statistic):
    heavier = persons.assign(weight=persons["weight"] * 1000)

    one = rs.rao_scott_test(design_of(persons), "group", "answer", statistic=statistic)
    other = rs.rao_scott_test(design_of(heavier), "group", "answer", statistic=statistic)

    assert one.p_value[0] == pytest.approx(other.p_value[0], rel=1e-9)


def test_domains_are_tested_each_on_its_own_values(persons):
    frame = persons.copy()
    frame.loc[(frame["two"] == "yes") & (frame["group"] == "c"), "group"] = "a"
    design = design_of(frame)

    both = rs.rao_scott_test(design, "group", "answer", by="two").to_frame()
    yes = rs.rao_scott_test(design, "group", "answer", where={"two": "yes"}).to_frame()

    assert both["two"].tolist() == ["no", "yes"]
    for name in ("statistic", "df", "ddf", "p_value", "n", "pearson", "design_effect"):
        assert both[name].iloc[1] == pytest.approx(yes[name].iloc[0], rel=1e-9)


def test_an_empty_cell_is_told(persons):
    frame = persons.copy()
    frame.loc[(frame["answer"] == 4) & (frame["group"] == "c"), "answer"] = 3.0

    found = rs.rao_scott_test(design_of(frame), "group", "answer").to_frame().iloc[0]

    assert found["empty_cells"] == 1
    assert 0 < found["p_value"] < 1


def test_the_table_of_shares_adds_up_and_tells_its_denominator(persons):
    frame = persons.copy()
    frame.loc[:9, "answer"] = np.nan

    found = rs.rao_scott_test(design_of(frame), "group", "answer")
    shares = rs.estimate_proportion(
        design_of(frame), "answer", answers="each", where={"group": ["a", "b", "c"]}
    )

    assert found.tested.values.sum() == pytest.approx(1.0)
    assert set(found.tested.n) == {150}
    sums = found.tested.contrast(np.tile(np.eye(4), 3))
    np.testing.assert_allclose(sums.values, shares.values)
    np.testing.assert_allclose(sums.std_error, shares.std_error)


@pytest.mark.parametrize(
    ("rows", "columns", "options", "what"),
    [
        ("group", "nothing", {}, "no column 'nothing'"),
        ("group", "group", {}, "a table needs two columns"),
        ("group", "y", {}, "'y' has 160 values"),
        ("group", "answer", {"by": "group"}, "'group' is the same throughout"),
        ("two", "answer", {"where": {"two": "yes"}}, "'two' has 1 values"),
    ],
)
def test_tables_that_leave_no_test(persons, rows, columns, options, what):
    with pytest.raises(EstimationError) as error:
        rs.rao_scott_test(design_of(persons), rows, columns, **options)

    assert what in " / ".join(issue.what for issue in error.value.issues)


def test_domains_without_a_test_are_named_all_at_once(persons):
    frame = persons.assign(third=np.where(persons["psu"] < 8, "i", "j"))
    frame.loc[:, "group"] = np.where(frame["third"] == "i", "a", frame["group"])

    with pytest.raises(EstimationError, match="leaves no F test in third=i"):
        rs.rao_scott_test(design_of(frame), "group", "answer", by="third")


def test_wald_needs_more_psus_than_cells(persons):
    few = persons[persons["psu"] % 8 < 3]

    with pytest.raises(EstimationError, match="leaves no adjWald test"):
        rs.rao_scott_test(design_of(few), "group", "answer", statistic="adjWald")


def test_a_statistic_that_there_is_not(persons):
    with pytest.raises(ValueError, match="'statistic' must be one of"):
        rs.rao_scott_test(design_of(persons), "group", "answer", statistic="G")
