"""Measure what designs, domains and replicates cost, as ratios within one run.

``python tests/benchmarks/inference.py`` prints processor seconds, the best of several, and
compares with one NumPy pass over the same columns and, where they are installed, with R's survey
package and with svy.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

import resilience as rs

STRATA, PSUS, DOMAINS, REPLICATES = 50, 2_000, 100, 500
ROLES = {"weight": "weight", "stratum": "stratum", "psu": "psu"}
MEGABYTE = 1024
SAME = 1e-7  # relative


def sample(n: int, *, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    psu = rng.integers(0, PSUS, n)
    names = [f"d{number}" for number in range(DOMAINS)]
    return pd.DataFrame(
        {
            "psu": psu,
            "stratum": psu % STRATA,
            "domain": pd.Categorical.from_codes(rng.integers(0, DOMAINS, n), names),
            "weight": rng.gamma(4, 25, n),
            "y": 0.3 * rng.normal(size=PSUS)[psu] + rng.normal(size=n),
        }
    )


def best_of(code, repeats: int = 7) -> float:
    """Return the fewest processor seconds; other work on the machine can only add to them."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        code()
        seconds.append(time.process_time() - start)
    return min(seconds)


def construction() -> None:
    """Time a design and means in 100 domains; cost a row must not grow with the rows."""
    for n in (10_000, 100_000, 1_000_000, 10_000_000):
        frame = sample(n)
        design = rs.SurveyDesign(frame, **ROLES)
        made = best_of(lambda frame=frame: rs.SurveyDesign(frame, **ROLES), 3)
        means = best_of(
            lambda design=design: rs.estimate_mean(design, "y", by="domain").std_error, 3
        )
        print(
            f"design of {n:>10,} rows       {made:7.3f} s, with means {made + means:7.3f} s, ",
            end="",
        )
        print(f"{1e9 * (made + means) / n:6.0f} ns a row")
    frame = sample(1_000_000)
    persons = best_of(lambda: rs.SurveyDesign(frame, weight="weight", stratum="stratum"), 3)
    print(f"the same without PSUs, 1,000,000 {persons:6.3f} s")


def domain_means() -> None:
    """Time means with standard errors in 100 domains of 1 million rows."""
    frame = sample(1_000_000)
    design = rs.SurveyDesign(frame, **ROLES)
    slot, weights, y = design.slot_of_row, design.weights, frame["y"].to_numpy()
    domain = np.asarray(frame["domain"].cat.codes, np.int64)

    def one_pass() -> None:
        """Add up both columns of numbers: a mean is a total divided by one of weights."""
        place = slot * DOMAINS + domain
        np.bincount(place, weights * y, PSUS * DOMAINS)
        np.bincount(place, weights, PSUS * DOMAINS)

    def half_a_pass() -> None:
        np.bincount(slot * DOMAINS + domain, weights * y, PSUS * DOMAINS)

    def ours() -> None:
        _ = rs.estimate_mean(design, "y", by="domain").std_error

    floor, half, seconds = (best_of(code, 25) for code in (one_pass, half_a_pass, ours))
    print(f"mean x {DOMAINS} domains, 1,000,000   {1000 * seconds:6.1f} ms, ", end="")
    print(f"{seconds / floor:.1f} times one bincount pass ({1000 * floor:.1f} ms), ", end="")
    print(f"{seconds / half:.1f} times one bincount of y alone ({1000 * half:.1f} ms)")
    means = rs.estimate_mean(design, "y", by="domain")
    errors = pd.Series(means.std_error, index=means.rows["domain"].astype("str"))
    for name, peer in (("R survey", time_of_r(frame)), ("svy", time_of_svy(frame))):
        if isinstance(peer, str):
            print(f"  {name}: skipped, {peer}")
            continue
        far = float((peer[1].reindex(errors.index) / errors - 1).abs().max(skipna=False))
        print(f"  {name} {peer[0]:.2f} s, {peer[0] / seconds:.0f} times as long; ", end="")
        print(f"its standard errors are the same to {far:.0e}")
        if not far < SAME:
            sys.exit(f"{name} has other standard errors")


def many_indices() -> None:
    """Time 30 indices in 40 domains of 5,000 rows."""
    rng = np.random.default_rng(1)
    n, psu = 5_000, np.random.default_rng(2).integers(0, 300, 5_000)
    names = [f"y{number}" for number in range(30)]
    frame = pd.DataFrame(rng.normal(50, 10, (n, 30)), columns=names).assign(
        psu=psu, stratum=psu % 20, weight=rng.gamma(4, 25, n), domain=rng.integers(0, 40, n)
    )
    design = rs.SurveyDesign(frame, **ROLES)
    seconds = best_of(lambda: rs.estimate_mean(design, names, by="domain").std_error)
    print(f"30 indices x 40 domains, 5,000   {1000 * seconds:6.1f} ms")


def replicates() -> None:
    """Time 500 bootstrap replicates in 100 domains of 1 million rows, and what memory they add."""
    frame = sample(1_000_000)
    design = rs.SurveyDesign(frame, **ROLES)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def ours() -> None:
        drawn = rs.as_replicates(design, "bootstrap", n_replicates=REPLICATES, seed=1)
        _ = rs.estimate_mean(drawn, "y", by="domain").std_error

    seconds = best_of(ours, 5)
    added = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / MEGABYTE
    print(f"{REPLICATES} replicates x {DOMAINS} domains, 1,000,000: ", end="")
    print(f"{seconds:.2f} s, draws included; {added:.0f} MB above the data")


def time_of_r(frame: pd.DataFrame) -> tuple[float, pd.Series] | str:
    """Return what the same means cost R survey, its design not counted, and the errors."""
    if not shutil.which("Rscript"):
        return "Rscript is not installed"
    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder, "sample.csv"), index=False)
        code = (
            "suppressPackageStartupMessages(library(survey));"
            f"d <- read.csv('{folder}/sample.csv');"
            "s <- svydesign(~psu, strata=~stratum, weights=~weight, data=d);"
            "t <- system.time(m <- svyby(~y, ~domain, s, svymean));"
            f"m$se <- format(m$se, digits=17); write.csv(m, '{folder}/errors.csv');"
            "cat(t[['user.self']] + t[['sys.self']])"
        )
        done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return "the R package 'survey' is not installed"
        return float(done.stdout), pd.read_csv(Path(folder, "errors.csv"), index_col="domain")["se"]


def time_of_svy(frame: pd.DataFrame) -> tuple[float, pd.Series] | str:
    """Return what the same means cost svy, its sample made and warm, and the errors."""
    if find_spec("svy") is None or find_spec("polars") is None:
        return "the package 'svy' is not installed"
    import polars as pl
    import svy

    names = ("psu", "stratum", "weight", "y")
    table = pl.DataFrame({name: frame[name].to_numpy() for name in names}).with_columns(
        pl.Series("domain", frame["domain"].astype("str").tolist())
    )
    drawn = svy.Sample(table, svy.Design(stratum="stratum", psu="psu", wgt="weight"))
    rows = drawn.estimation.mean("y", by="domain").estimates
    errors = pd.Series({row.by_level[0]: row.se for row in rows})
    return best_of(lambda: drawn.estimation.mean("y", by="domain"), 3), errors


MEASUREMENTS = {
    "replicates": replicates,  # first, so that the memory it adds is its own
    "construction": construction,
    "domains": domain_means,
    "indices": many_indices,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MEASUREMENTS:
        MEASUREMENTS[chosen]()
