"""Measure what importing, estimating and reporting cost, against peers in the same run.

``python tests/benchmarks/measure.py`` prints processor seconds (of all children too), peak
memory and ratios. Wall time depends on what else the machine does; processor time hardly.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import resilience as rs
from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spreadsheets import write_spreadsheet

ROOT = Path(__file__).parents[2]
REPEATS = 5
DOMAINS, VARIABLES = 40, 30
MEGABYTE = 1024


def cpu_of(command: list[str], **environment: str) -> tuple[float, float]:
    """Return the processor seconds and peak memory in MB of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, env={**os.environ, **environment}
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, after.ru_maxrss / MEGABYTE


def best_cpu_of(code: str) -> float:
    return min(cpu_of([sys.executable, "-c", code])[0] for _ in range(REPEATS))


def imports() -> None:
    nothing = best_cpu_of("pass")
    ours = best_cpu_of("import resilience")
    pandas = best_cpu_of("import pandas")
    print(f"start of Python           {nothing:.2f} s")
    print(f"import resilience         {ours:.2f} s, {ours / pandas:.2f} of import pandas")


def report() -> None:
    """Time the donor report in one language, HTML and PDF, with nothing cached."""
    with tempfile.TemporaryDirectory() as folder:
        plan = "reports/lebanon-donor.yaml"
        command = [sys.executable, "-m", "resilience", "report", plan, "--language", "en"]
        seconds, memory = cpu_of(
            [*command, "--output", folder], RESILIENCE_CACHE=str(Path(folder, "cache"))
        )
        again, _ = cpu_of(
            [*command, "--output", folder], RESILIENCE_CACHE=str(Path(folder, "cache"))
        )
    print(
        f"Lebanon report, one language: first {seconds:.1f} s, again {again:.1f} s, {memory:.0f} MB"
    )


def workbook() -> None:
    """Time reading a workbook of 5,000 respondents and 130 columns, its child process too."""
    rng = np.random.default_rng(1)
    n, items = 5_000, 120
    frame = pd.DataFrame(
        {
            "id": pd.Series([f"{number:06d}" for number in range(n)], dtype="str"),
            **{f"q{k}": rng.integers(1, 6, n).astype(float) for k in range(items)},
            **{
                f"t{k}": pd.Series(rng.choice(["jo", "po", "да"], n), dtype="str") for k in range(8)
            },
            "weight": rng.gamma(4, 25, n),
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "wave.xlsx")
        path.write_bytes(write_spreadsheet(ParsedFile(frame)))
        code = f"import resilience as rs; rs.read_survey({str(path)!r})"
        seconds, memory = cpu_of([sys.executable, "-c", code])
    print(f"workbook, {n:,} x {frame.shape[1]}: read in {seconds:.1f} s, {memory:.0f} MB")


def loading() -> None:
    """Time loading each study that has its data, first and from the private cache."""
    for study in sorted(ROOT.glob("surveys/*/study.yaml")):
        if not (study.parent / "data").is_dir():
            continue
        code = f"import resilience as rs; rs.load_responses(rs.load_study({str(study)!r}))"
        command = [sys.executable, "-c", code]
        with tempfile.TemporaryDirectory() as cache:
            first, _ = cpu_of(command, RESILIENCE_CACHE=cache)
            again, memory = cpu_of(command, RESILIENCE_CACHE=cache)
        told = f"first {first:.1f} s, cached {again:.1f} s, {memory:.0f} MB"
        print(f"load {study.parent.name}: {told}")


def domain_means() -> None:
    """Time 30 means in 40 domains of 5,000 respondents, with all standard errors."""
    rng = np.random.default_rng(1)
    n, psus = 5_000, 300
    psu = rng.integers(0, psus, n)
    frame = pd.DataFrame(
        {
            "psu": psu,
            "stratum": psu % 20,
            "domain": rng.integers(0, DOMAINS, n),
            "weight": rng.gamma(4, 25, n),
            **{f"y{k}": rng.normal(50, 10, n) for k in range(VARIABLES)},
        }
    )
    design = rs.SurveyDesign(frame, weight="weight", stratum="stratum", psu="psu")
    names = [f"y{k}" for k in range(VARIABLES)]
    ours = min(timed(design, names) for _ in range(REPEATS))
    print(f"{VARIABLES} means in {DOMAINS} domains, n {n:,}: {1000 * ours:.0f} ms", end="")
    peer = seconds_of_r(frame, names)
    print(f", R survey {1000 * peer:.0f} ms, {peer / ours:.0f} times as long" if peer else "")


def timed(design: rs.SurveyDesign, names: list[str]) -> float:
    start = time.process_time()
    _ = rs.estimate_mean(design, names, by="domain").std_error
    return time.process_time() - start


def seconds_of_r(frame: pd.DataFrame, names: list[str]) -> float | None:
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder, "sample.csv"), index=False)
        formula = "~" + "+".join(names)
        code = (
            "suppressPackageStartupMessages(library(survey));"
            f"d <- read.csv('{folder}/sample.csv');"
            "s <- svydesign(~psu, strata=~stratum, weights=~weight, data=d);"
            f"cat(system.time(svyby({formula}, ~domain, s, svymean))[['user.self']])"
        )
        done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    return float(done.stdout) if done.returncode == 0 else None


if __name__ == "__main__":
    imports()
    workbook()
    loading()
    domain_means()
    report()
