"""Estimate from a Parquet file of 50 million rows through DuckDB; print time and peak memory.

``python tests/benchmarks/engines.py FOLDER`` makes the file in FOLDER (about 600 MB), estimates
in a process of its own, checks against SQL that computes the same another way, and deletes the
file. ``--rows 1000000`` makes fewer.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np

import resilience as rs

WAVES, GROUPS, STRATA, PSUS = 4, 20, 200, 10_000
ROW_GROUP = 1_000_000
MEGABYTE = 1024
BOUND = 2_000  # MB
RTOL = 1e-9

# Every column is a hash of the row's number: the same file on every machine.
ROWS = """
SELECT
    (hash(8 * i + 1) % {waves})::UTINYINT AS wave,
    (psu % {strata})::USMALLINT AS stratum,
    psu::USMALLINT AS psu,
    (hash(8 * i + 3) % {groups})::UTINYINT AS "group",
    (50 + hash(8 * i + 4) % 1000 / 10)::FLOAT AS weight,
    (30 + hash(psu) % 200 / 10 + hash(8 * i + 6) % 5000 / 100)::FLOAT AS y
FROM (SELECT i, hash(8 * i + 2) % {psus} AS psu FROM range({rows}) AS rows(i))
"""

# Means and linearised variances by group and wave, written out in SQL over respondents' residuals.
CHECK = """
WITH means AS (
    SELECT "group", wave, fsum(weight::DOUBLE * y) / fsum(weight::DOUBLE) AS mean,
        fsum(weight::DOUBLE) AS population
    FROM read_parquet('{file}') GROUP BY ALL),
moved AS (
    SELECT "group", wave, stratum, psu, fsum(weight::DOUBLE * (y - mean) / population) AS u
    FROM read_parquet('{file}') JOIN means USING ("group", wave) GROUP BY ALL),
visited AS (
    SELECT wave, stratum, count(DISTINCT psu) AS m FROM read_parquet('{file}') GROUP BY ALL),
strata AS (
    SELECT "group", wave, m / (m - 1) * (sum(u * u) - sum(u) ** 2 / m) AS variance
    FROM moved JOIN visited USING (wave, stratum) GROUP BY "group", wave, stratum, m)
SELECT any_value(mean) AS mean, sqrt(sum(variance)) AS std_error
FROM strata JOIN means USING ("group", wave) GROUP BY "group", wave ORDER BY "group", wave
"""


def limit_memory(limit: str) -> None:
    """Tell DuckDB how much it may hold before it writes to disk; by default 80 % of the machine."""
    import duckdb

    duckdb.sql(f"SET memory_limit = '{limit}'")


def make(file: str, rows: int, limit: str) -> None:
    """Write the file, a row group at a time."""
    import duckdb

    limit_memory(limit)
    duckdb.sql("SET preserve_insertion_order = false")
    options = f"(FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP})"
    made = ROWS.format(rows=rows, waves=WAVES, groups=GROUPS, strata=STRATA, psus=PSUS)
    duckdb.sql(f"COPY ({made}) TO '{file}' {options}")


def check(file: str, limit: str, found: str) -> None:
    """Compare what was estimated with the same in SQL."""
    import duckdb

    limit_memory(limit)
    wanted = duckdb.sql(CHECK.format(file=file)).fetchnumpy()
    with np.load(found) as estimated:
        for name in ("mean", "std_error"):
            np.testing.assert_allclose(estimated[name], wanted[name], rtol=RTOL)
            far = float(np.max(np.abs(estimated[name] / wanted[name] - 1)))
            print(f"{name} against SQL: {far:.0e} at most")


def estimate(file: str, limit: str, found: str) -> None:
    """Estimate means by group and wave; print what it took."""
    import duckdb

    limit_memory(limit)
    empty = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    start = time.perf_counter()
    roles = {"weight": "weight", "stratum": "stratum", "psu": "psu", "wave": "wave"}
    design = rs.EngineDesign(duckdb.read_parquet(file), waves="same_psu", **roles)
    ready = time.perf_counter()
    means = rs.estimate_mean(design, "y", by=["group", "wave"])
    np.savez(found, mean=means.values, std_error=means.std_error)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    print(
        f"design {ready - start:.1f} s, {len(means)} means with errors {done - ready:.1f} s; ",
        end="",
    )
    print(f"peak memory {peak:,.0f} MB ({empty:,.0f} before), DuckDB limited to {limit}")
    if peak > BOUND:
        sys.exit(f"more than {BOUND:,} MB")


def alone(job, *given: object) -> None:
    """Run in a process of its own, whose peak memory is nobody else's."""
    process = get_context("spawn").Process(target=job, args=given)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path, help="where to make the file, which is deleted after")
    asked.add_argument("--rows", type=int, default=50_000_000)
    asked.add_argument("--memory-limit", default="1GB", help="DuckDB's memory_limit")
    given = asked.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    file, found = given.folder / "panel.parquet", given.folder / "means.npz"
    try:
        alone(make, str(file), given.rows, given.memory_limit)
        size = file.stat().st_size / MEGABYTE**2
        print(f"{given.rows:,} rows on disk, {size:,.0f} MB")
        alone(estimate, str(file), given.memory_limit, str(found))
        alone(check, str(file), given.memory_limit, str(found))
    finally:
        file.unlink(missing_ok=True)
        found.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
