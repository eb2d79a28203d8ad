"""Combined imputations: Rubin's rules by hand, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import resilience as rs
from resilience.errors import EstimationError

if TYPE_CHECKING:
    import pandas as pd


@pytest.fixture
def filled(frame) -> list[pd.DataFrame]:
    """A sixth of y filled in four times."""
    rng = np.random.default_rng(8)
    lost = rng.random(len(frame)) < 1 / 6
    return [
        frame.assign(y=frame["y"].where(~lost, rng.normal(50, 10, len(frame)))) for _ in range(4)
    ]


def design_of(frame: pd.DataFrame, **more: object) -> rs.SurveyDesign:
    return rs.SurveyDesign(
        frame, weight="weight", stratum="stratum", psu="psu", wave="wave", waves="same_psu", **more
    )


@pytest.fixture
def parts(filled):
    return [rs.estimate_mean(design_of(part), "y", by=["site", "wave"]) for part in filled]


def test_values_and_covariance_follow_rubin(parts):
    values = np.array([part.values for part in parts])
    within = np.mean([part.covariance for part in parts], axis=0)
    between = np.cov(values.T)

    found = rs.combine_imputations(parts)

    np.testing.assert_allclose(found.values, values.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, within + 1.25 * between, rtol=1e-10)
    np.testing.assert_allclose(found.std_error**2, np.diag(found.covariance), rtol=1e-10)


def test_a_contrast_of_combined_is_the_combined_contrast(parts):
    coefficients = np.array([[-1, 1, 0, 0], [0, 0, -1, 1.0]])

    one = rs.combine_imputations(parts).contrast(coefficients)
    other = rs.combine_imputations([part.contrast(coefficients) for part in parts])

    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-10)
    np.testing.assert_allclose(one.df, other.df, rtol=1e-10)
    np.testing.assert_allclose(
        rs.imputation_diagnostics(one).iloc[:, -3:], rs.imputation_diagnostics(other).iloc[:, -3:]
    )


def test_imputations_that_agree_add_nothing(parts):
    same = rs.combine_imputations([parts[0]] * 3)
    rubin = rs.combine_imputations([parts[0]] * 3, df="rubin")

    np.testing.assert_allclose(same.covariance, parts[0].covariance, rtol=1e-10)
    complete = parts[0].df
    np.testing.assert_allclose(same.df, complete * (complete + 1) / (complete + 3))
    assert np.isinf(rubin.df).all()
    assert np.isfinite(rubin.interval()).all()
    told = rs.imputation_diagnostics(rubin)
    assert (told[["relative_increase", "fraction_missing"]] == 0).to_numpy().all()
    assert (told["relative_efficiency"] == 1).all()


def test_barnard_and_rubins_degrees_of_freedom_stay_below_the_designs(parts):
    found = rs.combine_imputations(parts)

    assert (found.df < parts[0].df).all()
    whole = replace(found, df_rule="design")
    assert (whole.df > found.df).all()
    assert (whole.df < 9).all()


def test_a_complete_result_keeps_its_covariance_with_combined_ones(filled, parts):
    combined = rs.combine_imputations(parts)
    complete = rs.estimate_mean(design_of(filled[0]), "z", by="wave")

    joint = rs.concat([combined, complete])

    expected = np.mean([rs.concat([part, complete]).covariance[:4, 4:] for part in parts], axis=0)
    np.testing.assert_allclose(joint.covariance[:4, 4:], expected, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(joint.covariance[4:, 4:], complete.covariance, rtol=1e-10)


def test_results_of_the_same_imputations_keep_their_covariance(filled, parts):
    others = [rs.estimate_total(design_of(part), "y", by="wave") for part in filled]

    joint = rs.concat([rs.combine_imputations(parts), rs.combine_imputations(others)])
    direct = rs.combine_imputations(
        [rs.concat(list(pair)) for pair in zip(parts, others, strict=True)]
    )

    np.testing.assert_allclose(joint.covariance, direct.covariance, rtol=1e-9)


def test_a_group_without_answers_has_no_estimate(filled):
    for part in filled:
        part.loc[part["site"] == "north", "y"] = np.nan

    found = rs.combine_imputations(
        [rs.estimate_mean(design_of(part), "y", by="site") for part in filled]
    )

    assert np.isnan([found.values[0], found.std_error[0]]).all()
    assert np.isfinite([found.values[1], found.std_error[1]]).all()
    assert np.isnan(rs.imputation_diagnostics(found)["fraction_missing"]).tolist() == [True, False]


def test_one_imputation_is_refused(parts):
    with pytest.raises(EstimationError, match="one imputation does not show"):
        rs.combine_imputations(parts[:1])


def test_imputations_that_are_not_alike_are_refused_all_at_once(filled, parts):
    fewer = parts[1].select([0, 1])
    reordered = parts[2].select([1, 0, 2, 3])
    by_group = rs.estimate_mean(
        design_of(filled[3].sample(frac=1, random_state=1)), "y", by=["site", "wave"]
    )

    with pytest.raises(EstimationError) as caught:
        rs.combine_imputations([parts[0], fewer, reordered, by_group])

    assert [issue.what for issue in caught.value.issues] == [
        "imputation 2 has other rows than the first",
        "imputation 3 has other rows than the first",
        "imputation 4 comes from another sample than the first",
    ]
    with pytest.raises(EstimationError, match="estimated by another rule"):
        rs.combine_imputations([parts[0], replace(parts[1], unit=("points",) * 4)])


def test_what_is_combined_is_not_combined_again(parts):
    combined = rs.combine_imputations(parts)

    with pytest.raises(EstimationError, match="combined already"):
        rs.combine_imputations([combined, combined])
    with pytest.raises(EstimationError, match="in two ways"):
        rs.concat([combined, rs.combine_imputations(parts[:3])])
    with pytest.raises(EstimationError, match="not combined from imputations"):
        rs.imputation_diagnostics(parts[0])
    with pytest.raises(ValueError, match="'barnard_rubin' or 'rubin'"):
        rs.combine_imputations(parts, df="normal")
