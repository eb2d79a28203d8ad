"""Options that several commands share, and what their text means."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "ByOption",
    "CheckedArgument",
    "DataOption",
    "FormatOption",
    "LevelOption",
    "OutputFormat",
    "QuietOption",
    "Statistic",
    "StatisticOption",
    "StudyArgument",
    "VariableOption",
    "WhereOption",
    "parse_where",
]

_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)?\.\.(-?\d+(?:\.\d+)?)?\Z")


class OutputFormat(StrEnum):
    """How a command prints its result."""

    table = "table"
    csv = "csv"
    json = "json"


def _one_name_each(names: list[str] | None) -> list[str] | None:
    """Return names each once; several in one are refused."""
    for name in names or ():
        if "," in name:
            message = f"'{name}': one name at a time; repeat the option for more"
            raise typer.BadParameter(message)
    return list(dict.fromkeys(names)) if names else names


class Statistic(StrEnum):
    """What a command estimates of its variables."""

    mean = "mean"
    proportion = "proportion"
    total = "total"
    median = "median"
    ratio = "ratio"


StudyArgument = Annotated[
    Path, typer.Argument(help="A study.yaml, or the folder that holds one.", show_default=False)
]
CheckedArgument = Annotated[
    Path,
    typer.Argument(
        help="A study.yaml, the folder that holds one, or a report's or brief's plan.",
        show_default=False,
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="The folder in which the study's file names begin, if not the study's own.",
        show_default=False,
    ),
]
VariableOption = Annotated[
    list[str],
    typer.Option(
        "--variable",
        "-v",
        help="An index, indicator, item or variable; repeat for more.",
        show_default=False,
        callback=_one_name_each,
    ),
]
ByOption = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        help="Break down by a variable: wave, site, …; repeat for more.",
        show_default=False,
        callback=_one_name_each,
    ),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        help="Restrict: site=north_town, site=a,b or age=18..29; repeat for more.",
        show_default=False,
    ),
]
FormatOption = Annotated[OutputFormat, typer.Option("--format", help="How to print the result.")]
StatisticOption = Annotated[
    Statistic | None,
    typer.Option(
        "--statistic",
        help="Default: means of indices and items, shares of indicators and values.",
        show_default=False,
    ),
]
LevelOption = Annotated[
    float, typer.Option("--level", min=0.5, max=0.999, help="The coverage of intervals.")
]

QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Do not show progress.")]


def parse_where(conditions: list[str] | None) -> dict[str, Any] | None:
    """Return conditions such as `site=a,b` and `age=18..29` as a mapping.

    Raises
    ------
    typer.BadParameter
        If a condition is not of this form, or a column has two.
    """
    where: dict[str, Any] = {}
    for condition in conditions or ():
        name, equals, wanted = condition.partition("=")
        if not (name and equals and wanted):
            message = f"'{condition}': write column=value, column=value,value or column=low..high"
            raise typer.BadParameter(message, param_hint="--where")
        if name.strip() in where:
            message = f"'{name.strip()}' is restricted twice: write all its values in one condition"
            raise typer.BadParameter(message, param_hint="--where")
        where[name.strip()] = _wanted(wanted.strip())
    return where or None


def _wanted(text: str) -> Any:
    found = _RANGE.match(text)
    if found:
        low, high = found.groups()
        ends = {"at_least": low, "at_most": high}
        return {name: float(end) for name, end in ends.items() if end is not None}
    values = [value.strip() for value in text.split(",")]
    return values if len(values) > 1 else values[0]
