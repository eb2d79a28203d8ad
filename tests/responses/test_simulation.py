from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.definitions.simulation import SimulationPlan
from resilience.errors import DefinitionError
from resilience.responses.simulation import (
    Population,
    draw_waves,
    simulate_population,
    simulate_waves,
)

SEED = 20260301


@pytest.fixture(scope="module")
def plan(lebanon) -> SimulationPlan:
    """A plan like the study's for fewer people."""
    full = rs.load_simulation_plan(lebanon.path.parent / "simulation.yaml", lebanon)
    return with_parts(
        full,
        population={"strata_per_site": 2, "psus_per_stratum": 12, "adults_per_psu": [60, 100]},
        sample={"psus_per_stratum": 6, "adults_per_psu": 15},
    )


@pytest.fixture(scope="module")
def simulation(lebanon, plan):
    return simulate_waves(lebanon, plan, seed=SEED)


@pytest.fixture
def redrawn(lebanon, plan, simulation):
    """Draw other waves from the same population, by a plan that differs in some parts."""

    def drawn(**parts) -> dict[str, pd.DataFrame]:
        rng = np.random.default_rng(SEED)
        return draw_waves(simulation.population, lebanon, with_parts(plan, **parts), rng)

    return drawn


def with_parts(plan: SimulationPlan, **parts) -> SimulationPlan:
    """Return a plan of which some parts are changed and the rest of them kept."""
    data = plan.model_dump()
    for name, value in parts.items():
        mixed = isinstance(value, dict) and isinstance(data[name], dict)
        data[name] = {**data[name], **value} if mixed else value
    return SimulationPlan.model_validate(data)


def psus_of(frame: pd.DataFrame) -> set[str]:
    return set(frame["psu"].astype("str"))


def test_the_same_seed_gives_the_same_data(lebanon, plan, simulation):
    again = simulate_waves(lebanon, plan, seed=SEED)

    for wave, frame in simulation.waves.items():
        pd.testing.assert_frame_equal(again.waves[wave], frame)
        pd.testing.assert_frame_equal(
            again.population.answers[wave], simulation.population.answers[wave]
        )


def test_another_seed_gives_other_data(lebanon, plan, simulation):
    other = simulate_waves(lebanon, plan, seed=SEED + 1)

    assert other.seed == SEED + 1
    assert not other.waves["baseline"].equals(simulation.waves["baseline"])


def test_the_plans_seed_holds_unless_another_is_given(lebanon, plan):
    assert simulate_waves(lebanon, plan).seed == plan.seed


def test_a_seed_of_nought_is_a_seed(lebanon, plan):
    assert simulate_waves(lebanon, plan, seed=0).seed == 0


def test_what_is_shown_has_no_rows(simulation):
    n = len(simulation.population.people)

    assert repr(simulation.population) == f"<Population: {n:,} people, 3 waves, simulated>"
    assert repr(simulation).startswith(f"<Simulation, seed {SEED}: baseline ")
    assert "\n" not in repr(simulation)


def test_the_population_is_as_large_as_planned(lebanon, plan, simulation):
    people = simulation.population.people
    adults = people["psu"].value_counts()

    assert len(adults) == 4 * 2 * 12
    assert adults.min() >= 60
    assert adults.max() <= 100
    assert people.groupby("site", observed=True)["stratum"].nunique().tolist() == [2] * 4


def test_groups_have_their_shares_of_the_population(plan, simulation):
    people = simulation.population.people

    for variable, shares in plan.groups.items():
        found = people[variable].value_counts(normalize=True)
        for value, share in shares.items():
            assert found[value] == pytest.approx(share, abs=0.03)


def test_everybody_answers_on_the_scale(lebanon, simulation):
    for item, codes in simulation.population.answers["baseline"].items():
        scale = lebanon.questionnaire.scale_of(item)
        assert set(codes) <= set(map(float, scale.answers))


def test_weights_add_up_to_the_population_by_site_and_response_group(simulation):
    groups = ["site", "age_group"]
    wanted = simulation.population.people.groupby(groups, observed=True).size()

    for frame in simulation.waves.values():
        found = frame.groupby(groups, observed=True)["weight"].sum()
        np.testing.assert_allclose(found, wanted, rtol=1e-10)
        assert (frame["weight"] > 0).all()


def test_weights_add_up_to_the_population_by_site_where_all_take_part(simulation, redrawn):
    wanted = simulation.population.people.groupby("site", observed=True).size()

    for frame in redrawn(response=None).values():
        found = frame.groupby("site", observed=True)["weight"].sum()
        np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_nobody_is_asked_twice(lebanon, plan, simulation):
    people = simulation.population.people.assign(person=range(len(simulation.population.people)))
    waves = draw_waves(
        Population(people, simulation.population.answers),
        lebanon,
        plan,
        np.random.default_rng(SEED),
    )

    asked = np.concatenate([frame["person"].to_numpy() for frame in waves.values()])

    assert len(set(asked)) == len(asked) == sum(map(len, waves.values()))


def test_respondents_have_ids_of_their_own(simulation):
    ids = pd.concat([frame["respondent_id"] for frame in simulation.waves.values()])

    assert ids.is_unique


@pytest.mark.parametrize(("overlap", "again"), [(0.0, 0), (0.5, 3), (1.0, 6)])
def test_the_next_wave_visits_as_many_psus_again_as_declared(redrawn, overlap, again):
    waves = list(redrawn(sample={"psu_overlap": overlap}).values())

    for before, after in itertools.pairwise(waves):
        for stratum in before["stratum"].cat.categories:
            psus = [psus_of(frame[frame["stratum"] == stratum]) for frame in (before, after)]
            assert len(psus[0] & psus[1]) == again
            assert [len(part) for part in psus] == [6, 6]


def test_a_psu_lies_in_one_stratum_of_one_site(simulation):
    frame = pd.concat(list(simulation.waves.values()))
    places = frame[["psu", "stratum", "site"]].drop_duplicates()

    assert places["psu"].is_unique
    assert places[["stratum", "site"]].drop_duplicates()["stratum"].is_unique


def test_people_take_part_at_the_rates_of_their_group(plan, redrawn):
    everybody = redrawn(response=None)["baseline"]
    some = redrawn()["baseline"]

    assert len(everybody) == 4 * 2 * 6 * 15
    assert len(some) / len(everybody) == pytest.approx(
        sum(plan.groups["age_group"][group] * rate for group, rate in plan.response.rates.items()),
        abs=0.05,
    )


@pytest.mark.parametrize(("reason", "code"), [("refused", 99.0), ("dont_know", 98.0)])
def test_answers_are_missing_at_the_declared_rates(lebanon, plan, redrawn, reason, code):
    (rate,) = [part for part in plan.missing if part.reason == reason]
    frame = pd.concat(list(redrawn(missing=[rate.model_dump()]).values()))
    items = list(lebanon.questionnaire.items_by_id)
    found = (frame[items] == code).mean()

    for share in {rate.default, *rate.items.values()}:
        alike = [item for item in items if rate.items.get(item, rate.default) == share]
        near = 4 * np.sqrt(share * (1 - share) / (len(frame) * len(alike)))
        assert found[alike].mean() == pytest.approx(share, abs=near)


def test_a_reason_that_a_scale_has_no_code_for_does_not_occur(lebanon, simulation):
    frame = simulation.waves["baseline"]

    without = [
        item
        for item in lebanon.questionnaire.items_by_id
        if 97 not in {part.code for part in lebanon.questionnaire.scale_of(item).missing}
    ]
    assert without
    assert not (frame[without] == 97.0).any(axis=None)


def test_no_answer_is_missing_where_no_rate_is_declared(lebanon, redrawn):
    frame = redrawn(missing=())["baseline"]

    assert frame[list(lebanon.questionnaire.items_by_id)].max(axis=None) <= 5


def test_loadings_raise_the_correlation_of_the_items_of_an_index(lebanon, plan):
    found = {}
    for loading in (0.2, 0.9):
        changed = with_parts(plan, loadings={"default": loading, "items": {}})
        population = simulate_population(lebanon, changed, np.random.default_rng(SEED))
        answers = population.answers["baseline"]
        found[loading] = answers["brg1"].corr(answers["brg2"])

    assert 0 < found[0.2] < 0.2
    assert found[0.9] > 0.6


def test_items_keyed_negatively_run_the_other_way(simulation):
    answers = simulation.population.answers["baseline"]

    assert answers["fai1"].corr(answers["fai2"]) < -0.2


def test_a_common_factor_makes_indices_go_together(lebanon, plan):
    found = {}
    for share in (0.0, 1.0):
        changed = with_parts(plan, common_factor=share, clustering={"intraclass": 0.0, "strata": 0})
        answers = simulate_population(lebanon, changed, np.random.default_rng(SEED)).answers
        found[share] = answers["baseline"]["bel1"].corr(answers["baseline"]["rsp1"])

    assert abs(found[0.0]) < 0.05
    assert found[1.0] > 0.4


def test_people_of_one_psu_are_alike_as_far_as_declared(lebanon, plan):
    found = {}
    for share in (0.0, 0.3):
        changed = with_parts(plan, clustering={"intraclass": share, "strata": 0}, differences={})
        population = simulate_population(lebanon, changed, np.random.default_rng(SEED))
        psus = population.people["psu"].cat.codes
        found[share] = population.answers["baseline"]["bel1"].groupby(psus).mean().var()

    assert found[0.3] > 5 * found[0.0]


def test_an_effect_shows_in_the_programmes_sites_only(lebanon, plan):
    changed = with_parts(plan, trend={}, effect={"endline": {"bridging": 1.0}})
    population = simulate_population(lebanon, changed, np.random.default_rng(SEED))
    change = population.answers["endline"]["brg1"] - population.answers["baseline"]["brg1"]
    by_site = change.groupby(population.people["site"], observed=True).mean()

    assert (by_site[["port_city", "hill_city"]] > 0.4).all()
    assert (by_site[["river_city", "plain_city"]].abs() < 0.2).all()


def test_items_that_a_wave_did_not_ask_are_not_in_its_file(lebanon, plan, simulation):
    waves = tuple(
        wave.model_copy(update={"not_asked": ("rsp3", "bel1")}) if wave.id == "endline" else wave
        for wave in lebanon.waves
    )
    study = lebanon.model_copy(update={"waves": waves})
    drawn = draw_waves(simulation.population, study, plan, np.random.default_rng(SEED))

    assert {"rsp3", "bel1"} <= set(drawn["baseline"])
    assert {"rsp3", "bel1"}.isdisjoint(drawn["endline"])


@pytest.mark.parametrize(
    "sample",
    [
        {"psus_per_stratum": 13},
        {"psus_per_stratum": 7, "psu_overlap": 0.0},
        {"psus_per_stratum": 9, "psu_overlap": 0.5},
    ],
)
def test_drawing_more_psus_than_there_are_is_a_typed_error(redrawn, sample):
    with pytest.raises(DefinitionError) as caught:
        redrawn(sample=sample)

    (issue,) = caught.value.issues
    assert issue.where.endswith("sample.psus_per_stratum")
    assert issue.found == str(sample["psus_per_stratum"])
    assert issue.expected.startswith("at most ")


@pytest.mark.parametrize("adults", [101, 40])
def test_drawing_more_adults_than_there_are_is_a_typed_error(redrawn, adults):
    with pytest.raises(DefinitionError):
        redrawn(sample={"adults_per_psu": adults, "psu_overlap": 1.0})


def test_simulating_leaves_study_and_plan_as_they_were(lebanon, plan):
    before = plan.model_dump()

    simulate_waves(lebanon, plan, seed=1)

    assert plan.model_dump() == before
