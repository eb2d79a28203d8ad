"""LaLonde (1986): a training programme assigned by lot, and what surveys would have said of it.

The sample of Dehejia and Wahba (`oracles/evaluation`, O2), and its treated beside respondents of
the Current Population Survey, whom entropy balancing makes like them (O12).
"""

from __future__ import annotations

import pandas as pd
import pytest

import resilience as rs
from tests.published.least_squares import fitted

RTOL = 1e-9
# Printed with two decimals (effects), one (naive difference, effective size).
CENTS, TENTHS = 0.005, 0.05

COVARIATES = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]


@pytest.fixture(scope="module")
def experiment(oracle_data) -> pd.DataFrame:
    return pd.read_csv(oracle_data / "evaluation" / "nsw_mixtape.csv")


@pytest.fixture(scope="module")
def observed(real_data) -> pd.DataFrame:
    folder = real_data / "extracts" / "published"
    if not (folder / "lalonde_cps1.csv").exists():
        pytest.skip("the folder of real survey files has no extracts/published/lalonde_cps1.csv")
    treated = pd.read_csv(folder / "lalonde_nsw.csv").query("treat == 1")
    frame = pd.concat([treated, pd.read_csv(folder / "lalonde_cps1.csv")], ignore_index=True)
    return frame.assign(u74=(frame["re74"] == 0).astype(int), u75=(frame["re75"] == 0).astype(int))


def test_the_experiment(experiment):
    model = fitted(experiment, "re78", ["treat"])

    assert model["n"] == 445
    assert model["estimate"]["treat"] == pytest.approx(1794.3423818500985, rel=RTOL)
    assert model["classical"]["treat"] == pytest.approx(632.853392414366, rel=RTOL)
    assert model["hc2"]["treat"] == pytest.approx(670.9965444673315, rel=RTOL)


def test_arms_as_strata_give_the_error_of_two_samples(experiment):
    design = rs.SurveyDesign(experiment, stratum="treat")

    found = rs.compare(
        rs.estimate_mean(design, "re78", by="treat"), over="treat", reference="0"
    ).to_frame()

    # Which is HC2 of one difference.
    assert found["estimate"][0] == pytest.approx(1794.3423818500985, rel=RTOL)
    assert found["std_error"][0] == pytest.approx(670.9965444673315, rel=RTOL)


def test_the_experiment_with_eight_covariates(experiment):
    model = fitted(experiment, "re78", ["treat", *COVARIATES])

    assert model["estimate"]["treat"] == pytest.approx(1676.3426254025526, rel=RTOL)
    assert model["classical"]["treat"] == pytest.approx(638.6820148981176, rel=RTOL)


def test_entropy_balancing_of_a_survey(observed):
    design = rs.SurveyDesign(observed)
    covariates = [*COVARIATES, "u74", "u75"]

    balanced = rs.entropy_balance(design, covariates, arm="treat")

    def difference(of):
        means = rs.estimate_mean(of, "re78", by="treat")
        return rs.compare(means, over="treat", reference="0").values[0]

    assert difference(design) == pytest.approx(-8497.5, abs=TENTHS)
    assert difference(balanced) == pytest.approx(1406.30, abs=CENTS)
    told = rs.imbalance(balanced, covariates, arm="treat")
    size = told.groups.set_index("group").loc["comparison", "effective_after"]
    assert size == pytest.approx(268.8, abs=TENTHS)
    assert balanced.weight_history[-1].iterations == 9
    assert balanced.weight_history[-1].largest_miss < 1e-10
