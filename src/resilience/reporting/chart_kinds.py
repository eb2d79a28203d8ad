"""Every kind of chart that a report can have."""

from __future__ import annotations

from resilience.reporting.charts import AnswerChart, ChangeChart, ProfileChart
from resilience.reporting.charts_credibility import BoundChart, PowerChart, RowChart
from resilience.reporting.charts_impact import ArmsChart, ForestChart, PlaceChart, TimelineChart

__all__ = ["Chart"]

Chart = (
    ChangeChart
    | ProfileChart
    | AnswerChart
    | ArmsChart
    | PlaceChart
    | ForestChart
    | TimelineChart
    | RowChart
    | BoundChart
    | PowerChart
)
