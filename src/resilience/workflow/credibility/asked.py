"""What a report's blocks on credibility are estimated from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from resilience.disclosure.suppression import protect, rounded
from resilience.evaluation.credibility import VariableRow
from resilience.evaluation.threats.arms import ARM, PLACE
from resilience.workflow.credibility.groups import ARM_COLUMN, unit_column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.report import ReportPlan
    from resilience.disclosure.suppression import Protected
    from resilience.disclosure.withholding import Withholding
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.responses.responses import Responses

__all__ = ["Asked"]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What the blocks on credibility are estimated from.

    Attributes
    ----------
    plan : ReportPlan
    scored : Responses
    design : SurveyDesign
        With the columns of `with_groups`.
    withholding : Withholding
    planned : tuple of str
        Outcomes of the analysis plan.
    """

    plan: ReportPlan
    scored: Responses
    design: SurveyDesign
    withholding: Withholding
    planned: tuple[str, ...]

    def shown(
        self, estimates: Estimates, where: Mapping[str, object], *, over: str = ARM_COLUMN
    ) -> Protected:
        """Return estimates by arm or place with what may be shown of them."""
        names = {ARM: ARM_COLUMN, PLACE: unit_column(self.plan.loaded_study)}
        told = replace(estimates, rows=estimates.rows.rename(columns=names))
        return protect(told, self.plan.rules, withholding=self.withholding, where=where, over=over)

    def row_of(self, name: str) -> VariableRow:
        """Return what a variable, or 'variable=value', is about."""
        column, _, value = name.partition("=")
        known = self.design.measures.get(column)
        unit = "share" if value else known.unit if known else ""
        return VariableRow(column, value or None, unit)

    def rounded_share(self, value: float, unit: str) -> float:
        """Return a number, shares rounded as the policy says."""
        base = self.plan.rules.rounding.percent
        if base is None or unit != "share" or not np.isfinite(value):
            return float(value)
        return float(rounded(value, base / 100))

    def rounded_n(self, n: float) -> float:
        """Return a number of respondents, rounded as the policy says."""
        return float(rounded(n, self.plan.rules.rounding.n))
