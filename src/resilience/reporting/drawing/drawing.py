"""Draw any chart record as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resilience.reporting.charts import AnswerChart, ChangeChart, ProfileChart
from resilience.reporting.charts_credibility import BoundChart, PowerChart, RowChart
from resilience.reporting.charts_impact import ArmsChart, ForestChart, PlaceChart, TimelineChart
from resilience.reporting.drawing.answers import draw_answers
from resilience.reporting.drawing.arms import draw_arms
from resilience.reporting.drawing.bounds import draw_bounds
from resilience.reporting.drawing.change import draw_change
from resilience.reporting.drawing.figure import in_style, saved
from resilience.reporting.drawing.forest import draw_forest
from resilience.reporting.drawing.places import draw_places
from resilience.reporting.drawing.power import draw_power
from resilience.reporting.drawing.profile import draw_profile
from resilience.reporting.drawing.rows import draw_rows
from resilience.reporting.drawing.timeline import draw_timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.figure import Figure

    from resilience.reporting.chart_kinds import Chart
    from resilience.reporting.localising import Localiser

__all__ = ["draw"]

_DRAWN_BY: Mapping[type, Callable[[Any, Localiser], Figure]] = {
    ChangeChart: draw_change,
    ProfileChart: draw_profile,
    AnswerChart: draw_answers,
    ArmsChart: draw_arms,
    PlaceChart: draw_places,
    ForestChart: draw_forest,
    TimelineChart: draw_timeline,
    RowChart: draw_rows,
    BoundChart: draw_bounds,
    PowerChart: draw_power,
}


def draw(chart: Chart, localiser: Localiser, *, stamp: str = "") -> bytes:
    """Return a chart as SVG, the same bytes every time.

    Parameters
    ----------
    chart : Chart
    localiser : Localiser
        Says its words.
    stamp : str
        Words to stand in the chart itself, so that a copied picture still says it.
    """
    with in_style(localiser.language):
        return saved(_DRAWN_BY[type(chart)](chart, localiser), stamp=stamp)
