"""Files with words in place of codes, or codes of their own, come to the same as codes."""

from __future__ import annotations

import pandas as pd
import pytest

import resilience as rs
from resilience.errors import ResilienceWarning, ValidationError
from resilience.responses.coding import AS_DEFINED
from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spss import write_spss
from tests.conftest import ROOT
from tests.running import parse_here
from tests.workspaces import example_workspace

ITEMS = ["home", "care", "fair", "worse"]
ENGLISH = {
    "1": "Strongly disagree",
    "2": "Disagree",
    "3": "Neither",
    "4": "Agree",
    "5": "Strongly agree",
    "98": "Don't know",
    "99": "Prefer not to say",
}
MACEDONIAN = {
    "1": "Воопшто не се согласувам",
    "2": "Не се согласувам",
    "3": "Ниту едно",
    "4": "Се согласувам",
    "5": "Целосно се согласувам",
    "98": "Не знам",
    "99": "Не сакам да кажам",
}
NAMES = {
    "1": "strongly_disagree",
    "2": "disagree",
    "3": "neither",
    "4": "agree",
    "5": "strongly_agree",
    "98": "dk",
    "99": "rf",
}


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


def _with_macedonian(definition):
    scale = definition["scales"]["agreement"]
    for code, words in scale["answers"].items():
        scale["answers"][code] = {"en": words, "mk": MACEDONIAN[str(code)]}
    for answer in scale["missing"]:
        answer["label"] = {"en": answer["label"], "mk": MACEDONIAN[str(answer["code"])]}


def _said(words):
    """Return a change of the first wave's file: words stand for the codes."""

    def change(wave, answers):
        if wave == "baseline":
            answers[ITEMS] = answers[ITEMS].apply(lambda column: column.map(words))
        return answers

    return change


def _load(folder, *, data=None, **changes):
    def plainly(wave, answers):
        coded = answers[[*ITEMS, "sex", "town"]].apply(lambda column: column.str.removesuffix(".0"))
        answers = answers.assign(**coded)
        return data(wave, answers) if data else answers

    example_workspace(folder / "workspace", data=plainly, **changes)
    return rs.load_responses(rs.load_study(folder / "workspace" / "surveys" / "example"))


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    """The example with codes, as it is."""
    return _load(tmp_path_factory.mktemp("coded"))


def assert_words(folder, count):
    """Check that the first wave's file holds words, so that something is shown."""
    file = folder / "workspace" / "surveys" / "example" / "data" / "baseline.csv"
    column = pd.read_csv(file, dtype="str")["home"]
    assert column.str.contains(r"[^\W\d]").sum() >= count


def assert_same(found, coded):
    pd.testing.assert_frame_equal(found.frame, coded.frame)
    pd.testing.assert_frame_equal(found.reasons, coded.reasons)
    assert {part.labels for part in found.asked} == {AS_DEFINED}


@pytest.mark.parametrize(
    "words",
    [
        lambda code: ENGLISH.get(code, code),
        lambda code: f"{code}. {ENGLISH[code].lower()}" if code in ENGLISH else code,
        lambda code: MACEDONIAN.get(code, code).upper(),
        lambda code: (
            f"{code} = {MACEDONIAN[code]}" if code in ("1", "98") else ENGLISH.get(code, code)
        ),
    ],
    ids=["labels", "numbered", "Macedonian", "mixed"],
)
def test_words_come_to_the_same_as_codes(tmp_path, coded, words):
    found = _load(tmp_path, instrument=_with_macedonian, data=_said(words))

    assert_words(tmp_path, 390)
    assert_same(found, coded)


def test_names_of_choices_are_declared(tmp_path, coded):
    def study(definition):
        definition["waves"][0]["codes"] = {
            "agreement": {name: int(code) for code, name in NAMES.items()},
            "sex": {"f": 1, "m": 2},
            "site": {"north": 1, "south": 2},
        }

    def data(wave, answers):
        answers = _said(lambda code: NAMES.get(code, code))(wave, answers)
        if wave == "baseline":
            answers["sex"] = answers["sex"].map({"1": "f", "2": "m"})
            answers["town"] = answers["town"].map({"1": "north", "2": "south"})
        return answers

    assert_same(_load(tmp_path, study=study, data=data), coded)


def test_titles_stand_for_sites_and_values(tmp_path, coded):
    def data(wave, answers):
        answers["sex"] = answers["sex"].map({"1": "Women", "2": "2. men"})
        answers["town"] = answers["town"].map({"1": "North Town", "2": "SOUTH TOWN"})
        return answers

    assert_same(_load(tmp_path, data=data), coded)


def test_other_words_make_another_score_until_they_are_said_to_be_equivalent(tmp_path):
    def study(definition):
        definition["waves"][0]["codes"] = {"fair": {"So and so": 3}}

    def data(wave, answers):
        if wave == "baseline":
            answers["fair"] = answers["fair"].replace("3", "so and so")
        return answers

    found = _load(tmp_path, study=study, data=data)

    labels = {(part.wave, part.item): part.labels for part in found.asked}
    assert labels["baseline", "fair"] == "3 so and so"
    assert labels["endline", "fair"] == labels["baseline", "home"] == AS_DEFINED


def test_arabic_labels_of_a_study_stand_for_its_codes(tmp_path, lebanon):
    """The simulated study again, its first wave exported with Arabic labels and no codes."""
    whole = rs.load_responses(lebanon)
    folder = lebanon.path.parent / "data"
    survey = rs.read_survey(folder / "baseline.sav")
    frame = survey.frame.copy()
    for item in lebanon.questionnaire.items_by_id:
        scale = lebanon.questionnaire.scale_of(item)
        words = {code: text["ar"] for code, text in scale.answers.items()}
        words |= {part.code: part.label["ar"] for part in scale.missing}
        frame[item] = frame[item].map(words)
    (tmp_path / "data").mkdir()
    frame.to_csv(tmp_path / "data" / "baseline.csv", index=False)
    for wave in ("midline", "endline"):
        (tmp_path / "data" / f"{wave}.sav").write_bytes((folder / f"{wave}.sav").read_bytes())
    first = lebanon.waves[0].model_copy(update={"file": "data/baseline.csv", "sha256": None})
    study = lebanon.model_copy(update={"waves": (first, *lebanon.waves[1:])})

    found = rs.load_responses(study, data=tmp_path)

    items = list(lebanon.questionnaire.items_by_id)
    pd.testing.assert_frame_equal(found.frame[items], whole.frame[items])
    pd.testing.assert_frame_equal(found.reasons, whole.reasons)
    assert {part.labels for part in found.asked} == {AS_DEFINED}


def _turned(folder, labels, *, codes=None):
    """Load the example with the answers about fairness turned round in the first wave's file."""
    workspace = folder / "workspace"

    def study(definition):
        definition["waves"][0]["file"] = "data/baseline.sav"
        if codes:
            definition["waves"][0]["codes"] = codes

    example_workspace(workspace, study=study)
    data = workspace / "surveys" / "example" / "data"
    frame = pd.read_csv(data / "baseline.csv", dtype={"id": "str"})
    frame["fair"] = frame["fair"].map(lambda code: 6.0 - code if code < 6 else code)
    write_spss(ParsedFile(frame, value_labels={"fair": labels}), data / "baseline.sav")
    return rs.load_responses(rs.load_study(workspace / "surveys" / "example"))


def test_a_scale_turned_round_is_caught_by_its_labels_and_mended_by_what_is_told(tmp_path, coded):
    labels = {6.0 - float(code): words for code, words in ENGLISH.items() if len(code) == 1}

    with pytest.raises(ValidationError, match="the scale is turned round") as caught:
        _turned(tmp_path / "found", labels)

    (issue,) = caught.value.issues
    assert "'codes: {fair: {5: 1, 4: 2, 2: 4, 1: 5}}'" in issue.remedy or (
        "'codes: {fair: {1: 5, 2: 4, 4: 2, 5: 1}}'" in issue.remedy
    )
    mended = _turned(tmp_path / "mended", labels, codes={"fair": {1: 5, 2: 4, 4: 2, 5: 1}})
    pd.testing.assert_series_equal(mended.frame["fair"], coded.frame["fair"])
    assert {part.labels for part in mended.asked} == {AS_DEFINED}


def test_labels_in_a_language_that_the_definition_lacks_are_told_of(tmp_path):
    labels = {float(code): words for code, words in MACEDONIAN.items()}

    with pytest.warns(ResilienceWarning, match=r"answers of fair in words \(Cyrillic letters\)"):
        found = _turned(tmp_path, labels)

    signatures = {part.wave: part.labels for part in found.asked if part.item == "fair"}
    assert signatures["baseline"].startswith("1 воопшто не се согласувам; 2 ")
    assert signatures["endline"] == AS_DEFINED


def test_the_simulated_studies_need_no_such_note(recwarn):
    for path in sorted((ROOT / "surveys").glob("*/simulation.yaml")):
        rs.load_responses(rs.load_study(path.parent))

    assert [str(note.message) for note in recwarn] == []
