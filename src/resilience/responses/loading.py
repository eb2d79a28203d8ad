"""From a study to its responses: read, validate, harmonise, stack."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from resilience.definitions.exports import ChosenAnswer
from resilience.definitions.measures import Measure, Signature
from resilience.errors import Issue, ReadingError, ResilienceWarning, ValidationError
from resilience.files import file_inside
from resilience.progress import stage
from resilience.responses.choices import columns_of_choice
from resilience.responses.harmonisation import harmonise_wave
from resilience.responses.protecting import declared_uses, protections
from resilience.responses.reading import ReadRequest, read_surveys, unreadable_files
from resilience.responses.responses import FlowStep, Responses
from resilience.responses.words import languages_of, scripts_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.definitions.study import Study
    from resilience.responses.harmonisation import HarmonisedWave
    from resilience.responses.responses import Asked
    from resilience.responses.survey_file import RawSurvey

__all__ = ["load_responses", "read_waves"]

_MOST_NAMED = 5


def load_responses(study: Study, *, data: str | Path | None = None) -> Responses:
    """Load all waves of a study: read, validate, harmonise, stack.

    Use it to begin an analysis. Only columns that the study declares are read; one that seems
    to identify people stops the loading until the study says under `identifiers` what becomes of
    it, and is dropped or made pseudonyms of before anything is kept. Every missing answer keeps
    its reason; nothing else is dropped, and anything that contradicts the definition stops the
    loading, with all findings of all waves at once.

    Parameters
    ----------
    study : Study
        From `load_study`.
    data : str or Path, optional
        The folder of the data files, where they do not lie in the study's own folder.

    Returns
    -------
    Responses
        One row a respondent and wave.

    Raises
    ------
    ReadingError
        If a file is missing, damaged, or not the one that was recorded; if a column seems to
        identify people and the study says nothing of it; if the key of pseudonyms is another.
    ValidationError
        If the data contradict the study's definition.

    Warns
    -----
    ResilienceWarning
        If a file labels answers in words that the definition has in none of its languages.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/lebanon/study.yaml")
    >>> rs.load_responses(study)
    <Responses lebanon: baseline 1,663, midline 1,666, endline 1,675; 24 items>
    """
    surveys = read_waves(study, data=data)
    with stage("Checking and harmonising answers"):
        waves = [harmonise_wave(study, wave, surveys[wave.id]) for wave in study.waves]
        if any(wave.issues for wave in waves):
            raise ValidationError(*_issues(study, surveys, waves))
        _warn_of_foreign_labels(study, waves)
        _warn_of_choices_of_nobody(study, surveys, waves)
        frame = pd.concat([wave.frame for wave in waves], ignore_index=True)
        reasons = pd.concat([wave.reasons for wave in waves], ignore_index=True)
    asked = tuple(asked for wave in waves for asked in wave.asked)
    flow = [
        FlowStep("read", name, survey.source.rows, survey.source.rows)
        for name, survey in surveys.items()
    ]
    flow += [
        FlowStep("harmonised", part.id, surveys[part.id].source.rows, len(wave.frame))
        for part, wave in zip(study.waves, waves, strict=True)
    ]
    return Responses(
        frame=frame,
        reasons=reasons,
        study=study,
        asked=asked,
        sources={name: survey.source for name, survey in surveys.items()},
        flow=tuple(flow),
        measures=_item_measures(study, asked),
    )


def _issues(
    study: Study, surveys: Mapping[str, RawSurvey], waves: Sequence[HarmonisedWave]
) -> list[Issue]:
    """Return the issues of all waves, each knowing what the other waves have."""
    issues: list[Issue] = []
    for wave, here in zip(study.waves, waves, strict=True):
        elsewhere: dict[str, frozenset[float]] = {}
        for other in waves:
            if other is not here:
                for item, codes in other.outside.items():
                    elsewhere[item] = elsewhere.get(item, frozenset()) | codes
        alone = None if len(waves) == 1 else elsewhere
        issues += harmonise_wave(study, wave, surveys[wave.id], elsewhere=alone).issues
    return issues


def _warn_of_foreign_labels(study: Study, waves: Sequence[HarmonisedWave]) -> None:
    """Say which waves label their answers in words that the definition does not have."""
    for wave, here in zip(study.waves, waves, strict=True):
        if not here.foreign:
            continue
        named = ", ".join(list(here.foreign)[:_MOST_NAMED])
        more = ", …" if len(here.foreign) > _MOST_NAMED else ""
        letters = " and ".join(scripts_of(text for part in here.foreign.values() for text in part))
        items = study.questionnaire.scale_of
        languages = languages_of(
            text for item in here.foreign for text in items(item).answers.values()
        )
        warnings.warn(
            f"wave '{wave.id}' ({wave.file}): the file labels the answers of {named}{more} in "
            f"words ({letters} letters) that the definition has in none of its languages "
            f"({', '.join(languages)}). The codes are taken as the definition has them, and the "
            "wave is compared only with waves that have the same words. Add a translation of the "
            "instrument, or say under 'labels_equivalent' why they mean the same",
            ResilienceWarning,
            stacklevel=3,
        )


def _warn_of_choices_of_nobody(
    study: Study, surveys: Mapping[str, RawSurvey], waves: Sequence[HarmonisedWave]
) -> None:
    """Say which choices nobody chose, if nothing else shows that there are such choices."""
    for wave, here in zip(study.waves, waves, strict=True):
        nobody = [
            f"'{said.choice}' ({name})"
            for name, said in wave.columns.items()
            if isinstance(said, ChosenAnswer)
            and name in study.questionnaire.items_by_id
            and not (here.frame[name] == 1).any()
            and not {*columns_of_choice(study, wave, name)[1:3]} & {*surveys[wave.id].columns}
        ]
        if nobody:
            warnings.warn(
                f"wave '{wave.id}' ({wave.file}): nobody chose {', '.join(nobody)}. If somebody "
                "should have, look at how the choice is written in the file",
                ResilienceWarning,
                stacklevel=3,
            )


def read_waves(study: Study, *, data: str | Path | None = None) -> Mapping[str, RawSurvey]:
    """Return the files of a study's waves as they are, declared columns only.

    Raises
    ------
    ReadingError
        With one issue for each file that is missing, damaged or not the recorded one.
    """
    root = Path(data) if data is not None else study.path.parent
    protected = protections(study)
    issues: list[Issue] = []
    requests: dict[str, ReadRequest] = {}
    for wave in study.waves:
        where = f"{study.path}: wave '{wave.id}'"
        try:
            path = file_inside(root, wave.file, where=where)
        except ReadingError as error:
            issues += error.issues
            continue
        requests[wave.id] = ReadRequest(
            path,
            tuple(declared_uses(study, wave)),
            where,
            wave.sha256,
            wave.sheet,
            wave.encoding,
            remember=True,
            protection=protected[wave.id],
        )
    if issues:
        issues += unreadable_files(list(requests.values()))
        raise ReadingError(*issues)
    with stage(f"Reading {len(requests)} files"):
        surveys = read_surveys(list(requests.values()), single=True)
    return dict(zip(requests, surveys, strict=True))


def _item_measures(study: Study, asked: tuple[Asked, ...]) -> dict[str, Measure]:
    questionnaire = study.questionnaire
    return {
        item.id: Measure(
            name=item.id,
            kind="item",
            title=item.title or item.question or {study.language: item.id},
            unit="code",
            direction="neutral",
            signatures={
                part.wave: Signature(
                    questionnaire.rule_hash(item.id), (item.id,), {item.id: part.labels}
                )
                for part in asked
                if part.item == item.id
            },
        )
        for item in questionnaire.items_by_id.values()
    }
