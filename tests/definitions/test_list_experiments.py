from __future__ import annotations

import pytest

import resilience as rs
from resilience.errors import DefinitionError
from tests.editing import add_list_experiment, lacking, swap

RULES = {
    "unknown item": ("item: applying", "item: aplying", ["there is no item 'aplying'"]),
    "another number of statements": (
        "controls: 3",
        "controls: 4",
        ["the answers to 'applying' are not the counts of its list"],
    ),
    "answers that are no counts": (
        "item: applying",
        "item: worse",
        [
            "the answers to 'worse' are not the counts of its list",
            "'worse' counts another list in each arm, and is scored",
        ],
    ),
    "an id that is taken": ("id: approval", "id: home", ["the id 'home' is defined 2 times"]),
    "one item of two lists": (
        "  - {id: approval,",
        "  - {id: again, item: applying, controls: 3, sensitive: Again}\n  - {id: approval,",
        ["the counts of 'applying' is defined 2 times"],
    ),
    "one code for both arms": (
        "controls: 3,",
        'controls: 3, arms: {control: 1, treatment: "1"},',
        ["a wrong value for 'list_experiments.0.arms'"],
    ),
    "one statement": (
        "controls: 3,",
        "controls: 1,",
        ["a wrong value for 'list_experiments.0.controls'"],
    ),
}
PLANS = {
    "no plan": (
        "  approval: {sensitive: {baseline: 0.3, endline: 0.2}, controls: [0.8, 0.5, 0.3]}",
        "  {}",
        "there is no plan of the list experiment 'approval'",
    ),
    "unknown list": (
        "  approval: {",
        "  other: {sensitive: {}, controls: []}\n  approval: {",
        "there is no list experiment 'other'",
    ),
    "a wave without a share": (
        ", endline: 0.2",
        "",
        "there is no sensitive share in 'endline'",
    ),
    "unknown wave": (
        "endline: 0.2",
        "endline: 0.2, later: 0.2",
        "there is no wave that asks the list 'later'",
    ),
    "another number of statements": (
        "[0.8, 0.5, 0.3]",
        "[0.8, 0.5]",
        "the list 'approval' has another number of statements",
    ),
    "a loading of a count": (
        "loadings: {default: 0.75}",
        "loadings: {default: 0.75, items: {applying: 0.5}}",
        "there is no item 'applying'",
    ),
    "refusals by a count": (
        "  - {reason: refused, default: 0.02}",
        "  - {reason: refused, by_answer: {applying: {4: 0.5}}}",
        "there is no item 'applying'",
    ),
}


@pytest.fixture(autouse=True)
def _with_a_list(example):
    add_list_experiment(example)


def test_a_list_experiment_is_part_of_the_questionnaire(study_file):
    study = rs.load_study(study_file)
    (experiment,) = study.lists_asked("baseline")

    assert experiment.sensitive == {"en": "Approves of violence"}
    assert (experiment.arms.control, experiment.arms.treatment) == (0, 1)
    assert study.column_of("baseline", "approval") == "approval"


def test_a_wave_that_did_not_ask_the_item_did_not_ask_the_list(study_file):
    swap(study_file, "    # not_asked: [worse]", "    not_asked: [applying]")
    study = rs.load_study(study_file)

    assert study.lists_asked("baseline") == ()
    assert len(study.lists_asked("endline")) == 1


@pytest.mark.parametrize("rule", RULES)
def test_a_list_fits_its_item(instrument_file, rule):
    old, new, told = RULES[rule]
    line = swap(instrument_file, old, new)

    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(instrument_file)

    issues = caught.value.issues
    assert [issue.what for issue in issues] == told
    for issue in issues:
        assert issue.where in [f"{instrument_file}:{line + more}" for more in (0, 1)]
    assert lacking(issues) == []


@pytest.mark.parametrize("case", PLANS)
def test_a_plan_has_what_the_list_needs(study_file, plan_file, case):
    old, new, told = PLANS[case]
    line = swap(plan_file, old, new)

    with pytest.raises(DefinitionError) as caught:
        rs.load_simulation_plan(plan_file, rs.load_study(study_file))

    (issue,) = caught.value.issues
    assert issue.what == told
    assert issue.where in [f"{plan_file}:{line + more}" for more in (-1, 0, 1)]
    assert lacking([issue]) == []


def test_the_sensitive_statement_is_translated_by_its_id(instrument_file):
    translation = instrument_file.parent / "translations" / "fr.yaml"
    translation.parent.mkdir()
    translation.write_text(
        "instrument: example\nlanguage: fr\ntranslator: Written as an example\n"
        "title: Questionnaire exemple\nlist_experiments: {approval: Approuve la violence}\n",
        "utf-8",
    )

    (experiment,) = rs.load_instrument(instrument_file).list_experiments
    assert experiment.sensitive == {"en": "Approves of violence", "fr": "Approuve la violence"}

    line = swap(translation, "{approval:", "{aproval:")
    with pytest.raises(DefinitionError) as caught:
        rs.load_instrument(instrument_file)
    (issue,) = caught.value.issues
    assert issue.where == f"{translation}:{line}"
    assert issue.remedy == "did you mean 'approval'?"
