"""Simulate a population with known truth and draw survey waves from it.

The model is a graded one. A person's standing on an index is normal; an item shows it with a
loading, and thresholds cut it into answers. People of one PSU share a peculiarity that
persists from wave to wave. Who takes part depends on a group only, and the weights know the
group, so that nonresponse is ignorable given the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import DefinitionError, Issue
from resilience.progress import stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from resilience.definitions.simulation import SimulationPlan
    from resilience.definitions.study import Study

__all__ = ["Population", "Simulation", "draw_waves", "simulate_population", "simulate_waves"]

_WIDEST_THRESHOLD = 2.0


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Population:
    """Everybody, with the answers they would give in each wave.

    Attributes
    ----------
    people : pandas.DataFrame
        One row a person: `site stratum psu` and the study's variables.
    answers : mapping of wave to pandas.DataFrame
        Item codes, one row a person; nobody refuses.
    """

    people: pd.DataFrame
    answers: Mapping[str, pd.DataFrame]

    def __repr__(self) -> str:
        """Return one line."""
        return f"<Population: {len(self.people):,} people, {len(self.answers)} waves, simulated>"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Simulation:
    """Waves drawn from a simulated population.

    Attributes
    ----------
    population : Population
        The truth.
    waves : mapping of wave to pandas.DataFrame
        The samples, in canonical names and codes: missing answers are the codes of the scales.
    seed : int
    """

    population: Population
    waves: Mapping[str, pd.DataFrame]
    seed: int

    def __repr__(self) -> str:
        """Return one line."""
        waves = ", ".join(f"{wave} {len(frame):,}" for wave, frame in self.waves.items())
        return f"<Simulation, seed {self.seed}: {waves}>"


def simulate_waves(study: Study, plan: SimulationPlan, *, seed: int | None = None) -> Simulation:
    """Simulate a study's population and draw its waves.

    Use it to rehearse an analysis before fieldwork, or to know what a method does when the
    truth is known. Answers are missing at the plan's rates, whatever they would have been.

    Parameters
    ----------
    study : Study
        Gives sites, waves, variables, items, and which sites have the programme.
    plan : SimulationPlan
        From `load_simulation_plan`.
    seed : int, optional
        In place of the plan's.

    Returns
    -------
    Simulation

    Raises
    ------
    DefinitionError
        If the plan draws more than there is.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/lebanon/study.yaml")
    >>> plan = rs.load_simulation_plan("surveys/lebanon/simulation.yaml", study)
    >>> rs.simulate_waves(study, plan, seed=1).population
    <Population: 67,031 people, 3 waves, simulated>
    """
    used = plan.seed if seed is None else seed
    streams = np.random.SeedSequence(used).spawn(2)
    with stage("Simulating the population"):
        population = simulate_population(study, plan, np.random.default_rng(streams[0]))
    with stage("Drawing the waves"):
        waves = draw_waves(population, study, plan, np.random.default_rng(streams[1]))
    return Simulation(population, waves, used)


def simulate_population(study: Study, plan: SimulationPlan, rng: np.random.Generator) -> Population:
    """Return everybody and the answers they would give; see `simulate_waves`."""
    people = _people(study, plan, rng)
    traits = _traits(study)
    common = rng.standard_normal(len(people))
    own = {name: rng.standard_normal(len(people)) for name in traits}
    strata = rng.normal(0, plan.clustering.strata, people["stratum"].nunique())
    fixed = strata[people["stratum"].cat.codes] + _differences(plan, people)
    clusters: dict[str, npt.NDArray[np.float64]] = {}
    answers = {}
    for wave in study.waves_by_id:
        shared = _shift(plan, study, people, wave)
        columns = {}
        for name, items in traits.items():
            clusters[name] = _cluster_effects(plan, people, clusters.get(name), rng)
            person = _mix(common, own[name], plan.common_factor)
            standing = (
                plan.levels.get(name, 0.0)
                + plan.effect.get(wave, {}).get(name, 0.0) * _in_programme(study, people)
                + shared
                + fixed
                + clusters[name][people["psu"].cat.codes]
                + person
            )
            for item in items:
                columns[item] = _answer(study, plan, item, standing, rng)
        answers[wave] = pd.DataFrame(columns)
    return Population(people, answers)


def draw_waves(
    population: Population, study: Study, plan: SimulationPlan, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Draw a sample for each wave from a population; see `simulate_waves`.

    PSUs are drawn at random within strata, then adults within PSUs; the next wave visits
    `psu_overlap` of them again and asks others. Weights are the inverse of the chances of
    selection, adjusted to the population's numbers by site and response group.
    """
    taken = np.zeros(len(population.people), bool)
    chosen: dict[str, npt.NDArray[np.int64]] = {}
    waves = {}
    for wave in study.waves_by_id:
        chosen = _draw_psus(population.people, plan, chosen, rng)
        drawn = _draw_people(population.people, plan, chosen, taken, rng)
        taken[drawn] = True
        sample = population.people.iloc[drawn].reset_index(drop=True)
        sample["weight"] = _weights(population.people, sample, plan)
        sample["fpc"] = _units(population.people, study, sample)
        sample["respondent_id"] = [f"{wave}-{number:05d}" for number in range(1, len(drawn) + 1)]
        codes = population.answers[wave].iloc[drawn].reset_index(drop=True)
        sample = pd.concat([sample, _with_missing(codes, study, plan, rng)], axis=1)
        waves[wave] = sample.drop(columns=[*study.waves_by_id[wave].not_asked])
    return waves


def _traits(study: Study) -> dict[str, tuple[str, ...]]:
    """Return what people have a standing on: indices of items, and each item in no index."""
    indices = study.questionnaire.indices_by_id.values()
    traits = {index.id: tuple(index.items) for index in indices if index.items}
    used = {item for items in traits.values() for item in items}
    return traits | {item: (item,) for item in study.questionnaire.items_by_id if item not in used}


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


def _mix(
    shared: npt.NDArray[np.float64], own: npt.NDArray[np.float64], share: float
) -> npt.NDArray[np.float64]:
    return np.asarray(np.sqrt(share) * shared + np.sqrt(1 - share) * own)


def _cluster_effects(
    plan: SimulationPlan,
    people: pd.DataFrame,
    before: npt.NDArray[np.float64] | None,
    rng: np.random.Generator,
) -> npt.NDArray[np.float64]:
    """Return each PSU's peculiarity, correlated with the one it had in the wave before."""
    spread = np.sqrt(plan.clustering.intraclass / (1 - plan.clustering.intraclass))
    fresh = rng.normal(0, spread, people["psu"].nunique())
    if before is None:
        return fresh
    kept = plan.clustering.persistence
    return np.asarray(kept * before + np.sqrt(1 - kept**2) * fresh)


def _answer(
    study: Study,
    plan: SimulationPlan,
    item: str,
    standing: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> npt.NDArray[np.float64]:
    loading = plan.loadings.items.get(item, plan.loadings.default)
    shown = loading * standing + np.sqrt(1 - loading**2) * rng.standard_normal(len(standing))
    codes = np.array(sorted(study.questionnaire.scale_of(item).answers), float)
    cuts = np.linspace(-_WIDEST_THRESHOLD, _WIDEST_THRESHOLD, len(codes) + 1)[1:-1]
    step = np.searchsorted(cuts, shown)
    keyed = study.questionnaire.items_by_id[item].keyed
    return np.asarray(codes[::-1][step] if keyed == "negative" else codes[step])


def _draw_psus(
    people: pd.DataFrame,
    plan: SimulationPlan,
    before: Mapping[str, npt.NDArray[np.int64]],
    rng: np.random.Generator,
) -> dict[str, npt.NDArray[np.int64]]:
    """Return for each stratum the PSUs of a wave, some of them those of the wave before."""
    wanted = plan.sample.psus_per_stratum
    kept = round(wanted * plan.sample.psu_overlap)
    drawn = {}
    for at, stratum in enumerate(people["stratum"].cat.categories):
        there = np.arange(plan.population.psus_per_stratum) + at * plan.population.psus_per_stratum
        again = rng.choice(before[stratum], kept, replace=False) if before else there[:0]
        others = np.setdiff1d(there, before[stratum] if before else again)
        if wanted - len(again) > len(others):
            raise DefinitionError(
                Issue(
                    "the simulation draws more PSUs than a stratum has",
                    where="sample.psus_per_stratum",
                    found=str(wanted),
                    expected=f"at most {len(others) + len(again)}",
                    remedy="draw fewer, or raise population.psus_per_stratum",
                )
            )
        fresh = rng.choice(others, wanted - len(again), replace=False)
        drawn[stratum] = np.sort(np.concatenate([again, fresh]))
    return drawn


def _draw_people(
    people: pd.DataFrame,
    plan: SimulationPlan,
    psus: Mapping[str, npt.NDArray[np.int64]],
    taken: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Return the rows of those who were drawn and took part."""
    chosen = np.concatenate(list(psus.values()))
    codes = people["psu"].cat.codes.to_numpy()
    starts = np.searchsorted(codes, chosen, side="left")
    ends = np.searchsorted(codes, chosen, side="right")
    rows = []
    for start, end in zip(starts, ends, strict=True):
        free = np.arange(start, end)[~taken[start:end]]
        _require_enough(len(free), plan)
        rows.append(rng.permutation(free)[: plan.sample.adults_per_psu])
    drawn = np.concatenate(rows)
    if plan.response is None:
        return np.sort(drawn)
    rates = people[plan.response.variable].astype("str").map(plan.response.rates).fillna(1.0)
    takes_part = rng.random(len(drawn)) < rates.to_numpy(float)[drawn]
    return np.sort(drawn[takes_part])


def _require_enough(free: int, plan: SimulationPlan) -> None:
    if free < plan.sample.adults_per_psu:
        raise DefinitionError(
            Issue(
                "the simulation draws more adults than a PSU has who were not asked before",
                where="sample.adults_per_psu",
                found=str(plan.sample.adults_per_psu),
                expected=f"at most {free}",
                remedy="draw fewer, raise population.adults_per_psu, or lower sample.psu_overlap",
            )
        )


def _units(people: pd.DataFrame, study: Study, sample: pd.DataFrame) -> pd.Series:
    """Return how many sampling units the stratum of each respondent has: PSUs, or persons."""
    psus = people.groupby("stratum", observed=True)["psu"]
    counts = psus.size() if study.roles.psu == "none" else psus.nunique()
    return sample["stratum"].astype("str").map(counts.to_dict()).astype(float)


def _weights(
    people: pd.DataFrame, sample: pd.DataFrame, plan: SimulationPlan
) -> npt.NDArray[np.float64]:
    """Return inverse chances of selection, adjusted to population numbers in response groups."""
    in_psu = people["psu"].value_counts()
    met = sample["psu"].value_counts()
    base = sample["psu"].map(in_psu).astype(float) / sample["psu"].map(met).astype(float)
    base *= plan.population.psus_per_stratum / plan.sample.psus_per_stratum
    groups = ["site", *([plan.response.variable] if plan.response else [])]
    wanted = people.groupby(groups, observed=True).size().rename("wanted")
    found = base.groupby([sample[name] for name in groups], observed=True).sum().rename("found")
    factor = sample[groups].join(pd.concat([wanted, found], axis=1), on=groups)
    return np.asarray((base * factor["wanted"] / factor["found"]).to_numpy(float))


def _with_missing(
    answers: pd.DataFrame, study: Study, plan: SimulationPlan, rng: np.random.Generator
) -> pd.DataFrame:
    """Return answers of which some are replaced by the scale's codes for missing."""
    columns = {}
    for item in answers:
        values = answers[item].to_numpy(float).copy()
        codes = {m.reason: m.code for m in study.questionnaire.scale_of(str(item)).missing}
        for rate in plan.missing:
            share = rate.items.get(str(item), rate.default)
            hit = rng.random(len(values)) < share
            if share and rate.reason in codes:
                values[hit] = codes[rate.reason]
        columns[str(item)] = values
    return pd.DataFrame(columns)
