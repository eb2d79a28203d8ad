"""Real surveys go the same way as simulated ones. The files stay outside the project."""

from __future__ import annotations

import re
import shutil

import pytest

import resilience as rs
from resilience.errors import ComparisonError, ReadingError
from resilience.evaluation.results import ChangeResult
from tests.conftest import ROOT

pytestmark = pytest.mark.real

# Weighted shares in % that trust the police somewhat or a lot, to the printed digit.
POLICE = {
    ("kenya", "r2"): 28.0,
    ("kenya", "r3"): 40.0,
    ("kenya", "r4"): 27.9,
    ("senegal", "r2"): 73.4,
    ("senegal", "r3"): 86.2,
    ("senegal", "r4"): 82.9,
}
# The share who say that most people can be trusted, weighted, and the share who answered:
# github.com/stefgehrig/trustsurveys, output/df_trust.csv, rows of Afrobarometer 3.
MOST_PEOPLE = {"kenya": (0.0981808, 0.9937402), "senegal": (0.2677365, 0.9866667)}
# Whose answers had other labels in round 2.
TRUST = {
    "institutional_trust",
    "institutional_trust_common",
    "trusts_police",
    "trusts_courts",
    "trusts_council",
}
# Kenya's trust in institutions on the six that both rounds asked about.
SIX_INSTITUTIONS = {"r3": 52.6, "r4": 42.1}


@pytest.fixture(scope="module")
def folder(real_data):
    return real_data / "afrobarometer"


@pytest.fixture(scope="module")
def designs(folder):
    designs = {}
    for country in ("kenya", "senegal"):
        study = rs.load_study(ROOT / "surveys" / f"afrobarometer-{country}")
        designs[country] = rs.SurveyDesign.from_responses(
            rs.score(rs.load_responses(study, data=folder))
        )
    return designs


@pytest.mark.parametrize(("country", "wave"), POLICE)
def test_trust_in_the_police(designs, country, wave):
    found = rs.estimate_proportion(designs[country], "trusts_police", where={"wave": wave})

    assert round(100 * found.values[0], 1) == POLICE[country, wave]


@pytest.mark.parametrize("country", MOST_PEOPLE)
def test_trust_in_most_people_is_that_of_a_published_table(designs, country):
    share, answered = MOST_PEOPLE[country]
    here = {"wave": "r3"}

    found = rs.estimate_proportion(designs[country], "trusts_most_people", where=here)
    frame = designs[country].frame.query("wave == 'r3'")

    assert round(found.values[0], 7) == share
    assert round(frame["general_trust"].notna().mean(), 7) == answered


@pytest.mark.parametrize("country", ["kenya", "senegal"])
def test_the_other_answers_of_round_2_are_caught_by_name(designs, country):
    shares = rs.estimate_proportion(designs[country], "trusts_police", by="wave")

    with pytest.raises(ComparisonError, match="other answer labels in r2 for trust_police"):
        rs.compare(shares, over="wave", reference="r3")

    later = rs.estimate_proportion(
        designs[country], "trusts_police", by="wave", where={"wave": ["r3", "r4"]}
    )
    assert rs.compare(later, over="wave", reference="r3").rows["wave"].tolist() == ["r4"]


@pytest.mark.parametrize("country", ["kenya", "senegal"])
def test_what_round_2_asked_alike_is_compared(designs, country):
    levels = rs.estimate_mean(designs[country], ["participation", "safety"], by="wave")

    changes = rs.compare(levels, over="wave", reference="r2")

    assert changes.rows["wave"].tolist() == ["r3", "r4"] * 2


def test_a_whole_file_with_a_date_before_the_calendar_is_read(folder):
    survey = rs.read_survey(folder / "afrobarometer_senegal_r2.sav")

    assert survey.frame.shape == (1200, 330)
    # Seconds since the calendar's first day: less than none stands for no date.
    assert (survey.frame["dateintr"] < 0).sum() == 797


@pytest.mark.parametrize("country", ["kenya", "senegal"])
def test_the_dropped_army_item_is_caught_by_name(designs, country):
    levels = rs.estimate_mean(designs[country], "institutional_trust", by="wave")

    with pytest.raises(ComparisonError, match="trust_army not asked in r4"):
        rs.compare(levels, over="wave", reference="r3")


def test_the_items_that_both_rounds_asked_are_compared(designs):
    names = ["institutional_trust", "institutional_trust_common"]

    levels = rs.estimate_mean(designs["kenya"], names, by="wave")
    change = rs.compare(levels, over="wave", reference="r3", items="common")

    common = levels.to_frame().query("variable == 'institutional_trust_common'").dropna()
    found = dict(zip(common["wave"], common["estimate"].round(1), strict=True))
    assert found == SIX_INSTITUTIONS
    told = change.to_frame().dropna(subset="estimate")
    assert told[["variable", "wave"]].values.tolist() == [["institutional_trust_common", "r4"]]


def test_codes_for_missing_answers_are_not_answers(designs):
    shares = designs["kenya"].frame[["wave", "trust_police"]].groupby("wave", observed=True)

    assert shares["trust_police"].max().tolist() == [3, 3, 3]
    assert shares["trust_police"].count().tolist() == [2349, 1248, 1082]


@pytest.fixture(scope="module")
def kenya_report(folder):
    results = rs.run_plan(ROOT / "reports" / "afrobarometer-kenya.yaml", data=folder)
    return rs.build_report(results)


def test_the_report_is_written_and_says_what_is_not_known(kenya_report, tmp_path):
    pages = rs.render(kenya_report, tmp_path)
    page = re.sub(r"<style>.*</style>", "", pages[0].read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", "", page)

    assert [page.suffix for page in pages] == [".html", ".pdf"]
    assert "The army (trust_army) not asked in Round 4 (2008)" in text
    assert "only items that all compared waves asked alike" in text
    assert "design effect of 1.50 is assumed" in text
    assert "margin of error" not in text.lower()
    assert "simulated" not in text.lower()
    assert pages[1].read_bytes().startswith(b"%PDF")


def test_another_file_than_the_recorded_one_is_refused(folder, tmp_path):
    for wave in ("r2", "r3", "r4"):
        shutil.copy(folder / f"afrobarometer_kenya_{wave}.sav", tmp_path)
    changed = tmp_path / "afrobarometer_kenya_r4.sav"
    data = bytearray(changed.read_bytes())
    data[-1] ^= 1
    changed.write_bytes(data)

    with pytest.raises(ReadingError, match="not the one that was recorded"):
        rs.load_responses(rs.load_study(ROOT / "surveys" / "afrobarometer-kenya"), data=tmp_path)


@pytest.mark.parametrize("country", ["kenya", "senegal"])
def test_the_report_shows_round_2_apart_and_no_change_from_it(folder, country):
    results = rs.run_plan(ROOT / "reports" / f"afrobarometer-{country}.yaml", data=folder)
    parts = [part for _, part in results.blocks if isinstance(part, ChangeResult)]

    for part in parts:
        rows = part.changes.estimates.rows
        assert set(zip(rows["reference"], rows["wave"], strict=True)) == {("r3", "r4")}
        levels = part.levels.estimates.rows
        trust = levels["variable"].isin(TRUST)
        assert trust.any()
        assert "r2" not in set(levels.loc[trust, "wave"])
        assert set(part.aside.estimates.rows["wave"]) == {"r2"}
        assert set(part.aside.estimates.rows["variable"]) <= TRUST

    (everybody,) = [part for part in parts if part.block.title["en"] == "Shares, everybody"]
    aside = everybody.aside.estimates
    police = (aside.rows["variable"] == "trusts_police").to_numpy()
    assert round(100 * aside.values[police][0], 1) == POLICE[country, "r2"]


def test_the_report_tells_which_answers_round_2_offered(kenya_report, tmp_path):
    (page,) = rs.render(kenya_report, tmp_path, formats=["html"])
    text = re.sub(r"<[^>]+>", "", page.read_text("utf-8"))

    assert "Round 2 (2003) is shown apart for Trust in institutions" in text
    assert "other answer labels in Round 2 (2003) for The police (trust_police)" in text
    assert "were: 0 not at all; 1 a little bit; 2 a lot; 3 a very great deal." in text
