"""Logs of cleaning: changes of answers by respondent and question, applied and checked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.errors import Issue, ValidationError
from resilience.responses.coding import plain_labels
from resilience.responses.formats.text_columns import column_of_texts
from resilience.responses.validation import in_group, rows_told
from resilience.responses.words import as_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from resilience.responses.survey_file import RawSurvey

__all__ = ["apply_cleaning_log"]

_CHANGE, _BLANK, _REMOVE, _NOTHING = (
    "change_response",
    "blank_response",
    "remove_survey",
    "no_action",
)
_KINDS = (_CHANGE, _BLANK, _REMOVE, _NOTHING)
_TRUTHS = {"true": "1", "false": "0"}


def apply_cleaning_log(
    survey: RawSurvey,
    log: RawSurvey,
    *,
    respondent_id: str = "_uuid",
    question: str = "question",
    unstated_old_values: Literal["refuse", "apply"] = "refuse",
) -> RawSurvey:
    r"""Return a survey with the changes that a log of cleaning lists.

    Use it to come from the raw export to the data that were analysed, so that every change can
    be traced. The log is applied whole or not at all. Columns that tell of one another, such as
    the text of a question that takes several answers and the columns of its choices, are changed
    only where the log says so.

    Parameters
    ----------
    survey : RawSurvey
        The raw export.
    log : RawSurvey
        One row a finding, with the respondent's id, the question's column and the columns
        `change_type` (`change_response`, `blank_response`, `remove_survey`, `no_action`),
        `old_value` and `new_value`.
    respondent_id : str
        The column of ids, of the same name in both.
    question : str
        The log's column with the names of the survey's columns.
    unstated_old_values : {'refuse', 'apply'}
        What to do with changes that do not say the old value, though there is one.

    Returns
    -------
    RawSurvey
        Its notes tell how many answers were changed and how many interviews removed.

    Raises
    ------
    ValidationError
        If the log lacks columns; or ids or questions are not in the survey, old values are not
        the survey's, kinds of changes are not known, or one answer is changed in two ways. All
        findings at once, as numbers of the log's rows; never values.

    Notes
    -----
    Numbers are compared as numbers (24 and 24.0), TRUE and FALSE are 1 and 0. The kinds of
    changes are those of IMPACT's package cleaningtools for R.

    Examples
    --------
    >>> import resilience as rs, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "raw.csv").write_text("_uuid,age\na,210\nb,34\n")
    >>> _ = (folder / "log.csv").write_text(
    ...     "_uuid,question,old_value,new_value,change_type\na,age,210,21,change_response\n"
    ... )
    >>> raw, log = (rs.read_survey(folder / f"{name}.csv") for name in ("raw", "log"))
    >>> rs.apply_cleaning_log(raw, log).frame["age"].tolist()
    [21.0, 34.0]
    """
    _require_columns(survey, log, respondent_id, question)
    rows = _log_rows(log, respondent_id, question)
    ids = plain_labels(survey.frame[respondent_id])
    changes = rows[rows["kind"].isin([_CHANGE, _BLANK])]
    removed = rows[rows["kind"] == _REMOVE]
    issues = [
        *_repeated_ids(survey, respondent_id, ids),
        *_unknown(log, survey, rows, ids),
        *_contradictions(log, changes),
        *_old_values(log, survey, changes, ids, apply=unstated_old_values == "apply"),
    ]
    if issues:
        raise ValidationError(*issues)
    at = {key: row for row, key in enumerate(ids) if isinstance(key, str)}
    frame = survey.frame.copy()
    for name, part in changes.groupby("question", sort=False):
        new = {at[who]: value for who, value in zip(part["id"], part["new"], strict=True)}
        frame[str(name)] = _changed(frame[str(name)], new)
    kept = frame[~ids.isin(removed["id"])].reset_index(drop=True)
    told = (
        f"{len(changes.drop_duplicates(['id', 'question']))} answers changed and "
        f"{len(frame) - len(kept)} interviews removed by {log.source.name}"
    )
    extended = survey.extended_missing
    if len(extended.columns):
        extended = extended[~ids.isin(removed["id"])].reset_index(drop=True)
    return replace(survey, frame=kept, notes=(*survey.notes, told), extended_missing=extended)


def _log_rows(log: RawSurvey, respondent_id: str, question: str) -> pd.DataFrame:
    """Return the log's rows as text: `id question kind old new`, by their positions."""
    named = {
        "id": respondent_id,
        "question": question,
        "kind": "change_type",
        "old": "old_value",
        "new": "new_value",
    }
    rows = pd.DataFrame({name: plain_labels(log.frame[column]) for name, column in named.items()})
    rows["new"] = rows["new"].where(rows["kind"] != _BLANK)
    return rows


def _require_columns(survey: RawSurvey, log: RawSurvey, respondent_id: str, question: str) -> None:
    needed = (respondent_id, question, "change_type", "old_value", "new_value")
    absent = {
        log.source.name: [name for name in needed if name not in log.frame],
        survey.source.name: [name for name in (respondent_id,) if name not in survey.frame],
    }
    issues = [
        Issue(
            f"columns are not there: {', '.join(repr(name) for name in names)}",
            where=file,
            found=f"{len((log if file == log.source.name else survey).columns)} columns",
            expected="the respondent's id in both files; in the log also the question, "
            "'change_type', 'old_value' and 'new_value'",
            remedy="name them: 'respondent_id' and 'question' of apply_cleaning_log; rename others",
        )
        for file, names in absent.items()
        if names
    ]
    if issues:
        raise ValidationError(*issues)


def _repeated_ids(survey: RawSurvey, respondent_id: str, ids: pd.Series) -> Iterator[Issue]:
    twice = ids.duplicated(keep=False) & ids.notna()
    if twice.any():
        yield Issue(
            f"respondent ids occur more than once in column '{respondent_id}'",
            where=survey.source.name,
            found=rows_told(twice),
            expected="each id once",
            remedy="correct the file: a change would not know whose answer it is",
        )


def _unknown(
    log: RawSurvey, survey: RawSurvey, rows: pd.DataFrame, ids: pd.Series
) -> Iterator[Issue]:
    """Tell of kinds of changes, ids and questions that are not known."""
    changing = rows["kind"].isin([_CHANGE, _BLANK])
    strange = ~rows["kind"].isin(_KINDS)
    if strange.any():
        yield _log_issue(log, "kinds of changes are not known", strange, ", ".join(_KINDS))
    nobody = (changing | (rows["kind"] == _REMOVE)) & ~rows["id"].isin(ids.dropna())
    if nobody.any():
        what = "respondents of the log are not in the survey"
        yield _log_issue(log, what, nobody, f"ids of {survey.source.name}")
    unnamed = changing & rows["question"].isna()
    if unnamed.any():
        yield _log_issue(log, "changes name no question", unnamed, "a column of the survey")
    absent = changing & rows["question"].notna() & ~rows["question"].isin(survey.frame.columns)
    if absent.any():
        remedies = {in_group(name, survey.columns) for name in rows["question"][absent].unique()}
        yield replace(
            _log_issue(log, "questions of the log are no columns of the survey", absent, "columns"),
            remedy="; ".join(sorted(filter(None, remedies))) or "correct the log's questions",
        )
    empty = (rows["kind"] == _CHANGE) & rows["new"].isna()
    if empty.any():
        what = "changes have no new value"
        yield _log_issue(log, what, empty, f"a value; '{_BLANK}' where none is meant")


def _contradictions(log: RawSurvey, changes: pd.DataFrame) -> Iterator[Issue]:
    """Tell of answers that are changed in two ways."""
    distinct = changes.assign(new=changes["new"].fillna("")).groupby(["id", "question"])["new"]
    several = distinct.transform("nunique") > 1
    if several.any():
        rows = pd.Series(data=False, index=log.frame.index)
        rows[several[several].index] = True
        what = "one answer is changed in two ways"
        yield _log_issue(log, what, rows, "one new value for each answer")


def _old_values(
    log: RawSurvey, survey: RawSurvey, changes: pd.DataFrame, ids: pd.Series, *, apply: bool
) -> Iterator[Issue]:
    """Tell of changes whose old value is not the survey's, or that tell none."""
    at = {key: row for row, key in enumerate(ids) if isinstance(key, str)}
    wrong, unstated = (pd.Series(data=False, index=log.frame.index) for _ in range(2))
    for name, part in changes.groupby("question", sort=False):
        if name not in survey.frame:
            continue
        known = part[part["id"].isin(list(at))]
        there = plain_labels(survey.frame[str(name)]).iloc[[at[who] for who in known["id"]]]
        there.index = known.index
        unstated[known.index[known["old"].isna() & there.notna()]] = True
        differs = there.map(_plain, na_action="ignore") != known["old"].map(
            _plain, na_action="ignore"
        )
        wrong[known.index[known["old"].notna() & (differs | there.isna())]] = True
    if wrong.any():
        what = "old values of the log are not those of the survey"
        yield _log_issue(log, what, wrong, f"what {survey.source.name} has")
    if unstated.any() and not apply:
        yield replace(
            _log_issue(log, "changes do not say the old value", unstated, "the value changed"),
            remedy="fill them in; or unstated_old_values='apply', which changes them unchecked",
        )


def _plain(text: str) -> str | float:
    """Return what tells values apart: numbers as numbers, TRUE and FALSE as 1 and 0."""
    plain = _TRUTHS.get(text.casefold(), text)
    number = as_number(plain)
    return " ".join(plain.split()) if number is None else number


def _changed(column: pd.Series, new: Mapping[int, object]) -> pd.Series:
    """Return a column with new values; numbers stay numbers where all of them are."""
    texts = plain_labels(column)
    truths = texts.dropna().str.casefold().isin(_TRUTHS)
    as_truth = {"1": "True", "0": "False"} if len(truths) and truths.all() else {}
    if as_truth and texts.dropna().str.isupper().all():
        as_truth = {"1": "TRUE", "0": "FALSE"}
    for row, value in new.items():
        texts.iloc[row] = as_truth.get(str(value), value) if isinstance(value, str) else None
    if not pd.api.types.is_numeric_dtype(column):
        return texts
    numbers = column_of_texts(["" if pd.isna(text) else str(text) for text in texts])
    numbers.index = column.index
    return numbers


def _log_issue(log: RawSurvey, what: str, rows: pd.Series, expected: str) -> Issue:
    return Issue(
        what,
        where=log.source.name,
        found=rows_told(np.asarray(rows, bool)),
        expected=expected,
        remedy="correct the log, or see that it belongs to this export; nothing was changed",
    )
