"""Simulate a population with known truth and draw survey waves from it.

The model is a graded one. A person's standing on an index is normal; an item shows it with a
loading, and thresholds cut it into answers. People of one PSU share a peculiarity that
persists from wave to wave. Who takes part depends on a group only, and the weights know the
group, so that nonresponse is ignorable given the weights. What breaks that - selective attrition,
refusals that depend on the answer, interviewers, items that work otherwise in a group, interviews
that were made up - is planted where the plan says so, and told with the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.progress import stage
from resilience.responses.simulated.drawing import (
    draw_people,
    draw_psus,
    sampling_units,
    weights_of,
)
from resilience.responses.simulated.fabrication import fabricate
from resilience.responses.simulated.interviewing import recruit, refusal_truth, with_missing
from resilience.responses.simulated.lists import ask_lists, list_truth
from resilience.responses.simulated.panel import asked_again, attrition_truth, staying
from resilience.responses.simulated.population import Population, simulate_population

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.definitions.simulation import SimulationPlan
    from resilience.definitions.study import Study

    Rows = npt.NDArray[np.int64]

__all__ = [
    "Planted",
    "Population",
    "Simulation",
    "draw_waves",
    "simulate_population",
    "simulate_waves",
]

Planted = dict[str, list[dict[str, Any]]]
"""What was planted, by kind: records of plain values."""


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
    planted : mapping of kind to records
        What else is true of the waves, where the plan asks for it: `noninvariance`,
        `persistence`, `panel`, `interviewers`, `refusals`, `list_experiments`, `fabricated`.
        A kind's records make a table: `pandas.DataFrame(simulation.planted["panel"])`.
    """

    population: Population
    waves: Mapping[str, pd.DataFrame]
    seed: int
    planted: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return one line."""
        waves = ", ".join(f"{wave} {len(frame):,}" for wave, frame in self.waves.items())
        return f"<Simulation, seed {self.seed}: {waves}>"


def simulate_waves(study: Study, plan: SimulationPlan, *, seed: int | None = None) -> Simulation:
    """Simulate a study's population and draw its waves.

    Use it to rehearse an analysis before fieldwork, or to know what a method does when the
    truth is known.

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
        fieldwork = _Fieldwork(population, study, plan, np.random.default_rng(streams[1]))
        waves = {wave: fieldwork.wave(wave) for wave in study.waves_by_id}
    planted = _planned(study, plan, population) | fieldwork.planted
    return Simulation(population, waves, used, planted)


def draw_waves(
    population: Population, study: Study, plan: SimulationPlan, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Draw a sample for each wave from a population; see `simulate_waves`.

    PSUs are drawn at random within strata, then adults within PSUs; the next wave visits
    `psu_overlap` of them again and asks others, and the panel's share of those it asked before.
    Weights are the inverse of the chances of selection, adjusted to the population's numbers by
    site and response group.
    """
    fieldwork = _Fieldwork(population, study, plan, rng)
    return {wave: fieldwork.wave(wave) for wave in study.waves_by_id}


class _Fieldwork:
    """The survey of a population, wave after wave."""

    def __init__(
        self,
        population: Population,
        study: Study,
        plan: SimulationPlan,
        rng: np.random.Generator,
    ) -> None:
        self.population, self.study, self.plan, self.rng = population, study, plan, rng
        # Streams of their own: what one plants does not change what another draws.
        self.panel_rng, self.staff_rng, self.fabrication_rng, self.lists_rng = rng.spawn(4)
        self.ids = np.full(len(population.people), "", object)
        self.psus: dict[str, Rows] = {}
        self.last: tuple[str, Rows] | None = None
        self.planted: Planted = {}
        self.staff = None
        if plan.interviewers:
            self.staff = recruit(study, plan.interviewers, self.staff_rng)
            self.planted["interviewers"] = self.staff.truth()

    def wave(self, wave: str) -> pd.DataFrame:
        """Return the sample of a wave; waves are to be asked for in their order."""
        drawn = self._drawn(wave)
        people, study, plan = self.population.people, self.study, self.plan
        sample = people.iloc[drawn].reset_index(drop=True)
        sample["weight"] = weights_of(people, sample, plan)
        sample["fpc"] = sampling_units(people, study, sample)
        sample["respondent_id"] = self.ids[drawn]
        if self.staff is None:
            codes = self.population.answers[wave].iloc[drawn].reset_index(drop=True)
        else:
            numbers = self.staff.assigned(sample, self.staff_rng)
            sample["interviewer"] = self.staff.names[numbers]
            codes = self.staff.answers(study, self.population, wave, drawn, numbers)
        if study.lists_asked(wave):
            sensitive = self.population.sensitive[wave].iloc[drawn]
            codes, arms = ask_lists(codes, sensitive, study, plan, wave, self.lists_rng)
            sample = sample.assign(**arms)
        sample = pd.concat([sample, with_missing(codes, study, plan, self.rng)], axis=1)
        if any(part.wave == wave for part in plan.fabrication):
            sample, made_up = fabricate(sample, study, plan, wave, self.fabrication_rng)
            self.planted.setdefault("fabricated", []).extend(made_up)
        return sample.drop(columns=[*study.waves_by_id[wave].not_asked])

    def _drawn(self, wave: str) -> Rows:
        """Return the rows of a wave's respondents: those who stayed, and fresh ones."""
        people, plan = self.population.people, self.plan
        before = np.concatenate([*self.psus.values(), np.empty(0, np.int64)])
        self.psus = draw_psus(people, plan, self.psus, self.rng)
        fresh = draw_people(people, plan, self.psus, self.ids != "", before, self.rng)
        self.ids[fresh] = [f"{wave}-{number:05d}" for number in range(1, len(fresh) + 1)]
        drawn = np.sort(np.concatenate([self._stayed(wave), fresh]))
        self.last = (wave, drawn)
        return drawn

    def _stayed(self, wave: str) -> Rows:
        """Return the rows of those of the last wave who take part again."""
        panel = self.plan.sample.panel
        if panel is None or self.last is None:
            return np.empty(0, np.int64)
        last, before = self.last
        visited = np.concatenate(list(self.psus.values()))
        asked = asked_again(self.population.people, panel, before, visited, self.panel_rng)
        stayed = staying(self.study, self.population, panel, asked, last, self.panel_rng)
        truth = attrition_truth(self.population, panel, asked, stayed, wave)
        self.planted.setdefault("panel", []).extend(truth)
        return stayed


def _planned(study: Study, plan: SimulationPlan, population: Population) -> Planted:
    """Return what is true of the population besides its scores."""
    planted: Planted = {}
    if plan.noninvariance:
        planted["noninvariance"] = [
            {
                "variable": group.variable,
                "value": group.value,
                "item": item,
                "loading": group.loadings.get(item, _loading(plan, item)),
                "loading_elsewhere": _loading(plan, item),
                "threshold_shift": group.threshold_shifts.get(item, 0.0),
            }
            for group in plan.noninvariance
            for item in dict.fromkeys([*group.loadings, *group.threshold_shifts])
        ]
    if plan.persistence < 1 or plan.sample.panel:
        waves = list(study.waves_by_id)
        planted["persistence"] = [
            {"wave": one, "other": other, "correlation": plan.persistence ** (later - earlier)}
            for earlier, one in enumerate(waves)
            for later, other in enumerate(waves[earlier + 1 :], start=earlier + 1)
        ]
    if lists := list_truth(population.people, population.sensitive, study):
        planted["list_experiments"] = lists
    if refusals := refusal_truth(population, study, plan):
        planted["refusals"] = refusals
    return planted


def _loading(plan: SimulationPlan, item: str) -> float:
    return plan.loadings.items.get(item, plan.loadings.default)
