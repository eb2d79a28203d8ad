"""The command that runs an analysis plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resilience.cli.options import (
    DataOption,
    FormatOption,
    OutputFormat,
    QuietOption,
    StudyArgument,
)
from resilience.cli.printing import print_frame, shown_stages, tell

if TYPE_CHECKING:
    from resilience.evaluation.impact.evaluation import Evaluation

__all__ = ["evaluate"]

PlanOption = Annotated[
    Path | None,
    typer.Option("--plan", help="An analysis plan. Default: the study's.", show_default=False),
]
ExploreOption = Annotated[
    list[str] | None,
    typer.Option(
        "--explore", help="A measure that the plan does not name; repeat.", show_default=False
    ),
]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        help="A folder for reviewers: plan, tables, script, checksums; no respondents.",
        show_default=False,
    ),
]
_SHOWN = (
    *("family", "variable", "estimate", "std_error", "conf_low", "conf_high", "df", "n"),
    *("p_value", "p_adjusted", "verdict", "equivalence", "minimum_detectable", "status"),
)


def evaluate(
    study: StudyArgument,
    plan: PlanOption = None,
    explore: ExploreOption = None,
    output: FolderOption = None,
    data: DataOption = None,
    output_format: FormatOption = OutputFormat.table,
    quiet: QuietOption = False,
) -> None:
    """Run an analysis plan: what changed, and what the programme did.

    Inference is at the level at which the programme was assigned.
    """
    from resilience.definitions.loading import load_analysis_plan
    from resilience.workflow.evaluating import evaluate as run_evaluation
    from resilience.workflow.evaluation_folder import write_evaluation_folder

    with shown_stages(timings=False, quiet=quiet):
        loaded = load_analysis_plan(plan, study=study) if plan else load_analysis_plan(study)
        evaluation = run_evaluation(loaded, data=data, explore=explore or ())
    outcomes = evaluation.to_frame()
    if output_format is not OutputFormat.table:
        print_frame(outcomes, output_format)
    else:
        _print_tables(evaluation)
    if output is not None:
        files = write_evaluation_folder(evaluation, output, data=data)
        typer.echo(f"{len(files)} files in {output}", err=True)


def _print_tables(evaluation: Evaluation) -> None:
    outcomes = evaluation.to_frame()
    impact = evaluation.impact
    units = dict(zip(impact.rows["variable"], impact.unit, strict=True)) if impact else {}
    shown = outcomes[[name for name in _SHOWN if name in outcomes]]
    told = [units.get(name, "") for name in outcomes["variable"]]
    print_frame(shown, OutputFormat.table, units=told)
    if impact is not None:
        tell(f"\n{impact.summary}")
    for part in evaluation.subgroups:
        tell(f"\nDoes the effect differ by {part.variable}?")
        print_frame(part.interaction, OutputFormat.table)
    if len(evaluation.targets):
        tell("\nTargets, from the interval:")
        print_frame(evaluation.targets, OutputFormat.table)
    if len(evaluation.contribution.rivals):
        tell("\nWhat else may explain a change:")
        print_frame(evaluation.contribution.rivals, OutputFormat.table)
    if len(evaluation.contribution.series):
        tell("\nCounted between the waves, and in as many months before (context only):")
        print_frame(evaluation.contribution.series, OutputFormat.table)
    told_notes = [*evaluation.deviations, *(impact.notes if impact else ())]
    if told_notes:
        tell()
    for note in told_notes:
        tell(f"- {note}")
