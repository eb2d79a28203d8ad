from __future__ import annotations

from fractions import Fraction

import pytest

import resilience as rs
from resilience.definitions.instrument import Condition, Index, Scale
from resilience.errors import DefinitionError
from tests.editing import lacking, line_of, swap

RULES = {
    "id twice": (
        "  - id: worse\n",
        "  - id: home\n    scale: agreement\n    question: Again?\n  - id: worse\n",
        "the id 'home' is defined 2 times",
    ),
    "id of an item and an indicator": (
        "  - id: at_home_and_treated_alike",
        "  - id: fair",
        "the id 'fair' is defined 2 times",
    ),
    "unknown scale": (
        "    scale: agreement\n    keyed",
        "    scale: agrement\n    keyed",
        "there is no scale 'agrement'",
    ),
    "no question": (
        "    question: What happens to people in {place} matters to me.\n",
        "",
        "item 'care' has no question",
    ),
    "unknown item in an index": (
        "    items: [home, care]",
        "    items: [home, car]",
        "there is no item 'car'",
    ),
    "unknown index in an index": (
        "    indices: [belonging, fairness]",
        "    indices: [belonging, fairnes]",
        "there is no index above this one called 'fairnes'",
    ),
    "an index within itself": (
        "    indices: [belonging, fairness]",
        "    indices: [belonging, cohesion]",
        "there is no index above this one called 'cohesion'",
    ),
    "an index below": (
        "    items: [home, care]",
        "    indices: [fairness]",
        "there is no index above this one called 'fairness'",
    ),
    "unknown item in an indicator": (
        "    condition: {item: fair, at_least: 4}",
        "    condition: {item: fai, at_least: 4}",
        "there is no item 'fai'",
    ),
    "unknown item in a joined condition": (
        "    condition:\n      all:                   # all | any\n        - {item: home,",
        "    condition:\n      all:                   # all | any\n        - {item: hom,",
        "there is no item 'hom'",
    ),
}


def broken(path, old, new):
    """Change an instrument; return the line of the change and what is told of it."""
    line = swap(path, old, new)
    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(path)
    return line, caught.value.issues


@pytest.mark.parametrize("rule", RULES)
def test_what_one_part_names_another_must_have(instrument_file, rule):
    old, new, what = RULES[rule]

    _, issues = broken(instrument_file, old, new)

    assert [issue.what for issue in issues] == [what]


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "no question"])
def test_each_finding_is_told_where_it_stands(instrument_file, rule):
    old, new, _ = RULES[rule]

    line, issues = broken(instrument_file, old, new)

    assert [issue.where for issue in issues] == [f"{instrument_file}:{line}"]


def test_an_item_without_a_question_is_told_where_it_begins(instrument_file):
    _, (issue,) = broken(instrument_file, *RULES["no question"][:2])

    assert issue.where == f"{instrument_file}:{line_of(instrument_file, '- id: care')}"


def test_every_finding_is_told_with_found_expected_and_remedy(instrument_file):
    whole = instrument_file.read_text("utf-8")
    findings = []

    for old, new, _ in RULES.values():
        instrument_file.write_text(whole, "utf-8")
        findings += broken(instrument_file, old, new)[1]

    assert lacking(findings) == []


def test_a_code_that_is_an_answer_and_missing_is_told(instrument_file):
    _, (issue,) = broken(instrument_file, "{code: 98,", "{code: 5,")

    assert issue.what == "the code '5' is defined 2 times"
    assert issue.where == f"{instrument_file}:{line_of(instrument_file, '  agreement:')}"


def test_wording_that_is_to_be_obtained_must_not_be_there(instrument_file):
    _, issues = broken(instrument_file, "wording: own", "wording: obtain")

    lines = instrument_file.read_text("utf-8").splitlines()
    questions = [number for number, text in enumerate(lines, 1) if text.startswith("    question:")]
    assert [issue.where for issue in issues] == [f"{instrument_file}:{at}" for at in questions]


def test_an_instrument_whose_wording_is_to_be_obtained_has_items_without_questions():
    instrument = rs.load_instrument("afrobarometer_cohesion")

    assert instrument.wording == "obtain"
    assert [item.id for item in instrument.items if item.question] == []


def test_all_that_does_not_fit_is_told_at_once(instrument_file):
    swap(instrument_file, "items: [home, care]", "items: [hom, care]")
    swap(instrument_file, "scale: agreement\n    keyed", "scale: agrement\n    keyed")
    swap(instrument_file, "{item: fair, at_least: 4}   #", "{item: fai, at_least: 4}   #")

    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(instrument_file)

    assert [issue.remedy for issue in caught.value.issues] == [
        "did you mean 'agreement'?",
        "did you mean 'home'?",
        "did you mean 'fair'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("    items: [home, care]\n", "", "either 'items' or 'indices'"),
        (
            "    items: [fair, worse]\n",
            "    items: [fair, worse]\n    indices: [belonging]\n",
            "either 'items' or 'indices'",
        ),
        ("minimum_answered: 2\n", "minimum_answered: 3\n", "between 1 and the number of parts, 2"),
        ("minimum_answered: 2\n", "minimum_answered: 0\n", "between 1 and the number of parts, 2"),
        ("minimum_answered: 2\n", "minimum_answered: -1\n", "between 1 and the number of parts, 2"),
        ("minimum_answered: 2\n", "minimum_answered: 3/2\n", "a count such as 2"),
        ("minimum_answered: 2\n", "minimum_answered: 0/2\n", "a count such as 2"),
        ("minimum_answered: 2\n", "minimum_answered: 1/0\n", "a count such as 2"),
        ("minimum_answered: 2\n", "minimum_answered: 0.5\n", "a count such as 2"),
        ("minimum_answered: 2\n", "minimum_answered: true\n", "a count such as 2"),
        ("minimum_answered: 2\n", "minimum_answered: most\n", "a count such as 2"),
        (", at_least: 4}   #", "}   #", "'item' with one of"),
        (", at_least: 4}   #", ", at_least: 4, at_most: 5}   #", "'item' with one of"),
        ("{item: fair, at_least: 4}   #", "{at_least: 4}   #", "'item' with one of"),
        ("{item: fair, at_least: 4}   #", "{}   #", "'item' with one of"),
        (
            "{item: fair, at_least: 4}   #",
            "{item: fair, at_least: 4, any: [{item: home, at_most: 2}]}   #",
            "'item' with one of",
        ),
        ("      all:  ", "      any: [{item: home, at_most: 1}]\n      all:  ", "'item' with one"),
    ],
)
def test_rules_of_indices_and_conditions_are_one_rule(instrument_file, old, new, expected):
    _, (issue,) = broken(instrument_file, old, new)

    assert expected in issue.expected


def test_a_scale_has_two_answers_at_least(instrument_file):
    swap(instrument_file, "      2: Disagree\n      3: Neither\n      4: Agree\n", "")
    swap(instrument_file, "      5: Strongly agree\n", "")

    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(instrument_file)

    assert "'scales.agreement.answers'" in caught.value.issues[0].what


def test_the_bounds_of_a_scale_are_its_lowest_and_highest_code():
    scale = Scale.model_validate({"answers": {3: "c", 0: "a", 7: "z"}})

    assert (scale.minimum, scale.maximum) == (0, 7)


@pytest.mark.parametrize(
    ("rule", "parts", "asked", "needed"),
    [
        (2, 3, 3, 2),
        (2, 3, 2, 2),
        (2, 3, 1, 1),
        ("2/3", 3, 3, 2),
        ("2/3", 2, 2, 2),
        ("2/3", 2, 1, 1),
        ("1/2", 2, 2, 1),
        ("1/2", 5, 5, 3),
        (1, 4, 3, 1),
        (4, 4, 3, 3),
        (3, 4, 2, 2),
        ("1/10", 2, 2, 1),
    ],
)
def test_parts_that_were_not_asked_do_not_count_as_missing(rule, parts, asked, needed):
    index = Index.model_validate(
        {
            "id": "index",
            "title": "Index",
            "items": [f"item_{number}" for number in range(parts)],
            "minimum_answered": rule,
            "measurement": "reflective",
        }
    )

    assert index.parts_needed(asked) == needed


def test_a_count_is_a_share_of_the_parts():
    index = Index.model_validate(
        {
            "id": "index",
            "title": "Index",
            "items": ["a", "b", "c", "d"],
            "minimum_answered": 2,
            "measurement": "formative",
        }
    )

    assert index.minimum_share == Fraction(1, 2)


def test_a_condition_knows_its_items_each_once_in_order():
    condition = Condition.model_validate(
        {
            "any": [
                {"item": "b", "at_least": 4},
                {"all": [{"item": "a", "one_of": [1, 2]}, {"item": "b", "at_most": 1}]},
            ]
        }
    )

    assert condition.items_used() == ("b", "a")


def test_an_instrument_lists_all_its_ids(instrument_file):
    instrument = rs.load_instrument(instrument_file)

    assert instrument.ids == (
        *("home", "care", "fair", "worse"),
        *("belonging", "fairness", "cohesion"),
        *("treated_alike", "at_home_and_treated_alike"),
    )


def test_plain_text_is_in_the_language_of_the_file(instrument_file):
    swap(instrument_file, "language: en ", "language: fr ")

    instrument = rs.load_instrument(instrument_file)

    assert instrument.title == {"fr": "Example questionnaire"}
    assert set(instrument.items[0].question or ()) == {"en", "fr"}


@pytest.mark.parametrize("given", [str, lambda path: path])
def test_an_instrument_is_loaded_from_its_file(instrument_file, given):
    assert rs.load_instrument(given(instrument_file)).instrument == "example"


def test_an_instrument_is_loaded_by_name_from_the_workspace_near(study_file):
    assert rs.load_instrument("example", near=study_file).instrument == "example"


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        (
            "condition: {item: fair, at_least: 4}",
            "condition: {item: fair, one_of: [9]}",
            "name codes of the item's scale 'agreement'",
        ),
        (
            "indices: [belonging, fairness]",
            "indices: [belonging, cohesion]",
            "an index is built from indices above it: move this one below its parts",
        ),
    ],
)
def test_remedies_can_be_followed(instrument_file, old, new, remedy):
    swap(instrument_file, old, new)

    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(instrument_file)

    assert [issue.remedy for issue in caught.value.issues] == [remedy]


def test_a_name_used_twice_is_offered_once(instrument_file):
    swap(instrument_file, "  - id: care", "  - id: home")

    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(instrument_file)

    assert caught.value.issues[-1].expected == "one of home, fair, worse"
