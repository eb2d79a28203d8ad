"""The simulated Senegal study: Stata files in French, read, scored and estimated."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from tests.conftest import ROOT

FOLDER = ROOT / "surveys" / "senegal"
LETTERS = {".a": "refused", ".b": "dont_know", ".c": "never_heard", ".d": "not_applicable"}
PROGRAMME = ("river_commune", "market_commune")
STANDARD_ERRORS = 4  # of 60 estimates hardly one lies further from its truth by chance


@pytest.fixture(scope="module")
def study():
    return rs.load_study(FOLDER)


@pytest.fixture(scope="module")
def responses(study):
    return rs.load_responses(study)


@pytest.fixture(scope="module")
def design(responses):
    return rs.SurveyDesign.from_responses(rs.score(responses))


@pytest.fixture(scope="module")
def truth():
    records = json.loads((FOLDER / "data" / "truth.json").read_text())["truth"]
    return pd.DataFrame(records).set_index(["wave", "site", "variable"])["truth"]


@pytest.mark.parametrize("group", ["all", "programme"])
def test_every_index_lies_near_its_truth(study, design, truth, group):
    indices = list(study.questionnaire.indices_by_id)
    where = {} if group == "all" else {"site": PROGRAMME}
    found = rs.estimate_mean(design, indices, by="wave", where=where)
    rows = found.rows[["wave", "variable"]].itertuples(index=False)
    wanted = np.array([truth[wave, group, name] for wave, name in rows])

    assert len(wanted) == 3 * len(indices) == 45
    assert (np.abs(found.values - wanted) < STANDARD_ERRORS * found.std_error).all()


def test_the_change_in_the_programmes_communes_is_near_the_truth(design, truth):
    means = rs.estimate_mean(design, "resilience", by="wave", where={"site": PROGRAMME})
    change = rs.compare(means, over="wave", reference="baseline")
    endline = change.rows["wave"].tolist().index("endline")
    wanted = (
        truth["endline", "programme", "resilience"] - truth["baseline", "programme", "resilience"]
    )

    assert abs(change.values[endline] - wanted) < STANDARD_ERRORS * change.std_error[endline]
    assert change.values[endline] > 2 * change.std_error[endline]


@pytest.mark.parametrize("wave", ["baseline", "midline", "endline"])
def test_extended_missing_values_come_back_as_their_reasons(study, responses, wave):
    file = rs.read_survey(FOLDER / "data" / f"{wave}.dta")
    rows = (responses.frame["wave"] == wave).to_numpy()
    reasons = responses.reason_names()[rows].reset_index(drop=True)
    told = set()
    for item in study.items_asked(wave):
        tags = file.extended_missing[study.column_of(wave, item)]
        for letter, reason in LETTERS.items():
            here = (tags == letter).to_numpy()
            assert (reasons[item][here] == reason).all()
            told |= {letter} if here.any() else set()
        assert responses.frame.loc[rows, item].isna().sum() == tags.notna().sum()

    assert told == set(LETTERS)


def test_the_files_are_labelled_in_french_and_say_that_they_are_simulated():
    file = rs.read_survey(FOLDER / "data" / "endline.dta")

    assert file.notes[0] == "SIMULATED DATA: no person gave these answers"
    assert file.value_labels["lnk1"] == {
        1: "Pas confiance du tout",
        2: "Un peu confiance",
        3: "Assez confiance",
        4: "Très confiance",
        5: "Entièrement confiance",
        ".a": "Je préfère ne pas répondre",
        ".b": "Je ne sais pas",
        ".c": "Je n'ai jamais eu affaire à eux ou je ne les connais pas",
    }
    assert file.value_labels["saf1"][".d"].startswith("Je ne marche jamais seul")
    assert file.value_labels["commune"][1] == "Le Fleuve"
    assert file.variable_labels["sexe"] == "Sexe"


def test_the_waves_visited_the_same_sampling_points(responses):
    frame = responses.frame
    points = frame.groupby("wave", observed=True)["psu"].unique().map(set)

    assert points["baseline"] == points["midline"] == points["endline"]
    assert len(points["baseline"]) == 96
    assert frame["respondent_id"].is_unique
    assert frame.groupby("wave", observed=True).size().between(1_200, 1_600).all()
    assert frame["interviewer"].nunique() == 48
