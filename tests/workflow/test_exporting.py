from __future__ import annotations

import os
import stat
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

import resilience as rs
from resilience.definitions.instrument import MISSING_REASONS
from resilience.errors import ReportingError
from resilience.responses import writing
from resilience.responses.formats.delimited import read_delimited
from resilience.responses.writing import WRITABLE_SUFFIXES
from resilience.workflow.exporting import (
    REASON_SUFFIX,
    STATA_REASONS,
    spss_reasons,
    write_responses,
)
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


REASONS = dict(enumerate(MISSING_REASONS, start=1))
STATISTICAL = (".sav", ".zsav", ".dta")


@pytest.fixture
def every_reason(scored):
    """Responses in which each of the eight reasons occurs, for each item."""
    reasons, frame = scored.reasons.copy(), scored.frame.copy()
    for at, item in enumerate(reasons):
        values = np.resize(np.roll(np.arange(9), at), len(reasons)).astype(np.int8)
        reasons[item] = values
        frame[item] = np.where(values > 0, np.nan, frame[item].fillna(3.0))
    return replace(scored, frame=frame, reasons=reasons)


def reasons_in(survey, item: str, suffix: str) -> list[str]:
    """Return each respondent's reason as the file says it, by the documented codes."""
    if suffix == ".dta":
        words = {tag: reason for reason, tag in STATA_REASONS.items()}
        tags = survey.extended_missing[item].fillna("")
        system = survey.frame[item].isna() & (tags == "")
        return tags.map({**words, "": ""}).where(~system, "system").tolist()
    if suffix in STATISTICAL:
        words = {code: reason for reason, code in spss_reasons([]).items()}
        column = survey.frame[item]
        return column.map(words).fillna("").where(column.notna(), "system").tolist()
    return survey.frame[item + REASON_SUFFIX].fillna("").tolist()


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_all_eight_reasons_and_all_codes_survive_in_every_format(every_reason, tmp_path, suffix):
    path = tmp_path / f"scored{suffix}"

    write_responses(every_reason, path)

    survey = rs.read_survey(path)
    for item in every_reason.reasons:
        wanted = [REASONS.get(code, "") for code in every_reason.reasons[item]]
        assert set(wanted) == {"", *MISSING_REASONS}
        assert reasons_in(survey, item, suffix) == wanted
        answered = np.array([reason == "" for reason in wanted])
        codes = survey.frame[item].to_numpy()[answered]
        np.testing.assert_array_equal(codes, every_reason.frame[item].to_numpy()[answered])


@pytest.mark.parametrize("suffix", STATISTICAL)
def test_labels_of_columns_answers_and_reasons_are_in_the_file(scored, tmp_path, suffix):
    write_responses(scored, tmp_path / f"scored{suffix}")

    survey = rs.read_survey(tmp_path / f"scored{suffix}")

    assert survey.variable_labels["cohesion"] == "Cohesion"
    assert survey.value_labels["site"] == {1.0: "North Town", 2.0: "South Town"}
    assert list(survey.value_labels["wave"]) == [1.0, 2.0]
    answers = survey.value_labels["home"]
    assert answers[5.0] == "Strongly agree"
    refused = ".a" if suffix == ".dta" else -91.0
    asked = ".d" if suffix == ".dta" else -94.0
    assert (answers[refused], answers[asked]) == ("Prefer not to say", "not_asked")
    if suffix != ".dta":
        assert survey.user_missing["home"] == ((-97.0, -91.0),)


def test_a_study_reads_the_exported_codes_as_the_reasons_they_were(every_reason, tmp_path):
    """The codes are documented so that a study can name them; nothing else is needed."""
    for suffix, codes in ((".sav", spss_reasons([])), (".dta", STATA_REASONS)):
        folder = tmp_path / suffix
        start_workspace(folder)
        data = folder / "surveys" / "example" / "data"
        write_responses(every_reason, data / f"all{suffix}")
        file = folder / "surveys" / "example" / "study.yaml"
        definition = yaml.safe_load(file.read_text("utf-8"))
        (wave, *_) = definition["waves"]
        wave["file"] = f"data/all{suffix}"
        wave["missing_codes"] = {reason: [code] for reason, code in codes.items()}
        wave.pop("columns", None)
        definition["waves"] = [wave]
        definition["design"].pop("waves")
        definition["roles"] = {
            **{role: role for role in ("respondent_id", "stratum", "psu", "site")},
            "weight": "weight",
        }
        definition.pop("targets", None)
        definition.pop("activities", None)
        file.write_text(yaml.safe_dump(definition, allow_unicode=True), "utf-8")

        again = rs.load_responses(rs.load_study(file))

        pd.testing.assert_frame_equal(again.reasons, every_reason.reasons)
        pd.testing.assert_frame_equal(
            again.frame[list(again.reasons)], every_reason.frame[list(again.reasons)]
        )


def test_codes_for_reasons_are_no_answers_of_any_scale(study):
    scale = study.questionnaire.scale_of("home")
    strange = scale.model_copy(update={"answers": {-95: {"en": "a"}, 1: {"en": "b"}}})

    codes = spss_reasons([scale, strange])

    assert codes["refused"] == -991
    assert set(codes) == set(MISSING_REASONS) - {"system"}


def test_text_files_have_their_codebook_beside_them(scored, tmp_path):
    write_responses(scored, tmp_path / "scored.csv")

    codebook = read_delimited(tmp_path / "scored-codebook.csv").frame.set_index("column")

    assert codebook.loc["home", "answers"].startswith("1 Strongly disagree; 2 ")
    assert codebook.loc["site", "answers"] == "north_town North Town; south_town South Town"
    assert list(codebook.index) == list(read_delimited(tmp_path / "scored.csv").frame)


def test_workbooks_have_their_codebook_on_a_sheet(scored, tmp_path):
    write_responses(scored, tmp_path / "scored.xlsx")

    codebook = rs.read_survey(tmp_path / "scored.xlsx", sheet="codebook").frame

    assert list(codebook) == ["column", "label", "answers", "missing_codes"][: codebook.shape[1]]
    assert "home" in codebook["column"].tolist()


def test_the_file_before_stays_where_the_new_one_differs_when_read_back(
    scored, tmp_path, monkeypatch
):
    path = tmp_path / "scored.sav"
    path.write_bytes(b"the file before")
    monkeypatch.setattr(writing, "_differences", lambda *_: ["column 'home': values"])

    with pytest.raises(ReportingError, match="read back, is not what was to be written"):
        write_responses(scored, path)

    assert path.read_bytes() == b"the file before"
    assert list(tmp_path.iterdir()) == [path]


def test_simulated_data_say_so_in_the_file(scored, tmp_path):
    write_responses(scored, tmp_path / "scored.dta")

    assert "SIMULATED" in rs.read_survey(tmp_path / "scored.dta").notes[0]
