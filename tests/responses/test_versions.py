"""Versions of a form within one file."""

from __future__ import annotations

import numpy as np
import pytest

import resilience as rs
from resilience.errors import DefinitionError
from resilience.responses.coding import REASON_CODES
from resilience.responses.harmonisation import harmonise_wave
from tests.editing import lacking, swap

FILE = "    file: data/baseline.csv"
VERSIONS = "    versions: {column: __version__, not_asked: {v1: [home]}}\n"


@pytest.fixture
def harmonised(study_file, raw):
    swap(study_file, FILE, VERSIONS + FILE)

    def made(**columns):
        study = rs.load_study(study_file)
        return harmonise_wave(study, study.waves[0], raw(**columns))

    return made


def test_what_a_version_did_not_ask_is_not_asked(harmonised):
    wave = harmonised(home=[np.nan, np.nan, 98.0, 5.0], __version__=["v1", "v2", "v2", "v2"])

    assert wave.issues == ()
    reasons = ["not_asked", "system", "dont_know"]
    assert wave.reasons["home"].tolist() == [*(REASON_CODES[reason] for reason in reasons), 0]


def test_answers_to_what_was_not_asked_and_versions_of_nobody_are_told(study_file, harmonised):
    (answered,) = harmonised(__version__=["v1", "v1", "v2", "v2"]).issues
    (nobody,) = harmonised(__version__=["v2"] * 4).issues
    (absent,) = harmonised().issues

    assert answered.what == "'home' has answers in version 'v1', which did not ask it"
    assert answered.found.startswith("2 rows (data rows 1, 2,")
    assert "no row has the version 'v1'" in nobody.what
    assert "'__version__', is not in the file" in absent.what
    assert lacking([answered, nobody, absent]) == []


def test_items_that_a_version_lacks_are_the_wave_s(study_file):
    swap(study_file, FILE, VERSIONS.replace("home", "hom") + FILE)

    with pytest.raises(DefinitionError, match="hom") as caught:
        rs.load_study(study_file)

    assert "'home'" in caught.value.issues[0].remedy
