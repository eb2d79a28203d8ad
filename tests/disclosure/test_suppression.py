"""What too few respondents stand behind is shown nowhere."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.definitions.study import Policy
from resilience.disclosure.suppression import protect
from resilience.reporting.html import write_html
from resilience.reporting.localised import localise
from resilience.reporting.localising import Localiser
from resilience.reporting.pdf import write_pdf
from resilience.reporting.phrases import Number
from tests.workspaces import example_workspace

POLICY = Policy(minimum_n=10, low_precision_n=30)
FEW = 6


def _means(sizes):
    """Return the means of groups of simulated persons of given sizes."""
    group = np.repeat(list(sizes), list(sizes.values()))
    frame = pd.DataFrame({"group": group, "y": np.arange(len(group)) % 7.0})
    return rs.estimate_mean(rs.SurveyDesign(frame), "y", by="group")


# The rule


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (3, "suppressed"),
        (9, "suppressed"),
        (10, "low_precision"),
        (29, "low_precision"),
        (30, "shown"),
        (400, "shown"),
    ],
)
def test_the_number_of_respondents_decides_what_is_shown(n, expected):
    protected = protect(_means({"a": n}), POLICY)

    assert protected.status == (expected,)
    assert protected.showable.tolist() == [expected != "suppressed"]


@pytest.mark.parametrize(("minimum", "expected"), [(3, "shown"), (12, "shown"), (13, "suppressed")])
def test_the_threshold_is_the_studys(minimum, expected):
    protected = protect(_means({"a": 12}), Policy(minimum_n=minimum, low_precision_n=3))

    assert protected.status == (expected,)


def test_respondents_without_the_value_do_not_count():
    frame = pd.DataFrame({"y": [1.0] * 9 + [np.nan] * 50})

    protected = protect(rs.estimate_mean(rs.SurveyDesign(frame), "y"), POLICY)

    assert protected.status == ("suppressed",)


def test_a_row_that_nobody_stands_behind_is_suppressed():
    frame = pd.DataFrame({"y": [1.0] * 40 + [np.nan] * 40, "group": ["a"] * 40 + ["b"] * 40})

    protected = protect(rs.estimate_mean(rs.SurveyDesign(frame), "y", by="group"), POLICY)

    assert protected.status == ("shown", "suppressed")


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"a": 400, "b": 9}, "suppressed"),
        ({"a": 9, "b": 400}, "suppressed"),
        ({"a": 400, "b": 12}, "low_precision"),
        ({"a": 30, "b": 31}, "shown"),
    ],
)
def test_a_contrast_counts_the_fewest_respondents_behind_its_parts(sizes, expected):
    difference = rs.compare(_means(sizes), over="group", reference="a")

    assert protect(difference, POLICY).status == (expected,)


def test_a_contrast_of_contrasts_still_counts_the_fewest():
    means = _means({"a": 400, "b": 9, "c": 400, "d": 400})
    first = means.contrast({"b - a": {1: 1, 0: -1}, "d - c": {3: 1, 2: -1}})

    second = first.contrast({"of both": {0: 1, 1: -1}})

    assert protect(second, POLICY).status == ("suppressed",)


def test_protecting_does_not_change_the_estimates():
    estimates = _means({"a": 9, "b": 40})
    before = estimates.to_frame()

    protected = protect(estimates, POLICY)

    assert protected.estimates is estimates
    pd.testing.assert_frame_equal(estimates.to_frame(), before)


# A report on a group of six: all blocks, a planned change and a target concern it

WOMEN_OF_THE_NORTH = {"site": "north_town", "sex": "female"}


def _study(study):
    study["policy"]["minimum_n"] = FEW + 1
    study["targets"] = [
        {"measure": "cohesion", "wave": "endline", "value": 60, "where": WOMEN_OF_THE_NORTH},
        {
            "measure": "treated_alike",
            "wave": "endline",
            "value": 0.5,
            "where": {**WOMEN_OF_THE_NORTH},
        },
    ]


def _report(report):
    report["languages"] = ["en", "ar"]
    report["planned"] = [
        {"measure": "cohesion", "wave": "endline", "where": {**WOMEN_OF_THE_NORTH}}
    ]
    report["blocks"] = [
        {"block": "findings"},
        {"block": "indicators"},
        {
            "block": "change",
            "measures": ["cohesion", "belonging", "treated_alike"],
            "by": "sex",
            "where": {"site": "north_town"},
        },
        {
            "block": "profile",
            "measures": ["cohesion", "belonging", "fairness"],
            "by": "sex",
            "wave": "endline",
            "where": {"site": "north_town"},
        },
        {
            "block": "answers",
            "items": ["home", "care", "fair", "worse"],
            "wave": "endline",
            "where": {**WOMEN_OF_THE_NORTH},
        },
    ]


def _six_women(answers_of_six):
    """Return a change that leaves six women of the north in the endline, with given answers."""

    def change(wave, answers):
        if wave != "endline":
            return answers
        women = (answers["sex"] == "1") & (answers["town"] == "1")
        six = answers[women].drop_duplicates("sampling_point").index[:FEW]
        kept = answers[~women | answers.index.isin(six)].copy()
        for item, codes in answers_of_six.items():
            kept.loc[six, item] = codes
        return kept

    return change


ONE = {
    "home": ["1", "2", "1", "1", "2", "1"],
    "care": ["1", "1", "3", "1", "1", "2"],
    "fair": ["1", "2", "1", "1", "4", "1"],
    "worse": ["5", "4", "5", "5", "3", "5"],
}
OTHER = {
    "home": ["5", "5", "5", "4", "5", "5"],
    "care": ["5", "4", "5", "5", "5", "3"],
    "fair": ["5", "5", "4", "5", "2", "5"],
    "worse": ["1", "1", "2", "1", "1", "1"],
}


@dataclass(frozen=True)
class Written:
    """A report with what it was made of."""

    results: object
    extra: object
    html: dict
    pdf: dict


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The report, for two sets of answers of the six women."""
    return [
        _written(tmp_path_factory.mktemp("few") / "workspace", answers) for answers in (ONE, OTHER)
    ]


def _written(folder, answers):
    plan = example_workspace(folder, study=_study, report=_report, data=_six_women(answers))
    results = rs.run_plan(plan)
    design = rs.SurveyDesign.from_responses(results.responses)
    north = {"site": "north_town"}
    extra = {
        "levels": rs.estimate_mean(design, "fairness", by=["sex", "wave"], where=north),
        "difference": rs.compare(
            rs.estimate_mean(design, "fairness", by=["wave", "sex"], where=north),
            over="sex",
            reference="male",
        ),
    }
    report = rs.build_report(results, extra=extra)
    localised = {language: localise(report, language) for language in ("en", "ar")}
    return Written(
        results,
        extra,
        {language: write_html(part).decode() for language, part in localised.items()},
        {language: write_pdf(part) for language, part in localised.items()},
    )


def _protected(written):
    """Return all that the report was given, with what may be shown of it."""
    parts = [part.change for part in written.results.planned]
    for target in written.results.targets:
        parts += [target.baseline, target.actual, target.change]
    for _, block in written.results.blocks:
        parts += [getattr(block, name, None) for name in ("levels", "changes", "shares")]
    parts += [protect(part, written.results.study.policy) for part in written.extra.values()]
    return [part for part in parts if part is not None]


def _as_written(part, rows):
    """Return the estimates and limits of some rows as they would be written, without signs."""
    localiser = Localiser("en")
    low, high = part.estimates.interval()
    return {
        localiser.say(Number(abs(float(end)), "percent" if unit == "share" else "points"))
        for row, unit in enumerate(part.estimates.unit)
        for end in (part.estimates.values[row], low[row], high[row])
        if rows[row]
    }


def _digits(written):
    """Return how suppressed values would be written, but for those that others share."""
    parts = _protected(written)
    shown = set().union(*(_as_written(part, part.showable) for part in parts))
    hidden = set().union(*(_as_written(part, ~part.showable) for part in parts))
    return hidden - shown - {"0.0", "–"}


def _text_of_html(html):
    """Return the words of a page, of its alternative texts and of its charts."""
    charts = [
        base64.b64decode(part).decode() for part in re.findall(r"svg\+xml;base64,([^\"]+)", html)
    ]
    comments = [word for chart in charts for word in re.findall(r"<!--(.*?)-->", chart)]
    alternatives = re.findall(r'alt="([^"]*)"', html)
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    body = re.sub(r"base64,[^\"]+", "", body)
    return "\n".join([re.sub(r"<[^>]+>", " ", body), *comments, *alternatives])


def _numbers(text):
    return set(re.findall(r"\d[\d,]*(?:\.\d+)?", text))


def test_the_report_holds_suppressed_rows_of_every_kind(written):
    kinds = {part.estimates.measure for part in _protected(written[0]) if not part.showable.all()}

    assert kinds == {"change", "difference", "mean", "proportion", "several"}
    assert len(_digits(written[0])) > 20


@pytest.mark.parametrize("language", ["en", "ar"])
def test_suppressed_values_do_not_occur_in_the_page_its_charts_or_their_descriptions(
    written, language
):
    text = _text_of_html(written[0].html[language])

    assert _digits(written[0]) & _numbers(text) == set()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_suppressed_values_do_not_occur_in_the_pdf(written, language, tmp_path):
    file = tmp_path / "report.pdf"
    file.write_bytes(written[0].pdf[language])

    text = subprocess.run(
        ["pdftotext", "-q", file, "-"], capture_output=True, check=True, text=True
    ).stdout

    assert _digits(written[0]) & _numbers(text) == set()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_page_is_the_same_whatever_the_suppressed_respondents_answered(written, language):
    one, other = (part.html[language] for part in written)

    assert one == other


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_pdf_is_the_same_whatever_the_suppressed_respondents_answered(written, language):
    one, other = (part.pdf[language] for part in written)

    assert one == other


def test_the_answers_of_the_two_reports_do_differ(written):
    one, other = (part.extra["levels"].values for part in written)

    assert abs(one - other).max() > 50


def test_the_number_of_too_few_respondents_is_not_told_either(written):
    html = written[0].html["en"]
    cells = [re.sub(r"<[^>]+>", " ", cell) for cell in re.findall(r"<td.*?</td>", html, re.DOTALL)]

    assert any(f"n &lt; {FEW + 1}" in cell for cell in cells)
    assert not [cell for cell in cells if str(FEW) in cell.split()]


def test_a_finding_on_too_few_respondents_says_only_that(written):
    text = _text_of_html(written[0].html["en"])

    assert "too few respondents to show the change from Baseline to Endline" in text


def test_the_target_of_too_few_respondents_is_not_judged(written):
    assert [part.status for part in written[0].results.targets] == ["not_estimable"] * 2


def test_what_enough_respondents_stand_behind_is_shown(written):
    results = written[0].results
    (change,) = (part for block, part in results.blocks if block.block == "change")
    shown = change.levels.estimates.select(change.levels.showable)
    text = _text_of_html(written[0].html["en"])

    for value, unit in zip(shown.values, shown.unit, strict=True):
        style = "percent" if unit == "share" else "points"
        assert Localiser("en").say(Number(float(value), style)) in _numbers(text)


# Marks of low precision: here every result is imprecise


@pytest.fixture(scope="module")
def imprecise(tmp_path_factory):
    """Return the tables of a report whose policy calls every number imprecise, by section."""

    def study(definition):
        definition["policy"]["low_precision_n"] = 5000

    folder = tmp_path_factory.mktemp("imprecise") / "workspace"
    results = rs.run_plan(example_workspace(folder, study=study))
    design = rs.SurveyDesign.from_responses(results.responses)
    extra = {"means": rs.estimate_mean(design, "cohesion", by="wave")}
    content = localise(rs.build_report(results, extra=extra), "en").content
    return {
        section["id"].split("-")[0]: block
        for section in content["sections"]
        for block in section["blocks"]
        if block["type"] == "table"
    }


NO_ESTIMATES = ("n", "Target", "Refused", "Don't know")


def _said(lines):
    return "\n".join("".join(text for text, _ in line) for line in lines)


@pytest.mark.parametrize("section", ["indicators", "change", "profile", "answers", "extra"])
def test_every_imprecise_estimate_in_a_table_is_marked(imprecise, section):
    table = imprecise[section]
    cells = [
        _said(cell)
        for row in table["rows"]
        for cell, column in zip(row["cells"], table["columns"], strict=False)
        if column["kind"] == "number" and _said(column["title"]) not in NO_ESTIMATES
    ]
    estimates = [cell for cell in cells if re.match(r"[+−]?\d+\.\d", cell)]

    assert estimates
    assert [cell for cell in estimates if "†" not in cell] == []


@pytest.mark.parametrize("section", ["indicators", "change", "profile", "answers", "extra"])
def test_a_table_with_the_mark_says_what_it_means(imprecise, section):
    notes = "\n".join(map(_said, imprecise[section]["notes"]))

    assert "fewer than 5,000 respondents: imprecise" in notes
