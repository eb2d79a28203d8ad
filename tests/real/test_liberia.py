"""A village-randomised trial, analysed end to end by a study's definition.

Hartman, Blair and Blattman: programme of dispute resolution in Liberia, one and three years
after. The replication file has the outcomes of 14 of the table's 19 rows three years after, and of
all 4 one year after. The length of disputes and witchcraft it has of disputes over land only.

The specification was found by a search for the covariates that match all rows at once; the
authors' code was not read (`surveys/liberia-adr/analysis.yaml`). Three years after all 14 rows are
matched, estimate, error, percentage of the control mean and n. One year after all 4 estimates, and
the errors of 3: that of informal resolution is .0255 where .025 is printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import resilience as rs
from resilience.evaluation.few_clusters.satterthwaite import cr1
from resilience.evaluation.impact.estimators import ESTIMATORS, Times
from resilience.evaluation.impact.evidence import fitted
from resilience.evaluation.impact.stacking import stack_sample
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.real

ROUNDING = 0.0005
PERCENT = 0.05
# One error misses its printed digit: .0255 for .025. Why is not known; two communities of 246
# cannot be told from others in the file.
NOT_MATCHED = 0.0006
# CR2 is wider than the published errors, whose factor for 204 communities knows nothing of how
# many covariates there are.
CR2_WIDER = 0.002

# Measure, effect, error, effect in percent of the control mean, control mean, n.
RESIDENTS = [
    ("any_serious_dispute", 0.012, 0.017, 4.1, 0.306, 4011),
    ("any_unresolved_dispute", -0.004, 0.009, -6.6, 0.064, 4011),
    ("any_harm", -0.015, 0.010, -15.2, 0.101, 4011),
    ("any_damage_or_violence", -0.006, 0.008, -10.8, 0.058, 4011),
    ("any_threats", -0.018, 0.009, -20.9, 0.084, 4011),
    ("any_damage", -0.006, 0.004, -37.2, 0.015, 4011),
    ("any_violence", -0.003, 0.007, -4.8, 0.053, 4011),
]
DISPUTES = [
    ("dispute_resolved", -0.019, 0.026, -2.5, 0.767, 1227),
    ("dispute_resolved_informally", -0.019, 0.027, -4.6, 0.409, 1227),
    ("dispute_with_harm", -0.069, 0.026, -20.7, 0.331, 1227),
    ("dispute_with_damage_or_violence", -0.027, 0.022, -14.1, 0.190, 1227),
    ("dispute_with_threats", -0.072, 0.024, -26.2, 0.274, 1227),
    ("dispute_with_damage", -0.019, 0.011, -40.0, 0.048, 1227),
    ("dispute_with_violence", -0.018, 0.021, -10.2, 0.173, 1227),
]
AFTER_A_YEAR = [
    ("any_serious_dispute", 0.022, 0.018, 7.2, 0.299, 5435),
    ("any_unresolved_dispute", -0.013, 0.011, -11.0, 0.118, 5435),
    ("dispute_resolved", 0.051, 0.024, 7.5, 0.676, 1670),
    ("dispute_resolved_informally", 0.018, 0.025, 7.4, 0.247, 1671),
]
WIDER = "dispute_resolved_informally"

# Covariates of the second endline only, and what stands in their place at the first.
OF_THREE_YEARS = (
    *("ctownhh_log_el2", "houseoccupy_ec2", "houseclaim_ec2", "farmclaim_ec2"),
    *("housepalavapostwar_ec2", "farmpalavapostwar_ec2"),
)
OF_A_YEAR = (
    *("ctownhh_log_el", "housetake_dum", "lndtake_dum", "land_sizehst", "trainee"),
    "assigned_nov",
)


@pytest.fixture(scope="module")
def plan():
    return rs.load_analysis_plan(ROOT / "surveys" / "liberia-adr")


@pytest.fixture(scope="module")
def scored(plan, real_data):
    study = plan.loaded_study
    return rs.score(rs.load_responses(study, data=real_data / "evaluation"))


@pytest.fixture(scope="module")
def design(scored):
    return rs.SurveyDesign.from_responses(scored)


@pytest.fixture(scope="module")
def evaluation(plan, scored):
    return rs.evaluate(plan, scored)


def regressed(plan, design, measure: str, covariates: Sequence[str], endline: str):
    """Return the published kind of error, the control mean and n of a measure."""
    answered = np.isfinite(design.frame[measure].to_numpy(float))
    here = answered & (design.frame["second_endline"].astype("str") == endline).to_numpy()
    sample = stack_sample(
        design, measure, plan.loaded_study.assignment, covariates=covariates, where=here
    )
    model = ESTIMATORS["ancova"](sample, 0, Times((), (0,)))
    fit = fitted(model, sample.arms.treated)
    test = cr1(fit, model.fixed.shape[1], correction="clusters")
    control = ~sample.arms.treated[model.unit]
    mean = np.average(model.y[control], weights=model.weight[control])
    return test.estimate[0], test.std_error[0], mean, len(model.y)


@pytest.mark.parametrize("row", RESIDENTS + DISPUTES, ids=lambda row: row[0])
def test_each_row_of_three_years_after_is_matched(plan, design, row):
    measure, effect, std_error, percent, control, n = row

    found = regressed(plan, design, measure, plan.covariates, "asked")

    assert found[0] == pytest.approx(effect, abs=ROUNDING)
    assert found[1] == pytest.approx(std_error, abs=ROUNDING)
    assert found[2] == pytest.approx(control, abs=ROUNDING)
    assert 100 * found[0] / found[2] == pytest.approx(percent, abs=PERCENT)
    assert found[3] == n


@pytest.mark.parametrize("row", AFTER_A_YEAR, ids=lambda row: row[0])
def test_each_row_of_a_year_after_is_matched_but_one_error(plan, design, row):
    measure, effect, std_error, percent, control, n = row
    shared = [name for name in plan.covariates if name not in OF_THREE_YEARS]

    found = regressed(plan, design, measure, [*shared, *OF_A_YEAR], "not_asked")

    assert found[0] == pytest.approx(effect, abs=ROUNDING)
    error = NOT_MATCHED if measure == WIDER else ROUNDING
    assert found[1] == pytest.approx(std_error, abs=error)
    assert found[2] == pytest.approx(control, abs=ROUNDING)
    assert 100 * found[0] / found[2] == pytest.approx(percent, abs=PERCENT)
    assert found[3] == n


def test_the_plan_gives_the_published_effects_with_wider_errors(evaluation):
    found = evaluation.outcomes.set_index("variable")

    for measure, effect, std_error, _, _, n in RESIDENTS:
        assert found.loc[measure, "estimate"] == pytest.approx(effect, abs=ROUNDING)
        assert found.loc[measure, "std_error"] == pytest.approx(std_error, abs=CR2_WIDER)
        assert found.loc[measure, "n"] == n


def test_the_control_mean_is_the_published_one(evaluation):
    levels = evaluation.impact.table.levels.to_frame().set_index(["variable", "arm"])

    for measure, *_, control, _ in RESIDENTS:
        found = levels.loc[(measure, "comparison"), "estimate"]
        assert found == pytest.approx(control, abs=ROUNDING)


def test_communities_are_told_apart_by_their_averages(evaluation):
    assert len(evaluation.impact.units) == 204
    assert 0 < sum(evaluation.impact.treated) < 204


def test_that_there_is_no_large_effect_is_a_finding(evaluation):
    row = evaluation.outcomes.set_index("variable").loc["any_serious_dispute"]

    assert row["verdict"] == "within_margin"
    assert row["equivalence"] == "equivalent"


def test_the_permutation_agrees_with_the_clusters(evaluation):
    evidence = evaluation.impact.evidence

    assert evidence.permuted_p == pytest.approx(evidence.p_value, abs=0.05)
    assert evidence.wild_p == pytest.approx(evidence.p_value, abs=0.05)
