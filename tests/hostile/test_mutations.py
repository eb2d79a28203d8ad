"""Altered data files never end this process, never hang, and are refused by one typed error.

``python -m pytest tests/hostile/test_mutations.py --mutants 2000 -s`` gives the figures in
tests/benchmarks/RESULTS.md.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyreadstat
import pytest

import resilience as rs
from resilience.errors import ReadingError
from resilience.files import sha256_of
from resilience.responses.reading import ReadRequest, read_surveys
from tests.editing import lacking
from tests.hostile.mutations import KINDS, mutants, whole_files
from tests.running import parse_here

if TYPE_CHECKING:
    from resilience.errors import Issue

LONGEST = 30.0
BATCH = 25
_NAMES = [*(f"q{at}" for at in range(8)), "city", "open", "weight"]
COLUMNS = (*_NAMES, *(name.upper() for name in _NAMES))


@pytest.fixture
def altered(tmp_path, request) -> list[Path]:
    """Altered files of all kinds on disk; each name tells what was done to it."""
    folder = tmp_path / "altered"
    folder.mkdir()
    paths = []
    for mutant in mutants(tmp_path, request.config.getoption("--mutants")):
        name = f"{mutant.number:04d} {mutant.damage}{mutant.suffix}"
        (folder / name).write_bytes(mutant.content)
        paths.append(folder / name)
    return paths


def outcomes(paths: list[Path]) -> tuple[dict[Path, Issue], float]:
    """Return the issue of each file that is refused, and the longest time a batch took.

    What is refused of a batch is told at once; the rest is then read, from the cache.
    """
    refused: dict[Path, Issue] = {}
    slowest = 0.0
    for at in range(0, len(paths), BATCH):
        todo = [ReadRequest(path, COLUMNS, where=str(path)) for path in paths[at : at + BATCH]]
        begun = time.monotonic()
        issues = issues_of(todo)
        told = Counter(issue.where for issue in issues)
        assert set(told.values()) <= {1}
        refused |= {Path(issue.where): issue for issue in issues}
        assert issues_of([request for request in todo if request.path not in refused]) == ()
        slowest = max(slowest, time.monotonic() - begun)
    return refused, slowest


def _reason(issue: Issue) -> str:
    return re.sub(r"\d[\d,.]*", "N", issue.found.partition(": ")[2])[:70]


def issues_of(requests: list[ReadRequest]) -> tuple[Issue, ...]:
    try:
        read_surveys(requests)
    except ReadingError as error:
        return error.issues
    return ()


def test_altered_files_are_read_or_refused_by_one_typed_error(altered, capsys):
    refused, slowest = outcomes(altered)

    assert lacking(refused.values()) == []
    assert [path.name for path, issue in refused.items() if "ran too long" in issue.found] == []
    assert slowest < LONGEST
    crashed = [path.name for path, issue in refused.items() if "crashed" in issue.found]
    with capsys.disabled():
        print(
            f"\n{len(altered)} altered files: {len(refused)} refused, of which {len(crashed)} "
            f"ended the child; {len(altered) - len(refused)} read; {BATCH} files took "
            f"{slowest:.1f} s at most"
        )
        of_kind = Counter(path.suffix for path in altered)
        for kind in KINDS:
            n = sum(path.suffix == kind for path in refused)
            print(f"  {kind:<9}{of_kind[kind]:>5}, refused {n:>5}")
        for reason, n in Counter(_reason(issue) for issue in refused.values()).most_common(12):
            print(f"  {n:>5}  {reason}")
        for name in crashed:
            print(f"  ended the child: {name}")


def test_with_a_recorded_checksum_every_altered_file_is_refused(altered, tmp_path):
    whole = {suffix: tmp_path / f"recorded{suffix}" for suffix in KINDS}
    for suffix, content in whole_files(tmp_path).items():
        whole[suffix].write_bytes(content)
    sums = {suffix: sha256_of(path) for suffix, path in whole.items()}
    requests = [
        ReadRequest(path, where=str(path), sha256=sums[path.suffix.lower()]) for path in altered
    ]

    with pytest.raises(ReadingError) as caught:
        read_surveys(requests)

    assert len(caught.value.issues) == len(altered)
    assert {issue.what for issue in caught.value.issues} == {
        "the data file is not the one that was recorded"
    }


def test_whole_files_of_each_kind_are_read(tmp_path):
    for suffix, content in whole_files(tmp_path).items():
        (tmp_path / f"file{suffix}").write_bytes(content)

        assert len(rs.read_survey(tmp_path / f"file{suffix}").frame) == 120


@pytest.mark.parametrize("version", [8, 10, 12, 13, 14, 15])
def test_a_stata_file_that_was_cut_short_never_loses_its_labels(tmp_path, monkeypatch, version):
    parse_here(monkeypatch)
    frame = pd.DataFrame({f"q{at}": [1.0, 2.0, 3.0] * 20 for at in range(4)})
    labels = {name: {1: "no", 2: "maybe", 3: "yes"} for name in frame}
    whole = tmp_path / "whole.dta"
    pyreadstat.write_dta(frame, str(whole), version=version, variable_value_labels=labels)
    content = whole.read_bytes()
    expected = rs.read_survey(whole).value_labels
    assert set(expected) == set(frame)
    cut = tmp_path / "cut.dta"
    for length in range(len(content) // 3, len(content), 7):
        cut.write_bytes(content[:length])
        try:
            survey = rs.read_survey(cut)
        except ReadingError:
            continue
        assert survey.value_labels == expected
        assert len(survey.frame) == len(frame)
