"""Run what runs in processes of its own, the command and the parsers, within this one."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest.mock import patch

from resilience import cli, progress
from resilience.responses import parsing, reading

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class Finished:
    """What a command leaves behind."""

    code: int
    out: str
    err: str


def run_command(*arguments: object) -> Finished:
    """Run `resilience` with arguments and return its exit code and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(),
        patch.object(sys, "argv", ["resilience", *map(str, arguments)]),
        patch.object(progress, "_shown", None),
    ):
        warnings.simplefilter("default")
        try:
            cli.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Finished(code, out.getvalue(), err.getvalue())


def parse_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let data files be parsed in this process: quicker, and a crash would not be caught."""

    def answers(jobs):
        return json.loads(json.dumps([parsing._answer(job) for job in jobs])), None

    monkeypatch.setattr(reading, "_child", answers)
