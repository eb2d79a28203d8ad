"""The commands. Each loads what it needs when it runs, so that --help is quick."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from resilience.cli.checking import plan_and_studies, require_own_data, stacked
from resilience.cli.estimating import AskedStatistic, estimates_of, not_one_score, protected_frame
from resilience.cli.evaluating import evaluate
from resilience.cli.options import (
    ByOption,
    CheckedArgument,
    DataOption,
    FormatOption,
    LevelOption,
    OutputFormat,
    QuietOption,
    Statistic,
    StatisticOption,
    StudyArgument,
    VariableOption,
    WhereOption,
)
from resilience.cli.planning import power
from resilience.cli.printing import print_frame, shown_stages, tell
from resilience.cli.protecting import commands as protecting

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Survey waves on community resilience and cohesion: check, score, estimate, compare, "
        "report. Exit codes: 0 done; 1 the data or definitions are wrong; 2 wrong usage."
    ),
)


class ReportFormat(StrEnum):
    """A file format of reports."""

    html = "html"
    pdf = "pdf"


TimingsOption = Annotated[
    bool, typer.Option("--timings", help="Print what each stage cost, to standard error.")
]


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"resilience {installed('resilience-surveys')}")
        raise typer.Exit


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", show_default=False)],
) -> None:
    """Make a workspace with an annotated example that works."""
    from resilience.workflow.starting import start_workspace

    files = start_workspace(folder)
    tell(f"{len(files)} files in {folder}. Next:")
    tell(f"  cd {shlex.quote(str(folder))}")
    tell("  resilience check surveys/example/study.yaml")
    tell("  resilience report reports/example.yaml")


@app.command()
def check(
    study: CheckedArgument,
    data: DataOption = None,
    output_format: FormatOption = OutputFormat.table,
    accept: Annotated[
        bool,
        typer.Option("--accept-changed", help="Take data files that were replaced as they are."),
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Check a study or the plan of a report or brief, and the data.

    Everything that is wrong is told at once; else, what each score rests on.
    """
    from resilience.definitions.instrument import MISSING_REASONS
    from resilience.inference.designs.design import SurveyDesign
    from resilience.responses.checksums import accept_files
    from resilience.responses.loading import load_responses
    from resilience.scoring.coverage import score_coverage
    from resilience.scoring.scores import score

    plan, studies = plan_and_studies(study, data)
    for changed in studies if accept else ():
        accept_files(changed, data=data)
    with shown_stages(timings=False, quiet=quiet):
        scored = [score(load_responses(part, data=data)) for part in studies]
        designs = [SurveyDesign.from_responses(part) for part in scored]
    coverages = {part.study.study: score_coverage(part) for part in scored}
    if output_format is not OutputFormat.table:
        print_frame(stacked(coverages), output_format)
        return
    if plan is not None:
        tell(repr(plan).strip("<>"))
    for part, design, coverage in zip(scored, designs, coverages.values(), strict=True):
        tell(repr(part).strip("<>"))
        tell(repr(design).strip("<>"))
        for note in design.notes:
            tell(f"  {note}")
        if coverage.empty:
            tell("\nThe instruments have no indices and no indicators: nothing is scored.\n")
            continue
        tell("\nShares of the sample, not weighted; reasons that do not occur are left out:")
        unused = [name for name in MISSING_REASONS if not coverage[name].any()]
        print_frame(coverage.drop(columns=unused), output_format)
        tell()
    tell("No problems found.")


@app.command()
def score(
    study: StudyArgument,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="A .sav, .zsav, .dta, .csv, .tsv, .xlsx or .parquet file.",
            show_default=False,
        ),
    ],
    data: DataOption = None,
    language: Annotated[
        str | None, typer.Option("--language", help="Of labels. Default: the study's.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Write a study's answers with their scores, labels and reasons.

    The file holds what respondents answered: keep it private.
    """
    from resilience.definitions.loading import load_study
    from resilience.responses.loading import load_responses
    from resilience.scoring.scores import score as score_responses
    from resilience.workflow.exporting import write_responses

    with shown_stages(timings=False, quiet=quiet):
        scored = score_responses(load_responses(load_study(study), data=data))
        write_responses(scored, output, language=language)
    tell(f"{len(scored.frame):,} rows in {output}. Handle with care: it holds answers.")


@app.command()
def export(
    study: StudyArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="As for score.", show_default=False)
    ],
    public: Annotated[
        bool, typer.Option("--public", help="For everybody: what 'public' in the study says.")
    ] = False,
    data: DataOption = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, help="Of the rows' order; keep it private."),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Write a file for everybody, or say what would make it safe."""
    from resilience.definitions.loading import load_study
    from resilience.responses.loading import load_responses
    from resilience.workflow.public_file import write_public_file

    if not public:
        message = "say --public; a file of all answers, for yourself, is made by 'score'"
        raise typer.BadParameter(message, param_hint="--public")
    with shown_stages(timings=False, quiet=quiet):
        responses = load_responses(load_study(study), data=data)
        risk = write_public_file(responses, output, seed=seed)
    told = f"k = {risk.k}, mean risk {100 * risk.global_risk:.2f} %"
    typer.echo(f"{risk.n:,} rows in {output}: {told}.")


@app.command()
def estimate(
    study: StudyArgument,
    variable: VariableOption,
    by: ByOption = None,
    where: WhereOption = None,
    statistic: StatisticOption = None,
    denominator: Annotated[
        str | None, typer.Option("--denominator", help="Of a ratio.", show_default=False)
    ] = None,
    data: DataOption = None,
    level: LevelOption = 0.95,
    output_format: FormatOption = OutputFormat.table,
    quiet: QuietOption = False,
) -> None:
    """Estimate means, shares, totals, medians or ratios.

    Indices and items are estimated as means, indicators and the values of variables as shares,
    unless --statistic says otherwise.
    """
    if (statistic == Statistic.ratio) != (denominator is not None):
        message = "a ratio has a denominator, and nothing else has"
        raise typer.BadParameter(message, param_hint="--denominator")
    asked = AskedStatistic(statistic, denominator) if statistic else None
    found = estimates_of(study, variable, by, where, data, quiet=quiet, asked=asked)
    print_frame(protected_frame(found, level), output_format, units=found.estimates.unit)
    for name in not_one_score(found.estimates):
        typer.echo(
            f"note: '{name}' is not the same score in all these rows: other items, other answers "
            "or another rule. Do not set one against the other; 'resilience compare' says why.",
            err=True,
        )


@app.command()
def compare(
    study: StudyArgument,
    variable: VariableOption,
    reference: Annotated[
        str, typer.Option("--reference", help="What is subtracted.", show_default=False)
    ],
    over: Annotated[str, typer.Option("--over", help="Along which variable.")] = "wave",
    by: ByOption = None,
    where: WhereOption = None,
    items: Annotated[
        str | None,
        typer.Option("--items", help="common: the items that comparable waves asked alike."),
    ] = None,
    data: DataOption = None,
    level: LevelOption = 0.95,
    output_format: FormatOption = OutputFormat.table,
    quiet: QuietOption = False,
) -> None:
    """Compare waves (or places, or groups) with a reference."""
    from resilience.inference.comparisons.comparison import compare as compare_rows

    if items not in (None, "common"):
        message = f"'{items}': the only choice is 'common'"
        raise typer.BadParameter(message, param_hint="--items")
    groups = [*(name for name in by or () if name != over), over]
    found = estimates_of(study, variable, groups, where, data, quiet=quiet, items=items)
    changes = compare_rows(
        found.estimates, over=over, reference=reference, items="common" if items else None
    )
    table = protected_frame(found, level, changes=changes, over=over)
    print_frame(table, output_format, units=changes.unit)


app.command()(evaluate)
app.command()(power)


@app.command()
def draft(
    files: Annotated[
        list[Path], typer.Argument(help="Data files, one a wave, in order.", show_default=False)
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The workspace to write to.")
    ] = Path(),
    name: Annotated[
        str | None,
        typer.Option("--name", help="Of study and instrument. Default: the first file's."),
    ] = None,
    form: Annotated[
        Path | None,
        typer.Option("--form", help="The files' XLSForm.", show_default=False),
    ] = None,
    choices: Annotated[
        Path | None,
        typer.Option(
            "--choices", help="The form's sheet of choices, where it is .csv.", show_default=False
        ),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Draft instrument, study and report from data files.

    They load as they are; DRAFT.md beside the study lists what to decide.
    """
    from resilience.responses.xlsform import read_form
    from resilience.workflow.drafting.drafting import draft_definitions

    with shown_stages(timings=False, quiet=quiet):
        paths = draft_definitions(
            files, output, name=name, form=read_form(form, choices=choices) if form else None
        )
    for path in paths:
        tell(path)
    folder = files[0].parent
    tell(f"Next: resilience check {shlex.quote(str(paths[1]))} --data {shlex.quote(str(folder))}")


@app.command()
def simulate(
    study: StudyArgument,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, help="In place of the plan's.", show_default=False),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Simulate a study's waves, with the truth beside them.

    The population is that of the simulation.yaml in the study's folder.
    """
    from resilience.definitions.loading import load_study
    from resilience.workflow.simulating import write_simulation

    with shown_stages(timings=False, quiet=quiet):
        files = write_simulation(load_study(study), seed=seed)
    for path in files:
        tell(path)


@app.command()
def report(
    plan: Annotated[
        Path, typer.Argument(help="A YAML file of a reports/ folder.", show_default=False)
    ],
    language: Annotated[
        list[str] | None,
        typer.Option("--language", help="en, fr or ar; repeat for more. Default: the plan's."),
    ] = None,
    report_format: Annotated[
        list[ReportFormat] | None,
        typer.Option("--format", help="Repeat for more. Default: the plan's."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A folder. Default: out/ beside the plan."),
    ] = None,
    data: DataOption = None,
    timings: TimingsOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a report or a brief in its languages and formats."""
    from resilience.definitions.kinds import kind_of_file
    from resilience.reporting.brief import build_brief
    from resilience.reporting.building import build_report
    from resilience.reporting.rendering import render
    from resilience.workflow.briefing import run_brief
    from resilience.workflow.running import run_plan

    brief = kind_of_file(plan) == "brief"
    require_own_data(data, brief=brief)
    with shown_stages(timings=timings, quiet=quiet):
        built = build_brief(run_brief(plan)) if brief else build_report(run_plan(plan, data=data))
        formats = [str(part) for part in report_format] if report_format else None
        paths = render(built, output or plan.parent / "out", formats=formats, languages=language)
    for path in paths:
        tell(path)


app.add_typer(protecting)
