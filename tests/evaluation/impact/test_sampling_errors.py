"""What the sampling of respondents alone does to an estimate, and to what is said of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.definitions.analysis import Outcome
from resilience.evaluation.impact.analysing import _beyond_sampling, _equivalence, _verdict
from resilience.evaluation.impact.sampling import detectable
from tests.evaluation.impact.towns import design_of, drawn, towns

# Two computations of the same linearised variance: rounding only.
SAME = 1e-10


@pytest.fixture(scope="module")
def frame():
    made = towns(np.random.default_rng(3), effect=4.0, unequal=True)
    made.loc[::17, "trust"] = np.nan
    return made


@pytest.mark.parametrize("weights", ["equal", "population"])
def test_the_sampling_error_is_that_of_the_difference_of_differences(frame, weights):
    impact = rs.estimate_impact(design_of(frame), "trust", assignment=drawn(weight_cities=weights))

    found = impact.table.difference
    assert impact.sampling_error == pytest.approx(found.std_error, rel=SAME)
    assert impact.sampling_df.tolist() == found.df.tolist()


def test_the_sampling_error_of_an_event_study_is_that_of_each_wave(frame):
    impact = rs.estimate_impact(design_of(frame), "trust", assignment=drawn(), method="event_study")

    assert impact.sampling_error == pytest.approx(impact.table.difference.std_error, rel=SAME)


def _alike_towns() -> rs.Impact:
    """Return two treated and two comparison towns whose means differ less than samples do."""
    rng = np.random.default_rng(11)
    parts = []
    for town in range(4):
        for wave in ("base", "end"):
            answers = rng.normal(0, 10, 40)
            mean = 50 + (1.5 if wave == "end" and town < 2 else 0) + 0.05 * (town % 2)
            told = {"town": f"town_{town}", "wave": wave, "weight": 1.0}
            people = [f"{town}.{wave}.{number}" for number in range(40)]
            parts.append(
                pd.DataFrame({**told, "ea": people, "trust": answers - answers.mean() + mean})
            )
    frame = pd.concat(parts, ignore_index=True)
    frame.loc[(frame["town"] == "town_1") & (frame["wave"] == "end"), "trust"] += 0.1
    frame.loc[(frame["town"] == "town_3") & (frame["wave"] == "end"), "trust"] -= 0.1
    design = rs.SurveyDesign(frame, stratum="town", psu="ea", wave="wave", waves="independent")
    return rs.estimate_impact(design, "trust", assignment=drawn(2), headline="cr2")


def test_an_error_that_is_too_small_by_chance_makes_no_verdict_clear():
    impact = _alike_towns()

    assert impact.p_value[0] < 0.05
    low, high = impact.sampling_interval()
    assert low[0] < 0 < high[0]
    assert not _beyond_sampling(impact, 0, 0.95)
    assert _verdict("increase", 1.5, clear=False, equivalence="not_asked") == "not_clear"
    codes = [note.code for note in impact.notes]
    assert codes[0] == "few_degrees_of_freedom"
    assert "less_than_sampling_error" in codes


def test_what_can_be_detected_rests_on_the_larger_error():
    impact = _alike_towns()

    found = impact.to_frame()["minimum_detectable"][0]

    own = detectable(impact.sampling_error, impact.sampling_df, 0.95)[0]
    assert found == pytest.approx(own)
    assert found > detectable(impact.evidence.std_error, impact.evidence.df, 0.95)[0]


def test_within_the_margin_is_said_by_the_larger_error():
    impact = _alike_towns()
    half = float(impact.sampling_interval(level=0.9)[1][0])
    narrow = Outcome(measure="trust", direction="increase", margin=half - 0.5)
    wide = Outcome(measure="trust", direction="increase", margin=half + 0.5)

    assert _equivalence(narrow, impact, 0, 0.95) != "equivalent"
    assert _equivalence(wide, impact, 0, 0.95) == "equivalent"


def test_a_large_effect_between_few_places_stays_clear():
    frame = towns(np.random.default_rng(5), treated=4, effect=30.0, persons=60)
    impact = rs.estimate_impact(design_of(frame), "trust", assignment=drawn(), headline="cr2")

    assert _beyond_sampling(impact, 0, 0.95)
    assert _verdict("increase", 30.0, clear=True, equivalence="not_asked") == "intended"
    assert _verdict("decrease", 30.0, clear=True, equivalence="not_asked") == "contrary"


def test_a_baseline_of_means_counts_with_its_own_sampling(frame):
    impact = rs.estimate_impact(design_of(frame), "trust", assignment=drawn(), method="ancova")

    assert impact.sampling_error[0] >= impact.table.difference.std_error[0] * (1 - SAME)
