"""Balance, attrition, trends, fieldwork and contamination on samples made for the question."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs

RTOL = 1e-9


@pytest.fixture(scope="module")
def kenya():
    study = rs.load_study("surveys/kenya/study.yaml")
    return rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))


def panel(rng: np.random.Generator, *, lost: float = 0.2, apart: float = 0.0) -> pd.DataFrame:
    """Ten places, five treated, thirty people each; `apart` is lost among the treated's highest."""
    place = np.repeat(np.arange(10), 30)
    arm = (place % 2 == 0).astype(int)
    before = rng.normal(50, 10, 300) + rng.normal(0, 2, 10)[place]
    start = pd.DataFrame({"id": np.arange(300), "place": place, "arm": arm, "y": before})
    start["young"] = pd.Categorical(np.where(rng.random(300) < 0.4, "yes", "no"))
    start["weight"] = rng.gamma(4, 0.25, 300)
    stays = rng.random(300) > lost
    stays &= ~((arm == 1) & (before > 60) & (rng.random(300) < apart))
    end = start[stays].assign(y=lambda part: part["y"] + 2 + rng.normal(0, 3, len(part)))
    return pd.concat([start.assign(wave="w1"), end.assign(wave="w2")], ignore_index=True)


def design_of(frame: pd.DataFrame) -> rs.SurveyDesign:
    return rs.SurveyDesign(
        frame, weight="weight", psu="place", wave="wave", waves="panel", respondent_id="id"
    )


def followed(frame: pd.DataFrame) -> rs.FollowUp:
    return rs.follow_up(design_of(frame), arm="arm", cluster="place", between=("w1", "w2"))


# Balance


def test_normalised_differences_do_not_grow_with_the_sample():
    frame = panel(np.random.default_rng(1)).query("wave == 'w1'")
    twice = pd.concat([frame, frame.assign(id=frame["id"] + 1000)], ignore_index=True)
    asked = {"arm": "arm", "cluster": "place"}

    one, two = (
        rs.balance_table(rs.SurveyDesign(part, weight="weight", psu="place"), "y", **asked)
        for part in (frame, twice)
    )

    assert one.normalised.values == pytest.approx(two.normalised.values, rel=0.01)
    assert one.closeness == two.closeness


def test_no_p_value_is_called_balance():
    frame = panel(np.random.default_rng(2)).query("wave == 'w1'")
    design = rs.SurveyDesign(frame, weight="weight", psu="place")
    table = rs.balance_table(design, ["y", "young"], arm="arm", cluster="place")

    assert "does not show" in repr(table)
    assert table.omnibus.kind == "placebo_reference"
    assert table.omnibus.assignments == 252
    # An arm and its mirror image are as far apart, so that p is at least two in all.
    assert table.omnibus.smallest_p == pytest.approx(2 / 252)


def test_blocks_limit_what_could_have_been_assigned():
    frame = (
        panel(np.random.default_rng(3))
        .query("wave == 'w1'")
        .assign(pair=lambda part: part["place"] // 2)
    )
    design = rs.SurveyDesign(frame, weight="weight", psu="place")
    asked = {"arm": "arm", "cluster": "place", "blocks": "pair"}

    table = rs.balance_table(design, "y", mechanism="matched_pairs", **asked)

    assert table.omnibus.assignments == 32
    assert table.omnibus.kind == "randomisation_test"


def test_omnibus_holds_its_level_where_assignment_is_random():
    rng = np.random.default_rng(4)
    rejected = []
    for _ in range(150):
        frame = panel(rng).query("wave == 'w1'")
        design = rs.SurveyDesign(frame, weight="weight", psu="place")
        table = rs.balance_table(
            design, ["y", "young"], arm="arm", cluster="place", mechanism="random"
        )
        rejected.append(table.omnibus.p_value <= 0.1)
    assert np.mean(rejected) <= 0.1 + 2.5 * np.sqrt(0.09 / 150)


# Attrition


def test_rates_are_weighted_shares_at_the_start(kenya):
    people = rs.follow_up(kenya, arm="site_role", cluster="site", between=("baseline", "endline"))
    frame = kenya.frame.assign(w=kenya.weights)
    start = frame[frame["wave"] == "baseline"]
    later = set(frame.loc[frame["wave"] == "endline", "respondent_id"])
    gone = ~start["respondent_id"].isin(later)
    found = rs.attrition(people)

    for value, arm in zip(found.rates.values, ("comparison", "programme"), strict=True):
        here = start["site_role"] == arm
        assert value == pytest.approx(np.average(gone[here], weights=start["w"][here]), rel=RTOL)
    assert found.places is not None
    assert len(found.places) == 4
    assert found.permutation.smallest_p == pytest.approx(1 / 3)


def test_selection_on_the_outcome_is_seen_and_its_absence_not_claimed():
    """With ten places power is small: over a dozen samples p-values must fall by half at least."""
    rng = np.random.default_rng(5)
    p_values = {0.9: [], 0.0: []}
    for _ in range(12):
        for apart, found in p_values.items():
            told = rs.selective_attrition(
                followed(panel(rng, apart=apart)), "y", mechanism="random"
            )
            found.append((told.p_respondents[0], told.p_population[0], told.interaction.p_value[0]))

    selected, not_so = (np.median(found, axis=0) for found in p_values.values())
    assert (selected < not_so / 2).all()
    assert "A large p shows neither" in repr(told)


def test_attrition_weights_bring_back_the_means_they_know_of():
    frame = panel(np.random.default_rng(6), lost=0.1, apart=0.8)
    people = followed(frame.assign(high=pd.Categorical(np.where(frame["y"] > 60, "yes", "no"))))
    made = rs.attrition_weights(people, "high")
    exact = rs.adjust_nonresponse(
        rs.SurveyDesign(
            people.design.frame.assign(found=people.found.astype(int)), weight="weight"
        ),
        responded="found",
        classes=["high", "arm"],
    )

    np.testing.assert_allclose(made.weighted, made.everybody, rtol=1e-8)
    assert not np.allclose(made.found, made.everybody, rtol=1e-3)
    # A logistic regression on groups is weighting by these groups.
    np.testing.assert_allclose(made.design.weights, exact.weights, rtol=1e-6)
    assert made.kish_after > made.kish_before


def test_trimming_of_factors_is_told():
    people = followed(panel(np.random.default_rng(7), lost=0.3, apart=0.8))
    made = rs.attrition_weights(people, "y", largest=1.2)

    assert made.trimmed > 0
    assert f"{made.trimmed} factors cut" in repr(made)
    for side in (0, 1):
        here = people.arms.of_row == side
        assert made.design.weights[here].sum() == pytest.approx(people.design.weights[here].sum())


def test_persons_found_in_the_other_arm_are_counted():
    frame = panel(np.random.default_rng(8), lost=0.0)
    frame.loc[(frame["wave"] == "w2") & (frame["id"] == 3), ["place", "arm"]] = [1, 0]
    design = rs.SurveyDesign(frame, wave="wave", waves="panel", respondent_id="id")
    people = rs.follow_up(design, arm="arm", cluster="place", between=("w1", "w2"))

    assert people.moved == 1
    assert "1 found in the other arm" in repr(rs.attrition(people))


# Trends, fieldwork, contamination


def test_trends_with_one_wave_are_not_known():
    frame = panel(np.random.default_rng(9))
    one = rs.pre_trends(design_of(frame), "y", arm="arm", cluster="place", before=["w1"])

    assert len(one.to_frame()) == 0
    assert "cannot be known" in repr(one)


def test_trends_are_differences_of_changes_and_read_by_a_margin():
    design = design_of(panel(np.random.default_rng(10)))
    asked = {"arm": "arm", "cluster": "place", "before": ["w1", "w2"]}
    wide = rs.pre_trends(design, "y", margin=25, **asked)
    gap = rs.compare(
        rs.compare(rs.estimate_mean(design, "y", by=["arm", "wave"]), over="wave", reference="w1"),
        over="arm",
        reference="0",
    )

    assert wide.by_assignment.estimate == pytest.approx(gap.values, rel=RTOL)
    assert wide.reading() == ("within_margin",)
    assert rs.pre_trends(design, "y", margin=0.001, **asked).reading()[0] != "within_margin"
    assert rs.pre_trends(design, "y", **asked).reading() == ("no_margin",)


def test_interviewers_who_differ_are_seen():
    rng = np.random.default_rng(11)
    frame = panel(rng, lost=0.0)
    frame["who"] = np.where(frame["wave"] == "w1", frame["id"] % 6, frame["id"] % 6 + 3)
    frame["mode"] = np.where(frame["wave"] == "w1", "face", "phone")
    frame["y"] += rng.normal(0, 10, 9)[frame["who"]]
    found = rs.fieldwork_shifts(
        design_of(frame), "y", between=("w1", "w2"), interviewer="who", by="arm"
    )
    other_mode = rs.fieldwork_shifts(design_of(frame), "y", between=("w1", "w2"), mode="mode")

    assert found.interviewers["both"].tolist() == [3, 3]
    assert (found.variance_by_interviewer["estimate"] > 0.2).all()
    assert len(found.where_shared) == 2
    assert other_mode.where_shared is None
    assert "cannot be told apart" in repr(other_mode)
    assert other_mode.modes.values == pytest.approx([-1.0, 1.0])


def test_dilution_is_the_difference_over_the_treated_share(kenya):
    told = rs.contamination(
        kenya,
        exposure="ken_knows_forum",
        arm="site_role",
        cluster="site",
        where={"wave": "endline"},
    )
    comparison, treated = told.shares.values

    assert told.kept.values[0] == pytest.approx(1 - comparison / treated, rel=RTOL)
    assert told.by_assignment.estimate[0] == pytest.approx(treated - comparison, rel=RTOL)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_every_record_has_a_frame_and_shows_no_rows(level):
    frame = panel(np.random.default_rng(12)).assign(knows=lambda part: (part["y"] > 55) * 1.0)
    design, people = design_of(frame), followed(frame)
    asked = {"arm": "arm", "cluster": "place"}
    records = [
        rs.balance_table(design, "y", where={"wave": "w1"}, **asked),
        rs.attrition(people),
        rs.selective_attrition(people, "y"),
        rs.attrition_weights(people, "young"),
        rs.lee_bounds(people, "y"),
        rs.manski_bounds(people, "y", low=-50, high=200),
        rs.pre_trends(design, "y", before=["w1", "w2"], **asked),
        rs.fieldwork_shifts(design, "y", between=("w1", "w2")),
        rs.contamination(design, exposure="knows", where={"wave": "w2"}, **asked),
    ]

    for record in records:
        table = record.to_frame(level=level)
        assert list(table.columns[:2]) == ["measure", "variable"]
        assert len(table) < 60
        assert "<table" in record._repr_html_()
        assert len(repr(record).splitlines()) < 70
