"""Questionnaires as XLSForms, as Kobo, ODK and SurveyCTO have them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resilience.definitions.texts import LANGUAGES
from resilience.errors import ReadingError
from resilience.responses.coding import plain_labels
from resilience.responses.reading import ReadRequest, read_surveys
from resilience.responses.xlsform_rows import broken_form, type_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.responses.survey_file import RawSurvey

__all__ = ["Form", "FormChoice", "FormGroup", "FormQuestion", "read_form"]

Row = dict[str, str]

_LABEL = re.compile(r"label\s*(?:::?\s*(.+))?", re.DOTALL | re.IGNORECASE)
_CODE = re.compile(r"\(([A-Za-z]{2,3})(?:-\w+)?\)\s*\Z")
_NAMES = {
    "english": "en",
    "french": "fr",
    "arabic": "ar",
    "macedonian": "mk",
    "albanian": "sq",
    "swahili": "sw",
    **{name.casefold(): code for code, name in LANGUAGES.items()},
}


@dataclass(frozen=True, slots=True)
class FormChoice:
    """One answer that is offered: its name in the data, and its label by language."""

    name: str
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FormGroup:
    """Questions that stand together, or are asked repeatedly.

    Attributes
    ----------
    name : str
        The full name, with the groups around it.
    relevant : str
        When it is asked, as the form writes it; empty if always.
    """

    name: str
    label: Mapping[str, str]
    repeats: bool
    relevant: str


@dataclass(frozen=True, slots=True)
class FormQuestion:
    """One question.

    Attributes
    ----------
    name : str
        The name without groups.
    group : str
        The full name of the group or repeat that it stands in; empty outside all.
    kind : str
        `select_one`, `select_multiple`, `rank`, or another type such as `integer` or `note`.
    label : mapping of language to text
    choices : tuple of FormChoice
        What is offered; empty where choices come from a file or a repeat.
    or_other : bool
        Whether another answer may be given beside the choices.
    relevant : str
        When it is asked, as the form writes it; empty if always.
    """

    name: str
    group: str
    kind: str
    label: Mapping[str, str]
    choices: tuple[FormChoice, ...] = ()
    or_other: bool = False
    relevant: str = ""

    @property
    def full_name(self) -> str:
        """The name with the groups around it, as in headers of exports."""
        return f"{self.group}/{self.name}" if self.group else self.name


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """A questionnaire as its XLSForm has it.

    Attributes
    ----------
    title, version : str
        Empty where the form does not say.
    languages : tuple of str
        Of labels: codes such as `fr` where the form tells them, else its own words; `default`
        where it names none.
    questions : tuple of FormQuestion
        In the form's order; groups are apart.
    groups : tuple of FormGroup
    """

    title: str
    version: str
    languages: tuple[str, ...]
    questions: tuple[FormQuestion, ...]
    groups: tuple[FormGroup, ...]

    @property
    def questions_by_name(self) -> Mapping[str, FormQuestion]:
        """The questions by full name."""
        return {question.full_name: question for question in self.questions}

    def __repr__(self) -> str:
        """Return one line."""
        repeats = sum(group.repeats for group in self.groups)
        return (
            f"<Form {self.title or 'without title'}: {len(self.questions)} questions, "
            f"{repeats} repeats, languages {', '.join(self.languages)}>"
        )


def read_form(path: str | Path, *, choices: str | Path | None = None) -> Form:
    r"""Read an XLSForm: questions, answers, labels in all languages, groups and repeats.

    Use it to see what was asked, and to draft definitions (`draft_definitions(form=...)`).

    Parameters
    ----------
    path : str or Path
        The form: an .xlsx file with the sheets `survey`, `choices` and `settings`, or the sheet
        `survey` as .csv.
    choices : str or Path, optional
        The sheet `choices` as .csv, where `path` is one.

    Returns
    -------
    Form

    Raises
    ------
    ReadingError
        If the file cannot be read (merged cells, columns without a name), or the form is
        broken: lists of choices that are not there, names twice or absent, groups that do not
        end. All findings at once.

    Notes
    -----
    After the XLSForm standard (xlsform.org). Conditions (`relevant`) are kept as they are
    written; nothing in a form is ever evaluated.

    Examples
    --------
    >>> import resilience as rs, tempfile, pathlib
    >>> survey = pathlib.Path(tempfile.mkdtemp()) / "survey.csv"
    >>> _ = survey.write_text("type,name,label::French (fr)\ninteger,age,Quel âge avez-vous ?\n")
    >>> rs.read_form(survey).questions[0].label["fr"]
    'Quel âge avez-vous ?'
    """
    file = Path(path)
    where = str(file)
    if file.suffix.lower() == ".csv":
        requests = [ReadRequest(file, None, where)]
        requests += [ReadRequest(Path(choices), None, str(choices))] if choices else []
    else:
        requests = [
            ReadRequest(file, None, f"{where}: sheet '{sheet}'", sheet=sheet, may_be_empty=absent)
            for sheet, absent in (("survey", False), ("choices", True), ("settings", True))
        ]
    tables = [_rows(survey) for survey in read_surveys(requests)]
    survey, offered, settings = [*tables, [], []][:3]
    said = settings[0] if settings else {}
    if issues := broken_form(survey, offered, said, where):
        raise ReadingError(*issues)
    return _form(survey, offered, said)


def _rows(raw: RawSurvey) -> list[Row]:
    """Return the rows of a sheet as text by header, without cells that are empty."""
    header = {column: _header(column) for column in raw.frame.columns}
    texts = {header[name]: plain_labels(raw.frame[name]) for name in raw.frame.columns}
    rows = [
        {name: str(texts[name].iloc[at]) for name in texts if texts[name].notna().iloc[at]}
        for at in range(len(raw.frame))
    ]
    first = {name: "" for name in texts}
    # The first row keeps all headers, so that checks know which there are.
    return [{**(first if at == 0 else {}), **row} for at, row in enumerate(rows)]


def _header(column: str) -> str:
    """Return a header as the standard has it, but for the language of labels."""
    plain = column.strip().casefold()
    if _LABEL.fullmatch(column.strip()):
        return column.strip()
    return {"list name": "list_name", "relevance": "relevant", "command": "type"}.get(plain, plain)


def _form(survey: Sequence[Row], offered: Sequence[Row], settings: Row) -> Form:
    default = _language(settings.get("default_language", "")) or "default"
    lists: dict[str, list[FormChoice]] = {}
    for row in offered:
        if row.get("list_name"):
            choice = FormChoice(row.get("name", ""), _label(row, default))
            lists.setdefault(row["list_name"], []).append(choice)
    questions: list[FormQuestion] = []
    groups: list[FormGroup] = []
    around: list[str] = []
    for row in survey:
        kind = type_of(row.get("type", "")).kind
        if kind in ("end_group", "end_repeat"):
            around.pop()
        elif kind in ("begin_group", "begin_repeat"):
            around.append(row["name"])
            label = _label(row, default)
            repeats = kind == "begin_repeat"
            groups.append(FormGroup("/".join(around), label, repeats, row.get("relevant", "")))
        elif kind:
            questions.append(_question(row, kind, "/".join(around), lists, default))
    labels = [question.label for question in questions] + [group.label for group in groups]
    labels += [choice.label for choices in lists.values() for choice in choices]
    return Form(
        settings.get("form_title", ""),
        settings.get("version", ""),
        tuple(dict.fromkeys(language for label in labels for language in label)),
        tuple(questions),
        tuple(groups),
    )


def _question(
    row: Row, kind: str, group: str, lists: Mapping[str, Sequence[FormChoice]], default: str
) -> FormQuestion:
    said = type_of(row["type"])
    return FormQuestion(
        name=row["name"],
        group=group,
        kind=kind,
        label=_label(row, default),
        choices=tuple(lists.get(said.choices, ())),
        or_other=said.or_other,
        relevant=row.get("relevant", ""),
    )


def _label(row: Row, default: str) -> dict[str, str]:
    """Return a row's label by language; a named language goes before the default."""
    named: dict[str, str] = {}
    plain: dict[str, str] = {}
    for header, text in row.items():
        found = _LABEL.fullmatch(header)
        if found and text and found[1]:
            named.setdefault(_language(found[1]), text)
        elif found and text:
            plain[default] = text
    return {**plain, **named}


def _language(said: str) -> str:
    """Return the code of a language, or the form's own word where it tells none."""
    plain = said.strip()
    code = _CODE.search(plain)
    return code[1].lower() if code else _NAMES.get(plain.casefold(), plain)
