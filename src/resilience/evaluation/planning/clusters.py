"""Answers with the clusters they come from: what components of variance are worked out from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue, nearest
from resilience.inference.designs.relations import related_groups, relations_of
from resilience.inference.designs.role_checks import stages_of
from resilience.inference.statistics.domains import domains_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["ClusteredRows", "clustered_rows"]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ClusteredRows:
    """Those who answered, with weights, waves and clusters.

    Attributes
    ----------
    y, weight : numpy.ndarray
        Shape (n,).
    wave : numpy.ndarray
        Codes, shape (n,).
    place : numpy.ndarray
        Codes of what the widest clusters were drawn within, the same in all waves.
    labels : tuple of numpy.ndarray
        Codes of each level of clusters, the same in waves that share them.
    person : numpy.ndarray
        Codes of persons, the same in waves of a panel, or all different.
    names : tuple of str
        Of the levels.
    """

    y: Floats
    weight: Floats
    wave: Codes
    place: Codes
    labels: tuple[Codes, ...]
    person: Codes
    names: tuple[str, ...]

    def of_wave(self, wave: int) -> ClusteredRows:
        """Return the rows of one wave."""
        chosen = self.wave == wave
        return replace(
            self,
            y=self.y[chosen],
            weight=self.weight[chosen],
            wave=self.wave[chosen],
            place=self.place[chosen],
            labels=tuple(codes[chosen] for codes in self.labels),
            person=self.person[chosen],
        )

    @property
    def group(self) -> Codes:
        """Codes of places in waves, from 0."""
        return _numbered(self.wave, self.place)

    @property
    def units(self) -> tuple[Codes, ...]:
        """Codes of clusters in waves, from 0."""
        return tuple(_numbered(self.wave, codes) for codes in self.labels)

    @property
    def clusters(self) -> tuple[int, ...]:
        """How many clusters there are of each level; those that recur count once."""
        return tuple(len(np.unique(codes)) for codes in self.labels)

    @property
    def df(self) -> Floats:
        """Clusters less those they lie in."""
        counts = [len(np.unique(self.place)), *self.clusters]
        return np.diff(counts).astype(np.float64)

    def cluster_means(self) -> pd.DataFrame:
        """Return `mean` and `group` of each cluster of the widest level."""
        frame = pd.DataFrame(
            {"unit": self.labels[0], "group": self.place, "w": self.weight, "wy": self._weighted}
        )
        added = frame.groupby("unit").agg({"group": "first", "w": "sum", "wy": "sum"})
        return added.assign(mean=added["wy"] / added["w"])[["mean", "group"]]

    def recurring_covariance(self, other: ClusteredRows) -> float:
        """Return what persons asked twice bring to the covariance of clusters' means."""
        pairs = self.persons_with(other)
        if pairs.empty:
            return 0.0
        apart = (pairs["y_1"] - pairs["mean_1"]) * (pairs["y_2"] - pairs["mean_2"])
        own = pd.DataFrame({"unit": pairs["unit"], "part": pairs["share"] * apart})
        shared = len(np.intersect1d(self.labels[0], other.labels[0]))
        # Deviations are from the clusters' own means, which takes a pair from each.
        lost = 1 - 1 / own.groupby("unit")["part"].transform("size")
        return float((own["part"] / lost.where(lost > 0)).sum() / shared)

    def persons_with(self, other: ClusteredRows) -> pd.DataFrame:
        """Return persons asked in both waves in one cluster of the finest level but persons.

        Returns
        -------
        pandas.DataFrame
            `unit`, `y_1 y_2`, the means of their clusters' persons in both `mean_1 mean_2`,
            `weight`, and `share`: the product of their shares in the two means.
        """
        sides = [part._persons() for part in (self, other)]
        both = sides[0].merge(sides[1], on=["person", "unit"], suffixes=("_1", "_2"))
        both["weight"] = (both["w_1"] + both["w_2"]) / 2
        both["share"] = both["share_1"] * both["share_2"]
        total = both.groupby("unit")["weight"].transform("sum")
        for side in ("1", "2"):
            part = both["weight"] * both[f"y_{side}"]
            both[f"mean_{side}"] = part.groupby(both["unit"]).transform("sum") / total
        return both

    @property
    def _weighted(self) -> Floats:
        return self.weight * self.y

    def _persons(self) -> pd.DataFrame:
        unit = self.labels[0]
        share = self.weight / np.bincount(unit, self.weight)[unit]
        return pd.DataFrame(
            {
                "person": self.person,
                "unit": unit,
                "y": self.y,
                "w": self.weight,
                "share": share,
            }
        )


def clustered_rows(
    design: SurveyDesign,
    y: Floats,
    cluster: str | Sequence[str],
    *,
    within: str | None,
    where: Where,
) -> ClusteredRows:
    """Return those who have a value, with their clusters.

    Raises
    ------
    EvaluationError
        If a cluster is no column, the design has no PSUs or ids, or clusters do not lie within
        those before.
    """
    names = (cluster,) if isinstance(cluster, str) else tuple(cluster)
    wave, kinship = _waves(design)
    persons = "person" in names
    levels = [name for name in names if name != "person"]
    place = within or (design.stratum if levels == ["psu"] else None)
    asked = [name for name in levels if not persons] + ([within] if within else [])
    missing = [name for name in asked if _absent(design, name)]
    if missing or not names or (persons and design.respondent_id is None):
        raise EvaluationError(*(_no_cluster(design, name) for name in missing or ["person"]))
    kept = ~np.isnan(y) & (design.weights > 0) & (domains_of(design, None, where).of_row >= 0)
    places = _column(design, place) if place else np.zeros(len(y), np.int64)
    codes = [_label(design, name, kinship, persons=persons) for name in levels]
    known = kept & (places >= 0) & np.all([part >= 0 for part in codes], axis=0)
    rows = ClusteredRows(
        y[known],
        design.weights[known],
        wave[known],
        _numbered(places[known]),
        tuple(_numbered(part[known]) for part in codes),
        _persons(design, kinship)[known],
        tuple(levels),
    )
    _require_nested(rows)
    return rows


def _waves(design: SurveyDesign) -> tuple[Codes, Codes]:
    """Return each row's wave, and its group of waves that share PSUs."""
    if design.wave is None:
        alike: Codes = np.zeros(len(design.frame), np.int64)
        return alike, alike
    position = {name: at for at, name in enumerate(design.wave_names)}
    numbers = design.frame[design.wave].astype("str").map(position)
    wave = np.asarray(numbers, np.int64)
    if len(position) == 1:
        return wave, wave
    groups = related_groups(design.wave_names, relations_of(design.wave_names, design.waves))
    return wave, groups[wave]


def _label(design: SurveyDesign, name: str, kinship: Codes, *, persons: bool) -> Codes:
    """Return codes of clusters; PSUs of unrelated waves differ whatever their labels."""
    if name != "psu":
        return _column(design, name)
    if design.psu is None and persons:
        return _column(design, design.stratum) if design.stratum else np.zeros_like(kinship)
    codes = _column(design, stages_of(design.psu)[0])
    strata = _column(design, design.stratum) if design.nested_psu and design.stratum else codes * 0
    return np.where(codes < 0, -1, _numbered(kinship, strata, codes))


def _persons(design: SurveyDesign, kinship: Codes) -> Codes:
    if design.respondent_id is None:
        return np.arange(len(design.frame))
    return _numbered(kinship, _column(design, design.respondent_id))


def _column(design: SurveyDesign, name: str) -> Codes:
    return np.asarray(pd.factorize(design.frame[name])[0], np.int64)


def _numbered(*codes: Codes) -> Codes:
    """Return one code from 0 for each combination."""
    if len(codes) == 1:
        return np.asarray(pd.factorize(codes[0])[0], np.int64)
    groups = pd.DataFrame(dict(enumerate(codes))).groupby(list(range(len(codes))), sort=False)
    return np.asarray(groups.ngroup(), np.int64)


def _absent(design: SurveyDesign, name: str) -> bool:
    return name not in design.frame and not (name == "psu" and design.psu is not None)


def _require_nested(rows: ClusteredRows) -> None:
    """Refuse clusters that lie in two of those before."""
    above = [("within", rows.place), *zip(rows.names, rows.labels, strict=True)]
    for (wider, outer), (name, inner) in pairwise(above):
        pairs = len(np.unique(_numbered(outer, inner)))
        if pairs > len(np.unique(inner)):
            raise EvaluationError(
                Issue(
                    f"'{name}' does not lie within '{wider}'",
                    "estimate_intracluster, estimate_autocorrelation",
                    f"{pairs - len(np.unique(inner))} labels in two of them",
                    "the widest clusters first, and labels of their own",
                    "change the order, or make labels differ between places",
                )
            )


def _no_cluster(design: SurveyDesign, name: str) -> Issue:
    word = {"psu": "psu=", "person": "respondent_id="}.get(name)
    return Issue(
        f"the design has no '{name}'",
        "estimate_intracluster, estimate_autocorrelation",
        name,
        "'psu', 'person' where persons have ids, or a column",
        f"SurveyDesign(…, {word}…)"
        if word
        else nearest(name, map(str, design.frame.columns), "name a column of the design"),
    )
