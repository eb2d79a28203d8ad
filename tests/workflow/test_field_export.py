"""The simulated study in the shape of a field export."""

from __future__ import annotations

import pytest

import resilience as rs
from resilience.definitions.loading import load_simulation_plan
from resilience.responses.simulation import simulate_waves
from resilience.workflow.wave_files import wave_file
from tests.conftest import ROOT

FOLDER = ROOT / "surveys" / "lebanon-kobo"


@pytest.fixture(scope="module")
def study():
    return rs.load_study(FOLDER)


@pytest.fixture(scope="module")
def simulation(study):
    return simulate_waves(study, load_simulation_plan(FOLDER / "simulation.yaml", study))


@pytest.mark.parametrize("wave", ["baseline", "endline"])
def test_the_committed_workbooks_are_what_the_plan_gives(study, simulation, wave):
    part = study.waves_by_id[wave]

    made = wave_file(study, part, simulation.waves[wave], "en")

    assert made == (FOLDER / part.file).read_bytes()


def test_names_of_choices_and_choices_of_several_come_back_as_answers(study, simulation):
    responses = rs.load_responses(study)

    for wave, sample in simulation.waves.items():
        here = responses.frame[responses.frame["wave"] == wave].set_index("respondent_id")
        wanted = sample.set_index("respondent_id").loc[here.index]
        for item in ("bel1", "lnk1", "lbn_witness_mukhtar", "lbn_concern_municipal_police"):
            answered = here[item].notna()
            assert (here.loc[answered, item] == wanted.loc[answered, item]).all()
            scale = study.questionnaire.scale_of(item)
            assert set(wanted.loc[~answered, item]) <= {part.code for part in scale.missing}


def test_a_question_of_several_is_written_as_text_and_as_columns(study):
    survey = rs.read_survey(FOLDER / "data" / "baseline.xlsx")

    text = survey.frame["local/turn_to"].str.split().explode()
    told = {choice for choice in text.dropna() if choice != "somebody_else"}
    columns = {
        name.rsplit("/", 1)[1] for name in survey.columns if name.startswith("local/turn_to/")
    }
    assert told == columns == {"mukhtar", "municipal_police"}
