"""Every kind of chart that a report can have."""

from __future__ import annotations

from resilience.reporting.charts import AnswerChart, ChangeChart, ProfileChart

__all__ = ["Chart"]

Chart = ChangeChart | ProfileChart | AnswerChart
