from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import DefinitionError
from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spss import write_spss
from resilience.workflow.drafting.wording import column_use, folded, missing_reason_of
from tests.editing import lacking
from tests.running import parse_here, run_command

N = 200
AGREE = {1.0: "Disagree", 2.0: "Neither", 3.0: "Agree", 98.0: "Don't know", 99.0: "Refused"}
CANARIES = ("Canary Person", "+961 70 123 456", "words of one respondent")


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


def answers(rng, shown, *, against=False):
    """Return answers from 1 to 3 that show what people think, some of them missing."""
    codes = np.clip(np.round(2 + shown + rng.normal(0, 0.5, N)), 1, 3)
    codes = 4 - codes if against else codes
    codes[:3], codes[3:6] = 98, 99
    return codes


def columns_of_a_wave(seed):
    rng = np.random.default_rng(seed)
    shown = rng.normal(0, 1, N)
    return {
        "respid": np.arange(1.0, N + 1),
        "name": [f"{CANARIES[0]} {k}" for k in range(N)],
        "phone": [f"{CANARIES[1]}{k}" for k in range(N)],
        "comment": [f"{CANARIES[2]} {k}" for k in range(N)],
        "wt": rng.uniform(0.5, 2, N),
        "city": rng.integers(1, 3, N).astype(float),
        "psu": np.repeat(np.arange(1.0, 21), N // 20),
        "sex": rng.integers(1, 3, N).astype(float),
        "q1a": answers(rng, shown),
        "q1b": answers(rng, shown),
        "q1c": answers(rng, shown, against=True),
        "age": rng.integers(18, 90, N).astype(float),
    }


LABELS = {
    "respid": "Number",
    "q1a": "Q1a. People here help each other",
    "q1b": "Q1b. People here trust each other",
    "q1c": "Q1c. People here keep apart",
    "sex": "Sex of respondent",
    "city": "City",
}
VALUES = {
    "city": {1.0: "North Town", 2.0: "South Town"},
    "sex": {1.0: "Woman", 2.0: "Man"},
    "q1a": AGREE,
    "q1b": AGREE,
    "q1c": AGREE,
}


@pytest.fixture
def first(tmp_path):
    path = tmp_path / "first.sav"
    frame = pd.DataFrame(columns_of_a_wave(1))
    write_spss(ParsedFile(frame, LABELS, VALUES), path)
    return path


@pytest.fixture
def second(tmp_path):
    """The next wave: a question moved, one turned round, another asked under an old name."""
    columns = columns_of_a_wave(2)
    columns["q7"] = columns.pop("q1a")
    columns["q1c"] = np.where(columns["q1c"] < 4, columns["q1c"], 98)
    labels = {**LABELS, "q7": LABELS["q1a"], "q1b": "Q1b. The price of bread", "q2": "Q2. Safe"}
    del labels["q1a"]
    columns["q2"] = columns["q1b"]
    turned = {1.0: "Agree", 2.0: "Neither", 3.0: "Disagree", 98.0: "Don't know"}
    values = {**VALUES, "q7": AGREE, "q1c": turned, "q2": AGREE}
    del values["q1a"]
    path = tmp_path / "second.sav"
    write_spss(ParsedFile(pd.DataFrame(columns), labels, values), path)
    return path


@pytest.fixture
def draft(tmp_path, first, second):
    """Return the files of a draft by name, and the study with its responses."""
    paths = rs.draft_definitions([first, second], tmp_path / "ws", name="mine")
    return {path.name: path for path in paths}


def test_a_draft_loads_without_edits_and_reads_its_files(draft, first):
    study = rs.load_study(draft["study.yaml"])

    responses = rs.load_responses(study, data=first.parent)

    assert len(responses.frame) == 2 * N
    assert rs.load_report_plan(draft["mine.yaml"]).loaded_study == study


def test_roles_are_found_by_name_and_content(draft):
    study = rs.load_study(draft["study.yaml"])

    assert study.roles.respondent_id == "respid"
    assert study.roles.weight == "wt"
    assert study.roles.psu == "psu"
    assert study.roles.site == "city"
    assert [site.title["en"] for site in study.sites] == ["North Town", "South Town"]
    assert [(part.id, part.kind) for part in study.variables] == [
        ("sex", "categories"),
        ("age", "number"),
    ]


def test_missing_codes_are_proposed_with_their_reasons(draft):
    scale = rs.load_instrument(draft["instrument.yaml"]).scales["disagree_to_agree"]

    assert {part.code: part.reason for part in scale.missing} == {98: "dont_know", 99: "refused"}
    assert sorted(scale.answers) == [1, 2, 3]


def test_differences_between_waves_are_listed(draft):
    told = draft["DRAFT.md"].read_text("utf-8")

    assert (
        "second, `q7`, renamed: 'q1a' before, by its label 'Q1a. People here help each other'"
        in told
    )
    assert "second, `q1c`, recoded" in told
    assert "'Q1b. People here trust each other' before, 'Q1b. The price of bread' now" in told


def test_a_question_that_moved_is_one_item_and_one_turned_round_is_two(draft):
    study = rs.load_study(draft["study.yaml"])

    assert study.waves[1].columns["q1a"] == "q7"
    assert study.waves[1].columns["q1c_second"] == "q1c"
    assert "q1c" in study.waves[1].not_asked
    assert "q1c_second" in study.waves[0].not_asked


def test_batteries_and_items_that_seem_reversed_are_proposed(draft):
    instrument = rs.load_instrument(draft["instrument.yaml"])
    told = draft["DRAFT.md"].read_text("utf-8")

    assert [index.items for index in instrument.indices] == [("q1a", "q1b", "q1c")]
    assert "`q1c` in `q1_battery`: `keyed: negative` if so" in told


def test_no_respondents_words_are_written_and_identifiers_are_named(draft):
    written = "".join(path.read_text("utf-8") for path in draft.values())

    assert [canary for canary in CANARIES if canary in written] == []
    assert "first: `name`, `phone`" in draft["DRAFT.md"].read_text("utf-8")
    assert "free text or rare values: `comment`" in draft["DRAFT.md"].read_text("utf-8")


def test_a_draft_never_replaces_a_definition(draft, tmp_path, first):
    before = draft["study.yaml"].read_bytes()

    with pytest.raises(DefinitionError) as caught:
        rs.draft_definitions([first], tmp_path / "ws", name="mine")

    assert lacking(caught.value.issues) == []
    assert draft["study.yaml"].read_bytes() == before


def test_files_of_one_name_are_refused(tmp_path, first):
    (tmp_path / "other").mkdir()
    copy = tmp_path / "other" / first.name
    copy.write_bytes(first.read_bytes())

    with pytest.raises(DefinitionError, match="two files have the same name"):
        rs.draft_definitions([first, copy], tmp_path / "ws")

    assert not (tmp_path / "ws").exists()


def test_codes_without_labels_are_told_as_guesses(tmp_path):
    path = tmp_path / "plain.csv"
    rng = np.random.default_rng(3)
    trust = rng.choice([1, 2, 3, 4, 98, 99], N)
    pd.DataFrame({"id": range(N), "trust": trust}).to_csv(path, index=False)

    paths = rs.draft_definitions([path], tmp_path / "ws", name="plain")

    (scale,) = rs.load_instrument(paths[0]).scales.values()
    assert {part.code for part in scale.missing} == {98, 99}
    assert "98 as 'dont_know'" in paths[2].read_text("utf-8")
    responses = rs.load_responses(rs.load_study(paths[1]), data=tmp_path)
    assert int(responses.frame["trust"].isna().sum()) == int((trust > 4).sum())


def test_files_without_ids_and_weights_say_so(tmp_path):
    path = tmp_path / "bare.csv"
    pd.DataFrame({"trust": [1, 2, 3, 4] * 50}).to_csv(path, index=False)

    paths = rs.draft_definitions([path], tmp_path / "ws", name="bare")

    study = rs.load_study(paths[1])
    assert (study.roles.respondent_id, study.roles.weight) == ("none", "none")
    assert "weights: no column found" in paths[2].read_text("utf-8")


def test_the_command_lists_what_it_wrote(tmp_path, first):
    finished = run_command("draft", first, "--output", tmp_path / "ws", "--name", "mine")

    assert finished.code == 0
    *written, following = finished.out.splitlines()
    assert len(written) == 4
    assert following.startswith("Next: resilience check ")


def test_a_draft_without_an_index_can_be_checked_and_reported(tmp_path):
    path = tmp_path / "bare.csv"
    pd.DataFrame({"trust": [1, 2, 3, 4] * 50}).to_csv(path, index=False)
    paths = rs.draft_definitions([path], tmp_path / "ws", name="bare")

    checked = run_command("check", paths[1], "--data", tmp_path)
    report = ("report", paths[3], "--data", tmp_path, "--format", "html")
    reported = run_command(*report, "--output", tmp_path / "out")

    assert checked.code == 0, checked.err
    assert "nothing is scored" in checked.out
    assert reported.code == 0, reported.err


def test_a_form_of_other_files_is_refused(tmp_path, first):
    form = tmp_path / "survey.csv"
    form.write_text("type,name,label\ntext,something,Something\n", "utf-8")
    choices = tmp_path / "choices.csv"
    choices.write_text("list_name,name,label\na,b,B\n", "utf-8")

    with pytest.raises(DefinitionError, match="the form is not this file's"):
        rs.draft_definitions([first], tmp_path / "ws", form=rs.read_form(form, choices=choices))

    assert not (tmp_path / "ws").exists()


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("Refused", "refused"),
        ("Don't know/Haven't heard enough", "dont_know"),
        ("DON’T KNOW", "dont_know"),
        ("Not Applicable", "not_applicable"),
        ("N/A", "not_applicable"),
        ("Missing data", "system"),
        ("Not asked in this country", "not_asked"),
        ("Ne sait pas", "dont_know"),
        ("Refus", "refused"),
        ("Sans objet", "not_applicable"),
        ("لا أعرف", "dont_know"),
        ("رفض الإجابة", "refused"),
        ("لا ينطبق", "not_applicable"),
        ("Не знам", "dont_know"),
        ("Одби да одговори", "refused"),
        ("Nuk e di", "dont_know"),
        ("Refuzoi", "refused"),
        ("Sijui", "dont_know"),
        ("Amekataa kujibu", "refused"),
        ("Agree", None),
        ("Chama cha Demokrasia", None),
        ("No experience", "not_applicable"),
        ("Cannot afford the fee", None),
        ("Can't determine", "dont_know"),
        ("Declining", None),
        ("Never", None),
    ],
)
def test_labels_say_why_an_answer_is_missing(label, reason):
    assert missing_reason_of(label) == reason


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("respno", "respondent_id"),
        ("_id", "respondent_id"),
        ("withinwt", "weight"),
        ("poids", "weight"),
        ("psu", "psu"),
        ("region", "stratum"),
        ("commune", "site"),
        ("град", "site"),
        ("deviceid", "identifier"),
        ("_gps_latitude", "identifier"),
        ("هاتف", "identifier"),
        ("q12", None),
        ("sexe", "variable"),
    ],
)
def test_names_say_what_columns_are_for(name, use):
    assert column_use(name) == use


def test_question_numbers_do_not_tell_questions_apart():
    assert folded("Q43a. Trust the president") == folded("12b) trust the  President")


def test_ids_are_known_by_content_where_no_name_says_so(tmp_path):
    path = tmp_path / "plain.csv"
    frame = {"interview": [f"F{k:04d}" for k in range(N)], "trust": [1, 2, 3, 4] * (N // 4)}
    pd.DataFrame(frame).to_csv(path, index=False)

    paths = rs.draft_definitions([path], tmp_path / "ws", name="plain")

    assert rs.load_study(paths[1]).roles.respondent_id == "interview"


def test_a_folder_is_no_data_file(tmp_path):
    with pytest.raises(DefinitionError) as caught:
        rs.draft_definitions([tmp_path], tmp_path / "ws")

    (issue,) = caught.value.issues
    assert issue.found == "a folder"
    assert "name the files in it" in issue.remedy


def a_list_of_trades(path, *, with_list=True):
    """Write a file with ages, codes of missing ages, and a question with a long list."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"respid": np.arange(1.0, N + 1), "q1a": rng.integers(1, 4, N) * 1.0})
    frame["yrs"] = np.where(rng.random(N) < 0.1, 999.0, rng.integers(18, 90, N))
    labels = {"respid": "Respondent", "q1a": LABELS["q1a"], "yrs": "How old are you"}
    values = {"q1a": AGREE, "yrs": {999.0: "Refused to say"}}
    if with_list:
        frame["q5"] = np.where(rng.random(N) < 0.1, 98.0, rng.integers(1, 21, N))
        labels["q5"] = "Trade of the household"
        values["q5"] = {**{float(c): f"Trade {c}" for c in range(1, 21)}, 98.0: "Don't know"}
    write_spss(ParsedFile(frame, labels, values), path)
    return path


def test_numbers_that_were_asked_are_variables_with_their_missing_codes(tmp_path):
    file = a_list_of_trades(tmp_path / "first.sav")

    paths = rs.draft_definitions([file], tmp_path / "ws", name="mine")

    study = rs.load_study(paths[1])
    age = study.variables_by_id["yrs"]
    assert (age.kind, age.missing) == ("number", {999: "refused"})
    frame = rs.load_responses(study, data=tmp_path).frame
    assert frame["yrs"].max() < 90
    assert frame["yrs"].isna().sum() == (rs.read_survey(file).frame["yrs"] == 999).sum() > 0
    assert "variable `yrs`: 999 'Refused to say' as refused" in paths[2].read_text("utf-8")


def test_a_list_of_many_answers_is_a_variable_where_every_wave_asked_it(tmp_path):
    files = [a_list_of_trades(tmp_path / name) for name in ("first.sav", "second.sav")]

    study = rs.load_study(rs.draft_definitions(files, tmp_path / "ws", name="mine")[1])

    trade = study.variables_by_id["q5"]
    assert len(trade.values) == 20
    assert trade.missing == {98: "dont_know"}


def test_a_list_of_many_answers_is_an_item_where_a_wave_did_not_ask_it(tmp_path):
    files = [
        a_list_of_trades(tmp_path / "first.sav"),
        a_list_of_trades(tmp_path / "second.sav", with_list=False),
    ]

    study = rs.load_study(rs.draft_definitions(files, tmp_path / "ws", name="mine")[1])

    assert study.waves_by_id["second"].not_asked == ("q5",)
    assert {part.code for part in study.questionnaire.scale_of("q5").missing} == {98}
