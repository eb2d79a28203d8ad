from __future__ import annotations

import os
import stat

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import ReportingError
from resilience.responses.formats.delimited import read_delimited
from resilience.workflow.exporting import write_responses
from resilience.workflow.starting import start_workspace
from tests.editing import lacking
from tests.running import parse_here

posix_only = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The example's study with its simulated data."""
    folder = tmp_path_factory.mktemp("made") / "workspace"
    start_workspace(folder)
    return rs.load_study(folder / "surveys" / "example")


@pytest.fixture
def scored(study):
    return rs.score(rs.load_responses(study))


def read(path) -> pd.DataFrame:
    return read_delimited(path).frame if path.suffix == ".csv" else pd.read_parquet(path)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_answers_scores_and_reasons_are_written(scored, tmp_path, suffix):
    path = tmp_path / f"scored{suffix}"

    write_responses(scored, path)

    frame = read(path)
    assert len(frame) == 800
    assert {"wave", "respondent_id", "weight", "home", "cohesion", "treated_alike"} <= set(frame)
    np.testing.assert_allclose(frame["cohesion"], scored.frame["cohesion"])
    np.testing.assert_allclose(frame["home"], scored.frame["home"])
    assert frame["site"].tolist() == scored.frame["site"].tolist()
    missing = frame["home"].isna()
    assert set(frame.loc[missing, "home_reason"]) == {"refused", "dont_know"}
    assert not frame.loc[~missing, "home_reason"].fillna("").any()


@posix_only
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_file_is_its_owners_only(scored, tmp_path, suffix):
    path = tmp_path / f"scored{suffix}"

    write_responses(scored, str(path))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_id_that_a_spreadsheet_would_run_is_made_text(scored, tmp_path):
    scored.frame["respondent_id"] = "=HYPERLINK(1)"

    write_responses(scored, tmp_path / "scored.csv")

    assert "\n=HYPERLINK" not in (tmp_path / "scored.csv").read_text()
    assert ",=HYPERLINK" not in (tmp_path / "scored.csv").read_text()


@pytest.mark.parametrize("name", ["scored.por", "scored", "scored.csv.gz"])
def test_other_kinds_of_files_are_refused(scored, tmp_path, name):
    with pytest.raises(ReportingError) as caught:
        write_responses(scored, tmp_path / name)

    (issue,) = caught.value.issues
    assert issue.what == "this kind of file cannot be written"
    assert issue.expected == "one of .sav, .zsav, .dta, .csv, .tsv, .xlsx, .parquet"
    assert list(tmp_path.glob("scored*")) == []


def test_the_refusal_is_told_with_found_expected_and_remedy(scored, tmp_path):
    with pytest.raises(ReportingError) as caught:
        write_responses(scored, tmp_path / "scored.por")

    assert lacking(caught.value.issues) == []


def test_the_suffix_may_be_written_in_capitals_as_for_reading(scored, tmp_path):
    write_responses(scored, tmp_path / "SCORED.CSV")

    assert (tmp_path / "SCORED.CSV").is_file()


def test_nothing_is_left_where_the_file_cannot_be_written(scored, tmp_path):
    (tmp_path / "out" / "scored.csv").mkdir(parents=True)

    with pytest.raises(ReportingError):
        write_responses(scored, tmp_path / "out" / "scored.csv")

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scored.csv"]


def test_writing_leaves_the_responses_as_they_were(scored, tmp_path):
    before = scored.frame.copy()

    write_responses(scored, tmp_path / "scored.csv")

    pd.testing.assert_frame_equal(scored.frame, before)


def test_a_waves_own_file_is_never_written_over(study):
    scored = rs.score(rs.load_responses(study))
    source = study.path.parent / study.waves[0].file
    before = source.read_bytes()

    with pytest.raises(ReportingError, match="one of the study's data files"):
        write_responses(scored, source)

    assert source.read_bytes() == before
