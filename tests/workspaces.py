"""Workspaces for tests: the annotated example with its simulated data, changed where asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml

from resilience.workflow.starting import start_workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Change = Callable[[dict[str, Any]], None]

PLACES = {
    "instrument": "instruments/example/instrument.yaml",
    "study": "surveys/example/study.yaml",
    "report": "reports/example.yaml",
}
WAVES = ("baseline", "endline")


def example_workspace(
    folder: Path,
    *,
    instrument: Change | None = None,
    study: Change | None = None,
    report: Change | None = None,
    data: Callable[[str, pd.DataFrame], pd.DataFrame] | None = None,
) -> Path:
    """Return the report's file of a new workspace whose definitions and data were changed.

    Parameters
    ----------
    folder : Path
        A folder that does not exist yet.
    instrument, study, report : callable, optional
        Changes the definition, as plain data, in place.
    data : callable, optional
        From a wave and its file, as text, to what the file should hold.
    """
    start_workspace(folder)
    for name, change in (("instrument", instrument), ("study", study), ("report", report)):
        if change is not None:
            file = folder / PLACES[name]
            definition = yaml.safe_load(file.read_text("utf-8"))
            change(definition)
            text = yaml.safe_dump(definition, allow_unicode=True, sort_keys=False)
            file.write_text(text, "utf-8")
    if data is not None:
        for wave in WAVES:
            file = folder / "surveys" / "example" / "data" / f"{wave}.csv"
            answers = pd.read_csv(file, dtype=str, keep_default_na=False)
            data(wave, answers).to_csv(file, index=False)
    return folder / PLACES["report"]
