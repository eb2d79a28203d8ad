"""Versions of a form within one file: which rows were not asked an item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.errors import Issue, nearest
from resilience.responses.coding import ANSWERED, REASON_CODES, plain_labels
from resilience.responses.validation import rows_told
from resilience.responses.wording import wave_place

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from resilience.definitions.study import Study, Wave
    from resilience.responses.survey_file import RawSurvey

__all__ = ["tell_versions"]


def tell_versions(
    study: Study, wave: Wave, raw: RawSurvey, reasons: Mapping[str, npt.NDArray[np.int8]]
) -> list[Issue]:
    """Give answers the reason `not_asked` where the row's version of the form lacks the item.

    Parameters
    ----------
    reasons : mapping of item to array
        Changed in place.

    Returns
    -------
    list of Issue
        Versions that no row has, and answers to what was not asked.
    """
    if wave.versions is None:
        return []
    column = wave.versions.column
    if column not in raw.frame:
        return [
            Issue(
                f"the column of versions, '{column}', is not in the file",
                where=wave_place(study, wave),
                found=f"{len(raw.columns)} columns, none of that name",
                expected=f"'{column}'",
                remedy=nearest(column, raw.columns, "correct 'versions: {column: …}'"),
            )
        ]
    issues: list[Issue] = []
    versions = plain_labels(raw.frame[column])
    for version, items in wave.versions.not_asked.items():
        rows = (versions == version).to_numpy(bool)
        if not rows.any():
            issues.append(
                Issue(
                    f"no row has the version '{version}' in column '{column}'",
                    where=wave_place(study, wave),
                    found=f"{versions.nunique()} other versions",
                    expected="versions as the file writes them",
                    remedy="correct 'versions: {not_asked: …}', or leave the version out",
                )
            )
        for item in items:
            issues += _answered(study, wave, item, version, rows & (reasons[item] == ANSWERED))
            empty = rows & (reasons[item] == REASON_CODES["system"])
            reasons[item][empty] = REASON_CODES["not_asked"]
    return issues


def _answered(
    study: Study, wave: Wave, item: str, version: str, rows: npt.NDArray[np.bool_]
) -> list[Issue]:
    if not rows.any():
        return []
    return [
        Issue(
            f"'{item}' has answers in version '{version}', which did not ask it",
            where=wave_place(study, wave),
            found=rows_told(rows),
            expected="no answers",
            remedy="correct 'versions: {not_asked: …}'",
        )
    ]
