"""What a plan plants comes out of the waves, as the truth tells it."""

from __future__ import annotations

import itertools
from time import process_time

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import multivariate_normal, norm

import resilience as rs
from resilience.definitions.simulation import SimulationPlan
from resilience.errors import DefinitionError
from resilience.responses.simulation import simulate_waves

SEED = 20260311
NEAR = 4  # standard errors: a right simulation fails one test in 15,000
SECONDS = 4.0  # of processor time, for 5,000 respondents in each of three waves

# Nothing but persons differ, so that what is planted is all there is to see.
PLAIN = {
    "clustering": {"intraclass": 0.0, "persistence": 0.8, "strata": 0.0},
    "sites": {},
    "trend": {},
    "effect": {},
    "differences": {},
    "response": None,
    "missing": (),
    "loadings": {"default": 0.8, "items": {}},
    "groups": {
        "sex": {"female": 0.5, "male": 0.5},
        "age_group": {"age_18_29": 0.3, "age_30_49": 0.4, "age_50_plus": 0.3},
        "nationality": {"lebanese": 0.5, "syrian": 0.5},
    },
}
SAMPLE = {"psus_per_stratum": 10, "adults_per_psu": 42, "psu_overlap": 0.0}
SAME_PSUS = SAMPLE | {"psu_overlap": 1.0}
THIRD_CUT = 0.4  # of the thresholds of five answers, evenly spaced from -2 to 2


@pytest.fixture(scope="module")
def study(lebanon):
    """The study, with a column for the interviewer."""
    roles = lebanon.roles.model_copy(update={"interviewer": "team"})
    return lebanon.model_copy(update={"roles": roles})


@pytest.fixture(scope="module")
def simulated(study):
    """Simulate by the study's plan, with nothing in it but what is given."""
    full = rs.load_simulation_plan(study.path.parent / "simulation.yaml", _without_staff(study))

    def made(*, seed: int = SEED, **parts):
        data = full.model_dump() | PLAIN | {"sample": SAMPLE} | parts
        data["levels"] = dict.fromkeys(data["levels"], 0.0)
        return simulate_waves(study, SimulationPlan.model_validate(data), seed=seed)

    return made


def _without_staff(study):
    roles = study.roles.model_copy(update={"interviewer": None})
    return study.model_copy(update={"roles": roles})


def latent_correlation(one: pd.Series, other: pd.Series) -> float:
    """Return the correlation of what two answers were cut from, by their third threshold."""
    both = ((one > 3) & (other > 3)).mean()
    ends = [norm.ppf((part <= 3).mean()) for part in (one, other)]

    def gap(correlation: float) -> float:
        covariance = [[1, correlation], [correlation, 1]]
        below = multivariate_normal.cdf(ends, [0, 0], covariance)
        return float(1 - norm.cdf(ends[0]) - norm.cdf(ends[1]) + below - both)

    return brentq(gap, -0.99, 0.99)


def panel_of(waves: dict[str, pd.DataFrame], one: str, other: str) -> pd.DataFrame:
    return waves[one].merge(waves[other], on="respondent_id", suffixes=("_one", "_other"))


# --- panels


@pytest.fixture(scope="module")
def panel(simulated):
    return simulated(
        sample=SAMPLE | {"psu_overlap": 0.5, "panel": {"share": 0.6}},
        persistence=0.6,
        loadings={"default": 0.9, "items": {}},
    )


def test_a_share_of_respondents_is_asked_again_where_psus_are_visited_again(panel):
    truth = pd.DataFrame(panel.planted["panel"])
    waves = list(panel.waves)

    for one, other in itertools.pairwise(waves):
        before, after = panel.waves[one], panel.waves[other]
        again = set(before["psu"]) & set(after["psu"])
        there = before[before["psu"].isin(again)]
        stayed = there["respondent_id"].isin(after["respondent_id"])
        told = truth[truth["wave"] == other]

        assert len(again) == 12 * 5
        assert stayed.groupby(there["psu"].astype("str")).sum().unique().tolist() == [25]
        assert told["asked_again"].tolist() == told["stayed"].tolist() == [stayed.sum()]
        assert after["psu"].astype("str").value_counts().unique().tolist() == [42]


def test_who_is_asked_again_is_the_same_person(panel):
    fixed = ["psu", "sex", "age_group", "nationality"]

    for one, other in itertools.pairwise(panel.waves):
        both = panel_of(panel.waves, one, other)
        assert len(both) == 60 * 25
        for name in fixed:
            assert (both[f"{name}_one"].astype(str) == both[f"{name}_other"].astype(str)).all()
    for frame in panel.waves.values():
        assert frame["respondent_id"].is_unique


def test_standings_correlate_from_wave_to_wave_as_far_as_they_persist(panel):
    truth = pd.DataFrame(panel.planted["persistence"]).set_index(["wave", "other"])
    wanted = truth.loc[("baseline", "midline"), "correlation"]
    both = panel_of(panel.waves, "baseline", "midline")
    items = ["bel1", "brg1", "coo1", "rsp1", "rec1"]
    found = np.mean([latent_correlation(both[f"{i}_one"], both[f"{i}_other"]) for i in items])

    assert wanted == 0.6
    assert truth.loc[("baseline", "endline"), "correlation"] == pytest.approx(0.36)
    assert found == pytest.approx(0.9**2 * wanted, abs=0.06)


def test_a_whole_panel_asks_nobody_afresh(simulated):
    waves = simulated(sample=SAME_PSUS | {"panel": {"share": 1.0}}).waves

    ids = [set(frame["respondent_id"]) for frame in waves.values()]

    assert ids[0] == ids[1] == ids[2]
    assert len(ids[0]) == 12 * 10 * 42


STAYING = {"age_18_29": 0.5, "age_30_49": 0.8, "age_50_plus": 0.95}


def test_attrition_follows_the_rates_of_the_group_and_weights_make_up_for_it(simulated):
    staying = {"variable": "age_group", "rates": STAYING}
    made = simulated(sample=SAME_PSUS | {"panel": {"share": 1.0, "staying": staying}})
    truth = pd.DataFrame(made.planted["panel"])
    before, after = made.waves["baseline"], made.waves["midline"]
    stayed = before["respondent_id"].isin(after["respondent_id"])
    found = stayed.groupby(before["age_group"].astype("str")).agg(["sum", "size"])

    told = truth[truth["wave"] == "midline"].set_index("value")
    assert found["sum"].to_dict() == told["stayed"].to_dict()
    assert found["size"].to_dict() == told["asked_again"].to_dict()
    assert told["rate"].to_dict() == STAYING
    for group, rate in STAYING.items():
        error = np.sqrt(rate * (1 - rate) / found.loc[group, "size"])
        assert found.loc[group, "sum"] / found.loc[group, "size"] == pytest.approx(
            rate, abs=NEAR * error
        )
    people = made.population.people
    for value, total in people["age_group"].value_counts().items():
        assert after.loc[after["age_group"] == value, "weight"].sum() == pytest.approx(total)


@pytest.mark.parametrize("slope", [-0.8, 0.8])
def test_selective_attrition_has_the_planted_slope(simulated, slope):
    staying = {
        "variable": "age_group",
        "rates": dict.fromkeys(STAYING, 0.7),
        "index": "belonging",
        "slope": slope,
    }
    made = simulated(sample=SAME_PSUS | {"panel": {"share": 1.0, "staying": staying}})
    items = ["bel1", "bel2", "bel4"]
    everybody = made.population.answers["baseline"][items].mean(axis=1)
    before = made.waves["baseline"]
    score = (before[items].mean(axis=1) - everybody.mean()) / everybody.std(ddof=0)
    stayed = before["respondent_id"].isin(made.waves["midline"]["respondent_id"])
    found, errors = logistic_fit(score.to_numpy(), stayed.to_numpy(float))

    assert found[0] == pytest.approx(logit(0.7), abs=NEAR * errors[0])
    assert found[1] == pytest.approx(slope, abs=NEAR * errors[1])
    assert {row["slope"] for row in made.planted["panel"]} == {slope}


def logistic_fit(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and standard errors of a logistic regression on one variable."""
    design = np.column_stack([np.ones(len(x)), x])
    beta = np.zeros(2)
    for _ in range(20):
        mean = expit(design @ beta)
        information = design.T @ (design * (mean * (1 - mean))[:, None])
        beta = beta + np.linalg.solve(information, design.T @ (y - mean))
    return beta, np.sqrt(np.diag(np.linalg.inv(information)))


# --- items that work otherwise in a group

NONINVARIANCE = (
    {
        "variable": "nationality",
        "value": "syrian",
        "loadings": {"bel2": 0.4},
        "threshold_shifts": {"bel1": 0.5, "fai2": -0.3},
    },
)


@pytest.fixture(scope="module")
def noninvariant(simulated):
    return simulated(noninvariance=NONINVARIANCE)


@pytest.mark.parametrize(("item", "shift"), [("bel1", 0.5), ("fai2", -0.3), ("bel2", 0.0)])
def test_thresholds_lie_higher_in_the_group_by_the_planted_shift(study, noninvariant, item, shift):
    answers = noninvariant.population.answers["baseline"][item]
    if study.questionnaire.items_by_id[item].keyed == "negative":
        answers = 6 - answers
    syrian = noninvariant.population.people["nationality"] == "syrian"
    cuts = [norm.ppf((answers[rows] <= 3).mean()) for rows in (syrian, ~syrian)]

    assert cuts[1] == pytest.approx(THIRD_CUT, abs=0.03)
    assert cuts[0] - cuts[1] == pytest.approx(shift, abs=0.04)


def test_items_load_in_the_group_as_planted(noninvariant):
    (truth,) = [r for r in noninvariant.planted["noninvariance"] if r["item"] == "bel2"]
    answers = noninvariant.population.answers["baseline"]
    syrian = noninvariant.population.people["nationality"] == "syrian"

    for rows, loading in ((syrian, truth["loading"]), (~syrian, truth["loading_elsewhere"])):
        found = latent_correlation(answers.loc[rows, "bel2"], answers.loc[rows, "bel4"])
        assert found == pytest.approx(loading * 0.8, abs=0.04)
    assert (truth["loading"], truth["loading_elsewhere"]) == (0.4, 0.8)


def test_the_truth_lists_every_item_that_works_otherwise(noninvariant):
    told = {row["item"]: row["threshold_shift"] for row in noninvariant.planted["noninvariance"]}

    assert told == {"bel1": 0.5, "bel2": 0.0, "fai2": -0.3}


# --- interviewers

STAFF = {"per_site": 30, "per_psu": 2, "variance_share": 0.15}


def intraclass(values: pd.Series, groups: pd.Series) -> float:
    """Return the share of variance between groups, from the analysis of variance."""
    sizes = groups.value_counts()
    means = values.groupby(groups).transform("mean")
    k, n = len(sizes), len(values)
    between = ((means - values.mean()) ** 2).sum() / (k - 1)
    within = ((values - means) ** 2).sum() / (n - k)
    size = (n - (sizes**2).sum() / n) / (k - 1)
    return (between - within) / (between + (size - 1) * within)


ONE_OF_EACH = ["bel1", "brg1", "con1", "coo1", "fai1", "voi2", "saf1", "rsp1", "hlp1", "rec1"]


@pytest.mark.parametrize("share", [0.0, 0.15])
def test_interviewers_have_their_share_of_the_variance(simulated, share):
    frame = simulated(interviewers=STAFF | {"variance_share": share}).waves["baseline"]
    found = np.mean([intraclass(frame[item], frame["interviewer"]) for item in ONE_OF_EACH])

    # Five answers show about 0.9 of the variance of what they were cut from.
    assert found == pytest.approx(0.9 * share, abs=0.02)


def test_answers_follow_the_effects_in_the_truth(simulated):
    made = simulated(interviewers=STAFF)
    truth = pd.DataFrame(made.planted["interviewers"])
    effects = truth[truth["variable"] == "belonging"].set_index("interviewer")["effect"]
    frame = made.waves["baseline"]
    means = frame.groupby("interviewer")["bel1"].mean()
    seen = norm.ppf(frame.groupby("interviewer")["bel1"].agg(lambda part: (part > 3).mean()))

    assert effects.std() == pytest.approx(np.sqrt(0.15 / 0.85), rel=0.25)
    assert effects[means.index].corr(means) > 0.85
    slope = np.polyfit(effects[means.index], np.clip(seen, -2.5, 2.5), 1)[0]
    assert slope == pytest.approx(1.0, abs=0.2)


def test_interviewers_work_in_psus_of_one_site(simulated):
    made = simulated(interviewers=STAFF | {"per_site": 7, "per_psu": 3})
    for frame in made.waves.values():
        assert frame.groupby("psu", observed=True)["interviewer"].nunique().unique().tolist() == [3]
        assert frame.groupby("interviewer")["site"].nunique().unique().tolist() == [1]
        work = frame["interviewer"].value_counts()
        assert len(work) == 4 * 7
        assert work.min() >= 12 * 14


def test_interviewers_change_neither_who_is_drawn_nor_the_truth(simulated):
    without, with_staff = simulated(), simulated(interviewers=STAFF)

    for wave, frame in without.waves.items():
        other = with_staff.waves[wave]
        pd.testing.assert_frame_equal(frame[["psu", "weight"]], other[["psu", "weight"]])
        assert not frame["bel1"].equals(other["bel1"])
        pd.testing.assert_frame_equal(
            without.population.answers[wave], with_staff.population.answers[wave]
        )


# --- refusals that depend on the answer


def test_refusals_follow_the_answer_and_the_truth_has_the_share_without_them(simulated):
    rates = {4: 0.2, 5: 0.5}
    made = simulated(
        missing=({"reason": "refused", "default": 0.05, "by_answer": {"bel1": rates}},)
    )
    truth = pd.DataFrame(made.planted["refusals"])
    told = truth[truth["wave"] == "baseline"].set_index("code")
    frame = made.waves["baseline"]
    n = len(frame)
    refused = (frame["bel1"] == 99).mean()
    expected = (told["share"] * told["rate"]).sum()

    assert told["rate"].to_dict() == {1: 0.05, 2: 0.05, 3: 0.05, 4: 0.2, 5: 0.5}
    assert told["share"].sum() == pytest.approx(1, abs=1e-5)
    assert refused == pytest.approx(expected, abs=NEAR * np.sqrt(expected / n))
    answered = frame.loc[frame["bel1"] < 99, "bel1"]
    left = told["share"] * (1 - told["rate"])
    for code in (1, 5):
        wanted = left[code] / left.sum()
        error = np.sqrt(wanted * (1 - wanted) / len(answered))
        assert (answered == code).mean() == pytest.approx(wanted, abs=NEAR * error)
    # What is answered differs from what is true by far more than chance.
    assert told.loc[5, "share"] - (answered == 5).mean() > 0.04


def test_the_truth_knows_that_a_later_reason_takes_answers_from_an_earlier_one(simulated):
    made = simulated(
        missing=(
            {"reason": "refused", "by_answer": {"bel1": {5: 0.6}}},
            {"reason": "dont_know", "default": 0.3},
        )
    )
    told = pd.DataFrame(made.planted["refusals"]).set_index(["wave", "code"])
    frame = made.waves["baseline"]
    share, rate = told.loc[("baseline", 5), ["share", "rate"]]
    expected = share * rate

    assert rate == pytest.approx(0.6 * 0.7)
    assert (frame["bel1"] == 99).mean() == pytest.approx(
        expected, abs=NEAR * np.sqrt(expected / len(frame))
    )


def test_other_items_are_refused_at_their_rate_whatever_the_answer(simulated):
    made = simulated(
        missing=({"reason": "refused", "default": 0.05, "by_answer": {"bel1": {5: 0.9}}},)
    )
    refused = (pd.concat(made.waves.values())["bel2"] == 99).mean()

    assert refused == pytest.approx(0.05, abs=0.008)
    assert {row["item"] for row in made.planted["refusals"]} == {"bel1"}


# --- interviews that were made up


@pytest.fixture(scope="module")
def fabricated(simulated):
    return simulated(
        interviewers={"per_site": 5, "per_psu": 1, "variance_share": 0.0},
        missing=({"reason": "refused", "default": 0.05},),
        fabrication=(
            {"wave": "midline", "interviewers": 2, "share": 0.4, "manner": "copies"},
            {"wave": "midline", "interviewers": 1, "share": 0.25, "manner": "straight_lines"},
        ),
    )


def test_the_truth_flags_who_was_not_interviewed(fabricated):
    truth = pd.DataFrame(fabricated.planted["fabricated"])
    frame = fabricated.waves["midline"].set_index("respondent_id")
    work = frame["interviewer"].value_counts()
    told = truth.groupby(["manner", "interviewer"]).size()

    assert truth["respondent_id"].is_unique
    assert (
        frame.loc[truth["respondent_id"], "interviewer"].to_numpy() == truth["interviewer"]
    ).all()
    assert told.index.get_level_values("manner").tolist() == ["copies"] * 2 + ["straight_lines"]
    for (manner, interviewer), number in told.items():
        assert number == round({"copies": 0.4, "straight_lines": 0.25}[manner] * work[interviewer])


def test_copies_are_those_of_a_real_interview_of_the_same_interviewer(study, fabricated):
    truth = pd.DataFrame(fabricated.planted["fabricated"])
    copies = truth[truth["manner"] == "copies"]
    frame = fabricated.waves["midline"].set_index("respondent_id")
    items = list(study.questionnaire.items_by_id)
    sources = frame.loc[copies["copied_from"]]

    np.testing.assert_array_equal(frame.loc[copies["respondent_id"], items], sources[items])
    assert (sources["interviewer"].to_numpy() == copies["interviewer"]).all()
    assert set(copies["copied_from"]).isdisjoint(truth["respondent_id"])


def test_straight_lines_have_one_answer_on_every_scale_and_nobody_else_has(study, fabricated):
    truth = pd.DataFrame(fabricated.planted["fabricated"])
    lines = set(truth.loc[truth["manner"] == "straight_lines", "respondent_id"])
    frame = fabricated.waves["midline"]
    items = study.questionnaire.items_by_id
    by_scale = [
        [name for name, item in items.items() if item.scale == scale]
        for scale in {item.scale for item in items.values()}
    ]
    straight = np.logical_and.reduce(
        [frame[part].min(axis=1) == frame[part].max(axis=1) for part in by_scale]
    )

    assert lines
    assert set(frame.loc[straight, "respondent_id"]) == lines
    assert not (frame.loc[straight, list(items)] == 99).any(axis=None)


def test_other_waves_are_as_they_would_have_been(simulated, fabricated):
    honest = simulated(
        interviewers={"per_site": 5, "per_psu": 1, "variance_share": 0.0},
        missing=({"reason": "refused", "default": 0.05},),
    )
    truth = {row["respondent_id"] for row in fabricated.planted["fabricated"]}
    before, after = honest.waves["midline"], fabricated.waves["midline"]
    real = ~after["respondent_id"].isin(truth)

    for wave in ("baseline", "endline"):
        pd.testing.assert_frame_equal(honest.waves[wave], fabricated.waves[wave])
    pd.testing.assert_frame_equal(before[real], after[real])
    assert "fabricated" not in honest.planted


def test_more_interviewers_who_make_up_than_there_are_is_a_typed_error(simulated):
    with pytest.raises(DefinitionError) as caught:
        simulated(
            interviewers={"per_site": 1, "variance_share": 0.0},
            fabrication=({"wave": "midline", "interviewers": 5, "share": 0.4, "manner": "copies"},),
        )

    (issue,) = caught.value.issues
    assert (issue.where, issue.found, issue.expected) == ("fabrication", "5", "at most 4")


# --- all together


def test_a_plan_that_plants_nothing_tells_nothing(simulated):
    assert simulated().planted == {}


def test_everything_planted_at_once_takes_seconds_for_five_thousand_respondents(simulated):
    start = process_time()
    made = simulated(
        persistence=0.8,
        sample=SAME_PSUS
        | {"panel": {"share": 0.6, "staying": {"variable": "age_group", "rates": STAYING}}},
        noninvariance=NONINVARIANCE,
        interviewers=STAFF,
        missing=({"reason": "refused", "default": 0.02, "by_answer": {"bel1": {5: 0.4}}},),
        fabrication=({"wave": "endline", "interviewers": 2, "share": 0.5, "manner": "copies"},),
    )

    assert process_time() - start < SECONDS
    assert len(made.waves["baseline"]) == 12 * 10 * 42 == 5040
    assert set(made.planted) == {
        *("noninvariance", "persistence", "panel", "interviewers", "refusals", "fabricated"),
    }
