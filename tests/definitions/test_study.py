from __future__ import annotations

import pytest

import resilience as rs
from resilience.definitions.study import Study
from resilience.errors import DefinitionError
from tests.editing import lacking, line_of, swap

PAIR = "waves: [{between: [baseline, endline], relation: same_psu}"

# what is replaced, by what, what is told
RULES = {
    "a variable has the name of an item": (
        "  - id: sex",
        "  - id: home",
        "the name 'home' is defined 2 times",
    ),
    "a variable has the name of an index": (
        "  - id: sex",
        "  - id: cohesion",
        "the name 'cohesion' is defined 2 times",
    ),
    "a variable has the name of a role": (
        "  - id: sex",
        "  - id: stratum",
        "the name 'stratum' is defined 2 times",
    ),
    "a variable is called wave": ("  - id: sex", "  - id: wave", "the name 'wave' is defined 2"),
    "an unknown instrument": (
        "instruments: [example]",
        "instruments: [exampel]",
        "there is no such instrument",
    ),
    "an unknown name under columns": (
        "    # columns: {home: Q12_1}",
        "    columns: {hom: Q12_1}",
        "there is no role, variable or item 'hom'",
    ),
    "an unknown item under not_asked": (
        "    # not_asked: [worse]",
        "    not_asked: [wors]",
        "there is no item 'wors'",
    ),
    "an unknown item under labels_equivalent": (
        "    # labels_equivalent: {fair:",
        "    labels_equivalent: {fare:",
        "there is no item 'fare'",
    ),
    "fieldwork ends before it starts": (
        "    fieldwork: {start: 2025-02-03, end: 2025-02-28,",
        "    fieldwork: {start: 2025-02-28, end: 2025-02-03,",
        "the fieldwork of 'baseline' ends before it starts",
    ),
    "a relation of an unknown wave": (
        "waves: same_psu",
        f"{PAIR}, {{between: [baseline, midline], relation: panel}}] #",
        "there is no wave 'midline'",
    ),
    "a relation that is given twice": (
        "waves: same_psu",
        f"{PAIR}, {{between: [endline, baseline], relation: panel}}] #",
        "the relation of 'baseline' and 'endline' is given 2 times",
    ),
    "a relation that is not given": (
        "waves: same_psu",
        "waves: [] #",
        "the relation of 'baseline' and 'endline' is given 0 times",
    ),
    "an activity in an unknown place": (
        "    sites: [north_town]",
        "    sites: [north_twon]",
        "there is no site 'north_twon'",
    ),
    "an activity that ends before it starts": (
        "    start: 2025-04-01\n",
        "    end: 2025-03-01\n    start: 2025-04-01\n",
        "the activity ends before it starts",
    ),
    "a target for an unknown measure": (
        "  - {measure: cohesion,",
        "  - {measure: cohesoin,",
        "there is no index or indicator 'cohesoin'",
    ),
    "a target for an item": (
        "  - {measure: cohesion,",
        "  - {measure: home,",
        "there is no index or indicator 'home'",
    ),
    "a target at an unknown wave": (
        "  - {measure: cohesion, wave: endline",
        "  - {measure: cohesion, wave: endlin",
        "there is no wave 'endlin'",
    ),
    "a target for an unknown column": (
        "value: 60, where: {site: north_town}",
        "value: 60, where: {sites: north_town}",
        "there is no site or variable 'sites'",
    ),
    "a target for an unknown site": (
        "value: 60, where: {site: north_town}",
        "value: 60, where: {site: [north_town, south_twon]}",
        "there is no value of site 'south_twon'",
    ),
    "a target for an unknown group": (
        "value: 60, where: {site: north_town}",
        "value: 60, where: {sex: femal}",
        "there is no value of sex 'femal'",
    ),
    "a share in per cent": (
        "  - {measure: treated_alike, wave: endline, value: 0.5,",
        "  - {measure: treated_alike, wave: endline, value: 50,",
        "an indicator's target is a share",
    ),
}

# told at the line of the last of the entries that clash
CLASHES = {
    "waves": ("  - id: endline\n", "  - id: baseline\n", "the wave 'baseline'"),
    "sites": ("id: south_town", "id: north_town", "the value 'north_town'"),
    "codes of sites": ("{code: 2, id: south", "{code: 1, id: south", "the code '1'"),
    "number and text as codes": ("{code: 2, id: south", '{code: "1", id: south', "the code '1'"),
    "values": ("id: male", "id: female", "the value 'female'"),
    "codes of values": ("{code: 2, id: male", "{code: 1, id: male", "the code '1'"),
    "a value's code is missing": (
        "    # missing: {9: refused}",
        "    missing: {2: refused}",
        "the code '2'",
    ),
    "activities": (
        "  - id: network\n",
        "  - id: network\n    kind: training\n    sites: []\n    start: 2025-01-01\n    title: T\n"
        "  - id: network\n",
        "the activity 'network'",
    ),
}


def findings_in(path):
    with pytest.raises(DefinitionError) as caught:
        rs.load_study(path)
    return caught.value.issues


@pytest.mark.parametrize("rule", RULES)
def test_what_one_part_names_another_must_have(study_file, rule):
    old, new, what = RULES[rule]
    swap(study_file, old, new)

    assert what in [issue.what[: len(what)] for issue in findings_in(study_file)]


@pytest.mark.parametrize("rule", RULES)
def test_each_finding_is_told_where_it_stands(study_file, rule):
    old, new, what = RULES[rule]
    line = swap(study_file, old, new)

    (issue,) = [issue for issue in findings_in(study_file) if issue.what.startswith(what)]

    assert issue.where == f"{study_file}:{line}"


@pytest.mark.parametrize("clash", CLASHES)
def test_names_and_codes_are_defined_once(study_file, clash):
    old, new, what = CLASHES[clash]
    line = swap(study_file, old, new) + new.rstrip("\n").count("\n")

    found = {issue.what: issue for issue in findings_in(study_file)}

    issue = found[f"{what} is defined 2 times"]
    assert issue.where == f"{study_file}:{line}"
    assert issue.found.endswith(f"line {line}")


def test_several_sites_need_a_column_that_tells_them_apart(study_file):
    swap(study_file, "  site: town\n", "")

    (issue,) = findings_in(study_file)

    assert issue.what == "there are several sites and no column that tells them apart"
    assert issue.where == f"{study_file}:{line_of(study_file, 'roles:')}"


def test_several_waves_need_a_word_on_how_they_relate(study_file):
    swap(study_file, "  waves: same_psu ", "  # waves: same_psu ")

    (issue,) = findings_in(study_file)

    assert issue.what == "it is not said how the waves relate"
    assert issue.where == f"{study_file}:{line_of(study_file, 'design:')}"


def test_a_code_for_missing_must_be_no_answer(study_file):
    line = swap(
        study_file, "    # missing_codes: {refused: [97]", "    missing_codes: {refused: [5]"
    )

    found = findings_in(study_file)

    assert found[0].what == "code 5 means 'refused' and is an answer to 'home'"
    assert found[0].where == f"{study_file}:{line}"


@pytest.mark.parametrize("code", ["97", ".a", "RF"])
def test_a_code_for_missing_has_one_reason(study_file, code):
    swap(
        study_file,
        "    # missing_codes: {refused: [97], dont_know: [98]}",
        f"    missing_codes: {{refused: [{code}], dont_know: [98, {code}]}}",
    )

    (issue,) = findings_in(study_file)

    assert issue.what == f"the code '{code}' is defined 2 times"


def test_every_finding_is_told_with_found_expected_and_remedy(study_file):
    whole = study_file.read_text("utf-8")
    findings = []

    for old, new, *_ in [*RULES.values(), *CLASHES.values()]:
        study_file.write_text(whole, "utf-8")
        swap(study_file, old, new)
        findings += findings_in(study_file)

    assert lacking(findings) == []


def test_all_that_does_not_fit_is_told_at_once(study_file):
    lines = [
        swap(study_file, "    # not_asked: [worse]", "    not_asked: [wors]"),
        swap(study_file, "    sites: [north_town]", "    sites: [north_twon]"),
        swap(study_file, "  - {measure: cohesion,", "  - {measure: cohesoin,"),
    ]

    issues = findings_in(study_file)

    assert [issue.where for issue in issues] == [f"{study_file}:{line}" for line in lines]
    assert [issue.remedy for issue in issues] == [
        "did you mean 'worse'?",
        "did you mean 'north_town'?",
        "did you mean 'cohesion'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("data: simulated ", "data: real ", "'data'"),
        ("selection: probability", "selection: random", "'design.selection'"),
        ("lonely_psu: fail", "lonely_psu: certainty", "'design.lonely_psu'"),
        ("  # assumed_design_effect: 1.5", "  assumed_design_effect: .5", "assumed_design_effect"),
        ("mode: face_to_face", "mode: in_person", "'waves.0.fieldwork.mode'"),
        ("start: 2025-02-03", "start: 03/02/2025", "'waves.0.fieldwork.start'"),
        ("start: 2025-02-03", "start: 2025-02-30", "'waves.0.fieldwork.start'"),
        ("    # sha256: <checksum>", "    sha256: abc", "'waves.0.sha256'"),
        ("minimum_n: 10", "minimum_n: 2", "'policy.minimum_n'"),
        ("out_of_range: refuse", "out_of_range: drop", "'policy.out_of_range'"),
        ("{refused: [97]", "{refuses: [97]", "'waves.0.missing_codes"),
        ("kind: prevention_network", "kind: networks", "'activities.0.kind'"),
        ("role: comparison", "role: control", "'sites.1.role'"),
        ("value: 60,", "value: sixty,", "'targets.0.value'"),
    ],
)
def test_values_are_of_closed_kinds(study_file, old, new, key):
    if "missing_codes" in key:
        swap(study_file, "    # missing_codes", "    missing_codes")
    line = swap(study_file, old, new)

    (issue,) = findings_in(study_file)

    assert key in issue.what
    assert issue.where == f"{study_file}:{line}"


def test_a_variable_has_two_values_at_least(study_file):
    swap(study_file, "      - {code: 2, id: male, title: Men}\n", "")

    (issue,) = findings_in(study_file)

    assert issue.found == "1 values"
    assert "'kind: number'" in issue.remedy


def test_a_variable_is_a_number_or_has_values(study_file):
    swap(study_file, "    title: Sex\n", "    title: Sex\n    kind: number\n")

    (issue,) = findings_in(study_file)

    assert issue.what == "variable 'sex' is a number and has values"


AGE = "variables:\n  - {id: age, title: Age, kind: number}\n"


@pytest.mark.parametrize("where", ["{age: 18}", "{age: {at_least: 18, at_most: 29}}"])
def test_a_number_restricts_by_value_and_range(study_file, where):
    swap(study_file, "variables:  ", AGE + "# ")
    swap(study_file, "where: {site: north_town}", f"where: {where}")

    assert rs.load_study(study_file).variables_by_id["age"].kind == "number"


def test_a_number_has_no_named_values(study_file):
    swap(study_file, "variables:  ", AGE + "# ")
    swap(study_file, "where: {site: north_town}", "where: {age: young}")

    (issue,) = findings_in(study_file)

    assert issue.remedy == "write a range so: {at_least: 18, at_most: 29}"


def test_a_report_is_not_broken_down_by_a_number(study_file):
    swap(study_file, "variables:  ", AGE + "# ")
    report = study_file.parents[2] / "reports" / "example.yaml"
    swap(report, "    by: site                 # site", "    by: age                  # site")

    with pytest.raises(DefinitionError, match="declare groups of it as a variable") as caught:
        rs.load_report_plan(report)

    assert len(caught.value.issues) == 1


def test_an_instrument_named_with_blanks_is_found_or_refused(study_file):
    swap(study_file, "instruments: [example]", 'instruments: [" example "]')

    try:
        study = rs.load_study(study_file)
    except DefinitionError:
        return

    assert study.instruments == ("example",)


def test_a_study_is_loaded_from_its_file_or_its_folder(study_file):
    assert rs.load_study(study_file) == rs.load_study(study_file.parent)
    assert rs.load_study(str(study_file)).path == study_file


def test_a_study_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DefinitionError, match="not there"):
        rs.load_study(tmp_path / "none")


def test_a_study_with_one_wave_and_one_site_needs_neither_relation_nor_site(study_file):
    whole = study_file.read_text("utf-8")
    before, _, after = whole.partition("  - id: endline\n")
    policy = after[after.index("policy:") : after.index("targets:")]
    study_file.write_text(before + "\n" + policy, "utf-8")
    for old, new in (
        ("  - {code: 2, id: south_town, role: comparison, title: South Town}\n", ""),
        ("  site: town\n", ""),
        ("  waves: same_psu ", "  # waves: same_psu "),
    ):
        swap(study_file, old, new)

    assert len(rs.load_study(study_file).waves) == 1


def test_a_relation_can_be_given_for_each_pair(study_file):
    swap(study_file, "waves: same_psu", f"{PAIR}] #")

    (relation,) = rs.load_study(study_file).design.waves

    assert relation.between == ("baseline", "endline")
    assert relation.relation == "same_psu"


def test_columns_are_the_waves_own_else_the_roles_else_the_name(study_file):
    swap(study_file, "    # columns: {home: Q12_1}", "    columns: {home: Q12_1, weight: w}")
    swap(study_file, "psu: sampling_point", "psu: not_published")

    study = rs.load_study(study_file)

    assert study.column_of("baseline", "home") == "Q12_1"
    assert study.column_of("endline", "home") == "home"
    assert study.column_of("baseline", "weight") == "w"
    assert study.column_of("endline", "weight") == "weight"
    assert study.column_of("endline", "site") == "town"
    assert study.column_of("endline", "psu") is None
    assert study.column_of("endline", "fpc") is None


def test_items_that_a_wave_did_not_ask_are_known(study_file):
    swap(study_file, "    # not_asked: [worse]", "    not_asked: [worse]")

    study = rs.load_study(study_file)

    assert study.items_asked("baseline") == ("home", "care", "fair")
    assert study.items_asked("endline") == ("home", "care", "fair", "worse")


def test_a_study_shows_itself_in_one_line(study_file):
    study = rs.load_study(study_file)

    assert isinstance(study, Study)
    assert repr(study) == str(study) == "<Study example: 2 waves, 2 sites>"


def test_words_in_questions_must_be_filled(instrument_file, study_file):
    swap(instrument_file, "{place}", "{plce}")

    (issue,) = findings_in(study_file)

    assert issue.what == "the study does not say what stands for {plce}"
    assert issue.remedy == "did you mean 'place'?"


def test_a_panel_needs_ids(study_file):
    text = study_file.read_text("utf-8")
    line = next(part for part in text.splitlines() if part.strip().startswith("respondent_id:"))
    swap(study_file, line, "  respondent_id: none")
    relation = next(part for part in text.splitlines() if part.strip().startswith("waves: "))
    swap(study_file, relation, "  waves: panel")

    (issue,) = findings_in(study_file)

    assert issue.what == "a panel needs ids of respondents"


def test_what_a_wave_declares_of_codes_is_found_by_item_scale_and_variable(study_file):
    swap(
        study_file,
        "    # columns: {home: Q12_1}",
        "    codes: {agreement: {yes: 5, 1: 5}, fair: {1: 4}, sex: {f: 1}, site: {north: 1}}",
    )
    study = rs.load_study(study_file)

    assert study.codes_of("baseline", "home") == {"yes": 5, 1: 5}
    assert study.codes_of("baseline", "fair") == {1: 4}
    assert study.codes_of("baseline", "sex") == {"f": 1}
    assert study.codes_of("baseline", "site") == {"north": 1}
    assert study.codes_of("endline", "home") == {}


@pytest.mark.parametrize(
    ("codes", "what"),
    [
        ("{agrement: {yes: 5}}", "there is no scale, item, variable or site 'agrement'"),
        ("{agreement: {yes: 6}}", "'agreement' has no code 6"),
        ('{fair: {yes: "5"}}', "'fair' has no code 5"),
        ("{sex: {f: 3}}", "'sex' has no code 3"),
        ("{site: {north: 3}}", "'site' has no code 3"),
    ],
)
def test_codes_that_are_not_the_definitions_are_told_with_their_line(study_file, codes, what):
    line = swap(study_file, "    # columns: {home: Q12_1}", f"    codes: {codes}")

    with pytest.raises(DefinitionError) as caught:
        rs.load_study(study_file)

    (issue,) = caught.value.issues
    assert issue.what == what
    assert issue.where.endswith(f":{line}")


def test_codes_for_missing_answers_may_be_declared(study_file):
    swap(
        study_file,
        "    # columns: {home: Q12_1}",
        "    missing_codes: {refused: [77]}\n    codes: {agreement: {rf: 77, dk: 98}}",
    )

    assert rs.load_study(study_file).codes_of("baseline", "care") == {"rf": 77, "dk": 98}
