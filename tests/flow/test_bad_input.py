"""What is wrong in definitions or data ends a command with one message and nothing else."""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spss import read_spss, write_spss
from resilience.workflow.starting import start_workspace
from tests.conftest import ROOT
from tests.editing import line_of, swap
from tests.running import Finished, parse_here, run_command

if TYPE_CHECKING:
    from collections.abc import Mapping

STUDY = "surveys/example/study.yaml"
REPORT = "reports/example.yaml"
INSTRUMENT = "instruments/example/instrument.yaml"
BASELINE = "surveys/example/data/baseline.csv"
ENDLINE = "surveys/example/data/endline.csv"


def edit(file: str, old: str, new: str):
    return lambda root: swap(root / file, old, new)


def put(column: str, row: int, value: str, file: str = BASELINE):
    """Write a value into a row of a wave's file."""

    def change(root: Path) -> None:
        frame = pd.read_csv(root / file, dtype="str")
        frame.loc[row, column] = value
        frame.to_csv(root / file, index=False)

    return change


def fill(file: str, content: bytes):
    return lambda root: (root / file).write_bytes(content)


def remove(file: str):
    return lambda root: (root / file).unlink()


def at(file: str, text: str):
    """Name the line of a definition on which a text stands."""
    return lambda root: f"{file}:{line_of(root / file, text)}: "


def in_wave(wave: str):
    """Name a wave of the study."""
    return lambda _: f"{STUDY}: wave '{wave}'"


def nowhere(_: Path) -> str:
    return ""


def one_psu(root: Path, *, district: str) -> None:
    """Let all respondents of a district come from one sampling point."""
    for file in (BASELINE, ENDLINE):
        frame = pd.read_csv(root / file, dtype="str")
        frame.loc[frame["district"] == district, "sampling_point"] = f"{district}001"
        frame.to_csv(root / file, index=False)


# what is done to the workspace; the error; the place that is named; words of the message
CASES = {
    "unknown key in a report": (
        edit(REPORT, "    measures: [cohesion, belonging", "    measurs: [cohesion, belonging"),
        "DefinitionError",
        at(REPORT, "    measurs:"),
        "did you mean 'measures'?",
    ),
    "unknown key in a study": (
        edit(STUDY, "  lonely_psu: fail", "  lonely_psus: fail"),
        "DefinitionError",
        at(STUDY, "  lonely_psus:"),
        "did you mean 'lonely_psu'?",
    ),
    "unknown key in an instrument": (
        edit(INSTRUMENT, "    keyed: negative", "    keyd: negative"),
        "DefinitionError",
        at(INSTRUMENT, "    keyd:"),
        "did you mean 'keyed'?",
    ),
    "misspelt name in a mapping": (
        edit(STUDY, "    # columns: {home: Q12_1}", "    columns: {hom: Q12_1}"),
        "DefinitionError",
        at(STUDY, "    columns: {hom:"),
        "did you mean 'home'?",
    ),
    "misspelt column in a mapping": (
        edit(STUDY, "    # columns: {home: Q12_1}", "    columns: {home: hoome}"),
        "ValidationError",
        in_wave("baseline"),
        "did you mean 'home'?",
    ),
    "wave without a file": (
        remove(ENDLINE),
        "ReadingError",
        in_wave("endline"),
        "no file data/endline.csv",
    ),
    "code outside the scale": (
        put("home", 3, "7"),
        "ValidationError",
        in_wave("baseline"),
        "codes 7 (1 rows)",
    ),
    "word for a code": (
        put("home", 3, "often"),
        "ValidationError",
        in_wave("baseline"),
        "1 rows of text",
    ),
    "code in one wave only": (
        put("home", 3, "6", ENDLINE),
        "ValidationError",
        in_wave("endline"),
        "codes 6 (1 rows); no other wave has these codes",
    ),
    "word with the number of another": (
        put("home", 3, "1. Agree"),
        "ValidationError",
        in_wave("baseline"),
        "numbered words whose number is another code's",
    ),
    "word in another language": (
        put("home", 3, "Се согласувам"),
        "ValidationError",
        in_wave("baseline"),
        "1 rows of text, 1 distinct, in Cyrillic letters",
    ),
    "codes of no scale": (
        edit(STUDY, "    # columns: {home: Q12_1}", "    codes: {agrement: {yes: 5}}"),
        "DefinitionError",
        at(STUDY, "    codes: {agrement"),
        "did you mean 'agreement'?",
    ),
    "codes that a scale does not have": (
        edit(STUDY, "    # columns: {home: Q12_1}", "    codes: {agreement: {yes: 6}}"),
        "DefinitionError",
        at(STUDY, "    codes: {agreement"),
        "'agreement' has no code 6",
    ),
    "respondent twice": (
        put("id", 3, "baseline-00001"),
        "ValidationError",
        in_wave("baseline"),
        "2 rows (data rows 1, 4, not counting the header)",
    ),
    "negative weight": (
        put("weight", 3, "-1", ENDLINE),
        "ValidationError",
        in_wave("endline"),
        "weights are negative",
    ),
    "missing weight": (
        put("weight", 3, "", ENDLINE),
        "ValidationError",
        in_wave("endline"),
        "weights are missing",
    ),
    "empty file": (
        fill(BASELINE, b""),
        "ReadingError",
        in_wave("baseline"),
        "baseline.csv: the file is empty",
    ),
    "file without rows": (
        fill(BASELINE, b"id,home\n"),
        "ReadingError",
        in_wave("baseline"),
        "a header and no rows",
    ),
    "file with zero bytes": (
        fill(BASELINE, b"id,home\n1,\x00\n"),
        "ReadingError",
        in_wave("baseline"),
        "zero bytes",
    ),
    "key twice": (
        edit(STUDY, "study: example\n", "study: example\nstudy: another\n"),
        "DefinitionError",
        at(STUDY, "study: another"),
        "the key 'study' twice",
    ),
    "no YAML": (
        edit(STUDY, "roles:  ", "roles: [  "),
        "DefinitionError",
        lambda _: f"{STUDY}:",
        "not valid YAML",
    ),
    "wrong checksum": (
        edit(STUDY, "    # sha256: <checksum>", f"    sha256: {'0' * 64}"),
        "ReadingError",
        in_wave("baseline"),
        "not the one that was recorded",
    ),
    "file outside the study's folder": (
        edit(STUDY, "file: data/baseline.csv", "file: ../../README.md"),
        "ReadingError",
        in_wave("baseline"),
        "outside its folder",
    ),
    "file of another kind": (
        edit(STUDY, "file: data/baseline.csv", "file: data/truth.json"),
        "ReadingError",
        in_wave("baseline"),
        "one of .sav, .zsav, .por, .dta, .csv",
    ),
    "one PSU in a stratum": (
        lambda root: one_psu(root, district="101"),
        "DesignError",
        nowhere,
        "lonely_psu",
    ),
    "PSU in two strata": (
        put("district", 0, "202"),
        "DesignError",
        nowhere,
        "nested_psu",
    ),
}

SPSS_CASES = {
    "file cut short": (
        lambda file: file.write_bytes(file.read_bytes()[:70_000]),
        "ReadingError",
        "endline.sav: the parser gave up",
    ),
    "file cut short by one byte": (
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        "ReadingError",
        "endline.sav: the parser gave up",
    ),
    "file that is none": (
        lambda file: file.write_bytes(b"id,bel1\n1,2\n"),
        "ReadingError",
        "endline.sav: the parser gave up",
    ),
    "no file": (lambda file: file.unlink(), "ReadingError", "no file data/endline.sav"),
    "code outside the scale": (
        lambda file: rewrite(file, lambda frame: frame.assign(bel1=6.0)),
        "ValidationError",
        "codes 6 (1675 rows)",
    ),
    "code that the file declares as missing": (
        lambda file: rewrite(file, lambda frame: frame.assign(bel1=98.5)),
        "ValidationError",
        "declares as missing, without a reason",
    ),
    "column that is not there": (
        lambda file: rewrite(file, lambda frame: frame.rename(columns={"bel1": "bell1"})),
        "ValidationError",
        "did you mean 'bell1'?",
    ),
}


def rewrite(file: Path, change) -> None:
    """Change the rows of a file that a statistics package wrote."""
    parsed = read_spss(file)
    frame = change(parsed.frame)

    def kept(part):
        return {name: value for name, value in part.items() if name in frame}

    write_spss(
        ParsedFile(
            frame,
            kept(parsed.variable_labels),
            kept(parsed.value_labels),
            kept(parsed.user_missing),
            parsed.notes,
        ),
        file,
    )


@dataclass(frozen=True)
class Outcome:
    """What commands told of a workspace in which something is wrong, and what they left."""

    root: Path
    commands: Mapping[str, Finished]
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]

    @property
    def told(self) -> list[str]:
        """The findings that the report's command told."""
        return self.commands["report"].err.partition("\n\n")[2].rstrip("\n").split("\n\n")


def everything_in(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def outcome(root: Path, *, study: str, report: str) -> Outcome:
    """Check the study and write the report of a workspace, with nothing left to chance."""
    temporary = root.parent / "temporary"
    temporary.mkdir()
    before = everything_in(root.parent)
    with pytest.MonkeyPatch.context() as patch:
        parse_here(patch)
        patch.chdir(root)
        patch.setattr("tempfile.tempdir", str(temporary))
        commands = {
            "check": run_command("check", study),
            "report": run_command("report", report, "--format", "html"),
        }
    return Outcome(root, commands, before, everything_in(root.parent))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A workspace with its simulated data, made once."""
    folder = tmp_path_factory.mktemp("made") / "workspace"
    start_workspace(folder)
    return folder


@pytest.fixture
def workspace(made, tmp_path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(made, tmp_path / "workspace"))


@pytest.fixture(scope="module")
def broken(made, tmp_path_factory):
    """Break one thing in a new workspace and run the commands, once for each case."""
    done: dict[str, Outcome] = {}

    def of(case: str) -> Outcome:
        if case not in done:
            root = tmp_path_factory.mktemp("broken") / "workspace"
            shutil.copytree(made, root)
            CASES[case][0](root)
            done[case] = outcome(root, study=STUDY, report=REPORT)
        return done[case]

    return of


@pytest.fixture(scope="module")
def broken_spss(tmp_path_factory):
    """The same for a copy of the simulated study in SPSS files."""
    done: dict[str, Outcome] = {}

    def of(case: str) -> Outcome:
        if case not in done:
            root = tmp_path_factory.mktemp("broken") / "workspace"
            for folder in ("instruments", "surveys/lebanon", "reports"):
                shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("out"))
            SPSS_CASES[case][0](root / "surveys/lebanon/data/endline.sav")
            done[case] = outcome(root, study="surveys/lebanon", report="reports/lebanon-donor.yaml")
        return done[case]

    return of


def assert_refused(finished: Finished, kind: str) -> None:
    """Check that a command told what is wrong, and nothing else."""
    lines = finished.err.splitlines()
    assert (finished.code, finished.out) == (1, "")
    assert "Traceback" not in finished.err
    assert re.fullmatch(rf"{kind}(: \d+ findings)?", lines[0])
    assert lines[1] == ""


def lacking_facts(findings: list[str]) -> list[str]:
    """Return the head of each finding that does not tell all of found, expected and remedy."""
    return [
        finding.splitlines()[0]
        for finding in findings
        if not all(f"\n    {fact} " in finding for fact in ("found", "expected", "remedy"))
    ]


@pytest.mark.parametrize("case", CASES)
def test_the_report_ends_with_one_typed_message_that_names_the_place(broken, case):
    _, kind, place, words = CASES[case]

    result = broken(case)

    assert_refused(result.commands["report"], kind)
    assert any(place(result.root) in finding.splitlines()[0] for finding in result.told)
    assert words in result.commands["report"].err


@pytest.mark.parametrize("case", [case for case in CASES if case != "unknown key in a report"])
def test_the_check_tells_the_same_as_the_report(broken, case):
    commands = broken(case).commands

    assert commands["check"].code == 1
    assert commands["check"].err.splitlines()[0] == commands["report"].err.splitlines()[0]
    assert commands["check"].err.count("\n\n") == commands["report"].err.count("\n\n")


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_written_and_nothing_left_behind(broken, case):
    result = broken(case)

    assert result.after == result.before


@pytest.mark.parametrize("case", CASES)
def test_every_finding_is_told_with_found_expected_and_remedy(broken, case):
    result = broken(case)

    assert_refused(result.commands["report"], CASES[case][1])
    assert lacking_facts(result.told) == []


@pytest.mark.parametrize("case", SPSS_CASES)
def test_spss_files_are_refused_in_the_same_way(broken_spss, case):
    _, kind, words = SPSS_CASES[case]

    result = broken_spss(case)

    for finished in result.commands.values():
        assert_refused(finished, kind)
        assert words in finished.err
        assert "wave 'endline'" in finished.err
    assert result.after == result.before


@pytest.mark.parametrize("case", SPSS_CASES)
def test_findings_in_spss_files_are_told_with_found_expected_and_remedy(broken_spss, case):
    assert lacking_facts(broken_spss(case).told) == []


@pytest.mark.parametrize("values", ["id", "weight", "home"])
def test_no_message_shows_a_value_of_a_respondent(workspace, monkeypatch, values):
    parse_here(monkeypatch)
    put(values, 3, "70912345")(workspace)
    put("id", 4, "baseline-00001")(workspace)

    finished = run_command("check", workspace / STUDY)

    assert finished.code == 1
    assert "70912345" not in finished.err
    assert "baseline-00001" not in finished.err


def test_all_that_is_wrong_is_told_at_once(workspace, monkeypatch):
    parse_here(monkeypatch)
    for change in ("code outside the scale", "respondent twice", "negative weight"):
        CASES[change][0](workspace)

    finished = run_command("report", workspace / REPORT)

    assert_refused(finished, "ValidationError: 3 findings")


def test_a_report_that_was_there_stays_as_it_was(workspace, monkeypatch):
    parse_here(monkeypatch)
    report = workspace / "reports" / "out" / "example-en.html"
    report.parent.mkdir()
    report.write_text("the last report")
    put("home", 3, "7")(workspace)

    finished = run_command("report", workspace / REPORT)

    assert_refused(finished, "ValidationError")
    assert [path.name for path in report.parent.iterdir()] == [report.name]
    assert report.read_text() == "the last report"


def test_a_report_that_cannot_be_written_leaves_no_part_of_it(workspace, monkeypatch):
    parse_here(monkeypatch)
    swap(workspace / REPORT, "languages: [en]", "languages: [en, ar]")
    out = workspace / "reports" / "out"
    (out / "example-ar.html").mkdir(parents=True)

    finished = run_command("report", workspace / REPORT, "--format", "html")

    assert finished.code == 1
    assert [line for line in finished.err.splitlines() if line.startswith("ReportingError")]
    assert [path.name for path in out.iterdir()] == ["example-ar.html"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("-v", "fairness"), "worse not asked in baseline"),
        (("-v", "cohesion", "--by", "site"), "worse not asked in baseline"),
        (("-v", "fairness", "-v", "belonging"), "worse not asked in baseline"),
    ],
)
def test_waves_that_asked_other_items_are_not_compared(workspace, monkeypatch, arguments, reason):
    parse_here(monkeypatch)
    swap(workspace / STUDY, "    # not_asked: [worse]", "    not_asked: [worse]")

    finished = run_command("compare", workspace / STUDY, *arguments, "--reference", "baseline")

    assert_refused(finished, "ComparisonError")
    assert "--items common, 'items: common' in a report" in finished.err
    assert f"is not the same score in baseline and endline\n    found    {reason}" in finished.err
    assert lacking_facts(finished.err.partition("\n\n")[2].split("\n\n")) == []


def test_levels_of_another_score_are_shown_with_a_note(workspace, monkeypatch):
    parse_here(monkeypatch)
    swap(workspace / STUDY, "    # not_asked: [worse]", "    not_asked: [worse]")

    variables = ("-v", "fairness", "-v", "belonging")
    finished = run_command("estimate", workspace / STUDY, *variables, "--by", "wave")

    assert finished.code == 0
    assert "'fairness' is not the same score in all these rows" in finished.err
    assert "belonging" not in finished.err


def test_waves_with_other_answer_labels_are_not_compared(workspace, monkeypatch):
    parse_here(monkeypatch)
    frame = pd.read_csv(workspace / BASELINE, dtype={"id": "str"})
    labels = {"fair": {1.0: "Never", 5.0: "Always"}}
    write_spss(ParsedFile(frame, value_labels=labels), workspace / BASELINE.replace("csv", "sav"))
    swap(workspace / STUDY, "data/baseline.csv", "data/baseline.sav")

    finished = run_command(
        "compare", workspace / STUDY, "-v", "fairness", "--reference", "baseline"
    )

    note, _, refused = finished.err.partition("\n")
    assert note.startswith("note: wave 'baseline' (data/baseline.sav): the file labels the answers")
    assert_refused(replace(finished, err=refused), "ComparisonError")
    assert "other answer labels in endline for fair" in refused


def test_a_report_on_waves_that_asked_other_items_says_so(workspace, monkeypatch):
    parse_here(monkeypatch)
    swap(workspace / STUDY, "    # not_asked: [worse]", "    not_asked: [worse]")

    finished = run_command("report", workspace / REPORT, "--format", "html")

    written = (workspace / "reports" / "out" / "example-en.html").read_text("utf-8")
    assert finished.code == 0
    assert "not asked" in written


@pytest.mark.parametrize("command", ["check", "report"])
def test_waves_in_which_nobody_answered_are_told_of_or_refused(workspace, monkeypatch, command):
    parse_here(monkeypatch)
    for file in (BASELINE, ENDLINE):
        frame = pd.read_csv(workspace / file, dtype="str")
        frame[["home", "care", "fair", "worse"]] = "99"
        frame.to_csv(workspace / file, index=False)

    finished = run_command(command, workspace / (STUDY if command == "check" else REPORT))

    assert finished.code in (0, 1)


def test_a_name_that_would_steer_a_terminal_is_spelt_out(workspace):
    swap(workspace / STUDY, "    sites: [north_town]", '    sites: ["a\\e[2J\\u202eb"]')

    finished = run_command("check", workspace / STUDY)

    assert finished.code == 1
    assert "\x1b" not in finished.err
    assert "\u202e" not in finished.err


def with_ages(root: Path) -> None:
    """Declare ages as numbers, and put them into both waves."""
    swap(root / STUDY, "  # - {id: age, title: Age,", "  - {id: age, title: Age,")
    for file in (BASELINE, ENDLINE):
        frame = pd.read_csv(root / file, dtype="str")
        frame["age"] = [str(18 + row % 60) for row in range(len(frame))]
        frame.to_csv(root / file, index=False)


def test_a_number_restricts_estimates_and_reports(workspace, monkeypatch):
    parse_here(monkeypatch)
    with_ages(workspace)
    swap(workspace / REPORT, "where: {site: north_town}", "where: {age: {at_least: 18}}")

    young = run_command(
        *("estimate", workspace / STUDY, "-v", "age", "--where", "age=18..29", "--format", "csv")
    )
    by_age = run_command("estimate", workspace / STUDY, "-v", "home", "--by", "age")
    report = run_command("report", workspace / REPORT, "--format", "html")

    (row,) = pd.read_csv(io.StringIO(young.out)).to_dict("records")
    assert 18 < row["estimate"] < 29
    assert row["n"] == 168
    assert_refused(by_age, "EstimationError")
    assert "declare groups of it" in by_age.err
    written = (workspace / "reports" / "out" / "example-en.html").read_text("utf-8")
    assert report.code == 0
    assert "Cohesion, Age, ≥ 18: " in written


def test_weights_with_decimal_commas_are_not_called_missing(workspace, monkeypatch):
    parse_here(monkeypatch)
    frame = pd.read_csv(workspace / BASELINE, dtype="str")
    frame["weight"] = frame["weight"].str.replace(".", ",")
    frame.to_csv(workspace / BASELINE, index=False)

    finished = run_command("check", workspace / STUDY)

    assert_refused(finished, "ValidationError")
    assert "the column of weights has text where numbers are expected" in finished.err
    assert "decimal commas" in finished.err
    assert "missing" not in finished.err


def test_what_the_design_lacks_is_told_in_the_words_of_the_study(workspace, monkeypatch):
    parse_here(monkeypatch)
    frame = pd.read_csv(workspace / BASELINE, dtype="str")
    frame["sampling_point"] = frame["sampling_point"].str[-1]
    frame.to_csv(workspace / BASELINE, index=False)

    finished = run_command("check", workspace / STUDY)

    assert_refused(finished, "DesignError")
    assert "design: psu: PSU labels occur in more than one stratum" in finished.err
    assert "'nested_psu: true' in the study's design" in finished.err
