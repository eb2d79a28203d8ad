from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import resilience as rs
from resilience.errors import DefinitionError
from tests.conftest import ROOT
from tests.editing import swap

if TYPE_CHECKING:
    from pathlib import Path

# what is replaced in the study, by what, what is told
STUDY = {
    "an unknown wave": ("{midline: [port_city", "{midlin: [port_city", "no wave 'midlin'"),
    "an unknown unit": ("unit: site", "unit: sit", "no site or variable 'sit'"),
    "an unknown place": ("[port_city, hill_city]}\n", "[port_town, hill_city]}\n", "'port_town'"),
    "a comparison place is treated": (
        "{midline: [port_city, hill_city]}\n",
        "{midline: [port_city, hill_city, river_city]}\n",
        "'river_city' is both treated and comparison",
    ),
    "a place is treated twice": (
        "{midline: [port_city, hill_city]}\n",
        "{midline: [port_city, hill_city], endline: [port_city]}\n",
        "'port_city' is first treated 2 times",
    ),
    "nobody is treated": (
        "  treated: {midline: [port_city, hill_city]}\n",
        "",
        "it is not said once who was treated",
    ),
    "blocks leave places out": (
        "mechanism: non_random\n",
        "mechanism: blocked\n  blocks: {north: [port_city, river_city], south: [hill_city]}\n",
        "the blocks do not cover all units",
    ),
    "blocks are lacking": (
        "mechanism: non_random",
        "mechanism: blocked",
        "the blocks of a 'blocked' assignment are not given once",
    ),
    "a pair of two treated places": (
        "mechanism: non_random\n",
        "mechanism: matched_pairs\n"
        "  blocks: {one: [port_city, hill_city], two: [river_city, plain_city]}\n",
        "'one' is no pair",
    ),
    "an event at an unknown place": ("sites: [plain_city]", "sites: [plain_ctiy]", "'plain_ctiy'"),
    "an event ends before it starts": (
        "start: 2025-05-04, end: 2025-05-25",
        "start: 2025-05-25, end: 2025-05-04",
        "the event ends before it starts",
    ),
    "a month counted twice": (
        "start: 2025-09-01, end: 2025-11-30,",
        "start: 2025-09-01, series: [{month: 2025-09, count: 4}, {month: 2025-09, count: 5}],",
        "a month is counted twice",
    ),
    "counts of a place where the event is not": (
        "start: 2025-09-01, end: 2025-11-30,",
        "start: 2025-09-01, series: [{month: 2025-09, count: 4, site: hill_city}],",
        "'hill_city'",
    ),
    "no month": (
        "start: 2025-09-01, end: 2025-11-30,",
        "start: 2025-09-01, series: [{month: 2025-13, count: 4}],",
        "month",
    ),
}

# what is replaced in the plan, by what, what is told
PLAN = {
    "an unknown outcome": ("measure: cohesion", "measure: cohesoin", "no measure 'cohesoin'"),
    "an outcome twice": ("measure: cohesion", "measure: resilience", "'resilience' is defined 2"),
    "an unknown wave": ("endline: endline", "endline: endlin", "there is no wave 'endlin'"),
    "waves in the wrong order": (
        "baseline: baseline\nendline: endline",
        "baseline: endline\nendline: baseline",
        "the endline is not after the baseline",
    ),
    "an unknown subgroup": ("subgroups: [sex]", "subgroups: [sexe]", "variable 'sexe'"),
    "a unit without a margin": (
        "margin: 3}",
        "margin_unit: sd}",
        "a margin's unit without a margin",
    ),
    "a margin in percent": ("margin: 0.05", "margin: 5", "an indicator's margin is a share"),
    "an unknown method": ("method: did", "method: dif", "'method'"),
}


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a copy of a study with its plan, without data."""
    for name in ("instruments", "reports"):
        (tmp_path / name).mkdir()
    target = tmp_path / "surveys" / "lebanon"
    target.mkdir(parents=True)
    for name in ("study.yaml", "analysis.yaml"):
        shutil.copy(ROOT / "surveys" / "lebanon" / name, target)
    return target


@pytest.mark.parametrize("case", STUDY)
def test_an_assignment_fits_its_study(case, folder):
    old, new, told = STUDY[case]
    path = folder / "study.yaml"
    path.write_text(_from_assignment_on(path, old, new), "utf-8")

    with pytest.raises(DefinitionError) as found:
        rs.load_study(folder)

    assert told in str(found.value)
    assert all("study.yaml:" in issue.where for issue in found.value.issues)


def _from_assignment_on(path: Path, old: str, new: str) -> str:
    before, mark, after = path.read_text("utf-8").partition("assignment:")
    assert old in after
    return before + mark + after.replace(old, new, 1)


@pytest.mark.parametrize("case", PLAN)
def test_a_plan_fits_its_study(case, folder):
    old, new, told = PLAN[case]
    line = swap(folder / "analysis.yaml", old, new)

    with pytest.raises(DefinitionError) as found:
        rs.load_analysis_plan(folder)

    assert told in str(found.value)
    assert abs(int(found.value.issues[0].where.rsplit(":", 1)[1]) - line) <= 1


def test_a_misspelt_name_leads_to_the_nearest(folder):
    swap(folder / "analysis.yaml", "measure: cohesion", "measure: cohesoin")

    with pytest.raises(DefinitionError, match="did you mean 'cohesion'"):
        rs.load_analysis_plan(folder / "analysis.yaml")


def test_a_study_without_a_plan_says_how_to_name_one(folder):
    swap(folder / "study.yaml", "analysis: analysis.yaml", "")

    with pytest.raises(DefinitionError, match="names no analysis plan"):
        rs.load_analysis_plan(folder)


@pytest.mark.parametrize("name", ["kenya", "lebanon", "north-macedonia", "senegal"])
def test_shipped_studies_have_an_assignment_and_a_plan(name):
    plan = rs.load_analysis_plan(ROOT / "surveys" / name)

    assert plan.loaded_study.assignment.mechanism == "non_random"
    assert plan.loaded_study.events


def test_frames_may_call_their_columns_and_waves_as_they_like():
    said = rs.Assignment(unit="City", mechanism="random", treated={"2024": ["A", "B"]})

    assert said.unit_columns == ("City",)
    assert said.first_treated == {"A": "2024", "B": "2024"}
