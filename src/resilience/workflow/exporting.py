"""Write scored responses to a file that keeps labels and the reasons for missing answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.definitions.instrument import MISSING_REASONS
from resilience.definitions.texts import LANGUAGES
from resilience.errors import Issue, ReportingError, nearest
from resilience.files import sha256_of, write_whole
from resilience.responses.coding import ANSWERED, REASON_CODES
from resilience.responses.formats.delimited import write_delimited
from resilience.responses.formats.parsed import ParsedFile, codebook_of
from resilience.responses.writing import file_bytes, require_writable
from resilience.workflow.wave_files import SIMULATED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.definitions.instrument import MissingReason, Scale
    from resilience.definitions.study import Category
    from resilience.definitions.texts import Text
    from resilience.responses.formats.parsed import Code
    from resilience.responses.responses import Responses

__all__ = ["CODEBOOK_SUFFIX", "REASON_SUFFIX", "STATA_REASONS", "spss_reasons", "write_responses"]

REASON_SUFFIX = "_reason"
CODEBOOK_SUFFIX = "-codebook.csv"

_SPSS, _STATA, _TEXT = (".sav", ".zsav"), (".dta",), (".csv", ".tsv")
_SPSS_BLOCKS = (91, 991, 9_991)
_CODED: tuple[MissingReason, ...] = tuple(r for r in MISSING_REASONS if r != "system")

STATA_REASONS: Mapping[MissingReason, str] = {
    reason: f".{letter}" for reason, letter in zip(_CODED, "abcdefg", strict=True)
}
"""Stata's extended missing value for each reason; `system` is its plain missing value."""


def spss_reasons(scales: Sequence[Scale]) -> Mapping[MissingReason, int]:
    """Return the code that stands for each reason in SPSS files: -91 to -97 in their order.

    SPSS takes one range of missing codes, so they stand side by side, outside every scale;
    `system` is its plain missing value.

    Parameters
    ----------
    scales : sequence of Scale
        None of whose answers may have one of these codes; else -991 and so on are taken.
    """
    taken = {code for scale in scales for code in scale.answers}
    for first in _SPSS_BLOCKS:
        codes = {reason: -(first + at) for at, reason in enumerate(_CODED)}
        if not taken & set(codes.values()):
            break
    return codes


def write_responses(responses: Responses, path: str | Path, *, language: str | None = None) -> None:
    """Write responses, their scores and the reasons for missing answers, with labels.

    What is written is read back and compared before the file takes its place. In .sav and
    .zsav each reason is a code declared as missing (-91 refused, -92 dont_know, -93
    not_applicable, -94 not_asked, -95 never_heard, -96 out_of_range, -97 interrupted), in .dta
    an extended missing value (.a to .g in the same order); `system` is the format's own missing
    value in both, and places and groups are labelled numbers. In the other formats a column
    `<item>_reason` beside each item has the reason in words; labels are a second sheet in
    .xlsx, metadata in .parquet, and a file `<name>-codebook.csv` beside .csv and .tsv.

    Parameters
    ----------
    responses : Responses
    path : str or Path
        A .sav, .zsav, .dta, .csv, .tsv, .xlsx or .parquet file. Only its owner may read it: it
        holds respondents' answers.
    language : str, optional
        The language of labels; the study's by default.

    Raises
    ------
    ReportingError
        If the suffix or language is unknown, the file is one of the study's data files, the
        format cannot hold the data or holds something else when read back, or the file cannot
        be written.

    Examples
    --------
    >>> import tempfile
    >>> import resilience as rs
    >>> scored = rs.score(rs.load_responses(rs.load_study("surveys/lebanon/study.yaml")))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rs.write_responses(scored, f"{folder}/scored.sav")
    ...     rs.read_survey(f"{folder}/scored.sav", columns=["bel1"]).user_missing
    {'bel1': ((-97.0, -91.0),)}
    """
    target = Path(path)
    _refuse_source(responses, target)
    suffix = target.suffix.lower()
    require_writable(suffix, str(target))
    words = language or responses.study.language
    if words not in LANGUAGES:
        raise ReportingError(
            Issue(
                "labels are not written in this language",
                where="write_responses: language",
                found=words,
                expected="one of " + ", ".join(LANGUAGES),
                remedy=nearest(words, LANGUAGES, "name one of them"),
            )
        )
    columns = _Columns(responses, words)
    parsed = columns.coded(suffix) if suffix in (*_SPSS, *_STATA) else columns.worded()
    contents = {target: file_bytes(parsed, suffix, where=str(target))}
    if suffix in _TEXT:
        codebook = target.with_name(target.stem + CODEBOOK_SUFFIX)
        contents[codebook] = write_delimited(codebook_of(parsed))
    write_whole(contents, private=True)


class _Columns:
    """The columns of a file of scored responses, with their labels."""

    def __init__(self, responses: Responses, language: str) -> None:
        self.responses, self.language = responses, language
        study = responses.study
        self.items = [str(name) for name in responses.reasons]
        self.scales = {item: study.questionnaire.scale_of(item) for item in self.items}
        self.categories: dict[str, Sequence[Category]] = {
            "site": study.sites,
            **{variable.id: variable.values for variable in study.variables},
        }
        self.labels = {
            name: self._words(measure.title)
            for name, measure in responses.measures.items()
            if name in responses.frame
        } | {variable.id: self._words(variable.title) for variable in study.variables}
        self.notes = (SIMULATED,) if study.data == "simulated" else ()

    def coded(self, suffix: str) -> ParsedFile:
        """Return numbers with labels, reasons among them as codes or extended missing values."""
        frame = self.responses.to_frame()
        answers: dict[str, Mapping[Code, str]] = {}
        for name in frame.columns:
            if isinstance(frame[name].dtype, pd.CategoricalDtype):
                frame[name], answers[str(name)] = self._numbered(str(name), frame[name])
        missing: dict[str, tuple[tuple[Code, Code], ...]] = {}
        extended: dict[str, pd.Series] = {}
        codes = spss_reasons(list(self.scales.values()))
        ends = (float(min(codes.values())), float(max(codes.values())))
        for item in self.items:
            answers[item] = self._answers(item)
            if suffix in _STATA:
                tags = self._by_reason(item, STATA_REASONS)
                if tags.notna().any():
                    extended[item] = tags.astype("str")
                    answers[item] = {**answers[item], **self._reason_words(item, STATA_REASONS)}
                continue
            frame[item] = frame[item].fillna(self._by_reason(item, codes).astype("float64"))
            missing[item] = (ends,)
            answers[item] = {**answers[item], **self._reason_words(item, codes)}
        tags_frame = pd.DataFrame(extended)
        return ParsedFile(frame, self.labels, answers, missing, self.notes, tags_frame)

    def worded(self) -> ParsedFile:
        """Return numbers and ids, with a column of words for the reasons of each item."""
        frame = self.responses.to_frame()
        answers: dict[str, Mapping[Code, str]] = {}
        for name in frame.columns:
            if isinstance(frame[name].dtype, pd.CategoricalDtype):
                frame[name] = frame[name].astype("str")
                answers[str(name)] = self._titles(str(name))
        answers |= {item: self._answers(item) for item in self.items}
        reasons = self.responses.reason_names().add_suffix(REASON_SUFFIX)
        return ParsedFile(
            pd.concat([frame, reasons], axis=1), self.labels, answers, notes=self.notes
        )

    def _numbered(self, name: str, column: pd.Series) -> tuple[pd.Series, dict[Code, str]]:
        """Return a category's codes, the study's own where they are numbers, with its titles."""
        own = {value.id: value.code for value in self.categories.get(name, ())}
        ids = [str(category) for category in column.cat.categories]
        numbered = {
            category: float(own[category]) if self._has_numbers(name) else float(at)
            for at, category in enumerate(ids, start=1)
        }
        titles = self._titles(name)
        values = column.astype("str").map(numbered).astype("float64")
        return values, {numbered[part]: titles.get(part, part) for part in ids}

    def _has_numbers(self, name: str) -> bool:
        values = self.categories.get(name, ())
        return bool(values) and all(isinstance(value.code, int) for value in values)

    def _titles(self, name: str) -> dict[Code, str]:
        if name == "wave":
            return {wave.id: self._words(wave.title) for wave in self.responses.study.waves}
        return {value.id: self._words(value.title) for value in self.categories.get(name, ())}

    def _answers(self, item: str) -> dict[Code, str]:
        scale = self.scales[item]
        return {float(code): self._words(text) for code, text in sorted(scale.answers.items())}

    def _reason_words(self, item: str, codes: Mapping[MissingReason, Code]) -> dict[Code, str]:
        """Return the labels of the codes for reasons: the scale's words where it has any."""
        told = {part.reason: part.label for part in self.scales[item].missing if part.label}
        return {
            code if isinstance(code, str) else float(code): self._words(told[reason])
            if reason in told
            else reason
            for reason, code in codes.items()
        }

    def _by_reason(self, item: str, codes: Mapping[MissingReason, Code]) -> pd.Series:
        """Return for each missing answer what stands for its reason, elsewhere nothing."""
        stands = {REASON_CODES[reason]: code for reason, code in codes.items()}
        return self.responses.reasons[item].map({ANSWERED: np.nan, **stands})

    def _words(self, text: Text) -> str:
        return text.get(self.language, next(iter(text.values())))


def _refuse_source(responses: Responses, target: Path) -> None:
    """Refuse to write over the data that the responses were read from."""
    if not target.is_file():
        return
    checksum = sha256_of(target)
    if any(source.sha256 == checksum for source in responses.sources.values()):
        raise ReportingError(
            Issue(
                "the file is one of the study's data files",
                where=str(target),
                found="the answers that were read",
                expected="a file of its own for scores",
                remedy="name another file",
            )
        )
