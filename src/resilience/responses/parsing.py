"""The part that runs in a process of its own and touches foreign parsers.

Parsers written in C can crash on a damaged file. They run here, in a child process that
answers on standard output, so that a crash ends the child and nothing else. A request is a
list of jobs in JSON; a job's answer is a Parquet file and a JSON file beside it, or an error.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resilience.responses.formats.delimited import (
    DelimitedError,
    list_delimited_columns,
    read_delimited,
)
from resilience.responses.formats.spss import list_spss_columns, read_spss

if TYPE_CHECKING:
    from resilience.responses.formats.parsed import ParsedFile

__all__ = ["READERS", "answer_requests"]

READERS = {
    ".sav": (list_spss_columns, read_spss),
    ".csv": (list_delimited_columns, read_delimited),
    ".tsv": (list_delimited_columns, read_delimited),
}


def answer_requests() -> None:
    """Answer the jobs on standard input; the child process's whole task."""
    _keep_no_core_dumps()
    jobs = json.load(sys.stdin)
    json.dump([_answer(job) for job in jobs], sys.stdout)


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    path, stem = Path(job["path"]), Path(job["stem"])
    list_columns, read = READERS[path.suffix.lower()]
    try:
        columns = list_columns(path)
        parsed = read(path, job["columns"])
    except DelimitedError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "it needs more memory than there is"}
    except Exception as error:  # noqa: BLE001 - a parser may raise anything
        return {"error": f"the parser gave up ({type(error).__name__})"}
    parsed.frame.to_parquet(stem.with_suffix(".parquet"), index=False, compression="zstd")
    stem.with_suffix(".json").write_text(json.dumps(_described(parsed, columns)), "utf-8")
    return {}


def _described(parsed: ParsedFile, columns: list[str]) -> dict[str, Any]:
    return {
        "columns": columns,
        "variable_labels": dict(parsed.variable_labels),
        "value_labels": {name: list(codes.items()) for name, codes in parsed.value_labels.items()},
        "user_missing": {name: list(ranges) for name, ranges in parsed.user_missing.items()},
        "notes": list(parsed.notes),
    }


def _keep_no_core_dumps() -> None:
    """Keep a crash from writing respondents' answers to disk."""
    try:
        import resource  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    answer_requests()
