"""Who is drawn from a population: PSUs, adults in them, and what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import DefinitionError, Issue

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from resilience.definitions.simulation import SimulationPlan
    from resilience.definitions.study import Study

    Rows = npt.NDArray[np.int64]

__all__ = ["draw_people", "draw_psus", "sampling_units", "weights_of"]


def draw_psus(
    people: pd.DataFrame,
    plan: SimulationPlan,
    before: Mapping[str, Rows],
    rng: np.random.Generator,
) -> dict[str, Rows]:
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


def draw_people(
    people: pd.DataFrame,
    plan: SimulationPlan,
    psus: Mapping[str, Rows],
    taken: npt.NDArray[np.bool_],
    again: Rows,
    rng: np.random.Generator,
) -> Rows:
    """Return the rows of those who were drawn afresh and took part.

    Parameters
    ----------
    psus : mapping of stratum to numpy.ndarray
        Where to draw.
    taken : numpy.ndarray
        Who was asked before, and is not drawn.
    again : numpy.ndarray
        The PSUs where the panel stands for its share of the adults drawn.
    """
    chosen = np.concatenate(list(psus.values()))
    codes = people["psu"].cat.codes.to_numpy()
    starts = np.searchsorted(codes, chosen, side="left")
    ends = np.searchsorted(codes, chosen, side="right")
    wanted = np.full(len(chosen), plan.sample.adults_per_psu)
    if plan.sample.panel:
        in_panel = round(plan.sample.panel.share * plan.sample.adults_per_psu)
        wanted[np.isin(chosen, again)] -= in_panel
    rows = []
    for start, end, number in zip(starts, ends, wanted, strict=True):
        free = np.arange(start, end)[~taken[start:end]]
        _require_enough(len(free), int(number))
        rows.append(rng.permutation(free)[:number])
    drawn = np.concatenate(rows)
    if plan.response is None:
        return np.sort(drawn)
    rates = people[plan.response.variable].astype("str").map(plan.response.rates).fillna(1.0)
    takes_part = rng.random(len(drawn)) < rates.to_numpy(float)[drawn]
    return np.sort(drawn[takes_part])


def _require_enough(free: int, wanted: int) -> None:
    if free < wanted:
        raise DefinitionError(
            Issue(
                "the simulation draws more adults than a PSU has who were not asked before",
                where="sample.adults_per_psu",
                found=str(wanted),
                expected=f"at most {free}",
                remedy="draw fewer, raise population.adults_per_psu, or lower sample.psu_overlap",
            )
        )


def sampling_units(people: pd.DataFrame, study: Study, sample: pd.DataFrame) -> pd.Series:
    """Return how many sampling units the stratum of each respondent has: PSUs, or persons."""
    psus = people.groupby("stratum", observed=True)["psu"]
    counts = psus.size() if study.roles.psu == "none" else psus.nunique()
    return sample["stratum"].astype("str").map(counts.to_dict()).astype(float)


def weights_of(
    people: pd.DataFrame, sample: pd.DataFrame, plan: SimulationPlan
) -> npt.NDArray[np.float64]:
    """Return inverse chances of selection, adjusted to population numbers in response groups.

    Response groups are those by which people take part, and stay in a panel.
    """
    in_psu = people["psu"].value_counts()
    met = sample["psu"].value_counts()
    base = sample["psu"].map(in_psu).astype(float) / sample["psu"].map(met).astype(float)
    base *= plan.population.psus_per_stratum / plan.sample.psus_per_stratum
    groups = ["site", *_adjusted_by(plan)]
    wanted = people.groupby(groups, observed=True).size().rename("wanted")
    found = base.groupby([sample[name] for name in groups], observed=True).sum().rename("found")
    factor = sample[groups].join(pd.concat([wanted, found], axis=1), on=groups)
    return np.asarray((base * factor["wanted"] / factor["found"]).to_numpy(float))


def _adjusted_by(plan: SimulationPlan) -> list[str]:
    staying = plan.sample.panel.staying if plan.sample.panel else None
    return list(dict.fromkeys(part.variable for part in (plan.response, staying) if part))
