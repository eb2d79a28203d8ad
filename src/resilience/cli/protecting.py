"""The commands that protect respondents: scan, key, clean, guard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resilience.cli.options import FormatOption, OutputFormat
from resilience.cli.printing import print_frame

__all__ = ["commands"]

commands = typer.Typer()

FolderArgument = Annotated[Path, typer.Argument(help="A folder of the workspace.")]
_MEGABYTE = 1e6


@commands.command()
def scan(
    files: Annotated[list[Path], typer.Argument(help="Data files.", show_default=False)],
    output_format: FormatOption = OutputFormat.table,
) -> None:
    """Look for columns that identify people.

    Columns, kinds and shares of rows are told, never a value. Exit code 1 if any are found.
    """
    import pandas as pd

    from resilience.responses.protecting import scan_identifiers

    parts = [scan_identifiers(file).assign(file=file.name) for file in files]
    found = pd.concat(parts, ignore_index=True)[["file", *parts[0].columns.drop("file")]]
    if found.empty and output_format is OutputFormat.table:
        typer.echo("Nothing found. Who knows the place may still know a person by other columns.")
        return
    print_frame(found, output_format)
    if len(found):
        raise typer.Exit(1)


@commands.command()
def key(
    file: Annotated[
        Path, typer.Argument(help="A file outside every workspace.", show_default=False)
    ],
) -> None:
    """Make the key of a study's pseudonyms.

    Of a key that is there already its check is told. Only you may read the file; the key itself
    is never printed.
    """
    from resilience.responses.identifiers.pseudonyms import make_key, read_key

    there = file.expanduser().exists()
    check = (read_key(file) if there else make_key(file)).check
    typer.echo("The key is there already. Write in the study:" if there else "Write in the study:")
    # A study takes a relative place from its own folder.
    place = str(file.expanduser().resolve()).replace("'", "''")
    typer.echo(f"pseudonyms: {{key_file: '{place}', key_check: {check!r}}}")
    typer.echo("identifiers: {<column>: pseudonymise}")


@commands.command()
def clean() -> None:
    """Remove what is kept of data files."""
    from resilience.responses.cache import clear_cache

    done = clear_cache()
    typer.echo(f"{done.files} files removed, {done.size / _MEGABYTE:.1f} MB, from {done.folder}")


@commands.command()
def guard(
    folder: FolderArgument = Path(),
    shown: Annotated[
        bool, typer.Option("--print", help="Print the hook instead of installing it.")
    ] = False,
) -> None:
    """Make git refuse to commit respondents' data.

    It runs 'resilience check-commit' before each commit, which refuses keys too.
    """
    from resilience.workflow.guarding import GUARD, install_guard

    typer.echo(GUARD if shown else f"{install_guard(folder)}: each commit is checked", nl=not shown)


@commands.command(name="check-commit", hidden=True)  # git runs it: see `guard`
def check_commit(folder: FolderArgument = Path()) -> None:
    """Refuse a commit of respondents' data.

    Data files that no simulation recorded, and keys, are refused.
    """
    from resilience.workflow.guarding import check_commit as check

    count = check(folder)
    typer.echo(f"{count} files would be committed; no respondents' data, no key.")
