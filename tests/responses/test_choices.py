"""Questions that take several answers, as text, as columns of 0 and 1, or as both."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import DefinitionError, ResilienceWarning
from resilience.responses.choices import parts_of
from resilience.responses.coding import REASON_CODES
from resilience.responses.harmonisation import harmonise_wave
from tests.editing import lacking, swap
from tests.running import parse_here
from tests.workspaces import example_workspace

WORDS = "a neighbour told me"
TEXT = ["police elder", "elder", None, "dont_know"]
TURN = "    columns: {turn: {question: turn_to, choice: police}}\n"


@pytest.fixture
def turning(study_file):
    """The example's study with an item that is one choice of a question."""
    instrument = study_file.parents[2] / "instruments" / "example" / "instrument.yaml"
    swap(
        instrument,
        "\nitems:\n",
        "  chosen:\n    answers: {0: Not chosen, 1: Chosen}\n"
        "\nitems:\n  - {id: turn, scale: chosen, question: Turns to the police}\n",
    )
    swap(study_file, "    file: data/endline.csv\n", "    file: data/endline.csv\n" + TURN)
    swap(study_file, "    file: data/baseline.csv", TURN + "    file: data/baseline.csv")
    return study_file


@pytest.fixture
def harmonised(turning, raw):
    def made(**columns):
        study = rs.load_study(turning)
        return harmonise_wave(study, study.waves[0], raw(**columns))

    return made


def reasons_of(wave):
    names = {number: reason for reason, number in REASON_CODES.items()} | {0: ""}
    return [names[number] for number in wave.reasons["turn"]]


def test_one_choice_of_the_text_is_1_others_are_0_and_no_text_is_missing(harmonised):
    wave = harmonised(turn_to=TEXT)

    assert wave.issues == ()
    np.testing.assert_array_equal(wave.frame["turn"], [1, 0, np.nan, 0])
    assert reasons_of(wave) == ["", "", "system", ""]


@pytest.mark.parametrize("mark", ["turn_to/police", "turn_to.police"])
@pytest.mark.parametrize(
    "values",
    [[1.0, 0.0, np.nan, 0.0], ["TRUE", "FALSE", None, "FALSE"], ["True", "False", "", "False"]],
)
def test_a_column_of_0_and_1_says_the_same(harmonised, mark, values):
    alone = harmonised(**{mark: values})
    both = harmonised(**{mark: values, "turn_to": TEXT})

    assert (alone.issues, both.issues) == ((), ())
    for wave in (alone, both):
        np.testing.assert_array_equal(wave.frame["turn"], [1, 0, np.nan, 0])


def test_choices_that_mean_no_answer_keep_their_reason(turning, harmonised):
    swap(turning, TURN, "    missing_codes: {dont_know: [dont_know, 98], refused: [99]}\n" + TURN)

    from_text = harmonised(turn_to=TEXT)
    marks = {"turn_to/police": [1.0, 0, np.nan, 0], "turn_to/dont_know": [0.0, 0, np.nan, 1]}
    from_marks = harmonised(**marks)

    for wave in (from_text, from_marks):
        assert wave.issues == ()
        assert reasons_of(wave) == ["", "", "system", "dont_know"]


def test_a_choice_that_was_not_offered_is_missing(harmonised):
    wave = harmonised(turn_to=TEXT, **{"turn_to/police": [1.0, np.nan, np.nan, 0.0]})

    assert wave.issues == ()
    assert reasons_of(wave) == ["", "system", "system", ""]


@pytest.mark.parametrize(
    ("marks", "told"),
    [
        ([0.0, 0.0, np.nan, 0.0], "1 row (data row 1,"),
        ([1.0, 1.0, 1.0, 0.0], "2 rows (data rows 2, 3,"),
        ([np.nan, 0.0, np.nan, 0.0], "1 row (data row 1,"),
    ],
)
def test_columns_that_disagree_are_named_with_their_rows(harmonised, marks, told):
    (issue,) = harmonised(turn_to=TEXT, **{"turn_to.police": marks}).issues

    assert "'turn_to' and 'turn_to.police' (turn) say different things" in issue.what
    assert issue.found.startswith(told)
    assert lacking([issue]) == []


def test_what_is_neither_0_nor_1_is_told_and_never_shown(harmonised):
    (issue,) = harmonised(**{"turn_to/police": ["1", "0", WORDS, "0"]}).issues

    assert "'turn_to/police'" in issue.what
    assert "1 row" in issue.found
    assert WORDS not in str(issue)


def test_a_question_within_a_group_is_found_by_its_full_name_only(turning, harmonised):
    columns = {"help/turn_to": TEXT, "help/turn_to/police": [1.0, 0.0, np.nan, 0.0]}

    (issue,) = harmonised(**columns).issues
    swap(turning, "question: turn_to", "question: help/turn_to")
    wave = harmonised(**columns)

    assert "'help/turn_to'" in issue.remedy
    assert lacking([issue]) == []
    assert wave.issues == ()
    assert wave.frame["turn"].sum() == 1


def test_any_column_within_a_group_is_suggested(harmonised):
    (issue,) = harmonised(turn_to=TEXT, without=("home",), **{"people.home": [1.0, 2, 3, 4]}).issues

    assert "'people.home'" in issue.remedy


def test_a_choice_that_the_question_does_not_have_is_told_with_those_that_it_has(harmonised):
    (issue,) = harmonised(
        **{"turn_to/polise": [1.0, 0, 0, 0], "turn_to/elder": [1.0, 1, 0, 0]}
    ).issues

    assert issue.expected == "one of polise, elder"
    assert issue.remedy == "did you mean 'polise'?"


@pytest.mark.parametrize(
    ("text", "offered", "parts"),
    [
        ("a b", ["a", "b", "c"], {"a", "b"}),
        (
            "The police Village elder",
            ["The police", "Village elder"],
            {"The police", "Village elder"},
        ),
        ("The police; An elder", ["The police"], {"The police", "An elder"}),
        ("Police", ["Police", "Police women"], {"Police"}),
        ("The mayor", ["The police", "Village elder"], None),
        ("A B C", ["A B", "C", "A", "B C"], None),
    ],
)
def test_labels_with_blanks_are_told_apart_where_there_is_one_way(text, offered, parts):
    assert parts_of(text, offered) == (None if parts is None else frozenset(parts))


def test_labels_in_text_are_read_by_the_columns_of_the_question(turning, harmonised):
    swap(turning, "choice: police", "choice: The police")
    offered = {"turn_to/The police": [1.0, 0, np.nan, 0], "turn_to/An elder": [1.0, 1, np.nan, 1]}

    wave = harmonised(turn_to=["The police An elder", "An elder", None, "An elder"], **offered)
    (issue,) = harmonised(turn_to=["The police", WORDS, None, "An elder"], **offered).issues

    assert wave.issues == ()
    np.testing.assert_array_equal(wave.frame["turn"], [1, 0, np.nan, 0])
    assert "no choices of it" in issue.what
    assert "1 row (data row 2," in issue.found
    assert WORDS not in str(issue)


def test_a_role_is_no_choice(study_file):
    swap(
        study_file,
        "    file: data/baseline.csv",
        TURN.replace("turn:", "weight:") + "    file: data/baseline.csv",
    )

    with pytest.raises(DefinitionError, match="'weight' is mapped to one choice") as caught:
        rs.load_study(study_file)

    assert lacking(caught.value.issues) == []


def _with_a_choice(definition):
    definition["scales"]["chosen"] = {"answers": {0: "Not chosen", 1: "Chosen"}}
    definition["items"].append({"id": "turn", "scale": "chosen", "question": "The police"})


def _mapped_to(choice):
    def change(definition):
        for wave in definition["waves"]:
            wave["columns"] = {"turn": {"question": "turn_to", "choice": choice}}

    return change


def _asked(wave, answers):
    return answers.assign(turn_to=(["1 2", "2", ""] * len(answers))[: len(answers)])


def test_a_study_reads_choices_from_its_files(tmp_path, monkeypatch):
    parse_here(monkeypatch)
    folder = tmp_path / "workspace"
    example_workspace(folder, instrument=_with_a_choice, study=_mapped_to(1), data=_asked)

    frame = rs.load_responses(rs.load_study(folder / "surveys" / "example")).frame

    shares = frame["turn"].value_counts(dropna=False, normalize=True)
    np.testing.assert_allclose(shares, 1 / 3, atol=0.01)
    assert set(shares.index.dropna()) == {0.0, 1.0}


def test_a_choice_that_nobody_chose_is_told_of(tmp_path, monkeypatch):
    parse_here(monkeypatch)
    folder = tmp_path / "workspace"
    example_workspace(folder, instrument=_with_a_choice, study=_mapped_to("polise"), data=_asked)

    with pytest.warns(ResilienceWarning, match="nobody chose 'polise' \\(turn\\)"):
        responses = rs.load_responses(rs.load_study(folder / "surveys" / "example"))

    assert pd.unique(responses.frame["turn"].dropna()).tolist() == [0.0]
