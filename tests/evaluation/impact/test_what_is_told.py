"""Who is left out, which waves are compared, and doses that nobody knows: all is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import EvaluationError
from resilience.evaluation.impact.analysing import _row_of
from tests.evaluation.impact.towns import design_of, drawn, towns

WAVES = ("base", "between", "end")


@pytest.fixture
def panel() -> pd.DataFrame:
    frame = towns(np.random.default_rng(6), effect=4.0, waves=WAVES)
    frame["wave"] = pd.Categorical(frame["wave"], WAVES)
    frame["id"] = (
        frame.groupby(["town", "wave"], observed=True).cumcount().astype(str) + frame["town"]
    )
    return frame


def panel_of(frame: pd.DataFrame) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame, wave="wave", waves="panel", respondent_id="id")


def told(impact: rs.Impact) -> dict[str, str]:
    return {note.code: note.detail for note in impact.notes}


@pytest.mark.parametrize("method", ["ancova", "lin", "within_person", "association", "did"])
def test_missing_answers_are_told_by_every_method(panel, method):
    panel.loc[panel.index[panel["wave"] == "end"][:7], "trust"] = np.nan

    impact = rs.estimate_impact(panel_of(panel), "trust", assignment=drawn(), method=method)

    assert told(impact)["answers_missing"] == "7 respondents"


def test_who_did_not_answer_before_is_told(panel):
    panel.loc[panel.index[panel["wave"] == "between"][:5], "trust"] = np.nan

    impact = rs.estimate_impact(
        panel_of(panel), "trust", assignment=drawn(), method="within_person"
    )

    assert told(impact)["not_in_both_waves"] == "5 respondents"
    assert impact.evidence.n[0] == (panel["wave"] == "end").sum() - 5


def test_several_waves_before_are_averaged_within_persons(panel):
    impact = rs.estimate_impact(
        panel_of(panel),
        "trust",
        assignment=drawn(),
        method="within_person",
        baseline=("base", "between"),
        endline="end",
    )

    wide = panel.pivot_table(index=["town", "id"], columns="wave", values="trust")
    change = wide["end"] - (wide["base"] + wide["between"]) / 2
    by_town = change.groupby("town").mean()
    arm = by_town.index.isin([f"town_{number}" for number in range(4)])
    expected = by_town[arm].mean() - by_town[~arm].mean()
    assert impact.evidence.estimate[0] == pytest.approx(expected, abs=1e-9)


def test_waves_that_are_not_compared_are_told(panel):
    two = rs.estimate_impact(design_of(panel), "trust", assignment=drawn())
    all_waves = rs.estimate_impact(
        design_of(panel), "trust", assignment=drawn(), method="event_study"
    )

    assert told(two)["waves_not_used"] == "base"
    assert "waves_not_used" not in told(all_waves)


def doses(**changes: dict[str, float]) -> dict[str, dict[str, float]]:
    months = {"base": 0.0, "between": 0.0, "end": 12.0}
    return {**{f"town_{number}": months for number in range(4)}, **changes}


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (doses(town_1={"base": 0.0, "between": 0.0}), "no dose in some waves"),
        (doses(town_6={"end": 3.0}), "places compared with have doses"),
    ],
)
def test_doses_that_are_not_known_or_not_of_the_treated_are_refused(panel, given, what):
    with pytest.raises(EvaluationError, match=what):
        rs.estimate_impact(
            design_of(panel), "trust", assignment=drawn(), method="dose_response", dose=given
        )


def test_a_dose_response_of_one_dose_is_the_difference_by_month(panel):
    of_months = rs.estimate_impact(
        design_of(panel), "trust", assignment=drawn(), method="dose_response", dose=doses()
    )
    averaged = rs.estimate_impact(
        design_of(panel), "trust", assignment=drawn(), baseline=("base", "between"), endline="end"
    )

    expected = averaged.evidence.estimate / 12
    assert of_months.evidence.estimate == pytest.approx(expected, abs=1e-9)


def test_an_event_study_is_judged_at_the_endline(panel):
    impact = rs.estimate_impact(
        design_of(panel),
        "trust",
        assignment=drawn(wave="between"),
        method="event_study",
        endline="between",
    )

    row = _row_of(impact, "trust")

    assert impact.rows["wave"].tolist() == ["between", "end"]
    assert impact.rows["wave"][row] == "between"


@pytest.mark.parametrize(("mechanism", "warned"), [("random", False), ("non_random", True)])
def test_levels_given_the_answer_before_need_a_lot(panel, mechanism, warned):
    said = drawn(mechanism=mechanism)

    impact = rs.estimate_impact(design_of(panel), "trust", assignment=said, method="ancova")

    assert ("levels_not_by_lot" in told(impact)) is warned


def test_subgroups_are_adjusted_as_the_effect_on_all_is(panel):
    panel["age"] = np.random.default_rng(7).uniform(18, 80, len(panel))
    asked = {"assignment": drawn(), "baseline": "base", "endline": "end", "covariates": ["age"]}
    design = design_of(panel)
    impact = rs.estimate_impact(design, "trust", **asked)

    groups = rs.subgroups_of(design, impact, "sex", covariates=["age"], minimum_n=1).groups
    found = groups.set_index("sex")

    of_women = rs.estimate_impact(design, "trust", where={"sex": "female"}, **asked)
    expected = of_women.evidence.estimate[0]
    assert found.loc["female", "estimate"] == pytest.approx(expected, abs=1e-9)


def test_three_waves_in_words_have_no_order_of_their_own(panel):
    words = panel.assign(wave=panel["wave"].astype("str"))

    with pytest.raises(EvaluationError, match="in which order the waves were held") as caught:
        rs.estimate_impact(panel_of(words), "trust", assignment=drawn())

    assert "pd.Categorical" in caught.value.issues[0].remedy
    named = {"baseline": "base", "endline": "end"}
    there = rs.estimate_impact(panel_of(words), "trust", assignment=drawn(), **named)
    here = rs.estimate_impact(panel_of(panel), "trust", assignment=drawn(), **named)
    np.testing.assert_array_equal(there.evidence.estimate, here.evidence.estimate)
