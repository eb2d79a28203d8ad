"""The example's study without data, and files as they would have been read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import resilience as rs
from resilience.responses.survey_file import RawSurvey, Source
from tests.editing import copy_example
from tests.running import parse_here

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANSWERS = {
    "id": ["a", "b", "c", "d"],
    "district": ["1", "1", "2", "2"],
    "sampling_point": ["11", "12", "21", "22"],
    "town": [1.0, 1.0, 2.0, 2.0],
    "sex": [1.0, 2.0, 1.0, 2.0],
    "weight": [1.5, 0.5, 1.0, 1.0],
    "home": [1.0, 2.0, 98.0, 5.0],
    "care": [3.0, 99.0, 4.0, 5.0],
    "fair": [4.0, 4.0, 4.0, 4.0],
    "worse": [1.0, 2.0, 3.0, 4.0],
}


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    """The example's study, to be changed."""
    return copy_example(tmp_path) / "surveys" / "example" / "study.yaml"


@pytest.fixture
def study(study_file: Path):
    """The example's study as it is."""
    return rs.load_study(study_file)


@pytest.fixture
def raw() -> Callable[..., RawSurvey]:
    """Make a file of four simulated respondents, with some columns changed or left out."""

    def made(
        *,
        without: tuple[str, ...] = (),
        labels=None,
        missing=None,
        notes=(),
        extended=None,
        **columns,
    ):
        frame = pd.DataFrame({**ANSWERS, **columns}).drop(columns=list(without))
        return RawSurvey(
            frame=frame,
            columns=tuple(frame.columns),
            variable_labels={},
            value_labels=labels or {},
            user_missing=missing or {},
            notes=notes,
            source=Source("wave.csv", "0" * 64, len(frame)),
            extended_missing=pd.DataFrame(extended or {}, dtype="str"),
        )

    return made


@pytest.fixture
def parsed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse within this process where it does not matter which process does it."""
    parse_here(monkeypatch)
