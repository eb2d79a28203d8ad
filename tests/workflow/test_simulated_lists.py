from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.workflow.simulating import write_simulation
from tests.editing import add_list_experiment, copy_example, swap
from tests.running import parse_here

NEAR = 4  # standard errors


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """The example with a list experiment, as large as the example's population allows."""
    parse_here(monkeypatch)
    folder = copy_example(tmp_path)
    add_list_experiment(folder)
    plan = folder / "surveys" / "example" / "simulation.yaml"
    swap(
        plan, "psus_per_stratum: 5, adults_per_psu: 20", "psus_per_stratum: 25, adults_per_psu: 30"
    )
    return folder


def simulated(workspace) -> tuple[rs.Responses, dict]:
    file = workspace / "surveys" / "example" / "study.yaml"
    write_simulation(rs.load_study(file))
    truth = json.loads((file.parent / "data" / "truth.json").read_text("utf-8"))
    return rs.load_responses(rs.load_study(file)), truth


@pytest.mark.parametrize("suffix", ["csv", "sav"])
def test_the_difference_of_the_arms_is_the_planted_share(workspace, suffix):
    study = workspace / "surveys" / "example" / "study.yaml"
    for wave in ("baseline", "endline"):
        swap(study, f"data/{wave}.csv", f"data/{wave}.{suffix}")
    responses, truth = simulated(workspace)
    shares = pd.DataFrame(truth["planted"]["list_experiments"]).set_index(["wave", "site"])["share"]
    design = rs.SurveyDesign.from_responses(responses)

    for wave, planned in (("baseline", 0.3), ("endline", 0.2)):
        means = rs.estimate_mean(design, "applying", by="approval", where={"wave": wave})
        difference = rs.compare(means, over="approval", reference="control")
        found, error = float(difference.values[0]), float(difference.std_error[0])

        assert shares[wave, "all"] == pytest.approx(planned, abs=0.02)
        assert abs(found - shares[wave, "all"]) < NEAR * error
        assert error < 0.05


def test_arms_are_assigned_by_halves_and_by_chance(workspace):
    frame = simulated(workspace)[0].frame
    counts = pd.crosstab(frame["wave"], frame["approval"])
    female = (frame["sex"] == "female").groupby(frame["approval"], observed=True).mean()
    control = frame[frame["approval"] == "control"]

    assert (counts["control"] - counts["treatment"]).abs().max() <= 1
    assert abs(female["control"] - female["treatment"]) < NEAR * np.sqrt(1 / len(frame))
    assert control["applying"].max() == 3
    assert frame["applying"].max() == 4


def test_statements_hold_of_the_planted_shares(workspace):
    frame = simulated(workspace)[0].frame
    counts = frame.loc[frame["approval"] == "control", "applying"].dropna()

    variance = sum(share * (1 - share) for share in (0.8, 0.5, 0.3))
    assert counts.mean() == pytest.approx(1.6, abs=NEAR * np.sqrt(variance / len(counts)))
    assert counts.var() == pytest.approx(variance, rel=0.1)


def test_scores_and_their_truth_do_not_depend_on_the_list(workspace, tmp_path):
    _, with_list = simulated(workspace)
    other = copy_example(tmp_path / "other")
    plan = other / "surveys" / "example" / "simulation.yaml"
    swap(
        plan, "psus_per_stratum: 5, adults_per_psu: 20", "psus_per_stratum: 25, adults_per_psu: 30"
    )
    _, without = simulated(other)

    assert with_list["truth"] == without["truth"]
    assert "planted" not in without
