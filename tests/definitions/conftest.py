"""Definitions to change: the annotated example without its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.editing import copy_example

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A workspace of its own with the example's definitions."""
    return copy_example(tmp_path)


@pytest.fixture
def instrument_file(example: Path) -> Path:
    return example / "instruments" / "example" / "instrument.yaml"


@pytest.fixture
def study_file(example: Path) -> Path:
    return example / "surveys" / "example" / "study.yaml"


@pytest.fixture
def report_file(example: Path) -> Path:
    return example / "reports" / "example.yaml"


@pytest.fixture
def plan_file(example: Path) -> Path:
    return example / "surveys" / "example" / "simulation.yaml"
