"""How the commands print results, progress and costs."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from resilience.progress import Stage, show_progress, stages_heard_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from resilience.cli.options import OutputFormat

__all__ = ["print_frame", "shown_stages"]

_WHOLE = frozenset({"n", "df", "items", "n_scored", "n_effective"})
_DECIMALS = 4


def print_frame(frame: pd.DataFrame, how: OutputFormat) -> None:
    """Print a table to standard output."""
    if how == "csv":
        sys.stdout.write(frame.to_csv(index=False, lineterminator="\n"))
    elif how == "json":
        clean = frame.astype(object).where(frame.notna(), None)
        sys.stdout.write(json.dumps(clean.to_dict("records"), indent=1, default=str) + "\n")
    else:
        sys.stdout.write(_aligned(frame) + "\n")


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


def _aligned(frame: pd.DataFrame) -> str:
    """Return a table as text: numbers to the right, sensible decimals, no wrapping."""
    columns = {str(name): [_cell(str(name), value) for value in frame[name]] for name in frame}
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


def _cell(name: str, value: object) -> str:
    if isinstance(value, float | np.floating):
        if not np.isfinite(value):
            return ""
        return f"{value:,.0f}" if name in _WHOLE else f"{value:,.{_DECIMALS}f}"
    return "" if value is None else str(value)


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
