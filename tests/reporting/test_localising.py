"""Phrases in words: numbers, dates, lists, labels; and the catalogues they are said from."""

from __future__ import annotations

import ast
import datetime as dt
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import resilience.reporting
from resilience.definitions.analysis import Family, Headline
from resilience.definitions.assignment import Assignment, Event
from resilience.definitions.credibility import PowerBlock
from resilience.definitions.document import read_document
from resilience.definitions.instrument import MISSING_REASONS
from resilience.definitions.measures import ScoreDifference
from resilience.definitions.report import Language
from resilience.definitions.study import (
    Activity,
    Design,
    Fieldwork,
    StudyDefinition,
    WaveRelation,
)
from resilience.errors import ReportingError
from resilience.evaluation.brief import Comparability
from resilience.evaluation.change import Verdict
from resilience.evaluation.impact.evaluation import DeviationCode, OutcomeVerdict
from resilience.evaluation.impact.noting import NoteCode
from resilience.evaluation.targets import TargetStatus
from resilience.evaluation.threats.balance import Closeness
from resilience.reporting.localising import REPORT_LANGUAGES, Localiser, catalogue
from resilience.reporting.phrases import (
    Day,
    Interval,
    Label,
    Listing,
    Message,
    Number,
    NumberStyle,
    Period,
    Verbatim,
)
from tests.conftest import ROOT

MINUS, ISOLATE, POP = "\u2212", "\u2066", "\u2069"
NAN, INF = float("nan"), float("inf")
SOURCE = Path(resilience.reporting.__file__).parent


def say(phrase, language="en"):
    return Localiser(language).say(phrase)


# Numbers


@pytest.mark.parametrize(
    ("value", "style", "expected"),
    [
        (48.24, "points", "48.2"),
        (0.0, "points", "0.0"),
        (-3.14, "points", f"{MINUS}3.1"),
        (3.14, "points_change", "+3.1"),
        (-3.14, "points_change", f"{MINUS}3.1"),
        (0.4567, "percent", "45.7"),
        (1.0, "percent", "100.0"),
        (0.0123, "percent_change", "+1.2"),
        (-0.0123, "percent_change", f"{MINUS}1.2"),
        (0.95, "coverage", "95%"),
        (0.9, "coverage", "90%"),
        (7.0, "count", "7"),
        (1234567.0, "count", "1,234,567"),
        (98.0, "whole", "98"),
        (1.234, "ratio", "1.23"),
        (0.0123, "p_value", "0.012"),
        (0.0004, "p_value", "< 0.001"),
    ],
)
def test_a_number_is_written_in_its_style(value, style, expected):
    assert say(Number(value, style)) == expected


@pytest.mark.parametrize("value", [0.0, -0.0, 0.04, -0.04])
@pytest.mark.parametrize("style", ["points", "points_change"])
def test_what_rounds_to_zero_has_no_sign(value, style):
    assert say(Number(value, style)) == "0.0"


@pytest.mark.parametrize("style", get_args(NumberStyle))
@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_a_number_that_is_not_there_is_a_dash(value, style):
    assert say(Number(value, style)) == "–"


@pytest.mark.parametrize("style", get_args(NumberStyle))
def test_a_hyphen_never_stands_for_a_minus(style):
    told = say(Number(-12.3, style))

    assert "-" not in told
    assert MINUS in told or style == "p_value"


def test_a_code_is_written_as_it_stands_in_the_file():
    assert say(Number(9998, "whole")) == "9998"


@pytest.mark.parametrize(
    ("level", "expected"), [(0.975, "97.5%"), (0.995, "99.5%"), (0.999, "99.9%")]
)
def test_a_level_is_not_rounded_to_another_level(level, expected):
    assert say(Number(level, "coverage")) == expected


@pytest.mark.parametrize("style", get_args(NumberStyle))
def test_both_languages_write_the_same_number(style):
    told = say(Number(0.1234, style), "ar")

    assert told == f"{ISOLATE}{say(Number(0.1234, style))}{POP}"


@pytest.mark.parametrize(
    ("value", "style", "expected"),
    [
        (48.24, "points", "48,2"),
        (-3.14, "points_change", f"{MINUS}3,1"),
        (0.0123, "percent_change", "+1,2"),
        (0.95, "coverage", "95\u00a0%"),
        (0.975, "coverage", "97,5\u00a0%"),
        (1234567.0, "count", "1\u00a0234\u00a0567"),
        (9998.0, "whole", "9998"),
        (1.234, "ratio", "1,23"),
        (0.0004, "p_value", "< 0,001"),
    ],
)
def test_french_numbers_have_a_comma_and_spaces_that_do_not_break(value, style, expected):
    assert say(Number(value, style), "fr") == expected


@pytest.mark.parametrize(
    ("language", "value", "style", "expected"),
    [
        ("en", 40.0, "percent", "40%"),
        ("fr", 40.0, "percent", "40\u00a0%"),
        ("fr", -2.5, "points_change", f"{MINUS}2,5"),
        ("en", 2.5, "percent_change", "+2.5"),
        ("en", 0.0, "points_change", "0"),
    ],
)
def test_an_axis_is_numbered_as_the_language_writes_numbers(language, value, style, expected):
    assert Localiser(language).tick(value, style) == expected


# Intervals keep their order


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", f"{MINUS}1.2 to +3.0"),
        ("fr", f"{MINUS}1,2 à +3,0"),
        ("ar", f"من {ISOLATE}{MINUS}1.2{POP} إلى {ISOLATE}+3.0{POP}"),
    ],
)
def test_an_interval_names_the_lower_limit_first_and_keeps_on_one_line(language, expected):
    told = say(Interval(-1.24, 3.0, "points_change"), language)

    assert told.replace("\u00a0", " ") == expected
    assert " " not in told


@pytest.mark.parametrize(("low", "high"), [(NAN, NAN), (NAN, 1.0), (0.0, INF)])
@pytest.mark.parametrize("language", list(REPORT_LANGUAGES))
def test_an_interval_that_is_not_there_is_a_dash(low, high, language):
    assert say(Interval(low, high, "points"), language) == "–"


def test_an_english_report_needs_no_isolates():
    phrase = Listing((Number(-1.2, "points"), Verbatim("x_1"), Interval(0, 1, "points")))

    assert not set(say(phrase)) & {ISOLATE, POP}


@pytest.mark.parametrize(
    "phrase", [Number(-1.2, "points"), Verbatim("trust_1"), Number(0.95, "coverage")]
)
def test_what_runs_left_to_right_is_set_apart_in_arabic(phrase):
    told = say(phrase, "ar")

    assert told == f"{ISOLATE}{say(phrase)}{POP}"


# Dates and lists


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "15 June 2026"), ("fr", "15 juin 2026"), ("ar", "15 حزيران 2026")],
)
def test_a_date_is_written_with_the_months_name_and_western_digits(language, expected):
    assert say(Day(dt.date(2026, 6, 15)), language) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "1 June 2024 to 2 June 2024"),
        ("fr", "du 1er juin 2024 au 2 juin 2024"),
        ("ar", "من 1 حزيران 2024 إلى 2 حزيران 2024"),
    ],
)
def test_a_period_runs_from_a_date_to_a_date(language, expected):
    assert say(Period(dt.date(2024, 6, 1), dt.date(2024, 6, 2)), language) == expected


def test_a_period_that_has_not_ended_is_since():
    assert say(Period(dt.date(2024, 6, 1), None)) == "since 1 June 2024"


@pytest.mark.parametrize(
    ("language", "joint", "expected"),
    [
        ("en", "and", "a, b and c"),
        ("en", "comma", "a, b, c"),
        ("en", "line", "a\nb\nc"),
        ("fr", "and", "a, b et c"),
        ("ar", "comma", "a، b، c"),
        ("ar", "line", "a\nb\nc"),
    ],
)
def test_a_list_is_joined_as_its_language_joins(language, joint, expected):
    parts = tuple(Label({language: letter}) for letter in "abc")

    assert say(Listing(parts, joint), language) == expected


def test_an_arabic_list_is_joined_by_the_arabic_and():
    told = say(Listing((Label({"ar": "مدينة"}), Label({"ar": "قرية"}))), "ar")

    assert told == "مدينة وقرية"


# Plural forms


@pytest.mark.parametrize(
    ("n", "expected"), [(1, "1 target: "), (2, "2 targets: "), (0, "0 targets: ")]
)
def test_english_tells_one_from_several(n, expected):
    zero = Number(0, "count")
    counts = dict.fromkeys(("met", "not_met", "not_shown", "not_estimable"), zero)

    told = say(Message("target_counts", {"n": Number(n, "count"), **counts}))

    assert told.startswith(expected)


@pytest.mark.parametrize("language", list(REPORT_LANGUAGES))
@pytest.mark.parametrize("n", [0, 1, 2, 3, 11, 100])
def test_every_count_finds_a_form_in_every_language(language, n):
    values = {name: Number(n, "count") for name in ("n", "needed")}

    assert say(Message("rule_mean", values), language)


# Labels


STEERING = [
    *(chr(code) for code in (0, 7, 8, 27, 127, 0x80, 0x9B)),
    *"\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "\u061c",
]


@pytest.mark.parametrize("mark", STEERING, ids=lambda mark: f"U+{ord(mark):04X}")
@pytest.mark.parametrize("language", list(REPORT_LANGUAGES))
def test_control_and_direction_marks_are_taken_out_of_labels_and_names(mark, language):
    told = say(Label({language: f"safe{mark}ty"}), language)
    named = say(Verbatim(f"safe{mark}ty"), language)

    assert told == "safety"
    assert named.strip(ISOLATE + POP) == "safety"


@pytest.mark.parametrize("blank", ["\n", "\t", "\r\n", "\u2028", "\u2029", "   "])
def test_blanks_and_line_breaks_in_a_label_are_one_blank(blank):
    assert say(Label({"en": f"safe{blank}town"})) == "safe town"


def test_a_label_cannot_name_a_value_of_the_sentence_it_stands_in():
    values = {"item": Label({"en": "{id} {n} {item}"}), "id": Verbatim("{item}")}

    assert say(Message("item_with_id", values)) == "{id} {n} {item} ({item})"


def test_a_text_that_is_not_there_stands_in_another_language_and_is_remembered():
    localiser = Localiser("ar")

    told = localiser.say(Label({"en": "Safety", "fr": "Sécurité"}))

    assert told == f"{ISOLATE}Safety{POP}"
    assert localiser.untranslated == {"Safety"}


def test_a_text_that_is_there_is_not_remembered_as_missing():
    localiser = Localiser("ar")

    localiser.say(Label({"en": "Safety", "ar": "الأمان"}))

    assert localiser.untranslated == set()


def test_nothing_to_say_is_an_empty_text():
    assert say(None) == ""


@pytest.mark.parametrize("language", ["mk", "EN", "", "ar_LB"])
def test_a_language_without_a_catalogue_is_refused(language):
    with pytest.raises(ReportingError, match="reports cannot be written in this language"):
        Localiser(language)


# The catalogues


PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
DIACRITICS = re.compile("[\u064b-\u0652]")


def _values(model, name):
    """Return the values that a field of a definition may have."""
    return get_args(model.model_fields[name].annotation)


OF_WHOM = ("", "_of_people")
UNKNOWN_PSU = ("", "_without_psu")
# What may stand for the braces in f"reason_{reason}" and the like. A message whose key is made
# in another way has to be added here.
MECHANISMS = get_args(Assignment.model_fields["mechanism"].annotation)
VALUES = {
    "contribution_at_{}": ("programme", "comparison", "both", "neither"),
    "contribution_kind_{}": _values(Event, "kind"),
    "impact_{}": (*MECHANISMS, "suppressed", "not_estimable"),
    "impact_correction_{}": _values(Family, "correction"),
    "impact_deviation_{}": get_args(DeviationCode),
    "impact_headline_{}": (*get_args(Headline), "influence", "none"),
    "impact_inference_{}": ("cr2", "wild", "randomisation", "placebo", "influence"),
    "impact_intro{}": ("", "_persons"),
    "impact_note_{}": get_args(NoteCode),
    "impact_reads_{}": (
        *(verdict for verdict in get_args(OutcomeVerdict) if verdict != "not_estimable"),
        "intended_within",
        "not_clear_adjusted",
    ),
    "impact_role_{}": _values(Family, "role"),
    "impact_use_{}": ("followed", "shown", "not_relied", "placebo"),
    "impact_verdict_{}": (*get_args(OutcomeVerdict), "fragile", "suppressed"),
    "activity_{}": _values(Activity, "kind"),
    "attrition_{}": ("lee", "manski"),
    "axis_{}": ("points", "share"),
    "balance_{}": (*get_args(Closeness), "placebo_reference", "randomisation_test"),
    "brief_{}": (
        *get_args(Comparability),
        "not_in_study",
        "not_asked",
        "other_score",
    ),
    "change_{}": get_args(Verdict),
    "condition_{}": ("at_least", "at_most"),
    "data_{}": _values(StudyDefinition, "data"),
    "data_{}_whole": _values(StudyDefinition, "data"),
    "differs_{}": get_args(get_type_hints(ScoreDifference)["kind"]),
    "fact_{}": ("programme", "comparison"),
    "group_{}": ("programme", "comparison", "everybody"),
    "keyed_{}": ("positive", "negative", "not_stated"),
    "method_{}": get_args(WaveRelation),
    "method_df{}": UNKNOWN_PSU,
    "method_intervals{}": UNKNOWN_PSU,
    "note_grey{}": OF_WHOM,
    "note_not_ranked{}": OF_WHOM,
    "profile_figure_caption{}": OF_WHOM,
    "profile_intro{}": OF_WHOM,
    "profile_table_caption{}": OF_WHOM,
    "profile_title{}": OF_WHOM,
    "mode_{}": _values(Fieldwork, "mode"),
    "power_{}": (
        *_values(PowerBlock, "method"),
        "fielded_row",
        "more_respondents",
        "more_places",
    ),
    "people_{}": ("programme", "comparison", "everybody"),
    "psu_{}": ("none", "not_published"),
    "reason_{}": MISSING_REASONS,
    "selection_{}": _values(Design, "selection"),
    "status_{}": ("unvalidated_draft", "validated"),
    "target_{}": get_args(TargetStatus),
    "unit_{}": ("points", "share"),
    "unit_change_{}": ("points", "share"),
    "verdict_{}": get_args(Verdict),
}


def _trees():
    return [ast.parse(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))]


def _pattern(node):
    """Return an f-string with braces for what is filled in."""
    return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)


def _written_out(pattern):
    return {pattern.replace("{}", value) for value in VALUES[pattern]}


def _keys_in(node):
    """Return the keys, or patterns of keys, that an argument of `Message` may be."""
    if isinstance(node, ast.IfExp):
        return _keys_in(node.body) | _keys_in(node.orelse)
    if isinstance(node, ast.JoinedStr):
        return {_pattern(node)}
    return {node.value} if isinstance(node, ast.Constant) else set()


def _keys_of_messages():
    """Return the keys and patterns of keys that the source gives to `Message`."""
    calls = [
        node
        for tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Message"
    ]
    return set().union(*(_keys_in(call.args[0]) for call in calls))


def _texts_of_source():
    """Return every text in the source, patterns of keys written out."""
    found = set()
    for tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.JoinedStr) and _pattern(node) in VALUES:
                found |= _written_out(_pattern(node))
    return found


@pytest.mark.parametrize("language", list(REPORT_LANGUAGES))
def test_every_message_of_the_source_stands_in_the_catalogue(language):
    keys = {key for key in _keys_of_messages() if "{}" not in key}

    assert len(keys) > 100
    assert keys - set(catalogue(language)) == set()


@pytest.mark.parametrize("language", list(REPORT_LANGUAGES))
@pytest.mark.parametrize("pattern", sorted(VALUES))
def test_every_message_whose_key_is_put_together_stands_in_the_catalogue(pattern, language):
    assert len(VALUES[pattern]) > 1
    assert _written_out(pattern) - set(catalogue(language)) == set()


def test_every_way_to_put_a_key_together_is_known_here():
    assert {key for key in _keys_of_messages() if "{}" in key} - set(VALUES) == set()


@pytest.mark.parametrize("language", list(REPORT_LANGUAGES))
def test_no_message_of_a_catalogue_is_unused(language):
    assert set(catalogue(language)) - _texts_of_source() == set()


def test_all_catalogues_have_the_same_messages():
    keys = {language: set(catalogue(language)) for language in REPORT_LANGUAGES}

    assert keys == dict.fromkeys(REPORT_LANGUAGES, keys["en"])


def _fullest(text):
    """Return the form of a message that names all its values."""
    return text if isinstance(text, str) else text["other"]


@pytest.mark.parametrize("key", sorted(catalogue("en")))
def test_a_message_names_the_same_values_in_every_language(key):
    named = {
        language: sorted(set(PLACEHOLDER.findall(_fullest(catalogue(language)[key]))))
        for language in REPORT_LANGUAGES
    }

    assert named == dict.fromkeys(REPORT_LANGUAGES, named["en"])


@pytest.mark.parametrize("language", list(REPORT_LANGUAGES))
def test_no_brace_of_a_catalogue_is_left_that_is_not_a_value(language):
    texts = [
        form
        for text in catalogue(language).values()
        for form in ([text] if isinstance(text, str) else text.values())
    ]

    assert [text for text in texts if set("{}") & set(PLACEHOLDER.sub("", text))] == []


@pytest.mark.parametrize("language", list(REPORT_LANGUAGES))
def test_forms_by_number_are_those_of_the_language(language):
    forms = {
        key: set(text) for key, text in catalogue(language).items() if not isinstance(text, str)
    }
    known = {*Localiser(language).locale.plural_form.tags, "other"}

    assert all("other" in form and form <= known for form in forms.values())
    assert forms


@pytest.mark.parametrize("language", list(REPORT_LANGUAGES))
def test_every_catalogue_is_of_a_language_of_plans(language):
    assert language in get_args(Language)
    assert set(get_args(Language)) == set(REPORT_LANGUAGES)


ARABIC_FILES = [
    SOURCE / "languages" / "ar.yaml",
    *sorted((ROOT / "instruments").glob("*/translations/ar.yaml")),
]


@pytest.mark.parametrize("file", ARABIC_FILES, ids=lambda file: file.parts[-3])
def test_our_arabic_is_written_without_diacritics(file):
    lines = file.read_text("utf-8").splitlines()

    assert any("\u0627" in line for line in lines)
    assert [line for line in lines if DIACRITICS.search(line)] == []


@pytest.mark.parametrize("file", ARABIC_FILES, ids=lambda file: file.parts[-3])
def test_arabic_texts_hold_no_direction_marks(file):
    marks = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

    assert not marks.search(file.read_text("utf-8"))


def test_the_catalogues_are_read_as_strictly_as_definitions():
    for language in REPORT_LANGUAGES:
        assert read_document(SOURCE / "languages" / f"{language}.yaml").data == catalogue(language)
