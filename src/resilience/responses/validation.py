"""Whether a wave's file has what its definition says. Changes nothing, finds everything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.definitions.exports import ChosenAnswer
from resilience.definitions.study import Roles
from resilience.errors import Issue, nearest
from resilience.responses.coding import (
    arm_codes,
    decode_categories,
    decode_numbers,
    plain_labels,
)
from resilience.responses.wording import (
    category_issues,
    expected_answers,
    how_to_declare,
    unclear_words,
    unread_words,
)
from resilience.responses.wording import wave_place as _place
from resilience.responses.words import category_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy.typing as npt

    from resilience.definitions.instrument import ListExperiment
    from resilience.definitions.study import Study, Variable, Wave
    from resilience.responses.coding import Decoded
    from resilience.responses.formats.parsed import Code
    from resilience.responses.survey_file import RawSurvey

__all__ = ["answer_issues", "in_group", "rows_told", "structure_issues"]

_MOST_NAMED = 5
_LARGEST_CODE = 9_999


def structure_issues(study: Study, wave: Wave, raw: RawSurvey) -> list[Issue]:
    """Return what is wrong with a file's columns, identifiers, weights, PSUs and categories."""
    issues = [
        *_absent_columns(study, wave, raw),
        *_shared_columns(study, wave),
        *_note_issues(study, wave, raw),
        *category_issues(study, wave, raw),
    ]
    for role in Roles.model_fields:
        column = study.column_of(wave.id, role)
        if column is not None and column in raw.frame and role in _ROLE_CHECKS:
            issues += _ROLE_CHECKS[role](study, wave, raw.frame[column])
    for experiment in study.lists_asked(wave.id):
        issues += _list_issues(study, wave, raw, experiment)
    for variable in study.variables:
        column = study.column_of(wave.id, variable.id)
        if variable.kind == "number" and column in raw.frame:
            issues += _number_issues(study, wave, variable, raw.frame[column])
    return issues


def answer_issues(
    study: Study,
    wave: Wave,
    item: str,
    decoded: Decoded,
    undeclared: list[Code],
    *,
    elsewhere: frozenset[float] | None = None,
) -> list[Issue]:
    """Return what is wrong with the codes of one item.

    Parameters
    ----------
    undeclared : list of codes
        Codes that the file has as missing and the definition gives no reason for.
    elsewhere : frozenset of float, optional
        Codes outside the scale that other waves have too.
    """
    column = study.column_of(wave.id, item)
    scale = study.questionnaire.scale_of(item)
    named = f"column '{column}' (item '{item}')"
    issues = list(unclear_words(study, wave, named, decoded.unread, item))
    if undeclared:
        issues.append(
            Issue(
                f"{named} has codes that the file declares as missing, without a reason",
                where=_place(study, wave),
                found="codes " + _declared_codes(undeclared),
                expected="a reason for each",
                remedy="name it: 'missing_codes: {refused: [99]}' in the wave (or [.a], as the "
                "file has it), or in the scale",
            )
        )
    stray = {code: count for code, count in decoded.outside.items() if code not in undeclared}
    unknown = tuple(text for text in decoded.unread.unknown if text not in undeclared)
    unread = replace(decoded.unread, unknown=unknown)
    if study.policy.out_of_range == "refuse" and (stray or unknown):
        found = [f"codes {_codes(stray)}"] if stray else []
        if stray and elsewhere is not None and not elsewhere.intersection(stray):
            found.append("no other wave has these codes")
        issues.append(
            Issue(
                f"{named} has values outside its scale",
                where=_place(study, wave),
                found="; ".join([*found, *unread_words(unread)]),
                expected=expected_answers(scale, unread),
                remedy="correct the column's mapping, give the codes a reason under "
                "'missing_codes', or set 'policy: {out_of_range: missing}'"
                + how_to_declare(unread, study.questionnaire.items_by_id[item].scale),
            )
        )
    return issues


def _absent_columns(study: Study, wave: Wave, raw: RawSurvey) -> Iterator[Issue]:
    roles = [role for role in Roles.model_fields if study.column_of(wave.id, role)]
    names = [*roles, *study.variables_by_id, *study.items_asked(wave.id)]
    names += [part.id for part in study.lists_asked(wave.id)]
    for name in names:
        column = study.column_of(wave.id, name)
        chosen = isinstance(wave.columns.get(name), ChosenAnswer)
        if column is None or column in raw.columns or chosen:
            continue
        item = name in study.questionnaire.items_by_id
        otherwise = f"correct 'columns: {{{name}: …}}'" + (
            ", or list the item under 'not_asked'" if item else ""
        )
        yield Issue(
            f"'{name}' is mapped to column '{column}', which the file does not have",
            where=_place(study, wave),
            found=f"{len(raw.columns)} columns, none of that name",
            expected=f"'{column}'",
            remedy=in_group(column, raw.columns) or nearest(column, raw.columns, otherwise),
        )


def in_group(column: str, columns: Iterable[str]) -> str:
    """Return a remedy that names the questions within groups that have a column's name."""
    found = [name for name in columns if name.endswith((f"/{column}", f".{column}"))]
    if not found:
        return ""
    named = " or ".join(f"'{name}'" for name in found[:_MOST_NAMED])
    return f"write the full name, with the question's group: {named}"


def _shared_columns(study: Study, wave: Wave) -> Iterator[Issue]:
    """Tell of a column that is read as two items or variables."""
    users: dict[str, list[str]] = {}
    arms = [part.id for part in study.lists_asked(wave.id)]
    for name in (*study.variables_by_id, *study.items_asked(wave.id), *arms):
        column = study.column_of(wave.id, name)
        if column is not None:
            users.setdefault(column, []).append(name)
    for column, names in users.items():
        if len(names) > 1:
            yield Issue(
                f"column '{column}' is read as {' and '.join(names)}",
                where=_place(study, wave),
                found=f"{len(names)} uses",
                expected="a column of its own for each item and variable",
                remedy="correct 'columns' in the wave",
            )


def _note_issues(study: Study, wave: Wave, raw: RawSurvey) -> Iterator[Issue]:
    noted = any("SIMULATED" in note.upper() for note in raw.notes)
    said = noted or "simulated" in raw.columns
    if said and study.data == "collected":
        yield Issue(
            "the file says that its data are simulated",
            where=_place(study, wave),
            found="'simulated' in the file's notes" if noted else "a column 'simulated'",
            expected="data that were collected, as the study says",
            remedy="write 'data: simulated' in the study",
        )


def _number_issues(
    study: Study, wave: Wave, variable: Variable, column: pd.Series
) -> Iterator[Issue]:
    """Tell of text in a variable of numbers."""
    _, text = decode_numbers(column, list(variable.missing))
    if text.any():
        yield _text_issue(study, wave, f"column '{column.name}' ({variable.id})", text, column)


def _id_issues(study: Study, wave: Wave, column: pd.Series) -> Iterator[Issue]:
    ids = plain_labels(column)
    if ids.isna().any():
        yield _rows_issue(study, wave, "respondents without an id", ids.isna(), "an id in each row")
    repeated = ids.duplicated(keep=False) & ids.notna()
    if repeated.any():
        yield _rows_issue(
            study, wave, "respondent ids occur more than once", repeated, "each id once in a wave"
        )


def _weight_issues(study: Study, wave: Wave, column: pd.Series) -> Iterator[Issue]:
    weights, text = decode_numbers(column)
    absent = ~np.isfinite(weights) & ~text
    negative = np.nan_to_num(weights) < 0
    if text.any():
        yield _text_issue(study, wave, "the column of weights", text, column)
    if absent.any():
        yield _rows_issue(study, wave, "weights are missing", absent, "a number in each row")
    if negative.any():
        yield _rows_issue(study, wave, "weights are negative", negative, "0 or more")
    if not (absent | negative | text).any() and not weights.sum() > 0:
        yield Issue(
            "all weights are 0",
            where=_place(study, wave),
            found="a sum of 0",
            expected="weights that add up to more than 0",
            remedy="name the right column, or write 'weight: none'",
        )


def _label_issues(study: Study, wave: Wave, column: pd.Series) -> Iterator[Issue]:
    absent = plain_labels(column).isna()
    if absent.any():
        what = f"column '{column.name}' has no value"
        yield _rows_issue(study, wave, what, absent, "a PSU and stratum in each row")


def _fpc_issues(study: Study, wave: Wave, column: pd.Series) -> Iterator[Issue]:
    sizes, text = decode_numbers(column)
    wrong = ~(sizes > 0) & ~text
    if text.any():
        yield _text_issue(study, wave, "the column of population counts", text, column)
    if wrong.any():
        expected = "the number of PSUs in the population, or a sampling fraction"
        yield _rows_issue(study, wave, "population counts are not positive", wrong, expected)


def _site_issues(study: Study, wave: Wave, column: pd.Series) -> Iterator[Issue]:
    codes = {site.code: site.id for site in study.sites}
    # Words are told apart in `category_issues`; here it counts whether a row has a site.
    words = category_words(study.sites, study.codes_of(wave.id, "site"))
    found = decode_categories(column, codes, words=words)
    absent = np.asarray(found.values.codes) < 0
    if absent.any():
        expected = "codes " + ", ".join(map(str, codes)) + ", or the sites' titles"
        yield _rows_issue(study, wave, "rows belong to no site of the study", absent, expected)


def _list_issues(
    study: Study, wave: Wave, raw: RawSurvey, experiment: ListExperiment
) -> Iterator[Issue]:
    """Tell of counts without an arm, and of counts that the control list is too short for."""
    arms = study.column_of(wave.id, experiment.id)
    counts = study.column_of(wave.id, experiment.item)
    if arms not in raw.frame or counts not in raw.frame:
        return
    found = decode_categories(raw.frame[arms], arm_codes(experiment))
    arm, unknown = found.values, found.unknown
    number = pd.to_numeric(raw.frame[counts], errors="coerce").to_numpy(np.float64)
    counted = np.isin(number, range(experiment.controls + 2))
    codes = ", ".join(f"{code} ({name})" for code, name in arm_codes(experiment).items())
    if unknown:
        yield Issue(
            f"column '{arms}' ({experiment.id}) has codes that are no arm of it",
            where=_place(study, wave),
            found=f"{unknown} rows",
            expected="codes " + codes,
            remedy="correct 'arms' in the instrument's list experiment, or the column's mapping",
        )
    absent = counted & raw.frame[arms].isna().to_numpy()
    if absent.any():
        what = f"counts of '{experiment.id}' have no arm"
        yield _rows_issue(study, wave, what, absent, "codes " + codes)
    beyond = (np.asarray(arm) == "control") & (number == experiment.controls + 1)
    if beyond.any():
        what = f"counts of '{experiment.id}' are above the number of statements in the control arm"
        yield _rows_issue(study, wave, what, beyond, f"0 to {experiment.controls}")


def _text_issue(
    study: Study, wave: Wave, named: str, rows: npt.NDArray[np.bool_], column: pd.Series
) -> Issue:
    """Return an issue of text where numbers should be; decimal commas are the usual reason."""
    commas = column[rows].astype("str").str.strip().str.fullmatch(r"[-+]?\d+,\d+").all()
    return Issue(
        f"{named} has text where numbers are expected",
        where=_place(study, wave),
        found=rows_told(rows) + (", numbers written with decimal commas" if commas else ""),
        expected="numbers with a decimal point, such as 0.75",
        remedy="save the file with decimal points: they follow the regional settings of the "
        "spreadsheet program or of the export"
        if commas
        else "correct the file, or name the codes for missing under 'missing'; nothing is "
        "dropped silently",
    )


def _rows_issue(
    study: Study, wave: Wave, what: str, rows: pd.Series | npt.NDArray[np.bool_], expected: str
) -> Issue:
    """Return an issue that tells how many rows and which, by number; never their values."""
    return Issue(
        what,
        where=_place(study, wave),
        found=rows_told(rows),
        expected=expected,
        remedy="correct the file; nothing is dropped silently",
    )


def rows_told(chosen: pd.Series | npt.NDArray[np.bool_]) -> str:
    """Return how many rows and the first of them; a spreadsheet counts the header too."""
    numbers = np.flatnonzero(np.asarray(chosen)) + 1
    first = ", ".join(map(str, numbers[:_MOST_NAMED]))
    more = ", …" if len(numbers) > _MOST_NAMED else ""
    rows = "row" if len(numbers) == 1 else "rows"
    return f"{len(numbers)} {rows} (data {rows} {first}{more}, not counting the header)"


def _codes(found: Mapping[float, int | None]) -> str:
    """Return codes with their counts; values that might be personal are not shown."""
    shown = [code for code in found if code.is_integer() and abs(code) <= _LARGEST_CODE]
    parts = [
        f"{code:.0f}" + (f" ({found[code]} rows)" if found[code] else "")
        for code in shown[:_MOST_NAMED]
    ]
    rest = len(found) - len(parts)
    return ", ".join(parts + ([f"{rest} other values"] if rest else []))


def _declared_codes(codes: list[Code]) -> str:
    """Return codes that a file itself names as missing; its texts are no respondent's words."""
    numbers = _codes({code: None for code in codes if not isinstance(code, str)})
    texts = [code for code in codes if isinstance(code, str)]
    more = ["…"] if len(texts) > _MOST_NAMED else []
    return ", ".join(filter(None, [numbers, *texts[:_MOST_NAMED], *more]))


# No estimate needs to know who interviewed, so rows may lack it: there is no check for that role.
_ROLE_CHECKS = {
    "respondent_id": _id_issues,
    "weight": _weight_issues,
    "psu": _label_issues,
    "stratum": _label_issues,
    "fpc": _fpc_issues,
    "site": _site_issues,
}
