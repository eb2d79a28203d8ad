"""Reports as files: all of them or none."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest

import resilience as rs
from resilience.errors import ReportingError, ResilienceWarning
from resilience.reporting import rendering
from tests.workspaces import example_workspace


@pytest.fixture(scope="module")
def short(report):
    """The donor report's first section only, which has no charts."""
    return replace(report, sections=report.sections[:1])


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out"


def test_the_plans_formats_and_languages_are_written(short, output):
    paths = rs.render(short, output)

    names = [
        "lebanon_donor-en.html",
        "lebanon_donor-en.pdf",
        "lebanon_donor-ar.html",
        "lebanon_donor-ar.pdf",
    ]
    assert [path.name for path in paths] == names
    assert sorted(path.name for path in output.iterdir()) == sorted(names)
    assert paths[0].read_bytes().startswith(b"<!doctype html>")
    assert paths[1].read_bytes().startswith(b"%PDF-")


def test_only_what_is_asked_for_is_written(short, output):
    paths = rs.render(short, output, formats=["pdf"], languages=["ar"])

    assert [path.name for path in paths] == ["lebanon_donor-ar.pdf"]
    assert list(output.iterdir()) == paths


def test_the_folder_is_made_if_need_be(short, tmp_path):
    (path,) = rs.render(short, tmp_path / "a" / "b", formats=["html"], languages=["en"])

    assert path.parent == tmp_path / "a" / "b"


def test_a_file_that_is_there_is_replaced(short, output):
    output.mkdir()
    (output / "lebanon_donor-en.html").write_text("old")

    (path,) = rs.render(short, output, formats=["html"], languages=["en"])

    assert path.read_text("utf-8").startswith("<!doctype html>")


def test_the_same_report_is_the_same_files(short, tmp_path):
    first, second = (rs.render(short, tmp_path / name) for name in ("first", "second"))

    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@pytest.mark.parametrize(
    ("asked", "found", "expected"),
    [
        ({"formats": ["docs"]}, "docs", "one of html, pdf"),
        ({"formats": ["html", "PDF"]}, "PDF", "one of html, pdf"),
        ({"languages": ["mk"]}, "mk", "one of en, fr, ar"),
        ({"languages": ["en", "En"]}, "En", "one of en, fr, ar"),
    ],
)
def test_an_unknown_format_or_language_is_a_typed_error(short, output, asked, found, expected):
    with pytest.raises(ReportingError) as caught:
        rs.render(short, output, **asked)

    (issue,) = caught.value.issues
    assert (issue.found, issue.expected) == (found, expected)
    assert issue.what
    assert issue.where
    assert issue.remedy
    assert not output.exists()


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ({"formats": ["PDF"]}, "did you mean 'pdf'?"),
        ({"formats": ["htm"]}, "did you mean 'html'?"),
        ({"languages": ["En"]}, "did you mean 'en'?"),
    ],
)
def test_the_nearest_format_or_language_is_suggested(short, output, asked, remedy):
    with pytest.raises(ReportingError) as caught:
        rs.render(short, output, **asked)

    assert caught.value.issues[0].remedy == remedy


def test_all_unknown_formats_are_told_at_once(short, output):
    with pytest.raises(ReportingError) as caught:
        rs.render(short, output, formats=["docs", "html", "xls"])

    assert [issue.found for issue in caught.value.issues] == ["docs", "xls"]


# All or none


def test_nothing_is_written_if_one_format_fails(short, output, monkeypatch):
    def fail(_report):
        raise ReportingError

    monkeypatch.setattr(rendering, "_WRITERS", {**rendering._WRITERS, "pdf": fail})

    with pytest.raises(ReportingError):
        rs.render(short, output, formats=["html", "pdf"], languages=["en"])

    assert not output.exists()


def test_nothing_is_written_if_one_language_fails(short, output, monkeypatch):
    def fail(report, language):
        if language == "ar":
            raise ReportingError
        return localise(report, language)

    localise = rendering.localise
    monkeypatch.setattr(rendering, "localise", fail)

    with pytest.raises(ReportingError):
        rs.render(short, output, formats=["html"])

    assert not output.exists()


def test_no_file_changes_if_one_cannot_take_its_name(short, output):
    (output / "lebanon_donor-ar.html").mkdir(parents=True)
    (output / "lebanon_donor-en.html").write_text("as it was")

    with pytest.raises(ReportingError, match="a file cannot be written"):
        rs.render(short, output, formats=["html"])

    assert (output / "lebanon_donor-en.html").read_text() == "as it was"


def test_no_draft_is_left_behind_where_a_file_cannot_be_written(short, output):
    (output / "lebanon_donor-ar.html").mkdir(parents=True)

    with pytest.raises(ReportingError):
        rs.render(short, output, formats=["html"])

    assert not [path for path in output.iterdir() if path.name.startswith(".")]


def test_a_folder_that_is_a_file_is_a_typed_error(short, tmp_path):
    (tmp_path / "taken").write_text("")

    with pytest.raises(ReportingError, match="a file cannot be written"):
        rs.render(short, tmp_path / "taken", formats=["html"], languages=["en"])


# Texts that are not there


@pytest.fixture(scope="module")
def only_english(tmp_path_factory):
    def report(definition):
        definition["planned"] = []
        definition["blocks"] = [{"block": "questionnaire"}]

    plan = example_workspace(tmp_path_factory.mktemp("english") / "workspace", report=report)
    return rs.build_report(rs.run_plan(plan))


def test_texts_that_are_not_there_in_a_language_are_warned_of(only_english, output):
    with pytest.warns(ResilienceWarning, match=r"^\d+ texts have no 'ar' and stand in another"):
        rs.render(only_english, output, formats=["html"], languages=["ar"])

    page = (output / "example-ar.html").read_text("utf-8")
    assert "I feel at home in this town." in page


def test_the_warning_names_a_few_of_them_and_where_it_comes_from(only_english, output):
    with pytest.warns(ResilienceWarning) as caught:
        rs.render(only_english, output, formats=["html"], languages=["ar"])

    (warning,) = caught
    told = str(warning.message)
    assert told.partition("They are: ")[2].count("'") == 2 * 5
    assert "translations/ar.yaml" in told
    assert told.endswith(" more")
    assert warning.filename == __file__


def test_nothing_is_warned_of_where_all_texts_are_there(short, only_english, output):
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        rs.render(short, output, formats=["html"], languages=["en", "ar"])
        rs.render(only_english, output, formats=["html"], languages=["en"])

    assert len(list(output.iterdir())) == 3
