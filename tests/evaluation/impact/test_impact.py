from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import EvaluationError
from resilience.evaluation.impact.estimators import ESTIMATORS, Times
from resilience.evaluation.impact.evidence import fitted
from resilience.evaluation.impact.models import statistics_under
from resilience.evaluation.impact.stacking import stack_sample
from tests.evaluation.impact.towns import design_of, drawn, towns

CLOSE = 1e-9


@pytest.fixture(scope="module")
def frame():
    drawn_towns = towns(np.random.default_rng(3), effect=4.0, unequal=True)
    drawn_towns.loc[::17, "trust"] = np.nan
    return drawn_towns


@pytest.mark.parametrize("weights", ["equal", "population"])
def test_the_point_is_the_difference_of_differences_of_weighted_means(frame, weights):
    design, said = design_of(frame), drawn(weight_cities=weights)

    impact = rs.estimate_impact(design, "trust", assignment=said)

    arm = frame["town"].isin([f"town_{n}" for n in range(4)])
    if weights == "equal":
        means = rs.estimate_mean(design, "trust", by=["town", "wave"]).to_frame()
        means["arm"] = means["town"].isin(said.first_treated)
        levels = means.groupby(["arm", "wave"], observed=True)["estimate"].mean()
    else:
        parts = design_of(frame.assign(arm=arm.astype("category")))
        levels = rs.estimate_mean(parts, "trust", by=["arm", "wave"]).to_frame()
        levels = levels.set_index(["arm", "wave"])["estimate"]
    change = levels.xs("end", level="wave") - levels.xs("base", level="wave")
    assert impact.evidence.estimate[0] == pytest.approx(change[True] - change[False], abs=CLOSE)
    assert impact.table.difference.values[0] == pytest.approx(change[True] - change[False])


@pytest.mark.parametrize("method", ["did", "event_study", "ancova", "association"])
@pytest.mark.parametrize("weights", ["equal", "population"])
def test_a_permutation_re_runs_the_whole_estimator(frame, method, weights):
    sample = stack_sample(design_of(frame), "trust", drawn(weight_cities=weights))
    model = ESTIMATORS[method](sample, 0, Times((0,), (1,)))
    rng = np.random.default_rng(5)
    others = np.array([rng.permutation(sample.arms.treated) for _ in range(6)])

    found = statistics_under(model, others, len(sample.arms.units))

    for assignment, statistic in zip(others, found, strict=True):
        fit = fitted(model, assignment)
        columns = [model.fixed.shape[1] + at for at in model.reported]
        np.testing.assert_allclose(statistic, fit.coefficients[columns, 0], atol=1e-8)


def test_an_event_study_of_two_waves_is_the_difference_in_differences(frame):
    both = [
        rs.estimate_impact(design_of(frame), "trust", assignment=drawn(), method=method)
        for method in ("did", "event_study")
    ]

    assert both[1].rows["period"].tolist() == [0]
    assert both[0].evidence.estimate == pytest.approx(both[1].evidence.estimate)
    assert both[0].evidence.std_error == pytest.approx(both[1].evidence.std_error)


def test_leads_and_lags_stand_against_the_last_wave_before():
    waves = ("w1", "w2", "w3", "w4")
    frame = towns(np.random.default_rng(8), waves=waves, effect=3.0)

    said = drawn(wave="w3")
    impact = rs.estimate_impact(design_of(frame), "trust", assignment=said, method="event_study")

    assert impact.rows["wave"].tolist() == ["w1", "w3", "w4"]
    assert impact.rows["period"].tolist() == [-2, 0, 1]


def test_the_headline_follows_the_mechanism(frame):
    design = design_of(frame)

    lot = rs.estimate_impact(design, "trust", assignment=drawn())
    chosen = rs.estimate_impact(design, "trust", assignment=drawn(mechanism="non_random"))

    assert (lot.headline, lot.reference) == ("randomisation", "randomisation test")
    assert (chosen.headline, chosen.reference) == ("cr2", "placebo reference")
    assert [note.code for note in chosen.notes].count("non_random") == 1
    assert lot.evidence.assignments == 70
    assert lot.inference()["smallest_p"].dropna().min() == pytest.approx(2 / 256)


def test_blocks_are_kept_by_permutations(frame):
    blocks = {f"pair_{n}": (f"town_{n}", f"town_{n + 4}") for n in range(4)}
    said = drawn(mechanism="matched_pairs", blocks=blocks)

    impact = rs.estimate_impact(design_of(frame), "trust", assignment=said)

    assert impact.evidence.assignments == 16


def test_two_treated_places_say_that_little_can_be_known():
    frame = towns(np.random.default_rng(2), treated=2, compared=2)

    impact = rs.estimate_impact(design_of(frame), "trust", assignment=drawn(2))

    codes = {note.code for note in impact.notes}
    assert {"cannot_reject", "few_degrees_of_freedom"} <= codes
    assert impact.evidence.permuted_smallest_p[0] == pytest.approx(1 / 3)
    assert np.isinf(impact.interval()[0]).all()


def test_changes_by_unit_and_estimates_without_each_are_shown(frame):
    impact = rs.estimate_impact(design_of(frame), "trust", assignment=drawn())

    assert len(impact.changes_by_unit()) == len(impact.without_each()) == 8
    changes = impact.changes_by_unit().groupby("arm")["estimate"].mean()
    assert changes["treated"] - changes["comparison"] == pytest.approx(impact.evidence.estimate[0])


def test_effects_in_standard_deviations_know_that_these_are_estimated(frame):
    impact = rs.estimate_impact(design_of(frame), "trust", assignment=drawn())
    standard = impact.standardised()

    ratio = impact.evidence.estimate[0] / impact.spread[0]
    assert standard["estimate"][0] == pytest.approx(ratio)
    assert standard["std_error"][0] > impact.evidence.std_error[0] / impact.spread[0]


def test_persons_asked_twice_give_the_change_within_persons():
    rng = np.random.default_rng(4)
    frame = towns(rng, effect=5.0).assign(weight=1.0)
    frame["id"] = frame.groupby(["town", "wave"]).cumcount().astype(str) + frame["town"]
    design = rs.SurveyDesign(frame, wave="wave", waves="panel", respondent_id="id")

    impact = rs.estimate_impact(design, "trust", assignment=drawn(), method="within_person")
    other = rs.estimate_impact(design, "trust", assignment=drawn())

    assert impact.evidence.estimate == pytest.approx(other.evidence.estimate)
    assert impact.evidence.n[0] == 160


def test_a_result_never_shows_rows(frame):
    impact = rs.estimate_impact(design_of(frame), "trust", assignment=drawn())

    assert "town_3" not in repr(impact.evidence) + repr(impact.table)
    assert len(repr(impact).splitlines()) < 12


@pytest.mark.parametrize("named", [{}, {"baseline": "pre", "endline": "post"}])
def test_an_error_about_waves_tells_in_which_order_they_stand(frame, named):
    after = frame.assign(wave=frame["wave"].astype("str").map({"base": "pre", "end": "post"}))
    treated = drawn().treated["end"]
    said = drawn(treated={"post": treated})

    with pytest.raises(EvaluationError, match="waves in order: post, pre") as caught:
        rs.estimate_impact(design_of(after), "trust", assignment=said, **named)
    assert "pd.Categorical" in str(caught.value)

    after["wave"] = pd.Categorical(after["wave"], ["pre", "post"])
    impact = rs.estimate_impact(design_of(after), "trust", assignment=said, **named)
    assert impact.baseline == ("pre",)
    assert "did (pre to post), 4 treated" in impact.summary


def test_a_design_without_waves_is_told_to_name_them(frame):
    with pytest.raises(EvaluationError, match=r"wave=…, waves=…"):
        rs.estimate_impact(rs.SurveyDesign(frame), "trust", assignment=drawn())
