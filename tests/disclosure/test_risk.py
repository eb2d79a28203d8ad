"""How recognisable respondents are, against printed numbers and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.disclosure.individual_risk import recognition_risk
from resilience.errors import DisclosureError


def test_risks_are_those_that_sdcmicro_prints_for_its_example():
    # indivRisk(method = "exact") on eight rows with keys A, B, C: sdcMicro's own tests.
    n = np.array([3.0, 1, 3, 1, 2, 2, 1, 3])
    population = np.array([108.0, 45.5, 108, 17, 100, 100, 123.5, 108])
    printed = [0.01355297, 0.08579129, 0.01355297, 0.17707583]
    printed += [0.01877883, 0.01877883, 0.03931625, 0.01355297]

    assert recognition_risk(n, population) == pytest.approx(printed, abs=5e-9)


def test_a_unique_respondents_risk_is_the_formula_by_hand():
    p = 1 / 215

    assert recognition_risk(np.ones(1), np.array([215.0]))[0] == pytest.approx(
        p / (1 - p) * np.log(1 / p)
    )


def test_a_sample_that_is_the_population_has_one_in_n():
    n = np.array([1.0, 4, 80])

    assert recognition_risk(n, n) == pytest.approx(1 / n)
    assert recognition_risk(n, n / 2) == pytest.approx(1 / n)


@pytest.mark.parametrize("p", [0.001, 0.1, 0.9, 0.999])
def test_the_risk_falls_with_the_class_and_has_no_jump(p):
    n = np.arange(1.0, 200)
    risk = recognition_risk(n, n / p)

    assert np.isfinite(risk).all()
    assert (np.diff(risk) < 0).all()
    assert abs(risk[49] / risk[48] * 50 / 49 - 1) < 0.02


@pytest.fixture
def few(scored):
    """Twelve rows of made-up people."""
    frame = pd.DataFrame(
        {
            "wave": pd.Categorical(["one"] * 12),
            "town": list("aaaaabbbbbbc"),
            "faith": [1, 1, 1, 1, 1, 1, 2, 2, np.nan, 3, 1, 2],
            "weight": [50.0] * 12,
        }
    )
    return replace(scored, frame=frame)


def test_classes_uniques_and_diversity_are_those_counted_by_hand(few):
    risk = rs.disclosure_risk(few, ["town"], sensitive=["faith"])

    assert (risk.n, risk.classes, risk.k, risk.uniques) == (12, 3, 1, 1)
    assert risk.below == {2: 1, 3: 1, 5: 1, 10: 12}
    assert risk.diversity == {"faith": 1}
    by_class = recognition_risk(np.array([5.0, 6, 1]), np.array([250.0, 300, 50]))
    assert risk.global_risk == pytest.approx(by_class @ [5, 6, 1] / 12)
    assert risk.expected_recognised == pytest.approx(by_class @ [5, 6, 1])
    assert risk.population_known


def test_weights_of_mean_one_say_nothing_of_the_population_until_its_size_is_given(few):
    normalised = replace(few, frame=few.frame.assign(weight=1.0))

    unknown = rs.disclosure_risk(normalised, ["town"])
    known = rs.disclosure_risk(normalised, ["town"], population=600)

    assert not unknown.population_known
    assert unknown.global_risk == pytest.approx(3 / 12)
    assert known.global_risk == pytest.approx(rs.disclosure_risk(few, ["town"]).global_risk)


def test_counts_equal_a_count_row_by_row(scored):
    keys = ["site", "sex", "age_group", "nationality"]
    risk = rs.disclosure_risk(scored, keys)
    rows = list(scored.frame[["wave", *keys]].astype(str).itertuples(index=False, name=None))
    sizes = [rows.count(row) for row in dict.fromkeys(rows)]

    assert (risk.k, risk.classes, risk.uniques) == (min(sizes), len(sizes), sizes.count(1))
    assert risk.below[5] == sum(size for size in sizes if size < 5)


def test_ids_and_unknown_columns_are_refused_and_nothing_shows_rows(scored):
    with pytest.raises(DisclosureError, match="did you mean 'sex'"):
        rs.disclosure_risk(scored, ["sexx"])
    with pytest.raises(DisclosureError, match="respondent_id"):
        rs.disclosure_risk(scored, ["respondent_id"])
    text = repr(rs.disclosure_risk(scored, ["sex"]))
    assert "female" not in text
