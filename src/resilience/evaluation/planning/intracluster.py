"""How alike answers are within places and over time, from waves that were fielded."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue
from resilience.evaluation.planning.clusters import ClusteredRows, clustered_rows
from resilience.evaluation.planning.components import correlation_limits, nested_components
from resilience.inference.statistics.columns import columns_of, require_design

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]

__all__ = ["IntraclusterEstimates", "estimate_autocorrelation", "estimate_intracluster"]

ALL_WAVES = "all waves"
_FEW = 10  # clusters; the interval of so few tells nearly nothing


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class IntraclusterEstimates:
    """Intra-cluster correlations, or autocorrelations, with their intervals.

    Attributes
    ----------
    table : pandas.DataFrame
        What `to_frame` returns.
    level : float
        The coverage of the intervals.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 2, 3, 5, 4], "ea": [1, 1, 2, 2, 3, 3]})
    >>> rs.estimate_intracluster(rs.SurveyDesign(frame, psu="ea"), "y").level
    0.95
    """

    table: pd.DataFrame
    level: float

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.table)

    def to_frame(self) -> pd.DataFrame:
        """Return a tidy table.

        Returns
        -------
        pandas.DataFrame
            `measure variable cluster wave`, for autocorrelations `reference`, then `estimate
            conf_low conf_high df clusters n` and `std_dev`, the standard deviation between persons
            (NaN for autocorrelations).
        """
        return self.table.copy()

    def __repr__(self) -> str:
        """Return the table as it prints in a terminal, and what to make of it."""
        return f"{self.table.round(4).to_string(index=False)}\n{self._told()}"

    def _repr_html_(self) -> str:
        table = self.table.round(4).to_html(index=False, border=0, escape=True)
        return f"{table}<p>{escape(self._told())}</p>"

    def _told(self) -> str:
        fewest = int(self.table["clusters"].min())
        told = f"intervals cover {self.level:.0%}"
        if fewest >= _FEW:
            return told
        return f"{told}; with {fewest} clusters one tells nearly nothing: plan with its upper end"


def estimate_intracluster(
    design: SurveyDesign,
    variables: str | Sequence[str],
    cluster: str | Sequence[str] = "psu",
    *,
    within: str | None = None,
    where: Where = None,
    level: float = 0.95,
) -> IntraclusterEstimates:
    """Estimate which share of the variance between persons lies between clusters.

    Use it on earlier waves to plan the next. Respondents without the value are left out.

    Parameters
    ----------
    design : SurveyDesign
    variables : str or sequence of str
        Numeric columns.
    cluster : str or sequence of str
        "psu" for the design's sampling points, or a column; several from the widest, each
        within those before: ``["site", "psu"]``.
    within : str, optional
        The column of what the clusters were drawn within, whose means are taken out. For "psu"
        alone the design's strata.
    where : mapping or boolean Series, optional
        Whom to restrict to, as for `estimate_mean`.
    level : float
        The coverage of the intervals.

    Returns
    -------
    IntraclusterEstimates
        One row for each variable, level and wave, and one for all waves, about the means of
        each. The estimate is unbiased for its components, and may be negative, which shows
        that clusters are no more alike than chance makes them; plans take 0.

    Raises
    ------
    EvaluationError
        If the design has no PSUs, clusters are not within those before, or a wave has fewer
        than two clusters or no two persons in one.
    EstimationError
        If a column is absent or not numeric.

    Notes
    -----
    Moments of the weighted analysis of variance, weights being taken for no source of chance.
    Intervals are Searle's, exact for normal answers, equal clusters and weights, approximate
    else. Clusters that recur in several waves count once for degrees of freedom, which is
    cautious.

    References
    ----------
    Searle, Casella and McCulloch (1992), Variance Components, chapters 3 and 5. Oracle: R's
    analysis of variance.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 2, 3, 5, 4], "ea": [1, 1, 2, 2, 3, 3]})
    >>> found = rs.estimate_intracluster(rs.SurveyDesign(frame, psu="ea"), "y")
    >>> found.to_frame()[["estimate", "conf_low", "conf_high", "clusters"]].round(3)
       estimate  conf_low  conf_high  clusters
    0     0.806    -0.264      0.995         3
    """
    _require_level(level)
    rows = []
    for column in columns_of(design, variables):
        data = clustered_rows(design, column.y, cluster, within=within, where=where)
        waves = design.wave_names
        chosen = [(wave, data.of_wave(at)) for at, wave in enumerate(waves)]
        if len(waves) > 1:
            chosen.append((ALL_WAVES, data))
        for wave, part in chosen:
            rows += _icc_rows(part, {"variable": column.variable, "wave": wave}, level)
    order = ["measure", "variable", "cluster", "wave", "estimate", "conf_low", "conf_high", "df"]
    table = pd.DataFrame(rows)
    return IntraclusterEstimates(table[[*order, "clusters", "n", "std_dev"]], level)


def _icc_rows(part: ClusteredRows, what: dict[str, str], level: float) -> list[dict[str, Any]]:
    _require_clusters(part, what)
    found = nested_components(part.y, part.weight, part.units, part.group, df=part.df, level=level)
    return [
        {
            "measure": "icc",
            **what,
            "cluster": name,
            "estimate": found.share[at],
            "conf_low": found.low[at],
            "conf_high": found.high[at],
            "df": found.df[at],
            "clusters": part.clusters[at],
            "n": len(part.y),
            "std_dev": np.sqrt(found.variance.sum()),
        }
        for at, name in enumerate(part.names)
    ]


def estimate_autocorrelation(
    design: SurveyDesign,
    variables: str | Sequence[str],
    cluster: str = "psu",
    *,
    within: str | None = None,
    where: Where = None,
    level: float = 0.95,
) -> IntraclusterEstimates:
    """Estimate how what is particular to a cluster, or a person, lasts between waves.

    Use it on earlier waves to plan the next: difference in differences and ANCOVA gain from what
    lasts.

    Parameters
    ----------
    design : SurveyDesign
        With two waves or more.
    variables, where, level
        As for `estimate_intracluster`.
    cluster : str
        "psu", a column such as "site", or "person": the correlation of a person's two answers
        about the means of the person's sampling point, or stratum, in each wave.
    within : str, optional
        As for `estimate_intracluster`; not for "person".

    Returns
    -------
    IntraclusterEstimates
        One row for each variable and pair of waves. For clusters the correlation of what is
        true of them, not of their means, which chance in who was asked makes less alike; from
        -1 to 1, NaN where a wave shows no variance between clusters.

    Raises
    ------
    EvaluationError
        If waves share no clusters or persons, or persons have no ids.
    EstimationError
        If a column is absent or not numeric.

    Notes
    -----
    For clusters: the covariance of their means in two waves, less what persons asked twice
    bring to it, by the root of the two components of the variance. Limits are Fisher's for
    the correlation of the means, divided by the same reliability; from -1 to 1 with three
    clusters or fewer.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"id": [1, 2, 3, 4, 5, 6] * 2, "t": [1] * 6 + [2] * 6,
    ...                       "y": [1.0, 2, 4, 5, 2, 6, 2, 3, 4, 6, 1, 7]})
    >>> design = rs.SurveyDesign(frame, wave="t", waves="panel", respondent_id="id")
    >>> found = rs.estimate_autocorrelation(design, "y", "person")
    >>> found.to_frame()[["wave", "reference", "estimate", "n"]].round(3)
      wave reference  estimate  n
    0    2         1     0.937  6
    """
    require_design(design)
    _require_level(level)
    if len(design.wave_names) < 2:  # noqa: PLR2004 - of time there are two points
        raise EvaluationError(
            _issue("nothing shows what lasts", "one wave", "two waves or more", "add a wave")
        )
    rows = []
    for column in columns_of(design, variables):
        names = ("psu", "person") if cluster == "person" else cluster
        data = clustered_rows(design, column.y, names, within=within, where=where)
        for first, second in combinations(range(len(design.wave_names)), 2):
            pair = data.of_wave(first), data.of_wave(second)
            what = {
                "measure": "autocorrelation",
                "variable": column.variable,
                "cluster": cluster,
                "wave": design.wave_names[second],
                "reference": design.wave_names[first],
            }
            lasting = _of_persons if cluster == "person" else _of_clusters
            rows.append({**what, **lasting(*pair, what, level)})
    return IntraclusterEstimates(pd.DataFrame(rows).assign(std_dev=np.nan), level)


def _of_clusters(
    one: ClusteredRows, other: ClusteredRows, what: dict[str, str], level: float
) -> dict[str, Any]:
    """Return the correlation of clusters' true levels in two waves."""
    for part in (one, other):
        _require_clusters(part, what)
    sides = [part.cluster_means() for part in (one, other)]
    table = sides[0].merge(sides[1], on="unit", suffixes=("_1", "_2"))
    groups = table["group_1"]
    df = len(table) - groups.nunique()
    if df < 1:
        raise EvaluationError(_nothing_shared(what, f"{len(table)} clusters"))
    means = table[["mean_1", "mean_2"]]
    apart = (means - means.groupby(groups).transform("mean")).to_numpy()
    moments = apart.T @ apart / df
    recurring = one.recurring_covariance(other)
    latent = [
        nested_components(p.y, p.weight, p.units[:1], p.group, df=p.df[:1], level=level).variance[0]
        for p in (one, other)
    ]
    spread = np.sqrt(moments[0, 0] * moments[1, 1])
    true_spread = np.sqrt(np.prod(np.maximum(latent, 0)))
    found = low = high = np.nan
    if true_spread > 0 and spread > 0:
        reliability = true_spread / spread
        raw = (moments[0, 1] - recurring) / spread
        limits = correlation_limits(float(raw), df, level)
        low, high = np.clip(np.array(limits) / (reliability if df > 2 else 1.0), -1, 1)  # noqa: PLR2004
        found = float(np.clip(raw / reliability, -1, 1))
    return {
        "estimate": found,
        "conf_low": low,
        "conf_high": high,
        "df": df,
        "clusters": len(table),
        "n": min(len(one.y), len(other.y)),
    }


def _of_persons(
    one: ClusteredRows, other: ClusteredRows, what: dict[str, str], level: float
) -> dict[str, Any]:
    """Return the correlation of persons' two answers about the means of their clusters."""
    pairs = one.persons_with(other)
    if len(pairs) < 4:  # noqa: PLR2004 - for an interval
        raise EvaluationError(_nothing_shared(what, f"{len(pairs)} persons in both"))
    apart = pairs[["y_1", "y_2"]].to_numpy() - pairs[["mean_1", "mean_2"]].to_numpy()
    weight = pairs["weight"].to_numpy()
    moments = (apart * weight[:, None]).T @ apart
    spread = np.sqrt(moments[0, 0] * moments[1, 1])
    found = float(moments[0, 1] / spread) if spread > 0 else np.nan
    clusters = pairs["unit"].nunique()
    df = float(weight.sum() ** 2 / (weight**2).sum()) - clusters
    low, high = correlation_limits(found, df, level) if spread > 0 else (np.nan, np.nan)
    return {
        "estimate": found,
        "conf_low": low,
        "conf_high": high,
        "df": df,
        "clusters": clusters,
        "n": len(pairs),
    }


def _require_clusters(part: ClusteredRows, what: dict[str, str]) -> None:
    if (part.df < 1).any() or len(part.y) - part.clusters[-1] < 1:
        raise EvaluationError(
            _issue(
                f"'{what['variable']}' does not show how alike answers within clusters are",
                f"wave '{what['wave']}': {len(part.y)} answers in "
                + ", ".join(
                    f"{count} {name}" for count, name in zip(part.clusters, part.names, strict=True)
                ),
                "two clusters or more in what they are drawn within, and persons besides",
                "take a wider 'within', other clusters, or another variable",
            )
        )


def _nothing_shared(what: dict[str, str], found: str) -> Issue:
    return _issue(
        f"waves '{what['reference']}' and '{what['wave']}' share too little",
        found,
        "clusters or persons that recur, with the waves declared 'same_psu' or 'panel'",
        "name clusters that recur, or leave the autocorrelation at 0",
    )


def _require_level(level: float) -> None:
    if not 0 < level < 1:
        raise EvaluationError(_issue("no level", str(level), "between 0 and 1", "level=0.95"))


def _issue(what: str, found: str, expected: str, remedy: str) -> Issue:
    return Issue(what, "estimate_intracluster, estimate_autocorrelation", found, expected, remedy)
