"""The population: everybody, and the answers they would give in each wave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.responses.simulated.answering import (
    carried_on,
    graded,
    mixed,
    shown,
    spread_of_share,
)
from resilience.responses.simulated.lists import listed_answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from resilience.definitions.simulation import SimulationPlan
    from resilience.definitions.study import Study

    Floats = npt.NDArray[np.float64]

__all__ = ["Population", "coded_answers", "simulate_population", "traits_of"]


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Population:
    """Everybody, with the answers they would give in each wave.

    Attributes
    ----------
    people : pandas.DataFrame
        One row a person: `site stratum psu` and the study's variables.
    answers : mapping of wave to pandas.DataFrame
        Item codes, one row a person; nobody refuses.
    shown : mapping of wave to pandas.DataFrame
        What the answers were cut from, in standard deviations, where interviewers act on it.
    sensitive : mapping of wave to pandas.DataFrame
        Whether the sensitive statement of each list experiment holds; the answers count the
        others only.
    """

    people: pd.DataFrame
    answers: Mapping[str, pd.DataFrame]
    shown: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    sensitive: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return one line."""
        return f"<Population: {len(self.people):,} people, {len(self.answers)} waves, simulated>"


def simulate_population(study: Study, plan: SimulationPlan, rng: np.random.Generator) -> Population:
    """Return everybody and the answers they would give; see `simulate_waves`."""
    people = _people(study, plan, rng)
    standings = _Standings(study, plan, people, rng)
    counts, sensitive = listed_answers(study, plan, len(people), rng.spawn(1)[0])
    answers, kept = {}, {}
    for number, wave in enumerate(study.waves_by_id):
        if number:
            standings.move()
        columns, seen = {}, {}
        for name, items in traits_of(study).items():
            standing = standings.of(name, wave)
            for item in items:
                loading, shift = _of_group(plan, people, item)
                seen[item] = shown(standing, rng.standard_normal(len(people)), loading, shift)
                columns[item] = coded_answers(study, item, seen[item])
        answers[wave] = pd.concat([pd.DataFrame(columns), counts[wave]], axis=1)
        if plan.interviewers:
            kept[wave] = pd.DataFrame(seen)
    return Population(people, answers, kept, sensitive)


def traits_of(study: Study) -> dict[str, tuple[str, ...]]:
    """Return what people have a standing on: indices of items, and each item in no index.

    Items that count the statements of a list show no standing.
    """
    indices = study.questionnaire.indices_by_id.values()
    traits = {index.id: tuple(index.items) for index in indices if index.items}
    used = {item for items in traits.values() for item in items}
    used |= {part.item for part in study.questionnaire.list_experiments_by_id.values()}
    return traits | {item: (item,) for item in study.questionnaire.items_by_id if item not in used}


def coded_answers(study: Study, item: str, seen: Floats) -> Floats:
    """Return the codes by which an item's scale tells what people show."""
    codes = np.array(sorted(study.questionnaire.scale_of(item).answers), float)
    keyed = study.questionnaire.items_by_id[item].keyed
    return graded(seen, codes, reverse=keyed == "negative")


class _Standings:
    """Where people stand on each trait, wave after wave."""

    def __init__(
        self, study: Study, plan: SimulationPlan, people: pd.DataFrame, rng: np.random.Generator
    ) -> None:
        self.study, self.plan, self.people, self.rng = study, plan, people, rng
        # Moves have a stream of their own: without them, all else is drawn as it is with them.
        self.moves = rng.spawn(1)[0]
        n = len(people)
        self.common: Floats = rng.standard_normal(n)
        self.own: dict[str, Floats] = {name: rng.standard_normal(n) for name in traits_of(study)}
        strata = rng.normal(0, plan.clustering.strata, people["stratum"].nunique())
        self.fixed: Floats = strata[people["stratum"].cat.codes] + _differences(plan, people)
        self.clusters: dict[str, Floats] = {}

    def move(self) -> None:
        """Go to the next wave: persons' standings change as far as they do not persist."""
        persistence, n = self.plan.persistence, len(self.people)
        if persistence < 1:
            self.common = carried_on(self.common, self.moves.standard_normal(n), persistence)
            for name, before in self.own.items():
                self.own[name] = carried_on(before, self.moves.standard_normal(n), persistence)

    def of(self, name: str, wave: str) -> Floats:
        """Return where people stand on a trait in a wave; to be asked once for each."""
        plan, people = self.plan, self.people
        fresh = self.rng.normal(
            0, spread_of_share(plan.clustering.intraclass), people["psu"].nunique()
        )
        before = self.clusters.get(name)
        self.clusters[name] = (
            fresh if before is None else carried_on(before, fresh, plan.clustering.persistence)
        )
        standing: Floats = (
            plan.levels.get(name, 0.0)
            + plan.effect.get(wave, {}).get(name, 0.0) * _in_programme(self.study, people)
            + _shift(plan, self.study, people, wave)
            + self.fixed
            + self.clusters[name][people["psu"].cat.codes]
            + mixed(self.common, self.own[name], plan.common_factor)
        )
        return standing


def _of_group(plan: SimulationPlan, people: pd.DataFrame, item: str) -> tuple[Floats, Floats]:
    """Return an item's loading and the shift of its thresholds for each person."""
    loading = np.full(len(people), plan.loadings.items.get(item, plan.loadings.default))
    shift = np.zeros(len(people))
    for group in plan.noninvariance:
        members = (people[group.variable] == group.value).to_numpy()
        loading[members] = group.loadings.get(item, loading[members])
        shift[members] += group.threshold_shifts.get(item, 0.0)
    return loading, shift


def _people(study: Study, plan: SimulationPlan, rng: np.random.Generator) -> pd.DataFrame:
    size = plan.population
    sites = [site.id for site in study.sites]
    strata = [
        f"{number}{part:02d}"
        for number in range(1, len(sites) + 1)
        for part in range(1, size.strata_per_site + 1)
    ]
    psus = [
        f"{stratum}{part:03d}" for stratum in strata for part in range(1, size.psus_per_stratum + 1)
    ]
    low, high = size.adults_per_psu
    adults = rng.integers(low, high + 1, len(psus))
    psu = np.repeat(np.arange(len(psus)), adults)
    stratum = psu // size.psus_per_stratum
    frame = pd.DataFrame(
        {
            "site": _categories(stratum // size.strata_per_site, sites),
            "stratum": _categories(stratum, strata),
            "psu": _categories(psu, psus),
        }
    )
    for variable in study.variables:
        shares = np.array([plan.groups[variable.id].get(v.id, 0.0) for v in variable.values])
        codes = rng.choice(len(shares), size=len(frame), p=shares / shares.sum())
        ids = [value.id for value in variable.values]
        frame[variable.id] = _categories(codes, ids)
    return frame


def _categories(codes: npt.NDArray[np.int64], names: list[str]) -> Any:
    return pd.Categorical.from_codes(codes.tolist(), categories=pd.Index(names))


def _differences(plan: SimulationPlan, people: pd.DataFrame) -> npt.NDArray[np.float64]:
    total = np.zeros(len(people))
    for variable, differences in plan.differences.items():
        total += people[variable].astype("str").map(differences).fillna(0.0).to_numpy(float)
    return total


def _shift(
    plan: SimulationPlan, study: Study, people: pd.DataFrame, wave: str
) -> npt.NDArray[np.float64]:
    by_site = np.array([plan.sites.get(site.id, 0.0) for site in study.sites])
    return np.asarray(by_site[people["site"].cat.codes] + plan.trend.get(wave, 0.0))


def _in_programme(study: Study, people: pd.DataFrame) -> npt.NDArray[np.float64]:
    roles = np.array([float(site.role == "programme") for site in study.sites])
    return np.asarray(roles[people["site"].cat.codes])
