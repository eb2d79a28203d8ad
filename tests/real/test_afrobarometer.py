"""Real surveys go the same way as simulated ones. The files stay outside the project."""

from __future__ import annotations

import re
import shutil

import pytest

import resilience as rs
from resilience.errors import ComparisonError, ReadingError
from tests.conftest import ROOT

pytestmark = pytest.mark.real

# Weighted shares in % that trust the police somewhat or a lot, to the printed digit.
POLICE = {
    ("kenya", "r3"): 40.0,
    ("kenya", "r4"): 27.9,
    ("senegal", "r3"): 86.2,
    ("senegal", "r4"): 82.9,
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


@pytest.mark.parametrize("country", ["kenya", "senegal"])
def test_the_dropped_army_item_is_caught_by_name(designs, country):
    levels = rs.estimate_mean(designs[country], "institutional_trust", by="wave")

    with pytest.raises(ComparisonError, match="trust_army not asked in r4"):
        rs.compare(levels, over="wave", reference="r3")


def test_the_items_that_both_rounds_asked_are_compared(designs):
    names = ["institutional_trust", "institutional_trust_common"]

    levels = rs.estimate_mean(designs["kenya"], names, by="wave")
    change = rs.compare(levels, over="wave", reference="r3", items="common")

    common = levels.to_frame().query("variable == 'institutional_trust_common'")
    found = dict(zip(common["wave"], common["estimate"].round(1), strict=True))
    assert found == SIX_INSTITUTIONS
    assert change.rows["variable"].tolist() == ["institutional_trust_common"]


def test_codes_for_missing_answers_are_not_answers(designs):
    shares = designs["kenya"].frame[["wave", "trust_police"]].groupby("wave", observed=True)

    assert shares["trust_police"].max().tolist() == [3, 3]
    assert shares["trust_police"].count().tolist() == [1248, 1082]


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
    assert "only items that every wave asked alike" in text
    assert "design effect of 1.50 is assumed" in text
    assert "margin of error" not in text.lower()
    assert "simulated" not in text.lower()
    assert pages[1].read_bytes().startswith(b"%PDF")


def test_another_file_than_the_recorded_one_is_refused(folder, tmp_path):
    for wave in ("r3", "r4"):
        shutil.copy(folder / f"afrobarometer_kenya_{wave}.sav", tmp_path)
    changed = tmp_path / "afrobarometer_kenya_r4.sav"
    data = bytearray(changed.read_bytes())
    data[-1] ^= 1
    changed.write_bytes(data)

    with pytest.raises(ReadingError, match="not the one that was recorded"):
        rs.load_responses(rs.load_study(ROOT / "surveys" / "afrobarometer-kenya"), data=tmp_path)


def test_other_answer_labels_are_caught_by_name(folder, tmp_path):
    """Round 2 offered other answers: "A little bit" and "A very great deal"."""
    source = (ROOT / "surveys" / "afrobarometer-kenya" / "study.yaml").read_text("utf-8")
    items = re.findall(r"- id: (\w+)\n    scale", instrument_text())
    others = ", ".join(item for item in items if item != "trust_police")
    waves = "".join(
        f"""
  - id: {wave}
    title: {wave}
    fieldwork: {{start: 2003-01-01, end: 2003-02-01, mode: face_to_face}}
    file: afrobarometer_kenya_{wave}.sav
    not_asked: [{others}]
    columns: {{trust_police: {column}, residence: urbrur, sex: {sex}}}"""
        for wave, column, sex in (("r2", "q43i", "q96"), ("r3", "q55h", "q101"))
    )
    text = re.sub(
        r"\nwaves:\n.*\nacknowledgement", f"\nwaves:{waves}\nacknowledgement", source, flags=re.S
    )
    file = tmp_path / "study.yaml"
    file.write_text(text, "utf-8")
    study = rs.load_study(file)
    design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study, data=folder)))

    shares = rs.estimate_proportion(design, "trusts_police", by="wave")

    assert [round(100 * value, 1) for value in shares.values] == [28.0, 40.0]
    with pytest.raises(ComparisonError, match="other answer labels in r3 for trust_police"):
        rs.compare(shares, over="wave", reference="r2")


def instrument_text() -> str:
    path = ROOT / "instruments" / "afrobarometer_cohesion" / "instrument.yaml"
    return path.read_text("utf-8")
