"""The sample that waves had, as the plan of a next one: what is known and what is assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue, nearest
from resilience.evaluation.planning.intracluster import (
    estimate_autocorrelation,
    estimate_intracluster,
)
from resilience.evaluation.planning.sample import PlannedSample
from resilience.inference.designs.role_checks import stages_of
from resilience.inference.designs.study_roles import SITE_ROLE
from resilience.inference.statistics.columns import columns_of

if TYPE_CHECKING:
    from resilience.inference.designs.design import SurveyDesign

__all__ = ["FieldedSample", "sample_as_fielded"]

_LARGEST_SHARE = 0.95  # of the variance between cities, in a cautious plan
_PERSONS_LEFT = 0.99


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class FieldedSample:
    """What waves tell of the next, for one variable.

    Attributes
    ----------
    variable : str
    sample : PlannedSample
        With the estimates; those below 0 or not known are 0.
    cautious : PlannedSample
        With the upper limits of shares of variance and the lower limits of correlations.
    assumptions : pandas.DataFrame
        `variable quantity estimate conf_low conf_high used clusters`: where each number comes from.
    std_dev : float
        Between persons, in `unit`.
    unit : str
    has_arms : bool
        Whether there are programme and comparison places; else one of each is planned for.
    """

    variable: str
    sample: PlannedSample
    cautious: PlannedSample
    assumptions: pd.DataFrame
    std_dev: float
    unit: str
    has_arms: bool

    def __repr__(self) -> str:
        """Return what was taken from the waves."""
        return f"{self.assumptions.to_string(index=False)}\n{self.sample!r}"


def sample_as_fielded(
    design: SurveyDesign, variable: str, *, city: str = "site", arm: str = SITE_ROLE
) -> FieldedSample:
    """Return the sample of earlier waves, with what they show of one variable.

    Parameters
    ----------
    design : SurveyDesign
        Of a study, or with columns `city` and `arm`.
    variable : str
        A numeric column.
    city : str
        The column of the places to which the programme was or was not assigned.
    arm : str
        The column that is "programme" or "comparison"; without it there are no arms.

    Returns
    -------
    FieldedSample
        Respondents and sampling points are harmonic means over places and waves, since errors
        go with 1 / n. What lasts is taken from the first and the last wave.

    Raises
    ------
    EvaluationError
        If `city` is no column, there is one place only, or a wave does not show how alike
        answers are.

    Examples
    --------
    >>> import resilience as rs
    >>> from resilience.evaluation.planning.fielded import sample_as_fielded
    >>> study = rs.load_study("surveys/lebanon/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> sample = sample_as_fielded(design, "cohesion").sample
    >>> sample.treated, sample.comparison, round(sample.psus)
    (2, 2, 18)
    """
    y = columns_of(design, [variable])[0].y
    if city not in design.frame:
        raise EvaluationError(
            Issue(
                f"the design has no column '{city}'",
                "sample_as_fielded: city",
                city,
                "the column of the places that have or have not the programme",
                nearest(city, map(str, design.frame.columns), "name it"),
            )
        )
    table = _assumptions(design, variable, city)
    used = dict(zip(table["quantity"], table["used"], strict=True))
    careful = dict(zip(table["quantity"], table["cautious"], strict=True))
    counts = _counts(design, y, city)
    arms = {word: _places(design, city, arm, word) for word in ("programme", "comparison")}
    places: dict[str, Any] = {
        "treated": max(arms["programme"], 1),
        "comparison": max(arms["comparison"], 1),
    }
    known = design.measures.get(variable)
    return FieldedSample(
        variable,
        PlannedSample(**places, **counts, **used),
        PlannedSample(**places, **counts, **careful),
        table.drop(columns="cautious"),
        float(table.attrs["std_dev"]),
        (known.unit if known else "") or "the variable's unit",
        has_arms=all(arms.values()),
    )


def _places(design: SurveyDesign, city: str, arm: str, word: str) -> int:
    if arm not in design.frame:
        return 0
    return int(design.frame.loc[design.frame[arm].astype("str") == word, city].nunique())


def _counts(design: SurveyDesign, y: np.ndarray, city: str) -> dict[str, Any]:
    """Return what a place has in a wave, and the effect of its weights."""
    answered = ~np.isnan(y) & (design.weights > 0)
    frame = pd.DataFrame(
        {
            "city": design.frame[city].to_numpy(),
            "wave": design.frame[design.wave].to_numpy() if design.wave else "",
            "w": design.weights,
            **{role: _role(design, role) for role in ("stratum", "psu", "respondent_id")},
        }
    )[answered]
    groups = frame.groupby(["city", "wave"], observed=True)
    n, total = groups.size(), groups["w"].sum()
    squares = frame["w"].pow(2).groupby([frame["city"], frame["wave"]], observed=True).sum()
    strata = frame.groupby("city", observed=True)["stratum"].nunique().mean()
    units = frame[["city", "wave", "stratum", "psu"]].drop_duplicates()
    points = units.groupby(["city", "wave"], observed=True).size()
    return {
        "respondents": float(len(n) / (1 / n).sum()),
        "psus": float(len(points) / (1 / points).sum()) if design.psu else None,
        "strata": max(round(float(strata)), 1),
        "weights_effect": max(float((n * squares / total**2).mean()), 1.0),
        "overlap": _overlap(design, frame),
    }


def _role(design: SurveyDesign, role: str) -> Any:
    columns = stages_of(getattr(design, role))
    return design.frame[columns[0]].to_numpy() if columns else 0


def _overlap(design: SurveyDesign, frame: pd.DataFrame) -> float:
    """Return the share of the last wave's respondents who were asked in the first."""
    if design.respondent_id is None or not _relates(design, "panel"):
        return 0.0
    first, last = (
        set(frame.loc[frame["wave"].astype("str") == name, "respondent_id"])
        for name in (design.wave_names[0], design.wave_names[-1])
    )
    return len(first & last) / len(last)


def _relates(design: SurveyDesign, *words: str) -> bool:
    """Return whether the first and the last wave relate so."""
    if len(design.wave_names) < 2 or design.waves is None:  # noqa: PLR2004 - a pair
        return False
    ends = {design.wave_names[0], design.wave_names[-1]}
    if isinstance(design.waves, str):
        return design.waves in words
    return any(word in words for pair, word in design.waves.items() if set(pair) == ends)


def _assumptions(design: SurveyDesign, variable: str, city: str) -> pd.DataFrame:
    """Return shares of variance and correlations, as estimated and as used."""
    levels = [city, "psu"] if design.psu else [city]
    shares = estimate_intracluster(design, variable, levels).to_frame()
    shares = shares[shares["wave"] == shares["wave"].iloc[-1]]
    rows = [
        {"quantity": name, **row}
        for name, row in zip(("icc", "icc_psu"), shares.to_dict("records"), strict=False)
    ]
    lasting = {"autocorrelation": city} if len(design.wave_names) > 1 else {}
    if design.psu and _relates(design, "same_psu", "panel"):
        lasting["autocorrelation_psu"] = "psu"
    if design.respondent_id and _relates(design, "panel"):
        lasting["autocorrelation_person"] = "person"
    for name, cluster in lasting.items():
        within = city if cluster == "psu" else None
        found = estimate_autocorrelation(design, variable, cluster, within=within).to_frame()
        ends = (found["reference"] == design.wave_names[0]) & (
            found["wave"] == design.wave_names[-1]
        )
        rows.append({"quantity": name, **found[ends].iloc[0].to_dict()})
    table = pd.DataFrame(rows)
    table["used"] = table["estimate"].fillna(0.0).clip(0.0, 1.0)
    table["cautious"] = _cautious(table)
    columns = [
        "variable",
        "quantity",
        "estimate",
        "conf_low",
        "conf_high",
        "used",
        "cautious",
        "clusters",
    ]
    told = table[columns]
    told.attrs["std_dev"] = shares["std_dev"].iloc[0]
    return told


def _cautious(table: pd.DataFrame) -> pd.Series:
    """Return upper limits of shares and lower limits of correlations, within what can be."""
    share = table["quantity"].isin(["icc", "icc_psu"])
    limit = table["conf_low"].where(~share, table["conf_high"]).fillna(table["used"])
    found = limit.clip(0.0, _LARGEST_SHARE).where(share, limit.clip(0.0, 1.0))
    city = found[table["quantity"] == "icc"].sum()
    point = table["quantity"] == "icc_psu"
    return pd.Series(found.where(~point, found.clip(upper=_PERSONS_LEFT - city)))
