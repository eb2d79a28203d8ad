"""Labels are text wherever they are shown: nothing in them is run, calculated or obeyed."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import unicodedata
import zipfile

import pandas as pd
import pytest
import yaml

from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spss import write_spss
from tests.hostile.payloads import CANARY, FORMULAS, SCRIPTS, STEERING, TYPESETTING
from tests.running import run_command

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STUDY = "surveys/example/study.yaml"
REPORT = "reports/example.yaml"
INSTRUMENT = "instruments/example/instrument.yaml"
TITLED = {"title", "question", "label", "population", "place", "stem"}


def relabel(workspace, texts) -> int:
    """Put hostile texts into every title, wording and label of the definitions, in turn."""
    count = 0

    def changed(part, key=""):
        nonlocal count
        if isinstance(part, dict):
            inside = "answers" if key == "answers" else ""
            return {
                name: changed(value, str(name) if not inside else "label")
                for name, value in part.items()
            }
        if isinstance(part, list):
            return [changed(value, key) for value in part]
        if isinstance(part, str) and key in TITLED:
            count += 1
            return f"{part} {texts[count % len(texts)]}" if count % 2 else texts[count % len(texts)]
        return part

    for name in (STUDY, REPORT, INSTRUMENT):
        file = workspace / name
        plain = changed(yaml.safe_load(file.read_text("utf-8")))
        file.write_text(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), "utf-8")
    return count


def written(workspace, *arguments) -> str:
    finished = run_command("report", workspace / REPORT, *arguments)
    assert finished.code == 0, finished.err
    return (workspace / "reports/out/example-en.html").read_text("utf-8")


@pytest.fixture(scope="module")
def browser():
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium is installed")
    return found


def shown_by(browser, page, profile) -> str:
    """Return the page as a browser has it after running all it wants to run."""
    done = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *("--disable-background-networking", "--no-first-run", "--virtual-time-budget=3000"),
            *(f"--user-data-dir={profile}", page.as_uri()),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    return done.stdout.decode("utf-8", "replace")


def title_of(page: str) -> str:
    return re.search(r"<title>(.*?)</title>", page, re.DOTALL)[1].strip()


def test_the_browser_would_tell_if_a_script_ran(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(f"<title>calm</title>{SCRIPTS[0]}")

    assert title_of(shown_by(browser, page, tmp_path / "profile")) == CANARY


def test_scripts_in_labels_run_nowhere_in_a_browser(workspace, browser, tmp_path):
    assert relabel(workspace, SCRIPTS) > len(SCRIPTS)
    text = written(workspace, "--format", "html")
    report = workspace / "reports/out/example-en.html"

    # The page's policy forbids scripts; without it the escaping alone must do.
    bare = tmp_path / "bare.html"
    bare.write_text(re.sub(r"<meta http-equiv=[^>]*>", "", text), "utf-8")
    for page in (report, bare):
        dom = shown_by(browser, page, tmp_path / "profile")
        assert title_of(dom) != CANARY
        assert "<script" not in dom
        assert "onerror=" in dom.replace("&quot;", '"')  # the labels are there, as text
        assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', dom))


def test_template_code_in_labels_is_shown_and_not_calculated(workspace):
    relabel(workspace, TYPESETTING)

    page = written(workspace, "--format", "html", "--format", "pdf")

    pdf = (workspace / "reports/out/example-en.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert str(7 * 191) not in re.sub(r"base64,[A-Za-z0-9+/=]*", "", page)
    assert "root:" not in page
    assert "{{ 7 * 191 }}" in page


@pytest.mark.parametrize("suffix", ["csv", "tsv", "xlsx"])
def test_no_label_and_no_answer_becomes_a_formula(workspace, suffix):
    relabel(workspace, FORMULAS)
    for wave in ("baseline", "endline"):
        file = workspace / f"surveys/example/data/{wave}.csv"
        frame = pd.read_csv(file, dtype="str")
        frame["id"] = [
            f"{FORMULAS[at % len(FORMULAS)].strip()}{wave}{at}" for at in range(len(frame))
        ]
        frame.to_csv(file, index=False)
    output = workspace / f"scored.{suffix}"

    finished = run_command("score", workspace / STUDY, "--output", output)

    assert finished.code == 0, finished.err
    if suffix == "xlsx":
        with zipfile.ZipFile(output) as book:
            sheets = [book.read(name) for name in book.namelist() if "sheet" in name]
        assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)
        return
    for path in (output, output.with_name("scored-codebook.csv")):
        delimiter = "\t" if path.suffix == ".tsv" else ","
        text = path.read_bytes().decode("utf-8-sig")
        cells = [
            cell
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            for cell in row
        ]
        risky = [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n|＝＋－＠"))]
        assert [cell for cell in risky if not re.fullmatch(r"-[0-9.e-]+", cell)] == []


def steered(text: str) -> list[str]:
    """Return the characters that would act on a terminal."""
    return [
        character
        for character in text
        if unicodedata.category(character).startswith("C") and character != "\n"
    ]


def test_no_label_acts_on_a_terminal(workspace):
    relabel(workspace, [f"a{mark}b" for mark in STEERING])

    for arguments in (
        ("check", workspace / STUDY),
        ("check", workspace / REPORT),
        ("estimate", workspace / STUDY, "-v", "cohesion", "--by", "site"),
        ("compare", workspace / STUDY, "-v", "cohesion", "--reference", "baseline"),
    ):
        finished = run_command(*arguments)

        assert steered(finished.out) == []
        assert steered(finished.err) == []


def test_nothing_in_a_file_acts_on_a_terminal(workspace):
    hostile = "".join(STEERING)
    frame = pd.read_csv(workspace / "surveys/example/data/baseline.csv", dtype={"id": "str"})
    frame["sex"] = frame["sex"].astype("str")
    frame.loc[0, "sex"] = f"x{hostile}y"
    write_spss(
        ParsedFile(frame, {"home": hostile}, {"home": {1.0: hostile, 7.0: hostile}}),
        workspace / "surveys/example/data/baseline.sav",
    )
    study = workspace / STUDY
    study.write_text(study.read_text("utf-8").replace("baseline.csv", "baseline.sav"), "utf-8")

    finished = run_command("check", study)
    drafted = run_command(
        "draft",
        workspace / "surveys/example/data/baseline.sav",
        *("--output", workspace / "drafted"),
    )

    assert finished.code == 1
    for told in (finished, drafted):
        assert steered(told.out) == []
        assert steered(told.err) == []


def test_a_file_name_does_not_act_on_a_terminal(workspace):
    name = workspace / "surveys" / "evil\x1b[2J\u202e.csv"
    shutil.copy(workspace / "surveys/example/data/baseline.csv", name)
    (workspace / "reports" / "out\x1b[2J\u202e").mkdir()

    for arguments in (
        ("draft", name, "--output", workspace / "draft\x1b[2J\u202e"),
        ("report", workspace / REPORT, "--output", workspace / "reports" / "out\x1b[2J\u202e"),
        ("init", workspace / "new\u202e"),
        ("score", workspace / STUDY, "--output", workspace / "a\u202e.csv"),
    ):
        finished = run_command(*arguments)

        assert steered(finished.out) == []
        assert steered(finished.err) == []
