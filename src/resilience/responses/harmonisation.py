"""From a wave's file to canonical names, codes and missing reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.responses.choices import missing_codes_of, with_choices
from resilience.responses.coding import (
    AS_DEFINED,
    REASON_CODES,
    arm_codes,
    decode_answers,
    decode_categories,
    decode_numbers,
    label_signature,
    plain_labels,
)
from resilience.responses.formats.parsed import is_extended
from resilience.responses.labels import are_foreign, labels_by_code, text_labels
from resilience.responses.responses import Asked
from resilience.responses.validation import answer_issues, structure_issues
from resilience.responses.versions import tell_versions
from resilience.responses.wording import category_kinds, label_issues
from resilience.responses.words import answer_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.definitions.study import Study, Wave
    from resilience.errors import Issue
    from resilience.responses.coding import Decoded
    from resilience.responses.formats.parsed import Code
    from resilience.responses.survey_file import RawSurvey

__all__ = ["HarmonisedWave", "harmonise_wave"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HarmonisedWave:
    """A wave in canonical form, with all that is wrong with it.

    Attributes
    ----------
    frame, reasons : pandas.DataFrame
        As in `Responses`; empty where the structure is wrong.
    asked : tuple of Asked
    issues : tuple of Issue
        Everything that contradicts the definition.
    outside : mapping of item to codes
        Codes that the definition does not have.
    foreign : mapping of item to labels
        Items whose answer labels are in words that the definition does not have.
    """

    frame: pd.DataFrame
    reasons: pd.DataFrame
    asked: tuple[Asked, ...]
    issues: tuple[Issue, ...]
    outside: Mapping[str, frozenset[float]]
    foreign: Mapping[str, tuple[str, ...]]

    def __repr__(self) -> str:
        """Return one line; never rows."""
        return f"<HarmonisedWave: {len(self.frame):,} rows, {len(self.issues)} issues>"


def harmonise_wave(
    study: Study,
    wave: Wave,
    raw: RawSurvey,
    *,
    elsewhere: Mapping[str, frozenset[float]] | None = None,
) -> HarmonisedWave:
    """Rename, recode and give each missing answer its reason.

    Parameters
    ----------
    study : Study
    wave : Wave
    raw : RawSurvey
        The wave's file.
    elsewhere : mapping of item to codes, optional
        Codes outside the definition that other waves have, to tell what is this wave's alone.

    Returns
    -------
    HarmonisedWave
        With issues instead of errors, so that all waves can be told at once.
    """
    raw, wrong = with_choices(study, wave, raw)
    issues = [*wrong, *structure_issues(study, wave, raw)]
    values: dict[str, np.ndarray] = {}
    reasons: dict[str, np.ndarray] = {}
    asked: list[Asked] = []
    outside: dict[str, frozenset[float]] = {}
    foreign: dict[str, tuple[str, ...]] = {}
    present = set(study.items_asked(wave.id))
    for item in study.questionnaire.items_by_id:
        column = study.column_of(wave.id, item)
        if item not in present or column is None or column not in raw.frame:
            values[item] = np.full(len(raw.frame), np.nan)
            reasons[item] = np.full(len(raw.frame), REASON_CODES["not_asked"], np.int8)
            continue
        labels = raw.value_labels.get(column, {})
        decoded = _decoded(study, wave, item, raw.codes_of(column), labels)
        undeclared = _undeclared(decoded, raw.user_missing.get(column, ()))
        others = None if elsewhere is None else elsewhere.get(item, frozenset())
        issues += answer_issues(study, wave, item, decoded, undeclared, elsewhere=others)
        issues += label_issues(study, wave, item, labels)
        values[item], reasons[item] = decoded.values, decoded.reasons
        outside[item] = frozenset(decoded.outside)
        asked.append(_asked(study, wave, item, labels, decoded))
        foreign |= _foreign(study, wave, item, labels)
    issues += tell_versions(study, wave, raw, reasons)
    groupings = {**_groupings(study, wave, raw), **_arms(study, wave, raw)}
    frame = pd.DataFrame({**_roles(study, wave, raw), **groupings, **values})
    return HarmonisedWave(
        frame, pd.DataFrame(reasons), tuple(asked), tuple(issues), outside, foreign
    )


def _decoded(
    study: Study, wave: Wave, item: str, column: pd.Series, labels: Mapping[Code, str]
) -> Decoded:
    return decode_answers(
        column,
        study.questionnaire.scale_of(item),
        missing_codes_of(study, wave, item),
        codes=study.codes_of(wave.id, item),
        labels=text_labels(labels),
    )


def _foreign(
    study: Study, wave: Wave, item: str, labels: Mapping[Code, str]
) -> dict[str, tuple[str, ...]]:
    """Return the item with its labels if these are in words that the definition lacks."""
    scale = study.questionnaire.scale_of(item)
    words = answer_words(scale, study.codes_of(wave.id, item), text_labels(labels))
    moved = labels_by_code(labels, words)
    if item in wave.labels_equivalent or not are_foreign(moved, scale, words):
        return {}
    return {item: tuple(label for code, label in moved.items() if code in scale.answers)}


def _undeclared(decoded: Decoded, ranges: Sequence[tuple[Code, Code]]) -> list[Code]:
    """Return the codes that the file has as missing and the definition gives no reason for."""
    texts = {low for low, high in ranges if isinstance(low, str) and low == high}
    numbers = [_as_numbers(low, high) for low, high in ranges]
    return [
        *(code for code in decoded.outside if any(low <= code <= high for low, high in numbers)),
        *(text for text in decoded.unread.unknown if is_extended(text) or text in texts),
    ]


def _as_numbers(low: Code, high: Code) -> tuple[float, float]:
    """Return a range of missing codes as numbers, also where they are written as text."""
    try:
        return float(low), float(high)
    except ValueError:
        return np.nan, np.nan


def _asked(
    study: Study, wave: Wave, item: str, labels: Mapping[Code, str], decoded: Decoded
) -> Asked:
    reason = wave.labels_equivalent.get(item)
    scale = study.questionnaire.scale_of(item)
    words = answer_words(scale, study.codes_of(wave.id, item), text_labels(labels))
    signature = label_signature({**labels_by_code(labels, words), **decoded.words}, scale)
    if reason is not None and signature != AS_DEFINED:
        return Asked(wave.id, item, AS_DEFINED, equivalent_because=reason)
    return Asked(wave.id, item, signature)


def _roles(study: Study, wave: Wave, raw: RawSurvey) -> dict[str, object]:
    """Return the columns that are not items, as far as the file has them."""
    n = len(raw.frame)
    columns: dict[str, object] = {
        "wave": pd.Categorical([wave.id] * n, categories=list(study.waves_by_id)),
        # Without ids rows are numbered; a column of ids takes their place.
        "respondent_id": pd.Series(range(1, n + 1), dtype="int64").astype("str"),
    }

    def source(name: str) -> pd.Series | None:
        column = study.column_of(wave.id, name)
        return raw.frame.get(column)

    for role in ("respondent_id", "stratum", "psu", "interviewer"):
        if (labels := source(role)) is not None:
            columns[role] = plain_labels(labels)
    for role in ("weight", "fpc"):
        if (numbers := source(role)) is not None:
            columns[role] = pd.to_numeric(numbers, errors="coerce").astype("float64")
    if source("site") is None and len(study.sites) == 1:
        columns["site"] = pd.Categorical([study.sites[0].id] * n)
    return columns


def _groupings(study: Study, wave: Wave, raw: RawSurvey) -> dict[str, object]:
    """Return the site and the variables, as far as the file has them."""
    columns: dict[str, object] = {}
    for kind in category_kinds(study, wave, raw):
        if (column := study.column_of(wave.id, kind.name)) in raw.frame:
            columns[kind.name] = decode_categories(
                raw.codes_of(str(column)), kind.ids, tuple(kind.missing), words=kind.words
            ).values
    for variable in study.variables:
        column = study.column_of(wave.id, variable.id)
        if variable.kind == "number" and column in raw.frame:
            numbers = raw.frame[column]
            columns[variable.id] = decode_numbers(numbers, list(variable.missing))[0]
    return columns


def _arms(study: Study, wave: Wave, raw: RawSurvey) -> dict[str, object]:
    """Return the arm of each respondent in each list experiment, none where it was not asked."""
    asked = study.lists_asked(wave.id)
    columns: dict[str, object] = {}
    for name, experiment in study.questionnaire.list_experiments_by_id.items():
        codes = raw.frame.get(study.column_of(wave.id, name)) if experiment in asked else None
        if codes is None:
            codes = pd.Series(np.nan, index=raw.frame.index)
        columns[name] = decode_categories(codes, arm_codes(experiment)).values
    return columns
