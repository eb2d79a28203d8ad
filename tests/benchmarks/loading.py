"""Measure what a large file costs: 100,000 respondents and 300 columns in a .sav.

``python tests/benchmarks/loading.py`` writes the file, loads it first (in the child process)
and from the private cache, and prints processor seconds and peak memory of each. Memory from
the cache is what reading adds to a process that has imported what reading needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spss import write_spss

ROWS, ITEMS, NUMBERS, TEXTS = 100_000, 280, 10, 10
SEED = 7
REPEATS = 3

# Loads the file as a study does, by its columns, which are looked through for identifiers, and
# tells what that cost.
CODE = """
import json, resource, sys, time
from pathlib import Path
import pandas, pyarrow.parquet, pyarrow.compute
from resilience.responses.identifiers.protection import Protection
from resilience.responses.reading import ReadRequest, read_surveys

def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024

path, columns = Path(sys.argv[1]), tuple(json.loads(sys.argv[2]))
before = peak()
start = time.process_time()
protection = Protection(uses=dict.fromkeys(columns, "item"))
survey = read_surveys([ReadRequest(path, columns, protection=protection)], single=True)[0]
seconds = time.process_time() - start
child = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "seconds": seconds, "memory": peak() - before, "whole": peak(), "rows": len(survey.frame),
    "child_seconds": child.ru_utime + child.ru_stime, "child_memory": child.ru_maxrss / 1024,
}))
"""


def large_file(folder: Path) -> tuple[Path, list[str]]:
    """Write the file: items with declared missing codes, decimals, texts in two scripts."""
    rng = np.random.default_rng(SEED)
    shares = [0.19, 0.19, 0.19, 0.18, 0.18, 0.03, 0.02, 0.02]
    codes = np.array([1, 2, 3, 4, 5, 98, 99, np.nan])
    places = np.array(["Скопје", "Тетово", "بيروت", "طرابلس", "Nairobi", "Saint-Louis", ""])
    items = {f"q{at:03d}": rng.choice(codes, ROWS, p=shares) for at in range(ITEMS)}
    frame = pd.DataFrame(
        items
        | {f"w{at}": rng.normal(50, 10, ROWS) for at in range(NUMBERS)}
        | {f"t{at}": pd.Series(rng.choice(places, ROWS), dtype="str") for at in range(TEXTS)}
    )
    labels = {1.0: "Воопшто не", 2.0: "Не", 3.0: "Ниту", 4.0: "Да", 5.0: "Сосема"}
    path = folder / "large.sav"
    write_spss(
        ParsedFile(
            frame,
            value_labels=dict.fromkeys(items, labels),
            user_missing=dict.fromkeys(items, ((98.0, 99.0),)),
        ),
        path,
    )
    return path, list(map(str, frame.columns))


def loaded(path: Path, columns: list[str], cache: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(path), json.dumps(columns)],
        check=True,
        capture_output=True,
        env={**os.environ, "RESILIENCE_CACHE": cache},
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, columns = large_file(Path(folder))
        cache = str(Path(folder, "cache"))
        first = loaded(path, columns, cache)
        again = [loaded(path, columns, cache) for _ in range(REPEATS)]
        few = loaded(path, columns[:20], cache)
        few = loaded(path, columns[:20], cache)
        size = path.stat().st_size / 1e6
    print(f"{ROWS:,} x {len(columns)} .sav of {size:.0f} MB")
    print(
        f"first load: child {first['child_seconds']:.1f} s, {first['child_memory']:.0f} MB; "
        f"parent {first['seconds']:.1f} s"
    )
    best = min(again, key=lambda told: told["seconds"])
    print(
        f"from the cache: {best['seconds']:.2f} s, {best['memory']:.0f} MB added, "
        f"{best['whole']:.0f} MB in all"
    )
    print(f"20 columns from the cache: {few['seconds']:.2f} s, {few['memory']:.0f} MB added")


if __name__ == "__main__":
    main()
