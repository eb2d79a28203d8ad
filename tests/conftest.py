"""What tests share: places, the simulated study, a cache of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import resilience as rs

ROOT = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--repetitions",
        type=int,
        default=200,
        help="how often simulations are repeated (2000 for the figures in tests/benchmarks)",
    )
    parser.addoption(
        "--mutants",
        type=int,
        default=60,
        help="how many altered data files are read (2000 for the figures in tests/benchmarks)",
    )
    parser.addoption(
        "--kills",
        type=int,
        default=4,
        help="how often a command is killed while it writes (50 for the figures)",
    )


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--kills")


@pytest.fixture
def repetitions(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--repetitions")


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples name files from the project's root."""
    monkeypatch.chdir(ROOT)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory):
    """Keep the user's cache and records out of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESILIENCE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("RESILIENCE_STATE", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember no files beyond a test."""
    monkeypatch.setenv("RESILIENCE_STATE", str(tmp_path_factory.mktemp("state")))


@pytest.fixture(scope="session")
def lebanon():
    """The simulated study."""
    return rs.load_study(ROOT / "surveys" / "lebanon" / "study.yaml")


@pytest.fixture(scope="session")
def scored(lebanon):
    """Its responses with scores."""
    return rs.score(rs.load_responses(lebanon))


@pytest.fixture(scope="session")
def design(scored):
    """Its design."""
    return rs.SurveyDesign.from_responses(scored)


@pytest.fixture(scope="session")
def results():
    """The results of its donor report."""
    return rs.run_plan(ROOT / "reports" / "lebanon-donor.yaml")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A new workspace with the annotated example and its simulated data."""
    from resilience.workflow.starting import start_workspace

    folder = tmp_path / "workspace"
    start_workspace(folder)
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real survey files, which are never part of the project."""
    return _folder_from("RESILIENCE_REAL_DATA", "real survey files")


@pytest.fixture(scope="session")
def oracle_data() -> Path:
    """The folder of further numbers from R, on data that are not part of the project."""
    return _folder_from("RESILIENCE_ORACLE_DATA", "further numbers from R")


def _folder_from(variable: str, what: str) -> Path:
    folder = os.environ.get(variable)
    if not folder or not Path(folder).is_dir():
        pytest.skip(f"{variable} does not name a folder with {what}")
    return Path(folder)
