"""The examples of docs/designs.md run as they stand, and give what they say."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "designs.md"


def test_examples_run():
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        exec(block, names)  # noqa: S102 - our own page

    assert names["two_stages"].degrees_of_freedom == 10
    assert names["design"].degrees_of_freedom == 11
    assert len(names["bootstrap"].replicates) == 500
