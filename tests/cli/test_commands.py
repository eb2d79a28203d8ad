from __future__ import annotations

import csv
import io
import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import resilience as rs
from resilience.workflow.starting import start_workspace
from tests.editing import swap
from tests.running import Finished, parse_here, run_command

COMMANDS = ["init", "check", "score", "estimate", "compare", "power", "simulate", "report"]
COHESION = ("--variable", "cohesion")


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A workspace that is only looked at."""
    folder = tmp_path_factory.mktemp("cli") / "workspace"
    start_workspace(folder)
    return folder


@pytest.fixture
def study(made) -> Path:
    return made / "surveys" / "example" / "study.yaml"


@pytest.fixture
def changed(made, tmp_path) -> Path:
    """A copy of the workspace to write to."""
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    return copy


def table(finished: Finished) -> pd.DataFrame:
    """Return a table that was printed as CSV."""
    return pd.read_csv(io.StringIO(finished.out))


def refusal(finished: Finished, kind: str) -> str:
    """Return what was told by a command that ended because data or definitions are wrong."""
    assert finished.code == 1
    assert finished.err.startswith(kind)
    assert "Traceback" not in finished.err
    return finished.err


def test_the_module_runs_as_the_command(made):
    done = subprocess.run(
        [sys.executable, "-m", "resilience", "check", "surveys/example"],
        cwd=made,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Responses example: baseline 400, endline 400")


def test_the_module_ends_with_1_and_a_message_without_a_traceback(made):
    done = subprocess.run(
        [sys.executable, "-m", "resilience", "estimate", "surveys/example", "-v", "cohesin"],
        cwd=made,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("EstimationError")
    assert "Traceback" not in done.stderr


def test_the_module_ends_with_2_where_it_is_used_wrongly(made):
    done = subprocess.run(
        [sys.executable, "-m", "resilience", "estimate", "surveys/example"],
        cwd=made,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "--variable" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself(command, option):
    finished = run_command(command, option)

    assert finished.code == 0
    assert "Usage" in finished.out
    assert finished.err == ""


def test_help_names_all_commands_and_exit_codes():
    finished = run_command("--help")

    assert finished.code == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in finished.out] == []
    assert "Exit codes: 0 done; 1 the data or definitions are wrong; 2" in finished.out


def test_the_version_is_printed():
    assert run_command("--version").out.startswith("resilience ")


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from resilience.cli import main\n"
        "sys.argv = ['resilience', 'estimate', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('scipy', 'matplotlib', 'pyarrow', 'pyreadstat', 'typst')"
        " if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nothing",),
        ("--nothing",),
        ("init",),
        ("check",),
        ("check", "a", "b"),
        ("check", "{study}", "--format", "xml"),
        ("score", "{study}"),
        ("estimate", "{study}"),
        ("estimate", "{study}", *COHESION, "--level", "95"),
        ("estimate", "{study}", *COHESION, "--level", "0.4"),
        ("estimate", "{study}", *COHESION, "--where", "site"),
        ("estimate", "{study}", *COHESION, "--where", "=north_town"),
        ("estimate", "{study}", *COHESION, "--where", "site="),
        ("estimate", "{study}", "-v", "cohesion,fairness"),
        ("estimate", "{study}", *COHESION, "--by", "wave,site"),
        ("compare", "{study}", *COHESION),
        ("compare", "{study}", *COHESION, "--reference", "baseline", "--items", "all"),
        ("simulate", "{study}", "--seed", "-1"),
        ("simulate", "{study}", "--seed", "one"),
        ("report",),
        ("report", "plan.yaml", "--format", "docx"),
    ],
)
def test_wrong_usage_ends_with_2(study, arguments):
    finished = run_command(*(part.format(study=study) for part in arguments))

    assert finished.code == 2
    assert "Usage" in finished.err + finished.out
    assert "Traceback" not in finished.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "none"),
        ("score", "none", "--output", "{out}.csv"),
        ("estimate", "none", *COHESION),
        ("compare", "none", *COHESION, "--reference", "baseline"),
        ("simulate", "none"),
        ("report", "none.yaml"),
    ],
)
def test_a_definition_that_is_not_there_ends_with_1(tmp_path, arguments):
    finished = run_command(*(part.format(out=tmp_path / "out") for part in arguments))

    told = refusal(finished, "DefinitionError\n")
    assert finished.out == ""
    assert all(f"\n    {fact} " in told for fact in ("found", "expected", "remedy"))
    assert list(tmp_path.iterdir()) == []


def test_several_findings_are_counted_in_the_heading(changed):
    study = changed / "surveys" / "example" / "study.yaml"
    swap(study, "    sites: [north_town]", "    sites: [north_twon, south_twon]")

    told = refusal(run_command("check", study), "DefinitionError: 2 findings\n")

    assert told.count("remedy") == 2


def test_init_makes_a_workspace_and_says_what_comes_next(tmp_path):
    finished = run_command("init", tmp_path / "new")

    assert finished.code == 0
    assert finished.out.startswith("16 files in ")
    assert "resilience check surveys/example/study.yaml" in finished.out
    assert (tmp_path / "new" / "surveys" / "example" / "data" / "endline.csv").is_file()


def test_init_quotes_a_folder_with_blanks(tmp_path):
    finished = run_command("init", tmp_path / "my survey")

    assert f"\n  cd '{tmp_path / 'my survey'}'\n" in finished.out


def test_init_leaves_a_folder_with_anything_in_it_alone(tmp_path):
    (tmp_path / "mine").write_text("mine")

    refusal(run_command("init", tmp_path), "DefinitionError\n")

    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_check_tells_what_each_score_rests_on(study):
    finished = run_command("check", study)

    lines = finished.out.splitlines()
    assert (finished.code, finished.err) == (0, "")
    assert lines[0] == "Responses example: baseline 400, endline 400; 4 items, 5 scores"
    assert lines[1].startswith("SurveyDesign example: 800 respondents, 20 PSUs, 4 strata")
    assert "20 of 20 PSUs in common" in lines[2]
    assert len([line for line in lines if line.startswith(("baseline ", "endline "))]) == 10


def test_check_leaves_out_what_does_not_occur_and_ends_with_a_verdict(study):
    lines = run_command("check", study).out.splitlines()

    (heading,) = [line for line in lines if line.startswith("wave ")]
    assert heading.split()[6:] == ["answered", "refused", "dont_know"]
    assert max(map(len, lines)) < 120
    assert lines[-1] == "No problems found."


def test_check_takes_a_report_too_and_writes_nothing(changed):
    plan = changed / "reports" / "example.yaml"

    finished = run_command("check", plan)

    assert finished.code == 0
    assert finished.out.startswith("ReportPlan example: 8 blocks on example\nResponses example")
    assert finished.out.endswith("No problems found.\n")
    assert not (plan.parent / "out").exists()


def test_check_tells_what_is_wrong_with_a_report(changed):
    plan = changed / "reports" / "example.yaml"
    swap(plan, "block: activities", "block: activites")

    assert "did you mean 'activities'?" in refusal(run_command("check", plan), "DefinitionError\n")


@pytest.mark.parametrize(
    ("command", "file", "what"),
    [
        ("report", "surveys/example/study.yaml", "this is a study, not a report's plan"),
        ("simulate", "reports/example.yaml", "this is a report's plan, not a study"),
        ("check", "instruments/example/instrument.yaml", "this is an instrument, not a study"),
        ("check", "surveys/example/simulation.yaml", "this is a simulation plan, not a study"),
    ],
)
def test_a_file_of_another_kind_is_one_finding(made, command, file, what):
    told = refusal(run_command(command, made / file), "DefinitionError\n")

    assert what in told
    assert told.count("remedy") == 1


def test_places_are_told_as_the_command_was_given_them(changed, monkeypatch):
    monkeypatch.chdir(changed)
    swap(changed / "instruments" / "example" / "instrument.yaml", "keyed: negative", "keyed: neg")

    for path in ("surveys/example", "reports/example.yaml"):
        told = refusal(run_command("check", path), "DefinitionError\n")
        assert "\ninstruments/example/instrument.yaml:" in told


def test_summaries_of_commands_are_not_cut():
    assert "..." not in run_command("--help").out.partition("Commands:")[2]


def test_check_takes_the_folder_of_a_study_too(study):
    assert run_command("check", study.parent) == run_command("check", study)


def test_check_finds_data_in_another_folder(changed, tmp_path):
    study = changed / "surveys" / "example"
    shutil.move(study / "data", tmp_path / "elsewhere" / "data")

    assert run_command("check", study).code == 1
    assert run_command("check", study, "--data", tmp_path / "elsewhere").code == 0


@pytest.mark.parametrize("how", ["csv", "json"])
def test_check_prints_shares_that_add_up_to_one(study, how):
    finished = run_command("check", study, "--format", how)

    rows = json.loads(finished.out) if how == "json" else table(finished).to_dict("records")
    assert len(rows) == 10
    for row in rows:
        parts = list(row.values())[list(row).index("answered") :]
        assert sum(parts) == pytest.approx(1)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_score_writes_a_private_file(study, tmp_path, suffix):
    output = tmp_path / f"scored.{suffix}"

    finished = run_command("score", study, "--output", output)

    frame = pd.read_csv(output) if suffix == "csv" else pd.read_parquet(output)
    assert finished.code == 0
    assert finished.out.startswith("800 rows in ")
    assert len(frame) == 800
    assert {"cohesion", "home_reason"} <= set(frame)
    if sys.platform != "win32":
        assert stat.S_IMODE(output.stat().st_mode) == 0o600


def test_score_refuses_other_kinds_of_files(study, tmp_path):
    told = refusal(run_command("score", study, "-o", tmp_path / "x.docx"), "ReportingError\n")

    assert ".sav, .zsav, .dta, .csv, .tsv, .xlsx, .parquet" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("language", "label"), [("ar", "لا أوافق أبدا"), ("en", "Strongly disagree")]
)
def test_score_writes_labels_in_the_language_asked_for(tmp_path, language, label):
    path = tmp_path / "x.dta"

    finished = run_command("score", "surveys/lebanon", "-o", path, "--language", language, "-q")

    assert (finished.code, finished.err) == (0, "")
    assert rs.read_survey(path, columns=["bel1"]).value_labels["bel1"][1.0] == label


def test_score_refuses_a_language_that_is_none(study, tmp_path):
    told = refusal(
        run_command("score", study, "-o", tmp_path / "x.sav", "--language", "xx"),
        "ReportingError\n",
    )

    assert "en, fr, ar, mk, sq, sw" in told
    assert list(tmp_path.iterdir()) == []


def test_estimate_prints_a_table_by_default(study):
    finished = run_command("estimate", study, *COHESION, "--by", "wave")

    lines = finished.out.splitlines()
    assert (finished.code, finished.err) == (0, "")
    assert lines[0].split() == [
        *("measure", "variable", "wave", "estimate", "std_error", "conf_low", "conf_high"),
        *("df", "n", "n_effective", "deff", "status"),
    ]
    assert [line.split()[2] for line in lines[1:3]] == ["baseline", "endline"]
    assert {len(line) for line in lines[1:3]} == {len(lines[1])}
    assert lines[3:] == ["unit: points, 0-100"]


def test_a_table_has_the_decimals_of_each_unit_and_other_formats_all_digits(study):
    arguments = ("estimate", study, *COHESION, "-v", "treated_alike", "-v", "home")

    shown = [line.split()[2] for line in run_command(*arguments).out.splitlines()[1:4]]
    exact = table(run_command(*arguments, "--format", "csv"))["estimate"]

    assert shown == [f"{exact[0]:.2f}", f"{exact[1]:.4f}", f"{exact[2]:.3f}"]
    assert "unit: points, 0-100; shares, 0-1; codes of the scale" in run_command(*arguments).out


def test_estimate_prints_the_numbers_of_the_library(study):
    scored = rs.score(rs.load_responses(rs.load_study(study)))
    design = rs.SurveyDesign.from_responses(scored)
    means = rs.estimate_mean(design, "cohesion", by=["site", "wave"])

    printed = table(
        run_command("estimate", study, *COHESION, "--by", "site", "--by", "wave", "--format", "csv")
    )

    pd.testing.assert_frame_equal(
        printed.drop(columns="status"), means.to_frame(), check_dtype=False
    )


@pytest.mark.parametrize(
    ("arguments", "verb", "options"),
    [
        (("--statistic", "mean"), rs.estimate_mean, {}),
        (("--statistic", "total"), rs.estimate_total, {}),
        (("--statistic", "median"), rs.estimate_quantile, {"probabilities": 0.5}),
        (
            ("--statistic", "ratio", "--denominator", "home"),
            rs.estimate_ratio,
            {"denominator": "home"},
        ),
    ],
)
def test_estimate_prints_the_statistic_that_is_asked_for(study, arguments, verb, options):
    scored = rs.score(rs.load_responses(rs.load_study(study)))
    design = rs.SurveyDesign.from_responses(scored)

    printed = table(
        run_command("estimate", study, *COHESION, *arguments, "--by", "wave", "--format", "csv")
    )

    wanted = verb(design, "cohesion", by="wave", **options).to_frame()
    pd.testing.assert_frame_equal(printed.drop(columns="status"), wanted, check_dtype=False)


def test_estimate_prints_shares_of_indicators_and_of_each_answer(study):
    arguments = ("estimate", study, "--statistic", "proportion", "--format", "csv")

    shares = table(run_command(*arguments, "-v", "treated_alike", "-v", "sex"))
    refused = run_command(*arguments, *COHESION)

    assert set(shares["measure"]) == {"proportion"}
    assert shares.groupby("variable")["estimate"].sum().loc["sex"] == pytest.approx(1)
    assert "'cohesion' is an index, which has no answers" in refusal(refused, "EstimationError")


@pytest.mark.parametrize("arguments", [("--statistic", "ratio"), ("--denominator", "resilience")])
def test_a_ratio_has_a_denominator_and_nothing_else_has(study, arguments):
    finished = run_command("estimate", study, *COHESION, *arguments)

    assert finished.code == 2
    assert "a ratio has a denominator, and nothing else has" in finished.err


@pytest.mark.parametrize("how", ["csv", "json"])
def test_estimate_prints_what_other_programs_read(study, how):
    finished = run_command(
        "estimate", study, *COHESION, "-v", "treated_alike", "-v", "home", "--format", how
    )

    rows = (
        json.loads(finished.out)
        if how == "json"
        else list(csv.DictReader(io.StringIO(finished.out)))
    )
    assert [row["variable"] for row in rows] == ["cohesion", "treated_alike", "home"]
    assert [row["measure"] for row in rows] == ["mean", "proportion", "mean"]
    assert 40 < float(rows[0]["estimate"]) < 70
    assert 0 < float(rows[1]["estimate"]) < 1
    assert [isinstance(row["n"], int | float) for row in rows] == [how == "json"] * 3


@pytest.mark.parametrize(
    ("conditions", "n"),
    [
        ((), 800),
        (("site=north_town",), 400),
        (("site=north_town,south_town",), 800),
        (("site=north_town, south_town",), 800),
        (("wave=baseline", "site=north_town"), 200),
        (("stratum=101",), 200),
        (("weight=0..",), 800),
        (("weight=..1000",), 800),
        (("weight=0..1000",), 800),
        (("weight=-5..-1",), 0),
    ],
)
def test_where_is_a_value_a_list_or_a_range(study, conditions, n):
    where = [part for condition in conditions for part in ("--where", condition)]

    finished = run_command("estimate", study, "-v", "weight", *where, "--format", "csv")

    if n:
        assert table(finished)["n"].tolist() == [n]
    else:
        refusal(finished, "EstimationError\n")


def test_where_with_a_range_counts_both_ends(study):
    frame = pd.read_csv(study.parent / "data" / "baseline.csv")
    wanted = int(frame["home"].between(4, 5).sum())

    finished = run_command(
        *("estimate", study, "-v", "home", "--where", "home=4..5", "--where", "wave=baseline"),
        *("--format", "csv"),
    )

    assert table(finished)["n"].tolist() == [wanted]


def test_a_column_that_is_restricted_twice_is_not_half_forgotten(study):
    finished = run_command(
        *("estimate", study, *COHESION, "--by", "site", "--format", "csv"),
        *("--where", "site=north_town", "--where", "site=south_town"),
    )

    assert finished.code != 0 or len(table(finished)) == 2


@pytest.mark.parametrize(
    ("arguments", "kind", "near"),
    [
        (("-v", "cohesin"), "EstimationError\n", "did you mean 'cohesion'?"),
        ((*COHESION, "--by", "sitte"), "EstimationError\n", "did you mean 'site'?"),
        ((*COHESION, "--where", "sitte=a"), "EstimationError\n", "did you mean 'site'?"),
        (
            (*COHESION, "--where", "site=north_twon"),
            "EstimationError\n",
            "did you mean 'north_town'?",
        ),
    ],
)
def test_what_the_data_do_not_have_is_told_with_the_nearest_name(study, arguments, kind, near):
    told = refusal(run_command("estimate", study, *arguments), kind)

    assert near in told


@pytest.mark.parametrize("option", ["--variable", "--by"])
def test_several_names_in_one_option_are_answered_with_how_to_give_them(study, option):
    finished = run_command("estimate", study, *COHESION, option, "wave,site")

    assert "repeat the option for more" in finished.err
    assert "did you mean" not in finished.err


def test_a_column_of_the_files_leads_to_what_it_is_called(study):
    told = refusal(run_command("estimate", study, *COHESION, "--by", "town"), "EstimationError\n")

    assert "expected one of wave, site, sex, site_role, stratum, psu\n" in told
    assert "the files' column 'town' is called 'site' here" in told


def test_a_variable_is_estimated_as_the_shares_of_its_values(study):
    finished = run_command(
        *("estimate", study, "-v", "sex", "-v", "home", "--by", "wave", "--format", "csv")
    )

    shares = table(finished).query("variable == 'sex'")
    assert shares["measure"].unique().tolist() == ["proportion"]
    assert shares["answer"].tolist() == ["female", "female", "male", "male"]
    assert shares.groupby("wave")["estimate"].sum().tolist() == pytest.approx([1, 1])


def test_a_variable_named_twice_is_estimated_once(study):
    assert len(table(run_command("estimate", study, *COHESION, *COHESION, "--format", "csv"))) == 1


def test_what_the_data_do_not_have_is_told_with_found_and_expected(study):
    told = refusal(run_command("estimate", study, "-v", "cohesin"), "EstimationError\n")

    assert "\n    found " in told
    assert "\n    expected " in told


def test_a_wider_interval_has_a_higher_level(study):
    low, high = (
        table(run_command("estimate", study, *COHESION, "--level", level, "--format", "csv"))
        for level in ("0.8", "0.99")
    )

    assert high["conf_low"][0] < low["conf_low"][0] < low["conf_high"][0] < high["conf_high"][0]


@pytest.mark.parametrize("how", ["table", "csv", "json"])
def test_results_from_few_respondents_are_withheld(changed, how):
    study = changed / "surveys" / "example" / "study.yaml"
    swap(study, "minimum_n: 10", "minimum_n: 190\n  suppress: primary")
    by = ("--by", "site", "--by", "wave", "--format")
    shown = table(run_command("estimate", study, "-v", "home", *by, "csv"))
    hidden = shown["status"] == "suppressed"

    printed = run_command("estimate", study, "-v", "home", *by, how).out

    assert hidden.sum() not in (0, len(shown))
    numbers = ["estimate", "std_error", "conf_low", "conf_high", "df", "n", "n_effective", "deff"]
    assert shown.loc[hidden, numbers].isna().all(axis=None)
    assert shown.loc[~hidden, numbers].notna().all(axis=None)
    if how == "json":
        rows = json.loads(printed)
        assert [row["estimate"] is None for row in rows] == hidden.tolist()
        assert [row["n"] is None for row in rows] == hidden.tolist()
    if how == "table":
        lines = printed.splitlines()[1:-1]
        assert [len(line.split()) == 5 for line in lines] == hidden.tolist()


def test_cells_that_margins_would_tell_are_withheld_by_the_command_too(changed):
    study = changed / "surveys" / "example" / "study.yaml"
    swap(study, "minimum_n: 10", "minimum_n: 190")
    by = ("--by", "site", "--by", "wave", "--format", "csv")

    shown = table(run_command("estimate", study, "-v", "home", *by))

    assert set(shown["status"]) == {"suppressed"}


def test_no_result_is_listed_respondent_by_respondent(study):
    finished = run_command("estimate", study, *COHESION, "--by", "respondent_id")

    assert "baseline-00001" not in finished.out


def test_results_from_somewhat_few_respondents_are_marked(changed):
    study = changed / "surveys" / "example" / "study.yaml"
    swap(study, "low_precision_n: 30", "low_precision_n: 700")

    printed = table(
        run_command("estimate", study, "-v", "weight", "--by", "wave", "--format", "csv")
    )

    assert printed["status"].tolist() == ["low_precision", "low_precision"]
    assert printed["estimate"].notna().all()


def test_compare_subtracts_the_reference_within_each_place(study):
    levels = table(
        run_command("estimate", study, *COHESION, "--by", "site", "--by", "wave", "--format", "csv")
    ).set_index(["wave", "site"])["estimate"]

    changes = table(
        run_command(
            *("compare", study, *COHESION, "--by", "site", "--reference", "baseline"),
            *("--format", "csv"),
        )
    )

    assert changes["measure"].tolist() == ["change", "change"]
    assert changes["reference"].tolist() == ["baseline", "baseline"]
    assert changes["estimate"].tolist() == pytest.approx(
        (levels.loc["endline"] - levels.loc["baseline"])[changes["site"]].tolist()
    )


def test_compare_runs_along_other_variables_too(study):
    printed = table(
        run_command(
            *("compare", study, *COHESION, "--over", "site", "--reference", "south_town"),
            *("--by", "wave", "--format", "csv"),
        )
    )

    assert printed["measure"].tolist() == ["difference", "difference"]
    assert printed["site"].tolist() == ["north_town", "north_town"]


def test_compare_withholds_results_from_few_respondents(changed):
    study = changed / "surveys" / "example" / "study.yaml"
    swap(study, "minimum_n: 10", "minimum_n: 500")

    printed = table(
        run_command("compare", study, *COHESION, "--reference", "baseline", "--format", "csv")
    )

    assert printed["status"].tolist() == ["suppressed"]
    assert printed[["estimate", "conf_low", "conf_high", "n"]].isna().all(axis=None)


def test_compare_names_the_nearest_reference(study):
    told = refusal(
        run_command("compare", study, *COHESION, "--reference", "baselin"), "ComparisonError\n"
    )

    assert "did you mean 'baseline'?" in told


def test_compare_takes_the_items_asked_alike_where_told(changed):
    study = changed / "surveys" / "example" / "study.yaml"
    swap(study, "    # not_asked: [worse]", "    not_asked: [worse]")
    arguments = ("compare", study, "-v", "fairness", "--reference", "baseline", "--format", "csv")

    refused = run_command(*arguments)
    common = run_command(*arguments, "--items", "common")

    assert "worse not asked in baseline" in refusal(refused, "ComparisonError\n")
    assert table(common)["variable"].tolist() == ["fairness_common"]


def test_simulate_writes_the_files_of_its_seed(changed):
    data = changed / "surveys" / "example" / "data"
    before = (data / "baseline.csv").read_bytes()

    finished = run_command("simulate", changed / "surveys" / "example", "--seed", "8")
    other = (data / "baseline.csv").read_bytes()
    again = run_command("simulate", changed / "surveys" / "example")

    assert (finished.code, again.code) == (0, 0)
    assert [Path(line).name for line in finished.out.splitlines()] == [
        *("baseline.csv", "endline.csv", "truth.json"),
    ]
    assert other != before
    assert (data / "baseline.csv").read_bytes() == before


def test_simulate_leaves_collected_data_alone(changed):
    study = changed / "surveys" / "example" / "study.yaml"
    swap(study, "data: simulated ", "data: collected ")

    told = refusal(run_command("simulate", study), "DefinitionError\n")

    assert "data: collected" in told


def test_report_writes_beside_its_plan(changed):
    finished = run_command("report", changed / "reports" / "example.yaml", "--format", "html")

    out = changed / "reports" / "out"
    assert (finished.code, finished.err) == (0, "")
    assert finished.out.split() == [str(out / "example-en.html")]
    assert (out / "example-en.html").read_text("utf-8").startswith("<!doctype html>")


def test_report_takes_folder_language_and_formats_and_tells_what_each_stage_cost(made, tmp_path):
    finished = run_command(
        *("report", made / "reports" / "example.yaml", "--language", "ar", "--format", "html"),
        *("--format", "pdf", "--output", tmp_path / "new" / "folder", "--timings", "--quiet"),
    )

    assert finished.code == 0
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        *("example-ar.html", "example-ar.pdf"),
    ]
    table_at = finished.err.index("stage ")
    told = finished.err[table_at:]
    first = [line.split("  ")[0] for line in finished.err.splitlines()]
    assert len(first) == len(set(first))
    for stage in ("Reading 2 files", "Scoring", "Estimating", "Writing HTML (ar)", "sum of the"):
        assert stage in told
    assert "note: " in finished.err[:table_at]


@pytest.mark.parametrize("language", ["mk", "xx"])
def test_report_refuses_languages_that_it_cannot_write(made, tmp_path, language):
    finished = run_command(
        *("report", made / "reports" / "example.yaml", "--language", language),
        *("--output", tmp_path / "out"),
    )

    assert finished.code in (1, 2)
    assert "Traceback" not in finished.err
    assert "en" in finished.err
    assert not (tmp_path / "out").exists()


def test_stages_are_not_told_where_nobody_watches(study):
    assert run_command("check", study).err == ""


def test_commands_do_not_depend_on_the_folder_they_run_in(study, tmp_path, monkeypatch):
    here = run_command("check", study)
    monkeypatch.chdir(tmp_path)

    assert run_command("check", study) == here
