"""A draft from an export and its XLSForm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from tests.running import parse_here, run_command

SURVEY = """type,name,label::English (en),label::French (fr)
begin_group,help,,
select_multiple who,turn_to,Whom do you turn to?,À qui vous adressez-vous ?
end_group,,,
select_one yes_no,safe,"Do you feel safe in ${town}?",Vous sentez-vous en sécurité ?
select_one yes_no,heard,Are you heard?,Vous écoute-t-on ?
select_one town,town,Which town?,Quelle ville ?
text,why,Why?,Pourquoi ?
"""
CHOICES = """list_name,name,label::English (en),label::French (fr)
who,police,The police,La police
who,cannot_say_it,Cannot say it to them,Ne peut le leur dire
who,dont_know,Don't know,Ne sait pas
yes_no,yes,Yes,Oui
yes_no,no,No,Non
yes_no,refused,Refused,A refusé
town,north,North,Nord
town,south,South,Sud
"""
N = 40


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "survey.csv").write_text(SURVEY, "utf-8")
    (tmp_path / "choices.csv").write_text(CHOICES, "utf-8")
    return tmp_path


def export(folder, marks=None, **columns):
    answers = pd.DataFrame(
        {
            "_uuid": [f"id-{n}" for n in range(N)],
            "help/turn_to": ["police", "police cannot_say_it", "dont_know", None] * (N // 4),
            "help/turn_to/police": ["1", "1", "0", None] * (N // 4),
            "help/turn_to/cannot_say_it": ["0", "1", "0", None] * (N // 4),
            "help/turn_to/dont_know": ["0", "0", "1", None] * (N // 4),
            "safe": ["yes", "no", "refused", None] * (N // 4),
            "heard": ["no"] * N,
            "town": ["north", "south"] * (N // 2),
            "why": [f"somebody's own words {n}" for n in range(N)],
            **columns,
        }
    ).drop(columns=marks or [])
    path = folder / "export.csv"
    answers.to_csv(path, index=False)
    return path


def drafted(folder, path):
    form = rs.read_form(folder / "survey.csv", choices=folder / "choices.csv")
    paths = rs.draft_definitions([path], folder / "draft", name="mine", form=form)
    study = rs.load_study(paths[1])
    return study, rs.load_responses(study, data=path.parent), paths


def test_choices_of_the_form_are_the_scales_and_names_are_declared(folder):
    study, responses, paths = drafted(folder, export(folder))

    (wave,) = study.waves
    assert wave.codes == {"yes_to_no": {"yes": 1, "no": 2}}
    assert study.roles.respondent_id == "_uuid"
    assert [site.code for site in study.sites] == ["north", "south"]
    safe = study.questionnaire.items_by_id["safe"]
    assert safe.question == {
        "en": "Do you feel safe in [town]?",
        "fr": "Vous sentez-vous en sécurité ?",
    }
    assert study.questionnaire.scale_of("safe").answers[1] == {"en": "Yes", "fr": "Oui"}
    np.testing.assert_array_equal(responses.frame["safe"][:4], [1, 2, np.nan, np.nan])
    assert responses.frame["heard"].eq(2).all()
    assert "own words" not in "".join(path.read_text("utf-8") for path in paths)


def test_each_choice_of_a_question_that_takes_several_is_an_item(folder):
    study, responses, _ = drafted(folder, export(folder))

    police = responses.frame["help_turn_to_police"]
    np.testing.assert_array_equal(police[:4], [1, 1, np.nan, np.nan])
    np.testing.assert_array_equal(
        responses.frame["help_turn_to_cannot_say_it"][:4], [0, 1, np.nan, np.nan]
    )
    assert "help_turn_to_dont_know" not in responses.frame
    titles = study.questionnaire.items_by_id["help_turn_to_police"].question
    assert titles["fr"] == "À qui vous adressez-vous ?: La police"


@pytest.mark.parametrize(
    "without",
    [
        ["help/turn_to"],
        ["help/turn_to/police", "help/turn_to/cannot_say_it", "help/turn_to/dont_know"],
    ],
)
def test_either_kind_of_column_is_enough(folder, without):
    _, responses, _ = drafted(folder, export(folder, without))

    np.testing.assert_array_equal(
        responses.frame["help_turn_to_police"][:4], [1, 1, np.nan, np.nan]
    )


def test_a_choice_that_the_export_does_not_have_is_no_item(folder):
    path = export(
        folder,
        ["help/turn_to/cannot_say_it"],
        **{
            "help/turn_to": ["police"] * N,
            "help/turn_to/police": ["1"] * N,
            "help/turn_to/dont_know": ["0"] * N,
        },
    )

    study, _, _ = drafted(folder, path)

    assert "help_turn_to_police" in study.questionnaire.items_by_id
    assert "help_turn_to_cannot_say_it" not in study.questionnaire.items_by_id


def test_labels_in_place_of_names_are_read(folder):
    _, responses, _ = drafted(folder, export(folder, safe=["Oui", "Non", "A refusé", None] * 10))

    np.testing.assert_array_equal(responses.frame["safe"][:4], [1, 2, np.nan, np.nan])


def test_values_that_the_form_does_not_have_are_left_out_and_never_shown(folder):
    study, _, paths = drafted(folder, export(folder, safe=["yes", "my own secret"] * (N // 2)))

    assert "safe" not in study.questionnaire.items_by_id
    told = paths[2].read_text("utf-8")
    assert "values that are no choices of the form: `safe`" in told
    assert "secret" not in told


def test_the_command_takes_a_form(folder):
    path = export(folder)
    form = ["--form", folder / "survey.csv", "--choices", folder / "choices.csv"]

    done = run_command("draft", path, *form, "--output", folder / "out", "--name", "mine", "-q")

    assert done.code == 0, done.err
    study = rs.load_study(folder / "out" / "surveys" / "mine" / "study.yaml")
    assert "help_turn_to_police" in study.questionnaire.items_by_id
