from __future__ import annotations

import pytest

import resilience as rs
from resilience.errors import DefinitionError
from tests.editing import lacking, swap

RULES = {
    "unknown index": (
        "levels: {belonging: 0.4, fairness: -0.1}",
        "levels: {belonging: 0.4, fairness: -0.1, voice: 1}",
        "there is no index of items or item in no index 'voice'",
    ),
    "index of indices": (
        "levels: {belonging: 0.4, fairness: -0.1}",
        "levels: {belonging: 0.4, fairness: -0.1, cohesion: 1}",
        "there is no index of items or item in no index 'cohesion'",
    ),
    "item of an index": (
        "levels: {belonging: 0.4, fairness: -0.1}",
        "levels: {belonging: 0.4, fairness: -0.1, home: 1}",
        "there is no index of items or item in no index 'home'",
    ),
    "no level": (
        "levels: {belonging: 0.4, fairness: -0.1}",
        "levels: {belonging: 0.4}",
        "there is no level for the index 'fairness'",
    ),
    "unknown site": ("trend:", "sites: {west_town: 1}\ntrend:", "there is no site 'west_town'"),
    "unknown wave of a trend": (
        "trend: {endline: 0.0}",
        "trend: {midline: 0.0}",
        "there is no wave 'midline'",
    ),
    "unknown wave of an effect": (
        "  endline: {belonging: 0.1",
        "  midline: {belonging: 0.1",
        "there is no wave 'midline'",
    ),
    "unknown index of an effect": (
        "  endline: {belonging: 0.1",
        "  endline: {belongin: 0.1",
        "there is no index of items or item in no index 'belongin'",
    ),
    "unknown item of a loading": (
        "loadings: {default: 0.75}",
        "loadings: {default: 0.75, items: {hom: 0.5}}",
        "there is no item 'hom'",
    ),
    "unknown item that is missing": (
        "  - {reason: refused, default: 0.02}",
        "  - {reason: refused, items: {hom: 0.02}}",
        "there is no item 'hom'",
    ),
    "unknown variable": (
        "  sex: {female: 0.51, male: 0.49}",
        "  sex: {female: 0.51, male: 0.49}\n  age: {old: 1}",
        "there is no variable 'age'",
    ),
    "unknown value": (
        "  sex: {female: 0.51, male: 0.49}",
        "  sex: {female: 0.51, mal: 0.49}",
        "there is no value of sex 'mal'",
    ),
    "unknown variable of a difference": (
        "groups:",
        "differences: {age: {old: 1}}\ngroups:",
        "there is no variable 'age'",
    ),
    "unknown value of a difference": (
        "groups:",
        "differences: {sex: {femal: 1}}\ngroups:",
        "there is no value of sex 'femal'",
    ),
    "unknown variable of response": (
        "groups:",
        "response: {variable: age, rates: {old: 1}}\ngroups:",
        "there is no variable 'age'",
    ),
    "unknown value of response": (
        "groups:",
        "response: {variable: sex, rates: {femal: 1}}\ngroups:",
        "there is no value of sex 'femal'",
    ),
    "unknown item refused by answer": (
        "  - {reason: refused, default: 0.02}",
        "  - {reason: refused, by_answer: {hom: {5: 0.2}}}",
        "there is no item 'hom'",
    ),
    "a code that is no answer": (
        "  - {reason: refused, default: 0.02}",
        "  - {reason: refused, by_answer: {home: {6: 0.2}}}",
        "there is no answer to 'home' with code '6'",
    ),
    "a reason without a code": (
        "  - {reason: refused, default: 0.02}",
        "  - {reason: never_heard, by_answer: {home: {5: 0.2}}}",
        "there is no code of the scale of 'home' for 'never_heard'",
    ),
    "unknown item of a group": (
        "groups:",
        "noninvariance: [{variable: sex, value: male, threshold_shifts: {hom: 1}}]\ngroups:",
        "there is no item 'hom'",
    ),
    "unknown item with another loading": (
        "groups:",
        "noninvariance: [{variable: sex, value: male, loadings: {hom: 0.4}}]\ngroups:",
        "there is no item 'hom'",
    ),
    "a group twice": (
        "groups:",
        "noninvariance: [{variable: sex, value: male}, {variable: sex, value: male}]\ngroups:",
        "the group 'sex: male' is defined 2 times",
    ),
    "unknown group": (
        "groups:",
        "noninvariance: [{variable: sex, value: mal, loadings: {home: 0.4}}]\ngroups:",
        "there is no value of sex 'mal'",
    ),
    "unknown variable of staying": (
        "psu_overlap: 1.0",
        "psu_overlap: 1.0, panel: {share: 0.5, staying: {variable: age, rates: {}}}",
        "there is no variable 'age'",
    ),
    "unknown value of staying": (
        "psu_overlap: 1.0",
        "psu_overlap: 1.0, panel: {share: 0.5, staying: {variable: sex, rates: {mal: 0.5}}}",
        "there is no value of sex 'mal'",
    ),
    "unknown index of staying": (
        "psu_overlap: 1.0",
        "psu_overlap: 1.0, panel: {share: 0.5, staying: "
        "{variable: sex, rates: {male: 0.5}, index: cohesion, slope: 1}}",
        "there is no index of items 'cohesion'",
    ),
    "a panel without PSUs in common": (
        "psu_overlap: 1.0",
        "psu_overlap: 0.0, panel: {share: 0.5}",
        "nobody can be asked again where no PSU is visited again",
    ),
    "PSUs that are not in common": (
        "psu_overlap: 1.0",
        "psu_overlap: 0.0",
        "the study's 'baseline' and 'endline' share PSUs, and the plan visits none again",
    ),
    "interviewers without a column": (
        "groups:",
        "interviewers: {per_site: 4, variance_share: 0.05}\ngroups:",
        "the study has no column that tells who interviewed",
    ),
    "made up by nobody": (
        "groups:",
        "fabrication: [{wave: endline, interviewers: 1, share: 0.5, manner: copies}]\ngroups:",
        "interviews are made up by interviewers, and the plan has none",
    ),
    "made up in an unknown wave": (
        "groups:",
        "fabrication: [{wave: endlin, interviewers: 1, share: 0.5, manner: copies}]\ngroups:",
        "there is no wave 'endlin'",
    ),
    "no make-up": (
        "groups:\n  sex: {female: 0.51, male: 0.49}",
        "groups: {}",
        "there is no make-up of the population by 'sex'",
    ),
}

# plans of which no population can be made
IMPOSSIBLE = {
    "shares that are all 0": ("{female: 0.51, male: 0.49}", "{female: 0, male: 0}"),
    "fewest above most": ("adults_per_psu: [60, 120]", "adults_per_psu: [120, 60]"),
    "more interviewers in a PSU than in its site": (
        "groups:",
        "interviewers: {per_site: 2, per_psu: 3, variance_share: 0.05}\ngroups:",
    ),
    "a slope of no score": (
        "psu_overlap: 1.0",
        "psu_overlap: 1.0, panel: {share: 1, staying: {variable: sex, rates: {}, slope: 1}}",
    ),
    "a score without a slope": (
        "psu_overlap: 1.0",
        "psu_overlap: 1.0, panel: {share: 1, staying: "
        "{variable: sex, rates: {}, index: belonging}}",
    ),
}


@pytest.fixture
def findings_in(study_file, plan_file):
    def findings():
        with pytest.raises(DefinitionError) as caught:
            rs.load_simulation_plan(plan_file, rs.load_study(study_file))
        return caught.value.issues

    return findings


@pytest.mark.parametrize("rule", RULES)
def test_what_a_plan_speaks_of_its_study_must_have(plan_file, findings_in, rule):
    old, new, what = RULES[rule]
    swap(plan_file, old, new)

    assert what in [issue.what for issue in findings_in()]


def test_a_single_item_may_have_a_level_and_an_effect(study_file, plan_file):
    instrument = study_file.parents[2] / "instruments" / "example" / "instrument.yaml"
    swap(instrument, "\nitems:\n", "\nitems:\n  - {id: alone, scale: agreement, question: Alone}\n")
    swap(plan_file, "fairness: -0.1}", "fairness: -0.1, alone: 1.5}")
    swap(plan_file, "  endline: {belonging: 0.1", "  endline: {alone: -3, belonging: 0.1")
    study = rs.load_study(study_file)
    population = rs.simulate_waves(study, rs.load_simulation_plan(plan_file, study)).population
    programme = (population.people["site"] == "north_town").to_numpy()
    before, after = (population.answers[wave]["alone"] for wave in ("baseline", "endline"))

    assert before.mean() > 3.7
    assert after[programme].mean() < 2.6
    assert after[~programme].mean() > 3.7


def test_an_item_of_an_index_has_no_level_of_its_own(plan_file, findings_in):
    swap(plan_file, "fairness: -0.1}", "fairness: -0.1, home: 1}")

    assert [issue.what for issue in findings_in()] == [
        "there is no index of items or item in no index 'home'"
    ]


@pytest.mark.parametrize("rule", RULES)
def test_each_finding_is_told_where_it_stands(plan_file, findings_in, rule):
    old, new, what = RULES[rule]
    first = swap(plan_file, old, new)
    lines = range(first, first + new.count("\n") + 1)

    found = {issue.what: issue.where for issue in findings_in()}

    assert found[what] in [f"{plan_file}:{line}" for line in lines]


def test_every_finding_is_told_with_found_expected_and_remedy(plan_file, findings_in):
    whole = plan_file.read_text("utf-8")
    findings = []

    for old, new, _ in RULES.values():
        plan_file.write_text(whole, "utf-8")
        swap(plan_file, old, new)
        findings += findings_in()

    assert lacking(findings) == []


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("seed: 7", "seed: -7", "'seed'"),
        ("psus_per_stratum: 30", "psus_per_stratum: 0", "'population.psus_per_stratum'"),
        ("psu_overlap: 1.0", "psu_overlap: 1.1", "'sample.psu_overlap'"),
        ("intraclass: 0.05", "intraclass: 1", "'clustering.intraclass'"),
        ("persistence: 0.8", "persistence: -0.1", "'clustering.persistence'"),
        ("default: 0.75", "default: 1.5", "'loadings.default'"),
        ("reason: refused", "reason: out_of_range", "'missing.0.reason'"),
        ("female: 0.51", "female: 51", "'groups.sex.female'"),
        ("common_factor: 0.4", "persistence: 2\ncommon_factor: 0.4", "'persistence'"),
        ("overlap: 1.0", "overlap: 1.0, panel: {share: 0}", "'sample.panel.share'"),
    ],
)
def test_rates_and_counts_have_bounds(plan_file, findings_in, old, new, key):
    line = swap(plan_file, old, new)

    (issue,) = findings_in()

    assert issue.what == f"a wrong value for {key}"
    assert issue.where == f"{plan_file}:{line}"


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_a_plan_of_which_no_population_can_be_made_is_refused(plan_file, findings_in, case):
    line = swap(plan_file, *IMPOSSIBLE[case])

    (issue,) = findings_in()

    assert issue.where == f"{plan_file}:{line}"


@pytest.mark.parametrize(
    ("relation", "sample", "what"),
    [
        ("panel", "", "the study's 'baseline' and 'endline' are a panel"),
        (
            "independent",
            ", panel: {share: 0.5}",
            "the plan asks people again, and the study's 'baseline' and 'endline' are independent",
        ),
        (
            "[{between: [endline, baseline], relation: independent}]",
            ", panel: {share: 0.5}",
            "the plan asks people again, and the study's 'baseline' and 'endline' are independent",
        ),
    ],
)
def test_who_is_asked_again_fits_how_the_waves_relate(
    study_file, plan_file, findings_in, relation, sample, what
):
    swap(study_file, "waves: same_psu", f"waves: {relation}")
    line = swap(plan_file, ", psu_overlap: 1.0", f", psu_overlap: 1.0{sample}")

    (issue,) = findings_in()

    assert issue.what.startswith(what)
    assert issue.where == f"{plan_file}:{line}"
    assert lacking([issue]) == []


def test_a_loading_does_not_depend_on_two_variables_that_overlap(
    study_file, plan_file, findings_in
):
    swap(
        study_file,
        "variables: ",
        "variables:\n"
        "  - id: language\n"
        "    title: Language of the interview\n"
        "    values: [{code: 1, id: english, title: E}, {code: 2, id: french, title: F}]\n#",
    )
    swap(plan_file, "groups:", "groups:\n  language: {english: 0.5, french: 0.5}")
    line = swap(
        plan_file,
        "groups:",
        "noninvariance:\n"
        "  - {variable: sex, value: male, loadings: {home: 0.4, care: 0.4}}\n"
        "  - {variable: sex, value: female, loadings: {home: 0.5}}\n"
        "  - {variable: language, value: french, loadings: {home: 0.5}}\n"
        "groups:",
    )

    (issue,) = findings_in()

    assert issue.what == "by variables that overlap, the loading of 'home' is defined 2 times"
    assert issue.where == f"{plan_file}:{line + 3}"


def test_a_study_that_tells_who_interviewed_needs_interviewers(study_file, findings_in):
    swap(study_file, "  site: town\n", "  site: town\n  interviewer: team\n")

    (issue,) = findings_in()

    assert issue.what == "the study tells who interviewed, and the plan has no interviewers"
    assert lacking([issue]) == []


def test_all_that_does_not_fit_is_told_at_once(plan_file, findings_in):
    swap(plan_file, "{endline: 0.0}", "{endlin: 0.0}")
    swap(plan_file, "{belonging: 0.1,", "{belongin: 0.1,")

    assert [issue.remedy for issue in findings_in()] == [
        "did you mean 'endline'?",
        "did you mean 'belonging'?",
    ]


def test_the_example_has_a_plan(study_file, plan_file):
    assert rs.load_simulation_plan(str(plan_file), rs.load_study(study_file)).seed == 7


def test_a_variable_that_is_a_number_is_not_simulated(plan_file):
    study_file = plan_file.parent / "study.yaml"
    swap(
        study_file,
        "  # - {id: age, title: Age, kind: number}",
        "  - {id: age, title: Age, kind: number}",
    )

    with pytest.raises(DefinitionError, match="declare groups of it") as caught:
        rs.load_simulation_plan(plan_file, rs.load_study(study_file))

    assert len(caught.value.issues) == 1
