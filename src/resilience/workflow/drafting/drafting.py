"""The verb: definitions from data files, that load without edits."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from resilience.definitions.document import write_document
from resilience.definitions.loading import load_report_plan
from resilience.errors import DefinitionError, Issue
from resilience.files import write_whole
from resilience.progress import stage
from resilience.responses.cache import temporary_folder
from resilience.responses.reading import ReadRequest, read_surveys
from resilience.responses.xlsform import read_form
from resilience.workflow.drafting.decisions import decisions
from resilience.workflow.drafting.draft import suppose
from resilience.workflow.drafting.writing import instrument_of, report_of, study_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resilience.responses.survey_file import RawSurvey
    from resilience.responses.xlsform import Form

__all__ = ["draft_definitions"]

_COMMENT = "A first draft, made from data files. DRAFT.md beside the study lists what to decide."


def draft_definitions(
    files: Sequence[str | Path],
    folder: str | Path,
    *,
    name: str | None = None,
    form: str | Path | Form | None = None,
) -> list[Path]:
    """Write a first draft of an instrument and a study from data files.

    Use it to begin with files that somebody else collected. Names, labels, declared missing
    codes and how often codes occur are looked at; nothing is decided silently: beside the
    study, `DRAFT.md` lists what was supposed, what differs between the files and what was left
    out. Respondents' values are never written: of text columns only answers that five persons
    or more gave.

    Parameters
    ----------
    files : sequence of str or Path
        The data files, one a wave, in the waves' order.
    folder : str or Path
        The workspace to write to; the instrument and study must not be there yet.
    name : str, optional
        The name of instrument and study; by default made from the first file's name.
    form : str, Path or Form, optional
        The XLSForm of the files, or what `read_form` made of it: labels in all languages,
        choices, questions that take several answers.

    Returns
    -------
    list of Path
        The instrument, the study, the list of decisions, and a report. All load without edits;
        the data lie where they were: give their folder as `data`.

    Raises
    ------
    DefinitionError
        If there is no file, two have the same name, or the study is there already.
    ReadingError
        If a file cannot be read, or the form is broken.

    Examples
    --------
    >>> import resilience as rs, tempfile
    >>> files = [f"surveys/lebanon/data/{wave}.sav" for wave in ("baseline", "endline")]
    >>> paths = rs.draft_definitions(files, tempfile.mkdtemp(), name="mine")
    >>> [path.name for path in paths]
    ['instrument.yaml', 'study.yaml', 'DRAFT.md', 'mine.yaml']
    """
    paths = [Path(file) for file in files]
    called = name or _name_of(paths[0].stem if paths else "")
    root = Path(folder)
    places = [
        root / "instruments" / called / "instrument.yaml",
        root / "surveys" / called / "study.yaml",
        root / "surveys" / called / "DRAFT.md",
        root / "reports" / f"{called}.yaml",
    ]
    _require_new(paths, places)
    questions = read_form(form) if isinstance(form, str | Path) else form
    raw = read_surveys([ReadRequest(path, None, where=str(path)) for path in paths])
    if questions is not None:
        _require_the_files_form(questions, raw)
    waves = _wave_names(paths)
    surveys = dict(zip(waves, raw, strict=True))
    with stage("Drafting definitions"):
        supposed = suppose(surveys, questions)
        sources = [path.name for path in paths]
        contents = [
            write_document(instrument_of(supposed, called, sources), comment=_COMMENT),
            write_document(study_of(supposed, surveys, called), comment=_COMMENT),
            decisions(supposed, surveys),
            write_document(report_of(supposed, called, list(surveys)), comment=_COMMENT),
        ]
        _require_that_it_loads([place.relative_to(root) for place in places], contents)
    write_whole(dict(zip(places, contents, strict=True)))
    return places


def _require_the_files_form(form: Form, surveys: Sequence[RawSurvey]) -> None:
    """Refuse a form of which no file has any question."""
    asked = {question.full_name.rsplit("/", 1)[-1] for question in form.questions}
    for survey in surveys:
        if asked.isdisjoint(re.split(r"[/.]", name)[-1] for name in survey.columns) and (
            asked.isdisjoint(survey.columns)
        ):
            raise DefinitionError(
                Issue(
                    "the form is not this file's",
                    where=survey.source.name,
                    found=f"none of the form's {len(asked)} questions among "
                    f"{len(survey.columns)} columns",
                    expected="the form that the file was made with",
                    remedy="name its form, or leave the form out",
                )
            )


def _require_new(paths: Sequence[Path], places: Sequence[Path]) -> None:
    """Refuse what is no data file, and to write where something is."""
    issues = _file_issues(paths)
    issues += [
        Issue(
            "a draft never replaces a definition",
            where=str(place),
            found="a file",
            expected="nothing there yet",
            remedy="choose another name or folder",
        )
        for place in places
        if place.exists()
    ]
    if issues:
        raise DefinitionError(*issues)


def _file_issues(paths: Sequence[Path]) -> list[Issue]:
    issues = []
    if not paths:
        issues.append(
            Issue(
                "there is nothing to draft from",
                where="draft",
                found="no file",
                expected="a data file for each wave",
                remedy="name the files in the order of the waves",
            )
        )
    issues += [
        Issue(
            "a draft is made from data files",
            where=str(path),
            found="a folder",
            expected="a data file",
            remedy="name the files in it, in the order of the waves",
        )
        for path in paths
        if path.is_dir()
    ]
    names = [path.name for path in paths]
    issues += [
        Issue(
            "two files have the same name",
            where="draft",
            found=name,
            expected="a name of its own for each wave's file",
            remedy="rename one; the study finds files by their names",
        )
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    return issues


def _require_that_it_loads(names: Sequence[Path], contents: Sequence[bytes]) -> None:
    """Load the draft from a folder of its own before anything is written to the workspace."""
    with temporary_folder() as private:
        write_whole({Path(private) / n: c for n, c in zip(names, contents, strict=True)})
        load_report_plan(Path(private) / names[3])


def _wave_names(paths: Sequence[Path]) -> list[str]:
    """Return a wave's name for each file: what tells its name from the others'."""
    stems = [_name_of(path.stem) for path in paths]
    return [
        stem if stems.count(stem) == 1 else f"{stem}_{number}"
        for number, stem in enumerate(stems, start=1)
    ]


def _name_of(text: str) -> str:
    """Return an identifier made from a file's name."""
    name = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")[:40].strip("_")
    return name if name and name[0].isalpha() else f"survey_{name}".rstrip("_")
