"""What a file to be checked or rendered is, and its studies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from resilience.definitions.analysis import AnalysisPlan
    from resilience.definitions.brief import BriefPlan
    from resilience.definitions.report import ReportPlan
    from resilience.definitions.study import Study

__all__ = ["plan_and_studies", "require_own_data", "stacked"]


def plan_and_studies(
    path: Path, data: Path | None
) -> tuple[ReportPlan | BriefPlan | AnalysisPlan | None, tuple[Study, ...]]:
    """Return what a file to be checked is a plan of, if it is one, and its studies."""
    from resilience.definitions.kinds import kind_of_file
    from resilience.definitions.loading import (
        load_analysis_plan,
        load_brief_plan,
        load_report_plan,
        load_study,
    )

    kind = kind_of_file(path)
    if kind == "brief":
        require_own_data(data, brief=True)
        brief = load_brief_plan(path)
        return brief, brief.loaded_studies
    if kind == "report":
        plan = load_report_plan(path)
        return plan, (plan.loaded_study,)
    if kind == "analysis":
        analysis = load_analysis_plan(path)
        return analysis, (analysis.loaded_study,)
    study = load_study(path)
    return load_analysis_plan(study.path) if study.analysis else None, (study,)


def require_own_data(data: Path | None, *, brief: bool) -> None:
    """Refuse a folder of data for a brief, whose studies lie in several."""
    if brief and data is not None:
        message = "a brief reads the data of each study from the study's own folder"
        raise typer.BadParameter(message, param_hint="--data")


def stacked(coverages: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the coverage of one study as it is, of several with the study beside it."""
    import pandas as pd

    if len(coverages) == 1:
        return next(iter(coverages.values()))
    told = [part.assign(study=study) for study, part in coverages.items()]
    stacked = pd.concat(told, ignore_index=True)
    return stacked[["study", *(name for name in stacked if name != "study")]]
