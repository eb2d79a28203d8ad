"""What weighting did: ranges, Kish's effect and effective n, and margins before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.definitions.texts import text_in
from resilience.inference.statistics.columns import require_design
from resilience.inference.statistics.domains import domains_of
from resilience.inference.weights.weight_history import kish_effect

if TYPE_CHECKING:
    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.domains import By

    Floats = npt.NDArray[np.float64]

__all__ = ["margin_table", "weight_diagnostics"]

_MARGIN_COLUMNS = (
    *("step", "action", "wave", "site", "variable", "category"),
    *("target", "before", "after", "final", "source"),
)


def weight_diagnostics(design: SurveyDesign, *, by: By = None) -> pd.DataFrame:
    """Return the weights' range, sum, Kish effect and effective n, before and after each step.

    Use it to see what each step cost. Rows with the weight 0 do not count; with several waves
    ask by wave, since unequal sums of waves look like unequal weights.

    Parameters
    ----------
    design : SurveyDesign
    by : str or sequence of str, optional
        For instance "wave" or ["wave", "site"]. Rows without a value are left out.

    Returns
    -------
    pandas.DataFrame
        `step action detail source <by> n weight_low weight_high weight_sum kish_effect
        n_effective iterations largest_miss`; step 0 is the weights that the frame came with.
        The largest miss is relative to the margin's total; 0 for steps without margins. A group
        in which nobody weighs anything has no range, effect or effective n: NaN.

    Raises
    ------
    EstimationError
        If a column of `by` does not exist.

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7: n Σw² / (Σw)² = 1 + cv².

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"sex": list("ffmf")})
    >>> census = rs.Margin(variable="sex", counts={"f": 60, "m": 60}, source="Census 2022")
    >>> design = rs.poststratify(rs.SurveyDesign(frame), census)
    >>> rs.weight_diagnostics(design)[["step", "action", "source", "kish_effect"]]
       step        action       source  kish_effect
    0     0           frame                1.000000
    1     1  poststratify  Census 2022     1.333333
    """
    require_design(design)
    domains = domains_of(design, by, None)
    stages: list[tuple[dict[str, Any], Floats]] = [(_start(), _first(design))]
    for number, step in enumerate(design.weight_history, start=1):
        said = {
            "step": number,
            "action": step.action,
            "detail": step.detail,
            "source": "; ".join(text_in(source, "en")[0] for source in step.sources),
            "iterations": step.iterations,
            "largest_miss": step.largest_miss,
        }
        stages.append((said, step.after))
    rows = [
        {**said, **domains.table.iloc[group].to_dict(), **_facts(weights[domains.of_row == group])}
        for said, weights in stages
        for group in range(domains.size)
    ]
    first = ["step", "action", "detail", "source", *map(str, domains.table.columns)]
    table = pd.DataFrame(rows)
    last = ["iterations", "largest_miss"]
    return table[[*first, *(name for name in table if name not in (*first, *last)), *last]]


def margin_table(design: SurveyDesign) -> pd.DataFrame:
    """Return each margin that weights were made to fit, before and after.

    Use it to show what the sample looked like beside the population, and what weighting moved.

    Parameters
    ----------
    design : SurveyDesign

    Returns
    -------
    pandas.DataFrame
        `step action wave site variable category target before after source`: totals of the
        population and of the weights before and after the step, as they stood at that step, and
        `final` with the weights as they are now, which a later step may have moved. Without
        margins it has no rows.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"sex": list("ffmf")})
    >>> census = rs.Margin(variable="sex", counts={"f": 60, "m": 60}, source="Census 2022")
    >>> design = rs.poststratify(rs.SurveyDesign(frame), census)
    >>> rs.margin_table(design)[["variable", "category", "target", "before", "after"]]
      variable category  target  before  after
    0      sex        f    60.0     3.0   60.0
    1      sex        m    60.0     1.0   60.0
    """
    require_design(design)
    rows = [
        (
            number,
            step.action,
            margin.wave,
            margin.site,
            margin.variable,
            category,
            *figures,
            text_in(margin.source, "en")[0],
        )
        for number, step in enumerate(design.weight_history, start=1)
        for margin in step.margins
        for category, *figures in zip(
            margin.categories,
            margin.targets.tolist(),
            margin.totals(step.before).tolist(),
            margin.totals(step.after).tolist(),
            margin.totals(design.weights).tolist(),
            strict=True,
        )
    ]
    return pd.DataFrame(rows, columns=list(_MARGIN_COLUMNS))


def _start() -> dict[str, Any]:
    said = {"step": 0, "action": "frame", "detail": "", "source": ""}
    return {**said, "iterations": 0, "largest_miss": 0.0}


def _first(design: SurveyDesign) -> Floats:
    return design.weight_history[0].before if design.weight_history else design.weights


def _facts(weights: Floats) -> dict[str, float]:
    used = weights[weights > 0]
    kish = kish_effect(used)
    return {
        "n": len(used),
        "weight_low": float(used.min()) if len(used) else np.nan,
        "weight_high": float(used.max()) if len(used) else np.nan,
        "weight_sum": float(used.sum()),
        "kish_effect": kish,
        "n_effective": len(used) / kish if len(used) else np.nan,
    }
