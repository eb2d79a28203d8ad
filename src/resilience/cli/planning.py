"""What a survey could show: the command for power."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resilience.cli.options import (
    DataOption,
    FormatOption,
    LevelOption,
    OutputFormat,
    QuietOption,
    StudyArgument,
)
from resilience.cli.printing import print_frame, shown_stages, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from resilience.evaluation.planning.fielded import FieldedSample
    from resilience.evaluation.planning.power import PowerPlan

__all__ = ["power"]

_SCALE = 100  # points of an index
_PAIR = re.compile(r"(\d{1,4})\+(\d{1,4})\Z")


class PlanMethod(StrEnum):
    """How an effect is estimated."""

    endline = "endline"
    did = "did"
    ancova = "ancova"
    change = "change"


def power(
    study: StudyArgument,
    variable: Annotated[
        list[str] | None,
        typer.Option(
            "--variable", "-v", help="An index or indicator; repeat for more. Default: indices."
        ),
    ] = None,
    method: Annotated[
        list[PlanMethod] | None,
        typer.Option("--method", help="Repeat for more. Default: all.", show_default=False),
    ] = None,
    cities: Annotated[
        list[str] | None,
        typer.Option("--cities", help="Programme and comparison places to try: 4+4; repeat."),
    ] = None,
    respondents: Annotated[
        list[int] | None,
        typer.Option("--respondents", min=1, help="In each place and wave, to try; repeat."),
    ] = None,
    psus: Annotated[
        list[int] | None,
        typer.Option("--psus", min=1, help="Sampling points in each place, to try; repeat."),
    ] = None,
    icc: Annotated[
        float | None,
        typer.Option("--icc", min=0, max=0.99, help="Of places, in place of what waves show."),
    ] = None,
    autocorrelation: Annotated[
        float | None,
        typer.Option("--autocorrelation", min=-1, max=1, help="Of places, likewise."),
    ] = None,
    chance: Annotated[
        float, typer.Option("--power", min=0.5, max=0.99, help="To find the effect.")
    ] = 0.8,
    level: LevelOption = 0.95,
    data: DataOption = None,
    output_format: FormatOption = OutputFormat.table,
    quiet: QuietOption = False,
) -> None:
    """Tell which effects a sample could find.

    How alike answers are within places, and what lasts between waves, is estimated from the
    study's own waves.
    """
    from resilience.definitions.loading import load_study
    from resilience.evaluation.planning.fielded import sample_as_fielded
    from resilience.inference.designs.design import SurveyDesign
    from resilience.responses.loading import load_responses
    from resilience.scoring.scores import score

    tried = _tried(cities, respondents, psus)
    with shown_stages(timings=False, quiet=quiet):
        responses = score(load_responses(load_study(study), data=data))
        design = SurveyDesign.from_responses(responses)
        names = variable or [n for n, m in design.measures.items() if m.kind == "index"]
        _require_indices(names)
        fielded = [sample_as_fielded(design, name) for name in names]
    assumed = {"icc": icc, "autocorrelation": autocorrelation}
    methods = [str(one) for one in method or PlanMethod]
    told = [_as_assumed(one, assumed) for one in fielded]
    table = _plans(told, methods, tried, chance, level)
    if output_format is OutputFormat.table:
        _tell_assumptions(told)
        shown = ("psus", "respondents", "std_error", "mde", "mde_sd", "mde_cautious")
        table = table.round(dict.fromkeys(shown, 2))
    print_frame(table, output_format)
    if output_format is OutputFormat.table:
        _tell_in_words(told, table, chance)


def _tried(
    cities: list[str] | None, respondents: list[int] | None, psus: list[int] | None
) -> dict[str, Sequence[object]]:
    """Return what is varied."""
    pairs = []
    for text in dict.fromkeys(cities or ()):
        found = _PAIR.match(text)
        if not found or not all(map(int, found.groups())):
            message = f"'{text}': write programme and comparison places as 4+4"
            raise typer.BadParameter(message, param_hint="--cities")
        pairs.append(tuple(map(int, found.groups())))
    given: dict[str, Sequence[object]] = {
        "cities": pairs,
        "respondents": list(dict.fromkeys(respondents or ())),
        "psus": list(dict.fromkeys(psus or ())),
    }
    return {name: values for name, values in given.items() if values}


def _require_indices(names: Sequence[str]) -> None:
    if not names:
        message = "the study has no indices; name a variable"
        raise typer.BadParameter(message, param_hint="--variable")


def _as_assumed(fielded: FieldedSample, assumed: dict[str, float | None]) -> FieldedSample:
    """Return the sample with what the user assumes; a cautious plan assumes it too."""
    from dataclasses import replace

    given: dict[str, Any] = {name: value for name, value in assumed.items() if value is not None}
    if not given:
        return fielded
    table = fielded.assumptions
    known = table["quantity"].isin(list(given))
    used = table["used"].where(~known, table["quantity"].map(given))
    return replace(
        fielded,
        sample=replace(fielded.sample, **given),
        cautious=replace(fielded.cautious, **given),
        assumptions=table.assign(used=used),
    )


def _plans(
    fielded: Sequence[FieldedSample],
    methods: Sequence[str],
    tried: dict[str, Sequence[object]],
    chance: float,
    level: float,
) -> pd.DataFrame:
    """Return minimum detectable effects of the samples as fielded and as planned."""
    import pandas as pd

    parts = []
    for one in fielded:
        for plan, vary in (("as fielded", {}), ("planned", tried)):
            known = methods if one.has_arms or "cities" in vary else {"change"} & set(methods)
            if known and (plan == "as fielded" or tried):
                parts.append(_plan(one, sorted(known), vary, chance, level).assign(plan=plan))
    if not parts:
        message = "the study has no programme and comparison places: name --cities, as 4+4"
        raise typer.BadParameter(message, param_hint="--cities")
    table = pd.concat(parts, ignore_index=True)
    return table[["variable", "plan", *table.columns.drop(["variable", "plan"])]]


def _plan(
    fielded: FieldedSample,
    methods: Sequence[str],
    vary: dict[str, Sequence[object]],
    chance: float,
    level: float,
) -> pd.DataFrame:
    """Return the plan with estimates, and beside it what cautious assumptions make of it."""
    from resilience.evaluation.planning.power import plan_power

    def planned(cautious: bool) -> PowerPlan:
        return plan_power(
            fielded.cautious if cautious else fielded.sample,
            methods=methods,  # type: ignore[arg-type]
            vary=vary,
            power=chance,
            level=level,
            std_dev=fielded.std_dev,
            unit=fielded.unit,
        )

    table, careful = planned(cautious=False).to_frame(), planned(cautious=True).to_frame()
    at = list(table.columns).index("mde") + 1
    table.insert(at, "mde_cautious", careful["mde"])
    table.insert(at, "mde_sd", table["mde"] / fielded.std_dev)
    return table.assign(variable=fielded.variable)


def _tell_assumptions(fielded: Sequence[FieldedSample]) -> None:
    import pandas as pd

    tell("What the waves show of how alike answers are, and what is used:")
    print_frame(
        pd.concat([one.assumptions for one in fielded], ignore_index=True), OutputFormat.table
    )
    few = min(int(one.assumptions["clusters"].iloc[0]) for one in fielded)
    tell(
        f"\nOf {few} places an interval tells nearly nothing; 'mde_cautious' takes its worse end, "
        "'mde' the estimate.\n"
    )


def _tell_in_words(fielded: Sequence[FieldedSample], table: pd.DataFrame, chance: float) -> None:
    """Say in plain words what the sample as fielded could find."""
    shown = table[(table["plan"] == "as fielded") & (table["method"] == "did")]
    if not shown.empty:
        first = shown.iloc[0]
        places = f"{first['treated']}+{first['comparison']} places"
        tell(
            f"\nWith {places} the programme's impact is found with power {chance:.0%} only if it is"
        )
    for unit, (_, row) in zip([one.unit for one in fielded], shown.iterrows(), strict=False):
        tell(_sentence(row, unit))
    if not shown.empty:
        tell(
            f"A randomisation test of them has no p-value below {first['smallest_p']:.2g}. "
            "More respondents help little; more places help."
        )
    if not all(one.has_arms for one in fielded):
        tell("\nWithout programme and comparison places a survey shows change, never an impact.")


def _sentence(row: pd.Series, unit: str) -> str:
    if not row["df"] > 0:
        return f"  {row['variable']}: never; such places show a change each, and no impact"
    beyond = unit == "points" and row["mde_cautious"] > _SCALE
    careful = "more than the scale has" if beyond else f"{row['mde_cautious']:.1f}"
    return (
        f"  {row['variable']}: {row['mde']:.1f} {unit} or more, which is {row['mde_sd']:.2f} "
        f"standard deviations; under cautious assumptions {careful}"
    )
