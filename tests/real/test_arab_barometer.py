"""A real survey without labels, weights or sampling points, read and reported as such."""

from __future__ import annotations

import re

import pytest

import resilience as rs
from tests.conftest import ROOT

pytestmark = pytest.mark.real

# Counted in the file by code: 1 of 1 and 2 (general trust); 1 and 2 of 1 to 4 (trust).
SHARES = {
    "trusts_most_people": 191 / (191 + 981),
    "trusts_government": (178 + 194) / (178 + 194 + 129 + 665),
    "trusts_police": (194 + 385) / (194 + 385 + 192 + 401),
    "rejects_immigrants": 417 / (417 + 735),
    "country_first": 958 / (958 + 73 + 51 + 98 + 10),
    "protested": (173 + 362) / (173 + 362 + 653),
    "signed_petition": (149 + 224) / (149 + 224 + 807),
    "safe": (191 + 812) / (191 + 812 + 159 + 24),
}


@pytest.fixture(scope="module")
def folder(real_data):
    return real_data / "arab_barometer"


@pytest.fixture(scope="module")
def responses(folder):
    return rs.load_responses(
        rs.load_study(ROOT / "surveys" / "arab-barometer-lebanon"), data=folder
    )


def test_shares_are_those_of_the_file(responses):
    design = rs.SurveyDesign.from_responses(rs.score(responses))

    found = rs.estimate_proportion(design, list(SHARES))

    assert found.values.tolist() == pytest.approx(list(SHARES.values()), abs=1e-12)


def test_dont_know_and_refused_are_told_apart(responses):
    reasons = responses.reason_names()["trust_government"].value_counts()

    assert (reasons["dont_know"], reasons["refused"]) == (17, 12)


@pytest.fixture(scope="module")
def report(folder):
    return rs.build_report(
        rs.run_plan(ROOT / "reports" / "arab-barometer-lebanon.yaml", data=folder)
    )


def test_the_report_says_what_is_not_known(report, tmp_path):
    pages = rs.render(report, tmp_path)
    page = re.sub(r"<style>.*</style>", "", pages[0].read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))

    assert "Weights are not known: the file has none." in text
    assert "The sampling points are not known: the file does not have them." in text
    assert "They rest on this model of the sample." in text
    assert "Standard errors are design-based" not in text
    assert "Estimates use the weights" not in text
    assert "margin of error" not in text.lower()
    assert "A change in a place" not in text
    assert pages[1].read_bytes().startswith(b"%PDF")
