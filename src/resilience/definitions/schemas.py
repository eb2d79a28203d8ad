"""JSON Schemas of the definitions, for editors that check YAML as it is written.

``python -m resilience.definitions.schemas`` writes them anew beside this module.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from resilience.definitions.analysis import Analysis
from resilience.definitions.brief import BriefDefinition
from resilience.definitions.instrument import Instrument
from resilience.definitions.report import ReportDefinition
from resilience.definitions.simulation import SimulationPlan
from resilience.definitions.study import StudyDefinition
from resilience.definitions.translation import Translation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.models import Definition

__all__ = ["published_schemas", "schema_texts"]

_MODELS: Mapping[str, type[Definition]] = {
    "instrument": Instrument,
    "translation": Translation,
    "study": StudyDefinition,
    "report": ReportDefinition,
    "brief": BriefDefinition,
    "simulation": SimulationPlan,
    "analysis": Analysis,
}
_FOLDER = "schemas"


def schema_texts() -> dict[str, str]:
    """Return each kind of definition's JSON Schema as text, made from the records."""
    return {
        name: json.dumps(_schema(name, model), indent=1, sort_keys=True) + "\n"
        for name, model in _MODELS.items()
    }


def published_schemas() -> dict[str, str]:
    """Return the schemas that come with the package."""
    folder = files("resilience.definitions") / _FOLDER
    return {name: (folder / f"{name}.json").read_text("utf-8") for name in _MODELS}


def _schema(name: str, model: type[Definition]) -> dict[str, object]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **model.model_json_schema(),
        "title": f"resilience {name}",
    }


if __name__ == "__main__":
    for kind, text in schema_texts().items():
        (Path(__file__).parent / _FOLDER / f"{kind}.json").write_text(text, "utf-8")
