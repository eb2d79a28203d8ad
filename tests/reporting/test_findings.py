"""The findings in sentences: what they say, and what they never say."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.disclosure.suppression import protect
from resilience.evaluation.change import judge_changes
from resilience.evaluation.results import ChangeResult
from resilience.reporting.localised import localise
from resilience.reporting.localising import Localiser
from resilience.reporting.names import Names
from resilience.reporting.phrases import Label
from resilience.reporting.sections.findings import change_sentence
from tests.reporting.pages import numbers_in, runs_of, said
from tests.workspaces import example_workspace


def _sentence(results, changes, row, verdict, language="en"):
    names = Names(results.study, results.responses.measures)
    people = Label({"en": "Port City", "ar": "مدينة المرفأ"})
    phrase = change_sentence(changes, row, verdict, people, results, names)
    return Localiser(language).say(phrase).replace("\u00a0", " ")


def _findings(content):
    """Return the sentences of the section on findings."""
    (section,) = (part for part in content["sections"] if part["id"] == "findings")
    told = []
    for block in section["blocks"]:
        told += [block["text"]] if block["type"] == "paragraph" else block["items"]
    return [said(lines).replace("\u00a0", " ") for lines in told]


def _findings_of(tmp_path, **changes):
    """Return the findings of the example, changed."""
    results = rs.run_plan(example_workspace(tmp_path / "workspace", **changes))
    return _findings(localise(rs.build_report(results), "en").content)


@pytest.fixture(scope="module")
def findings(written):
    return _findings(written["en"].content)


@pytest.fixture(scope="module")
def changes(results):
    (part,) = (part for _, part in results.blocks if isinstance(part, ChangeResult))
    return part


# Sentences by rule


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("increase", "Port City: up "),
        ("decrease", "Port City: down "),
        ("no_clear_change", "Port City: no clear change from Baseline to Endline"),
        ("not_estimable", "does not allow an interval for the change from Baseline to Endline"),
    ],
)
def test_a_verdict_has_its_own_sentence(results, changes, verdict, words):
    assert words in _sentence(results, changes.changes, 0, verdict)


def test_a_change_that_is_not_clear_leaves_both_directions_open(results, changes):
    told = _sentence(results, changes.changes, 0, "no_clear_change")

    assert "leaves both directions open" in told


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("row", range(16))
def test_an_interval_that_covers_zero_is_told_as_no_clear_change(results, changes, row, language):
    estimates = changes.changes.estimates.select([row])
    low, high = estimates.interval(level=0.95)
    covers = low[0] <= 0 <= high[0]
    (verdict,) = judge_changes(estimates, planned=True).verdicts

    told = _sentence(results, changes.changes, row, verdict, language)

    assert ({"en": "no clear change", "ar": "لا تغير واضح"}[language] in told) == covers


@pytest.mark.parametrize("row", range(16))
def test_a_sentence_has_the_numbers_of_the_estimate(results, changes, row):
    told = changes.changes.estimates.to_frame().iloc[row]
    verdict = "increase" if told["estimate"] > 0 else "decrease"

    _, numbers = _sentence(results, changes.changes, row, verdict).split(": ", 1)

    size, level, low, high = numbers_in(numbers)
    assert (size, level) == (f"{abs(told['estimate']):.1f}", "95%")
    assert float(low.replace("−", "-")) == pytest.approx(told["conf_low"], abs=0.05 + 1e-9)
    assert float(high.replace("−", "-")) == pytest.approx(told["conf_high"], abs=0.05 + 1e-9)


def test_the_change_of_a_share_is_told_in_percentage_points(results):
    frame = pd.DataFrame(
        {
            "wave": ["baseline"] * 40 + ["endline"] * 40,
            "y": [0.0, 1.0] * 20 + [1.0, 1.0, 1.0, 0.0] * 10,
        }
    )
    design = rs.SurveyDesign(frame, wave="wave", waves="independent")
    levels = rs.estimate_proportion(design, "y", by="wave")
    change = protect(rs.compare(levels, over="wave", reference="baseline"), results.study.policy)

    told = _sentence(results, change, 0, "increase")

    assert "up 25.0 percentage points" in told


def test_a_suppressed_change_is_told_without_any_number(results, changes):
    strict = results.study.policy.model_copy(update={"minimum_n": 100_000})
    hidden = protect(changes.changes.estimates, strict)

    told = _sentence(results, hidden, 0, "increase")

    assert "too few respondents to show the change" in told
    assert numbers_in(told) == []


# The section


@pytest.mark.parametrize("at", [0, 1, 2])
def test_planned_changes_come_first_in_the_plans_order(findings, results, at):
    title = results.responses.measures[results.planned[at].planned.measure].title["en"]

    assert findings[at].startswith(f"{title}, Port City and Hill City: ")


def test_targets_are_counted_by_how_they_were_judged(findings, results):
    status = [part.status for part in results.targets]
    (told,) = (sentence for sentence in findings if "targets: " in sentence)

    counted = [int(number) for number in numbers_in(told)]

    assert "not_estimable" not in status  # else they would be counted too
    words = ("met", "not_met", "not_shown")
    assert counted == [len(status), *(status.count(word) for word in words)]


def test_changes_not_named_in_advance_are_counted_with_their_adjustment(findings, changes):
    clear = [v for v in changes.verdicts.verdicts if v in ("increase", "decrease")]
    (told,) = (sentence for sentence in findings if "not named in advance" in sentence)

    assert "(Holm)" in told
    assert [int(number) for number in numbers_in(told)] == [16, len(clear)]


def test_only_clear_changes_of_those_not_named_in_advance_get_a_sentence(
    findings, results, changes
):
    rows = changes.changes.estimates.rows
    names = Names(results.study, results.responses.measures)
    expected = [
        _said(names, rows.iloc[row])
        for row, verdict in enumerate(changes.verdicts.verdicts)
        if verdict in ("increase", "decrease")
    ]

    told = [s for s in findings if re.search(r"(?<!and Hill) City: (up|down)", s)]

    assert [sentence.split(": ")[0] for sentence in told] == expected


def _said(names, row):
    localiser = Localiser("en")
    measure, place = names.measure(row["variable"]), names.value("site", row["site"])
    return f"{localiser.say(measure)}, {localiser.say(place)}"


def test_what_is_not_clear_is_not_evidence_of_no_change(findings):
    assert any("that is not evidence of no change" in sentence for sentence in findings)


def test_a_change_is_set_apart_from_the_effect_of_a_programme(findings):
    assert any(
        sentence.startswith("A change in a place is not the effect of a programme.")
        for sentence in findings
    )


# What is not compared, and for whom


def test_a_planned_change_of_another_score_says_why_it_is_not_compared(tmp_path):
    def study(definition):
        definition["waves"][1]["not_asked"] = ["care"]

    def report(definition):
        definition["planned"] = [{"measure": "belonging", "wave": "endline"}]
        definition["blocks"] = [{"block": "findings"}]

    (told, *_) = _findings_of(tmp_path, study=study, report=report)

    assert told == (
        "Belonging, the whole population: not compared between Baseline and Endline, because it "
        "is not the same score: People here matter to me (care) not asked in Endline."
    )


def test_a_planned_change_that_was_not_measured_twice_says_so(tmp_path):
    def report(definition):
        definition["planned"] = [{"measure": "cohesion", "wave": "baseline"}]
        definition["blocks"] = [{"block": "findings"}]

    (told, *_) = _findings_of(tmp_path, report=report)

    assert told == "Cohesion, the whole population: not measured in Baseline and Baseline both."


def test_a_planned_change_may_have_a_title_of_its_own(tmp_path):
    def report(definition):
        definition["planned"][0]["title"] = "Young people"
        definition["blocks"] = [{"block": "findings"}]

    (told, *_) = _findings_of(tmp_path, report=report)

    assert told.startswith("Cohesion, Young people: ")


def test_one_change_is_told_in_the_singular(tmp_path):
    def report(definition):
        definition["planned"] = []
        definition["blocks"] = [
            {"block": "findings"},
            {"block": "change", "measures": ["cohesion"], "title": "Together"},
        ]

    told = _findings_of(tmp_path, report=report)

    assert any(s.startswith("Together: 1 change not named in advance; ") for s in told)


def test_a_plan_without_targets_and_planned_changes_still_says_how_to_read_it(tmp_path):
    def study(definition):
        definition["targets"] = []

    def report(definition):
        definition["planned"] = []
        definition["blocks"] = [{"block": "findings"}]

    told = _findings_of(tmp_path, study=study, report=report)

    assert [sentence.split(".")[0] for sentence in told] == [
        "A change in a place is not the effect of a programme",
        "Places stand in a fixed order and are not ranked",
        "The questionnaire is an unvalidated draft",
    ]


@pytest.mark.parametrize("selection", ["probability", "random_walk", "quota", "convenience"])
def test_without_known_chances_of_selection_intervals_are_said_to_rest_on_a_model(
    tmp_path, selection
):
    def study(definition):
        definition["design"]["selection"] = selection

    def report(definition):
        definition["blocks"] = [{"block": "findings"}]

    told = " ".join(_findings_of(tmp_path, study=study, report=report))

    assert ("Intervals rest on a model of the sample" in told) == (selection != "probability")


@pytest.mark.parametrize("status", ["unvalidated_draft", "validated"])
def test_a_draft_is_called_one(tmp_path, status):
    def instrument(definition):
        definition["status"] = status

    def report(definition):
        definition["blocks"] = [{"block": "findings"}]

    told = " ".join(_findings_of(tmp_path, instrument=instrument, report=report))

    assert ("unvalidated draft" in told) == (status == "unvalidated_draft")


# Words that are never used


def _words(content):
    return " ".join(text for text, _ in runs_of(content))


NO_CHANGE = {
    "en": (
        r"\bno change\b|\bunchanged\b|\bdid not change\b",
        ["that is not evidence of no change"],
    ),
    "ar": (
        r"لا تغير(?! واضح)|لم يتغير|انعدام التغير|عدم حدوث تغير",
        ["وليس ذلك دليلا على عدم حدوث تغير"],
    ),
}
CLAIMS = {
    "en": (
        r"(?i)\b(impacts?|effects?|caus\w+|led to|thanks to|due to|result of|attribut\w+|"
        r"contribut\w+|achiev\w+|success\w*|significant\w*|prov(?:es|ed|en)|margin of error)\b",
        [
            "is not the effect of a programme",
            "Effect of weights",
            "design effect",
            "strata that contribute",
            "Small effects would mostly be missed",
            "A change in a place is not an impact",
            "Detectable effect",
            "Impact in detail",
            "no effect, however large, can be ruled out",
            "What differs at the start can pass for an effect later",
            "inimum detectable effect",
            "the smallest true effect that is found with power",
            "Impact is inferred from places",
            "an impact is found with power",
            "the effect would be",
        ],
    ),
    "ar": (
        r"(?<!\w)ال?أثر|تأثير|بفضل|بسبب|نتيجة ل|دال إحصائيا",
        [
            "ليس هو أثر البرنامج",
            "أثر الأوزان",
            "أثر التصميم",
            "وأثر قاعدة الحساب",
            "التأثير في",
            "ويستدل على الأثر من المناطق",
            "فلا يكشف الأثر بقوة",
            "لبلغ ذلك الأثر",
        ],
    ),
}


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("never", [NO_CHANGE, CLAIMS], ids=["no change", "claims"])
def test_the_report_never_says_it(written, language, never):
    pattern, allowed = never[language]
    words = _words(written[language].content)
    there = [phrase for phrase in allowed if phrase in words]
    for phrase in there:
        words = words.replace(phrase, "")

    assert there
    assert [words[max(0, m.start() - 40) : m.end() + 40] for m in re.finditer(pattern, words)] == []


def test_numbers_in_sentences_are_finite(written):
    words = _words(written["en"].content["sections"][0])

    assert not re.search(r"\bnan\b|\binf\b|None", words)
    assert np.isfinite(
        [float(n.replace(",", "").replace("−", "-").rstrip("%")) for n in numbers_in(words)]
    ).all()


@pytest.mark.parametrize(
    ("study", "said_so"),
    [
        ({"roles": {"psu": "not_published"}}, "Intervals take the respondents as drawn one by one"),
        (
            {"roles": {"psu": "not_published"}, "design": {"assumed_design_effect": 1.5}},
            "an assumed design effect of 1.50",
        ),
        ({"roles": {"weight": "none"}}, "Weights are not known: the file has none."),
        ({"design": {"selection": "quota"}}, "How respondents were chosen is not fully known."),
    ],
)
def test_what_is_not_known_of_the_sample_is_told_by_name(tmp_path, study, said_so):
    def change(definition):
        for part, values in study.items():
            definition[part].update(values)
        definition["design"]["waves"] = "independent"

    told = _findings_of(tmp_path, study=change)

    assert [sentence for sentence in told if said_so in sentence]
    assert not [sentence for sentence in told if "margin of error" in sentence.lower()]


def test_of_one_wave_there_is_no_change_to_warn_of(tmp_path):
    def study(definition):
        del definition["waves"][1:]
        definition["design"].pop("waves")
        definition.pop("targets")

    def report(definition):
        definition["planned"] = []
        definition["blocks"] = [
            {"block": "findings"},
            {"block": "profile", "measures": ["cohesion"], "wave": "baseline"},
            {"block": "method"},
        ]

    results = rs.run_plan(example_workspace(tmp_path / "workspace", study=study, report=report))
    content = localise(rs.build_report(results), "en").content

    assert said(content["sections"][0]["title"]) == "How to read this report"
    words = " ".join(text for text, _ in runs_of(content))
    assert "A change in a place" not in words
    assert "Changes named in advance" not in words
    assert "the whole population" in words
