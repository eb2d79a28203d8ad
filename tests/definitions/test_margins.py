"""A study's margins: each wrong figure is told with its line and its remedy."""

from __future__ import annotations

import numpy as np
import pytest

import resilience as rs
from resilience.errors import DefinitionError
from tests.editing import copy_example, line_of, swap

MARGINS = """margins:
  - variable: sex
    wave: baseline
    counts: {female: 5200, male: 4800}
    source: Census 2022, table 3
  - variable: sex
    wave: endline
    shares: {female: 0.52, male: 0.48}
    source: Census 2022, table 3

waves:
"""


@pytest.fixture
def study_file(tmp_path):
    (path,) = (copy_example(tmp_path) / "surveys").glob("*/study.yaml")
    swap(path, "waves:\n  - id", MARGINS + "  - id")
    return path


def findings_in(path):
    with pytest.raises(DefinitionError) as caught:
        rs.load_study(path)
    return caught.value.issues


def test_margins_are_part_of_the_study(study_file):
    margins = rs.load_study(study_file).margins

    assert [repr(margin) for margin in margins] == [
        "<Margin sex in baseline: 2 categories>",
        "<Margin sex in endline: 2 categories>",
    ]
    assert margins[0].source == {"en": "Census 2022, table 3"}


@pytest.mark.parametrize(
    ("old", "new", "what", "remedy"),
    [
        ("variable: sex", "variable: sexe", "there is no variable 'sexe'", "did you mean 'sex'?"),
        ("wave: baseline", "wave: basline", "there is no wave 'basline'", "did you mean"),
        ("wave: baseline", "site: nowhere", "there is no site 'nowhere'", "define the site"),
        (
            "{female: 5200, male: 4800}",
            "{femal: 5200, male: 4800}",
            "there is no value of 'sex' 'femal'",
            "did you mean 'female'?",
        ),
        (
            "{female: 5200, male: 4800}",
            "{female: 5200}",
            "the margin of sex in baseline lacks",
            "add male",
        ),
        (
            "{female: 5200, male: 4800}",
            "{female: -5, male: 4800}",
            "the margin of sex in baseline has figures that are no numbers",
            "correct them",
        ),
        (
            "{female: 0.52, male: 0.48}",
            "{female: 52, male: 48}",
            "the margin of sex in endline has shares that do not add up to 1",
            "correct them, or give counts",
        ),
        (
            "    counts:",
            "    count:",
            "unknown key 'count' in 'margins.0'",
            "did you mean 'counts'?",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(study_file, old, new, what, remedy):
    line = swap(study_file, old, new)

    found = {issue.what: issue for issue in findings_in(study_file)}

    (issue,) = [issue for said, issue in found.items() if said.startswith(what)]
    assert issue.where == f"{study_file}:{line}"
    assert issue.remedy.startswith(remedy)


def test_a_margin_without_a_source_is_refused(study_file):
    swap(study_file, "    source: Census 2022, table 3\n", "")

    (issue,) = findings_in(study_file)

    assert issue.what == "the key 'source' is missing"


def test_a_calibration_needs_margins(study_file):
    swap(study_file, MARGINS, "waves:\n")
    swap(study_file, "design:\n", "design:\n  calibration: rake\n")

    (issue,) = findings_in(study_file)

    assert issue.what == "weights are to fit margins and there are none"
    assert issue.where == f"{study_file}:{line_of(study_file, '  calibration: rake')}"


@pytest.mark.parametrize("calibration", ["rake", "poststratify"])
def test_a_declared_calibration_is_done_and_no_other(scored, lebanon, calibration):
    shares = {"female": 0.5, "male": 0.5}
    margins = (rs.Margin(variable="sex", shares=shares, source="Invented"),)
    only_margins = lebanon.model_copy(update={"margins": margins})
    declared = lebanon.design.model_copy(update={"calibration": calibration})
    study = only_margins.model_copy(update={"design": declared})
    from dataclasses import replace

    as_read = rs.SurveyDesign.from_responses(replace(scored, study=only_margins))
    fitted = rs.SurveyDesign.from_responses(replace(scored, study=study))

    assert as_read.weight_history == ()
    assert [step.action for step in fitted.weight_history] == [calibration]
    by_hand = rs.rake(as_read, only_margins.margins)
    np.testing.assert_allclose(fitted.weights, by_hand.weights, rtol=1e-12)
    women = rs.estimate_proportion(fitted, "sex", answers="each", by="wave")
    np.testing.assert_allclose(women.values, 0.5, rtol=1e-9)
