from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import DesignError

CENSUS = "Census 2022, table 3"
ROLES = {"weight": "weight", "stratum": "stratum", "psu": "psu"}


def margin(variable="sex", **said) -> rs.Margin:
    figures = {} if {"counts", "shares", "total"} & set(said) else {"counts": {"f": 60, "m": 40}}
    return rs.Margin(variable=variable, source=CENSUS, **figures, **said)


@pytest.fixture
def one(frame) -> rs.SurveyDesign:
    """One wave, with a band of age that nobody of one sex is in when `f` is left out."""
    part = frame[frame["wave"] == "w1"].reset_index(drop=True)
    return rs.SurveyDesign(part.assign(band=np.where(part["age"] < 30, "young", "old")), **ROLES)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ([], "no margins"),
        (margin("sexe"), r"column that is not there[\s\S]*did you mean 'sex'"),
        (margin(wave="w9"), "wave that is not there"),
        (margin(site="nroth"), r"value of 'site' that is not there[\s\S]*did you mean 'north'"),
        (margin(counts={"f": 60}), r"categories of the sample are not in the margin[\s\S]*'m'"),
        (margin(counts={"f": 6, "m": 4, "x": 1}), r"nobody in the sample is in cells[\s\S]*'x'"),
        (margin(counts={"f": 6, "m": 0}), r"nobody where the sample has[\s\S]*'m'"),
        (margin(counts={"f": 6, "m": -4}), r"no numbers of people[\s\S]*found +m"),
        (margin(counts={"f": 0, "m": 0}), "add up to 0"),
        (margin(shares={"f": 0.5, "m": 0.4}), "do not add up to 1"),
        (margin(shares={"f": 52, "m": 48}), "do not add up to 1"),
        (margin(shares={"f": 0.5, "m": 0.5}, total=-3), "has no population"),
        (margin(counts={"f": 5, "m": 5}, total=10), "counts and a total"),
        (margin(counts={"f": 5, "m": 5}, shares={"f": 0.5, "m": 0.5}), "does not say its figures"),
        (margin(("sex", "band")), "does not fit its variables"),
        (margin("age", total=100), "rs.calibrate takes totals"),
        ([margin(), margin()], "given twice"),
        (
            [margin(), margin("band", counts={"young": 30, "old": 30})],
            r"contradict each other[\s\S]*margin of sex: 100; margin of band: 60",
        ),
    ],
)
def test_margins_that_cannot_be_reached_are_named(one, said, message):
    with pytest.raises(DesignError, match=message):
        rs.rake(one, said)


def test_several_findings_come_at_once(one):
    wrong = [margin(counts={"f": 60}), margin("band", counts={"young": 20, "middle": 40})]

    with pytest.raises(DesignError) as caught:
        rs.rake(one, wrong)

    assert len(caught.value.issues) == 3


def test_missing_values_are_counted(one):
    frame = one.frame.copy()
    frame.loc[[1, 5, 7], "sex"] = None

    with pytest.raises(
        DesignError, match=r"no value of a variable[\s\S]*3 of 60 rows[\s\S]*weight 0"
    ):
        rs.rake(rs.SurveyDesign(frame, **ROLES), margin())


def test_who_weighs_nothing_needs_no_value(one):
    frame = one.frame.assign(weight=one.frame["weight"].where(one.frame.index != 3, 0.0))
    frame.loc[3, "sex"] = None

    raked = rs.rake(rs.SurveyDesign(frame, **ROLES), margin())

    assert raked.weights[3] == 0
    assert raked.weights.sum() == pytest.approx(100)


def test_margins_that_cannot_hold_together_do_not_converge(one):
    """All women are young here: the margins want more women than young."""
    frame = one.frame.assign(band=np.where(one.frame["sex"] == "f", "young", "old"))
    known = [margin(), margin("band", counts={"young": 50, "old": 50})]

    with pytest.raises(
        DesignError, match=r"do not meet the margin of sex[\s\S]*leave a margin out"
    ):
        rs.rake(rs.SurveyDesign(frame, **ROLES), known)


def test_bounds_that_cannot_be_met_name_the_margin(one):
    known = margin(shares={"f": 0.9, "m": 0.1})

    with pytest.raises(DesignError, match=r"do not meet the margin of sex \([fm]\)[\s\S]*widen"):
        rs.calibrate(one, known, bounds=(0.8, 1.25))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"method": "logit"}, "needed|made by them"),
        ({"method": "logit", "bounds": (0.5, np.inf)}, "finite bounds"),
        ({"bounds": (1.2, 3)}, "around 1"),
        ({"method": "gred"}, "'linear', 'raking' or 'logit'"),
    ],
)
def test_calls_that_make_no_sense_are_refused(one, how, message):
    with pytest.raises(DesignError, match=message):
        rs.calibrate(one, margin(), **how)


def test_negative_weights_are_refused(one):
    known = [margin(shares={"f": 0.5, "m": 0.5}, total=180), margin("age", total=18 * 180)]

    with pytest.raises(DesignError, match=r"makes weights negative[\s\S]*method='raking'"):
        rs.calibrate(one, known)


def test_post_stratification_takes_one_margin(one):
    with pytest.raises(DesignError, match=r"takes one margin[\s\S]*rs\.rake takes several"):
        rs.poststratify(one, [margin(), margin("band", shares={"young": 0.5, "old": 0.5})])


def test_nothing_is_changed_in_place(one):
    frame, weights = one.frame.copy(), one.weights.copy()

    raked = rs.rake(one, margin())

    pd.testing.assert_frame_equal(one.frame, frame)
    np.testing.assert_array_equal(one.weights, weights)
    assert one.weight_history == ()
    with pytest.raises(ValueError, match="read-only"):
        raked.weights[0] = 1


def test_waves_without_a_margin_stay_as_they_are(design):
    raked = rs.rake(design, margin(wave="w2"))

    first = (design.frame["wave"] == "w1").to_numpy()
    np.testing.assert_array_equal(raked.weights[first], design.weights[first])
    assert raked.weights[~first].sum() == pytest.approx(100)
    assert [part.wave for part in raked.weight_history[0].convergence] == ["w2"]


def test_a_site_s_margins_leave_other_sites_alone(design):
    known = [margin(site="north", wave="w1"), margin(site="north", wave="w2")]

    raked = rs.rake(design, known)

    south = (design.frame["site"] == "south").to_numpy()
    np.testing.assert_array_equal(raked.weights[south], design.weights[south])
    assert [(part.wave, part.site) for part in raked.weight_history[0].convergence] == [
        ("w1", "north"),
        ("w2", "north"),
    ]


def test_shares_without_a_total_keep_the_sum(one):
    raked = rs.rake(one, margin(shares={"f": 0.5, "m": 0.5}))

    assert raked.weights.sum() == pytest.approx(one.weights.sum())


def test_weights_made_for_other_rows_are_refused(one):
    raked = rs.rake(one, margin())

    with pytest.raises(
        DesignError, match=r"weights were made for other rows[\s\S]*60 weights for 30"
    ):
        rs.SurveyDesign(raked.frame.head(30), **ROLES, weight_history=raked.weight_history)


def test_the_history_tells_what_each_step_did(one):
    design = rs.trim_weights(rs.rake(one, margin()), upper=3)

    steps = design.weight_history
    assert [step.action for step in steps] == ["rake", "trim"]
    assert steps[0].kish_before == pytest.approx(1 + 2 / 9)  # weights 1 to 5: variance 2, mean 3
    assert steps[1].before is steps[0].after
    assert steps[0].largest_miss < 1e-10
    assert steps[0].n == 60
    assert steps[1].weight_high <= 3.1
    assert "Kish effect" in repr(steps[0])

    table = rs.weight_diagnostics(design, by="site")
    assert table["step"].tolist() == [0, 0, 1, 1, 2, 2]
    assert table.loc[table["step"] == 1, "source"].unique().tolist() == [CENSUS]
    sums = table.groupby("step")["weight_sum"].sum()
    np.testing.assert_allclose(sums, [180, 100, 100])
    np.testing.assert_allclose(table["n_effective"] * table["kish_effect"], table["n"])


def test_the_table_of_margins_shows_what_a_later_step_moved(one):
    design = rs.trim_weights(rs.rake(one, margin()), upper=2.5)

    table = rs.margin_table(design)

    np.testing.assert_allclose(table["before"], [108, 72])
    np.testing.assert_allclose(table["after"], [60, 40])
    assert (abs(table["final"] - table["target"]) > 0.1).all()
    assert rs.margin_table(one).empty


@pytest.mark.parametrize(
    ("chance", "found"), [(0.0, "not above 0"), (1.2, "above 1"), (np.nan, "1 rows missing")]
)
def test_chances_that_are_none_are_refused(chance, found):
    frame = pd.DataFrame({"p": [0.5, chance]})

    with pytest.raises(DesignError, match=found):
        rs.base_weights(frame, probabilities="p")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"said": 2}, "more than who responded"),
        ({"said": np.where(np.arange(60) < 20, 0, 1)}, r"nobody of a class responded[\s\S]*'s1'"),
        ({"stratum": None}, "is missing"),
    ],
)
def test_nonresponse_that_cannot_be_adjusted_for(one, change, message):
    classes = one.frame["stratum"]
    frame = one.frame.assign(said=1, klass=classes)
    frame = frame.assign(
        **{("klass" if name == "stratum" else name): v for name, v in change.items()}
    )

    with pytest.raises(DesignError, match=message):
        rs.adjust_nonresponse(rs.SurveyDesign(frame, **ROLES), responded="said", classes="klass")


def test_limits_that_no_weights_can_meet_are_refused(one):
    with pytest.raises(DesignError, match="limits of weights cross"):
        rs.trim_weights(one, lower=3, upper=2)
    with pytest.raises(DesignError, match="not all weights can lie within"):
        rs.trim_weights(one, upper=2, strict=True)
    with pytest.raises(DesignError, match="no weight within the limits is left"):
        rs.trim_weights(one, upper=0.5)


def test_trimming_without_sharing_out_loses_weight(one):
    trimmed = rs.trim_weights(one, upper=4, redistribute=False)

    assert trimmed.weights.sum() == pytest.approx(180 - 12)
    assert trimmed.weights.max() == 4


def test_normalised_weights_count_as_said(design):
    equal = rs.normalise_weights(design, over=["wave", "site"])
    by_n = rs.normalise_weights(design, over="site", to="n")

    groups = design.frame.groupby(["wave", "site"]).indices
    np.testing.assert_allclose([equal.weights[rows].sum() for rows in groups.values()], 360 / 4)
    assert by_n.weights.sum() == pytest.approx(120)
    means = [rs.estimate_mean(d, "y", by=["wave", "site"]) for d in (design, equal)]
    np.testing.assert_allclose(means[1].std_error, means[0].std_error)


def test_estimates_from_rows_know_of_the_margins_too(one):
    """A mean by its influence values is the mean by its totals."""
    from resilience.inference.statistics.influence import influence_part

    design = rs.rake(one, [margin(), margin("band", shares={"young": 0.3, "old": 0.7})])
    mean = rs.estimate_mean(design, "y")
    y, weights = design.frame["y"].to_numpy(), design.weights
    influence = (weights * (y - mean.values[0]) / weights.sum())[:, None]

    part, _ = influence_part(design, influence, np.ones((len(y), 1), bool))

    error = np.sqrt((part.sample.centred(part.contributions) ** 2).sum())
    assert error == pytest.approx(mean.std_error[0], rel=1e-10)
    assert error != pytest.approx(rs.estimate_mean(one, "y").std_error[0], rel=1e-3)


def test_large_samples_take_the_thin_way(one, monkeypatch):
    from resilience.inference.statistics import totals

    design = rs.rake(one, margin())
    dense = rs.estimate_mean(design, "y", by=["stratum", "sex"])
    monkeypatch.setattr(totals, "LARGEST_DENSE", 0)
    thin = rs.estimate_mean(design, "y", by=["stratum", "sex"])

    np.testing.assert_allclose(thin.covariance, dense.covariance, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("verb", [rs.poststratify, rs.rake, rs.calibrate])
def test_a_share_that_margins_fix_has_no_error_and_no_test(one, verb):
    frame = one.frame.assign(sex=one.frame["sex"].astype("category"))
    design = verb(rs.SurveyDesign(frame, **ROLES), margin(counts={"f": 601.7, "m": 417.3}))

    share = rs.estimate_proportion(design, "sex", answers="each")

    assert share.values == pytest.approx([601.7 / 1019, 417.3 / 1019])
    assert share.std_error.tolist() == [0, 0]
    assert np.isnan(share.n_effective).all()
    assert np.isnan(share.contrast({"none": {0: 1, 1: 1}}).test(null=1)["p_value"]).all()
