"""The part that runs in a process of its own and touches foreign parsers.

Parsers written in C can crash on a damaged file. They run here, in a child process that
answers on standard output, so that a crash ends the child and nothing else. A request is a
list of jobs in JSON, with limits; a job's answer is a line of JSON as soon as it is done: of an
error, or of none, and then a Parquet file and a JSON file lie where the job said.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resilience.responses.encodings import likely_encoding
from resilience.responses.formats.delimited import read_delimited
from resilience.responses.formats.parquet import read_parquet, write_frame
from resilience.responses.formats.parsed import FormatError
from resilience.responses.formats.spreadsheets import read_spreadsheet
from resilience.responses.formats.spss import read_portable, read_spss
from resilience.responses.formats.stata import read_stata
from resilience.responses.identifiers.protection import protect
from resilience.responses.reading import EXTENDED_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from resilience.responses.formats.parsed import ParsedFile

__all__ = ["READERS", "answer_requests"]

READERS: Mapping[str, Callable[..., ParsedFile]] = {
    ".sav": read_spss,
    ".zsav": read_spss,
    ".por": read_portable,
    ".dta": read_stata,
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".xlsx": read_spreadsheet,
    ".parquet": read_parquet,
}


def answer_requests() -> None:
    """Answer the jobs on standard input; the child process's whole task."""
    asked = json.load(sys.stdin)
    # What a parser prints goes nowhere: answers have a channel of their own.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        _limit_memory(asked["bytes"])
        for job, seconds in zip(asked["jobs"], asked["seconds"], strict=True):
            _limit_time(seconds)
            answers.write(json.dumps(_answer(job)) + "\n")
            answers.flush()


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    path, stem = Path(job["path"]), Path(job["stem"])
    read = READERS[path.suffix.lower()]
    try:
        parsed = read(path, job["columns"], **job["options"])
        if "protection" in job:
            parsed, found = protect(parsed, job["protection"])
            if found:
                return {"identifiers": [asdict(part) for part in found]}
        write_frame(parsed.frame, stem.with_suffix(".parquet"))
        if len(parsed.extended_missing.columns):
            write_frame(parsed.extended_missing, stem.with_suffix(EXTENDED_SUFFIX))
        stem.with_suffix(".json").write_text(json.dumps(_described(parsed)), "utf-8")
    except FormatError as error:
        return {"error": str(error), "remedy": error.remedy}
    except UnicodeDecodeError:
        guess = likely_encoding(path)
        like = f"its texts look like {guess}: name it with 'encoding: {guess}'"
        other = "name the encoding of its texts, for instance 'encoding: cp1251'"
        told = "its texts are not in the encoding that it names"
        return {"error": told, "remedy": like if guess else other}
    except MemoryError:
        remedy = (
            "it may be damaged: copy or export it again; if it is only large, set "
            "RESILIENCE_READ_MEGABYTES to more"
        )
        return {"error": "it needs more memory than reading may have", "remedy": remedy}
    except Exception as error:  # noqa: BLE001 - a parser may raise anything
        return {"error": f"the parser gave up ({type(error).__name__})"}
    return {}


def _described(parsed: ParsedFile) -> dict[str, Any]:
    return {
        "columns": list(parsed.columns),
        "variable_labels": dict(parsed.variable_labels),
        "value_labels": {name: list(codes.items()) for name, codes in parsed.value_labels.items()},
        "user_missing": {name: list(ranges) for name, ranges in parsed.user_missing.items()},
        "notes": list(parsed.notes),
        "extended": len(parsed.extended_missing.columns) > 0,
    }


def _limit_memory(size: int) -> None:
    """Limit memory where the system can, and keep a crash from writing answers to disk."""
    try:
        import resource  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # macOS has the name and not the limit
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _limit_time(seconds: float) -> None:
    """Let the system end this process when the time is up, in the midst of a parser too."""
    if hasattr(signal, "setitimer"):  # absent on Windows, where the parent's watch must do
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    answer_requests()
