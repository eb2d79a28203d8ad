"""What tests of hostile input share."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from resilience.workflow.starting import start_workspace
from tests.running import parse_here

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Path:
    """A workspace with its simulated data, made once."""
    folder = tmp_path_factory.mktemp("made") / "workspace"
    start_workspace(folder)
    return folder


@pytest.fixture
def workspace(made, tmp_path, monkeypatch) -> Path:
    """A copy of it to change, whose files are parsed here."""
    parse_here(monkeypatch)
    return shutil.copytree(made, tmp_path / "workspace")
