from __future__ import annotations

import numpy as np
import pytest

import resilience as rs
from resilience.responses.harmonisation import harmonise_wave
from tests.editing import add_list_experiment, lacking, swap

ARMS, COUNTS = [0.0, 0.0, 1.0, 1.0], [0.0, 3.0, 4.0, 99.0]

# Whether each can be told without showing an answer: rows by number, codes by count.
WRONG = {
    "codes that are no arm": (
        {"approval": [0.0, 0.0, 2.0, 2.0]},
        ("column 'approval' (approval) has codes that are no arm of it", "2 rows"),
    ),
    "no arm": (
        {"approval": [0.0, np.nan, 1.0, np.nan]},
        ("counts of 'approval' have no arm", "1 row (data row 2, not counting the header)"),
    ),
    "a count above the control list": (
        {"applying": [4.0, 3.0, 4.0, 4.0]},
        (
            "counts of 'approval' are above the number of statements in the control arm",
            "1 row (data row 1, not counting the header)",
        ),
    ),
    "a count above both lists": (
        {"applying": [0.0, 3.0, 5.0, 4.0]},
        ("column 'applying' (item 'applying') has values outside its scale", "codes 5 (1 rows)"),
    ),
}


@pytest.fixture
def harmonised(study_file, raw):
    """Harmonise a file with the list's columns by the study as it then stands."""
    add_list_experiment(study_file.parents[2])

    def made(*, wave: int = 0, **columns):
        study = rs.load_study(study_file)
        file = raw(**{"approval": ARMS, "applying": COUNTS, **columns})
        return harmonise_wave(study, study.waves[wave], file)

    return made


def test_arms_and_counts_are_kept_with_the_reasons_of_missing_counts(harmonised):
    wave = harmonised()

    assert wave.issues == ()
    assert wave.frame["approval"].tolist() == ["control", "control", "treatment", "treatment"]
    np.testing.assert_array_equal(wave.frame["applying"], [0, 3, 4, np.nan])
    assert wave.reasons["applying"].tolist() == [0, 0, 0, 1]


def test_arms_have_the_codes_and_the_column_of_the_file(study_file, harmonised):
    instrument = study_file.parents[2] / "instruments" / "example" / "instrument.yaml"
    swap(instrument, "controls: 3,", "controls: 3, arms: {control: A, treatment: B},")
    swap(study_file, "    # columns: {home: Q12_1}", "    columns: {approval: version}")

    wave = harmonised(without=("approval",), version=["A", "A", "B", "B"])

    assert wave.issues == ()
    assert wave.frame["approval"].tolist() == ["control", "control", "treatment", "treatment"]


def test_a_wave_that_did_not_ask_needs_no_arm(study_file, harmonised):
    swap(study_file, "    # not_asked: [worse]", "    not_asked: [applying]")

    wave = harmonised(without=("approval", "applying"))

    assert wave.issues == ()
    assert wave.frame["approval"].isna().all()
    assert list(wave.frame["approval"].cat.categories) == ["control", "treatment"]


@pytest.mark.parametrize("case", WRONG)
def test_what_no_list_can_give_is_told(harmonised, case):
    columns, told = WRONG[case]

    (issue,) = harmonised(**columns).issues

    assert (issue.what, issue.found) == told
    assert lacking([issue]) == []


def test_an_arm_that_is_not_in_the_file_is_told(harmonised):
    (issue,) = harmonised(without=("approval",)).issues

    assert issue.what.startswith("'approval' is mapped to column 'approval'")


def test_a_column_is_not_both_arm_and_variable(study_file, harmonised):
    swap(study_file, "    # columns: {home: Q12_1}", "    columns: {approval: sex}")

    (issue,) = [
        issue for issue in harmonised(sex=[1.0, 1.0, 2.0, 2.0]).issues if "read as" in issue.what
    ]

    assert issue.what == "column 'sex' is read as sex and approval"
