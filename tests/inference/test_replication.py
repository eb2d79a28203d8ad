"""Replicates: what is drawn, what waves share, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import DesignError, EstimationError, ResilienceWarning
from resilience.inference.statistics.influence import statistic_part
from resilience.inference.weighting import replication

ROLES = {"weight": "weight", "stratum": "stratum", "psu": "psu"}


@pytest.fixture
def one_wave(frame) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame[frame["wave"] == "w1"].reset_index(drop=True), **ROLES)


@pytest.fixture
def pairs(frame) -> rs.SurveyDesign:
    kept = (frame["wave"] == "w1") & frame["psu"].str[1].isin(["1", "2"])
    return rs.SurveyDesign(frame[kept], **ROLES)


@pytest.fixture
def bootstrapped(design) -> rs.SurveyDesign:
    return rs.as_replicates(design, "bootstrap", n_replicates=200, seed=3)


def test_multipliers_are_kept_by_psu(bootstrapped):
    assert bootstrapped.replicates.multipliers.shape == (200, bootstrapped.sample.n_slots)
    assert repr(bootstrapped.replicates) == "<Replicates: 200 by bootstrap>"
    assert "200 replicates (bootstrap)" in repr(bootstrapped)


def test_raos_and_wus_draws_are_one_less_than_the_psus(one_wave):
    drawn = rs.as_replicates(one_wave, "bootstrap", n_replicates=50, seed=1).replicates.multipliers

    counts = drawn * 3 / 4
    by_stratum = counts.reshape(50, 3, 4).sum(axis=2)

    np.testing.assert_allclose(counts, counts.round(), atol=1e-12)
    np.testing.assert_allclose(by_stratum, 3, atol=1e-12)


def test_waves_that_share_psus_share_their_draws(bootstrapped):
    sample, drawn = bootstrapped.sample, bootstrapped.replicates.multipliers
    by_key = [drawn[:, sample.key_of_slot == key] for key in np.unique(sample.key_of_slot)]

    assert all(part.shape[1] == 2 for part in by_key)
    for part in by_key:
        np.testing.assert_allclose(part[:, 0], part[:, 1], rtol=1e-12)


def test_independent_waves_have_draws_of_their_own(frame):
    apart = rs.SurveyDesign(frame, **ROLES, wave="wave", waves="independent")

    drawn = rs.as_replicates(apart, "bootstrap", n_replicates=200, seed=3).replicates.multipliers

    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 12])[0, 1]) < 0.25


def test_seeds_give_the_same_numbers_again(design):
    one, same, other = (
        rs.as_replicates(design, "bootstrap", n_replicates=20, seed=seed)
        for seed in (1, np.random.default_rng(1), 2)
    )

    assert one.replicates.identity == same.replicates.identity
    assert one.replicates.identity != other.replicates.identity


@pytest.mark.parametrize("relation", ["same_psu", "independent"])
@pytest.mark.parametrize("kept", [1.0, 0.6])
def test_the_jackknife_has_linearised_errors_of_totals_and_of_their_changes(frame, relation, kept):
    """Also where waves share part of their PSUs, and have different numbers of them."""
    rng = np.random.default_rng(8)
    labels = frame["psu"].unique()
    dropped = rng.choice([name for name in labels if name[1] in "34"], 2, replace=False)
    part = frame[(frame["wave"] == "w1") | ~frame["psu"].isin(dropped)] if kept < 1 else frame
    design = rs.SurveyDesign(part, **ROLES, wave="wave", waves=relation)

    wanted = rs.estimate_total(design, "y", by="wave")
    found = rs.estimate_total(rs.as_replicates(design, "JKn", mse=True), "y", by="wave")

    np.testing.assert_allclose(found.covariance, wanted.covariance, rtol=1e-9, atol=1e-6)
    assert found.df.tolist() == wanted.df.tolist()


@pytest.mark.parametrize("kept", [1.0, 0.6])
def test_many_bootstrap_replicates_come_near_linearisation(frame, kept):
    part = frame[(frame["wave"] == "w1") | ~frame["psu"].isin(["13", "34"])] if kept < 1 else frame
    design = rs.SurveyDesign(
        part.assign(psus=20), **ROLES, wave="wave", waves="same_psu", fpc="psus"
    )
    drawn = rs.as_replicates(design, "bootstrap", n_replicates=2000, seed=5)

    for verb, variable in [(rs.estimate_total, "y"), (rs.estimate_mean, "y")]:
        wanted = rs.compare(verb(design, variable, by="wave"), over="wave", reference="w1")
        found = rs.compare(verb(drawn, variable, by="wave"), over="wave", reference="w1")

        # The relative Monte Carlo error of a standard error is about 1/sqrt(2 * 2000) = 1.6 %.
        np.testing.assert_allclose(found.std_error, wanted.std_error, rtol=0.06)
    assert drawn.replicates.multipliers.min() >= 0


@pytest.mark.parametrize("kind", ["BRR", "Fay"])
def test_half_samples_have_linearised_errors_of_totals(pairs, kind):
    drawn = rs.as_replicates(pairs, kind)

    values = np.unique(drawn.replicates.multipliers.round(12))

    assert values.tolist() == ([0, 2] if kind == "BRR" else [0.3, 1.7])
    np.testing.assert_allclose(
        rs.estimate_total(drawn, "y", by="sex").covariance,
        rs.estimate_total(pairs, "y", by="sex").covariance,
        rtol=1e-9,
    )


@pytest.mark.parametrize("kind", ["JKn", "BRR", "bootstrap"])
def test_corrections_are_kept(frame, kind):
    kept = (frame["wave"] == "w1") & frame["psu"].str[1].isin(["1", "2"])
    design = rs.SurveyDesign(
        frame[kept].assign(psus=5), **ROLES, fpc="psus", assumed_design_effect=1.4
    )
    asked = {"n_replicates": 4000, "seed": 1} if kind == "bootstrap" else {}

    found = rs.estimate_total(rs.as_replicates(design, kind, **asked), "y")

    wanted = rs.estimate_total(design, "y").std_error
    np.testing.assert_allclose(found.std_error, wanted, rtol=0.05 if kind == "bootstrap" else 1e-9)


def test_statistics_of_rows_are_computed_once_a_replicate(one_wave):
    """A mean computed from rows has the errors of the mean from PSU totals."""
    y = one_wave.frame["y"].to_numpy()
    drawn = rs.as_replicates(one_wave, "JKn")
    calls = []

    def point(weights):
        calls.append(1)
        return np.array([np.average(y, weights=weights)])

    part, _ = statistic_part(
        drawn, point=point, influence=lambda weights: 1 / 0, counted=np.ones((len(y), 1), bool)
    )

    wanted = rs.estimate_mean(drawn, "y").std_error
    np.testing.assert_allclose(np.sqrt((part.contributions**2).sum()), wanted, rtol=1e-12)
    assert len(calls) == 1 + 12


def test_supplied_weights_work_for_rows_too(one_wave):
    frame = one_wave.frame.copy()
    drawn = rs.as_replicates(one_wave, "JKn").replicates
    columns = [f"r{number}" for number in range(len(drawn))]
    weights = np.column_stack(list(drawn.row_weights(one_wave.weights)))
    frame[columns] = weights
    given = rs.with_replicate_weights(
        rs.SurveyDesign(frame, weight="weight"),
        columns,
        kind="JKn",
        rscales=drawn.rscales * drawn.scale,
    )

    found = rs.estimate_mean(given, "y", by="sex")
    wanted = rs.estimate_mean(rs.as_replicates(one_wave, "JKn"), "y", by="sex")

    np.testing.assert_allclose(found.covariance, wanted.covariance, rtol=1e-9)
    assert given.degrees_of_freedom == 12 - 3
    assert found.df.tolist() == [9, 9]


def test_independent_waves_with_supplied_weights_are_independent(frame):
    rng = np.random.default_rng(1)
    columns = [f"r{number}" for number in range(30)]
    noise = pd.DataFrame(rng.gamma(9, 1 / 9, (len(frame) // 2, 30)), columns=columns)
    table = pd.concat(
        [frame.reset_index(drop=True), pd.concat([noise] * 2, ignore_index=True)], axis=1
    )
    roles = {"kind": "bootstrap", "combined": False}

    def by_wave(relation, part=table):
        waves = {"wave": "wave", "waves": relation}
        design = rs.SurveyDesign(
            part.assign(person=part.groupby("wave").cumcount()),
            weight="weight",
            respondent_id="person",
            **waves,
        )
        return rs.estimate_mean(rs.with_replicate_weights(design, columns, **roles), "y", by="wave")

    apart, tied = by_wave("independent"), by_wave("panel")

    np.testing.assert_allclose(np.diag(apart.covariance), np.diag(tied.covariance), rtol=1e-12)
    assert apart.covariance[0, 1] == pytest.approx(0, abs=1e-12)
    assert abs(tied.covariance[0, 1]) > 1e-3


def test_a_row_from_one_psu_has_no_known_error(design, bootstrapped):
    mask = design.frame["psu"] == "11"

    for drawn in (bootstrapped, rs.as_replicates(design, "JKn")):
        found = rs.estimate_mean(drawn, "y", where=mask)
        assert np.isnan(found.std_error).all()
        assert found.df.tolist() == [0]


def test_replicates_without_a_value_are_told(design, bootstrapped):
    mask = design.frame["psu"].isin(["11", "12"])

    with pytest.warns(ResilienceWarning, match="no value under some replicates"):
        found = rs.estimate_mean(bootstrapped, "y", where=mask)

    assert np.isfinite(found.std_error).all()


def test_contrasts_and_concat_work_as_without_replicates(bootstrapped):
    means = rs.estimate_mean(bootstrapped, ["y", "z"], by="wave")
    change = rs.compare(means, over="wave", reference="w1")
    joint = rs.concat([means, change.contrast(np.eye(2))])

    np.testing.assert_allclose(joint.covariance[:4, :4], means.covariance)
    wanted = means.covariance[1, 1] + means.covariance[0, 0] - 2 * means.covariance[0, 1]
    assert change.std_error[0] ** 2 == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("other", ["linearised", "another seed", "mse"])
def test_what_has_no_joint_covariance_does_not_mix(design, bootstrapped, other):
    second = {
        "linearised": design,
        "another seed": rs.as_replicates(design, "bootstrap", n_replicates=200, seed=4),
        "mse": rs.as_replicates(design, "bootstrap", n_replicates=200, seed=3, mse=True),
    }[other]

    with pytest.raises(EstimationError, match=r"two ways|two rules"):
        rs.concat([rs.estimate_mean(bootstrapped, "y"), rs.estimate_mean(second, "y")])


@pytest.mark.parametrize(
    ("kind", "asked", "message"),
    [
        ("bootstrapp", {}, "did you mean 'bootstrap'"),
        ("bootstrap", {"n_replicates": 100}, "'seed' does not fit"),
        ("bootstrap", {"seed": 1}, "'n_replicates' does not fit"),
        ("JKn", {"n_replicates": 10}, "the design says how many"),
        ("JK1", {}, "no strata for JK1"),
        ("BRR", {}, "two PSUs in each stratum"),
        ("Fay", {"fay": 1.0}, "below 1"),
    ],
)
def test_replicates_that_do_not_fit_are_refused(one_wave, kind, asked, message):
    with pytest.raises(DesignError, match=message):
        rs.as_replicates(one_wave, kind, **asked)


def test_what_replicates_cannot_follow_is_refused(frame, monkeypatch, one_wave):
    lonely = frame[(frame["wave"] == "w1") & ((frame["stratum"] != "s2") | (frame["psu"] == "21"))]
    stages = lonely.assign(psus=9, persons=50, person=np.arange(len(lonely)))

    with pytest.raises(DesignError, match="adjust"):
        rs.as_replicates(rs.SurveyDesign(lonely, **ROLES, lonely_psu="adjust"), "JKn")
    two = {"psu": ("psu", "person"), "fpc": ("psus", "persons"), "lonely_psu": "remove"}
    with pytest.raises(DesignError, match="several stages"):
        rs.as_replicates(rs.SurveyDesign(stages, **{**ROLES, **two}), "JKn")
    monkeypatch.setattr(replication, "LARGEST", 10)
    with pytest.raises(DesignError, match="12 replicates of 12 PSUs"):
        rs.as_replicates(one_wave, "JKn")


def test_replicates_stay_with_their_sample(one_wave):
    drawn = rs.as_replicates(one_wave, "JKn")

    assert replace(drawn, frame=drawn.frame.assign(new=1)).replicates is drawn.replicates
    with pytest.raises(DesignError, match="another sample"):
        replace(drawn, frame=drawn.frame.head(40))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"columns": ["r1", "first"]}, "a column of the design"),
        ({"columns": ["r1"]}, "at least 2"),
        ({"columns": ["r1", "gap"]}, "'gap' has missing values"),
        ({"columns": ["r1", "sex"]}, "numbers"),
        ({"kind": "JK1"}, "'scale' does not fit"),
        ({"kind": "JKn"}, "'rscales' does not fit"),
        ({"kind": "JKn", "rscales": [1.0]}, "1 numbers"),
        ({"kind": "Fay"}, "'fay' does not fit"),
        ({"kind": "bootstrap", "fay": 0.5}, "'fay' does not fit"),
        ({"kind": "brr"}, "did you mean 'BRR'"),
        ({"kind": "other", "scale": -1.0}, "above 0"),
    ],
)
def test_supplied_weights_that_do_not_fit_are_refused(one_wave, asked, message):
    frame = one_wave.frame.assign(r1=2.0, r2=3.0, gap=np.nan)
    design = rs.SurveyDesign(frame, weight="weight")
    columns = asked.pop("columns", ["r1", "r2"])

    with pytest.raises(DesignError, match=message):
        rs.with_replicate_weights(design, columns, **{"kind": "BRR", **asked})


def test_weights_that_look_like_multipliers_are_told(one_wave):
    frame = one_wave.frame.assign(weight=500.0, r1=[0.0, 2.0] * 30, r2=[2.0, 0.0] * 30)

    with pytest.warns(ResilienceWarning, match="do not look as said"):
        rs.with_replicate_weights(rs.SurveyDesign(frame, weight="weight"), ["r1", "r2"], kind="BRR")


@pytest.mark.parametrize(
    "roles",
    [
        {"psu": ("psu", "person")},
        {"psu": ("psu", "person"), "fpc": "psus"},
        {"psu": "psu", "fpc": ("psus", "persons")},
    ],
)
def test_every_stage_needs_its_count(frame, roles):
    part = frame[frame["wave"] == "w1"].assign(psus=9, persons=50)
    part["person"] = np.arange(len(part))

    with pytest.raises(DesignError, match="population counts do not match"):
        rs.SurveyDesign(part, **{**ROLES, **roles})


def test_a_psu_that_was_certain_varies_within(frame):
    part = frame[(frame["wave"] == "w1") & ((frame["stratum"] != "s2") | (frame["psu"] == "21"))]
    part = part.assign(psus=np.where(part["stratum"] == "s2", 1, 9), persons=10)
    part["person"] = np.arange(len(part))
    design = rs.SurveyDesign(
        part, **{**ROLES, "psu": ("psu", "person"), "fpc": ("psus", "persons")}
    )
    inside = part[part["stratum"] == "s2"]
    y, w = inside["y"].to_numpy(), inside["weight"].to_numpy()
    u = w * (y - np.average(y, weights=w)) / w.sum()

    found = rs.estimate_mean(design, "y", where={"stratum": "s2"})
    alone = rs.estimate_mean(design, "y", where=part["psu"] == "11")

    # Five of ten persons in the only PSU: (1 - 1/2) 5/4 times the sum of squares.
    assert found.std_error[0] == pytest.approx(np.sqrt(0.5 * 5 / 4 * (u**2).sum()), rel=1e-12)
    assert np.isnan(alone.std_error[0])
