"""An evaluation as a folder: its plan, its numbers, and a script by which a reviewer re-runs it."""

from __future__ import annotations

import io
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue
from resilience.files import file_inside, sha256_of, write_whole

if TYPE_CHECKING:
    from resilience.evaluation.impact.evaluation import Evaluation

__all__ = ["differing_tables", "write_evaluation_folder"]

_PLAN, _RECORD, _SCRIPT, _TABLES = "analysis.yaml", "record.json", "analysis.py", "tables"
_RELATIVE = 1e-8  # of a number: what other machines' arithmetic may change
_PACKAGES = ("resilience-surveys", "numpy", "pandas", "scipy")

_TEXT = '''"""Run this analysis again and compare: python analysis.py STUDY [FOLDER_OF_THE_DATA]"""

import sys
from pathlib import Path

import resilience as rs

if len(sys.argv) not in (2, 3):
    sys.exit(__doc__)
here = Path(__file__).parent
data = sys.argv[2] if len(sys.argv) > 2 else None
plan = rs.load_analysis_plan(here / "{plan}", study=sys.argv[1])
evaluation = rs.evaluate(plan, data=data, method={method!r}, explore={explore!r})
differing = rs.differing_tables(evaluation, here, data=data)
print("\\n".join(differing) if differing else "The same numbers in all tables.")
sys.exit(bool(differing))
'''


def write_evaluation_folder(
    evaluation: Evaluation, folder: str | Path, *, data: str | Path | None = None
) -> tuple[Path, ...]:
    """Write an evaluation so that a reviewer can run it again.

    The folder holds the plan, every table as CSV, a script of a few lines, and a record of
    versions, seed and checksums of the definitions and data files. It holds no respondents: the
    reviewer needs the study and its data.

    Parameters
    ----------
    evaluation : Evaluation
    folder : str or Path
        Made if need be; files of the same names are replaced together.
    data : str or Path, optional
        The folder of the data files, where they do not lie in the study's own.

    Returns
    -------
    tuple of Path
        The files.

    Raises
    ------
    EvaluationError
        If the folder is a file.
    ReadingError
        If a data file is not there.

    Examples
    --------
    >>> import tempfile, resilience as rs
    >>> evaluation = rs.evaluate("surveys/lebanon")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = rs.write_evaluation_folder(evaluation, folder)
    ...     rs.differing_tables(evaluation, folder)
    ()
    """
    target = Path(folder)
    if target.is_file():
        what = "the folder for reviewers is a file"
        remedy = "name another folder"
        raise EvaluationError(Issue(what, str(target), "a file", "a folder", remedy))
    (target / _TABLES).mkdir(parents=True, exist_ok=True)
    method = evaluation.impact.method if evaluation.impact is not None else None
    explored = tuple(dict.fromkeys(evaluation.exploratory.get("variable", [])))
    changed = method if method != evaluation.plan.method else None
    script = _TEXT.format(plan=_PLAN, method=changed, explore=explored)
    contents = {
        target / _PLAN: evaluation.plan.path.read_bytes(),
        target / _SCRIPT: script.encode(),
        target / _RECORD: (json.dumps(_record(evaluation, data), indent=1) + "\n").encode(),
    }
    for name, frame in evaluation.frames().items():
        contents[target / _TABLES / f"{name}.csv"] = _as_csv(frame)
    write_whole(contents)
    return tuple(contents)


def differing_tables(
    evaluation: Evaluation, folder: str | Path, *, data: str | Path | None = None
) -> tuple[str, ...]:
    """Return what of a folder an evaluation does not give again; nothing if all is the same.

    Parameters
    ----------
    evaluation : Evaluation
        Made anew.
    folder : str or Path
        Of `write_evaluation_folder`.
    data : str or Path, optional
        As there.

    Returns
    -------
    tuple of str
        Tables and files, each with what differs. Numbers may differ in the ninth digit.

    Raises
    ------
    EvaluationError
        If the folder is none of these.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.differing_tables(rs.evaluate("surveys/lebanon"), "docs")
    Traceback (most recent call last):
        ...
    resilience.errors.EvaluationError: docs: this is no folder of an evaluation
        ...
    """
    source = Path(folder)
    if not (source / _RECORD).is_file():
        raise EvaluationError(
            Issue(
                "this is no folder of an evaluation",
                str(source),
                f"no {_RECORD}",
                "a folder that 'resilience evaluate STUDY --output' wrote",
                "name that folder",
            )
        )
    recorded = json.loads((source / _RECORD).read_text("utf-8"))
    now = _record(evaluation, data)
    found = [
        f"{name}: another file than was recorded"
        for name, checksum in recorded["sha256"].items()
        if now["sha256"].get(name) != checksum
    ]
    frames = evaluation.frames()
    kept = {path.stem for path in (source / _TABLES).glob("*.csv")}
    found += [f"{name}: in one of the two only" for name in sorted(kept ^ set(frames))]
    for name in sorted(kept & set(frames)):
        before = pd.read_csv(source / _TABLES / f"{name}.csv")
        after = pd.read_csv(io.BytesIO(_as_csv(frames[name])))
        differs = _difference(before, after)
        if differs:
            found.append(f"{name}: {differs}")
    return tuple(found)


def _difference(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Return how two tables differ, in words; nothing if they do not."""
    if list(before) != list(after) or len(before) != len(after):
        return "other rows or columns"
    for name in before:
        one, other = before[name], after[name]
        if pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(other):
            same = np.allclose(one, other, rtol=_RELATIVE, atol=_RELATIVE, equal_nan=True)
        else:
            same = one.astype("str").equals(other.astype("str"))
        if not same:
            return f"other values of '{name}'"
    return ""


def _record(evaluation: Evaluation, data: str | Path | None) -> dict[str, dict[str, str]]:
    """Return what the numbers rest on: versions, seed, and checksums of files."""
    plan, study = evaluation.plan, evaluation.plan.loaded_study
    root = Path(data) if data is not None else study.path.parent
    sums = {"study.yaml": sha256_of(study.path)}
    for wave in study.waves:
        file = file_inside(root, wave.file, where=f"{study.path}: wave '{wave.id}'")
        sums[wave.file] = sha256_of(file)
    return {
        "analysis": {
            "plan": plan.analysis,
            "study": study.study,
            "registered": str(plan.registered or ""),
            "seed": str(plan.seed),
            "level": str(plan.level),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in _PACKAGES},
        },
        "sha256": sums,
    }


def _as_csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()
