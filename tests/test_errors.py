from __future__ import annotations

import inspect
import re

import pytest

from resilience import errors
from resilience.errors import DesignError, Issue, ResilienceError, nearest, printable

BRANCHES = {
    "DefinitionError",
    "ReadingError",
    "ValidationError",
    "ScoringError",
    "DesignError",
    "EstimationError",
    "ComparisonError",
    "MeasurementError",
    "EvaluationError",
    "DisclosureError",
    "ReportingError",
}


def test_the_tree_has_a_branch_for_every_stage():
    found = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__base__ is ResilienceError
    }

    assert found == BRANCHES


def test_the_drawn_tree_is_the_tree():
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))

    assert drawn == BRANCHES


def test_every_error_is_public():
    assert set(errors.__all__) >= BRANCHES | {"ResilienceError", "ResilienceWarning", "Issue"}


def test_an_issue_is_told_as_what_where_found_expected_remedy():
    issue = Issue("it is wrong", "a.yaml:3", found="this", expected="that", remedy="mend it")

    assert str(issue).splitlines() == [
        "a.yaml:3: it is wrong",
        "    found    this",
        "    expected that",
        "    remedy   mend it",
    ]


def issue_of(**facts: str) -> Issue:
    told = {"what": "it is wrong", "where": "a.yaml:3", "found": "this", "expected": "that"}
    return Issue(**{**told, "remedy": "mend it", **facts})


def test_every_fact_has_to_be_told():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'remedy'"):
        Issue("it is wrong", where="a.yaml:3", found="this", expected="that")


def test_an_error_tells_all_its_issues_in_order():
    error = DesignError(issue_of(what="first"), issue_of(what="second"))

    assert str(error).splitlines()[::4] == ["a.yaml:3: first", "a.yaml:3: second"]
    assert [issue.what for issue in error.issues] == ["first", "second"]


def test_reasons_of_a_refused_comparison_travel_with_the_error():
    error = errors.ComparisonError(issue_of(), refused={"cohesion": ("a reason",)})

    assert error.refused == {"cohesion": ("a reason",)}


@pytest.mark.parametrize(
    "character",
    [
        "\x00",
        "\x07",
        "\x08",
        "\x1b",
        "\x7f",
        "\x9b",
        "\n",
        "\r",
        "\t",
        "\u061c",
        "\u200b",
        "\u200e",
        "\u200f",
        "\u202a",
        "\u202b",
        "\u202c",
        "\u202d",
        "\u202e",
        "\u2066",
        "\u2067",
        "\u2068",
        "\u2069",
        "\ufeff",
        "\ud800",
        "\U000e0041",
    ],
)
def test_control_and_direction_characters_are_spelt_out(character):
    shown = printable(f"a{character}b")

    assert shown == f"a\\u{ord(character):04x}b"


@pytest.mark.parametrize("text", ["plain", "مدينة المرفأ", "Прашање", "é – “x” …", "日本"])
def test_words_of_any_language_stay_as_they_are(text):
    assert printable(text) == text


def test_long_text_is_cut_with_a_mark():
    shown = printable("x" * 5_000)

    assert len(shown) == 400
    assert shown.endswith("…")


@pytest.mark.parametrize("fact", ["what", "where", "found", "expected", "remedy"])
def test_no_part_of_an_issue_can_steer_a_terminal(fact):
    told = str(issue_of(**{fact: "a\x1b[2J\u202eb"}))

    assert "\x1b" not in told
    assert "\u202e" not in told


@pytest.mark.parametrize(
    ("name", "known", "remedy"),
    [
        ("cohesin", ["cohesion", "voice"], "did you mean 'cohesion'?"),
        ("COHESION", ["cohesion"], "did you mean 'cohesion'?"),
        ("q12", ["Q12"], "did you mean 'Q12'?"),
        ("zzz", ["cohesion"], "choose one"),
        ("x", [], "choose one"),
    ],
)
def test_the_nearest_known_name_is_offered(name, known, remedy):
    assert nearest(name, known, "choose one") == remedy


@pytest.mark.parametrize(
    ("typed", "known"),
    [("north_town", "south_town"), ("baseline", "endline"), ("bel1", "bel2"), ("q12", "q13")],
)
def test_another_name_is_no_remedy(typed, known):
    assert nearest(typed, [known], "choose one") == "choose one"


@pytest.mark.parametrize(
    ("typed", "known"),
    [("cohesoin", "cohesion"), ("basline", "baseline"), ("bel1", "bell1"), ("Weight", "weight")],
)
def test_a_slip_of_the_hand_is_put_right(typed, known):
    assert nearest(typed, [known, "something_else"], "") == f"did you mean '{known}'?"
