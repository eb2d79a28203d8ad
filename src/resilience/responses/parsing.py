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

from resilience.responses.formats.delimited import read_delimited
from resilience.responses.formats.parquet import read_parquet
from resilience.responses.formats.parsed import FormatError
from resilience.responses.formats.spreadsheets import read_spreadsheet
from resilience.responses.formats.spss import read_portable, read_spss
from resilience.responses.formats.stata import read_stata
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
    _keep_no_core_dumps()
    jobs = json.load(sys.stdin)
    json.dump([_answer(job) for job in jobs], sys.stdout)


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    path, stem = Path(job["path"]), Path(job["stem"])
    read = READERS[path.suffix.lower()]
    try:
        parsed = read(path, job["columns"], **job["options"])
    except FormatError as error:
        return {"error": str(error), "remedy": error.remedy}
    except UnicodeDecodeError:
        remedy = "name the encoding of its texts, for instance 'encoding: cp1251'"
        return {"error": "its texts are not in the encoding that it names", "remedy": remedy}
    except MemoryError:
        return {"error": "it needs more memory than there is"}
    except Exception as error:  # noqa: BLE001 - a parser may raise anything
        return {"error": f"the parser gave up ({type(error).__name__})"}
    parsed.frame.to_parquet(stem.with_suffix(".parquet"), index=False, compression="zstd")
    if len(parsed.extended_missing.columns):
        parsed.extended_missing.to_parquet(stem.with_suffix(EXTENDED_SUFFIX), index=False)
    stem.with_suffix(".json").write_text(json.dumps(_described(parsed)), "utf-8")
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


def _keep_no_core_dumps() -> None:
    """Keep a crash from writing respondents' answers to disk."""
    try:
        import resource  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    answer_requests()
