"""Say what long work is doing, and what each stage cost.

Stages tell whoever listens that they begin and end. At a terminal each stage is one line on
standard error; elsewhere nothing is printed. `show_progress` turns the lines on or off.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Stage", "show_progress", "stage", "stages_heard_by"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that began (no cost yet) or ended.

    Attributes
    ----------
    name : str
        What is being done, as a short sentence.
    wall, cpu : float or None
        Seconds by the clock, and processor seconds of this process and of its children.
    """

    name: str
    wall: float | None = None
    cpu: float | None = None


_listeners: list[Callable[[Stage], None]] = []
_shown: bool | None = None


def show_progress(*, shown: bool | None = True) -> None:
    """Show the stages of long work on standard error, or keep silent.

    Parameters
    ----------
    shown : bool or None
        True to show them always, False never, None only at a terminal (the default).

    Examples
    --------
    >>> from resilience.progress import show_progress
    >>> show_progress(shown=False)
    """
    global _shown  # noqa: PLW0603 - one switch for one process
    _shown = shown


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Announce a stage while its block runs."""
    _tell(Stage(name))
    wall, cpu = time.perf_counter(), _cpu_seconds()
    try:
        yield
    finally:
        _tell(Stage(name, time.perf_counter() - wall, _cpu_seconds() - cpu))


@contextmanager
def stages_heard_by(listener: Callable[[Stage], None]) -> Iterator[None]:
    """Pass every stage to `listener` while the block runs."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def _tell(event: Stage) -> None:
    for listener in _listeners:
        listener(event)
    visible = sys.stderr.isatty() if _shown is None else _shown
    if visible and event.wall is None:
        sys.stderr.write(f"{event.name} …\n")


def _cpu_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
