"""The donor reports on the simulated studies of North Macedonia and Kenya."""

from __future__ import annotations

import re

import pytest

import resilience as rs
from tests.conftest import ROOT
from tests.reporting.conftest import Written, write

NAMES = ("north-macedonia", "kenya")


@pytest.fixture(scope="module")
def made() -> dict[str, Written]:
    plans = {name: ROOT / "reports" / f"{name}-donor.yaml" for name in NAMES}
    return {name: write(rs.build_report(rs.run_plan(plan)), "en") for name, plan in plans.items()}


def words(made: Written) -> str:
    return " ".join(re.sub("<[^>]+>", " ", made.html).replace("\u200b", "").split())


@pytest.mark.parametrize("name", NAMES)
def test_every_text_of_the_plans_is_there_in_english(made, name):
    assert made[name].localised.untranslated == ()


def test_a_report_says_how_many_of_a_panel_were_asked_again(made):
    assert "Answered in Baseline and again in Endline: 755 of the 1,381 respondents there." in (
        words(made["kenya"])
    )
    assert "and again in" not in words(made["north-macedonia"])


def test_the_questionnaire_says_what_some_heard_besides_a_list(made):
    told = "Some, by chance, heard one more: Using force is sometimes the right way"

    assert told in words(made["kenya"])
    assert "heard one more" not in words(made["north-macedonia"])


@pytest.mark.parametrize("name", NAMES)
def test_scales_that_instruments_share_are_listed_once(made, name):
    whole = words(made[name])
    scales = whole[whole.index("Answer scales") :]

    assert scales.count("1 Strongly disagree, 2 Disagree") == 1
    assert scales.count("1 No trust at all, 2 A little trust") == 1
    assert scales.count("1 Very badly, 2 Badly") == 1


@pytest.mark.parametrize(
    ("name", "caption", "last"),
    [
        ("kenya", "Baseline, target, actual value and change", "Say disputes over land"),
        ("kenya", "Indices by place, Endline", "Recovery, points"),
        ("north-macedonia", "Baseline, target, actual value and change", "Say separate shifts"),
        ("north-macedonia", "Programme activities", "Exchange between"),
    ],
)
def test_a_short_table_stands_on_one_page(made, pages_of, name, caption, last):
    pages = [" ".join(page.split()) for page in pages_of(made[name].pdf)]
    (page,) = [page for page in pages if re.search(rf"Table \d+\. {caption}", page)]

    assert last in page.partition(caption)[2]


def test_a_long_table_runs_over_several_pages(made, pages_of):
    pages = [" ".join(page.split()) for page in pages_of(made["kenya"].pdf)]
    (page,) = [page for page in pages if re.search(r"Table \d+\. Questions", page)]

    assert "bel1" in page
    assert "When elections come near" not in page
