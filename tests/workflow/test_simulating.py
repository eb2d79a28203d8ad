from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import DefinitionError, ResilienceError
from resilience.files import sha256_of
from resilience.responses.simulation import simulate_waves
from resilience.workflow.simulating import population_truth, write_simulation
from resilience.workflow.starting import start_workspace
from tests.conftest import ROOT
from tests.editing import lacking, swap
from tests.running import parse_here

# what is changed in the study, its instrument or its plan; the data that are then simulated
# are those that the study describes
VARIANTS = {
    "as it is": (),
    "SPSS files": (
        ("study", "data/baseline.csv", "data/baseline.sav"),
        ("study", "data/endline.csv", "data/endline.sav"),
    ),
    "tabs": (("study", "data/baseline.csv", "data/baseline.tsv"),),
    "Stata files": (
        ("study", "data/baseline.csv", "data/baseline.dta"),
        ("study", "data/endline.csv", "data/endline.dta"),
    ),
    "a workbook and Parquet": (
        ("study", "data/baseline.csv", "data/baseline.xlsx"),
        ("study", "data/endline.csv", "data/endline.parquet"),
    ),
    "a packed SPSS file": (("study", "data/baseline.csv", "data/baseline.zsav"),),
    "extended missing values in Stata and text files": (
        ("study", "data/baseline.csv", "data/baseline.dta"),
        ("instrument", "code: 98,", "code: .d,"),
        ("instrument", "code: 99,", "code: .r,"),
    ),
    "extended missing values of a wave": (
        ("study", "data/baseline.csv", "data/baseline.dta"),
        (
            "study",
            "    # missing_codes: {refused: [97], dont_know: [98]}",
            "    missing_codes: {refused: [.a], dont_know: [98]}",
        ),
    ),
    "words for missing answers": (
        ("study", "data/baseline.csv", "data/baseline.sav"),
        (
            "study",
            "    # missing_codes: {refused: [97], dont_know: [98]}",
            "    missing_codes: {refused: [RF], dont_know: [не знам]}",
        ),
    ),
    "own columns": (
        ("study", "    # columns: {home: Q12_1}", "    columns: {home: Q12_1, sex: s}"),
    ),
    "an item not asked": (("study", "    # not_asked: [worse]", "    not_asked: [worse]"),),
    "persons drawn directly": (
        ("study", "psu: sampling_point", "psu: none"),
        ("study", "waves: same_psu", "waves: independent"),
    ),
    "no weights": (("study", "weight: weight ", "weight: none "),),
    "population counts": (("study", "  # fpc: <column>", "  fpc: psus #"),),
    "own codes for missing": (
        (
            "study",
            "    # missing_codes: {refused: [97], dont_know: [98]}",
            "    missing_codes: {refused: [97], dont_know: [96]}",
        ),
    ),
    "text as codes": (
        ("study", "{code: 1, id: north_town", "{code: N, id: north_town"),
        ("study", "{code: 2, id: south_town", "{code: S, id: south_town"),
    ),
    "an item in no index": (
        (
            "instrument",
            "indices:   ",
            "  - {id: more, scale: agreement, question: One more}\n\nindices:   ",
        ),
    ),
    "interviewers": (
        ("study", "  site: town\n", "  site: town\n  interviewer: team\n"),
        ("plan", "groups:", "interviewers: {per_site: 3, variance_share: 0.05}\ngroups:"),
    ),
    "a panel": (
        ("study", "waves: same_psu", "waves: panel"),
        ("plan", "psu_overlap: 1.0", "psu_overlap: 1.0, panel: {share: 0.6}"),
    ),
    "one place": (
        ("study", "  - {code: 2, id: south_town, role: comparison, title: South Town}\n", ""),
        ("study", "  site: town\n", ""),
    ),
}


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A workspace with its simulated data, made once."""
    folder = tmp_path_factory.mktemp("made") / "workspace"
    start_workspace(folder)
    return folder


@pytest.fixture
def workspace(made, tmp_path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(made, tmp_path / "workspace"))


@pytest.fixture
def files(workspace) -> dict[str, Path]:
    """The example's definitions; its data are there too."""
    study = workspace / "surveys" / "example" / "study.yaml"
    return {
        "study": study,
        "plan": study.with_name("simulation.yaml"),
        "instrument": workspace / "instruments" / "example" / "instrument.yaml",
        "data": study.parent / "data",
        "truth": study.parent / "data" / "truth.json",
    }


def write(files, **options) -> list[Path]:
    return write_simulation(rs.load_study(files["study"]), **options)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_is_simulated_is_what_the_study_describes(files, variant):
    shutil.rmtree(files["data"])
    for file, old, new in VARIANTS[variant]:
        swap(files[file], old, new)
    write(files)

    responses = rs.load_responses(rs.load_study(files["study"]))

    assert responses.waves == ("baseline", "endline")
    assert responses.reasons.isin([0, 1, 2, 4]).all(axis=None)
    assert (responses.reasons == 1).any(axis=None)


def test_a_study_without_sites_is_simulated_or_refused(files):
    text = files["study"].read_text("utf-8")
    before, _, after = text.partition("sites:\n  - {code: 1")
    text = before + after[after.index("variables:") :]
    for old, new in (
        ("  site: town\n", ""),
        ("    sites: [north_town]\n", "    sites: []\n"),
        (", where: {site: north_town}", ""),
    ):
        text = text.replace(old, new)
    files["study"].write_text(text, "utf-8")
    shutil.rmtree(files["data"])

    try:
        write(files)
    except ResilienceError:
        return

    assert len(rs.load_responses(rs.load_study(files["study"])).frame) > 0


def test_the_same_seed_writes_the_same_files(files):
    before = contents(files["data"])

    write(files)

    assert contents(files["data"]) == before


def test_another_seed_writes_other_files(files):
    before = contents(files["data"])

    write(files, seed=8)

    after = contents(files["data"])
    assert set(after) == set(before)
    assert all(after[name] != before[name] for name in before)
    assert json.loads(after["truth.json"])["seed"] == 8


@pytest.mark.parametrize("name", ["lebanon", "north-macedonia", "kenya", "senegal", "lebanon-kobo"])
def test_a_committed_study_is_what_its_plan_makes(tmp_path, name):
    copy = tmp_path / "workspace"
    for folder in ("instruments", f"surveys/{name}"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("data", "out"))
    study = rs.load_study(copy / "surveys" / name)
    write_simulation(study)

    made, kept = (
        json.loads((root / f"surveys/{name}/data/truth.json").read_text()) for root in (copy, ROOT)
    )
    for wave in study.waves:
        file = f"surveys/{name}/{wave.file}"
        one, other = (rs.read_survey(root / file) for root in (copy, ROOT))
        pd.testing.assert_frame_equal(one.frame, other.frame)
        pd.testing.assert_frame_equal(one.extended_missing, other.extended_missing)
    assert made["truth"] == kept["truth"]
    assert made.get("planted") == kept.get("planted")


def test_the_truth_tells_how_the_files_were_made(files):
    truth = json.loads(files["truth"].read_text())

    assert truth["simulated"] is True
    assert truth["seed"] == 7
    assert truth["files"] == {
        name: sha256_of(files["data"] / name) for name in ("baseline.csv", "endline.csv")
    }


def test_files_of_a_statistics_package_say_that_they_are_simulated(lebanon):
    survey = rs.read_survey(lebanon.path.parent / "data" / "midline.sav", columns=["id"])

    assert survey.notes == ("SIMULATED DATA: no person gave these answers",) * 2


def test_the_truth_is_what_a_full_survey_would_find(files):
    study = rs.load_study(files["study"])
    plan = rs.load_simulation_plan(files["plan"], study)
    population = simulate_waves(study, plan).population
    truth = population_truth(study, population).set_index(["wave", "site", "variable"])
    north = (population.people["site"] == "north_town").to_numpy()
    answers = population.answers["endline"]
    belonging = ((answers["home"] - 1) / 4 + (answers["care"] - 1) / 4) / 2 * 100

    assert truth.loc[("endline", "all", "belonging"), "truth"] == pytest.approx(
        belonging.mean(), abs=1e-6
    )
    assert truth.loc[("endline", "north_town", "belonging"), "truth"] == pytest.approx(
        belonging[north].mean(), abs=1e-6
    )
    assert truth.loc[("endline", "programme", "treated_alike"), "truth"] == pytest.approx(
        (answers["fair"] >= 4)[north].mean(), abs=1e-6
    )
    assert truth.loc[("baseline", "all", "cohesion"), "n"] == len(population.people)
    assert set(truth.index.get_level_values("site")) == {
        *("north_town", "south_town", "all", "programme", "comparison"),
    }


def test_estimates_lie_near_the_truth(files):
    truth = pd.DataFrame(json.loads(files["truth"].read_text())["truth"])
    scored = rs.score(rs.load_responses(rs.load_study(files["study"])))
    means = rs.estimate_mean(rs.SurveyDesign.from_responses(scored), "cohesion", by="wave")
    wanted = truth[(truth["site"] == "all") & (truth["variable"] == "cohesion")]["truth"]

    assert (np.abs(means.values - wanted.to_numpy()) < 4 * means.std_error).all()


PANELS = {
    "in PSUs": (("study", "waves: same_psu", "waves: panel"),),
    "in PSUs, with fresh respondents": (),
    "of persons drawn directly": (
        ("study", "waves: same_psu", "waves: panel"),
        ("study", "psu: sampling_point", "psu: none"),
    ),
}


@pytest.mark.parametrize("case", PANELS)
def test_a_panel_is_one_to_the_design_and_its_changes_are_near_the_truth(files, case):
    shutil.rmtree(files["data"])
    changes = (
        *PANELS[case],
        ("plan", "psu_overlap: 1.0", "psu_overlap: 1.0, panel: {share: 0.6}"),
        ("plan", "common_factor: 0.4", "common_factor: 0.4\npersistence: 0.7"),
    )
    for file, old, new in changes:
        swap(files[file], old, new)
    write(files)
    truth = json.loads(files["truth"].read_text())
    scored = rs.score(rs.load_responses(rs.load_study(files["study"])))
    design = rs.SurveyDesign.from_responses(scored)
    change = rs.compare(
        rs.estimate_mean(design, "cohesion", by="wave"), over="wave", reference="baseline"
    )
    values = pd.DataFrame(truth["truth"]).query("site == 'all' and variable == 'cohesion'")["truth"]
    (told,) = truth["planted"]["panel"]
    units = "respondents" if "directly" in case else "PSUs"
    shared = told["stayed"] if "directly" in case else 20

    assert told["stayed"] == told["asked_again"] == 20 * 12
    notes = [note for note in design.notes if "in common" in note]
    assert any(f": {shared} of " in note and units in note for note in notes)
    if "fresh" not in case:
        assert any(f": {told['stayed']} of " in note and "respondents" in note for note in notes)
    wanted = values.iloc[1] - values.iloc[0]
    assert abs(change.values[0] - wanted) < 4 * change.std_error[0]


def test_the_truth_flags_interviews_by_the_ids_that_are_in_the_files(files):
    shutil.rmtree(files["data"])
    for file, old, new in VARIANTS["interviewers"]:
        swap(files[file], old, new)
    swap(
        files["plan"],
        "groups:",
        "fabrication: [{wave: endline, interviewers: 1, share: 0.5, manner: copies}]\ngroups:",
    )
    write(files)
    truth = json.loads(files["truth"].read_text())
    flagged = pd.DataFrame(truth["planted"]["fabricated"])
    frame = rs.load_responses(rs.load_study(files["study"])).frame
    endline = frame[frame["wave"] == "endline"].set_index("respondent_id")
    answers = endline[["home", "care", "fair", "worse"]]

    pd.testing.assert_frame_equal(
        answers.loc[flagged["respondent_id"]].reset_index(drop=True),
        answers.loc[flagged["copied_from"]].reset_index(drop=True),
    )
    assert len(flagged) > 10
    assert set(endline.loc[flagged["respondent_id"], "interviewer"]) == set(flagged["interviewer"])
    assert {row["interviewer"] for row in truth["planted"]["interviewers"]} == set(
        frame["interviewer"]
    )


def test_collected_data_are_never_written_over(files):
    swap(files["study"], "data: simulated ", "data: collected ")
    before = contents(files["data"])

    with pytest.raises(DefinitionError, match="were collected"):
        write(files)

    assert contents(files["data"]) == before


def test_files_that_were_changed_since_are_left_alone(files):
    with (files["data"] / "endline.csv").open("a") as stream:
        stream.write("one more,101,101001,1,1,1,1,1,1,1\n")
    before = contents(files["data"])

    with pytest.raises(DefinitionError) as caught:
        write(files)

    assert caught.value.issues[0].found == "endline.csv"
    assert lacking(caught.value.issues) == []
    assert contents(files["data"]) == before


def test_files_that_no_simulation_wrote_are_left_alone(files):
    files["truth"].unlink()
    before = contents(files["data"])

    with pytest.raises(DefinitionError, match=r"baseline\.csv, endline\.csv"):
        write(files)

    assert contents(files["data"]) == before


@pytest.mark.parametrize("content", [b"no JSON", b"{}", b"\xff"])
def test_a_truth_that_cannot_be_read_is_a_typed_error(files, content):
    files["truth"].write_bytes(content)
    before = contents(files["data"])

    with pytest.raises(ResilienceError):
        write(files)

    assert contents(files["data"]) == before


def test_waves_in_folders_of_their_own_may_have_one_name(files):
    swap(files["study"], "data/baseline.csv", "first/wave.csv")
    swap(files["study"], "data/endline.csv", "second/wave.csv")
    write(files)

    assert len(write(files)) == 3


@pytest.mark.parametrize("name", ["../../../outside.csv", "{tmp}/outside.csv"])
def test_nothing_is_written_outside_the_studys_folder(files, tmp_path, name):
    shutil.rmtree(files["data"])
    swap(files["study"], "data/baseline.csv", name.format(tmp=tmp_path))

    with pytest.raises(ResilienceError):
        write(files)

    assert list(tmp_path.rglob("outside.csv")) == []


def test_files_of_a_kind_that_cannot_be_read_are_not_written(files):
    shutil.rmtree(files["data"])
    swap(files["study"], "data/baseline.csv", "data/baseline.por")

    with pytest.raises(ResilienceError):
        write(files)


def test_no_file_changes_if_one_cannot_be_written(files):
    (files["data"] / "truth.json").unlink()
    for name in ("baseline.csv", "endline.csv"):
        (files["data"] / name).unlink()
    (files["data"] / "endline.csv").mkdir()

    with pytest.raises(ResilienceError):
        write(files)

    assert contents(files["data"]) == {}


def test_a_study_without_a_plan_is_told(files):
    files["plan"].unlink()

    with pytest.raises(DefinitionError, match=r"simulation\.yaml: the definition"):
        write(files)


def test_codes_in_text_files_are_whole_numbers(workspace):
    lines = (workspace / "surveys" / "example" / "data" / "baseline.csv").read_text().splitlines()

    assert lines[0].startswith("id,district,sampling_point,town,sex,weight,home")
    assert [line for line in lines[1:] if ".0," in line or line.endswith(".0")] == []
