"""How alike groups are, before weights and after, and whether they have counterparts."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.evaluation.balancing.entropy import kish_size
from resilience.evaluation.balancing.groups import compared_groups, wave_parts
from resilience.evaluation.balancing.reweighting import BALANCING, propensities
from resilience.inference.statistics.columns import require_design

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_matrix import Term
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

__all__ = ["CommonSupport", "Imbalance", "common_support", "imbalance"]

_SHARES = {"p05": 0.05, "median": 0.5, "p95": 0.95}


@dataclass(frozen=True, repr=False, eq=False, slots=True)
class Imbalance:
    """Means of covariates by group, with weights as they were and as they are.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row for each wave and covariate.
    groups : pandas.DataFrame
        One row for each wave and group: respondents, and what their weights are worth.
    arm : str

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"helped": [1, 1, 0, 0, 0], "age": [30.0, 40, 20, 40, 60]})
    >>> told = rs.imbalance(rs.SurveyDesign(frame), "age", arm="helped")
    >>> isinstance(told, rs.Imbalance), told.arm
    (True, 'helped')
    """

    rows: pd.DataFrame
    groups: pd.DataFrame
    arm: str

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each wave and covariate.

        Returns
        -------
        pandas.DataFrame
            `measure variable <wave> treated_before comparison_before standardised_before
            treated_after comparison_after standardised_after`. Differences are in standard
            deviations: the root of the mean of both groups' variances before. NaN where nobody
            differs.
        """
        return self.rows.copy()

    def __repr__(self) -> str:
        """Return the table, and what the weights are worth."""
        return f"{self.rows.to_string(index=False)}\n{self.groups.to_string(index=False)}"

    def _repr_html_(self) -> str:
        tables = (self.rows, self.groups)
        return "".join(table.to_html(index=False, escape=True) for table in tables)


@dataclass(frozen=True, repr=False, eq=False, slots=True)
class CommonSupport:
    """Chances of being treated, by group.

    Attributes
    ----------
    rows : pandas.DataFrame
        One row for each wave and group.
    covariates : tuple of str

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"helped": [1, 1, 0, 1, 0, 0], "town": list("aaabbb")})
    >>> rs.common_support(rs.SurveyDesign(frame), "town", arm="helped").covariates
    ('town=b',)
    """

    rows: pd.DataFrame
    covariates: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each wave and group.

        Returns
        -------
        pandas.DataFrame
            `measure group <wave> n low p05 median p95 high n_outside share_outside`: chances of
            being treated, and how many of the group (and which share of its weight) lie outside
            the other group's range.
        """
        return self.rows.copy()

    def __repr__(self) -> str:
        """Return the table."""
        return f"{self.rows.to_string(index=False)}\nby {', '.join(self.covariates)}"

    def _repr_html_(self) -> str:
        told = escape(", ".join(self.covariates))
        return f"{self.rows.to_html(index=False, escape=True)}<p>{told}</p>"


def imbalance(
    design: SurveyDesign,
    covariates: str | Sequence[str | Term],
    *,
    arm: str,
    treated: Any = 1,
    moments: int = 1,
    where: Where = None,
) -> Imbalance:
    """Tell how alike groups are, before and after weights were made to balance them.

    Use it after `entropy_balance` or `weight_by_propensity`, with more covariates than were
    balanced, too. Of a design without such a step before and after are the same.

    Parameters
    ----------
    design, covariates, arm, treated, moments, where
        As for `entropy_balance`.

    Returns
    -------
    Imbalance
        "Before" are the weights before the first step that balances, "after" the design's.

    Raises
    ------
    EvaluationError
        As for `entropy_balance`.

    References
    ----------
    Austin (2009), Statistics in Medicine 28: 3083-3107; Kish (1965), section 11.7, for what
    weights are worth.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"helped": [1, 1, 0, 0, 0], "age": [30.0, 40, 20, 40, 60]})
    >>> balanced = rs.entropy_balance(rs.SurveyDesign(frame), "age", arm="helped")
    >>> told = rs.imbalance(balanced, "age", arm="helped").to_frame()
    >>> [round(float(told[f"comparison_{when}"][0]), 3) for when in ("before", "after")]
    [40.0, 35.0]
    """
    require_design(design)
    before = next(
        (step.before for step in design.weight_history if step.action in BALANCING),
        design.weights,
    )
    groups = compared_groups(
        design,
        covariates,
        arm=arm,
        treated=treated,
        where=where,
        moments=moments,
        verb="imbalance",
    )
    rows, worth = [], []
    for wave, part in wave_parts(design, groups.treated | groups.comparison):
        here = {design.wave: wave} if design.wave else {}
        arms = {"treated": groups.treated & part, "comparison": groups.comparison & part}
        for name, mask in arms.items():
            sizes = (kish_size(before[mask]), kish_size(design.weights[mask]))
            told = {"n": int(mask.sum()), "effective_before": sizes[0], "effective_after": sizes[1]}
            worth.append({"group": name, **here, **told})
        for column, name in enumerate(groups.names[1:], start=1):
            numbers = _compared(groups.x[:, column], arms, before, design.weights)
            rows.append({"measure": "imbalance", "variable": name, **here, **numbers})
    return Imbalance(pd.DataFrame(rows), pd.DataFrame(worth), arm)


def common_support(
    design: SurveyDesign,
    covariates: str | Sequence[str | Term],
    *,
    arm: str,
    treated: Any = 1,
    where: Where = None,
) -> CommonSupport:
    """Tell whether people of each group have counterparts in the other.

    Use it before weighting. People whose chance of being treated lies outside the other group's
    range have nobody to be compared with: results for them rest on the model.

    Parameters
    ----------
    design, covariates, arm, treated, where
        As for `entropy_balance`.

    Returns
    -------
    CommonSupport

    Raises
    ------
    EvaluationError
        As for `weight_by_propensity`.

    References
    ----------
    Dehejia and Wahba (1999), JASA 94: 1053-1062.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"helped": [1, 1, 0, 1, 0, 0], "town": list("aaabbb")})
    >>> told = rs.common_support(rs.SurveyDesign(frame), "town", arm="helped").to_frame()
    >>> told["n_outside"].tolist()
    [0, 0]
    """
    verb = "common_support"
    groups = compared_groups(design, covariates, arm=arm, treated=treated, where=where, verb=verb)
    rows = []
    for wave, part in wave_parts(design, groups.treated | groups.comparison):
        chances = propensities(groups, part, design.weights, verb)
        arms = {"treated": groups.treated & part, "comparison": groups.comparison & part}
        here = {design.wave: wave} if design.wave else {}
        for name, other in (("treated", "comparison"), ("comparison", "treated")):
            told = _chances(chances, design.weights, arms[name], chances[arms[other]])
            rows.append({"measure": "propensity", "group": name, **here, **told})
    return CommonSupport(pd.DataFrame(rows), groups.names[1:])


def _compared(
    values: Floats, arms: dict[str, Mask], before: Floats, after: Floats
) -> dict[str, float]:
    """Return both groups' means and their difference, by both weights."""
    variances = [
        np.average((values[mask] - _mean(values, before, mask)) ** 2, weights=before[mask])
        for mask in arms.values()
    ]
    size = float(np.sqrt(np.mean(variances)))
    told: dict[str, float] = {}
    for when, weights in (("before", before), ("after", after)):
        means = {name: _mean(values, weights, mask) for name, mask in arms.items()}
        told |= {f"{name}_{when}": mean for name, mean in means.items()}
        gap = means["treated"] - means["comparison"]
        told[f"standardised_{when}"] = gap / size if size > 0 else np.nan
    return told


def _mean(values: Floats, weights: Floats, mask: Mask) -> float:
    return float(np.average(values[mask], weights=weights[mask]))


def _chances(chances: Floats, weights: Floats, own: Mask, others: Floats) -> dict[str, Any]:
    """Return the distribution of a group's chances, and who has no counterpart."""
    order = np.argsort(chances[own])
    values, shares = chances[own][order], weights[own][order]
    places = (np.cumsum(shares) - shares / 2) / shares.sum()
    outside = (values < others.min()) | (values > others.max())
    return {
        "n": int(own.sum()),
        "low": float(values[0]),
        **{name: float(np.interp(share, places, values)) for name, share in _SHARES.items()},
        "high": float(values[-1]),
        "n_outside": int(outside.sum()),
        "share_outside": float(shares[outside].sum() / shares.sum()),
    }
