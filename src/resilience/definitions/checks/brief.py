"""Whether a brief asks for what its studies have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.checks.checker import Checker, each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resilience.definitions.brief import BriefDefinition, BriefStudy
    from resilience.definitions.document import Document, Place
    from resilience.definitions.study import Study
    from resilience.errors import Issue

__all__ = ["brief_issues"]


def brief_issues(
    brief: BriefDefinition, studies: Sequence[Study], document: Document
) -> list[Issue]:
    """Return what a brief asks for that its studies do not have.

    A measure that some study has is no issue: the brief says where it is not there.
    """
    check = Checker(document)
    check.unique(each("studies", brief.studies, "study"), "study")
    check.unique([(("measures", at), name) for at, name in enumerate(brief.measures)], "measure")
    there = [
        name
        for study in studies
        for name in (*study.questionnaire.indices_by_id, *study.questionnaire.indicators_by_id)
    ]
    for at, name in enumerate(brief.measures):
        check.known(("measures", at), name, there, "index or indicator")
    for at, (part, study) in enumerate(zip(brief.studies, studies, strict=True)):
        _check_study(check, ("studies", at), part, study, brief.measures)
    return check.issues


def _check_study(
    check: Checker, place: Place, part: BriefStudy, study: Study, measures: Sequence[str]
) -> None:
    waves = list(study.waves_by_id)
    check.known((*place, "baseline"), part.baseline, waves, "wave")
    check.known((*place, "wave"), part.wave, waves, "wave")
    if part.baseline == part.wave:
        check.note(
            (*place, "wave"),
            "the wave is the baseline itself",
            found=part.wave,
            expected="a wave that can be compared with the baseline",
            remedy="name another wave",
        )
    with_part = [site.id for site in study.sites if site.role != "none"]
    for at, site in enumerate(part.sites):
        noun = "programme or comparison place"
        check.known((*place, "sites", at), site, with_part, noun)
    chosen = [site.role for site in study.sites if site.id in (part.sites or with_part)]
    if part.planned and chosen and "programme" not in chosen:
        check.note(
            (*place, "planned"),
            "there is no programme place whose change could have been named in advance",
            found=", ".join(part.planned),
            expected="a place of the programme among 'sites'",
            remedy="add one, or take 'planned' out",
        )
    for at, name in enumerate(part.planned):
        check.known((*place, "planned", at), name, measures, "measure of the brief")
