"""Nobody who answered can be found in anything that is written, kept, told or printed."""

from __future__ import annotations

import re
import secrets
import shutil
import stat
import subprocess
import traceback
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
import yaml

import resilience as rs
from resilience.errors import DefinitionError, DisclosureError, ReadingError, ResilienceError
from resilience.responses.cache import PART_PREFIX
from resilience.responses.identifiers.pseudonyms import read_key
from resilience.responses.loading import read_waves
from tests.editing import lacking
from tests.running import parse_here, run_command
from tests.workspaces import example_workspace

CANARIES = [f"Zq{secrets.token_hex(6)}" for _ in range(20)]
DROPPED = ["full_name", "phone", "e_mail", "address", "lat", "comment", "deviceid", "photo"]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("RESILIENCE_CACHE", str(folder))
    return folder


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "keys" / "study.key"
    file.parent.mkdir()
    rs.make_key(file)
    return file


def with_canaries(_, answers):
    """Plant a token in each of the dropped columns, and in twelve ids."""
    answers = answers.copy()
    for token, name in zip(CANARIES, DROPPED, strict=False):
        answers[name] = [f"{token} {row}" for row in range(len(answers))]
    for row, token in enumerate(CANARIES[len(DROPPED) :]):
        answers.loc[row, "id"] = token
    return answers


def declared(key_file, **further):
    """Return a change of the study: ids become pseudonyms, one declared column is dropped."""

    def change(study):
        check = read_key(key_file).check
        study["roles"]["interviewer"] = "phone"
        study["identifiers"] = {"id": "pseudonymise", "phone": "drop", **further}
        study["pseudonyms"] = {"key_file": str(key_file), "key_check": check}

    return change


@pytest.fixture
def plan(tmp_path, key_file, cache):
    return example_workspace(tmp_path / "ws", study=declared(key_file), data=with_canaries)


def study_of(plan: Path) -> Path:
    return plan.parents[1] / "surveys" / "example" / "study.yaml"


def everything_in(content: bytes) -> bytes:
    """Return bytes with what is packed in them: ZIP members, PDF streams, Parquet columns."""
    parts = [content]
    if content.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts += [archive.read(name) for name in archive.namelist()]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:
            parts.append(stream)
    if content.startswith(b"PAR1"):
        import pyarrow.parquet as pq

        table = pq.read_table(BytesIO(content))
        parts += [repr(table.to_pydict()).encode(), repr(table.schema.metadata).encode()]
    if content.startswith(b"$FL3"):
        parts += [zlib.decompressobj().decompress(content[at:]) for at in _zlib_starts(content)]
    return b"\n".join(parts)


def _zlib_starts(content):
    for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", content):
        try:
            zlib.decompressobj().decompress(content[found.start() :])
        except zlib.error:
            continue
        yield found.start()


def occurrences(secrets_: list[str], *places) -> dict[str, list[str]]:
    """Return which secrets occur where, in files of folders and in texts."""
    found: dict[str, list[str]] = {}
    for place in places:
        if isinstance(place, Path):
            files = [path for path in place.rglob("*") if path.is_file()]
            texts = {str(path): everything_in(path.read_bytes()) for path in files}
        else:
            texts = {"text": str(place).encode()}
        for name, content in texts.items():
            wide = content.replace(b"\0", b"")
            hits = [s for s in secrets_ if s.encode() in content or s.encode() in wide]
            if hits or any(s in name for s in secrets_):
                found[name] = hits
    return found


def told_by(error: BaseException) -> str:
    """Return everything that a failure tells."""
    lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
    return "".join(lines) + repr(error) + str(error)


def test_canaries_are_nowhere(plan, key_file, cache, tmp_path, capfd, caplog):
    secret = key_file.read_text().split("\n")[1]
    hidden = [*CANARIES, secret, secret.upper()]
    told = []
    study = rs.load_study(study_of(plan))
    responses = rs.load_responses(study)
    scored = rs.score(responses)
    told += [repr(part) for part in (study, responses, scored, responses.frame.columns)]
    told.append(responses.frame["respondent_id"].to_csv())
    out = tmp_path / "out"
    for suffix in (".sav", ".zsav", ".dta", ".csv", ".xlsx", ".parquet"):
        rs.write_responses(scored, out / f"scored{suffix}")
    report = rs.build_report(rs.run_plan(plan))
    rs.render(report, out, formats=["html", "pdf"])
    design = rs.SurveyDesign.from_responses(scored)
    means = rs.estimate_mean(design, "cohesion", by="wave")
    told += [repr(design), repr(means), means.to_frame().to_csv(), means._repr_html_()]
    files = sorted((study_of(plan).parent / "data").glob("*.csv"))
    rs.draft_definitions(files, tmp_path / "drafted", name="drafted")
    for arguments in (
        ("check", study_of(plan)),
        ("estimate", study_of(plan), "--variable", "cohesion", "--by", "wave"),
        ("score", study_of(plan), "--output", out / "cli.csv"),
        ("report", plan, "--output", out / "cli", "--format", "html"),
        ("scan", *files),
    ):
        done = run_command(*arguments)
        told += [done.out, done.err]
    captured = capfd.readouterr()
    told += [captured.out, captured.err, caplog.text]

    assert occurrences(hidden, out, cache, tmp_path / "drafted", "\n".join(told)) == {}
    assert len(list(out.rglob("*"))) >= 10
    assert len([path for path in cache.iterdir() if path.suffix == ".parquet"]) == 2


def spoilt(name, value):
    def change(wave, answers):
        answers = with_canaries(wave, answers)
        if wave == "baseline":
            answers.loc[5, name] = value
        return answers

    return change


@pytest.mark.parametrize(
    "data",
    [
        spoilt("home", "7"),
        spoilt("weight", CANARIES[0]),
        spoilt("home", CANARIES[1]),
        spoilt("town", CANARIES[2]),
        spoilt("sex", CANARIES[3]),
        spoilt("id", CANARIES[9]),
        spoilt("id", ""),
        lambda wave, answers: with_canaries(wave, answers).drop(columns="care"),
        lambda wave, answers: with_canaries(wave, answers).rename(columns={"phone": "home"}),
    ],
)
def test_failures_tell_no_canary(tmp_path, key_file, cache, capfd, data, monkeypatch):
    plan = example_workspace(tmp_path / "ws", study=declared(key_file), data=data)
    parse_here(monkeypatch)

    with pytest.raises(ResilienceError) as caught:
        rs.load_responses(rs.load_study(study_of(plan)))
    done = run_command("report", plan)

    captured = capfd.readouterr()
    told = told_by(caught.value) + done.out + done.err + captured.out + captured.err
    assert done.code == 1
    secret = key_file.read_text().split("\n")[1]
    assert occurrences([*CANARIES, secret], told) == {}


def test_undeclared_columns_stay_in_the_process_that_reads(plan, cache):
    surveys = read_waves(rs.load_study(study_of(plan)))

    for survey in surveys.values():
        assert not {*DROPPED} & {*survey.frame.columns, *survey.value_labels}
        assert not {*DROPPED} & {*survey.variable_labels, *survey.user_missing}
    kept = [path for path in cache.iterdir() if path.suffix == ".parquet"]
    columns = {name for path in kept for name in pd.read_parquet(path).columns}
    assert columns
    assert not {*DROPPED} & columns


def test_caches_are_private_and_removed_by_one_command(plan, cache):
    rs.load_responses(rs.load_study(study_of(plan)))
    (cache / "mine.txt").write_text("not the package's")
    (cache / f"{PART_PREFIX}abc").write_text("left behind")
    files = [path for path in cache.iterdir() if path.name != "mine.txt"]
    kept = [path for path in files if not path.name.startswith(PART_PREFIX)]

    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    done = run_command("clean")

    assert done.code == 0
    assert done.out.startswith(f"{len(files)} files removed, 0.")
    assert [path.name for path in cache.iterdir()] == ["mine.txt"]


def test_only_the_packages_own_folder_is_swept(cache, tmp_path, monkeypatch):
    import os
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    others = [tmp_path / "resilience-work" / "mine.csv", tmp_path / ".reading-abc" / "mine.csv"]
    old, new = cache / ".reading-old" / "whole.parquet", cache / ".reading-new" / "whole.parquet"
    for file in (*others, old, new):
        file.parent.mkdir(parents=True)
        file.write_text("x")
    for file in (*others, old):
        os.utime(file.parent, (0, 0))

    cleared = rs.clear_cache()

    assert cleared.files == 1
    assert [file.exists() for file in (*others, new, old)] == [True, True, True, False]


# --- what a study says of identifiers


def told_columns(error) -> set[str]:
    return set(re.findall(r"column '([^']+)' seems to identify people", str(error)))


def test_a_declared_column_that_identifies_people_stops_the_loading(tmp_path, cache):
    def phones(_, answers):
        rows = range(len(answers))
        return answers.assign(id=[f"+389 70 {100 + k % 900} {(k * 37) % 900 + 100}" for k in rows])

    plan = example_workspace(tmp_path / "ws", data=phones)

    with pytest.raises(ReadingError) as caught:
        rs.load_responses(rs.load_study(study_of(plan)))

    issues = caught.value.issues
    assert told_columns(caught.value) == {"id"}
    assert len(issues) == 2
    assert lacking(issues) == []
    assert "telephone numbers in 100% of its values" in str(caught.value)
    assert "+389" not in told_by(caught.value)
    assert list(cache.iterdir()) == []

    file = study_of(plan)
    study = yaml.safe_load(file.read_text("utf-8"))
    study["identifiers"] = {"id": {"keep": "numbers of the trial, of nobody"}}
    file.write_text(yaml.safe_dump(study, allow_unicode=True), "utf-8")
    assert len(rs.load_responses(rs.load_study(file)).frame) == 800
    study["identifiers"] = {"id": "drop"}
    file.write_text(yaml.safe_dump(study, allow_unicode=True), "utf-8")
    frame = rs.load_responses(rs.load_study(file)).frame
    assert frame["respondent_id"].tolist()[:3] == ["1", "2", "3"]


def test_the_same_person_has_the_same_pseudonym_in_all_files(tmp_path, key_file, cache):
    ids = [str(k) for k in range(1, 401)]
    other = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")

    def same(wave, answers):
        told = ids if wave == "baseline" else [f" {k.translate(other)} " for k in ids]
        return answers.assign(id=told)

    change = declared(key_file)
    plan = example_workspace(tmp_path / "ws", study=change, data=same)

    frame = rs.load_responses(rs.load_study(study_of(plan))).frame
    waves = [part["respondent_id"].tolist() for _, part in frame.groupby("wave", observed=True)]

    assert waves[0] == waves[1]
    assert len(set(waves[0])) == 400
    assert all(re.fullmatch(r"[a-z2-7]{20}", pseudonym) for pseudonym in waves[0])


def test_another_key_is_an_error_also_from_the_cache(plan, key_file):
    study = rs.load_study(study_of(plan))
    before = rs.load_responses(study).frame["respondent_id"]
    pd.testing.assert_series_equal(rs.load_responses(study).frame["respondent_id"], before)
    other = key_file.with_name("other.key")
    rs.make_key(other)
    other.replace(key_file)

    with pytest.raises(ReadingError, match="not the key that the study's pseudonyms") as caught:
        rs.load_responses(study)

    assert lacking(caught.value.issues) == []


def test_the_key_may_lie_elsewhere_on_this_machine(plan, key_file, monkeypatch, tmp_path):
    moved = tmp_path / "moved.key"
    key_file.replace(moved)
    study = rs.load_study(study_of(plan))
    with pytest.raises(ReadingError, match="key file cannot be read"):
        rs.load_responses(study)
    monkeypatch.setenv("RESILIENCE_KEY_FILE", str(moved))

    assert len(rs.load_responses(study).frame) == 800


def test_keys_are_private_and_outside_workspaces(plan, key_file, tmp_path):
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    with pytest.raises(ReadingError, match="cannot be made"):
        rs.make_key(key_file)
    with pytest.raises(ReadingError, match="does not lie in a workspace"):
        rs.make_key(study_of(plan).parent / "my.key")
    key_file.chmod(0o644)
    with pytest.raises(ReadingError, match="others can read"):
        read_key(key_file)
    no_key = tmp_path / "no.key"
    no_key.write_text("some other secret")
    no_key.chmod(0o600)
    with pytest.raises(ReadingError, match="no key") as caught:
        read_key(no_key)
    assert "some other secret" not in told_by(caught.value)


def test_the_command_makes_a_key_and_tells_its_check(tmp_path):
    file = tmp_path / "a.key"

    made, again = run_command("key", file), run_command("key", file)

    check = read_key(file).check
    secret = file.read_text().split("\n")[1]
    assert made.code == again.code == 0
    assert f"key_check: '{check}'" in made.out
    assert f"key_check: '{check}'" in again.out
    assert secret not in made.out + again.out + repr(read_key(file))


def test_the_command_tells_a_place_that_holds_in_every_study(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    made = run_command("key", "../a.key")

    told = made.out.splitlines()[1]
    assert yaml.safe_load(told)["pseudonyms"]["key_file"] == str((tmp_path / "a.key").resolve())


def test_errors_of_keys_say_what_is_wrong_with_their_place(tmp_path):
    with pytest.raises(ReadingError, match="make the folder first"):
        rs.make_key(tmp_path / "missing" / "a.key")
    with pytest.raises(ReadingError, match=r"missing\.key: No such file"):
        read_key(tmp_path / "missing.key", where="study.yaml")
    with pytest.raises(ReadingError, match="no key"):
        read_key(tmp_path)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"home": "drop"}, "read as home: 'drop' is not for it"),
        ({"home": "pseudonymise"}, "read as home: 'pseudonymise' is not for it"),
        ({"nothing": {"keep": "some reason"}}, "there is no column that a wave reads 'nothing'"),
        ({"id": "pseudonymise"}, "pseudonyms need a key"),
    ],
)
def test_rules_fit_what_is_read(tmp_path, rules, message):
    plan = example_workspace(tmp_path / "ws", study=lambda study: study.update(identifiers=rules))

    with pytest.raises(DefinitionError, match=re.escape(message)) as caught:
        rs.load_study(study_of(plan))

    assert lacking(caught.value.issues) == []


# --- commits


def git(folder, *arguments):
    return subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    plan = example_workspace(folder)
    git(folder, "init", "-q")
    return plan.parents[1]


def test_a_workspace_ignores_data_and_outputs(repository):
    git(repository, "add", ".")
    staged = git(repository, "diff", "--cached", "--name-only").stdout

    assert "study.yaml" in staged
    assert "data/" not in staged


def test_simulated_data_may_be_committed_and_others_not(repository):
    data = repository / "surveys" / "example" / "data"
    git(repository, "add", "-f", ".")
    assert rs.check_commit(repository) > 10

    (data / "endline.csv").write_bytes((data / "endline.csv").read_bytes() + b"x")
    (repository / "notes.txt").write_bytes(b"$FL2 a renamed file")
    (repository / "odd name.XLSX").write_bytes(b"PK")
    rs.make_key(repository.parent / "a.key")
    (repository / "reports" / "a.txt").write_bytes((repository.parent / "a.key").read_bytes())
    git(repository, "add", "-f", ".")
    with pytest.raises(DisclosureError) as caught:
        rs.check_commit(repository)

    assert [issue.where for issue in caught.value.issues] == [
        "notes.txt",
        "odd name.XLSX",
        "reports/a.txt",
        "surveys/example/data/endline.csv",
    ]
    assert lacking(caught.value.issues) == []


def test_packed_data_are_not_committed(repository):
    def packed(name, *inside):
        with zipfile.ZipFile(repository / name, "w") as archive:
            for part in inside:
                archive.writestr(part, "x")

    packed("all.zip", "export/wave.csv")
    packed("renamed.bin", "[Content_Types].xml", "xl/workbook.xml")
    packed("text.docx", "[Content_Types].xml", "word/document.xml", "word/embeddings/a.xlsx")
    packed("pictures.zip", "a.png")
    (repository / "wave.csv.gz").write_bytes(b"x")
    git(repository, "add", "-f", "all.zip", "renamed.bin", "text.docx", "pictures.zip")
    git(repository, "add", "-f", "wave.csv.gz")

    with pytest.raises(DisclosureError) as caught:
        rs.check_commit(repository)

    refused = [issue.where for issue in caught.value.issues]
    assert refused == ["all.zip", "renamed.bin", "wave.csv.gz"]


def test_a_guard_that_cannot_be_written_is_a_typed_error(repository):
    shutil.rmtree(repository / ".git" / "hooks", ignore_errors=True)
    (repository / ".git" / "hooks").write_text("in the way")

    with pytest.raises(DisclosureError, match="the guard cannot be written") as caught:
        rs.install_guard(repository)

    assert lacking(caught.value.issues) == []


def test_the_guard_refuses_a_commit(repository):
    import sys

    hook = rs.install_guard(repository)
    assert rs.install_guard(repository) == hook
    hook_text = hook.read_text()
    assert run_command("guard", "--print").out == hook_text
    hook.write_text(f"#!/bin/sh\nexec {sys.executable} -m resilience check-commit\n")
    (repository / "wave.sav").write_bytes(b"$FL2")
    git(repository, "add", "-f", "wave.sav")

    done = git(repository, "commit", "-qm", "x")

    assert done.returncode != 0
    assert "no simulation recorded" in done.stderr
    with pytest.raises(DisclosureError, match="something else"):
        rs.install_guard(repository)
