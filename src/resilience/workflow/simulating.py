"""Write simulated waves as data files, with the truth they were drawn from beside them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.definitions.loading import load_simulation_plan
from resilience.errors import DefinitionError, Issue
from resilience.files import sha256_of, write_whole
from resilience.progress import stage
from resilience.responses.formats.delimited import write_delimited
from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spss import write_spss
from resilience.responses.simulation import simulate_waves
from resilience.scoring.scores import score_items

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.study import Study, Wave
    from resilience.responses.formats.parsed import Code
    from resilience.responses.simulation import Population, Simulation

__all__ = ["TRUTH_FILE", "population_truth", "write_simulation"]

SIMULATED = "SIMULATED DATA: no person gave these answers"
TRUTH_FILE = "truth.json"
PLAN_FILE = "simulation.yaml"

_DIGITS = 6


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
        indicator by wave and site.

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
    _refuse_to_replace(study)
    simulation = simulate_waves(study, plan, seed=seed)
    with stage("Writing simulated waves"):
        contents = {
            study.path.parent / wave.file: _as_file(study, wave, simulation, plan.labels)
            for wave in study.waves
        }
        write_whole(contents)
        truth = {
            "simulated": True,
            "seed": simulation.seed,
            "files": {path.name: sha256_of(path) for path in contents},
            "truth": population_truth(study, simulation.population).to_dict("records"),
        }
        truth_path = _truth_path(study)
        write_whole({truth_path: (json.dumps(truth, indent=1) + "\n").encode()})
    return [*contents, truth_path]


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
                    "truth": round(float(value), _DIGITS),
                    "n": int(members.sum()),
                }
                for name, value in means.items()
            ]
    return pd.DataFrame(rows)


def _truth_path(study: Study) -> Path:
    return (study.path.parent / study.waves[0].file).parent / TRUTH_FILE


def _refuse_to_replace(study: Study) -> None:
    """Refuse to write over files that a simulation did not write."""
    truth = _truth_path(study)
    written = json.loads(truth.read_text("utf-8"))["files"] if truth.exists() else {}
    paths = [study.path.parent / wave.file for wave in study.waves]
    strange = [
        path.name for path in paths if path.exists() and written.get(path.name) != sha256_of(path)
    ]
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


def _as_file(study: Study, wave: Wave, simulation: Simulation, language: str) -> bytes:
    """Return a wave as the bytes of its file."""
    parsed = _in_file_codes(study, wave, simulation.waves[wave.id], language)
    suffix = Path(wave.file).suffix.lower()
    if suffix != ".sav":
        return write_delimited(parsed.frame)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wave.sav"
        write_spss(parsed, path)
        return path.read_bytes()


def _in_file_codes(study: Study, wave: Wave, frame: pd.DataFrame, language: str) -> ParsedFile:
    """Return a wave in its file's column names and codes, labelled in a language."""
    columns: dict[str, Any] = {}
    labels: dict[str, str] = {}
    answers: dict[str, Mapping[Code, str]] = {}
    missing: dict[str, tuple[tuple[Code, Code], ...]] = {}

    def put(name: str, values: Any) -> str | None:
        column = study.column_of(wave.id, name)
        if column is not None:
            columns[column] = values
        return column

    for role in ("respondent_id", "stratum", "psu"):
        put(role, frame[role].astype("str"))
    categories = {"site": study.sites, **{v.id: v.values for v in study.variables}}
    for name, values in categories.items():
        codes = {value.id: float(value.code) for value in values}
        if column := put(name, frame[name].astype("str").map(codes).astype(float)):
            answers[column] = {codes[v.id]: _words(v.title, language) for v in values}
    for variable in study.variables:
        labels[str(study.column_of(wave.id, variable.id))] = _words(variable.title, language)
    put("weight", frame["weight"].round(_DIGITS))
    for item in study.items_asked(wave.id):
        column = str(put(item, frame[item]))
        scale = study.questionnaire.scale_of(item)
        title = study.questionnaire.items_by_id[item].title
        labels[column] = _words(title, language) if title else item
        told = {code: _words(text, language) for code, text in scale.answers.items()}
        told |= {m.code: _words(m.label, language) for m in scale.missing if m.label}
        answers[column] = {float(code): text for code, text in told.items()}
        if scale.missing:
            codes_missing = [float(answer.code) for answer in scale.missing]
            missing[column] = ((min(codes_missing), max(codes_missing)),)
    return ParsedFile(pd.DataFrame(columns), labels, answers, missing, (SIMULATED, SIMULATED))


def _words(text: Mapping[str, str], language: str) -> str:
    return text.get(language, next(iter(text.values())))
