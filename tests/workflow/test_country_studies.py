"""The simulated studies of North Macedonia and Kenya: what was planted is what one finds."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.definitions.document import read_document
from resilience.responses.coding import REASON_CODES
from resilience.workflow.running import estimate_measures
from tests.conftest import ROOT

NEAR = 4  # standard errors
NAMES = ("north-macedonia", "kenya")
# Who is afraid when elections come near refuses more often: its truth is out of reach.
OUT_OF_REACH = "ken_tension_at_elections"


@pytest.fixture(scope="module")
def scored_studies() -> dict[str, rs.Responses]:
    return {
        name: rs.score(rs.load_responses(rs.load_study(ROOT / "surveys" / name))) for name in NAMES
    }


@pytest.fixture(scope="module")
def designs(scored_studies) -> dict[str, rs.SurveyDesign]:
    return {name: rs.SurveyDesign.from_responses(part) for name, part in scored_studies.items()}


@pytest.fixture(params=NAMES)
def name(request) -> str:
    return request.param


@pytest.fixture
def responses(scored_studies, name):
    return scored_studies[name]


def told(name: str) -> dict:
    return json.loads((ROOT / "surveys" / name / "data" / "truth.json").read_text("utf-8"))


def truth_of(name: str, variable: str, place: str = "all") -> pd.Series:
    values = pd.DataFrame(told(name)["truth"])
    here = values[(values["variable"] == variable) & (values["site"] == place)]
    return here.set_index("wave")["truth"]


def test_waves_have_the_size_of_city_surveys(responses):
    counts = responses.frame["wave"].value_counts()

    assert counts.between(1_200, 1_700).all()


@pytest.mark.parametrize(
    ("name", "languages"), [("north-macedonia", {"en", "mk", "sq"}), ("kenya", {"en", "sw"})]
)
def test_every_text_of_a_study_is_there_in_its_languages(name, languages):
    def texts(part):
        if isinstance(part, dict) and "en" in part:
            yield part
        elif isinstance(part, dict | list):
            for inner in part.values() if isinstance(part, dict) else part:
                yield from texts(inner)

    found = list(texts(read_document(ROOT / "surveys" / name / "study.yaml").data))

    assert len(found) > 30
    assert [text for text in found if set(text) != languages] == []


def test_the_truth_of_every_score_lies_near_its_estimate(responses, designs, name):
    scores = [
        measure.name
        for measure in responses.measures.values()
        if measure.kind in ("index", "indicator") and measure.name != OUT_OF_REACH
    ]
    estimates = estimate_measures(designs[name], scores, by="wave")
    wanted = [
        truth_of(name, variable)[wave]
        for variable, wave in zip(estimates.rows["variable"], estimates.rows["wave"], strict=True)
    ]
    distance = np.abs(estimates.values - wanted) / estimates.std_error

    assert {"resilience", "cohesion", "institutions", "prevention"} <= set(scores)
    assert list(estimates.rows["variable"][distance >= NEAR]) == []
    assert np.mean(distance < 2) > 0.8


def test_every_reason_in_the_files_is_a_reason_after_loading(responses, name):
    study = responses.study
    reasons = set()
    for wave in study.waves:
        file = rs.read_survey(ROOT / "surveys" / name / wave.file).frame
        kept = responses.reasons[(responses.frame["wave"] == wave.id).to_numpy()]
        for item in study.questionnaire.items_by_id:
            for answer in study.questionnaire.scale_of(item).missing:
                of_file = int((file[item] == answer.code).sum())
                assert of_file == int((kept[item] == REASON_CODES[answer.reason]).sum())
                reasons |= {answer.reason} if of_file else set()

    assert reasons == {"refused", "dont_know", "never_heard", "not_applicable"}


def test_what_the_programme_does_moves_items_in_no_index_in_its_cities_only():
    for name, variable in (("north-macedonia", "mkd_knows_team"), ("kenya", "ken_knows_forum")):
        programme, comparison = (
            truth_of(name, variable, place) for place in ("programme", "comparison")
        )
        assert programme["endline"] - programme["baseline"] > 0.1
        assert abs(comparison["endline"] - comparison["baseline"]) < 0.03


# North Macedonia


@pytest.mark.parametrize("wave", ["baseline", "midline", "endline"])
def test_labels_in_the_files_are_macedonian_and_missing_codes_declared(scored_studies, wave):
    study = scored_studies["north-macedonia"].study
    raw = rs.read_survey(study.path.parent / study.waves_by_id[wave].file)
    items = study.questionnaire.items_by_id
    labels = {column: set(raw.value_labels[column].values()) for column in (*items, "city", "sex")}
    words = [raw.variable_labels[item] for item in items]
    words += [label for column in labels.values() for label in column]

    assert [label for label in words if not re.search("[\u0400-\u045f]", label)] == []
    assert [label for label in words if re.search("[A-Za-z]", label)] == []
    for item in items:
        codes = {answer.code for answer in study.questionnaire.scale_of(item).missing}
        assert all(
            any(low <= code <= high for low, high in raw.user_missing[item]) for code in codes
        )


def test_items_work_otherwise_in_albanian_where_that_was_planted(designs):
    def gap(item: str) -> float:
        means = rs.estimate_mean(
            designs["north-macedonia"], item, by="interview_language", where={"wave": "baseline"}
        )
        difference = rs.compare(means, over="interview_language", reference="macedonian")
        return float(difference.values[0] / difference.std_error[0])

    (planted,) = [
        part
        for part in told("north-macedonia")["planted"]["noninvariance"]
        if part["item"] == "bel2"
    ]
    assert (planted["value"], planted["threshold_shift"]) == ("albanian", 0.5)
    assert gap("bel2") < -NEAR
    assert abs(gap("bel1")) < NEAR


def test_an_item_with_a_lower_loading_tells_less_of_the_rest(scored_studies):
    frame = scored_studies["north-macedonia"].frame
    correlations = {
        language: part["fai1"].corr(part["fai2"])
        for language, part in frame.groupby("interview_language", observed=True)
    }

    assert abs(correlations["albanian"]) < abs(correlations["macedonian"]) - 0.1


# Kenya


@pytest.fixture
def kenya(scored_studies) -> pd.DataFrame:
    return scored_studies["kenya"].frame


def test_the_panel_are_those_who_stayed_and_they_keep_what_they_are(kenya):
    waves = [kenya[kenya["wave"] == wave].set_index("respondent_id") for wave in
             ("baseline", "endline")]  # fmt: skip
    both = waves[0].index.intersection(waves[1].index)
    stayed = sum(part["stayed"] for part in told("kenya")["planted"]["panel"])

    assert len(both) == stayed
    for column in ("site", "psu", "sex", "age_group"):
        assert (waves[0].loc[both, column] == waves[1].loc[both, column]).all()


def test_young_people_are_lost_more_often(kenya):
    panel = pd.DataFrame(told("kenya")["planted"]["panel"]).set_index("value")
    share = panel["stayed"] / panel["asked_again"]
    spread = np.sqrt(panel["rate"] * (1 - panel["rate"]) / panel["asked_again"])

    assert share["age_18_29"] < share["age_30_49"] < share["age_50_plus"]
    assert (np.abs(share - panel["rate"]) < NEAR * spread).all()


def test_the_list_experiment_finds_the_planted_share(scored_studies, designs, kenya):
    planted = pd.DataFrame(told("kenya")["planted"]["list_experiments"])
    shares = planted[planted["site"] == "all"].set_index("wave")["share"]

    assert set(kenya["ken_list_version"].dropna()) == {"control", "treatment"}
    for wave in ("baseline", "endline"):
        means = rs.estimate_mean(
            designs["kenya"], "ken_list_count", by="ken_list_version", where={"wave": wave}
        )
        difference = rs.compare(means, over="ken_list_version", reference="control")
        assert abs(difference.values[0] - shares[wave]) < NEAR * difference.std_error[0]


def test_who_is_afraid_of_elections_refuses_more_often_and_the_estimate_shows_too_few(
    scored_studies, designs
):
    responses = scored_studies["kenya"]
    refusals = pd.DataFrame(told("kenya")["planted"]["refusals"])
    refused = responses.reasons["ken_election_tension"] == REASON_CODES["refused"]
    estimate = rs.estimate_mean(designs["kenya"], OUT_OF_REACH, by="wave")
    truth = truth_of("kenya", OUT_OF_REACH)

    for row, wave in enumerate(estimate.rows["wave"]):
        planned = refusals[refusals["wave"] == wave]
        expected = float((planned["share"] * planned["rate"]).sum())
        here = refused[(responses.frame["wave"] == wave).to_numpy()]
        spread = np.sqrt(expected * (1 - expected) / len(here))
        assert expected > 0.05
        assert abs(here.mean() - expected) < NEAR * spread + 0.01  # 1 % refuse everything alike
        assert estimate.values[row] < truth[wave]
