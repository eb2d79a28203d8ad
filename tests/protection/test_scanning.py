"""Columns that identify people are found; survey items, weights and ids are not taken for them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.responses.identifiers.names import kind_by_name
from resilience.responses.identifiers.values import drawn_digits
from tests.conftest import ROOT
from tests.protection.planted import ROWS, clean, frame_of, planted
from tests.running import run_command

LANGUAGES = ("en", "fr", "ar", "mk", "sq", "sw")
FEWEST_PLANTED, FEWEST_CLEAN, MOST_FALSE = 40, 300, 0.02


def test_every_planted_column_is_found_for_what_it_is():
    columns = planted()
    frame = frame_of({name: values for name, (_, values) in columns.items()})

    found = rs.scan_identifiers(frame).set_index("column")["kind"].to_dict()

    assert len(columns) >= FEWEST_PLANTED
    print(f"{len(found)} of {len(columns)} planted columns found")
    assert {n: k for n, (k, _) in columns.items() if n not in found} == {}
    assert {n: (k, found[n]) for n, (k, _) in columns.items() if found[n] != k} == {}


@pytest.mark.parametrize("suffix", [".sav", ".csv", ".xlsx", ".dta", ".parquet"])
def test_planted_columns_are_found_in_files(tmp_path, suffix):
    from resilience.responses.formats.parsed import ParsedFile
    from resilience.responses.writing import file_bytes

    columns = {f"c{at}": part for at, part in enumerate(planted().values())}
    frame = frame_of({name: values for name, (_, values) in columns.items()})
    text = frame.select_dtypes(exclude="number").columns
    frame[text] = frame[text].astype("str")
    file = tmp_path / f"planted{suffix}"
    file.write_bytes(file_bytes(ParsedFile(frame), suffix, where="test"))

    found = set(rs.scan_identifiers(file)["column"])

    # Without their names, addresses and dates of birth look like any text and any date.
    unnamed = {name for name, (kind, _) in columns.items() if kind == "birth_date"}
    assert set(columns) - found <= unnamed


def clean_columns() -> pd.DataFrame:
    """Return the shipped items with their questions' answers, in all languages, and the rest."""
    rng = np.random.default_rng(20270312)
    columns: dict[str, list[object]] = {}
    for folder in sorted((ROOT / "instruments").iterdir()):
        questionnaire = rs.load_instrument(folder.name)
        scales = {item.id: questionnaire.scales[item.scale] for item in questionnaire.items}
        for item, scale in scales.items():
            codes = list(scale.answers)
            drawn = rng.choice(len(codes), ROWS)
            columns[f"{folder.name}.{item}"] = [float(codes[k]) for k in drawn]
            for language in LANGUAGES:
                words = [scale.answers[code].get(language) for code in codes]
                if None not in words:
                    columns[f"{folder.name}.{item}.{language}"] = [words[k] for k in drawn]
    return frame_of(columns | clean())


def test_clean_items_weights_and_ids_raise_no_alarm():
    frame = clean_columns()

    found = rs.scan_identifiers(frame)

    share = len(found) / len(frame.columns)
    print(f"{len(found)} false alarms in {len(frame.columns)} clean columns")
    assert len(frame.columns) >= FEWEST_CLEAN
    assert share <= MOST_FALSE, found.to_string()


def test_the_simulated_studies_hold_no_identifiers():
    for file in sorted((ROOT / "surveys").glob("*/data/*")):
        if file.suffix != ".json" and file.parts[-3] != "lebanon-kobo":
            assert rs.scan_identifiers(file).empty, file.name


def test_findings_tell_shares_and_never_values(tmp_path):
    frame = pd.DataFrame({"contact": ["", "secret.person@example.org", "", "none", "none"]})
    file = tmp_path / "some.csv"
    frame.to_csv(file, index=False)

    told = run_command("scan", file)

    assert told.code == 1
    assert "secret" not in told.out + told.err
    assert rs.scan_identifiers(file)["share"].tolist() == [pytest.approx(1 / 3)]
    assert run_command("scan", ROOT / "surveys/lebanon/data/baseline.sav").code == 0


def test_random_ids_and_numbers_of_places_are_no_findings_where_their_use_is_known():
    import uuid

    frame = pd.DataFrame(
        {
            "_uuid": [str(uuid.UUID(int=k * 7919**9)) for k in range(50)],
            "ea": np.random.default_rng(1).integers(10_000_000, 40_000_000, 50).astype(float),
        }
    )

    assert set(rs.scan_identifiers(frame)["kind"]) == {"device", "national_id"}
    assert rs.scan_identifiers(frame, uses={"_uuid": "respondent_id", "ea": "psu"}).empty


@pytest.mark.parametrize("column", ["nom_enqueteur", "enquêteur", "interviewer", "name_of_head"])
@pytest.mark.parametrize("people", [2, 5])
def test_few_names_each_often_are_found_where_the_column_says_so(column, people):
    names = ["Aliou Ndiaye", "Sokhna Fall", "Moussa Diop", "Awa Sarr", "Fatou Seck"][:people]
    frame = pd.DataFrame({column: names * 40, "village": names * 40, "q1": [1, 2] * 20 * people})

    assert rs.scan_identifiers(frame)["column"].tolist() == [column]


def test_numbers_that_run_on_are_not_drawn():
    rng = np.random.default_rng(2)

    assert drawn_digits([str(n) for n in rng.integers(70_000_000, 79_999_999, 80)])
    assert not drawn_digits([str(70_000_000 + k) for k in range(80)])
    assert not drawn_digits([f"70{k // 10:02d}{k % 10:02d}00" for k in range(80)])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("RespondentName", "person_name"),
        ("village_name", None),
        ("nombre_enfants", None),
        ("Презиме", "person_name"),
        ("السن", None),
        ("adresse_email", "email"),
        ("simu_ya_mkononi", "phone"),
        ("leternjoftimi", "national_id"),
        ("trust_police", None),
    ],
)
def test_names_say_whom_columns_identify(name, kind):
    assert kind_by_name(name) == kind


@pytest.mark.real
def test_declared_columns_of_real_files_hold_no_identifiers(real_data):
    folders = {
        "afrobarometer-kenya": "afrobarometer",
        "afrobarometer-senegal": "afrobarometer",
        "arab-barometer-lebanon": "arab_barometer",
    }
    for study, folder in folders.items():
        loaded = rs.load_study(ROOT / "surveys" / study / "study.yaml")
        assert len(rs.load_responses(loaded, data=real_data / folder).frame)
