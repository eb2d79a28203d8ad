"""The `resilience` command: thin, over the library."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from resilience.errors import ResilienceError, ResilienceWarning, printable

__all__ = ["main"]

_WRONG = 1


def main() -> None:
    """Run the command. Exit code 0: done; 1: data or definitions are wrong; 2: wrong usage."""
    from resilience.cli.app import app

    warnings.showwarning = _show_warning
    try:
        app()
    except ResilienceError as error:
        count = len(error.issues)
        heading = type(error).__name__ + (f": {count} findings" if count > 1 else "")
        sys.stderr.write(f"{heading}\n\n" + "\n\n".join(map(str, error.issues)) + "\n")
        sys.exit(_WRONG)


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """Show the package's own warnings as notes; others concern developers."""
    if issubclass(category, ResilienceWarning):
        sys.stderr.write(f"note: {printable(str(message))}\n")
