"""Write one simulated wave as the data file that its study describes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from resilience.definitions.exports import ChosenAnswer
from resilience.responses.coding import arm_codes, plain_labels
from resilience.responses.formats.parsed import ParsedFile, is_extended
from resilience.responses.words import as_number
from resilience.responses.writing import file_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.definitions.instrument import ListExperiment, MissingCode, Scale
    from resilience.definitions.study import Category, Study, Wave
    from resilience.definitions.texts import Text
    from resilience.responses.formats.parsed import Code

__all__ = ["SIMULATED", "WAVE_FILE_DIGITS", "wave_file"]

SIMULATED = "SIMULATED DATA: no person gave these answers"
WAVE_FILE_DIGITS = 6

_MOST_SINGLE_CODES = 3
_NONE_OF_THESE = "somebody_else"  # a choice that the study does not read
_WITHOUT_NOTES = (".csv", ".tsv")  # a column says that the answers are simulated


def wave_file(study: Study, wave: Wave, frame: pd.DataFrame, language: str) -> bytes:
    """Return a wave as the bytes of the kind of data file that its name's suffix says.

    Parameters
    ----------
    study : Study
        Gives column names and codes.
    wave : Wave
        The wave.
    frame : pandas.DataFrame
        Its respondents in canonical names; missing answers are the codes of the scales.
    language : str
        The language of the labels, in kinds of files that have any.

    Raises
    ------
    ReportingError
        If that kind of file cannot hold the wave, or does not hold it when read back.
    """
    parsed = _Columns(study, wave, frame, language).parsed()
    suffix = Path(wave.file).suffix.lower()
    if suffix in _WITHOUT_NOTES:
        parsed = replace(parsed, frame=parsed.frame.assign(simulated=1.0))
    return file_bytes(parsed, suffix, where=f"{study.path}: wave '{wave.id}' ({wave.file})")


class _Columns:
    """The columns of a wave's file, with their labels."""

    def __init__(self, study: Study, wave: Wave, frame: pd.DataFrame, language: str) -> None:
        self.study, self.wave, self.frame, self.language = study, wave, frame, language
        self.columns: dict[str, Any] = {}
        self.labels: dict[str, str] = {}
        self.answers: dict[str, Mapping[Code, str]] = {}
        self.missing: dict[str, tuple[tuple[Code, Code], ...]] = {}
        self.extended: dict[str, pd.Series] = {}

    def parsed(self) -> ParsedFile:
        """Return all columns."""
        study = self.study
        staffed = ["interviewer"] if "interviewer" in self.frame else []
        for role in ("respondent_id", "stratum", "psu", *staffed):
            self._put(role, self.frame[role].astype("str"))
        self._category("site", study.sites)
        for variable in study.variables:
            column = self._category(variable.id, variable.values)
            self.labels[column] = self._words(variable.title)
        self._put("weight", self.frame["weight"].round(WAVE_FILE_DIGITS))
        self._put("fpc", self.frame["fpc"])
        for experiment in study.lists_asked(self.wave.id):
            self._arms(experiment)
        for item in study.items_asked(self.wave.id):
            self._item(item)
        self._questions_of_several()
        frame = pd.DataFrame(self.columns)
        notes, extended = (SIMULATED, SIMULATED), pd.DataFrame(self.extended)
        return ParsedFile(frame, self.labels, self.answers, self.missing, notes, extended)

    def _put(self, name: str, values: Any) -> str:
        column = self.study.column_of(self.wave.id, name)
        if column is not None:
            self.columns[column] = values
        return column or ""

    def _category(self, name: str, values: Sequence[Category]) -> str:
        """Put a site's or variable's codes: numbers, or text if one of them is text."""
        as_text = any(isinstance(value.code, str) for value in values)
        codes: dict[str, Code] = {
            value.id: str(value.code) if as_text else float(value.code) for value in values
        }
        column = self._put(name, self.frame[name].astype("str").map(codes))
        if column:
            self.answers[column] = {codes[v.id]: self._words(v.title) for v in values}
        return column

    def _arms(self, experiment: ListExperiment) -> None:
        """Put the arms of a list experiment."""
        names = arm_codes(experiment)
        as_text = any(isinstance(code, str) for code in names)
        codes: dict[str, Code] = {
            name: str(code) if as_text else float(code) for code, name in names.items()
        }
        column = self._put(experiment.id, self.frame[experiment.id].astype("str").map(codes))
        self.answers[column] = {code: name for name, code in codes.items()}

    def _item(self, item: str) -> None:
        questionnaire = self.study.questionnaire
        scale = questionnaire.scale_of(item)
        own = self._own_codes(scale)
        given = self.frame[item].map(lambda code: own.get(code, code))
        column = self._put(item, pd.to_numeric(given, errors="coerce").astype("float64"))
        title = questionnaire.items_by_id[item].title
        self.labels[column] = self._words(title) if title else item
        told: dict[Code, str] = {
            float(code): self._words(text) for code, text in scale.answers.items()
        }
        told |= {_code(own[m.code]): self._words(m.label) for m in scale.missing if m.label}
        self.answers[column] = told
        numbers = sorted(float(code) for code in own.values() if not isinstance(code, str))
        if ranges := _ranges(numbers, scale):
            self.missing[column] = ranges
        words = given.where(given.map(lambda code: isinstance(code, str)))
        if words.map(is_extended).sum() == words.notna().sum() > 0:
            self.extended[column] = words.astype("str")
        elif words.notna().any():
            self._as_text(column, plain_labels(self.columns[column]).fillna(words.astype("str")))
        if names := _names(self.study.codes_of(self.wave.id, item)):
            self._as_text(column, plain_labels(given).map(lambda code: names.get(code, code)))

    def _as_text(self, column: str, values: pd.Series) -> None:
        """Put text in place of numbers; labels and ranges are of numbers."""
        self.columns[column] = values.astype("str")
        self.answers.pop(column, None)
        self.missing.pop(column, None)

    def _questions_of_several(self) -> None:
        """Put each question that takes several choices as one text of their names."""
        chosen = [part for part in self.wave.columns.values() if isinstance(part, ChosenAnswer)]
        for question in dict.fromkeys(part.question for part in chosen):
            parts = [part for part in chosen if part.question == question]
            picked = pd.DataFrame({part.choice: self.columns[part.column] == 1 for part in parts})
            answered = pd.DataFrame([self.columns[part.column] for part in parts]).notna().all()
            named = picked.apply(lambda row: " ".join(row.index[row]) or _NONE_OF_THESE, axis=1)
            self.columns[question] = named.where(answered.to_numpy()).astype("str")

    def _own_codes(self, scale: Scale) -> dict[MissingCode, MissingCode]:
        """Return the wave's own codes for missing answers by those of the scale."""
        given = self.wave.missing_codes
        return {
            part.code: given[part.reason][0] if given.get(part.reason) else part.code
            for part in scale.missing
        }

    def _words(self, text: Text) -> str:
        return text.get(self.language, next(iter(text.values())))


def _code(code: MissingCode) -> Code:
    return code if isinstance(code, str) else float(code)


def _names(codes: Mapping[int | str, int | str]) -> dict[str, str]:
    """Return the names of choices by code, of those that a wave declares."""
    names: dict[str, str] = {}
    for name, code in codes.items():
        if as_number(name) is None:
            names.setdefault(str(code), str(name))
    return names


def _ranges(codes: Sequence[float], scale: Scale) -> tuple[tuple[Code, Code], ...]:
    """Return one range of missing codes, or the codes singly where answers lie between them.

    SPSS takes three single codes; more are left undeclared, as in many files.
    """
    if not codes:
        return ()
    low, high = codes[0], codes[-1]
    if not any(low <= code <= high for code in scale.answers):
        return ((low, high),)
    return tuple((code, code) for code in codes) if len(codes) <= _MOST_SINGLE_CODES else ()
