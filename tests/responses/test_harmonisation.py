from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.responses.coding import AS_DEFINED, REASON_CODES
from resilience.responses.harmonisation import harmonise_wave
from tests.editing import swap

OTHER_WORDS = {"fair": {1.0: "Never", 5.0: "Always"}}


@pytest.fixture
def harmonised(study_file, raw):
    """Harmonise a file by the study as it then stands."""

    def made(**columns):
        study = rs.load_study(study_file)
        return harmonise_wave(study, study.waves[0], raw(**columns))

    return made


def test_columns_have_canonical_names_and_order(harmonised):
    wave = harmonised()

    assert wave.issues == ()
    assert list(wave.frame) == [
        *("wave", "respondent_id", "stratum", "psu", "weight", "site", "sex"),
        *("home", "care", "fair", "worse"),
    ]
    assert list(wave.reasons) == ["home", "care", "fair", "worse"]


def test_values_are_canonical(harmonised):
    frame = harmonised().frame

    assert frame["wave"].tolist() == ["baseline"] * 4
    assert list(frame["wave"].cat.categories) == ["baseline", "endline"]
    assert frame["site"].tolist() == ["north_town", "north_town", "south_town", "south_town"]
    assert frame["sex"].tolist() == ["female", "male", "female", "male"]
    assert frame["psu"].tolist() == ["11", "12", "21", "22"]
    assert frame["weight"].tolist() == [1.5, 0.5, 1.0, 1.0]
    np.testing.assert_array_equal(frame["home"], [1, 2, np.nan, 5])


def test_who_interviewed_is_kept_as_text_and_may_be_unknown(study_file, harmonised):
    swap(study_file, "  site: town\n", "  site: town\n  interviewer: team\n")

    wave = harmonised(team=[7.0, 7.0, np.nan, 8.0])

    assert wave.issues == ()
    assert wave.frame["interviewer"].tolist()[:2] == ["7", "7"]
    assert wave.frame["interviewer"].isna().tolist() == [False, False, True, False]


def test_a_column_for_who_interviewed_must_be_there_where_it_is_declared(study_file, harmonised):
    swap(study_file, "  site: town\n", "  site: town\n  interviewer: team\n")

    (issue,) = harmonised().issues

    assert issue.what.startswith("'interviewer' is mapped to column 'team'")


def test_every_missing_answer_has_its_reason(harmonised):
    reasons = harmonised().reasons

    assert reasons["home"].tolist() == [0, 0, REASON_CODES["dont_know"], 0]
    assert reasons["care"].tolist() == [0, REASON_CODES["refused"], 0, 0]
    assert set(reasons.dtypes.astype(str)) == {"int8"}


def test_columns_of_a_wave_are_mapped(study_file, harmonised):
    swap(study_file, "    # columns: {home: Q12_1}", "    columns: {home: Q12_1, weight: w}")

    frame = harmonised(without=("home", "weight"), Q12_1=[5.0] * 4, w=[2.0] * 4).frame

    assert frame["home"].tolist() == [5.0] * 4
    assert frame["weight"].tolist() == [2.0] * 4


def test_an_item_that_was_not_asked_is_missing_for_that_reason(study_file, harmonised):
    swap(study_file, "    # not_asked: [worse]", "    not_asked: [worse]")

    wave = harmonised()

    assert wave.issues == ()
    assert wave.frame["worse"].isna().all()
    assert set(wave.reasons["worse"]) == {REASON_CODES["not_asked"]}
    assert [asked.item for asked in wave.asked] == ["home", "care", "fair"]


def test_a_waves_own_codes_for_missing_stand_in_place_of_the_scales(study_file, harmonised):
    swap(
        study_file,
        "    # missing_codes: {refused: [97], dont_know: [98]}",
        "    missing_codes: {refused: [97], interrupted: [90, 91]}",
    )

    wave = harmonised(home=[97.0, 90.0, 91.0, 1.0], care=[98.0, 1.0, 1.0, 1.0])

    assert wave.reasons["home"].tolist() == [
        *(REASON_CODES["refused"], REASON_CODES["interrupted"], REASON_CODES["interrupted"]),
        0,
    ]
    assert [issue.found for issue in wave.issues] == ["codes 98 (1 rows)"]


def test_codes_outside_the_scale_stop_the_loading(harmonised):
    (issue,) = harmonised(home=[1.0, 2.0, 3.0, 6.0]).issues

    assert issue.found == "codes 6 (1 rows)"


def test_codes_outside_the_scale_become_missing_where_the_policy_says_so(study_file, harmonised):
    swap(study_file, "out_of_range: refuse", "out_of_range: missing")

    wave = harmonised(home=["1", "2", "6", "yes"])

    assert wave.issues == ()
    assert wave.reasons["home"].tolist() == [0, 0, *[REASON_CODES["out_of_range"]] * 2]
    assert wave.frame["home"].isna().tolist() == [False, False, True, True]


def test_codes_that_a_file_declares_as_missing_are_not_guessed_at(harmonised):
    (issue,) = harmonised(home=[1.0, 2.0, 96.0, 98.0], missing={"home": ((96.0, 99.0),)}).issues

    assert "declares as missing, without a reason" in issue.what
    assert issue.found == "codes 96"


def test_labels_as_defined_need_no_declaration(harmonised):
    asked = harmonised(labels={"fair": {1.0: "STRONGLY DISAGREE", 5.0: "5. Strongly agree"}}).asked

    assert {part.labels for part in asked} == {AS_DEFINED}


def test_other_labels_are_kept_with_the_item(harmonised):
    asked = {part.item: part for part in harmonised(labels=OTHER_WORDS).asked}

    assert asked["fair"].labels == "1 never; 5 always"
    assert asked["fair"].equivalent_because is None
    assert asked["home"].labels == AS_DEFINED


def test_labels_declared_equivalent_count_as_defined_with_the_reason(study_file, harmonised):
    swap(study_file, "    # labels_equivalent: {fair:", "    labels_equivalent: {fair:")

    asked = {part.item: part for part in harmonised(labels=OTHER_WORDS).asked}

    assert asked["fair"].labels == AS_DEFINED
    assert asked["fair"].equivalent_because == {"en": "Same words in another order"}


def test_a_declaration_that_is_not_needed_is_not_told(study_file, harmonised):
    swap(study_file, "    # labels_equivalent: {fair:", "    labels_equivalent: {fair:")

    assert [part.equivalent_because for part in harmonised().asked] == [None] * 4


def test_a_study_in_one_place_needs_no_column_for_it(study_file, harmonised):
    for old, new in (
        ("  - {code: 2, id: south_town, role: comparison, title: South Town}\n", ""),
        ("  site: town\n", ""),
    ):
        swap(study_file, old, new)

    assert harmonised(without=("town",)).frame["site"].tolist() == ["north_town"] * 4


def test_all_findings_on_structure_and_answers_come_together(harmonised):
    wave = harmonised(
        id=["a", "a", "c", "d"], weight=[-1.0, 1.0, 1.0, 1.0], home=[7.0] * 4, care=[8.0] * 4
    )

    assert len(wave.issues) == 4


def test_no_row_is_lost(harmonised):
    wave = harmonised(home=[np.nan] * 4, sex=[np.nan] * 4)

    assert len(wave.frame) == len(wave.reasons) == 4


def test_harmonising_leaves_the_file_as_it_was(study, raw):
    survey = raw()
    before = survey.frame.copy()

    harmonise_wave(study, study.waves[0], survey)

    pd.testing.assert_frame_equal(survey.frame, before)


def test_what_is_shown_of_a_wave_has_no_rows(harmonised):
    assert "\n" not in repr(harmonised())


def test_without_ids_rows_are_numbered(study_file, harmonised):
    text = study_file.read_text("utf-8")
    line = next(part for part in text.splitlines() if part.strip().startswith("respondent_id:"))
    swap(study_file, line, "  respondent_id: none")

    frame = harmonised().frame

    assert frame["respondent_id"].tolist() == ["1", "2", "3", "4"]


EXTENDED = {"home": [None, None, ".a", ".b"]}
NO_ANSWER = [1.0, 2.0, np.nan, np.nan]


def test_extended_missing_values_have_the_reasons_of_the_wave(study_file, harmonised):
    swap(
        study_file,
        "    # missing_codes: {refused: [97], dont_know: [98]}",
        "    missing_codes: {refused: [.a, 99], never_heard: [.b]}",
    )

    wave = harmonised(home=NO_ANSWER, extended=EXTENDED)

    assert wave.issues == ()
    assert wave.reasons["home"].tolist() == [
        *(0, 0, REASON_CODES["refused"], REASON_CODES["never_heard"])
    ]
    assert wave.reasons["care"].tolist() == [0, REASON_CODES["refused"], 0, 0]
    assert wave.frame["home"].isna().tolist() == [False, False, True, True]


def test_extended_missing_values_have_the_reasons_of_the_scale(study_file, harmonised):
    instrument = study_file.parents[2] / "instruments" / "example" / "instrument.yaml"
    swap(instrument, "code: 98,", "code: .a,")
    swap(instrument, "code: 99,", "code: .b,")

    wave = harmonised(home=NO_ANSWER, care=[3.0, 4.0, 4.0, 5.0], extended=EXTENDED)

    assert wave.issues == ()
    assert wave.reasons["home"].tolist()[2:] == [
        *(REASON_CODES["dont_know"], REASON_CODES["refused"])
    ]


def test_an_extended_missing_value_without_a_reason_is_told_and_not_taken_for_system(harmonised):
    wave = harmonised(home=NO_ANSWER, extended=EXTENDED)

    (issue,) = wave.issues
    assert issue.what == (
        "column 'home' (item 'home') has codes that the file declares as missing, without a reason"
    )
    assert issue.found == "codes .a, .b"
    assert REASON_CODES["system"] not in wave.reasons["home"].tolist()


def test_the_policy_for_codes_outside_the_scale_gives_no_reason_to_them(study_file, harmonised):
    swap(study_file, "out_of_range: refuse", "out_of_range: missing")

    assert len(harmonised(home=NO_ANSWER, extended=EXTENDED).issues) == 1


def test_an_extended_missing_value_in_a_text_file_is_the_same(harmonised):
    (issue,) = harmonised(home=["1", "2", ".a", ".b"]).issues

    assert issue.found == "codes .a, .b"


@pytest.mark.parametrize("declared", ["{9: refused}", "{.a: refused}"])
def test_an_extended_missing_value_of_a_variable_needs_a_reason_too(
    study_file, harmonised, declared
):
    swap(study_file, "    # missing: {9: refused}", f"    missing: {declared}")

    wave = harmonised(sex=[1.0, 2.0, 1.0, np.nan], extended={"sex": [None, None, None, ".a"]})

    assert wave.frame["sex"].isna().tolist() == [False, False, False, True]
    assert [issue.found for issue in wave.issues] == [
        "1 rows, 1 rows of text, 1 distinct, in Latin letters"
    ] * (".a" not in declared)


@pytest.mark.parametrize("role", ["weight", "sampling_point", "town"])
def test_an_extended_missing_value_is_no_weight_psu_or_site(harmonised, role):
    values = [1.0, 2.0, 2.0, np.nan]

    wave = harmonised(**{role: values}, extended={role: [None, None, None, ".a"]})

    assert [issue.found for issue in wave.issues] == ["1 row (data row 4, not counting the header)"]


def test_words_for_missing_answers_have_reasons(study_file, harmonised):
    swap(
        study_file,
        "    # missing_codes: {refused: [97], dont_know: [98]}",
        '    missing_codes: {refused: [RF, "99"], dont_know: [не знам]}',
    )

    wave = harmonised(home=["1", "5", "RF", " не знам "])

    assert wave.issues == ()
    assert wave.reasons["home"].tolist() == [0, 0, *map(REASON_CODES.get, ["refused", "dont_know"])]


def test_words_that_a_file_declares_as_missing_are_told_as_such(harmonised):
    declared = {"home": (("RF", "RF"),), "care": (("96", "96"),)}

    issues = harmonised(
        home=["1", "5", "RF", "a secret"], care=["1", "2", "3", "96"], missing=declared
    ).issues

    assert [issue.found for issue in issues] == [
        "codes RF",
        "1 rows of text, 1 distinct, in Latin letters",
        "codes 96",
    ]


def test_a_code_declared_to_stand_for_out_of_range_is_no_finding(study_file, harmonised):
    swap(
        study_file,
        "    # missing_codes: {refused: [97], dont_know: [98]}",
        "    missing_codes: {out_of_range: [-96], dont_know: [98], refused: [99]}",
    )

    wave = harmonised(home=[1.0, -96.0, 98.0, 5.0])

    assert wave.issues == ()
    assert wave.reasons["home"].tolist()[1] == REASON_CODES["out_of_range"]
