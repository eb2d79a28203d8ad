"""Charts on balance, attrition, power and lists: drawn whatever is missing, the same every time."""

from __future__ import annotations

import pytest

from resilience.reporting.charts import Point
from resilience.reporting.charts_credibility import (
    BoundChart,
    BoundMark,
    BoundPanel,
    ChartRow,
    Curve,
    PowerChart,
    PowerSide,
    RowChart,
)
from resilience.reporting.drawing.drawing import draw
from resilience.reporting.localising import Localiser
from resilience.reporting.phrases import Label

NAN = float("nan")
WORDS = tuple(Label({"en": word, "ar": word}) for word in ("one", "two", "three"))


def rows(*points, guides=()):
    return RowChart(tuple(ChartRow(WORDS[0], p) for p in points), "percent", WORDS[1], guides)


def bounds(*ends):
    mark = BoundMark(Label({"en": "a long name " * 12}), *ends)
    return BoundChart((BoundPanel(WORDS[0], (mark, mark), "points_change"),), WORDS)


def power(fielded):
    curve = Curve((50.0, 100.0), (3.0, NAN), (9.0, 8.0), fielded)
    return PowerChart((WORDS[0],), (PowerSide(WORDS[1], (curve,)),) * 2, WORDS)


CHARTS = {
    "rows": rows(Point(10, 8, 12), Point(20, NAN, NAN)),
    "rows, nothing to show": rows(None),
    "rows with guides": rows(Point(-0.1, -0.2, 0.0), guides=(0.1, 0.25)),
    "bounds": bounds(1.0, (0.5, 2.0), (-1.0, 3.0)),
    "bounds without a region": bounds(1.0, (0.5, 2.0), (NAN, NAN)),
    "bounds that meet at zero": bounds(0.0, (0.0, 0.0), (0.0, 0.0)),
    "power": power((70.0, 4.0, 8.5)),
    "power without arms": power(None),
}


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_drawn_the_same_every_time(name, language):
    first, again = (draw(CHARTS[name], Localiser(language), stamp="Simulated") for _ in range(2))

    assert first == again
    assert first.startswith(b"<?xml")
