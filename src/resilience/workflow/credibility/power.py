"""What surveys like the one fielded could find, as a report shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resilience.evaluation.credibility import PowerPanel, PowerResult
from resilience.evaluation.planning.fielded import sample_as_fielded
from resilience.evaluation.planning.power import plan_power
from resilience.inference.designs.study_roles import SITE_ROLE
from resilience.workflow.credibility.groups import ARM_COLUMN, unit_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import pandas as pd

    from resilience.definitions.credibility import PowerBlock
    from resilience.evaluation.planning.fielded import FieldedSample
    from resilience.workflow.credibility.asked import Asked

__all__ = ["estimate_power"]

_HARDLY = 0.9


def estimate_power(block: PowerBlock, asked: Asked) -> PowerResult:
    """Return minimum detectable effects of the sample as fielded, and of others."""
    panels = []
    for name in block.measures:
        fielded = _fielded(name, asked)
        least = max(fielded.sample.psus or 2, 2)
        respondents = [n for n in sorted(block.respondents) if n >= least]
        places = [(n, n) for n in sorted(block.places)]
        here = _planned(block, asked, fielded, {})
        if not fielded.has_arms:
            here = here.assign(mde=np.nan, mde_cautious=np.nan, smallest_p=np.nan)
        more = _planned(block, asked, fielded, {"respondents": respondents})
        least_found, now = more["mde_cautious"].min(), here["mde_cautious"].iloc[0]
        panels.append(
            PowerPanel(
                name,
                fielded.unit,
                fielded.std_dev,
                here,
                more,
                _planned(block, asked, fielded, {"cities": places}),
                hardly=bool(least_found > _HARDLY * now),
            )
        )
    return PowerResult(block, tuple(panels))


def _fielded(name: str, asked: Asked) -> FieldedSample:
    unit = unit_column(asked.plan.loaded_study)
    if ARM_COLUMN in asked.design.frame and unit != "respondent_id":
        return sample_as_fielded(asked.design, name, city=unit, arm=ARM_COLUMN)
    return sample_as_fielded(asked.design, name, arm=SITE_ROLE)


def _planned(
    block: PowerBlock,
    asked: Asked,
    fielded: FieldedSample,
    vary: Mapping[str, Sequence[Any]],
) -> pd.DataFrame:
    """Return effects by what waves show, and beside it by cautious assumptions."""
    tables = [
        plan_power(
            sample,
            methods=[block.method],
            vary=vary,
            power=block.power,
            level=asked.plan.level,
            std_dev=fielded.std_dev,
            unit=fielded.unit,
        ).to_frame()
        for sample in (fielded.sample, fielded.cautious)
    ]
    table = tables[0].assign(mde_cautious=tables[1]["mde"])
    counts = table["respondents"].map(asked.rounded_n)
    return table.assign(respondents=counts) if "respondents" not in vary else table
