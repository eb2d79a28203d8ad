"""A child process for parsers: it may crash, hang or swell, and nothing else does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from resilience.errors import Issue, ReadingError
from resilience.responses.encodings import likely_encoding

__all__ = ["run_isolated"]

_SECONDS, _SECONDS_A_MEGABYTE = 30.0, 1.0
_MEGABYTES, _MEGABYTES_A_MEGABYTE = 2_000.0, 40.0
_MEGABYTE = 1_000_000
_STARTING = 20.0  # seconds that a slow machine may need to start Python
_RAN_OUT = 14  # the number of the signal that ends a child whose time is up
_REMEDY = "it may be damaged: copy or export it again"
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


def run_isolated(
    jobs: list[dict[str, Any]],
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Let a child process parse files, one after the other, within limits.

    Each file has 30 seconds, and one more for each of its megabytes; the child has 2,000 MB,
    and 40 more for each megabyte of the largest file. `$RESILIENCE_READ_SECONDS` and
    `$RESILIENCE_READ_MEGABYTES` set other limits. Windows and macOS limit the time only.

    Parameters
    ----------
    jobs : list of dict
        What `resilience.responses.parsing` takes.

    Returns
    -------
    answers : list of dict
        Those to the first jobs, all of them if nothing happened.
    failure : dict or None
        What ended the child before its next answer, told as an answer.

    Raises
    ------
    ReadingError
        If a limit that the environment sets is no positive number.
    """
    sizes = [_megabytes(job["path"]) for job in jobs]
    seconds = _limit("RESILIENCE_READ_SECONDS")
    memory = _limit("RESILIENCE_READ_MEGABYTES")
    times = [seconds or _SECONDS + _SECONDS_A_MEGABYTE * size for size in sizes]
    room = memory or _MEGABYTES + _MEGABYTES_A_MEGABYTE * max(sizes, default=0.0)
    asked = {"jobs": jobs, "seconds": times, "bytes": int(room * _MEGABYTE)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "resilience.responses.parsing"],
            input=json.dumps(asked).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=sum(times) + _STARTING,
            check=False,
            env={**os.environ, **_ONE_THREAD},
        )
    except subprocess.TimeoutExpired as error:
        answers = _answers(error.stdout or b"")
        return answers, _slow(times[min(len(answers), len(times) - 1)])
    answers = _answers(done.stdout)
    if len(answers) >= len(jobs):
        return answers[: len(jobs)], None
    if done.returncode == -_RAN_OUT:
        return answers, _slow(times[len(answers)])
    return answers, _crashed(Path(jobs[len(answers)]["path"]))


def _answers(printed: bytes) -> list[dict[str, Any]]:
    """Return the answers that were told whole: one a line."""
    return [json.loads(line) for line in printed.split(b"\n")[:-1]]


def _slow(seconds: float) -> dict[str, Any]:
    remedy = f"{_REMEDY}; if it is only large, set RESILIENCE_READ_SECONDS to more"
    return {"error": f"the parser ran too long: more than {seconds:g} seconds", "remedy": remedy}


def _crashed(path: Path) -> dict[str, Any]:
    """Return what is told of a crash, which texts in another encoding than is told can cause."""
    guess = likely_encoding(path)
    named = (
        f"its texts look like {guess}: name it with 'encoding: {guess}'"
        if guess
        else "or its texts are in another encoding than it says: name it, for instance "
        "'encoding: cp1251'"
    )
    remedy = f"{named}; otherwise {_REMEDY}" if guess else f"{_REMEDY}; {named}"
    return {"error": "the parser crashed", "remedy": remedy}


def _megabytes(path: str) -> float:
    try:
        return Path(path).stat().st_size / _MEGABYTE
    except OSError:
        return 0.0


def _limit(name: str) -> float | None:
    """Return a limit that the environment sets."""
    told = os.environ.get(name)
    if not told:
        return None
    try:
        limit = float(told)
    except ValueError:
        limit = 0.0
    if not 0 < limit < float("inf"):
        raise ReadingError(
            Issue(
                "a limit for reading files is no positive number",
                where=f"environment variable {name}",
                found=told,
                expected="for instance 120",
                remedy="set it to a number, or remove it",
            )
        )
    return limit
