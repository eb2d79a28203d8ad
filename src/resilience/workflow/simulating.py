"""Write simulated waves as data files, with the truth they were drawn from beside them."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.definitions.loading import load_simulation_plan
from resilience.errors import DefinitionError, Issue
from resilience.files import path_inside, sha256_of, write_whole
from resilience.progress import stage
from resilience.responses.checksums import record_checksums
from resilience.responses.simulation import simulate_waves
from resilience.responses.writing import WRITABLE_SUFFIXES
from resilience.scoring.scores import score_items
from resilience.workflow.wave_files import WAVE_FILE_DIGITS, wave_file

if TYPE_CHECKING:
    from resilience.definitions.study import Study
    from resilience.responses.simulation import Population

__all__ = ["TRUTH_FILE", "population_truth", "write_simulation"]

TRUTH_FILE = "truth.json"
PLAN_FILE = "simulation.yaml"


def write_simulation(study: Study, *, seed: int | None = None) -> list[Path]:
    """Simulate a study's waves by the plan beside it and write them where the study has them.

    Parameters
    ----------
    study : Study
        One whose data are simulated, with a `simulation.yaml` in its folder.
    seed : int, optional
        In place of the plan's.

    Returns
    -------
    list of Path
        The wave files and the file of the truth: population values of every index and
        indicator by wave and site, and what else was planted.

    Raises
    ------
    DefinitionError
        If the study's data were collected, the plan is wrong, or a file in the way is not one
        that a simulation wrote.
    """
    if study.data != "simulated":
        raise DefinitionError(
            Issue(
                "the study's data were collected; a simulation would replace them",
                where=str(study.path),
                found="data: collected",
                expected="data: simulated",
                remedy="rehearse with a copy of the study",
            )
        )
    plan = load_simulation_plan(study.path.parent / PLAN_FILE, study)
    paths = _wave_paths(study)
    truth_path = paths[study.waves[0].id].parent / TRUTH_FILE
    _refuse_to_replace(list(paths.values()), truth_path)
    simulation = simulate_waves(study, plan, seed=seed)
    with stage("Writing simulated waves"):
        contents = {
            paths[wave.id]: wave_file(study, wave, simulation.waves[wave.id], plan.labels)
            for wave in study.waves
        }
        truth = {
            "simulated": True,
            "seed": simulation.seed,
            "files": {
                _name_from(truth_path, path): hashlib.sha256(data).hexdigest()
                for path, data in contents.items()
            },
            "truth": population_truth(study, simulation.population).to_dict("records"),
        }
        if simulation.planted:
            truth["planted"] = dict(simulation.planted)
        contents[truth_path] = (json.dumps(truth, indent=1) + "\n").encode()
        write_whole(contents)
        record_checksums(
            {path: hashlib.sha256(contents[path]).hexdigest() for path in paths.values()},
            anew_only=True,
        )
    return list(contents)


def population_truth(study: Study, population: Population) -> pd.DataFrame:
    """Return what a survey would find if everybody answered everything.

    Returns
    -------
    pandas.DataFrame
        Columns `wave site variable truth n`: means of indices in points and shares of
        indicators, for each site and for `all`, `programme` and `comparison` sites together.
    """
    people = population.people
    groups = {site.id: (people["site"] == site.id).to_numpy() for site in study.sites}
    groups["all"] = np.ones(len(people), bool)
    for role in ("programme", "comparison"):
        sites = [site.id for site in study.sites if site.role == role]
        groups[role] = people["site"].isin(sites).to_numpy()
    rows = []
    for wave, answers in population.answers.items():
        scores = score_items(answers, study.questionnaire)
        for group, members in groups.items():
            means = scores[members].mean()
            rows += [
                {
                    "wave": wave,
                    "site": group,
                    "variable": str(name),
                    "truth": round(float(value), WAVE_FILE_DIGITS),
                    "n": int(members.sum()),
                }
                for name, value in means.items()
            ]
    return pd.DataFrame(rows)


def _wave_paths(study: Study) -> dict[str, Path]:
    """Return where each wave's file belongs: in the study's folder, of a kind that is written."""
    paths = {}
    for wave in study.waves:
        path = path_inside(study.path.parent, wave.file, where=f"{study.path}: wave {wave.id}")
        if path.suffix.lower() not in WRITABLE_SUFFIXES:
            raise DefinitionError(
                Issue(
                    "waves are not simulated as files of this kind",
                    where=f"{study.path}: wave {wave.id}",
                    found=wave.file,
                    expected=f"a name that ends in {', '.join(WRITABLE_SUFFIXES)}",
                    remedy="rename the wave's file in the study",
                )
            )
        paths[wave.id] = path
    return paths


def _refuse_to_replace(paths: list[Path], truth: Path) -> None:
    """Refuse to write over files that a simulation did not write."""
    written = _recorded(truth)
    strange = [path.name for path in paths if path.exists() and not _is_written(path, written)]
    if strange:
        raise DefinitionError(
            Issue(
                "files in the way were not written by a simulation, or were changed since",
                where=str(truth.parent),
                found=", ".join(strange),
                expected=f"files recorded in {TRUTH_FILE}, or none",
                remedy="move them away if they may be lost; they could be real data",
            )
        )


def _is_written(path: Path, written: dict[Path, str]) -> bool:
    return path.is_file() and written.get(path) == sha256_of(path)


def _recorded(truth: Path) -> dict[Path, str]:
    """Return the checksums of the files that the last simulation wrote."""
    if not truth.exists():
        return {}
    try:
        files = json.loads(truth.read_text("utf-8"))["files"]
        return {Path(os.path.normpath(truth.parent / name)): files[name] for name in files}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DefinitionError(
            Issue(
                "the file in the way of the truth was not written by a simulation",
                where=str(truth),
                found="something else",
                expected="the record of a simulation, or no file",
                remedy="move it away",
            )
        ) from error


def _name_from(truth: Path, path: Path) -> str:
    """Return a file's name as seen from the truth's folder, alike on every system."""
    return Path(os.path.relpath(path, truth.parent)).as_posix()
