from __future__ import annotations

import io
from contextlib import redirect_stderr

import pytest

from resilience import progress
from resilience.progress import Stage, show_progress, stage, stages_heard_by


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_at_the_start(monkeypatch):
    monkeypatch.setattr(progress, "_shown", None)


def test_listeners_hear_a_stage_begin_and_end_with_its_cost():
    heard: list[Stage] = []

    with stages_heard_by(heard.append), stage("Working"):
        pass

    assert [event.name for event in heard] == ["Working", "Working"]
    assert (heard[0].wall, heard[0].cpu) == (None, None)
    assert heard[1].wall >= 0
    assert heard[1].cpu >= 0


def test_a_stage_that_fails_ends_too_and_the_error_passes():
    heard: list[Stage] = []

    with pytest.raises(KeyError), stages_heard_by(heard.append), stage("Working"):
        raise KeyError

    assert heard[-1].wall is not None


def test_listeners_hear_nothing_after_their_block():
    heard: list[Stage] = []

    with stages_heard_by(heard.append):
        pass
    with stage("Later"):
        pass

    assert heard == []


def test_a_listener_is_forgotten_when_its_block_fails():
    heard: list[Stage] = []

    with pytest.raises(KeyError), stages_heard_by(heard.append):
        raise KeyError
    with stage("Later"):
        pass

    assert heard == []


def test_several_listeners_hear_the_same():
    one: list[Stage] = []
    other: list[Stage] = []

    with stages_heard_by(one.append), stages_heard_by(other.append), stage("Working"):
        pass

    assert one == other
    assert len(one) == 2


def test_at_a_terminal_each_stage_is_one_line_on_standard_error():
    terminal = Terminal()

    with redirect_stderr(terminal), stage("Working"):
        pass

    assert terminal.getvalue() == "Working …\n"


def test_elsewhere_nothing_is_printed(capsys):
    with stage("Working"):
        pass

    assert capsys.readouterr() == ("", "")


def test_stages_can_be_shown_where_there_is_no_terminal(capsys):
    show_progress()

    with stage("Working"):
        pass

    assert capsys.readouterr() == ("", "Working …\n")


def test_stages_can_be_silenced_at_a_terminal():
    terminal = Terminal()
    show_progress(shown=False)

    with redirect_stderr(terminal), stage("Working"):
        pass

    assert terminal.getvalue() == ""


def test_the_default_can_be_restored():
    terminal = Terminal()
    show_progress(shown=False)
    show_progress(shown=None)

    with redirect_stderr(terminal), stage("Working"):
        pass

    assert terminal.getvalue() == "Working …\n"
