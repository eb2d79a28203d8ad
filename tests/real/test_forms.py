"""Real XLSForms are read whole."""

from __future__ import annotations

import pytest

import resilience as rs
from tests.running import parse_here

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


@pytest.mark.parametrize(
    ("name", "questions", "languages"),
    [
        ("I8n_lang_choicefilter", 10, {"default", "en", "fr"}),
        ("I8n_no_lang_choicefilter", 42, {"default"}),
        ("choice_filter_test", 3, {"default"}),
        ("extra_columns", 1, {"default"}),
        ("sample_accent", 1, {"default"}),
        ("xlsform_spec_test", 46, {"default", "en", "chinese"}),
    ],
)
def test_the_standard_s_own_forms_are_read(real_data, name, questions, languages):
    form = rs.read_form(real_data / "xlsform" / f"{name}.xlsx")

    assert len(form.questions) == questions
    assert set(form.languages) == languages


def test_the_form_of_a_kobo_survey_is_read(real_data):
    folder = real_data / "kobo"

    form = rs.read_form(
        folder / "cleaningtools_survey.csv", choices=folder / "cleaningtools_choices.csv"
    )

    kinds = [question.kind for question in form.questions]
    assert (kinds.count("select_one"), kinds.count("select_multiple")) == (89, 24)
    assert form.languages == ("en", "ar")
    assert len(form.groups) == 6
    selects = [q for q in form.questions if q.kind.startswith("select")]
    assert all(question.choices for question in selects)
    assert form.questions_by_name["hh_info/hh_hosted"].relevant == "${hh_hosting} !='yes'"
