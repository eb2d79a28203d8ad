"""Whether a report asks for what its study has."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from resilience.definitions.checks.checker import Checker, check_where
from resilience.definitions.checks.credibility import check_credibility
from resilience.definitions.checks.policy import check_report_policy
from resilience.definitions.report import AnswersBlock, IndicatorsBlock, ProfileBlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resilience.definitions.document import Document, Place
    from resilience.definitions.report import ReportDefinition
    from resilience.definitions.study import Study
    from resilience.errors import Issue

__all__ = ["report_issues"]


def report_issues(report: ReportDefinition, study: Study, document: Document) -> list[Issue]:
    """Return what a report asks for that its study does not have."""
    check = Checker(document)
    waves = list(study.waves_by_id)
    scores = [*study.questionnaire.indices_by_id, *study.questionnaire.indicators_by_id]
    groups = ["site", *(part.id for part in study.variables if part.kind != "number")]
    check.known(("baseline",), report.baseline, waves, "wave")
    check_report_policy(check, report, study)
    parts: Iterator[tuple[Place, object]] = itertools.chain(
        ((("planned", at), part) for at, part in enumerate(report.planned)),
        ((("blocks", at), part) for at, part in enumerate(report.blocks)),
    )
    for place, part in parts:
        if (wave := getattr(part, "wave", None)) is not None:
            check.known((*place, "wave"), wave, waves, "wave")
        if (by := getattr(part, "by", None)) is not None:
            check.group((*place, "by"), by, groups, study)
        if (measure := getattr(part, "measure", None)) is not None:
            check.known((*place, "measure"), measure, scores, "index or indicator")
        for name in getattr(part, "measures", ()):
            check.known((*place, "measures"), name, scores, "index or indicator")
        if isinstance(part, AnswersBlock):
            _check_answers(check, (*place, "items"), part, study)
        if isinstance(part, IndicatorsBlock) and not study.targets:
            check.note(
                place,
                "the study has no targets to show",
                found="a block 'indicators'",
                expected="'targets' in the study",
                remedy="add targets, or take the block out",
            )
        if isinstance(part, ProfileBlock):
            _check_units(check, (*place, "measures"), part, study)
        check_credibility(check, place, part, report, study)
        check_where(check, (*place, "where"), getattr(part, "where", {}), study)
    return check.issues


def _check_units(check: Checker, place: Place, block: ProfileBlock, study: Study) -> None:
    indicators = [name for name in block.measures if name in study.questionnaire.indicators_by_id]
    if indicators and any(name in study.questionnaire.indices_by_id for name in block.measures):
        check.note(
            place,
            "indices and indicators are on different axes",
            found="indicators " + ", ".join(indicators) + " among indices",
            expected="indices (points) or indicators (shares) in one profile",
            remedy="make a profile for each",
        )


def _check_answers(check: Checker, place: Place, block: AnswersBlock, study: Study) -> None:
    items = study.questionnaire.items_by_id
    for name in block.items:
        check.known(place, name, items, "item")
    scales = dict.fromkeys(items[name].scale for name in block.items if name in items)
    if len(scales) > 1:
        check.note(
            place,
            "the items have different scales",
            found=", ".join(scales),
            expected="items that share a scale in one block",
            remedy="make a block for each scale",
        )
    asked = study.items_asked(block.wave) if block.wave in study.waves_by_id else block.items
    for name in block.items:
        if name in items and name not in asked:
            check.note(
                place,
                f"'{name}' was not asked in {block.wave}",
                found=name,
                expected="items that the wave asked",
                remedy="leave it out, or show another wave",
            )
