from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import ReadingError, ResilienceWarning, ValidationError
from resilience.files import sha256_of
from resilience.responses.coding import AS_DEFINED
from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spss import write_spss
from resilience.workflow.starting import start_workspace
from tests.editing import lacking, swap

pytestmark = pytest.mark.usefixtures("parsed_here")


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
def study_file(workspace):
    """The example's study, with its data."""
    return workspace / "surveys" / "example" / "study.yaml"


@pytest.fixture
def load(study_file):
    return lambda **options: rs.load_responses(rs.load_study(study_file), **options)


@pytest.fixture
def change(study_file):
    """Change a wave's file."""

    def changed(wave: str, function) -> None:
        path = study_file.parent / "data" / f"{wave}.csv"
        function(pd.read_csv(path, dtype="str")).to_csv(path, index=False)

    return changed


def set_at(column: str, row: int, value: str):
    def function(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[row, column] = value
        return frame

    return function


def test_waves_are_stacked_one_row_a_respondent_and_wave(load):
    responses = load()

    assert responses.waves == ("baseline", "endline")
    assert responses.frame["wave"].value_counts().to_dict() == {"baseline": 400, "endline": 400}
    assert list(responses.frame.index) == list(range(800))
    assert len(responses.reasons) == 800


def test_every_stage_tells_rows_in_and_out(load):
    flow = load().flow

    assert [(step.stage, step.wave, step.n_in, step.n_out) for step in flow] == [
        ("read", "baseline", 400, 400),
        ("read", "endline", 400, 400),
        ("harmonised", "baseline", 400, 400),
        ("harmonised", "endline", 400, 400),
    ]


def test_every_answer_is_there_or_has_a_reason(load):
    responses = load()
    items = list(responses.reasons)

    np.testing.assert_array_equal(
        responses.frame[items].isna().to_numpy(), (responses.reasons != 0).to_numpy()
    )


def test_sources_tell_which_files_were_read(load, study_file):
    sources = load().sources

    assert {wave: source.name for wave, source in sources.items()} == {
        "baseline": "baseline.csv",
        "endline": "endline.csv",
    }
    assert sources["endline"].sha256 == sha256_of(study_file.parent / "data" / "endline.csv")


def test_items_mean_their_codes(load):
    measures = load().measures

    assert list(measures) == ["home", "care", "fair", "worse"]
    assert {(part.kind, part.unit) for part in measures.values()} == {("item", "code")}
    assert measures["home"].title == {"en": "Feel at home"}
    assert set(measures["home"].signatures) == {"baseline", "endline"}


def test_only_declared_columns_are_read(study_file, load, change):
    change("baseline", lambda frame: frame.assign(telephone="0700 900 900"))

    assert "telephone" not in load().frame


def test_all_findings_of_all_waves_are_told_at_once(load, change):
    change("baseline", set_at("id", 1, "baseline-00001"))
    change("baseline", set_at("home", 0, "7"))
    change("endline", set_at("weight", 0, "-1"))
    change("endline", lambda frame: frame.drop(columns="care"))

    with pytest.raises(ValidationError) as caught:
        load()

    issues = caught.value.issues
    waves = [issue.where.split("'")[1] for issue in issues]
    assert waves == ["baseline", "baseline", "endline", "endline"]
    assert lacking(issues) == []


def test_all_files_that_are_not_there_are_told_at_once(load, study_file):
    shutil.rmtree(study_file.parent / "data")

    with pytest.raises(ReadingError) as caught:
        load()

    assert [issue.where for issue in caught.value.issues] == [
        f"{study_file}: wave '{wave}'" for wave in ("baseline", "endline")
    ]
    assert lacking(caught.value.issues) == []


def test_a_file_that_is_not_there_and_one_of_another_kind_are_told_at_once(load, study_file):
    (study_file.parent / "data" / "baseline.csv").unlink()
    swap(study_file, "data/endline.csv", "data/truth.json")

    with pytest.raises(ReadingError) as caught:
        load()

    assert len(caught.value.issues) == 2


@pytest.mark.parametrize(
    "name", ["../../../reports/example.yaml", "/etc/hostname", "https://example.org/w.csv"]
)
def test_files_outside_the_studys_folder_are_refused(load, study_file, name):
    swap(study_file, "data/baseline.csv", name)

    with pytest.raises(ReadingError, match="outside its folder"):
        load()


def test_data_may_lie_in_another_folder(load, study_file, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.move(study_file.parent / "data", elsewhere / "data")

    assert len(load(data=elsewhere).frame) == 800
    assert len(load(data=str(elsewhere)).frame) == 800


def test_a_recorded_checksum_is_checked(load, study_file, change):
    recorded = sha256_of(study_file.parent / "data" / "baseline.csv")
    swap(study_file, "    # sha256: <checksum>", f"    sha256: {recorded}")
    assert len(load().frame) == 800
    change("baseline", set_at("home", 0, "1"))

    with pytest.raises(ReadingError) as caught:
        load()

    (issue,) = caught.value.issues
    assert issue.where == f"{study_file}: wave 'baseline'"
    assert issue.expected == f"sha256 {recorded}"


def test_items_that_a_wave_did_not_ask_are_missing_for_that_reason(load, study_file, change):
    swap(study_file, "    # not_asked: [worse]", "    not_asked: [worse]")
    change("baseline", lambda frame: frame.drop(columns="worse"))

    responses = load()

    baseline = responses.frame["wave"] == "baseline"
    assert set(responses.reason_names().loc[baseline, "worse"]) == {"not_asked"}
    assert responses.items_asked("baseline") == ("home", "care", "fair")
    assert responses.items_asked("endline") == ("home", "care", "fair", "worse")
    assert set(responses.measures["worse"].signatures) == {"endline"}


def test_a_column_of_an_item_that_was_not_asked_is_not_looked_at(load, study_file):
    swap(study_file, "    # not_asked: [worse]", "    not_asked: [worse]")

    responses = load()

    assert responses.frame.loc[responses.frame["wave"] == "baseline", "worse"].isna().all()


def test_a_waves_own_codes_for_missing_stand_in_place_of_the_scales(load, study_file, change):
    swap(
        study_file,
        "    # missing_codes: {refused: [97], dont_know: [98]}",
        "    missing_codes: {refused: [97], dont_know: [98, 99]}",
    )
    change("baseline", set_at("home", 0, "97"))

    responses = load()
    names = responses.reason_names()["home"]
    baseline = responses.frame["wave"] == "baseline"

    assert names[0] == "refused"
    assert set(names[baseline]) == {"", "refused", "dont_know"}
    assert (names[baseline] == "refused").sum() == 1
    assert (names[~baseline] == "refused").sum() > 1


@pytest.mark.parametrize("policy", ["refuse", "missing"])
def test_codes_outside_the_scale_are_what_the_policy_says(load, study_file, change, policy):
    swap(study_file, "out_of_range: refuse", f"out_of_range: {policy}")
    change("baseline", set_at("home", 0, "6"))

    if policy == "refuse":
        with pytest.raises(ValidationError, match=r"codes 6 \(1 rows\)"):
            load()
    else:
        responses = load()
        assert responses.reason_names()["home"][0] == "out_of_range"
        assert len(responses.frame) == 800


def test_labels_declared_equivalent_carry_their_reason(load, study_file, tmp_path):
    frame = pd.read_csv(study_file.parent / "data" / "baseline.csv")
    labels = {"fair": {1.0: "Never", 5.0: "Always"}}
    write_spss(ParsedFile(frame, value_labels=labels), study_file.parent / "data" / "b.sav")
    swap(study_file, "data/baseline.csv", "data/b.sav")
    with pytest.warns(ResilienceWarning, match="labels the answers of fair in words"):
        others = {part.wave: part.labels for part in load().asked if part.item == "fair"}
    swap(study_file, "    # labels_equivalent: {fair:", "    labels_equivalent: {fair:")

    declared = {part.wave: part for part in load().asked if part.item == "fair"}

    assert others == {"baseline": "1 never; 5 always", "endline": AS_DEFINED}
    assert {part.labels for part in declared.values()} == {AS_DEFINED}
    assert declared["baseline"].equivalent_because == {"en": "Same words in another order"}
    assert declared["endline"].equivalent_because is None


def test_two_items_are_not_read_from_one_column(load, study_file):
    swap(study_file, "    # columns: {home: Q12_1}", "    columns: {home: care}")

    with pytest.raises(rs.errors.ResilienceError):
        load()


def test_loading_the_same_files_again_gives_the_same(load):
    one, again = load(), load()

    pd.testing.assert_frame_equal(one.frame, again.frame)
    pd.testing.assert_frame_equal(one.reasons, again.reasons)
