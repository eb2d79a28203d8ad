"""What docs/waves.md shows runs, and gives what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "waves.md"


def test_the_page_on_waves_runs_as_written(capsys):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict = {}

    for block in blocks:
        exec(block, names)  # noqa: S102 - the page is part of the project

    assert len(blocks) == 6
    assert "50% of respondents" in capsys.readouterr().out
    assert names["within"].provenance.respondents == {"baseline": 120, "endline": 120, "both": 60}
    assert set(names["gap"].rows["measure"]) == {"difference_of_changes"}
    assert names["moves"].values.sum() == pytest.approx(1)
    assert len(names["since"]) == 4
    assert (names["bounds"].std_error >= names["assumed"].std_error).all()
    assert (names["since"].df < names["changes"].df).all()
