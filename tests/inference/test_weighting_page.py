"""The examples of docs/weighting.md run and print what they say."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "weighting.md"


def test_examples_run_as_written():
    flags = doctest.NORMALIZE_WHITESPACE

    outcome = doctest.testfile(str(PAGE), module_relative=False, optionflags=flags)

    assert outcome.attempted > 10
    assert outcome.failed == 0
