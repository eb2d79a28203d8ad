"""Each verb of inference with each bad input: a typed error, or a result whose NaN have reasons.

`OUTCOMES` is the table: by input, what each verb does. An error is written as its type and the
words of its finding; a result as "known" where each row has estimate and standard error, or as
the reasons that `rs.reliability` gives for those without. Tables that are no estimates have NaN
where their docstring says so. The verbs on weights and designs have tables of their own below.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import DesignError, ResilienceError, ResilienceWarning

NESTED = {"weight": "weight", "stratum": "stratum", "psu": "psu"}
PANEL = {**NESTED, "wave": "wave", "waves": "panel", "respondent_id": "id"}
BETWEEN = ("w1", "w2")
TIMES = {"w1": 0, "w2": 1, "w3": 3}


def sample() -> pd.DataFrame:
    """Three strata of four PSUs with eight persons each, in three waves of a panel."""
    rng = np.random.default_rng(5)
    rows = [
        {
            **{"wave": wave, "stratum": f"s{stratum}", "psu": f"{stratum}{psu}"},
            **{"id": f"{stratum}{psu}{person}", "block": f"{stratum}{psu}{person % 2}"},
            "site": "north" if stratum == 1 else "south",
            "sex": "fm"[person % 2],
            "age": 18 + 10 * (person % 3),
            "weight": 1.0 + person,
        }
        for wave in TIMES
        for stratum in (1, 2, 3)
        for psu in (1, 2, 3, 4)
        for person in range(8)
    ]
    frame = pd.DataFrame(rows)
    size = len(frame)
    frame["y"] = rng.normal(50, 10, size)
    frame["x"] = rng.normal(50, 10, size) + frame["y"] / 5
    frame["z"] = (rng.random(size) < 0.4).astype(float)
    frame["item"] = rng.integers(1, 5, size).astype(float)
    return frame.assign(psus=40.0, blocks=10.0)


def panel(frame: pd.DataFrame, **changes) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame, **{**PANEL, **changes})


def by_wave(design: rs.SurveyDesign) -> rs.Estimates:
    return rs.estimate_mean(design, "y", by=["wave", "site"])


def without_ids(design: rs.SurveyDesign) -> rs.UnlinkedChange:
    frame = design.frame
    one, other = (
        rs.SurveyDesign(frame[frame["wave"] == wave], **NESTED, wave="wave") for wave in BETWEEN
    )
    return rs.change_without_ids(*(rs.estimate_mean(d, "y", by="site") for d in (one, other)))


def imputed(design: rs.SurveyDesign) -> rs.Estimates:
    return rs.combine_imputations([rs.estimate_mean(design, "y", by="site")] * 2)


BY = {"by": "site"}
VERBS = {
    "mean": lambda d: rs.estimate_mean(d, "y", **BY),
    "total": lambda d: rs.estimate_total(d, "y", **BY),
    "proportion": lambda d: rs.estimate_proportion(d, "z", **BY),
    "answers": lambda d: rs.estimate_proportion(d, "item", answers="each", **BY),
    "ratio": lambda d: rs.estimate_ratio(d, "x", "y", **BY),
    "quantile": lambda d: rs.estimate_quantile(d, "y", 0.5, **BY),
    "correlation": lambda d: rs.estimate_correlation(d, ["x", "y"], **BY),
    "difference": lambda d: rs.standardised_difference(d, "y", over="sex", reference="f", **BY),
    "gaussian": lambda d: rs.fit_regression(d, "y", ["x", "sex"], **BY).coefficients,
    "predictor": lambda d: rs.fit_regression(d, "x", ["y", "sex"], **BY).coefficients,
    "binomial": lambda d: rs.fit_regression(d, "z", ["sex"], family="binomial", **BY).coefficients,
    "poisson": lambda d: rs.fit_regression(d, "item", "sex", family="poisson", **BY).coefficients,
    "ordinal": lambda d: rs.fit_ordinal(d, "item", ["sex"], **BY).coefficients,
    "adjusted": lambda d: rs.estimate_adjusted_means(d, "y", ["x", "sex"], over="sex", **BY),
    "compare": lambda d: rs.compare(by_wave(d), over="wave", reference="w1"),
    "trend": lambda d: rs.estimate_trend(by_wave(d), times=TIMES),
    "panel_change": lambda d: rs.estimate_panel_change(d, "y", between=BETWEEN, **BY),
    "turnover": lambda d: rs.estimate_turnover(d, "item", between=BETWEEN, **BY),
    "moves": lambda d: rs.estimate_turnover(d, "item", between=BETWEEN, moves="table", **BY),
    "imputations": imputed,
    "without_ids": without_ids,
    "rao_scott": lambda d: rs.rao_scott_test(d, "item", "sex", **BY),
    "wald": lambda d: rs.wald_test(rs.estimate_mean(d, "y", **BY)),
    "linearity": lambda d: rs.linearity_test(by_wave(d), times=TIMES),
    "design_effects": lambda d: rs.design_effects(d, "y", **BY),
}
ANSWERS = ["y", "z", "item"]


def only(column: str, value: str):
    """Keep the answers of some rows only."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{n: frame[n].where(frame[column] == value) for n in ANSWERS})

    return change


def infinite(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{n: frame[n].where(frame.index != 3, np.inf) for n in ANSWERS})


INPUTS = {
    "as it should be": lambda f: f,
    "a constant outcome": lambda f: f.assign(y=5.0, z=1.0, item=2.0),
    "nothing but zeros": lambda f: f.assign(y=0.0, z=0.0, item=0.0),
    "no answers": lambda f: f.assign(y=np.nan, z=np.nan, item=np.nan),
    "an empty domain": only("site", "north"),
    "a domain that weighs nothing": lambda f: f.assign(
        weight=f["weight"].where(f["site"] == "north", 0.0)
    ),
    "answers of one PSU": only("psu", "11"),
    "answers of one wave": only("wave", "w1"),
    "infinite answers": infinite,
    "text": lambda f: f.assign(y="a", z="a", item="a"),
    "singular regressors": lambda f: f.assign(x=f["y"]),
}


def outcome(verb, frame: pd.DataFrame) -> str:
    """Return what a verb makes of a frame, in words; NumPy's warnings are failures."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ResilienceWarning)
        try:
            made = verb(panel(frame))
            table = made if isinstance(made, pd.DataFrame) else made.to_frame()
        except ResilienceError as error:
            for issue in error.issues:
                assert all((issue.where, issue.found, issue.expected, issue.remedy))
            return f"{type(error).__name__}: {error.issues[0].what}"
    if isinstance(made, rs.Estimates):
        rated = rs.reliability(made)
        bare = np.isnan(made.values) | np.isnan(made.std_error)
        assert not np.isnan(made.n).any()
        return " ".join(sorted(set(rated.loc[bare, "reason"]))) or "known"
    column = "deff" if "deft" in table else "p_value" if "p_value" in table else "std_error"
    return "NaN as documented" if table[column].isna().any() else "known"


NOBODY_IN_A_DOMAIN = {
    "nobody_answered": (
        "mean proportion answers ratio quantile correlation difference compare "
        "panel_change turnover moves imputations"
    ),
    "known": "total trend linearity",
    "EstimationError: nobody has the outcome and all predictors in site=south": (
        "gaussian predictor binomial poisson ordinal adjusted"
    ),
    "NaN as documented": "without_ids design_effects",
    "EstimationError: nobody has both values in site=south": "rao_scott",
    "EstimationError: these quantities cannot be tested together": "wald",
}
OUTCOMES = {
    "as it should be": {
        "known": (
            "mean total proportion answers ratio quantile correlation difference gaussian "
            "predictor binomial poisson ordinal adjusted compare trend panel_change "
            "turnover moves imputations without_ids rao_scott wald linearity "
            "design_effects"
        ),
    },
    "a constant outcome": {
        "known": (
            "mean total proportion answers ratio quantile compare trend panel_change "
            "turnover moves imputations without_ids"
        ),
        "no_value": "correlation difference",
        "EstimationError: 'y' is the same for all in site=north": "gaussian adjusted",
        "EstimationError: 'y' adds nothing to the other predictors in site=north": "predictor",
        "EstimationError: 'z' is the same for all in site=north": "binomial",
        "EstimationError: 'item' is the same for all in site=north": "poisson ordinal",
        "EstimationError: 'item' has 1 values that can be counted": "rao_scott",
        "EstimationError: these quantities cannot be tested together": "wald",
        "NaN as documented": "linearity design_effects",
    },
    "nothing but zeros": {
        "known": (
            "mean total proportion answers quantile compare trend panel_change turnover "
            "moves imputations without_ids"
        ),
        "no_value": "ratio correlation difference",
        "EstimationError: 'y' is the same for all in site=north": "gaussian adjusted",
        "EstimationError: 'y' adds nothing to the other predictors in site=north": "predictor",
        "EstimationError: 'z' is the same for all in site=north": "binomial",
        "EstimationError: 'item' is the same for all in site=north": "poisson ordinal",
        "EstimationError: 'item' has 1 values that can be counted": "rao_scott",
        "EstimationError: these quantities cannot be tested together": "wald",
        "NaN as documented": "linearity design_effects",
    },
    "no answers": {
        "nobody_answered": (
            "mean proportion ratio quantile correlation difference compare panel_change "
            "turnover imputations"
        ),
        "known": "total",
        "EstimationError: nobody answered item": "answers",
        "EstimationError: 'sex' has 0 values among those the model is fitted to": (
            "gaussian predictor binomial poisson ordinal adjusted"
        ),
        "ComparisonError: no rows have a value in every wave": "trend linearity",
        "EstimationError: nobody answered 'item' in both waves": "moves",
        "NaN as documented": "without_ids design_effects",
        "EstimationError: 'item' has 0 values that can be counted": "rao_scott",
        "EstimationError: these quantities cannot be tested together": "wald",
    },
    "an empty domain": NOBODY_IN_A_DOMAIN,
    "a domain that weighs nothing": NOBODY_IN_A_DOMAIN,
    "answers of one PSU": {
        "no_standard_error nobody_answered": (
            "mean proportion answers ratio quantile correlation difference compare "
            "panel_change turnover moves imputations"
        ),
        "known": "total",
        "EstimationError: nobody has the outcome and all predictors in site=south": (
            "gaussian predictor binomial poisson ordinal adjusted"
        ),
        "no_standard_error": "trend",
        "NaN as documented": "without_ids linearity design_effects",
        "EstimationError: nobody has both values in site=south": "rao_scott",
        "EstimationError: these quantities cannot be tested together": "wald",
    },
    "answers of one wave": {
        "known": (
            "mean total proportion answers ratio quantile correlation difference gaussian "
            "predictor binomial poisson ordinal adjusted imputations rao_scott wald "
            "design_effects"
        ),
        "nobody_answered": "compare panel_change turnover",
        "ComparisonError: no rows have a value in every wave": "trend linearity",
        "EstimationError: nobody answered 'item' in both waves": "moves",
        "NaN as documented": "without_ids",
    },
    "infinite answers": {
        "EstimationError: 'y' has infinite values": (
            "mean total ratio quantile correlation difference gaussian predictor adjusted "
            "compare trend panel_change imputations without_ids wald linearity "
            "design_effects"
        ),
        "EstimationError: 'z' has infinite values": "proportion binomial",
        "EstimationError: 'item' has infinite values": "answers poisson ordinal turnover moves",
        "known": "rao_scott",
    },
    "text": {
        "EstimationError: 'y' is not numeric": (
            "mean total ratio quantile correlation difference gaussian adjusted compare "
            "trend panel_change imputations without_ids wald linearity design_effects"
        ),
        "EstimationError: 'z' is not numeric": "proportion binomial",
        "EstimationError: 'item' is not numeric": "answers poisson ordinal turnover moves",
        "EstimationError: 'y' has 1 value among those the model is fitted to": "predictor",
        "EstimationError: 'item' has 1 values that can be counted": "rao_scott",
    },
    "singular regressors": {
        "known": (
            "mean total proportion answers ratio quantile correlation difference gaussian "
            "predictor binomial poisson ordinal adjusted compare trend panel_change "
            "turnover moves imputations without_ids rao_scott wald linearity "
            "design_effects"
        ),
    },
}
CASES = [
    (given, verb, wanted)
    for given, outcomes in OUTCOMES.items()
    for wanted, verbs in outcomes.items()
    for verb in verbs.split()
]


def test_the_table_is_whole():
    assert {(given, verb) for given, verb, _ in CASES} == {(i, v) for i in INPUTS for v in VERBS}


@pytest.mark.parametrize(("given", "verb", "wanted"), CASES)
def test_bad_input_has_its_outcome(given, verb, wanted):
    assert outcome(VERBS[verb], INPUTS[given](sample())) == wanted


MARGINS = [
    rs.Margin(variable=name, wave=wave, shares=shares, total=total, source="invented")
    for wave in TIMES
    for name, shares, total in (
        ("sex", {"f": 0.6, "m": 0.4}, 1000),
        ("site", {"north": 0.5, "south": 0.5}, None),
    )
]


def raked(**changes) -> rs.SurveyDesign:
    return rs.rake(panel(sample(), **changes), MARGINS)


def supplied() -> rs.SurveyDesign:
    frame, rng = sample(), np.random.default_rng(1)
    named = [f"r{number}" for number in range(20)]
    made = {name: frame["weight"] * rng.choice([0.5, 1.5], len(frame)) for name in named}
    return rs.with_replicate_weights(panel(frame.assign(**made)), named, kind="BRR")


STAGES = {"psu": ("psu", "block"), "fpc": ("psus", "blocks")}
PERSONS = {"wave": "wave", "waves": "panel", "respondent_id": "id"}
DESIGNS = {
    "JKn": lambda: rs.as_replicates(panel(sample()), "JKn"),
    "JK1": lambda: rs.as_replicates(panel(sample(), stratum=None), "JK1"),
    "bootstrap": lambda: rs.as_replicates(panel(sample()), "bootstrap", n_replicates=30, seed=1),
    "supplied": supplied,
    "raked": raked,
    "calibrated": lambda: rs.calibrate(panel(sample()), MARGINS),
    "raked, then JKn": lambda: rs.as_replicates(raked(), "JKn"),
    "supplied, then raked": lambda: rs.rake(supplied(), MARGINS),
    "raked, trimmed, then JKn": lambda: rs.as_replicates(rs.trim_weights(raked(), upper=15), "JKn"),
    "two stages": lambda: panel(sample(), **STAGES),
    "two stages, raked": lambda: raked(**STAGES),
    "persons without weights": lambda: rs.SurveyDesign(sample(), **PERSONS),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_each_statistic_works_under_each_design(name):
    design = DESIGNS[name]()
    for verb in VERBS.keys() - {"without_ids", "imputations"}:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made = VERBS[verb](design)
        if isinstance(made, rs.Estimates):
            assert np.isfinite(made.values).all(), verb
            assert (made.std_error >= 0).all(), verb


def with_weight(value: object):
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(weight=[value, *frame["weight"][1:]])

    return change


BAD_DESIGNS = {
    "one PSU": (lambda f: f[(f["stratum"] != "s1") | (f["psu"] == "11")], {}, "one PSU"),
    "negative": (with_weight(-1.0), {}, "weights are negative"),
    "missing": (with_weight(np.nan), {}, "weights are missing"),
    "infinite": (with_weight(np.inf), {}, "weights are infinite"),
    "text": (with_weight("ten"), {}, "weights are text"),
    "digits as text": (lambda f: f.assign(weight="10"), {}, "weights are text"),
    "zero": (lambda f: f.assign(weight=0.0), {}, "all weights are 0"),
    "two strata": (lambda f: f.assign(psu=f["psu"].str[1]), {}, "more than one stratum"),
    "count as text": (lambda f: f.assign(psus="many"), {"fpc": "psus"}, "'psus' holds text"),
    "no rule": (lambda f: f, {"lonely_psu": "drop"}, "no rule for strata with one PSU"),
    "no effect": (lambda f: f, {"assumed_design_effect": -1.0}, "design effect"),
    "same names": (lambda f: pd.concat([f, f[["y"]]], axis=1), {}, "same name"),
    "no frame": (lambda f: f.to_dict("list"), {}, "made from a data frame"),
}


@pytest.mark.parametrize(("change", "roles", "message"), BAD_DESIGNS.values(), ids=BAD_DESIGNS)
def test_bad_designs_are_refused(change, roles, message):
    with pytest.raises(DesignError, match=message):
        panel(change(sample()), **roles)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"where": lambda f: (f["age"] > 20).sample(frac=1, random_state=1)}, "index of its own"),
        ({"where": lambda f: (f["age"] > 20).astype(int)}, "one true or false for each row"),
        ({"where": lambda f: (f["age"] > 20) & False}, "nobody is left"),
        ({"where": lambda _: {"age": {"at_least": "old"}}}, "lies between numbers"),
        ({"by": lambda _: "estimate"}, "results have already"),
        ({"by": lambda _: "id"}, "respondent by respondent"),
    ],
)
def test_bad_domains_are_refused(asked, message):
    frame = sample().assign(estimate=1)
    with pytest.raises(rs.errors.EstimationError, match=message):
        rs.estimate_mean(panel(frame), "y", **{name: made(frame) for name, made in asked.items()})


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        (lambda f: pd.Categorical(f["site"], ["north", "south", "nowhere"]), ["north", "south"]),
        (lambda f: f["z"] == 1, [False, True]),
        (lambda f: f["item"].where(f["item"] < 4).astype("Int64"), [1, 2, 3]),
        (lambda f: f["item"].where(f["item"] < 4), [1.0, 2.0, 3.0]),
    ],
    ids=["unused categories", "booleans", "integers with missing", "floats with missing"],
)
def test_domains_are_the_values_that_occur(values, rows):
    frame = sample()
    means = rs.estimate_mean(panel(frame.assign(part=values(frame))), "y", by="part")

    assert means.rows["part"].tolist() == rows
    assert np.isfinite(means.std_error).all()


def test_who_weighs_nothing_counts_for_nobody_anywhere():
    frame = sample().assign(weight=lambda f: f["weight"].where(f["psu"] != "11", 0.0))
    design, without = panel(frame), int((frame["weight"] > 0).sum())
    counts = [
        rs.estimate_mean(design, "y").n,
        rs.estimate_quantile(design, "y", 0.5).n,
        rs.estimate_correlation(design, ["x", "y"]).n,
        rs.fit_regression(design, "y", "x").coefficients.n[:1],
    ]
    assert [n.tolist() for n in counts] == [[without]] * len(counts)


def test_a_margin_that_a_replicate_cannot_meet_names_the_replicate():
    frame = sample().assign(rare=lambda f: np.where(f["psu"] == "11", "yes", "no"))
    margins = [
        rs.Margin(variable="rare", wave=wave, shares={"yes": 0.1, "no": 0.9}, source="invented")
        for wave in TIMES
    ]
    design = rs.as_replicates(rs.rake(panel(frame), margins), "JKn")

    with pytest.raises(DesignError, match="replicate 1 of 12"):
        rs.estimate_mean(design, "y")
