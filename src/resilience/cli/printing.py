"""How the commands print results, progress and costs."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from resilience.errors import printable
from resilience.progress import Stage, show_progress, stages_heard_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from resilience.cli.options import OutputFormat

__all__ = ["print_frame", "shown_stages", "tell"]

_WHOLE = frozenset({"n", "df", "items", "n_scored", "n_effective"})
_IN_UNIT = frozenset({"estimate", "std_error", "conf_low", "conf_high"})
_DECIMALS = 4


def print_frame(frame: pd.DataFrame, how: OutputFormat, *, units: Sequence[str] = ()) -> None:
    """Print a table to standard output.

    Parameters
    ----------
    frame : pandas.DataFrame
    how : OutputFormat
        Tables for people have the decimals that suit each row's unit; for programs numbers
        have all their digits.
    units : sequence of str
        The unit of each row's estimate.
    """
    if how == "csv":
        sys.stdout.write(frame.to_csv(index=False, lineterminator="\n"))
    elif how == "json":
        clean = frame.astype(object).where(frame.notna(), None)
        sys.stdout.write(json.dumps(clean.to_dict("records"), indent=1, default=str) + "\n")
    else:
        from resilience.inference.results.printing import unit_line

        told = unit_line(units)
        tell(_aligned(frame, units) + (f"\n{told}" if told else ""))


def tell(text: object = "") -> None:
    """Print lines to standard output; nothing in them can steer a terminal."""
    lines = str(text).split("\n")
    sys.stdout.write("\n".join(printable(line, longest=None) for line in lines) + "\n")


@contextmanager
def shown_stages(*, timings: bool, quiet: bool = False) -> Iterator[None]:
    """Show stages as they begin, and what each cost at the end if asked for."""
    costs: list[Stage] = []
    if quiet:
        show_progress(shown=False)
    with stages_heard_by(costs.append):
        yield
    if timings:
        _print_costs([stage for stage in costs if stage.wall is not None])


def _aligned(frame: pd.DataFrame, units: Sequence[str]) -> str:
    """Return a table as text: numbers to the right, sensible decimals, no wrapping."""
    from resilience.inference.results.printing import decimals_of

    places = [decimals_of(unit) for unit in units] or [_DECIMALS] * len(frame)
    columns = {
        str(name): [
            _cell(str(name), value, digits if name in _IN_UNIT else _DECIMALS)
            for value, digits in zip(frame[name], places, strict=True)
        ]
        for name in frame
    }
    columns = {name: cells for name, cells in columns.items() if any(cells) or name == "estimate"}
    numeric = {str(name) for name in frame if frame[name].dtype.kind in "if"}
    widths = {name: max(map(len, [name, *cells])) for name, cells in columns.items()}
    lines = [[*columns], *zip(*columns.values(), strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(widths[name]) if name in numeric else cell.ljust(widths[name])
            for name, cell in zip(columns, line, strict=True)
        ).rstrip()
        for line in lines
    )


def _cell(name: str, value: object, decimals: int) -> str:
    if isinstance(value, float | np.floating):
        if not np.isfinite(value):
            return ""
        places = 0 if name in _WHOLE else decimals
        return f"{round(float(value), places) + 0.0:,.{places}f}"  # -0.0 + 0.0 is 0.0
    return "" if value is None else printable(str(value), longest=None)


def _print_costs(costs: list[Stage]) -> None:
    table = Table("stage", "wall, s", "CPU, s", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for stage in costs:
        table.add_row(stage.name, f"{stage.wall:.2f}", f"{stage.cpu:.2f}")
    wall = sum(stage.wall or 0.0 for stage in costs)
    cpu = sum(stage.cpu or 0.0 for stage in costs)
    table.add_row("sum of the stages", f"{wall:.2f}", f"{cpu:.2f}")
    Console(stderr=True).print(table)
